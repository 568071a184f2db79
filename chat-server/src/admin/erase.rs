//! Deleting an account with all that was said by it.

use std::collections::BTreeSet;

use chat_proto::{MemberId, Nick, RoomId, Seq, message::ErrorCode};

use super::{Desk, Request};
use crate::{
    core::{Answer, Change, Deed, NickKeys, Refusal, What},
    log::Step,
};

/// Read at a time; what is to go of it is deleted together.
const STEP: Step = Step { entries: 256, bytes: 256 * 1024 };

/// What came of it.
#[derive(Default)]
struct Erased {
    messages: usize,
    /// Entries of which nobody can say whose they are.
    damaged: BTreeSet<(RoomId, Seq)>,
}

impl Erased {
    fn lines(&self) -> Vec<String> {
        let (messages, damaged) = (self.messages, self.damaged.len());
        let mut lines = vec![format!("{messages} messages deleted")];
        if damaged > 0 {
            lines.push(format!(
                "{damaged} damaged entries stay, whoever wrote them; chat-server check-data says which"
            ));
        }
        lines
    }
}

impl Desk<'_> {
    /// Nobody says more under the account meanwhile: what came while the rooms were gone through goes in a second round.
    pub(super) async fn delete_all(&self, nick: Nick) -> Result<Vec<String>, Refusal> {
        let keys = NickKeys::of(nick.clone());
        let none = || Refusal::new(ErrorCode::NoNick, format!("there is no account {nick}"));
        let member = self.log.state().account_named(&keys.folded).ok_or_else(none)?;
        self.act(Request::UserLogout { nick: nick.clone() }).await?;
        let mut erased = Erased::default();
        self.erase(&keys, member, &mut erased).await?;
        self.erase(&keys, member, &mut erased).await?;
        self.act(Request::UserDelete { nick, with_messages: false }).await?;
        Ok(erased.lines())
    }

    async fn erase(
        &self,
        nick: &NickKeys,
        member: MemberId,
        erased: &mut Erased,
    ) -> Result<(), Refusal> {
        let mut next = RoomId(0);
        while let Some((room, _)) = self.log.oldest(next).await? {
            next = RoomId(room.0 + 1);
            self.erase_in(room, nick, member, erased).await?;
        }
        Ok(())
    }

    async fn erase_in(
        &self,
        room: RoomId,
        nick: &NickKeys,
        member: MemberId,
        erased: &mut Erased,
    ) -> Result<(), Refusal> {
        let mut after = Seq(0);
        loop {
            let page = self.log.around(room, after, STEP).await?;
            let Some(last) = page.last else { return Ok(()) };
            erased.damaged.extend(page.damaged.map(|seq| (room, seq)));
            let own = page
                .entries
                .iter()
                .filter(|entry| entry.by == member && entry.content.said().is_some());
            let own: Vec<_> = own
                .filter(|entry| entry.content.target().is_none())
                .map(|entry| (entry.seq, entry.pos))
                .collect();
            erased.messages += own.len();
            self.erase_these(room, nick, &own).await?;
            if !page.more {
                return Ok(());
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
