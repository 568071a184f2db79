//! Every fuzz target with generated input for a few seconds (`CHAT_FUZZ_SECS`, 2 unless told otherwise), the same input
//! each time. `make fuzz` looks further.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use chat_tests::fuzz::{self, Target, generate::Generator};

#[track_caller]
#[allow(clippy::print_stdout, reason = "the figure, for --nocapture")]
fn fuzz(name: &str) {
    let target = fuzz::named(name).expect("a target");
    let secs = std::env::var("CHAT_FUZZ_SECS").ok().and_then(|secs| secs.parse().ok());
    let until = Instant::now() + Duration::from_secs(secs.unwrap_or(2));
    (target.seeds)().iter().for_each(|seed| give(target, seed));
    let (mut generator, mut count) = (Generator::new(target, 2428), 0_u64);
    while Instant::now() < until {
        give(target, &generator.input());
        count += 1;
    }
    println!("{name}: {count} inputs");
    assert!(count > 100, "{name} has tried {count} inputs only");
}

#[track_caller]
fn give(target: Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err() {
        panic!("{} does not bear {:?}", target.name, input.escape_ascii().to_string());
    }
}

macro_rules! fuzz {
    ($($name:ident)*) => { $(#[test] fn $name() { fuzz(stringify!($name)) })* };
}

fuzz!(session frames lines texts import query config proxy detect);

#[test]
fn every_target_is_tried_here() {
    let tried =
        ["session", "frames", "lines", "texts", "import", "query", "config", "proxy", "detect"];
    assert_eq!(fuzz::ALL.iter().map(|target| target.name).collect::<Vec<_>>(), tried);
}
