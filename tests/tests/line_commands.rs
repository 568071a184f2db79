//! The commands of line mode beside talking: who is here, what rooms are called, and what is refused.

use chat_server::config::Options;
use chat_tests::{
    server::Local,
    story::{Cast, check},
};

#[test]
fn topics_names_list_and_whois() {
    let server = Local::start();
    let mut cast = Cast::new(server.address());
    cast.play(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> /topic
         alice< * topic #lobby: none
         alice> /topic  tea at five
         bob< * alice set the topic of #lobby: tea at five
         alice> /topic
         alice<< * topic #lobby: tea at five
         alice> /names #lobby
         alice< * names #lobby: alice bob
         alice< * names #lobby: 2 in all
         bob> /who
         bob< * names #lobby: alice bob
         bob< * names #lobby: 2 in all
         alice> /list
         alice< * list #lobby 2 tea at five
         alice< * list: 1 rooms in all
         carol> carol
         carol< * welcome carol
         carol< * joined #lobby
         carol< * topic #lobby: tea at five
         bob< * carol joined #lobby
         carol> /topic -
         bob< * carol removed the topic of #lobby
         bob> /whois carol
         bob< * whois carol: here since 20…Z
         bob< * whois carol: in #lobby
         bob> /whois dave
         bob< ! no-nick: …",
    );
}

#[test]
fn away_and_back() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> /away out for tea
         alice< * you are away
         bob< * alice is away from #lobby: out for tea
         bob> /whois alice
         bob< * whois alice: here since …
         bob< * whois alice: in #lobby
         bob< * whois alice: away: out for tea
         alice> /back
         alice< * you are back
         bob< * alice is back in #lobby",
    );
}

#[test]
fn nicks_change_unless_they_are_taken() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         bob> /nick Alice
         bob< ! nick-taken: …
         bob> /nick 1bob
         bob< ! bad-nick: …
         bob> /nick robert
         bob< * you are now robert
         alice< * bob is now robert in #lobby
         bob> under a new name
         alice< #lobby <robert> under a new name
         alice> /msg bob still there?
         alice< ! no-nick: …
         carol> bob
         carol<< * welcome bob
         carol> /nick robert
         carol<< ! nick-taken: …",
    );
}

#[test]
fn a_bad_first_line_asks_for_another() {
    check(
        "script> no nick at all
         script< ! bad-nick: …
         script> lines of a script
         script< ! bad-order: …
         script> /join #ops
         script< ! bad-order: …
         script> /nick bot
         script< * welcome bot
         script< * joined #lobby
         command> /help
         command<< * /quit…
         command> /help quit
         command< * /quit…
         command> /help fly
         command< ! unknown-command: there is no command /fly; /help …
         command> /quit
         command< * goodbye
         command.",
    );
}

#[test]
fn a_room_too_many_is_refused() {
    let server = Local::with(Options { rooms_max: Some(2), ..Options::default() });
    Cast::new(server.address()).play(
        "alice> alice
         alice<< * joined #lobby
         alice> /join #two
         alice< * joined #two
         alice> /join #three
         alice> into the void
         alice< ! too-many-rooms: …
         alice< ! no-room: …
         alice> /join #TWO
         alice< * joined #two
         alice> /part #lobby
         alice< * left #lobby
         alice> /join #three
         alice< * joined #three",
    );
}

#[test]
fn room_names_do_not_mind_case_but_look_alikes_are_refused() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /join #Ops
         alice< * joined #Ops
         alice> /join #oPS
         alice< * joined #Ops
         alice> /join #0ps
         alice< ! look-alike: …
         alice> /join #чай
         alice< * joined #чай
         alice> горячий
         alice> /history
         alice< ~ #чай 1 …Z <alice> горячий
         alice< * history #чай: 1 entries…",
    );
}
