//! Without a terminal: lines in, lines out, and never an escape sequence.
//!
//! `#room <nick> text`, `#room * nick text`, `@nick <nick> text`; notices begin with `* `. Errors go to stderr, as
//! `! what`. Input ends when every line has been acknowledged; the exit code is 1 if one was refused.

use std::{
    io::{self, BufRead, Write},
    time::Duration,
};

use chat_tcp::Patience;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    clock, login,
    net::{Command, Net},
    signals::Signals,
    state::{
        Body, Delivery, Effect, Effects, Item, Model, Msg, Settings, item::Said, msg::Exit,
        room::Standing, rows::presence_text, update, update::start,
    },
};

/// Messages on their way before the next line is read.
const PENDING_MAX: usize = 64;
/// What errors and notices begin with, as in line mode.
const ERROR: &str = "! ";
const NOTICE: &str = "* ";
/// Lines read ahead.
const LINES_MAX: usize = 64;

struct Plain {
    model: Model,
    net: Net,
    signals: Signals,
    lines: mpsc::Receiver<String>,
    /// Whether input has ended.
    ended: bool,
    exit: Option<Exit>,
}

enum Input {
    Line(Option<String>),
    Msg(Option<Msg>),
    Signal,
}

/// Runs until input has ended and everything said is on disk.
///
/// # Errors
/// When nobody reads the output any more.
pub async fn run(settings: Settings, patience: Patience) -> anyhow::Result<Exit> {
    let mut plain = Plain {
        net: Net::spawn(settings.security.clone(), patience),
        model: Model::new(settings, clock::now()),
        signals: Signals::new()?,
        lines: read_lines(),
        ended: false,
        exit: None,
    };
    plain.perform(start(&plain.model))?;
    loop {
        if let Some(exit) = plain.exit.take() {
            return Ok(exit);
        }
        let input = plain.next_input().await;
        plain.handle(input)?;
        plain.leave_when_done()?;
    }
}

impl Plain {
    async fn next_input(&mut self) -> Input {
        let reading = self.takes_lines();
        let tick = self.model.next_tick().map(|at| at.0 - clock::now().0);
        tokio::select! {
            line = self.lines.recv(), if reading => Input::Line(line),
            msg = self.net.next() => Input::Msg(msg.map(Msg::Net)),
            () = wait(tick) => Input::Msg(Some(Msg::Tick)),
            () = self.signals.next() => Input::Signal,
        }
    }

    /// A fast pipe is read as fast as the server acknowledges, and not before there is a room to speak in.
    fn takes_lines(&self) -> bool {
        let room = self.model.rooms.current_room();
        let ready = room.is_some_and(|room| room.standing != Standing::Wanted);
        !self.ended && ready && self.model.leaving.is_none() && self.model.pending() < PENDING_MAX
    }

    fn handle(&mut self, input: Input) -> anyhow::Result<()> {
        match input {
            Input::Line(Some(line)) => return self.take(Some(Msg::Line(line))),
            Input::Line(None) => self.ended = true,
            Input::Msg(msg) => return self.take(msg),
            Input::Signal => self.exit = Some(Exit { code: 1, message: None }),
        }
        Ok(())
    }

    fn take(&mut self, msg: Option<Msg>) -> anyhow::Result<()> {
        let Some(msg) = msg else { anyhow::bail!("the connection's task has stopped") };
        let effects = update(&mut self.model, clock::now(), msg);
        self.perform(effects)
    }

    fn perform(&mut self, effects: Effects) -> anyhow::Result<()> {
        effects.into_iter().try_for_each(|effect| self.carry_out(effect))
    }

    fn carry_out(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Dial { server, after_millis } => {
                let after = Duration::from_millis(after_millis);
                self.net.tell(Command::Dial { server, after })?;
            }
            Effect::Send { conn, number, request } => {
                self.net.tell(Command::Send { conn, number, request })?
            }
            Effect::Show { label, item } => print(&label, &item)?,
            Effect::Exit(exit) => self.exit = Some(self.judge(exit)),
            Effect::KeepToken { server, nick, token } => login::keep_told(&server, &nick, token),
            Effect::Notify { .. }
            | Effect::Copy(_)
            | Effect::Edit(_)
            | Effect::Suspend
            | Effect::Redraw => {}
        }
        Ok(())
    }

    /// Leaving well means that nothing was refused.
    fn judge(&self, exit: Exit) -> Exit {
        let lost = self.model.refused > 0 || self.model.pending() > 0;
        if exit == Exit::QUIT && lost { Exit { code: 1, message: None } } else { exit }
    }

    fn leave_when_done(&mut self) -> anyhow::Result<()> {
        let idle = self.model.pending() == 0 && self.model.requests.is_idle();
        if self.ended && idle && self.model.leaving.is_none() && self.exit.is_none() {
            return self.take(Some(Msg::Line("/quit".into())));
        }
        Ok(())
    }
}

/// Reads stdin on a thread of its own: a read from it cannot be waited for otherwise.
fn read_lines() -> mpsc::Receiver<String> {
    let (lines, read) = mpsc::channel(LINES_MAX);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            if lines.blocking_send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
    read
}

fn print(label: &str, item: &Item) -> io::Result<()> {
    let (before, text) = render(label, item);
    if before == ERROR {
        write_lines(&mut io::stderr().lock(), &before, &text)
    } else {
        write_lines(&mut io::stdout().lock(), &before, &text)
    }
}

/// What stands before every line of an item, and its lines.
fn render(label: &str, item: &Item) -> (String, String) {
    match &item.body {
        Body::Error(text) => (ERROR.into(), text.clone()),
        Body::Info(text) => (NOTICE.into(), text.clone()),
        Body::Said(said) => render_said(label, said),
        Body::Erased { nick, by } => {
            (NOTICE.into(), format!("{label} message of {nick}, deleted by {by}"))
        }
        Body::Topic { nick, topic } => {
            (NOTICE.into(), format!("{nick} set the topic of {label}: {topic}"))
        }
        Body::Door { nick, what } => (format!("{NOTICE}{label} "), format!("{nick} {what}")),
        Body::Presence(list) => (format!("{NOTICE}{label} "), presence_text(list)),
    }
}

fn render_said(label: &str, said: &Said) -> (String, String) {
    let (nick, text) = (&said.nick, said.text.as_str());
    match &said.delivery {
        Delivery::Failed(why) => {
            (ERROR.into(), format!("{label} not sent: {why}: {text}").replace('\n', " "))
        }
        _ if said.action => (format!("{label} * {nick} "), text.into()),
        _ => (format!("{label} <{nick}> "), text.into()),
    }
}

fn write_lines(out: &mut impl Write, before: &str, text: &str) -> io::Result<()> {
    text.split('\n').try_for_each(|line| writeln!(out, "{before}{line}"))?;
    out.flush()
}

async fn wait(millis: Option<i64>) {
    match millis {
        Some(millis) => {
            sleep_until(Instant::now() + Duration::from_millis(millis.max(0).unsigned_abs())).await
        }
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::outcome::Changed;
    use chat_proto::{MessageId, Nick, Text, Time};

    fn said(text: &str, action: bool, delivery: Delivery) -> Body {
        Body::Said(Said {
            id: MessageId([0; 16]),
            by: None,
            nick: Nick::parse("bob").expect("a nick"),
            text: Text::clean(text).expect("a text"),
            action,
            own: false,
            mention: false,
            delivery,
            reply_to: None,
            changed: Changed::default(),
        })
    }

    #[track_caller]
    fn check(body: Body, expected: &str) {
        let (before, text) = render("#ops", &Item { at: Time(0), body });
        let mut out = Vec::new();
        write_lines(&mut out, &before, &text).expect("written to memory");
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn items_are_lines() {
        check(said("one\ntwo", false, Delivery::Sent), "#ops <bob> one\n#ops <bob> two\n");
        check(said("waves", true, Delivery::Sent), "#ops * bob waves\n");
        check(said("a\nb", false, Delivery::Failed("no".into())), "! #ops not sent: no: a b\n");
        check(Body::Info("hello".into()), "* hello\n");
        check(Body::Error("no".into()), "! no\n");
    }
}
