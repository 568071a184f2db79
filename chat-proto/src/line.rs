//! The line protocol: what `nc`, `telnet`, `expect` and shell scripts speak.
//!
//! [`Lines`] cuts lines out of bytes, [`Command::parse`] reads one, [`render`] writes the server's lines.

mod command;
mod lines;
pub mod render;

pub use command::{Command, HELP, Switchable, Usage, is_message_command};
pub use lines::{LINE_BYTES_MAX, LineTooLong, Lines};
