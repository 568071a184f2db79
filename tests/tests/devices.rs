//! Devices: clients that come in as an account by a token, until it is revoked.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use chat_proto::{
    Secret, Token,
    message::{
        DeviceList, Devices, Done, ErrorCode, Failed, Hello, LoggedIn, Login, Register, Reply,
        Revoke,
    },
};
use chat_tests::{
    framed::{Framed, Wire, hello},
    netcat::Netcat,
    programs::{Ended, command, finish},
    server::{Local, Process, directory},
    story::Cast,
    terminal::Terminal,
};

const PASSWORD: &str = "tea for two";

fn by(login: Login) -> Hello {
    Hello { login: Some(login), ..hello("alice", None) }
}

fn by_password() -> Login {
    Login::Password { password: Secret::new(PASSWORD), remember: true }
}

/// Alice, registered, and the token of her first device.
fn registered(server: std::net::SocketAddr) -> (Framed, Token) {
    let login = Login::Register { password: Secret::new(PASSWORD), remember: true };
    let alice = Framed::hello(server, by(login));
    let token = alice.welcome.device.expect("a token");
    (alice, token)
}

fn refusal(server: std::net::SocketAddr, login: Login) -> ErrorCode {
    let mut wire = Wire::connect(server);
    wire.send(1, by(login));
    match wire.reply(1) {
        Reply::Failed(failed) => failed.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_device_comes_in_without_the_password_until_it_is_revoked() {
    let server = Local::start();
    let (first, token) = registered(server.address());
    let member = first.welcome.member;
    first.quit();

    let mut phone = Framed::hello(server.address(), by(Login::Device(token)));
    assert_eq!((phone.welcome.member, phone.welcome.device), (member, None));
    let mut laptop = Framed::hello(server.address(), by(by_password()));
    let other = laptop.welcome.device.expect("another token");
    assert_ne!(other, token);
    let list: DeviceList = laptop.ask(Devices {});
    let shown = list.devices.iter();
    let shown = shown.map(|device| (device.device, device.name.as_str(), device.here));
    let shown: Vec<_> = shown.collect();
    assert_eq!(shown, [(1, "chat-tests", false), (2, "chat-tests", true)]);
    assert!(list.devices[0].used > list.devices[0].created);

    let none: Failed = laptop.ask(Revoke { device: 3 });
    assert_eq!(none.code, ErrorCode::NoDevice);
    let left = phone.left();
    let _done: Done = laptop.ask(Revoke { device: 1 });
    assert_eq!(phone.closing().code, ErrorCode::Displaced, "its session ends too");
    assert_eq!(refusal(server.address(), Login::Device(token)), ErrorCode::BadLogin);
    let mut wire = Wire::connect(server.address());
    let resume =
        chat_proto::message::Resume { token: left.token, epoch: left.epoch, cursors: vec![] };
    wire.send(1, hello("alice", Some(resume)));
    let Reply::Failed(failed) = wire.reply(1) else { panic!("the session has ended") };
    assert_eq!(failed.code, ErrorCode::Registered);
    laptop.join("#still-here");

    let mut guest = Framed::connect(server.address(), "guest");
    let nobody: Failed = guest.ask(Devices {});
    assert_eq!(nobody.code, ErrorCode::LoginNeeded);
    let plain: LoggedIn = guest.ask(Register { password: Secret::new(PASSWORD), remember: false });
    assert_eq!(plain.device, None, "only who wants one gets one");
}

#[test]
fn in_line_mode_devices_are_listed_and_revoked() {
    let server = Local::start();
    let (alice, token) = registered(server.address());
    drop(alice);
    Cast::new(server.address()).play(
        "nc> /login alice tea for two
         nc<< * joined #lobby
         nc> /devices
         nc< * device 1: chat-tests, since …Z, last used …Z
         nc< * devices: 1 in all
         nc> /revoke 1
         nc< * revoked
         nc> /revoke 1
         nc< ! no-device: …
         nc> /devices
         nc< * devices: 0 in all",
    );
    assert_eq!(refusal(server.address(), Login::Device(token)), ErrorCode::BadLogin);
}

#[test]
fn devices_and_their_end_outlive_a_server_that_is_killed() {
    let data = directory();
    let server = Process::start(data.path());
    let (mut alice, kept) = registered(server.address());
    let other = Framed::hello(server.address(), by(by_password()));
    let gone = other.welcome.device.expect("a token");
    let _done: Done = alice.ask(Revoke { device: 2 });
    drop(server.kill());
    let server = Process::start(data.path());
    assert_eq!(refusal(server.address(), Login::Device(gone)), ErrorCode::BadLogin);
    let mut alice = Framed::hello(server.address(), by(Login::Device(kept)));
    let list: DeviceList = alice.ask(Devices {});
    assert_eq!(list.devices.len(), 1);
}

/// Runs the client on a line of input, with its files in `home`.
fn chat(home: &Path, server: &str, more: &[(&str, &str)]) -> Ended {
    let mut client = command("chat-tui");
    client.args(["--nick", "Alice", "--server", server]).envs(more.iter().copied());
    client.env("XDG_STATE_HOME", home).env("XDG_CONFIG_HOME", home);
    finish(&mut client, "hello\n")
}

#[test]
fn the_client_keeps_its_token_and_needs_the_password_once() {
    let (server, home) = (Local::start(), directory());
    let address = server.address().to_string();
    let (mut alice, _) = registered(server.address());
    let mut bob = Netcat::named(server.address(), "bob");
    let refused = chat(home.path(), &address, &[]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("Alice belongs to an account"), "{refused:?}");

    let file = home.path().join("password");
    fs::write(&file, format!("{PASSWORD}\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let first = chat(home.path(), &address, &[("CHAT_PASSWORD_FILE", file)]);
    assert_eq!(first.code, Some(0), "{first:?}");
    bob.skip_to("#lobby <alice> hello");
    let tokens = home.path().join("chat/tokens");
    let mode = fs::metadata(&tokens).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = chat(home.path(), &address, &[]);
    assert_eq!(again.code, Some(0), "{again:?}");
    bob.skip_to("#lobby <alice> hello");

    let list: DeviceList = alice.ask(Devices {});
    assert!(list.devices[1].name.as_str().starts_with("chat-tui "), "{list:?}");
    let _done: Done = alice.ask(Revoke { device: 2 });
    let revoked = chat(home.path(), &address, &[]);
    assert_eq!(revoked.code, Some(1), "{revoked:?}");
    assert!(revoked.stderr.contains("log in with the password"), "{revoked:?}");
    assert_eq!(fs::read_to_string(&tokens).expect("it is there"), "");
    let wrong = chat(home.path(), &address, &[("CHAT_PASSWORD_COMMAND", "echo tea for three")]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("has that password"), "{wrong:?}");
    let command = format!("cat {file}");
    let right = chat(home.path(), &address, &[("CHAT_PASSWORD_COMMAND", &command)]);
    assert_eq!(right.code, Some(0), "{right:?}");
}

#[test]
fn at_the_terminal_one_logs_in_and_nobody_reads_the_password() {
    let server = Local::start();
    let (alice, _) = registered(server.address());
    alice.quit();
    let mut client = Terminal::chat(server.address(), "alice");
    client.shows("alice belongs to an account");
    client.keys("/login alice tea for three");
    client.shows("/login alice •••••••••••••");
    client.keys("\r");
    client.shows("no account of that nick has that password");
    client.line("/login alice tea for two");
    client.shows("#lobby");
    client.line("here I am");
    client.shows("here I am");
    client.line("/devices");
    client.shows("(this one)");
    client.keys("\x1b[A\x1b[A");
    client.shows("here I am");
    assert!(!client.text().contains("tea for"), "{}", client.text());
    let mut bob = Netcat::named(server.address(), "bob");
    bob.send("hi alice");
    client.shows("hi alice");
}
