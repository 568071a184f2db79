//! What lies over the screen until a key takes it away.

use chat_proto::{
    Seq,
    message::{RoomList, Rooms},
};

use super::{
    Code, Effects, Key, Model, RoomKey,
    actions::{ACTIONS, Action},
    commands::COMMANDS,
    picker::{self, Choice, Pick, Picked, Picker},
    requests::Asked,
    search, select, update,
};
use crate::wrap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    Text {
        title: String,
        lines: Vec<String>,
        top: usize,
    },
    Pick(Picker),
    /// What was looked for: [`Model::search`](super::Model).
    Search,
    /// Whether this message is to be deleted.
    Delete {
        room: RoomKey,
        seq: Seq,
        text: String,
    },
    /// A paste of many lines, which may be a mistake.
    Paste {
        lines: usize,
        text: String,
    },
}

/// Rooms listed at most; whoever has more knows what to join.
const ROOMS_MAX: usize = 10_000;
/// Columns of help, and of the terms in it.
pub const HELP_COLUMNS: u16 = 90;
const TERM_COLUMNS: usize = 23;
/// What stands before the further rows of a line.
const INDENT: &str = "  ";
/// Title of the list of all rooms.
const ALL_ROOMS: &str = "all rooms";

impl Overlay {
    pub(super) fn press(model: &mut Model, key: Key, out: &mut Effects) {
        match model.overlay.take() {
            Some(Self::Text { title, lines, top }) => read(model, title, lines, top, key),
            Some(Self::Pick(picker)) => pick(model, picker, key, out),
            Some(Self::Search) => search::press(model, key, out),
            Some(Self::Delete { room, seq, .. }) => select::decide(model, room, seq, key, out),
            Some(Self::Paste { text, .. }) => decide(model, &text, key),
            None => {}
        }
    }

    /// The wheel is as good as the keys.
    pub(super) fn wheel(model: &mut Model, rows: i16, out: &mut Effects) {
        let code = if rows > 0 { Code::Up } else { Code::Down };
        Self::press(model, Key::plain(code), out);
    }

    /// What is pasted into it.
    pub(super) fn paste(model: &mut Model, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        match &mut model.overlay {
            Some(Self::Pick(picker)) => picker.edit(|query| query.insert(line)),
            Some(Self::Search) => model.search.query.insert(line),
            _ => {}
        }
    }

    /// Help about keys, a command, or everything.
    #[must_use]
    pub fn help(topic: &str, model: &Model) -> Self {
        let topic = topic.trim_start_matches('/');
        let columns = columns(model);
        let lines = match topic {
            "" => overview(columns),
            "keys" => keys(columns),
            _ => about(topic, columns)
                .unwrap_or_else(|| vec![format!("there is no help about '{topic}'")]),
        };
        let title = format!("chat-tui {} · {}", env!("CARGO_PKG_VERSION"), model.settings.server);
        Self::Text { title, lines, top: 0 }
    }

    /// Lines to be read. What is too long for the window goes on in its next row, a little to the right.
    #[must_use]
    pub fn read(title: String, lines: &[String], model: &Model) -> Self {
        let columns = columns(model).saturating_sub(INDENT.len());
        let rows = |line: &String| {
            let rows = wrapped(line, columns).into_iter().enumerate();
            rows.map(|(at, row)| if at == 0 { row } else { format!("{INDENT}{row}") })
                .collect::<Vec<_>>()
        };
        Self::Text { title, lines: lines.iter().flat_map(rows).collect(), top: 0 }
    }

    /// An empty list of all rooms, to be filled as they come.
    #[must_use]
    pub fn all_rooms() -> Self {
        Self::Pick(Picker { title: ALL_ROOMS.into(), ..Picker::default() })
    }

    /// A page of the list has come.
    pub(super) fn rooms_listed(model: &mut Model, list: RoomList, out: &mut Effects) {
        let after = list.rooms.last().map(|room| room.name.clone());
        let choices: Vec<Choice> = list
            .rooms
            .into_iter()
            .map(|room| Choice {
                label: room.name.to_string(),
                detail: format!("{:>4}  {}", room.members, room.topic),
                pick: Pick::Join(room.name),
            })
            .collect();
        let wanted = take_rooms(model, choices, out);
        if let Some(after) = after.filter(|_| wanted && list.more) {
            model.requests.ask(Asked::Rooms, Rooms { after: after.into() }, out);
        }
    }
}

fn take_rooms(model: &mut Model, choices: Vec<Choice>, out: &mut Effects) -> bool {
    if model.settings.plain {
        let line = |choice: &Choice| format!("{} {}", choice.label, choice.detail.trim());
        choices.iter().for_each(|choice| model.inform(line(choice), out));
        return true;
    }
    match &mut model.overlay {
        Some(Overlay::Pick(picker)) if picker.title == ALL_ROOMS => {
            picker.choices.extend(choices);
            picker.choices.len() < ROOMS_MAX
        }
        _ => false,
    }
}

fn read(model: &mut Model, title: String, lines: Vec<String>, top: usize, key: Key) {
    let page = usize::from(model.size.1).saturating_sub(4).max(1);
    let last = lines.len().saturating_sub(page);
    let top = match key.code {
        Code::Up | Code::Char('k') => top.saturating_sub(1),
        Code::Down | Code::Char('j') => top + 1,
        Code::PageUp | Code::Backspace => top.saturating_sub(page),
        Code::PageDown | Code::Char(' ') => top + page,
        Code::Home => 0,
        Code::End => last,
        _ => return,
    };
    model.overlay = Some(Overlay::Text { title, lines, top: top.min(last) });
}

fn pick(model: &mut Model, mut picker: Picker, key: Key, out: &mut Effects) {
    match picker.press(key) {
        Picked::Nothing => model.overlay = Some(Overlay::Pick(picker)),
        Picked::Closed => {}
        Picked::Choice(choice) => picker::go(model, choice, out),
    }
}

fn decide(model: &mut Model, text: &str, key: Key) {
    match key.code {
        Code::Enter | Code::Char('y' | 'Y') => update::insert(model, text.trim_end_matches('\n')),
        _ => model.hint("not pasted"),
    }
}

/// Columns inside of a window of text.
fn columns(model: &Model) -> usize {
    usize::from(model.size.0.min(HELP_COLUMNS)).saturating_sub(2)
}

fn overview(columns: usize) -> Vec<String> {
    let mut lines = wrapped("Commands may be shortened as long as they are unique.", columns);
    lines.push(String::new());
    lines.extend(
        COMMANDS.iter().flat_map(|command| entry(&command.usage(), command.about, columns)),
    );
    lines.push(String::new());
    lines.extend(keys(columns));
    lines
}

fn keys(columns: usize) -> Vec<String> {
    let shown = ACTIONS.iter().filter(|action| !action.about.is_empty() && action.name != "chord");
    let line = |action: &Action| {
        let about = format!("{} ({})", action.about, action.name);
        entry(&action.keys.replace("^x:", "ctrl-x "), &about, columns)
    };
    shown.flat_map(line).collect()
}

/// A term and what is said about it, wrapped: beside it, or below where the term is long.
fn entry(term: &str, about: &str, columns: usize) -> Vec<String> {
    let mut terms = wrapped(term, columns);
    let beside = if wrap::width(term) > TERM_COLUMNS { "".into() } else { terms.remove(0) };
    let row = |(at, about): (usize, String)| {
        let term = if at == 0 { beside.as_str() } else { "" };
        let pad = " ".repeat(TERM_COLUMNS.saturating_sub(wrap::width(term)));
        format!("{term}{pad} {about}")
    };
    let about = wrapped(about, columns.saturating_sub(TERM_COLUMNS + 1).max(10));
    terms.into_iter().chain(about.into_iter().enumerate().map(row)).collect()
}

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    wrap::words(text, columns.max(1)).into_iter().map(|row| text[row].to_owned()).collect()
}

fn about(topic: &str, columns: usize) -> Option<Vec<String>> {
    let command = super::commands::find(topic).ok()?;
    let mut lines = wrapped(&command.usage(), columns);
    lines.push(String::new());
    lines.extend(wrapped(command.about, columns));
    Some(lines)
}
