//! What the server tells of a room's doors, to be read.

use chat_proto::message::{
    Bar, BarItem, BarList, Bars, Content, Door, Entry, Invited, Mode, Page, Role, RoomDoors,
};

use super::{
    Body, Effects, Model, RoomKey, calendar::local, openness, overlay::Overlay, requests::Asked,
    room::Standing,
};

pub(super) fn told(model: &mut Model, asked: &Asked, doors: RoomDoors, out: &mut Effects) {
    let (Asked::Doors(key) | Asked::Openness(key)) = *asked else { return };
    if let Some(room) = model.rooms.get_mut(key) {
        openness::told(room, &doors);
    }
    if matches!(asked, Asked::Openness(_)) {
        return;
    }
    let RoomDoors { private, read_only, topic_lock, slow_secs, .. } = doors;
    let mode = Mode { private, read_only, topic_lock, slow_secs };
    let nicks = |wanted: Role| {
        let of_role = doors.staff.iter().filter(|staff| staff.role == wanted);
        let nicks: Vec<&str> = of_role.map(|staff| staff.nick.as_str()).collect();
        if nicks.is_empty() { "none".to_owned() } else { nicks.join(", ") }
    };
    let (owners, moderators) = (nicks(Role::Owner), nicks(Role::Moderator));
    let label = label(model, key);
    let text = format!(
        "{label} is {mode}\nowners: {owners}\nmoderators: {moderators}\nyou are {}",
        doors.role
    );
    model.tell(Some(key), Body::Info(text), out);
}

/// A page of bans and mutes; the next one is asked for.
pub(super) fn bars(model: &mut Model, asked: &Asked, list: BarList, out: &mut Effects) {
    let Asked::Bars(key, before) = *asked else { return };
    let count = before.saturating_add(u32::try_from(list.bars.len()).unwrap_or(u32::MAX));
    let lines: Vec<String> = list.bars.iter().map(|item| bar(model, item)).collect();
    if !lines.is_empty() {
        model.tell(Some(key), Body::Info(lines.join("\n")), out);
    }
    if list.more && count > before {
        let next = Bars { room: list.room, skip: count };
        model.requests.ask(Asked::Bars(key, count), next, out);
    } else if count == 0 {
        let text = format!("nobody is banned or muted in {}", label(model, key));
        model.tell(Some(key), Body::Info(text), out);
    }
}

fn bar(model: &Model, item: &BarItem) -> String {
    let kind = if item.mute { "muted" } else { "banned" };
    let time = |at| local(at, &model.settings.zone).strftime("%Y-%m-%d %H:%M").to_string();
    let end = Bar::ends(item.bar.until, &time);
    let (whom, by, at, why) = (&item.bar.whom, &item.by, time(item.at), &item.bar.reason);
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    format!("{whom} is {kind} {end}, by {by} on {at}{why}")
}

/// What was decided about a room.
pub(super) fn audited(model: &mut Model, key: RoomKey, page: &Page, out: &mut Effects) {
    let lines: Vec<String> =
        page.items.iter().filter_map(|item| decision(model, &item.entry)).collect();
    let title = format!("what was decided about {}", label(model, key));
    if lines.is_empty() {
        model.tell(Some(key), Body::Info(format!("{title}: nothing so far")), out);
    } else if model.settings.plain {
        lines.into_iter().for_each(|line| model.inform(line, out));
    } else {
        model.overlay = Some(Overlay::read(title, &lines, model));
    }
}

fn decision(model: &Model, entry: &Entry) -> Option<String> {
    let what = match entry.content() {
        Content::Door(door) => in_words(model, &door, "the room"),
        Content::Topic(topic) if topic.is_empty() => "removed the topic".to_owned(),
        Content::Topic(topic) => format!("set the topic: {topic}"),
        Content::Deleted { target } => format!("deleted #{target}"),
        _ => return None,
    };
    let at = local(entry.at, &model.settings.zone).strftime("%Y-%m-%d %H:%M").to_string();
    Some(format!("#{} {at} {} {what}", entry.seq, entry.nick))
}

/// A decision, with times as the user's clock shows them.
pub(super) fn in_words(model: &Model, door: &Door, room: &str) -> String {
    let zone = &model.settings.zone;
    door.told_at(room, &|time| local(time, zone).strftime("%Y-%m-%d %H:%M").to_string())
}

pub(super) fn invited(model: &mut Model, event: &Invited, out: &mut Effects) {
    let Invited { room, by } = event;
    let own = model.rooms.by_label(room.as_str()).and_then(|key| model.rooms.get(key));
    let first = match own.filter(|own| own.standing == Standing::In) {
        Some(_) => format!("leave your own {room} first (/part {room}), then "),
        None => String::new(),
    };
    model.inform(format!("{by} invites you to {room}; {first}/join {room} enters it"), out);
}

/// It was so already: no entry of the room tells it.
pub(super) fn unchanged(model: &mut Model, key: RoomKey, out: &mut Effects) {
    model.tell(Some(key), Body::Info("it is so already".to_owned()), out);
}

fn label(model: &Model, key: RoomKey) -> String {
    model.rooms.get(key).map_or_else(String::new, |room| room.title.label().to_string())
}
