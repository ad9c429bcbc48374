//! GA04: the fault that a gate should detect does not pass it.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::observed::{fault, gates, passes};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "gate-cannot-fail",
    code: "GA04",
    severity: Severity::Error,
    summary: "the fault that a gate should detect does not pass it",
    why: "A gate whose limit lies beyond the fault that it should detect passes it on every look, however long it watches. Then the limit is too wide, or `detect` says another fault than the one that is meant.",
    failing: measured!(
        "900/s",
        "  expect value < 5%\n  normally 0.1%\n  detect 2%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "900/s",
        "  expect value < 1%\n  normally 0.1%\n  detect 2%\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for (gate, at, step) in gates(context) {
        let (Ok(bad), Some(detect), Some(expect)) = (fault(gate), gate.detect, &gate.expect) else {
            continue;
        };
        if passes(gate, bad) != Some(true) {
            continue;
        }
        let diagnostic = Diagnostic::new(
            &RULE,
            expect.span,
            format!(
                "gate `{}` passes the fault that it should detect",
                gate.name.value
            ),
        )
        .here("this passes")
        .also(detect.span, "the fault to be detected")
        .also(at, "it is trusted here")
        .help("set the limit of `expect` between `normally` and `detect`");
        out.push(Found { diagnostic, step });
    }
}
