//! CF03: configuration and flags move in waves.

use std::collections::BTreeMap;

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::Action;
use crate::units::Percent;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "global-push",
    code: "CF03",
    severity: Severity::Error,
    summary: "configuration and flags reach everyone in more than one wave",
    why: "Most large outages were configuration that was pushed everywhere at once: nothing was left that still worked, and nothing had been looked at before. Configuration is rolled out like code: one failure domain or a small share first, a gate, then the rest.",
    failing: project!(
        "config limits {\n  at 1\n  version 1\n  version 2\n}\n\nplan limits-2 {\n  step all {\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n}\n"
    ),
    passing: project!(
        "config limits {\n  at 1\n  version 1\n  version 2\n}\n\nservice api {\n  domains seoul 40%, tokyo 60%\n}\n\nplan limits-2 {\n  step first {\n    in seoul\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n  step second {\n    in tokyo\n    push limits to 2\n    hold 1h\n    watch errors\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    // how many waves each configuration had before, and the largest share of each flag
    let mut pushed: BTreeMap<usize, usize> = BTreeMap::new();
    let mut opened: BTreeMap<usize, Percent> = BTreeMap::new();
    let mut domains: Vec<String> = Vec::new();
    for (number, step) in plan.steps.iter().enumerate() {
        if let Some(set) = &step.domains {
            domains = set.iter().map(|domain| domain.value.clone()).collect();
        }
        for action in &step.actions {
            match &action.value {
                Action::Push(config, _) => {
                    let waves = pushed.entry(*config).or_default();
                    *waves += 1;
                    if *waves == 1 && (domains.is_empty() || holds_all(context, &domains)) {
                        let name = &context.model.configs[*config].name.value;
                        let found = Diagnostic::new(
                            &RULE,
                            action.span,
                            format!("`{name}` is pushed everywhere at once"),
                        )
                        .here("reaches every failure domain in one step")
                        .help("push it to one failure domain first, `in seoul` above the `push`, watch, and then to the others in steps of their own");
                        out.push(Found {
                            diagnostic: with_origin(found, step),
                            step: Some(number),
                        });
                    }
                }
                Action::Flag(flag, chain) => {
                    let before = opened.get(flag).copied().unwrap_or(Percent::ZERO);
                    // a chain may begin with nobody
                    let first = chain
                        .values
                        .iter()
                        .map(|share| share.value)
                        .find(|share| *share > Percent::ZERO)
                        .unwrap_or(Percent::ZERO);
                    let last = chain
                        .values
                        .last()
                        .map_or(Percent::ZERO, |share| share.value);
                    opened.insert(*flag, last);
                    let everywhere = domains.is_empty() || holds_all(context, &domains);
                    if before == Percent::ZERO && first == Percent::FULL && everywhere {
                        let name = &context.model.flags[*flag].name.value;
                        let found = Diagnostic::new(
                            &RULE,
                            action.span,
                            format!("flag `{name}` is opened for everyone at once"),
                        )
                        .here("from nobody to everybody in one step")
                        .help(format!(
                            "open it in steps: `flag {name} 5% -> 25%`, watch, and then `100%`"
                        ));
                        out.push(Found {
                            diagnostic: with_origin(found, step),
                            step: Some(number),
                        });
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether these are all failure domains that any service declares.
pub(super) fn holds_all(context: &Context<'_>, domains: &[String]) -> bool {
    let services = context
        .plan
        .visible_services
        .iter()
        .filter_map(|&at| context.model.services.get(at));
    let mut known = services.flat_map(|service| &service.domains).peekable();
    known.peek().is_some() && known.all(|(name, _)| domains.contains(&name.value))
}
