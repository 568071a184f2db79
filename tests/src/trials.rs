//! How much a trial does: little in `make test`, much in `make trials`.

use std::env;

/// Whether the trials are to be done at full length.
#[must_use]
pub fn are_long() -> bool {
    env::var("CHAT_TRIALS").is_ok_and(|length| length == "long")
}

/// How many of something: the environment's word, or what the length of the trials says.
///
/// # Panics
/// When the environment's word is no number.
#[must_use]
pub fn count(name: &str, short: usize, long: usize) -> usize {
    match env::var(name) {
        Ok(written) => written.parse().unwrap_or_else(|_| panic!("{name}={written}: no number")),
        Err(_) if are_long() => long,
        Err(_) => short,
    }
}

/// Tells a figure, for who runs the tests with `--nocapture`.
#[allow(clippy::print_stdout, reason = "the harness shows or hides it")]
pub fn tell(figure: &str) {
    println!("{figure}");
}
