//! The right: who is in the room.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Theme, nth_row, put};
use crate::{
    state::{Model, members::Known},
    wrap,
};

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: Theme) {
    let Some(room) = model.rooms.current_room().filter(|_| !area.is_empty()) else { return };
    let (count, height) = (room.members.count(), usize::from(area.height));
    let heading =
        if room.members.known == Known::Yes { format!(" {count} here") } else { " …".into() };
    put(buf, nth_row(area, 0), &Line::styled(heading, theme.dim()));
    let space = height.saturating_sub(1);
    let shown = if count > space { space.saturating_sub(1) } else { space };
    for (at, (id, member)) in room.members.iter().take(shown).enumerate() {
        let mark = room.openness.mark(id);
        let mark = if mark.is_empty() { " " } else { mark };
        let name = wrap::fit(member.nick.as_str(), usize::from(area.width).saturating_sub(1));
        let own = model.member() == Some(id);
        let style = match (member.away, own) {
            (true, _) => theme.dim(),
            (false, true) => theme.own(member.nick.as_str()),
            (false, false) => theme.nick(member.nick.as_str()),
        };
        put(buf, nth_row(area, at + 1), &Line::styled(format!("{mark}{name}"), style));
    }
    if count > space && room.members.known == Known::Yes {
        let more = format!(" and {} more", count - shown);
        put(buf, nth_row(area, shown + 1), &Line::styled(more, theme.dim()));
    }
}
