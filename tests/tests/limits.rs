//! Limits that a stranger meets: how many connections, how fast, and from where.

use std::{
    io::{Read, Write},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use chat_proto::{
    message::{ErrorCode, Event, Failed, Join, Ping, Pong},
    version::MAGIC,
};
use chat_server::config::Options;
use chat_tests::{
    framed::{
        Framed, Wire,
        wire::{Told, read},
    },
    netcat::Netcat,
    programs,
    server::{Local, Process, directory},
    tls::{Secure, socket},
};

/// A header of PROXY protocol v2, as a proxy writes it for a client of this address.
fn proxied(client: &str) -> Vec<u8> {
    let (family, addresses) = match client.parse().expect("an address") {
        IpAddr::V4(client) => (0x11, [&client.octets()[..], &[127, 0, 0, 1], &[0; 4]].concat()),
        IpAddr::V6(client) => (0x21, [&client.octets()[..], &[0; 16], &[0; 4]].concat()),
    };
    let length = u8::try_from(addresses.len()).expect("short");
    [b"\r\n\r\n\0\r\nQUIT\n\x21", &[family, 0, length][..], &addresses].concat()
}

/// Somebody who comes through the proxy from this address.
fn from(client: &str, server: SocketAddr) -> Netcat {
    let mut peer = Netcat::connect(server);
    peer.write(&proxied(client));
    peer
}

fn behind_a_proxy(options: Options) -> Local {
    let proxies = vec!["127.0.0.0/8".parse().expect("a range")];
    Local::with(Options { proxy_from: Some(proxies), ..options })
}

#[test]
fn an_address_has_its_share_of_the_connections() {
    let options = Options { connections_per_address_max: Some(2), ..Options::default() };
    let server = behind_a_proxy(options);
    let name = |client: &str, nick: &str| {
        let mut peer = from(client, server.address());
        peer.send(nick);
        peer.expect(&format!("* welcome {nick}"));
        peer
    };
    let one = name("192.0.2.1", "one");
    let _two = name("192.0.2.1", "two");
    let turned_away = |client: &str| {
        from(client, server.address()).expect(
            "! busy: the server lets no more in from your address; close another connection first",
        );
    };
    turned_away("192.0.2.1");
    let _other = name("192.0.2.2", "other");
    let _six = (name("2001:db8::1", "six"), name("2001:db8::ffff:2", "sixteen"));
    turned_away("2001:db8::3");
    let _elsewhere = name("2001:db8:0:1::1", "elsewhere");
    drop(one);
    // The server needs a moment to see that the first is gone.
    let deadline = Instant::now() + chat_tests::PATIENCE;
    loop {
        let mut again = from("192.0.2.1", server.address());
        again.send("again");
        if again.next_line().is_ok_and(|line| line == "* welcome again") {
            break;
        }
        assert!(Instant::now() < deadline, "the place is not given back");
    }
}

#[test]
fn this_machine_has_no_share_unless_it_is_asked_for() {
    let one = Options { connections_per_address_max: Some(1), ..Options::default() };
    let server = Local::with(one.clone());
    let _peers = (Netcat::named(server.address(), "a"), Netcat::named(server.address(), "b"));
    let server = Local::with(Options { limit_loopback: Some(true), ..one });
    let _first = Netcat::named(server.address(), "a");
    Netcat::connect(server.address()).expect("! busy: …");
}

#[test]
fn a_proxy_has_to_say_for_whom_it_connects_and_nobody_else_may() {
    let server = behind_a_proxy(Options { login_secs_max: Some(1), ..Options::default() });
    for header in [&b"alice\n"[..], b"PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n", b""] {
        let mut peer = socket(server.address());
        peer.write_all(header).expect("taken");
        let mut answer = Vec::new();
        // What was not read may reset the connection; nothing is answered either way.
        drop(peer.read_to_end(&mut answer));
        assert_eq!(answer, b"", "{header:?}");
    }
    let mut check = Netcat::connect(server.address());
    check.write(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0/quit\n");
    check.expect("* goodbye");
    // Without a list the header is only a strange nick.
    let server = Local::start();
    let mut liar = Netcat::connect(server.address());
    liar.write(&proxied("192.0.2.1"));
    liar.send("bob");
    liar.skip_to("! bad-nick: …");
}

#[test]
fn who_is_too_fast_is_told_once_and_loses_nothing() {
    let options = Options {
        requests_per_sec: Some(100),
        requests_burst: Some(50),
        limit_loopback: Some(true),
        ..Options::default()
    };
    let server = Local::with(options);
    let mut alice = Netcat::named(server.address(), "alice");
    let since = Instant::now();
    let mut bot = Netcat::connect(server.address());
    let lines: String = (0..250).map(|n| format!("line {n}\n")).collect();
    bot.write(format!("bot\n/ack on\n{lines}").as_bytes());
    bot.half_close();
    alice.expect("* bot joined #lobby");
    (0..250).for_each(|n| drop(alice.expect(&format!("#lobby <bot> line {n}"))));
    // 252 lines, of which 50 may come at once.
    assert!(since.elapsed() >= Duration::from_secs(2), "{:?}", since.elapsed());
    let said = bot.read_to_end();
    let told = said.iter().filter(|line| line.starts_with("* slow down: from here on 100 lines"));
    assert_eq!(told.count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|line| line.starts_with("+ #lobby")).count(), 250);
}

#[test]
fn a_fast_program_is_told_by_an_event() {
    let options = Options {
        requests_per_sec: Some(20),
        requests_burst: Some(5),
        limit_loopback: Some(true),
        ..Options::default()
    };
    let server = Local::with(options);
    let mut alice = Framed::connect(server.address(), "alice");
    let sent: Vec<u32> = (0..20).map(|nonce| alice.send(Ping { nonce })).collect();
    for (nonce, number) in (0..).zip(sent) {
        let pong: Pong = alice.answer(number);
        assert_eq!(pong.nonce, nonce);
    }
    let slowed = |event| matches!(event, Event::Slowed(slowed) if slowed.per_sec == 20);
    assert_eq!(alice.events_so_far().filter(|event| slowed(event.clone())).count(), 1);
}

#[test]
fn what_a_slowed_peer_sent_is_carried_out_when_the_server_stops() {
    let options = Options {
        requests_per_sec: Some(1),
        requests_burst: Some(5),
        limit_loopback: Some(true),
        ..Options::default()
    };
    let server = Local::with(options);
    let mut alice = Netcat::named(server.address(), "alice");
    let mut bot = Netcat::connect(server.address());
    let lines: String = (0..50).map(|n| format!("line {n}\n")).collect();
    bot.write(format!("bot\n{lines}").as_bytes());
    alice.skip_to("#lobby <bot> line 0");
    let stopping = Instant::now();
    server.stop();
    (1..50).for_each(|n| drop(alice.expect(&format!("#lobby <bot> line {n}"))));
    assert!(stopping.elapsed() < Duration::from_secs(8));
}

#[test]
fn an_address_that_guesses_passwords_is_locked_out() {
    let options = Options {
        failed_logins_max: Some(3),
        require_tls: Some(false),
        registrations_max: Some(1),
        ..Options::default()
    };
    let server = behind_a_proxy(options);
    let mut alice = from("192.0.2.9", server.address());
    alice.send("/register alice teafortwo");
    alice.expect("* welcome alice");
    let mut bob = from("192.0.2.9", server.address());
    bob.send("/register bob teafortwo");
    bob.expect("! locked-out: too many accounts were made from your address; try again in 60 min");
    for _ in 0..3 {
        let mut thief = from("192.0.2.1", server.address());
        thief.send("/login alice teaforone");
        thief.expect("! bad-login: …");
    }
    let mut thief = from("192.0.2.1", server.address());
    thief.send("/login alice teafortwo");
    thief.expect("! locked-out: too many logins failed from your address; try again in 15 min");
    thief.send("/nick guest");
    thief.expect("* welcome guest");
    let mut owner = from("192.0.2.2", server.address());
    owner.send("/login alice teafortwo");
    owner.expect("* welcome alice");
}

#[test]
fn who_comes_from_a_banned_address_is_told_so_before_anything_else() {
    let data = directory();
    let args = ["--listen", "127.0.0.1:0", "--proxy-from", "127.0.0.0/8"];
    let server = Process::with(data.path(), args);
    let path = data.path().to_str().expect("UTF-8");
    let ban = ["ban", "add", "192.0.2.0/24", "too", "loud", "--data", path];
    assert_eq!(programs::run("chat-server", ban).code, Some(0));
    let told = "! banned: you are banned from this server without end: too loud";
    for first in ["", "mallory\n", "/login alice teafortwo\n", "GET / HTTP/1.1\r\n\r\n"] {
        let mut mallory = from("192.0.2.7", server.address());
        mallory.write(first.as_bytes());
        assert_eq!(mallory.read_to_end(), [told], "{first}");
    }
    let mut wire = Wire::mute(server.address());
    wire.write(&proxied("192.0.2.7"));
    wire.write(&MAGIC);
    match wire.frame().map(|frame| read(&frame)) {
        Ok(Told::Event(Event::Closing(closing))) => {
            assert_eq!(closing.code, ErrorCode::Banned);
            assert_eq!(format!("! banned: {}", closing.text), told);
        }
        other => panic!("{other:?}"),
    }
    wire.expect_end();
    let mut socket = socket(server.address());
    socket.write_all(&proxied("192.0.2.7")).expect("taken");
    let mut secure = Secure::over(socket, b"").expect("a handshake");
    assert_eq!(secure.line(), told);
    let mut bob = from("192.0.3.7", server.address());
    bob.send("bob");
    bob.expect("* welcome bob");
    let lift = ["ban", "lift", "192.0.2.0/24", "--data", path];
    assert_eq!(programs::run("chat-server", lift).code, Some(0));
    let mut mallory = from("192.0.2.7", server.address());
    mallory.send("mallory");
    mallory.expect("* welcome mallory");
}

#[test]
fn a_password_comes_over_tls_or_not_at_all() {
    let server = behind_a_proxy(Options::default());
    let mut alice = from("192.0.2.9", server.address());
    for line in ["/register alice teafortwo", "/login alice teafortwo"] {
        alice.send(line);
        alice.expect("! tls-needed: passwords are taken over TLS only (chat-tui --tls, …");
    }
    alice.send("/nick alice");
    alice.skip_to("* joined #lobby");
    for line in ["/register teafortwo", "/login alice teafortwo"] {
        alice.send(line);
        alice.expect("! tls-needed: …");
    }
    let mut socket = socket(server.address());
    socket.write_all(&proxied("192.0.2.9")).expect("taken");
    let mut secure = Secure::over(socket, b"").expect("a handshake");
    secure.write(b"/register bob teafortwo\n");
    assert_eq!(secure.line(), "* welcome bob");
}

#[test]
fn a_wrong_range_is_a_usage_error() {
    let ended = programs::run("chat-server", ["--proxy-from", "10.0.0.0/99"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("or a range such as 172.16.0.0/12"), "{ended:?}");
}

/// A server whose limits hold here too.
fn held_to(options: Options) -> Local {
    Local::with(Options { limit_loopback: Some(true), ..options })
}

#[test]
fn an_address_makes_so_many_rooms_an_hour() {
    let server = held_to(Options { rooms_made_max: Some(2), ..Options::default() });
    let mut alice = Netcat::named(server.address(), "alice");
    for room in ["#one", "#two", "#ONE"] {
        alice.send(&format!("/join {room}"));
        alice.expect("* joined #…");
    }
    let mut bob = Netcat::named(server.address(), "bob");
    bob.send("/join #three");
    bob.expect("! locked-out: too many rooms were made from your address; …");
    bob.send("/join #two");
    bob.expect("* joined #two");
    let mut carol = Framed::connect(server.address(), "carol");
    let refused: Failed = carol.ask(Join { room: "#three".into(), after: None });
    assert_eq!(refused.code, ErrorCode::LockedOut);
}

#[test]
fn a_room_has_so_many_members() {
    let server = Local::with(Options { members_max: Some(2), ..Options::default() });
    let mut peers = ["alice", "bob", "carol"].map(|nick| Netcat::named(server.address(), nick));
    for peer in &mut peers[..2] {
        peer.send("/join #tea");
        peer.skip_to("* joined #tea");
    }
    let [alice, bob, carol] = &mut peers;
    carol.send("/join #tea");
    carol.skip_to("! busy: #tea has 2 members, as many as it may; try later");
    alice.send("/join #tea");
    alice.skip_to("* joined #tea");
    bob.send("/part #tea");
    bob.skip_to("* left #tea…");
    carol.send("/join #tea");
    carol.expect("* joined #tea");
}

#[test]
fn who_enters_without_end_is_slowed_sooner() {
    let (per_sec, burst) = (Some(20), Some(10));
    let server =
        held_to(Options { requests_per_sec: per_sec, requests_burst: burst, ..Options::default() });
    let since = Instant::now();
    let mut bot = Netcat::connect(server.address());
    bot.write(format!("bot\n{}", "/join #a\n".repeat(10)).as_bytes());
    bot.half_close();
    let said = bot.read_to_end();
    assert_eq!(said.iter().filter(|line| *line == "* joined #a").count(), 10, "{said:?}");
    assert!(said.iter().any(|line| line.starts_with("* slow down: ")), "{said:?}");
    // Ten times five, of which ten may come at once, at twenty a second; the last is not waited for.
    assert!(since.elapsed() >= Duration::from_millis(1500), "{:?}", since.elapsed());
}
