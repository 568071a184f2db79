//! Keys, completion, commands and overlays.

use chat_proto::{
    Epoch, RoomId, RoomName, Topic,
    message::{Request, RoomList, RoomListItem, RoomOpened},
};

use super::sim::{LOBBY, Sim, info};
use crate::state::{Effect, Msg, composer::INPUT_BYTES_MAX, overlay::Overlay};

#[track_caller]
fn completes(typed: &str, keys: &str, expected: &str) {
    let mut sim = Sim::online(80, 12);
    sim.types(typed);
    sim.keys(keys);
    assert_eq!(sim.model.composer.text(), expected);
}

#[test]
fn tab_completes() {
    completes("b", "tab", "bob: ");
    completes("hi B", "tab", "hi bob ");
    completes("/who", "tab", "/whois ");
    completes("/n", "tab", "/nick ");
    completes("/n", "tab tab", "/names ");
    completes("/n", "tab tab tab", "/nick ");
    completes("/n", "backtab", "/names ");
    completes("/join #lo", "tab", "/join #lobby ");
    completes("zz", "tab", "zz");
    completes("/msg ", "tab", "/msg bob ");
    completes("/me ", "tab", "/me ");
    completes("/msg bob ", "tab", "/msg bob ");
}

#[test]
fn who_was_talked_to_comes_before_who_is_here() {
    let mut sim = Sim::online(80, 12);
    sim.says("/query carol");
    sim.says("/query dan");
    sim.says("/buffer #lobby");
    sim.types("/msg ");
    for expected in ["/msg carol ", "/msg dan ", "/msg bob ", "/msg carol "] {
        sim.keys("tab");
        assert_eq!(sim.model.composer.text(), expected);
    }
    sim.keys("ctrl-u");
    sim.types("/whois D");
    sim.keys("tab");
    assert_eq!(sim.model.composer.text(), "/whois dan ");
}

#[test]
fn what_does_not_fit_into_the_input_is_told() {
    let mut sim = Sim::online(60, 12);
    sim.msg(Msg::Paste("x".repeat(INPUT_BYTES_MAX + 1360)));
    assert_eq!(sim.rows_with("too long: 1360 bytes left out"), 1, "{:#?}", sim.screen());
    sim.types("y");
    assert_eq!(sim.rows_with("too long: 1 bytes left out"), 1);
    sim.keys("ctrl-u");
    sim.msg(Msg::Paste("line\n".repeat(INPUT_BYTES_MAX / 5 + 10)));
    sim.keys("enter");
    assert_eq!(sim.rows_with("bytes left out"), 1);
    sim.msg(Msg::Edited(Some("short".into())));
    assert_eq!(sim.model.composer.text(), "short");
    sim.msg(Msg::Edited(Some("x".repeat(INPUT_BYTES_MAX + 2))));
    assert_eq!(sim.rows_with("too long: 2 bytes left out"), 1);
}

#[test]
fn what_was_typed_stays_with_its_room() {
    let mut sim = Sim::online(80, 12);
    sim.says("/join #ops");
    sim.entered(info(RoomId(11), "#ops", 0));
    sim.types("for ops");
    sim.keys("ctrl-p");
    assert_eq!(sim.model.composer.text(), "");
    sim.types("for the lobby");
    sim.keys("alt-2");
    assert_eq!(sim.model.composer.text(), "for ops");
    sim.keys("alt-/");
    assert_eq!(sim.model.composer.text(), "for the lobby");
}

#[test]
fn ctrl_c_clears_and_then_tells_how_to_quit() {
    let mut sim = Sim::online(80, 12);
    sim.effects.clear();
    sim.types("oops");
    sim.keys("ctrl-c");
    assert_eq!((sim.model.composer.text(), sim.rows_with("/quit")), ("", 0));
    sim.keys("ctrl-c");
    assert_eq!(sim.rows_with("/quit leaves the chat"), 1);
    assert!(sim.effects.is_empty());
    sim.keys("up");
    assert_eq!(sim.model.composer.text(), "oops");
}

#[test]
fn a_paste_of_many_lines_asks_first() {
    let mut sim = Sim::online(80, 16);
    let lines = (1..=9).map(|line| format!("line {line}\n")).collect::<String>();
    sim.msg(Msg::Paste(lines));
    assert_eq!(sim.rows_with("paste 9 lines?"), 1);
    sim.keys("esc");
    assert_eq!(sim.model.composer.text(), "");
    sim.msg(Msg::Paste("two\r\nlines\u{1b}[0m\n".into()));
    assert_eq!(sim.model.composer.text(), "two\nlines");
}

#[test]
fn a_second_slash_says_the_first() {
    let mut sim = Sim::online(80, 12);
    sim.says("//help me");
    assert_eq!(sim.posts()[0].1, "/help me");
}

#[test]
fn an_unknown_command_is_not_said() {
    let mut sim = Sim::online(100, 12);
    sim.says("/fly");
    assert!(sim.posts().is_empty());
    assert_eq!(sim.rows_with("there is no command /fly"), 1);
}

#[test]
fn the_list_of_rooms_joins_what_is_chosen() {
    let mut sim = Sim::online(100, 20);
    sim.says("/list");
    let room = |name: &str| RoomListItem {
        name: RoomName::parse(name).expect("a room"),
        members: 3,
        topic: Topic::clean("tea").expect("a topic"),
    };
    let rooms = vec![room("#lobby"), room("#ops")];
    sim.reply(RoomList { rooms, more: false }, |request| matches!(request, Request::Rooms(_)));
    assert_eq!(sim.rows_with("#ops"), 1);
    sim.types("op");
    sim.keys("enter");
    let joins = sim.sent(|request| match request {
        Request::Join(join) => Some(join.room.clone()),
        _ => None,
    });
    assert_eq!(joins, ["#ops"]);
    assert_eq!(sim.model.overlay, None);
}

#[test]
fn help_lists_commands_and_keys() {
    let mut sim = Sim::online(80, 20);
    sim.says("/help");
    assert!(matches!(sim.model.overlay, Some(Overlay::Text { .. })));
    assert_eq!(sim.rows_with("/join #room"), 1);
    sim.keys("end");
    assert!(sim.rows_with("(clear)") == 1);
    sim.keys("esc");
    assert_eq!(sim.model.overlay, None);
}

#[test]
fn help_cuts_nothing_off() {
    for columns in [40, 60, 80, 120] {
        let sim = Sim::online(columns, 20);
        let help = |topic| match Overlay::help(topic, &sim.model) {
            Overlay::Text { lines, .. } => lines,
            other => unreachable!("{other:?}"),
        };
        let inside = usize::from(columns.min(90)) - 2;
        for line in [help(""), help("mode"), help("search")].concat() {
            assert!(crate::wrap::width(&line) <= inside, "{columns}: {line}");
        }
        let words = help("").join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("open the room in another way; alone, tell how"), "{words}");
    }
}

#[test]
fn the_editor_writes_the_input() {
    let mut sim = Sim::online(80, 12);
    sim.types("draft");
    sim.effects.clear();
    sim.keys("ctrl-x ctrl-e");
    assert_eq!(sim.effects, [Effect::Edit("draft".into())]);
    sim.msg(Msg::Edited(Some("draft, done\n".into())));
    assert_eq!(sim.model.composer.text(), "draft, done");
}

#[test]
fn long_input_grows_and_keeps_its_cursor_in_sight() {
    let mut sim = Sim::online(30, 12);
    sim.types("one two three four five six seven eight");
    let screen = sim.screen();
    assert_eq!(screen[10..], ["› one two three four five six", "   seven eight"]);
}

#[test]
fn what_cannot_be_said_for_want_of_a_room_stays_in_the_input() {
    for typed in ["hello", "/me waves", "//help", "/msg #ops hello", "/reply hi", "/topic tea"] {
        let mut sim = Sim::new(100, 12);
        sim.connect(Epoch([1; 16]), false);
        sim.says(typed);
        assert_eq!(sim.model.composer.text(), typed);
        assert!(sim.model.hint.is_some(), "{typed}: told why");
    }
}

/// What stands on the screen, its rows put together.
fn words(sim: &Sim) -> String {
    sim.screen().join(" ").replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_stands_in_no_timeline_is_told_in_whole() {
    let why =
        "/register [nick] password: make your nick your own; 8 bytes at least, without blanks";
    for columns in [40, 60, 80, 140] {
        let mut nowhere = Sim::new(columns, 12);
        nowhere.connect(Epoch([1; 16]), false);
        let mut further_up = Sim::long();
        further_up.msg(Msg::Resize(columns, 12));
        further_up.keys("pageup");
        for mut sim in [nowhere, further_up] {
            sim.says("/register");
            assert!(words(&sim).contains(why), "{:#?}", sim.screen());
            sim.keys("esc");
            assert!(!words(&sim).contains("/register"));
        }
    }
}

#[test]
fn what_is_too_long_for_the_screen_leaves_the_rest_of_it() {
    let mut sim = Sim::in_lobby(40, 12, &["hello"]);
    sim.model.hint("word ".repeat(200));
    let screen = sim.screen();
    assert!(screen[5].ends_with("hello") && screen[6].contains("online"), "{screen:#?}");
    assert!(screen[10].ends_with('…') && screen[11] == "›", "{screen:#?}");
}

#[test]
fn what_the_keys_do_to_a_chosen_message_is_told_in_whole() {
    for columns in [30, 60, 80, 120] {
        let mut sim = Sim::in_lobby(columns, 12, &["hello"]);
        sim.keys("ctrl-up");
        assert!(words(&sim).contains(crate::state::select::KEYS), "{:#?}", sim.screen());
    }
}

#[test]
fn a_narrow_dialog_begins_its_hint() {
    for (columns, hint) in
        [(26, "└ Enter goes there, Esc… ┘"), (60, "─ Enter goes there, Esc closes ┘")]
    {
        let mut sim = Sim::online(columns, 12);
        sim.keys("ctrl-g");
        assert_eq!(sim.rows_with(hint), 1, "{:#?}", sim.screen());
    }
}

#[test]
fn a_command_that_lacks_its_argument_tells_its_usage() {
    for typed in ["/join", "/msg", "/query", "/reply", "/whois", "/buffer", "/unignore"] {
        let mut sim = Sim::online(120, 12);
        sim.says(typed);
        assert_eq!(sim.rows_with(&format!("!  {typed} ")), 1, "{:#?}", sim.screen());
    }
}

#[test]
fn what_was_entered_before_the_first_room_is_said_there_when_entered_again() {
    let mut sim = Sim::new(80, 12);
    sim.connect(Epoch([1; 16]), false);
    sim.says("hello");
    assert!(sim.posts().is_empty());
    sim.event(RoomOpened { room: info(LOBBY, "#lobby", 0) });
    assert_eq!(sim.model.composer.text(), "hello");
    sim.keys("enter");
    assert_eq!(sim.posts()[0].1, "hello");
    assert_eq!(sim.model.composer.text(), "");
}
