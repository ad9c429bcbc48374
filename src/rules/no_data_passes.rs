//! GA09: absence of data is not success.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Gate, Outcome, Then};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "no-data-passes",
    code: "GA09",
    severity: Severity::Error,
    summary: "a gate without data does not pass",
    why: "A new version that takes no traffic, is not scraped, or carries another label gives no data. A gate that passes then promotes a version that nobody has measured. Guard the numerator of a ratio with `or vector(0)`, never the whole query; and let `on no-data` go back or pause.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary {\n    weight 5%\n    hold 30m\n    watch errors\n    on no-data continue\n  }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary {\n    weight 5%\n    hold 30m\n    watch errors\n    on no-data pause within 1h\n  }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// The value that the gate reads when the version has no series at all, if it reads one and that
/// value passes.
fn passes_without_data(gate: &Gate) -> Option<f64> {
    let value = gate.promql.as_ref()?.otherwise?;
    let expect = gate.expect.as_ref()?;
    let limit = match expect.limit.value.as_number() {
        Some(limit) => limit,
        // the baseline has data: any healthy value that is not negative
        None => return expect.op.holds(value, f64::MIN_POSITIVE).then_some(value),
    };
    expect.op.holds(value, limit).then_some(value)
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let mut reported: Vec<usize> = Vec::new();
    for (number, step) in plan.steps.iter().enumerate() {
        for edge in &step.edges {
            if edge.outcome == Outcome::NoData && edge.then == Then::Continue {
                let found = Diagnostic::new(
                    &RULE,
                    edge.span,
                    format!("step `{}` goes on when its gates have no data", step.name.value),
                )
                .here("a version that nobody measured is promoted here")
                .help("write `on no-data pause within 1h`, or leave it out: the default is `rollback`");
                out.push(Found {
                    diagnostic: with_origin(found, step),
                    step: Some(number),
                });
            }
        }
        for watched in step.watch.iter().chain(&plan.throughout) {
            let Some(gate) = context.model.gates.get(watched.value) else {
                continue;
            };
            let Some(value) = passes_without_data(gate) else {
                continue;
            };
            if reported.contains(&watched.value) {
                continue;
            }
            reported.push(watched.value);
            let query = gate
                .query
                .as_ref()
                .map_or(gate.name.span, |query| query.span);
            let mut found = Diagnostic::new(
                &RULE,
                query,
                format!(
                    "gate `{}` passes when the version has no data",
                    gate.name.value
                ),
            )
            .here(format!("without any series this query answers {value}"))
            .also(watched.span, "it is trusted here")
            .help("guard the numerator only: `(sum(...) or vector(0)) / sum(...)`");
            if let Some(expect) = &gate.expect {
                found = found.also(expect.span, format!("and {value} passes"));
            }
            out.push(Found {
                diagnostic: with_origin(found, step),
                step: Some(number),
            });
        }
    }
}
