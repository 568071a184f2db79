//! The client without a screen: what it prints.

use chat_proto::{
    Epoch,
    message::{Request, RoomOpened},
};

use super::sim::{LOBBY, Sim, info, numbered};
use crate::state::{Effect, Msg};

/// A client in #lobby, where much was said before.
fn plain() -> Sim {
    let mut sim = Sim::new(80, 12);
    sim.model.settings.plain = true;
    sim.connect(Epoch([1; 16]), false);
    sim.event(RoomOpened { room: info(LOBBY, "#lobby", 300) });
    sim.effects.clear();
    sim
}

fn printed(sim: &Sim) -> Vec<String> {
    let shown = sim.effects.iter().filter_map(|effect| match effect {
        Effect::Show { item, .. } => Some(item.body.text().into_owned()),
        _ => None,
    });
    shown.collect()
}

#[test]
fn history_is_printed() {
    let mut sim = plain();
    sim.msg(Msg::Line("/history 3".into()));
    sim.page(numbered(3..=4), true);
    let expected = [
        "#lobby 3 2026-11-21 12:00 <bob> number 3.",
        "#lobby 4 2026-11-21 12:00 <bob> number 4.",
        "/history 5 reads on",
    ];
    assert_eq!(printed(&sim), expected);
    let asked = sim.sent(|request| matches!(request, Request::History(_)).then_some(()));
    assert!(asked.is_empty(), "one page is what was asked for");
}

#[test]
fn history_of_nothing_says_so() {
    let mut sim = plain();
    sim.msg(Msg::Line("/history 2026-11-20".into()));
    sim.page(Vec::new(), false);
    assert_eq!(printed(&sim), ["nothing was said from there on"]);
}
