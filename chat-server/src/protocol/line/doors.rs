//! Commands about the doors of rooms, and what is answered.

use chat_proto::{
    MemberId, Nick, Time,
    line::{DoorCommand, ModeChange, render::notice},
    message::{self, ErrorCode, Role},
};

use super::{Asked, Line, conversation, told};
use crate::{
    core::{Act, Bar, BarKind, BarsView, DoorsView, Page, Refusal, Reply, Request, RoomRef},
    protocol::{
        Taken,
        framed::{
            ask::{nick_keys, reason},
            doors::{bar, free},
        },
    },
};

/// Bans and mutes asked for: all there may be.
const BARS_ASKED_MAX: usize = 2 * crate::core::BARS_MAX;
const AUDIT_ENTRIES_MAX: usize = 500;

impl Line {
    pub(super) fn door(&mut self, room: Option<&str>, command: DoorCommand) -> Taken {
        let room = self.named_or_current(room);
        match command {
            DoorCommand::Mode(None) => {
                self.ask(Asked::Doors, room.map(|room| Request::Doors { room }))
            }
            DoorCommand::Bars => self.ask(
                Asked::Bars,
                room.map(|room| Request::Bars { room, skip: 0, limit: BARS_ASKED_MAX }),
            ),
            DoorCommand::Audit(limit) => {
                let limit = usize::from(limit).min(AUDIT_ENTRIES_MAX);
                let audit = room.map(|room| Request::Audit { room, before: None, limit });
                self.ask(Asked::Audit, audit)
            }
            command => self.decide(room, command),
        }
    }

    fn decide(&mut self, room: Result<RoomRef, Refusal>, command: DoorCommand) -> Taken {
        let asked = Asked::Door(Box::new(command.clone()));
        let request =
            room.and_then(|room| Ok(Request::Door { room, act: Box::new(act(command)?) }));
        self.ask(asked, request)
    }

    /// One's own decisions do not come back as entries; so they are answered.
    pub(super) fn decided(&mut self, command: &DoorCommand, reply: &Reply, text: &mut String) {
        let what = told_to_doer(command);
        match reply {
            Reply::Posted { room, label, seq, at } => {
                self.hide(*room, *seq);
                let end = end(command, *at);
                notice(text, format_args!("{}: {what}{end}", conversation(label, self.member)));
            }
            Reply::Unchanged { label, .. } => {
                notice(text, format_args!("{}: {what} (before)", conversation(label, self.member)));
            }
            _ => {}
        }
    }

    pub(super) fn doors(&self, doors: &DoorsView, text: &mut String) {
        let name = conversation(&doors.label, self.member);
        notice(text, format_args!("mode {name}: {}", doors.mode));
        for wanted in [Role::Owner, Role::Moderator] {
            let of_role = |(_, nick, role): &(MemberId, Nick, Role)| {
                (*role == wanted).then(|| nick.to_string())
            };
            let nicks: Vec<String> = doors.staff.iter().filter_map(of_role).collect();
            let nicks = if nicks.is_empty() { "none".to_owned() } else { nicks.join(" ") };
            notice(text, format_args!("mode {name}: {wanted}s: {nicks}"));
        }
        notice(text, format_args!("mode {name}: you are {}", doors.role));
    }

    pub(super) fn bars(&self, bars: &BarsView, text: &mut String) {
        let name = conversation(&bars.label, self.member);
        for item in &bars.bars {
            let kind = if item.mute { "mute" } else { "ban" };
            let (bar, by, at) = (&item.bar, &item.by, item.at);
            let terms = bar.terms();
            notice(text, format_args!("{kind} {name} {} by {by} at {at}{terms}", bar.whom));
        }
        notice(text, format_args!("bans {name}: {} in all", bars.bars.len()));
    }

    pub(super) fn audit(&self, page: &Page, text: &mut String) {
        let name = conversation(&page.label, self.member);
        for item in &page.items {
            told::past(text, &name, &item.entry, &item.outcome());
        }
        notice(text, format_args!("audit {name}: {} entries", page.items.len()));
    }
}

fn act(command: DoorCommand) -> Result<Act, Refusal> {
    Ok(match command {
        DoorCommand::Mode(change) => mode(change),
        DoorCommand::Role { nick, role } => Act::Role { nick: nick_keys(bare(&nick))?, role },
        DoorCommand::Invite { nick, on } => Act::Invite { nick: nick_keys(bare(&nick))?, on },
        DoorCommand::Kick { nick, reason: why } => {
            Act::Kick { nick: nick_keys(bare(&nick))?, reason: reason(&why)? }
        }
        DoorCommand::Bar { mute, whom, secs, reason } => bar(kind(mute), &whom, secs, &reason)?,
        DoorCommand::Free { mute, whom } => free(kind(mute), &whom)?,
        DoorCommand::Bars | DoorCommand::Audit(_) => {
            return Err(Refusal::new(ErrorCode::Usage, "this decides nothing"));
        }
    })
}

fn bare(nick: &str) -> &str {
    nick.trim_start_matches('@')
}

const fn kind(mute: bool) -> BarKind {
    if mute { BarKind::Mute } else { BarKind::Ban }
}

const fn mode(change: Option<ModeChange>) -> Act {
    let (mut private, mut read_only, mut topic_lock, mut slow_secs) = (None, None, None, None);
    match change {
        Some(ModeChange::Private(on)) => private = Some(on),
        Some(ModeChange::ReadOnly(on)) => read_only = Some(on),
        Some(ModeChange::TopicLock(on)) => topic_lock = Some(on),
        Some(ModeChange::SlowSecs(secs)) => slow_secs = Some(secs),
        None => {}
    }
    Act::Mode { private, read_only, topic_lock, slow_secs }
}

/// What was done, for who did it. Names come back only where they are names; so what was typed is shown by its reply
/// alone.
fn told_to_doer(command: &DoorCommand) -> String {
    match command {
        DoorCommand::Mode(Some(change)) => told_mode(*change),
        DoorCommand::Role { nick, role } => format!("{nick} is {role}"),
        DoorCommand::Invite { nick, on: true } => format!("{nick} is invited"),
        DoorCommand::Invite { nick, on: false } => format!("{nick} is not invited any more"),
        DoorCommand::Kick { nick, .. } => format!("{nick} is out"),
        DoorCommand::Bar { mute: false, whom, .. } => format!("{whom} is banned"),
        DoorCommand::Bar { mute: true, whom, .. } => format!("{whom} is muted"),
        DoorCommand::Free { mute: false, whom } => format!("{whom} is not banned any more"),
        DoorCommand::Free { mute: true, whom } => format!("{whom} is not muted any more"),
        DoorCommand::Mode(None) | DoorCommand::Bars | DoorCommand::Audit(_) => String::new(),
    }
}

/// When it ends, of what was decided at that time and may end.
fn end(command: &DoorCommand, at: Time) -> String {
    match command {
        DoorCommand::Bar { secs, .. } => {
            let until = secs.map(|secs| Bar::end(at, secs));
            format!(" {}", message::Bar::ends(until, &|time| time.to_string()))
        }
        _ => String::new(),
    }
}

fn told_mode(change: ModeChange) -> String {
    match change {
        ModeChange::Private(true) => "private".to_owned(),
        ModeChange::Private(false) => "public".to_owned(),
        ModeChange::ReadOnly(on) => format!("read-only {}", on_off(on)),
        ModeChange::TopicLock(on) => format!("topic lock {}", on_off(on)),
        ModeChange::SlowSecs(0) => "slow mode off".to_owned(),
        ModeChange::SlowSecs(secs) => format!("slow mode {secs} s"),
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
