//! A peer with a bare TCP connection that reads lines.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use chat_server::protocol::Line;

use crate::{PATIENCE, pattern::matches};

/// What `nc` is to a person: lines to a server, lines from it, and all that was said in between.
pub struct Netcat {
    stream: TcpStream,
    unread: Vec<u8>,
    transcript: String,
    /// Whether a greeting is for the test to see. A slow machine may take any peer for a silent one.
    greeted: bool,
}

/// Why there is no next line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The server has closed.
    Ended,
    Late,
    /// The connection was reset.
    Broken,
}

impl Netcat {
    /// # Panics
    /// When nobody listens there.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Self { stream, unread: Vec::new(), transcript: String::new(), greeted: false }
    }

    /// Connects and reads everything, also a greeting.
    #[must_use]
    pub fn silent(address: SocketAddr) -> Self {
        Self { greeted: true, ..Self::connect(address) }
    }

    /// Connects, says who it is, and reads its welcome.
    #[must_use]
    #[track_caller]
    pub fn named(address: SocketAddr, nick: &str) -> Self {
        let mut peer = Self::connect(address);
        peer.send(nick);
        peer.expect(&format!("* welcome {nick}"));
        peer.expect("* joined #lobby");
        peer
    }

    /// Sends a line.
    #[track_caller]
    pub fn send(&mut self, line: &str) {
        self.note("> ", line);
        self.write(format!("{line}\n").as_bytes());
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When the server does not take them.
    #[track_caller]
    pub fn write(&mut self, bytes: &[u8]) {
        let wrote = self.stream.write_all(bytes);
        assert!(wrote.is_ok(), "the server took no more: {wrote:?}\n{}", self.transcript);
    }

    /// Reads the next line, which must be this one.
    #[track_caller]
    pub fn expect(&mut self, pattern: &str) -> String {
        match self.next_line() {
            Ok(line) if matches(pattern, &line) => line,
            other => self.fail(pattern, &other),
        }
    }

    /// Reads on to a line like this.
    #[track_caller]
    pub fn skip_to(&mut self, pattern: &str) -> String {
        loop {
            match self.next_line() {
                Ok(line) if matches(pattern, &line) => return line,
                Ok(_) => {}
                missing => self.fail(pattern, &missing),
            }
        }
    }

    /// Reads what is left until the server closes.
    #[track_caller]
    pub fn read_to_end(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.next_line() {
                Ok(line) => lines.push(line),
                Err(Missing::Ended) => return lines,
                missing => self.fail("the end of the connection", &missing),
            }
        }
    }

    /// Nothing more comes: the server closes.
    #[track_caller]
    pub fn expect_end(&mut self) {
        let line = self.next_line();
        if line != Err(Missing::Ended) {
            self.fail("the end of the connection", &line);
        }
    }

    /// Ends the sending direction, as `nc -N` does at the end of its input.
    ///
    /// # Panics
    /// When there is no connection any more.
    pub fn half_close(&self) {
        self.stream.shutdown(Shutdown::Write).expect("still connected");
    }

    /// A second handle, to send while this one reads.
    ///
    /// # Panics
    /// When the system gives none.
    #[must_use]
    pub fn writer(&self) -> TcpStream {
        self.stream.try_clone().expect("a second handle")
    }

    /// All that was said, `> ` before what was sent.
    #[must_use]
    pub fn transcript(&self) -> &str {
        &self.transcript
    }

    /// The next line without its end.
    ///
    /// # Errors
    /// Why there is none.
    pub fn next_line(&mut self) -> Result<String, Missing> {
        self.next_line_until(Instant::now() + PATIENCE)
    }

    /// The next line without its end, if it comes in time.
    ///
    /// # Errors
    /// Why there is none.
    pub fn next_line_until(&mut self, deadline: Instant) -> Result<String, Missing> {
        loop {
            let line = self.any_line(deadline)?;
            self.note("", &line);
            if self.greeted || line != Line::GREETING.trim_end() {
                self.greeted = true;
                return Ok(line);
            }
        }
    }

    fn any_line(&mut self, deadline: Instant) -> Result<String, Missing> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.unread[searched..].iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.unread.drain(..=searched + end).collect();
                line.pop();
                return Ok(String::from_utf8(line).expect("a server sends UTF-8"));
            }
            searched = self.unread.len();
            self.read_some(deadline)?;
        }
    }

    fn read_some(&mut self, deadline: Instant) -> Result<(), Missing> {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left)).expect("a timeout");
        let mut space = [0; 16 * 1024];
        match self.stream.read(&mut space) {
            Ok(0) => Err(Missing::Ended),
            Ok(read) => {
                self.unread.extend_from_slice(&space[..read]);
                Ok(())
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Err(Missing::Late),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Ok(()),
            Err(_) => Err(Missing::Broken),
        }
    }

    fn note(&mut self, mark: &str, line: &str) {
        self.transcript.push_str(mark);
        self.transcript.push_str(line);
        self.transcript.push('\n');
    }

    #[track_caller]
    fn fail(&self, expected: &str, found: &Result<String, Missing>) -> ! {
        panic!("expected {expected:?}, found {found:?}; all that was said:\n{}", self.transcript)
    }
}
