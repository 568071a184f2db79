//! Rooms in line mode: which one is current, who comes and goes, and what was said before.

use chat_tests::story::check;

#[test]
fn after_a_failed_join_nothing_lands_in_another_room() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         bob> /join #bad!name
         bob> meant for the bad room
         bob< ! bad-room: …
         bob< ! no-room: …
         bob> /switch #lobby
         bob> meant for the lobby
         bob< * now in #lobby
         bob> /switch #nowhere
         bob> meant for nowhere
         bob< ! not-joined: …
         bob< ! no-room: …
         bob> /join #ops
         bob> meant for ops
         bob< * joined #ops
         bob> /part
         bob> meant for no room
         bob< * left #ops
         bob< ! no-room: …
         alice< #lobby <bob> meant for the lobby
         alice> /join #ops 0
         alice< * joined #ops
         alice< ~ #ops 1 … <bob> meant for ops",
    );
}

#[test]
fn quiet_hides_comings_and_goings() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         bob> /quiet on
         bob< * quiet on
         carol> carol
         carol<< * joined #lobby
         alice<< * carol joined #lobby
         carol> /nick caroline
         carol< * you are now caroline
         alice< * carol is now caroline in #lobby
         carol> /part #lobby had enough
         carol< * left #lobby
         alice< * caroline left #lobby (had enough)
         alice> peace
         bob< #lobby <alice> peace
         bob> /quiet off
         bob< * quiet off
         carol> /join #lobby
         carol< * joined #lobby
         bob< * caroline joined #lobby",
    );
}

#[test]
fn joining_gives_nothing_of_the_past_unless_asked() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> one
         alice> two
         alice> /ack on
         alice> three
         alice< * ack on
         alice< + #lobby 3
         bob> bob
         bob< * welcome bob
         bob< * joined #lobby
         bob> /join #lobby 1
         bob< * joined #lobby
         bob< ~ #lobby 2 …Z <alice> two
         bob< ~ #lobby 3 …Z <alice> three
         alice< * bob joined #lobby
         alice> four
         bob< #lobby <alice> four
         bob> /join #lobby 99
         bob< * joined #lobby
         bob> /join #lobby 0
         bob< * joined #lobby
         bob< ~ #lobby 1 …Z <alice> one
         bob< ~ #lobby 2 …Z <alice> two
         bob< ~ #lobby 3 …Z <alice> three
         bob< ~ #lobby 4 …Z <alice> four
         alice> five
         bob< #lobby <alice> five",
    );
}

#[test]
fn history_shows_the_last_entries() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /history
         alice< * history #lobby: 0 entries…
         alice> one
         alice> /me two
         alice> /history 1
         alice< ~ #lobby 2 …Z * alice two
         alice< * history #lobby: 1 entries, up to number 2
         alice> /history 65535
         alice< ~ #lobby 1 …Z <alice> one
         alice< ~ #lobby 2 …Z * alice two
         alice< * history #lobby: 2 entries, up to number 2
         alice> /history 0
         alice< ! usage: …",
    );
}
