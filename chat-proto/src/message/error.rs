//! Error codes, shared by all protocols.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])+ $number:literal $name:literal => $variant:ident,)*) => {
        /// Why something was not done. A number on the framed wire, a word in line mode.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "u16", into = "u16")]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])+ $variant,)*
            /// A code of a newer version.
            Other(u16),
        }

        impl ErrorCode {
            /// All codes of this version.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word for it, as line mode shows it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(_) => "error",
                }
            }
        }

        impl From<u16> for ErrorCode {
            fn from(number: u16) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }
        }

        impl From<ErrorCode> for u16 {
            fn from(code: ErrorCode) -> Self {
                match code {
                    $(ErrorCode::$variant => $number,)*
                    ErrorCode::Other(number) => number,
                }
            }
        }
    };
}

codes! {
    /// The frame or its payload cannot be read.
    1 "bad-frame" => BadFrame,
    /// This version does not know that request.
    2 "unknown-request" => UnknownRequest,
    /// No common protocol version.
    3 "bad-version" => BadVersion,
    /// `Hello` has to come first, and once.
    4 "bad-order" => BadOrder,
    /// There is no such command.
    5 "unknown-command" => UnknownCommand,
    /// The command is written otherwise.
    6 "usage" => Usage,
    /// A line, frame, text, topic or reason is over its limit.
    7 "too-long" => TooLong,
    /// A message without text.
    8 "empty" => Empty,
    /// The server lets no more in; try later.
    9 "busy" => Busy,
    /// The server shuts down.
    10 "closing" => ShuttingDown,
    /// The peer did not say hello, or was not heard of, in time.
    11 "timeout" => Timeout,
    /// Another connection has taken up the session.
    12 "displaced" => Displaced,
    /// Something is wrong inside the server; its log says what.
    13 "internal" => Internal,
    /// This port takes TLS only.
    14 "tls-only" => TlsOnly,
    /// No nick by the rules.
    20 "bad-nick" => BadNick,
    /// Somebody has that nick, or one that looks like it.
    21 "nick-taken" => NickTaken,
    /// Nobody of that nick is here.
    22 "no-nick" => NoNick,
    /// That nick, or one that looks like it, belongs to an account.
    23 "registered" => Registered,
    /// No room name by the rules.
    30 "bad-room" => BadRoom,
    /// No such room, or none chosen.
    31 "no-room" => NoRoom,
    /// The member is not in that room.
    32 "not-joined" => NotJoined,
    /// A room of another name looks the same.
    33 "look-alike" => LookAlike,
    /// The session is in as many rooms as it may be.
    34 "too-many-rooms" => TooManyRooms,
    /// Not possible in a private conversation.
    35 "private" => Private,
    /// That id was used with other content.
    40 "id-reused" => IdReused,
    /// The log cannot be written now; nothing happened; try again.
    41 "unavailable" => Unavailable,
    /// It may or may not have happened: send the same id again.
    42 "outcome-unknown" => OutcomeUnknown,
    /// There is no such message in that room, or it was deleted.
    43 "no-message" => NoMessage,
    /// Only who said it may change it.
    44 "not-yours" => NotYours,
    /// No reaction by the rules.
    45 "bad-reaction" => BadReaction,
    /// The message, or the member on it, has as many reactions as there may be.
    46 "too-many-reactions" => TooManyReactions,
    /// No account of that nick has that password.
    60 "bad-login" => BadLogin,
    /// No password by the rules.
    61 "bad-password" => BadPassword,
    /// Too many failed logins or registrations from that address.
    62 "locked-out" => LockedOut,
    /// Only for accounts.
    63 "login-needed" => LoginNeeded,
    /// Passwords are taken over TLS only.
    64 "tls-needed" => TlsNeeded,
    /// The operator alone makes accounts.
    65 "no-registration" => NoRegistration,
    /// The member is an account already.
    66 "logged-in" => LoggedIn,
    /// The account has no device of that number.
    67 "no-device" => NoDevice,
    /// Only some of the room may do that, or only to some.
    70 "not-allowed" => NotAllowed,
    /// The room keeps the member out.
    71 "banned" => Banned,
    /// The room keeps the member from speaking.
    72 "muted" => Muted,
    /// Only moderators speak in that room.
    73 "read-only" => ReadOnly,
    /// The room lets each member speak once in a while.
    74 "slow-mode" => SlowMode,
    /// There are as many as there may be.
    75 "too-many" => TooMany,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "error-{number}"),
            _ => f.write_str(self.as_str()),
        }
    }
}
