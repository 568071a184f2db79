//! The commands about accounts.

use std::io::{self, BufRead};

use anyhow::{Context, bail};
use chat_proto::{MemberId, Nick, Secret};
use chat_server::{
    admin::{Request, ask, make_secret},
    config::Storage,
    data,
};
use clap::{Subcommand, ValueEnum};

use crate::operate::{none, show};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an account, and print the password that it is given
    Add {
        /// What it is to be called
        nick: Nick,
        /// Take the first line of stdin for the password instead
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the accounts
    List,
    /// Give an account another password, print it, and log out whoever is in
    Passwd {
        nick: Nick,
        /// Take the first line of stdin for the password instead
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make an account one of an administrator, who may do everything in every room; or take that back
    Admin {
        /// The account
        nick: Nick,
        /// Whether it is one
        switch: Switch,
    },
    /// End the sessions of an account, and make the tokens of its devices void
    Logout { nick: Nick },
    /// Write what is kept about an account and what it wrote to stdout, a line of JSON each
    Export { nick: Nick },
    /// Delete an account. What was said under its nick stays, unless --with-messages is given
    Delete {
        nick: Nick,
        /// Delete its messages too, everywhere: their texts, earlier texts, reactions, and their words in the search index.
        /// Numbers, topics and what others said stay
        #[arg(long)]
        with_messages: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Command {
    #[allow(clippy::print_stdout, reason = "the answer of this command")]
    pub(crate) fn run(self, storage: &Storage) -> anyhow::Result<()> {
        let Storage::Directory { path, sync } = storage else {
            bail!("with --ephemeral there are no accounts but while the server runs");
        };
        let exports = matches!(self, Self::Export { .. });
        let (request, made) = self.request()?;
        let none = none(&request);
        let lines = ask(path, *sync, request)?.map_err(anyhow::Error::msg)?;
        show(&lines, none);
        if exports {
            return data::export_member(path, member(&lines)?);
        }
        if let Some(made) = made {
            println!("password: {}", made.expose());
        }
        Ok(())
    }

    /// What is asked, and the password if it was made here.
    fn request(self) -> anyhow::Result<(Request, Option<Secret>)> {
        Ok(match self {
            Self::Add { nick, password_stdin } => {
                let (password, made) = password(password_stdin)?;
                (Request::UserAdd { nick, password }, made)
            }
            Self::List => (Request::UserList, None),
            Self::Passwd { nick, password_stdin } => {
                let (password, made) = password(password_stdin)?;
                (Request::UserPasswd { nick, password }, made)
            }
            Self::Admin { nick, switch } => {
                (Request::UserAdmin { nick, on: matches!(switch, Switch::On) }, None)
            }
            Self::Logout { nick } => (Request::UserLogout { nick }, None),
            Self::Export { nick } => (Request::UserShow { nick }, None),
            Self::Delete { nick, with_messages } => {
                (Request::UserDelete { nick, with_messages }, None)
            }
        })
    }
}

/// Whose account it is.
fn member(lines: &[String]) -> anyhow::Result<MemberId> {
    let told: serde_json::Value = serde_json::from_str(lines.first().context("no answer")?)?;
    told["member"].as_u64().map(MemberId).context("the answer names no member")
}

/// The password, and once more if it was made here.
fn password(from_stdin: bool) -> anyhow::Result<(Secret, Option<Secret>)> {
    if from_stdin {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
        let line = Secret::new(line);
        return Ok((Secret::new(line.expose().trim_end_matches(['\r', '\n'])), None));
    }
    let made = make_secret()?;
    Ok((made.clone(), Some(made)))
}
