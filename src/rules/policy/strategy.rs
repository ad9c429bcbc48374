//! PR09: a plan rolls in a way that its policies allow.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::policy::{Unallowed, strategies};

use super::super::{Context, Found, Hazard, with_origin};
use super::subject;

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "strategy-not-allowed",
    code: "PR09",
    severity: Severity::Error,
    summary: "a plan rolls by weights, or in a way that its policies allow",
    why: "`first-weight` and `weight-ratio` bind `weight`; of everything else a policy says with `allow-strategy` whether it may be done. A policy that limits weights and allows no other strategy is not kept by a plan that replaces in place or switches all traffic at once: those give all users the change by no weight that the policy could limit.",
    failing: project!(
        "policy production { require first-weight <= 5% }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step all {\n    rolling\n    hold 30m\n    watch errors\n  }\n}\n"
    ),
    passing: project!(
        "policy production { require first-weight <= 5%; allow-strategy rolling }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step all {\n    rolling\n    hold 30m\n    watch errors\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for unallowed in strategies(subject(context)) {
        let found = Diagnostic::new(&RULE, unallowed.at, what(&unallowed))
            .here(format!("this is `{}`", unallowed.strategy))
            .also(
                unallowed.by,
                match unallowed.is_listed {
                    true => "these are allowed, beside weights",
                    false => "weights are limited here, and no other strategy is allowed",
                },
            )
            .help(format!(
                "roll by `weight`, or write `allow-strategy {}` in the policy",
                unallowed.strategy
            ));
        let step = &context.plan.steps[unallowed.step];
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: Some(unallowed.step),
        });
    }
}

/// What is not allowed, in words.
pub(super) fn what(unallowed: &Unallowed<'_>) -> String {
    let (strategy, policy) = (unallowed.strategy, &unallowed.policy.name.value);
    match unallowed.is_listed {
        true => format!("policy `{policy}` does not allow `{strategy}`"),
        false => format!("policy `{policy}` limits weights, and `{strategy}` goes round them"),
    }
}
