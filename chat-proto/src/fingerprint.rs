//! The fingerprint of a certificate, by which two people can tell over the phone that they mean the same server.

use std::{fmt, str::FromStr};

/// The SHA-256 of a certificate in DER, as `openssl x509 -noout -fingerprint -sha256` computes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// What was given is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is SHA256: and 64 hexadecimal digits, with or without colons between them")]
pub struct FingerprintError;

const PREFIX: &str = "SHA256:";

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let text = text.trim();
        let named = text.get(..PREFIX.len()).is_some_and(|p| p.eq_ignore_ascii_case(PREFIX));
        let digits = if named { &text[PREFIX.len()..] } else { text };
        let mut nibbles = digits.chars().filter(|&c| c != ':').map(nibble);
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let mut next = || nibbles.next().flatten().ok_or(FingerprintError);
            *byte = next()? << 4 | next()?;
        }
        if nibbles.next().is_some() { Err(FingerprintError) } else { Ok(Self(bytes)) }
    }
}

fn nibble(digit: char) -> Option<u8> {
    digit.to_digit(16).and_then(|nibble| u8::try_from(nibble).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written_here_and_by_openssl() {
        let fingerprint = Fingerprint(std::array::from_fn(|at| 0xf0 ^ at as u8));
        let written = fingerprint.to_string();
        assert!(written.starts_with("SHA256:f0f1f2f3"), "{written}");
        let pairs: Vec<String> = fingerprint.0.iter().map(|byte| format!("{byte:02X}")).collect();
        for text in [written.clone(), written.to_uppercase(), pairs.join(":")] {
            assert_eq!(text.parse(), Ok(fingerprint), "{text}");
        }
        for wrong in ["", "SHA256:", &written[..70], &format!("{written}0"), "SHA256:é", "MD5:00"]
        {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(FingerprintError), "{wrong}");
        }
    }
}
