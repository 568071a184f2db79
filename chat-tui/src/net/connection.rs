//! One connection, from the magic to its end.

use std::{io, time::Duration};

use bytes::BytesMut;
use chat_proto::{
    frame::FRAME_BYTES_MAX,
    message::{Event, Message, Ping, Reply, Request},
    version::MAGIC,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Command, Dial, Gone, Stream,
    life::Life,
    wire::{Inbound, Incoming},
};
use crate::{clock, state::NetMsg};

/// Time to be welcomed, or to answer after the machine has slept.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Time for the end of our side to be written.
const FAREWELL_MAX: Duration = Duration::from_millis(100);
/// Requests of the connection itself; the state counts from 1.
const PING_NUMBER: u32 = u32::MAX;
/// Bytes that wait to be written before no more requests are taken.
const OUT_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX;

pub(super) struct Connection {
    conn: u32,
    reader: ReadHalf<Stream>,
    writer: WriteHalf<Stream>,
    events: mpsc::Sender<NetMsg>,
    life: Life,
    inbound: Inbound,
    out: BytesMut,
    /// Whether a cipher may hold bytes that the socket has not taken.
    unflushed: bool,
    /// When it is dead, if no byte comes.
    dead_at: Instant,
    ping_at: Instant,
    /// When the last ping was sent, by the wall clock: it goes on while the machine sleeps.
    pinged_millis: i64,
    pinged: Option<Instant>,
    /// The server's last words.
    closing: Option<String>,
}

/// What a connection waits for.
enum Input {
    Read(io::Result<usize>),
    Written(io::Result<()>),
    Command(Option<Command>),
    Time,
}

/// How it ends: why, and whether to dial at once.
type End = (String, Option<Dial>);

impl Connection {
    pub(super) fn new(stream: Stream, conn: u32, events: mpsc::Sender<NetMsg>, life: Life) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            conn,
            reader,
            writer,
            events,
            inbound: Inbound::new(),
            out: BytesMut::from(&MAGIC[..]),
            unflushed: false,
            dead_at: Instant::now() + ANSWER_MAX,
            ping_at: Instant::now() + life.silence_max(),
            life,
            pinged_millis: clock::now().0,
            pinged: None,
            closing: None,
        }
    }

    pub(super) async fn run(mut self, commands: &mut mpsc::Receiver<Command>) -> Result<End, Gone> {
        self.tell(NetMsg::Connected { conn: self.conn }).await?;
        loop {
            let input = self.next_input(commands).await;
            if let Some(end) = self.handle(input).await? {
                return Ok(end);
            }
        }
    }

    async fn next_input(&mut self, commands: &mut mpsc::Receiver<Command>) -> Input {
        let (writes, takes) =
            (!self.out.is_empty() || self.unflushed, self.out.len() < OUT_BYTES_MAX);
        if writes {
            self.life.sends();
        }
        let wake_at = self.life.wake(self.ping_at.min(self.dead_at));
        let Self { reader, writer, inbound, out, unflushed, .. } = self;
        tokio::select! {
            read = reader.read_buf(&mut inbound.buf) => Input::Read(read),
            written = write(writer, out, unflushed), if writes => Input::Written(written),
            command = commands.recv(), if takes => Input::Command(command),
            () = sleep_until(wake_at) => Input::Time,
        }
    }

    async fn handle(&mut self, input: Input) -> Result<Option<End>, Gone> {
        match input {
            Input::Read(Ok(0)) => Ok(Some(self.closed().await)),
            Input::Read(Ok(_)) => self.heard().await,
            Input::Read(Err(error)) | Input::Written(Err(error)) => {
                Ok(Some((super::describe(&error), None)))
            }
            Input::Written(Ok(())) => Ok(None),
            Input::Command(Some(command)) => Ok(self.command(command)),
            Input::Command(None) => Err(Gone),
            Input::Time => Ok(self.time()),
        }
    }

    async fn closed(&mut self) -> End {
        // The other side waits for our end too, but not for long.
        drop(timeout(FAREWELL_MAX, self.writer.shutdown()).await);
        let why = self.closing.take().unwrap_or_else(|| "the server closed the connection".into());
        (why, None)
    }

    async fn heard(&mut self) -> Result<Option<End>, Gone> {
        loop {
            match self.inbound.next() {
                Ok(Some(incoming)) => self.take(incoming).await?,
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some((error.to_string(), None))),
            }
        }
    }

    async fn take(&mut self, incoming: Incoming) -> Result<(), Gone> {
        let conn = self.conn;
        self.dead_at = self.dead_at.max(Instant::now() + self.life.silence_max());
        match incoming {
            Incoming::Reply(PING_NUMBER, _) => self.pong().await,
            Incoming::Reply(number, reply) => {
                if matches!(reply, Reply::Welcome(_)) {
                    self.ping();
                }
                self.tell(NetMsg::Reply { conn, number, reply }).await
            }
            Incoming::Event(event) => {
                self.answer(&event);
                self.tell(NetMsg::Event { conn, event }).await
            }
        }
    }

    /// Events that concern the connection itself.
    fn answer(&mut self, event: &Event) {
        match event {
            Event::Alive(_) => self.ping(),
            Event::Closing(closing) => self.closing = Some(closing.text.clone()),
            _ => {}
        }
    }

    async fn pong(&mut self) -> Result<(), Gone> {
        self.dead_at = Instant::now() + self.life.silence_max();
        let Some(pinged) = self.pinged.take() else { return Ok(()) };
        let millis = u32::try_from(pinged.elapsed().as_millis()).unwrap_or(u32::MAX);
        self.tell(NetMsg::Latency { conn: self.conn, millis }).await
    }

    fn ping(&mut self) {
        let now = Instant::now();
        self.ping_at = now + self.life.patience.ping_every();
        self.pinged_millis = clock::now().0;
        self.pinged = Some(now);
        Request::Ping(Ping { nonce: u64::from(self.conn) }).write(PING_NUMBER, &mut self.out);
    }

    fn command(&mut self, command: Command) -> Option<End> {
        match command {
            Command::Dial { server, after } => Some((String::new(), Some((server, after)))),
            Command::Send { conn, number, request } => {
                if conn == self.conn {
                    request.write(number, &mut self.out);
                }
                None
            }
        }
    }

    fn time(&mut self) -> Option<End> {
        let now = Instant::now();
        if self.life.is_over(now) {
            return Some(("the server's machine does not answer".into(), None));
        }
        if now >= self.dead_at {
            if !self.life.gets_on() {
                return Some(("the server does not answer".into(), None));
            }
            self.dead_at = now + self.life.patience.look_every();
        }
        // The clock of timers stands still while the machine sleeps; the peer may have given up meanwhile.
        let expected = self.life.patience.ping_every() + ANSWER_MAX;
        if clock::now().0 - self.pinged_millis
            > i64::try_from(expected.as_millis()).unwrap_or(i64::MAX)
        {
            self.dead_at = now + ANSWER_MAX;
            self.ping();
        } else if now >= self.ping_at {
            self.ping();
        }
        None
    }

    async fn tell(&self, msg: NetMsg) -> Result<(), Gone> {
        self.events.send(msg).await.map_err(|_closed| Gone)
    }
}

/// Writes some of `out`, and what a cipher holds. Cancelling it loses nothing.
async fn write(
    writer: &mut WriteHalf<Stream>,
    out: &mut BytesMut,
    unflushed: &mut bool,
) -> io::Result<()> {
    *unflushed = true;
    if !out.is_empty() {
        writer.write_buf(out).await?;
    }
    writer.flush().await?;
    *unflushed = false;
    Ok(())
}
