//! Every rule is documented and shown: its failing example is reported by it and by nothing else,
//! its passing example by nothing at all.

use std::path::{Path, PathBuf};

use switchback::check::{Options, check};
use switchback::diagnostic::Rule;
use switchback::rules;
use switchback::source::MemoryLoader;

/// Rules whose mistake is too large to be printed, or is none of a plan.
const WITHOUT_EXAMPLE: [(&str, &str); 8] = [
    (
        "autoscaler-scales-nothing",
        "is judged where a whole folder of manifests is known",
    ),
    (
        "service-selects-nothing",
        "is judged where a whole folder of manifests is known",
    ),
    (
        "nesting-too-deep",
        "takes sixty-five blocks within one another",
    ),
    ("query-too-deep", "takes hundreds of parentheses"),
    ("target-not-built", "is said by `build`, not by `check`"),
    (
        "freeze-window",
        "is judged where a start is given: `--start`",
    ),
    ("too-many-migrations", "takes tens of thousands of files"),
    (
        "revision-collected",
        "`revisionHistoryLimit` stands in a manifest",
    ),
];

/// What else the example of a rule is reported for, because it cannot be otherwise.
const BESIDE: [(&str, &str); 2] = [
    // all rows are read to see that none is `NULL`
    ("not-null-before-dual-write", "lock-hazard"),
    // what may not be accepted is there, and stays
    ("forbidden-allow", "non-monotone"),
];

/// The names of the rules that report an example, with what they say.
fn reported(example: &str) -> Vec<(String, String)> {
    let files = rules::files_of(example);
    let mut loader = MemoryLoader::new();
    for (path, text) in &files {
        loader = loader.with(Path::new(path), text.as_str());
    }
    let entry = PathBuf::from(&files[0].0);
    let outcome = check(&loader, Path::new(""), &[entry], &Options::default())
        .expect("an example needs no options");
    outcome
        .findings
        .iter()
        .map(|found| (found.rule.name.to_string(), found.message.clone()))
        .collect()
}

fn with_example() -> impl Iterator<Item = &'static Rule> {
    rules::all()
        .into_iter()
        .filter(|rule| WITHOUT_EXAMPLE.iter().all(|(name, _)| *name != rule.name))
}

#[test]
fn failing_examples_are_reported_by_their_rule_alone() {
    let mut wrong = Vec::new();
    for rule in with_example() {
        if rule.failing.is_empty() {
            wrong.push(format!("{}: has no failing example", rule.name));
            continue;
        }
        let found = reported(rule.failing);
        let own = |name: &str| name == rule.name;
        let beside = |name: &str| BESIDE.contains(&(rule.name, name));
        if !found.iter().any(|(name, _)| own(name))
            || found.iter().any(|(name, _)| !own(name) && !beside(name))
        {
            wrong.push(format!("{}: {found:?}", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn passing_examples_are_not_reported_at_all() {
    let mut wrong = Vec::new();
    for rule in with_example() {
        let found = reported(rule.passing);
        if rule.passing.is_empty() || !found.is_empty() {
            wrong.push(format!("{}: {found:?}", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_without_an_example_are_known_and_few() {
    for (name, reason) in WITHOUT_EXAMPLE {
        let rule = rules::find(name).unwrap_or_else(|| panic!("there is no rule {name}"));
        assert!(
            rule.failing.is_empty(),
            "{name} has an example now: {reason}"
        );
    }
}

#[test]
fn names_and_codes_are_well_formed_and_unique() {
    let all = rules::all();
    assert!(all.len() > 40, "only {} rules", all.len());
    for (number, rule) in all.iter().enumerate() {
        let kebab = rule.name.split('-').all(|part| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        });
        assert!(kebab, "{} is not kebab-case", rule.name);
        let (area, digits) = rule.code.split_at(2);
        assert!(
            area.chars().all(|c| c.is_ascii_uppercase())
                && digits.len() == 2
                && digits.chars().all(|c| c.is_ascii_digit()),
            "{} is no code",
            rule.code
        );
        for other in &all[number + 1..] {
            assert_ne!(rule.name, other.name);
            assert_ne!(rule.code, other.code);
        }
        assert_eq!(rules::find(rule.name), Some(*rule));
        assert_eq!(rules::find(rule.code), Some(*rule));
    }
}

#[test]
fn documentation_says_what_holds_and_why() {
    for rule in rules::all() {
        assert!(!rule.summary.is_empty(), "{}", rule.name);
        assert!(!rule.summary.ends_with('.'), "{}", rule.name);
        assert!(
            rule.why.len() > 40 && rule.why.trim_end().ends_with('.'),
            "{}: {}",
            rule.name,
            rule.why
        );
    }
}
