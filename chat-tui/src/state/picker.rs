//! Choosing from a list by some letters of what is wanted.

use chat_proto::{Reaction, RoomName, Seq, name::fold};

use super::{
    Code, Effects, Key, Model, RoomKey, Title, commands::toggle, composer::Composer,
    overlay::Overlay, reading::shown, switch,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picker {
    pub title: String,
    pub query: Composer,
    pub choices: Vec<Choice>,
    /// Which of the matching ones.
    pub selected: usize,
    /// The message to react to, also with what is not in the list.
    pub react: Option<(RoomKey, Seq)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub label: String,
    pub detail: String,
    pub pick: Pick,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    Room(RoomKey),
    Join(RoomName),
    React(RoomKey, Seq, Reaction),
}

/// What a key came to.
pub(super) enum Picked {
    Nothing,
    Closed,
    Choice(Pick),
}

/// Offers all rooms of the list.
pub(super) fn open_rooms(model: &mut Model) {
    let rooms =
        model.rooms.order().into_iter().filter_map(|key| Some((key, model.rooms.get(key)?)));
    let choices = rooms
        .map(|(key, room)| Choice {
            label: room.title.label().into(),
            detail: match room.reading.unread() {
                0 => String::new(),
                unread => format!("{} new", shown(unread)),
            },
            pick: Pick::Room(key),
        })
        .collect();
    model.overlay =
        Some(Overlay::Pick(Picker { title: "go to".into(), choices, ..Picker::default() }));
}

/// Offers reactions to a message.
pub(super) fn open_reactions(model: &mut Model, key: RoomKey, seq: Seq) {
    let choice = |(reaction, words): &(&str, &str)| {
        let pick = Pick::React(key, seq, Reaction::parse(reaction).ok()?);
        Some(Choice { label: format!("{reaction} {words}"), detail: String::new(), pick })
    };
    let choices = REACTIONS.iter().filter_map(choice).collect();
    let title = format!("react to #{seq}; any emoji or word will do");
    let picker = Picker { title, choices, react: Some((key, seq)), ..Picker::default() };
    model.overlay = Some(Overlay::Pick(picker));
}

/// What people mostly answer with.
const REACTIONS: [(&str, &str); 10] = [
    ("👍", "yes, thumbs up"),
    ("👎", "no, thumbs down"),
    ("❤️", "heart"),
    ("😂", "laughing"),
    ("🎉", "party"),
    ("😮", "surprised"),
    ("😢", "sad"),
    ("🙏", "thanks"),
    ("👀", "looking"),
    ("✅", "done"),
];

pub(super) fn go(model: &mut Model, pick: Pick, out: &mut Effects) {
    let key = match pick {
        Pick::React(key, seq, reaction) => return toggle(model, key, seq, reaction, out),
        Pick::Room(key) => key,
        Pick::Join(name) => switch::open(model, Title::Public(name), out),
    };
    switch::go(model, key);
}

impl Picker {
    /// The choices that fit, best first.
    #[must_use]
    pub fn matching(&self) -> Vec<&Choice> {
        let query = fold(self.query.text().trim());
        let mut fits: Vec<(usize, &Choice)> = self
            .choices
            .iter()
            .filter_map(|choice| Some((score(&fold(&choice.label), &query)?, choice)))
            .collect();
        fits.sort_by_key(|(score, _)| *score);
        fits.into_iter().map(|(_, choice)| choice).collect()
    }

    pub(super) fn press(&mut self, key: Key) -> Picked {
        let count = self.matching().len();
        match (key.code, key.ctrl, key.typed()) {
            (Code::Esc, ..) | (Code::Char('c' | 'g'), true, _) => return Picked::Closed,
            (Code::Enter, ..) => return self.choice(),
            (Code::Down | Code::Tab, ..) | (Code::Char('n'), true, _) => self.step(1, count),
            (Code::Up | Code::BackTab, ..) | (Code::Char('p'), true, _) => self.step(-1, count),
            (Code::Backspace, ..) => self.edit(Composer::backspace),
            (Code::Char('u'), true, _) => self.edit(Composer::kill_to_start),
            (_, _, Some(c)) => self.edit(|query| query.insert(c.encode_utf8(&mut [0; 4]))),
            _ => {}
        }
        Picked::Nothing
    }

    pub(super) fn edit(&mut self, edit: impl FnOnce(&mut Composer)) {
        edit(&mut self.query);
        self.selected = 0;
    }

    fn step(&mut self, by: isize, count: usize) {
        let count = count.max(1).cast_signed();
        self.selected = (self.selected.cast_signed() + by).rem_euclid(count).unsigned_abs();
    }

    fn choice(&self) -> Picked {
        let choice = self.matching().get(self.selected).map(|choice| choice.pick.clone());
        choice.or_else(|| self.typed()).map_or(Picked::Closed, Picked::Choice)
    }

    /// The reaction that was typed.
    fn typed(&self) -> Option<Pick> {
        let (key, seq) = self.react?;
        Some(Pick::React(key, seq, Reaction::parse(self.query.text()).ok()?))
    }
}

/// How far the letters of `query` are strewn over `label`, in order; `None` if they are not all there.
fn score(label: &str, query: &str) -> Option<usize> {
    let mut rest = label.char_indices();
    let mut gaps = 0;
    let mut next = 0;
    for wanted in query.chars() {
        let (at, c) = rest.find(|(_, c)| *c == wanted)?;
        gaps += at - next;
        next = at + c.len_utf8();
    }
    Some(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: &[&str]) {
        let choice = |label: &str| Choice {
            label: label.into(),
            detail: String::new(),
            pick: Pick::Room(RoomKey(0)),
        };
        let choices = ["#lobby", "#ops", "#office-supplies", "@bob"].map(choice).to_vec();
        let mut picker = Picker { choices, ..Picker::default() };
        picker.edit(|composer| composer.insert(query));
        let labels: Vec<&str> =
            picker.matching().iter().map(|choice| choice.label.as_str()).collect();
        assert_eq!(labels, expected);
    }

    #[test]
    fn letters_in_order_find_rooms() {
        check("", &["#lobby", "#ops", "#office-supplies", "@bob"]);
        check("OPS", &["#ops", "#office-supplies"]);
        check("ob", &["#lobby", "@bob"]);
        check("xyz", &[]);
    }
}
