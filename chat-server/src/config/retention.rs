//! For how long, and how much, is kept of a room.

use std::{collections::HashMap, str::FromStr, time::Duration};

use chat_proto::RoomName;
use serde::Deserialize;
use smol_str::SmolStr;

use super::ConfigError;
use crate::core::RoomKeys;

/// As it is written; a room of its own table takes from the others what it does not say.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[group(skip)]
pub struct Options {
    /// Throw away what is older than this: 30m, 12h, 90d, 8w (default: none, nothing is thrown away)
    #[arg(
        id = "retention_age",
        long = "retention-age",
        value_name = "AGE",
        env = "CHAT_RETENTION_AGE"
    )]
    pub age: Option<Age>,
    /// Throw away the oldest of a room or private conversation above this: 500KiB, 100MiB, 2GiB (default: none)
    #[arg(
        id = "retention_size",
        long = "retention-size",
        value_name = "SIZE",
        env = "CHAT_RETENTION_SIZE"
    )]
    pub size: Option<Size>,
    /// Rooms with limits of their own; in the file only.
    #[arg(skip)]
    #[serde(default)]
    pub rooms: HashMap<String, Own>,
}

/// The limits of one room, as they are written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    age: Option<Age>,
    size: Option<Size>,
}

/// How old an entry may become; none for any age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Age(Option<Duration>);

/// How many bytes a room may take; none for any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(Option<u64>);

/// What is kept of one room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub age: Option<Duration>,
    /// Bytes of text, with what is attached to it and some for each entry.
    pub size: Option<u64>,
}

/// What is kept of every room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    others: Limits,
    /// By folded name.
    rooms: HashMap<SmolStr, Limits>,
}

impl Retention {
    /// Whether anything is ever thrown away.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.rooms.values().chain([&self.others]).all(|limits| *limits == Limits::default())
    }

    /// The limits of the room of this folded name; a private conversation has none.
    #[must_use]
    pub fn of(&self, name: Option<&str>) -> Limits {
        name.and_then(|name| self.rooms.get(name)).copied().unwrap_or(self.others)
    }
}

impl Retention {
    /// The limits of the rooms that have none of their own, then those of the others by their folded names.
    pub(super) fn all(&self) -> impl Iterator<Item = (Option<&str>, Limits)> {
        let mut own: Vec<_> = self.rooms.iter().collect();
        own.sort_unstable_by_key(|(name, _)| *name);
        let own = own.into_iter().map(|(name, limits)| (Some(name.as_str()), *limits));
        std::iter::once((None, self.others)).chain(own)
    }
}

impl Options {
    pub(super) fn or(self, other: Self) -> Self {
        let rooms = if self.rooms.is_empty() { other.rooms } else { self.rooms };
        Self { age: self.age.or(other.age), size: self.size.or(other.size), rooms }
    }

    pub(super) fn decide(self) -> Result<Retention, ConfigError> {
        let limits = |age: Option<Age>, size: Option<Size>| Limits {
            age: age.and_then(|age| age.0),
            size: size.and_then(|size| size.0),
        };
        let own = |(name, own): (String, Own)| match RoomName::parse(&name) {
            Ok(parsed) => Ok((
                RoomKeys::of(parsed).folded,
                limits(own.age.or(self.age), own.size.or(self.size)),
            )),
            Err(error) => Err(ConfigError::RetentionRoom(name, error)),
        };
        let rooms = self.rooms.into_iter().map(own).collect::<Result<_, _>>()?;
        Ok(Retention { others: limits(self.age, self.size), rooms })
    }
}

/// Why an age or a size cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoLimit(String);

impl FromStr for Age {
    type Err = NoLimit;

    fn from_str(written: &str) -> Result<Self, NoLimit> {
        let found = parse(written, &AGES).map_err(|()| {
            NoLimit(format!("{written:?} is no age; write 30m, 12h, 90d or 8w, or none"))
        })?;
        Ok(Self(found.map(Duration::from_secs)))
    }
}

impl FromStr for Size {
    type Err = NoLimit;

    fn from_str(written: &str) -> Result<Self, NoLimit> {
        let found = parse(written, &SIZES).map_err(|()| {
            NoLimit(format!("{written:?} is no size; write 500KiB, 100MiB or 2GiB, or none"))
        })?;
        Ok(Self(found))
    }
}

impl TryFrom<String> for Age {
    type Error = NoLimit;

    fn try_from(written: String) -> Result<Self, NoLimit> {
        written.parse()
    }
}

impl TryFrom<String> for Size {
    type Error = NoLimit;

    fn try_from(written: String) -> Result<Self, NoLimit> {
        written.parse()
    }
}

const AGES: [(&str, u64); 4] = [("m", 60), ("h", 3600), ("d", 86_400), ("w", 7 * 86_400)];
const SIZES: [(&str, u64); 4] =
    [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

/// As it may be written; days are not made weeks, which few people count in.
pub(super) fn age(secs: u64) -> String {
    shown(secs, &AGES[..3])
}

/// As it may be written.
pub(super) fn size(bytes: u64) -> String {
    shown(bytes, &SIZES)
}

/// In the largest unit of which it is a whole number.
fn shown(total: u64, units: &[(&str, u64)]) -> String {
    let fits = units.iter().rev().find(|(_, factor)| total.is_multiple_of(*factor));
    fits.map_or_else(|| total.to_string(), |(name, factor)| format!("{}{name}", total / factor))
}

/// A number of at least 1 with its unit; nothing for `none`.
fn parse(written: &str, units: &[(&str, u64)]) -> Result<Option<u64>, ()> {
    if written == "none" {
        return Ok(None);
    }
    let end = written.find(|c: char| !c.is_ascii_digit()).ok_or(())?;
    let (number, unit) = written.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start()).ok_or(())?;
    let number: u64 = number.parse().map_err(drop)?;
    // Far beyond any log, and what times and sizes are counted with holds it.
    let total = number.checked_mul(*factor).filter(|total| (1..1 << 50).contains(total));
    total.map(Some).ok_or(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(written: &str) -> Option<u64> {
        let age: Result<Age, _> = written.parse();
        age.ok().map(|age| age.0.map_or(0, |age| age.as_secs()))
    }

    #[test]
    fn ages_and_sizes_have_units() {
        assert_eq!(
            ["30m", "12h", "90 d", "8w", "none"].map(age),
            [1800, 43_200, 7_776_000, 4_838_400, 0].map(Some)
        );
        for wrong in ["", "90", "d", "0d", "-1d", "1.5d", "1D", "90days", "99999999999999999999d"] {
            assert_eq!(age(wrong), None, "{wrong}");
        }
        assert_eq!("100MiB".parse::<Size>().ok(), Some(Size(Some(100 << 20))));
        assert_eq!(
            [1800, 7_776_000, 90_000, 14 * 86_400].map(super::age),
            ["30m", "90d", "25h", "14d"]
        );
        assert_eq!([512_000, 100 << 20, 3 << 40].map(size), ["500KiB", "100MiB", "3TiB"]);
        let error = "100MB".parse::<Size>().unwrap_err().to_string();
        assert_eq!(error, "\"100MB\" is no size; write 500KiB, 100MiB or 2GiB, or none");
    }

    #[test]
    fn a_room_takes_from_the_others_what_it_does_not_say() {
        let text = "age = '90d'\nsize = '1MiB'\nrooms.'#Ops' = { age = '1h' }\nrooms.'#law' = { age = 'none', size = 'none' }";
        let retention = toml::from_str::<Options>(text).unwrap().decide().unwrap();
        let of = |name| {
            let Limits { age, size } = retention.of(name);
            (age.map(|age| age.as_secs()), size)
        };
        assert_eq!(of(None), (Some(7_776_000), Some(1 << 20)));
        assert_eq!(of(Some("#ops")), (Some(3600), Some(1 << 20)));
        assert_eq!(of(Some("#law")), (None, None));
        assert!(!retention.is_off() && Options::default().decide().unwrap().is_off());
    }
}
