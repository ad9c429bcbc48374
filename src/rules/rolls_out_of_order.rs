//! GR09: of two plans that roll one service, the second goes on with what the first has left.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Plan, Roll};

use super::{Context, Found, Hazard, Judged};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "rolls-out-of-order",
    code: "GR09",
    severity: Severity::Error,
    summary: "of two plans that roll one service, the second starts from what the first rolls to",
    why: "A plan is proved for a service that runs its `from` version. Where another plan of the release has moved the service elsewhere before, the second plan meets versions, schemas and callers that nobody has looked at, and its way back leads to a version that ran long ago.",
    failing: "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }; version 3 { image \"r/w@sha256:3333333333333333333333333333333333333333333333333333333333333333\" } }\nplan web-2 {\n  roll web from 1 to 2\n  step all { rolling }\n}\nplan web-3 {\n  roll web from 1 to 3\n  step all { rolling }\n}\nrelease both {\n  includes web-2\n  includes web-3 after web-2.all\n}\n",
    passing: "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }; version 3 { image \"r/w@sha256:3333333333333333333333333333333333333333333333333333333333333333\" } }\nplan web-2 {\n  roll web from 1 to 2\n  step all { rolling }\n}\nplan web-3 {\n  roll web from 2 to 3\n  step all { rolling }\n}\nrelease both {\n  includes web-2\n  includes web-3 after web-2.all\n}\n",
    can_allow: true,
    class: Class::Finding,
};

/// Told once for a pair of plans, at the later one.
fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let plan_of = |place: usize| &context.model.plans[judged.rollout.plans[place].plan];
    for other in 0..judged.place {
        let theirs = plan_of(other);
        for own in &context.plan.rolls {
            let mut rolls = theirs.rolls.iter();
            let Some(known) = rolls.find(|roll| roll.service == own.service) else {
                continue;
            };
            let pair = [(context.plan, own), (theirs, known)];
            // what stands between two plans is told where it meets either
            let follows = |first: usize, second: usize| {
                (0..judged.rollout.plans.len()).all(|third| {
                    let mut rolls = plan_of(third).rolls.iter();
                    third == first
                        || third == second
                        || !rolls.any(|roll| roll.service == own.service)
                        || !is_before(judged, first, third)
                        || !is_before(judged, third, second)
                })
            };
            let found = if is_before(judged, other, judged.place) {
                wrong_start(pair[1], pair[0]).filter(|_| follows(other, judged.place))
            } else if is_before(judged, judged.place, other) {
                wrong_start(pair[0], pair[1]).filter(|_| follows(judged.place, other))
            } else if goes_on(known, own) || goes_on(own, known) {
                // which of them is first is plain, and that nothing says so is told as CM02
                None
            } else {
                let found = Diagnostic::new(
                    &RULE,
                    own.span,
                    format!(
                        "`{}` and `{}` roll one service, and neither goes on with the other",
                        theirs.name.value, context.plan.name.value
                    ),
                )
                .here(format!("from `{}` to `{}`", own.from_id.value, own.to_id.value))
                .also(
                    known.span,
                    format!("from `{}` to `{}`", known.from_id.value, known.to_id.value),
                )
                .help("roll the service once in a release, or let the second plan start `from` what the first rolls to");
                Some(found)
            };
            out.extend(found.map(|diagnostic| Found {
                diagnostic,
                step: None,
            }));
        }
    }
}

/// Whether a plan is done before another begins.
fn is_before(judged: Judged<'_>, one: usize, other: usize) -> bool {
    let rollout = judged.rollout;
    let last = rollout.plans[one].states.len().saturating_sub(1);
    let begins = rollout.plan_point(other, 1);
    let lane = rollout.plan_point(one, last).lane;
    let needed = rollout.clocks.clock(begins, lane).unwrap_or(0);
    needed as usize >= last
}

/// Whether the second starts from what the first rolls to.
pub(super) fn goes_on(first: &Roll, second: &Roll) -> bool {
    first.to_id.value == second.from_id.value
}

fn wrong_start(
    (first, done): (&Plan, &Roll),
    (second, then): (&Plan, &Roll),
) -> Option<Diagnostic> {
    if goes_on(done, then) {
        return None;
    }
    let left = &done.to_id.value;
    Some(
        Diagnostic::new(
            &RULE,
            then.from_id.span,
            format!(
                "`{}` starts from `{}`, and `{}` has rolled the service to `{left}` by then",
                second.name.value, then.from_id.value, first.name.value
            ),
        )
        .here("does not run any more")
        .also(done.to_id.span, "this is what runs by then")
        .help(format!(
            "write `from {left}`, or take one of the plans out of the release"
        )),
    )
}
