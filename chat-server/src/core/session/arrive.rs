//! Saying hello: a new session, or one that is taken up, and the rooms it begins in.

use std::collections::HashMap;

use chat_proto::{Reason, RoomId, Seq};

use super::{Asked, Context, Effect, Effects, Here, Session, account, follow, look, reply};
use crate::core::{
    Answer, Reply, What,
    request::{Hello, Welcome},
};

impl Session {
    pub(super) fn hello(&mut self, hello: Hello, cx: Context<'_>, out: &mut Effects) {
        let hello = Box::new(hello);
        match &hello.resume {
            Some((token, _)) => {
                let what = What::Resume { token: *token };
                self.append(Asked::Resume(hello), what, cx, out);
            }
            None => self.arrive(hello, cx, out),
        }
    }

    pub(super) fn arrive(&mut self, mut hello: Box<Hello>, cx: Context<'_>, out: &mut Effects) {
        if let Some(login) = hello.login.take() {
            return self.come_in(hello, *login, cx, out);
        }
        if let Err(refusal) = account::may_be_guest(cx) {
            return reply(out, Err(refusal));
        }
        let what =
            What::Arrive { nick: hello.nick.clone(), stem: hello.nick.stem(), token: hello.token };
        self.append(Asked::Arrive(hello), what, cx, out);
    }

    pub(super) fn arrived(
        &mut self,
        hello: &Hello,
        answer: Answer,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let Answer::Here { session, member, generation, nick, rooms } = answer else { return };
        self.here = Some(Here { session, member, generation });
        out.push_back(Effect::FollowMember(member));
        let mut welcome = Welcome::new(session, member, nick, cx.state);
        welcome.suffixed = !welcome.registered && welcome.nick != hello.nick.nick;
        if Self::begin_in(&mut welcome, rooms, cx) {
            return self.welcome(welcome, out);
        }
        match &cx.settings.lobby {
            Some(lobby) => {
                let (room, rooms_max) = (lobby.clone(), cx.settings.rooms_max);
                // The lobby is nobody's, whoever comes first.
                let what = What::Join { room, rooms_max, owned: false };
                self.append(Asked::Lobby(Box::new(welcome)), what, cx, out);
            }
            None => self.welcome(welcome, out),
        }
    }

    pub(super) fn resumed(
        &mut self,
        hello: &Hello,
        answer: Answer,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let Answer::Here { session, member, generation, nick, rooms } = answer else { return };
        self.here = Some(Here { session, member, generation });
        out.push_back(Effect::FollowMember(member));
        let cursors: HashMap<_, _> =
            hello.resume.iter().flat_map(|(_, cursors)| cursors).copied().collect();
        let view = |(room, entered): (RoomId, Seq)| {
            let after = cursors.get(&room).copied().unwrap_or(entered);
            look::view(room, member, after.min(cx.state.head(room)), cx.state)
        };
        let rooms = rooms.into_iter().filter_map(view).collect();
        let welcome = Welcome::new(session, member, nick, cx.state);
        self.welcome(Welcome { resumed: true, rooms, ..welcome }, out);
        self.close_left(hello, out);
    }

    /// Rooms of which the client has something and that the member has lost meanwhile. What they are called is not said:
    /// anybody may guess numbers.
    fn close_left(&self, hello: &Hello, out: &mut Effects) {
        let known = hello.resume.iter().flat_map(|(_, cursors)| cursors);
        let left = known.map(|(room, _)| *room).filter(|room| !self.rooms.contains(room));
        let close = |room| Effect::Closed { room, label: None, reason: Reason::default() };
        out.extend(left.map(close));
    }

    pub(super) fn lobby_entered(
        &mut self,
        mut welcome: Welcome,
        answer: &Answer,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let Answer::Entered { room, head, .. } = answer else { return };
        welcome.current = Some(*room);
        welcome.rooms.extend(look::view(*room, welcome.member, *head, cx.state));
        self.welcome(welcome, out);
    }

    pub(super) fn welcome(&mut self, welcome: Welcome, out: &mut Effects) {
        self.rooms.extend(welcome.rooms.iter().map(|view| view.room));
        let follows: Vec<_> = welcome.rooms.iter().map(|view| follow(view, Seq(0))).collect();
        reply(out, Ok(Reply::Welcome(welcome)));
        out.extend(follows);
        self.is_welcome = true;
        out.push_back(Effect::LookAgain);
    }
}
