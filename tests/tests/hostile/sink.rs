//! Those who listen: a framed client, and `chat-tui` without a terminal.

use std::{
    net::SocketAddr,
    process::{Child, ChildStdin, Stdio},
    time::Instant,
};

use chat_proto::message::{Content, Conversation, Event, History, Names, Page, Rooms, Said, Whois};
use chat_proto::{
    MemberId, RoomId,
    message::{Anchor, NameList, RoomList},
};
use chat_tests::{
    PATIENCE, feed::Feed, framed::Framed, hostile::assert_harmless, programs, server::directory,
};
use tempfile::TempDir;

/// A client of the framed protocol that looks at every name and text it is given.
pub(crate) struct Frames {
    client: Framed,
    room: RoomId,
}

impl Frames {
    pub(crate) fn listen(server: SocketAddr) -> Self {
        let mut client = Framed::connect(server, "frida");
        let room = client.join("#lobby");
        Self { client, room }
    }

    /// Everything up to this text, and then what can be asked for.
    pub(crate) fn check_to(&mut self, last: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let events: Vec<Event> = self.client.events_so_far().collect();
            let texts: Vec<String> = events.iter().flat_map(texts).collect();
            texts.iter().for_each(|text| assert_harmless("an event", text.as_bytes()));
            if texts.iter().any(|text| text == last) {
                return self.ask_around();
            }
            self.client.take_in(deadline).expect("it goes on to the last words");
        }
    }

    fn ask_around(&mut self) {
        let room = self.room;
        let page: Page = self.client.ask(History { room, from: Anchor::Latest, limit: 500 });
        let mut said: Vec<String> =
            page.items.iter().flat_map(|item| content(&item.entry.content())).collect();
        let rooms: RoomList = self.client.ask(Rooms { after: "".into() });
        said.extend(
            rooms.rooms.iter().flat_map(|room| [room.name.to_string(), room.topic.to_string()]),
        );
        let names: NameList = self.client.ask(Names { room, after: MemberId(0) });
        said.extend(names.members.iter().map(|member| member.nick.to_string()));
        assert!(said.len() > 100);
        said.iter().for_each(|text| assert_harmless("a reply", text.as_bytes()));
        let whois = self.client.send(Whois { nick: "alice".into() });
        let _person: chat_proto::message::Person = self.client.answer(whois);
    }
}

fn texts(event: &Event) -> Vec<String> {
    match event {
        Event::RoomEntry(told) => {
            let mut texts = content(&told.entry.content());
            texts.push(told.entry.nick.to_string());
            texts
        }
        Event::RoomOpened(opened) => {
            vec![conversation(&opened.room.name), opened.room.topic.to_string()]
        }
        Event::RoomClosed(closed) => vec![closed.reason.to_string()],
        Event::MemberJoined(told) => vec![told.nick.to_string()],
        Event::MemberLeft(told) => vec![told.nick.to_string(), told.reason.to_string()],
        Event::MemberRenamed(told) => vec![told.old.to_string(), told.nick.to_string()],
        Event::MemberAway(told) => {
            vec![told.nick.to_string(), told.away.clone().unwrap_or_default().to_string()]
        }
        _ => Vec::new(),
    }
}

fn conversation(name: &Conversation) -> String {
    match name {
        Conversation::Public(name) => name.to_string(),
        Conversation::Direct(_, nick) => nick.to_string(),
    }
}

fn content(content: &Content) -> Vec<String> {
    match content {
        Content::Text(Said { text, .. }) | Content::Action(Said { text, .. }) => {
            vec![text.to_string()]
        }
        Content::Edited { said, .. } => said.iter().map(|said| said.text.to_string()).collect(),
        Content::Topic(topic) => vec![topic.to_string()],
        Content::Reacted { reaction, .. } => vec![reaction.to_string()],
        Content::Erased { nick, .. } => vec![nick.to_string()],
        _ => Vec::new(),
    }
}

/// `chat-tui` whose output goes into a pipe.
pub(crate) struct Plain {
    child: Child,
    stdout: Feed<Vec<u8>>,
    stderr: Feed<Vec<u8>>,
    _stdin: ChildStdin,
    _home: TempDir,
}

impl Plain {
    pub(crate) fn listen(server: SocketAddr) -> Self {
        let home = directory();
        let mut command = programs::command("chat-tui");
        command.args(["--server", &server.to_string(), "--nick", "pip"]).env("HOME", home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the client starts");
        let stdout = Feed::new(Vec::new(), child.stdout.take().expect("piped"));
        let stderr = Feed::new(Vec::new(), child.stderr.take().expect("piped"));
        let stdin = child.stdin.take().expect("piped");
        Self { child, stdout, stderr, _stdin: stdin, _home: home }
    }

    pub(crate) fn check_to(self, last: &str) {
        let written = self.stdout.wait(last, |written| {
            let text = String::from_utf8_lossy(written).into_owned();
            text.contains(last).then(|| written.clone())
        });
        assert_harmless("chat-tui in a pipe", &written);
        assert_harmless("chat-tui in a pipe", self.stderr.show().as_bytes());
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // It may have ended already; either way it must not outlive the test.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
