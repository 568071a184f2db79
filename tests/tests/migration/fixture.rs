//! A data file of an earlier version, as SQL.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use chat_proto::{Epoch, RoomId, Seq, Token};
use chat_tests::{
    framed::Left,
    server::{Process, directory},
};
use rusqlite::Connection;

use crate::story;

pub(crate) struct Fixture {
    pub name: String,
    /// The version of its tables.
    pub schema: i64,
    sql: String,
}

/// In front of what alice needs to come back: her token, the epoch, her rooms and the last number she has of each.
const LEFT: &str = "-- alice: ";

impl Fixture {
    /// Every one there is, the oldest first.
    pub(crate) fn all() -> Vec<Self> {
        let files = fs::read_dir(place()).expect("fixtures").map(|file| file.expect("a file"));
        let read = |name: String| {
            let sql = fs::read_to_string(place().join(&name)).expect("SQL");
            let schema = name.strip_prefix("schema-")?.strip_suffix(".sql")?.parse().ok()?;
            Some(Self { name, schema, sql })
        };
        let names = files.filter_map(|file| file.file_name().into_string().ok());
        let mut all: Vec<_> = names.filter_map(read).collect();
        all.sort_by_key(|fixture| fixture.schema);
        all
    }

    /// Makes one with the program as it is now.
    pub(crate) fn write(name: &OsStr) {
        let data = directory();
        let server = Process::start(data.path());
        let left = story::tell(server.address());
        assert_eq!(server.terminate().code, Some(0));
        let file = data.path().join("chat.db");
        let mut sql = format!("{LEFT}{}\n", written(&left));
        sql.push_str(&shell(&file, ".dump"));
        for pragma in ["application_id", "user_version"] {
            let value = shell(&file, &format!("PRAGMA {pragma}"));
            sql.push_str(&format!("PRAGMA {pragma} = {};\n", value.trim()));
        }
        fs::write(place().join(name), sql).expect("a new fixture");
    }

    /// Makes the file that it was.
    pub(crate) fn restore(&self, path: &Path) {
        let file = Connection::open(path).expect("a new database");
        file.execute_batch(&self.sql).expect("SQL");
    }

    /// What alice left.
    pub(crate) fn alice(&self) -> Left {
        let line = self.sql.lines().find_map(|line| line.strip_prefix(LEFT));
        let mut words = line.expect("what alice left").split(' ');
        let mut next = || words.next().expect("a token and an epoch");
        let (token, epoch) = (Token(bytes(next())), Epoch(bytes(next())));
        let mut cursors = BTreeMap::new();
        for pair in words {
            let (room, seq) = pair.split_once(':').expect("ROOM:NUMBER");
            let number = |text: &str| text.parse().expect("a number");
            cursors.insert(RoomId(number(room)), Seq(number(seq)));
        }
        Left { token, epoch, nick: "alice".into(), cursors }
    }
}

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migration/fixtures")
}

fn shell(file: &Path, command: &str) -> String {
    let ran = Command::new("sqlite3").arg(file).arg(command).output().expect("the sqlite3 shell");
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).expect("UTF-8")
}

fn written(left: &Left) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut out = format!("{} {}", hex(&left.token.0), hex(&left.epoch.0));
    left.cursors.iter().for_each(|(room, seq)| out.push_str(&format!(" {room}:{seq}")));
    out
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let pairs = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    let bytes: Vec<u8> = pairs.map(|byte| byte.expect("hexadecimal")).collect();
    bytes.try_into().expect("so many bytes")
}
