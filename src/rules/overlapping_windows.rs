//! GA11: looks that are tolerated one by one are looks at different requests.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::measure::gates::gates;
use crate::units::Duration;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "overlapping-windows",
    code: "GA11",
    severity: Severity::Advice,
    summary: "`tolerate` counts looks at different requests",
    why: "A query over ten minutes that is asked every minute sees each request in ten looks. One short burst of errors then fails ten of them, so that tolerating one or two tolerates nothing; and ten looks that pass are one judgement, not ten. Where a round is hardly longer than the window, its looks are all the same look.",
    failing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate errors {\n",
        "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[10m])) / sum(rate(http_requests_total{version=\"$version\"}[10m]))\"\"\"\n",
        "  kind proportion\n  expect value < 1%\n  every 1m for 10m\n  tolerate 1 failure\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate errors {\n",
        "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n",
        "  kind proportion\n  expect value < 1%\n  every 1m for 10m\n  tolerate 1 failure\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for (gate, at, step) in gates(context.subject()) {
        let (Some(tolerate), Some(interval), Some(window)) = (
            gate.tolerate.filter(|tolerate| tolerate.value > 0),
            gate.interval.filter(|interval| interval.value.millis() > 0),
            gate.promql.as_ref().and_then(|query| query.longest_range),
        ) else {
            continue;
        };
        let window = Duration::from_millis((window.max(0.0) * 1000.0) as u64);
        let shared = window.millis().div_ceil(interval.value.millis()).max(1);
        let looks = gate.looks();
        let apart = (looks / shared).max(1);
        // with more of them than are tolerated, `tolerate` still decides something
        if shared <= tolerate.value || apart > tolerate.value {
            continue;
        }
        let name = &gate.name.value;
        let round = window.times(tolerate.value + 1);
        let mut diagnostic = Diagnostic::new(
            &RULE,
            tolerate.span,
            format!(
                "`tolerate {}` tolerates nothing in gate `{name}`: each request is counted by {shared} looks",
                tolerate.value
            ),
        )
        .here(format!(
            "of the {looks} looks of a round, only {apart} {} no requests with the others",
            if apart == 1 { "shares" } else { "share" }
        ))
        .also(interval.span, format!("looks {} apart", interval.value))
        .also(at, "it is trusted here")
        .help(format!(
            "write `every {window} for {round}`: looks that share no requests, one more than are tolerated; or leave `tolerate` out"
        ));
        if let Some(query) = &gate.query {
            diagnostic = diagnostic.also(query.span, format!("over windows of {window}"));
        }
        out.push(Found { diagnostic, step });
    }
}
