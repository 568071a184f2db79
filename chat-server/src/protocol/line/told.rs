//! From what the rooms give out to lines.

use bytes::BytesMut;
use chat_proto::{
    RoomId, Seq,
    line::{
        self, Past, brief,
        render::{self, Spoken, Stamp, notice},
    },
    message::{Content, Outcome, Said, UNREAD_MAX},
};

use super::{Line, conversation};
use crate::{
    conn::Outbox,
    core::{Entry, Label, Told},
    log::{Counted, Tally},
    rooms::{Batch, Delivery, Dialect, Encoded},
};

impl Line {
    pub(in crate::protocol) fn deliver(&mut self, delivery: &Delivery, out: &mut Outbox) {
        match delivery {
            Delivery::Batch { batch, after } => {
                self.batch(batch, *after, out);
                if let Some(Told::Entry(last)) =
                    batch.told.iter().rfind(|told| told.seq().is_some())
                {
                    self.forget_own(last.room, last.seq);
                }
            }
            Delivery::Page { room, label, entries, past } => {
                let name = conversation(label, self.member);
                let mut text = String::new();
                for entry in entries {
                    if entry.seq <= *past {
                        let outcome = Outcome { edited: entry.edited, reactions: Vec::new() };
                        self::past(&mut text, &name, entry, &outcome);
                    } else if self.shows(&Told::Entry(entry.clone())) {
                        live(&mut text, &name, entry, self.switches.numbers);
                    }
                }
                out.tail().extend_from_slice(text.as_bytes());
                entries.iter().for_each(|last| self.forget_own(*room, last.seq));
            }
            Delivery::Failed(_, refusal) => {
                super::write(out.tail(), |text| render::error(text, refusal.code, &refusal.text));
            }
            Delivery::Counted(counted) => self.unread(counted, out.tail()),
            Delivery::Stale(_)
            | Delivery::Member(_)
            | Delivery::MemberLost
            | Delivery::Skipped { .. } => {}
        }
    }

    /// Tells what is unread of what nobody has been told yet.
    fn unread(&self, counted: &Counted, out: &mut BytesMut) {
        let Tally { unread, mentions, .. } = counted.tally;
        if unread == 0 || !counted.tell {
            return;
        }
        let name = conversation(&counted.label, self.member);
        let unread = if unread < UNREAD_MAX { unread.to_string() } else { "many".into() };
        let read = counted.read;
        super::write(out, |text| {
            notice(
                text,
                format_args!(
                    "unread in {name}: {unread} after {read}, {mentions} for you; /read marks all read"
                ),
            );
        });
    }

    fn batch(&self, batch: &Batch, after: Seq, out: &mut Outbox) {
        let Some(label) = &batch.label else { return };
        let keep = |told: &Told| told.seq().is_none_or(|seq| seq > after) && self.shows(told);
        let numbers = self.switches.numbers;
        if let Label::Direct(_) = label {
            // Its name depends on who looks.
            let encoded = encode(batch, &conversation(label, self.member), numbers);
            batch.pieces(&encoded, keep).for_each(|piece| out.push(piece));
        } else {
            let dialect = if numbers { Dialect::LineNumbers } else { Dialect::Line };
            let encoded =
                batch.encoded(dialect, |batch| encode(batch, &conversation(label, None), numbers));
            if batch.is_after(after) && self.shows_all(batch) {
                return out.push(encoded.bytes.clone());
            }
            batch.pieces(encoded, keep).for_each(|piece| out.push(piece));
        }
    }

    /// Whether a look at the whole is enough to know that nothing of it is left out.
    fn shows_all(&self, batch: &Batch) -> bool {
        let others = self.member.is_some_and(|member| !batch.is_by(member));
        others && (batch.is_all_numbered() || !self.switches.quiet)
    }

    /// Whether it came from here, and was not to be shown when it did: delivery may trail the switch.
    fn hides(&self, entry: &Entry) -> bool {
        self.own.get(&entry.room).is_some_and(|own| own.contains(&entry.seq))
    }

    /// What was delivered does not come back.
    fn forget_own(&mut self, room: RoomId, through: Seq) {
        let Some(own) = self.own.get_mut(&room) else { return };
        while own.pop_front_if(|seq| *seq <= through).is_some() {}
        if own.is_empty() {
            self.own.remove(&room);
        }
    }

    fn shows(&self, told: &Told) -> bool {
        let own = self.member.is_some() && told.by() == self.member;
        match told {
            Told::Entry(entry) => !own || !self.hides(entry),
            _ => !own && !self.switches.quiet,
        }
    }
}

fn encode(batch: &Batch, name: &str, numbers: bool) -> Encoded {
    let (mut text, mut ends) = (String::new(), Vec::with_capacity(batch.told.len()));
    for told in &batch.told {
        match told {
            Told::Entry(entry) => live(&mut text, name, entry, numbers),
            passing => self::passing(&mut text, name, passing),
        }
        ends.push(text.len());
    }
    Encoded { bytes: BytesMut::from(text.as_str()).freeze(), ends }
}

fn live(text: &mut String, name: &str, entry: &Entry, numbers: bool) {
    match &entry.content {
        Content::Text(said) => {
            spoken(text, name, entry, said, false, numbers.then(|| stamp(entry)))
        }
        Content::Action(said) => {
            spoken(text, name, entry, said, true, numbers.then(|| stamp(entry)))
        }
        Content::Topic(topic) if topic.is_empty() => {
            notice(text, format_args!("{} removed the topic of {name}", entry.nick))
        }
        Content::Topic(topic) => {
            notice(text, format_args!("{} set the topic of {name}: {topic}", entry.nick))
        }
        Content::Door(door) => notice(text, format_args!("{} {}", entry.nick, door.told(name))),
        _ => change(text, name, entry),
    }
}

/// What others see of a change, a line each.
fn change(text: &mut String, name: &str, entry: &Entry) {
    let nick = &entry.nick;
    match &entry.content {
        Content::Edited { target, said: Some(said) } => {
            notice(text, format_args!("{nick} edited {name} {target}: {}", brief(&said.text)));
        }
        Content::Edited { target, said: None } => {
            notice(text, format_args!("{nick} edited {name} {target}"));
        }
        Content::Deleted { target } => notice(text, format_args!("{nick} deleted {name} {target}")),
        Content::Reacted { target, reaction, on: true } => {
            notice(text, format_args!("{nick} reacted to {name} {target}: {reaction}"));
        }
        Content::Reacted { target, reaction, on: false } => {
            notice(
                text,
                format_args!("{nick} took back a reaction to {name} {target}: {reaction}"),
            );
        }
        Content::Erased { nick: by, .. } => {
            notice(text, format_args!("{name} {} of {nick} was deleted by {by}", entry.seq));
        }
        _ => {}
    }
}

/// An entry of the past, with its number and time and what became of it.
pub(super) fn past(text: &mut String, name: &str, entry: &Entry, outcome: &Outcome) {
    let (stamp, nick, content) = (stamp(entry), &entry.nick, &entry.content);
    let conversation = name;
    line::past(text, &Past { conversation, stamp, nick, content, outcome, tilde: true });
}

fn spoken(
    text: &mut String,
    name: &str,
    entry: &Entry,
    said: &Said,
    action: bool,
    stamp: Option<Stamp>,
) {
    if let Some(target) = said.reply_to {
        notice(text, format_args!("{} replies to {name} {target}:", entry.nick));
    }
    let spoken = Spoken {
        conversation: name,
        nick: &entry.nick,
        text: &said.text,
        action,
        stamp,
        past: false,
    };
    render::spoken(text, &spoken);
}

const fn stamp(entry: &Entry) -> Stamp {
    Stamp { seq: entry.seq, at: entry.at }
}

fn passing(text: &mut String, name: &str, told: &Told) {
    match told {
        Told::Joined { nick, .. } => notice(text, format_args!("{nick} joined {name}")),
        Told::Left { nick, quit, reason, .. } => {
            left(text, name, (nick.as_str(), *quit), reason.as_str())
        }
        Told::Renamed { old, nick, .. } => {
            notice(text, format_args!("{old} is now {nick} in {name}"))
        }
        Told::Away { nick, away: Some(why), .. } => {
            notice(text, format_args!("{nick} is away from {name}: {why}"))
        }
        Told::Away { nick, away: None, .. } => {
            notice(text, format_args!("{nick} is back in {name}"))
        }
        // The entry before it says so.
        Told::Expelled { .. }
        | Told::Entry(_)
        | Told::Opened { .. }
        | Told::Closed { .. }
        | Told::Invited { .. }
        | Told::Marked { .. }
        | Told::Taken { .. }
        | Told::Ended { .. }
        | Told::Announced { .. } => {}
    }
}

fn left(text: &mut String, name: &str, (nick, quit): (&str, bool), reason: &str) {
    match (quit, reason) {
        (false, "") => notice(text, format_args!("{nick} left {name}")),
        (true, "") => notice(text, format_args!("{nick} left {name} (quit)")),
        (false, why) => notice(text, format_args!("{nick} left {name} ({why})")),
        (true, why) => notice(text, format_args!("{nick} left {name} (quit: {why})")),
    }
}
