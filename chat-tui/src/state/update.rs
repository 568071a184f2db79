//! One message in, what to do out.

use chat_proto::Time;

use super::{
    Effect, Effects, Key, Model, Msg, NetMsg, commands, events, leaving, overlay::Overlay, past,
    quotes, reading, replies, scroll::Scroll, select, session, talk, travel,
};

/// Lines that a paste may have before it is asked about.
const PASTE_LINES_MAX: usize = 5;

/// Takes what happened at `now` into the model and tells what is to be done.
pub fn update(model: &mut Model, now: Time, msg: Msg) -> Effects {
    let mut out = Effects::new();
    model.now = now;
    match msg {
        Msg::Key(key) => press(model, key, &mut out),
        Msg::Paste(text) => paste(model, text),
        Msg::Wheel(rows) if model.overlay.is_some() => Overlay::wheel(model, rows, &mut out),
        Msg::Wheel(rows) => travel::wheel(model, rows, &mut out),
        Msg::Resize(columns, rows) => model.size = (columns, rows),
        Msg::Focus(focused) => focus(model, focused),
        Msg::Line(line) => submit(model, &line, &mut out),
        Msg::Edited(text) => edited(model, text, &mut out),
        Msg::Net(msg) => net(model, msg, &mut out),
        Msg::Tick => {}
    }
    leaving::go_on(model, &mut out);
    settle(model, &mut out);
    reading::report(model, false, &mut out);
    out
}

/// The first effects of all.
#[must_use]
pub fn start(model: &Model) -> Effects {
    vec![Effect::Dial { server: model.settings.server.clone(), after_millis: 0 }]
}

fn focus(model: &mut Model, focused: bool) {
    if focused && model.focused == Some(false) {
        reading::look_again(model);
    }
    model.focused = Some(focused);
}

fn net(model: &mut Model, msg: NetMsg, out: &mut Effects) {
    let current = model.requests.conn();
    match msg {
        NetMsg::Connected { conn } => session::greet(model, conn, out),
        NetMsg::Notice { text } => model.notice = Some(text),
        NetMsg::Refused { why } => session::no_trust(model, why, out),
        NetMsg::Lost { why } => session::lost(model, &why, out),
        NetMsg::Latency { conn, millis } if conn == current => model.latency_millis = Some(millis),
        NetMsg::Reply { conn, number, reply } if conn == current => {
            replies::take(model, number, reply, out);
        }
        NetMsg::Event { conn, event } if conn == current => events::take(model, event, out),
        // Late words of a connection that was given up.
        NetMsg::Latency { .. } | NetMsg::Reply { .. } | NetMsg::Event { .. } => {}
    }
    if model.settings.plain || model.rooms.current().is_some() {
        model.notice.take().into_iter().for_each(|notice| model.inform(notice, out));
    }
}

fn press(model: &mut Model, key: Key, out: &mut Effects) {
    model.hint = None;
    if model.overlay.is_some() {
        return Overlay::press(model, key, out);
    }
    if !model.chord && select::press(model, key, out) {
        return;
    }
    if model.recall.is_searching() && model.recall.search_key(key, &mut model.composer) {
        return;
    }
    let action = model.settings.bindings.action(key, std::mem::take(&mut model.chord));
    if !action.is_some_and(|action| action.keeps_completion) {
        model.completion = None;
    }
    match (action, key.typed()) {
        (Some(action), _) => (action.run)(model, out),
        (None, Some(c)) => insert(model, c.encode_utf8(&mut [0; 4])),
        (None, None) => model.hint(format!("{key} does nothing; /help keys lists what does")),
    }
}

fn paste(model: &mut Model, text: String) {
    let clean = chat_proto::text::clean(&text);
    let lines = clean.trim_end_matches('\n').split('\n').count();
    model.completion = None;
    match model.overlay {
        Some(_) => Overlay::paste(model, &clean),
        None if lines > PASTE_LINES_MAX => {
            model.overlay = Some(Overlay::Paste { lines, text: clean })
        }
        None => insert(model, clean.trim_end_matches('\n')),
    }
}

/// Puts a text into the input, and tells what does not fit into it.
pub(super) fn insert(model: &mut Model, text: &str) {
    match model.composer.take_in(text) {
        0 => {}
        left => model.hint(format!("too long: {left} bytes left out")),
    }
}

/// Takes a finished input: a command, or something to say.
pub(super) fn submit(model: &mut Model, input: &str, out: &mut Effects) {
    input.clone_into(&mut model.typed);
    match input.strip_prefix('/') {
        Some(command) if !command.starts_with('/') => commands::run(model, command, out),
        Some(literal) => talk::say(model, literal, false, out),
        None => talk::say(model, input, false, out),
    }
}

fn edited(model: &mut Model, text: Option<String>, out: &mut Effects) {
    match text {
        Some(text) => {
            model.composer.take();
            insert(model, text.trim_end_matches('\n'));
        }
        None => model.hint("the editor did not leave a text"),
    }
    out.push(Effect::Redraw);
}

/// What follows from the current room being looked at, whatever happened.
fn settle(model: &mut Model, out: &mut Effects) {
    let Some(key) = model.rooms.current() else { return };
    if let Some(room) = model.rooms.get_mut(key)
        && room.scroll == Scroll::End
    {
        room.below = 0;
        if model.focused != Some(false) && !model.settings.plain {
            reading::see(model, key);
        }
    }
    if model.is_online() && !model.settings.plain {
        past::load_visible(model, key, out);
        quotes::load(model, key, out);
    }
}
