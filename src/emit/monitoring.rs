//! Prometheus rules beside every target: what the gates measure, an alert for each, and alerts on the
//! burn rate of the service's objective, for the time after the rollout.
//!
//! The windows and burn rates are those of the SRE Workbook, chapter 5 ("Alerting on SLOs"), scaled to
//! the objective's own window. The same groups are written as a `PrometheusRule` and as a plain file.

use crate::measure::Subject;
use crate::measure::gates::gates;
use crate::model::{Gate, GateKind, GateRule, Limit};
use crate::numbers::budget::burn_rate_for;
use crate::promql::{over, ratio};
use crate::vocabulary::Compare;

use super::Job;
use super::names::label;
use super::query::{dedent, fits, substitute};
use super::yaml::{Yaml, map};

/// Share of the budget, long window in seconds and as written, short window, and who is told.
const BURNS: [(f64, f64, &str, &str, &str); 4] = [
    (0.02, 3_600.0, "1h", "5m", "page"),
    (0.05, 21_600.0, "6h", "30m", "page"),
    (0.10, 86_400.0, "1d", "2h", "ticket"),
    (0.10, 259_200.0, "3d", "6h", "ticket"),
];

/// Writes the rules, where there is anything to watch.
pub fn emit(job: &mut Job<'_>) {
    let plan = job.plan;
    let model = job.model;
    let names = [
        &job.service.name.value,
        &job.roll.from_id.value,
        &job.roll.to_id.value,
    ];
    if !names.into_iter().all(|name| fits(name)) {
        return;
    }
    let watched: Vec<&Gate> = gates(Subject { model, plan })
        .into_iter()
        .map(|(gate, ..)| gate)
        .filter(|gate| {
            let provider = gate.provider.and_then(|index| model.providers.get(index));
            let kind = provider.and_then(|provider| provider.kind);
            kind.is_some_and(|kind| kind.speaks_promql())
        })
        .collect();
    let mut groups = Vec::new();
    let rules: Vec<Yaml> = watched.iter().flat_map(|gate| of_gate(job, gate)).collect();
    if !rules.is_empty() {
        groups.push(group(job, "gates", rules));
    }
    let rules = burn(job, &watched);
    if !rules.is_empty() {
        groups.push(group(job, "budget", rules));
    }
    if groups.is_empty() || job.output.only_asked {
        return;
    }
    let head = job.head("alert and recording rules for Prometheus");
    let groups = map([("groups", Yaml::Seq(groups))]);
    job.output
        .write("monitoring/rules.yml", &[(head.clone(), groups.clone())]);
    let mut metadata = map([(
        "name",
        Yaml::text(label([&*plan.name.value, &*job.target.name.value])),
    )]);
    if let Some(namespace) = &job.target.namespace {
        metadata.set("namespace", Yaml::text(&*namespace.value));
    }
    let document = map([
        ("apiVersion", Yaml::text("monitoring.coreos.com/v1")),
        ("kind", Yaml::text("PrometheusRule")),
        ("metadata", metadata),
        ("spec", groups),
    ]);
    job.output
        .write("monitoring/prometheusrule.yaml", &[(head, document)]);
}

/// Names are those of the plan and the target, so that the rules of two builds stand side by side.
fn group(job: &Job<'_>, what: &str, rules: Vec<Yaml>) -> Yaml {
    let name = format!(
        "switchback/{}/{}/{what}",
        label([&*job.plan.name.value]),
        label([&*job.target.name.value])
    );
    map([("name", Yaml::text(name)), ("rules", Yaml::Seq(rules))])
}

fn labels<'a>(pairs: impl IntoIterator<Item = (&'static str, &'a str)>) -> Yaml {
    let pairs = pairs.into_iter();
    Yaml::Map(
        pairs
            .map(|(name, value)| (name.to_string(), Yaml::text(value)))
            .collect(),
    )
}

/// `metric{plan="...", gate="..."}`
fn select(metric: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", quoted(value)))
        .collect();
    format!("{metric}{{{}}}", pairs.join(", "))
}

/// A text of PromQL.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}

/// Text that Prometheus' templates leave alone.
fn plain(text: &str) -> String {
    text.replace("{{", "{{\"{{\"}}")
}

fn of_gate(job: &Job<'_>, gate: &Gate) -> Vec<Yaml> {
    let (Some(query), Some(expect)) = (&gate.query, &gate.expect) else {
        return Vec::new();
    };
    let text = dedent(&query.value);
    let service = &*job.service.name.value;
    let (plan, target, name) = (
        &*job.plan.name.value,
        &*job.target.name.value,
        &*gate.name.value,
    );
    let own = [("plan", plan), ("target", target), ("gate", name)];
    let record = |metric: &str, version: &str| {
        map([
            ("record", Yaml::text(metric)),
            ("expr", Yaml::text(substitute(&text, service, version))),
            (
                "labels",
                labels([
                    ("plan", plan),
                    ("target", target),
                    ("gate", name),
                    ("version", version),
                ]),
            ),
        ])
    };
    const VALUE: &str = "switchback:gate:value";
    const BASELINE: &str = "switchback:gate:baseline";
    let place = job.places.at(gate.name.span);
    let mut rules =
        vec![record(VALUE, &job.roll.to_id.value).noted(format!("gate {name} ({place})"))];
    if gate.compares() {
        rules.push(record(BASELINE, &job.roll.from_id.value));
    }
    let value = select(VALUE, &own);
    let compare = |op: &str, limit: Limit| match limit {
        Limit::Baseline(factor) => {
            let old = select(BASELINE, &own);
            format!("{value} {op} on (plan, target, gate) ({factor} * {old})")
        }
        limit => format!("{value} {op} {}", limit.as_number().unwrap_or(f64::NAN)),
    };
    // what is tolerated in a round is waited for
    let tolerate = gate.tolerate.map_or(0, |count| count.value);
    let wait = gate
        .interval
        .map_or(0, |interval| interval.value.times(tolerate).secs());
    let alert = |alert: &str, expr: String, severity: &str, says: String| {
        let mut rule = map([("alert", Yaml::text(alert)), ("expr", Yaml::text(expr))]);
        if wait > 0 {
            rule.set("for", Yaml::text(format!("{wait}s")));
        }
        rule.set("labels", labels([("severity", severity)]));
        let annotations = [
            ("summary", says),
            (
                "description",
                format!(
                    "It is {{{{ $value }}}} for version {}; plan {}, {}.",
                    plain(&job.roll.to_id.value),
                    plain(plan),
                    plain(&place)
                ),
            ),
        ];
        rule.set(
            "annotations",
            map(annotations.map(|(name, text)| (name, Yaml::text(text)))),
        );
        rule
    };
    let unlike = compare(opposite(expect), expect.limit.value);
    let severity = if gate.fail.is_some() {
        "ticket"
    } else {
        "page"
    };
    let summary = format!("Gate {} of {} does not pass", plain(name), plain(service));
    rules.push(alert(
        "SwitchbackGateDoesNotPass",
        unlike,
        severity,
        summary,
    ));
    if let Some(fail) = &gate.fail {
        let op = if fail.op == Compare::Equal {
            "=="
        } else {
            fail.op.symbol()
        };
        let summary = format!("Gate {} of {} fails", plain(name), plain(service));
        let fails = compare(op, fail.limit.value);
        rules.push(alert("SwitchbackGateFails", fails, "page", summary));
    }
    rules
}

/// What holds when the rule does not. Equal to the baseline is not above it, also where both are
/// nothing.
fn opposite(rule: &GateRule) -> &'static str {
    let compares = matches!(rule.limit.value, Limit::Baseline(_));
    match rule.op {
        Compare::Less if !compares => ">=",
        Compare::Less | Compare::LessEqual => ">",
        Compare::Greater if !compares => "<=",
        Compare::Greater | Compare::GreaterEqual => "<",
        Compare::Equal => "!=",
    }
}

/// The first gate that counts what fails, or what succeeds, of the new version's requests.
fn counts<'a>(gates: &[&'a Gate]) -> Option<(&'a Gate, bool)> {
    gates.iter().find_map(|gate| {
        let proportion = matches!(gate.kind?.value, GateKind::Proportion);
        let scoped = gate.promql.as_ref()?.uses_version;
        let upper = matches!(gate.expect?.op, Compare::Less | Compare::LessEqual);
        ratio(&gate.query.as_ref()?.value)?;
        (proportion && scoped).then_some((*gate, upper))
    })
}

fn burn(job: &mut Job<'_>, gates: &[&Gate]) -> Vec<Yaml> {
    let Some(objective) = job.service.objective else {
        return Vec::new();
    };
    let Some((gate, counts_bad)) = counts(gates) else {
        job.output.note(
            "no alerts on the error budget: no gate is a share of counts, as `sum(rate(errors[5m])) / sum(rate(requests[5m]))` with `kind proportion`".replace('`', "'"),
        );
        return Vec::new();
    };
    let Some(query) = &gate.query else {
        return Vec::new();
    };
    let spare = (1_000_000 - objective.share.value.ppm().min(1_000_000)) as f64 / 1e6;
    let whole = objective.window.value.as_secs_f64();
    let service = job.service.name.value.clone();
    let (plan, target) = (job.plan.name.value.clone(), job.target.name.value.clone());
    let version = job.roll.to_id.value.clone();
    let text = substitute(&dedent(&query.value), &service, &version);
    let own = [
        ("plan", &*plan),
        ("target", &*target),
        ("service", &*service),
        ("version", &*version),
    ];
    let metric = |window: &str| format!("switchback:error_ratio:rate{window}");
    let mut windows: Vec<&str> = Vec::new();
    let mut alerts = Vec::new();
    for (budget, seconds, long, short, severity) in BURNS {
        let Ok(burn) = burn_rate_for(budget, seconds, whole) else {
            continue;
        };
        let limit = burn * spare;
        // slower than the budget allows is no alarm, and more than everything cannot fail
        if burn < 1.0 - 1e-9 || limit >= 1.0 || seconds > whole {
            continue;
        }
        for window in [short, long] {
            if !windows.contains(&window) {
                windows.push(window);
            }
        }
        let limit = significant(limit);
        let above = |window| format!("{} > {limit}", select(&metric(window), &own));
        let mut rule = map([
            ("alert", Yaml::text("SwitchbackErrorBudgetBurns")),
            (
                "expr",
                Yaml::text(format!("{} and {}", above(long), above(short))),
            ),
            ("labels", labels([("severity", severity), ("window", long)])),
        ]);
        let says = format!(
            "{} burns its error budget {} times as fast as {} over {} allows",
            plain(&service),
            significant(burn),
            objective.share.value,
            objective.window.value,
        );
        let annotations = [
            ("summary", says),
            (
                "description",
                format!(
                    "{{{{ $value | humanizePercentage }}}} of the requests to version {} failed in the last {long}.",
                    plain(&version)
                ),
            ),
        ];
        rule.set(
            "annotations",
            map(annotations.map(|(name, text)| (name, Yaml::text(text)))),
        );
        alerts.push(rule);
    }
    let mut rules = Vec::new();
    for window in windows {
        let Some(query) = over(&text, window) else {
            return Vec::new();
        };
        let expr = match counts_bad {
            true => query,
            false => format!("1 - (\n{query}\n)"),
        };
        rules.push(map([
            ("record", Yaml::text(metric(window))),
            ("expr", Yaml::text(expr)),
            ("labels", labels(own)),
        ]));
    }
    if let Some(first) = rules.first_mut() {
        let place = job.places.says(objective.share.span);
        let noted = std::mem::replace(first, Yaml::Null).noted(place);
        *first = noted;
    }
    rules.extend(alerts);
    rules
}

/// Ten significant digits: what is written as 14.4 stays that.
fn significant(value: f64) -> String {
    let rounded: f64 = format!("{value:.9e}").parse().unwrap_or(value);
    rounded.to_string()
}
