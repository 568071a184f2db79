//! Judging a certificate: by the fingerprint that the user gave, by what is known of the server, or by the authorities
//! of the system; and a server of which nothing is known by the first impression, if the user wants that.

use std::sync::{Arc, Mutex, PoisonError};

use chat_proto::Fingerprint;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use sha2::{Digest, Sha256};

use super::known::Known;
use crate::security::{Strangers, Trust};

/// Why a certificate was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The user or an earlier connection means this one.
    Meant(Fingerprint),
    /// An authority of the system vouches for it.
    Vouched,
    FirstUse(Fingerprint),
}

/// Judges one handshake. It never takes what it does not know because something else failed.
#[derive(Debug)]
pub(super) struct Verifier {
    server: String,
    pin: Option<Fingerprint>,
    strangers: Strangers,
    known: Option<Known>,
    provider: Arc<CryptoProvider>,
    // Written by the handshake, read after it: nobody awaits while holding it.
    verdict: Mutex<Option<Result<Verdict, String>>>,
}

/// What a server shows.
struct Shown<'a> {
    certificate: &'a CertificateDer<'a>,
    chain: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    ocsp: &'a [u8],
    now: UnixTime,
}

impl Verifier {
    pub(super) fn new(
        server: &str,
        trust: &Trust,
        known: Option<Known>,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        let Trust { pin, strangers, .. } = *trust;
        Self { server: server.into(), pin, strangers, known, provider, verdict: Mutex::default() }
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::clone(&self.provider)
    }

    /// What came of it: for a certificate that was refused, why, and what to do.
    pub(super) fn verdict(&self) -> Option<Result<Verdict, String>> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge(&self, shown: &Shown<'_>) -> Result<Verdict, String> {
        let fingerprint = Fingerprint(Sha256::digest(shown.certificate).into());
        match (self.pin, self.known) {
            (Some(pin), _) if pin == fingerprint => Ok(Verdict::Meant(fingerprint)),
            (Some(pin), _) => Err(self.changed("asked for:", pin, fingerprint)),
            (None, Some(Known::Certificate(before))) if before == fingerprint => {
                Ok(Verdict::Meant(fingerprint))
            }
            (None, Some(Known::Certificate(before))) => {
                Err(self.changed("before:   ", before, fingerprint))
            }
            (None, Some(Known::System)) => {
                self.vouched(shown).map_err(|error| self.no_longer(&error, fingerprint))
            }
            (None, None) => self.stranger(shown, fingerprint),
        }
    }

    fn stranger(&self, shown: &Shown<'_>, fingerprint: Fingerprint) -> Result<Verdict, String> {
        match self.vouched(shown) {
            Ok(verdict) => Ok(verdict),
            Err(error) if is_unknown(&error) && self.strangers == Strangers::FirstUse => {
                Ok(Verdict::FirstUse(fingerprint))
            }
            Err(error) => Err(format!(
                "the certificate of {} is not good: {}\n{}",
                self.server,
                words(&error),
                self.how_to_accept(fingerprint)
            )),
        }
    }

    /// The system's authorities are read when they are first needed, and may be missing.
    fn vouched(&self, shown: &Shown<'_>) -> Result<Verdict, Error> {
        let Shown { certificate, chain, name, ocsp, now } = *shown;
        let unknown = |_none| Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let system = rustls_platform_verifier::Verifier::new(self.provider()).map_err(unknown)?;
        system.verify_server_cert(certificate, chain, name, ocsp, now).map(|_| Verdict::Vouched)
    }

    fn changed(&self, label: &str, before: Fingerprint, now: Fingerprint) -> String {
        format!(
            "the certificate of {} is not the one that is trusted\n  {label} {before}\n  shown now: {now}\n\
             Either the server has a new certificate, or somebody in between pretends to be the server.\n{}",
            self.server,
            self.how_to_accept(now)
        )
    }

    fn no_longer(&self, error: &Error, now: Fingerprint) -> String {
        format!(
            "an authority vouched for the certificate of {} before, and none does now: {}\n\
             Either the server has a new certificate, or somebody in between pretends to be the server.\n{}",
            self.server,
            words(error),
            self.how_to_accept(now)
        )
    }

    fn how_to_accept(&self, now: Fingerprint) -> String {
        format!(
            "Ask its operator for the fingerprint (`chat-server fingerprint` on the server). If it is this one, accept it:\n  \
             chat-tui --server tls://{} --tls-fingerprint {now}",
            self.server
        )
    }
}

/// Nobody who is trusted has signed it, which says nothing against it.
fn is_unknown(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        // What `openssl req -x509` makes says of itself that it is an authority.
        Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            other.to_string().contains("CaUsedAsEndEntity")
        }
        _ => false,
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "no authority that this system trusts vouches for it".into()
        }
        other => other.to_string(),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.judge(&Shown { certificate, chain, name, ocsp, now });
        let refused = verdict.is_err();
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
        if refused {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
