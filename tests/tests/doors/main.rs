//! Rooms with doors, in line mode: what those inside see, and those outside do not.

mod cast;
mod hidden;
mod lasting;
mod table;

use chat_tests::story::check;

#[test]
fn a_private_room_is_for_the_invited() {
    check(
        "alice> alice
         alice<< * joined #lobby
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         alice> /join #tea
         alice< * joined #tea
         alice> the kettle is on
         alice> /mode private
         alice< * #tea: private
         bob> /msg #tea hello?
         bob< ! not-joined: …
         bob> /list
         bob< * list #lobby 2 …
         bob< * list: 1 rooms in all
         bob> /whois alice
         bob< * whois alice: here since …
         bob< * whois alice: in #lobby
         bob> /search kettle
         bob< * search: 0 found
         alice> /invite bob
         alice< * #tea: bob is invited
         bob< * alice invites you to #tea; /join #tea enters it
         bob> /join #tea 0
         bob< * joined #tea
         bob< ~ #tea 1 … <alice> the kettle is on
         bob< ~ #tea 2 … * alice made #tea private
         bob< ~ #tea 3 … * alice invited bob to #tea
         alice< * bob joined #tea
         bob> /mode
         bob< * mode #tea: private
         bob< * mode #tea: owners: alice
         bob< * mode #tea: moderators: none
         bob< * mode #tea: you are member",
    );
}

#[test]
fn who_is_in_another_room_of_the_name_is_told_to_leave_it_first() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /join #tea
         alice< * joined #tea
         alice> /mode private
         alice< * #tea: private
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         bob> /join #tea
         bob< * joined #tea
         alice> /invite bob
         alice< * #tea: bob is invited
         bob< * alice invites you to #tea; leave your own #tea first (/part #tea), then /join #tea enters it
         bob> /part #tea
         bob< * left #tea
         bob> /join #tea
         bob< * joined #tea
         alice< * bob joined #tea",
    );
}

#[test]
fn who_is_put_out_hears_why_and_nothing_more() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /join #tea
         alice< * joined #tea
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         bob> /join #tea
         bob< * joined #tea
         alice< * bob joined #tea
         alice> /kick bob spam
         alice> not for bob
         alice< * #tea: bob is out
         bob< * alice kicked bob from #tea: spam
         bob< * you are out of #tea (kicked: spam)
         bob> hello?
         bob< ! no-room: …
         bob> /history
         bob< ! no-room: …
         bob> /join #tea
         bob< * joined #tea
         alice< * bob joined #tea
         alice> /ban b* for 2h
         alice< * #tea: b* is banned until 20…
         bob< * alice banned b* from #tea until 20…
         bob< * you are out of #tea (banned)
         bob> /join #tea
         bob< ! banned: you are banned from that room until 20…
         alice> /bans
         alice< * ban #tea b* by alice at 20… until 20…
         alice< * bans #tea: 1 in all
         alice> /unban b*
         alice> /unban b*
         alice< * #tea: b* is not banned any more
         alice< * #tea: b* is not banned any more (before)
         alice> /audit 2
         alice< ~ #tea 3 … * alice banned b* from #tea until 20…
         alice< ~ #tea 4 … * alice lifted the ban of b* from #tea
         alice< * audit #tea: 2 entries",
    );
}

#[test]
fn moderators_look_after_a_room() {
    check(
        "alice> alice
         alice<< * joined #lobby
         alice> /join #tea
         alice< * joined #tea
         bob> bob
         bob<< * joined #lobby
         alice< * bob joined #lobby
         bob> /join #tea
         bob< * joined #tea
         alice< * bob joined #tea
         alice> /mode readonly on
         alice< * #tea: read-only on
         bob< * alice made #tea public, read-only
         bob> may I?
         bob< ! read-only: …
         bob> /bans
         bob< ! not-allowed: …
         bob> /audit
         bob< ! not-allowed: …
         alice> /role bob moderator
         alice< * #tea: bob is moderator
         bob< * alice made bob moderator of #tea
         bob> I may
         alice< #tea <bob> I may
         alice> /delete 3
         alice< * deleted #tea 3
         bob< * alice deleted #tea 3
         bob> /mode private
         bob< ! not-allowed: only an owner…
         bob> /mute alice
         bob< ! not-allowed: alice is owner here…
         bob> /kick #tea nobody
         bob< ! no-nick: nobody called nobody is in this room",
    );
}
