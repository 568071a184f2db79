//! Input without libFuzzer: seeds, changed at random but the same way each time.

use super::Target;

/// Bytes that mean something to one reader or another.
const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\0",
    b"\x1b[",
    b"\x1b]0;",
    b"\x9b",
    b"\xff\xfa",
    b"\xff\xf0",
    b"/join ",
    b"/msg ",
    b"#tea",
    b"@bob",
    b"\xe2\x80\xae",
    b"\xcc\x81",
    b"\xf3\xa0\x81\x81",
    b"\xff\xff\xff\xff",
    b"\x80\x80\x80\x01",
    b"\"",
    b"from:",
    b"before:2026-11-21",
    b"[retention]",
    b"= ",
    b"{\"room\":",
    b",\"kind\":",
    b"\xfeCHAT\r\n\x1a",
];
/// Bytes of an input; what is larger leads nowhere new.
const BYTES_MAX: usize = 4096;

/// Gives a target one input after another.
pub struct Generator {
    random: Random,
    seeds: Vec<Vec<u8>>,
}

impl Generator {
    #[must_use]
    pub fn new(target: Target, seed: u64) -> Self {
        let mut seeds = (target.seeds)();
        seeds.push(Vec::new());
        Self { random: Random(seed | 1), seeds }
    }

    /// The next input.
    pub fn input(&mut self) -> Vec<u8> {
        let pick = self.random.below(self.seeds.len());
        let mut input = self.seeds[pick].clone();
        for _ in 0..=self.random.below(8) {
            self.change(&mut input);
        }
        input.truncate(BYTES_MAX);
        // Now and then one goes on from where it is.
        if self.random.below(64) == 0 {
            let place = self.random.below(self.seeds.len());
            if self.seeds.len() < 512 {
                self.seeds.push(input.clone())
            } else {
                self.seeds[place].clone_from(&input)
            }
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.random.below(input.len() + 1);
        let end = at + self.random.below(input.len() - at + 1).min(64);
        match self.random.below(6) {
            0 => drop(input.drain(at..end)),
            1 => insert(input, at, WORDS[self.random.below(WORDS.len())]),
            2 => insert(input, at, &self.random.next().to_le_bytes()[..1 + self.random.below(8)]),
            3 => {
                let again = input[at..end].to_vec();
                insert(input, at, &again);
            }
            4 => {
                let other = self.seeds[self.random.below(self.seeds.len())].clone();
                insert(input, at, &other[self.random.below(other.len() + 1)..]);
            }
            _ => input[at..end].iter_mut().for_each(|byte| *byte = self.random.near(*byte)),
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    drop(input.splice(at..at, bytes.iter().copied()));
}

/// xorshift64* (Vigna 2016): fast, and the same everywhere.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % end.max(1)
    }

    const fn near(&mut self, byte: u8) -> u8 {
        let random = self.next();
        match random & 3 {
            0 => byte ^ (1 << (random >> 8 & 7)),
            1 => byte.wrapping_add(1),
            2 => byte.wrapping_sub(1),
            _ => (random >> 16) as u8,
        }
    }
}
