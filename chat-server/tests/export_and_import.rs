//! `export` and `import`, with the real program.
#![allow(clippy::unwrap_used, reason = "a test says where it fails")]

mod common;

use std::fs;

use common::{Peer, Server, arg, run, run_with, talk};
use tempfile::TempDir;

/// Every kind of entry, with all that may be in one.
const ALL: &str = r##"{"room":"#tea","number":1,"at":1700000000000,"time":"2023-11-14T22:13:20.000Z","member":3,"nick":"alice","id":"000102030405060708090a0b0c0d0e0f","kind":1,"text":"a \"quote\"\nand 你好","parts":[{"kind":"text/x-rust","bytes":"00ff"}]}
{"room":"#tea","number":2,"at":1700000000001,"time":"2023-11-14T22:13:20.001Z","member":9000,"nick":"bob","id":"00000000000000000000000000000002","kind":2,"text":"waves"}
{"room":"#tea","number":3,"at":1700000000002,"time":"2023-11-14T22:13:20.002Z","member":3,"nick":"alice","id":"00000000000000000000000000000003","kind":3,"text":"Kettles"}
{"room":"#tea","number":4,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alice","id":"00000000000000000000000000000004","kind":777,"body":"c0ffee"}
{"room":"#tea","number":5,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":9000,"nick":"bob","id":"00000000000000000000000000000006","kind":1,"text":"milk?","reply_to":1}
{"room":"#tea","number":6,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alice","id":"00000000000000000000000000000007","kind":4,"text":"a word","target":1}
{"room":"#tea","number":7,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":9000,"nick":"bob","id":"00000000000000000000000000000008","kind":6,"target":1,"reaction":"👍","on":true}
{"room":"#tea","number":8,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alice","id":"00000000000000000000000000000009","kind":6,"target":1,"reaction":"👍","on":true}
{"room":"#tea","number":9,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alice","id":"0000000000000000000000000000000a","kind":6,"target":1,"reaction":"👍","on":false}
{"room":"#tea","number":10,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alice","id":"0000000000000000000000000000000b","kind":4,"text":"the word","target":1}
{"room":"#tea","number":11,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alice","id":"0000000000000000000000000000000c","kind":7,"deleted_by":{"member":3,"nick":"alicia"}}
{"room":"#tea","number":12,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":9000,"nick":"bob","id":"0000000000000000000000000000000d","kind":6,"target":11,"reaction":"+1","on":true}
{"room":"#tea","number":13,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alice","id":"0000000000000000000000000000000e","kind":4,"target":11}
{"room":"#tea","number":14,"at":1700000000003,"time":"2023-11-14T22:13:20.003Z","member":3,"nick":"alicia","id":"0000000000000000000000000000000f","kind":5,"target":11}
{"room":"#чай","number":1,"at":1700000000004,"time":"2023-11-14T22:13:20.004Z","member":4,"nick":"Ольга","id":"00000000000000000000000000000005","kind":1,"text":"да"}
"##;

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_was_exported_comes_back_as_it_was() {
    let data = directory();
    let said = run_with(data.path(), &["import", "-"], ALL);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "15 entries imported\n"), "{said:?}");
    assert_eq!(run(data.path(), &["export"]).out, ALL);
    assert_eq!(run(data.path(), &["check-data"]).code, Some(0));

    let server = Server::start(data.path());
    let mut peer = Peer::connect(&server, "carol");
    peer.ask("/join #tea 0", "* joined #tea");
    assert_eq!(peer.until("* topic"), "* topic #tea: Kettles");
    assert!(peer.until("~ #tea 1").ends_with("<alice> the word"));
    peer.ask("/join #ЧАЙ", "* joined #чай");
    peer.say("next");
    peer.finish();
    server.stop();
    let room = run(data.path(), &["export", "#чай", "--format", "text"]).out;
    let lines: Vec<_> = room.lines().collect();
    assert_eq!(lines[0], "#чай 1 2023-11-14T22:13:20.004Z <Ольга> да");
    assert!(lines[1].starts_with("#чай 2 20") && lines[1].ends_with("Z <carol> next"), "{room}");
    let member = |line: &str| {
        line.split_once("\"member\":").unwrap().1.split_once(',').unwrap().0.parse().unwrap()
    };
    let newest: u64 = run(data.path(), &["export", "#чай"]).out.lines().map(member).max().unwrap();
    assert!(newest > 9000, "carol is nobody who was here before");
}

#[test]
fn text_is_what_line_mode_shows() {
    let data = directory();
    run_with(data.path(), &["import", "-"], ALL);
    let expected = "#tea 1 2023-11-14T22:13:20.000Z <alice> the word
#tea 1 2023-11-14T22:13:20.000Z (edited 2023-11-14T22:13:20.003Z)
#tea 1 2023-11-14T22:13:20.000Z (reactions: 👍 1)
#tea 2 2023-11-14T22:13:20.001Z * bob waves
#tea 3 2023-11-14T22:13:20.002Z * alice set the topic: Kettles
#tea 5 2023-11-14T22:13:20.003Z (in reply to 1)
#tea 5 2023-11-14T22:13:20.003Z <bob> milk?
#tea 11 2023-11-14T22:13:20.003Z (message of alice, deleted by alicia)
";
    assert_eq!(run(data.path(), &["export", "#TEA", "--format=text"]).out, expected);
    let nowhere = run(data.path(), &["export", "#nowhere"]);
    assert_eq!(
        (nowhere.code, &*nowhere.err),
        (Some(1), "chat-server: there is no room #nowhere\n")
    );
}

#[test]
fn a_private_room_is_written_where_it_is_asked_for() {
    let data = directory();
    let server = Server::start(data.path());
    let mut alice = Peer::connect(&server, "alice");
    alice.ask("/join #door", "* joined #door");
    alice.ask("/mode private", "* #door: private");
    let said = run(data.path(), &["export", "#Door"]);
    let expected = "chat-server: #Door is private; add --private\n";
    assert_eq!((said.code, said.err.as_str()), (Some(1), expected));
    let said = run(data.path(), &["export", "#Door", "--private"]);
    assert!(said.code == Some(0) && said.out.contains("#door"), "{said:?}");
    server.stop();
}

#[test]
fn a_talk_moves_to_another_server_and_private_words_stay() {
    let (data, other) = (directory(), directory());
    let server = Server::start(data.path());
    talk(&server, 5000);
    let beside = run(data.path(), &["export"]);
    assert!(beside.code == Some(0) && !beside.out.contains("between us"), "{}", beside.err);
    let in_use = run_with(data.path(), &["import", "-"], ALL);
    assert!(in_use.code == Some(1) && in_use.err.contains("another server uses"), "{in_use:?}");
    let private = run(data.path(), &["export", "--private"]).out;
    assert!(private.contains(r#"{"between":[{"member":"#), "{private}");
    server.stop();

    let file = other.path().join("export.jsonl");
    fs::write(&file, &private).unwrap();
    let said = run(other.path(), &["import", arg(&file)]);
    let expected =
        "1 entries of private rooms and conversations were left out\n5003 entries imported\n";
    assert_eq!((said.code, said.out.as_str()), (Some(0), expected), "{said:?}");
    assert_eq!(run(other.path(), &["export"]).out, beside.out);
    let again = run(other.path(), &["import", arg(&file)]).out;
    assert!(
        again.starts_with("#ops: numbered anew, 1 became 2\n#tea: numbered anew, 1 became 5003\n"),
        "{again}"
    );
    assert_eq!(run(other.path(), &["check-data"]).code, Some(0));
}

#[track_caller]
fn refused(line: &str, expected: &str) {
    let (data, input) = (directory(), format!("{}{line}\n", ALL.replace("Ольга", "olga")));
    let file = data.path().join("in.jsonl");
    fs::write(&file, &input).unwrap();
    for (name, input) in [(arg(&file), ""), ("-", &*input)] {
        let said = run_with(data.path(), &["import", name], input);
        let expected = format!("chat-server: line 16 (nothing was imported): {expected}");
        assert!(said.code == Some(1) && said.err.starts_with(&expected), "{said:?}");
        assert_eq!(run(data.path(), &["export"]).out, "");
    }
}

#[test]
fn a_wrong_line_is_named_and_nothing_is_half_done() {
    let line = ALL.lines().nth(1).unwrap();
    refused("not json", "this is no JSON: expected ident in column 2\n");
    refused(&line.replace("#tea", "tea"), "a room name starts with '#'");
    refused(&line.replace("#tea", "#teа"), "#teа looks like #tea, which is another room");
    refused(&line.replace("\"bob\"", "\"b b\""), "a nick ");
    refused(&line.replace("waves", "\\u0000"), "text: there is nothing to say in it");
    refused(&line.replace("0000000002", "2"), "id: 32 hexadecimal digits are needed");
    refused(&line.replace("\"kind\":2", "\"kind\":700"), "body: hexadecimal digits are needed");
    refused(&line.replace("\"kind\":2", "\"what\":2"), "unknown field `what`");
    refused(&line.replace("9000", "900000000000000000"), "member: ");
}

#[test]
fn from_a_pipe_whole_transactions_before_a_wrong_line_stay() {
    let data = directory();
    let line = ALL.lines().nth(4).unwrap();
    let good = format!("{line}\n").repeat(5000);
    let said = run_with(data.path(), &["import", "-"], &format!("{good}wrong\n"));
    let expected =
        "chat-server: line 5001 (lines 1 to 4094 are imported; go on with tail -n +4095): ";
    assert!(said.code == Some(1) && said.err.starts_with(expected), "{said:?}");
    assert_eq!(run(data.path(), &["export"]).out.lines().count(), 4094);
    assert_eq!(run(data.path(), &["check-data"]).code, Some(0));
}

#[test]
fn around_damage_what_can_be_read_is_saved() {
    let data = directory();
    run_with(data.path(), &["import", "-"], ALL);
    let file = rusqlite::Connection::open(data.path().join("chat.db")).unwrap();
    file.execute("UPDATE entries SET text = 'weaves' WHERE text = 'waves'", []).unwrap();
    drop(file);
    let said = run(data.path(), &["export"]);
    assert_eq!(said.out.lines().count(), 14);
    assert_eq!(
        said.err,
        "#tea 2 is damaged\nchat-server: 1 places could not be read; the rest was written\n"
    );
    let other = directory();
    let back = run_with(other.path(), &["import", "-"], &said.out);
    assert_eq!(back.out, "#tea: numbered anew, 3 became 2\n14 entries imported\n");
    assert_eq!(run(other.path(), &["check-data"]).code, Some(0));
    // Changes and answers go with their messages.
    let moved = run(other.path(), &["export", "#tea"]).out;
    for kept in
        [r#""number":4,"at"#, r#""text":"the word","target":1}"#, r#""kind":5,"target":10}"#]
    {
        assert!(moved.contains(kept), "{kept} in {moved}");
    }
}
