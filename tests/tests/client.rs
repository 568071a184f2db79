//! `chat-tui` in a real terminal.

use std::{net::SocketAddr, time::Instant};

use chat_tests::{
    netcat::Netcat,
    server::{Local, Process, directory},
    terminal::{Screen, Terminal},
};

#[test]
fn netcat_and_terminal_talk() {
    let server = Local::start();
    let mut bob = Netcat::named(server.address(), "bob");
    let mut alice = chat(server.address());
    bob.expect("* alice joined #lobby");
    alice.line("hello, bob");
    bob.expect("#lobby <alice> hello, bob");
    bob.send("hello, alice");
    alice.shows("hello, alice");
    alice.line("/me waves");
    bob.expect("#lobby * alice waves");
    all_sent(&alice, "waves");
    alice.line("/quit");
    bob.expect("* alice left #lobby (quit…");
    let left = alice.left();
    left.assert_restored();
    assert_eq!(left.code, 0, "{left:?}");
}

#[test]
fn the_cursor_is_where_one_types() {
    let server = Local::start();
    let mut alice = chat(server.address());
    for (keys, before) in
        [("abc", "abc"), (" 你好", "abc 你好"), ("\x01", ""), ("x", "x"), ("\x05!", "xabc 你好!")]
    {
        alice.keys(keys);
        alice.until(before, |screen| {
            screen.before_cursor().is_some_and(|text| text.ends_with(before))
        });
    }
    alice.keys("\x15");
    alice.hides("你好");
}

#[test]
fn several_rooms_are_live_and_count_what_is_unread() {
    let server = Local::start();
    let mut bob = Netcat::named(server.address(), "bob");
    let mut alice = chat(server.address());
    bob.expect("* alice joined #lobby");
    alice.line("/join #tea");
    alice.shows("beginning of #tea");
    bob.send("/join #tea");
    bob.expect("* joined #tea");
    bob.send("/msg #lobby one\n/msg #lobby two\n/msg #lobby alice: three");
    alice.until("three unread, one mention", |screen| unread(screen, "#lobby") == "3 @1");
    alice.line("/join #lobby");
    alice.shows("alice: three");
    bob.send("and in #tea");
    alice.until("one unread", |screen| unread(screen, "#tea") == "1");
    alice.until("none unread", |screen| unread(screen, "#lobby").is_empty());
}

/// Alice's client, in the lobby.
#[track_caller]
fn chat(server: SocketAddr) -> Terminal {
    let alice = Terminal::chat(server, "alice");
    alice.shows("online");
    alice.shows(" member");
    alice
}

/// Waits until this is on the screen and no message is marked as on its way.
#[track_caller]
fn all_sent(client: &Terminal, text: &str) {
    client.until("all to be sent", |screen| {
        let shown = screen.text();
        shown.contains(text) && !shown.contains('…')
    });
}

/// What stands behind a room in the list at the left.
fn unread(screen: &Screen, room: &str) -> String {
    let text = screen.text();
    let mut left = text.lines().skip(1).filter_map(|row| row.split('│').next());
    left.find_map(|row| row.split_once(room))
        .map_or_else(|| "no such room".into(), |(_, count)| count.trim().into())
}

#[test]
fn a_resized_window_is_drawn_anew() {
    let server = Local::start();
    let mut bob = Netcat::named(server.address(), "bob");
    let alice = chat(server.address());
    bob.send("a line that is seen at every size");
    for (rows, columns) in [(24, 100), (10, 60), (50, 180), (24, 80)] {
        alice.resize(rows, columns);
        alice.shows("a line that is seen at every size");
        alice.until("the status at the bottom", |screen| {
            screen.row_of("online").is_some_and(|row| row >= usize::from(rows) - 2)
        });
    }
}

#[test]
fn the_terminal_is_given_back_on_every_way_out() {
    let server = Local::start();
    for signal in ["TERM", "INT", "HUP"] {
        let alice = chat(server.address());
        alice.signal(signal);
        alice.left().assert_restored();
    }
    let mut alice = chat(server.address());
    alice.line("/quit");
    alice.left().assert_restored();
}

#[test]
fn a_server_that_is_not_there_is_told_with_what_to_do() {
    let gone = Local::start().address();
    let left = Terminal::chat(gone, "alice").left();
    left.assert_restored();
    assert_ne!(left.code, 0);
    assert!(left.shown.contains("chat-server"), "{left:?}");
    let left = Terminal::run(&["--nick", "no nick"]).left();
    left.assert_restored();
    assert_eq!(left.code, 2, "{left:?}");
    let left = Terminal::run(&["--server", "localhost:99999"]).left();
    left.assert_restored();
    assert_eq!(left.code, 2, "{left:?}");
    assert!(left.shown.contains("'99999' is no port"), "{left:?}");
}

#[test]
fn a_restart_of_the_server_is_hardly_noticed() {
    through_a_restart(|server| assert_eq!(server.terminate().code, Some(0)));
}

#[test]
fn a_kill_of_the_server_is_hardly_noticed() {
    through_a_restart(|server| drop(server.kill()));
}

fn through_a_restart(end: fn(Process)) {
    let data = directory();
    let server = Process::start(data.path());
    let address = server.address();
    let mut alice = chat(address);
    alice.line("before");
    all_sent(&alice, "before");
    end(server);
    alice.hides("online");
    alice.line("written meanwhile");
    let server = Process::start_at(address, data.path());
    let mut bob = Netcat::named(address, "bob");
    alice.shows("online");
    bob.send("/join #lobby 0");
    bob.skip_to("~ #lobby 1 …Z <alice> before");
    bob.skip_to("…<alice> written meanwhile");
    bob.send("after");
    alice.shows("after");
    all_sent(&alice, "written meanwhile");
    let asked = Instant::now();
    alice.line("/quit");
    assert_eq!(alice.left().code, 0);
    assert!(asked.elapsed().as_secs() < 10);
    drop(server);
}

#[test]
fn what_others_say_does_nothing_to_the_terminal() {
    let server = Local::start();
    let mut bob = Netcat::named(server.address(), "bob");
    let mut alice = chat(server.address());
    bob.expect("* alice joined #lobby");
    bob.write(b"\x1b]0;a title\x07\x1b[2J\x1b[?1049l\x9b31mred\xc2\x9b7m \x1b]52;c;aGk=\x07end\n");
    alice.shows("end");
    alice.until("the screen to be the client's", |screen| screen.row_of("online").is_some());
    alice.line("/quit");
    alice.left().assert_restored();
}
