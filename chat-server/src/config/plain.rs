//! The file as people write it, and what is wrong in it in words that they know.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};

/// A list, or one of it alone.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected text in quotes, or a list [\"…\", \"…\"]")]
enum Several {
    One(String),
    All(Vec<String>),
}

pub(super) fn one_or_more<'de, D, T>(from: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let all = match Several::deserialize(from)? {
        Several::One(one) => vec![one],
        Several::All(all) => all,
    };
    let read = all.iter().map(|one| one.parse().map_err(D::Error::custom));
    read.collect::<Result<_, _>>().map(Some)
}

/// What the parser says, on one line and without the names of Rust's types.
pub(super) fn words(message: &str) -> String {
    let message = message.replace('\n', ", ");
    let Some((what, expected)) = message.rsplit_once(", expected ") else { return message };
    let expected = match expected {
        "usize" | "u32" => "a whole number such as 50",
        "a string" | "path string" => "text in quotes",
        "a boolean" => "true or false",
        other => other,
    };
    let what = what.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
    format!("{what}, expected {expected}")
}
