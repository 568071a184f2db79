//! The bytes of every message, pinned. They were written by an encoder of another language, by the rules of
//! PROTOCOL.md; a change here is a change of the wire format.

#[path = "golden/document.rs"]
mod document;

use std::{collections::BTreeSet, fmt::Debug};

use bytes::{Bytes, BytesMut};
use chat_proto::{
    Epoch, MemberId, MessageId, Nick, Reaction, Reason, RoomId, RoomName, Secret, Seq, SessionId,
    Text, Time, Token, Topic, Whom,
    frame::{Decoder, FRAME_BYTES_MAX, Frame},
    message::*,
};

/// The request number of every frame here.
const REQUEST: u32 = 0x0A0B_0C0D;

const EPOCH: Epoch = Epoch([0xEE; 16]);
const TOKEN: Token = Token([0x77; 32]);
const ID: MessageId = MessageId([0x1D; 16]);
/// 2026-11-21T12:03:04.123Z.
const AT: Time = Time(1_795_262_584_123);
const OPS: RoomId = RoomId(3);
const BOB: MemberId = MemberId(9);

fn requests() -> Vec<(Request, &'static str)> {
    let post = |action, text: &str, parts, reply_to| Post {
        room: OPS,
        id: ID,
        action,
        text: text.into(),
        parts,
        reply_to,
    };
    let history = |from, limit| History { room: OPS, from, limit };
    vec![
        (
            Hello {
                version_min: 1,
                version_max: 3,
                agent: "chat-tui 0.1.0".into(),
                nick: "alice".into(),
                resume: None,
                login: None,
            }
            .into(),
            "01 03 0e 636861742d74756920302e312e30 05 616c696365 00 00",
        ),
        (
            Hello {
                version_min: 1,
                version_max: 1,
                agent: "".into(),
                nick: "Zoë".into(),
                resume: Some(Resume {
                    token: TOKEN,
                    epoch: EPOCH,
                    cursors: vec![(OPS, Seq(1234)), (RoomId(300), Seq(0))],
                }),
                login: Some(Login::Password { password: Secret::new("tea for 2"), remember: true }),
            }
            .into(),
            "01 01 00 04 5a6fc3ab 01 \
             7777777777777777777777777777777777777777777777777777777777777777 \
             eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 02 03 d209 ac02 00 \
             01 00 09 74656120666f722032 01",
        ),
        (Ping { nonce: u64::MAX }.into(), "ffffffffffffffffff01"),
        (Quit { reason: "good night".into() }.into(), "0a 676f6f64206e69676874"),
        (Join { room: "#ops".into(), after: None }.into(), "04 236f7073 00"),
        (
            Join { room: "#кухня".into(), after: Some(Seq(1234)) }.into(),
            "0b 23d0bad183d185d0bdd18f 01 d209",
        ),
        (Leave { room: OPS, reason: "".into() }.into(), "03 00"),
        (Open { nick: "bob".into() }.into(), "03 626f62"),
        (Rooms { after: "".into() }.into(), "00"),
        (Rooms { after: "#ops".into() }.into(), "04 236f7073"),
        (Names { room: OPS, after: MemberId(130) }.into(), "03 8201"),
        (SetTopic { room: OPS, topic: "tea".into() }.into(), "03 03 746561"),
        (
            post(false, "hi", vec![], None).into(),
            "03 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 00 02 6869 00 00",
        ),
        (
            post(true, "é\n", vec![rust_part()], Some(Seq(1200))).into(),
            "03 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 01 03 c3a90a 01 0b 746578742f782d72757374 02 666e \
             01 b009",
        ),
        (history(Anchor::Latest, 50).into(), "03 00 32"),
        (history(Anchor::Before(Seq(1234)), 500).into(), "03 01 d209 f403"),
        (history(Anchor::After(Seq(0)), 1).into(), "03 02 00 01"),
        (history(Anchor::Since(AT), u16::MAX).into(), "03 03 f6d4e8dfbf68 ffff03"),
        (
            Search { query: "tea in:#ops".into(), before: None, limit: 50 }.into(),
            "0b 74656120696e3a236f7073 00 32",
        ),
        (
            Search { query: "чай".into(), before: Some(1234), limit: 100 }.into(),
            "06 d187d0b0d0b9 01 d209 64",
        ),
        (
            Edit {
                room: OPS,
                target: Seq(1234),
                id: ID,
                text: "hi".into(),
                parts: vec![rust_part()],
            }
            .into(),
            "03 d209 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 02 6869 01 0b 746578742f782d72757374 02 666e",
        ),
        (Delete { room: OPS, target: Seq(1234) }.into(), "03 d209"),
        (
            React { room: OPS, target: Seq(1234), reaction: "👍".into(), on: true }.into(),
            "03 d209 04 f09f918d 01",
        ),
        (
            React { room: OPS, target: Seq(0), reaction: "+1".into(), on: false }.into(),
            "03 00 02 2b31 00",
        ),
        (MarkRead { room: OPS, seq: Seq(1234) }.into(), "03 d209"),
        (Rename { nick: "alice2".into() }.into(), "06 616c69636532"),
        (Whois { nick: "bob".into() }.into(), "03 626f62"),
        (Away { reason: Some("tea".into()) }.into(), "01 03 746561"),
        (Away { reason: None }.into(), "00"),
        (
            Register { password: Secret::new("tea for 2"), remember: false }.into(),
            "09 74656120666f722032 00",
        ),
        (
            LogIn { nick: "alice".into(), password: Secret::new("tea for 2"), remember: true }
                .into(),
            "05 616c696365 09 74656120666f722032 01",
        ),
        (
            SetPassword { old: Secret::new("tea for 2"), new: Secret::new("чай") }.into(),
            "09 74656120666f722032 06 d187d0b0d0b9",
        ),
        (Devices {}.into(), ""),
        (Revoke { device: 300 }.into(), "ac02"),
        (
            SetMode {
                room: OPS,
                private: Some(true),
                read_only: None,
                topic_lock: Some(false),
                slow_secs: Some(300),
            }
            .into(),
            "03 01 01 00 01 00 01 ac02",
        ),
        (SetRole { room: OPS, nick: "bob".into(), role: Role::Owner }.into(), "03 03 626f62 02"),
        (Invite { room: OPS, nick: "bob".into(), on: true }.into(), "03 03 626f62 01"),
        (
            Kick { room: OPS, nick: "bob".into(), reason: "tea".into() }.into(),
            "03 03 626f62 03 746561",
        ),
        (
            Ban { room: OPS, whom: "b*".into(), secs: Some(3600), reason: "tea".into() }.into(),
            "03 02 622a 01 901c 03 746561",
        ),
        (Unban { room: OPS, whom: "b*".into() }.into(), "03 02 622a"),
        (
            Mute { room: OPS, whom: "bob".into(), secs: None, reason: "".into() }.into(),
            "03 03 626f62 00 00",
        ),
        (Unmute { room: OPS, whom: "bob".into() }.into(), "03 03 626f62"),
        (Doors { room: OPS }.into(), "03"),
        (Bars { room: OPS, skip: 100 }.into(), "03 64"),
        (Audit { room: OPS, before: Some(Seq(1234)), limit: 500 }.into(), "03 01 d209 f403"),
        (Administer { words: Secret::new("who") }.into(), "03 77686f"),
    ]
}

fn replies() -> Vec<(Reply, &'static str)> {
    let away_bob =
        |away, since, rooms| Person { member: BOB, nick: nick("bob"), away, since, rooms };
    vec![
        (
            Welcome {
                version: 1,
                server: "chat-server 0.1.0".into(),
                epoch: EPOCH,
                session: SessionId(7),
                member: BOB,
                nick: nick("alice-2"),
                token: TOKEN,
                resumed: false,
                now: AT,
                grace_secs: 300,
                registered: true,
                device: Some(TOKEN),
            }
            .into(),
            "01 11 636861742d73657276657220302e312e30 eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 07 09 \
             07 616c6963652d32 7777777777777777777777777777777777777777777777777777777777777777 \
             00 f6d4e8dfbf68 ac02 01 01 \
             7777777777777777777777777777777777777777777777777777777777777777",
        ),
        (Pong { nonce: u64::MAX }.into(), "ffffffffffffffffff01"),
        (Done {}.into(), ""),
        (
            Failed { code: ErrorCode::NickTaken, text: "try alice-2".into() }.into(),
            "15 0b 74727920616c6963652d32",
        ),
        (Failed { code: ErrorCode::Other(999), text: String::new() }.into(), "e707 00"),
        (Entered { room: ops() }.into(), "03 00 04 236f7073 03 746561 02 d109 d209"),
        (Entered { room: with_bob() }.into(), "04 01 09 03 626f62 00 02 00 00"),
        (
            RoomList {
                rooms: vec![
                    RoomListItem { name: room("#lobby"), members: 0, topic: Topic::default() },
                    RoomListItem { name: room("#ops"), members: 200, topic: topic("tea") },
                ],
                more: true,
            }
            .into(),
            "02 06 236c6f626279 00 00 04 236f7073 c801 03 746561 01",
        ),
        (RoomList { rooms: vec![], more: false }.into(), "00 00"),
        (
            NameList {
                room: OPS,
                members: vec![
                    MemberInfo { member: BOB, nick: nick("bob"), away: false },
                    MemberInfo { member: MemberId(10), nick: nick("alice"), away: true },
                ],
                more: false,
            }
            .into(),
            "03 02 09 03 626f62 00 0a 05 616c696365 01 00",
        ),
        (Posted { room: OPS, seq: Seq(1234), at: AT }.into(), "03 d209 f6d4e8dfbf68"),
        (
            Page {
                room: OPS,
                items: vec![
                    PageItem { entry: entry(1234, said("hi")), outcome: vec![] },
                    PageItem { entry: entry(1234, said("hi")), outcome: outcome().bytes() },
                ],
                more: true,
                as_of: Seq(1300),
            }
            .into(),
            "03 02 d209 f6d4e8dfbf68 09 03 626f62 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 01 05 0268690000 \
             00 d209 f6d4e8dfbf68 09 03 626f62 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 01 05 0268690000 \
             17 01d809f6d4e8dfbf68 02 04f09f918dac0201 022b310100 \
             01 940a",
        ),
        (
            Found {
                hits: vec![
                    Hit {
                        room: OPS,
                        name: ops().name,
                        entry: entry(1234, said("hi")),
                        outcome: Outcome { reactions: vec![], ..outcome() }.bytes(),
                    },
                    Hit {
                        room: RoomId(4),
                        name: with_bob().name,
                        entry: entry(2, said("hi")),
                        outcome: vec![],
                    },
                ],
                next: Some(300),
                indexed_up_to: Some(AT),
            }
            .into(),
            "02 03 00 04 236f7073 \
             d209 f6d4e8dfbf68 09 03 626f62 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 01 05 0268690000 \
             0a 01d809f6d4e8dfbf6800 \
             04 01 09 03 626f62 \
             02 f6d4e8dfbf68 09 03 626f62 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 01 05 0268690000 00 \
             01 ac02 01 f6d4e8dfbf68",
        ),
        (Found { hits: vec![], next: None, indexed_up_to: None }.into(), "00 00 00"),
        (
            away_bob(Some(reason("tea")), AT, vec![room("#lobby"), room("#ops")]).into(),
            "09 03 626f62 01 03 746561 f6d4e8dfbf68 02 06 236c6f626279 04 236f7073",
        ),
        (away_bob(None, Time(-1), vec![]).into(), "09 03 626f62 00 01 00"),
        (LoggedIn { member: BOB, nick: nick("bob"), device: None }.into(), "09 03 626f62 00"),
        (DeviceList { devices: vec![device()] }.into(), "01 01 02 6e63 00 f6d4e8dfbf68 01"),
        (
            RoomDoors {
                room: OPS,
                role: Role::Moderator,
                private: true,
                read_only: false,
                topic_lock: true,
                slow_secs: 300,
                staff: vec![bob_as(Role::Owner)],
            }
            .into(),
            "03 01 01 00 01 ac02 01 09 03 626f62 02",
        ),
        (
            BarList { room: OPS, bars: vec![bar_item()], more: false }.into(),
            "03 01 01 03 626f62 00 03 746561 05 616c696365 f6d4e8dfbf68 00",
        ),
        (Lines { lines: vec!["a".into(), String::new()] }.into(), "02 01 61 00"),
    ]
}

fn events() -> Vec<(Event, &'static str)> {
    let (member, nick) = (BOB, nick("bob"));
    let unknown = Content::Unknown { kind: 700, body: vec![0xC0, 0xFF, 0xEE] };
    let away = |away| MemberAway { room: OPS, member, nick: nick.clone(), away };
    vec![
        (
            RoomEntry { room: OPS, entry: entry(1234, said("hi")) }.into(),
            "03 d209 f6d4e8dfbf68 09 03 626f62 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d 01 05 0268690000",
        ),
        (
            RoomEntry { room: OPS, entry: entry(1235, unknown) }.into(),
            "03 d309 f6d4e8dfbf68 09 03 626f62 1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d bc05 03 c0ffee",
        ),
        (RoomOpened { room: ops() }.into(), "03 00 04 236f7073 03 746561 02 d109 d209"),
        (RoomOpened { room: with_bob() }.into(), "04 01 09 03 626f62 00 02 00 00"),
        (RoomClosed { room: OPS, reason: Reason::default() }.into(), "03 00"),
        (
            ReadMarker { room: OPS, read: Seq(1200), unread: 34, mentions: 2, as_of: Seq(1234) }
                .into(),
            "03 b009 22 02 d209",
        ),
        (MemberJoined { room: OPS, member, nick: nick.clone() }.into(), "03 09 03 626f62"),
        (
            MemberLeft { room: OPS, member, nick: nick.clone(), quit: true, reason: reason("bye") }
                .into(),
            "03 09 03 626f62 01 03 627965",
        ),
        (
            MemberRenamed { room: OPS, member, old: nick.clone(), nick: crate::nick("rob") }.into(),
            "03 09 03 626f62 03 726f62",
        ),
        (away(Some(reason("tea"))).into(), "03 09 03 626f62 01 03 746561"),
        (away(None).into(), "03 09 03 626f62 00"),
        (MembersStale { room: OPS }.into(), "03"),
        (Alive {}.into(), ""),
        (
            Closing {
                code: ErrorCode::ShuttingDown,
                text: "restart".into(),
                come_back_millis: Some(2000),
            }
            .into(),
            "0a 07 72657374617274 01 d00f",
        ),
        (
            Closing { code: ErrorCode::Displaced, text: String::new(), come_back_millis: None }
                .into(),
            "0c 00 00",
        ),
        (Slowed { per_sec: 300 }.into(), "ac 02"),
        (Invited { room: room("#ops"), by: crate::nick("bob") }.into(), "04 236f7073 03 626f62"),
        (Announced { text: Reason::clean("tea").expect("short") }.into(), "03 746561"),
    ]
}

fn contents() -> Vec<(Content, u16, &'static str)> {
    vec![
        (said("hi"), 1, "02 6869 00 00"),
        (
            Content::Text(Said { parts: vec![rust_part()], ..Said::plain(text("fn")) }),
            1,
            "02 666e 01 0b 746578742f782d72757374 02 666e 00",
        ),
        (
            Content::Action(Said { reply_to: Some(Seq(1200)), ..Said::plain(text("waves")) }),
            2,
            "05 7761766573 00 01 b009",
        ),
        (Content::Topic(topic("tea")), 3, "03 746561"),
        (Content::Topic(Topic::default()), 3, "00"),
        (
            Content::Edited { target: Seq(1234), said: Some(Said::plain(text("hi"))) },
            4,
            "d209 01 02 6869 00 00",
        ),
        (Content::Edited { target: Seq(1234), said: None }, 4, "d209 00"),
        (Content::Deleted { target: Seq(1234) }, 5, "d209"),
        (
            Content::Reacted { target: Seq(1234), reaction: reaction("👍"), on: true },
            6,
            "d209 04 f09f918d 01",
        ),
        (
            Content::Reacted { target: Seq(1234), reaction: reaction("+1"), on: false },
            6,
            "d209 02 2b31 00",
        ),
        (Content::Erased { by: BOB, nick: nick("bob") }, 7, "09 03 626f62"),
        (Content::Door(Door::Mode(mode())), 20, "01 00 01 ac02"),
        (
            Content::Door(Door::Role { member: BOB, nick: nick("bob"), role: Role::Moderator }),
            21,
            "09 03 626f62 01",
        ),
        (
            Content::Door(Door::Invited { member: BOB, nick: nick("bob"), on: true }),
            22,
            "09 03 626f62 01",
        ),
        (
            Content::Door(Door::Kicked { member: BOB, nick: nick("bob"), reason: reason("tea") }),
            23,
            "09 03 626f62 03 746561",
        ),
        (
            Content::Door(Door::Banned(bar("b*", Some(AT), "tea"))),
            24,
            "02 622a 01 f6d4e8dfbf68 03 746561",
        ),
        (
            Content::Door(Door::Unbanned { whom: whom("203.0.113.0/24") }),
            25,
            "0e 3230332e302e3131332e302f3234",
        ),
        (Content::Door(Door::Muted(bar("from:bob", None, ""))), 26, "08 66726f6d3a626f62 00 00"),
        (Content::Door(Door::Unmuted { whom: whom("bob") }), 27, "03 626f62"),
        (Content::Unknown { kind: 700, body: vec![0xC0, 0xFF, 0xEE] }, 700, "c0ffee"),
        (Content::Unknown { kind: 1, body: vec![0xFF] }, 1, "ff"),
    ]
}

const fn mode() -> Mode {
    Mode { private: true, read_only: false, topic_lock: true, slow_secs: 300 }
}

fn whom(text: &str) -> Whom {
    Whom::parse(text).expect("somebody")
}

fn bar(of: &str, until: Option<Time>, why: &str) -> Bar {
    Bar { whom: whom(of), until, reason: reason(why) }
}

fn bar_item() -> BarItem {
    BarItem { mute: true, bar: bar("bob", None, "tea"), by: nick("alice"), at: AT }
}

fn bob_as(role: Role) -> Staff {
    Staff { member: BOB, nick: nick("bob"), role }
}

const CODES: &[(u16, &str, ErrorCode)] = &[
    (1, "bad-frame", ErrorCode::BadFrame),
    (2, "unknown-request", ErrorCode::UnknownRequest),
    (3, "bad-version", ErrorCode::BadVersion),
    (4, "bad-order", ErrorCode::BadOrder),
    (5, "unknown-command", ErrorCode::UnknownCommand),
    (6, "usage", ErrorCode::Usage),
    (7, "too-long", ErrorCode::TooLong),
    (8, "empty", ErrorCode::Empty),
    (9, "busy", ErrorCode::Busy),
    (10, "closing", ErrorCode::ShuttingDown),
    (11, "timeout", ErrorCode::Timeout),
    (12, "displaced", ErrorCode::Displaced),
    (13, "internal", ErrorCode::Internal),
    (14, "tls-only", ErrorCode::TlsOnly),
    (20, "bad-nick", ErrorCode::BadNick),
    (21, "nick-taken", ErrorCode::NickTaken),
    (22, "no-nick", ErrorCode::NoNick),
    (23, "registered", ErrorCode::Registered),
    (30, "bad-room", ErrorCode::BadRoom),
    (31, "no-room", ErrorCode::NoRoom),
    (32, "not-joined", ErrorCode::NotJoined),
    (33, "look-alike", ErrorCode::LookAlike),
    (34, "too-many-rooms", ErrorCode::TooManyRooms),
    (35, "private", ErrorCode::Private),
    (40, "id-reused", ErrorCode::IdReused),
    (41, "unavailable", ErrorCode::Unavailable),
    (42, "outcome-unknown", ErrorCode::OutcomeUnknown),
    (43, "no-message", ErrorCode::NoMessage),
    (44, "not-yours", ErrorCode::NotYours),
    (45, "bad-reaction", ErrorCode::BadReaction),
    (46, "too-many-reactions", ErrorCode::TooManyReactions),
    (60, "bad-login", ErrorCode::BadLogin),
    (61, "bad-password", ErrorCode::BadPassword),
    (62, "locked-out", ErrorCode::LockedOut),
    (63, "login-needed", ErrorCode::LoginNeeded),
    (64, "tls-needed", ErrorCode::TlsNeeded),
    (65, "no-registration", ErrorCode::NoRegistration),
    (66, "logged-in", ErrorCode::LoggedIn),
    (67, "no-device", ErrorCode::NoDevice),
    (70, "not-allowed", ErrorCode::NotAllowed),
    (71, "banned", ErrorCode::Banned),
    (72, "muted", ErrorCode::Muted),
    (73, "read-only", ErrorCode::ReadOnly),
    (74, "slow-mode", ErrorCode::SlowMode),
    (75, "too-many", ErrorCode::TooMany),
];

/// The numbers of the messages, in the order of the tables above.
const KINDS: &[(u16, &str)] = &[
    (0x0001, "Hello"),
    (0x0002, "Ping"),
    (0x0003, "Quit"),
    (0x0010, "Join"),
    (0x0011, "Leave"),
    (0x0012, "Open"),
    (0x0013, "Rooms"),
    (0x0014, "Names"),
    (0x0015, "SetTopic"),
    (0x0020, "Post"),
    (0x0021, "History"),
    (0x0022, "Search"),
    (0x0023, "Edit"),
    (0x0024, "Delete"),
    (0x0025, "React"),
    (0x0026, "MarkRead"),
    (0x0030, "Rename"),
    (0x0031, "Whois"),
    (0x0032, "Away"),
    (0x0040, "Register"),
    (0x0041, "LogIn"),
    (0x0042, "SetPassword"),
    (0x0043, "Devices"),
    (0x0044, "Revoke"),
    (0x0050, "SetMode"),
    (0x0051, "SetRole"),
    (0x0052, "Invite"),
    (0x0053, "Kick"),
    (0x0054, "Ban"),
    (0x0055, "Unban"),
    (0x0056, "Mute"),
    (0x0057, "Unmute"),
    (0x0058, "Doors"),
    (0x0059, "Bars"),
    (0x005A, "Audit"),
    (0x0060, "Administer"),
    (0x4001, "Welcome"),
    (0x4002, "Pong"),
    (0x4003, "Done"),
    (0x4004, "Failed"),
    (0x4010, "Entered"),
    (0x4013, "RoomList"),
    (0x4014, "NameList"),
    (0x4020, "Posted"),
    (0x4021, "Page"),
    (0x4022, "Found"),
    (0x4031, "Person"),
    (0x4041, "LoggedIn"),
    (0x4043, "DeviceList"),
    (0x4058, "RoomDoors"),
    (0x4059, "BarList"),
    (0x4060, "Lines"),
    (0x8001, "RoomEntry"),
    (0x8002, "RoomOpened"),
    (0x8003, "RoomClosed"),
    (0x8004, "ReadMarker"),
    (0x8010, "MemberJoined"),
    (0x8011, "MemberLeft"),
    (0x8012, "MemberRenamed"),
    (0x8013, "MemberAway"),
    (0x8014, "MembersStale"),
    (0x8020, "Alive"),
    (0x8021, "Closing"),
    (0x8022, "Slowed"),
    (0x8030, "Invited"),
    (0x8031, "Announced"),
];

#[test]
fn requests_have_these_bytes() {
    check_all(&requests(), Request::KINDS);
}

#[test]
fn replies_have_these_bytes() {
    check_all(&replies(), Reply::KINDS);
}

#[test]
fn events_have_these_bytes() {
    check_all(&events(), Event::KINDS);
}

#[test]
fn messages_have_these_numbers() {
    assert_eq!([Request::KINDS, Reply::KINDS, Event::KINDS].concat(), KINDS);
}

#[test]
fn contents_have_these_bytes() {
    for (content, kind, hex) in contents() {
        assert_eq!(content.kind(), kind, "{content:?}");
        assert_eq!(to_hex(&content.body()), squeezed(hex), "{content:?}");
        assert_eq!(Content::read(kind, &from_hex(hex)), content);
    }
}

#[test]
fn outcomes_have_these_bytes() {
    assert_eq!(Outcome::default().bytes(), b"");
    assert_eq!(Outcome::read(b""), Outcome::default());
    let hex = "01 d809 f6d4e8dfbf68 02 04 f09f918d ac02 01 02 2b31 01 00";
    assert_eq!(to_hex(&outcome().bytes()), squeezed(hex));
    assert_eq!(Outcome::read(&from_hex(hex)), outcome());
}

#[test]
fn error_codes_have_these_numbers_and_words() {
    assert_eq!(CODES.iter().map(|&(.., code)| code).collect::<Vec<_>>(), ErrorCode::ALL);
    for &(number, word, code) in CODES {
        assert_eq!((u16::from(code), code.as_str()), (number, word));
        assert_eq!(ErrorCode::from(number), code);
        let failed = Reply::from(Failed { code, text: String::new() });
        check(&failed, &format!("{number:02x} 00"));
    }
}

/// Every value has its bytes, and every number of the family has a value.
fn check_all<M: Message + Debug + PartialEq>(table: &[(M, &str)], kinds: &[(u16, &str)]) {
    let covered: BTreeSet<_> = table.iter().map(|(value, hex)| check(value, hex)).collect();
    let all: BTreeSet<_> = kinds.iter().map(|&(kind, name)| (kind, name.to_owned())).collect();
    assert_eq!(covered, all, "every type has golden bytes");
}

/// Writes and reads one message; its number and name.
#[track_caller]
fn check<M: Message + Debug + PartialEq>(value: &M, payload: &str) -> (u16, String) {
    let mut stream = BytesMut::new();
    value.write(REQUEST, &mut stream);
    let shown = format!("{value:?}");
    let name = shown.split('(').next().expect("a name").to_owned();
    let kind = KINDS.iter().find(|(_, known)| *known == name).expect("a known name").0;
    assert_eq!(to_hex(&stream), header(kind, payload) + &squeezed(payload), "{shown}");

    let frames = frames(&mut stream);
    let [frame] = frames.as_slice() else { panic!("one frame: {frames:?}") };
    assert_eq!((frame.kind, frame.request), (kind, REQUEST));
    assert_eq!(M::read(frame).expect("a readable payload").as_ref(), Some(value));
    check_ends(value, frame);
    (kind, name)
}

/// How many of a message's last fields its first version lacked.
const GROWN: &[(u16, usize)] = &[(0x0001, 1), (0x4001, 2)];

/// Bytes behind the fields are ignored; a payload that ends before its last field is told from a whole one, unless it is
/// one of an older version.
#[track_caller]
fn check_ends<M: Message + Debug + PartialEq>(value: &M, frame: &Frame) {
    let with = |payload: &[u8]| Frame { payload: Bytes::copy_from_slice(payload), ..frame.clone() };
    let longer = with(&[&frame.payload[..], b"\x05newer"].concat());
    assert_eq!(M::read(&longer).expect("a readable payload").as_ref(), Some(value));
    let malformed = Malformed { kind: frame.kind, request: frame.request };
    let cut = (0..frame.payload.len()).map(|end| M::read(&with(&frame.payload[..end])));
    let (older, rest): (Vec<_>, Vec<_>) = cut.partition(Result::is_ok);
    assert!(rest.iter().all(|read| *read == Err(malformed)), "{value:?}");
    let grown = GROWN.iter().find(|(kind, _)| *kind == frame.kind).map_or(0, |(_, fields)| *fields);
    assert_eq!(older.len(), grown, "{value:?} cut off: {older:?}");
}

/// The ten bytes before a payload: its length and six, its type, its request number, least byte first.
fn header(kind: u16, payload: &str) -> String {
    let length = u32::try_from(from_hex(payload).len() + 6).expect("a short payload");
    to_hex(&[&length.to_le_bytes()[..], &kind.to_le_bytes(), &REQUEST.to_le_bytes()].concat())
}

fn frames(stream: &mut BytesMut) -> Vec<Frame> {
    let mut decoder = Decoder::new(FRAME_BYTES_MAX);
    let frames = std::iter::from_fn(|| decoder.next(stream).expect("a readable frame")).collect();
    assert!(stream.is_empty(), "nothing stands behind the last frame");
    frames
}

fn entry(seq: u64, content: Content) -> Entry {
    let (kind, body) = (content.kind(), content.body());
    Entry { seq: Seq(seq), at: AT, by: BOB, nick: nick("bob"), id: ID, kind, body }
}

fn device() -> DeviceInfo {
    let name = Reason::clean("nc").expect("a name");
    DeviceInfo { device: 1, name, created: Time(0), used: AT, here: true }
}

fn ops() -> RoomInfo {
    RoomInfo {
        room: OPS,
        name: Conversation::Public(room("#ops")),
        topic: topic("tea"),
        members: 2,
        after: Seq(1233),
        head: Seq(1234),
    }
}

fn with_bob() -> RoomInfo {
    RoomInfo {
        room: RoomId(4),
        name: Conversation::Direct(BOB, nick("bob")),
        topic: Topic::default(),
        members: 2,
        after: Seq(0),
        head: Seq(0),
    }
}

fn said(what: &str) -> Content {
    Content::Text(Said::plain(text(what)))
}

fn outcome() -> Outcome {
    Outcome {
        edited: Some(EditMark { seq: Seq(1240), at: AT }),
        reactions: vec![
            ReactionCount { reaction: reaction("👍"), count: 300, mine: true },
            ReactionCount { reaction: reaction("+1"), count: 1, mine: false },
        ],
    }
}

fn rust_part() -> Part {
    Part { kind: "text/x-rust".into(), bytes: b"fn".to_vec() }
}

fn nick(name: &str) -> Nick {
    Nick::parse(name).expect("a nick")
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).expect("a room name")
}

fn text(what: &str) -> Text {
    Text::clean(what).expect("a text")
}

fn topic(what: &str) -> Topic {
    Topic::clean(what).expect("a topic")
}

fn reaction(what: &str) -> Reaction {
    Reaction::parse(what).expect("a reaction")
}

fn reason(what: &str) -> Reason {
    Reason::clean(what).expect("a reason")
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(hex: &str) -> Vec<u8> {
    let hex = squeezed(hex);
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn squeezed(hex: &str) -> String {
    hex.split_whitespace().collect()
}
