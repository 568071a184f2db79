//! Servers as processes: started on a free port of loopback, ended with the run.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::machine;

/// A server that runs.
pub(crate) struct Process {
    child: Child,
    pub address: SocketAddr,
    /// Its files; gone after it.
    _directory: TempDir,
}

/// Where a server is to run: its port, and a directory of its own.
pub(crate) struct Site {
    pub port: u16,
    pub directory: TempDir,
}

/// For a server to begin to listen.
const START_WITHIN: Duration = Duration::from_secs(10);

impl Site {
    pub(crate) fn new() -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        Ok(Self { port, directory: TempDir::with_prefix("chat-bench-")? })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file, such as a configuration.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        fs::write(&path, content)?;
        Ok(path)
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn start(self, command: &mut Command) -> Result<Process> {
        let log = self.path().join("server.log");
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut process = Process { child, address, _directory: self.directory };
        let late = Instant::now() + START_WITHIN;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > late || process.child.try_wait()?.is_some() {
                bail!("{command:?} does not listen:\n{}", fs::read_to_string(&log)?);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(process)
    }
}

impl Process {
    pub(crate) fn cpu(&self) -> Result<Duration> {
        machine::cpu(self.child.id())
    }

    pub(crate) fn resident_kib(&self) -> Result<f64> {
        machine::resident_kib(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; either way nothing of it is left.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where a program is installed.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(usual)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}
