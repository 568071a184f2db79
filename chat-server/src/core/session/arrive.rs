//! Saying hello: a new session, or one that is taken up, and the rooms it begins in.

use std::collections::HashMap;

use chat_proto::{RoomId, Seq};

use super::{Asked, Context, Effect, Effects, Here, Session, follow, look, reply};
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

    pub(super) fn arrive(&mut self, hello: Box<Hello>, cx: Context<'_>, out: &mut Effects) {
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
        let Answer::Here { session, member, generation, nick, .. } = answer else { return };
        self.here = Some(Here { session, member, generation });
        out.push_back(Effect::FollowMember(member));
        let suffixed = nick != hello.nick.nick;
        let welcome =
            Welcome { session, member, nick, suffixed, resumed: false, rooms: Vec::new() };
        match &cx.settings.lobby {
            Some(lobby) => {
                let what = What::Join { room: lobby.clone(), rooms_max: cx.settings.rooms_max };
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
        self.welcome(Welcome { session, member, nick, suffixed: false, resumed: true, rooms }, out);
    }

    pub(super) fn lobby_entered(
        &mut self,
        mut welcome: Welcome,
        answer: &Answer,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let Answer::Entered { room, head, .. } = answer else { return };
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
