//! What is asked of the system. On systems other than Linux there are no signs, and the timers keep their defaults where
//! they cannot be set.

use std::{io, os::fd::AsFd, time::Duration};

use socket2::{SockRef, TcpKeepalive};

use crate::{Patience, Signs};

/// Small messages go at once, and the system asks a silent peer's whether it is there.
///
/// # Errors
/// When the socket takes no options.
pub fn tune(socket: &impl AsFd, patience: Patience) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    let (time, interval, retries) = patience.keepalive();
    let keepalive = TcpKeepalive::new().with_time(time).with_interval(interval);
    socket.set_tcp_keepalive(&keepalive.with_retries(retries))?;
    try_often(&socket, patience);
    Ok(())
}

/// While something is on its way the system tries for so long before it gives up by itself, whatever comes back; at rest,
/// with none, the keepalive decides. A peer that neither reads nor closes its window is kept only so.
///
/// # Errors
/// When the socket takes no options.
#[cfg(target_os = "linux")]
pub fn give_up_after(socket: &impl AsFd, time: Option<Duration>) -> io::Result<()> {
    SockRef::from(socket).set_tcp_user_timeout(time)
}

/// Elsewhere the system decides.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub const fn give_up_after(_socket: &impl AsFd, _time: Option<Duration>) -> io::Result<()> {
    Ok(())
}

/// Linux asks a peer that does not read ever more rarely whether it does, up to every two minutes; since 6.15 one can
/// ask for less. Where it refuses, a peer that vanishes after it has not read for long is found within four minutes.
#[cfg(target_os = "linux")]
fn try_often(socket: &SockRef<'_>, patience: Patience) {
    let millis = libc::c_int::try_from(patience.attempts().as_millis()).unwrap_or(libc::c_int::MAX);
    raw::set_rto_max_millis(socket, millis);
}

#[cfg(not(target_os = "linux"))]
const fn try_often(_socket: &SockRef<'_>, _patience: Patience) {}

/// The signs of a connection's life; none where the system does not tell them.
#[cfg(target_os = "linux")]
#[must_use]
pub fn signs(socket: &impl AsFd) -> Option<Signs> {
    let (info, bytes) = raw::info(socket.as_fd())?;
    Signs::read(info.get(..bytes)?)
}

/// The signs of a connection's life; none where the system does not tell them.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub const fn signs(_socket: &impl AsFd) -> Option<Signs> {
    None
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "no safe crate knows these options")]
mod raw {
    use std::{
        mem::size_of,
        os::fd::{AsRawFd, BorrowedFd},
        ptr,
    };

    use socket2::SockRef;

    use crate::signs::INFO_BYTES;

    /// Since Linux 6.15.
    const TCP_RTO_MAX_MS: libc::c_int = 44;

    pub(super) fn info(socket: BorrowedFd<'_>) -> Option<([u8; INFO_BYTES], usize)> {
        let mut info = [0_u8; INFO_BYTES];
        let mut bytes = libc::socklen_t::try_from(info.len()).ok()?;
        let (level, option) = (libc::IPPROTO_TCP, libc::TCP_INFO);
        // SAFETY: the descriptor is open while it is borrowed; the system writes at most `bytes` bytes to `info`.
        let got = unsafe {
            let info = info.as_mut_ptr().cast();
            libc::getsockopt(socket.as_raw_fd(), level, option, info, &raw mut bytes)
        };
        let bytes = usize::try_from(bytes).ok().filter(|_| got == 0)?;
        Some((info, bytes))
    }

    pub(super) fn set_rto_max_millis(socket: &SockRef<'_>, millis: libc::c_int) {
        let bytes = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or_default();
        // SAFETY: the descriptor is open while it is borrowed; the system reads `bytes` bytes of `millis`. An older one
        // refuses the option, which changes nothing.
        unsafe {
            let millis = ptr::from_ref(&millis).cast();
            libc::setsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, TCP_RTO_MAX_MS, millis, bytes);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        io::Write,
        net::{TcpListener, TcpStream},
    };

    use super::*;

    #[test]
    fn a_peer_that_acknowledges_owes_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        tune(&near, Patience::default()).unwrap();
        near.write_all(b"hello").unwrap();
        far.peek(&mut [0; 5]).unwrap();
        assert!((0..1000).any(|_| signs(&near).is_some_and(|signs| !signs.is_owed())));
        assert_eq!(signs(&std::os::unix::net::UnixStream::pair().unwrap().0), None);
    }
}
