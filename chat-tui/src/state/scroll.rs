//! Where in a room's timeline the screen stands, and moving it by rows.
//!
//! The anchor is the screen's last row, so that neither new messages below nor older pages above move what is read.

use super::{item::Pos, rows::Setting};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// At the end, and going with it.
    #[default]
    End,
    /// The last row shown is this one of the item there.
    At { pos: Pos, row: usize },
}

impl Scroll {
    /// The item at the screen's last row, unless that is the last one.
    #[must_use]
    pub const fn pos(self) -> Option<Pos> {
        match self {
            Self::End => None,
            Self::At { pos, .. } => Some(pos),
        }
    }
}

/// What moving came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub scroll: Scroll,
    /// Whether the window's edge is near, so that a page should be asked for.
    pub near_edge: bool,
}

/// A row: of which item, and which of its rows.
type At = (Pos, usize);

impl Setting<'_> {
    /// The screen of `height` rows, moved up.
    #[must_use]
    pub fn up(&self, by: usize, height: usize) -> Moved {
        let Some(bottom) = self.bottom() else {
            return Moved { scroll: Scroll::End, near_edge: true };
        };
        let (target, _) = self.rise(bottom, by);
        let (_, to_edge) = self.rise(target, 2 * height);
        let (top, missing) = self.rise(target, height.saturating_sub(1));
        let at = if missing > 0 { self.sink(top, height.saturating_sub(1)).0 } else { target };
        Moved { scroll: self.at(at), near_edge: to_edge > 0 }
    }

    /// The screen moved down.
    #[must_use]
    pub fn down(&self, by: usize, height: usize) -> Moved {
        let Scroll::At { .. } = self.room.scroll else {
            return Moved { scroll: Scroll::End, near_edge: true };
        };
        let Some(bottom) = self.bottom() else {
            return Moved { scroll: Scroll::End, near_edge: true };
        };
        let (target, _) = self.sink(bottom, by);
        let (_, to_edge) = self.sink(target, height);
        Moved { scroll: self.at(target), near_edge: to_edge > 0 }
    }

    /// The screen that begins with the window's first row.
    #[must_use]
    pub fn first(&self, height: usize) -> Scroll {
        let first = self.room.timeline.items().next().map(|(pos, _)| (pos, 0));
        first.map_or(Scroll::End, |top| self.at(self.sink(top, height.saturating_sub(1)).0))
    }

    /// The screen moved as little as needed to show the item at `pos`.
    #[must_use]
    pub fn reveal(&self, pos: Pos, height: usize) -> Scroll {
        let Some(bottom) = self.bottom() else { return Scroll::End };
        let last = (pos, self.height(pos).saturating_sub(1));
        let (top, _) = self.rise(bottom, height.saturating_sub(1));
        if last > bottom {
            self.at(last)
        } else if (pos, 0) < top {
            self.at(self.sink((pos, 0), height.saturating_sub(1)).0)
        } else {
            self.room.scroll
        }
    }

    /// The screen with the item at `pos` in its middle.
    #[must_use]
    pub fn around(&self, pos: Pos, height: usize) -> Scroll {
        let Some((pos, _)) = self.room.timeline.up_from(pos).next() else {
            return self.first(height);
        };
        let own = self.height(pos).min(height);
        self.at(self.sink((pos, own.saturating_sub(1)), (height - own) / 2).0)
    }

    /// The last row that is shown; `None` where there is none at all.
    #[must_use]
    pub fn bottom(&self) -> Option<At> {
        let (wanted, row) = match self.room.scroll {
            Scroll::End => (self.room.timeline.last_pos()?, usize::MAX),
            Scroll::At { pos, row } => (pos, row),
        };
        // What was dropped since is replaced by its neighbour.
        let timeline = &self.room.timeline;
        let (pos, _) = timeline.up_from(wanted).next().or_else(|| timeline.items().next())?;
        Some((pos, row.min(self.height(pos).saturating_sub(1))))
    }

    /// `by` rows up, and how many of them there are not.
    fn rise(&self, from: At, by: usize) -> (At, usize) {
        let ((mut pos, mut row), mut left) = (from, by);
        for (above, _) in self.room.timeline.up_from(from.0).skip(1) {
            if left <= row {
                break;
            }
            left -= row + 1;
            (pos, row) = (above, self.height(above).saturating_sub(1));
        }
        let step = left.min(row);
        ((pos, row - step), left - step)
    }

    /// `by` rows down, and how many of them there are not.
    fn sink(&self, from: At, by: usize) -> (At, usize) {
        let ((mut pos, mut row), mut left) = (from, by);
        let mut below = self.room.timeline.down_from(from.0);
        loop {
            let room = self.height(pos).saturating_sub(row + 1);
            if left <= room {
                return ((pos, row + left), 0);
            }
            let Some((next, _)) = below.next() else { return ((pos, row + room), left - room) };
            left -= room + 1;
            (pos, row) = (next, 0);
        }
    }

    /// The last row of all is the end, where the window is live.
    fn at(&self, (pos, row): At) -> Scroll {
        let last = self.room.timeline.last_pos() == Some(pos) && row + 1 >= self.height(pos);
        if last && self.room.timeline.is_live() { Scroll::End } else { Scroll::At { pos, row } }
    }

    fn height(&self, pos: Pos) -> usize {
        self.room.timeline.get(pos).map_or(0, |item| self.rows(pos, item).len())
    }
}
