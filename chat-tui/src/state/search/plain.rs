//! What was found, where there is no screen: one page, oldest first, as it stands in the rooms.

use super::{Search, Stage};
use crate::state::{Effects, Model, lines};

pub(super) fn tell(model: &mut Model, out: &mut Effects) {
    let Search { hits, stage, .. } = std::mem::take(&mut model.search);
    for hit in hits.iter().rev() {
        let line = lines::line(model, &hit.label, hit.seq, &hit.item);
        model.inform(line, out);
    }
    let told = match (hits.len(), stage) {
        (0, Stage::Done) => "nothing was found".to_owned(),
        (count, Stage::Done) => format!("found {count}"),
        (count, _) => format!("found {count}; there may be more: before:DATE looks further back"),
    };
    model.inform(told, out);
}
