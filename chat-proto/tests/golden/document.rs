//! PROTOCOL.md says what the code does: its tables and its session in bytes, compared.

use std::fmt::Debug;

use chat_proto::{
    message::*,
    version::{MAGIC, VERSION_MAX, VERSION_MIN, magic_end},
};

use super::*;

const DOCUMENT: &str = include_str!("../../PROTOCOL.md");

#[test]
fn every_type_stands_in_its_table_with_its_fields() {
    check_table("## Requests", Request::KINDS, &requests());
    check_table("## Replies", Reply::KINDS, &replies());
    check_table("## Events", Event::KINDS, &events());
}

#[test]
fn every_structure_stands_in_its_table_with_its_fields() {
    let Content::Text(said) = said("hi") else { unreachable!("a text") };
    let resume = Resume { token: TOKEN, epoch: EPOCH, cursors: vec![] };
    let item = RoomListItem { name: room("#ops"), members: 0, topic: Topic::default() };
    let member = MemberInfo { member: BOB, nick: nick("bob"), away: false };
    let item_of_page = PageItem { entry: entry(1, Content::Text(said.clone())), outcome: vec![] };
    let hit = Hit {
        room: OPS,
        name: ops().name,
        entry: entry(1, Content::Text(said.clone())),
        outcome: vec![],
    };
    let expected = [
        structure(&resume),
        structure(&rust_part()),
        structure(&ops()),
        structure(&item),
        structure(&member),
        structure(&entry(1, Content::Text(said.clone()))),
        structure(&said),
        structure(&item_of_page),
        structure(&hit),
        structure(&outcome()),
        structure(&EditMark { seq: Seq(1), at: AT }),
        structure(&outcome().reactions[0]),
        structure(&mode()),
        structure(&bar_item().bar),
        structure(&bob_as(Role::Owner)),
        structure(&bar_item()),
        structure(&device()),
    ];
    let listed: Vec<_> = rows("## Types")
        .filter(|row| row.len() == 2 && row[0].starts_with('`'))
        .map(|row| (code(row[0]).to_owned(), field_names(row[1])))
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn every_choice_stands_in_its_table() {
    let anchors =
        [Anchor::Latest, Anchor::Before(Seq(1)), Anchor::After(Seq(1)), Anchor::Since(AT)];
    let names = [ops().name, with_bob().name];
    let logins = [
        Login::Password { password: Secret::default(), remember: false },
        Login::Register { password: Secret::default(), remember: false },
        Login::Device(TOKEN),
    ];
    let roles = [Role::Member, Role::Moderator, Role::Owner];
    let expected: Vec<_> = (names.iter().map(|name| choice("Conversation", name)))
        .chain(anchors.iter().map(|anchor| choice("Anchor", anchor)))
        .chain(logins.iter().map(|login| choice("Login", login)))
        .chain(roles.iter().map(|role| choice("Role", role)))
        .collect();
    let listed: Vec<_> = rows("## Types")
        .filter(|row| row.len() == 4 && row[0].starts_with('`'))
        .map(|row| (code(row[0]).to_owned(), row[1].to_owned(), code(row[2]).to_owned()))
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn every_kind_of_entry_stands_in_its_table() {
    let mut expected: Vec<_> = contents()
        .iter()
        .filter(|(content, ..)| !matches!(content, Content::Unknown { .. }))
        .map(|(content, kind, _)| match content {
            Content::Door(door) => (kind.to_string(), variant(door)),
            content => (kind.to_string(), variant(content)),
        })
        .collect();
    expected.dedup();
    let listed: Vec<_> =
        numbered("## Entries").map(|row| (row[0].to_owned(), code(row[1]).to_owned())).collect();
    assert_eq!(listed, expected);
}

#[test]
fn every_error_code_stands_in_its_table() {
    let listed: Vec<_> =
        numbered("## Errors").map(|row| (row[0].to_owned(), code(row[1]))).collect();
    let expected: Vec<_> =
        CODES.iter().map(|&(number, word, _)| (number.to_string(), word)).collect();
    assert_eq!(listed, expected);
}

#[test]
fn every_limit_stands_in_its_table() {
    use chat_proto::{frame, line, name, reaction, text, version, whom};
    let limits: Vec<_> = rows("# Limits").map(|row| row.join(" ").replace(',', "")).collect();
    for limit in [
        version::PREAMBLE_BYTES_MAX,
        FRAME_BYTES_MAX,
        frame::HELLO_BYTES_MAX,
        text::TEXT_BYTES_MAX,
        text::TOPIC_BYTES_MAX,
        text::REASON_BYTES_MAX,
        PARTS_MAX,
        PARTS_BYTES_MAX,
        name::NICK_CHARS_MAX,
        name::ROOM_CHARS_MAX,
        line::LINE_BYTES_MAX,
        reaction::REACTION_BYTES_MAX,
        whom::MASK_CHARS_MAX,
    ] {
        let digits = limit.to_string();
        let listed = |row: &String| row.split_whitespace().any(|word| word == digits);
        assert!(limits.iter().any(listed), "{limit} is listed in {limits:#?}");
    }
    assert_eq!((VERSION_MIN, VERSION_MAX), (1, 1), "the document tells of version 1");
}

#[test]
fn every_command_of_line_mode_stands_in_its_table() {
    let listed: Vec<_> = rows("## Lines in")
        .flat_map(|row| row.into_iter().take(2))
        .flat_map(|cell| cell.split('`').filter(|text| text.starts_with('/')))
        .map(|command| command.replace('\\', ""))
        .collect();
    for line in chat_proto::line::HELP {
        let usage = line.split("  ").next().expect("a usage");
        for command in usage.split(", ").filter(|text| text.starts_with('/')) {
            let word = command.split(' ').next();
            let known = listed.iter().any(|known| known.split(' ').next() == word);
            assert!(known, "{command} of /help is in {listed:#?}");
        }
    }
    for command in &listed {
        let word = command.split(' ').next().expect("a word");
        let usage = chat_proto::line::Command::parse(word);
        let unknown = matches!(usage, Err(chat_proto::line::Usage::Unknown(_)));
        assert!(!unknown, "{word} is a command");
    }
}

#[test]
fn the_session_in_bytes_is_one() {
    let (requests, replies, events) = session();
    let mut client = BytesMut::from(&MAGIC[..]);
    for (number, request) in (1..).zip(&requests) {
        request.write(number, &mut client);
    }
    assert_eq!(to_hex(&client), stream('C'));

    let sent = from_hex(&stream('S'));
    let end = magic_end(&sent).expect("the magic");
    let (mut got_replies, mut got_events) = (Vec::new(), Vec::new());
    for frame in frames(&mut BytesMut::from(&sent[end..])) {
        match frame.request {
            0 => got_events.extend(Event::read(&frame).expect("an event")),
            number => {
                got_replies.extend(Reply::read(&frame).expect("a reply").map(|it| (number, it)))
            }
        }
    }
    assert_eq!(got_replies, (1..).zip(replies).collect::<Vec<_>>());
    assert_eq!(got_events, events);
}

/// What the session in bytes stands for.
fn session() -> (Vec<Request>, Vec<Reply>, Vec<Event>) {
    let token = Token(std::array::from_fn(|at| 0x70 + at as u8));
    let epoch = Epoch(std::array::from_fn(|at| 0xE0 + at as u8));
    let (bobs, own) =
        (0x019A_A5FA_DB1B_7000_8000_0000_0000_0007, 0x019A_A5FB_C57B_7000_8000_0000_0000_002A);
    let (bobs, own) = (MessageId(u128::to_be_bytes(bobs)), MessageId(u128::to_be_bytes(own)));
    let (posted, alice) = (Time(AT.0 + 877), MemberId(9));
    let requests = vec![
        Hello {
            version_min: 1,
            version_max: 1,
            agent: "demo 1.0".into(),
            nick: "alice".into(),
            resume: None,
            login: None,
        }
        .into(),
        Join { room: "#ops".into(), after: Some(Seq(1232)) }.into(),
        Post {
            room: OPS,
            id: own,
            action: false,
            text: "hello".into(),
            parts: vec![],
            reply_to: None,
        }
        .into(),
        Ping { nonce: 300 }.into(),
        Quit { reason: "bye".into() }.into(),
    ];
    let welcome = Welcome {
        version: 1,
        server: "chat-server 0.1.0".into(),
        epoch,
        session: SessionId(7),
        member: alice,
        nick: nick("alice"),
        token,
        resumed: false,
        now: AT,
        grace_secs: 60,
        registered: false,
        device: None,
    };
    let replies = vec![
        welcome.into(),
        Entered { room: RoomInfo { after: Seq(1232), head: Seq(1233), ..ops() } }.into(),
        Posted { room: OPS, seq: Seq(1234), at: posted }.into(),
        Pong { nonce: 300 }.into(),
        Done {}.into(),
    ];
    let lobby = RoomInfo {
        room: RoomId(1),
        name: Conversation::Public(room("#lobby")),
        topic: Topic::default(),
        members: 2,
        after: Seq(310),
        head: Seq(310),
    };
    let from_bob =
        Entry { at: Time(AT.0 - 60_000), by: MemberId(8), id: bobs, ..entry(1233, said("hi")) };
    let from_alice =
        Entry { at: posted, by: alice, nick: nick("alice"), id: own, ..entry(1234, said("hello")) };
    let events = vec![
        RoomOpened { room: lobby }.into(),
        RoomEntry { room: OPS, entry: from_bob }.into(),
        RoomEntry { room: OPS, entry: from_alice }.into(),
        Alive {}.into(),
    ];
    (requests, replies, events)
}

/// All bytes of one direction of the session.
fn stream(direction: char) -> String {
    section("## A session in bytes")
        .lines()
        .filter_map(|line| line.strip_prefix(direction)?.strip_prefix(' '))
        .map(|line| squeezed(line.split("  ").next().expect("bytes before the remark")))
        .collect()
}

/// The table lists the family's types in order, each with the field names of its values.
#[track_caller]
fn check_table<M: Debug>(heading: &str, kinds: &[(u16, &str)], values: &[(M, &str)]) {
    let mut expected: Vec<_> = values.iter().map(|(value, _)| structure(value)).collect();
    expected.dedup();
    let listed: Vec<_> = rows(heading)
        .filter(|row| row[0].starts_with("0x"))
        .map(|row| (code(row[1]).to_owned(), field_names(row[2])))
        .collect();
    assert_eq!(listed, expected);
    let numbers: Vec<_> =
        rows(heading).map(|row| row[0]).filter(|cell| cell.starts_with("0x")).collect();
    let expected: Vec<_> = kinds.iter().map(|(kind, _)| format!("{kind:#06x}")).collect();
    assert_eq!(numbers, expected);
}

/// The name and the field names of a structure, or of the one within a variant, by its `Debug`.
fn structure(value: &impl Debug) -> (String, Vec<String>) {
    let shown = format!("{value:#?}");
    let within =
        shown.lines().nth(1).is_some_and(|line| line.ends_with('{') && !line.contains(':'));
    let indent = if within { "        " } else { "    " };
    let field = |line: &str| {
        let name = line.strip_prefix(indent)?.split_once(": ")?.0;
        (!name.starts_with(' ')).then(|| name.to_owned())
    };
    (variant(value), shown.lines().filter_map(field).collect())
}

fn choice(name: &str, value: &(impl Debug + serde::Serialize)) -> (String, String, String) {
    let bytes = postcard::to_stdvec(value).expect("writing to memory does not fail");
    (name.to_owned(), bytes[0].to_string(), variant(value))
}

/// The name that a `Debug` begins with.
fn variant(value: &impl Debug) -> String {
    let shown = format!("{value:?}");
    shown.split(['(', ' ']).next().expect("a name").to_owned()
}

/// What stands between a heading and the next of its rank or above.
fn section(heading: &str) -> &'static str {
    let marker = format!("\n{heading}\n");
    let start =
        DOCUMENT.find(&marker).unwrap_or_else(|| panic!("a section {heading}")) + marker.len();
    let rest = &DOCUMENT[start..];
    let end = ["\n# ", "\n## "].into_iter().filter_map(|next| rest.find(next)).min();
    &rest[..end.unwrap_or(rest.len())]
}

/// The cells of every table row of a section.
fn rows(heading: &str) -> impl Iterator<Item = Vec<&'static str>> {
    section(heading).lines().filter_map(|line| {
        let cells = line.strip_prefix('|')?.strip_suffix('|')?;
        Some(cells.split(" |").map(str::trim).collect())
    })
}

/// The rows that begin with a decimal number.
fn numbered(heading: &str) -> impl Iterator<Item = Vec<&'static str>> {
    rows(heading).filter(|row| row[0].parse::<u16>().is_ok())
}

/// A cell without its backticks.
fn code(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// The words of a cell that stand in backticks.
fn field_names(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
