//! A server from its start to its end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chat_proto::Epoch;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::task::TaskTracker;

use crate::{
    admin::{self, Claim, Claimable},
    admission::Admission,
    clock,
    config::{Config, Storage},
    conn::Shared,
    listen,
    log::{Log, Opened, Writer, memory, sqlite},
    reload,
    retention::Keeping,
    rooms::Rooms,
    sessions,
    tls::{self, Source, Tls, TlsError},
    welcome::Door,
};

/// A server that runs.
pub struct Server {
    addresses: Vec<SocketAddr>,
    tls_addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    claimable: Claimable,
    writer: Writer,
    listeners: JoinSet<()>,
    /// What goes on beside the peers.
    chores: JoinSet<()>,
    peers: TaskTracker,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Log(#[from] sqlite::OpenError),
    #[error(transparent)]
    Tls(#[from] TlsError),
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
        let tls_listeners = listen::bind(&config.tls_listen)?;
        let (log, writer) = Log::start(open(&config.storage)?, Arc::new(Rooms::default()))?;
        let tls = Tls::open(Source::new(config.tls_files.clone(), &config.storage))?;
        let (claim, claimable) = claim(&config.storage, &log);
        let shared = Arc::new(Shared::new(log, tls, claim, config, clock::now));
        sessions::await_clients(&shared).await;
        let mut server = Self {
            addresses: addresses(&listeners)?,
            tls_addresses: addresses(&tls_listeners)?,
            shared,
            claimable,
            writer,
            listeners: JoinSet::new(),
            chores: JoinSet::new(),
            peers: TaskTracker::new(),
        };
        server.serve(listeners, tls_listeners, Arc::default());
        server.open_to_operator();
        server.chores.spawn(Keeping::new(Arc::clone(&server.shared)).run());
        Ok(server)
    }

    /// Without the socket the server is of use all the same.
    fn open_to_operator(&mut self) {
        let storage = self.shared.config().storage.clone();
        let Storage::Directory { path, .. } = storage else { return };
        match admin::bind(&path) {
            Ok(listener) => {
                self.listeners.spawn(admin::serve(listener, Arc::clone(&self.shared)));
            }
            Err(error) => tracing::warn!(%error, "no socket for the operator"),
        }
    }

    /// The addresses that are listened on, with their real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The addresses that take TLS alone.
    #[must_use]
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        &self.tls_addresses
    }

    /// Whether somebody may become the first administrator.
    #[must_use]
    pub const fn claimable(&self) -> &Claimable {
        &self.claimable
    }

    /// What enciphers connections.
    #[must_use]
    pub fn tls(&self) -> &Tls {
        &self.shared.tls
    }

    /// Reads the configuration and the certificate again, and says what became of it in the log.
    pub async fn reload(&self) {
        reload::reload(&self.shared).await;
    }

    /// Stops in good order: accepts nothing more, carries out what was read, delivers to the end, says goodbye.
    pub async fn stop(mut self) {
        self.listeners.shutdown().await;
        self.chores.shutdown().await;
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
        open: Vec<TcpListener>,
        tls_only: Vec<TcpListener>,
        admission: Arc<Admission>,
    ) {
        let open = open.into_iter().map(|listener| (listener, Door::Open));
        let tls_only = tls_only.into_iter().map(|listener| (listener, Door::TlsOnly));
        for (listener, door) in open.chain(tls_only) {
            let shared = Arc::clone(&self.shared);
            let (admission, peers) = (Arc::clone(&admission), self.peers.clone());
            self.listeners.spawn(listen::accept(listener, door, shared, admission, peers));
        }
        self.listeners.spawn(tls::watch(Arc::clone(&self.shared)));
    }
}

fn addresses(listeners: &[TcpListener]) -> std::io::Result<Vec<SocketAddr>> {
    listeners.iter().map(TcpListener::local_addr).collect()
}

/// How long closing the log may take after the peers are gone.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// Without a token the server is of use all the same.
fn claim(storage: &Storage, log: &Log) -> (Claim, Claimable) {
    Claim::open(storage, &log.state()).unwrap_or_else(|error| {
        tracing::warn!(%error, "no token for the first administrator");
        (Claim::none(), Claimable::Not)
    })
}

fn open(storage: &Storage) -> Result<Opened, StartError> {
    let mut epoch = [0; 16];
    getrandom::fill(&mut epoch).map_err(std::io::Error::other)?;
    match storage {
        Storage::Ephemeral => Ok(memory::open(Epoch(epoch))),
        Storage::Directory { path, sync } => Ok(sqlite::open(path, *sync, Epoch(epoch))?),
    }
}
