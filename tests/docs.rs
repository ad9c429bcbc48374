//! The language reference is written from the table that the compiler reads.

mod common;

use common::{expect, finish, root, run};

#[test]
fn the_reference_is_what_the_program_prints() {
    let ran = run(&root(), &["explain", "--reference"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut wrong = String::new();
    expect(&root().join("docs/reference.md"), &ran.out, &mut wrong);
    finish(&wrong);
}

#[test]
fn the_platforms_are_those_of_the_table() {
    let mut wrong = String::new();
    let matrix = switchback::platform::matrix();
    expect(&root().join("docs/platforms.md"), &matrix, &mut wrong);
    finish(&wrong);
}

#[test]
fn the_traps_of_argo_rollouts_are_those_of_the_table() {
    let mut wrong = String::new();
    let traps = switchback::platform::argo_traps();
    expect(&root().join("docs/argo.md"), &traps, &mut wrong);
    finish(&wrong);
}
