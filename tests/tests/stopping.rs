//! The server is asked to stop: it delivers what was said, says goodbye, and is gone in time.

use std::{
    io::Write,
    net::Shutdown,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use chat_proto::message::ErrorCode;
use chat_tests::{
    audit::{Fault, Line, audit},
    framed::{Framed, text_of},
    netcat::{Missing, Netcat},
    programs::signal,
    server::{Process, Stopped, directory},
};

/// What issue a stop at most takes, with nobody in the way.
const STOPS_WITHIN: Duration = Duration::from_secs(8);

#[track_caller]
fn assert_stopped(stopped: &Stopped) {
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(stopped.took < STOPS_WITHIN, "{stopped:?}");
    assert!(!stopped.stderr.contains("panicked"), "{stopped:?}");
}

#[test]
fn everybody_is_told_goodbye() {
    let data = directory();
    let server = Process::start(data.path());
    let mut nc = Netcat::named(server.address(), "nc");
    let mut framed = Framed::connect(server.address(), "framed");
    nc.expect("* framed joined #lobby");
    let asked = Instant::now();
    signal(server.pid(), "TERM");
    nc.expect("* goodbye…");
    nc.expect_end();
    let closing = framed.closing();
    assert_eq!(closing.code, ErrorCode::ShuttingDown);
    assert!(closing.come_back_millis.is_some());
    assert_eq!(framed.wire.frame(), Err(Missing::Ended));
    drop((nc, framed));
    assert_stopped(&server.stopped(asked));
}

#[test]
fn an_interrupt_from_the_keyboard_stops_it_too() {
    let data = directory();
    let server = Process::start(data.path());
    let asked = Instant::now();
    signal(server.pid(), "INT");
    assert_stopped(&server.stopped(asked));
}

#[test]
fn peers_that_do_not_leave_or_read_hold_nothing_up() {
    let data = directory();
    let server = Process::start(data.path());
    let silent = Netcat::silent(server.address());
    let nameless = Netcat::connect(server.address());
    let mut deaf = Netcat::named(server.address(), "deaf");
    deaf.send("/echo on");
    // More than the buffers between the two hold: what is echoed to it waits to be read.
    let mut writer = deaf.writer();
    let writing = thread::spawn(move || {
        let line = format!("{}\n", "x".repeat(16_000));
        while writer.write_all(line.as_bytes()).is_ok() {}
    });
    let mut witness = Netcat::named(server.address(), "witness");
    for _ in 0..200 {
        witness.skip_to("#lobby <deaf> …");
    }
    assert_stopped(&server.terminate());
    drop(deaf.writer().shutdown(Shutdown::Both));
    writing.join().expect("it writes until the server is gone");
    drop((silent, nameless, deaf));
}

/// Says many things without waiting, and gives what was acknowledged until the server closed.
fn pour(server: &Process, nick: &str) -> thread::JoinHandle<Vec<Line>> {
    let mut peer = Netcat::named(server.address(), nick);
    peer.send("/ack on");
    peer.send("/quiet on");
    peer.skip_to("* quiet on");
    let (mut writer, nick) = (peer.writer(), nick.to_owned());
    let name = nick.clone();
    thread::spawn(move || {
        (1..)
            .map(|number| format!("{name} {number}\n"))
            .take_while(|line| writer.write_all(line.as_bytes()).is_ok())
            .for_each(drop);
    });
    thread::spawn(move || {
        let (mut acknowledged, mut lines) = (Vec::new(), Vec::new());
        while let Ok(line) = peer.next_line() {
            if let Some(seq) = line.strip_prefix("+ #lobby ") {
                let text = format!("{nick} {}", acknowledged.len() + 1);
                acknowledged.push(Line::new(
                    "#lobby",
                    chat_proto::Seq(seq.parse().expect("a number")),
                    &text,
                ));
            }
            lines.push(line);
        }
        assert!(
            lines.last().is_some_and(|last| last.starts_with("* goodbye")),
            "{:?}",
            lines.last()
        );
        acknowledged
    })
}

#[test]
fn what_is_acknowledged_while_it_stops_is_delivered_and_kept() {
    let data = directory();
    let server = Process::start(data.path());
    let mut ear = Framed::connect(server.address(), "ear");
    let lobby = ear.join("#lobby");
    let talking = ["one", "two"].map(|nick| pour(&server, nick));
    for _ in 0..500 {
        ear.entry(lobby);
    }
    let asked = Instant::now();
    signal(server.pid(), "TERM");
    let heard = ear_to_the_end(&mut ear);
    let acknowledged: Vec<Line> =
        talking.into_iter().flat_map(|one| one.join().expect("it talks to the end")).collect();
    drop(ear);
    assert_stopped(&server.stopped(asked));
    let kept = kept(data.path());
    assert_eq!(heard, kept.len() as u64, "the last entries were not delivered");
    let faults = audit(&acknowledged, &kept);
    assert_eq!(faults, [] as [Fault; 0]);
}

/// The number of the last entry that was delivered before the goodbye.
fn ear_to_the_end(ear: &mut Framed) -> u64 {
    ear.closing();
    ear.left().cursors.into_values().map(|seq| seq.0).max().expect("it was in a room")
}

fn kept(data: &Path) -> Vec<Line> {
    let server = Process::start(data);
    let mut reader = Framed::connect(server.address(), "reader");
    let lobby = reader.join("#lobby");
    let line = |entry: &chat_proto::message::Entry| {
        Line::new("#lobby", entry.seq, &text_of(entry).expect("only messages were sent"))
    };
    reader.history(lobby).iter().map(line).collect()
}

#[test]
fn a_pipe_that_ends_with_the_server_gets_all_its_answers() {
    let data = directory();
    let server = Process::start(data.path());
    let mut bot = Netcat::connect(server.address());
    bot.write(b"bot\n/ack on\none\ntwo\nthree\n");
    bot.half_close();
    bot.skip_to("+ #lobby 3");
    bot.expect_end();
    assert_stopped(&server.terminate());
    let texts: Vec<String> = kept(data.path()).into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[test]
fn what_was_said_is_there_after_a_restart() {
    let data = directory();
    for round in 0..3 {
        let server = Process::start(data.path());
        let mut alice = Netcat::named(server.address(), "alice");
        alice.send(&format!(
            "/join #ops\n/topic round {round}\n/ack on\nsaid in round {round}\n/history 100"
        ));
        alice.skip_to(&format!("+ #ops {}", 2 * round + 2));
        for earlier in 0..=round {
            alice.skip_to(&format!(
                "~ #ops {} …Z * alice set the topic: round {earlier}",
                2 * earlier + 1
            ));
            alice.expect(&format!("~ #ops {} …Z <alice> said in round {earlier}", 2 * earlier + 2));
        }
        drop(alice);
        assert_stopped(&server.terminate());
    }
    let server = Process::start(data.path());
    let mut bob = Netcat::named(server.address(), "bob");
    bob.send("/list");
    bob.expect("* list #lobby 1…");
    bob.expect("* list #ops 0 round 2");
}
