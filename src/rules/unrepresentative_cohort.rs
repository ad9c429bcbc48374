//! GA16: those who judge the new version are like those who get it next.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::units::Percent;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "unrepresentative-cohort-or-hour",
    code: "GA16",
    severity: Severity::Warning,
    summary: "before most users get the new version, a share of all of them had it",
    why: "Staff log in from one network, a country has its own payment, a test header comes from one client: what is well with them says little of the rest. A weight below 50 % in between shows the new version a fair share of everybody before most of them have it.",
    failing: concat!(
        "cohort staff { header \"x-staff\" = \"1\"; share 2% }\n\n",
        project!(
            "plan web-2 {\n  roll web from 1 to 2\n  step inside { route cohort staff; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
        )
    ),
    passing: concat!(
        "cohort staff { header \"x-staff\" = \"1\"; share 2% }\n\n",
        project!(
            "plan web-2 {\n  roll web from 1 to 2\n  step inside { route cohort staff; hold 30m; watch errors }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
        )
    ),
    can_allow: true,
    class: Class::Finding,
};

/// From this share on most users have it.
const MOST: Percent = Percent::from_ppm(500_000);

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let mut chosen = None;
    for leg in &plan.legs {
        let live = &leg.exposure;
        let weight = live.weight();
        let groups = !live.cohorts.is_empty() || !live.headers.is_empty();
        if weight == Percent::ZERO && groups {
            chosen = chosen.or(Some(leg));
            continue;
        }
        let Some(group) = chosen.filter(|_| leg.grows) else {
            continue;
        };
        // in one failure domain after the other, the first stands for the others
        if weight < MOST || live.domains.len() == 1 {
            return;
        }
        let Some(step) = plan.steps.get(leg.step) else {
            return;
        };
        let found = Diagnostic::new(
            &RULE,
            leg.span,
            format!(
                "step `{}` gives the new version {weight} of the requests, and so far only a chosen group had it",
                step.name.value
            ),
        )
        .here("most users meet it here for the first time")
        .also(group.span, "only these have met it before")
        .help("put a share of everybody in between: `step canary { weight 5%; hold 30m; watch ... }`");
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: Some(leg.step),
        });
        return;
    }
}
