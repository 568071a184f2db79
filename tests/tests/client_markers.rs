//! `chat-tui` of an account: what was read is known after a restart of the client, and on every device.

use std::net::SocketAddr;

use chat_proto::{
    Secret, Seq,
    message::{Done, Hello, Login, MarkRead},
};
use chat_tests::{
    framed::{Framed, hello},
    netcat::Netcat,
    server::Local,
    terminal::{Screen, Terminal},
};

const ALT_A: &str = "\x1ba";
const FOCUS_LOST: &str = "\x1b[O";
const FOCUS_BACK: &str = "\x1b[I";

/// Alice has an account, was in #lobby and #tea and read all there was; Bob is there.
fn talked(server: SocketAddr) -> Netcat {
    let login = Login::Register { password: Secret::new("tea for two"), remember: false };
    let mut alice = Framed::hello(server, Hello { login: Some(login), ..hello("alice", None) });
    let (lobby, tea) = (alice.join("#lobby"), alice.join("#tea"));
    let mut bob = Netcat::named(server, "bob");
    bob.send("/ack on\n/join #tea");
    for said in ["in the morning", "at noon"] {
        bob.send(&format!("/msg #lobby {said}\n/msg #tea {said}"));
    }
    bob.skip_to("+ #tea 2");
    for room in [lobby, tea] {
        let _done: Done = alice.ask(MarkRead { room, seq: Seq(2) });
    }
    alice.quit();
    bob
}

fn log_in(server: SocketAddr) -> Terminal {
    let mut client = Terminal::chat(server, "alice");
    client.shows("alice belongs to an account");
    client.line("/login alice tea for two");
    client.shows("#tea");
    client.shows("at noon");
    client
}

/// What stands behind a room in the list.
fn unread(screen: &Screen, room: &str) -> String {
    let text = screen.text();
    let mut left = text.lines().skip(1).filter_map(|row| row.split('│').next());
    left.find_map(|row| row.split_once(room))
        .map_or_else(|| "no such room".into(), |(_, count)| count.trim().into())
}

#[track_caller]
fn counts(client: &Terminal, room: &str, expected: &str) {
    client.until(&format!("{room} {expected:?}"), |screen| unread(screen, room) == expected);
}

/// The line of new messages stands right above this.
#[track_caller]
fn new_begins_with(client: &Terminal, text: &str) {
    client.until(&format!("{text:?} below the line"), |screen| {
        let line = screen.row_of("new messages").map(|row| row + 1);
        line.is_some() && line == screen.row_of(text)
    });
}

/// The window has lost the focus, and the client knows it: what was typed behind that is there, and gone again.
#[track_caller]
fn look_away(client: &mut Terminal) {
    client.keys(FOCUS_LOST);
    for (keys, typed) in [("xyz", true), ("\x15", false)] {
        client.keys(keys);
        client.until("what was typed", |screen| {
            screen.before_cursor().is_some_and(|text| text.ends_with("xyz")) == typed
        });
    }
}

fn quit(mut client: Terminal) {
    client.line("/quit");
    assert_eq!(client.left().code, 0);
}

#[test]
fn a_client_that_is_started_again_knows_what_was_read() {
    let server = Local::start();
    let mut bob = talked(server.address());
    for said in ["in the evening", "alice, at night"] {
        bob.send(&format!("/msg #lobby {said}\n/msg #tea {said}"));
    }
    bob.skip_to("+ #tea 4");
    let client = log_in(server.address());
    new_begins_with(&client, "in the evening");
    counts(&client, "#tea", "2 @1");
    counts(&client, "#lobby", "");
    quit(client);

    let mut client = log_in(server.address());
    counts(&client, "#tea", "2 @1");
    client.hides("new messages");
    client.keys(ALT_A);
    new_begins_with(&client, "in the evening");
    counts(&client, "#tea", "");
    bob.send("one more");
    client.shows("one more");
    quit(client);

    let mut client = log_in(server.address());
    bob.send("/msg #tea the last");
    counts(&client, "#tea", "1");
    client.keys(ALT_A);
    new_begins_with(&client, "the last");
}

#[test]
fn two_devices_agree() {
    let server = Local::start();
    let mut bob = talked(server.address());
    let (mut laptop, phone) = (log_in(server.address()), log_in(server.address()));
    laptop.line("/join #tea");
    laptop.shows("beginning of #tea");
    look_away(&mut laptop);
    bob.send("/msg #tea look, alice\n/msg #tea a kettle");
    counts(&laptop, "#tea", "2 @1");
    counts(&phone, "#tea", "2 @1");
    laptop.keys(FOCUS_BACK);
    counts(&laptop, "#tea", "");
    new_begins_with(&laptop, "look, alice");
    counts(&phone, "#tea", "");
    // The phone looks at the lobby: what is said there is read on both.
    bob.send("/msg #lobby anybody?");
    phone.shows("anybody?");
    counts(&laptop, "#lobby", "");
    // What it does not look at counts there alone, until it is read elsewhere.
    look_away(&mut laptop);
    bob.send("/msg #tea the end");
    counts(&phone, "#tea", "1");
    counts(&laptop, "#tea", "1");
    laptop.line("/read");
    counts(&phone, "#tea", "");
}
