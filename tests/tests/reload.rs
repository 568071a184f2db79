//! The configuration, read again on SIGHUP while people talk.

use std::{fs, path::Path};

use chat_tests::{
    netcat::Netcat,
    programs,
    server::{Process, directory},
};

fn start(data: &Path, more: &[&str]) -> Process {
    let file = data.join("chat.toml");
    let file = file.to_str().expect("UTF-8");
    let args = ["--listen", "127.0.0.1:0", "--limit-loopback", "--config", file];
    Process::with(data, args.iter().chain(more))
}

fn reload(server: &Process, data: &Path, text: &str) {
    fs::write(data.join("chat.toml"), text).expect("written");
    programs::signal(server.pid(), "HUP");
}

#[test]
fn what_the_file_says_holds_from_there_on_and_every_change_is_told() {
    let data = directory();
    fs::write(data.path().join("chat.toml"), "rooms_max = 10\nmembers_max = 50\n")
        .expect("written");
    let server = start(data.path(), &["--members-max", "60"]);
    let mut alice = Netcat::named(server.address(), "alice");
    let text = "rooms_max = 1\nmembers_max = 70\naccess = 'closed'\nconnections_max = 9\n\
                lobby = '#tea'\ntls_listen = ['127.0.0.1:0']\nlog = 'debug'\n\
                [retention.rooms.'#lobby']\nage = '1h'\n";
    reload(&server, data.path(), text);
    for line in [
        "tls_listen: needs a restart (none -> 127.0.0.1:0)",
        "lobby: #lobby -> #tea",
        "connections_max: 15000 -> 9 (for new connections)",
        "rooms_max: 10 -> 1",
        "log: info -> debug",
        "access: open -> closed",
        "retention.rooms.#lobby.age: as the others -> 1h",
    ] {
        assert_eq!(
            server.says(&format!("configuration: {line}")),
            format!("configuration: {line}")
        );
    }
    alice.send("/join #tea");
    alice.expect("! too-many-rooms: …");
    let mut bob = Netcat::connect(server.address());
    bob.send("bob");
    bob.skip_to("! login-needed: …");
    server.says("DEBUG chat_server::listen: connected");
    reload(&server, data.path(), "access = 'open'\n");
    server.says("configuration: access: closed -> open");
    bob.send("/nick bob");
    bob.expect("* welcome bob");
    bob.expect("* joined #lobby");
    let log = server.terminate().stderr;
    assert!(!log.contains("members_max:"), "the flag holds:\n{log}");
}

#[test]
fn a_bad_file_changes_nothing_and_says_what_is_wrong() {
    let data = directory();
    fs::write(data.path().join("chat.toml"), "rooms_max = 10\n").expect("written");
    let server = start(data.path(), &[]);
    let mut alice = Netcat::named(server.address(), "alice");
    let wrong = [
        ("access = 'closed'\nrooms_max = 0\n", "nothing is changed: rooms_max must be at least 1"),
        ("access = 'closed'\nlitsen = 1\n", "chat.toml: line 2: unknown field `litsen`"),
        ("access = 'closed'\nlog = 'chat=loud'\n", "log: chat=loud is no filter"),
        ("access = 'closed'\n[retention]\nage = '90'\n", "\"90\" is no age; write 30m"),
    ];
    for (text, why) in wrong {
        reload(&server, data.path(), text);
        assert!(server.says(why).ends_with("correct it, then reload again"), "{text}");
    }
    let _bob = Netcat::named(server.address(), "bob");
    alice.expect("* bob joined #lobby");
    reload(&server, data.path(), "rooms_max = 10\n");
    server.says("configuration: nothing has changed in");
    fs::remove_file(data.path().join("chat.toml")).expect("removed");
    programs::signal(server.pid(), "HUP");
    server.says("nothing is changed: cannot read");
    let stopped = server.terminate();
    assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);
}

#[test]
fn old_messages_go_as_soon_as_the_file_says_so() {
    let data = directory();
    fs::write(data.path().join("chat.toml"), "").expect("written");
    let server = start(data.path(), &[]);
    let mut alice = Netcat::named(server.address(), "alice");
    alice.send("/ack on");
    alice.expect("* ack on");
    for number in 1..=3 {
        alice.send(&"a long story ".repeat(200));
        alice.expect(&format!("+ #lobby {number}"));
    }
    reload(&server, data.path(), "[retention]\nsize = '4KiB'\n");
    server.says("configuration: retention.size: none -> 4KiB");
    let deadline = std::time::Instant::now() + chat_tests::PATIENCE;
    loop {
        alice.send("/history 500");
        let mut lines = 0;
        while alice.next_line().expect("a line").starts_with('~') {
            lines += 1;
        }
        if lines < 3 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "nothing was thrown away");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
