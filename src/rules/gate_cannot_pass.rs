//! GA05: a healthy version passes.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::{caught, gates, grouped, healthy, passes, percent, watches};

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
        if passes(watch.gate, value) != Some(true) {
            continue;
        }
        let Ok(found) = caught(watch, value, watch.share) else {
            continue;
        };
        if found.leg <= 0.5 {
            continue;
        }
        let step = &context.plan.steps[watch.leg.step];
        let gate = &watch.gate.name.value;
        let mut diagnostic = Diagnostic::new(
            &RULE,
            watch.at,
            format!(
                "`{gate}` stops a healthy version here with a probability of {}",
                percent(found.leg)
            ),
        )
        .here(format!("a look counts {} requests", grouped(watch.requests())))
        .also(watch.traffic.1, "with this traffic")
        .note(format!(
            "rests on: requests are independent of one another, `{gate}` counts those of `traffic`"
        ))
        .help("let the query look further back, `tolerate` more looks, or set the limit of `expect` further from `normally`");
        if let Some(normally) = watch.gate.normally {
            diagnostic = diagnostic.also(normally.span, "healthy is this");
        }
        out.push(Found {
            diagnostic: with_origin(diagnostic, step),
            step: Some(watch.leg.step),
        });
    }
}
