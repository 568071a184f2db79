//! A server that means harm to its clients: whatever it says about itself, and whatever it refuses, is harmless on the
//! terminal.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{self, SyncSender},
    thread,
};

use bytes::BytesMut;
use chat_proto::{
    Epoch, MemberId, Nick, RoomId, RoomName, Seq, SessionId, Time, Token,
    frame::{Decoder, FRAME_BYTES_MAX, Frame},
    message::{
        Closing, Conversation, Entered, ErrorCode, Event, Failed, Message, Reply, Request,
        RoomInfo, Welcome,
    },
    version::{MAGIC, VERSION_MAX},
};
use chat_tests::{
    PATIENCE,
    hostile::{Hostile, corpus, stream::unintended},
    terminal::Terminal,
};

#[test]
fn a_server_cannot_harm_its_clients() {
    let corpus = corpus();
    let count = corpus.len();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = listener.local_addr().expect("bound");
    let (answers, answered) = mpsc::sync_channel(count);
    let lying = thread::spawn(move || lie(&listener, &corpus, &answers));
    let mut screen = screen(server);
    screen.shows("online");
    for number in 0..count {
        screen.keys(&format!("/whois w{number}\r"));
        answered.recv_timeout(PATIENCE).expect("the client asks");
    }
    screen.shows("no more lies");
    screen.keys("/quit\r");
    assert_eq!(unintended(&screen.written()), None, "on the terminal");
    drop(screen);
    lying.join().expect("the server saw what it expected");
}

fn screen(server: SocketAddr) -> Terminal {
    Terminal::chat(server, "alice")
}

/// Refuses every question with another text, then says goodbye with one.
fn lie(listener: &TcpListener, corpus: &[Hostile], answers: &SyncSender<()>) {
    let (stream, _) = listener.accept().expect("a client");
    let mut client =
        Client { stream, inbox: BytesMut::new(), decoder: Decoder::new(FRAME_BYTES_MAX) };
    client.greet();
    let mut texts = corpus.iter().map(Hostile::text);
    while let Some(frame) = client.next() {
        match Request::read(&frame) {
            Ok(Some(Request::Hello(_))) => client.tell(&frame, welcome(&corpus[0].text())),
            Ok(Some(Request::Join(_))) => client.tell(&frame, Entered { room: room() }),
            Ok(Some(Request::Whois(_))) => match texts.next() {
                Some(text) => {
                    client.tell(&frame, Failed { code: ErrorCode::NoNick, text });
                    answers.send(()).expect("it is waited for");
                }
                None => return,
            },
            _ => client.tell(&frame, Failed { code: ErrorCode::Internal, text: String::new() }),
        }
        if texts.len() == 0 {
            client.end();
        }
    }
}

struct Client {
    stream: TcpStream,
    inbox: BytesMut,
    decoder: Decoder,
}

impl Client {
    fn greet(&mut self) {
        let mut magic = [0; MAGIC.len()];
        self.stream.read_exact(&mut magic).expect("a magic");
        self.stream.write_all(&MAGIC).expect("taken");
    }

    fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) =
                self.decoder.next(&mut self.inbox).expect("a client's frames are whole")
            {
                return Some(frame);
            }
            let mut space = [0; 4096];
            let read = self.stream.read(&mut space).ok().filter(|read| *read > 0)?;
            self.inbox.extend_from_slice(&space[..read]);
        }
    }

    fn tell(&mut self, asked: &Frame, reply: impl Into<Reply>) {
        let mut frame = BytesMut::new();
        reply.into().write(asked.request, &mut frame);
        // It may be gone already.
        drop(self.stream.write_all(&frame));
    }

    /// A goodbye that means no good.
    fn end(&mut self) {
        let text = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\r\nno more lies\u{1b}[6n".into();
        let (code, come_back_millis) = (ErrorCode::ShuttingDown, None);
        let mut frame = BytesMut::new();
        Event::from(Closing { code, text, come_back_millis }).write(0, &mut frame);
        drop(self.stream.write_all(&frame));
    }
}

fn welcome(server: &str) -> Welcome {
    Welcome {
        version: VERSION_MAX,
        server: server.to_owned(),
        epoch: Epoch([7; 16]),
        session: SessionId(1),
        member: MemberId(1),
        nick: Nick::parse("alice").expect("a nick"),
        token: Token([7; 32]),
        resumed: false,
        now: Time(1_795_262_584_123),
        grace_secs: 60,
        registered: false,
        device: None,
    }
}

fn room() -> RoomInfo {
    let name = Conversation::Public(RoomName::parse("#lobby").expect("a name"));
    let topic = chat_proto::Topic::default();
    RoomInfo { room: RoomId(1), name, topic, members: 1, after: Seq(0), head: Seq(0) }
}
