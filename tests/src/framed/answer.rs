//! Replies by their types.

use chat_proto::message::{
    DeviceList, Done, Entered, Failed, Found, Lines, LoggedIn, NameList, Page, Person, Pong,
    Posted, Reply, RoomList, Welcome,
};

/// What a request may be answered by.
pub trait Answer: Sized {
    /// # Errors
    /// Gives a reply of another type back.
    fn of(reply: Reply) -> Result<Self, Box<Reply>>;
}

impl Answer for Reply {
    fn of(reply: Self) -> Result<Self, Box<Self>> {
        Ok(reply)
    }
}

macro_rules! answers {
    ($($name:ident)*) => {
        $(impl Answer for $name {
            fn of(reply: Reply) -> Result<Self, Box<Reply>> {
                match reply {
                    Reply::$name(answer) => Ok(answer),
                    other => Err(Box::new(other)),
                }
            }
        })*
    };
}

answers!(Welcome Pong Done Failed Entered RoomList NameList Posted Page Found Person LoggedIn DeviceList Lines);
