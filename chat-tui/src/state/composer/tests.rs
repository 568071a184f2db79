//! `|` is the cursor, before and after.

use super::*;

fn composer(marked: &str) -> Composer {
    let cursor = marked.find('|').expect("a cursor");
    Composer { text: marked.replace('|', ""), cursor, killed: String::new() }
}

fn marked(composer: &Composer) -> String {
    let mut text = composer.text.clone();
    text.insert(composer.cursor, '|');
    text
}

#[track_caller]
fn check(before: &str, act: impl Fn(&mut Composer), after: &str) {
    let mut composer = composer(before);
    act(&mut composer);
    assert_eq!(marked(&composer), after);
}

#[test]
fn moving() {
    check("ab|c", Composer::left, "a|bc");
    check("|abc", Composer::left, "|abc");
    check("a👩‍👧|", Composer::left, "a|👩‍👧");
    check("one two|", Composer::word_left, "one |two");
    check("|one two", Composer::word_right, "one| two");
    check("one\ntwo|", Composer::line_start, "one\n|two");
    check("o|ne\ntwo", Composer::line_end, "one|\ntwo");
}

#[test]
fn lines_above_and_below() {
    check("one\ntw|o", |c| assert!(c.up()), "on|e\ntwo");
    check("on|e\nt", |c| assert!(c.down()), "one\nt|");
    check("on|e", |c| assert!(!c.up() && !c.down()), "on|e");
}

#[test]
fn removing() {
    check("e\u{301}|x", Composer::backspace, "|x");
    check("a|大b", Composer::delete, "a|b");
    check("one two |", Composer::kill_word_back, "one |");
    check("one |two three", Composer::kill_word, "one | three");
    check("one| two\nx", Composer::kill_to_end, "one|\nx");
    check("one|\nx", Composer::kill_to_end, "one|x");
    check("one two|", Composer::kill_to_start, "|");
    check("  |", Composer::kill_word_back, "|");
}

#[test]
fn killed_text_comes_back() {
    check(
        "one two|",
        |c| {
            c.kill_word_back();
            c.line_start();
            c.yank();
        },
        "two|one ",
    );
}

#[test]
fn transposing() {
    check("ab|", Composer::transpose, "ba|");
    check("a|bc", Composer::transpose, "ba|c");
    check("a|", Composer::transpose, "a|");
}

#[test]
fn what_comes_in_is_clean_and_bounded() {
    check("|", |c| c.insert("\u{1b}[31mred\r\nline"), "red\nline|");
    let mut long = Composer::default();
    long.insert(&"ä".repeat(INPUT_BYTES_MAX));
    assert!(long.text().len() <= INPUT_BYTES_MAX);
}
