//! What the system tells about a connection.

use std::time::Duration;

/// Signs of life at one moment, see `TCP_INFO` in tcp(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// Segments on their way that the peer has not acknowledged.
    pub unacked: u32,
    /// Questions for a larger window, one after the other, that the peer has not answered.
    pub probes: u8,
    /// Since the peer last acknowledged anything, or the same again.
    pub silence: Duration,
    /// Bytes that it has acknowledged in all; 0 where the system does not tell.
    pub acked: u64,
}

impl Signs {
    /// Whether the peer's system owes an acknowledgement. A single probe is not enough: it may have been lost, and the next
    /// one may be far.
    #[must_use]
    pub const fn is_owed(&self) -> bool {
        self.unacked > 0 || self.probes > 1
    }

    /// Reads a `struct tcp_info`, whose fields have kept their places while it grew; none when it is cut off.
    pub(crate) fn read(info: &[u8]) -> Option<Self> {
        Some(Self {
            probes: *info.get(PROBES)?,
            unacked: u32::from_ne_bytes(field(info, UNACKED)?),
            silence: Duration::from_millis(u32::from_ne_bytes(field(info, LAST_ACK_RECV)?).into()),
            acked: field(info, BYTES_ACKED).map_or(0, u64::from_ne_bytes),
        })
    }
}

fn field<const BYTES: usize>(info: &[u8], at: usize) -> Option<[u8; BYTES]> {
    info.get(at..at + BYTES)?.try_into().ok()
}

/// Up to here it is read.
pub(crate) const INFO_BYTES: usize = BYTES_ACKED + 8;

const PROBES: usize = 3;
const UNACKED: usize = 24;
const LAST_ACK_RECV: usize = 56;
/// Since Linux 4.1.
const BYTES_ACKED: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_fields_are_where_the_system_has_them() {
        use std::mem::offset_of;
        assert_eq!(PROBES, offset_of!(libc::tcp_info, tcpi_probes));
        assert_eq!(UNACKED, offset_of!(libc::tcp_info, tcpi_unacked));
        assert_eq!(LAST_ACK_RECV, offset_of!(libc::tcp_info, tcpi_last_ack_recv));
        assert_eq!(BYTES_ACKED, offset_of!(libc::tcp_info, tcpi_bytes_acked));
    }

    #[test]
    fn what_is_cut_off_is_not_read() {
        assert_eq!(Signs::read(&[0; LAST_ACK_RECV]), None);
        // As an old system gives it, and a new one.
        for bytes in [LAST_ACK_RECV + 4, INFO_BYTES] {
            assert!(Signs::read(&vec![0; bytes]).is_some_and(|signs| !signs.is_owed()));
        }
    }
}
