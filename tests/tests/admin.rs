//! Administrators: the first one, and what they may do, in both protocols.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use chat_proto::{
    Secret,
    message::{Administer, ErrorCode, Event, Failed},
};
use chat_tests::{
    framed::Framed,
    netcat::Netcat,
    programs,
    server::{Process, directory},
};

/// The token that the server shows.
#[track_caller]
fn token(server: &Process) -> String {
    let said = server.says("write /admin claim ");
    said.split_whitespace().nth(3).expect("a token").to_owned()
}

/// Somebody with an account.
#[track_caller]
fn registered(server: &Process, nick: &str) -> Netcat {
    let mut peer = Netcat::connect(server.address());
    peer.send(&format!("/register {nick} teafortwo"));
    peer.skip_to("* joined #lobby");
    peer
}

#[track_caller]
fn admin(server: &Process, nick: &str) -> Netcat {
    let mut admin = registered(server, nick);
    admin.send(&format!("/admin claim {}", token(server)));
    admin.expect("* you are an administrator from here on; /admin help");
    admin
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn the_token_of_the_first_start_makes_one_administrator_and_no_other() {
    let data = directory();
    let server = Process::start(data.path());
    let token = token(&server);
    let file = data.path().join("admin-token");
    assert_eq!(mode(&file), 0o600);
    assert!(!fs::read_to_string(&file).expect("read").contains(&token), "its hash alone is kept");
    let stderr = server.terminate().stderr;
    assert_eq!(stderr.matches(&token).count(), 1, "{stderr}");
    let server = Process::start(data.path());
    server.says("administrator: none yet");
    let mut guest = Netcat::named(server.address(), "guest");
    guest.send(&format!("/admin claim {token}"));
    guest.expect("! login-needed: …");
    let mut alice = registered(&server, "alice");
    alice.send("/admin claim abcdefghijkmnpqrstuv");
    alice.expect("! bad-login: that is no token for an administrator; …");
    alice.send("/admin who");
    alice.expect("! not-allowed: only an administrator of the server may do that");
    alice.send(&format!("/admin claim  {token} "));
    alice.expect("* you are an administrator from here on; /admin help");
    alice.send("/admin who guest");
    alice.expect("* guest guest from 127.0.0.1, rooms 1, idle …");
    let mut bob = registered(&server, "bob");
    bob.send(&format!("/admin claim {token}"));
    bob.expect("! bad-login: …");
    assert!(!file.exists());
    let log = server.terminate().stderr;
    assert!(log.contains("an administrator by the token") && !log.contains(&token), "{log}");
    let server = Process::start(data.path());
    server.says("join with");
    let mut alice = Netcat::connect(server.address());
    alice.send("/login alice teafortwo");
    alice.skip_to("* joined #lobby");
    alice.send("/admin bans");
    alice.expect("* none");
    assert!(!server.terminate().stderr.contains("administrator: "), "there is one");
}

#[test]
fn the_token_is_void_when_the_operator_has_made_an_administrator() {
    let data = directory();
    let server = Process::start(data.path());
    let token = token(&server);
    let (_alice, mut bob) = (registered(&server, "alice"), registered(&server, "bob"));
    let data = data.path().to_str().expect("UTF-8");
    let made = programs::run("chat-server", ["user", "admin", "alice", "on", "--data", data]);
    assert_eq!(made.code, Some(0), "{made:?}");
    bob.send(&format!("/admin claim {token}"));
    bob.expect("! bad-login: …");
}

#[test]
fn guesses_are_limited_as_passwords_are() {
    let data = directory();
    let args = ["--listen", "127.0.0.1:0", "--limit-loopback", "--failed-logins-max", "2"];
    let server = Process::with(data.path(), args);
    let mut alice = registered(&server, "alice");
    for _ in 0..2 {
        alice.send("/admin claim abcdefghijkmnpqrstuv");
        alice.expect("! bad-login: …");
    }
    alice.send(&format!("/admin claim {}", token(&server)));
    alice.expect("! locked-out: …");
}

#[test]
fn to_others_every_command_is_the_same() {
    let data = directory();
    let server = Process::start(data.path());
    let mut bob = registered(&server, "bob");
    let mut framed = Framed::connect(server.address(), "carol");
    for words in ["help", "who", "bans", "kick bob", "ban bob", "announce hi", "reload", "fly", ""]
    {
        bob.send(&format!("/admin {words}"));
        bob.skip_to("! not-allowed: only an administrator of the server may do that");
        let refused: Failed = framed.ask(Administer { words: Secret::new(words) });
        assert_eq!(refused.code, ErrorCode::NotAllowed, "{words}");
        assert_eq!(refused.text, "only an administrator of the server may do that");
    }
    let log = server.terminate().stderr;
    assert!(!log.contains("an administrator"), "{log}");
}

#[test]
fn administrators_see_who_is_here_put_out_and_tell_everybody() {
    let data = directory();
    let server = Process::start(data.path());
    let mut alice = admin(&server, "alice");
    let mut bob = Netcat::named(server.address(), "bob");
    alice.expect("* bob joined #lobby");
    let mut carol = Framed::connect(server.address(), "carol");
    alice.expect("* carol joined #lobby");
    alice.send("/admin who");
    alice.expect("* alice administrator from 127.0.0.1, rooms 1, idle …");
    alice.expect("* bob guest from 127.0.0.1, rooms 1, idle …");
    alice.expect("* carol guest from 127.0.0.1, rooms 1, idle …");
    alice.send("/admin announce the server restarts at \u{1b}[31mten");
    alice.skip_to("* announcement: the server restarts at ten");
    bob.skip_to("* announcement: the server restarts at ten");
    let told = carol.event(|event| match event {
        Event::Announced(told) => Some(told.text),
        _ => None,
    });
    assert_eq!(told.as_str(), "the server restarts at ten");
    alice.send("/admin kick carol too loud");
    let closing = carol.closing();
    assert_eq!(closing.code, ErrorCode::Displaced);
    assert_eq!(closing.text, "an administrator ended this session: too loud");
    bob.skip_to("* carol left #lobby (quit: put out: too loud)");
    alice.skip_to("* done");
    alice.send("/admin kick bob");
    bob.expect("! displaced: an administrator ended this session");
    bob.expect_end();
    alice.skip_to("* done");
    alice.send("/admin kick bob");
    alice.skip_to("! no-nick: nobody called bob is here");
    let log = server.terminate().stderr;
    assert!(log.contains("an administrator by=alice request=kick carol too loud\n"), "{log}");
}

#[test]
fn bans_from_the_server_hold_until_they_are_lifted_or_end() {
    let data = directory();
    let server = Process::start(data.path());
    let mut alice = admin(&server, "alice");
    let mut bob = registered(&server, "bob");
    let _mallory = Netcat::named(server.address(), "mallory");
    alice.skip_to("* mallory joined #lobby");
    alice.send("/admin ban bob for 2h spam");
    bob.skip_to("! banned: you are banned from this server until …: spam");
    bob.expect_end();
    alice.skip_to("* bob left #lobby (quit: banned: spam)");
    alice.send("/admin ban mal for 2 hours spam");
    alice.skip_to("! usage: write a time behind for, such as 30m, 2h or 7d; …");
    alice.send("/admin ban mal*");
    alice.skip_to("* mallory left #lobby (quit: banned)");
    alice.send("/admin ban ALICE");
    alice.skip_to("! not-allowed: ALICE is an administrator; …");
    alice.send("/admin bans");
    alice.skip_to("* bob by alice 20… until …: spam");
    alice.expect("* mal* by alice 20…");
    drop(server.kill());
    let server = Process::start(data.path());
    let refused = |line: &str| {
        let mut peer = Netcat::connect(server.address());
        peer.send(line);
        peer.skip_to("! banned: you are banned from this server…");
    };
    refused("/login bob teafortwo");
    refused("mallory-3");
    refused("MALLORY");
    let mut dave = Netcat::named(server.address(), "dave");
    dave.send("/nick mallory");
    dave.expect("! banned: …");
    dave.send("/login bob teafortwo");
    dave.expect("! banned: …");
    let mut alice = Netcat::connect(server.address());
    alice.send("/login alice teafortwo");
    alice.skip_to("* joined #lobby");
    alice.send("/admin ban 127.0.0.0/8 for 1s");
    dave.skip_to("! banned: …");
    alice.skip_to("* 127.0.0.0/8 is banned until 20…");
    alice.send("/admin unban bob");
    alice.skip_to("* done");
    alice.send("/admin unban bob");
    alice.skip_to("! no-nick: bob is not banned from the server; …");
    let deadline = std::time::Instant::now() + chat_tests::PATIENCE;
    loop {
        let mut bob = Netcat::connect(server.address());
        bob.send("/login bob teafortwo");
        let line = bob.next_line().expect("an answer");
        if line == "* welcome bob" {
            break;
        }
        assert!(line.starts_with("! banned") || line.starts_with("* this is"), "{line}");
        assert!(std::time::Instant::now() < deadline, "the ban does not end");
    }
    let checked = programs::run(
        "chat-server",
        ["check-data", "--data", data.path().to_str().expect("UTF-8")],
    );
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn an_administrator_reloads_the_configuration_and_is_told_what_became_of_it() {
    let data = directory();
    let file = data.path().join("chat.toml");
    fs::write(&file, "rooms_max = 10\n").expect("written");
    let config = file.to_str().expect("UTF-8");
    let server = Process::with(data.path(), ["--listen", "127.0.0.1:0", "--config", config]);
    let mut alice = admin(&server, "alice");
    fs::write(&file, "rooms_max = 20\n").expect("written");
    alice.send("/admin reload");
    alice.expect("* rooms_max: 10 -> 20");
    fs::write(&file, "rooms_max = 0\n").expect("written");
    alice.send("/admin reload");
    alice.expect(
        "* nothing is changed: rooms_max must be at least 1; correct it, then reload again",
    );
}
