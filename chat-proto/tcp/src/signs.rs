//! What the system tells about a connection.

use std::time::Duration;

/// Signs of life at one moment, see `TCP_INFO` in tcp(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// Segments on their way that the peer has not acknowledged.
    pub unacked: u32,
    /// Questions for a larger window, one after the other, that the peer has not answered.
    pub probes: u8,
    /// Since the peer last acknowledged anything.
    pub silence: Duration,
}

impl Signs {
    /// Whether the peer's system owes an acknowledgement. A single probe is not enough: it may have been lost, and the next
    /// one may be far.
    #[must_use]
    pub const fn is_owed(&self) -> bool {
        self.unacked > 0 || self.probes > 1
    }

    /// Reads a `struct tcp_info`, whose fields have kept their places since Linux 2.6; none when it is cut off.
    pub(crate) fn read(info: &[u8]) -> Option<Self> {
        let probes = *info.get(PROBES)?;
        let unacked = number(info, UNACKED)?;
        let silence = Duration::from_millis(number(info, LAST_ACK_RECV)?.into());
        Some(Self { unacked, probes, silence })
    }
}

fn number(info: &[u8], at: usize) -> Option<u32> {
    let bytes = info.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

/// Up to here it is read.
pub(crate) const INFO_BYTES: usize = LAST_ACK_RECV + 4;

const PROBES: usize = 3;
const UNACKED: usize = 24;
const LAST_ACK_RECV: usize = 56;

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
    }

    #[test]
    fn what_is_cut_off_is_not_read() {
        assert_eq!(Signs::read(&[0; INFO_BYTES - 1]), None);
        let quiet = Signs { unacked: 0, probes: 0, silence: Duration::ZERO };
        assert_eq!(Signs::read(&[0; INFO_BYTES]), Some(quiet));
    }
}
