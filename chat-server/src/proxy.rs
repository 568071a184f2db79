//! The PROXY protocol, version 2, by which a proxy says for whom it connects.
//!
//! <https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt>, section 2.2. It is believed from listed addresses alone,
//! and there it is required: who could choose could lie.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Range {
    address: IpAddr,
    bits: u8,
}

/// What was given is no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write an address such as 10.0.0.1, or a range such as 172.16.0.0/12")]
pub struct RangeError;

/// Whom a proxy connects for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Itself: to see whether the server is there, say.
    Local,
    For(IpAddr),
}

/// The bytes are no header of version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what came is no PROXY header of version 2")]
struct Malformed;

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(io::ErrorKind::InvalidData, malformed)
    }
}

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const HEAD_BYTES: usize = 16;
/// Room for the addresses and what else proxies like to say.
const BODY_BYTES_MAX: usize = 4096;

/// Reads the header, and nothing behind it.
///
/// # Errors
/// When the connection is lost, or begins otherwise.
pub async fn read<R: AsyncRead + Unpin>(reader: &mut R) -> io::Result<Header> {
    let mut head = [0; HEAD_BYTES];
    reader.read_exact(&mut head).await?;
    let (command, family) = (head[12], head[13]);
    let length = usize::from(u16::from_be_bytes([head[14], head[15]]));
    if !head.starts_with(&SIGNATURE) || length > BODY_BYTES_MAX {
        return Err(Malformed.into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    match command {
        0x20 => Ok(Header::Local),
        0x21 => Ok(source(family, &body)?),
        _ => Err(Malformed.into()),
    }
}

fn source(family: u8, body: &[u8]) -> Result<Header, Malformed> {
    match family {
        0x11 => first::<4>(body).map(|octets| Header::For(Ipv4Addr::from(octets).into())),
        0x21 => first::<16>(body).map(|octets| Header::For(Ipv6Addr::from(octets).into())),
        // Unknown, or no TCP: to be taken as it comes.
        _ => Ok(Header::Local),
    }
}

fn first<const N: usize>(body: &[u8]) -> Result<[u8; N], Malformed> {
    // The destination and both ports follow.
    if body.len() < 2 * N + 4 {
        return Err(Malformed);
    }
    body.first_chunk().copied().ok_or(Malformed)
}

impl Range {
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let other = u32::from(other) ^ u32::from(own);
                other.leading_zeros() >= self.bits.into()
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let other = u128::from(other) ^ u128::from(own);
                other.leading_zeros() >= self.bits.into()
            }
            _ => false,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_error| RangeError)?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(all), str::parse).map_err(|_error| RangeError)?;
        if bits > all { Err(RangeError) } else { Ok(Self { address, bits }) }
    }
}

impl TryFrom<String> for Range {
    type Error = RangeError;

    fn try_from(text: String) -> Result<Self, RangeError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, body].concat()
    }

    async fn check(bytes: &[u8], expected: Option<Header>) {
        let stream = [bytes, b"alice\n"].concat();
        let mut rest = &stream[..];
        let header = read(&mut rest).await;
        assert_eq!(header.as_ref().ok(), expected.as_ref(), "{bytes:?}");
        if expected.is_some() {
            assert_eq!(rest, b"alice\n");
            assert!(read(&mut &bytes[..bytes.len() - 1]).await.is_err(), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn headers_are_read_and_nothing_behind_them() {
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 200, 0, 9, 124];
        check(&header(0x21, 0x11, &v4), Some(Header::For([192, 0, 2, 7].into()))).await;
        let more = [&v4[..], b"\x04\0\x02xx"].concat();
        check(&header(0x21, 0x11, &more), Some(Header::For([192, 0, 2, 7].into()))).await;
        let mut v6 = [0; 36];
        v6[15] = 1;
        check(&header(0x21, 0x21, &v6), Some(Header::For(Ipv6Addr::LOCALHOST.into()))).await;
        check(&header(0x20, 0, &[]), Some(Header::Local)).await;
        check(&header(0x21, 0, &[]), Some(Header::Local)).await;
        check(&header(0x21, 0x11, &v4[..11]), None).await;
        check(&header(0x31, 0x11, &v4), None).await;
        check(&header(0x22, 0x11, &v4), None).await;
        check(&header(0x21, 0x11, &[0; 4097]), None).await;
        check(b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n", None).await;
    }

    #[test]
    fn ranges_hold_what_begins_like_them() {
        let holds = |range: &str, address: &str| {
            range.parse::<Range>().unwrap().holds(address.parse().unwrap())
        };
        assert!(holds("10.0.0.1", "10.0.0.1") && !holds("10.0.0.1", "10.0.0.2"));
        assert!(holds("172.16.0.0/12", "172.31.9.9") && !holds("172.16.0.0/12", "172.32.0.0"));
        assert!(holds("172.16.0.0/12", "::ffff:172.17.0.1"));
        assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "10.0.0.1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::") && !holds("2001:db8::/32", "2001:db9::"));
        for wrong in ["", "localhost", "10.0.0.0/33", "10.0.0.0/x", "::/129", "10.0.0.0/"] {
            assert_eq!(wrong.parse::<Range>(), Err(RangeError), "{wrong}");
        }
    }
}
