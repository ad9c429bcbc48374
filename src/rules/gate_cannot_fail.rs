//! GA04: the fault that a gate should detect does not pass it.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::{fails, fault, gates, passes};
use crate::model::{Outcome, Then};
use crate::vocabulary::Compare;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "gate-cannot-fail",
    code: "GA04",
    severity: Severity::Error,
    summary: "the fault that a gate should detect does not pass it",
    why: "A gate whose limit lies beyond the fault that it should detect passes it on every look, however long it watches. Then the limit is too wide, or `detect` says another fault than the one that is meant.",
    failing: measured!(
        "900/s",
        "  expect value < 5%\n  normally 0.1%\n  detect 2%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "900/s",
        "  expect value < 1%\n  normally 0.1%\n  detect 2%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    cut_off(context, out);
    for (gate, at, step) in gates(context.subject()) {
        let (Ok(bad), Some(detect), Some(expect)) = (fault(gate), gate.detect, &gate.expect) else {
            continue;
        };
        if passes(gate, bad) != Some(true) {
            continue;
        }
        let diagnostic = Diagnostic::new(
            &RULE,
            expect.span,
            format!(
                "gate `{}` passes the fault that it should detect",
                gate.name.value
            ),
        )
        .here("this passes")
        .also(detect.span, "the fault to be detected")
        .also(at, "it is trusted here")
        .help("set the limit of `expect` between `normally` and `detect`");
        out.push(Found { diagnostic, step });
    }
    inconclusive(context, out);
}

/// A query that cuts its answers off on the side on which they pass: whatever the version does, the
/// gate passes.
fn cut_off(context: &Context<'_>, out: &mut Vec<Found>) {
    for (gate, at, step) in gates(context.subject()) {
        let (Some(expect), Some(query), Some(text)) = (&gate.expect, &gate.promql, &gate.query)
        else {
            continue;
        };
        let upper = matches!(expect.op, Compare::Less | Compare::LessEqual);
        let bound = match upper {
            true => query.value.at_most,
            false => query.value.at_least,
        };
        let Some(bound) = bound.filter(|&bound| passes(gate, bound) == Some(true)) else {
            continue;
        };
        let (side, way) = match upper {
            true => ("above", "clamp_max"),
            false => ("below", "clamp_min"),
        };
        let diagnostic = Diagnostic::new(
            &RULE,
            expect.span,
            format!(
                "gate `{}` passes whatever the version does: its query gives nothing {side} {bound}",
                gate.name.value
            ),
        )
        .here("every answer passes this")
        .also(text.span, "cut off here")
        .also(at, "it is trusted here")
        .help(format!(
            "leave `{way}` out, or cut off on the other side of the limit"
        ));
        out.push(Found { diagnostic, step });
    }
}

/// A fault that neither passes nor fails, where what is inconclusive goes on.
fn inconclusive(context: &Context<'_>, out: &mut Vec<Found>) {
    let mut told = Vec::new();
    for (number, step) in context.plan.steps.iter().enumerate() {
        let goes_on = step
            .edges
            .iter()
            .find(|edge| edge.outcome == Outcome::Inconclusive && edge.then == Then::Continue);
        let Some(edge) = goes_on else { continue };
        for watched in step.watch.iter().chain(&context.plan.throughout) {
            let Some(gate) = context.model.gates.get(watched.value) else {
                continue;
            };
            let (Ok(bad), Some(detect), Some(fail)) = (fault(gate), gate.detect, &gate.fail) else {
                continue;
            };
            let between = passes(gate, bad) == Some(false) && fails(gate, bad) == Some(false);
            if gate.incomplete || !between || told.contains(&watched.value) {
                continue;
            }
            told.push(watched.value);
            let diagnostic = Diagnostic::new(
                &RULE,
                edge.span,
                format!(
                    "step `{}` goes on with the fault that gate `{}` should detect",
                    step.name.value, gate.name.value
                ),
            )
            .here("what neither passes nor fails goes on")
            .also(fail.span, "this does not hold for the fault")
            .also(detect.span, "the fault to be detected")
            .help("write `on inconclusive rollback`, or let `fail` take in what `detect` says");
            out.push(Found {
                diagnostic: with_origin(diagnostic, step),
                step: Some(number),
            });
        }
    }
}
