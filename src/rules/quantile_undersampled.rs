//! GA13: a look holds enough requests for its quantile.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::{Watch, grouped, quantile, watches};
use crate::numbers::quantile::samples_needed;
use crate::units::Duration;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "quantile-undersampled",
    code: "GA13",
    severity: Severity::Error,
    summary: "a look holds enough requests for the quantile that it measures",
    why: "The 99th percentile of fifty requests is their slowest, and says nothing of the one in a hundred that users meet. For a bound at 95 % confidence a look needs `ln 0.05 / ln q` requests: 299 for the 99th percentile, 2,995 for the 99.9th.",
    failing: latency!("2/s"),
    passing: latency!("200/s"),
    can_allow: true,
    class: Class::Finding,
};

/// How sure the bound of a quantile has to be.
const CONFIDENCE: f64 = 0.95;

/// Requests that a look at this gate needs, if it measures a quantile.
fn needed(watch: &Watch<'_>) -> Option<u64> {
    samples_needed(quantile(watch.gate)?, CONFIDENCE).ok()
}

/// Whether a look holds too few requests for its quantile.
fn is_short(watch: &Watch<'_>) -> bool {
    needed(watch).is_some_and(|needed| watch.requests() < needed as f64)
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for watch in &watches(context.subject()).known {
        let Some(needed) = needed(watch).filter(|_| is_short(watch)) else {
            continue;
        };
        let step = &context.plan.steps[watch.leg.step];
        let gate = &watch.gate.name.value;
        let each = watch.traffic.0 * watch.share;
        let mut ways = Vec::new();
        if each > 0.0 {
            let seconds = (needed as f64 / each / 60.0).ceil() * 60.0;
            if seconds <= 86_400.0 {
                let window = Duration::from_secs(seconds as u64);
                ways.push(format!("let the query look {window} back"));
            }
            let whole = watch.traffic.0 * watch.window.as_secs_f64();
            let weight = (needed as f64 / whole * 100.0).ceil();
            if weight <= 99.0 {
                ways.push(format!("give this leg a weight of {weight}%"));
            }
        }
        ways.push("watch a lower quantile".into());
        let kind = watch.gate.kind.map_or(watch.at, |kind| kind.span);
        let diagnostic = Diagnostic::new(
            &RULE,
            watch.at,
            format!(
                "a look at `{gate}` holds {} requests, and its quantile needs {}",
                grouped(watch.requests()),
                grouped(needed as f64),
            ),
        )
        .here(format!("looks {} back", watch.window))
        .also(kind, "this is what it measures")
        .also(watch.traffic.1, "with this traffic")
        .help(ways.join(", or "));
        out.push(Found {
            diagnostic: with_origin(diagnostic, step),
            step: Some(watch.leg.step),
        });
    }
}
