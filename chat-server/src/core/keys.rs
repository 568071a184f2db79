//! Names with the forms under which they are compared. Computed once at the edge; they travel with the change, so that
//! every log that applies it agrees whatever its Unicode tables say.

use chat_proto::{Nick, RoomName, name::fold};
use smol_str::{SmolStr, SmolStrBuilder};
use unicode_security::confusable_detection::skeleton;

/// A nick and what it is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NickKeys {
    pub nick: Nick,
    /// Equal for nicks that differ only by case.
    pub folded: SmolStr,
    /// Equal for nicks that look alike (Unicode TS 39 section 4, before and after folding).
    pub shapes: [SmolStr; 2],
}

/// A room name and what it is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomKeys {
    pub name: RoomName,
    /// Equal for names that differ only by case.
    pub folded: SmolStr,
    /// Equal for names that look alike.
    pub shape: SmolStr,
}

/// A mask of nicks in the forms that nicks are compared in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskKeys {
    pub folded: SmolStr,
    pub shape: SmolStr,
}

impl MaskKeys {
    #[must_use]
    pub fn of(mask: &str) -> Self {
        let folded = fold(mask);
        let shape = look(&folded);
        Self { folded, shape }
    }
}

impl NickKeys {
    #[must_use]
    pub fn of(nick: Nick) -> Self {
        let folded = fold(nick.as_str());
        let shapes = [look(&folded), look(nick.as_str())];
        Self { nick, folded, shapes }
    }

    /// The keys of `nick-number`, derived without any table. The nick must be short enough to keep all of it.
    #[must_use]
    pub fn suffixed(&self, number: u32) -> Self {
        let digits = number.to_string();
        let look: String = digits.chars().map(digit_look).collect();
        Self {
            nick: self.nick.suffixed(number),
            folded: join(&self.folded, &digits),
            shapes: self.shapes.each_ref().map(|shape| join(shape, &look)),
        }
    }

    /// The nick cut so short that any suffix fits.
    #[must_use]
    pub fn stem(&self) -> Self {
        let short: String = self.nick.as_str().chars().take(STEM_CHARS_MAX).collect();
        Nick::parse(&short).map_or_else(|_| self.clone(), Self::of)
    }
}

impl RoomKeys {
    #[must_use]
    pub fn of(name: RoomName) -> Self {
        let folded = fold(name.as_str());
        let shape = look(&folded);
        Self { name, folded, shape }
    }
}

/// Characters of a nick that leave room for `-` and five digits.
const STEM_CHARS_MAX: usize = 26;

fn look(name: &str) -> SmolStr {
    let shape: String = skeleton(name).collect();
    fold(&shape)
}

fn join(stem: &str, digits: &str) -> SmolStr {
    let mut joined = SmolStrBuilder::new();
    joined.push_str(stem);
    joined.push('-');
    joined.push_str(digits);
    joined.finish()
}

/// The folded skeleton of an ASCII digit.
const fn digit_look(digit: char) -> char {
    match digit {
        '0' => 'o',
        '1' => 'l',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(nick: &str) -> NickKeys {
        NickKeys::of(Nick::parse(nick).unwrap())
    }

    #[test]
    fn look_alikes_share_a_shape() {
        let alike =
            |a: &str, b: &str| keys(a).shapes.iter().any(|shape| keys(b).shapes.contains(shape));
        assert!(alike("alice", "Alice"));
        assert!(alike("alice", "аlice"), "Cyrillic a");
        assert!(alike("ChanServ", "ChɑnServ"));
        assert!(alike("alice", "aIice"), "capital i");
        assert!(!alike("alice", "bob"));
    }

    #[test]
    fn suffixed_keys_are_the_keys_of_the_suffixed_nick() {
        for nick in ["bot", "Zoë", "小明", "a-1", "İx", "हिन्दी"] {
            for number in [2, 9, 10, 21, 345, 67890] {
                let expected = NickKeys::of(Nick::parse(nick).unwrap().suffixed(number));
                assert_eq!(keys(nick).suffixed(number), expected, "{nick} {number}");
            }
        }
    }

    #[test]
    fn a_stem_takes_any_suffix() {
        let stem = keys(&"x".repeat(32)).stem();
        assert_eq!(
            stem.suffixed(99_999),
            NickKeys::of(Nick::parse(&format!("{}-99999", "x".repeat(26))).unwrap())
        );
    }
}
