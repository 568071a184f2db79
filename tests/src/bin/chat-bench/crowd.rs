//! All clients of one run: one thread, one epoll, one pass over what comes.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::{
    buffer::spare_capacity,
    event::epoll::{self, CreateFlags, EventData, EventFlags},
    fd::OwnedFd,
};
use socket2::{Domain, Protocol, Socket, Type};

use super::{
    payload::Stamp,
    scan::Scanner,
    speech::{Place, Speech, Step, Who},
    tally::{Heard, Tally},
};

/// The clients and what they have heard.
pub(crate) struct Crowd {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    connections: Vec<Connection>,
    pub senders: Vec<Sender>,
    pub tally: Tally,
    buffer: Vec<u8>,
    /// The clock of the stamps.
    began: Instant,
    speech: Box<dyn Speech>,
    payload_bytes: usize,
    entering: usize,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Hears and is counted.
    Member,
    /// Hears, but its room does not wait for it.
    Aside,
    /// Speaks; what it gets back is dropped.
    Sender,
}

struct Connection {
    /// None once the server has closed it.
    socket: Option<TcpStream>,
    role: Role,
    stage: Stage,
    scanner: Scanner,
    /// Received, but the end of it is still to come.
    tail: Vec<u8>,
    heard: Heard,
}

enum Stage {
    Entering(Who),
    In,
}

pub(crate) struct Sender {
    connection: usize,
    place: Place,
    /// The number of its next message.
    pub said: u32,
    unsent: Vec<u8>,
}

/// A connection that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub who: Who,
    pub room: usize,
    pub role: Role,
}

/// The largest segment of an Ethernet link with timestamps: loopback alone would take 64 KiB.
const MSS: u32 = 1448;
const RECEIVE_BYTES: usize = 208 * 1024;
const READ_BYTES_MAX: usize = 128 * 1024;
const EVENTS_MAX: usize = 2048;
/// Logins under way at the same time.
const ENTERING_MAX: usize = 64;
/// For the next login to end.
const ENTER_WITHIN: Duration = Duration::from_secs(60);
/// For all of them.
const ENTER_ALL_WITHIN: Duration = Duration::from_secs(180);

impl Crowd {
    pub(crate) fn new(speech: Box<dyn Speech>, payload_bytes: usize, tally: Tally) -> Result<Self> {
        Ok(Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(EVENTS_MAX),
            connections: Vec::new(),
            senders: Vec::new(),
            tally,
            buffer: vec![0; READ_BYTES_MAX],
            began: Instant::now(),
            speech,
            payload_bytes,
            entering: 0,
        })
    }

    /// Connects all and waits until they are in their rooms.
    pub(crate) fn enter(&mut self, address: SocketAddr, seats: &[Seat]) -> Result<()> {
        let mut late = Instant::now() + ENTER_WITHIN;
        let end = Instant::now() + ENTER_ALL_WITHIN;
        let mut seats = seats.iter();
        loop {
            while self.entering < ENTERING_MAX
                && let Some(seat) = seats.next()
            {
                self.connect(address, seat)?;
            }
            let before = self.entering;
            if before == 0 {
                return Ok(());
            }
            self.poll(Duration::from_millis(100))?;
            if self.entering < before {
                late = Instant::now() + ENTER_WITHIN;
            }
            if Instant::now() > late.min(end) {
                bail!("too slow: {} clients still to come in", seats.len() + self.entering);
            }
        }
    }

    fn connect(&mut self, address: SocketAddr, seat: &Seat) -> Result<()> {
        let socket = connect(address, self.connections.len())?;
        let token = EventData::new_u64(self.connections.len() as u64);
        epoll::add(&self.epoll, &socket, token, EventFlags::IN)?;
        let greeting = self.speech.greeting(&seat.who);
        (&socket).write_all(&greeting).context("a server does not take a greeting")?;
        if seat.role == Role::Sender {
            let (connection, unsent) = (self.connections.len(), Vec::new());
            self.senders.push(Sender { connection, place: Place::default(), said: 0, unsent });
        }
        self.connections.push(Connection {
            socket: Some(socket),
            role: seat.role,
            stage: Stage::Entering(seat.who.clone()),
            scanner: self.speech.scanner(self.payload_bytes),
            tail: Vec::new(),
            heard: self.tally.member(seat.room),
        });
        self.entering += 1;
        Ok(())
    }

    /// Waits for something to come, and reads what there is.
    pub(crate) fn poll(&mut self, patience: Duration) -> Result<()> {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        let timeout = patience.try_into().context("too long a wait")?;
        match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            self.read(usize::try_from(event.data.u64())?)?;
        }
        self.events = events;
        Ok(())
    }

    fn read(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        let Some(socket) = &mut connection.socket else { return Ok(()) };
        let kept = connection.tail.len();
        self.buffer[..kept].copy_from_slice(&connection.tail);
        connection.tail.clear();
        let end = match socket.read(&mut self.buffer[kept..]) {
            Ok(0) => None,
            Ok(bytes) => Some(kept + bytes),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Some(kept),
            Err(_) => None,
        };
        let Some(end) = end else { return self.lose(index) };
        let now_nanos = if self.tally.delays.is_some() { nanos_since(self.began) } else { 0 };
        let bytes = &self.buffer[..end];
        match connection.stage {
            Stage::Entering(_) => {
                connection.tail.extend_from_slice(bytes);
                self.step(index)
            }
            Stage::In => {
                connection.hear(bytes, now_nanos, &mut self.tally);
                Ok(())
            }
        }
    }

    /// Goes on with a login.
    fn step(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        let Stage::Entering(who) = &connection.stage else { return Ok(()) };
        match self.speech.step(who, &mut connection.tail) {
            Step::Wait => {}
            Step::Say(bytes) => {
                let socket = connection.socket.as_ref().context("a lost login")?;
                (&mut &*socket).write_all(&bytes)?;
            }
            Step::Ready(place) => {
                connection.stage = Stage::In;
                self.entering -= 1;
                let tail = std::mem::take(&mut connection.tail);
                connection.hear(&tail, 0, &mut self.tally);
                if connection.role == Role::Sender {
                    let mut senders = self.senders.iter_mut();
                    let sender = senders.rfind(|sender| sender.connection == index);
                    sender.context("no sender")?.place = place;
                }
            }
        }
        Ok(())
    }

    fn lose(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        if let Stage::Entering(who) = &connection.stage {
            let said = String::from_utf8_lossy(&connection.tail).into_owned();
            bail!("{} is turned away: {said}", who.nick);
        }
        if connection.role == Role::Sender {
            bail!("a sender is thrown out");
        }
        if let Some(socket) = connection.socket.take() {
            epoll::delete(&self.epoll, &socket)?;
            self.tally.thrown_out += 1;
        }
        Ok(())
    }

    /// Lets a sender say its next message; it goes with [`Crowd::send`].
    pub(crate) fn say(&mut self, sender: usize) {
        let at_nanos = nanos_since(self.began);
        let Sender { place, said, unsent, .. } = &mut self.senders[sender];
        let number = u32::try_from(sender).unwrap_or(u32::MAX);
        let payload = Stamp { sender: number, number: *said, at_nanos }.write(self.payload_bytes);
        self.speech.post(place, *said, &payload, unsent);
        *said += 1;
    }

    /// Writes what a sender has said, as far as its socket takes it.
    pub(crate) fn send(&mut self, sender: usize) -> Result<()> {
        let sender = &mut self.senders[sender];
        if sender.unsent.is_empty() {
            return Ok(());
        }
        let socket = self.connections[sender.connection].socket.as_mut().context("no sender")?;
        match socket.write(&sender.unsent) {
            Ok(bytes) => drop(sender.unsent.drain(..bytes)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).context("a sender cannot write"),
        }
        Ok(())
    }

    /// How many messages the member that stands aside has heard; none if it was thrown out.
    pub(crate) fn heard_aside(&self) -> Option<u64> {
        let aside = self.aside().ok()?;
        aside.socket.as_ref().map(|_| aside.heard.messages)
    }

    /// The member that stands aside stops or goes on reading.
    pub(crate) fn read_aside(&mut self, reads: bool) -> Result<()> {
        let index = self.connections.iter().position(|one| one.role == Role::Aside);
        let Some(socket) = &self.aside()?.socket else { return Ok(()) };
        let flags = if reads { EventFlags::IN } else { EventFlags::empty() };
        let token = EventData::new_u64(index.context("nobody stands aside")? as u64);
        Ok(epoll::modify(&self.epoll, socket, token, flags)?)
    }

    fn aside(&self) -> Result<&Connection> {
        let mut all = self.connections.iter();
        all.find(|one| one.role == Role::Aside).context("nobody stands aside")
    }
}

impl Connection {
    /// Counts what it hears and keeps what is not whole yet.
    fn hear(&mut self, bytes: &[u8], now_nanos: u64, tally: &mut Tally) {
        if self.role == Role::Sender {
            return;
        }
        let (counts, heard) = (self.role == Role::Member, &mut self.heard);
        let before = heard.messages;
        let done = self.scanner.scan(bytes, |payload| tally.hear(heard, payload, now_nanos));
        if counts {
            tally.count(heard.room, heard.messages - before);
        }
        self.tail.extend_from_slice(&bytes[done..]);
    }
}

fn nanos_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// From one address to another the system finds only so many ports quickly.
const CONNECTIONS_AN_ADDRESS: usize = 5000;

fn connect(address: SocketAddr, index: usize) -> Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if let Ok(more) = u8::try_from(index / CONNECTIONS_AN_ADDRESS)
        && more > 0
    {
        socket.bind(&SocketAddr::from(([127, 0, 1, more], 0)).into())?;
    }
    // Before connecting: both are announced to the server.
    socket.set_tcp_mss(MSS)?;
    socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    // Nothing is left of it after the run: tens of thousands of connections that wait for their time to be over would take
    // the ports of the next ones.
    socket.set_linger(Some(Duration::ZERO))?;
    socket.connect(&address.into()).context("a server does not accept")?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
