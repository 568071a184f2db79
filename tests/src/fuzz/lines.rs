//! Lines and commands: however the stream is cut, the same lines; none longer than the limit; no more held than one.

use bytes::BytesMut;
use chat_proto::line::{Command, LINE_BYTES_MAX, LineTooLong, Lines, is_message_command};

use super::bytes::chunks;

type Cut = Vec<Result<String, LineTooLong>>;

pub(super) fn run(data: &[u8]) {
    let Some((how, stream)) = data.split_first() else { return };
    let whole = cut(std::iter::once(stream));
    assert_eq!(whole, cut(chunks(*how, stream)));
    for line in whole.into_iter().flatten() {
        // Each byte that is no UTF-8 becomes a character of three.
        assert!(line.len() <= 3 * LINE_BYTES_MAX && !line.contains('\n'));
        read(&line);
    }
}

fn cut<'a>(stream: impl Iterator<Item = &'a [u8]>) -> Cut {
    let (mut lines, mut cut) = (Lines::default(), Cut::new());
    for chunk in stream {
        let mut inbox = BytesMut::from(chunk);
        while let Some(line) = lines.next(&mut inbox) {
            cut.push(line);
        }
        assert!(inbox.is_empty());
    }
    cut.extend(lines.last());
    assert_eq!(lines.last(), None);
    cut
}

fn read(line: &str) {
    match Command::parse(line) {
        Ok(Some(command)) => assert_eq!(command.is_message(), is_message(line), "{line:?}"),
        Ok(None) => assert!(line.trim().is_empty()),
        Err(usage) => assert!(!usage.to_string().is_empty()),
    }
}

/// A line that is no command is a message, and so is one that begins with two slashes.
fn is_message(line: &str) -> bool {
    !line.starts_with('/') || line.starts_with("//") || is_message_command(line)
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = super::session::COMMANDS
        .iter()
        .map(|command| format!("\x03{command}\r\n").into_bytes())
        .collect();
    seeds.push(b"\x01\xff\xfd\x03\xff\xfa\x18\0x\xff\xf0bob\nhi\n".to_vec());
    seeds.push([&b"\x07"[..], &vec![b'x'; LINE_BYTES_MAX + 1], b"\nnext\n"].concat());
    seeds.extend(super::hostile().into_iter().map(|text| [&b"\x05"[..], &text].concat()));
    seeds
}
