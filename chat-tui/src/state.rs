//! What the client knows and what it does about it: `update(&mut Model, now, Msg) -> Vec<Effect>`.
//!
//! Nothing here touches a terminal, a socket or a clock, so that a test drives it with a list of messages.

pub mod model;
pub mod msg;
pub mod update;

pub mod doors;
pub mod events;
pub mod ids;
pub mod leaving;
pub mod reading;
pub mod replies;
pub mod requests;
pub mod session;

pub mod item;
pub mod members;
pub mod openness;
pub mod outcome;
pub mod quotes;
pub mod room;
pub mod rooms;
pub mod timeline;

pub mod calendar;
pub mod geometry;
pub mod lines;
pub mod past;
pub mod revise;
pub mod rows;
pub mod scroll;
pub mod search;
pub mod switch;
pub mod talk;
pub mod travel;

pub mod actions;
pub mod commands;
pub mod completion;
pub mod composer;
pub mod key;
pub mod overlay;
pub mod picker;
pub mod recall;
pub mod select;
pub mod status;

#[cfg(test)]
mod tests;

pub use item::{Body, Delivery, Item};
pub use key::{Code, Key};
pub use model::{Link, Model, Settings};
pub use msg::{Effect, Effects, Msg, NetMsg};
pub use room::{Room, Title};
pub use rooms::{RoomKey, Rooms};
pub use update::update;
