//! SC12: the line of no return stands where going back stops being possible, and nowhere else.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::model::Action;

use super::{Context, Found, Hazard, data_loss};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "misplaced-no-return",
    code: "SC12",
    severity: Severity::Warning,
    summary: "`no return` stands directly above the first step that cannot be taken back",
    why: "Below the line nobody tries to go back, so every step that stands there in vain is a step whose fault stays. And people stop believing a line that is drawn where nothing happens.",
    failing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  no return because \"the schema has moved\"\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let (Some(line), Some(judged)) = (&context.plan.no_return, context.judged) else {
        return;
    };
    let steps = &context.plan.steps;
    let computed = judged
        .judgement
        .line
        .get(judged.place)
        .and_then(Option::as_ref);
    // where a fact is missing, the line may be right
    let unknown = judged
        .judgement
        .missing
        .iter()
        .any(|missing| missing.plan == judged.place);
    let open = judged.judgement.open.get(judged.place);
    if unknown || open.is_some_and(|open| *open) {
        return;
    }
    // what is deleted for good is as good a reason
    let lost = data_loss::first_from(context, line.above);
    let fails = computed.map(|computed| (computed.step, computed.action));
    let first = match (fails, lost) {
        (Some(fails), Some(lost)) if lost.0 < fails.0 => Some(lost),
        (fails, lost) => fails.or(lost),
    };
    let found = match first {
        Some((step, action)) if step > line.above => {
            let (Some(first), Some(until)) = (steps.get(line.above), steps.get(step)) else {
                return;
            };
            // what is scaled away comes back as a cold start only; that may be reason enough
            if retires(context, line.above..step) {
                return;
            }
            Diagnostic::new(
                &RULE,
                line.span,
                format!(
                    "going back is possible until step `{}`, and the line stands above `{}`",
                    until.name.value, first.name.value
                ),
            )
            .here("nobody goes back from below")
            .also(action, "this is what cannot be taken back")
            .help(format!("draw the line above step `{}`", until.name.value))
        }
        Some(_) => return,
        None => {
            if retires(context, line.above..steps.len()) {
                return;
            }
            Diagnostic::new(
                &RULE,
                line.span,
                "everything below this line can be taken back",
            )
            .here("nobody goes back from below")
            .note("the old version works with every schema, format and configuration behind it")
            .help("remove the line")
        }
    };
    out.push(Found {
        diagnostic: found,
        step: None,
    });
}

fn retires(context: &Context<'_>, steps: std::ops::Range<usize>) -> bool {
    context
        .plan
        .steps
        .get(steps)
        .unwrap_or(&[])
        .iter()
        .flat_map(|step| &step.actions)
        .any(|action| matches!(action.value, Action::Retire(..)))
}
