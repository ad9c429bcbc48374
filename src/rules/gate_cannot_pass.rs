//! GA05: a healthy version passes.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::{Watch, gates, grouped, healthy, passes, percent, stops, watches};
use crate::model::{Outcome, Then};
use crate::source::Spanned;
use crate::units::Duration;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "gate-cannot-pass",
    code: "GA05",
    severity: Severity::Error,
    summary: "a healthy version passes its gates",
    why: "A gate that a healthy version does not pass rolls every change back, until somebody switches it off. That happens when the limit lies on the wrong side of what is normal, and when a look counts so few requests that a single error is above the limit.",
    failing: measured!(
        "900/s",
        "  expect value < 1%\n  normally 1.5%\n  detect 4%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "900/s",
        "  expect value < 2%\n  normally 1.5%\n  detect 4%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for (gate, at, step) in gates(context.subject()) {
        let (Some(value), Some(normally), Some(expect)) =
            (healthy(gate), gate.normally, &gate.expect)
        else {
            continue;
        };
        // equal to the baseline is not significantly above or below it
        let baseline = expect.limit.value.as_number().is_none();
        if passes(gate, value) != Some(false) || baseline {
            continue;
        }
        let diagnostic = Diagnostic::new(
            &RULE,
            expect.span,
            format!("gate `{}` does not pass what is normal", gate.name.value),
        )
        .here("this is expected")
        .also(normally.span, "and this is the healthy value")
        .also(at, "it is trusted here")
        .help("set the limit of `expect` between `normally` and `detect`");
        out.push(Found { diagnostic, step });
    }
    for watch in &watches(context.subject()).known {
        let Some(value) = healthy(watch.gate) else {
            continue;
        };
        // that nobody asks the service is told by others
        if passes(watch.gate, value) != Some(true) || watch.traffic.0 <= 0.0 {
            continue;
        }
        let step = &context.plan.steps[watch.leg.step];
        let continues = step
            .edges
            .iter()
            .any(|edge| edge.outcome == Outcome::NoData && edge.then == Then::Continue);
        let Ok((found, blind)) = stops(watch, value, continues) else {
            continue;
        };
        if found <= 0.5 {
            continue;
        }
        let gate = &watch.gate.name.value;
        let mut diagnostic = Diagnostic::new(
            &RULE,
            watch.at,
            format!(
                "`{gate}` stops a healthy version here with a probability of {}",
                percent(found)
            ),
        )
        .here(format!(
            "a look counts {} requests",
            grouped(watch.requests())
        ))
        .also(watch.traffic.1, "with this traffic")
        .note(format!(
            "rests on: requests are independent of one another, `{gate}` counts those of `traffic`"
        ))
        .help(remedy(watch, value, continues));
        if blind >= found {
            diagnostic = diagnostic.note(format!(
                "a look finds no request at all with a probability of {}, has no data then, and does not pass",
                percent((-watch.requests()).exp())
            ));
        }
        if let Some(normally) = watch.gate.normally {
            diagnostic = diagnostic.also(normally.span, "healthy is this");
        }
        out.push(Found {
            diagnostic: with_origin(diagnostic, step),
            step: Some(watch.leg.step),
        });
    }
}

/// What makes a healthy version pass, each tried: a query that looks further back within the same
/// hold, looks that are tolerated, a larger share.
fn remedy(watch: &Watch<'_>, value: f64, continues: bool) -> String {
    let passes = |changed: &Watch<'_>| {
        changed.rounds > 0 && stops(changed, value, continues).is_ok_and(|(found, _)| found <= RARE)
    };
    let mut ways = Vec::new();
    let mut windows = (1..=60).map(|minutes| Duration::from_secs(60 * minutes));
    if let Some(window) =
        windows.find(|&window| window > watch.window && passes(&watch.looking_back(window)))
    {
        ways.push(format!("let the query look {window} back"));
    }
    let looks = watch.gate.looks();
    let tolerated = watch.gate.tolerate.map_or(0, |count| count.value);
    let more = (tolerated + 1..looks.div_ceil(2)).find(|&count| {
        let mut gate = watch.gate.clone();
        gate.tolerate = Some(Spanned::new(count, watch.at));
        passes(&Watch {
            gate: &gate,
            ..*watch
        })
    });
    if let Some(count) = more {
        ways.push(format!("`tolerate {count}`"));
    }
    let first = (watch.share * 100.0).floor() as u64 + 1;
    let weight = (first..100).find(|&percent| {
        passes(&Watch {
            share: percent as f64 / 100.0,
            ..*watch
        })
    });
    if let Some(percent) = weight {
        ways.push(format!("give this leg a weight of {percent}%"));
    }
    match ways.is_empty() {
        true => "set the limit of `expect` further from `normally`: no query over an hour, no `tolerate` and no weight makes a healthy version pass 95% of the time".into(),
        false => format!(
            "{}; with that a healthy version is stopped here at most 5% of the time, as far as it is known",
            ways.join(", or ")
        ),
    }
}

/// How often a healthy version may be stopped with what is proposed.
const RARE: f64 = 0.05;
