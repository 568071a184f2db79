//! More and more messages on the disk: starting, reading, searching, and talking on.

use std::{fs, path::Path, time::Instant};

use anyhow::{Context as _, Result};
use chat_tests::bulk;
use tempfile::TempDir;

use super::TIMES;
use crate::{
    past,
    peers::{Keeping, Peer, Servers},
    say,
    scenario::FAN100,
};

const HEAD: &str = "| messages | start ms | cold page p50 ms | p99 | warm page | last page | rare word ms | common word ms \
                    | common, small room | fan100 CPU s/million | KiB/message | remarks |\n\
                    |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|";

pub(super) fn grow(servers: &Servers, messages_max: u64) -> Result<()> {
    say(&format!("\n**messages on the disk** (chat-server, framed)\n\n{HEAD}"));
    let steps =
        (3..).map(|zeros| 10_u64.pow(zeros)).take_while(|messages| *messages <= messages_max);
    for messages in steps {
        match line(servers, messages) {
            Ok(line) => say(&line),
            Err(error) => say(&format!("| {messages} | {error:#} |")),
        }
    }
    Ok(())
}

fn line(servers: &Servers, messages: u64) -> Result<String> {
    let original = bulk::directory(messages)?;
    let copy = TempDir::new_in(original.parent().context("no place for a copy")?)?;
    let bytes = copy_files(&original, copy.path())?;
    let keeping = Keeping::Old(copy.path().into());
    let began = Instant::now();
    let server = Peer::Framed.start(servers, &keeping)?;
    let start = began.elapsed().as_secs_f64() * 1e3;
    let pages = past::history(&server, copy.path())?;
    let searches = past::search(&server)?;
    let talk = FAN100.run(Peer::Framed, (&server, &keeping), TIMES)?;
    let (page, search) = (pages.figures, searches.figures);
    let others = talk.others.max(pages.others).max(searches.others) * 100.0;
    // Below that there may be nothing to find.
    let found = if messages < 1_000_000 { Vec::new() } else { searches.remarks };
    let remarks = [pages.remarks, found, talk.remarks].concat().join("; ");
    Ok(format!(
        "| {messages} | {start:.0} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} \
         | other load {others:.0} %; {remarks} |",
        page[0],
        page[1],
        page[2],
        page[4],
        search[0],
        search[1],
        search[4],
        talk.figures[1],
        bytes as f64 / 1024.0 / messages as f64,
    ))
}

/// Copies a directory's files, not the sockets of servers that were killed; how many bytes they have.
fn copy_files(from: &Path, to: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            bytes += fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(bytes)
}
