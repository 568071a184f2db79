//! How a query is written: `words`, `"a phrase"`, `from:nick`, `in:#room`, `before:2026-11-21`, `after:2026-11-21`.

use chat_proto::{Nick, RoomName, message::ErrorCode, text::clean};

use super::{Query, date, words};
use crate::core::{NickKeys, Refusal, RoomKeys, RoomRef};

/// Bytes of a query as it is written.
pub const QUERY_BYTES_MAX: usize = 512;
/// Words, phrases and conditions of a query: each is work for the index.
const TERMS_MAX: usize = 32;

impl Query {
    /// Reads a query. What is no condition is looked for as it stands.
    ///
    /// # Errors
    /// Says what cannot be read and how to write it.
    pub fn parse(input: &str) -> Result<Self, Refusal> {
        if input.len() > QUERY_BYTES_MAX {
            return Err(too_long(&format!("a search has at most {QUERY_BYTES_MAX} bytes")));
        }
        // As the texts were that are searched.
        let input = clean(input);
        let (mut query, mut rest, mut terms) = (Self::default(), input.trim_start(), 0);
        while !rest.is_empty() {
            let (term, behind) = cut(rest);
            query.add(term)?;
            rest = behind.trim_start();
            terms += 1;
        }
        if terms > TERMS_MAX {
            return Err(too_long(&format!("a search has at most {TERMS_MAX} words")));
        }
        if query == Self::default() {
            let text = "there is no word in it to search for";
            return Err(Refusal::new(ErrorCode::Empty, text));
        }
        Ok(query)
    }

    fn add(&mut self, term: Term<'_>) -> Result<(), Refusal> {
        match term {
            Term::Said(text) => self.add_said(text),
            Term::If("from", nick) => self.from.push(nick_keys(nick)?.folded),
            Term::If("in", room) => self.rooms.push(room_ref(room)?),
            Term::If("before", day) => {
                let day = date::day(day).ok_or_else(|| usage("before:YYYY-MM-DD"))?;
                self.before = Some(self.before.map_or(day, |other| other.min(day)));
            }
            Term::If(_, day) => {
                let day = date::day(day).ok_or_else(|| usage("after:YYYY-MM-DD"))?;
                self.since = Some(self.since.map_or(day, |other| other.max(day)));
            }
        }
        Ok(())
    }

    fn add_said(&mut self, text: &str) {
        let phrase = words(text);
        if phrase.len() > 1 && !self.phrases.contains(&phrase) {
            self.phrases.push(phrase);
        }
    }
}

/// One piece of a query.
enum Term<'a> {
    Said(&'a str),
    /// The name of a condition and what it is about.
    If(&'static str, &'a str),
}

const CONDITIONS: [&str; 4] = ["from", "in", "before", "after"];

/// The first term, and what stands behind it.
fn cut(text: &str) -> (Term<'_>, &str) {
    if let Some(quoted) = text.strip_prefix(is_quote) {
        let (phrase, behind) = quoted.split_once(is_quote).unwrap_or((quoted, ""));
        return (Term::Said(phrase), behind);
    }
    let (word, behind) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (condition(word).unwrap_or(Term::Said(word)), behind)
}

fn condition(word: &str) -> Option<Term<'_>> {
    let (name, about) = word.split_once(':')?;
    let name = CONDITIONS.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
    Some(Term::If(name, about.trim_matches(is_quote)))
}

/// Also those that phones make of straight ones.
const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

fn nick_keys(nick: &str) -> Result<NickKeys, Refusal> {
    let nick = Nick::parse(nick.trim_start_matches('@')).map_err(|_unfit| usage("from:nick"))?;
    Ok(NickKeys::of(nick))
}

fn room_ref(room: &str) -> Result<RoomRef, Refusal> {
    let unfit = || usage("in:#room or in:@nick");
    if room.starts_with('#') {
        let name = RoomName::parse(room).map_err(|_unfit| unfit())?;
        return Ok(RoomRef::Named(RoomKeys::of(name)));
    }
    nick_keys(room).map(RoomRef::With).map_err(|_unfit| unfit())
}

fn usage(how: &str) -> Refusal {
    Refusal::new(ErrorCode::Usage, format!("write {how}; quotes search for the words themselves"))
}

fn too_long(text: &str) -> Refusal {
    Refusal::new(ErrorCode::TooLong, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(query: &Query) -> String {
        let mut shown: Vec<_> =
            query.phrases.iter().map(|phrase| format!("[{}]", phrase.trim())).collect();
        shown.extend(query.from.iter().map(|nick| format!("from={nick}")));
        shown.extend(query.rooms.iter().map(|room| match room {
            RoomRef::Named(keys) => format!("in={}", keys.folded),
            RoomRef::With(keys) => format!("with={}", keys.folded),
            RoomRef::Id(id) => format!("id={id}"),
        }));
        shown.extend(query.since.map(|time| format!("since={}", &time.to_string()[..10])));
        shown.extend(query.before.map(|time| format!("before={}", &time.to_string()[..10])));
        shown.join(" ")
    }

    #[track_caller]
    fn check(input: &str, expected: &str) {
        let shown = match Query::parse(input) {
            Ok(query) => show(&query),
            Err(refusal) => format!("! {}", refusal.code),
        };
        assert_eq!(shown, expected, "{input}");
    }

    #[test]
    fn words_and_phrases() {
        check("tea", "[tea]");
        check("  Green  TEA ", "[green] [tea]");
        check("tea tea", "[tea]");
        check(r#""green tea" pot"#, "[green tea] [pot]");
        check(r#""no end  here"#, "[no end here]");
        check("“curly quotes” x", "[curly quotes] [x]");
        check(r#"say"hi"there"#, "[say hi there]");
        check("foo_bar.rs:12", "[foo bar rs 12]");
        check("https://example.org/a?b=c", "[https example org a b c]");
        check("你好", "[你 好]");
    }

    #[test]
    fn conditions() {
        check("from:Alice", "from=alice");
        check("FROM:@Zoë tea", "[tea] from=zoë");
        check("from:alice from:bob", "from=alice from=bob");
        check("in:#Ops in:@bob in:zoe", "in=#ops with=bob with=zoe");
        check("after:2026-11-01 before:2026-11-21", "since=2026-11-01 before=2026-11-21");
        check("after:2026-11-01 after:2026-10-01", "since=2026-11-01");
        check(r#""from:alice""#, "[from alice]");
        check("note:this", "[note this]");
    }

    #[test]
    fn what_cannot_be_read() {
        check("", "! empty");
        check("  \t ", "! empty");
        check("!!! ... \"\"", "! empty");
        check("from:", "! usage");
        check("from:#ops", "! usage");
        check("in:#", "! usage");
        check("in:1x", "! usage");
        check("before:yesterday", "! usage");
        check("after:2026-02-30", "! usage");
        check(&"x".repeat(QUERY_BYTES_MAX + 1), "! too-long");
        check(&"x ".repeat(TERMS_MAX + 1), "! too-long");
    }

    #[test]
    fn nothing_of_the_index_s_own_language_is_understood() {
        check("a AND b OR NOT c", "[a] [and] [b] [or] [not] [c]");
        check("tea* ^tea -tea (tea", "[tea]");
        check("{x}: NEAR(a b, 2)", "[x] [near a] [b] [2]");
        check("it's 'tea'", "[it s] [tea]");
        check("a\0b", "[ab]");
    }

    #[test]
    fn what_is_searched_for_is_cleaned_like_what_was_said() {
        check("\x1b[31mred\x1b[0m", "[red]");
        check("ali\u{200b}ce from:b\u{2060}ob", "[alice] from=bob");
    }

    proptest::proptest! {
        #[test]
        fn any_input_is_read_or_refused(input in "\\PC{0,80}") {
            if let Ok(query) = Query::parse(&input) {
                proptest::prop_assert!(query.phrases.iter().all(|phrase| phrase.starts_with(' ') && phrase.ends_with(' ')));
                proptest::prop_assert!(query.phrases.iter().all(|phrase| !phrase.contains('"')));
            }
        }
    }
}
