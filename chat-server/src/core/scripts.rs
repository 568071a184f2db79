//! Which letters go together in one word.

use unicode_script::Script;
use unicode_security::mixed_script::AugmentedScriptSet;

/// Whether a word of the name mixes scripts that are not written together, as `аlice` does with its Cyrillic first letter.
/// Latin goes with any one other script but Cyrillic and Greek, whose letters pass for its own (Unicode TS 39 section 5.2,
/// "moderately restrictive", word by word).
#[must_use]
pub fn mixes_scripts(name: &str) -> bool {
    name.split(['-', '_', '.']).any(is_mixed)
}

fn is_mixed(word: &str) -> bool {
    let (mut all, mut others) = (AugmentedScriptSet::default(), AugmentedScriptSet::default());
    for scripts in word.chars().map(AugmentedScriptSet::for_char) {
        all.intersect_with(scripts);
        if !scripts.base.contains_script(Script::Latin) {
            others.intersect_with(scripts);
        }
    }
    let passes_for_latin = [Script::Cyrillic, Script::Greek]
        .into_iter()
        .any(|script| others.base.contains_script(script));
    all.is_empty() && (others.is_empty() || passes_for_latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_script_or_of_latin_and_another_pass() {
        for name in [
            "alice",
            "Zoë",
            "алиса",
            "Ελένη",
            "小明",
            "やまだ太郎",
            "김철수A",
            "alice小明",
            "r2d2",
            "дима-dev",
            "हिन्दी",
            "עדי",
        ] {
            assert!(!mixes_scripts(name), "{name}");
        }
    }

    #[test]
    fn words_that_pass_for_another_are_found() {
        for name in ["аlice", "bob-аdmin", "Αlice", "paypаl", "алисα", "小Б", "bobд1"] {
            assert!(mixes_scripts(name), "{name}");
        }
    }
}
