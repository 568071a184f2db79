//! TLS: the certificate, and peers that want their words enciphered.
//!
//! There is always a certificate: the operator's, or one that the server makes for itself. It can be exchanged while
//! the server runs; connections that there are keep theirs.

mod files;
mod own;
mod stream;
mod watch;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use bytes::BytesMut;
use chat_proto::Fingerprint;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::config::Storage;
pub use files::{Pair, TlsError};
pub(crate) use stream::Secured;
pub(crate) use watch::watch;

/// What a client that names protocols has to name (RFC 7301), so that no browser is made to speak to a chat.
pub const ALPN: &[u8] = b"chat";

/// Enciphers connections.
pub struct Tls {
    acceptor: TlsAcceptor,
    source: Source,
    /// What the files were when they were first read.
    first: Option<watch::Stamps>,
    current: Arc<Current>,
}

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The operator's files.
    Files(Pair),
    /// Made by the server, in this directory.
    Own(PathBuf),
    /// Made by the server, gone with it.
    Passing,
}

/// The certificate that new connections get.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl Source {
    /// The operator's files, or else one of our own, kept where the data are.
    #[must_use]
    pub fn new(files: Option<Pair>, storage: &Storage) -> Self {
        match (files, storage) {
            (Some(pair), _) => Self::Files(pair),
            (None, Storage::Directory { path, .. }) => Self::Own(path.clone()),
            (None, Storage::Ephemeral) => Self::Passing,
        }
    }

    fn load(&self) -> Result<CertifiedKey, TlsError> {
        match self {
            Self::Files(pair) => files::load(pair),
            Self::Own(directory) => own::load_or_make(directory),
            Self::Passing => own::make_for_now(),
        }
    }

    /// The fingerprint of the certificate that is there already; its key is not needed.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn fingerprint(&self) -> Result<Fingerprint, TlsError> {
        let certificate = match self {
            Self::Files(pair) => files::certificate(&pair.certificate)?,
            Self::Own(directory) => files::certificate(&own::path(directory))?,
            Self::Passing => return Ok(fingerprint(&self.load()?)),
        };
        Ok(Fingerprint(Sha256::digest(certificate).into()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(pair) => write!(f, "{}", pair.certificate.display()),
            Self::Own(directory) => write!(f, "self-signed, {}", own::path(directory).display()),
            Self::Passing => f.write_str("self-signed, until the server ends"),
        }
    }
}

impl Tls {
    /// Loads the certificate, or makes one.
    ///
    /// # Errors
    /// Says which file is wrong and what to do.
    pub fn open(source: Source) -> Result<Self, TlsError> {
        // Before they are read: a change that comes between is noticed later.
        let first = watch::stamps(&source);
        let current = Arc::new(Current(ArcSwap::from_pointee(source.load()?)));
        let resolver = Arc::clone(&current);
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Rustls(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), source, first, current })
    }

    /// Loads the certificate anew. A broken one is not taken.
    ///
    /// # Errors
    /// Says what is wrong with it; the one before stays.
    pub fn reload(&self) -> Result<Fingerprint, TlsError> {
        if !matches!(self.source, Source::Passing) {
            self.current.0.store(Arc::new(self.source.load()?));
        }
        Ok(self.fingerprint())
    }

    /// Loads the certificate anew and logs what became of it.
    pub fn renew(&self) {
        let before = self.fingerprint();
        match self.reload() {
            Ok(now) if now == before => tracing::info!(%now, "TLS: the certificate is the same"),
            Ok(now) => tracing::info!(%now, "TLS: new connections get a new certificate"),
            Err(error) => tracing::error!("{error}; keeping the certificate {before}"),
        }
    }

    /// Of the certificate that new connections get.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.current.0.load())
    }

    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// Shakes hands with a peer that has sent these bytes so far.
    ///
    /// # Errors
    /// Why it did not come to an end. The peer has been told, as far as it listens.
    pub(crate) async fn accept(&self, socket: TcpStream, first: BytesMut) -> io::Result<Secured> {
        stream::accept(&self.acceptor, socket, first).await
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn fingerprint(key: &CertifiedKey) -> Fingerprint {
    let certificate = key.end_entity_cert().map_or(&[][..], |certificate| certificate.as_ref());
    Fingerprint(Sha256::digest(certificate).into())
}

/// The files of a pair, as they are named in messages.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
