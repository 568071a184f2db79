//! A server that does not let the user in as they came.

use chat_proto::message::{ErrorCode, Failed, Request};

use super::sim::{Sim, nick};
use crate::{
    login::Credential,
    state::{Effect, Link, Msg, NetMsg},
};

const WHY: &str = "zed belongs to an account: log in if it is yours (/login zed PASSWORD), or \
                   choose another nick";

/// A client whose first hello was refused.
fn refused(columns: u16, code: ErrorCode, why: &str) -> Sim {
    let mut sim = Sim::new(columns, 18);
    sim.model.nick = nick("zed");
    sim.msg(Msg::Net(NetMsg::Connected { conn: 1 }));
    sim.effects.clear();
    let reply = Failed { code, text: why.into() }.into();
    sim.msg(Msg::Net(NetMsg::Reply { conn: 1, number: 1, reply }));
    sim.msg(Msg::Net(NetMsg::Lost { why: "the server closed".into() }));
    sim
}

fn dials(sim: &Sim) -> usize {
    sim.effects.iter().filter(|effect| matches!(effect, Effect::Dial { .. })).count()
}

/// What stands in the middle of the screen, its rows put together.
fn middle(sim: &Sim) -> String {
    let text = sim.screen()[1..15].join(" ").replace('│', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn why_it_is_so_can_be_read_on_every_screen() {
    let operator = "only the operator of this server makes accounts; ask for yours";
    for columns in [40, 60, 61, 62, 80, 120] {
        for (code, why) in [(ErrorCode::Registered, WHY), (ErrorCode::LoginNeeded, operator)] {
            let sim = refused(columns, code, why);
            assert_eq!(middle(&sim), why, "{:#?}", sim.screen());
        }
    }
}

#[test]
fn a_hint_is_not_behind_what_is_told_anyway() {
    let mut sim = refused(60, ErrorCode::Registered, WHY);
    sim.keys("ctrl-c");
    assert_eq!(sim.rows_with("zed · offline · /quit leaves the chat"), 1, "{:#?}", sim.screen());
    sim.keys("left");
    let screen = sim.screen();
    let status = screen[16].trim();
    assert!(status.starts_with("zed · offline: zed belongs") && status.ends_with('…'), "{status}");
}

#[test]
fn another_nick_is_tried_at_once() {
    let mut sim = refused(120, ErrorCode::Registered, WHY);
    assert_eq!((dials(&sim), sim.rows_with("/nick NAME tries another one")), (0, 1));
    sim.says("/nick yeti");
    assert_eq!((dials(&sim), sim.rows_with("belongs to an account")), (1, 0));
    sim.msg(Msg::Net(NetMsg::Connected { conn: 2 }));
    let asked = sim.sent(|request| match request {
        Request::Hello(hello) => Some(hello.nick.clone()),
        _ => None,
    });
    assert_eq!(asked, ["yeti"]);
}

#[test]
fn what_one_nick_logs_in_by_is_not_shown_with_another() {
    let mut sim = refused(120, ErrorCode::LockedOut, "too many wrong passwords");
    sim.model.login = Some(Credential::Password(chat_proto::Secret::new("secret")));
    sim.says("/nick yeti");
    assert!(sim.model.login.is_none());
}

#[test]
fn a_session_that_others_ended_does_not_come_back_by_a_nick() {
    let mut sim = Sim::online(80, 12);
    sim.model.link = Link::Over { why: "an administrator ended this session".into() };
    sim.effects.clear();
    sim.says("/nick yeti");
    assert_eq!(dials(&sim), 0);
}
