//! TR02: forward weights rise.

use std::collections::BTreeMap;

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::Exposure;
use crate::units::Percent;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "non-monotone",
    code: "TR02",
    severity: Severity::Warning,
    summary: "weights rise from step to step",
    why: "A weight that falls on the way forward takes users back to the old version without anything having failed. Users without stickiness flip between versions, what the new version wrote meets the old one, and some platforms (Flagger's `stepWeights`) stop moving altogether.\n\nGoing back is what `rollback` is for; a plan that walks forward only rises.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step up { weight 20%; hold 30m; watch errors }\n  step down { weight 10%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step small { weight 10%; hold 30m; watch errors }\n  step more { weight 20%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// A failure domain whose share falls, with the share before and after; `""` stands for every
/// domain that is not named.
fn fallen(
    before: &BTreeMap<String, Percent>,
    now: &BTreeMap<String, Percent>,
) -> Option<(Percent, Percent)> {
    let share = |shares: &BTreeMap<String, Percent>, domain: &str| {
        shares.get(domain).or_else(|| shares.get("")).copied()
    };
    before.keys().chain(now.keys()).find_map(|domain| {
        let (from, to) = (share(before, domain)?, share(now, domain)?);
        (to < from).then_some((from, to))
    })
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for pair in plan.legs.windows(2) {
        let [before, now] = pair else { continue };
        // an experiment ends with the weight that its outcome says
        if before.exposure.split {
            continue;
        }
        let fallen = fallen(&before.exposure.weights, &now.exposure.weights);
        let flag = (0..context.model.flags.len()).find_map(|flag| {
            let shares = |exposure: &Exposure| -> BTreeMap<String, Percent> {
                let own = exposure
                    .flags
                    .iter()
                    .filter(|((known, _), _)| *known == flag);
                own.map(|((_, domain), share)| (domain.clone(), *share))
                    .collect()
            };
            self::fallen(&shares(&before.exposure), &shares(&now.exposure))
        });
        let Some((from, to)) = fallen.or(flag) else {
            continue;
        };
        let step = &plan.steps[now.step];
        let found = Diagnostic::new(
            &RULE,
            now.span,
            format!("the share falls from {from} to {to} on the way forward"),
        )
        .here(format!("{to} here"))
        .also(before.span, format!("{from} here"))
        .help("let the shares rise; to go back, leave it to `rollback`");
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: Some(now.step),
        });
    }
}
