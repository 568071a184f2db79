//! Commands about one's account. What they are given is not remembered, and hidden while it is typed.

use chat_proto::{
    Nick, Secret,
    message::{DeviceInfo, DeviceList, Devices, LogIn, LoggedIn, Register, Revoke, SetPassword},
    name::fold,
};

use super::{Effects, Model, find, online, refuse, usage};
use crate::{
    login::Credential,
    state::{Link, calendar::local, openness, requests::Asked, session},
};

pub(super) fn register(model: &mut Model, input: &str, out: &mut Effects) {
    let words: Vec<_> = input.split_whitespace().collect();
    let (nick, password) = match words[..] {
        [password] => (model.nick.to_string(), password),
        [nick, password] => (nick.to_owned(), password),
        _ => return usage(model, "register", out),
    };
    let password = Secret::new(password);
    if is_over(model) {
        come_in(model, &nick, Credential::Register(password), out);
    } else if fold(&nick) != fold(model.nick.as_str()) {
        refuse(
            model,
            &format!(
                "you are {}, not {nick}: /nick {nick} first (a password has no blanks)",
                model.nick
            ),
            out,
        );
    } else if may_tell(model, out) {
        model.requests.ask(Asked::Register, Register { password, remember: true }, out);
    }
}

pub(super) fn login(model: &mut Model, input: &str, out: &mut Effects) {
    let Some((nick, password)) = input.split_once(char::is_whitespace) else {
        return usage(model, "login", out);
    };
    let password = Secret::new(password.trim());
    if is_over(model) {
        come_in(model, nick, Credential::Password(password), out);
    } else if may_tell(model, out) {
        let login = LogIn { nick: nick.into(), password, remember: true };
        model.requests.ask(Asked::LogIn, login, out);
    }
}

/// Whether the server does not let the client in as it came.
const fn is_over(model: &Model) -> bool {
    matches!(model.link, Link::Over { .. })
}

/// Says hello once more, as somebody.
fn come_in(model: &mut Model, nick: &str, credential: Credential, out: &mut Effects) {
    match Nick::parse(nick) {
        Ok(nick) if is_private(model, out) => {
            model.nick = nick;
            model.login = Some(credential);
            session::connect(model, out);
        }
        Ok(_) => {}
        Err(error) => refuse(model, &error.to_string(), out),
    }
}

fn may_tell(model: &mut Model, out: &mut Effects) -> bool {
    online(model, out) && is_private(model, out)
}

/// Whether a password may be sent at all; says so if not.
fn is_private(model: &mut Model, out: &mut Effects) -> bool {
    if !model.settings.is_private {
        refuse(model, "a password goes over TLS only; start with --tls", out);
    }
    model.settings.is_private
}

pub(super) fn devices(model: &mut Model, _input: &str, out: &mut Effects) {
    if online(model, out) {
        model.requests.ask(Asked::Devices, Devices {}, out);
    }
}

/// Asks first which of the devices this one is.
pub(super) fn logout(model: &mut Model, _input: &str, out: &mut Effects) {
    if online(model, out) {
        model.requests.ask(Asked::LogOut, Devices {}, out);
    }
}

/// Forgets the token of this login, and makes it void on the server, which ends the session.
fn log_out(model: &mut Model, list: &DeviceList, out: &mut Effects) {
    model.login = None;
    session::keep_token(model, None, out);
    match list.devices.iter().find(|device| device.here) {
        Some(DeviceInfo { device, .. }) => {
            model.logged_out = true;
            model.requests.ask(Asked::LogOut, Revoke { device: *device }, out);
        }
        None => {
            model.inform("this login has left no token; the next start asks for the password", out)
        }
    }
}

pub(super) fn revoke(model: &mut Model, number: &str, out: &mut Effects) {
    let Ok(device) = number.parse() else { return usage(model, "revoke", out) };
    if online(model, out) {
        model.requests.ask(Asked::Revoke, Revoke { device }, out);
    }
}

pub(in crate::state) fn devices_listed(
    model: &mut Model,
    asked: &Asked,
    list: &DeviceList,
    out: &mut Effects,
) {
    if *asked == Asked::LogOut {
        return log_out(model, list, out);
    }
    let day = |time| local(time, &model.settings.zone).strftime("%Y-%m-%d %H:%M").to_string();
    let line = |device: &DeviceInfo| {
        let DeviceInfo { device: number, name, created, used, here } = device;
        let here = if *here { " (this one)" } else { "" };
        format!("{number}: {name}, since {}, last used {}{here}", day(*created), day(*used))
    };
    let lines: Vec<_> = list.devices.iter().map(line).collect();
    let text = if lines.is_empty() { "no devices".to_owned() } else { lines.join("\n") };
    model.inform(text, out);
}

pub(super) fn password(model: &mut Model, input: &str, out: &mut Effects) {
    let words: Vec<_> = input.split_whitespace().collect();
    let [old, new] = words[..] else { return usage(model, "password", out) };
    if may_tell(model, out) {
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
    model.is_account = true;
    openness::forget_all(model);
    session::remember(model, told.device, out);
    model.inform(text, out);
}

/// From which byte on an input is for nobody's eyes.
#[must_use]
pub fn secret_from(input: &str) -> Option<usize> {
    let (word, rest) = input.strip_prefix('/')?.split_once(char::is_whitespace)?;
    let open = match find(word).ok()?.name {
        "login" => rest.len() - rest.trim_start().split_once(char::is_whitespace)?.1.len(),
        "register" | "password" => 0,
        "admin" if rest.trim_start().starts_with("claim ") => {
            rest.len() - rest.trim_start().strip_prefix("claim ")?.len()
        }
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
        check("/admin claim abc", Some("/admin claim "));
        check("/admin who", None);
        check("/join #tea", None);
        check("//login a b", None);
        check("login a b", None);
    }
}
