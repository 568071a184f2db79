//! What was found, where there is no screen: one page, oldest first, as it stands in the rooms.

use super::{Place, Search, Stage};
use crate::state::{Body, Effects, Model, calendar::local};

pub(super) fn tell(model: &mut Model, out: &mut Effects) {
    let Search { hits, stage, .. } = std::mem::take(&mut model.search);
    for hit in hits.iter().rev() {
        let line = line(model, hit);
        model.inform(line, out);
    }
    let told = match (hits.len(), stage) {
        (0, Stage::Done) => "nothing was found".to_owned(),
        (count, Stage::Done) => format!("found {count}"),
        (count, _) => format!("found {count}; there may be more: before:DATE looks further back"),
    };
    model.inform(told, out);
}

/// `#room 1234 2026-11-20 14:03 <nick> text`
fn line(model: &Model, hit: &Place) -> String {
    let at = local(hit.item.at, &model.settings.zone).strftime("%Y-%m-%d %H:%M");
    let text = match &hit.item.body {
        Body::Said(said) if said.action => format!("* {} {}", said.nick, said.text),
        Body::Said(said) => format!("<{}> {}", said.nick, said.text),
        body => body.text().into_owned(),
    };
    format!("{} {} {at} {}", hit.label, hit.seq, text.replace('\n', " "))
}
