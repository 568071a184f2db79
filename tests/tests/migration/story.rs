//! What was said before, and how one sees that all of it is still there.

use std::net::SocketAddr;

use chat_proto::{
    RoomId, Secret,
    message::{
        Away, Content, Conversation, Done, Entered, Entry, Event, Found, Hello, Login, Open, Part,
        Person, Posted, RoomOpened, Search, SetTopic, Whois,
    },
};
use chat_tests::{
    framed::{Framed, Left, hello, message_id, post},
    netcat::Netcat,
};

const ROOM: &str = "#чай";
const EMPTY: &str = "#empty";
const FIRST: &str = "Привет, 大家你好吗";
/// What alice has not heard when she goes.
const MISSED: [&str; 3] = ["topic: Kettle talk", "/me pours", "fn main() {} [text/x-rust 00ff]"];

/// Something of every kind; what alice leaves, who has heard only the first of it.
pub(crate) fn tell(address: SocketAddr) -> Left {
    let (mut alice, mut bob) = (Framed::connect(address, "alice"), Framed::connect(address, "bob"));
    let room = alice.join(ROOM);
    bob.join(ROOM);
    let _first: Posted = alice.ask(post(room, message_id(1), FIRST));
    assert_eq!(said(&alice.entry(room)), FIRST);
    let left = alice.left();
    let _topic: Posted = alice.ask(SetTopic { room, topic: "Kettle talk".into() });
    let mut action = post(room, message_id(2), "pours");
    action.action = true;
    let _second: Posted = bob.ask(action);
    let mut code = post(room, message_id(3), "fn main() {}");
    code.parts = vec![Part { kind: "text/x-rust".into(), bytes: vec![0, 255] }];
    let _third: Posted = bob.ask(code);
    let direct = between(&mut alice);
    alice.say(direct, "between us");
    let _away: Done = bob.ask(Away { reason: Some("at tea".into()) });
    let mut carol = Framed::connect(address, "carol");
    let empty = carol.join(EMPTY);
    carol.say(empty, "nobody stays here");
    carol.quit();
    let mut dora = Netcat::connect(address);
    dora.send(&format!("/register {DORA} {PASSWORD}"));
    dora.send(&format!("/join {EMPTY}"));
    dora.skip_to(&format!("* joined {EMPTY}"));
    dora.send("/quit");
    dora.read_to_end();
    left
}

/// The first schema with accounts.
const ACCOUNTS_SINCE: i64 = 4;
const DORA: &str = "dora";
const PASSWORD: &str = "tea4dora";

/// An account is still its owner's, with its rooms.
pub(crate) fn check_account(address: SocketAddr, schema: i64) {
    if schema >= ACCOUNTS_SINCE {
        let login = Login::Password { password: Secret::new(PASSWORD), remember: false };
        let hello = Hello { login: Some(login), ..hello(DORA, None) };
        let mut dora = Framed::hello(address, hello);
        assert!(dora.welcome.registered);
        dora.event(|event| match event {
            Event::RoomOpened(RoomOpened { room }) => {
                matches!(room.name, Conversation::Public(name) if name.as_str() == EMPTY)
                    .then_some(())
            }
            _ => None,
        });
    }
}

/// Alice comes back and finds it, and it goes on.
pub(crate) fn check(alice: &mut Framed) {
    let room = alice.join(ROOM);
    let missed: Vec<_> = MISSED.iter().map(|_| said(&alice.entry(room))).collect();
    assert_eq!(missed, MISSED);
    let all = history(alice, room);
    assert_eq!((&*all[0], &all[1..]), (FIRST, &missed[..]));
    let (direct, empty) = (between(alice), alice.join(EMPTY));
    assert_eq!(history(alice, direct), ["between us"]);
    assert_eq!(history(alice, empty), ["nobody stays here"]);
    for query in ["ПРИВЕТ 你好", "between", "stays in:#empty", "from:bob pours"] {
        let found: Found = alice.ask(Search { query: query.into(), before: None, limit: 10 });
        assert_eq!(found.hits.len(), 1, "{query}");
    }
    let bob: Person = alice.ask(Whois { nick: "bob".into() });
    assert_eq!(bob.away.expect("he is away").as_str(), "at tea");
    let still: Posted = alice.ask(post(room, message_id(101), "still here"));
    let here: Posted = alice.ask(post(direct, message_id(102), "and here"));
    assert_eq!((still.seq.0, here.seq.0), (5, 2));
}

fn between(alice: &mut Framed) -> RoomId {
    let entered: Entered = alice.ask(Open { nick: "bob".into() });
    entered.room.room
}

fn history(client: &mut Framed, room: RoomId) -> Vec<String> {
    client.history(room).iter().map(said).collect()
}

fn said(entry: &Entry) -> String {
    match entry.content() {
        Content::Text(said) if said.parts.is_empty() => said.text.to_string(),
        Content::Text(said) => {
            let part = &said.parts[0];
            let bytes: String = part.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{} [{} {bytes}]", said.text, part.kind)
        }
        Content::Action(said) => format!("/me {}", said.text),
        Content::Topic(topic) => format!("topic: {topic}"),
        other => format!("{other:?}"),
    }
}
