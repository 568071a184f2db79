//! One `select`, from which everything follows: what happened becomes a message, the message changes the model, its
//! effects are carried out, and the screen is drawn if something changed, at most once a frame.

use std::{io, time::Duration};

use chat_tcp::Patience;
use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::{
    cli::Notify,
    clock, editor, input, login,
    net::{Command, Net},
    signals::Signals,
    state::{Effect, Effects, Model, Msg, Settings, msg::Exit, update, update::start},
    terminal::Screen,
    view::{self, Theme},
};

/// Time between two frames: 60 a second, as many as a screen shows.
const FRAME: Duration = Duration::from_millis(16);
/// How long the screen is left alone to see whether a server answers at all.
const FIRST_ANSWER: Duration = Duration::from_millis(250);

/// How the program looks and sounds.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub theme: Theme,
    pub notify: Notify,
    pub mouse: bool,
}

struct App {
    model: Model,
    look: Look,
    net: Net,
    signals: Signals,
    /// The screen and its keys; an editor has them while it runs.
    terminal: Option<(Screen, EventStream)>,
    editor: Option<JoinHandle<io::Result<Option<String>>>>,
    changed: bool,
    drawn_at: Option<Instant>,
    exit: Option<Exit>,
}

/// What the program waits for.
enum Input {
    Terminal(Option<io::Result<Event>>),
    Msg(Option<Msg>),
    Edited(io::Result<Option<String>>),
    Frame,
    /// The system wants it to end.
    Signal,
}

/// Runs until the user leaves or nothing is left to do.
///
/// # Errors
/// When the terminal is gone.
pub async fn run(settings: Settings, look: Look, patience: Patience) -> anyhow::Result<Exit> {
    let mut app = App::new(settings, look, patience)?;
    app.perform(start(&app.model))?;
    app.first_answer().await?;
    if app.exit.is_none() {
        app.enter()?;
    }
    while app.exit.is_none() {
        app.draw_if_due()?;
        let input = app.next_input().await;
        app.handle(input)?;
    }
    Ok(app.exit.take().unwrap_or(Exit::QUIT))
}

impl App {
    fn new(settings: Settings, look: Look, patience: Patience) -> io::Result<Self> {
        Ok(Self {
            net: Net::spawn(settings.security.clone(), patience),
            model: Model::new(settings, clock::now()),
            look,
            signals: Signals::with_terminal()?,
            terminal: None,
            editor: None,
            changed: true,
            drawn_at: None,
            exit: None,
        })
    }

    /// A server that is not there is told of before the screen is touched.
    async fn first_answer(&mut self) -> anyhow::Result<()> {
        match tokio::time::timeout(FIRST_ANSWER, self.net.next()).await {
            Ok(msg) => self.take(msg.map(Msg::Net)),
            Err(_) => Ok(()),
        }
    }

    fn enter(&mut self) -> io::Result<()> {
        let screen = Screen::enter(self.look.mouse)?;
        self.model.size = screen.size()?;
        self.terminal = Some((screen, EventStream::new()));
        (self.changed, self.drawn_at) = (true, None);
        Ok(())
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        let due = self.drawn_at.is_none_or(|at| at.elapsed() >= FRAME);
        let Some((screen, _)) = self.terminal.as_mut().filter(|_| self.changed && due) else {
            return Ok(());
        };
        screen.draw(|frame| view::draw(frame, &self.model, self.look.theme))?;
        (self.changed, self.drawn_at) = (false, Some(Instant::now()));
        Ok(())
    }

    async fn next_input(&mut self) -> Input {
        let (frame_at, tick_at) = (self.frame_at(), self.tick_at());
        tokio::select! {
            event = next_event(&mut self.terminal) => Input::Terminal(event),
            msg = self.net.next() => Input::Msg(msg.map(Msg::Net)),
            text = edited(&mut self.editor) => Input::Edited(text),
            () = wait_until(tick_at) => Input::Msg(Some(Msg::Tick)),
            () = wait_until(frame_at) => Input::Frame,
            () = self.signals.next() => Input::Signal,
        }
    }

    fn frame_at(&self) -> Option<Instant> {
        let waiting = self.changed && self.terminal.is_some();
        waiting.then(|| self.drawn_at.map_or_else(Instant::now, |at| at + FRAME))
    }

    fn tick_at(&self) -> Option<Instant> {
        let millis = self.model.next_tick()?.0 - clock::now().0;
        Some(Instant::now() + Duration::from_millis(millis.max(0).unsigned_abs()))
    }

    fn handle(&mut self, input: Input) -> anyhow::Result<()> {
        match input {
            Input::Terminal(Some(Ok(event))) => {
                input::msg(event).map_or(Ok(()), |msg| self.take(Some(msg)))
            }
            Input::Terminal(Some(Err(error))) => Err(error.into()),
            Input::Terminal(None) => Err(anyhow::anyhow!("the terminal is gone")),
            Input::Msg(msg) => self.take(msg),
            Input::Edited(text) => self.edited(text),
            Input::Frame => Ok(()),
            Input::Signal => self.end(Exit { code: 1, message: None }),
        }
    }

    fn take(&mut self, msg: Option<Msg>) -> anyhow::Result<()> {
        let Some(msg) = msg else { anyhow::bail!("the connection's task has stopped") };
        tracing::trace!(?msg);
        let effects = update(&mut self.model, clock::now(), msg);
        self.changed = true;
        self.perform(effects)
    }

    fn perform(&mut self, effects: Effects) -> anyhow::Result<()> {
        effects.into_iter().try_for_each(|effect| self.carry_out(effect))
    }

    fn carry_out(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Dial { server, after_millis } => {
                let after = Duration::from_millis(after_millis);
                Ok(self.net.tell(Command::Dial { server, after })?)
            }
            Effect::Send { conn, number, request } => {
                Ok(self.net.tell(Command::Send { conn, number, request })?)
            }
            Effect::KeepToken { server, nick, token } => {
                login::keep_told(&server, &nick, token);
                Ok(())
            }
            Effect::Notify { title, body } => self.notify(&title, &body),
            Effect::Edit(text) => self.edit(text),
            Effect::Copy(text) => self.copy(&text),
            Effect::Suspend => self.suspend(),
            Effect::Redraw => self.redraw(),
            Effect::Exit(exit) => self.end(exit),
            // There is a screen, which shows it.
            Effect::Show { .. } => Ok(()),
        }
    }

    fn notify(&mut self, title: &str, body: &str) -> anyhow::Result<()> {
        match &mut self.terminal {
            Some((screen, _)) => Ok(screen.notify(self.look.notify, title, body)?),
            None => Ok(()),
        }
    }

    fn copy(&mut self, text: &str) -> anyhow::Result<()> {
        match &mut self.terminal {
            Some((screen, _)) => Ok(screen.copy(text)?),
            None => Ok(()),
        }
    }

    fn edit(&mut self, text: String) -> anyhow::Result<()> {
        self.terminal = None;
        self.editor = Some(tokio::task::spawn_blocking(move || editor::edit(&text)));
        Ok(())
    }

    fn edited(&mut self, text: io::Result<Option<String>>) -> anyhow::Result<()> {
        self.editor = None;
        self.enter()?;
        let text = text.unwrap_or_else(|error| {
            tracing::warn!(%error, "no editor");
            None
        });
        self.take(Some(Msg::Edited(text)))
    }

    /// Stops as any job does, and comes back with the screen as it was.
    fn suspend(&mut self) -> anyhow::Result<()> {
        self.terminal = None;
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        Ok(self.enter()?)
    }

    fn redraw(&mut self) -> anyhow::Result<()> {
        match &mut self.terminal {
            Some((screen, _)) => Ok(screen.redraw()?),
            None => Ok(()),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "it is an arm among arms that can fail")]
    fn end(&mut self, exit: Exit) -> anyhow::Result<()> {
        self.exit = Some(exit);
        Ok(())
    }
}

async fn next_event(terminal: &mut Option<(Screen, EventStream)>) -> Option<io::Result<Event>> {
    match terminal {
        Some((_, events)) => events.next().await,
        None => std::future::pending().await,
    }
}

async fn edited(
    editor: &mut Option<JoinHandle<io::Result<Option<String>>>>,
) -> io::Result<Option<String>> {
    match editor {
        Some(task) => task.await.unwrap_or_else(|error| Err(io::Error::other(error))),
        None => std::future::pending().await,
    }
}

async fn wait_until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
