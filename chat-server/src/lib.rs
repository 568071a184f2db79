//! A multi-room chat server: every message is on disk before anybody sees it.
//!
//! ARCHITECTURE.md tells the way of a message through these modules.

pub mod config;
pub mod logging;
mod reload;
pub mod server;

mod drain;

pub mod accounts;
pub mod admin;
mod admission;
pub mod listen;
mod presence;
pub mod proxy;
pub mod quota;
pub mod tls;
mod welcome;

pub mod conn;
pub mod protocol;
mod retention;
mod sessions;

pub mod core;

pub mod rooms;

pub mod log;

pub mod clock;
mod numbered;

pub mod data;
