//! The rules of line mode, as PROTOCOL.md gives them to scripts.

use chat_tests::{
    framed::Framed,
    netcat::Netcat,
    server::Local,
    story::{Cast, check},
};

#[test]
fn messages_can_come_with_their_numbers() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         bob> /numbers on
         bob< * numbers on
         alice<< * bob joined #lobby
         alice> one
         alice> /me two
         bob< #lobby 1 20…Z <alice> one
         bob< #lobby 2 20…Z * alice two
         alice> /msg bob three
         bob< @alice 1 20…Z <alice> three
         bob> /numbers off
         bob< * numbers off
         alice> four
         bob< #lobby <alice> four",
    );
}

#[test]
fn one_s_own_messages_come_back_only_when_wanted() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> not shown
         bob< #lobby <alice> not shown
         bob> seen
         alice< #lobby <bob> seen
         alice> /echo on
         alice< * echo on
         alice> shown
         alice< #lobby <alice> shown
         alice> /me too
         alice< #lobby * alice too
         alice> /numbers on
         alice< * numbers on
         alice> with a number
         alice< #lobby 5 20…Z <alice> with a number
         alice> /echo off
         alice< * echo off
         alice> not shown either
         alice> /history 2
         alice< ~ #lobby 5 …Z <alice> with a number
         alice< ~ #lobby 6 …Z <alice> not shown either
         alice< * history #lobby: 2 entries, up to number 6",
    );
}

#[test]
fn every_message_has_one_answer_in_the_order_of_the_input() {
    let lines = [
        "/ack on",
        "one",
        "/me two",
        "   ",
        "/msg #lobby three",
        "/msg nobody lost",
        "//four",
        "/msg #elsewhere lost",
        "/nonsense",
        "/msg",
        "five",
        "/me",
        "/join no-hash",
        "into the void",
        "/switch #lobby",
        "six",
        "/part",
        "into the void",
        "/me too",
        "/msg #lobby not in it",
        "/join #ops",
        "seven",
        "/msg alice to myself",
        "/topic tea",
        "eight",
        "/quit",
    ];
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    alice.write((lines.join("\n") + "\n").as_bytes());
    for expected in [
        "* ack on",
        "+ #lobby 1",
        "+ #lobby 2",
        "+ #lobby 3",
        "! no-nick: …",
        "+ #lobby 4",
        "! not-joined: …",
        "! unknown-command: …",
        "! usage: …",
        "+ #lobby 5",
        "! usage: …",
        "! bad-room: …",
        "! no-room: …",
        "* now in #lobby",
        "+ #lobby 6",
        "* left #lobby",
        "! no-room: …",
        "! no-room: …",
        "! not-joined: …",
        "* joined #ops",
        "+ #ops 1",
        "+ @alice 1",
        "+ #ops 3",
        "* goodbye",
    ] {
        alice.skip_to(expected);
    }
    alice.expect_end();
}

#[test]
fn answers_and_only_answers_are_counted() {
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    alice.send("/ack on");
    alice.expect("* ack on");
    for round in 0..200 {
        let line =
            ["said", "/me does", "/msg nobody x", "/msg #lobby x", "/msg", "//slash"][round % 6];
        alice.send(line);
    }
    alice.send("/quit");
    let lines = alice.read_to_end();
    let answers = lines.iter().filter(|line| line.starts_with("+ ") || line.starts_with("! "));
    assert_eq!(answers.count(), 200, "{}", alice.transcript());
}

#[test]
fn a_text_of_several_lines_comes_as_several_lines() {
    let server = Local::start();
    let mut cast = Cast::new(server.address());
    cast.play("alice> alice\nalice<< * joined #lobby");
    let mut bob = Framed::connect(server.address(), "bob");
    let lobby = bob.join("#lobby");
    bob.say(lobby, "one\ntwo\r\n\r\n  three");
    cast.play(
        "alice< * bob joined #lobby
         alice< #lobby <bob> one
         alice< #lobby <bob> two
         alice< #lobby <bob> …
         alice< #lobby <bob>   three
         alice> /history
         alice< ~ #lobby 1 …Z <bob> one
         alice< ~ #lobby 1 …Z <bob> two
         alice< ~ #lobby 1 …Z <bob> …
         alice< ~ #lobby 1 …Z <bob>   three
         alice< * history #lobby: 1 entries, up to number 1",
    );
}

#[test]
fn lines_may_begin_with_slashes_and_blanks_and_end_in_crlf() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob\r
         bob<< * joined #lobby
         alice< * bob joined #lobby
         bob> //not a command
         bob> ///
         bob>   two blanks before
         bob> with CR LF\r
         alice< #lobby <bob> /not a command
         alice< #lobby <bob> //
         alice< #lobby <bob>  …two blanks before
         alice< #lobby <bob> with CR LF",
    );
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let server = Local::start();
    let mut alice = Netcat::named(server.address(), "alice");
    let mut telnet = Netcat::connect(server.address());
    // WILL, DO and a subnegotiation, as a telnet client sends them (RFC 854, RFC 855).
    telnet.write(b"\xff\xfb\x18\xff\xfd\x03\xff\xfa\x18\x00xt\nerm\xff\xf0bo\xff\xf1b\r\n");
    telnet.expect("* welcome bob");
    alice.expect("* bob joined #lobby");
    for (sent, seen) in [
        (&b"caf\xe9 \xc3\xa9\n"[..], "caf\u{fffd} \u{e9}"),
        (b"no \x1b[31mred\x1b[0m, \x1b]0;title\x07no title\n", "no red, no title"),
        (b"a\x00b\x08c\x7f\td\n", "abc\td"),
        ("\u{202e}txet\u{9b}31m\n".as_bytes(), "txet…"),
        ("e\u{301}\n".as_bytes(), "\u{e9}"),
    ] {
        telnet.write(sent);
        let line = alice.expect(&format!("#lobby <bob> {seen}"));
        assert!(!line.chars().any(|c| c.is_control() && c != '\t'), "{line:?}");
    }
}

#[test]
fn a_line_that_is_too_long_is_refused_and_the_next_is_read() {
    let server = Local::start();
    let (mut alice, mut bob) =
        (Netcat::named(server.address(), "alice"), Netcat::named(server.address(), "bob"));
    alice.expect("* bob joined #lobby");
    bob.send("/ack on");
    bob.send(&"x".repeat(16_897));
    bob.send(&"y".repeat(16_385));
    bob.send(&"z".repeat(16_384));
    bob.write(&vec![b'w'; 1_000_000]);
    bob.send("");
    bob.send("short");
    for answer in
        ["* ack on", "! too-long: …", "! too-long: …", "+ #lobby 1", "! too-long: …", "+ #lobby 2"]
    {
        bob.expect(answer);
    }
    alice.expect(&format!("#lobby <bob> {}", "z".repeat(16_384)));
    alice.expect("#lobby <bob> short");
}
