//! The client driven by what comes in, and looked at through its effects and its screen.

mod account;
mod leaving;
mod markers;
mod openness;
mod plain;
mod reading;
mod reconnect;
mod revising;
mod searching;
mod sim;
mod talking;
mod typing;
mod unwelcome;
