//! Commands about one's account. What they are given is not remembered, and hidden while it is typed.

use chat_proto::{
    Secret,
    message::{LogIn, LoggedIn, Register, SetPassword},
};

use super::{Effects, Model, find, online, usage};
use crate::state::requests::Asked;

pub(super) fn register(model: &mut Model, password: &str, out: &mut Effects) {
    if password.is_empty() || password.contains(char::is_whitespace) {
        usage(model, "register", out);
    } else if online(model, out) {
        let password = Secret::new(password);
        model.requests.ask(Asked::Register, Register { password }, out);
    }
}

pub(super) fn login(model: &mut Model, input: &str, out: &mut Effects) {
    let Some((nick, password)) = input.split_once(char::is_whitespace) else {
        return usage(model, "login", out);
    };
    if online(model, out) {
        let login = LogIn { nick: nick.into(), password: Secret::new(password.trim()) };
        model.requests.ask(Asked::LogIn, login, out);
    }
}

pub(super) fn password(model: &mut Model, input: &str, out: &mut Effects) {
    let words: Vec<_> = input.split_whitespace().collect();
    let [old, new] = words[..] else { return usage(model, "password", out) };
    if online(model, out) {
        let set = SetPassword { old: Secret::new(old), new: Secret::new(new) };
        model.requests.ask(Asked::SetPassword, set, out);
    }
}

/// The member is an account from here on.
pub(in crate::state) fn logged_in(
    model: &mut Model,
    asked: &Asked,
    told: LoggedIn,
    out: &mut Effects,
) {
    if let Some(session) = &mut model.session {
        session.member = told.member;
    }
    let text = match asked {
        Asked::Register => format!("{} is yours from here on", told.nick),
        _ => format!("you are {} now", told.nick),
    };
    model.nick = told.nick;
    model.inform(text, out);
}

/// From which byte on an input is for nobody's eyes.
#[must_use]
pub fn secret_from(input: &str) -> Option<usize> {
    let (word, rest) = input.strip_prefix('/')?.split_once(char::is_whitespace)?;
    let open = match find(word).ok()?.name {
        "login" => rest.len() - rest.trim_start().split_once(char::is_whitespace)?.1.len(),
        "register" | "password" => 0,
        _ => return None,
    };
    Some(input.len() - rest.len() + open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, open: Option<&str>) {
        assert_eq!(secret_from(input).map(|from| &input[..from]), open);
    }

    #[test]
    fn passwords_are_secret() {
        check("/register secret", Some("/register "));
        check("/login alice tea for two", Some("/login alice "));
        check("/LOGIN  alice x", Some("/LOGIN  alice "));
        check("/login alice", None);
        check("/pass old new", Some("/pass "));
        check("/join #tea", None);
        check("//login a b", None);
        check("login a b", None);
    }
}
