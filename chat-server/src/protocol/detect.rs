//! Which protocol a peer speaks, by its first bytes.

use chat_proto::version::MAGIC;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    /// They may still become one thing or another.
    Undecided,
    Framed,
    Line,
    /// A cipher comes first.
    Tls,
    Stranger(Stranger),
}

/// A peer that speaks something else, or what is not spoken here; it is told so in its own tongue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// TLS where it cannot be: within TLS, or behind a greeting.
    Tls,
    Http,
    Irc,
}

/// The first bytes of a TLS handshake record of any version since SSL 3 (RFC 8446 section 5.1).
const TLS: &[u8] = &[0x16, 0x03];

const OPENINGS: [(&[u8], Detected); 9] = [
    (&MAGIC, Detected::Framed),
    (TLS, Detected::Tls),
    (b"GET ", Detected::Stranger(Stranger::Http)),
    (b"POST ", Detected::Stranger(Stranger::Http)),
    (b"HEAD ", Detected::Stranger(Stranger::Http)),
    (b"CAP ", Detected::Stranger(Stranger::Irc)),
    (b"NICK ", Detected::Stranger(Stranger::Irc)),
    (b"USER ", Detected::Stranger(Stranger::Irc)),
    (b"PASS ", Detected::Stranger(Stranger::Irc)),
];

/// Judges what a peer has sent so far.
#[must_use]
pub fn detect(first: &[u8]) -> Detected {
    for (opening, detected) in OPENINGS {
        let common = opening.len().min(first.len());
        if first[..common] == opening[..common] {
            return if common == opening.len() { detected } else { Detected::Undecided };
        }
    }
    Detected::Line
}

impl Stranger {
    /// What it is told before the connection is closed.
    #[must_use]
    pub const fn answer(self) -> &'static [u8] {
        match self {
            // A fatal unexpected_message alert (RFC 8446 section 6).
            Self::Tls => &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a],
            Self::Http => {
                b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\
                content-length: 53\r\n\r\nThis is a chat server. Use chat-tui, or nc HOST PORT."
            }
            Self::Irc => {
                b"ERROR :This server does not speak IRC; use chat-tui, or nc HOST PORT\r\n"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: &[u8], expected: Detected) {
        assert_eq!(detect(first), expected);
        for split in 0..first.len() {
            let part = detect(&first[..split]);
            assert!(part == Detected::Undecided || part == expected, "{split}: {part:?}");
        }
    }

    #[test]
    fn the_first_bytes_decide() {
        check(&MAGIC, Detected::Framed);
        check(b"\x16\x03\x01", Detected::Tls);
        check(b"GET / HTTP/1.1", Detected::Stranger(Stranger::Http));
        check(b"NICK bob\r\n", Detected::Stranger(Stranger::Irc));
        check(b"alice\n", Detected::Line);
        check(b"Nick\n", Detected::Line);
        check(b"GETTY\n", Detected::Line);
        check(b"\n", Detected::Line);
        check(b"\xff\xfd\x03", Detected::Line);
    }

    #[test]
    fn the_http_answer_has_the_length_it_says() {
        let answer = std::str::from_utf8(Stranger::Http.answer()).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(answer.contains(&format!("content-length: {}\r\n", body.len())));
    }
}
