//! The real program with a directory of its own, and bare connections to it.
#![allow(dead_code, reason = "each test file uses its part of it")]

pub(crate) mod audit;
pub(crate) mod mount;

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// What a command said, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A connection in line mode.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    lines: BufReader<TcpStream>,
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    for name in ["CHAT_DATA", "CHAT_LISTEN", "CHAT_CONFIG", "CHAT_SYNC", "CHAT_EPHEMERAL"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command on a data directory to its end.
pub(crate) fn run(data: &Path, args: &[&str]) -> Said {
    run_with(data, args, "")
}

/// Runs a command with this as its input.
pub(crate) fn run_with(data: &Path, args: &[&str], input: &str) -> Said {
    let mut command = program();
    command.args(args).arg("--data").arg(data);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let feeding = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let ended = child.wait_with_output().expect("the program ends");
    feeding.join().expect("its input was given");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
}

impl Server {
    pub(crate) fn start(data: &Path) -> Self {
        Self::with(data, &[])
    }

    pub(crate) fn with(data: &Path, args: &[&str]) -> Self {
        let mut command = program();
        command.args(["--listen", "127.0.0.1:0", "--log", "error", "--data"]).arg(data).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).expect("UTF-8"), 0, "it ended: {said}");
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.trim().parse().expect("an address");
            }
            said.push_str(&line);
        };
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { child, address }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, to the end.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Peer {
    pub(crate) fn connect(server: &Server, nick: &str) -> Self {
        let stream = TcpStream::connect(server.address).expect("it listens");
        stream.set_nodelay(true).expect("TCP");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let lines = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut peer = Self { stream, lines };
        peer.say(nick);
        peer.until("* welcome");
        peer
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stream, "{line}").expect("the server reads");
    }

    /// The next line; none at the end.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Reads on to a line that begins like this.
    pub(crate) fn until(&mut self, start: &str) -> String {
        self.until_one_of(&[start])
    }

    /// Reads on to a line that begins like one of these.
    pub(crate) fn until_one_of(&mut self, starts: &[&str]) -> String {
        let mut before = String::new();
        loop {
            let line = self.line().unwrap_or_else(|| panic!("no {starts:?} but an end: {before}"));
            if starts.iter().any(|start| line.starts_with(start)) {
                return line;
            }
            before.push_str(&line);
            before.push('\n');
        }
    }

    /// Says it and reads what is answered, which begins like this.
    pub(crate) fn ask(&mut self, line: &str, start: &str) -> String {
        self.say(line);
        self.until(start)
    }

    /// Everything said is on the disk when this returns.
    pub(crate) fn finish(mut self) -> Vec<String> {
        self.stream.shutdown(Shutdown::Write).expect("connected");
        std::iter::from_fn(|| self.line()).collect()
    }
}

/// Says some things in some rooms.
pub(crate) fn talk(server: &Server, count: usize) {
    let mut alice = Peer::connect(server, "alice");
    alice.say("/join #tea");
    alice.say("/topic Kettle talk");
    let mut bob = Peer::connect(server, "bob");
    bob.ask("/join #tea", "* joined #tea");
    (0..count).for_each(|n| alice.say(&format!("cup {n}")));
    alice.say("/me pours");
    alice.say("/msg bob between us");
    bob.until("@alice");
    alice.finish();
    bob.ask("/join #ops", "* joined #ops");
    bob.say("build ok");
    bob.finish();
}

/// As an argument.
pub(crate) fn arg<P: AsRef<OsStr> + ?Sized>(path: &P) -> &str {
    path.as_ref().to_str().expect("UTF-8")
}
