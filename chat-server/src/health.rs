//! Asks a running server whether it answers.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, bail};

/// How long the server may take.
const WITHIN: Duration = Duration::from_secs(3);

/// Says hello and goodbye in line mode.
pub(crate) fn check(address: SocketAddr) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, WITHIN).with_context(|| {
        format!("no server answers at {address}; start one, or name another with --address")
    })?;
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    stream.write_all(b"/quit\n")?;
    let mut line = String::new();
    BufReader::new(stream)
        .read_line(&mut line)
        .with_context(|| format!("the server at {address} does not answer"))?;
    if line.starts_with("* goodbye") {
        Ok(())
    } else {
        bail!("the server at {address} answers {line:?}")
    }
}
