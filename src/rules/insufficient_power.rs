//! GA03: the gate sees the fault that it says it detects.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::Quantity;
use crate::measure::gates::{
    Watch, caught, fault, grouped, hold_needed, passes, percent, power_wanted, quantile, watches,
};
use crate::model::GateKind;
use crate::units::Duration;

use super::not_canary_scoped::is_hidden;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "insufficient-power",
    code: "GA03",
    severity: Severity::Error,
    summary: "a gate sees the fault that it says it detects before more is exposed",
    why: "A canary at 1 % with ten minutes of watching often proves nothing: it has not had the requests in which the fault would have shown. `detect` says which fault must not slip through; at the declared `traffic`, the gate finds it with a probability of at least 80 %, or what a policy's `require power` says. Looks that share requests count once, so the number is a lower bound.",
    failing: measured!(
        "2/s",
        "  expect value < 1%\n  normally 0.1%\n  detect 1.2%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "2/s",
        "  expect value < 1%\n  normally 0.1%\n  detect 10%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let wanted = power_wanted(context.subject());
    for watch in &watches(context.subject()).known {
        let Ok(bad) = fault(watch.gate) else { continue };
        // a fault that passes by its value, or among the requests to the old version, is told by
        // others; of a quantile only a bound is known, so that nothing is refuted
        let told = passes(watch.gate, bad) != Some(false) || is_hidden(watch);
        if told || quantile(watch.gate).is_some() {
            continue;
        }
        let Ok(found) = caught(watch, bad, watch.share) else {
            continue;
        };
        if found.leg >= wanted {
            continue;
        }
        let step = &context.plan.steps[watch.leg.step];
        let gate = &watch.gate.name.value;
        let looks = watch.gate.looks();
        let detect = watch.gate.detect.map_or(watch.at, |detect| detect.span);
        let rounds = if watch.rounds == 1 { "round" } else { "rounds" };
        let mut diagnostic = Diagnostic::new(
            &RULE,
            watch.at,
            format!(
                "`{gate}` is sure to catch the fault that it should detect only with a probability of {} before more is exposed; {} are wanted",
                percent(found.leg),
                percent(wanted),
            ),
        )
        .here(format!(
            "a look counts {} requests; {} {rounds} of {looks} looks",
            grouped(watch.requests()),
            watch.rounds,
        ))
        .also(detect, "to be detected")
        .also(watch.traffic.1, "with this traffic")
        .also(watch.grows, "and grows here")
        .note(format!(
            "rests on: requests are independent of one another, `{gate}` counts those of `traffic`; {} of {looks} looks of a round share no requests",
            found.apart,
        ));
        if let Some(help) = remedy(watch, bad, found.round, wanted) {
            diagnostic = diagnostic.help(help);
        }
        out.push(Found {
            diagnostic: with_origin(diagnostic, step),
            step: Some(watch.leg.step),
        });
    }
}

/// The hold, and the weight, that would be enough, as far as there are any.
fn remedy(watch: &Watch<'_>, bad: f64, round: f64, wanted: f64) -> Option<String> {
    if watch.traffic.0 <= 0.0 {
        return Some(
            "declare the `traffic` that the service has: without requests no hold, weight or query shows anything"
                .into(),
        );
    }
    let mut ways = Vec::new();
    if let Some(hold) = hold_needed(watch, bad, round, wanted) {
        ways.push(format!("hold for {hold} or longer"));
    }
    let first = (watch.share * 100.0).floor() as u64 + 1;
    let weight = (first..100).find(|&percent| {
        let share = percent as f64 / 100.0;
        caught(watch, bad, share).is_ok_and(|found| found.leg >= wanted)
    });
    if let Some(percent) = weight {
        ways.push(format!("give this leg a weight of {percent}%"));
    }
    if ways.is_empty()
        && let Some(window) = window_needed(watch, bad, wanted)
    {
        ways.push(format!("let the query look {window} back"));
    }
    if ways.is_empty() {
        return Some(LAST.replace("{}", &detectable(watch, bad, wanted)));
    }
    Some(format!(
        "{}; that is computed to be enough",
        ways.join(", or ")
    ))
}

const LAST: &str = "no hold of a week, no weight and no query over an hour is enough: {}";

/// The smallest fault that the gate sees as it stands, where there is one.
fn detectable(watch: &Watch<'_>, bad: f64, wanted: f64) -> String {
    let is_share = watch
        .gate
        .kind
        .is_some_and(|kind| kind.value == GateKind::Proportion);
    let upper = passes(watch.gate, 0.0) == Some(true);
    let mut larger = (1..=1000)
        .map(|tenths| tenths as f64 / 1000.0)
        .filter(|share| is_share && upper && *share > bad);
    let seen = larger
        .find(|&share| caught(watch, share, watch.share).is_ok_and(|found| found.leg >= wanted));
    match seen {
        Some(share) => format!(
            "write `detect {}`, which is the least that it sees as it is, or set the limit of `expect` further away from the fault",
            Quantity::Share(share)
        ),
        None => {
            "set the limit of `expect` further away from the fault, or detect a larger fault".into()
        }
    }
}

/// How far back the query has to look, in whole minutes up to an hour, with the hold as it is.
fn window_needed(watch: &Watch<'_>, bad: f64, wanted: f64) -> Option<Duration> {
    let minutes = (1..=60).map(|minutes| Duration::from_secs(60 * minutes));
    minutes
        .filter(|&window| window > watch.window)
        .find(|&window| {
            let wider = watch.looking_back(window);
            wider.rounds > 0
                && caught(&wider, bad, watch.share).is_ok_and(|found| found.leg >= wanted)
        })
}
