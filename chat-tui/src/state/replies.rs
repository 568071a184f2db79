//! Answers to what was asked.

use chat_proto::{
    Time,
    message::{
        Entered, ErrorCode, Failed, MemberInfo, NameList, Names, Page, Person, Posted, Reply,
    },
};

use super::{
    Body, Effects, Model, RoomKey,
    calendar::local,
    commands, doors, events, leaving,
    members::Known,
    overlay::Overlay,
    past, quotes,
    requests::Asked,
    revise, search,
    session::{self, clean_line},
    switch, talk,
};

/// Takes the reply of that number.
pub(super) fn take(model: &mut Model, number: u32, reply: Reply, out: &mut Effects) {
    let Some(asked) = model.requests.answered(number, out) else { return };
    match reply {
        Reply::Failed(failed) => refused(model, asked, &failed, out),
        Reply::Welcome(welcome) => session::welcome(model, welcome, out),
        Reply::Done(_) => done(model, asked, out),
        Reply::Entered(entered) => in_room(model, &asked, entered, out),
        Reply::NameList(list) => names(model, &asked, list, out),
        Reply::Posted(posted) => acknowledged(model, &asked, posted, out),
        Reply::Page(page) => paged(model, &asked, page, out),
        Reply::RoomList(list) => Overlay::rooms_listed(model, list, out),
        Reply::Person(person) => describe(model, person, out),
        Reply::Found(found) => search::found(model, &asked, found, out),
        Reply::DeviceList(list) => commands::devices_listed(model, &asked, &list, out),
        Reply::LoggedIn(told) => commands::logged_in(model, &asked, told, out),
        Reply::RoomDoors(found) => doors::told(model, &asked, found, out),
        Reply::BarList(list) => doors::bars(model, &asked, list, out),
        Reply::Lines(told) => commands::administered(model, &told, out),
        Reply::Pong(_) => {}
    }
}

fn done(model: &mut Model, asked: Asked, out: &mut Effects) {
    match asked {
        Asked::Quit => leaving::end(model, out),
        Asked::Leave(key) => switch::remove(model, key),
        Asked::Rename(nick) => model.nick = nick,
        Asked::Revise(key, id) => revise::acknowledged(model, key, id),
        Asked::Decide(key) => doors::unchanged(model, key, out),
        Asked::Away(away) => set_away(model, away, out),
        Asked::SetPassword => model.inform("your password is changed", out),
        Asked::Revoke => model.inform("it does not come in without the password any more", out),
        _ => {}
    }
}

fn set_away(model: &mut Model, away: bool, out: &mut Effects) {
    model.away = away;
    model.inform(
        if away { "you are away; /back tells that you are back" } else { "you are back" },
        out,
    );
}

fn in_room(model: &mut Model, asked: &Asked, entered: Entered, out: &mut Effects) {
    let Asked::Enter(key) = *asked else { return };
    events::entered(model, Some(key), &entered.room, out);
}

fn names(model: &mut Model, asked: &Asked, list: NameList, out: &mut Effects) {
    let Asked::Names(key, tell) = *asked else { return };
    let Some(room) = model.rooms.get_mut(key) else { return };
    let last = list.members.last().map(|member| member.member);
    for MemberInfo { member, nick, away } in list.members {
        room.members.put(member, nick, away);
    }
    match last.filter(|_| list.more) {
        Some(after) => {
            model.requests.ask(Asked::Names(key, tell), Names { room: list.room, after }, out);
        }
        None => {
            room.members.known = Known::Yes;
            if tell {
                tell_names(model, key, out);
            }
        }
    }
}

/// Tells who is in a room.
pub(super) fn tell_names(model: &mut Model, key: RoomKey, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    let names: Vec<String> = room
        .members
        .iter()
        .map(|(id, member)| {
            let away = if member.away { " (away)" } else { "" };
            format!("{}{}{away}", room.openness.mark(id), member.nick)
        })
        .collect();
    let text = format!("{} in {}: {}", names.len(), room.title.label(), names.join(", "));
    model.tell(Some(key), Body::Info(text), out);
}

fn acknowledged(model: &mut Model, asked: &Asked, posted: Posted, out: &mut Effects) {
    match *asked {
        Asked::Post(key, id) => talk::acknowledged(model, key, id, posted, out),
        Asked::Revise(key, id) => revise::acknowledged(model, key, id),
        _ => {}
    }
}

fn paged(model: &mut Model, asked: &Asked, page: Page, out: &mut Effects) {
    match *asked {
        Asked::Quote(key, seq) => quotes::page(model, key, seq, &page),
        Asked::Audit(key) => doors::audited(model, key, &page, out),
        _ => past::page(model, asked, page, out),
    }
}

fn describe(model: &mut Model, person: Person, out: &mut Effects) {
    let rooms: Vec<&str> = person.rooms.iter().map(|room| room.as_str()).collect();
    let since: Time = person.since;
    let since = local(since, &model.settings.zone).strftime("%Y-%m-%d %H:%M").to_string();
    let away = match &person.away {
        Some(reason) if reason.is_empty() => "\naway".to_owned(),
        Some(reason) => format!("\naway: {reason}"),
        None => String::new(),
    };
    let text = format!("{}: here since {since}, in {}{away}", person.nick, rooms.join(" "));
    model.inform(text, out);
}

fn refused(model: &mut Model, asked: Asked, failed: &Failed, out: &mut Effects) {
    let why = clean_line(&failed.text);
    match asked {
        Asked::Hello => session::refused(model, failed, out),
        Asked::Quit => leaving::end(model, out),
        // It was left meanwhile.
        Asked::Mark | Asked::Openness(_) => {}
        Asked::Enter(key) => not_entered(model, key, why, out),
        Asked::Post(key, id) => {
            if let Some(room) = model.rooms.get_mut(key).filter(|room| room.is_direct()) {
                room.lost |= failed.code == ErrorCode::NoNick;
            }
            talk::refused(model, key, id, why, out);
        }
        Asked::Page(key, generation, paging) => {
            past::refused(model, key, generation, paging, why, out)
        }
        Asked::Revise(key, id) => revise::refused(model, key, id, &why, out),
        Asked::Quote(key, seq) => quotes::refused(model, key, seq),
        Asked::Search(turn) => search::refused(model, turn, why, out),
        Asked::Leave(key) if failed.code == ErrorCode::NotJoined => switch::remove(model, key),
        Asked::Names(key, _)
        | Asked::Topic(key)
        | Asked::Leave(key)
        | Asked::Decide(key)
        | Asked::Doors(key)
        | Asked::Bars(key, _)
        | Asked::Audit(key) => {
            model.tell(Some(key), Body::Error(why), out);
        }
        Asked::Rooms
        | Asked::Rename(_)
        | Asked::Whois
        | Asked::Away(_)
        | Asked::Register
        | Asked::LogIn
        | Asked::SetPassword
        | Asked::Devices
        | Asked::Revoke
        | Asked::LogOut
        | Asked::Administer => model.complain(why, out),
    }
}

fn not_entered(model: &mut Model, key: RoomKey, why: String, out: &mut Effects) {
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.go_out();
    talk::fail_all(model, key, &why, out);
    model.tell(Some(key), Body::Error(why), out);
}
