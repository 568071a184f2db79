//! Texts and names: what comes out is harmless, stays what it is when it is cleaned again, and is within its limits.

use chat_proto::{
    Nick, Reaction, Reason, RoomName, Text, Topic,
    name::{NICK_CHARS_MAX, ROOM_CHARS_MAX, fold},
    reaction::REACTION_BYTES_MAX,
    text::{REASON_BYTES_MAX, TEXT_BYTES_MAX, TOPIC_BYTES_MAX, clean},
};
use chat_server::core::{NickKeys, RoomKeys};

use crate::hostile::assert_harmless;

pub(super) fn run(data: &[u8]) {
    let input = &*String::from_utf8_lossy(data);
    stays("clean", &clean(input), clean);
    if let Ok(text) = Text::clean(input) {
        stays("a text", text.as_str(), |text| Text::clean(text).expect("again").to_string());
        assert!((1..=TEXT_BYTES_MAX).contains(&text.as_str().len()));
    }
    if let Ok(topic) = Topic::clean(input) {
        one_line("a topic", topic.as_str(), TOPIC_BYTES_MAX);
        stays("a topic", topic.as_str(), |text| Topic::clean(text).expect("again").to_string());
    }
    if let Ok(reason) = Reason::clean(input) {
        one_line("a reason", reason.as_str(), REASON_BYTES_MAX);
    }
    if let Ok(reaction) = Reaction::parse(input) {
        one_line("a reaction", reaction.as_str(), REACTION_BYTES_MAX);
        assert!(!reaction.as_str().contains(char::is_whitespace));
        stays("a reaction", reaction.as_str(), |text| {
            Reaction::parse(text).expect("again").to_string()
        });
    }
    names(input);
}

fn names(input: &str) {
    if let Ok(nick) = Nick::parse(input) {
        name("a nick", nick.as_str(), NICK_CHARS_MAX);
        assert_eq!(Nick::parse(nick.as_str()).as_ref(), Ok(&nick));
        let keys = NickKeys::of(nick);
        assert_eq!(keys.folded, fold(&keys.folded), "a folded name is folded");
        let stem = keys.stem();
        assert_eq!(stem.suffixed(12), NickKeys::of(stem.nick.suffixed(12)));
    }
    for input in [input, &format!("#{input}")] {
        if let Ok(room) = RoomName::parse(input) {
            name("a room's name", room.as_str(), ROOM_CHARS_MAX + 1);
            assert_eq!(RoomName::parse(room.as_str()).as_ref(), Ok(&room));
            let keys = RoomKeys::of(room);
            assert_eq!(keys.folded, fold(&keys.folded), "a folded name is folded");
        }
    }
}

#[track_caller]
fn stays(what: &str, text: &str, again: impl Fn(&str) -> String) {
    assert_harmless(what, text.as_bytes());
    assert_eq!(again(text), text, "{what} stays what it is");
}

#[track_caller]
fn one_line(what: &str, text: &str, bytes_max: usize) {
    assert_harmless(what, text.as_bytes());
    assert!(text.len() <= bytes_max && !text.contains(['\n', '\t']), "{what}: {text:?}");
}

#[track_caller]
fn name(what: &str, name: &str, chars_max: usize) {
    one_line(what, name, 4 * chars_max);
    assert!(name.chars().count() <= chars_max && !name.contains(char::is_whitespace), "{name:?}");
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let names = ["alice", "#tea", "Zoë", "ΟΔΟΣ", "हिन्दी", "大家你好吗 👩‍👩‍👧‍👦 é", ":tea:", "+1"];
    super::hostile().into_iter().chain(names.map(|name| name.as_bytes().to_vec())).collect()
}
