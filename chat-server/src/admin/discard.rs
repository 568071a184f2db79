//! Deleting a room with all that was said in it.

use std::time::Instant;

use chat_proto::{RoomId, RoomName, Time, message::ErrorCode, name::fold};

use super::Desk;
use crate::{
    core::{Change, Deed, Refusal, What},
    log::Log,
};

/// Entries thrown away with one change.
const STEP_ENTRIES: usize = 512;

impl Desk<'_> {
    /// Nobody can reach the room from the first moment on; the answer comes when nothing of it is left.
    pub(super) async fn delete_room(
        &self,
        name: &RoomName,
        number: Option<u64>,
    ) -> Result<Vec<String>, Refusal> {
        let room = self.called(name, number)?;
        self.change(Deed::CloseRoom { room }).await?;
        let count = discard(self.log, self.now, room).await?;
        tracing::warn!(%name, %room, entries = count, "a room is deleted");
        Ok(vec![format!("{name} is deleted with {count} entries")])
    }

    /// The room of that name. A private one may have the name of another; then its number tells.
    fn called(&self, name: &RoomName, number: Option<u64>) -> Result<RoomId, Refusal> {
        let state = self.log.state();
        let is_meant = |id: &RoomId| number.is_none_or(|number| number == id.0);
        let called = state.called(&fold(name.as_str())).iter().copied();
        let mut found: Vec<_> = called.filter(is_meant).collect();
        found.sort_unstable();
        match found[..] {
            [room] => Ok(room),
            [] => Err(Refusal::new(ErrorCode::NoRoom, format!("there is no room {name}"))),
            _ => {
                let numbers: Vec<_> = found.iter().map(ToString::to_string).collect();
                let text = format!(
                    "{} rooms are called {name}; say which with --number {}",
                    found.len(),
                    numbers.join(", or ")
                );
                Err(Refusal::new(ErrorCode::Usage, text))
            }
        }
    }
}

/// Throws away all that a closed room has, in steps with pauses as long as they; how many entries went.
pub(crate) async fn discard(log: &Log, now: fn() -> Time, room: RoomId) -> Result<u64, Refusal> {
    let mut count = 0;
    loop {
        let began = Instant::now();
        let first = log.first(room, STEP_ENTRIES).await?;
        let through = first.last().map(|entry| entry.seq);
        count += first.len() as u64;
        let what = What::Operate(Deed::Discard { room, through });
        log.throw_away(room, &first, Change::by_server(now(), what)).await?;
        if through.is_none() {
            return Ok(count);
        }
        tokio::time::sleep(began.elapsed()).await;
    }
}
