//! Texts that are meant to do harm, put into every field that anybody can fill, over both protocols, to the real
//! programs: nothing of them comes out of what people look at.

mod attack;
mod server_that_lies;
mod sink;

use chat_tests::{
    hostile::{Hostile, assert_harmless, corpus, stream::unintended},
    netcat::Netcat,
    programs,
    server::{Process, directory},
    terminal::Terminal,
    tls::Tunnel,
};
use sink::{Frames, Plain};

/// Said last by somebody harmless: who has this has everything.
const LAST: &str = "the last words";

#[test]
fn nothing_harmful_comes_out_of_anything() {
    let data = directory();
    let server = Process::with(data.path(), ["--listen", "127.0.0.1:0", "--log", "trace"]);
    let address = server.address();
    let tunnel = Tunnel::to(address);
    let mut listeners = [Netcat::named(address, "alice"), Netcat::named(tunnel.address(), "tess")];
    let (mut frames, plain) = (Frames::listen(address), Plain::listen(address));
    let mut screen = screen(address);
    let corpus = corpus();
    attack::everywhere(address, &corpus);
    let mut last = Netcat::named(address, "last");
    last.send(&format!("/msg #lobby {LAST}"));
    listeners.iter_mut().for_each(heard_to_the_end);
    frames.check_to(LAST);
    plain.check_to(LAST);
    screen.shows(LAST);
    look_around(&mut screen);
    check_past(&mut last, &corpus);
    check_screen(&screen);
    check_exports(data.path());
    let stopped = server.terminate();
    assert_harmless("the log", stopped.stderr.as_bytes());
    assert!(!stopped.stderr.contains("panicked"), "{}", stopped.stderr);
}

/// A client with notifications, for whom the window is not in focus.
fn screen(address: std::net::SocketAddr) -> Terminal {
    let args = ["--server", &address.to_string(), "--nick", attack::VICTIM];
    let mut screen = Terminal::set_up(&args, "notify = \"osc777\"\n");
    screen.shows("online");
    screen.keys("\x1b[O");
    screen
}

/// Reads all that a listener was told; nobody else speaks in the server's name.
fn heard_to_the_end(listener: &mut Netcat) {
    loop {
        let line = listener.next_line().expect("it goes on to the last words");
        assert_harmless("line mode", line.as_bytes());
        assert!(!line.starts_with("! "), "an error that is another's: {line}");
        for forged in ["* forged", "#lobby <root>", "2026-11-21T12:00:00Z  INFO"] {
            assert!(!line.starts_with(forged), "a forged line: {line}");
        }
        if line.ends_with(LAST) {
            return;
        }
    }
}

/// The past, what is found in it, who and what is there.
fn check_past(peer: &mut Netcat, corpus: &[Hostile]) {
    for command in
        ["/history 500", "/list", "/names", "/search red", "/search owned", "/search forged"]
    {
        peer.send(command);
    }
    for text in corpus {
        peer.write(&[b"/search ", &text.line()[..], b"\n/whois ", &text.line(), b"\n"].concat());
    }
    peer.half_close();
    let lines = peer.read_to_end();
    assert!(lines.iter().any(|line| line.starts_with("~ ")), "a past");
    lines.iter().for_each(|line| assert_harmless("the past", line.as_bytes()));
}

/// Whatever the client can show.
fn look_around(screen: &mut Terminal) {
    for command in ["/search forged", "/list"] {
        screen.line(command);
        screen.shows("Esc closes");
        screen.keys("\x1b");
        screen.hides("Esc closes");
    }
    screen.line("/names");
    screen.shows("frida");
    screen.line("/whois alice");
    screen.shows("alice: here since");
    screen.keys("\x1b[5~\x1b[5~\x1b[5~");
    screen.hides("alice: here since");
    screen.keys("\x1b[F");
    screen.shows("alice: here since");
}

fn check_screen(screen: &Terminal) {
    let written = screen.written();
    assert!(written.windows(13).any(|window| window == b"\x1b]777;notify;"), "it has notified");
    assert_eq!(unintended(&written), None, "on the terminal");
}

fn check_exports(data: &std::path::Path) {
    for format in ["jsonl", "text"] {
        let data = data.as_os_str();
        let args = ["export", "--private", "--format", format, "--data"].map(std::ffi::OsStr::new);
        let ended = programs::run("chat-server", args.into_iter().chain([data]));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains(LAST));
        assert_harmless(&format!("export as {format}"), ended.stdout.as_bytes());
        assert_harmless(&format!("export as {format}"), ended.stderr.as_bytes());
    }
}
