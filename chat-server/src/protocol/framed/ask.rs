//! From the wire's requests to the core's.

use chat_proto::{
    Nick, Reaction, Reason, RoomId, RoomName, Seq, Text, Topic,
    message::{self, Content, ErrorCode, PARTS_BYTES_MAX, PARTS_MAX, Part, Said},
    name::fold,
    text::TextError,
};

use super::doors;
use crate::core::{
    Hello, Login, NewDevice, NickKeys, Password, Refusal, Request, RoomKeys, RoomRef, TokenHash,
    mixes_scripts, search::Query,
};

type Asked = Result<Request, Refusal>;

/// Rooms and names in one reply, and messages in one page.
const ROOMS_MAX: usize = 100;
const NAMES_MAX: usize = 400;
const PAGE_MESSAGES_MAX: usize = 500;
const FOUND_MESSAGES_MAX: usize = 100;

pub(super) fn hello(
    nick: &str,
    token: TokenHash,
    resume: Option<(TokenHash, Vec<(RoomId, Seq)>)>,
    login: Option<Box<Login>>,
) -> Asked {
    let nick = if login.is_some() { nick_keys(nick)? } else { new_nick_keys(nick)? };
    Ok(Request::Hello(Hello { nick, token: Some(token), resume, login }))
}

pub(super) fn login(login: &message::Login, device: Option<NewDevice>) -> Result<Login, Refusal> {
    use message::Login as Wire;
    Ok(match login {
        Wire::Password { password, .. } => Login::Password(Password::tried(password)?, device),
        Wire::Register { password, .. } => Login::Register(Password::new(password)?, device),
        Wire::Device(token) => Login::Device(TokenHash::of(token)),
    })
}

pub(super) fn register(asked: &message::Register, device: Option<NewDevice>) -> Asked {
    Ok(Request::Register {
        nick: None,
        password: Password::new(&asked.password)?,
        device: device.map(Box::new),
    })
}

pub(super) fn log_in(asked: &message::LogIn, device: Option<NewDevice>) -> Asked {
    let (nick, password) = (nick_keys(&asked.nick)?, Password::tried(&asked.password)?);
    Ok(Request::LogIn { nick, password, device: device.map(Box::new) })
}

pub(super) fn request(asked: message::Request) -> Asked {
    use message::Request as Wire;
    match asked {
        Wire::Hello(_) | Wire::Register(_) | Wire::LogIn(_) => {
            Err(Refusal::new(ErrorCode::Internal, "that goes with what the connection knows"))
        }
        Wire::SetPassword(set) => Ok(Request::SetPassword {
            old: Password::tried(&set.old)?,
            new: Password::new(&set.new)?,
        }),
        Wire::Ping(_) => Err(Refusal::new(ErrorCode::Internal, "a ping is answered at once")),
        Wire::Quit(quit) => Ok(Request::Quit { reason: reason(&quit.reason)? }),
        Wire::Join(join) => Ok(Request::Join { room: room_keys(&join.room)?, after: join.after }),
        Wire::Leave(leave) => {
            Ok(Request::Part { room: RoomRef::Id(leave.room), reason: reason(&leave.reason)? })
        }
        Wire::Open(open) => Ok(Request::Open { nick: nick_keys(&open.nick)? }),
        Wire::Rooms(rooms) => {
            Ok(Request::Rooms { after: fold(&rooms.after).into(), limit: ROOMS_MAX })
        }
        Wire::Names(names) => Ok(Request::Names {
            room: RoomRef::Id(names.room),
            after: names.after,
            limit: NAMES_MAX,
        }),
        Wire::SetTopic(set) => {
            Ok(Request::SetTopic { room: RoomRef::Id(set.room), topic: topic(&set.topic)? })
        }
        Wire::Administer(asked) => Ok(Request::Administer { words: asked.words }),
        Wire::Devices(_) => Ok(Request::Devices),
        Wire::Revoke(revoke) => Ok(Request::Revoke { device: revoke.device }),
        Wire::Post(post) => self::post(post),
        Wire::History(history) => Ok(self::history(history)),
        Wire::Search(search) => self::search(&search),
        Wire::Edit(edit) => self::edit(edit),
        Wire::Delete(delete) => {
            Ok(Request::Delete { room: RoomRef::Id(delete.room), target: delete.target })
        }
        Wire::React(react) => Ok(Request::React {
            room: RoomRef::Id(react.room),
            target: react.target,
            reaction: reaction(&react.reaction)?,
            on: react.on,
        }),
        Wire::MarkRead(mark) => {
            Ok(Request::MarkRead { room: RoomRef::Id(mark.room), through: Some(mark.seq) })
        }
        Wire::SetMode(set) => Ok(doors::mode(set)),
        Wire::SetRole(set) => doors::role(&set),
        Wire::Invite(invite) => doors::invite(&invite),
        Wire::Kick(kick) => doors::kick(&kick),
        Wire::Ban(ban) => doors::ban(&ban),
        Wire::Unban(unban) => doors::unban(&unban),
        Wire::Mute(mute) => doors::mute(&mute),
        Wire::Unmute(unmute) => doors::unmute(&unmute),
        Wire::Doors(asked) => Ok(Request::Doors { room: RoomRef::Id(asked.room) }),
        Wire::Bars(bars) => Ok(doors::bars(bars)),
        Wire::Audit(audit) => Ok(doors::audit(audit)),
        Wire::Rename(rename) => Ok(Request::Rename { nick: new_nick_keys(&rename.nick)? }),
        Wire::Whois(whois) => Ok(Request::Whois { nick: nick_keys(&whois.nick)? }),
        Wire::Away(away) => {
            Ok(Request::Away { away: away.reason.as_deref().map(reason).transpose()? })
        }
    }
}

fn post(post: message::Post) -> Asked {
    let said = Said { text: text(&post.text)?, parts: parts(post.parts)?, reply_to: post.reply_to };
    let content = if post.action { Content::Action(said) } else { Content::Text(said) };
    Ok(Request::Post { to: RoomRef::Id(post.room), id: Some(post.id), content })
}

fn edit(edit: message::Edit) -> Asked {
    let said = Said { text: text(&edit.text)?, parts: parts(edit.parts)?, reply_to: None };
    let (room, target) = (RoomRef::Id(edit.room), edit.target);
    Ok(Request::Edit { room, target, id: Some(edit.id), said })
}

fn history(history: message::History) -> Request {
    let limit = usize::from(history.limit).clamp(1, PAGE_MESSAGES_MAX);
    Request::History { room: RoomRef::Id(history.room), from: history.from, limit }
}

fn search(search: &message::Search) -> Asked {
    let limit = usize::from(search.limit).clamp(1, FOUND_MESSAGES_MAX);
    Ok(Request::Search { query: Query::parse(&search.query)?, before: search.before, limit })
}

fn parts(parts: Vec<Part>) -> Result<Vec<Part>, Refusal> {
    let bytes: usize = parts.iter().map(|part| part.kind.len() + part.bytes.len()).sum();
    if parts.len() > PARTS_MAX || bytes > PARTS_BYTES_MAX {
        let text =
            format!("a message has at most {PARTS_MAX} parts of {PARTS_BYTES_MAX} bytes together");
        return Err(Refusal::new(ErrorCode::TooLong, text));
    }
    Ok(parts)
}

pub(in crate::protocol) fn nick_keys(nick: &str) -> Result<NickKeys, Refusal> {
    let parsed =
        Nick::parse(nick).map_err(|error| Refusal::new(ErrorCode::BadNick, error.to_string()))?;
    Ok(NickKeys::of(parsed))
}

/// The keys of a nick that somebody takes.
pub(in crate::protocol) fn new_nick_keys(nick: &str) -> Result<NickKeys, Refusal> {
    let keys = nick_keys(nick)?;
    if mixes_scripts(keys.nick.as_str()) {
        let text = "a nick's words are of one script each; Latin does not go with Cyrillic or Greek letters";
        return Err(Refusal::new(ErrorCode::BadNick, text));
    }
    Ok(keys)
}

pub(in crate::protocol) fn room_keys(room: &str) -> Result<RoomKeys, Refusal> {
    let parsed = RoomName::parse(room)
        .map_err(|error| Refusal::new(ErrorCode::BadRoom, error.to_string()))?;
    Ok(RoomKeys::of(parsed))
}

pub(in crate::protocol) fn text(text: &str) -> Result<Text, Refusal> {
    Text::clean(text).map_err(|error| unfit("the message", error))
}

pub(in crate::protocol) fn reaction(reaction: &str) -> Result<Reaction, Refusal> {
    Reaction::parse(reaction)
        .map_err(|error| Refusal::new(ErrorCode::BadReaction, error.to_string()))
}

pub(in crate::protocol) fn topic(topic: &str) -> Result<Topic, Refusal> {
    Topic::clean(topic).map_err(|error| unfit("the topic", error))
}

pub(in crate::protocol) fn reason(reason: &str) -> Result<Reason, Refusal> {
    Reason::clean(reason).map_err(|error| unfit("the reason", error))
}

fn unfit(what: &str, error: TextError) -> Refusal {
    let code = match error {
        TextError::Empty => ErrorCode::Empty,
        TextError::TooLong { .. } => ErrorCode::TooLong,
    };
    let text = format!("{what} was not taken: {error}");
    Refusal::new(code, text)
}
