//! What administrators ask of the server: it knows the words, the client does not.

use chat_proto::{
    Secret,
    message::{Administer, Lines},
};

use super::{Effects, Model, online, usage};
use crate::state::{requests::Asked, session::clean_line};

pub(super) fn admin(model: &mut Model, input: &str, out: &mut Effects) {
    if input.is_empty() {
        return usage(model, "admin", out);
    }
    if online(model, out) {
        model.requests.ask(Asked::Administer, Administer { words: Secret::new(input) }, out);
    }
}

pub(in crate::state) fn administered(model: &mut Model, told: &Lines, out: &mut Effects) {
    let lines: Vec<_> = told.lines.iter().map(|line| clean_line(line)).collect();
    model.inform(lines.join("\n"), out);
}
