//! Lines with gaps, so that a test can name what it knows of a line and leave out the rest.

/// Stands for any text, also for none.
pub const GAP: char = '…';

/// Whether `line` is what `pattern` says, where each [`GAP`] stands for any text.
#[must_use]
pub fn matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split(GAP);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(earlier) = last.replace(part) {
            let Some((_, behind)) = rest.split_once(earlier) else { return false };
            rest = behind;
        }
    }
    last.map_or_else(|| rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn gaps_stand_for_any_text() {
        for (pattern, line) in [
            ("", ""),
            ("a", "a"),
            ("…", ""),
            ("…", "abc"),
            ("a…", "abc"),
            ("…c", "abc"),
            ("a…b…c", "a-b-b-c"),
        ] {
            assert!(matches(pattern, line), "{pattern} {line}");
        }
        for (pattern, line) in
            [("", "a"), ("a", "ab"), ("a…", "ba"), ("…a", "ab"), ("a…a", "a"), ("a…b…c", "acb")]
        {
            assert!(!matches(pattern, line), "{pattern} {line}");
        }
    }
}
