//! The least a server can do: it reads what a sender wrote and writes it to those who hear the room. What the other
//! servers are away from it is their own cost; the rest is the system's.

use std::{
    collections::HashMap,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
};

use anyhow::Result;
use rustix::{
    buffer::spare_capacity,
    event::epoll::{self, CreateFlags, EventData, EventFlags},
    fd::OwnedFd,
};

/// How much goes out with one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Batching {
    /// All that was read.
    Batched,
    /// One message.
    Single,
}

struct Limit {
    epoll: OwnedFd,
    listener: TcpListener,
    batching: Batching,
    connections: Vec<Connection>,
    rooms: HashMap<Vec<u8>, Vec<usize>>,
    buffer: Vec<u8>,
}

struct Connection {
    socket: TcpStream,
    /// Where its messages go, once it has said so.
    says: Option<Vec<u8>>,
    /// Begun but not ended.
    line: Vec<u8>,
    /// Could not be written yet, from `written` on.
    unwritten: Vec<u8>,
    written: usize,
    gone: bool,
}

/// Marks the listener among events.
const LISTENER: u64 = u64::MAX;
const EVENTS_MAX: usize = 1024;
const READ_BYTES_MAX: usize = 64 * 1024;

/// Serves until the process is ended.
pub(crate) fn serve(port: u16, batching: Batching) -> Result<()> {
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    socket2::SockRef::from(&listener).listen(4096)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let (connections, rooms) = (Vec::new(), HashMap::new());
    let buffer = vec![0; READ_BYTES_MAX];
    let mut limit = Limit { epoll, listener, batching, connections, rooms, buffer };
    let mut events = Vec::with_capacity(EVENTS_MAX);
    loop {
        events.clear();
        epoll::wait(&limit.epoll, spare_capacity(&mut events), None)?;
        for event in &events {
            limit.handle(event.data.u64(), event.flags)?;
        }
    }
}

impl Limit {
    fn handle(&mut self, token: u64, flags: EventFlags) -> Result<()> {
        if token == LISTENER {
            return self.accept();
        }
        let index = usize::try_from(token)?;
        if flags.contains(EventFlags::OUT) {
            self.write_on(index)?;
        }
        if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            self.read(index)?;
        }
        Ok(())
    }

    fn accept(&mut self) -> Result<()> {
        while let Ok((socket, _)) = self.listener.accept() {
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            let token = EventData::new_u64(self.connections.len() as u64);
            epoll::add(&self.epoll, &socket, token, EventFlags::IN)?;
            self.connections.push(Connection {
                socket,
                says: None,
                line: Vec::new(),
                unwritten: Vec::new(),
                written: 0,
                gone: false,
            });
        }
        Ok(())
    }

    fn read(&mut self, index: usize) -> Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        match (&self.connections[index].socket).read(&mut buffer) {
            Ok(bytes) if bytes > 0 => self.take(index, &buffer[..bytes])?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => self.close(index)?,
        }
        self.buffer = buffer;
        Ok(())
    }

    fn take(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let Some(last) = memchr::memrchr(b'\n', bytes) else {
            self.connections[index].line.extend_from_slice(bytes);
            return Ok(());
        };
        let mut whole = std::mem::take(&mut self.connections[index].line);
        whole.extend_from_slice(&bytes[..=last]);
        self.connections[index].line.extend_from_slice(&bytes[last + 1..]);
        match self.connections[index].says.clone() {
            Some(room) => self.give_out(&room, &whole),
            None => self.enter(index, &whole),
        }
    }

    fn enter(&mut self, index: usize, line: &[u8]) -> Result<()> {
        let line = line.trim_ascii_end();
        if let Some(room) = line.strip_prefix(b"hear ") {
            self.rooms.entry(room.to_vec()).or_default().push(index);
        } else if let Some(room) = line.strip_prefix(b"say ") {
            self.connections[index].says = Some(room.to_vec());
        }
        self.write(index, b"ok\n")
    }

    fn give_out(&mut self, room: &[u8], lines: &[u8]) -> Result<()> {
        let Some(members) = self.rooms.get_mut(room).map(std::mem::take) else { return Ok(()) };
        match self.batching {
            Batching::Batched => self.write_all(&members, lines)?,
            Batching::Single => {
                for line in lines.split_inclusive(|byte| *byte == b'\n') {
                    self.write_all(&members, line)?;
                }
            }
        }
        self.rooms.insert(room.to_vec(), members);
        Ok(())
    }

    fn write_all(&mut self, members: &[usize], bytes: &[u8]) -> Result<()> {
        members.iter().try_for_each(|member| self.write(*member, bytes))
    }

    fn write(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let connection = &mut self.connections[index];
        if connection.gone {
            return Ok(());
        }
        let written = if connection.unwritten.is_empty() {
            (&connection.socket).write(bytes).unwrap_or(0)
        } else {
            0
        };
        if written < bytes.len() {
            connection.unwritten.extend_from_slice(&bytes[written..]);
            self.watch(index, EventFlags::IN | EventFlags::OUT)?;
        }
        Ok(())
    }

    fn write_on(&mut self, index: usize) -> Result<()> {
        let connection = &mut self.connections[index];
        let rest = &connection.unwritten[connection.written..];
        if let Ok(written) = (&connection.socket).write(rest) {
            connection.written += written;
        }
        if connection.written == connection.unwritten.len() {
            (connection.unwritten, connection.written) = (Vec::new(), 0);
            self.watch(index, EventFlags::IN)?;
        }
        Ok(())
    }

    fn watch(&self, index: usize, flags: EventFlags) -> Result<()> {
        let token = EventData::new_u64(index as u64);
        Ok(epoll::modify(&self.epoll, &self.connections[index].socket, token, flags)?)
    }

    fn close(&mut self, index: usize) -> Result<()> {
        self.connections[index].gone = true;
        Ok(epoll::delete(&self.epoll, &self.connections[index].socket)?)
    }
}
