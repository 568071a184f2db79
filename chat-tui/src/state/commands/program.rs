//! Commands about the program itself.

use super::{Effects, Model};
use crate::state::{Link, leaving, overlay::Overlay, session};

pub(super) fn help(model: &mut Model, topic: &str, out: &mut Effects) {
    let overlay = Overlay::help(topic, model);
    match overlay {
        Overlay::Text { lines, .. } if model.settings.plain => {
            lines.into_iter().for_each(|line| model.inform(line, out));
        }
        overlay => model.overlay = Some(overlay),
    }
}

pub(super) fn connect(model: &mut Model, _input: &str, out: &mut Effects) {
    match model.link {
        Link::Online => model.inform("you are connected", out),
        _ => session::connect(model, out),
    }
}

pub(super) fn quit(model: &mut Model, reason: &str, out: &mut Effects) {
    leaving::quit(model, reason, out);
}
