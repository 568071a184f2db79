//! The terminal: taken at the start, given back on every way out.

use std::{
    io::{self, BufWriter, Stdout, Write},
    mem::ManuallyDrop,
    panic,
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor::Show,
    event::{
        DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
        EnableFocusChange, EnableMouseCapture,
    },
    execute, queue,
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend};

use crate::{cli::Notify, clusters};

/// Bytes of a frame; a screen full of colours is written at once.
const FRAME_BYTES: usize = 64 * 1024;
/// Characters of a notification.
const NOTICE_CHARS_MAX: usize = 200;

/// Whether the terminal is ours, for the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The screen while it is ours.
pub struct Screen {
    /// Never dropped: dropping it would print to a terminal that may be gone, and panic. [`restore`] does its work.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
    /// Where the last frame had characters that terminals disagree about.
    disputed: Vec<usize>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When it cannot be set up; it is given back then.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        TAKEN.store(true, Ordering::SeqCst);
        let screen = Self::set_up(mouse);
        if screen.is_err() {
            restore();
        }
        screen
    }

    fn set_up(mouse: bool) -> io::Result<Self> {
        enable_raw_mode()?;
        let mut out = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
        if mouse {
            execute!(out, EnableMouseCapture)?;
        }
        let terminal = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(out))?);
        let mut screen = Self { terminal, disputed: Vec::new() };
        screen.redraw()?;
        Ok(screen)
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal does not tell.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws one frame, shown at once. Where characters move that the terminal may take for wider than they are, all of it
    /// is drawn anew, so that nothing of them stays behind.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, view: impl Fn(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let disputed = clusters::disputed(self.terminal.draw(&view)?.buffer);
        if disputed != self.disputed {
            self.disputed = disputed;
            self.redraw()?;
            self.terminal.draw(&view)?;
        }
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Forgets what is on the screen, so that all is drawn again.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn redraw(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`: it asks the terminal where its cursor is, and the answer is input, which others read.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Rings, or lets the terminal tell the user.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn notify(&mut self, how: Notify, title: &str, body: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(notice(how, title, body, std::env::var_os("TMUX").is_some()).as_bytes())?;
        Write::flush(out)
    }
}

impl Screen {
    /// Puts a text into the terminal's clipboard (OSC 52), which it may refuse.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// The bytes of a notification. Nothing that others wrote can end or extend the sequence.
fn notice(how: Notify, title: &str, body: &str, tmux: bool) -> String {
    let line = |text: &str| {
        let clean = chat_proto::text::clean(text).replace(['\n', '\t', ';'], " ");
        clean.chars().take(NOTICE_CHARS_MAX).collect::<String>()
    };
    let sequence = match how {
        Notify::Off => return String::new(),
        Notify::Bell => return "\x07".into(),
        Notify::Osc9 => format!("\x1b]9;{}: {}\x07", line(title), line(body)),
        Notify::Osc777 => format!("\x1b]777;notify;{};{}\x07", line(title), line(body)),
    };
    if tmux {
        format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
    } else {
        sequence
    }
}

/// Gives the terminal back, once. Whether it is still there does not matter any more.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _gone = execute!(
            out,
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableFocusChange,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        let _gone = disable_raw_mode();
    }
}

/// A panic's message is for people: it is printed on the screen they had before.
pub fn restore_on_panic() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        restore();
        before(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(how: Notify, tmux: bool, expected: &str) {
        assert_eq!(notice(how, "bob in #ops", "a\nb\x07;c\x1b[1m", tmux), expected);
    }

    #[test]
    fn notices_cannot_be_broken_out_of() {
        check(Notify::Off, false, "");
        check(Notify::Bell, true, "\x07");
        check(Notify::Osc9, false, "\x1b]9;bob in #ops: a b c\x07");
        check(Notify::Osc777, false, "\x1b]777;notify;bob in #ops;a b c\x07");
        check(Notify::Osc9, true, "\x1bPtmux;\x1b\x1b]9;bob in #ops: a b c\x07\x1b\\");
    }
}
