//! The rules of the chat, pure: no socket, no clock, no await, no wire format.
//!
//! A [`Session`] turns what a peer asks into [`Effect`]s, most of them a [`Change`] for the log; [`apply()`] turns changes,
//! in log order, into outcomes on the [`State`].

mod account;
mod keys;
mod load;
mod state;

mod change;
mod entry;

mod doors;

mod apply;

mod request;
mod scripts;
pub mod search;
mod session;

pub use account::{
    Access, Account, DEVICES_MAX, Deed, Device, DeviceName, NewDevice, PASSWORD_BYTES_MAX,
    PASSWORD_BYTES_MIN, Password, PasswordHash, Proof,
};
pub use apply::{ID_MILLIS_MAX, MEMBER_REACTIONS_MAX, Prior, Priors, REACTIONS_MAX, apply};
pub use change::{Answer, Change, Channel, Group, Refusal, Row, To, What};
pub use doors::{
    Act, BARS_MAX, Bar, BarKind, BarsView, Doors, DoorsView, Rank, Rule, SERVER, SLOW_SECS_MAX,
    Stake, WhomKeys,
};
pub use entry::{Entry, Label, Shown, Told};
pub use keys::{MaskKeys, NickKeys, RoomKeys};
pub use load::Loaded;
pub use request::{
    Fetched, Found, Hello, Hits, Login, NameItem, Page, Person, Reply, Request, RoomItem, RoomRef,
    RoomView, Welcome,
};
pub use scripts::mixes_scripts;
pub use session::{Context, Effect, Effects, Here, Session, Settings};
pub use state::{Counters, Kind, Member, Room, SessionState, State, TokenHash};

#[cfg(test)]
mod tests;
