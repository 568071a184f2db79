//! Nicks and room names: parsed once, valid for ever.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What a member is called: 1 to 32 letters or digits of any script, `-` or `_`, not starting with a digit or `-`; NFC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Nick(SmolStr);

/// `#` and 1 to 64 letters or digits of any script, `-`, `_` or `.`; NFC. Case does not matter: compare [`fold`]ed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct RoomName(SmolStr);

/// Why a name is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a nick has 1 to {NICK_CHARS_MAX} characters")]
    NickLength,
    #[error("a nick starts with a letter or '_'")]
    NickStart,
    #[error("a nick holds letters, digits, '-' and '_'")]
    NickCharacter,
    #[error("a room name starts with '#'")]
    RoomStart,
    #[error("a room name has 1 to {ROOM_CHARS_MAX} characters after '#'")]
    RoomLength,
    #[error("a room name holds letters, digits, '-', '_' and '.' after '#'")]
    RoomCharacter,
}

/// Characters of a nick, as Unicode scalar values after NFC.
pub const NICK_CHARS_MAX: usize = 32;
/// Characters of a room name after `#`, as Unicode scalar values after NFC.
pub const ROOM_CHARS_MAX: usize = 64;

impl Nick {
    /// Takes a nick from what somebody typed.
    ///
    /// # Errors
    /// Says which rule it breaks.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        let name = nfc(input, NICK_CHARS_MAX).ok_or(NameError::NickLength)?;
        let first = name.chars().next().ok_or(NameError::NickLength)?;
        if !(is_letter(first) || first == '_') {
            return Err(if is_name_char(first) || first == '-' {
                NameError::NickStart
            } else {
                NameError::NickCharacter
            });
        }
        let valid = name.chars().all(|c| is_name_char(c) || matches!(c, '-' | '_'));
        if valid && !has_stack(&name) { Ok(Self(name)) } else { Err(NameError::NickCharacter) }
    }

    /// This nick with a number behind it, shortened where the two would be too long: `bot-2`.
    #[must_use]
    pub fn suffixed(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let mut kept: Vec<char> = self.0.chars().collect();
        if kept.len() > NICK_CHARS_MAX - suffix.len() {
            kept.truncate(NICK_CHARS_MAX - suffix.len());
            // What they stood for may be gone.
            while kept.last().copied().is_some_and(is_combining_mark) {
                kept.pop();
            }
        }
        Self(kept.into_iter().chain(suffix.chars()).collect())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RoomName {
    /// Takes a room name, with its `#`, from what somebody typed.
    ///
    /// # Errors
    /// Says which rule it breaks.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        let bare = input.strip_prefix('#').ok_or(NameError::RoomStart)?;
        let name = nfc(bare, ROOM_CHARS_MAX).ok_or(NameError::RoomLength)?;
        let first = name.chars().next().ok_or(NameError::RoomLength)?;
        let valid = name.chars().all(|c| is_name_char(c) || matches!(c, '-' | '_' | '.'));
        if !valid || has_stack(&name) || is_combining_mark(first) {
            return Err(NameError::RoomCharacter);
        }
        Ok(Self(format!("#{name}").into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! as_string {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<SmolStr> for $name {
            type Error = NameError;

            fn try_from(input: SmolStr) -> Result<Self, NameError> {
                Self::parse(&input)
            }
        }

        impl From<$name> for SmolStr {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(input: &str) -> Result<Self, NameError> {
                Self::parse(input)
            }
        }
    };
}

as_string!(Nick);
as_string!(RoomName);

/// The form in which names that differ only by case are equal. It takes each character up and down again, so that `ß`
/// and `ss`, `ς` and `σ` meet as Unicode's full case folding has them (Unicode 16, section 3.13.3).
#[must_use]
pub fn fold(name: &str) -> SmolStr {
    if name.is_ascii() {
        return SmolStr::from_iter(name.chars().map(|c| c.to_ascii_lowercase()));
    }
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

/// NFC of the input where that has at most `chars_max` characters.
fn nfc(input: &str, chars_max: usize) -> Option<SmolStr> {
    // NFC never makes more than three characters of one, nor less than one of twenty: a bound before the work.
    if input.len() > chars_max * 32 {
        return None;
    }
    let name: SmolStr = if input.is_ascii() { input.into() } else { input.nfc().collect() };
    (name.chars().count() <= chars_max).then_some(name)
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_combining_mark(c) && !is_invisible(c)
}

fn is_name_char(c: char) -> bool {
    (c.is_alphanumeric() || is_combining_mark(c)) && !is_invisible(c)
}

/// Letters and marks that show nothing (`Default_Ignorable_Code_Point`, Unicode UAX 44).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether more marks stand on one letter than any script needs.
fn has_stack(name: &str) -> bool {
    let mut marks = 0;
    name.chars().any(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        marks > NAME_MARKS_MAX
    })
}

/// Combining marks on one letter of a name; Vietnamese and Hindi need two.
const NAME_MARKS_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn nick(input: &str, expected: Result<&str, NameError>) {
        assert_eq!(Nick::parse(input).as_ref().map(Nick::as_str), expected.as_ref().copied());
    }

    #[track_caller]
    fn room(input: &str, expected: Result<&str, NameError>) {
        assert_eq!(
            RoomName::parse(input).as_ref().map(RoomName::as_str),
            expected.as_ref().copied()
        );
    }

    #[test]
    fn nicks() {
        nick("alice", Ok("alice"));
        nick("Zoë", Ok("Zoë"));
        nick("Zoe\u{308}", Ok("Zoë"));
        nick("हिन्दी", Ok("हिन्दी"));
        nick("小明", Ok("小明"));
        nick("_", Ok("_"));
        nick("a-1_b", Ok("a-1_b"));
        nick(&"x".repeat(32), Ok(&"x".repeat(32)));
        nick(&"x".repeat(33), Err(NameError::NickLength));
        nick("", Err(NameError::NickLength));
        nick("1a", Err(NameError::NickStart));
        nick("-a", Err(NameError::NickStart));
        nick("\u{301}a", Err(NameError::NickStart));
        nick("a b", Err(NameError::NickCharacter));
        nick("<a>", Err(NameError::NickCharacter));
        nick("a\u{202e}b", Err(NameError::NickCharacter));
        nick("a\u{200b}b", Err(NameError::NickCharacter));
        nick("a\u{3164}", Err(NameError::NickCharacter));
        nick("a\u{1b}[31m", Err(NameError::NickCharacter));
        nick("a\u{300}\u{301}\u{302}\u{303}\u{304}", Err(NameError::NickCharacter));
    }

    #[test]
    fn rooms() {
        room("#ops", Ok("#ops"));
        room("#Ops.eu-1_b", Ok("#Ops.eu-1_b"));
        room("#24", Ok("#24"));
        room("#кухня", Ok("#кухня"));
        room("ops", Err(NameError::RoomStart));
        room("#", Err(NameError::RoomLength));
        room("##", Err(NameError::RoomCharacter));
        room("#a b", Err(NameError::RoomCharacter));
        room(&format!("#{}", "x".repeat(64)), Ok(&format!("#{}", "x".repeat(64))));
        room(&format!("#{}", "x".repeat(65)), Err(NameError::RoomLength));
    }

    #[test]
    fn names_fold() {
        assert_eq!(fold("#OPS"), "#ops");
        assert_eq!(fold("Straße"), fold("STRASSE"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_ne!(fold("a"), fold("b"));
    }

    #[test]
    fn a_suffix_always_fits() {
        assert_eq!(Nick::parse("bot").unwrap().suffixed(2).as_str(), "bot-2");
        let long = Nick::parse(&"x".repeat(32)).unwrap().suffixed(1234);
        assert_eq!(long.as_str().chars().count(), 32);
        assert_eq!(Nick::parse(long.as_str()), Ok(long));
    }

    #[test]
    fn a_suffix_leaves_a_short_nick_as_it_is() {
        assert_eq!(Nick::parse("हिन्दी").unwrap().suffixed(2).as_str(), "हिन्दी-2");
    }
}
