//! Colours and weights. The sixteen colours of the terminal are the user's own choice; without colour, weight remains.

use chat_proto::name::fold;
use ratatui::style::{Color, Modifier, Style};

/// Colours of nicks; none that a dark or a light background swallows.
const NICKS: [Color; 12] = [
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
];

#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Whether colours may be used; `NO_COLOR` says no.
    pub color: bool,
}

impl Theme {
    fn colored(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    /// The same colour for a nick at all times and in all rooms, whatever its case (FNV-1a over the folded name).
    pub(super) fn nick(self, nick: &str) -> Style {
        let hash = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        let hash = fold(nick).bytes().fold(0x811C_9DC5, hash);
        self.colored(NICKS[hash as usize % NICKS.len()])
    }

    pub(super) fn own(self, nick: &str) -> Style {
        self.nick(nick).add_modifier(Modifier::BOLD)
    }

    pub(super) const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn rule(self) -> Style {
        self.colored(Color::DarkGray)
    }

    pub(super) const fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn mention(self) -> Style {
        self.colored(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn unread(self) -> Style {
        self.colored(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    pub(super) fn error(self) -> Style {
        self.colored(Color::Red)
    }

    pub(super) fn good(self) -> Style {
        self.colored(Color::Green)
    }

    pub(super) fn new_messages(self) -> Style {
        self.colored(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Bars and what is selected.
    pub(super) const fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nick_keeps_its_colour() {
        let theme = Theme { color: true };
        assert_eq!(theme.nick("Alice"), theme.nick("aLICE"));
        assert_ne!(theme.nick("alice"), theme.nick("carol"));
        assert_eq!(Theme { color: false }.nick("alice"), Style::new());
    }
}
