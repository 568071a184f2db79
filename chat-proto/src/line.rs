//! The line protocol: what `nc`, `telnet`, `expect` and shell scripts speak.
//!
//! [`Lines`] cuts lines out of bytes, [`Command::parse`] reads one, [`render`] and [`past()`] write the server's lines.

mod command;
mod door;
mod lines;
mod past;
pub mod render;

pub use command::{Command, HELP, Switchable, Usage, is_message_command};
pub use door::{DoorCommand, ModeChange, duration, span, written};
pub use lines::{LINE_BYTES_MAX, LineTooLong, Lines};
pub use past::{Past, brief, past};
