//! `chat-tui`: the terminal client of the chat. Everything is in the library, so that tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    chat_tui::run()
}
