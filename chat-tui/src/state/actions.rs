//! What keys do. One table holds every action with its name, its keys and its words, so that help, configuration and
//! behaviour cannot differ.

use std::collections::HashMap;

use super::{
    Effect, Effects, Key, Model, completion, overlay::Overlay, picker, search, select, switch,
    talk, travel, update,
};

/// Something that a key does.
pub struct Action {
    /// As the configuration names it.
    pub name: &'static str,
    /// Its keys, separated by spaces. A key behind `ctrl-x` is written `^x:`.
    pub keys: &'static str,
    pub about: &'static str,
    pub run: fn(&mut Model, &mut Effects),
    /// Whether a completion goes on after it.
    pub keeps_completion: bool,
}

const fn action(
    name: &'static str,
    keys: &'static str,
    about: &'static str,
    run: fn(&mut Model, &mut Effects),
) -> Action {
    Action { name, keys, about, run, keeps_completion: false }
}

const fn completing(action: Action) -> Action {
    Action { keeps_completion: true, ..action }
}

/// Every action.
pub const ACTIONS: &[Action] = &[
    action("send", "enter", "send", send),
    action("newline", "alt-enter ctrl-j", "new line", |m, _| m.composer.newline()),
    action("editor", "^x:ctrl-e", "write in $EDITOR", edit),
    action("chord", "ctrl-x", "wait for a second key", |m, _| m.chord = true),
    completing(action("complete", "tab", "complete a nick, room or command", |m, _| {
        completion::complete(m, 1)
    })),
    completing(action("complete-back", "backtab", "complete backwards", |m, _| {
        completion::complete(m, -1)
    })),
    action("line-start", "ctrl-a", "to the start of the line", |m, _| m.composer.line_start()),
    action("line-end", "ctrl-e", "to the end of the line", |m, _| m.composer.line_end()),
    action("left", "ctrl-b left", "left", |m, _| m.composer.left()),
    action("right", "ctrl-f right", "right", |m, _| m.composer.right()),
    action("word-left", "alt-b ctrl-left alt-left", "a word to the left", |m, _| {
        m.composer.word_left()
    }),
    action("word-right", "alt-f ctrl-right alt-right", "a word to the right", |m, _| {
        m.composer.word_right()
    }),
    action("backspace", "backspace ctrl-h", "delete to the left", |m, _| m.composer.backspace()),
    action("delete", "ctrl-d delete", "delete to the right", |m, _| m.composer.delete()),
    action("kill-to-end", "ctrl-k", "kill to the end of the line", |m, _| m.composer.kill_to_end()),
    action("kill-to-start", "ctrl-u", "kill to the start of the line", |m, _| {
        m.composer.kill_to_start()
    }),
    action("kill-word-back", "ctrl-w alt-backspace", "kill the word to the left", |m, _| {
        m.composer.kill_word_back()
    }),
    action("kill-word", "alt-d", "kill the word to the right", kill_word),
    action("yank", "ctrl-y", "yank what was killed", |m, _| m.composer.yank()),
    action("transpose", "ctrl-t", "swap two letters", |m, _| m.composer.transpose()),
    action("older-input", "up", "a line up, or the input before", up),
    action("newer-input", "down", "a line down, or the input after", down),
    action("search-inputs", "ctrl-r", "search the inputs", |m, _| m.recall.search(&m.composer)),
    action("next-room", "ctrl-n alt-down", "next room", |m, _| switch::step(m, 1)),
    action("previous-room", "ctrl-p alt-up", "previous room", |m, _| switch::step(m, -1)),
    action("active-room", "alt-a", "next room with something unread", |m, _| {
        switch::next_active(m)
    }),
    action("last-room", "alt-/", "the room before", |m, _| switch::last(m)),
    action("room-1", "alt-1", "first room", |m, _| switch::nth(m, 1)),
    action("room-2", "alt-2", "second room, and so on", |m, _| switch::nth(m, 2)),
    action("room-3", "alt-3", "", |m, _| switch::nth(m, 3)),
    action("room-4", "alt-4", "", |m, _| switch::nth(m, 4)),
    action("room-5", "alt-5", "", |m, _| switch::nth(m, 5)),
    action("room-6", "alt-6", "", |m, _| switch::nth(m, 6)),
    action("room-7", "alt-7", "", |m, _| switch::nth(m, 7)),
    action("room-8", "alt-8", "", |m, _| switch::nth(m, 8)),
    action("room-9", "alt-9", "", |m, _| switch::nth(m, 9)),
    action("find-room", "ctrl-g alt-k", "find a room by some letters", |m, _| {
        picker::open_rooms(m)
    }),
    action("search", "f3", "find what was said; again, what was found", |m, _| search::open(m)),
    action(
        "choose-up",
        "ctrl-up alt-m",
        "choose a message, to edit it, answer it and more",
        select::up,
    ),
    action("choose-down", "ctrl-down", "choose the message below", select::down),
    action("page-up", "pageup", "scroll up", travel::page_up),
    action("page-down", "pagedown", "scroll down", travel::page_down),
    action("home", "home", "start of the line; of what is loaded, with an empty input", home),
    action("end", "end", "end of the line; newest, with an empty input", end),
    action("resend", "alt-r", "send refused messages again", talk::resend),
    action("toggle-rooms", "f7", "show or hide the rooms", toggle_rooms),
    action("toggle-members", "f8", "show or hide the members", toggle_members),
    action("help", "f1", "help", |m, _| m.overlay = Some(Overlay::help("", m))),
    action("redraw", "ctrl-l", "draw the screen anew", |_, out| out.push(Effect::Redraw)),
    action("suspend", "ctrl-z", "suspend", |_, out| out.push(Effect::Suspend)),
    action("clear", "ctrl-c", "clear the input, then tell how to quit", clear),
    action("dismiss", "esc", "clear a hint", |_, _| {}),
];

/// Which key does what.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    keys: HashMap<(bool, Key), usize>,
}

/// A binding that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    #[error(transparent)]
    NoKey(#[from] super::key::NoKey),
    #[error("there is no action '{0}'; /help keys lists them")]
    NoAction(String),
}

impl Bindings {
    /// The keys of the table, with the user's own instead of or beside them.
    ///
    /// # Errors
    /// When a key or an action does not exist.
    pub fn new<'a>(
        own: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, BindingError> {
        let mut bindings = Self::default();
        for (at, action) in ACTIONS.iter().enumerate() {
            for key in action.keys.split(' ') {
                bindings.keys.insert(parse(key)?, at);
            }
        }
        for (key, name) in own {
            let at = ACTIONS.iter().position(|action| action.name == name);
            let at = at.ok_or_else(|| BindingError::NoAction(name.to_owned()))?;
            bindings.keys.insert(parse(key)?, at);
        }
        Ok(bindings)
    }

    /// What a key does, `chord` telling whether `ctrl-x` came before it.
    #[must_use]
    pub fn action(&self, key: Key, chord: bool) -> Option<&'static Action> {
        let at = self.keys.get(&(chord, key))?;
        ACTIONS.get(*at)
    }
}

fn parse(key: &str) -> Result<(bool, Key), super::key::NoKey> {
    match key.strip_prefix("^x:") {
        Some(second) => Ok((true, second.parse()?)),
        None => Ok((false, key.parse()?)),
    }
}

fn send(model: &mut Model, out: &mut Effects) {
    let input = model.composer.take();
    model.recall.remember(&input);
    update::submit(model, &input, out);
}

fn edit(model: &mut Model, out: &mut Effects) {
    out.push(Effect::Edit(model.composer.text().to_owned()));
}

/// With nothing to kill, it drops what was refused.
fn kill_word(model: &mut Model, out: &mut Effects) {
    if model.composer.is_empty() {
        talk::drop_failed(model, out);
    } else {
        model.composer.kill_word();
    }
}

fn up(model: &mut Model, _out: &mut Effects) {
    let moved = model.composer.up() || model.composer.is_empty() && talk::take_back(model);
    if !moved {
        model.recall.older(&mut model.composer);
    }
}

fn down(model: &mut Model, _out: &mut Effects) {
    if !model.composer.down() {
        model.recall.newer(&mut model.composer);
    }
}

fn home(model: &mut Model, out: &mut Effects) {
    if model.composer.is_empty() {
        travel::to_start(model, out)
    } else {
        model.composer.line_start()
    }
}

fn end(model: &mut Model, out: &mut Effects) {
    if model.composer.is_empty() { travel::to_end(model, out) } else { model.composer.line_end() }
}

fn toggle_rooms(model: &mut Model, _out: &mut Effects) {
    model.panes.rooms = Some(model.geometry().rooms == 0);
    if model.panes.rooms == Some(true) && model.geometry().rooms == 0 {
        model.hint("the screen is too narrow for it");
    }
}

fn toggle_members(model: &mut Model, _out: &mut Effects) {
    model.panes.members = Some(model.geometry().members == 0);
    if model.panes.members == Some(true) && model.geometry().members == 0 {
        model.hint("the screen is too narrow for it");
    }
}

fn clear(model: &mut Model, _out: &mut Effects) {
    if model.composer.is_empty() {
        model.hint("/quit leaves the chat");
    } else {
        let input = model.composer.take();
        model.recall.remember(&input);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let bindings = Bindings::new([]).expect("the table names keys that exist");
        let keys = ACTIONS.iter().flat_map(|action| action.keys.split(' ')).count();
        assert_eq!(bindings.keys.len(), keys, "a key is bound twice");
    }

    #[test]
    fn keys_can_be_bound_otherwise() {
        let bindings = Bindings::new([("ctrl-k", "find-room")]).expect("both exist");
        let action = bindings.action("ctrl-k".parse().expect("a key"), false);
        assert_eq!(action.map(|action| action.name), Some("find-room"));
        let error = Bindings::new([("f9", "fly")]).expect_err("no such action");
        assert_eq!(error, BindingError::NoAction("fly".into()));
    }
}
