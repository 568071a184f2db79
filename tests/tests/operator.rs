//! What the operator does about accounts, beside a server that runs and on the data of one that is stopped.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use chat_tests::{
    netcat::Netcat,
    programs::{Ended, command, finish},
    server::{Process, directory},
    story::Cast,
};

fn user(data: &Path, args: &[&str], input: &str) -> Ended {
    let mut program = command("chat-server");
    finish(program.arg("user").args(args).arg("--data").arg(data), input)
}

#[track_caller]
fn done(data: &Path, args: &[&str], input: &str) -> String {
    let ended = user(data, args, input);
    assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
    ended.stdout
}

#[track_caller]
fn refused(data: &Path, args: &[&str], why: &str) {
    let ended = user(data, args, "tea for two\n");
    assert_eq!(ended.code, Some(1), "{args:?}: {ended:?}");
    assert!(ended.stderr.contains(why), "{args:?}: {ended:?}");
}

#[test]
fn accounts_are_made_before_the_first_start_and_beside_the_server() {
    let data = directory();
    let said = done(data.path(), &["add", "alice"], "");
    let password = said.trim().strip_prefix("password: ").expect("a password");
    assert_eq!(password.len(), 20);
    done(data.path(), &["add", "bob", "--password-stdin"], "tea for two\n");
    let server = Process::with(data.path(), ["--listen", "127.0.0.1:0", "--access", "closed"]);
    let socket = fs::metadata(data.path().join("admin.sock")).expect("a socket");
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    done(data.path(), &["add", "carol", "--password-stdin"], "tea for carol\n");
    let mut cast = Cast::new(server.address());
    cast.play(&format!(
        "alice> /login alice {password}
         alice< * welcome alice
         alice< * joined #lobby
         bob> /login bob tea for two
         bob< * welcome bob
         bob< * joined #lobby
         carol> /login carol tea for carol
         carol< * welcome carol
         carol< * joined #lobby"
    ));
    done(data.path(), &["admin", "alice", "on"], "");
    let list = done(data.path(), &["list"], "");
    let lines: Vec<_> = list.lines().collect();
    assert!(lines[0].starts_with("alice since 20") && lines[0].ends_with("administrator here"));
    assert!(lines[1].starts_with("bob since") && lines[1].ends_with("devices 0 here"), "{list}");
    assert_eq!(lines.len(), 3);
    let log = server.terminate().stderr;
    assert!(!log.contains("tea for") && log.contains("the operator"), "{log}");
    let list = done(data.path(), &["list"], "");
    assert!(list.starts_with("alice since") && !list.contains("here"), "{list}");
}

#[test]
fn who_is_logged_out_or_deleted_is_gone_at_once() {
    let data = directory();
    let server = Process::start(data.path());
    let mut bob = Netcat::named(server.address(), "bob");
    let mut alice = Netcat::connect(server.address());
    alice.send("/register alice teafortwo");
    alice.skip_to("* joined #lobby");
    bob.expect("* alice joined #lobby");
    done(data.path(), &["passwd", "ALICE", "--password-stdin"], "teaforthree\n");
    alice.skip_to("! displaced: this session has been ended");
    alice.expect_end();
    bob.expect("* alice left #lobby (quit)");
    Cast::new(server.address()).play(
        "alice> /login alice teafortwo
         alice< ! bad-login: …
         alice> /login alice teaforthree
         alice< * welcome alice
         alice< * joined #lobby",
    );
    bob.expect("* alice joined #lobby");
    bob.expect("* alice left #lobby (quit)");
    done(data.path(), &["delete", "alice"], "");
    refused(data.path(), &["delete", "alice"], "there is no account alice");
    bob.send("/nick alice");
    bob.expect("* you are now alice");
    drop(server.kill());
    assert_eq!(done(data.path(), &["list"], ""), "");
}

#[test]
fn what_cannot_be_done_is_told() {
    let data = directory();
    refused(data.path(), &["list"], "say with --data where the server keeps them");
    let server = Process::start(data.path());
    let _bob = Netcat::named(server.address(), "bob");
    refused(data.path(), &["add", "bob"], "in use");
    refused(data.path(), &["passwd", "bob"], "there is no account bob");
    done(data.path(), &["add", "alice"], "");
    refused(data.path(), &["add", "Alice"], "belongs to an account");
    let short = user(data.path(), &["add", "carol", "--password-stdin"], "short\n");
    assert!(short.stderr.contains("8 to 128 bytes"), "{short:?}");
    let usage = user(data.path(), &["add", "no nick"], "");
    assert_eq!(usage.code, Some(2), "{usage:?}");
}
