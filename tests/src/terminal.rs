//! `chat-tui` in a real terminal: a pty, and a model of the screen behind it.

use std::{io::Write, net::SocketAddr, num::NonZeroU16};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use crate::{
    feed::{Feed, Sink},
    programs,
    server::directory,
};

/// A program at a terminal, and its user.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    screen: Feed<Screen>,
    /// The terminal's settings before the program began.
    settings: String,
    _home: TempDir,
}

/// What a terminal shows.
pub struct Screen {
    parser: vt100::Parser,
    /// All that the program wrote.
    written: Vec<u8>,
}

/// How a program left its terminal.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    pub code: u32,
    /// What the user sees now: the screen as it was before, and last words.
    pub shown: String,
    pub alternate_screen: bool,
    pub cursor_hidden: bool,
    pub bracketed_paste: bool,
    /// Whether the system treats what one types otherwise than before.
    pub settings_changed: bool,
}

impl Terminal {
    /// `chat-tui` of somebody who talks to this server.
    #[must_use]
    pub fn chat(server: SocketAddr, nick: &str) -> Self {
        Self::run(&["--server", &server.to_string(), "--nick", nick])
    }

    /// `chat-tui` with these arguments and nobody's settings.
    ///
    /// # Panics
    /// When the system gives no terminal.
    #[must_use]
    pub fn run(args: &[&str]) -> Self {
        Self::set_up(args, "")
    }

    /// `chat-tui` with these arguments and this configuration.
    ///
    /// # Panics
    /// When the system gives no terminal.
    #[must_use]
    pub fn set_up(args: &[&str], configuration: &str) -> Self {
        let home = directory();
        let directory = home.path().join(".config/chat");
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join("tui.toml"), configuration).expect("a file");
        let pair = native_pty_system().openpty(size(ROWS, COLUMNS)).expect("a terminal");
        let settings = settings_of(&*pair.master);
        let child = pair.slave.spawn_command(command(args, &home)).expect("the client starts");
        let reader = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let screen = Feed::new(Screen::new(), reader);
        Self { child, master: pair.master, keys, screen, settings, _home: home }
    }

    /// Types, as if by hand.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("a terminal");
    }

    /// Types a line and presses Enter.
    pub fn line(&mut self, line: &str) {
        self.keys(&format!("{line}\r"));
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        self.until(&format!("{text:?} on the screen"), |screen| screen.text().contains(text));
    }

    /// Waits until the screen does not show this any more.
    #[track_caller]
    pub fn hides(&self, text: &str) {
        self.until(&format!("{text:?} to go"), |screen| !screen.text().contains(text));
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn until(&self, what: &str, is: impl Fn(&Screen) -> bool) {
        self.screen.wait(what, |screen| is(screen).then_some(()));
    }

    /// What the screen shows now.
    #[must_use]
    pub fn text(&self) -> String {
        self.screen.look(Screen::text)
    }

    /// All that the program has written to the terminal.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        self.screen.look(|screen| screen.written.clone())
    }

    /// Changes the size of the window.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn resize(&self, rows: u16, columns: u16) {
        self.screen
            .change(|screen| screen.parser.set_size(at_least_one(rows), at_least_one(columns)));
        self.master.resize(size(rows, columns)).expect("a terminal");
    }

    /// Sends the program a signal by its name.
    ///
    /// # Panics
    /// When it has ended.
    pub fn signal(&self, name: &str) {
        programs::signal(self.child.process_id().expect("it runs"), name);
    }

    /// Waits until the program has ended.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    #[track_caller]
    pub fn left(mut self) -> Left {
        self.screen.end();
        let status = self.child.wait().expect("a child of this process");
        let settings = settings_of(&*self.master);
        self.screen.look(|Screen { parser, .. }| {
            let screen = parser.screen();
            Left {
                code: status.exit_code(),
                shown: screen.contents(),
                alternate_screen: screen.alternate_screen(),
                cursor_hidden: screen.hide_cursor(),
                bracketed_paste: screen.bracketed_paste(),
                settings_changed: settings != self.settings,
            }
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already; either way it must not outlive the test.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Left {
    /// Nothing is left of the program but its last words.
    #[track_caller]
    pub fn assert_restored(&self) {
        let untouched = [
            self.alternate_screen,
            self.cursor_hidden,
            self.bracketed_paste,
            self.settings_changed,
        ];
        assert_eq!(untouched, [false; 4], "the terminal was not given back: {self:?}");
    }
}

impl Screen {
    fn new() -> Self {
        let parser = vt100::Parser::new(at_least_one(ROWS), at_least_one(COLUMNS), 0);
        Self { parser, written: Vec::new() }
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// The row that shows this, from the top, 0 being the first.
    #[must_use]
    pub fn row_of(&self, text: &str) -> Option<usize> {
        self.text().lines().position(|row| row.contains(text))
    }

    /// What stands left of the cursor in its row; none while it is hidden.
    #[must_use]
    pub fn before_cursor(&self) -> Option<String> {
        let screen = self.parser.screen();
        let (row, column) = screen.cursor_position();
        (!screen.hide_cursor()).then(|| screen.contents_between(row, 0, row, column))
    }
}

impl Sink for Screen {
    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.written.extend_from_slice(bytes);
    }

    fn show(&self) -> String {
        self.text()
    }
}

const ROWS: u16 = 24;
const COLUMNS: u16 = 100;

fn command(args: &[&str], home: &TempDir) -> CommandBuilder {
    let mut command = CommandBuilder::new(programs::built("chat-tui"));
    command.args(args);
    command.env_clear();
    for (name, value) in
        [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")]
    {
        command.env(name, value);
    }
    command.env("HOME", home.path());
    command.cwd(home.path());
    command
}

/// How the system treats what one types (termios(3)), to be compared.
fn settings_of(terminal: &dyn MasterPty) -> String {
    format!("{:?}", terminal.get_termios())
}

fn size(rows: u16, columns: u16) -> PtySize {
    PtySize { rows, cols: columns, ..PtySize::default() }
}

fn at_least_one(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).expect("a window that can be seen")
}
