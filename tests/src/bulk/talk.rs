//! What is said, and by whom: random, and the same every time.

use chat_proto::{
    MessageId, Nick, Text,
    message::{Content, Said},
};

/// Words that are in every few messages, the commonest first.
pub const COMMON: [&str; 4] = ["the", "tea", "green", "ready"];
/// In one of a million messages.
pub const RARE: &str = "samovar";
/// In one of fifty messages, between other characters.
pub const HAN: &str = "你好";
/// So many people talk.
pub const MEMBERS: u64 = 1000;

const COMMON_ALL: [&str; 24] = [
    "the", "tea", "green", "ready", "is", "a", "to", "and", "it", "in", "of", "on", "you", "that",
    "we", "for", "build", "server", "not", "this", "works", "now", "room", "cup",
];
/// Words made of syllables; the smaller its number, the more often a word comes.
const WORDS: u64 = 40_000;
const SYLLABLES: [&str; 16] = [
    "ka", "lo", "mi", "ren", "sa", "tu", "vor", "el", "an", "dis", "pa", "qui", "zen", "or", "bu",
    "nat",
];
/// A message is so many words: 100 bytes on average.
const WORDS_MIN: u64 = 8;
const WORDS_MORE: u64 = 19;

pub(super) struct Talk {
    /// Xorshift.
    dice: u64,
    words: Vec<String>,
    nicks: Vec<Nick>,
}

impl Talk {
    pub(super) fn new() -> Self {
        let nick = |member| Nick::parse(&format!("member{member}")).expect("a good nick");
        Self {
            dice: 0x9e37_79b9_7f4a_7c15,
            words: (0..WORDS).map(word).collect(),
            nicks: (0..MEMBERS).map(nick).collect(),
        }
    }

    pub(super) fn member(&mut self) -> (u64, Nick) {
        let member = self.below(MEMBERS);
        (member + 1, self.nicks[index(member)].clone())
    }

    pub(super) fn id(&mut self) -> MessageId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.roll().to_be_bytes());
        id[8..].copy_from_slice(&self.roll().to_be_bytes());
        MessageId(id)
    }

    pub(super) fn says(&mut self, number: u64) -> Content {
        let mut text = String::with_capacity(128);
        for _ in 0..WORDS_MIN + self.below(WORDS_MORE) {
            let word = self.word();
            text.push_str(&self.words[word]);
            text.push(' ');
        }
        match number {
            _ if number % 1_000_000 == 777_777 => text.push_str(RARE),
            _ if number % 50 == 7 => text.push_str("大家你好吗"),
            _ => {}
        }
        let text = Text::clean(&text).expect("a good text");
        Content::Text(Said::plain(text))
    }

    /// About as in a language: the word of rank n comes 1/n as often as the first.
    fn word(&mut self) -> usize {
        let bits = self.below(u64::from(WORDS.ilog2()) + 1);
        index(((1 << bits) + self.below(1 << bits) - 1).min(WORDS - 1))
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.roll() >> 16) % limit
    }

    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn word(rank: u64) -> String {
    if let Some(common) = COMMON_ALL.get(index(rank)) {
        return (*common).into();
    }
    let syllable = |shift: u64| SYLLABLES[index(rank >> shift & 15)];
    let mut word: String = [0, 4].map(syllable).concat();
    [8, 12]
        .iter()
        .filter(|shift| rank >> **shift > 0)
        .for_each(|shift| word.push_str(syllable(*shift)));
    word
}
