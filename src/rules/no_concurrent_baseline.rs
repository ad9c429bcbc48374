//! GA02: what a gate compares with runs at the same time.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::measure::gates::{gates, share_of};
use crate::model::{Gate, Limit};
use crate::units::Duration;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "no-concurrent-baseline",
    code: "GA02",
    severity: Severity::Warning,
    summary: "what a gate compares with has requests at the same time",
    why: "`baseline` is the old version over the same window. Where it has no requests left there is nothing to compare with: the gate has no data, and the rollout goes back at its end. A query that compares with an earlier time by `offset` instead takes every difference between the two times, the hour, a campaign, another team's release, for the new version's doing.",
    failing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate errors {\n",
        "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n",
        "  kind proportion\n  expect value < 2 * baseline\n  normally 0.1%\n  detect x5\n  every 1m for 10m\n}\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: concat!(
        "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
        "gate errors {\n",
        "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n",
        "  kind proportion\n  expect value < 1%\n  normally 0.1%\n  detect 3%\n  every 1m for 10m\n}\n\n",
        "gate errors-vs-baseline { like errors; expect value < 2 * baseline; detect x5 }\n\n",
        service_with!("traffic 900/s"),
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors, errors-vs-baseline }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Less than this is no comparison with another time: it leaves out what was not collected yet.
const ANOTHER_TIME: Duration = Duration::from_secs(600);

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    without_requests(context, out);
    for (gate, at, step) in gates(context.subject()) {
        let Some(back) = looks_at_another_time(gate) else {
            continue;
        };
        let query = gate
            .query
            .as_ref()
            .map_or(gate.name.span, |query| query.span);
        let diagnostic = Diagnostic::new(
            &RULE,
            query,
            format!(
                "gate `{}` compares with the time {back} before, not with the old version now",
                gate.name.value
            ),
        )
        .here("what differs between the two times counts as the new version's")
        .also(at, "it is trusted here")
        .help("select the new version alone, without `offset`, and write `expect value < 1.5 * baseline`: the old version over the same window");
        out.push(Found { diagnostic, step });
    }
}

/// How far back the query goes beyond its ranges.
fn looks_at_another_time(gate: &Gate) -> Option<Duration> {
    let query = gate.promql.as_ref().filter(|query| query.subqueries == 0)?;
    let back = query.reach - query.longest_range.unwrap_or(0.0);
    let back = Duration::from_millis((back.max(0.0) * 1000.0) as u64);
    let text = &gate.query.as_ref()?.value;
    (back >= ANOTHER_TIME && text.contains("offset")).then_some(back)
}

/// Gates that compare with the old version in a step that leaves it nothing.
fn without_requests(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for (number, step) in plan.steps.iter().enumerate() {
        let held = step.hold.is_some_and(|hold| hold.value.millis() > 0);
        let mut legs = plan.legs.iter().filter(|leg| leg.step == number);
        let Some(leg) = legs.find(|leg| {
            leg.exposure.is_exposed()
                && share_of(context.subject(), leg).is_some_and(|share| share >= 1.0)
        }) else {
            continue;
        };
        // what watches throughout has the whole rollout to compare in
        for watched in step.watch.iter().filter(|_| held) {
            let Some(gate) = context.model.gates.get(watched.value) else {
                continue;
            };
            let expect = gate.expect.as_ref().filter(|expect| {
                matches!(expect.limit.value, Limit::Baseline(_)) && !gate.incomplete
            });
            let Some(expect) = expect else { continue };
            let old = plan
                .rolls
                .first()
                .map_or("the old version".to_string(), |roll| {
                    format!("version `{}`", roll.from_id.value)
                });
            let diagnostic = Diagnostic::new(
                &RULE,
                watched.span,
                format!(
                    "`{}` compares with {old}, which has no requests in step `{}`",
                    gate.name.value, step.name.value
                ),
            )
            .severity(Severity::Error)
            .here("without data it does not pass, and the rollout goes back")
            .also(leg.span, "all requests go to the new version here")
            .also(expect.span, "and this needs the old one's")
            .help("watch a gate with a fixed limit here, as `expect value < 1%`");
            out.push(Found {
                diagnostic: with_origin(diagnostic, step),
                step: Some(number),
            });
        }
    }
}
