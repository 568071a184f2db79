//! What the status line says in words, and what stands on rows of its own because the line is too short for it.

use super::{Link, Model, leaving::Leaving, scroll::Scroll, select};
use crate::wrap;

/// What there is to tell now.
#[must_use]
pub fn told(model: &Model) -> Option<String> {
    whole(model).or_else(|| select::about(model))
}

/// What is told in whole, however long it is: it may stand nowhere else.
fn whole(model: &Model) -> Option<String> {
    let sending = matches!(model.leaving, Some(Leaving::Sending { .. }));
    let keys = || select::chosen(model).map(|_| select::KEYS.to_owned());
    let hint = model.hint.clone().filter(|hint| !is_in_the_middle(model, hint));
    hint.or_else(|| sending.then(|| "sending…".to_owned())).or_else(keys)
}

/// Whether it is why there is no connection, told where there is no timeline to see.
fn is_in_the_middle(model: &Model, hint: &str) -> bool {
    matches!(&model.link, Link::Over { why } if why == hint)
        && model.rooms.current_room().is_none_or(|room| room.timeline.is_empty())
}

/// The rows below the line; none where all that is told fits into it.
#[must_use]
pub fn below(model: &Model) -> Vec<String> {
    let columns = usize::from(model.size.0);
    let Some(told) = whole(model).filter(|told| !fits(model, told, columns)) else {
        return Vec::new();
    };
    let rows = |line: &str| {
        let rows = wrap::words(line, columns.saturating_sub(MARGIN)).into_iter();
        rows.map(|row| line[row].to_owned()).collect::<Vec<_>>()
    };
    told.split('\n').flat_map(rows).collect()
}

/// What stands free at the left.
const MARGIN: usize = 1;
/// What stands between the parts of the line.
pub const BETWEEN: &str = " · ";

fn fits(model: &Model, told: &str, columns: usize) -> bool {
    let link = link(model);
    let parts =
        [who(model).as_str(), BETWEEN, &link, BETWEEN, told, &position(model)].map(wrap::width);
    !told.contains('\n') && MARGIN + parts.iter().sum::<usize>() < columns
}

fn who(model: &Model) -> String {
    format!("{}{}", model.nick, away(model))
}

#[must_use]
pub const fn away(model: &Model) -> &'static str {
    if model.away { " (away)" } else { "" }
}

/// How the connection stands. Why there is none is left out where there is something else to tell: it would take all of
/// the row, and what lasts stands in the middle of the screen, too.
#[must_use]
pub fn link(model: &Model) -> String {
    let is_brief = told(model).is_some();
    match &model.link {
        Link::Online => online(model),
        Link::Connecting { .. } | Link::Waiting { .. } if model.is_restarting() => {
            "the server restarts…".to_owned()
        }
        Link::Connecting { .. } => format!("connecting to {}…", model.settings.server),
        Link::Waiting { until, why, .. } => {
            let seconds = (until.0 - model.now.0).max(0) / 1000 + 1;
            let why = if is_brief { String::new() } else { format!(": {why}") };
            format!("offline{why}; again in {seconds} s")
        }
        Link::Over { .. } if is_brief => "offline".to_owned(),
        Link::Over { why } => format!("offline: {why}"),
    }
}

fn online(model: &Model) -> String {
    let tls = if model.settings.security.is_tls() { " TLS" } else { "" };
    let latency = model.latency_millis.map(|millis| format!(" {millis} ms")).unwrap_or_default();
    format!("online{tls}{latency}")
}

/// How far from the end the screen is.
#[must_use]
pub fn position(model: &Model) -> String {
    let Some(room) = model.rooms.current_room() else { return String::new() };
    match room.scroll {
        _ if room.loading.older && room.timeline.first().is_some() => "↑ loading… ".into(),
        Scroll::End => String::new(),
        Scroll::At { .. } if !room.timeline.is_live() => "↓ to now: End ".into(),
        Scroll::At { .. } if room.below > 0 => format!("↓ {} new · End ", room.below),
        Scroll::At { .. } => "↓ End ".into(),
    }
}
