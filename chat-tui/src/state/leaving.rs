//! Leaving: what was said goes first, then goodbye, and nothing is waited for long.

use chat_proto::{Time, message::Quit};
use smol_str::SmolStr;

use super::{Effect, Effects, Link, Model, msg::Exit, reading, requests::Asked};

/// Time for the last messages to be acknowledged, and then for the goodbye.
pub const LEAVE_MILLIS: i64 = 1000;

/// How far the client is in leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Messages are on their way; goodbye is said once they are acknowledged, or at that time.
    Sending { until: Time, reason: SmolStr },
    /// Goodbye was said; the client ends with the answer, or at that time.
    Goodbye { until: Time },
}

impl Leaving {
    #[must_use]
    pub const fn until(&self) -> Time {
        match self {
            Self::Sending { until, .. } | Self::Goodbye { until } => *until,
        }
    }
}

/// The user wants to leave. What is on its way is given a moment; what cannot be sent now would be lost, and the first
/// time the client says so.
pub(super) fn quit(model: &mut Model, reason: &str, out: &mut Effects) {
    let insists = model.leaving.is_some() || model.settings.plain;
    match model.link {
        _ if insists || model.pending() == 0 => leave(model, reason, out),
        Link::Online => send_first(model, reason),
        _ if model.warned => leave(model, reason, out),
        _ => warn(model),
    }
}

fn send_first(model: &mut Model, reason: &str) {
    let until = soon(model);
    model.leaving = Some(Leaving::Sending { until, reason: reason.into() });
}

fn warn(model: &mut Model) {
    model.warned = true;
    model.hint(format!("not sent yet: {}; /quit again leaves without it", model.pending()));
}

/// Says goodbye, or leaves at once where nobody would hear it.
fn leave(model: &mut Model, reason: &str, out: &mut Effects) {
    if !model.is_online() || matches!(model.leaving, Some(Leaving::Goodbye { .. })) {
        return out.push(Effect::Exit(Exit::QUIT));
    }
    let until = soon(model);
    model.leaving = Some(Leaving::Goodbye { until });
    reading::report(model, true, out);
    model.requests.ask(Asked::Quit, Quit { reason: reason.into() }, out);
}

const fn soon(model: &Model) -> Time {
    Time(model.now.0 + LEAVE_MILLIS)
}

/// Goes on with leaving where there is nothing more to wait for.
pub(super) fn go_on(model: &mut Model, out: &mut Effects) {
    let Some(leaving) = &model.leaving else { return };
    let late = model.now >= leaving.until();
    match leaving.clone() {
        Leaving::Sending { .. } if late && !model.is_online() => end(model, out),
        Leaving::Sending { reason, .. } if late || model.pending() == 0 => {
            leave(model, &reason, out);
        }
        Leaving::Goodbye { .. } if late => end(model, out),
        Leaving::Sending { .. } | Leaving::Goodbye { .. } => {}
    }
}

/// The connection is gone. It ends a goodbye; with messages still on their way the client stays, and says so.
pub(super) fn lost(model: &mut Model, out: &mut Effects) {
    match model.leaving {
        Some(Leaving::Goodbye { .. }) => end(model, out),
        Some(Leaving::Sending { .. }) => {
            model.leaving = None;
            warn(model);
        }
        None => {}
    }
}

/// A message was refused: the client stays, so that the user sees it.
pub(super) fn refused(model: &mut Model) {
    if let Some(Leaving::Sending { .. }) = model.leaving {
        model.leaving = None;
        model.hint("a message was refused; /quit leaves without it");
    }
}

/// The end of a goodbye. What never was acknowledged is told of where the screen is no more.
pub(super) fn end(model: &Model, out: &mut Effects) {
    let exit = match model.pending() {
        unsent if unsent > 0 && !model.settings.plain => {
            let message = format!("not acknowledged by the server: {unsent} of your messages");
            Exit { code: 1, message: Some(message) }
        }
        _ => Exit::QUIT,
    };
    out.push(Effect::Exit(exit));
}
