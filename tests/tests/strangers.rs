//! Peers that speak something else, and peers that speak nonsense.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
};

use chat_proto::version::MAGIC;
use chat_tests::{
    PATIENCE,
    netcat::Netcat,
    programs,
    server::{Local, Process, directory},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

/// Sends bytes and reads all that comes until the server closes, by itself where `ends` is false.
fn answer(server: SocketAddr, bytes: &[u8], ends: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE).expect("a server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(bytes).expect("the server takes it");
    if ends {
        // The server may have closed before us.
        drop(stream.shutdown(Shutdown::Write));
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server closes in good order");
    answer
}

#[test]
fn strangers_are_answered_in_their_own_tongue() {
    let server = Local::start();
    for (first, start) in [
        (&b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n"[..], &b"HTTP/1.1 "[..]),
        (b"\x16\x03\x01\x00\x04\x01\0\0\0", b"\x15\x03"),
        (b"CAP LS 302\r\nNICK bob\r\n", b"ERROR :"),
        (b"NICK bob\r\n", b"ERROR :"),
        (b"USER bob 0 * :Bob\r\n", b"ERROR :"),
        (b"PASS secret\r\n", b"ERROR :"),
    ] {
        let answer = answer(server.address(), first, false);
        assert!(answer.starts_with(start), "{:?}", String::from_utf8_lossy(&answer));
    }
}

#[test]
fn an_http_client_gets_one_whole_answer() {
    let answer = answer(Local::start().address(), b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n", false);
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(
        head.to_ascii_lowercase().contains(&format!("content-length: {}", body.len())),
        "{answer}"
    );
    assert_eq!(body.trim_end().lines().count(), 1, "{answer}");
}

#[test]
fn words_that_only_begin_like_a_protocol_are_a_nick() {
    let server = Local::start();
    for nick in ["GETTY", "Nick", "CAPtain", "US", "G"] {
        let mut peer = Netcat::connect(server.address());
        peer.send(nick);
        peer.expect(&format!("* welcome {nick}"));
    }
}

#[test]
fn garbage_does_not_end_the_server() {
    let data = directory();
    let server = Process::start(data.path());
    let address = server.address();
    let mut alice = Netcat::named(address, "alice");
    let bytes = || prop::collection::vec(any::<u8>(), 0..600);
    let start = prop_oneof![
        Just(Vec::new()),
        Just(MAGIC.to_vec()),
        Just(MAGIC[..4].to_vec()),
        Just(b"bob\n/ack on\n".to_vec()),
        Just([&MAGIC[..], b"\x18\0\0\0\x01\0\x01\0\0\0\x01\x01\x08demo 1.0\x05alice\0"].concat()),
    ];
    let mut runner =
        TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let run = runner.run(&(start, bytes()), |(start, bytes)| {
        answer(address, &[start, bytes].concat(), true);
        Ok(())
    });
    run.expect("every peer is let go in good order");
    alice.send("/ack on");
    alice.send("still here");
    alice.skip_to("* ack on");
    alice.skip_to("+ #lobby …");
    let health = programs::run("chat-server", ["health", "--address", &address.to_string()]);
    assert_eq!(health.code, Some(0), "{health:?}");
    let stopped = server.terminate();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(!stopped.stderr.contains("panicked"), "{}", stopped.stderr);
}
