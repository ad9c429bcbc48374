//! GA10: many looks at a comparison with the baseline do not add up to a false alarm.

use crate::diagnostic::{Class, Diagnostic, Edit, Rule, Severity};
use crate::measure::gates::{Watch, caught, fault, healthy, percent, power_wanted, watches};
use crate::model::{Gate, GateRule, Limit};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "peeking-inflation",
    code: "GA10",
    severity: Severity::Warning,
    summary: "looking often does not stop a version that is as good as the old one",
    why: "A comparison with the baseline takes a version that is just as good for a worse one in one look of twenty: that is what a level of 5% means. Who looks again and again and stops at the first that fails multiplies that: after five looks that share no requests it is 23%, after twenty 64%. A margin, `1.5 * baseline`, leaves what is equal far from the border, however often somebody looks.",
    failing: measured!(
        "900/s",
        "  expect value < baseline\n  normally 0.5%\n  detect x3\n",
        "gate absolute { like errors; expect value < 2%; detect 4% }\n\nplan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch absolute }\n}\n"
    ),
    passing: measured!(
        "900/s",
        "  expect value < 1.5 * baseline\n  normally 0.5%\n  detect x3\n",
        "gate absolute { like errors; expect value < 2%; detect 4% }\n\nplan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 15m; watch errors }\n  step all { weight 100%; hold 30m; watch absolute }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Twice the level of one look: looking once is not peeking.
const TOO_OFTEN: f64 = 0.10;
/// From here on a healthy version does not pass at all, which another rule says.
const HARDLY_PASSES: f64 = 0.5;
/// What a margin has to bring it down to: the level of one look.
const LEVEL: f64 = 0.05;
/// Margins that are proposed.
const MARGINS: [f64; 7] = [1.1, 1.2, 1.25, 1.5, 2.0, 2.5, 3.0];

/// The probability that a version as good as the old one is stopped by this gate here.
fn false_alarm(watch: &Watch<'_>) -> Option<(f64, u64)> {
    let found = caught(watch, healthy(watch.gate)?, watch.share).ok()?;
    Some((found.leg, found.apart.saturating_mul(watch.rounds)))
}

/// The smallest margin with which no leg stops a healthy version too often, and all still see the
/// fault.
fn margin(all: &[Watch<'_>], gate: &Gate, expect: &GateRule, wanted: f64) -> Option<f64> {
    let Limit::Baseline(now) = expect.limit.value else {
        return None;
    };
    MARGINS.into_iter().find(|&factor| {
        let mut wider = gate.clone();
        if let Some(expect) = &mut wider.expect {
            expect.limit.value = Limit::Baseline(factor);
        }
        let Ok(bad) = fault(&wider) else { return false };
        let own = all
            .iter()
            .filter(|watch| watch.gate.name.span == gate.name.span);
        factor > now
            && own.into_iter().all(|watch| {
                let tried = Watch {
                    gate: &wider,
                    ..*watch
                };
                false_alarm(&tried).is_some_and(|(alarm, _)| alarm <= LEVEL)
                    && caught(&tried, bad, tried.share).is_ok_and(|found| found.leg >= wanted)
            })
    })
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let wanted = power_wanted(context.subject());
    let all = watches(context.subject()).known;
    let mut told: Vec<usize> = Vec::new();
    for watch in &all {
        let gate = watch.gate;
        let (Some(expect), Some((alarm, looks))) = (&gate.expect, false_alarm(watch)) else {
            continue;
        };
        let compares = matches!(expect.limit.value, Limit::Baseline(_));
        let peeks = alarm > TOO_OFTEN && alarm <= HARDLY_PASSES && looks > 1;
        // one gate is put right once
        let start = gate.name.span.start as usize;
        if !compares || !peeks || told.contains(&start) {
            continue;
        }
        told.push(start);
        let step = &context.plan.steps[watch.leg.step];
        let name = &gate.name.value;
        let mut diagnostic = Diagnostic::new(
            &RULE,
            watch.at,
            format!(
                "`{name}` stops a version that is as good as the old one with a probability of at least {}",
                percent(alarm)
            ),
        )
        .here(format!("{looks} looks share no requests, and each is a test at 5%"))
        .also(expect.span, "equal to the baseline is right at the border")
        .note(format!(
            "rests on: requests are independent of one another, `{name}` counts those of `traffic`"
        ));
        match margin(&all, gate, expect, wanted) {
            Some(factor) => {
                let text = format!("expect value {} {factor} * baseline", expect.op.symbol());
                diagnostic = diagnostic
                    .help(format!(
                        "write `{text}`: that is computed to stop it in less than 5% of the rollouts, and still sees the fault"
                    ))
                    .fix(
                        format!("leave a margin: `{text}`"),
                        vec![Edit {
                            span: expect.span,
                            text,
                        }],
                    );
                // the gate then judges something else
                if let Some(fix) = &mut diagnostic.fix {
                    fix.safe = false;
                }
            }
            None => {
                diagnostic = diagnostic.help(
                    "look less often, `tolerate` more looks of a round, or compare with a multiple of the baseline and detect a larger fault",
                );
            }
        }
        out.push(Found {
            diagnostic: with_origin(diagnostic, step),
            step: Some(watch.leg.step),
        });
    }
}
