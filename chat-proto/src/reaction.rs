//! What people answer a message with where words are too much.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use unicode_normalization::char::is_combining_mark;

use crate::text::clean;

/// An emoji, `:tea:`, `+1`: 1 to 48 bytes of UTF-8 in NFC without blanks and control characters, beginning with
/// something that can be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Reaction(SmolStr);

/// Why something is no reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reaction is an emoji or one word, like :tea: or +1, of 1 to {REACTION_BYTES_MAX} bytes")]
pub struct NoReaction;

/// Bytes of a reaction. The longest emoji in use, a family with tones of skin, has 41; most have 4 to 8.
pub const REACTION_BYTES_MAX: usize = 48;

impl Reaction {
    /// Takes a reaction from what somebody typed.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(input: &str) -> Result<Self, NoReaction> {
        if input.len() > 2 * REACTION_BYTES_MAX {
            return Err(NoReaction);
        }
        let cleaned = clean(input);
        let reaction = cleaned.trim();
        let first = reaction.chars().next().ok_or(NoReaction)?;
        let fits = reaction.len() <= REACTION_BYTES_MAX && !reaction.contains(char::is_whitespace);
        if fits && !is_invisible(first) { Ok(Self(reaction.into())) } else { Err(NoReaction) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Marks, joiners and selectors: they show only with what they follow.
fn is_invisible(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c, '\u{200C}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' | '\u{AD}' | '\u{180E}')
}

impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<SmolStr> for Reaction {
    type Error = NoReaction;

    fn try_from(input: SmolStr) -> Result<Self, NoReaction> {
        Self::parse(&input)
    }
}

impl From<Reaction> for SmolStr {
    fn from(reaction: Reaction) -> Self {
        reaction.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: Option<&str>) {
        let parsed = Reaction::parse(input);
        assert_eq!(parsed.as_ref().ok().map(Reaction::as_str), expected, "{input:?}");
    }

    #[test]
    fn emoji_and_words() {
        for reaction in ["👍", "❤️", "👩‍👩‍👧‍👦", "🏴", "+1", "-1", ":tea:", "ß", "好"]
        {
            check(reaction, Some(reaction));
        }
        check(" 👍\n", Some("👍"));
        check("\u{1b}[31m+1", Some("+1"));
        check("e\u{301}", Some("é"));
    }

    #[test]
    fn nothing_to_see_and_too_much() {
        for none in ["", " ", "two words", "\u{202e}", "\u{200d}", "\u{fe0f}", "\u{301}a", "a\tb"] {
            check(none, None);
        }
        check(&"x".repeat(REACTION_BYTES_MAX), Some(&"x".repeat(REACTION_BYTES_MAX)));
        check(&"x".repeat(REACTION_BYTES_MAX + 1), None);
        check(&"\u{301}".repeat(1000), None);
    }
}
