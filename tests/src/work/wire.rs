//! Bytes and messages: chat-proto.

use std::hint::black_box;

use bytes::BytesMut;
use chat_proto::{
    MemberId, MessageId, Nick, RoomId, Seq, Text, Time,
    frame::{Decoder, FRAME_BYTES_MAX},
    line::{
        Command, Lines,
        render::{Spoken, spoken},
    },
    message::{Content, Entry, Event, Message as _, Post, Request, RoomEntry, Said},
};

use super::{Doing, SAID};

pub(super) fn decode_post() -> Doing {
    let mut bytes = BytesMut::new();
    let (room, id) = (RoomId(7), MessageId([7; 16]));
    let post =
        Post { room, id, action: false, text: SAID.into(), parts: Vec::new(), reply_to: None };
    Request::from(post).write(3, &mut bytes);
    let (mut decoder, mut inbox) = (Decoder::new(FRAME_BYTES_MAX), BytesMut::new());
    Box::new(move || {
        inbox.extend_from_slice(black_box(&bytes));
        let frame = decoder.next(&mut inbox).expect("a good frame").expect("a whole frame");
        black_box(Request::read(&frame).expect("a good request"));
    })
}

pub(super) fn encode_entry() -> Doing {
    let content = Content::Text(Said::plain(text()));
    let entry = Entry {
        seq: Seq(1234),
        at: Time(1_795_262_584_123),
        by: MemberId(9),
        nick: nick(),
        id: MessageId([7; 16]),
        kind: content.kind(),
        body: content.body(),
    };
    let event = Event::from(RoomEntry { room: RoomId(7), entry });
    let mut out = BytesMut::new();
    Box::new(move || {
        out.clear();
        black_box(&event).write(0, &mut out);
        black_box(&out);
    })
}

pub(super) fn cut_line() -> Doing {
    let (mut lines, mut inbox) = (Lines::default(), BytesMut::new());
    let bytes = format!("{SAID}\n");
    Box::new(move || {
        inbox.extend_from_slice(black_box(bytes.as_bytes()));
        black_box(lines.next(&mut inbox).expect("a whole line").expect("a short line"));
    })
}

pub(super) fn parse_command() -> Doing {
    Box::new(|| {
        black_box(
            Command::parse(black_box("/msg #ops the build is green again")).expect("a command"),
        );
    })
}

pub(super) fn clean_text() -> Doing {
    Box::new(|| drop(black_box(Text::clean(black_box(SAID)).expect("a good text"))))
}

pub(super) fn clean_emoji() -> Doing {
    let emoji = "grüße 👩‍👩‍👧 你好 ".repeat(4);
    Box::new(move || drop(black_box(Text::clean(black_box(&emoji)).expect("a good text"))))
}

pub(super) fn parse_nick() -> Doing {
    Box::new(|| drop(black_box(Nick::parse(black_box("alice-2")).expect("a good nick"))))
}

pub(super) fn render_line() -> Doing {
    let (nick, text, mut out) = (nick(), text(), String::new());
    Box::new(move || {
        out.clear();
        let said = Spoken {
            conversation: "#ops",
            nick: &nick,
            text: &text,
            action: false,
            stamp: None,
            past: false,
        };
        spoken(&mut out, black_box(&said));
        black_box(&out);
    })
}

fn nick() -> Nick {
    Nick::parse("alice").expect("a good nick")
}

fn text() -> Text {
    Text::clean(SAID).expect("a good text")
}
