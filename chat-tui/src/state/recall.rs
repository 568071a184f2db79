//! What was typed before: walking through it, and searching it as `ctrl-r` does.

use super::{Code, Key, commands::secret_from, composer::Composer};

/// Inputs remembered.
const INPUTS_MAX: usize = 500;

#[derive(Debug, Default)]
pub struct Recall {
    inputs: Vec<String>,
    /// Which one is shown, and what was typed before looking.
    place: Option<(usize, String)>,
    search: Option<Search>,
}

#[derive(Debug)]
struct Search {
    query: String,
    found: Option<usize>,
    typed: String,
}

impl Recall {
    /// Remembers an input, once if it is typed twice in a row; none with a password.
    pub fn remember(&mut self, input: &str) {
        self.place = None;
        if secret_from(input).is_some() {
            return;
        }
        if !input.trim().is_empty() && self.inputs.last().is_none_or(|last| last != input) {
            self.inputs.push(input.to_owned());
        }
        let over = self.inputs.len().saturating_sub(INPUTS_MAX);
        self.inputs.drain(..over);
    }

    pub fn forget_place(&mut self) {
        self.place = None;
        self.search = None;
    }

    /// The input before the one shown.
    pub fn older(&mut self, composer: &mut Composer) {
        let at = self.place.as_ref().map_or(self.inputs.len(), |(at, _)| *at);
        let Some(before) = at.checked_sub(1) else { return };
        let typed = match self.place.take() {
            Some((_, typed)) => typed,
            None => composer.text().to_owned(),
        };
        composer.set(&self.inputs[before]);
        self.place = Some((before, typed));
    }

    /// The input after the one shown; behind the last, what was being typed.
    pub fn newer(&mut self, composer: &mut Composer) {
        let Some((at, typed)) = self.place.take() else { return };
        match self.inputs.get(at + 1) {
            Some(input) => {
                composer.set(input);
                self.place = Some((at + 1, typed));
            }
            None => composer.set(&typed),
        }
    }

    #[must_use]
    pub const fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// The search as it is shown: what is looked for, and whether it was found.
    #[must_use]
    pub fn searched(&self) -> Option<(&str, bool)> {
        let search = self.search.as_ref()?;
        Some((&search.query, search.found.is_some() || search.query.is_empty()))
    }

    /// Begins to search backwards.
    pub fn search(&mut self, composer: &Composer) {
        let typed = composer.text().to_owned();
        self.search = Some(Search { query: String::new(), found: None, typed });
    }

    /// Takes a key while searching; false if the search is over and the key means what it always means.
    pub fn search_key(&mut self, key: Key, composer: &mut Composer) -> bool {
        let Some(mut search) = self.search.take() else { return false };
        match (key.code, key.typed()) {
            (_, Some(c)) => search.query.push(c),
            (Code::Backspace, _) => drop(search.query.pop()),
            (Code::Char('r'), _) if key.ctrl => return self.seek(search, true, composer),
            (Code::Char('g' | 'c'), _) if key.ctrl => return restore(&search, composer),
            (Code::Esc, _) => return restore(&search, composer),
            // The first Enter takes what was found, the next one sends it.
            (Code::Enter, _) => return true,
            _ => return false,
        }
        self.seek(search, false, composer)
    }

    fn seek(&mut self, mut search: Search, further: bool, composer: &mut Composer) -> bool {
        let end = match search.found {
            Some(found) if further => found,
            _ => self.inputs.len(),
        };
        let matching = |input: &String| input.contains(&search.query);
        let found = self.inputs[..end].iter().rposition(matching);
        search.found = found.or(search.found.filter(|_| further));
        if let Some(input) = search.found.and_then(|at| self.inputs.get(at)) {
            composer.set(input);
        }
        self.search = Some(search);
        true
    }
}

fn restore(search: &Search, composer: &mut Composer) -> bool {
    composer.set(&search.typed);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recall() -> (Recall, Composer) {
        let mut recall = Recall::default();
        ["one", "two", "two", "three"].iter().for_each(|input| recall.remember(input));
        let mut composer = Composer::default();
        composer.set("typing");
        (recall, composer)
    }

    #[test]
    fn up_and_down_return_to_what_was_typed() {
        let (mut recall, mut composer) = recall();
        let mut seen = Vec::new();
        for up in [true, true, true, true, false, false, false, false] {
            if up {
                recall.older(&mut composer)
            } else {
                recall.newer(&mut composer)
            }
            seen.push(composer.text().to_owned());
        }
        assert_eq!(seen, ["three", "two", "one", "one", "two", "three", "typing", "typing"]);
    }

    #[track_caller]
    fn check(keys: &str, text: &str, searching: bool) {
        let (mut recall, mut composer) = recall();
        recall.search(&composer);
        for name in keys.split(' ') {
            recall.search_key(name.parse().expect("a key"), &mut composer);
        }
        assert_eq!((composer.text(), recall.is_searching()), (text, searching));
    }

    #[test]
    fn searching_backwards() {
        check("t", "three", true);
        check("t ctrl-r", "two", true);
        check("t w", "two", true);
        check("o n e enter", "one", false);
        check("o n e esc", "typing", false);
    }
}
