//! What the operator does about accounts, beside a server that runs and on the data of one that is stopped.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use chat_proto::{
    RoomId,
    message::{Content, Event},
};
use chat_tests::{
    framed::Framed,
    netcat::Netcat,
    programs::{Ended, command, finish},
    server::{Process, directory},
    story::Cast,
};
use tempfile::TempDir;

fn user(data: &Path, args: &[&str], input: &str) -> Ended {
    operate(data, "user", args, input)
}

fn operate(data: &Path, what: &str, args: &[&str], input: &str) -> Ended {
    let mut program = command("chat-server");
    finish(program.arg(what).args(args).arg("--data").arg(data), input)
}

/// What one of the other commands says.
#[track_caller]
fn told(data: &Path, what: &str, args: &[&str]) -> String {
    let ended = operate(data, what, args, "");
    assert_eq!(ended.code, Some(0), "{what} {args:?}: {ended:?}");
    ended.stdout
}

/// The files of the directory in which these words stand.
fn files_with(data: &Path, words: &str) -> Vec<String> {
    let all = fs::read_dir(data).expect("a directory").map(|file| file.expect("a file").path());
    let holds = |path: &std::path::PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    };
    all.filter(holds).map(|path| path.display().to_string()).collect()
}

/// The data of a server that was stopped after a [`talk`].
#[track_caller]
fn talked() -> TempDir {
    let data = directory();
    let server = Process::start(data.path());
    drop(talk(&server));
    assert_eq!(server.terminate().code, Some(0));
    data
}

/// Alice has an account, rooms, and said something in each; bob saw it and answered.
fn talk(server: &Process) -> (Cast, Framed) {
    let mut bob = Framed::connect(server.address(), "watcher");
    bob.join("#tea");
    let mut cast = Cast::new(server.address());
    cast.play(
        "alice> /register alice teafortwo
         alice< * welcome alice
         alice< * joined #lobby
         bob> /register bob teafortwo
         bob< * welcome bob
         bob< * joined #lobby
         alice< * bob joined #lobby
         alice> /join #tea
         alice< * joined #tea
         bob> /join #tea
         bob< * joined #tea
         alice< * bob joined #tea
         alice> xylophone one
         bob< #tea <alice> xylophone one
         alice> xylophone two
         bob< #tea <alice> xylophone two
         alice> /edit 2 xylophone three
         alice< * edited #tea 2
         bob< * alice edited #tea 2: xylophone three
         bob> /react 1 :tea:
         bob< * reacted to #tea 1
         alice< * bob reacted to #tea 1: :tea:
         bob> zither stays
         alice< #tea <bob> zither stays
         alice> /msg bob xylophone four
         bob< @alice <alice> xylophone four
         bob> /msg alice zither too
         alice< @bob <bob> zither too",
    );
    (cast, bob)
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
    assert!(
        !log.contains("tea for") && log.contains("the operator request=user add carol\n"),
        "{log}"
    );
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
    refused(data.path(), &["add", "Alice"], "there is an account alice already");
    let short = user(data.path(), &["add", "carol", "--password-stdin"], "short\n");
    assert!(short.stderr.contains("8 to 128 bytes"), "{short:?}");
    let usage = user(data.path(), &["add", "no nick"], "");
    assert_eq!(usage.code, Some(2), "{usage:?}");
}

#[test]
fn what_an_account_wrote_is_exported_and_nothing_of_others() {
    let data = directory();
    let server = Process::start(data.path());
    let (_cast, _watcher) = talk(&server);
    let check = |here: &str| {
        let lines = done(data.path(), &["export", "Alice"], "");
        let first = lines.lines().next().expect("the account");
        assert!(first.contains(r#""account":"alice""#), "{here}: {first}");
        assert!(first.contains(r#""looks_after":[]"#) && first.contains("#tea"), "{here}: {first}");
        assert_eq!(lines.matches("xylophone").count(), 4, "{here}: {lines}");
        assert!(lines.contains(r#""between":["#) && !lines.contains("zither"), "{here}: {lines}");
    };
    check("beside the server");
    assert_eq!(server.terminate().code, Some(0));
    check("without it");
    refused(data.path(), &["export", "carol"], "there is no account carol");
}

#[test]
fn an_account_is_deleted_with_all_that_it_said() {
    let data = directory();
    let server = Process::start(data.path());
    let (mut cast, mut watcher) = talk(&server);
    assert_eq!(
        done(data.path(), &["delete", "alice", "--with-messages"], ""),
        "3 messages deleted\n"
    );
    cast.play(
        "alice<< ! displaced: this session has been ended
         bob<< * alice deleted #tea 1
         bob< * alice deleted #tea 2
         bob> /search xylophone
         bob<< * search: 0 found
         bob> /search zither
         bob<< ~ #tea 5 20… <bob> zither stays
         bob<< * search: 2 found",
    );
    let tea = watcher.join_from_the_start("#tea");
    let texts = watcher.history(tea);
    let kinds: Vec<_> = texts.iter().map(|entry| entry.content()).collect();
    assert!(matches!(kinds[..2], [Content::Erased { .. }, Content::Erased { .. }]), "{kinds:?}");
    refused(data.path(), &["delete", "alice", "--with-messages"], "there is no account alice");
    assert_eq!(server.terminate().code, Some(0));
    assert_eq!(files_with(data.path(), "xylophone"), [""; 0]);
    assert!(!files_with(data.path(), "zither").is_empty(), "the search is able to find");
    let whole = told(data.path(), "check-data", &[]);
    assert!(!whole.is_empty(), "{whole}");
    done(data.path(), &["delete", "bob", "--with-messages"], "");
    assert_eq!(files_with(data.path(), "zither stays"), [""; 0]);
    told(data.path(), "check-data", &[]);
    let server = Process::start(data.path());
    let _carol = Netcat::named(server.address(), "bob");
}

/// Deletes #tea of those who talked, beside the server or without it.
#[track_caller]
fn delete_tea(data: &Path, entries: u32) {
    let deleted = told(data, "room", &["delete", "#TEA"]);
    assert_eq!(deleted, format!("#TEA is deleted with {entries} entries\n"));
    let again = operate(data, "room", &["delete", "#tea"], "");
    assert!(again.code == Some(1) && again.stderr.contains("there is no room #tea"), "{again:?}");
    assert!(!told(data, "room", &["list"]).contains("#tea"));
}

/// Nothing of #tea is on the disk, all else is whole, and a new room of the name is another one.
#[track_caller]
fn tea_is_gone(data: &Path) {
    for words in
        ["xylophone one", "xylophone two", "xylophone three", "zither stays", "the watcher", "#tea"]
    {
        assert_eq!(files_with(data, words), [""; 0], "{words}");
    }
    assert!(!files_with(data, "xylophone four").is_empty(), "the search is able to find");
    told(data, "check-data", &[]);
    let db = rusqlite::Connection::open(data.join("chat.db")).expect("the data");
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
    for table in ["revisions", "reactions", "reaction_counts", "ids", "changes", "roles"] {
        assert_eq!(count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(count("SELECT count(*) FROM meta WHERE name LIKE 'closed%'"), 0);
}

/// How many entries of a room the index for searching holds.
fn places(data: &Path, room: RoomId) -> i64 {
    let count = || {
        let index = rusqlite::Connection::open(data.join("search.db"))?;
        index.busy_timeout(Duration::from_secs(5))?;
        let sql = "SELECT count(*) FROM places p JOIN said s ON s.rowid = p.pos WHERE room = ?1";
        index.query_row(sql, [room.0.cast_signed()], |row| row.get(0))
    };
    count().expect("the index")
}

/// Waits until the index knows what was said in a room.
#[track_caller]
fn is_indexed(data: &Path, room: RoomId) {
    let end = Instant::now() + Duration::from_secs(30);
    while places(data, room) == 0 {
        assert!(Instant::now() < end, "nothing is indexed");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_room_is_deleted_with_all_that_was_said_in_it() {
    let data = directory();
    let server = Process::start(data.path());
    let (mut cast, mut watcher) = talk(&server);
    let tea = watcher.join("#tea");
    watcher.say(tea, "xylophone of the watcher");
    is_indexed(data.path(), tea);
    delete_tea(data.path(), 6);
    assert_eq!(places(data.path(), tea), 0, "out of the index before the command ends");
    cast.play(
        "alice<< * you are out of a room (#tea was deleted by the operator)
         bob<< * you are out of a room (#tea was deleted by the operator)
         bob> /search zither
         bob<< ~ @alice 2 20… <bob> zither too
         bob<< * search: 1 found
         bob> /join #tea
         bob<< * joined #tea
         bob> /history
         bob<< * history #tea: 0 entries, up to number 0
         alice> /join #tea
         alice<< * joined #tea
         bob> cups
         alice<< #tea <bob> cups",
    );
    let closed = watcher.event(|event| match event {
        Event::RoomClosed(closed) => Some(closed.reason),
        _ => None,
    });
    assert_eq!(closed.as_str(), "#tea was deleted by the operator");
    let tea = watcher.join_from_the_start("#tea");
    let entries = watcher.history(tea);
    assert!(entries.len() == 1 && entries[0].seq.0 == 1, "{entries:?}");
    told(data.path(), "room", &["delete", "#tea"]);
    assert_eq!(server.terminate().code, Some(0));
    tea_is_gone(data.path());
    let server = Process::start(data.path());
    Cast::new(server.address()).play(
        "alice> /login alice teafortwo
         alice< * welcome alice
         alice< * joined #lobby
         alice< * joined @bob
         alice> /history #tea
         alice<< ! …
         alice> /join #tea
         alice<< * joined #tea",
    );
}

#[test]
fn a_room_is_deleted_without_a_server() {
    let data = talked();
    delete_tea(data.path(), 5);
    tea_is_gone(data.path());
    drop(Process::start(data.path()).kill());
}

#[test]
fn what_a_crash_leaves_of_a_deleted_room_goes_with_the_next_start() {
    let data = talked();
    let db = rusqlite::Connection::open(data.path().join("chat.db")).expect("the data");
    // As the first of the two commits leaves it.
    let tea = "(SELECT id FROM rooms WHERE name = '#tea')";
    db.execute_batch(&format!(
        "INSERT INTO meta VALUES ('closed ' || {tea}, 1);
         DELETE FROM memberships WHERE room = {tea}; DELETE FROM roles WHERE room = {tea}"
    ))
    .expect("written");
    drop(db);
    told(data.path(), "check-data", &[]);
    assert!(!told(data.path(), "export", &[]).contains("#tea"), "a deleted room is in no export");
    let server = Process::start(data.path());
    assert!(!told(data.path(), "room", &["list"]).contains("#tea"), "nobody can reach it");
    server.says("the rest of a deleted room is gone");
    assert_eq!(server.terminate().code, Some(0));
    tea_is_gone(data.path());
}

#[test]
fn rooms_and_bans_are_looked_after_beside_the_server_and_without_it() {
    let data = directory();
    let server = Process::start(data.path());
    let (mut cast, _watcher) = talk(&server);
    cast.play("bob> /join #secret\nbob<< * joined #secret\nbob> /mode private\nbob<< * …private…");
    let check = |members: u32| {
        let list = told(data.path(), "room", &["list"]);
        assert!(list.contains("#secret members ") && list.contains(" private\n"), "{list}");
        assert!(list.contains(&format!("#tea members {members} entries 5\n")), "{list}");
        let info = told(data.path(), "room", &["info", "#Secret"]);
        assert!(info.contains("private true") && info.contains("owner bob"), "{info}");
        let none = operate(data.path(), "room", &["info", "#none"], "");
        assert!(none.stderr.contains("there is no room #none"), "{none:?}");
    };
    check(3);
    let none = operate(data.path(), "ban", &["list"], "");
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "no bans\n"), "{none:?}");
    told(data.path(), "ban", &["add", "alice", "--for", "2h", "too", "loud"]);
    cast.play("alice<< ! banned: you are banned from this server until …: too loud");
    assert_eq!(server.terminate().code, Some(0));
    for slip in [&["for", "2h", "spam"][..], &["2h", "spam"], &["for", "2", "hours"]] {
        let args = [&["add", "y*"][..], slip].concat();
        let refused = operate(data.path(), "ban", &args, "");
        assert!(refused.code == Some(2) && refused.stderr.contains("--for 2h"), "{refused:?}");
    }
    assert_eq!(told(data.path(), "ban", &["add", "m*"]), "m* is banned without end\n");
    let list = told(data.path(), "ban", &["list"]);
    assert!(list.starts_with("alice by operator ") && list.contains("\nm* by operator "), "{list}");
    told(data.path(), "ban", &["lift", "alice"]);
    let again = operate(data.path(), "ban", &["lift", "alice"], "");
    assert!(again.stderr.contains("alice is not banned from the server"), "{again:?}");
    assert!(!again.stderr.contains('/'), "what people write in the chat: {again:?}");
    let server = Process::start(data.path());
    let mut mallory = Netcat::connect(server.address());
    mallory.send("mallory");
    mallory.skip_to("! banned: …");
    Cast::new(server.address()).play("alice> /login alice teafortwo\nalice<< * welcome alice");
    let wrong = operate(data.path(), "ban", &["add", "10.0.0.0/99"], "");
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}
