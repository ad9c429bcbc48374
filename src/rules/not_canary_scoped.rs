//! GA08: a gate that measures all versions together still sees the fault of the new one.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::{Watch, fault, healthy, passes, percent, watches};
use crate::model::GateKind;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "not-canary-scoped",
    code: "GA08",
    severity: Severity::Error,
    summary: "a fault of the new version is not hidden among the requests to the old one",
    why: "A query without `$version` measures old and new together. At a weight of 1 %, a new version that fails every request raises the error rate of the service by 1 %: below most limits, so nobody ever sees it.",
    failing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate errors {\n",
        "  query \"\"\"sum(rate(http_requests_total{app=\"$service\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{app=\"$service\"}[2m]))\"\"\"\n",
        "  kind proportion\n  expect value < 1%\n  normally 0.1%\n  detect 5%\n  every 1m for 10m\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "900/s",
        "  expect value < 1%\n  normally 0.1%\n  detect 5%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// What the gate answers with the fault, where the requests to the old version make that pass.
fn together(watch: &Watch<'_>) -> Option<f64> {
    let gate = watch.gate;
    let scoped = gate.promql.as_ref()?.uses_version;
    if scoped || gate.kind?.value != GateKind::Proportion || watch.share >= 1.0 {
        return None;
    }
    let bad = fault(gate).ok()?;
    let together = watch.share * bad + (1.0 - watch.share) * healthy(gate)?;
    let hidden = passes(gate, bad) == Some(false) && passes(gate, together) == Some(true);
    hidden.then_some(together)
}

/// Whether the fault passes among the requests to the old version.
pub(super) fn is_hidden(watch: &Watch<'_>) -> bool {
    together(watch).is_some()
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for watch in &watches(context.subject()).known {
        let gate = watch.gate;
        let Some(together) = together(watch) else {
            continue;
        };
        let step = &context.plan.steps[watch.leg.step];
        let query = gate
            .query
            .as_ref()
            .map_or(gate.name.span, |query| query.span);
        let diagnostic = Diagnostic::new(
            &RULE,
            watch.at,
            format!(
                "`{}` measures all versions together, and the fault that it should detect passes among them",
                gate.name.value
            ),
        )
        .here(format!("{} of the requests are the new version's here", percent(watch.share)))
        .also(query, format!("with the fault this answers {:.4}", together))
        .also(watch.grows, "and grows here")
        .help("select the series of the new version: `{version=\"$version\"}`");
        out.push(Found {
            diagnostic: with_origin(diagnostic, step),
            step: Some(watch.leg.step),
        });
    }
}
