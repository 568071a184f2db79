//! Files that `chat-server import` reads: they go in, or the line that is wrong is named.

use chat_server::data::try_import;

pub(super) fn run(data: &[u8]) {
    match try_import(data) {
        Ok(entries) => assert!(entries <= data.len() as u64),
        Err(error) => assert!(format!("{error:#}").contains("line"), "{error:#}"),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let start = r##"{"room":"#ops","number":1,"at":1795262584123,"time":"","member":3,"nick":"bob","id":"000102030405060708090a0b0c0d0e0f","##;
    let next = start.replace(r#""number":1"#, r#""number":2"#);
    let file = |first: &str, second: &str| format!("{start}{first}}}\n{next}{second}}}\n");
    [
        file(
            r#""kind":1,"text":"hi","parts":[{"kind":"a/b","bytes":"00ff"}]"#,
            r#""kind":2,"text":"waves","reply_to":1"#,
        ),
        file(r#""kind":1,"text":"hi""#, r#""kind":4,"target":1,"text":"ho""#),
        file(r#""kind":1,"text":"hi""#, r#""kind":5,"target":1"#),
        file(r#""kind":3,"text":"tea""#, r#""kind":6,"target":1,"reaction":"+1","on":true"#),
        file(r#""kind":7,"deleted_by":{"member":3,"nick":"bob"}"#, r#""kind":99,"body":"00""#),
    ]
    .map(String::into_bytes)
    .into()
}
