//! The terminal client of the chat.
//!
//! Elm-style: `Msg` in, [`state::update()`] changes the [`state::Model`] and answers with effects, [`view`] draws it.
//! One `select` in [`app`] waits for keyboard, network and timers; [`net`] only moves frames; the terminal is touched in
//! [`terminal`] and read in [`input`], the clock in [`clock`]. Without a terminal, [`plain`] takes the place of [`app`].

pub mod app;
pub mod plain;
pub mod state;
pub mod view;
pub mod wrap;

pub mod editor;
pub mod input;
pub mod login;
pub mod net;
pub mod private_file;
pub mod security;
pub mod signals;
pub mod terminal;

pub mod cli;
pub mod clock;
mod clusters;
pub mod debug_log;

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Parser;
use jiff::tz::TimeZone;

use cli::{Args, Options};
use login::Credential;
use state::{Settings, msg::Exit};

/// Bad usage, as clap has it.
const USAGE: u8 = 2;

/// The program, from its arguments to its exit code.
#[must_use]
pub fn run() -> ExitCode {
    let args = Args::parse();
    let debug = args.debug;
    let options = match Options::new(args, env::var("USER").ok().as_deref()) {
        Ok(options) => options,
        Err(error) => return fail(USAGE, &error.to_string()),
    };
    if let Err(error) = if debug { debug_log::start() } else { Ok(()) } {
        return fail(1, &format!("no log: {error}"));
    }
    let server = options.server.clone();
    match chat(options) {
        Ok(Exit { code, message: None }) => code.into(),
        Ok(Exit { code: Exit::UNAVAILABLE, message: Some(why) }) => {
            fail(Exit::UNAVAILABLE, &unreachable(&server, &why))
        }
        Ok(Exit { code, message: Some(why) }) => fail(code, &why),
        Err(error) => fail(1, &format!("{error:#}")),
    }
}

fn chat(options: Options) -> anyhow::Result<Exit> {
    let plain = !(io::stdin().is_terminal() && io::stdout().is_terminal());
    let look = app::Look {
        theme: view::Theme { color: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) },
        notify: options.notify,
        mouse: options.mouse,
    };
    let patience = options.patience;
    let login = credential(&options)?;
    let settings = settings(options, login, plain);
    // The connection lives on a thread of its own, so that a terminal that takes no output does not end it.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let exit = if plain {
        runtime.block_on(plain::run(settings, patience))
    } else {
        terminal::restore_on_panic();
        runtime.block_on(app::run(settings, look, patience))
    };
    terminal::restore();
    runtime.shutdown_timeout(Duration::from_millis(10));
    exit
}

/// What the user is known by here: what an earlier login left, or a password that does not have to be typed.
fn credential(options: &Options) -> anyhow::Result<Option<Credential>> {
    let kept = match login::tokens_file() {
        Some(file) => login::look_up(&file, &options.server, options.nick.as_str())
            .with_context(|| format!("cannot read {}", file.display()))?,
        None => None,
    };
    let Some(source) = options.password.as_ref().filter(|_| kept.is_none()) else {
        return Ok(kept.map(Credential::Device));
    };
    let password =
        source.password().with_context(|| format!("cannot get the password from {source}"))?;
    Ok(Some(Credential::Password(password)))
}

fn settings(options: Options, login: Option<Credential>, plain: bool) -> Settings {
    let is_private = options.security.is_tls() || login::is_local(&options.server);
    Settings {
        login,
        is_private,
        server: options.server,
        security: options.security,
        nick: options.nick,
        rooms: options.rooms,
        bindings: options.bindings,
        zone: TimeZone::system(),
        plain,
        presence: options.presence,
        seed: (clock::entropy(), clock::entropy()),
    }
}

fn unreachable(server: &str, why: &str) -> String {
    format!(
        "no chat at {server}: {why}\nStart a server with `chat-server` (in its repository: `make run`), or with\n  \
         docker run -p 2428:2428 -v chat:/data chat-server\nor name another one: chat-tui --server HOST:PORT"
    )
}

/// The program's last words. Where nobody can read them, because the terminal is gone, it ends without.
fn fail(code: u8, message: &str) -> ExitCode {
    let _gone = writeln!(io::stderr(), "chat-tui: {message}");
    code.into()
}
