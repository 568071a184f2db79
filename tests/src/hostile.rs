//! Texts that are meant to do harm, and what must not come out of anything that was given them.

pub mod stream;

/// One of them.
pub struct Hostile {
    /// What it tries.
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// All of `tests/corpus/hostile.txt`.
#[must_use]
pub fn corpus() -> Vec<Hostile> {
    let lines = include_str!("../corpus/hostile.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(read).collect()
}

impl Hostile {
    /// The text, where the field takes nothing but UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The text without line ends, which would make more than one of it in line mode.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        self.bytes.iter().copied().filter(|byte| *byte != b'\n').collect()
    }
}

/// The first thing in what a program wrote that a terminal would act upon or a reader be fooled by; tabs and line feeds
/// are allowed. Written without the code that it judges.
#[must_use]
pub fn harm(bytes: &[u8]) -> Option<String> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Some(format!("no UTF-8 at byte {}", error.valid_up_to())),
    };
    let (at, harmful) = text.char_indices().find(|(_, c)| is_harmful(*c))?;
    let around: String = text[at..].chars().take(40).collect();
    Some(format!("U+{:04X} at byte {at}: {around:?}", u32::from(harmful)))
}

/// As [`harm`], told with what it was in.
///
/// # Panics
/// When there is something.
#[track_caller]
pub fn assert_harmless(what: &str, bytes: &[u8]) {
    if let Some(harm) = harm(bytes) {
        panic!("{what} lets through {harm}");
    }
}

const fn is_harmful(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // C0, DEL and C1.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Lines and paragraphs that not every program takes for such.
        '\u{2028}' | '\u{2029}' => true,
        // Embeddings, overrides, isolates.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{61c}' => true,
        // Tags, and blanks without width.
        '\u{e0000}'..='\u{e007f}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' => true,
        _ => false,
    }
}

fn read(line: &'static str) -> Hostile {
    let (name, text) = line.split_once('\t').expect("a name, a tab, a text");
    Hostile { name, bytes: unescape(text) }
}

fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        rest = one(escape, &mut bytes);
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Reads what follows a backslash, and gives what follows that.
fn one<'a>(escape: &'a str, bytes: &mut Vec<u8>) -> &'a str {
    if let Some(rest) = escape.strip_prefix('\\') {
        bytes.push(b'\\');
        return rest;
    }
    if let Some(hex) = escape.strip_prefix('x') {
        bytes.push(u8::from_str_radix(&hex[..2], 16).expect("two digits"));
        return &hex[2..];
    }
    let (hex, rest) = escape
        .strip_prefix("u{")
        .and_then(|escape| escape.split_once('}'))
        .expect("\\xNN or \\u{NNNN}");
    let code = u32::from_str_radix(hex, 16).expect("digits");
    let c = char::from_u32(code).expect("a character");
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_is_what_it_says() {
        let corpus = corpus();
        let bytes =
            |name| &corpus.iter().find(|text| text.name == name).expect("it is there").bytes;
        assert_eq!(bytes("csi-colour"), b"\x1b[31mred\x1b[0m");
        assert_eq!(bytes("osc-title-st"), b"\x1b]2;owned\x1b\\");
        assert_eq!(bytes("c1-csi"), "\u{9b}31mred\u{9b}0m".as_bytes());
        assert_eq!(bytes("raw-csi"), b"\x9b31mred");
        assert!(corpus.len() > 80);
    }

    #[test]
    fn harm_is_found() {
        for text in corpus().iter().filter(|text| {
            ["csi-", "osc-", "c1-", "raw-", "bidi-", "tags"]
                .iter()
                .any(|p| text.name.starts_with(p))
        }) {
            assert!(harm(&text.bytes).is_some(), "{}", text.name);
        }
        assert_eq!(harm("大家你好吗 👩‍👩‍👧‍👦\té\n".as_bytes()), None);
    }
}
