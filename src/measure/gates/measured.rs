//! Whether the query of a gate gives what the proof takes it for: one value, of the new version,
//! whenever that has requests.

use crate::measure::Subject;
use crate::model::{Detect, Gate, GateKind, Limit};
use crate::promql::{Counted, Measured, Query};
use crate::units::Duration;
use crate::vocabulary::Compare;

use super::fact_of;

/// Which versions the gate measures. A label that is compared with the id of a version of what the
/// plan rolls tells versions apart, whatever its name is.
fn measured(subject: Subject<'_>, query: &Query) -> Measured {
    let ids = || {
        let rolls = subject.plan.rolls.iter();
        let services = rolls.filter_map(|roll| subject.model.services.get(roll.service));
        services.flat_map(|service| service.versions.iter().map(|version| &version.id.value))
    };
    let whole = query.measured();
    let named = |value: &String| ids().any(|id| id == value);
    let fixed = query.selectors.iter().flat_map(|found| &found.values);
    if whole == Measured::Every && fixed.into_iter().any(named) {
        return Measured::Some;
    }
    whole
}

/// What would have to be different for the query of `gate` to give one value of the new version,
/// each as what to declare.
pub fn unusable(subject: Subject<'_>, gate: &Gate) -> Vec<String> {
    let mut found = Vec::new();
    let name = &gate.name.value;
    if let Some(word) = other_unit(gate) {
        found.push(format!(
            "`{word}` of gate `{name}` in the unit of its `expect`"
        ));
    }
    let Some(query) = gate.promql.as_deref() else {
        return found;
    };
    if measured(subject, query) == Measured::Some {
        let mut selectors = query.selectors.iter();
        let other = selectors.find(|found| found.measured != Measured::Version);
        let place = other.map_or_else(String::new, |found| {
            let written = &found.text;
            format!(": `{written}` measures other versions too")
        });
        found.push(format!(
            "`version=\"$version\"` in every selector of gate `{name}`{place}"
        ));
    }
    if query.compares {
        found.push(format!(
            "a query of gate `{name}` without a comparison: what it gives is compared by `expect`"
        ));
    }
    if !query.single {
        found.push(format!(
            "a query of gate `{name}` that gives one value, as `sum(...)` does"
        ));
    }
    let scrape = gate
        .provider
        .and_then(|index| subject.model.providers.get(index))
        .and_then(|provider| provider.scrape);
    if let (Some(scrape), Some(range)) = (scrape, query.shortest_slope)
        && range < 2.0 * scrape.value.as_secs_f64()
    {
        let range = Duration::from_millis((range * 1000.0) as u64);
        let usual = scrape.value.times(4);
        found.push(format!(
            "a range of `[{usual}]` in the query of gate `{name}`: with `scrape {}`, `[{range}]` does not hold the two samples that a rate takes",
            scrape.value
        ));
    }
    found.extend(changed(gate, query));
    quantiles(gate, query, &mut found);
    found
}

/// What the query does to the value before it is compared: a limit is one of the measured value
/// itself, and of the requests that fail where it is an upper one.
fn changed(gate: &Gate, query: &Query) -> Option<String> {
    let (name, kind, value) = (&gate.name.value, gate.kind?.value, &query.value);
    if let Some(how) = &value.altered {
        return Some(format!(
            "a query of gate `{name}` without {how}: `expect` is a limit of what is measured itself"
        ));
    }
    let times = |wanted: f64| (value.factor / wanted - 1.0).abs() < 1e-9;
    let (itself, wanted) = match kind {
        GateKind::Proportion => ("the share itself, from 0 to 1", 1.0),
        GateKind::Quantile(_) => ("seconds", in_seconds(query)),
        GateKind::Rate => ("a number a second", 1.0),
        // `rate(x[5m]) * 300` is what `increase(x[5m])` is
        GateKind::Count if query.longest_range.is_some_and(times) => return None,
        GateKind::Count => ("the number itself", 1.0),
        GateKind::Mean => return None,
    };
    if !times(wanted) {
        let (times, wrong) = (value.factor / wanted, "times what `expect` compares");
        return Some(format!(
            "a query of gate `{name}` that gives {itself}: now it gives {times} {wrong}"
        ));
    }
    let expect = gate.expect.as_ref()?;
    let upper = matches!(expect.op, Compare::Less | Compare::LessEqual);
    match (kind, value.counts, upper) {
        (GateKind::Proportion, Some(Counted::Succeeding), true) => Some(format!(
            "the requests that fail in the query of gate `{name}`: it gives the share of those that succeed, and `expect` is an upper limit"
        )),
        (GateKind::Proportion, Some(Counted::Failing), false) => Some(format!(
            "the requests that succeed in the query of gate `{name}`: it gives the share of those that fail, and `expect` is a lower limit"
        )),
        _ => None,
    }
}

/// What a time that the query measures is multiplied by to come to seconds, by the name of its metric.
fn in_seconds(query: &Query) -> f64 {
    let part =
        |name: &String, units: [&str; 2]| name.split(['_', ':']).any(|own| units.contains(&own));
    let named = |units: [&str; 2]| query.metrics.iter().any(|name| part(name, units));
    match () {
        () if named(["milliseconds", "ms"]) => 1e-3,
        () if named(["microseconds", "us"]) => 1e-6,
        () if named(["nanoseconds", "ns"]) => 1e-9,
        () => 1.0,
    }
}

/// What is wrong with the quantiles of histograms.
fn quantiles(gate: &Gate, query: &Query, found: &mut Vec<String>) {
    let name = &gate.name.value;
    for taken in &query.quantiles {
        if taken.without_bounds {
            found.push(format!(
                "`sum by (le) (...)` within `histogram_quantile` of gate `{name}`: without `le` there are no buckets"
            ));
        }
        let wanted = super::quantile(gate);
        let fits = match (taken.share, wanted) {
            (Some(share), Some(wanted)) => (share - wanted).abs() < 1e-9,
            (Some(share), None) => (0.0..=1.0).contains(&share),
            (None, _) => false,
        };
        if !fits {
            let share = taken
                .share
                .map_or_else(|| "no number".into(), |share| format!("`{share}`"));
            found.push(match wanted {
                Some(wanted) => format!(
                    "`histogram_quantile({wanted}, ...)` in gate `{name}`, as its `kind` says: now it is {share}"
                ),
                None => format!(
                    "a quantile between 0 and 1 in gate `{name}`: now it is {share}"
                ),
            });
        }
    }
}

/// The first of the gate's values whose unit is not that of its `expect`.
fn other_unit(gate: &Gate) -> Option<&'static str> {
    let wanted = unit(gate.expect.as_ref()?.limit.value)?;
    let detect = match gate.detect.map(|detect| detect.value) {
        Some(Detect::Value(limit) | Detect::Added(limit)) => Some(limit),
        _ => None,
    };
    let fail = gate.fail.as_ref().map(|rule| rule.limit.value);
    let values = [
        ("normally", gate.normally.map(|value| value.value)),
        ("detect", detect),
        ("fail", fail),
    ];
    values
        .into_iter()
        .find(|(_, value)| value.and_then(unit).is_some_and(|own| own != wanted))
        .map(|(word, _)| word)
}

/// What a limit is a quantity of; `None` for plain numbers, which take any.
fn unit(limit: Limit) -> Option<&'static str> {
    match limit {
        Limit::Percent(_) => Some("share"),
        Limit::Duration(_) => Some("time"),
        Limit::Rate(_) => Some("rate"),
        Limit::Bytes(_) => Some("size"),
        Limit::Number(_) | Limit::Baseline(_) => None,
    }
}

/// What a gate lacks that could not be read.
pub fn unreadable(gate: &Gate) -> String {
    if gate.promql.is_none() && gate.query.is_some() {
        fact_of(gate, "query")
    } else {
        format!("gate `{}` as its finding says", gate.name.value)
    }
}
