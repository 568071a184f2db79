//! Which protocol a peer speaks: once decided, more bytes change nothing, and no number of bytes stays undecided.

use chat_proto::version::MAGIC;
use chat_server::protocol::{Detected, detect};

/// As long as the longest opening.
const DECIDED_AFTER: usize = MAGIC.len();

pub(super) fn run(data: &[u8]) {
    let decided = detect(data);
    for end in 0..data.len().min(DECIDED_AFTER + 4) {
        let early = detect(&data[..end]);
        assert!(early == Detected::Undecided || early == decided, "{end}: {early:?}, {decided:?}");
    }
    assert!(decided != Detected::Undecided || data.len() < DECIDED_AFTER);
    assert_eq!(decided == Detected::Framed, data.starts_with(&MAGIC));
    assert_eq!(decided == Detected::Tls, data.starts_with(b"\x16\x03"));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let openings: [&[u8]; 7] =
        [&MAGIC, b"\x16\x03\x01", b"GET / HTTP", b"CAP LS", b"NICK bob", b"alice\n", b"\xff\xfd"];
    openings.map(<[u8]>::to_vec).into()
}
