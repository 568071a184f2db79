//! The connection as a task: it dials, moves frames and watches for life. What they mean, and when to dial again, the
//! state decides.
//!
//! Both channels are bounded. The state has at most [`IN_FLIGHT_MAX`] requests out, so commands always fit; when the
//! screen does not keep up with events, the socket is not read.

mod connection;
mod known;
mod life;
mod secure;
mod trust;
mod wire;

use std::{io, time::Duration};

use chat_proto::message::Request;
use chat_tcp::Patience;
use smol_str::SmolStr;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::client::TlsStream;

use life::Life;

use crate::{
    security::Security,
    state::{NetMsg, requests::IN_FLIGHT_MAX},
};

/// Time for one address to answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// Events that wait for the screen.
const EVENTS_MAX: usize = 256;

/// What the task is told.
#[derive(Debug)]
pub enum Command {
    /// Connect after a while; a connection there is, is given up.
    Dial {
        server: SmolStr,
        after: Duration,
    },
    Send {
        conn: u32,
        number: u32,
        request: Request,
    },
}

/// The handle of the task.
#[derive(Debug)]
pub struct Net {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<NetMsg>,
}

/// The task is gone, or does not take any more.
#[derive(Debug, thiserror::Error)]
#[error("the connection's task has stopped")]
pub struct Stopped;

impl Net {
    /// Starts the task; it ends with the handle.
    #[must_use]
    pub fn spawn(security: Security, patience: Patience) -> Self {
        let (commands, told) = mpsc::channel(2 * IN_FLIGHT_MAX);
        let (tell, events) = mpsc::channel(EVENTS_MAX);
        tokio::spawn(Task { commands: told, events: tell, security, conn: 0, patience }.run());
        Self { commands, events }
    }

    /// Tells the task something, without waiting.
    ///
    /// # Errors
    /// When it is gone.
    pub fn tell(&self, command: Command) -> Result<(), Stopped> {
        self.commands.try_send(command).map_err(|error| {
            tracing::error!(%error, "a command did not fit");
            Stopped
        })
    }

    /// What happened next; `None` when the task is gone.
    pub async fn next(&mut self) -> Option<NetMsg> {
        self.events.recv().await
    }
}

struct Task {
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<NetMsg>,
    security: Security,
    conn: u32,
    patience: Patience,
}

/// An open connection, and what the user has to know about it.
struct Opened {
    stream: Stream,
    notice: Option<String>,
}

/// Why there is none.
enum Failed {
    /// Trying again may help.
    Io(io::Error),
    /// The server is not whom the user means.
    Refused(String),
}

/// Bytes both ways, enciphered or not.
trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// The socket beneath.
    fn socket(&self) -> &TcpStream;
}
type Stream = Box<dyn Duplex>;

impl Duplex for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Duplex for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Where to connect, and when.
type Dial = (SmolStr, Duration);

/// Whoever held the handle has left.
struct Gone;

impl Task {
    async fn run(mut self) {
        let mut dial = None;
        loop {
            dial = match self.serve(dial).await {
                Ok(next) => next,
                Err(Gone) => return,
            }
        }
    }

    /// One attempt, and the connection that comes of it; what to dial next, if that was said meanwhile.
    async fn serve(&mut self, dial: Option<Dial>) -> Result<Option<Dial>, Gone> {
        let dial = match dial {
            Some(dial) => dial,
            None => next_dial(&mut self.commands).await?,
        };
        let opened = tokio::select! {
            opened = open(&dial, &self.security) => opened,
            next = next_dial(&mut self.commands) => return next.map(Some),
        };
        let (why, next) = match opened {
            Ok(opened) => self.connected(opened).await?,
            Err(Failed::Io(error)) => (describe(&error), None),
            Err(Failed::Refused(why)) => {
                self.events.send(NetMsg::Refused { why }).await.map_err(|_closed| Gone)?;
                return Ok(None);
            }
        };
        tracing::info!(%why, "lost");
        if next.is_none() {
            self.events.send(NetMsg::Lost { why }).await.map_err(|_closed| Gone)?;
        }
        Ok(next)
    }

    async fn connected(&mut self, opened: Opened) -> Result<(String, Option<Dial>), Gone> {
        let Opened { stream, notice } = opened;
        if let Some(text) = notice {
            self.events.send(NetMsg::Notice { text }).await.map_err(|_closed| Gone)?;
        }
        self.conn += 1;
        if let Err(error) = chat_tcp::tune(stream.socket(), self.patience) {
            tracing::debug!(%error, "a socket took no options");
        }
        let life = Life::new(stream.socket(), self.patience);
        let connection = connection::Connection::new(stream, self.conn, self.events.clone(), life);
        connection.run(&mut self.commands).await
    }
}

/// Waits to be told to dial. What was to be sent on a lost connection goes with it: the state asks again.
async fn next_dial(commands: &mut mpsc::Receiver<Command>) -> Result<Dial, Gone> {
    loop {
        match commands.recv().await {
            Some(Command::Dial { server, after }) => return Ok((server, after)),
            Some(Command::Send { .. }) => {}
            None => return Err(Gone),
        }
    }
}

async fn open((server, after): &Dial, security: &Security) -> Result<Opened, Failed> {
    sleep(*after).await;
    match security {
        Security::Plain => Ok(Opened { stream: Box::new(dial(server).await?), notice: None }),
        Security::Tls(trust) => secure::open(server, trust).await,
    }
}

/// Tries every address of the server in turn.
async fn dial(server: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in timeout(DIAL_TIMEOUT, lookup_host(server)).await?? {
        match timeout(DIAL_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

/// The error in few words: `connection refused`.
fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::TimedOut => "no answer".into(),
        io::ErrorKind::UnexpectedEof => "the connection was cut".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
