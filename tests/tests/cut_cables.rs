//! Cables are cut, in one direction at a time: whoever is at the other end is found dead in time, at rest as well as with
//! something on its way. Who merely does not read is not dead.

use std::{
    collections::BTreeMap,
    io::Write,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use chat_proto::message::{Done, Leave};
use chat_tests::{
    cable::{Cable, End, SERVER},
    framed::Framed,
    netcat::{Missing, Netcat},
    server::{Process, directory},
    terminal::Terminal,
    trials,
};
use socket2::SockRef;

/// Seconds without a sign of life: as few as can be set, or those by default.
fn dead_secs() -> u64 {
    if trials::are_long() { 45 } else { 9 }
}

/// After a session's end it is told to others a second later, and a busy machine takes its time.
const GRACE: Duration = Duration::from_secs(1);
const SLACK: Duration = Duration::from_secs(4);

#[test]
fn nothing_gets_to_the_server_any_more() {
    on_a_cable(|cable| all_are_found(cable, End::Server));
}

#[test]
fn nothing_gets_to_the_clients_any_more() {
    on_a_cable(|cable| all_are_found(cable, End::Client));
}

#[test]
fn who_does_not_read_is_kept() {
    on_a_cable(|cable| {
        let stage = Stage::new(cable);
        let mut all = stage.watched();
        for (line, frames, how) in [
            ("kept-line", "kept-frames", How::Stalled),
            ("gone-line", "gone-frames", How::Stalled),
            ("some-line", "some-frames", How::Told),
        ] {
            stage.come(&mut all, line, frames, how);
        }
        all.stall();
        let rest = Duration::from_secs(if trials::are_long() { 125 } else { 2 * dead_secs() + 2 });
        // A short failure does nothing either.
        for end in [End::Server, End::Client] {
            cable.cut(end);
        }
        all.nobody_leaves(Duration::from_secs(2 * dead_secs() / 9));
        for end in [End::Server, End::Client] {
            cable.mend(end);
        }
        all.nobody_leaves(rest);
        for kept in ["kept-line", "kept-frames", "some-line", "some-frames"] {
            all.reads_on(kept);
        }
        cable.cut(End::Server);
        all.leave(Instant::now(), &["gone-line", "gone-frames"]);
    });
}

/// Plays on a cable, where there can be one.
fn on_a_cable(play: impl FnOnce(&Cable)) {
    match Cable::lay() {
        Ok(cable) => play(&cable),
        Err(why) => {
            let line = format!("left out, for want of root, ip and nft: cut cables ({why})\n");
            // Past the harness, which hides what a good test prints.
            std::io::stderr().write_all(line.as_bytes()).expect("stderr");
        }
    }
}

fn all_are_found(cable: &Cable, end: End) {
    let stage = Stage::new(cable);
    let mut all = stage.watched();
    stage.come(&mut all, "idle-line", "idle-frames", How::Idle);
    stage.come(&mut all, "told-line", "told-frames", How::Told);
    stage.come(&mut all, "stalled-line", "stalled-frames", How::Stalled);
    let (idle, mut talking) = (stage.terminal("idle-tui"), stage.terminal("tui"));
    all.stall();
    cable.cut(end);
    let cut = Instant::now();
    all.tell(How::Told, 1);
    talking.line("said to a cut cable");
    talking.shows("said to a cut cable");
    let names: Vec<String> = all.peers.keys().cloned().collect();
    thread::scope(|scope| {
        scope.spawn(|| all.leave(cut, &names.iter().map(String::as_str).collect::<Vec<_>>()));
        all_find_out(vec![("idle", &idle), ("talking", &talking)], cut);
    });
    cable.mend(end);
    talking.shows("online");
    let mut reader = cable.at(End::Server, || Netcat::named(stage.address, "reader"));
    reader.send("/join #lobby 0");
    reader.skip_to("~ #lobby 1 … <tui> said to a cut cable");
}

/// Waits until the clients say that they are offline.
fn all_find_out(mut clients: Vec<(&str, &Terminal)>, cut: Instant) {
    while !clients.is_empty() {
        let took = cut.elapsed();
        clients.retain(|(who, client)| {
            let is_online = !client.text().contains("offline");
            if !is_online {
                trials::tell(&format!("the {who} client noticed after {took:.1?}"));
            }
            is_online
        });
        let late = Duration::from_secs(dead_secs()) + SLACK;
        assert!(took < late, "{} clients are online after {took:?}", clients.len());
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a peer is doing while the cable is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Nothing is on its way.
    Idle,
    /// Something is said to it, less than what the system holds for a socket.
    Told,
    /// It has not read for a while; more waits than what the system holds.
    Stalled,
}

/// A server at one end of a cable.
struct Stage<'a> {
    cable: &'a Cable,
    address: SocketAddr,
    _server: Process,
    _data: tempfile::TempDir,
}

/// Everybody in a room with the witness, who is at the server's end and sees them leave.
struct All {
    witness: Netcat,
    peers: BTreeMap<String, (How, Peer)>,
}

enum Peer {
    Line(Netcat),
    Frames(Box<Framed>),
}

/// Of 10 KiB each: more than two systems keep for a socket that takes little.
const STALLING: usize = 200;

impl<'a> Stage<'a> {
    fn new(cable: &'a Cable) -> Self {
        let data = directory();
        let (listen, secs) = (format!("{SERVER}:0"), dead_secs().to_string());
        let options = ["--listen", &listen, "--dead-secs", &secs, "--grace-secs", "1"];
        let server = cable.at(End::Server, || Process::with(data.path(), options));
        Self { cable, address: server.address(), _server: server, _data: data }
    }

    fn watched(&self) -> All {
        let mut witness = self.cable.at(End::Server, || Netcat::named(self.address, "witness"));
        witness.send("/ack on");
        witness.skip_to("* ack on");
        All { witness, peers: BTreeMap::new() }
    }

    /// Two peers come, each to a room of its own name, and leave the others.
    fn come(&self, all: &mut All, line: &str, frames: &str, how: How) {
        let mut netcat = self.cable.at(End::Client, || Netcat::named(self.address, line));
        netcat.send(&format!("/part #lobby\n/join #{line}\n/quiet on"));
        netcat.skip_to("* quiet on");
        let mut framed = self.cable.at(End::Client, || Framed::connect(self.address, frames));
        let lobby = framed.join("#lobby");
        let _done: Done = framed.ask(Leave { room: lobby, reason: "".into() });
        framed.join(&format!("#{frames}"));
        if how == How::Stalled {
            for socket in [&netcat.writer(), &framed.wire.stream] {
                SockRef::from(socket).set_recv_buffer_size(4096).expect("a small buffer");
            }
        }
        for name in [line, frames] {
            all.witness.send(&format!("/join #{name}"));
            all.witness.skip_to(&format!("* joined #{name}"));
        }
        all.peers.insert(line.into(), (how, Peer::Line(netcat)));
        all.peers.insert(frames.into(), (how, Peer::Frames(Box::new(framed))));
    }

    fn terminal(&self, nick: &str) -> Terminal {
        let (server, secs) = (self.address.to_string(), dead_secs().to_string());
        let options = ["--server", &server, "--nick", nick, "--dead-secs", &secs];
        let terminal = self.cable.at(End::Client, || Terminal::run(&options));
        terminal.shows("online");
        terminal
    }
}

impl All {
    /// The witness says something to those of a kind.
    fn tell(&mut self, how: How, times: usize) {
        for name in self.named(how) {
            for number in 0..times {
                self.witness.send(&format!("/msg #{name} {number} {}", "x".repeat(10_000)));
                self.witness.skip_to(&format!("+ #{name} …"));
            }
        }
    }

    /// Fills what there is between the server and those who do not read.
    fn stall(&mut self) {
        self.tell(How::Stalled, STALLING);
    }

    fn named(&self, how: How) -> Vec<String> {
        let all = self.peers.iter().filter(|(_, (kind, _))| *kind == how);
        all.map(|(name, _)| name.clone()).collect()
    }

    /// Waits until all of these are gone, and no other.
    fn leave(&mut self, cut: Instant, names: &[&str]) {
        let mut left: Vec<&str> = names.to_vec();
        let late = Duration::from_secs(dead_secs()) + GRACE + SLACK;
        while !left.is_empty() {
            let took = cut.elapsed();
            assert!(took < late, "{left:?} still there after {took:?}");
            let Some(name) = self.next_to_leave(late - took) else { continue };
            trials::tell(&format!("{name} was let go after {:.1?}", cut.elapsed()));
            left.retain(|other| *other != name);
        }
    }

    /// Who of the peers leaves next, if anybody does within this time.
    fn next_to_leave(&mut self, within: Duration) -> Option<String> {
        let until = Instant::now() + within;
        loop {
            match self.witness.next_line_until(until) {
                Ok(line) => {
                    let name = line.strip_prefix("* ").and_then(|line| line.split(' ').next());
                    let name = name.filter(|name| line.contains(&format!(" left #{name}")));
                    if let Some(name) = name {
                        return Some(name.to_owned());
                    }
                }
                Err(Missing::Late) => return None,
                Err(missing) => panic!("the witness is gone: {missing:?}"),
            }
        }
    }

    fn nobody_leaves(&mut self, within: Duration) {
        let began = Instant::now();
        let left = self.next_to_leave(within);
        let took = began.elapsed();
        assert_eq!(left, None, "gone after {took:?} of {within:?}, though its system answers");
    }

    /// One who was kept reads all that it was told, in order, and can be told more.
    fn reads_on(&mut self, name: &str) {
        let (how, _) = self.peers[name];
        let before = if how == How::Stalled { STALLING } else { 0 };
        self.witness.send(&format!("/msg #{name} and more"));
        let expected = (0..before).map(|number| format!("{number} x")).chain(["and more".into()]);
        let (_, peer) = self.peers.get_mut(name).expect("one of the peers");
        for start in expected {
            let text = peer.next_text(name);
            assert!(text.starts_with(&start), "{name} read {:.20}, not {start}", text);
        }
    }
}

impl Peer {
    fn next_text(&mut self, name: &str) -> String {
        match self {
            Self::Line(netcat) => {
                let start = format!("#{name} <witness> ");
                netcat.skip_to(&format!("{start}…")).split_off(start.len())
            }
            Self::Frames(framed) => {
                let room = framed.join(&format!("#{name}"));
                framed.text(room)
            }
        }
    }
}
