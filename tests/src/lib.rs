//! Harness of the end-to-end tests: servers, peers of every kind, and what one checks about them.
//!
//! Everything here talks to a server as a stranger would, over a real socket or a real terminal, and every wait ends
//! after [`PATIENCE`] with a report of what was seen until then.
//!
//! - [`story`]: conversations of several netcats, written as data;
//! - [`server`]: a server in this process, or the real program, to be killed and started again;
//! - [`netcat`], [`framed`], [`terminal`]: peers that speak lines, frames, or press keys in `chat-tui`;
//! - [`tls`]: the same peers behind a cipher, and certificates;
//! - [`cable`]: a network of two machines, and its failures;
//! - [`bulk`]: data directories with millions of messages;
//! - [`audit`]: whether a log holds what it promised;
//! - [`work`]: the pure parts, to be timed;
//! - [`hostile`], [`fuzz`]: input that is meant to do harm;
//! - [`trials`]: how much of something a test does.

use std::time::Duration;

pub mod story;

pub mod server;

pub mod framed;
pub mod netcat;
pub mod terminal;
pub mod tls;

pub mod cable;

pub mod audit;

pub mod bulk;
pub mod feed;
pub mod pattern;
pub mod programs;
pub mod trials;

pub mod work;

pub mod fuzz;
pub mod hostile;

/// How long a test waits for what must happen: far longer than it takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
