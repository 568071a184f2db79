//! What people search for: it is read or refused, and nothing of the index's own language is left in it.

use chat_proto::{
    Epoch, MemberId, MessageId, Nick, RoomId, Seq, Text, Time,
    message::{Content, Said},
};
use chat_server::core::{
    Entry,
    search::{QUERY_BYTES_MAX, Query, words},
};

pub(super) fn run(data: &[u8]) {
    let (input, said) = data.split_at(data.len() / 2);
    let (input, said) = (String::from_utf8_lossy(input), String::from_utf8_lossy(said));
    phrase(&words(&said));
    let Ok(query) = Query::parse(&input) else { return };
    assert!(input.len() <= QUERY_BYTES_MAX);
    query.phrases.iter().for_each(|phrase| self::phrase(phrase));
    let Some(entry) = entry(&said) else { return };
    let _found = query.matches(&entry);
    finds_itself(&entry);
}

/// Words with one blank around each, and none of the characters that mean something to SQLite's index.
#[track_caller]
fn phrase(phrase: &str) {
    let is_word = |word: &str| !word.is_empty() && !word.contains(['"', '*', '^', ':', '\0']);
    let inner = phrase.strip_prefix(' ').and_then(|rest| rest.strip_suffix(' '));
    let whole = inner.is_some_and(|words| words.split(' ').all(is_word));
    assert!(whole || phrase.trim().is_empty(), "{phrase:?}");
}

/// Who searches for just what was said finds it.
fn finds_itself(entry: &Entry) {
    // As it was kept: a quote that is taken away may be what ended an escape sequence.
    let said = entry.content.said().map_or("", |said| said.text.as_str());
    let quoted = format!("\"{}\"", said.replace(['"', '“', '”', '„'], " "));
    if let Ok(query) = Query::parse(&quoted)
        && !query.phrases.is_empty()
    {
        assert!(query.matches(entry), "{quoted:?}");
    }
}

fn entry(said: &str) -> Option<Entry> {
    let _epoch = Epoch([0; 16]);
    Some(Entry {
        pos: 1,
        room: RoomId(1),
        seq: Seq(1),
        at: Time(1_795_262_584_123),
        by: MemberId(1),
        nick: Nick::parse("alice").ok()?,
        id: MessageId([0; 16]),
        content: Content::Text(Said::plain(Text::clean(said).ok()?)),
        edited: None,
    })
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let queries = [
        "kettle \"the build\" from:alice in:#ops after:2026-11-21",
        "in:@bob before:2026-02-28 “curly quotes”",
        "foo_bar.rs:12 你好 straße e\u{301}",
        "a AND b OR NOT c* NEAR(x, 2) {text}: ^y -z",
    ];
    let seeds = queries.map(|query| query.as_bytes().to_vec());
    super::hostile().into_iter().chain(seeds).map(|text| text.repeat(2)).collect()
}
