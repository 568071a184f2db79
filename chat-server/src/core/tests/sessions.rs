use chat_proto::{Reason, RoomId, Seq, SessionId, message::Anchor};

use super::{World, nick, room, text};
use crate::core::{
    Access, Answer, Channel, Context, Effect, Effects, Entry, Fetched, Group, Hello, Hits, Refusal,
    Reply, Request, RoomRef, Session, Settings, TokenHash, Told, What, search::Query,
    session::Here,
};

/// A session over a world: appends are applied at once, answers held back until asked for.
struct Desk {
    world: World,
    settings: Settings,
    session: Session,
    answers: std::collections::VecDeque<Result<Answer, Refusal>>,
    seen: Vec<String>,
}

impl Desk {
    fn new() -> Self {
        let settings = Settings {
            lobby: Some(room("#lobby")),
            rooms_max: 10,
            members_max: 1000,
            access: Access::Open,
            require_tls: true,
        };
        let (session, answers) = (Session::default(), std::collections::VecDeque::new());
        Self { world: World::new(), settings, session, answers, seen: Vec::new() }
    }

    fn ask(&mut self, request: Request) {
        act(self, |session, cx, out| session.handle(request, cx, out));
    }

    fn answer_all(&mut self) {
        while let Some(answer) = self.answers.pop_front() {
            act(self, |session, cx, out| session.answered(answer, cx, out));
        }
    }

    fn perform(&mut self, effects: Effects) {
        for effect in effects {
            if let Effect::Append(change) = &effect {
                let answer = self.world.apply(change.by, change.what.clone());
                self.answers.push_back(answer);
            }
            self.seen.push(show(&effect));
        }
    }

    #[track_caller]
    fn check(&mut self, request: Request, expected: &[&str]) {
        self.ask(request);
        self.answer_all();
        assert_eq!(std::mem::take(&mut self.seen), expected);
    }
}

/// Lets the session do something over the world as it is.
fn act(desk: &mut Desk, act: impl FnOnce(&mut Session, Context<'_>, &mut Effects)) {
    let (state, mut out) = (desk.world.state.clone(), Effects::new());
    let now = chat_proto::Time(5);
    let cx = Context { state: &state, settings: &desk.settings, from: None, now };
    act(&mut desk.session, cx, &mut out);
    desk.perform(out);
}

fn show(effect: &Effect) -> String {
    match effect {
        Effect::Append(change) => format!("append {}", first_word(&change.what)),
        Effect::Reply(Ok(reply)) => format!("reply {}", first_word(reply)),
        Effect::Reply(Err(refusal)) => format!("refuse {}", refusal.code),
        Effect::Follow { room, after, past } => format!("follow {room} after {after} past {past}"),
        Effect::Search { rooms, .. } => {
            rooms.iter().fold("search in".to_owned(), |shown, room| format!("{shown} {room}"))
        }
        other => first_word(other),
    }
}

fn first_word(value: &impl std::fmt::Debug) -> String {
    let shown = format!("{value:?}");
    shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

fn hello(name: &str) -> Request {
    Request::Hello(Hello {
        nick: nick(name),
        token: Some(TokenHash([1; 32])),
        resume: None,
        login: None,
    })
}

fn post(to: &str, said: &str) -> Request {
    Request::Post { to: RoomRef::Named(room(to)), id: None, content: text(said) }
}

#[test]
fn hello_comes_first_and_leads_to_the_lobby() {
    let mut desk = Desk::new();
    desk.check(post("#lobby", "hi"), &["refuse bad-order"]);
    let arrival = [
        "append Arrive",
        "FollowMember",
        "append Join",
        "reply Welcome",
        "follow 1 after 0 past 0",
        "LookAgain",
    ];
    desk.check(hello("alice"), &arrival);
    desk.check(hello("alice"), &["refuse bad-order"]);
}

#[test]
fn answers_keep_the_order_of_the_requests() {
    let mut desk = Desk::new();
    desk.check(
        hello("alice"),
        &[
            "append Arrive",
            "FollowMember",
            "append Join",
            "reply Welcome",
            "follow 1 after 0 past 0",
            "LookAgain",
        ],
    );
    desk.ask(post("#lobby", "one"));
    desk.ask(post("#nowhere", "two"));
    desk.ask(post("#lobby", "three"));
    assert_eq!(desk.seen, ["append Post", "append Post"]);
    desk.seen.clear();
    desk.answer_all();
    assert_eq!(desk.seen, ["reply Posted", "refuse not-joined", "reply Posted"]);
}

#[test]
fn joining_again_follows_again_only_when_asked_from_a_number() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.seen.clear();
    let join = |after| Request::Join { room: room("#tea"), after };
    desk.check(join(None), &["append Join", "reply Entered", "follow 2 after 0 past 0"]);
    desk.check(post("#tea", "hi"), &["append Post", "reply Posted"]);
    desk.check(join(None), &["append Join", "reply Entered"]);
    desk.check(join(Some(Seq(0))), &["append Join", "reply Entered", "follow 2 after 0 past 1"]);
    desk.check(join(Some(Seq(99))), &["append Join", "reply Entered", "follow 2 after 1 past 1"]);
    let part = Request::Part { room: RoomRef::Named(room("#tea")), reason: Reason::default() };
    desk.check(part.clone(), &["append Part", "Unfollow", "reply Left"]);
    desk.check(part, &["refuse not-joined"]);
}

#[test]
fn what_the_member_is_told_opens_and_closes_rooms_once() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.world.arrive("bob");
    desk.world.check("bob: alice psst", "@ 1 <bob> psst");
    let Here { member, .. } = desk.session.here().unwrap();
    let direct = desk.world.state.member(member).unwrap().rooms[1];
    desk.seen.clear();
    for _ in 0..2 {
        tell(&mut desk, &Told::Opened { room: direct.0, after: direct.1 });
    }
    // She is in it: this is of long ago.
    tell(&mut desk, &Told::Closed { room: direct.0, reason: Reason::default() });
    let part = What::Part { room: direct.0, reason: Reason::default() };
    let alice = desk.session.here().unwrap().session;
    desk.world.apply(alice, part).unwrap();
    tell(&mut desk, &Told::Closed { room: direct.0, reason: Reason::default() });
    tell(&mut desk, &Told::Closed { room: direct.0, reason: Reason::default() });
    let follow = format!("follow {} after 0 past 0", direct.0);
    assert_eq!(desk.seen, ["Opened", &follow, "Unfollow", "Closed"]);
}

fn tell(desk: &mut Desk, told: &Told) {
    act(desk, |session, cx, out| session.told(told, cx, out));
}

#[test]
fn what_is_told_before_the_welcome_is_found_after_it() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    let answers = std::mem::take(&mut desk.answers);
    act(&mut desk, |session, cx, out| session.answered(answers[0].clone(), cx, out));
    desk.world.arrive("bob");
    desk.world.check("bob: alice psst", "@ 1 <bob> psst");
    let Here { member, .. } = desk.session.here().unwrap();
    let direct = desk.world.state.member(member).unwrap().rooms[1];
    desk.seen.clear();
    tell(&mut desk, &Told::Opened { room: direct.0, after: direct.1 });
    assert!(desk.seen.is_empty());
    desk.answer_all();
    assert_eq!(desk.seen, ["reply Welcome", "follow 1 after 0 past 0", "LookAgain"]);
    desk.seen.clear();
    act(&mut desk, Session::look_again);
    assert_eq!(desk.seen, ["Opened", &format!("follow {} after 0 past 0", direct.0)]);
}

#[test]
fn whose_session_is_over_is_told_so_and_nothing_else() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.world.arrive("bob");
    desk.world.check("bob: alice psst", "@ 1 <bob> psst");
    let here = desk.session.here().unwrap();
    let resume = What::Resume { token: TokenHash([1; 32]) };
    desk.world.apply(SessionId(0), resume).unwrap();
    desk.seen.clear();
    act(&mut desk, Session::look_again);
    assert_eq!(desk.seen, ["Close"], "taken up elsewhere");
    let leave = What::Leave { generation: None, reason: Reason::default() };
    desk.world.apply(here.session, leave).unwrap();
    desk.seen.clear();
    act(&mut desk, Session::look_again);
    assert_eq!(desk.seen, ["Close"], "ended");
}

#[test]
fn a_room_that_could_not_be_read_is_followed_when_it_is_joined_again() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.seen.clear();
    let join = || Request::Join { room: room("#lobby"), after: None };
    desk.check(join(), &["append Join", "reply Entered"]);
    desk.session.unfollowed(desk.world.state.room_named("#lobby").unwrap());
    desk.check(join(), &["append Join", "reply Entered", "follow 1 after 0 past 0"]);
}

#[test]
fn a_session_is_taken_up_where_its_cursors_stand() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.check(
        post("#lobby", "one"),
        &[
            "append Arrive",
            "FollowMember",
            "append Join",
            "reply Welcome",
            "follow 1 after 0 past 0",
            "LookAgain",
            "append Post",
            "reply Posted",
        ],
    );
    let here = desk.session.here().unwrap();
    let room = desk.world.state.room_named("#lobby").unwrap();
    desk.session = Session::default();
    let resume = Some((TokenHash([1; 32]), vec![(room, Seq(1))]));
    desk.check(
        Request::Hello(Hello {
            nick: nick("zoe"),
            token: Some(TokenHash([2; 32])),
            resume,
            login: None,
        }),
        &["append Resume", "FollowMember", "reply Welcome", "follow 1 after 1 past 0", "LookAgain"],
    );
    assert_eq!(desk.session.here(), Some(Here { generation: 1, ..here }));
    // What ends the first connection must not end the session.
    let leave = What::Leave { generation: Some(0), reason: Reason::default() };
    assert_eq!(desk.world.apply(here.session, leave), Ok(Answer::Done));
    assert!(desk.world.state.session(here.session).is_some());
}

#[test]
fn a_session_that_is_gone_gives_a_new_one() {
    let mut desk = Desk::new();
    let resume = Some((TokenHash([9; 32]), Vec::new()));
    let hello = Hello { nick: nick("zoe"), token: Some(TokenHash([2; 32])), resume, login: None };
    let expected = [
        "append Resume",
        "append Arrive",
        "FollowMember",
        "append Join",
        "reply Welcome",
        "follow 1 after 0 past 0",
        "LookAgain",
    ];
    desk.check(Request::Hello(hello), &expected);
}

#[test]
fn a_newer_connection_displaces_the_older() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    let Here { session, .. } = desk.session.here().unwrap();
    desk.seen.clear();
    tell(&mut desk, &Told::Taken { session, generation: Some(0) });
    assert!(desk.seen.is_empty());
    tell(&mut desk, &Told::Taken { session: SessionId(99), generation: Some(1) });
    assert!(desk.seen.is_empty());
    tell(&mut desk, &Told::Taken { session, generation: Some(1) });
    assert_eq!(desk.seen, ["Close"]);
}

#[test]
fn the_past_of_a_room_is_for_its_members() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.seen.clear();
    let history = |name| Request::History {
        room: RoomRef::Named(room(name)),
        from: Anchor::Latest,
        limit: 10,
    };
    desk.check(history("#lobby"), &["Read"]);
    desk.check(history("#nowhere"), &["refuse not-joined"]);
}

#[test]
fn a_search_is_among_the_rooms_of_the_member() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.world.arrive("bob");
    desk.world.arrive("carol");
    desk.world.check(
        "bob: /join #ops\nbob: carol psst\nbob: alice hi",
        "#ops +bob\n@ 1 <bob> psst\n@ 1 <bob> hi",
    );
    desk.seen.clear();
    let search = |query: &str| Request::Search {
        query: Query::parse(query).unwrap(),
        before: None,
        limit: 10,
    };
    desk.check(search("tea"), &["search in 1 4"]);
    desk.check(search("tea in:#LOBBY"), &["search in 1"]);
    desk.check(search("tea in:@bob in:#lobby"), &["search in 4 1"]);
    desk.check(search("tea in:#ops"), &["refuse not-joined"]);
    desk.check(search("tea in:#lobby in:#ops"), &["refuse not-joined"]);
    desk.check(search("tea in:#nowhere"), &["refuse not-joined"]);
    desk.check(search("tea in:@carol"), &["refuse not-joined"]);
}

#[test]
fn what_was_found_is_left_out_where_the_member_is_no_more() {
    let mut desk = Desk::new();
    desk.ask(hello("alice"));
    desk.answer_all();
    desk.world.arrive("bob");
    desk.world.check("bob: /join #ops", "#ops +bob");
    let entry = |room| {
        let nick = nick("bob").nick;
        let id = chat_proto::MessageId([0; 16]);
        let (at, by, content) = (chat_proto::Time(1), chat_proto::MemberId(2), text("tea"));
        std::sync::Arc::new(Entry {
            pos: room,
            room: RoomId(room),
            seq: Seq(1),
            at,
            by,
            nick,
            id,
            content,
            edited: None,
        })
    };
    let hits = Hits { entries: vec![entry(2), entry(1)], ..Hits::default() };
    let mut out = Effects::new();
    let state = desk.world.state.clone();
    let cx =
        Context { state: &state, settings: &desk.settings, from: None, now: chat_proto::Time(5) };
    desk.session.read(Ok(Fetched::Hits(hits)), cx, &mut out);
    let [Effect::Reply(Ok(Reply::Found(found)))] = out.make_contiguous() else { panic!("{out:?}") };
    let rooms: Vec<_> = found.hits.iter().map(|(_, entry)| entry.room.0).collect();
    assert_eq!(rooms, [1]);
}

#[test]
fn only_a_stored_member_writes_rows_beside_entries() {
    let mut world = World::with(&["alice"]);
    let (alice, mut group) = (world.session("alice"), Group::default());
    let what = What::Join { room: room("#a"), rooms_max: 9, owned: true };
    let change = crate::core::Change { at: chat_proto::Time(1), by: alice, from: None, what };
    crate::core::apply(&mut world.state, &change, &mut super::Past::default(), &mut group).unwrap();
    let rows: Vec<_> = group.rows.iter().map(first_word).collect();
    assert_eq!(rows, ["Room"]);
    assert!(group.told.iter().any(|(channel, _)| matches!(channel, Channel::Member(_))));
}
