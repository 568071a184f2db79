//! Finding what was said, from line mode and from frames.

use chat_proto::message::{Conversation, ErrorCode, Found, Search};
use chat_tests::{
    framed::{Framed, text_of},
    server::Local,
    story::check,
};

#[test]
fn a_person_searches_in_their_own_rooms() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> Привет, 大家你好吗
         bob< #lobby <alice> Привет, 大家你好吗
         bob> the green tea is ready
         alice< #lobby <bob> the green tea is ready
         alice> /msg bob no tea for me
         bob< @alice <alice> no tea for me
         alice> /search ПРИВЕТ 你好
         alice< ~ #lobby 1 20…Z <alice> Привет, 大家你好吗
         alice< * search: 1 found
         bob> /search tea
         bob< ~ #lobby 2 20…Z <bob> the green tea is ready
         bob< ~ @alice 1 20…Z <alice> no tea for me
         bob< * search: 2 found
         bob> /search more
         bob< ! usage: …
         bob> /search tea in:#nowhere
         bob< ! not-joined: …
         bob> /search before:soon
         bob< ! usage: …
         bob> /search \"tea green\"
         bob< * search: 0 found
         carol> carol
         carol<< * joined #lobby
         alice< * carol joined #lobby
         bob< * carol joined #lobby
         carol> /search tea
         carol< ~ #lobby 2 20…Z <bob> the green tea is ready
         carol< * search: 1 found
         carol> /search tea in:@bob
         carol< ! not-joined: …",
    );
}

#[test]
fn a_client_goes_from_page_to_page() {
    let server = Local::start();
    let mut alice = Framed::connect(server.address(), "alice");
    let lobby = alice.join("#lobby");
    for number in 1..=25 {
        let id = chat_tests::framed::message_id(number);
        let post = chat_tests::framed::post(lobby, id, &format!("tea {number}"));
        let _posted: chat_proto::message::Posted = alice.ask(post);
    }
    let (mut before, mut texts) = (None, Vec::new());
    loop {
        let found: Found = alice.ask(Search { query: "tea".into(), before, limit: 10 });
        assert!(found.hits.len() <= 10);
        assert_eq!(found.indexed_up_to, None);
        for hit in &found.hits {
            assert!(matches!(&hit.name, Conversation::Public(name) if name.as_str() == "#lobby"));
            texts.extend(text_of(&hit.entry));
        }
        before = found.next;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (1..=25).rev().map(|number| format!("tea {number}")).collect();
    assert_eq!(texts, expected);
    let failed: chat_proto::message::Failed =
        alice.ask(Search { query: "...".into(), before: None, limit: 10 });
    assert_eq!(failed.code, ErrorCode::Empty);
}
