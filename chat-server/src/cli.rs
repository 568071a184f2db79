//! The command line.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use chat_server::{
    admin::{Claimable, Request, ask_running},
    config::{Config, ConfigError, Options, Origin, Storage},
    data::{self, At},
    logging,
    server::{Server, StartError},
    tls::{Pair, Source},
};
use clap::{Parser, Subcommand};

use crate::operate::{operate, show};
use tokio::signal::unix::{SignalKind, signal};

/// A multi-room chat server: every message is on disk before anybody sees it.
///
/// People join with chat-tui, or with nc HOST 2428. Each option can also be set by its environment variable, or in a
/// TOML file under its name with underscores (listen = "0.0.0.0:2428"); flags win over the environment, the
/// environment over the file. On SIGHUP the file is read again.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// TOML file with options
    #[arg(short, long, value_name = "FILE", env = "CHAT_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a configuration file and say what is wrong with it
    CheckConfig {
        /// The file [default: the one given by --config]
        file: Option<PathBuf>,
    },
    /// Ask the running server whether it is well; exits with 0 if it is
    Health {
        /// Where it listens [default: the first address of --listen]
        #[arg(long, value_name = "ADDR")]
        address: Option<SocketAddr>,
    },
    /// Show the fingerprint of the TLS certificate, for people to compare it with what their client shows
    ///
    /// The server that runs on the data directory is asked. Where none does, it is that of the certificate in the
    /// configuration, or of the server's own.
    Fingerprint {
        /// That of this certificate instead; the key is not needed
        #[arg(long = "tls-cert", id = "tls_cert_of_command", value_name = "FILE")]
        certificate: Option<PathBuf>,
        #[command(flatten)]
        at: At,
    },
    /// Look after accounts, of the server that runs or of one that is stopped
    User {
        #[command(subcommand)]
        command: crate::user::Command,
        #[command(flatten)]
        at: At,
    },
    /// Look at rooms, of the server that runs or of one that is stopped
    Room {
        #[command(subcommand)]
        command: crate::operate::RoomCommand,
        #[command(flatten)]
        at: At,
    },
    /// Keep somebody off the server, while it runs or is stopped
    Ban {
        #[command(subcommand)]
        command: crate::operate::BanCommand,
        #[command(flatten)]
        at: At,
    },
    #[command(flatten)]
    Data(data::Command),
}

/// Why the program ends with an error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for is wrong: exit code 2.
    Usage(anyhow::Error),
    /// Anything else: exit code 1.
    Other(anyhow::Error),
}

impl Failure {
    /// One line to stderr.
    #[allow(clippy::print_stderr, reason = "the program's own last words")]
    pub(crate) fn report(self) -> ExitCode {
        let (error, code) = match self {
            Self::Usage(error) => (error, ExitCode::from(2)),
            Self::Other(error) => (error, ExitCode::FAILURE),
        };
        eprintln!("chat-server: {}", in_one_line(&error));
        code
    }
}

/// The error and its causes. Most errors of ours tell their cause themselves, and it is not said twice.
fn in_one_line(error: &anyhow::Error) -> String {
    let causes = error.chain().skip(1).map(ToString::to_string);
    causes.fold(error.to_string(), |line, cause| {
        if line.contains(&cause) { line } else { format!("{line}: {cause}") }
    })
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.into())
    }
}

impl Cli {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            None => {
                let config = decide(self.options, self.config)?;
                logging::start(&config.log)?;
                serve(config).map_err(Failure::Other)
            }
            Some(Command::CheckConfig { file }) => check(self.options, file.or(self.config)),
            Some(Command::Health { address }) => {
                let address = match address {
                    Some(address) => address,
                    None => first_address(&decide(self.options, self.config)?),
                };
                crate::health::check(address).map_err(Failure::Other)
            }
            Some(Command::Fingerprint { certificate, at }) => {
                let config = decide_at(self.options, self.config, at.directory)?;
                show_fingerprint(config, certificate).map_err(Failure::Other)
            }
            Some(Command::User { command, at }) => {
                let config = decide_at(self.options, self.config, at.directory)?;
                command.run(&config.storage).map_err(Failure::Other)
            }
            Some(Command::Room { command, at }) => {
                let config = decide_at(self.options, self.config, at.directory)?;
                operate(&config.storage, command.request()).map_err(Failure::Other)
            }
            Some(Command::Ban { command, at }) => {
                let config = decide_at(self.options, self.config, at.directory)?;
                let request = command.request().map_err(Failure::Usage)?;
                operate(&config.storage, request).map_err(Failure::Other)
            }
            Some(Command::Data(command)) => {
                let data = command.directory().cloned();
                let config = decide_at(self.options, self.config, data)?;
                command.run(&config.storage).map_err(Failure::Other)
            }
        }
    }
}

fn decide(options: Options, file: Option<PathBuf>) -> Result<Config, ConfigError> {
    Origin { options, file }.read()
}

/// With the directory that the command names, if it does.
fn decide_at(
    options: Options,
    file: Option<PathBuf>,
    data: Option<PathBuf>,
) -> Result<Config, ConfigError> {
    let data = data.or(options.data.clone());
    decide(Options { data, ..options }, file)
}

#[allow(clippy::print_stdout, reason = "the answer of this command")]
fn check(options: Options, file: Option<PathBuf>) -> Result<(), Failure> {
    let Some(file) = file else {
        return Err(Failure::Usage(anyhow::anyhow!(
            "no file to check; write chat-server check-config FILE"
        )));
    };
    let config = decide(options, Some(file.clone()))?;
    logging::check(&config.log)?;
    if let Some(pair) = config.tls_files {
        pair.check().map_err(|error| Failure::Other(error.into()))?;
    }
    println!("{}: ok", file.display());
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the answer of this command")]
fn show_fingerprint(config: Config, certificate: Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(certificate) = certificate {
        let pair = Pair { key: certificate.clone(), certificate };
        println!("{}", Source::Files(pair).fingerprint()?);
        return Ok(());
    }
    if let Storage::Directory { path, .. } = &config.storage
        && let Some(answer) = ask_running(path, &Request::Fingerprint)?
    {
        show(&answer.map_err(anyhow::Error::msg)?, None);
        return Ok(());
    }
    if config.tls_files.is_none() && config.storage == Storage::Ephemeral {
        anyhow::bail!("with --ephemeral each start makes a certificate of its own, and tells it");
    }
    println!("{}", Source::new(config.tls_files, &config.storage).fingerprint()?);
    Ok(())
}

/// Where a client on this machine finds a server that listens there.
fn first_address(config: &Config) -> SocketAddr {
    let mut address = config.listen[0].address;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            [127, 0, 0, 1].into()
        } else {
            [0, 0, 0, 0, 0, 0, 0, 1].into()
        });
    }
    address
}

fn serve(config: Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(run(config));
    // All that was said is on the disk: a read or a search that does not end holds nothing up.
    runtime.shutdown_timeout(LAST_READS_WITHIN);
    ended
}

const LAST_READS_WITHIN: Duration = Duration::from_secs(1);

async fn run(config: Config) -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let server =
        Server::start(config).await.map_err(|error: StartError| anyhow::anyhow!("{error}"))?;
    announce(&server);
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            _ = hangup.recv() => {
                tracing::info!("SIGHUP: reading the configuration and the certificate again");
                server.reload().await;
            }
        }
    }
    tracing::info!("stopping: no new connections; delivering what was said");
    server.stop().await;
    Ok(())
}

/// Says where the server listens and how to join.
#[allow(clippy::print_stderr, reason = "scripts wait for these lines, whatever is logged")]
fn announce(server: &Server) {
    let addresses = server.addresses();
    for address in addresses {
        eprintln!("listening on {address}");
    }
    for address in server.tls_addresses() {
        eprintln!("listening for TLS only on {address}");
    }
    eprintln!("TLS certificate {} ({})", server.tls().fingerprint(), server.tls().source());
    match server.claimable() {
        Claimable::New(token) => eprintln!(
            "administrator: log in to your account and write /admin claim {} (it works once)",
            token.expose()
        ),
        Claimable::Waiting => eprintln!(
            "administrator: none yet; write /admin claim TOKEN with the token of the first start, or run chat-server user admin NICK on"
        ),
        Claimable::Not => {}
    }
    if let Some(first) = addresses.first() {
        let host =
            if first.ip().is_unspecified() { "HOST".to_owned() } else { first.ip().to_string() };
        let port = first.port();
        eprintln!(
            "join with: chat-tui --nick NAME --server {}   or: nc {host} {port}",
            joined(&host, port)
        );
    }
}

fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
