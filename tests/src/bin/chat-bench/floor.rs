//! What durability costs at least: one write and one wait for the disk.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use anyhow::Result;

const WRITES: usize = 200;
const BYTES: usize = 4096;

/// Says how long a small write takes to reach the disk.
pub(crate) fn description() -> Result<String> {
    let mut file = tempfile::NamedTempFile::new()?;
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let began = Instant::now();
        file.write_all(&[b'x'; BYTES])?;
        file.as_file().sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let (p50, p99) = (millis(times[WRITES / 2]), millis(times[WRITES * 99 / 100]));
    Ok(format!("a write of 4 KiB and fdatasync: {p50:.2} ms (p50), {p99:.2} ms (p99)"))
}
