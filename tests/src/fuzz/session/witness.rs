//! What a client may rely on, checked with everything that comes out.

use std::collections::BTreeMap;

use bytes::BytesMut;
use chat_proto::{
    Epoch, RoomId, Seq, Token,
    frame::{Decoder, FRAME_BYTES_MAX},
    message::{Event, Reply, RoomEntry, RoomInfo},
};

use super::log::Log;
use crate::{
    framed::wire::{Told, read},
    hostile::assert_harmless,
};

#[derive(Default)]
pub(super) struct Witness {
    asked: usize,
    answered: usize,
    token: Option<(Token, Epoch)>,
    /// The last number that came of each room, or one of several where it depends on what was asked for.
    rooms: BTreeMap<RoomId, Vec<Seq>>,
}

/// What a connection leaves to the next.
pub(super) struct Left {
    pub(super) token: Token,
    pub(super) epoch: Epoch,
    pub(super) cursors: Vec<(RoomId, Seq)>,
}

impl Witness {
    pub(super) const fn asked(&mut self) {
        self.asked += 1;
    }

    #[track_caller]
    pub(super) fn check_answered(&self) {
        assert_eq!(self.asked, self.answered, "each request is answered once");
    }

    pub(super) fn left(&self) -> Option<Left> {
        let (token, epoch) = self.token?;
        let cursors = self.rooms.iter().filter_map(|(room, at)| Some((*room, *at.last()?)));
        Some(Left { token, epoch, cursors: cursors.collect() })
    }

    pub(super) fn lines(&self, bytes: &[u8]) {
        assert_harmless("line mode", bytes);
        assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "lines are whole");
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(b"*!+~#@".contains(&line[0]), "{:?}", String::from_utf8_lossy(line));
        }
    }

    pub(super) fn frames(&mut self, bytes: &[u8], log: &Log) {
        let (mut decoder, mut stream) = (Decoder::new(FRAME_BYTES_MAX), BytesMut::from(bytes));
        while let Some(frame) = decoder.next(&mut stream).expect("a server's frames are whole") {
            match read(&frame) {
                Told::Reply(_, reply) => self.reply(&reply),
                Told::Event(event) => self.event(&event, log),
            }
        }
        assert!(stream.is_empty());
    }

    fn reply(&mut self, reply: &Reply) {
        self.answered += 1;
        match reply {
            Reply::Welcome(welcome) => self.token = Some((welcome.token, welcome.epoch)),
            Reply::Entered(entered) => self.entered(&entered.room),
            _ => {}
        }
    }

    /// The room goes on where it was, or where the request said: it depends on whether it said so.
    fn entered(&mut self, room: &RoomInfo) {
        assert!(room.after <= room.head);
        let cursors = self.rooms.entry(room.room).or_default();
        if !cursors.contains(&room.after) {
            cursors.push(room.after);
        }
    }

    fn event(&mut self, event: &Event, log: &Log) {
        match event {
            Event::RoomOpened(opened) => {
                self.rooms.insert(opened.room.room, vec![opened.room.after]);
            }
            Event::RoomClosed(closed) => drop(self.rooms.remove(&closed.room)),
            Event::RoomEntry(told) => self.entry(told, log),
            _ => {}
        }
    }

    fn entry(&mut self, RoomEntry { room, entry }: &RoomEntry, log: &Log) {
        let cursors = self.rooms.get(room).map_or(&[][..], Vec::as_slice);
        let follows = cursors.iter().any(|after| after.next() == entry.seq);
        assert!(follows, "{} of room {room} after {cursors:?}", entry.seq);
        self.rooms.insert(*room, vec![entry.seq]);
        assert_eq!(log.written(*room, entry.seq), Some((entry.by, entry.id)), "the same for all");
    }
}
