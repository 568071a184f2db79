//! A server from its start to its end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chat_proto::Epoch;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::task::TaskTracker;

use crate::{
    clock,
    config::{Config, Storage},
    conn::Shared,
    core::Settings,
    drain::Drain,
    listen,
    log::{Log, Opened, Writer, memory, sqlite},
    protocol::About,
    rooms::Rooms,
    sessions,
};

/// A server that runs.
pub struct Server {
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    writer: Writer,
    listeners: JoinSet<()>,
    peers: TaskTracker,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Log(#[from] sqlite::OpenError),
    #[error(transparent)]
    Listen(#[from] listen::ListenError),
    #[error("the system does not let the server start: {0}")]
    System(#[from] std::io::Error),
}

impl Server {
    /// Opens the log, binds the addresses and begins to serve.
    ///
    /// # Errors
    /// Says what stands in the way and what to do.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        // The addresses first: who finds them taken must not touch the other server's data.
        let listeners = listen::bind(&config.listen)?;
        let (log, writer) = Log::start(open(&config.storage)?, Arc::new(Rooms::default()))?;
        let shared = Arc::new(shared(log, &config));
        sessions::await_clients(&shared).await;
        let mut server = Self {
            addresses: Vec::new(),
            shared,
            writer,
            listeners: JoinSet::new(),
            peers: TaskTracker::new(),
        };
        server.serve(listeners, config.connections_max)?;
        Ok(server)
    }

    /// The addresses that are listened on, with their real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops in good order: accepts nothing more, carries out what was read, delivers to the end, says goodbye.
    pub async fn stop(mut self) {
        self.listeners.shutdown().await;
        self.shared.drain.run(&self.peers).await;
        let Self { shared, writer, .. } = self;
        drop(shared);
        // The writer ends with the last handle to the log.
        let ended = tokio::task::spawn_blocking(|| writer.join());
        if tokio::time::timeout(CLOSE_WITHIN, ended).await.is_err() {
            tracing::warn!("the log was not closed in time");
        }
    }

    fn serve(
        &mut self,
        listeners: Vec<TcpListener>,
        connections_max: usize,
    ) -> std::io::Result<()> {
        let permits = Arc::new(tokio::sync::Semaphore::new(connections_max));
        for listener in listeners {
            self.addresses.push(listener.local_addr()?);
            let accept = listen::accept(
                listener,
                Arc::clone(&self.shared),
                Arc::clone(&permits),
                self.peers.clone(),
            );
            self.listeners.spawn(accept);
        }
        Ok(())
    }
}

/// How long closing the log may take after the peers are gone.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

fn open(storage: &Storage) -> Result<Opened, StartError> {
    let mut epoch = [0; 16];
    getrandom::fill(&mut epoch).map_err(std::io::Error::other)?;
    match storage {
        Storage::Ephemeral => Ok(memory::open(Epoch(epoch))),
        Storage::Directory { path, sync } => Ok(sqlite::open(path, *sync, Epoch(epoch))?),
    }
}

fn shared(log: Log, config: &Config) -> Shared {
    let about = About { epoch: log.state().epoch, grace_secs: config.grace_secs };
    Shared {
        settings: Settings { lobby: config.lobby.clone(), rooms_max: config.rooms_max },
        about: Arc::new(about),
        drain: Drain::default(),
        now: clock::now,
        grace: config.grace,
        stalled: config.stalled,
        log,
    }
}
