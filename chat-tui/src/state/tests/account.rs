//! Logging out of an account.

use chat_proto::{
    Reason, Time,
    message::{Closing, DeviceInfo, DeviceList, Done, ErrorCode, Failed, Request, Revoke},
};

use super::sim::{NOON, Sim};
use crate::state::{Effect, Msg, NetMsg};

fn device(device: u32, here: bool) -> DeviceInfo {
    let name = Reason::clean("chat-tui").expect("short");
    DeviceInfo { device, name, created: Time(NOON), used: Time(NOON), here }
}

fn forgets(sim: &Sim) -> bool {
    sim.effects.iter().any(|effect| matches!(effect, Effect::KeepToken { token: None, .. }))
}

/// The server ends the session, and says why.
fn put_out(sim: &mut Sim, why: &str) {
    let (code, text) = (ErrorCode::Displaced, why.into());
    sim.event(Closing { code, come_back_millis: None, text });
    sim.lose();
}

#[test]
fn logging_out_forgets_the_token_and_makes_it_void() {
    let mut sim = Sim::online(120, 12);
    sim.says("/logout");
    let devices = vec![device(1, false), device(4, true)];
    sim.reply(DeviceList { devices }, |asked| matches!(asked, Request::Devices(_)));
    assert!(forgets(&sim));
    sim.reply(Done {}, |asked| matches!(asked, Request::Revoke(Revoke { device: 4 })));
    put_out(&mut sim, "this session has been ended");
    assert_eq!(sim.rows_with("!  you are logged out; /login NICK PASSWORD comes in again"), 1);
    assert_eq!(sim.rows_with("/connect"), 0, "it would come in as nobody");
}

#[test]
fn why_a_session_is_over_is_told_where_it_can_be_read() {
    let mut sim = Sim::online(40, 12);
    put_out(&mut sim, "an administrator ended this session: rude");
    sim.says("/join #ops");
    let screen = sim.screen().join(" ");
    assert!(screen.contains("(/connect tries again)"), "{screen}");
    assert!(!screen.contains("connecting…"), "{screen}");
    sim.says("/buffer #lobby");
    assert_eq!(sim.rows_with("session: rude (/connect tries"), 1, "{:#?}", sim.screen());
}

#[test]
fn nothing_is_promised_where_the_token_may_be_void() {
    let mut sim = Sim::online(120, 12);
    put_out(&mut sim, "this session has been ended");
    assert_eq!(sim.rows_with("!  this session has been ended (/connect tries again)"), 1);
    sim.says("/connect");
    sim.msg(Msg::Net(NetMsg::Connected { conn: 2 }));
    let text = "this device is not known (any more); log in with the password".into();
    let reply = Failed { code: ErrorCode::BadLogin, text }.into();
    sim.msg(Msg::Net(NetMsg::Reply { conn: 2, number: 1, reply }));
    assert_eq!(sim.rows_with("!  this device is not known (any more)"), 1, "{:#?}", sim.screen());
}

#[test]
fn a_refused_login_is_told_once_and_in_full() {
    let mut sim = Sim::online(110, 12);
    put_out(&mut sim, "this session has been ended");
    sim.says("/login alice mistyped");
    sim.msg(Msg::Net(NetMsg::Connected { conn: 2 }));
    let text = "no account of that nick has that password".into();
    sim.msg(Msg::Net(NetMsg::Reply {
        conn: 2,
        number: 1,
        reply: Failed { code: ErrorCode::BadLogin, text }.into(),
    }));
    let rows = sim.rows_with("no account of that nick has that password");
    assert_eq!(rows, 2, "in the room and below it: {:#?}", sim.screen());
    assert_eq!(sim.screen().join(" ").matches("no account of").count(), 2);
}

#[test]
fn who_came_by_password_has_nothing_to_make_void() {
    let mut sim = Sim::online(80, 12);
    sim.says("/logout");
    sim.reply(DeviceList { devices: vec![device(1, false)] }, |asked| {
        matches!(asked, Request::Devices(_))
    });
    assert!(forgets(&sim));
    assert_eq!(sim.rows_with("this login has left no token"), 1);
}
