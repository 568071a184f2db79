//! A connection through TLS: to the server that is meant, or none.

use std::{io, sync::Arc, time::Duration};

use rustls::{ClientConfig, InvalidMessage, crypto::ring, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    Failed, Opened, dial,
    known::{self, Known},
    trust::{Verdict, Verifier},
};
use crate::security::Trust;

/// Time to shake hands.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// What the server calls its protocol (RFC 7301).
const ALPN: &[u8] = b"chat";

/// Connects, and remembers a server that is trusted from now on.
pub(super) async fn open(server: &str, trust: &Trust) -> Result<Opened, Failed> {
    let known = match &trust.known {
        Some(file) => known::look_up(file, server).map_err(|error| {
            Failed::Refused(format!("{}: {error}; mend or remove that line", file.display()))
        })?,
        None => None,
    };
    let verifier =
        Arc::new(Verifier::new(server, trust, known, Arc::new(ring::default_provider())));
    let shaken = match handshake(server, &verifier).await {
        // The server had greeted a client whose first bytes were on their way for too long.
        Err(error) if is_greeting(&error) => handshake(server, &verifier).await,
        other => other,
    };
    match (shaken, verifier.verdict()) {
        (_, Some(Err(why))) => Err(Failed::Refused(why)),
        (Ok(stream), Some(Ok(verdict))) => {
            Ok(Opened { stream: Box::new(stream), notice: note(server, trust, known, verdict) })
        }
        (Ok(_), None) => Err(Failed::Refused("the server showed no certificate".into())),
        (Err(error), _) => Err(Failed::Io(told(error))),
    }
}

async fn handshake(server: &str, verifier: &Arc<Verifier>) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host(server).to_owned())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let mut config = ClientConfig::builder_with_provider(verifier.provider())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(verifier) as _)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    let socket = dial(server).await?;
    timeout(HANDSHAKE_MAX, TlsConnector::from(Arc::new(config)).connect(name, socket)).await?
}

/// The name in `host:port` and `[::1]:port`.
fn host(server: &str) -> &str {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Remembers what was decided, and says what the user has to know.
fn note(server: &str, trust: &Trust, before: Option<Known>, verdict: Verdict) -> Option<String> {
    let (now, mut notice) = match verdict {
        Verdict::Vouched => (Known::System, None),
        Verdict::Meant(shown) => (Known::Certificate(shown), None),
        Verdict::FirstUse(shown) => (Known::Certificate(shown), Some(first_use(server, shown))),
    };
    if before != Some(now) {
        let nowhere =
            || io::Error::other("there is no place for it: neither XDG_DATA_HOME nor HOME is set");
        let file = trust.known.as_deref().ok_or_else(nowhere);
        if let Err(error) = file.and_then(|file| known::remember(file, server, now)) {
            let lost = format!("this cannot be remembered: {error}");
            notice =
                Some(notice.map_or_else(|| lost.clone(), |notice| format!("{notice} But {lost}")));
        }
    }
    notice
}

fn first_use(server: &str, shown: chat_proto::Fingerprint) -> String {
    format!(
        "first TLS connection to {server}: no authority vouches for its certificate, {shown}; it is trusted from now on. \
         Compare it with what `chat-server fingerprint` shows on the server."
    )
}

fn is_greeting(error: &io::Error) -> bool {
    matches!(
        rustls_error(error),
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType))
    )
}

/// The error in words that say what it means here.
fn told(error: io::Error) -> io::Error {
    match rustls_error(&error) {
        Some(rustls::Error::InvalidMessage(_)) => {
            io::Error::other("what answers there does not speak TLS")
        }
        Some(error) => io::Error::other(format!("TLS: {error}")),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            io::Error::other("the server closed the connection during the TLS handshake")
        }
        None => error,
    }
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}
