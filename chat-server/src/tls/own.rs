//! A certificate of the server's own making. It proves no name; clients know it again by its fingerprint.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::{
    pki_types::{PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use super::{
    files::{Pair, TlsError, load},
    provider, shown,
};

/// Certificate and key in one file, so that there is never one without the other.
const FILE: &str = "tls.pem";
/// Names that hold on the server's own machine; elsewhere only the fingerprint counts.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

/// The certificate that was made before, or a new one.
pub(super) fn load_or_make(directory: &Path) -> Result<CertifiedKey, TlsError> {
    let path = path(directory);
    if !path.exists() {
        let (certificate, key) = make()?;
        let text = [certificate.pem(), key.serialize_pem()].concat();
        write(directory, &path, text.as_bytes())
            .map_err(|source| TlsError::Unwritable { path: shown(&path), source })?;
    }
    load(&Pair::in_one(path.clone())).map_err(|error| match error {
        TlsError::Unreadable { .. } => error,
        TlsError::Missing { what, .. } => {
            TlsError::Own { path: shown(&path), what: format!("it holds no {what}") }
        }
        other => TlsError::Own { path: shown(&path), what: other.to_string() },
    })
}

/// One that nobody will know again.
pub(super) fn make_for_now() -> Result<CertifiedKey, TlsError> {
    let (certificate, key) = make()?;
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes());
    let key = key.map_err(|error| TlsError::Rustls(error.to_string()))?;
    CertifiedKey::from_der(vec![certificate.der().clone()], key, &provider())
        .map_err(|error| TlsError::Rustls(error.to_string()))
}

fn make() -> Result<(rcgen::Certificate, KeyPair), TlsError> {
    let made = || {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(NAMES.map(String::from))?;
        params.distinguished_name.push(DnType::CommonName, "chat-server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok((params.self_signed(&key)?, key))
    };
    made().map_err(|error: rcgen::Error| TlsError::Rustls(error.to_string()))
}

/// Whole or not at all, and for nobody else to read.
fn write(directory: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("pem.new");
    let mut options = OpenOptions::new();
    // A leftover of a server that was killed just here has the right mode already.
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{super::fingerprint, *};

    #[test]
    fn it_is_made_once_and_nobody_else_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let made = load_or_make(directory.path()).unwrap();
        let again = load_or_make(directory.path()).unwrap();
        assert_eq!(fingerprint(&made), fingerprint(&again));
        let mode = fs::metadata(path(directory.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_broken_one_is_not_replaced_silently() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(path(directory.path()), "nothing").unwrap();
        let error = load_or_make(directory.path()).unwrap_err().to_string();
        assert!(error.contains("tls.pem: it holds no certificate; mend it, or remove"), "{error}");
    }
}
