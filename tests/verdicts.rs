//! The same SQL, right in one plan and wrong in another: `tests/verdicts/<case>/right` and `wrong`
//! hold a plan each, and `expected.txt` what `check --format concise` says of it.
//! `SWITCHBACK_BLESS=1` writes `expected.txt` anew.

mod common;

use common::{expect, finish, folders, name, root, run};

#[test]
fn one_statement_is_judged_by_the_plan_that_runs_it() {
    let cases = folders(&root().join("tests/verdicts"));
    assert!(cases.len() >= 26, "only {} pairs", cases.len());
    let mut wrong = String::new();
    for case in cases {
        let said = ["right", "wrong"].map(|side| {
            let folder = case.join(side);
            let ran = run(&folder, &["check", "--format", "concise", "main.swb"]);
            assert_eq!(ran.err, "", "{}/{side}", name(&case));
            expect(&folder.join("expected.txt"), &ran.out, &mut wrong);
            ran.out
        });
        assert_ne!(said[0], said[1], "{}: both are judged alike", name(&case));
        assert_ne!(said[1], "", "{}: nothing is wrong", name(&case));
    }
    finish(&wrong);
}

/// What is right is right without a word.
#[test]
fn what_is_right_has_no_finding() {
    for case in folders(&root().join("tests/verdicts")) {
        let ran = run(
            &case.join("right"),
            &[
                "check",
                "--format",
                "concise",
                "--fail-on",
                "advice",
                "main.swb",
            ],
        );
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", name(&case));
    }
}
