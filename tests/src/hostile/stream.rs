//! What a program at a terminal wrote to it: every sequence must be one that it means to write.

/// The first sequence or character that is none of those that `chat-tui` means to write: styles, places, clearing, the
/// modes that it sets and gives back, and notifications whose text is harmless.
#[must_use]
pub fn unintended(written: &[u8]) -> Option<String> {
    let mut rest = match str::from_utf8(written) {
        Ok(text) => text,
        Err(error) => return Some(format!("no UTF-8 at byte {}", error.valid_up_to())),
    };
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\u{1b}' => match sequence(&rest[1..]) {
                Some(length) => &rest[1 + length..],
                None => return Some(format!("{:?}", rest.chars().take(60).collect::<String>())),
            },
            '\r' => &rest[1..],
            _ => match super::harm(first.encode_utf8(&mut [0; 4]).as_bytes()) {
                Some(harm) => return Some(harm),
                None => &rest[first.len_utf8()..],
            },
        };
    }
    None
}

/// Bytes of an intended sequence behind its ESC.
fn sequence(rest: &str) -> Option<usize> {
    match rest.as_bytes().first()? {
        b'[' => control(&rest[1..]).map(|length| 1 + length),
        b']' => notification(&rest[1..]).map(|length| 1 + length),
        _ => None,
    }
}

/// CSI: parameters, then how it ends.
fn control(body: &str) -> Option<usize> {
    let end = body.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))?;
    let (parameters, action) = (&body[..end], body.as_bytes()[end]);
    let intended = match parameters.strip_prefix('?') {
        Some(modes) => {
            matches!(action, b'h' | b'l') && modes.split(';').all(|mode| MODES.contains(&mode))
        }
        None => ACTIONS.contains(&action),
    };
    intended.then_some(end + 1)
}

/// OSC 9 and OSC 777, to BEL.
fn notification(body: &str) -> Option<usize> {
    let (text, _) = body.split_once('\u{7}')?;
    let said = text.strip_prefix("777;notify;").or_else(|| text.strip_prefix("9;"))?;
    let parts = said.split(';').count();
    (parts <= 2 && super::harm(said.as_bytes()).is_none()).then_some(text.len() + 1)
}

/// Cursor to a place, up, down, right, left; clear the screen, a row; style.
const ACTIONS: &[u8] = b"HABCDJKm";
/// Cursor, alternate screen, focus, bracketed paste, synchronized updates, mouse.
const MODES: &[&str] =
    &["25", "1049", "1004", "2004", "2026", "1000", "1002", "1003", "1006", "1015"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_passes_and_nothing_else() {
        for good in
            ["hi\r\n", "\x1b[1;2Hx\x1b[0;38;5;3m", "\x1b[?25l", "\x1b]777;notify;bob;hi\x07"]
        {
            assert_eq!(unintended(good.as_bytes()), None, "{good:?}");
        }
        for bad in [
            "\x1b]0;t\x07",
            "\x1b]52;c;eA==\x07",
            "\x1b[6n",
            "\x1bc",
            "\x1b[?1l",
            "\u{9b}1m",
            "\x07",
            "\x1bPq\x1b\\",
            "\x1b]777;notify;a;b;c\x07",
            "\x1b]9;a\x1b[1mb\x07",
            "\u{202e}",
        ] {
            assert!(unintended(bad.as_bytes()).is_some(), "{bad:?}");
        }
        for text in super::super::corpus().iter().filter(|text| text.name.starts_with("osc-")) {
            assert!(
                text.name == "osc-notify" || unintended(&text.bytes).is_some(),
                "{}",
                text.name
            );
        }
    }
}
