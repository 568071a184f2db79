//! `chat-tui` through TLS: whom it trusts, whom it refuses, and that it never goes on without.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, thread};

use chat_proto::Fingerprint;
use chat_server::config::Options;
use chat_tests::{
    netcat::Netcat,
    programs::{Ended, command, finish},
    server::{Local, Process, directory},
    terminal::Terminal,
    tls::make_pair,
};

/// Runs the client on a line of input, with its files in `home`.
fn chat(home: &Path, server: &str, more: &[&str]) -> Ended {
    let mut client = command("chat-tui");
    client.args(["--nick", "alice", "--server", server]).args(more);
    client.env("XDG_DATA_HOME", home).env("XDG_CONFIG_HOME", home);
    client.env("SSL_CERT_FILE", "/dev/null").env_remove("SSL_CERT_DIR");
    finish(&mut client, "hello\n")
}

fn known(home: &Path) -> String {
    fs::read_to_string(home.join("chat/known-servers")).unwrap_or_default()
}

fn one_tls_port() -> Options {
    Options { tls_listen: Some(vec!["127.0.0.1:0".into()]), ..Options::default() }
}

#[test]
fn the_first_certificate_is_shown_and_trusted_from_then_on() {
    let (server, home) = (Local::with(one_tls_port()), directory());
    let mut bob = Netcat::named(server.address(), "bob");
    for address in [server.address(), server.tls_address()] {
        let ended = chat(home.path(), &format!("tls://{address}"), &[]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let shown = format!(
            "* first TLS connection to {address}: no authority vouches for its certificate, {}; it is trusted",
            server.fingerprint()
        );
        assert!(ended.stdout.starts_with(&shown), "{ended:?}");
        bob.skip_to("#lobby <alice> hello");
        let again = chat(home.path(), &address.to_string(), &["--tls"]);
        assert_eq!(
            (again.code, again.stdout.contains("certificate")),
            (Some(0), false),
            "{again:?}"
        );
        bob.skip_to("#lobby <alice> hello");
        let line = format!("{address} {}\n", server.fingerprint());
        assert!(known(home.path()).ends_with(&line), "{}", known(home.path()));
    }
    let file = fs::metadata(home.path().join("chat/known-servers")).expect("it is there");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[test]
fn another_certificate_is_refused_until_the_user_accepts_it() {
    let home = directory();
    let server = Local::start();
    let address = server.address();
    let before = Fingerprint([7; 32]);
    fs::create_dir(home.path().join("chat")).expect("made");
    let file = home.path().join("chat/known-servers");
    fs::write(&file, format!("other:1 {before}\n{address} {before}\n")).expect("written");
    let url = format!("tls://{address}");
    let refused = chat(home.path(), &url, &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    let now = server.fingerprint().to_string();
    for part in ["is not the one that is trusted", &before.to_string(), &now, "--tls-fingerprint"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    // What the message says helps, and only that.
    let wrong = chat(home.path(), &url, &["--tls-fingerprint", &before.to_string()]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    let accepted = chat(home.path(), &url, &["--tls-fingerprint", &now]);
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    assert_eq!(chat(home.path(), &url, &[]).code, Some(0));
    assert_eq!(known(home.path()), format!("other:1 {before}\n{address} {now}\n"));
    fs::write(&file, format!("{address} nonsense\n")).expect("written");
    let unclear = chat(home.path(), &url, &[]);
    assert_eq!(unclear.code, Some(1), "{unclear:?}");
    assert!(unclear.stderr.contains("mend or remove that line"), "{unclear:?}");
}

#[test]
fn an_authority_of_the_system_vouches_for_a_name() {
    let (data, home, files) = (directory(), directory(), directory());
    let (certificate, key) = make_pair(files.path(), &["localhost"]);
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let server = Process::with(
        data.path(),
        ["--listen", "127.0.0.1:0", "--tls-cert", &path(&certificate), "--tls-key", &path(&key)],
    );
    let port = server.address().port();
    let run = |host: &str, roots: &Path| {
        let mut client = command("chat-tui");
        client.args(["--nick", "alice", "--tls-trust", "system"]);
        client.args(["--server", &format!("tls://{host}:{port}")]);
        client.env("XDG_DATA_HOME", home.path()).env("XDG_CONFIG_HOME", home.path());
        client.env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR");
        finish(&mut client, "hello\n")
    };
    let unknown = run("localhost", Path::new("/dev/null"));
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("no authority that this system trusts"), "{unknown:?}");
    assert_eq!(known(home.path()), "");
    let vouched = run("localhost", &certificate);
    assert_eq!(vouched.code, Some(0), "{vouched:?}");
    assert_eq!(known(home.path()), format!("localhost:{port} system\n"));
    let wrong_name = run("127.0.0.1", &certificate);
    assert_eq!(wrong_name.code, Some(1), "{wrong_name:?}");
    // Who was vouched for once is no stranger any more: no first impression counts.
    let fooled = chat(home.path(), &format!("tls://localhost:{port}"), &[]);
    assert_eq!(fooled.code, Some(1), "{fooled:?}");
    assert!(fooled.stderr.contains("an authority vouched for the certificate"), "{fooled:?}");
}

#[test]
fn a_client_that_wants_tls_never_goes_on_without() {
    let home = directory();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let heard = thread::spawn(move || {
        let mut heard = Vec::new();
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().expect("the client comes");
            std::io::Write::write_all(&mut socket, b"* this is chat-server\n").expect("taken");
            std::io::Read::read_to_end(&mut socket, &mut heard).ok();
        }
        heard
    });
    let ended = chat(home.path(), &format!("tls://{address}"), &[]);
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(ended.stderr.contains("does not speak TLS"), "{ended:?}");
    let heard = heard.join().expect("it listens");
    assert!(heard.starts_with(&[0x16, 3]), "{heard:?}");
    let plain = String::from_utf8_lossy(&heard);
    assert!(!plain.contains("alice") && !plain.contains("hello") && !plain.contains("CHAT"));
}

#[test]
fn a_screen_shows_that_it_is_tls() {
    let server = Local::start();
    let mut bob = Netcat::named(server.address(), "bob");
    let mut alice =
        Terminal::run(&["--server", &format!("tls://{}", server.address()), "--nick", "alice"]);
    bob.expect("* alice joined #lobby");
    alice.shows("online TLS");
    alice.shows("first TLS connection to");
    alice.line("hidden");
    bob.expect("#lobby <alice> hidden");
    alice.line("/quit");
    let left = alice.left();
    left.assert_restored();
    assert_eq!(left.code, 0, "{left:?}");
    let mut plain = Terminal::chat(server.address(), "carol");
    plain.shows("online");
    assert!(!plain.text().contains("TLS"));
    plain.line("/quit");
    assert_eq!(plain.left().code, 0);
}

#[test]
fn a_server_that_comes_back_as_another_is_not_talked_to() {
    let (data, other) = (directory(), directory());
    let server = Process::start(data.path());
    let address = server.address();
    let mut alice = Terminal::run(&["--server", &format!("tls://{address}"), "--nick", "alice"]);
    alice.shows("online TLS");
    server.kill();
    let server = Process::start_at(address, other.path());
    alice.shows("offline: the certificate of");
    alice.shows("somebody in between pretends");
    let mut bob = Netcat::named(server.address(), "bob");
    bob.send("/names");
    bob.expect("* names #lobby: bob");
    alice.line("/quit");
    alice.left().assert_restored();
}
