//! What SECURITY.md claims: each claim names tests that are there. And those claims that have no better place.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use chat_proto::{
    Secret,
    message::{Hello, Login},
};
use chat_tests::{
    framed::{Framed, hello},
    netcat::Netcat,
    server::{Process, directory},
};

/// The names in backticks in the last column of a row of the table.
fn names(row: &str) -> Vec<&str> {
    let cell = row.trim_end_matches(" |").rsplit(" | ").next().expect("a column");
    cell.split('`').skip(1).step_by(2).collect()
}

/// The source of a file, or of all files of a directory.
fn source(path: &Path) -> String {
    if path.is_file() {
        return fs::read_to_string(path).expect("UTF-8");
    }
    let files = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    files.map(|file| source(&file.expect("a file").path())).collect()
}

/// Whether a test of that name stands there: a function, with a word of it in the lines before.
fn is_test(source: &str, name: &str) -> bool {
    let (before, _) = source.split_once(&format!("fn {name}(")).unwrap_or_default();
    let is_attribute = |line: &str| line.trim_start().starts_with("#[") && line.contains("test");
    before.lines().rev().take(4).any(is_attribute)
}

#[test]
fn every_claim_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let page = fs::read_to_string(root.join("SECURITY.md")).expect("it is there");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 15, "{} claims", rows.len());
    for row in rows {
        let (mut found, mut tests) = (String::new(), 0);
        for name in names(row) {
            if name.contains(['/', '.']) {
                let here: [PathBuf; 2] = [root.join(name), root.join("tests/tests").join(name)];
                found = source(here.iter().find(|path| path.exists()).unwrap_or(&here[0]));
            } else {
                assert!(is_test(&found, name), "there is no test {name} where {row} says");
                tests += 1;
            }
        }
        assert!(tests > 0, "no test holds {row}");
    }
}

#[test]
fn no_secret_is_in_the_data_or_in_the_log() {
    const PASSWORD: &str = "tea for two and two for tea";
    let data = directory();
    let server = Process::start(data.path());
    let login = Login::Register { password: Secret::new(PASSWORD), remember: true };
    let mut alice =
        Framed::hello(server.address(), Hello { login: Some(login), ..hello("alice", None) });
    let tea = alice.join("#tea");
    alice.say(tea, "nothing secret");
    let session = alice.welcome.token;
    let device = alice.welcome.device.expect("a token");
    let mut bob = Netcat::connect(server.address());
    bob.send(&format!("/login bob {PASSWORD}"));
    bob.skip_to("! bad-login: …");
    let running = bytes_of(data.path());
    let log = server.terminate().stderr;
    let stopped = bytes_of(data.path());
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
    assert!(holds(&running, b"nothing secret") && holds(&stopped, b"nothing secret"));
    for secret in [PASSWORD.as_bytes(), &session.0, &device.0] {
        for bytes in [&running, &stopped, log.as_bytes()] {
            assert!(!holds(bytes, secret), "{}", secret.escape_ascii());
        }
    }
}

/// All files of a directory, one after the other.
fn bytes_of(directory: &Path) -> Vec<u8> {
    files(directory)
        .into_iter()
        .filter(|path| path.is_file())
        .flat_map(|path| fs::read(path).expect("read"))
        .collect()
}

#[test]
fn no_other_user_of_the_machine_reads_the_data() {
    let home = directory();
    let data = home.path().join("data");
    let server = Process::start(&data);
    let _alice = Netcat::named(server.address(), "alice");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["chat.db", "admin.sock", "admin-token"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
}

#[test]
fn in_a_directory_that_others_may_enter_every_file_is_closed_to_them() {
    let data = directory();
    let open_to_all = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its owner may");
    };
    open_to_all(data.path(), 0o755);
    for start in ["the first", "one on files that others may read"] {
        let server = Process::start(data.path());
        let mut alice = Netcat::named(server.address(), "alice");
        alice.send("a word for this room");
        for name in ["chat.db-wal", "chat.lock", "search.db", "search.db-wal", "search.db-shm"] {
            appears(&data.path().join(name));
        }
        for path in files(data.path()) {
            let mode = fs::metadata(&path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{start} start: {}", path.display());
        }
        drop(server.kill());
        let is_log = |path: &&PathBuf| {
            let name = path.file_name().expect("a file").to_string_lossy();
            name.starts_with("chat.") || name.starts_with("search.")
        };
        files(data.path()).iter().filter(is_log).for_each(|path| open_to_all(path, 0o644));
    }
}

/// Waits for a file that is made in the background.
#[track_caller]
fn appears(path: &Path) {
    let end = Instant::now() + chat_tests::PATIENCE;
    while !path.exists() {
        assert!(Instant::now() < end, "there is no {}", path.display());
        sleep(Duration::from_millis(20));
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).expect("a directory");
    files.map(|file| file.expect("a file").path()).collect()
}
