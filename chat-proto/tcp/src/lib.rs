//! Dead, or only slow? What TCP knows about a peer whose program says nothing.
//!
//! A peer that merely does not read closes its window, and its system still acknowledges what is sent to ask for more. A
//! peer that is gone, its cable pulled or its NAT entry lost, acknowledges nothing. At rest TCP's own keepalive finds it
//! ([`tune`]); while something is on its way there is no keepalive, and the signs tell ([`Watch`]).
//!
//! All times follow from one: the time without a sign of life after which a peer is dead ([`Patience`]).

mod patience;
mod signs;
mod system;
mod watch;

pub use patience::{Patience, SECS_DEFAULT, SECS_MIN, TooShort};
pub use signs::Signs;
pub use system::{give_up_after, signs, tune};
pub use watch::Watch;
