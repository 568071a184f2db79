//! Servers: one in this process, and the real program.

use std::{
    ffi::OsStr,
    net::SocketAddr,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use chat_proto::Fingerprint;
use chat_server::{config::Options, server::Server};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::{feed::Feed, programs};

/// A server in this process, on a port and a directory of its own.
pub struct Local {
    runtime: Runtime,
    server: Option<Server>,
    address: SocketAddr,
    _data: TempDir,
}

impl Local {
    /// With the default options.
    #[must_use]
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    /// # Panics
    /// When the options are wrong or it does not start.
    #[must_use]
    pub fn with(options: Options) -> Self {
        let data = directory();
        let own = Options {
            listen: Some(vec!["127.0.0.1:0".into()]),
            data: Some(data.path().to_owned()),
            ..Options::default()
        };
        let config = options.or(own).decide().expect("good options");
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let server = runtime.block_on(Server::start(config)).expect("a server starts");
        let address = server.addresses()[0];
        Self { runtime, server: Some(server), address, _data: data }
    }

    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for TLS alone, where the options ask for one.
    ///
    /// # Panics
    /// When they do not.
    #[must_use]
    pub fn tls_address(&self) -> SocketAddr {
        self.server.as_ref().expect("it runs").tls_addresses()[0]
    }

    /// Of its certificate.
    ///
    /// # Panics
    /// When it was stopped.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.server.as_ref().expect("it runs").tls().fingerprint()
    }

    /// Stops it in good order.
    pub fn stop(mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}

/// The real program.
pub struct Process {
    child: Child,
    stderr: Feed<Vec<u8>>,
    address: SocketAddr,
}

/// How a server ended that was asked to.
#[derive(Debug)]
pub struct Stopped {
    pub code: Option<i32>,
    pub stderr: String,
    pub took: Duration,
}

impl Process {
    /// On a free port, with its data in this directory.
    #[must_use]
    #[track_caller]
    pub fn start(data: &Path) -> Self {
        Self::with(data, ["--listen", "127.0.0.1:0"])
    }

    /// On an address that an earlier one had, so that its clients find it.
    #[must_use]
    #[track_caller]
    pub fn start_at(address: SocketAddr, data: &Path) -> Self {
        Self::with(data, ["--listen", &address.to_string()])
    }

    /// # Panics
    /// When it does not say that it listens.
    #[must_use]
    #[track_caller]
    pub fn with<A: AsRef<OsStr>>(data: &Path, args: impl IntoIterator<Item = A>) -> Self {
        let mut command = programs::command("chat-server");
        command.arg("--data").arg(data).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let stderr = Feed::new(Vec::new(), child.stderr.take().expect("piped"));
        let address = stderr.wait("listening on", |said: &Vec<u8>| listening(said));
        Self { child, stderr, address }
    }

    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a line with this on stderr, and gives the first such from there on.
    #[track_caller]
    pub fn says(&self, text: &str) -> String {
        self.stderr.wait(text, |said: &Vec<u8>| {
            let said = String::from_utf8_lossy(said);
            let line = said.split_inclusive('\n').find(|line| line.contains(text))?;
            line.ends_with('\n').then(|| line[line.find(text).unwrap_or(0)..].trim_end().to_owned())
        })
    }

    /// SIGKILL: it has no last words.
    ///
    /// # Panics
    /// When it was gone already.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("it ran until now");
        let stderr = self.stderr.end();
        let status = programs::reap(&mut self.child);
        assert_eq!(status.code(), None, "it had ended by itself:\n{stderr}");
        stderr
    }

    /// SIGTERM.
    #[must_use]
    #[track_caller]
    pub fn terminate(self) -> Stopped {
        let asked = Instant::now();
        programs::signal(self.child.id(), "TERM");
        self.stopped(asked)
    }

    /// Waits until it has ended after a signal.
    #[must_use]
    #[track_caller]
    pub fn stopped(mut self, asked: Instant) -> Stopped {
        let stderr = self.stderr.end();
        let code = programs::reap(&mut self.child).code();
        Stopped { code, stderr, took: asked.elapsed() }
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; either way it must not outlive the test.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A directory for data, gone after the test.
///
/// # Panics
/// When there can be none.
#[must_use]
pub fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn listening(said: &[u8]) -> Option<SocketAddr> {
    let said = str::from_utf8(said).ok()?;
    let line = said.split_inclusive('\n').find(|line| line.starts_with("listening on "))?;
    line.strip_prefix("listening on ")?.strip_suffix('\n')?.parse().ok()
}
