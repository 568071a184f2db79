//! libFuzzer over the target that `CHAT_FUZZ` names; the rest of the command line is libFuzzer's. `make fuzz` builds it
//! with the compiler's marks of which code was reached, and runs one target after another.

#![no_main]

use std::sync::LazyLock;

use chat_tests::fuzz::{self, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("CHAT_FUZZ").unwrap_or_default();
    fuzz::named(&name).unwrap_or_else(|| {
        let names: Vec<_> = fuzz::ALL.iter().map(|target| target.name).collect();
        panic!("CHAT_FUZZ={name:?} names no target; there are {}", names.join(", "))
    })
});

/// libFuzzer begins with what is in its directory.
fn give_seeds() {
    let Some(directory) = std::env::var_os("CHAT_FUZZ_SEEDS") else { return };
    for (number, seed) in (TARGET.seeds)().iter().enumerate() {
        let file = std::path::Path::new(&directory).join(format!("seed-{number}"));
        std::fs::write(file, seed).expect("a directory to write to");
    }
}

libfuzzer_sys::fuzz_target!(init: give_seeds(), |data: &[u8]| (TARGET.run)(data));
