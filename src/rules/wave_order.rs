//! PR04: a wave takes one failure domain.

use std::collections::BTreeSet;

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::model::Action;
use crate::units::Percent;

use super::global_push::holds_all;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "wave-order",
    code: "PR04",
    severity: Severity::Error,
    summary: "a wave takes one failure domain, and the first is seen before the next",
    why: "Failure domains are there so that one of them can fail. A step that changes two together has no domain left that tells the fault of the change from any other, and what is wrong is wrong in both before anybody has looked. The first wave with several is an error; a later one, behind a domain that went well, is a warning.",
    failing: project!(
        "config limits {\n  at 1\n  version 1\n  version 2\n}\n\nservice api {\n  domains seoul 20%, tokyo 40%, osaka 40%\n}\n\nplan limits-2 {\n  step first {\n    in seoul, tokyo\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n  step second {\n    in osaka\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n}\n"
    ),
    passing: project!(
        "config limits {\n  at 1\n  version 1\n  version 2\n}\n\nservice api {\n  domains seoul 20%, tokyo 40%, osaka 40%\n}\n\nplan limits-2 {\n  step first {\n    in seoul\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n  step second {\n    in tokyo\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n  step third {\n    in osaka\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// What moves through the failure domains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moves {
    Traffic,
    Config(usize),
    Flag(usize),
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let mut reached: BTreeSet<(Moves, &str)> = BTreeSet::new();
    let mut domains: Vec<&str> = Vec::new();
    for (number, step) in context.plan.steps.iter().enumerate() {
        if let Some(set) = &step.domains {
            domains = set.iter().map(|domain| domain.value.as_str()).collect();
        }
        for action in &step.actions {
            let Some((moves, whole)) = takes(&action.value) else {
                continue;
            };
            let fresh: Vec<&str> = domains
                .iter()
                .copied()
                .filter(|domain| !reached.contains(&(moves, *domain)))
                .collect();
            let first = !reached.iter().any(|(own, _)| *own == moves);
            reached.extend(domains.iter().map(|domain| (moves, *domain)));
            // a small share of several domains leaves each of them working
            if fresh.len() < 2 || !whole {
                continue;
            }
            // all of them at once is a push without waves (CF03)
            let names: Vec<String> = domains.iter().map(ToString::to_string).collect();
            if first && moves != Moves::Traffic && holds_all(context, &names) {
                continue;
            }
            let listed: Vec<String> = fresh.iter().map(|domain| format!("`{domain}`")).collect();
            let mut found = Diagnostic::new(
                &RULE,
                action.span,
                format!("{} are changed in one wave", listed.join(" and ")),
            )
            .here("reaches them together")
            .help(format!(
                "change {} in a step of its own, `in {}`, watch, and then the next",
                listed[0], fresh[0]
            ));
            if let Some(set) = &step.domains
                && let (Some(one), Some(last)) = (set.first(), set.last())
            {
                found = found.also(one.span.join(last.span), "these failure domains");
            }
            if !first {
                found = found.severity(Severity::Warning);
            }
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(number),
            });
        }
    }
}

/// What an action moves, and whether it takes a failure domain as a whole.
fn takes(action: &Action) -> Option<(Moves, bool)> {
    let whole = |values: &[crate::source::Spanned<Percent>]| {
        let all = values.iter().map(|share| share.value);
        (all.clone().max() > Some(Percent::ZERO)).then(|| all.max() == Some(Percent::FULL))
    };
    Some(match action {
        Action::Weight(chain) => (Moves::Traffic, whole(&chain.values)?),
        Action::Rolling { .. } | Action::Switch => (Moves::Traffic, true),
        Action::Push(config, _) => (Moves::Config(*config), true),
        Action::Flag(flag, chain) => (Moves::Flag(*flag), whole(&chain.values)?),
        _ => return None,
    })
}
