//! A private room and one that does not exist: whoever is outside gets the same bytes, whatever they ask.

use chat_proto::{
    RoomId,
    message::{Event, Open, Reply, Rooms, SetMode, Whois},
};
use chat_server::config::Options;
use chat_tests::{
    framed::Framed,
    netcat::Netcat,
    programs,
    server::{Local, Process, directory},
};

use crate::cast::{COMMANDS, answers, lines, request};

const HIDDEN: &str = "#hidden";
const ABSENT: &str = "#absent";

/// A server with a private room in which things were said, and who is in it.
fn hide() -> (Local, Framed, RoomId) {
    let server = Local::with(Options { ephemeral: Some(true), ..Options::default() });
    let mut founder = Framed::connect(server.address(), "founder");
    let room = founder.join(HIDDEN);
    founder.say(room, "kettle, by the founder");
    let private = SetMode { room, private: Some(true), ..SetMode::default() };
    let _posted: chat_proto::message::Posted = founder.ask(private);
    (server, founder, room)
}

#[test]
fn line_mode_tells_no_difference() {
    let (server, mut founder, room) = hide();
    for command in COMMANDS {
        let mut outsider = Netcat::named(server.address(), "outsider");
        let mut ask = |name: &str| {
            let said = answers(&mut outsider, &lines(command, name)).join("\n");
            said.replace(name, "#name")
        };
        let (hidden, absent) = (ask(HIDDEN), ask(ABSENT));
        assert_eq!(hidden, absent, "{command}");
        // The room that the outsider may have made is nobody's after this.
        outsider.send("/quit");
        outsider.read_to_end();
    }
    quiet(&mut founder, room);
}

#[test]
fn the_framed_protocol_tells_no_difference() {
    let (server, mut founder, room) = hide();
    let unused = RoomId(room.0 + 1000);
    for command in COMMANDS {
        let mut outsider = Framed::connect(server.address(), "outsider");
        let mut ask = |name: &str, id: RoomId| {
            let reply: Reply = outsider.ask(request(command, name, id));
            bytes(reply, name)
        };
        let (hidden, absent) = (ask(HIDDEN, room), ask(ABSENT, unused));
        assert_eq!(hidden, absent, "{command}");
        outsider.quit();
    }
    quiet(&mut founder, room);
}

/// All that a reply holds, but for the number of a room that it has made.
fn bytes(reply: Reply, name: &str) -> String {
    let shown = match reply {
        Reply::Entered(mut entered) => {
            assert_eq!((entered.room.head.0, entered.room.members), (0, 1), "a room of one's own");
            entered.room.room = RoomId(0);
            format!("{entered:?}")
        }
        other => format!("{other:?}"),
    };
    shown.replace(name, "#name")
}

/// Nobody came into the room, and nothing happened there.
fn quiet(founder: &mut Framed, room: RoomId) {
    let posted = founder.say(room, "still alone");
    assert_eq!(posted.seq.0, 3);
    let about_it = |event: &Event| match event {
        Event::MemberJoined(event) => event.room == room && event.nick.as_str() != "founder",
        Event::MemberLeft(event) => event.room == room,
        _ => false,
    };
    assert!(!founder.events_so_far().any(|event| about_it(&event)));
}

#[test]
fn lists_people_and_searches_keep_quiet_about_it() {
    let (server, founder, _) = hide();
    let mut twin = Framed::connect(server.address(), "twin");
    let _lobby = twin.join("#lobby");
    let mut outsider = Framed::connect(server.address(), "outsider");
    let mut about = |nick: &str| match outsider.ask(Whois { nick: nick.into() }) {
        Reply::Person(person) => person.rooms,
        other => panic!("{other:?}"),
    };
    assert_eq!(about("founder"), about("twin"));
    let Reply::RoomList(list) = outsider.ask(Rooms { after: "".into() }) else { panic!("a list") };
    assert!(list.rooms.iter().all(|room| room.name.as_str() == "#lobby"), "{list:?}");
    let search = chat_proto::message::Search { query: "kettle".into(), before: None, limit: 10 };
    let Reply::Found(found) = outsider.ask(search) else { panic!("what was found") };
    assert_eq!(found.hits, []);
    // Nor does a private conversation with somebody in it.
    let Reply::Entered(_) = outsider.ask(Open { nick: "founder".into() }) else { panic!("open") };
    drop(founder);
}

#[test]
fn who_was_put_out_is_outside() {
    let (server, mut founder, room) = hide();
    let mut bob = Framed::connect(server.address(), "bob");
    let invite = chat_proto::message::Invite { room, nick: "bob".into(), on: true };
    let _posted: chat_proto::message::Posted = founder.ask(invite);
    assert_eq!(bob.join(HIDDEN), room);
    let kick = chat_proto::message::Kick { room, nick: "bob".into(), reason: "out".into() };
    let kicked = founder.send(kick);
    for number in 0..100 {
        founder.send(chat_tests::framed::post(
            room,
            chat_tests::framed::fresh_id(),
            &format!("secret {number}"),
        ));
    }
    let _posted: chat_proto::message::Posted = founder.answer(kicked);
    let closed = bob.event(|event| match event {
        Event::RoomEntry(told) => {
            assert_eq!(chat_tests::framed::text_of(&told.entry), None, "nothing is said to him");
            None
        }
        Event::RoomClosed(closed) => Some(closed),
        _ => None,
    });
    assert_eq!((closed.room, closed.reason.as_str()), (room, "kicked: out"));
    for command in COMMANDS.iter().filter(|command| **command != "join") {
        let reply: Reply = bob.ask(request(command, HIDDEN, room));
        assert!(matches!(reply, Reply::Failed(_)), "{command}: {reply:?}");
    }
    founder.say(room, "the end");
    let heard = bob.events_so_far().any(|event| matches!(event, Event::RoomEntry(_)));
    assert!(!heard, "and he hears no more");
}

/// A private room with a message is left for good by the only one who was in it.
#[track_caller]
fn stays_out_of_reach(first: &str, leave: impl FnOnce(Netcat, &str)) {
    let data = directory();
    let path = data.path().to_str().expect("UTF-8");
    let server = Process::start(data.path());
    let mut zeb = Netcat::named(server.address(), "zeb");
    for line in [first, "/join #vault", "/mode private", "kettle", "/history"] {
        zeb.send(line);
    }
    zeb.skip_to("* history #vault: …");
    leave(zeb, path);
    assert!(!exported(path).contains("kettle"));
    assert_eq!(server.terminate().code, Some(0));

    let server = Process::start(data.path());
    assert!(!exported(path).contains("kettle"));
    let mut spy = Netcat::named(server.address(), "spy");
    for line in ["/search kettle", "/join #vault 0", "/history", "/mode"] {
        spy.send(line);
    }
    spy.skip_to("* search: 0 found…");
    spy.expect("* joined #vault");
    spy.expect("* history #vault: 0 entries, up to number 0");
    spy.expect("* mode #vault: public");
}

fn exported(data: &str) -> String {
    let exported = programs::run("chat-server", ["export", "--data", data]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    exported.stdout
}

#[test]
fn nobody_gets_into_a_private_room_whose_last_member_has_left() {
    stays_out_of_reach("I am a guest", |mut zeb, _| {
        zeb.send("/quit");
        zeb.read_to_end();
    });
}

#[test]
fn nobody_gets_into_a_private_room_whose_last_account_is_deleted() {
    stays_out_of_reach("/register teafortwo", |mut zeb, data| {
        let deleted = programs::run("chat-server", ["user", "delete", "zeb", "--data", data]);
        assert_eq!(deleted.code, Some(0), "{deleted:?}");
        zeb.skip_to("! …");
    });
}
