//! The bytes beneath a framed client.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use chat_proto::{
    frame::{Decoder, FRAME_BYTES_MAX, Frame},
    message::{Event, Message, Reply, Request},
    version::{MAGIC, PREAMBLE_BYTES_MAX, magic_end},
};

use crate::{PATIENCE, netcat::Missing};

/// A connection that has sent the magic; for tests that write bytes of their own.
pub struct Wire {
    pub stream: TcpStream,
    inbox: BytesMut,
    decoder: Decoder,
    opened: bool,
}

/// What a server's frame holds.
#[derive(Debug)]
pub enum Told {
    Reply(u32, Reply),
    Event(Event),
}

impl Wire {
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        let mut wire = Self::mute(address);
        wire.write(&MAGIC);
        wire
    }

    /// A connection that has sent nothing yet.
    ///
    /// # Panics
    /// When nobody listens there.
    #[must_use]
    pub fn mute(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("a server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Self {
            stream,
            inbox: BytesMut::new(),
            decoder: Decoder::new(FRAME_BYTES_MAX),
            opened: false,
        }
    }

    pub fn send(&mut self, number: u32, request: impl Into<Request>) {
        self.write(&encode(number, request));
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When the server does not take them.
    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server takes it");
    }

    /// The next frame.
    ///
    /// # Errors
    /// Why there is none.
    pub fn frame(&mut self) -> Result<Frame, Missing> {
        self.frame_until(Instant::now() + PATIENCE)
    }

    /// The next frame, if it comes in time.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// # Panics
    /// When the server's frames cannot be read.
    pub fn frame_until(&mut self, deadline: Instant) -> Result<Frame, Missing> {
        loop {
            self.open();
            if self.opened
                && let Some(frame) = self.cut()
            {
                return Ok(frame);
            }
            self.read_some(deadline)?;
        }
    }

    /// The next reply, which must answer this request; events before it are dropped.
    ///
    /// # Panics
    /// When it answers another.
    #[track_caller]
    pub fn reply(&mut self, number: u32) -> Reply {
        loop {
            match self.frame().map(|frame| read(&frame)) {
                Ok(Told::Event(_)) => {}
                Ok(Told::Reply(answered, reply)) if answered == number => return reply,
                other => panic!("expected the reply to request {number}: {other:?}"),
            }
        }
    }

    /// Reads on until the server closes.
    ///
    /// # Panics
    /// When it does not, or resets the connection.
    #[track_caller]
    pub fn expect_end(&mut self) {
        loop {
            match self.frame() {
                Ok(_) => {}
                Err(Missing::Ended) => return,
                Err(other) => panic!("the server does not close: {other:?}"),
            }
        }
    }

    fn cut(&mut self) -> Option<Frame> {
        self.decoder.next(&mut self.inbox).expect("a server's frames are whole")
    }

    fn open(&mut self) {
        if self.opened {
            return;
        }
        if let Some(end) = magic_end(&self.inbox) {
            self.inbox.advance(end);
            self.opened = true;
        } else {
            assert!(self.inbox.len() <= PREAMBLE_BYTES_MAX, "no magic: {:?}", self.inbox);
        }
    }

    fn read_some(&mut self, deadline: Instant) -> Result<(), Missing> {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left)).expect("a timeout");
        let mut space = [0; 16 * 1024];
        match self.stream.read(&mut space) {
            Ok(0) => return Err(Missing::Ended),
            Ok(read) => self.inbox.extend_from_slice(&space[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Missing::Late),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(Missing::Broken),
        }
        Ok(())
    }
}

/// A request as one frame.
#[must_use]
pub fn encode(number: u32, request: impl Into<Request>) -> BytesMut {
    let mut bytes = BytesMut::new();
    request.into().write(number, &mut bytes);
    bytes
}

/// # Panics
/// When it is neither a reply nor an event that this version knows.
#[must_use]
pub fn read(frame: &Frame) -> Told {
    if let Ok(Some(reply)) = Reply::read(frame) {
        return Told::Reply(frame.request, reply);
    }
    match Event::read(frame) {
        Ok(Some(event)) => Told::Event(event),
        other => panic!("{other:?}: {frame:?}"),
    }
}
