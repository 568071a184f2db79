//! Whom a ban or a mute means: somebody by nick, everybody of a mask, or everybody of an address range.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{Nick, name::fold};

/// As somebody writes it: `bob`, `b?b*`, `203.0.113.0/24`, `2001:db8::/32`, `from:bob`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub enum Whom {
    /// Who has that nick, and whoever takes it.
    Nick(Nick),
    /// Everybody whose nick fits.
    Mask(Mask),
    /// Everybody who comes from there.
    Range(Range),
    /// Everybody who comes from where that one does now, which stays unsaid.
    From(Nick),
}

/// A nick with `*` for any characters and `?` for one. At most 64 characters, compared [`fold`]ed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mask(SmolStr);

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    address: IpAddr,
    bits: u8,
}

/// What was given means nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a nick, a mask such as b*, an address range such as 203.0.113.0/24, or from:nick for the address of somebody"
)]
pub struct NoWhom;

/// Characters of a mask.
pub const MASK_CHARS_MAX: usize = 64;

impl Whom {
    /// Takes it from what somebody typed.
    ///
    /// # Errors
    /// When it is none of the four.
    pub fn parse(input: &str) -> Result<Self, NoWhom> {
        if let Some(nick) = input.strip_prefix("from:") {
            return Nick::parse(nick.trim_start_matches('@'))
                .map(Self::From)
                .map_err(|_no_nick| NoWhom);
        }
        if let Some(range) = Range::parse(input) {
            return Ok(Self::Range(range));
        }
        if input.contains(['*', '?']) {
            return Mask::parse(input).map(Self::Mask);
        }
        Nick::parse(input.trim_start_matches('@')).map(Self::Nick).map_err(|_no_nick| NoWhom)
    }

    /// Equal for what differs only by case.
    #[must_use]
    pub fn folded(&self) -> SmolStr {
        fold(&self.to_string())
    }
}

impl Mask {
    fn parse(input: &str) -> Result<Self, NoWhom> {
        // What stands between the wildcards is part of a nick.
        let is_part = |part: &str| part.is_empty() || Nick::parse(&format!("a{part}")).is_ok();
        let fits = input.len() <= MASK_CHARS_MAX * 4 && input.chars().count() <= MASK_CHARS_MAX;
        if fits && input.split(['*', '?']).all(is_part) {
            Ok(Self(input.into()))
        } else {
            Err(NoWhom)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a mask fits. Both are to be folded before. Its time grows with the product of the lengths, no faster.
#[must_use]
pub fn fits(mask: &str, name: &str) -> bool {
    let (mask, name): (Vec<char>, Vec<char>) = (mask.chars().collect(), name.chars().collect());
    let (mut at, mut place, mut retry) = (0, 0, None);
    while at < name.len() {
        match mask.get(place) {
            Some('*') => {
                retry = Some((place + 1, at));
                place += 1;
            }
            Some(c) if *c == '?' || *c == name[at] => (place, at) = (place + 1, at + 1),
            // The last star takes one more.
            _ => match &mut retry {
                None => return false,
                Some((after, from)) => {
                    *from += 1;
                    (place, at) = (*after, *from);
                }
            },
        }
    }
    mask[place..].iter().all(|c| *c == '*')
}

impl Range {
    /// One address; of IPv6 the /64 that it stands in, which is what one home or machine has.
    #[must_use]
    pub fn around(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let bits = if address.is_ipv4() { 32 } else { 64 };
        Self { address, bits }
    }

    fn parse(input: &str) -> Option<Self> {
        let (address, bits) = match input.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (input, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(whole);
        (bits <= whole).then_some(Self { address, bits })
    }

    /// Whether the address is in it. One of IPv4 is the same when it comes as one of IPv6.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let rest = 32_u32.saturating_sub(u32::from(self.bits));
                (own.to_bits() ^ other.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let rest = 128_u32.saturating_sub(u32::from(self.bits));
                (own.to_bits() ^ other.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl std::str::FromStr for Range {
    type Err = NoWhom;

    fn from_str(input: &str) -> Result<Self, NoWhom> {
        Self::parse(input).ok_or(NoWhom)
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nick(nick) => nick.fmt(f),
            Self::Mask(mask) => f.write_str(mask.as_str()),
            Self::Range(range) => range.fmt(f),
            Self::From(nick) => write!(f, "from:{nick}"),
        }
    }
}

impl std::str::FromStr for Whom {
    type Err = NoWhom;

    fn from_str(written: &str) -> Result<Self, NoWhom> {
        Self::parse(written)
    }
}

impl TryFrom<SmolStr> for Whom {
    type Error = NoWhom;

    fn try_from(input: SmolStr) -> Result<Self, NoWhom> {
        Self::parse(&input)
    }
}

impl From<Whom> for SmolStr {
    fn from(whom: Whom) -> Self {
        smol_str::format_smolstr!("{whom}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: Option<&str>) {
        let parsed = Whom::parse(input).ok().map(|whom| format!("{whom:?}"));
        let name = parsed.as_ref().and_then(|shown| shown.split('(').next());
        assert_eq!(name, expected, "{input:?}");
    }

    #[test]
    fn nicks_masks_ranges_and_addresses_of_somebody() {
        check("bob", Some("Nick"));
        check("@bob", Some("Nick"));
        check("b*", Some("Mask"));
        check("*", Some("Mask"));
        check("spam-?", Some("Mask"));
        check("203.0.113.7", Some("Range"));
        check("203.0.113.0/24", Some("Range"));
        check("2001:db8::/32", Some("Range"));
        check("from:bob", Some("From"));
        for nobody in [
            "",
            "a b",
            "b*\u{202e}",
            "b* x",
            "\u{1b}*",
            "10.0.0.0/33",
            "::/129",
            "from:",
            "#a",
            "1*\n",
        ] {
            check(nobody, None);
        }
        check(&"*".repeat(MASK_CHARS_MAX), Some("Mask"));
        check(&"*".repeat(MASK_CHARS_MAX + 1), None);
    }

    #[test]
    fn masks_fit() {
        for (mask, name) in [
            ("*", ""),
            ("*", "bob"),
            ("b*", "bob"),
            ("b?b", "bob"),
            ("*o*", "bob"),
            ("b*b*b", "bxbyb"),
            ("**b", "bob"),
        ] {
            assert!(fits(mask, name), "{mask} {name}");
        }
        for (mask, name) in
            [("", "bob"), ("?", ""), ("b", "bob"), ("b?", "bob"), ("*a*", "bob"), ("b*b*b", "bxb")]
        {
            assert!(!fits(mask, name), "{mask} {name}");
        }
        assert!(!fits(&"*a".repeat(32), &"b".repeat(32)), "and it ends soon");
    }

    #[test]
    fn ranges_contain() {
        let range = |text: &str| text.parse::<Range>().unwrap();
        let contains = |text: &str, address: &str| range(text).contains(address.parse().unwrap());
        assert!(contains("203.0.113.0/24", "203.0.113.255"));
        assert!(!contains("203.0.113.0/24", "203.0.114.0"));
        assert!(contains("203.0.113.0/24", "::ffff:203.0.113.7"));
        assert!(contains("0.0.0.0/0", "255.255.255.255"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert_eq!(Range::around("2001:db8::7".parse().unwrap()).to_string(), "2001:db8::7/64");
        assert!(
            Range::around("2001:db8::7".parse().unwrap()).contains("2001:db8::9".parse().unwrap())
        );
    }
}
