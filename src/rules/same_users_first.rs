//! TG04: not always the same users are the first.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Model, Plan, Sticky, TargetKind};
use crate::source::Span;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "salt-reuse",
    code: "TG04",
    severity: Severity::Advice,
    summary: "plan after plan, other users are the first to meet what is new",
    why: "Envoy hashes what users stay by and knows no other word beside it. With the same key in each plan, the users at the low end of the hash are the first every time: they meet every fault that a canary finds, and their view of the service is not that of the others.",
    failing: hashed!("envoy"),
    passing: hashed!("nginx"),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let (model, plan) = (context.model, context.plan);
    if !hashes_plainly(model, plan) {
        return;
    }
    let Some((by, span)) = key(plan) else { return };
    let rolls = |other: &Plan| {
        let mut own = plan.rolls.iter();
        own.any(|roll| {
            other
                .rolls
                .iter()
                .any(|theirs| theirs.service == roll.service)
        })
    };
    // of several plans, each but the first in the order of their names is told
    let other = model.plans.iter().find(|other| {
        other.name.value < plan.name.value
            && rolls(other)
            && hashes_plainly(model, other)
            && key(other).is_some_and(|(own, _)| own == by)
    });
    let Some(other) = other else { return };
    let mut found = Diagnostic::new(
        &RULE,
        span,
        format!(
            "the users who are first in `{}` are the first in `{}`, too",
            other.name.value, plan.name.value
        ),
    )
    .here("the same key, and Envoy hashes nothing else with it");
    if let Some((_, span)) = key(other) {
        found = found.also(span, "as here");
    }
    out.push(Found {
        diagnostic: found
            .note("the probability that one of the first is among the first again is 100%; dealt anew it is the first weight")
            .help("let users stay by another key of theirs here, or name a target of kind nginx, whose hash holds the name of the plan"),
        step: None,
    });
}

/// Whether a target of the plan hashes the key of a user and nothing else.
fn hashes_plainly(model: &Model, plan: &Plan) -> bool {
    plan.targets.iter().any(|target| {
        let kind = model
            .targets
            .get(target.value)
            .and_then(|target| target.kind);
        kind.is_some_and(|kind| kind.value == TargetKind::Envoy)
    })
}

/// What users of a plan stay by first, and where that is said.
fn key(plan: &Plan) -> Option<(&Sticky, Span)> {
    let actions = plan.steps.iter().flat_map(|step| &step.actions);
    actions.into_iter().find_map(|action| match &action.value {
        Action::Sticky(Some(by)) => Some((by, action.span)),
        _ => None,
    })
}
