//! What people say, made safe for every terminal before it goes anywhere.
//!
//! Cleaning keeps what can be read and drops what a terminal would act upon: escape sequences whole, other control
//! characters, bidirectional overrides and isolates, invisible characters that only hide something. It never fails on
//! content, only on length, so that no message is lost because a program coloured its output.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};

/// The text of a message: 1 to 16,384 bytes of UTF-8 in NFC, many lines allowed, tabs kept, no other control character.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

/// One line of up to `MAX` bytes of UTF-8 in NFC, possibly empty, without any control character.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Line<const MAX: usize>(SmolStr, PhantomData<[(); MAX]>);

/// What a room is about.
pub type Topic = Line<TOPIC_BYTES_MAX>;
/// Why somebody is away or leaves.
pub type Reason = Line<REASON_BYTES_MAX>;

/// Why a text cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("there is nothing to say in it")]
    Empty,
    #[error("it has {bytes} bytes; {max} are allowed")]
    TooLong { bytes: usize, max: usize },
}

/// Bytes of a message text.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a topic.
pub const TOPIC_BYTES_MAX: usize = 512;
/// Bytes of an away, part or quit reason.
pub const REASON_BYTES_MAX: usize = 256;

impl Text {
    /// Makes a text safe to show.
    ///
    /// # Errors
    /// When nothing readable is in it, or more than [`TEXT_BYTES_MAX`] bytes.
    pub fn clean(input: &str) -> Result<Self, TextError> {
        within(input, 2 * TEXT_BYTES_MAX, TEXT_BYTES_MAX)?;
        let mut text = clean(input);
        text.truncate(text.trim_end_matches('\n').len());
        if text.chars().all(is_blank) {
            return Err(TextError::Empty);
        }
        within(&text, TEXT_BYTES_MAX, TEXT_BYTES_MAX)?;
        Ok(Self(text))
    }

    /// The lines to show; never none.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n')
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Line<MAX> {
    /// Makes one safe line; line breaks and tabs become spaces.
    ///
    /// # Errors
    /// When it has more than `MAX` bytes.
    pub fn clean(input: &str) -> Result<Self, TextError> {
        within(input, 2 * MAX, MAX)?;
        let cleaned = clean(input).replace(['\n', '\t'], " ");
        let line = cleaned.trim();
        within(line, MAX, MAX)?;
        Ok(Self(line.into(), PhantomData))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;

    fn try_from(input: String) -> Result<Self, TextError> {
        Self::clean(&input)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for Line<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> TryFrom<SmolStr> for Line<MAX> {
    type Error = TextError;

    fn try_from(input: SmolStr) -> Result<Self, TextError> {
        Self::clean(&input)
    }
}

impl<const MAX: usize> From<Line<MAX>> for SmolStr {
    fn from(line: Line<MAX>) -> Self {
        line.0
    }
}

const fn within(text: &str, limit: usize, max: usize) -> Result<(), TextError> {
    if text.len() > limit { Err(TextError::TooLong { bytes: text.len(), max }) } else { Ok(()) }
}

/// The input without anything a terminal would act upon; line breaks of every kind become `\n`.
#[must_use]
pub fn clean(input: &str) -> String {
    if is_plain(input) {
        return input.to_owned();
    }
    let safe = without_controls(input);
    let normal = if is_nfc(&safe) { safe } else { safe.nfc().collect() };
    without_stacks(normal)
}

/// Whether it is ASCII as it should be. No way out of the loop, so that many bytes are looked at in one step.
fn is_plain(input: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') | matches!(byte, b'\n' | b'\t');
    input.bytes().fold(true, |plain, byte| plain & is_plain(byte))
}

fn without_controls(input: &str) -> String {
    let mut out = String::with_capacity(input.len());
    let mut rest = input;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = escape_end(c, after).unwrap_or(after);
        match c {
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\n' | '\t' => out.push(c),
            _ if c.is_control() || is_deceiving(c) => {}
            _ => out.push(c),
        }
    }
    out
}

fn without_stacks(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    let mut marks = 0;
    let mut bearable = |c: &char| {
        marks = if is_combining_mark(*c) { marks + 1 } else { 0 };
        marks <= TEXT_MARKS_MAX
    };
    text.chars().filter(&mut bearable).collect()
}

/// What follows the escape sequence that `first` opens, where one that is complete does stand here (ECMA-48, 5.4 and
/// 8.3). An open-ended one loses only its first character: it must not swallow what was said after it.
fn escape_end(first: char, after: &str) -> Option<&str> {
    let (kind, body) = match first {
        '\u{1b}' => {
            let kind = after.chars().next()?;
            (kind, &after[kind.len_utf8()..])
        }
        '\u{90}'..='\u{9f}' => (char::from_u32(first as u32 - 0x40)?, after),
        _ => return None,
    };
    match kind {
        '[' => control_sequence_end(body),
        ']' | 'P' | 'X' | '^' | '_' => control_string_end(body),
        ' '..='/' => body.starts_with(|c: char| matches!(c, '0'..='~')).then(|| &body[1..]),
        '0'..='~' if first == '\u{1b}' => Some(body),
        _ => None,
    }
}

/// CSI: parameter bytes, intermediate bytes, one final byte.
fn control_sequence_end(body: &str) -> Option<&str> {
    let end =
        body.find(|c: char| !matches!(c, ' '..='?')).filter(|&end| end <= SEQUENCE_BYTES_MAX)?;
    matches!(body.as_bytes()[end], b'@'..=b'~').then(|| &body[end + 1..])
}

/// OSC, DCS, SOS, PM, APC: up to BEL or ST on the same line.
fn control_string_end(body: &str) -> Option<&str> {
    let end = body.find(['\u{7}', '\u{9c}', '\u{1b}', '\n', '\r'])?;
    let (_, tail) = body.split_at(end);
    ["\u{7}", "\u{9c}", "\u{1b}\\"].into_iter().find_map(|terminator| tail.strip_prefix(terminator))
}

/// Characters that hide or reorder what is written: zero-width space and joiner-like marks without a use in text,
/// bidirectional embeddings, overrides and isolates, tags, fillers, interlinear marks, noncharacters.
const fn is_deceiving(c: char) -> bool {
    matches!(c,
        '\u{200B}' | '\u{2060}'..='\u{206F}' | '\u{202A}'..='\u{202E}' | '\u{FEFF}' | '\u{34F}' | '\u{61C}'
        | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether nothing is to be seen of it by itself: blanks, joiners, marks of direction, selectors of variants.
const fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{180E}' | '\u{200C}'..='\u{200F}' | '\u{2800}' | '\u{FE00}'..='\u{FE0F}')
}

/// Combining marks on one letter of a text; more is not writing but an overflow onto other lines.
const TEXT_MARKS_MAX: usize = 8;
/// The longest control sequence taken for one.
const SEQUENCE_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(clean(input), expected);
    }

    #[test]
    fn plain_text_stays() {
        check("hello\n\tworld", "hello\n\tworld");
        check("大家你好吗 👩‍👩‍👧‍👦 é", "大家你好吗 👩‍👩‍👧‍👦 é");
        check("e\u{301}", "é");
    }

    #[test]
    fn escapes_go_whole_and_take_nothing_with_them() {
        check("\u{1b}[31mred\u{1b}[0m", "red");
        check("\u{9b}31mred", "red");
        check("\u{1b}]0;title\u{7}text", "text");
        check("\u{1b}]52;c;aGk=\u{1b}\\text", "text");
        check("\u{1b}]0;never ends", "]0;never ends");
        check("\u{1b}Pq#0\u{9c}x", "x");
        check("\u{1b}[", "[");
        check("a\u{1b}", "a");
        check("\u{1b}(Bx", "x");
        check("\u{1b}cx", "x");
        check("nul\0 bel\u{7} del\u{7f}", "nul bel del");
    }

    #[test]
    fn breaks_are_newlines() {
        check("a\r\nb\rc\u{85}d\u{2028}e", "a\nb\nc\nd\ne");
    }

    #[test]
    fn nothing_reorders_or_hides() {
        check("a\u{202e}b\u{2066}c\u{200b}d\u{e0041}e\u{feff}", "abcde");
        check(&format!("a{}", "\u{301}".repeat(40)), &format!("á{}", "\u{301}".repeat(8)));
    }

    #[test]
    fn texts_have_a_length() {
        assert_eq!(Text::clean(" \n"), Err(TextError::Empty));
        assert_eq!(
            Text::clean("\u{200d}\u{fe0f} \u{ad}\u{a0}"),
            Err(TextError::Empty),
            "nothing to see"
        );
        assert!(Text::clean(&"x".repeat(TEXT_BYTES_MAX)).is_ok());
        let long = "x".repeat(TEXT_BYTES_MAX + 1);
        assert_eq!(Text::clean(&long), Err(TextError::TooLong { bytes: 16_385, max: 16_384 }));
        assert_eq!(Topic::clean(" a\nb\u{1b}[1m ").unwrap().as_str(), "a b");
    }

    proptest! {
        #[test]
        fn cleaned_is_safe_and_stays_so(input in any::<String>()) {
            let once = clean(&input);
            prop_assert!(once.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control() && !is_deceiving(c)));
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn hostile_is_safe_too(input in "[\\x1b\\[\\]0-9;mP\\\\\\x07\\x{9b}\\x{9c}\\x{301}\\r\\na\\x{202e}]{0,40}") {
            let once = clean(&input);
            prop_assert!(once.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control() && !is_deceiving(c)));
            prop_assert_eq!(clean(&once), once);
        }
    }
}
