//! RB08: the version to go back to is kept until the new one has been judged at full traffic.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::Action;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "last-good-contaminated",
    code: "RB08",
    severity: Severity::Error,
    summary: "the old version is given up only once the new one has been judged at full traffic",
    why: "`retire` makes the new version the one to go back to. If nobody has judged it with all requests by then, the last good version is one that nobody knows to be good, and the fault that shows an hour later has no way back at all.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full {\n    weight 100%\n    hold 30m\n    allow final-step-ungated because \"an example\"\n  }\n  no return because \"1 is scaled away\"\n  step clean { retire 1 }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"1 is scaled away\"\n  step clean { retire 1 }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    // a plan that watches nothing at all is told so where it grows
    let gates = plan.steps.iter().flat_map(|step| &step.watch);
    if gates.chain(&plan.throughout).next().is_none() {
        return;
    }
    // an experiment has judged both versions beside one another
    if plan.legs.iter().any(|leg| leg.exposure.split) {
        return;
    }
    for roll in &plan.rolls {
        let mut judged = !plan.throughout.is_empty();
        for (number, step) in plan.steps.iter().enumerate() {
            let full = plan.legs.iter().any(|leg| {
                leg.step == number && leg.exposure.weight() >= crate::units::Percent::FULL
            });
            let retires = step.actions.iter().find(|action| {
                matches!(&action.value, Action::Retire(version, _) if version.value == roll.from_id.value)
            });
            if let Some(retire) = retires
                && !judged
                // with traffic left on the old version that is told of itself
                && full
            {
                let found = Diagnostic::new(
                    &RULE,
                    retire.span,
                    format!(
                        "`{}` is given up before anybody has judged `{}` with all requests",
                        roll.from_id.value, roll.to_id.value
                    ),
                )
                .here("from here on this is the only version there is")
                .also(roll.span, "rolled here")
                .help("add `hold 1h` and `watch ...` to the step that takes all requests, above `no return`");
                out.push(Found {
                    diagnostic: with_origin(found, step),
                    step: Some(number),
                });
                break;
            }
            judged |= full && step.hold.is_some() && !step.watch.is_empty();
        }
    }
}
