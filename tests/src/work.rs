//! The pure parts of a message's way, each ready to be done again and again: for timing them (`cargo bench`) and for
//! counting their instructions (`chat-bench counts`).

mod log;
mod server;
mod wire;

use std::fmt;

/// Does something once.
type Doing = Box<dyn FnMut()>;

/// One of them.
#[derive(Clone, Copy)]
pub struct Work {
    pub name: &'static str,
    /// Gives what does it once.
    pub prepare: fn() -> Doing,
}

pub const ALL: &[Work] = &[
    Work { name: "decode a Post", prepare: wire::decode_post },
    Work { name: "encode a RoomEntry", prepare: wire::encode_entry },
    Work { name: "cut a line", prepare: wire::cut_line },
    Work { name: "parse a command", prepare: wire::parse_command },
    Work { name: "clean a text", prepare: wire::clean_text },
    Work { name: "clean a text of emoji", prepare: wire::clean_emoji },
    Work { name: "parse a nick", prepare: wire::parse_nick },
    Work { name: "render a line", prepare: wire::render_line },
    Work { name: "apply a message", prepare: server::apply_post },
    Work { name: "apply join and part, 1,000 there", prepare: server::apply_join },
    Work { name: "copy the state", prepare: server::copy_state },
    Work { name: "commit a message", prepare: log::commit_one },
    Work { name: "commit 64 messages", prepare: log::commit_64 },
    Work { name: "commit 64 messages of 64 rooms", prepare: log::commit_64_rooms },
    Work { name: "words of a text", prepare: server::words },
    Work { name: "parse a query", prepare: server::parse_query },
];

/// A message of 100 bytes.
const SAID: &str = "The kettle is on, the build is green, and whoever wants tea should say so before the next meeting!!";

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The one of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Work> {
    ALL.iter().find(|work| work.name == name)
}
