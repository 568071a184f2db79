//! Peers behind a cipher, and certificates to show them.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream as Socket},
    runtime::Runtime,
};
use tokio_rustls::TlsConnector;

use crate::PATIENCE;

/// A connection that one reads and writes as it stands, down to its end.
pub struct Secure {
    stream: StreamOwned<ClientConnection, TcpStream>,
    seen: Arc<Seen>,
}

impl Secure {
    /// Shakes hands, whatever certificate is shown.
    ///
    /// # Panics
    /// When the server does not.
    #[must_use]
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(socket(address), b"").expect("a handshake")
    }

    /// Shakes hands over a connection on which bytes were sent before.
    ///
    /// # Errors
    /// When the handshake fails.
    ///
    /// # Panics
    /// When the system does not let it.
    pub fn over(mut socket: TcpStream, before: &[u8]) -> io::Result<Self> {
        socket.write_all(before)?;
        let seen = Arc::new(Seen::default());
        let config = Arc::new(config(&seen));
        let mut connection = ClientConnection::new(config, localhost()).expect("a good name");
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        Ok(Self { stream: StreamOwned::new(connection, socket), seen })
    }

    /// The certificate that was shown, in DER.
    #[must_use]
    pub fn certificate(&self) -> Vec<u8> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// # Panics
    /// When the server does not take it.
    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).expect("it is taken");
    }

    /// Says that there is no more, and reads on.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn half_close(&mut self) {
        self.stream.conn.send_close_notify();
        self.stream.flush().expect("it is taken");
        self.stream.sock.shutdown(Shutdown::Write).expect("still connected");
    }

    /// Ends our side of the socket without a word within the cipher.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn cut(&mut self) {
        self.stream.sock.shutdown(Shutdown::Write).expect("still connected");
    }

    /// Reads a line.
    ///
    /// # Panics
    /// When the connection ends first.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).expect("a whole line");
            line.push(byte[0]);
        }
        String::from_utf8(line).expect("UTF-8").trim_end().to_owned()
    }

    /// Reads to the end, which is an error where the server did not say `close_notify`.
    ///
    /// # Errors
    /// How else it ended.
    pub fn read_to_end(&mut self) -> io::Result<String> {
        self.read_bytes().map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    }

    /// Reads bytes to the end, which is an error where the server did not say `close_notify`.
    ///
    /// # Errors
    /// How else it ended.
    pub fn read_bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).map(|_count| bytes)
    }
}

/// Takes plaintext and passes it on enciphered, so that every peer of this harness can speak through a cipher.
pub struct Tunnel {
    _runtime: Runtime,
    address: SocketAddr,
}

impl Tunnel {
    /// # Panics
    /// When the system does not let it.
    #[must_use]
    pub fn to(server: SocketAddr) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("bound");
        runtime.spawn(async move {
            while let Ok((plain, _)) = listener.accept().await {
                tokio::spawn(pass_on(plain, server));
            }
        });
        Self { _runtime: runtime, address }
    }

    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn pass_on(mut plain: Socket, server: SocketAddr) -> io::Result<()> {
    let config = Arc::new(config(&Arc::default()));
    let socket = Socket::connect(server).await?;
    plain.set_nodelay(true)?;
    socket.set_nodelay(true)?;
    let mut secure = TlsConnector::from(config).connect(localhost(), socket).await?;
    copy_bidirectional(&mut plain, &mut secure).await.map(drop)
}

/// A bare connection.
///
/// # Panics
/// When nobody listens there.
#[must_use]
#[track_caller]
pub fn socket(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect_timeout(&address, PATIENCE).expect("a server listens");
    socket.set_nodelay(true).expect("a TCP socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

/// Writes a certificate for these names and its key, which no one vouches for.
///
/// # Panics
/// When they cannot be made.
#[must_use]
pub fn make_pair(directory: &Path, names: &[&str]) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().expect("a key");
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let params = CertificateParams::new(names).expect("good names");
    let certificate = params.self_signed(&key).expect("a certificate");
    let files = (directory.join("cert.pem"), directory.join("key.pem"));
    std::fs::write(&files.0, certificate.pem()).expect("written");
    std::fs::write(&files.1, key.serialize_pem()).expect("written");
    files
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

fn config(seen: &Arc<Seen>) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(seen) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"chat".to_vec()];
    config
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Takes any certificate and keeps it to be looked at.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<u8>>);

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = certificate.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
