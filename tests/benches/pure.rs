//! How long the pure parts take: `cargo bench -p chat-tests`, or `cargo bench -p chat-tests -- apply` for some of them.

use chat_tests::work::{self, Work};
use divan::Bencher;

#[divan::bench(args = work::ALL)]
fn pure(bencher: Bencher<'_, '_>, work: &Work) {
    bencher.bench_local((work.prepare)());
}

fn main() {
    divan::main();
}
