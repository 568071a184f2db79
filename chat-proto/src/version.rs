//! The first bytes of a framed connection, and which version two peers speak.

/// Opens a framed connection in both directions. Its first byte stands in no UTF-8 text, and its line breaks tell a
/// channel that changes them (the trick of the PNG signature, ISO/IEC 15948 section 5.2).
pub const MAGIC: [u8; 8] = *b"\xFECHAT\r\n\x1A";

/// The oldest version this crate speaks.
pub const VERSION_MIN: u16 = 1;
/// The newest version this crate speaks.
pub const VERSION_MAX: u16 = 1;

/// Bytes of a greeting that a client skips before the server's magic.
pub const PREAMBLE_BYTES_MAX: usize = 4096;

/// The newest version that both speak, if any.
#[must_use]
pub fn negotiate(peer_min: u16, peer_max: u16) -> Option<u16> {
    let version = peer_max.min(VERSION_MAX);
    (version >= VERSION_MIN && version >= peer_min).then_some(version)
}

/// Where the magic ends in what a server has sent so far: a server that took a slow client for a person greets first.
#[must_use]
pub fn magic_end(received: &[u8]) -> Option<usize> {
    received
        .windows(MAGIC.len())
        .position(|window| window == MAGIC)
        .map(|start| start + MAGIC.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_version_wins() {
        assert_eq!(negotiate(1, 1), Some(1));
        assert_eq!(negotiate(1, 9), Some(1));
        assert_eq!(negotiate(2, 9), None);
        assert_eq!(negotiate(0, 0), None);
    }

    #[test]
    fn a_greeting_before_the_magic_is_skipped() {
        assert_eq!(magic_end(b"* hello\n"), None);
        assert_eq!(magic_end(&[b"* hi\n", &MAGIC[..], b"rest"].concat()), Some(13));
    }
}
