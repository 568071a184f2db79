//! How a room is open and what one is in it: told by the server, changed by its entries, seen in the top line.

use chat_proto::{
    Reason, Seq, Time,
    message::{Bar, Content, Door, Mode, Page, PageItem, Request, Role, RoomDoors, Staff},
};

use super::sim::{BOB, LOBBY, ME, NOON, Sim, entry, info, nick};

fn doors(mode: Mode, role: Role, staff: &[(chat_proto::MemberId, &str, Role)]) -> RoomDoors {
    let Mode { private, read_only, topic_lock, slow_secs } = mode;
    let one = |(member, name, role): &(_, &str, _)| Staff {
        member: *member,
        nick: nick(name),
        role: *role,
    };
    let staff = staff.iter().map(one).collect();
    RoomDoors { room: LOBBY, role, private, read_only, topic_lock, slow_secs, staff }
}

const PRIVATE: Mode = Mode { private: true, read_only: false, topic_lock: false, slow_secs: 0 };
const ALL: Mode = Mode { private: true, read_only: true, topic_lock: true, slow_secs: 30 };

/// A client whose server has told how the lobby is open.
fn told(columns: u16, found: RoomDoors) -> Sim {
    let mut sim = Sim::online(columns, 8);
    sim.reply(found, |request| matches!(request, Request::Doors(_)));
    sim
}

#[track_caller]
fn top(sim: &Sim, expected: &str) {
    let screen = sim.screen();
    assert_eq!(screen[0].split_whitespace().collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn an_open_room_and_an_ordinary_member_are_no_news() {
    let sim = told(80, doors(Mode::default(), Role::Member, &[]));
    top(&sim, "#lobby 2 members");
}

#[test]
fn what_is_decided_is_seen_at_once() {
    let mut sim = told(80, doors(PRIVATE, Role::Owner, &[(ME, "alice", Role::Owner)]));
    top(&sim, "#lobby [private] @owner 2 members");
    let slow = Mode { private: false, slow_secs: 30, ..PRIVATE };
    sim.hears(entry(1, BOB, "bob", &Content::Door(Door::Mode(slow))));
    top(&sim, "#lobby [slow 30 s] @owner 2 members");
    let role = |member, name, role| Content::Door(Door::Role { member, nick: nick(name), role });
    sim.hears(entry(2, BOB, "bob", &role(ME, "alice", Role::Moderator)));
    sim.hears(entry(3, BOB, "bob", &role(BOB, "bob", Role::Owner)));
    top(&sim, "#lobby [slow 30 s] %moderator 2 members");
    sim.hears(entry(4, BOB, "bob", &role(ME, "alice", Role::Member)));
    top(&sim, "#lobby [slow 30 s] 2 members");
}

#[test]
fn little_room_takes_few_letters_and_none_before_the_name() {
    let staff = [(ME, "alice", Role::Owner)];
    let at = |columns| told(columns, doors(ALL, Role::Owner, &staff));
    top(&at(80), "#lobby [private, read-only, topic locked, slow 30 s] @owner 2 members");
    top(&at(60), "#lobby [priv ro lock 30s] @ 2 members");
    top(&at(30), "#lobby 2 members");
}

#[test]
fn the_list_of_members_marks_who_looks_after_the_room() {
    let staff = [(ME, "alice", Role::Owner), (BOB, "bob", Role::Moderator)];
    let mut sim = told(110, doors(PRIVATE, Role::Owner, &staff));
    assert_eq!((sim.rows_with("│@alice"), sim.rows_with("│%bob")), (1, 1), "{:#?}", sim.screen());
    let member = Door::Role { member: BOB, nick: nick("bob"), role: Role::Member };
    sim.hears(entry(1, ME, "alice", &Content::Door(member)));
    assert_eq!(sim.rows_with("│ bob"), 1);
}

#[test]
fn it_is_asked_again_after_a_pause_and_never_twice() {
    let mut sim = told(80, doors(PRIVATE, Role::Member, &[]));
    let asked = |sim: &Sim| sim.sent(|r| matches!(r, Request::Doors(_)).then_some(())).len();
    sim.tick(1_000);
    assert_eq!(asked(&sim), 0, "it is known");
    sim.event(chat_proto::message::RoomOpened { room: info(LOBBY, "#lobby", 0) });
    sim.tick(1_000);
    assert_eq!(asked(&sim), 1);
    top(&sim, "#lobby [private] 2 members");
}

#[test]
fn decisions_are_read_to_their_ends_on_a_narrow_screen() {
    let mut sim = told(60, doors(Mode::default(), Role::Owner, &[]));
    sim.says("/audit");
    let reason = Reason::clean("said the same thing over and over again").expect("short");
    let bar = Bar { whom: "carol".parse().expect("a nick"), until: Some(Time(NOON)), reason };
    let banned = entry(7, BOB, "bob", &Content::Door(Door::Banned(bar)));
    let items = vec![PageItem { entry: banned, outcome: Vec::new() }];
    let page = Page { room: LOBBY, items, more: false, as_of: Seq(7) };
    sim.reply(page, |request| matches!(request, Request::Audit(_)));
    let rows = [
        "│#7 2026-11-21 12:00 bob banned carol from the room until  │",
        "│  2026-11-21 12:00: said the same thing over and over     │",
        "│  again  ",
    ];
    for row in rows {
        assert_eq!(sim.rows_with(row), 1, "{row}: {:#?}", sim.screen());
    }
}

#[test]
fn until_when_somebody_is_muted_is_told_by_the_users_clock() {
    let mut sim = told(130, doors(Mode::default(), Role::Member, &[]));
    sim.model.settings.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
    let (until, reason) = (Some(Time(NOON)), Reason::clean("loud").expect("short"));
    let bar = Bar { whom: "carol".parse().expect("a nick"), until, reason };
    sim.hears(entry(1, BOB, "bob", &Content::Door(Door::Muted(bar))));
    assert_eq!(sim.rows_with("bob muted carol in this room until 2026-11-21 14:00: loud"), 1);
}
