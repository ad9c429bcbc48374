//! `switchback explain`: what every rule and statement prints.

mod common;

use std::fmt::Write as _;

use common::{expect, finish, root, run};
use switchback::rules;
use switchback::vocabulary::{Place, words};

#[test]
fn every_rule_explains_itself_by_name_and_by_code() {
    for rule in rules::all() {
        let by_name = run(&root(), &["explain", rule.name]);
        assert_eq!(by_name.code, 0, "{}", by_name.err);
        assert!(
            by_name
                .out
                .starts_with(&format!("{} ({})", rule.name, rule.code))
        );
        assert!(by_name.out.contains("Holds when"), "{}", by_name.out);
        let code = rule.code.to_lowercase();
        assert_eq!(run(&root(), &["explain", &code]).out, by_name.out);
        if !rule.failing.is_empty() {
            let says = format!("error: {} ({})", rule.name, rule.code);
            let also = [
                says.replace("error", "warning"),
                says.replace("error", "advice"),
            ];
            assert!(
                by_name.out.contains(&says) || also.iter().any(|says| by_name.out.contains(says)),
                "{} does not show its own finding:\n{}",
                rule.name,
                by_name.out
            );
        }
    }
}

#[test]
fn explanations_read_well() {
    let mut wrong = String::new();
    for what in [
        "step-without-gate",
        "helm-template",
        "unknown-statement",
        "weight",
        "on",
    ] {
        let file = root().join(format!("tests/explain/{}.txt", what));
        expect(&file, &run(&root(), &["explain", what]).out, &mut wrong);
    }
    expect(
        &root().join("tests/explain/list.txt"),
        &run(&root(), &["explain"]).out,
        &mut wrong,
    );
    finish(&wrong);
}

#[test]
fn every_statement_is_explained_with_its_place() {
    for place in Place::ALL {
        for word in words(place) {
            let ran = run(&root(), &["explain", word]);
            assert_eq!(ran.code, 0, "{word}: {}", ran.err);
            let mut head = String::new();
            let _ = write!(head, "{word} {}", place.phrase());
            assert!(ran.out.contains(&head), "{word}: {}", ran.out);
        }
    }
}

#[test]
fn what_is_not_known_is_answered_with_what_was_meant() {
    for (asked, meant) in [
        ("step-without-gates", "`step-without-gate`"),
        ("wieght", "`weight`"),
    ] {
        let ran = run(&root(), &["explain", asked]);
        assert_eq!(ran.code, 2);
        assert!(ran.out.is_empty());
        assert!(ran.err.contains(meant), "{}", ran.err);
    }
    let ran = run(&root(), &["explain", "nonsense"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("lists all rules"), "{}", ran.err);
}
