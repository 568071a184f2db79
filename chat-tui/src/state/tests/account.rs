//! Logging out of an account.

use chat_proto::{
    Reason, Time,
    message::{DeviceInfo, DeviceList, Done, Request, Revoke},
};

use super::sim::{NOON, Sim};
use crate::state::Effect;

fn device(device: u32, here: bool) -> DeviceInfo {
    let name = Reason::clean("chat-tui").expect("short");
    DeviceInfo { device, name, created: Time(NOON), used: Time(NOON), here }
}

fn forgets(sim: &Sim) -> bool {
    sim.effects.iter().any(|effect| matches!(effect, Effect::KeepToken { token: None, .. }))
}

#[test]
fn logging_out_forgets_the_token_and_makes_it_void() {
    let mut sim = Sim::online(80, 12);
    sim.says("/logout");
    let devices = vec![device(1, false), device(4, true)];
    sim.reply(DeviceList { devices }, |asked| matches!(asked, Request::Devices(_)));
    assert!(forgets(&sim));
    sim.reply(Done {}, |asked| matches!(asked, Request::Revoke(Revoke { device: 4 })));
    assert_eq!(sim.rows_with("it does not come in"), 1);
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
