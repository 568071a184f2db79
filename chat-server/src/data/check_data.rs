//! `chat-server check-data`

use std::{
    io::{self, Write},
    path::Path,
};

use crate::log::sqlite::check::{Fault, check};
use anyhow::bail;
use chat_proto::text;

pub(super) fn run(directory: &Path) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    // A name in a damaged file may be anything.
    let mut tell =
        |fault: Fault| writeln!(out, "{}", text::clean(&fault.to_string()).replace('\n', " "));
    let checked = check(directory, &mut tell)?;
    let (rooms, entries) = (checked.rooms, checked.entries);
    let path = directory.display();
    match checked.faults {
        0 => Ok(writeln!(out, "{path}: ok, {entries} entries in {rooms} rooms")?),
        faults => {
            bail!("{path}: {faults} faults among {entries} entries in {rooms} rooms; {ADVICE}")
        }
    }
}

const ADVICE: &str =
    "stop the server and restore a backup, or save what can be read with chat-server export";
