//! GA07: what a look reads was measured after the change.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::gates::gates;
use crate::model::TargetKind;
use crate::platform::looks;
use crate::units::Duration;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Observed),
    check,
};

static RULE: Rule = Rule {
    name: "data-before-step",
    code: "GA07",
    severity: Severity::Error,
    summary: "a look reads what was measured after the change that it judges",
    why: "A look over five minutes, one minute after a step, reads four minutes of the step before: the fault is diluted by what the old exposure did, and passes. A query that is held at a fixed time by `@` reads the same past for ever, whatever the rollout does. Looks of a round wait until window, scrape interval and delay have passed; Flagger looks at its interval whatever the query reads.",
    failing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate errors {\n",
        "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m] @ 1767225600)) / sum(rate(http_requests_total{version=\"$version\"}[2m] @ 1767225600))\"\"\"\n",
        "  kind proportion\n  expect value < 1%\n  every 1m for 10m\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let mut targets = context.plan.targets.iter();
    let flagger = targets.find(|named| {
        let target = context.model.targets.get(named.value);
        let kind = target.and_then(|target| target.kind);
        kind.is_some_and(|kind| kind.value == TargetKind::Flagger)
    });
    for (gate, at, step) in gates(context.subject()) {
        let name = &gate.name.value;
        let query = gate
            .query
            .as_ref()
            .map_or(gate.name.span, |query| query.span);
        if gate.promql.as_ref().is_some_and(|query| query.fixed_time) {
            let diagnostic = Diagnostic::new(
                &RULE,
                query,
                format!("gate `{name}` reads a fixed time, not what the rollout does"),
            )
            .here("`@` holds a part of it at one moment")
            .also(at, "it is trusted here")
            .help("leave `@` out: a query reads the time at which it is asked");
            out.push(Found { diagnostic, step });
            continue;
        }
        let (Some(target), Some(interval)) = (flagger, gate.interval) else {
            continue;
        };
        let provider = gate
            .provider
            .and_then(|index| context.model.providers.get(index));
        let needed = looks::settle(gate, provider);
        if interval.value >= needed {
            continue;
        }
        let window = looks::reach(gate);
        let before = needed.millis() - interval.value.millis();
        let part = before as f64 / window.millis().max(1) as f64;
        let whole = Duration::from_secs(needed.millis().div_ceil(1000));
        let mut diagnostic = Diagnostic::new(
            &RULE,
            interval.span,
            format!(
                "the first check of `{name}` after a step reads {} from before it",
                match part {
                    part if part >= 1.0 => "nothing but what was measured".to_string(),
                    part => format!("{:.0}% of its window", part * 100.0),
                }
            ),
        )
        .here(format!("Flagger looks after {}", interval.value))
        .also(
            query,
            format!("this reads {window} back, and is collected later"),
        )
        .also(target.span, "on this target")
        .help(format!(
            "write `every {whole}` or longer, or a shorter range in the query"
        ));
        if let Some(provider) = provider {
            diagnostic =
                diagnostic.also(provider.name.span, "scrape interval and delay come on top");
        }
        out.push(Found { diagnostic, step });
    }
}
