//! Senders that remember what was acknowledged, and whether a log has it.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use super::{Peer, Server, run};

/// Numbers in a room with the text that was acknowledged under each.
pub(crate) type Kept = BTreeMap<u64, String>;

/// Lines on their way at the same time.
const AHEAD: usize = 32;

/// Says numbered lines in #tea until it is told to stop; what was acknowledged until then.
pub(crate) fn sender(
    server: &Server,
    nick: &'static str,
    stop: &Arc<AtomicBool>,
) -> JoinHandle<Kept> {
    let mut peer = Peer::connect(server, nick);
    peer.ask("/join #tea", "* joined #tea");
    peer.ask("/ack on", "* ack on");
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let mut kept = Kept::new();
        for sent in 0.. {
            peer.say(&text(nick, sent));
            let Some(answered) = sent.checked_sub(AHEAD) else { continue };
            let answer = peer.until_one_of(&["+ #tea ", "! "]);
            if stop.load(Ordering::SeqCst) {
                break;
            }
            if let Some(number) = answer.strip_prefix("+ #tea ") {
                kept.insert(number.parse().expect("a number"), text(nick, answered));
            }
        }
        kept
    })
}

/// Lines of many lengths, each once.
fn text(nick: &str, number: usize) -> String {
    format!("{nick} {number} {}x", "x".repeat(number % 500))
}

/// What #tea has, number by number.
pub(crate) fn kept(data: &Path) -> Kept {
    let said = run(data, &["export", "#tea", "--format", "text"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let line = |line: &str| {
        let mut words = line.splitn(5, ' ');
        let number = words.nth(1).expect("a number").parse().expect("a number");
        (number, words.nth(2).expect("a text").to_owned())
    };
    said.out.lines().map(line).collect()
}

/// What was acknowledged and is not there.
pub(crate) fn lost<'a>(acknowledged: &'a [Kept], kept: &Kept) -> Vec<(&'a u64, &'a String)> {
    acknowledged.iter().flatten().filter(|(number, text)| kept.get(number) != Some(text)).collect()
}
