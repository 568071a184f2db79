//! Requests, replies and events of the framed protocol.
//!
//! postcard cannot skip what it does not know. Therefore every message is a frame of its own whose header names its
//! type, an unknown type is stepped over (or answered with an error), entries carry their content as (kind, bytes), and
//! a message may grow only at its end: a reader ignores bytes behind what it knows.

mod content;
mod door;
mod error;
mod event;
mod outcome;
mod reply;
mod request;

use bytes::BytesMut;
use serde::{Serialize, de::DeserializeOwned};

pub use content::{Content, PARTS_BYTES_MAX, PARTS_MAX, Part, Said};
pub use door::*;
pub use error::ErrorCode;
pub use event::*;
pub use outcome::{EditMark, Outcome, PageItem, ReactionCount};
pub use reply::*;
pub use request::*;

use crate::frame::{self, Frame};

/// A frame whose payload is not what its type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payload does not match type {kind:#06x}")]
pub struct Malformed {
    pub kind: u16,
    pub request: u32,
}

/// One of the three families of messages.
pub trait Message: Sized {
    /// Reads a frame; `None` for a type this version does not know.
    ///
    /// # Errors
    /// When the payload of a known type cannot be read.
    fn read(frame: &Frame) -> Result<Option<Self>, Malformed>;

    /// Appends the message as one frame; `request` is 0 for events.
    fn write(&self, request: u32, out: &mut BytesMut);
}

/// Defines a family of messages: an enum, and which frame type stands for which variant.
macro_rules! family {
    ($(#[$doc:meta])* $family:ident { $($kind:literal => $variant:ident $(($how:ident))? $(: $(#[$vdoc:meta])+)?,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $family {
            $($($(#[$vdoc])+)? $variant($variant),)*
        }

        impl crate::message::Message for $family {
            fn read(frame: &crate::frame::Frame) -> Result<Option<Self>, crate::message::Malformed> {
                Ok(Some(match frame.kind {
                    $($kind => Self::$variant(crate::message::read!(frame $(, $how)?)),)*
                    _ => return Ok(None),
                }))
            }

            fn write(&self, request: u32, out: &mut bytes::BytesMut) {
                match self {
                    $(Self::$variant(message) => crate::frame::write($kind, request, message, out),)*
                }
            }
        }

        impl $family {
            /// Every type number of the family with its name, as PROTOCOL.md lists them.
            pub const KINDS: &[(u16, &'static str)] = &[$(($kind, stringify!($variant)),)*];

            /// The number that stands for this message on the wire.
            #[must_use]
            pub const fn kind(&self) -> u16 {
                match self {
                    $(Self::$variant(_) => $kind,)*
                }
            }
        }

        $(impl From<$variant> for $family {
            fn from(message: $variant) -> Self {
                Self::$variant(message)
            }
        })*
    };
}
pub(crate) use family;

/// Reads the payload of a message; of one that has `grown` since the first version by its own rule.
macro_rules! read {
    ($frame:ident) => {
        crate::message::payload($frame)?
    };
    ($frame:ident, grown) => {
        crate::message::grown($frame)?
    };
}
pub(crate) use read;

/// A message to which fields were added at its end: where these are absent, so is what they would say.
pub(crate) trait Grown: Sized {
    fn read(payload: &[u8]) -> postcard::Result<Self>;
}

pub(crate) fn grown<T: Grown>(frame: &Frame) -> Result<T, Malformed> {
    T::read(&frame.payload).map_err(|_cut| Malformed { kind: frame.kind, request: frame.request })
}

/// What was added at the end of a message, if it is there.
pub(crate) fn added<T: DeserializeOwned + Default>(rest: &[u8]) -> postcard::Result<T> {
    if rest.is_empty() {
        return Ok(T::default());
    }
    postcard::take_from_bytes(rest).map(|(value, _newer)| value)
}

/// The payload as `T`; bytes behind it belong to a newer version and are ignored.
pub(crate) fn payload<T: DeserializeOwned>(frame: &Frame) -> Result<T, Malformed> {
    match postcard::take_from_bytes(&frame.payload) {
        Ok((message, _newer)) => Ok(message),
        Err(_) => Err(Malformed { kind: frame.kind, request: frame.request }),
    }
}

/// Appends `message` as a frame of a type that this version need not know; for tests of newer peers.
pub fn write_raw<M: Serialize>(kind: u16, request: u32, message: &M, out: &mut BytesMut) {
    frame::write(kind, request, message, out);
}
