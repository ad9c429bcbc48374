//! TG02: a request belongs to one of the cohorts that a plan leads to the new version.

use std::collections::BTreeSet;

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Cohort, CohortTest};
use crate::source::Span;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "cohort-overlap",
    code: "TG02",
    severity: Severity::Warning,
    summary: "the cohorts that a plan leads to the new version have no request in common",
    why: "A step that opens the new version to a second cohort is there to show it to somebody new. Where the two cohorts share requests, the step shows it to fewer than its `share` says, its gates judge people who were judged before, and who is exposed is counted twice.",
    failing: cohorts!("country KR, JP by header \"x-country\"; share 20%"),
    passing: cohorts!("country JP by header \"x-country\"; share 5%"),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let mut met: Vec<(&Cohort, Span)> = Vec::new();
    for (number, step) in plan.steps.iter().enumerate() {
        for action in &step.actions {
            let Action::RouteCohorts(cohorts) = &action.value else {
                continue;
            };
            for named in cohorts {
                let Some(cohort) = context.model.cohorts.get(named.value) else {
                    continue;
                };
                if met
                    .iter()
                    .any(|(known, _)| known.name.value == cohort.name.value)
                {
                    continue;
                }
                let shared = met.iter().find_map(|(known, span)| {
                    let common = common(known.test.as_ref()?, cohort.test.as_ref()?)?;
                    Some((*known, *span, common))
                });
                met.push((cohort, named.span));
                let Some((first, span, common)) = shared else {
                    continue;
                };
                let (one, other) = (&first.name.value, &cohort.name.value);
                let mut told = Diagnostic::new(
                    &RULE,
                    named.span,
                    format!("cohorts `{one}` and `{other}` both hold {}", common.words),
                )
                .here(format!(
                    "`{one}` has brought them to the new version before"
                ))
                .also(span, "led there here");
                if let (Some(first), Some(second)) = (first.share, cohort.share) {
                    told = told.note(format!(
                        "the shares, {} and {}, are added up where exposure is counted",
                        first.value, second.value
                    ));
                }
                told = told.help(match common.all {
                    true => format!("leave `{other}` out: it holds nobody else"),
                    false => format!(
                        "take {} out of `{other}`, and out of its `share`",
                        common.words
                    ),
                });
                out.push(Found {
                    diagnostic: with_origin(told, step),
                    step: Some(number),
                });
            }
        }
    }
}

/// What two cohorts have in common.
struct Common {
    words: String,
    /// Whether that is all of the second.
    all: bool,
}

fn common(one: &CohortTest, other: &CohortTest) -> Option<Common> {
    match (one, other) {
        // the names of headers are the same in whatever case
        (CohortTest::Header(name, value), CohortTest::Header(own, same))
            if name.value.eq_ignore_ascii_case(&own.value) && value.value == same.value =>
        {
            Some(Common {
                words: format!("requests with header `{}` = `{}`", own.value, same.value),
                all: true,
            })
        }
        (CohortTest::Cookie(name, value), CohortTest::Cookie(own, same))
            if name.value == own.value && value.value == same.value =>
        {
            Some(Common {
                words: format!("requests with cookie `{}` = `{}`", own.value, same.value),
                all: true,
            })
        }
        (CohortTest::Country(codes, header), CohortTest::Country(own, same))
            if header.value.eq_ignore_ascii_case(&same.value) =>
        {
            let first: BTreeSet<&str> = codes.iter().map(|code| code.value.as_str()).collect();
            let both: BTreeSet<&str> = own
                .iter()
                .map(|code| code.value.as_str())
                .filter(|code| first.contains(code))
                .collect();
            if both.is_empty() {
                return None;
            }
            let names: Vec<String> = both.iter().map(|code| format!("`{code}`")).collect();
            Some(Common {
                words: names.join(" and "),
                all: both.len()
                    == own
                        .iter()
                        .map(|code| &code.value)
                        .collect::<BTreeSet<_>>()
                        .len(),
            })
        }
        _ => None,
    }
}
