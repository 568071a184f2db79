//! Those who talk until the server is gone.

use std::{collections::VecDeque, io::Write, net::SocketAddr, time::Instant};

use chat_proto::{
    MessageId, RoomId, Seq,
    message::{Posted, Reply},
};
use chat_tests::{
    PATIENCE,
    audit::Line,
    framed::{Framed, Left, fresh_id, post},
    netcat::Netcat,
};

use crate::{Note, Notes, ROOMS};

/// Messages without an answer that a sender has on their way.
const ON_THE_WAY: usize = 50;

/// Talks in line mode under `/ack on`: each `+ #room number` is the answer to the next message.
pub(crate) fn line_mouth(address: SocketAddr, nick: &str, notes: &Notes) {
    let mut peer = Netcat::named(address, nick);
    peer.send("/ack on\n/quiet on");
    peer.skip_to("* ack on");
    for room in ROOMS {
        peer.send(&format!("/join {room}"));
        peer.skip_to(&format!("* joined {room}"));
    }
    ready(notes);
    let (mut writer, mut sent) = (peer.writer(), VecDeque::new());
    for (room, text) in words(nick) {
        if writer.write_all(format!("/msg {room} {text}\n").as_bytes()).is_err() {
            break;
        }
        sent.push_back((room, text));
        if sent.len() >= ON_THE_WAY && !take_answer(&mut peer, &mut sent, notes) {
            break;
        }
    }
    while take_answer(&mut peer, &mut sent, notes) {}
}

/// False when the server is gone.
fn take_answer(peer: &mut Netcat, sent: &mut VecDeque<(&str, String)>, notes: &Notes) -> bool {
    while let Ok(line) = peer.next_line() {
        let Some(answer) = line.strip_prefix("+ ") else {
            assert!(!line.starts_with("! "), "{line}");
            continue;
        };
        let (room, seq) = answer.split_once(' ').expect("a room and a number");
        let (asked, text) = sent.pop_front().expect("one answer for each message");
        assert_eq!(room, asked, "answers come in the order of the messages");
        promise(notes, Line::new(room, Seq(seq.parse().expect("a number")), &text));
        return true;
    }
    false
}

/// A sender's words: to one room after the other, counted in each.
fn words(sender: &str) -> impl Iterator<Item = (&'static str, String)> {
    (1..).flat_map(move |number| ROOMS.map(|room| (room, format!("{sender} {number}"))))
}

pub(crate) fn ready(notes: &Notes) {
    notes.try_send(Note::Ready).expect("room for all notes");
}

fn promise(notes: &Notes, line: Line) {
    notes.try_send(Note::Promise(line)).expect("room for all notes");
}

/// Talks in frames; what was not answered is sent again under the same id by the next connection.
pub(crate) struct FramedMouth {
    nick: &'static str,
    left: Option<Left>,
    words: Box<dyn Iterator<Item = (&'static str, String)> + Send>,
    unanswered: VecDeque<Word>,
}

#[derive(Clone)]
struct Word {
    id: MessageId,
    room: &'static str,
    text: String,
}

impl FramedMouth {
    pub(crate) fn new(nick: &'static str) -> Self {
        Self { nick, left: None, words: Box::new(words(nick)), unanswered: VecDeque::new() }
    }

    pub(crate) fn talk(mut self, address: SocketAddr, notes: &Notes) -> Self {
        let mut client = match &self.left {
            None => Framed::connect(address, self.nick),
            Some(left) => Framed::resume(address, left),
        };
        let rooms = ROOMS.map(|room| (room, client.join(room)));
        self.left = Some(client.left());
        ready(notes);
        let mut asked = VecDeque::new();
        for word in self.unanswered.clone() {
            asked.extend(send(&mut client, &rooms, &word));
        }
        while self.say_more(&mut client, &rooms, &mut asked) {
            while let Some(posted) = asked.front().and_then(|number| client.taken(*number)) {
                asked.pop_front();
                self.take(posted, notes);
            }
            client.events_so_far().for_each(drop);
        }
        self
    }

    /// Fills the way up and takes a frame in; false when the server is gone.
    fn say_more(&mut self, client: &mut Framed, rooms: &Rooms, asked: &mut VecDeque<u32>) -> bool {
        while self.unanswered.len() < ON_THE_WAY {
            let (room, text) = self.words.next().expect("words without an end");
            let word = Word { id: fresh_id(), room, text };
            self.unanswered.push_back(word.clone());
            match send(client, rooms, &word) {
                Some(number) => asked.push_back(number),
                None => break,
            }
        }
        client.take_in(Instant::now() + PATIENCE).is_ok()
    }

    fn take(&mut self, reply: Reply, notes: &Notes) {
        let Reply::Posted(Posted { seq, .. }) = reply else { panic!("{reply:?}") };
        let word = self.unanswered.pop_front().expect("one answer for each message");
        promise(notes, Line::new(word.room, seq, &word.text));
    }
}

type Rooms = [(&'static str, RoomId); 3];

fn send(client: &mut Framed, rooms: &Rooms, word: &Word) -> Option<u32> {
    let (_, room) = rooms.iter().find(|(name, _)| *name == word.room).expect("one of the rooms");
    client.try_send(post(*room, word.id, &word.text)).ok()
}
