//! JSON that can be printed to a terminal: what a peer wrote as it liked (kinds of parts) is escaped where a terminal
//! would act upon it, or where a reader could not see it. To a JSON reader both are the same.

use std::io::{self, Write};

use chat_proto::text::clean;
use serde::Serialize;
use serde_json::{
    Serializer,
    ser::{CompactFormatter, Formatter},
};

/// Writes a value on one line.
pub(super) fn write(out: impl Write, value: &impl Serialize) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Harmless))
}

struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        if clean(text) == text {
            return CompactFormatter.write_string_fragment(out, text);
        }
        text.chars().try_for_each(|c| write_char(out, c))
    }
}

fn write_char<W: Write + ?Sized>(out: &mut W, c: char) -> io::Result<()> {
    if c.is_ascii() && !c.is_ascii_control() {
        return write!(out, "{c}");
    }
    c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut out = Vec::new();
        write(&mut out, &text).unwrap();
        assert_eq!(String::from_utf8_lossy(&out), expected);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn harm_is_escaped_and_the_rest_is_left() {
        check("Zoë 大家 \"x\"", r#""Zoë 大家 \"x\"""#);
        check("\u{9b}31m", r#""\u009b31m""#);
        check("a\u{202e}b\u{7f}", r#""a\u202eb\u007f""#);
        check("\u{1b}]0;t\u{7}", r#""\u001b]0;t\u0007""#);
        check("x\u{e0041}", r#""x\udb40\udc41""#);
    }
}
