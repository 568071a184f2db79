//! Tab: completes commands, rooms and nicks, and goes through what fits.

use chat_proto::name::fold;

use super::{
    Model, Title,
    commands::{COMMANDS, find},
};

/// Commands whose first word is somebody.
const TO_SOMEBODY: &[&str] =
    &["msg", "query", "whois", "invite", "role", "kick", "ban", "mute", "ignore"];

/// A completion that goes on with the next Tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the completed word begins.
    start: usize,
    candidates: Vec<String>,
    at: usize,
}

/// Puts in the next candidate, or, by -1, the one before.
pub(super) fn complete(model: &mut Model, by: isize) {
    let next = match model.completion.take() {
        Some(completion) => Some(completion.step(by)),
        None => begin(model, by),
    };
    let Some(completion) = next else { return model.hint("nothing to complete here") };
    model.composer.replace_back_to(completion.start, &completion.candidates[completion.at]);
    model.completion = Some(completion).filter(|completion| completion.candidates.len() > 1);
}

impl Completion {
    fn step(mut self, by: isize) -> Self {
        let count = self.candidates.len().cast_signed();
        self.at = (self.at.cast_signed() + by).rem_euclid(count).unsigned_abs();
        self
    }
}

fn begin(model: &Model, by: isize) -> Option<Completion> {
    let typed = &model.composer.text()[..model.composer.cursor()];
    let start = typed.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = &typed[start..];
    let candidates = if is_to_somebody(&typed[..start]) && !word.starts_with(['#', '@']) {
        people(model, word)
    } else {
        candidates(model, word, start)
    };
    let at = if by < 0 { candidates.len().checked_sub(1)? } else { 0 };
    (!candidates.is_empty()).then_some(Completion { start, candidates, at })
}

fn candidates(model: &Model, word: &str, start: usize) -> Vec<String> {
    match (word.chars().next(), start) {
        (Some('/'), 0) => commands(&word[1..]),
        (Some('#'), _) => rooms(model, word),
        (Some('@'), _) => nicks(model, &word[1..], "@", " "),
        (None, _) => Vec::new(),
        (_, 0) => nicks(model, word, "", ": "),
        _ => nicks(model, word, "", " "),
    }
}

/// Whether all that stands before the word is a command that is about somebody.
fn is_to_somebody(before: &str) -> bool {
    let command = before.strip_prefix('/').and_then(|command| find(command.trim_end()).ok());
    command.is_some_and(|command| TO_SOMEBODY.contains(&command.name))
}

/// Who spoke in private last, others whom one talks to, and who is in the room.
fn people(model: &Model, word: &str) -> Vec<String> {
    let wanted = fold(word);
    let keys = model.last_private.into_iter().chain(model.rooms.order());
    let partners = keys.filter_map(|key| match &model.rooms.get(key)?.title {
        Title::Direct(nick, _) => Some(format!("{nick} ")),
        Title::Public(_) => None,
    });
    let mut found: Vec<String> = Vec::new();
    for name in partners.chain(nicks(model, word, "", " ")) {
        if fold(&name).starts_with(wanted.as_str()) && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn commands(word: &str) -> Vec<String> {
    let word = word.to_lowercase();
    let fits = COMMANDS.iter().filter(|command| command.name.starts_with(&word));
    fits.map(|command| format!("/{} ", command.name)).collect()
}

fn rooms(model: &Model, word: &str) -> Vec<String> {
    let word = fold(word);
    let order = model.rooms.order();
    let rooms = order.iter().filter_map(|key| model.rooms.get(*key));
    let fits = rooms.filter(|room| room.title.folded().starts_with(word.as_str()));
    fits.map(|room| format!("{} ", room.title.label())).collect()
}

/// Those who spoke last come first.
fn nicks(model: &Model, word: &str, before: &str, after: &str) -> Vec<String> {
    let word = fold(word);
    let Some(room) = model.rooms.current_room() else { return Vec::new() };
    let spoke = room.timeline.items().rev().filter_map(|(_, item)| item.said()).take(200);
    let spoke = spoke.filter(|said| said.by.is_some_and(|by| room.members.contains(by)));
    let spoke = spoke.map(|said| said.nick.as_str());
    let others = room.members.iter().map(|(_, member)| member.nick.as_str());
    let mut names: Vec<&str> = Vec::new();
    for nick in spoke.chain(others) {
        if fold(nick).starts_with(word.as_str())
            && nick != model.nick.as_str()
            && !names.contains(&nick)
        {
            names.push(nick);
        }
    }
    names.into_iter().map(|nick| format!("{before}{nick}{after}")).collect()
}
