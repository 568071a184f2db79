//! Any bytes in any pieces: the same frames, no panic, no memory on a peer's word, nothing unsafe to show.

use std::fmt::Debug;

use bytes::{Bytes, BytesMut};
use chat_proto::{
    Nick, Reason, RoomName, Seq, Text, Time, Topic,
    frame::{Decoder, FRAME_BYTES_MAX, Frame, FrameError, HEADER_BYTES},
    line::{Command, HELP, LINE_BYTES_MAX, Lines, is_message_command, render},
    message::*,
    name::fold,
    version::{MAGIC, magic_end, negotiate},
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

/// The limit of the streams here, small so that a test crosses it often.
const BYTES_MAX: usize = 100;

/// What a stream is made of, with what a decoder says to it.
type Piece = (Vec<u8>, Result<Frame, FrameError>);

prop_compose! {
    fn frame_piece()(kind: u16, request: u32, payload in vec(any::<u8>(), 0..=BYTES_MAX - HEADER_BYTES)) -> Piece {
        let frame = Frame { kind, request, payload: Bytes::from(payload.clone()) };
        (frame_bytes(kind, request, &payload), Ok(frame))
    }
}

prop_compose! {
    fn long_piece()(kind: u16, request: u32, length in BYTES_MAX - HEADER_BYTES + 1..1000) -> Piece {
        let piece = frame_bytes(kind, request, &vec![0xAB; length]);
        let error = FrameError::TooLong { request, bytes: piece.len() as u64, max: BYTES_MAX };
        (piece, Err(error))
    }
}

prop_compose! {
    fn short_piece()(length in 0u8..6) -> Piece {
        let piece = [&[length, 0, 0, 0][..], &vec![0xCD; length.into()]].concat();
        (piece, Err(FrameError::TooShort { bytes: u64::from(length) + 4 }))
    }
}

proptest! {
    #[test]
    fn any_pieces_give_the_same_frames(
        pieces in vec(prop_oneof![4 => frame_piece(), 1 => long_piece(), 1 => short_piece()], 0..12),
        last in frame_piece(),
        cuts in vec(any::<Index>(), 0..40),
    ) {
        let pieces = [pieces, vec![last]].concat();
        let (bytes, expected): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
        prop_assert_eq!(decode(&chunks(&bytes.concat(), &cuts), BYTES_MAX), expected);
    }

    #[test]
    fn messages_come_through_any_pieces(
        nonces in vec(any::<u64>(), 1..20),
        cuts in vec(any::<Index>(), 0..40),
    ) {
        let mut stream = BytesMut::new();
        for (request, &nonce) in (1..).zip(&nonces) {
            Request::from(Ping { nonce }).write(request, &mut stream);
        }
        let read: Vec<_> = decode(&chunks(&stream, &cuts), FRAME_BYTES_MAX)
            .into_iter()
            .map(|frame| Request::read(&frame.expect("a readable frame")))
            .collect();
        let expected: Vec<_> = nonces.into_iter().map(|nonce| Ok(Some(Ping { nonce }.into()))).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_bytes_are_frames_or_errors(bytes in vec(any::<u8>(), 0..2000), cuts in vec(any::<Index>(), 0..10)) {
        for frame in decode(&chunks(&bytes, &cuts), BYTES_MAX).into_iter().flatten() {
            prop_assert!(frame.payload.len() <= BYTES_MAX - HEADER_BYTES);
        }
    }

    #[test]
    fn any_payload_is_read_or_refused(kind in kinds(), payload in vec(any::<u8>(), 0..300)) {
        read_all(kind, &payload);
    }

    #[test]
    fn a_damaged_payload_is_read_or_refused(
        (kind, mut payload) in select(samples()),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        end in any::<Index>(),
    ) {
        for (at, byte) in damage {
            if !payload.is_empty() {
                let at = at.index(payload.len());
                payload[at] = byte;
            }
        }
        payload.truncate(end.index(payload.len() + 1));
        read_all(kind, &payload);
    }

    #[test]
    fn any_body_is_read_or_kept(kind in 0u16..9, body in vec(any::<u8>(), 0..100)) {
        let content = Content::read(kind, &body);
        prop_assert_eq!(content.kind(), kind);
        prop_assert_eq!(Content::read(kind, &content.body()), content);
    }

    #[test]
    fn any_bytes_are_lines(bytes in vec(prop_oneof![4 => any::<u8>(), 1 => select(b"\n\r\xff\xfa\xf0/".to_vec())], 0..500)) {
        let (mut lines, mut buf) = (Lines::default(), BytesMut::from(&bytes[..]));
        let mut all: Vec<_> = std::iter::from_fn(|| lines.next(&mut buf)).collect();
        all.extend(lines.last());
        for line in all.into_iter().flatten() {
            prop_assert!(!line.contains('\n'));
            if let Ok(Some(command)) = Command::parse(&line) {
                prop_assert!(!command.is_message() || is_message_command(&line), "{:?}", line);
            }
        }
        prop_assert!(buf.is_empty());
    }

    #[test]
    fn any_line_is_a_command_or_an_error(line in command_lines()) {
        if let Err(usage) = Command::parse(&line) {
            let mut out = String::new();
            render::error(&mut out, ErrorCode::Usage, &usage.to_string());
            prop_assert_eq!(unsafe_to_show(&out), None, "{:?}", out);
            prop_assert_eq!(out.lines().count(), 1, "{:?}", out);
        }
    }

    #[test]
    fn the_magic_is_found_wherever_it_stands(before in vec(any::<u8>(), 0..100), after in vec(any::<u8>(), 0..100)) {
        if let Some(end) = magic_end(&before) {
            prop_assert_eq!(&before[end - MAGIC.len()..end], &MAGIC);
        } else {
            let end = magic_end(&[&before[..], &MAGIC, &after].concat());
            prop_assert_eq!(end, Some(before.len() + MAGIC.len()));
        }
    }

    #[test]
    fn any_numbers_are_numbers(code: u16, number: u64, time: i64, min: u16, max: u16) {
        prop_assert_eq!(u16::from(ErrorCode::from(code)), code);
        prop_assert!(Seq(number).next() >= Seq(number));
        prop_assert!(Time(time).to_string().ends_with('Z'));
        prop_assert!(negotiate(min, max).is_none_or(|version| version >= min && version <= max));
    }

    #[test]
    fn any_name_is_safe_to_show_or_none(input in names()) {
        if let Ok(nick) = Nick::parse(&input) {
            prop_assert_eq!(Nick::parse(nick.as_str()), Ok(nick.clone()));
            prop_assert_eq!(Nick::parse(nick.suffixed(u32::MAX).as_str()), Ok(nick.suffixed(u32::MAX)));
            prop_assert_eq!(fold(&fold(nick.as_str())), fold(nick.as_str()));
            check_shown(&nick, &RoomName::parse("#ops").expect("a room name"), "text")?;
        }
        if let Ok(room) = RoomName::parse(&format!("#{input}")) {
            prop_assert_eq!(RoomName::parse(room.as_str()), Ok(room.clone()));
            check_shown(&Nick::parse("bob").expect("a nick"), &room, "text")?;
        }
    }

    #[test]
    fn any_text_is_safe_to_show(input in texts()) {
        let (nick, room) = (Nick::parse("bob").expect("a nick"), RoomName::parse("#ops").expect("a room name"));
        check_shown(&nick, &room, &input)?;
    }
}

/// A header that promises 4 GiB costs what has come, not what was promised.
#[test]
fn a_promise_of_four_gibibytes_takes_no_memory() {
    let (mut decoder, mut buf) = (Decoder::new(FRAME_BYTES_MAX), BytesMut::new());
    buf.extend_from_slice(&[&u32::MAX.to_le_bytes()[..], &[1, 0, 7, 0, 0, 0]].concat());
    let error =
        FrameError::TooLong { request: 7, bytes: u64::from(u32::MAX) + 4, max: FRAME_BYTES_MAX };
    assert_eq!(decoder.next(&mut buf), Err(error));
    for _ in 0..1000 {
        buf.extend_from_slice(&[0xAB; 4096]);
        assert_eq!(decoder.next(&mut buf), Ok(None));
        assert!(buf.is_empty() && buf.capacity() <= 2 * FRAME_BYTES_MAX, "{}", buf.capacity());
    }
}

/// A frame within the limit is waited for, and its header reserves nothing.
#[test]
fn a_frame_that_is_still_to_come_takes_no_memory() {
    let (mut decoder, mut buf) = (Decoder::new(FRAME_BYTES_MAX), BytesMut::new());
    buf.extend_from_slice(&[&60_000u32.to_le_bytes()[..], &[1, 0, 7, 0, 0, 0]].concat());
    assert_eq!(decoder.next(&mut buf), Ok(None));
    assert!(buf.capacity() < 1024, "{}", buf.capacity());
}

/// A count of elements that cannot be there is found out before they get a place.
#[test]
fn counts_that_lie_are_malformed() {
    let most = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
    let post = [&[3][..], &[0; 16], &[0, 2, b'h', b'i'], &most].concat();
    let malformed = |kind| Malformed { kind, request: 1 };
    assert_eq!(Request::read(&frame(0x0020, &post)), Err(malformed(0x0020)));
    assert_eq!(Request::read(&frame(0x0012, &most)), Err(malformed(0x0012)));
    assert_eq!(Reply::read(&frame(0x4013, &most)), Err(malformed(0x4013)));
}

#[test]
fn a_line_of_any_length_takes_no_memory() {
    let (mut lines, piece) = (Lines::default(), vec![b'x'; LINE_BYTES_MAX]);
    for _ in 0..1000 {
        let mut buf = BytesMut::from(&piece[..]);
        assert_eq!(lines.next(&mut buf), None);
        assert!(buf.is_empty());
    }
    assert!(lines.last().is_some_and(|line| line.is_err()));
}

/// Every way in which names and texts come to a terminal.
fn check_shown(nick: &Nick, room: &RoomName, input: &str) -> Result<(), TestCaseError> {
    let mut out = String::new();
    if let Ok(text) = Text::clean(input) {
        for (action, past, conversation) in
            [(false, false, room.to_string()), (true, true, format!("@{nick}"))]
        {
            let stamp = past.then_some(render::Stamp { seq: Seq(1), at: Time(0) });
            let conversation = conversation.as_str();
            let said = render::Spoken { conversation, nick, text: &text, action, stamp, past };
            render::spoken(&mut out, &said);
        }
        prop_assert_eq!(out.split_terminator('\n').count(), 2 * text.lines().count());
    }
    if let (Ok(topic), Ok(reason)) = (Topic::clean(input), Reason::clean(input)) {
        render::notice(&mut out, format_args!("{room} {topic} {nick} {reason}"));
    }
    render::error(&mut out, ErrorCode::NoNick, input);
    render::ack(&mut out, room.as_str(), Seq(1));
    render::names(&mut out, "names", [nick.as_str(), room.as_str()]);
    prop_assert_eq!(unsafe_to_show(&out), None, "{:?}", out);
    Ok(())
}

/// The first character that a terminal would act upon, or that reorders what stands beside it.
fn unsafe_to_show(shown: &str) -> Option<char> {
    let bidi = |c| matches!(c, '\u{61C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    shown.chars().find(|&c| c.is_control() && !matches!(c, '\n' | '\t') || bidi(c))
}

fn read_all(kind: u16, payload: &[u8]) {
    let frame = frame(kind, payload);
    check_again::<Request>(&frame);
    check_again::<Reply>(&frame);
    check_again::<Event>(&frame);
}

/// What could be read is read again from what it writes.
fn check_again<M: Message + Debug + PartialEq>(frame: &Frame) {
    if let Ok(Some(message)) = M::read(frame) {
        let mut stream = BytesMut::new();
        message.write(frame.request, &mut stream);
        let again = Decoder::new(usize::MAX).next(&mut stream).expect("a readable frame");
        let again = M::read(&again.expect("a whole frame")).expect("a readable payload");
        assert_eq!(again, Some(message));
    }
}

/// Messages with something in every sort of field.
fn samples() -> Vec<(u16, Vec<u8>)> {
    let resume = [&[1][..], &[7; 48], &[2, 3, 4, 5, 6]].concat();
    let entry = [&b"\x07\x02\x03\x03bob"[..], &[9; 16], b"\x01\x05\x02hi\x00\x00"].concat();
    let outcome = b"\x0b\x01\x08\x02\x01\x04:up:\x03\x01";
    vec![
        (0x0001, [&b"\x01\x02\x03tui\x05alice"[..], &resume].concat()),
        (0x0010, b"\x04#ops\x01\x07".to_vec()),
        (0x0020, [&[3][..], &[9; 16], b"\x01\x02hi\x01\x01a\x02bc\x01\x07"].concat()),
        (0x0023, [&[3, 7][..], &[9; 16], b"\x02hi\x01\x01a\x02bc"].concat()),
        (0x0024, b"\x03\x07".to_vec()),
        (0x0025, b"\x03\x07\x04:up:\x01".to_vec()),
        (0x0021, b"\x03\x03\x06\x32".to_vec()),
        (0x4004, b"\x15\x04text".to_vec()),
        (0x4010, b"\x03\x00\x04#ops\x03tea\x02\x05\x06".to_vec()),
        (0x4010, b"\x03\x01\x09\x03bob\x00\x02\x05\x06".to_vec()),
        (0x4013, b"\x01\x04#ops\x02\x03tea\x01".to_vec()),
        (0x4021, [&[3, 1][..], &entry, &outcome[..], &[1, 8]].concat()),
        (0x4031, b"\x09\x03bob\x01\x03tea\x02\x01\x04#ops".to_vec()),
        (0x8001, [&[3][..], &entry].concat()),
        (0x8021, b"\x0a\x03bye\x01\xd0\x0f".to_vec()),
    ]
}

fn kinds() -> impl Strategy<Value = u16> {
    let known = [Request::KINDS, Reply::KINDS, Event::KINDS].concat();
    let known: Vec<_> = known.into_iter().map(|(kind, _)| kind).collect();
    prop_oneof![9 => select(known), 1 => any::<u16>()]
}

/// Letters, marks and digits of all scripts, sometimes with what does not belong among them.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\p{L}_][\\p{L}\\p{N}_-]{0,31}",
        "[\\p{L}\\p{M}\\p{N}_.-]{1,34}",
        "[\\p{L}a-z\\p{M}\\p{C}\\p{Z}\\x{202e}\\x{2066}\\x1b#<>@-]{1,12}",
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x1b\\[\\]0-9;mP\\\\\\x07\\x{9b}\\x{9c}\\x{301}\\r\\n\\ta\\x{202e}\\x{2028}\\x{85}\\x{61c}\\x{2066}]{0,40}",
    ]
}

/// Commands, some of them well-formed, with anything behind them.
fn command_lines() -> impl Strategy<Value = String> {
    let heads = HELP.iter().filter_map(|line| line.split([' ', ',']).next()).map(str::to_owned);
    let heads: Vec<_> = heads.filter(|head| head.starts_with('/')).collect();
    prop_oneof![
        (select(heads), texts()).prop_map(|(head, rest)| format!("{head} {rest}")),
        texts().prop_map(|rest| format!("/{rest}")),
        any::<String>(),
    ]
}

/// A frame written by hand.
fn frame_bytes(kind: u16, request: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 6).expect("a short payload");
    [&length.to_le_bytes()[..], &kind.to_le_bytes(), &request.to_le_bytes(), payload].concat()
}

fn frame(kind: u16, payload: &[u8]) -> Frame {
    Frame { kind, request: 1, payload: Bytes::copy_from_slice(payload) }
}

/// The bytes, cut at these places.
fn chunks<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, &end)| &bytes[start..end]).collect()
}

/// What a decoder makes of the chunks; what it holds back stays within its limit.
fn decode(chunks: &[&[u8]], bytes_max: usize) -> Vec<Result<Frame, FrameError>> {
    let (mut decoder, mut buf, mut out) = (Decoder::new(bytes_max), BytesMut::new(), Vec::new());
    for chunk in chunks {
        buf.extend_from_slice(chunk);
        while let Some(result) = decoder.next(&mut buf).transpose() {
            out.push(result);
        }
        assert!(buf.len() < bytes_max, "{} bytes are held back", buf.len());
    }
    out
}
