//! The same four things as `ratios`, as times with their spread: `cargo bench --bench speed`.

use divan::{Bencher, counter::BytesCount};
use switchback::check::{Options, check};
use switchback::diagnostic::Findings;
use switchback::model::{Overrides, load};
use switchback::source::{FileId, SourceMap};
use switchback::syntax::parse;

mod corpus;

const BYTES: usize = 1_000_000;

fn main() {
    divan::main();
}

#[divan::bench]
fn text_to_tree(bencher: Bencher) {
    let text = corpus::one_file(BYTES);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| parse(FileId(0), &text, &mut Findings::new()));
}

/// Parses as well: what the model costs is this and `tree_to_model_build` without `text_to_tree`.
#[divan::bench]
fn tree_to_model_load(bencher: Bencher) {
    let text = corpus::one_file(BYTES);
    let (loader, entries) = corpus::single(&text);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| load(&loader, SourceMap::new(), corpus::base(), &entries));
}

#[divan::bench]
fn tree_to_model_build(bencher: Bencher) {
    let text = corpus::one_file(BYTES);
    let (loader, entries) = corpus::single(&text);
    bencher
        .counter(BytesCount::of_str(&text))
        .with_inputs(|| load(&loader, SourceMap::new(), corpus::base(), &entries))
        .bench_refs(|project| project.build(&loader, &Overrides::default()));
}

#[divan::bench(args = [500, 1_000, 2_000], sample_count = 10)]
fn twice_the_files(bencher: Bencher, files: usize) {
    let (loader, entries) = corpus::project(files);
    bencher.bench(|| check(&loader, corpus::base(), &entries, &Options::default()));
}

#[divan::bench]
fn whole_process_check_checkout() {
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_switchback"))
        .args(["check", "examples/checkout"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.code().is_some_and(|code| code <= 1)));
}
