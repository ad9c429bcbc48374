//! GA12: the limit of a quantile is a bound of the histogram's buckets.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::gates;
use crate::model::{GateKind, Limit};
use crate::vocabulary::Compare;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "threshold-off-bucket",
    code: "GA12",
    severity: Severity::Warning,
    summary: "the limit of a quantile is a bound of the histogram's buckets",
    why: "A histogram knows how many requests were below each of its bounds and nothing of where they lie between two. `histogram_quantile` draws a straight line there: with bounds of 250 ms and 500 ms it may read 310 ms when all slow requests took 260 ms, or when they took 490 ms. At a bound it counts. Beyond the largest bound it always answers that bound, so a limit above it never fails. `buckets` says what the bounds are; without it nothing is said.",
    failing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate latency {\n",
        "  query \"\"\"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{version=\"$version\"}[5m])))\"\"\"\n",
        "  kind quantile 99%\n  buckets 100ms, 250ms, 500ms, 1s\n  expect value < 300ms\n  every 1m for 10m\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch latency }\n  step all { weight 100%; hold 30m; watch latency }\n}\n"
    ),
    passing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate latency {\n",
        "  query \"\"\"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{version=\"$version\"}[5m])))\"\"\"\n",
        "  kind quantile 99%\n  buckets 100ms, 250ms, 300ms, 500ms, 1s\n  expect value < 300ms\n  every 1m for 10m\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch latency }\n  step all { weight 100%; hold 30m; watch latency }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for (gate, at, step) in gates(context.subject()) {
        let quantile = gate
            .kind
            .is_some_and(|kind| matches!(kind.value, GateKind::Quantile(_)));
        let histogram = gate
            .promql
            .as_ref()
            .is_some_and(|query| !query.quantiles.is_empty());
        let (Some(expect), Some(first), true) =
            (&gate.expect, gate.buckets.first(), quantile && histogram)
        else {
            continue;
        };
        let Limit::Duration(limit) = expect.limit.value else {
            continue;
        };
        if gate.buckets.iter().any(|bound| bound.value == limit) {
            continue;
        }
        let name = &gate.name.value;
        let below = gate.buckets.iter().filter(|bound| bound.value < limit);
        let below = below.max_by_key(|bound| bound.value);
        let above = gate.buckets.iter().filter(|bound| bound.value > limit);
        let above = above.min_by_key(|bound| bound.value);
        let upper = matches!(expect.op, Compare::Less | Compare::LessEqual);
        let diagnostic = match (below, above) {
            (Some(largest), None) if upper => Diagnostic::new(
                &RULE,
                expect.limit.span,
                format!(
                    "gate `{name}` never fails: its histogram knows nothing above {}, and {limit} is above that",
                    largest.value
                ),
            )
            .severity(Severity::Error)
            .here("no answer of the query is larger than its last bound")
            .also(largest.span, "the largest bound")
            .help(format!(
                "write `expect value {} {}`, or give the histogram a bound at {limit} and one above it",
                expect.op.symbol(),
                largest.value
            )),
            (below, above) => {
                let from = below.map_or("0s".to_string(), |bound| bound.value.to_string());
                let to = above.map_or("any time".to_string(), |bound| bound.value.to_string());
                let nearest = [below, above].into_iter().flatten();
                let ways: Vec<String> = nearest
                    .map(|bound| format!("`expect value {} {}`", expect.op.symbol(), bound.value))
                    .collect();
                Diagnostic::new(
                    &RULE,
                    expect.limit.span,
                    format!(
                        "the limit of gate `{name}` lies between two bounds of its histogram: a quantile anywhere from {from} to {to} may pass or fail it"
                    ),
                )
                .here(format!("{limit} is no bound"))
                .also(
                    below.or(above).map_or(first.span, |bound| bound.span),
                    match below {
                        Some(_) => "the nearest bound below",
                        None => "the smallest bound",
                    },
                )
                .also(at, "it is trusted here")
                .help(format!(
                    "write {}, or give the histogram a bound at {limit}",
                    ways.join(" or ")
                ))
            }
        };
        out.push(Found { diagnostic, step });
    }
}
