//! What was decided about rooms, in every log.

use chat_proto::{RoomId, Seq, Topic, Whom, message::Content};

use super::Hall;
use crate::core::{Act, Answer, BarKind, What, WhomKeys};

/// What every log must do, whatever it is kept in.
async fn story(hall: &Hall) {
    let (alice, _) = hall.arrive("alice", None).await;
    let room = hall.join(alice, "#tea").await;
    let (slow, tea) = (slow(5), What::Topic { room, topic: Topic::clean("tea").unwrap() });
    hall.say(alice, room, "one").await.unwrap();
    hall.ask(alice, What::Door { room, act: Box::new(slow) }).await.unwrap();
    for number in 0..20 {
        hall.say(alice, room, &format!("between {number}")).await.unwrap();
    }
    hall.ask(alice, tea).await.unwrap();
    hall.ask(alice, What::Delete { room, target: Seq(1) }).await.unwrap();
    let whom = WhomKeys::of(Whom::parse("b*").unwrap());
    let (kind, reason) = (BarKind::Ban, chat_proto::Reason::default());
    let ban = Act::Bar { kind, whom, secs: None, reason };
    let banned = hall.ask(alice, What::Door { room, act: Box::new(ban) }).await;
    assert!(matches!(banned, Ok(Answer::Posted { seq: Seq(25), .. })), "{banned:?}");
    assert_eq!(decided(hall, room, None, 9).await, "2:20 23:3 24:5 25:24");
    assert_eq!(decided(hall, room, None, 2).await, "24:5 25:24 …");
    assert_eq!(decided(hall, room, Some(Seq(24)), 1).await, "23:3 …");
    assert_eq!(decided(hall, room, Some(Seq(23)), 1).await, "2:20");
    assert_eq!(decided(hall, room, Some(Seq(2)), 1).await, "");
    assert_eq!(decided(hall, RoomId(99), None, 1).await, "");
}

const fn slow(secs: u32) -> Act {
    Act::Mode { private: None, read_only: None, topic_lock: None, slow_secs: Some(secs) }
}

/// Numbers and kinds.
async fn decided(hall: &Hall, room: RoomId, before: Option<Seq>, limit: usize) -> String {
    let slice = hall.log.audit(room, before, limit).await.unwrap();
    assert!(slice.entries.iter().all(|entry| !matches!(entry.content, Content::Text(_))));
    let shown = slice.entries.iter().map(|entry| format!("{}:{}", entry.seq, entry.content.kind()));
    let more = slice.more.then(|| "…".to_owned());
    shown.chain(more).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn decisions_in_memory() {
    story(&Hall::in_memory()).await;
}

#[tokio::test]
async fn decisions_on_disk() {
    let data = tempfile::tempdir().unwrap();
    story(&Hall::on_disk(data.path())).await;
}
