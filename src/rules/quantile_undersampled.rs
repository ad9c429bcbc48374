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
        .help(remedy(watch, needed));
        out.push(Found {
            diagnostic: with_origin(diagnostic, step),
            step: Some(watch.leg.step),
        });
    }
}

/// What gives a look enough requests, each tried on the look that it makes.
fn remedy(watch: &Watch<'_>, needed: u64) -> String {
    let each = watch.traffic.0 * watch.share;
    if each <= 0.0 {
        return "declare the `traffic` of the service: without requests no query shows a quantile"
            .into();
    }
    let mut ways = Vec::new();
    let seconds = (needed as f64 / each / 60.0).ceil() * 60.0;
    if seconds <= 86_400.0 {
        let window = Duration::from_secs(seconds as u64);
        let wider = watch.looking_back(window);
        if !is_short(&wider) {
            // the first look waits for the whole window, and behind it a round has to fit
            let hold = wider.settle.plus(watch.round);
            let hold = Duration::from_secs(hold.millis().div_ceil(60_000) * 60);
            ways.push(match wider.rounds {
                0 => format!("let the query look {window} back and hold for {hold} or longer"),
                _ => format!("let the query look {window} back"),
            });
        }
    }
    let first = (watch.share * 100.0).floor() as u64 + 1;
    let weight = (first..100).find(|&percent| {
        let share = percent as f64 / 100.0;
        !is_short(&Watch { share, ..*watch })
    });
    if let Some(percent) = weight {
        ways.push(format!("give this leg a weight of {percent}%"));
    }
    let lower = [99.9, 99.0, 95.0, 90.0, 75.0, 50.0]
        .into_iter()
        .find(|share| {
            let asked = samples_needed(share / 100.0, CONFIDENCE);
            asked.is_ok_and(|asked| asked < needed && watch.requests() >= asked as f64)
        });
    if let Some(share) = lower {
        ways.push(format!(
            "watch a lower quantile, as `kind quantile {share}%`"
        ));
    }
    match ways.is_empty() {
        true => "count slow requests instead: a gate of `kind proportion` needs no quantile; no query over a day and no weight holds enough".into(),
        false => ways.join(", or "),
    }
}
