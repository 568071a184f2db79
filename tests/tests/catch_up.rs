//! Who does not read is left behind, and reads on from the log: the server's memory does not grow with what it has
//! missed, and it misses nothing.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead, BufReader, BufWriter, Write},
    net::{SocketAddr, TcpStream},
    ops::Range,
    thread,
    time::{Duration, Instant},
};

use chat_tests::{
    server::{Process, directory},
    trials,
};

/// What is said while one does not read.
struct Talk {
    rooms: usize,
    messages: usize,
    bytes: usize,
}

/// Caches fill before the measuring begins.
const WARM_UP: usize = 20_000;
/// KiB that the server may grow by, whatever passes somebody by.
const GROWTH_MAX: usize = 8 * 1024;
/// A million messages are not said for longer; whoever waits for their end waits for ever.
const SILENCE_MAX: Duration = Duration::from_secs(20 * 60);

#[test]
fn many_messages_pass_a_stalled_member_by() {
    let messages = trials::count("CHAT_MISSED", 120_000, 1_000_000);
    Talk { rooms: 1, messages, bytes: 100 }.passes_by("many");
}

#[test]
fn large_messages_pass_a_stalled_member_by() {
    let messages = trials::count("CHAT_MISSED_LARGE", 4_000, 60_000);
    Talk { rooms: 1, messages, bytes: 16_000 }.passes_by("large");
}

#[test]
fn a_stalled_member_is_left_behind_in_a_thousand_rooms() {
    let messages = trials::count("CHAT_MISSED_ROOMS", 200_000, 1_000_000);
    Talk { rooms: 1000, messages, bytes: 100 }.passes_by("rooms");
}

impl Talk {
    fn passes_by(&self, what: &str) {
        let data = directory();
        // The lobby is one more.
        let server = Process::with(data.path(), ["--listen", "127.0.0.1:0", "--rooms-max", "1001"]);
        let mut stalled = self.come_in(server.address(), "stalled");
        let talker = self.come_in(server.address(), "talker");
        let warm = WARM_UP.min(self.messages);
        thread::scope(|scope| {
            let listening = scope.spawn(|| self.hear(&mut stalled, 0..warm));
            self.say(&talker, 0..warm);
            listening.join().expect("all of it");
        });
        let (before, began) = (memory(&server), Instant::now());
        self.say(&talker, warm..warm + self.messages);
        let (after, said) = (memory(&server), began.elapsed());
        self.hear(&mut stalled, warm..warm + self.messages);
        let growth = after.saturating_sub(before);
        trials::tell(&format!(
            "{what}: {} messages missed in {said:.1?}; server {before} KiB before, {growth} KiB more after; caught up in {:.1?}",
            self.messages,
            began.elapsed() - said,
        ));
        assert!(growth < self.growth_max(), "grown by {growth} KiB, from {before}");
    }

    /// In KiB. Few messages do not tell growth from caches that fill, nor from what is under way just then: there it is
    /// less than what was missed.
    fn growth_max(&self) -> usize {
        let missed = self.messages * self.bytes / 1024;
        if trials::are_long() { GROWTH_MAX } else { (missed * 9 / 10).min(4 * GROWTH_MAX) }
    }

    /// Joins all the rooms.
    fn come_in(&self, address: SocketAddr, nick: &str) -> BufReader<TcpStream> {
        let socket = TcpStream::connect(address).expect("connected");
        socket.set_read_timeout(Some(SILENCE_MAX)).expect("a timeout");
        let mut socket = BufReader::with_capacity(256 * 1024, socket);
        write(&socket, &format!("{nick}\n/quiet on\n"));
        skip_to(&mut socket, "* quiet");
        for room in 0..self.rooms {
            write(&socket, &format!("/join #room{room}\n"));
            skip_to(&mut socket, "* joined #room");
        }
        socket
    }

    /// Says numbered messages, one room after the other, and waits until all are in the log.
    fn say(&self, talker: &BufReader<TcpStream>, numbers: Range<usize>) {
        let filling = "x".repeat(self.bytes.saturating_sub(20));
        let socket = talker.get_ref().try_clone().expect("a second handle");
        thread::scope(|scope| {
            scope.spawn(|| skip_to(&mut BufReader::new(socket), "* ack off"));
            let mut to = BufWriter::new(talker.get_ref());
            for number in numbers {
                let room = number % self.rooms;
                writeln!(to, "/msg #room{room} m{number}-{filling}").expect("taken");
            }
            // Carried out after what came before it.
            to.write_all(b"/ack on\n/ack off\n").expect("taken");
            to.flush().expect("taken");
        });
    }

    /// Hears numbered messages: all of them, and each room's in order.
    fn hear(&self, socket: &mut BufReader<TcpStream>, numbers: Range<usize>) {
        let mut expected: HashMap<usize, usize> =
            numbers.clone().take(self.rooms).map(|n| (n % self.rooms, n)).collect();
        let mut left = numbers.len();
        let mut line = Vec::new();
        while left > 0 {
            line.clear();
            assert!(
                socket.read_until(b'\n', &mut line).expect("more to read") > 0,
                "{left} are missing"
            );
            let Some(number) = numbered(&line) else { continue };
            let next = expected.get_mut(&(number % self.rooms)).expect("a room of ours");
            assert_eq!(number, *next, "{left} were to come");
            *next += self.rooms;
            left -= 1;
        }
    }
}

/// The number in `#room <talker> m17-xxx`.
fn numbered(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line).expect("UTF-8");
    let (_, said) = text.split_once("<talker> m")?;
    said.split('-').next()?.parse().ok()
}

fn write(to: &BufReader<TcpStream>, line: &str) {
    to.get_ref().write_all(line.as_bytes()).expect("taken");
}

fn skip_to(from: &mut BufReader<TcpStream>, start: &str) {
    let mut line = String::new();
    while !line.starts_with(start) {
        line.clear();
        assert!(from.read_line(&mut line).expect("more to read") > 0, "{start} is missing");
    }
}

/// Resident memory, in KiB.
fn memory(server: &Process) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line of memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}
