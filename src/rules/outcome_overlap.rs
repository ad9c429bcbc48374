//! GR05: no value of a measurement both passes and fails a gate.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Gate, GateRule};
use crate::vocabulary::Compare;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "outcome-overlap",
    code: "GR05",
    severity: Severity::Error,
    summary: "no value both passes a gate and fails it",
    why: "`expect` says which values pass, `fail` which ones fail, and what lies between is inconclusive. Where both hold for one value, each platform decides by itself: one rolls on, another rolls back.",
    failing: "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\ngate errors {\n  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n  kind proportion\n  expect value < 5%\n  fail value > 1%\n  every 1m for 10m\n}\nservice web {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n",
    passing: "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\ngate errors {\n  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n  kind proportion\n  expect value < 1%\n  fail value > 5%\n  every 1m for 10m\n}\nservice web {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n",
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let mut told = Vec::new();
    let watched = plan
        .steps
        .iter()
        .enumerate()
        .flat_map(|(step, declared)| declared.watch.iter().map(move |gate| (Some(step), gate)))
        .chain(plan.throughout.iter().map(|gate| (None, gate)));
    for (step, gate) in watched {
        if told.contains(&gate.value) {
            continue;
        }
        told.push(gate.value);
        let declared = &context.model.gates[gate.value];
        let (Some(expect), Some(fail)) = (&declared.expect, &declared.fail) else {
            continue;
        };
        if let Some(value) = overlap(expect, fail) {
            out.push(Found {
                diagnostic: finding(declared, expect, fail, &value),
                step,
            });
        }
    }
}

fn finding(gate: &Gate, expect: &GateRule, fail: &GateRule, value: &str) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        fail.span,
        format!(
            "gate `{}` both passes and fails at a value of {value}",
            gate.name.value
        ),
    )
    .here("fails here")
    .also(expect.span, "passes here")
    .help("let `fail` begin where `expect` ends, or further away")
}

/// A value at which both hold, in words.
fn overlap(expect: &GateRule, fail: &GateRule) -> Option<String> {
    let (pass, refuse) = (
        expect.limit.value.as_number()?,
        fail.limit.value.as_number()?,
    );
    let upper = |op: Compare| matches!(op, Compare::Less | Compare::LessEqual);
    let closed = |op: Compare| matches!(op, Compare::LessEqual | Compare::GreaterEqual);
    match (upper(expect.op), upper(fail.op)) {
        // all small values, or all large ones, do both
        (true, true) | (false, false) => Some(format!("`{}`", expect.limit.value)),
        (true, false) if refuse < pass => Some(format!(
            "more than `{}` and less than `{}`",
            fail.limit.value, expect.limit.value
        )),
        (false, true) if refuse > pass => Some(format!(
            "more than `{}` and less than `{}`",
            expect.limit.value, fail.limit.value
        )),
        #[expect(clippy::float_cmp, reason = "the same text gives the same number")]
        _ if refuse == pass && closed(expect.op) && closed(fail.op) => {
            Some(format!("`{}`", expect.limit.value))
        }
        _ => None,
    }
}
