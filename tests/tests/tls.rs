//! Peers behind a cipher are peers like all others.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use chat_proto::{
    message::{ErrorCode, Event, Posted},
    version::MAGIC,
};
use chat_server::config::Options;
use chat_tests::{
    PATIENCE,
    framed::{Framed, Wire, fresh_id, post},
    netcat::Netcat,
    server::Local,
    tls::{Secure, Tunnel, socket},
};

/// More than any buffer between the two holds.
const MANY: usize = 20_000;

fn with_tls_port(options: Options) -> Local {
    Local::with(Options { tls_listen: Some(vec!["127.0.0.1:0".into()]), ..options })
}

/// Reads to the end what a server says to these bytes.
fn answer(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = socket(address);
    socket.write_all(bytes).expect("the server takes it");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("the server closes in good order");
    answer
}

#[test]
fn lines_within_tls_meet_lines_without() {
    let server = with_tls_port(Options::default());
    let mut alice = Netcat::named(server.address(), "alice");
    for (address, nick) in [(server.address(), "bob"), (server.tls_address(), "carol")] {
        let tunnel = Tunnel::to(address);
        let mut peer = Netcat::named(tunnel.address(), nick);
        alice.expect(&format!("* {nick} joined #lobby"));
        peer.send("I am hidden");
        alice.expect(&format!("#lobby <{nick}> I am hidden"));
        alice.send("not to me");
        peer.expect("#lobby <alice> not to me");
        peer.send("/quit");
        peer.expect("* goodbye…");
        peer.expect_end();
        alice.expect(&format!("* {nick} left #lobby…"));
    }
}

#[test]
fn who_stays_silent_within_tls_is_greeted_within_tls() {
    let server = with_tls_port(Options::default());
    for address in [server.address(), server.tls_address()] {
        let mut peer = Secure::connect(address);
        assert!(peer.line().starts_with("* this is chat-server"));
        peer.write(b"/quit\n");
        assert!(peer.line().starts_with("* goodbye"));
        assert_eq!(peer.read_to_end().expect("a close_notify"), "");
    }
}

#[test]
fn frames_within_tls() {
    let server = Local::start();
    let tunnel = Tunnel::to(server.address());
    let mut alice = Framed::connect(tunnel.address(), "alice");
    let mut bob = Framed::connect(server.address(), "bob");
    let room = alice.join("#tea");
    assert_eq!(bob.join("#tea"), room);
    bob.say(room, "hello?");
    assert_eq!(alice.text(room), "hello?");
    // A lost connection is a lost connection: the session waits.
    let left = alice.left();
    drop(alice);
    bob.say(room, "still there?");
    let mut alice = Framed::resume(tunnel.address(), &left);
    assert!(alice.welcome.resumed);
    assert_eq!(alice.text(room), "still there?");
    alice.quit();
}

#[test]
fn a_pipe_within_tls_loses_nothing_and_ends_with_close_notify() {
    let server = Local::start();
    let mut peer = Secure::connect(server.address());
    let lines: String = (1..=MANY).map(|number| format!("line {number}\n")).collect();
    // Within what the two hold: this test does not read meanwhile.
    peer.write(b"bot\n/ack on\n");
    for line in ["* welcome bot", "* joined #lobby", "* ack on"] {
        assert_eq!(peer.line(), line);
    }
    let tunnel = Tunnel::to(server.address());
    let mut piping = Netcat::connect(tunnel.address());
    let mut writer = piping.writer();
    let writing = thread::spawn(move || {
        writer.write_all(format!("pipe\n/ack on\n{lines}last").as_bytes()).expect("taken");
        writer.shutdown(Shutdown::Write).expect("still connected");
    });
    let acks = piping.read_to_end().into_iter().filter(|line| line.starts_with("+ #lobby"));
    assert_eq!(acks.count(), MANY + 1);
    writing.join().expect("it writes to the end");
    peer.write(b"my last line");
    peer.half_close();
    let told = peer.read_to_end().expect("a close_notify");
    assert_eq!(told.matches("#lobby <pipe> ").count(), MANY + 1);
    let own = format!("+ #lobby {}\n", MANY + 2);
    assert!(told.ends_with(&own), "{}", &told[told.len() - 200..]);
}

#[test]
fn a_connection_that_is_cut_does_not_say_half_a_line() {
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    let mut bob = Secure::connect(server.address());
    bob.write(b"bob\nall of it\nhalf of i");
    alice.expect("* bob joined #lobby");
    alice.expect("#lobby <bob> all of it");
    bob.cut();
    alice.expect("* bob left #lobby (quit: connection lost)");
}

#[test]
fn openssl_speaks_line_mode() {
    if Command::new("openssl").arg("version").output().is_err() {
        return;
    }
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-quiet", "-connect", &server.address().to_string()]);
    openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut openssl = openssl.spawn().expect("it runs");
    let mut keys = openssl.stdin.take().expect("piped");
    keys.write_all(b"bob\nfrom afar\n/quit\n").expect("taken");
    alice.expect("* bob joined #lobby");
    alice.expect("#lobby <bob> from afar");
    let said = openssl.wait_with_output().expect("it ends").stdout;
    let said = String::from_utf8(said).expect("UTF-8");
    assert!(said.starts_with("* welcome bob\n* joined #lobby\n* goodbye"), "{said}");
}

#[test]
fn a_port_for_tls_alone_never_greets_and_sends_others_away() {
    let server = with_tls_port(Options { login_secs_max: Some(1), ..Options::default() });
    let address = server.tls_address();
    assert_eq!(answer(address, b""), b"");
    let line = answer(address, b"alice\n");
    assert!(line.starts_with(b"! tls-only: this port takes TLS only; use chat-tui --tls"));
    assert!(answer(address, b"GET / HTTP/1.1\r\n\r\n").starts_with(b"HTTP/1.1 400"));
    let mut framed = Wire::connect(address);
    let frame = framed.frame().expect("a frame");
    let chat_tests::framed::wire::Told::Event(Event::Closing(closing)) =
        chat_tests::framed::wire::read(&frame)
    else {
        panic!("{frame:?}")
    };
    assert_eq!(closing.code, ErrorCode::TlsOnly);
    framed.expect_end();
}

#[test]
fn what_was_sent_before_a_handshake_keeps_it_away() {
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    for before in [&b"mallory\nin clear\n"[..], b"\n", b"x", &MAGIC] {
        let bare = socket(server.address());
        assert!(Secure::over(bare, before).is_err(), "{before:?}");
    }
    alice.expect("* mallory joined #lobby");
    alice.expect("#lobby <mallory> in clear");
    // The greeting came first: the client is told by an alert, not by silence.
    let mut late = socket(server.address());
    let mut greeting = [0; 9];
    late.read_exact(&mut greeting).expect("a greeting");
    late.write_all(b"\x16\x03\x01\x00\x05hello").expect("taken");
    let mut rest = Vec::new();
    late.read_to_end(&mut rest).expect("a good end");
    assert!(rest.ends_with(&[0x15, 3, 3, 0, 2, 2, 0x0a]), "{rest:?}");
    // And a cipher within the cipher is none.
    let mut inside = Secure::connect(server.address());
    inside.write(b"\x16\x03\x01\x00\x05hello");
    let told = inside.read_bytes().expect("a good end");
    assert_eq!(told, [0x15, 3, 3, 0, 2, 2, 0x0a]);
}

#[test]
fn a_slow_handshake_is_given_up() {
    let server = with_tls_port(Options { login_secs_max: Some(1), ..Options::default() });
    for address in [server.address(), server.tls_address()] {
        let since = Instant::now();
        let mut slow = socket(address);
        // A record of 512 bytes, of which one comes now and then.
        slow.write_all(b"\x16\x03\x01\x02\x00\x01").expect("taken");
        slow.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
        while !has_ended(&mut slow) {
            assert!(since.elapsed() < PATIENCE, "it is still served");
            // The server may have closed just now.
            drop(slow.write_all(b"\0"));
        }
        assert!(since.elapsed() >= Duration::from_secs(1));
        // Who has shaken hands and says no hello is not spared either.
        let mut mute = Secure::connect(address);
        mute.write(&MAGIC);
        mute.read_bytes().expect("the server ends it");
        assert!(since.elapsed() < PATIENCE);
    }
}

fn has_ended(socket: &mut TcpStream) -> bool {
    match socket.read(&mut [0; 64]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

#[test]
fn a_reader_that_stalls_within_tls_harms_only_itself() {
    const TEXTS: usize = 3000;
    let server = Local::start();
    let mut stalled = Secure::connect(server.address());
    stalled.write(b"stalled\n");
    assert_eq!(stalled.line(), "* welcome stalled");
    assert_eq!(stalled.line(), "* joined #lobby");
    let text = "x".repeat(4000);
    let mut alice = Framed::connect(server.address(), "alice");
    let room = alice.join("#lobby");
    // Twelve megabytes: more than the sockets and the server hold for one who does not read.
    let post = |n| post(room, fresh_id(), &format!("{n} {text}"));
    let mut on_the_way = VecDeque::new();
    for n in 0..TEXTS {
        on_the_way.push_back(alice.send(post(n)));
        if on_the_way.len() > 16 {
            let _: Posted = alice.answer(on_the_way.pop_front().expect("some"));
        }
    }
    for number in on_the_way {
        let _: Posted = alice.answer(number);
    }
    stalled.line();
    for n in 0..TEXTS {
        let line = stalled.line();
        assert!(line.starts_with(&format!("#lobby <alice> {n} x")), "{n}: {}", &line[..40]);
    }
}
