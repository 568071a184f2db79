//! Deleting an account with all that was said by it.

use chat_proto::{
    MemberId, Nick, RoomId, Seq,
    message::{Anchor, ErrorCode},
};

use super::{Desk, Request};
use crate::{
    core::{Answer, Change, Deed, NickKeys, Refusal, What},
    log::Read,
};

/// Entries read at a time; what is to go of them is deleted together.
const STEP_ENTRIES: usize = 256;
const STEP_BYTES: usize = 256 * 1024;

impl Desk<'_> {
    /// Nobody says more under the account meanwhile: what came while the rooms were gone through goes in a second round.
    pub(super) async fn delete_all(&self, nick: Nick) -> Result<Vec<String>, Refusal> {
        let keys = NickKeys::of(nick.clone());
        let none = || Refusal::new(ErrorCode::NoNick, format!("there is no account {nick}"));
        let member = self.log.state().account_named(&keys.folded).ok_or_else(none)?;
        self.act(Request::UserLogout { nick: nick.clone() }).await?;
        let mut count = self.erase(&keys, member).await?;
        count += self.erase(&keys, member).await?;
        self.act(Request::UserDelete { nick, with_messages: false }).await?;
        Ok(vec![format!("{count} messages deleted")])
    }

    async fn erase(&self, nick: &NickKeys, member: MemberId) -> Result<usize, Refusal> {
        let (mut next, mut count) = (RoomId(0), 0);
        while let Some((room, _)) = self.log.oldest(next).await? {
            next = RoomId(room.0 + 1);
            count += self.erase_in(room, nick, member).await?;
        }
        Ok(count)
    }

    async fn erase_in(
        &self,
        room: RoomId,
        nick: &NickKeys,
        member: MemberId,
    ) -> Result<usize, Refusal> {
        let (mut after, mut count) = (Seq(0), 0);
        loop {
            let read =
                Read { from: Anchor::After(after), limit: STEP_ENTRIES, bytes_max: STEP_BYTES };
            let page = self.log.read(room, read).await?;
            let Some(last) = page.entries.last().map(|entry| entry.seq) else { return Ok(count) };
            let own = page
                .entries
                .iter()
                .filter(|entry| entry.by == member && entry.content.said().is_some());
            let own: Vec<_> = own
                .filter(|entry| entry.content.target().is_none())
                .map(|entry| (entry.seq, entry.pos))
                .collect();
            count += own.len();
            self.erase_these(room, nick, &own).await?;
            if !page.more {
                return Ok(count);
            }
            after = last;
        }
    }

    async fn erase_these(
        &self,
        room: RoomId,
        nick: &NickKeys,
        own: &[(Seq, u64)],
    ) -> Result<(), Refusal> {
        let mut answers = Vec::new();
        for (target, _) in own {
            let what = What::Operate(Deed::Erase { nick: nick.clone(), room, target: *target });
            let change = Change::by_server((self.now)(), what);
            answers.push(self.log.append(change).await);
        }
        for answer in answers {
            // Without an answer the log has ended, and the server with it.
            answer.await.unwrap_or(Ok(Answer::Done))?;
        }
        if self.log.state().room(room).is_none() {
            // No entry tells the index, because nobody can be told.
            self.log.unindex(room, Seq(0), own.iter().map(|(_, pos)| *pos).collect()).await;
        }
        Ok(())
    }
}
