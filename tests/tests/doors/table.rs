//! Who may do what: roles, commands and kinds of rooms, every cell of the table, in both protocols.

use chat_proto::{
    RoomId,
    message::{Ban, Mute, Role, SetMode, SetRole},
};
use chat_server::config::Options;
use chat_tests::{framed::Framed, server::Local};

use crate::cast::{Actor, COMMANDS, Speech};

/// What comes of a command, by role. A line with a kind holds for rooms of that kind instead of the one without.
const TABLE: &str = "
    command       kind       outsider    member       moderator    owner
    join          -          ok          ok           ok           ok
    join          banned     banned      ok           ok           ok
    names         -          not-joined  ok           ok           ok
    history       -          not-joined  ok           ok           ok
    search        -          not-joined  ok           ok           ok
    leave         -          not-joined  ok           ok           ok
    say           -          not-joined  ok           ok           ok
    say           readonly   not-joined  read-only    ok           ok
    say           muted      not-joined  muted        ok           ok
    say           slow       not-joined  slow-mode    ok           ok
    reply         -          not-joined  ok           ok           ok
    reply         readonly   not-joined  read-only    ok           ok
    reply         muted      not-joined  muted        ok           ok
    reply         slow       not-joined  slow-mode    ok           ok
    edit          -          not-joined  ok           ok           ok
    edit          readonly   not-joined  read-only    ok           ok
    edit          muted      not-joined  muted        ok           ok
    delete-own    -          not-joined  ok           ok           ok
    delete-other  -          not-joined  not-yours    ok           ok
    react         -          not-joined  ok           ok           ok
    react         muted      not-joined  muted        ok           ok
    read          -          not-joined  login-needed login-needed login-needed
    topic         -          not-joined  ok           ok           ok
    topic         readonly   not-joined  read-only    ok           ok
    topic         muted      not-joined  muted        ok           ok
    topic         topiclock  not-joined  not-allowed  ok           ok
    doors         -          not-joined  ok           ok           ok
    private       -          not-joined  not-allowed  not-allowed  ok
    role          -          not-joined  not-allowed  not-allowed  ok
    readonly      -          not-joined  not-allowed  ok           ok
    topiclock     -          not-joined  not-allowed  ok           ok
    slow          -          not-joined  not-allowed  ok           ok
    invite        -          not-joined  not-allowed  ok           ok
    uninvite      -          not-joined  not-allowed  ok           ok
    kick          -          not-joined  not-allowed  ok           ok
    kick-owner    -          not-joined  not-allowed  not-allowed  not-allowed
    ban           -          not-joined  not-allowed  ok           ok
    unban         -          not-joined  not-allowed  ok           ok
    mute          -          not-joined  not-allowed  ok           ok
    unmute        -          not-joined  not-allowed  ok           ok
    bans          -          not-joined  not-allowed  ok           ok
    audit         -          not-joined  not-allowed  ok           ok
";
const KINDS: [&str; 7] = ["public", "private", "readonly", "topiclock", "slow", "muted", "banned"];
const ROLES: [&str; 4] = ["outsider", "member", "moderator", "owner"];

#[test]
fn every_cell_in_line_mode() {
    KINDS.iter().for_each(|kind| Cast::new(Speech::Line, kind).check_all());
}

#[test]
fn every_cell_in_the_framed_protocol() {
    KINDS.iter().for_each(|kind| Cast::new(Speech::Framed, kind).check_all());
}

fn expected(command: &str, kind: &str, role: usize) -> &'static str {
    let rows = TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows: Vec<_> = rows.filter(|row| row.first() == Some(&command)).collect();
    let row =
        rows.iter().find(|row| row[1] == kind).or_else(|| rows.iter().find(|row| row[1] == "-"));
    row.unwrap_or_else(|| panic!("no row for {command}"))[2 + role]
}

/// Everybody who takes part, for rooms of one kind.
struct Cast {
    kind: &'static str,
    _server: Local,
    founder: Framed,
    victim: Framed,
    _guest: Framed,
    actors: Vec<Actor>,
    rooms: u32,
}

impl Cast {
    fn new(speech: Speech, kind: &'static str) -> Self {
        let server = Local::with(Options { ephemeral: Some(true), ..Options::default() });
        let address = server.address();
        let founder = Framed::connect(address, "founder");
        let victim = Framed::connect(address, "victim");
        let guest = Framed::connect(address, "guest");
        let actors = ROLES.iter().map(|role| Actor::connect(speech, address, role)).collect();
        Self { kind, _server: server, founder, victim, _guest: guest, actors, rooms: 0 }
    }

    fn check_all(&mut self) {
        for command in COMMANDS {
            for (role, who) in ROLES.iter().enumerate() {
                let (name, id) = self.room(role);
                let outcome = self.actors[role].outcome(command, &name, id);
                let wanted = expected(command, self.kind, role);
                assert_eq!(outcome, wanted, "{command} by {who} in {}", self.kind);
            }
        }
    }

    /// A new room of the kind, with three messages in it and the actor in their role.
    fn room(&mut self, role: usize) -> (String, RoomId) {
        self.rooms += 1;
        let name = format!("#r{}", self.rooms);
        let id = self.founder.join(&name);
        self.founder.say(id, "by the founder");
        self.victim.join(&name);
        self.victim.say(id, "by the victim");
        if role > 0 {
            self.actors[role].enter(&name, id);
            assert_eq!(self.actors[role].outcome("say", &name, id), "ok");
        }
        let office = [Role::Member, Role::Member, Role::Moderator, Role::Owner][role];
        if office > Role::Member {
            let nick = ROLES[role].into();
            self.do_(SetRole { room: id, nick, role: office });
        }
        self.make(id, role);
        if self.kind == "slow" && role > 0 {
            assert_eq!(self.actors[role].outcome("say", &name, id), "ok");
        }
        (name, id)
    }

    fn make(&mut self, room: RoomId, role: usize) {
        let (none, whom) = (SetMode { room, ..SetMode::default() }, ROLES[role].into());
        let (secs, reason) = (None, String::new());
        match self.kind {
            "private" => self.do_(SetMode { private: Some(true), ..none }),
            "readonly" => self.do_(SetMode { read_only: Some(true), ..none }),
            "topiclock" => self.do_(SetMode { topic_lock: Some(true), ..none }),
            "slow" => self.do_(SetMode { slow_secs: Some(3600), ..none }),
            "muted" if role == 1 => self.do_(Mute { room, whom, secs, reason }),
            "banned" if role == 0 => self.do_(Ban { room, whom, secs, reason }),
            _ => {}
        }
    }

    fn do_(&mut self, request: impl Into<chat_proto::message::Request>) {
        let _posted: chat_proto::message::Posted = self.founder.ask(request);
    }
}
