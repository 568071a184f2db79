//! Whether a text names somebody: one rule for those who are shown it and those who count it.

use crate::{Nick, name::fold};

/// Whether a text has a nick in it as a word of its own, in any case.
#[must_use]
pub fn mentions(text: &str, nick: &Nick) -> bool {
    let nick = fold(nick.as_str());
    text.split(ends_word).any(|word| fold(word) == nick)
}

fn ends_word(c: char) -> bool {
    let ascii = c.is_ascii() && !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    ascii
        || c.is_whitespace()
        || matches!(c, '\u{2010}'..='\u{205E}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FF0F}' | '：' | '？')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, nick: &str, expected: bool) {
        assert_eq!(mentions(text, &Nick::parse(nick).expect("a nick")), expected);
    }

    #[test]
    fn mentions_are_whole_words() {
        check("alice: hello", "alice", true);
        check("hello, Alice!", "alice", true);
        check("malice", "alice", false);
        check("alice-2 is here", "alice", false);
        check("小明，你好", "小明", true);
        check("हिन्दी: नमस्ते", "हिन्दी", true);
    }
}
