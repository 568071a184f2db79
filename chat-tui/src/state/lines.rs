//! What was said, where there is no screen: a line for each message, as it stands in its room.

use chat_proto::{Seq, message::Page};

use super::{Body, Effects, Item, Model, RoomKey, calendar::local, past};

/// `#room 1234 2026-11-20 14:03 <nick> text`
pub(super) fn line(model: &Model, label: &str, seq: Seq, item: &Item) -> String {
    let at = local(item.at, &model.settings.zone).strftime("%Y-%m-%d %H:%M");
    let text = match &item.body {
        Body::Said(said) if said.action => format!("* {} {}", said.nick, said.text),
        Body::Said(said) => format!("<{}> {}", said.nick, said.text),
        body => body.text().into_owned(),
    };
    format!("{label} {seq} {at} {}", text.replace('\n', " "))
}

/// The page that was asked for, and how to read on.
pub(super) fn page(model: &mut Model, key: RoomKey, page: &Page, out: &mut Effects) {
    let Some(room) = model.rooms.get(key) else { return };
    let label = room.title.label();
    let told = page.items.iter().filter_map(|of| {
        let item = past::item(model, key, of, page.as_of)?;
        Some(line(model, &label, of.entry.seq, &item))
    });
    let mut lines: Vec<String> = told.collect();
    match page.items.last().filter(|_| page.more) {
        Some(last) => lines.push(format!("/history {} reads on", last.entry.seq.next())),
        None if lines.is_empty() => lines.push("nothing was said from there on".to_owned()),
        None => {}
    }
    lines.into_iter().for_each(|line| model.inform(line, out));
}
