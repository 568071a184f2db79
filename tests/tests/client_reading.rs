//! `chat-tui` looks for what was said, goes there, and comes back.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use chat_tests::{netcat::Netcat, server::Local, terminal::Terminal};

const PAGE_UP: &str = "\x1b[5~";
const PAGE_DOWN: &str = "\x1b[6~";
const END: &str = "\x1b[F";
const F3: &str = "\x1bOR";

/// Says numbered lines in the lobby, the one in the middle with a word of its own.
fn talk(server: SocketAddr) -> Netcat {
    let mut bob = Netcat::named(server, "bob");
    bob.send("/ack on");
    for number in 1..=MESSAGES {
        let word = if number == MESSAGES / 2 { "kettle" } else { "tea" };
        bob.send(&format!("line {number}, {word}."));
    }
    bob.skip_to(&format!("+ #lobby {MESSAGES}"));
    bob
}

const MESSAGES: usize = 600;

#[test]
fn a_message_is_found_gone_to_and_left_again() {
    let server = Local::start();
    let mut bob = talk(server.address());
    let mut alice = Terminal::chat(server.address(), "alice");
    alice.shows("line 600");
    alice.line("/search KETTLE from:bob");
    alice.shows("1 found");
    alice.shows("line 300, kettle.");
    alice.keys("\r");
    alice.shows("to now: End");
    for number in [299, 300, 301] {
        alice.shows(&format!("line {number}, "));
    }
    bob.send("meanwhile");
    bob.skip_to("+ #lobby 601");
    // Over several pages to the live end, where what is said next appears by itself.
    scroll_to(&mut alice, PAGE_DOWN, "line 450, ");
    scroll_to(&mut alice, PAGE_DOWN, "meanwhile");
    alice.hides("End");
    bob.send("live again");
    alice.shows("live again");
    alice.keys(F3);
    alice.shows("1 found");
    alice.keys("\r");
    alice.shows("line 300, ");
    alice.keys(END);
    alice.shows("live again");
}

#[test]
fn a_date_is_gone_to_and_read_on_from_both_ways() {
    let server = Local::start();
    let _bob = talk(server.address());
    let mut alice = Terminal::chat(server.address(), "alice");
    alice.shows("line 600");
    alice.line("/history today");
    alice.shows("line 1, ");
    alice.line("/history 300");
    alice.shows("line 300, ");
    scroll_to(&mut alice, PAGE_UP, "line 250, ");
    scroll_to(&mut alice, PAGE_DOWN, "line 350, ");
    alice.line("/history 2126-01-01");
    alice.shows("nothing was said from there on");
}

/// Turns pages until this is in sight. What is not loaded yet leaves a key without effect, so it is pressed again.
#[track_caller]
fn scroll_to(client: &mut Terminal, key: &str, text: &str) {
    let began = Instant::now();
    while !client.text().contains(text) {
        let before = client.text();
        client.keys(key);
        let pressed = Instant::now();
        while client.text() == before && pressed.elapsed() < Duration::from_millis(300) {
            thread::sleep(Duration::from_millis(2));
        }
        assert!(began.elapsed() < DEADLINE, "{text:?} is nowhere:\n{}", client.text());
    }
}

const DEADLINE: Duration = Duration::from_secs(30);
