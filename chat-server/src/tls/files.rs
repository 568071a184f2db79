//! A certificate and its key from PEM files.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustls::{
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::CertifiedKey,
};

use super::{provider, shown};

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The server's certificate, followed by those that vouch for it.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("TLS: cannot read {path}: {source}")]
    Unreadable { path: String, source: io::Error },
    #[error("TLS: {path}: {what}")]
    Pem { path: String, what: String },
    #[error("TLS: {path} holds no {what} in PEM")]
    Missing { path: String, what: &'static str },
    #[error("TLS: the key in {key} is not that of the certificate in {certificate}")]
    Mismatch { certificate: String, key: String },
    #[error("TLS: {path}: {what}; mend it, or remove it to have a new one made")]
    Own { path: String, what: String },
    #[error("TLS: cannot write {path}: {source}")]
    Unwritable { path: String, source: io::Error },
    #[error("TLS: {0}")]
    Rustls(String),
}

impl Pair {
    /// Both in one file.
    pub(super) fn in_one(path: PathBuf) -> Self {
        Self { certificate: path.clone(), key: path }
    }

    /// Reads it, to see whether it can be used.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), TlsError> {
        load(self).map(drop)
    }
}

pub(super) fn load(pair: &Pair) -> Result<CertifiedKey, TlsError> {
    let certificates = certificates(&pair.certificate)?;
    let key = key(&pair.key)?;
    CertifiedKey::from_der(certificates, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::Mismatch { certificate: shown(&pair.certificate), key: shown(&pair.key) }
        }
        other => TlsError::Pem { path: shown(&pair.certificate), what: other.to_string() },
    })
}

/// The certificate that is shown to clients.
pub(super) fn certificate(path: &Path) -> Result<CertificateDer<'static>, TlsError> {
    Ok(certificates(path)?.swap_remove(0))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(path)?;
    let all = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match all {
        Ok(all) if all.is_empty() => {
            Err(TlsError::Missing { path: shown(path), what: "certificate" })
        }
        Ok(all) => Ok(all),
        Err(error) => Err(TlsError::Pem { path: shown(path), what: error.to_string() }),
    }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::Missing { path: shown(path), what: "private key" },
        other => TlsError::Pem { path: shown(path), what: other.to_string() },
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable { path: shown(path), source })
}
