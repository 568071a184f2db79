//! The servers that are compared, each as fast as its settings allow.

mod irc;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use super::{
    process::{Process, Site, installed},
    speech::{Framed, Irc, Line, Nats, Plain, Redis, Speech},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Peer {
    /// chat-server, framed protocol
    Framed,
    /// chat-server, line protocol
    Line,
    /// The chat-server of --before, framed protocol
    FramedBefore,
    /// The chat-server of --before, line protocol
    LineBefore,
    /// redis-server, pub/sub
    Redis,
    /// nats-server
    Nats,
    Ngircd,
    Inspircd,
    /// The built-in server: what was read goes out with one write a member
    Batched,
    /// The built-in server: one write a message and member
    Single,
}

/// The chat-servers to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Servers {
    /// The chat-server to measure [default: the one beside this program]
    #[arg(long)]
    server: Option<PathBuf>,
    /// Another chat-server, to see what a change has brought
    #[arg(long)]
    pub before: Option<PathBuf>,
}

/// What our server keeps on disk.
#[derive(Clone, Debug)]
pub(crate) enum Keeping {
    Nothing,
    /// Everything, in a directory of its own.
    New,
    /// Everything, where very many messages are already.
    Old(PathBuf),
}

impl Keeping {
    pub(crate) fn directory(&self) -> &Path {
        match self {
            Self::Old(path) => path,
            Self::Nothing | Self::New => Path::new(""),
        }
    }
}

impl Servers {
    fn of(&self, peer: Peer) -> PathBuf {
        let own = || std::env::current_exe().unwrap_or_default().with_file_name("chat-server");
        let before = self.before.as_ref().filter(|_| peer.is_before());
        before.or(self.server.as_ref()).cloned().unwrap_or_else(own)
    }
}

impl Peer {
    pub(crate) const ALL: [Self; 10] = [
        Self::Framed,
        Self::FramedBefore,
        Self::Line,
        Self::LineBefore,
        Self::Redis,
        Self::Nats,
        Self::Ngircd,
        Self::Inspircd,
        Self::Batched,
        Self::Single,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Framed => "chat-server, framed",
            Self::Line => "chat-server, line",
            Self::FramedBefore => "before, framed",
            Self::LineBefore => "before, line",
            Self::Redis => "redis pub/sub",
            Self::Nats => "nats-server",
            Self::Ngircd => "ngircd",
            Self::Inspircd => "inspircd",
            Self::Batched => "limit: batched epoll",
            Self::Single => "limit: epoll, a send each",
        }
    }

    pub(crate) const fn is_before(self) -> bool {
        matches!(self, Self::FramedBefore | Self::LineBefore)
    }

    /// Whether it is among those compared when nothing is asked for.
    pub(crate) const fn is_usual(self) -> bool {
        !matches!(self, Self::Nats | Self::Ngircd | Self::Inspircd | Self::Single)
    }

    /// Why it cannot be compared here.
    pub(crate) fn missing(self, servers: &Servers) -> Option<String> {
        match self {
            Self::Framed | Self::Line | Self::FramedBefore | Self::LineBefore => {
                let server = servers.of(self);
                let why = || format!("{} is not there; make build, or --server", server.display());
                (!server.is_file()).then(why)
            }
            Self::Batched | Self::Single => None,
            Self::Redis | Self::Nats | Self::Ngircd | Self::Inspircd => {
                let program = self.program();
                installed(program).is_none().then(|| format!("apt-get install {program}"))
            }
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Framed | Self::Line | Self::FramedBefore | Self::LineBefore => "chat-server",
            Self::Redis => "redis-server",
            Self::Nats => "nats-server",
            Self::Ngircd => "ngircd",
            Self::Inspircd => "inspircd",
            Self::Batched | Self::Single => "chat-bench",
        }
    }

    pub(crate) fn speech(self) -> Box<dyn Speech> {
        match self {
            Self::Framed | Self::FramedBefore => Box::new(Framed),
            Self::Line | Self::LineBefore => Box::new(Line),
            Self::Redis => Box::new(Redis),
            Self::Nats => Box::new(Nats),
            Self::Ngircd | Self::Inspircd => Box::new(Irc),
            Self::Batched | Self::Single => Box::new(Plain),
        }
    }

    /// Starts it. The others keep nothing.
    pub(crate) fn start(self, servers: &Servers, keeping: &Keeping) -> Result<Process> {
        let site = Site::new()?;
        let path = installed(self.program()).unwrap_or_default();
        match self {
            Self::Framed | Self::Line | Self::FramedBefore | Self::LineBefore => {
                ours(&servers.of(self), keeping, site)
            }
            Self::Redis => redis(&path, site),
            Self::Nats => nats(&path, site),
            Self::Ngircd => irc::ngircd(&path, site),
            Self::Inspircd => irc::inspircd(&path, site),
            Self::Batched => limit("batched", site),
            Self::Single => limit("single", site),
        }
    }
}

fn ours(server: &Path, keeping: &Keeping, site: Site) -> Result<Process> {
    let mut command = Command::new(server);
    // No lobby: ten thousand members who hear each other come would be another scenario.
    command.env_clear().args(["--listen", &address(&site), "--log", "warn", "--lobby", ""]);
    command.args(["--connections-max", CONNECTIONS]);
    match keeping {
        Keeping::Nothing => command.arg("--ephemeral"),
        Keeping::New => command.args(["--sync", "full", "--data"]).arg(site.path().join("data")),
        Keeping::Old(data) => command.args(["--sync", "full", "--data"]).arg(data),
    };
    site.start(&mut command)
}

fn redis(program: &PathBuf, site: Site) -> Result<Process> {
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--port", &site.port.to_string(), "--dir"]);
    command.arg(site.path()).args(["--save", "", "--appendonly", "no"]);
    command.args(["--maxclients", CONNECTIONS, "--tcp-backlog", "4096", "--protected-mode", "no"]);
    site.start(&mut command)
}

fn nats(program: &PathBuf, site: Site) -> Result<Process> {
    let config =
        format!("listen: 127.0.0.1:{}\nmax_connections: 65536\nping_interval: \"1h\"\n", site.port);
    let mut command = Command::new(program);
    command.arg("-c").arg(site.write("nats.conf", &config)?);
    site.start(&mut command)
}

fn limit(how: &str, site: Site) -> Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", how, &site.port.to_string()]);
    site.start(&mut command)
}

fn address(site: &Site) -> String {
    format!("127.0.0.1:{}", site.port)
}

/// Above the scenario of the most connections; there have to be as many file descriptors.
const CONNECTIONS: &str = "19500";
