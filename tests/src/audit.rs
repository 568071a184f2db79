//! Whether a log holds what it promised: everything acknowledged and everything shown, once, densely numbered, in the
//! order in which it was shown.

use std::collections::{BTreeMap, BTreeSet};

use chat_proto::Seq;

/// A message as its number tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub room: String,
    pub seq: Seq,
    pub text: String,
}

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It was acknowledged, or somebody saw it, and is not there.
    Lost(Line),
    /// It was acknowledged or seen under this number, where something else stands now.
    Changed { promised: Line, found: String },
    /// A number is missing, or comes where another should.
    Gap { room: String, expected: Seq, found: Seq },
    /// The same message stands under several numbers of a room.
    Twice(Line),
}

impl Line {
    #[must_use]
    pub fn new(room: &str, seq: Seq, text: &str) -> Self {
        Self { room: room.to_owned(), seq, text: text.to_owned() }
    }
}

/// Compares what was promised, by acknowledgement or by showing it, with what the log holds. A text is sent to a room once.
#[must_use]
pub fn audit(promised: &[Line], kept: &[Line]) -> Vec<Fault> {
    let by_number: BTreeMap<(&str, Seq), &str> =
        kept.iter().map(|line| ((line.room.as_str(), line.seq), line.text.as_str())).collect();
    let check = |line: &Line| match by_number.get(&(line.room.as_str(), line.seq)) {
        None => Some(Fault::Lost(line.clone())),
        Some(text) if **text == line.text => None,
        Some(text) => Some(Fault::Changed { promised: line.clone(), found: (*text).to_owned() }),
    };
    let mut faults: Vec<Fault> = promised.iter().filter_map(check).collect();
    faults.extend(gaps(kept));
    faults.extend(repeated(kept));
    faults
}

/// What stands wrongly in a sequence in which every room's numbers should grow by one. Of a receiver's transcript it may
/// be asked from the first number that it has of a room; of a log from 1 on.
#[must_use]
pub fn gaps(lines: &[Line]) -> Vec<Fault> {
    let mut next: BTreeMap<&str, Seq> = BTreeMap::new();
    let mut faults = Vec::new();
    for Line { room, seq, .. } in lines {
        let expected = next.insert(room, seq.next()).unwrap_or(Seq(1));
        if expected != *seq {
            faults.push(Fault::Gap { room: room.clone(), expected, found: *seq });
        }
    }
    faults
}

fn repeated(lines: &[Line]) -> impl Iterator<Item = Fault> {
    let mut seen = BTreeSet::new();
    lines
        .iter()
        .filter(move |line| !seen.insert((&line.room, &line.text)))
        .cloned()
        .map(Fault::Twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(written: &str) -> Vec<Line> {
        let line = |line: &str| {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap();
            Line::new(word(), Seq(word().parse().unwrap()), word())
        };
        written.split(", ").filter(|line| !line.is_empty()).map(line).collect()
    }

    #[track_caller]
    fn check(promised: &str, kept: &str, expected: &[Fault]) {
        assert_eq!(audit(&lines(promised), &lines(kept)), expected);
    }

    #[test]
    fn a_log_that_keeps_its_promises_has_no_faults() {
        check("", "", &[]);
        check("#a 2 y, #a 1 x, #b 1 z, #a 2 y", "#a 1 x, #b 1 z, #a 2 y, #a 3 unanswered", &[]);
    }

    #[test]
    fn every_broken_promise_is_found() {
        let line = |written| lines(written).remove(0);
        let gap = |expected, found| Fault::Gap {
            room: "#a".into(),
            expected: Seq(expected),
            found: Seq(found),
        };
        check("#a 1 x", "", &[Fault::Lost(line("#a 1 x"))]);
        check("#a 1 x", "#b 1 x", &[Fault::Lost(line("#a 1 x"))]);
        check(
            "#a 1 x",
            "#a 1 y",
            &[Fault::Changed { promised: line("#a 1 x"), found: "y".into() }],
        );
        check("", "#a 2 x", &[gap(1, 2)]);
        check("", "#a 1 x, #a 3 y", &[gap(2, 3)]);
        check("", "#a 1 x, #a 1 y", &[gap(2, 1)]);
        check("#a 1 x", "#a 1 x, #a 2 x", &[Fault::Twice(line("#a 2 x"))]);
    }
}
