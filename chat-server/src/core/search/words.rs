//! From a text to the words by which it is found, in any script.
//!
//! Case, width and accents do not count: `ПРИВЕТ` is found as `привет`, `Ёлка` as `елка`, `ＡＢＣ` as `abc`. Where a
//! script puts no blanks between words, each character is a word of its own, so that a phrase finds `你好` in
//! `大家你好吗`; so is each pictograph.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The words of a text, a blank before, between and behind them: a phrase stands in a text where its words stand in
/// the text's. A text without words gives one blank.
#[must_use]
pub fn words(text: &str) -> String {
    if text.is_ascii() {
        return split(text.chars().map(|c| c.to_ascii_lowercase()), text.len());
    }
    let bare = text.nfkd().filter(|c| !is_dropped(*c));
    let low = bare.flat_map(char::to_lowercase);
    // Up and down again, so that `ß` and `ss`, `ς` and `σ` meet; capitals may bring accents of their own.
    let folded = low.flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    split(folded.nfkd().filter(|c| !is_dropped(*c)).nfc(), text.len())
}

/// Characters by which a word is known; the rest of a longer one does not count.
const WORD_CHARS_MAX: usize = 64;

fn split(folded: impl Iterator<Item = char>, bytes: usize) -> String {
    let mut words = String::with_capacity(bytes + 16);
    words.push(' ');
    let mut chars = 0;
    for c in folded {
        let part = part(c);
        if chars > 0 && part != Part::OfWord {
            words.push(' ');
            chars = 0;
        }
        match part {
            Part::OfWord if chars < WORD_CHARS_MAX => words.push(c),
            Part::Word => words.extend([c, ' ']),
            Part::OfWord | Part::Between => {}
        }
        chars += usize::from(part == Part::OfWord);
    }
    if chars > 0 {
        words.push(' ');
    }
    words
}

/// What a folded character is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    OfWord,
    /// A word by itself.
    Word,
    Between,
}

fn part(c: char) -> Part {
    match c {
        'a'..='z' | '0'..='9' => Part::OfWord,
        '\0'..='\x7f' => Part::Between,
        _ if is_pictograph(c) => Part::Word,
        _ if !(c.is_alphanumeric() || is_combining_mark(c)) => Part::Between,
        _ if is_unspaced(c) => Part::Word,
        _ => Part::OfWord,
    }
}

/// Accents, Arabic vowel signs, and what only says how to draw.
const fn is_dropped(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{640}' | '\u{64B}'..='\u{652}' | '\u{AD}' | '\u{200C}' | '\u{200D}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}')
}

/// Scripts without blanks between words, and Hangul, whose words grow by endings: Thai, Lao, Myanmar, Khmer, Kana,
/// Bopomofo, Hangul syllables, Han.
const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3005}'..='\u{312F}'
        | '\u{31A0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

const fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(words(text), expected);
    }

    #[test]
    fn words_of_every_script() {
        check("Hello, World!", " hello world ");
        check("it's foo_bar-2.0", " it s foo bar 2 0 ");
        check("  ...  ", " ");
        check("", " ");
        check("ПРИВЕТ, Ёлка и чай", " привет елка и чаи ");
        check("Straße STRASSE ΟΔΟΣ οδός", " strasse strasse οδοσ οδοσ ");
        check("Zoë İzmir naïve", " zoe izmir naive ");
        check("大家你好吗。", " 大 家 你 好 吗 ");
        check("ＡＢＣ ｶﾀｶﾅ カタカナ", " abc カ タ カ ナ カ タ カ ナ ");
        check("서버 죽었다 v2다", " 서 버 죽 었 다 v2 다 ");
        check("ดีไหม", " ด ี ไ ห ม ");
        check("हिन्दी में", " हिन्दी में ");
        check("می\u{200c}خواهم مُحَمَّد", " میخواهم محمد ");
        check("ship it 🚀👍🏽!", " ship it 🚀 👍 ");
    }

    #[test]
    fn a_long_word_is_known_by_its_beginning() {
        check(&"x".repeat(1000), &format!(" {} ", "x".repeat(64)));
        check(&"ж".repeat(1000), &format!(" {} ", "ж".repeat(64)));
    }

    #[test]
    fn folding_again_changes_nothing() {
        for text in ["ŒUVRE ﬁn ŉ ǅ", "ΐ Ϊ́ ẞ", "ｶﾞｷﾞ が", "각 각", "İI ıi"] {
            assert_eq!(words(&words(text)), words(text));
        }
    }
}
