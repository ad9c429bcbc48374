//! Policies.

use super::super::{Entry, Place};

/// When a requirement counts.
macro_rules! when {
    ($form:expr) => {
        concat!(
            $form,
            " (when <subject:weight> <when:compare> <bound:percent>)?"
        )
    };
}

pub(super) static POLICY: [Entry; 8] = [
    Entry::new(
        "require",
        &[
            when!("<measure:first-weight|weight-step|users-exposed|budget-burned|power|false-alarm|utilisation> <op:compare> <limit:percent>"),
            when!("<measure:hold|bake|rollback-time|duration|time-to-detect|retire-after> <op:compare> <limit:duration>"),
            when!("<measure:weight-ratio|requests-failed|peak-replicas|domains-at-once> <op:compare> <limit:number>"),
            when!("<present:watch|approval|run>"),
            "<present:watch|approval|run> before <before:weight> <bound:percent>",
            "proved <proof:compatible|reversible|observed|sufficient|bounded>...",
        ],
    )
    .many()
    .doc("What every plan that obeys the policy must satisfy.")
    .example("require first-weight <= 5%"),
    Entry::new("forbid", &["<rule:id>..."])
        .many()
        .doc("Makes every finding of these rules an error.")
        .example("forbid mutable-tag"),
    Entry::new("allow-strategy", &["<strategy:weight|rolling|blue-green|mirror|route|split|flag|push>..."])
        .many()
        .doc("The ways of rolling that are allowed beside weights.")
        .example("allow-strategy blue-green, rolling"),
    Entry::new("freeze", &["<from:date> .. <to:date> in <zone:text>"])
        .many()
        .doc("No step may fall into these days, in this time zone.")
        .example("freeze 2026-12-18 .. 2027-01-04 in \"Asia/Seoul\""),
    Entry::new("never-allow", &["<rule:id>..."])
        .many()
        .doc("Rules that no `allow` can accept.")
        .example("never-allow step-without-gate"),
    Entry::new("applies", &["to all"])
        .doc("Every plan that sees the policy obeys it.")
        .example("applies to all"),
    Entry::new("accepts", &["<name:text>"])
        .block(Place::PolicyExample)
        .many()
        .doc("Steps that satisfy the policy; `check` says so when they do not.")
        .example("accepts \"a slow start\" { step a { weight 1%; hold 1h; watch errors } }"),
    Entry::new("rejects", &["<name:text>"])
        .block(Place::PolicyExample)
        .many()
        .doc("Steps that the policy does not let through; `check` says so when it does.")
        .example("rejects \"half at once\" { step a { weight 50%; hold 1h } }"),];

pub(super) static EXAMPLE: [Entry; 2] = [
    Entry::new("roll", &["<service:service> from <from:id> to <to:id>"])
        .doc("The service whose traffic, users and gates the example is measured with; without it, only what the steps alone decide is asked.")
        .example("roll checkout from 41 to 42"),
    Entry::new("step", &["<name:name>"])
    .block(Place::Step)
    .many()
    .required()
    .doc("A step of the example.")
    .example("step a { weight 1% }")];
