//! What the gates of a plan count, and what a fault does to it.

use crate::diagnostic::nearest;
use crate::measure::gates::{fact_of, healthy};
use crate::model::{Gate, GateKind, Limit, Model};
use crate::vocabulary::Compare;

use super::fault::{Fault, Size};
use super::look::{Bound, Of};
use super::{Judge, Refused};

/// Something that is counted: by one gate, or by several with one query.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    key: (String, u64),
    /// How far back a look reaches, in milliseconds.
    pub window: u64,
    /// From an event to the look that is sure to see it: scrape interval and delay, in milliseconds.
    pub lag: u64,
    /// Of that, what chance decides.
    pub scrape: u64,
    /// The share of requests that are events, while healthy and with the fault.
    pub rates: [f64; 2],
    /// Events a second that are no share of requests, the same.
    pub alone: Option<[f64; 2]>,
    /// Whether requests to the old version are counted too.
    pub counts_old: bool,
    /// The fault that shows in it.
    pub fault: Option<usize>,
    /// Whether events are slow requests.
    pub counts_slow: bool,
    /// Whether what is no event fails: a query that counts successes.
    pub counts_good: bool,
}

/// The streams, and the gates that look at them.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub streams: Vec<Stream>,
    /// The gate as an index of the model, its stream, and when it passes.
    pub gates: Vec<(usize, usize, Bound)>,
    pub missing: Vec<String>,
    pub assumptions: Vec<String>,
}

/// Whether the gate measures what the fault shows in.
fn measures(model: &Model, gates: &[usize], gate: &Gate, fault: &Fault) -> bool {
    let text = |gate: &Gate| {
        gate.query
            .as_ref()
            .map(|query| query.value.trim().to_string())
    };
    let mut named = gates
        .iter()
        .filter_map(|&index| model.gates.get(index))
        .filter(|other| other.name.value == fault.subject)
        .peekable();
    if named.peek().is_some() {
        return named.any(|other| text(other) == text(gate));
    }
    match gate.kind.map(|kind| kind.value) {
        Some(GateKind::Proportion) => fault.subject == "errors",
        Some(GateKind::Quantile(share)) => fault
            .quantile()
            .is_some_and(|wanted| (share.fraction() - wanted).abs() < 1e-9),
        _ => false,
    }
}

/// What nobody measures, with what is measured.
fn unmeasured(model: &Model, gates: &[usize], fault: &Fault) -> Refused {
    let mut known: Vec<String> = Vec::new();
    for gate in gates.iter().filter_map(|&index| model.gates.get(index)) {
        known.push(gate.name.value.clone());
        match gate.kind.map(|kind| kind.value) {
            Some(GateKind::Proportion) => known.push("errors".into()),
            Some(GateKind::Quantile(share)) => known.push(format!("p{}", share.fraction() * 100.0)),
            _ => {}
        }
    }
    known.sort();
    known.dedup();
    let meant = nearest(&fault.subject, known.iter().map(String::as_str));
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    Refused::Unmeasured(match (meant, names.is_empty()) {
        (Some(meant), _) => format!(
            "no gate of this plan measures `{}`; did you mean `{meant}`?",
            fault.subject
        ),
        (None, false) => format!(
            "no gate of this plan measures `{}`, so nothing would ever stop it; measured {} {}",
            fault.subject,
            if names.len() == 1 { "is" } else { "are" },
            names.join(", ")
        ),
        (None, true) => format!(
            "this plan watches no gate, so nothing would ever stop `{}`: add `watch` to its steps",
            fault.text
        ),
    })
}

/// What the gates count, with the faults in it.
pub(super) fn streams(
    model: &Model,
    gates: &[usize],
    faults: &[Fault],
    judge: Judge,
) -> Result<Found, Refused> {
    let mut found = Found::default();
    let known = || {
        gates
            .iter()
            .filter_map(|&index| Some((index, model.gates.get(index)?)))
    };
    for fault in faults {
        if !known().any(|(_, gate)| measures(model, gates, gate, fault)) {
            return Err(unmeasured(model, gates, fault));
        }
    }
    for (index, gate) in known() {
        let fault = faults
            .iter()
            .position(|fault| measures(model, gates, gate, fault));
        let read = if gate.incomplete {
            Err(Wrong::Missing(vec![format!(
                "gate `{}` as its finding says",
                gate.name.value
            )]))
        } else {
            read(model, gate, fault.map(|at| &faults[at]), judge)
        };
        match read {
            Ok((mut stream, bound)) => {
                stream.fault = fault;
                if let Some(note) = stream_note(gate, fault.is_some()) {
                    found.assumptions.push(note);
                }
                let same = found
                    .streams
                    .iter_mut()
                    .position(|own| own.key == stream.key);
                let at = same.unwrap_or_else(|| {
                    found.streams.push(stream.clone());
                    found.streams.len() - 1
                });
                let own = &mut found.streams[at];
                own.counts_old |= stream.counts_old;
                own.fault = own.fault.or(stream.fault);
                found.gates.push((index, at, bound));
            }
            Err(Wrong::Fault(message)) => return Err(Refused::Unmeasured(message)),
            Err(Wrong::Missing(facts)) if fault.is_some() || faults.is_empty() => {
                found.missing.extend(facts);
            }
            // it can only stop what the others let through, or stop in vain
            Err(Wrong::Missing(facts)) => found.assumptions.push(format!(
                "gate `{}` never stops anything here: {} is not declared",
                gate.name.value,
                facts.first().map_or("a fact", String::as_str)
            )),
        }
    }
    Ok(found)
}

fn stream_note(gate: &Gate, faulty: bool) -> Option<String> {
    let name = &gate.name.value;
    match gate.kind?.value {
        GateKind::Quantile(share) if faulty => Some(format!(
            "how the values of gate `{name}` are spread is not declared: once its quantile is at the limit, {} of the requests are beyond it, the least that there can be, and before that none; so it is caught at least as often",
            crate::units::Percent::from_ppm(1_000_000 - share.ppm().min(1_000_000))
        )),
        _ => None,
    }
}

enum Wrong {
    Missing(Vec<String>),
    Fault(String),
}

/// What a gate counts, and when a look passes.
fn read(
    model: &Model,
    gate: &Gate,
    fault: Option<&Fault>,
    judge: Judge,
) -> Result<(Stream, Bound), Wrong> {
    let mut missing = Vec::new();
    if gate.interval.is_none() || gate.round.is_none() {
        missing.push(fact_of(gate, "every"));
    }
    if gate.kind.is_none() {
        missing.push(fact_of(gate, "kind"));
    }
    let window = gate.promql.as_ref().and_then(|query| query.longest_range);
    let window = window.filter(|&seconds| seconds > 0.0);
    if window.is_none() {
        missing.push(format!(
            "how far back gate `{}` looks: a range in its query, as in `[2m]`",
            gate.name.value
        ));
    }
    let (Some(kind), Some(expect), Some(query), Some(window)) =
        (gate.kind, &gate.expect, &gate.query, window)
    else {
        return Err(Wrong::Missing(missing));
    };
    let baseline = match expect.limit.value {
        Limit::Baseline(factor) => Some(factor),
        _ => None,
    };
    let scoped = gate.promql.as_ref().is_some_and(|query| query.uses_version);
    let counts_old = baseline.is_some() || !scoped;
    let normally = healthy(gate);
    let late = fault.is_none_or(|fault| fault.after.millis() > 0);
    let relative = fault.is_some_and(|fault| !matches!(fault.size, Size::Value(_)));
    if normally.is_none() && (late || counts_old || relative) {
        missing.push(fact_of(gate, "normally"));
    }
    if !missing.is_empty() {
        return Err(Wrong::Missing(missing));
    }
    let upper = matches!(expect.op, Compare::Less | Compare::LessEqual);
    let bad = match fault {
        Some(fault) => Some(value(gate, fault, normally, upper)?),
        None => None,
    };
    // where the fault is there from the start, nothing healthy is drawn
    let pair = [
        normally.or(bad).unwrap_or(0.0),
        bad.or(normally).unwrap_or(0.0),
    ];
    let provider = gate.provider.and_then(|index| model.providers.get(index));
    let time = |of: fn(&crate::model::Provider) -> Option<crate::units::Duration>| {
        provider
            .and_then(of)
            .map_or(0, crate::units::Duration::millis)
    };
    let scrape = time(|provider| provider.scrape.map(|time| time.value));
    let delay = time(|provider| provider.delay.map(|time| time.value));
    let mut stream = Stream {
        key: (query.value.trim().to_string(), 0),
        window: (window * 1000.0) as u64,
        lag: scrape.saturating_add(delay),
        scrape,
        rates: [0.0; 2],
        alone: None,
        counts_old,
        fault: None,
        counts_slow: false,
        counts_good: !upper,
    };
    let spread = || {
        Wrong::Missing(vec![format!(
            "how far single values of gate `{}` spread: known for `kind proportion`, `count` and `rate`, and for `kind quantile` with a fixed upper limit",
            gate.name.value
        )])
    };
    let fail = gate.fail.as_ref();
    let fail = fail.and_then(|rule| Some((rule.op, rule.limit.value.as_number()?)));
    let limit = expect.limit.value.as_number();
    let bound = match (kind.value, baseline, limit) {
        (GateKind::Proportion, baseline, limit) => {
            if pair.iter().any(|share| !(0.0..=1.0).contains(share)) {
                return Err(Wrong::Missing(vec![format!(
                    "values of gate `{}` that a share can have: 0% to 100%",
                    gate.name.value
                )]));
            }
            stream.rates = pair;
            match (baseline, limit) {
                // our own judge tests; what a platform compares are two points
                (Some(factor), _) if judge == Judge::Own => Bound::Significant { factor, upper },
                (Some(factor), _) => Bound::Points { factor, upper },
                (None, Some(limit)) => Bound::Fixed {
                    of: if scoped { Of::New } else { Of::All },
                    expect: (expect.op, limit),
                    fail,
                },
                (None, None) => return Err(spread()),
            }
        }
        (GateKind::Quantile(share), None, Some(limit)) if upper && scoped => {
            let beyond = 1.0 - share.fraction();
            let rate = |value: f64| if value >= limit { beyond } else { 0.0 };
            stream.rates = [rate(pair[0]), rate(pair[1])];
            stream.key.1 = limit.to_bits();
            stream.counts_slow = true;
            Bound::Beyond {
                parts: 1_000_000u64.saturating_sub(share.ppm()),
            }
        }
        (GateKind::Count | GateKind::Rate, None, Some(limit)) if scoped => {
            let scale = if kind.value == GateKind::Rate {
                window
            } else {
                1.0
            };
            stream.alone = Some([pair[0] * scale / window, pair[1] * scale / window]);
            Bound::Fixed {
                of: Of::Events(scale),
                expect: (expect.op, limit),
                fail,
            }
        }
        _ => return Err(spread()),
    };
    Ok((stream, bound))
}

/// What the gate measures with the fault.
fn value(gate: &Gate, fault: &Fault, normally: Option<f64>, upper: bool) -> Result<f64, Wrong> {
    let name = &gate.name.value;
    let unit = |limit: Limit| {
        let fits = match (gate.kind.map(|kind| kind.value), limit) {
            (Some(GateKind::Proportion), Limit::Percent(_)) => true,
            (Some(GateKind::Proportion), _) => false,
            (_, Limit::Percent(_)) => false,
            (Some(GateKind::Rate), Limit::Rate(_) | Limit::Number(_)) => true,
            (Some(GateKind::Count), Limit::Number(_)) => true,
            (Some(GateKind::Quantile(_) | GateKind::Mean), _) => true,
            _ => false,
        };
        limit.as_number().filter(|_| fits).ok_or_else(|| {
            let example = match gate.kind.map(|kind| kind.value) {
                Some(GateKind::Proportion) => "`5%`",
                Some(GateKind::Count) => "`40`",
                Some(GateKind::Rate) => "`40/s`",
                _ => "`600ms`",
            };
            Wrong::Fault(format!(
                "`{}` has another unit than gate `{name}`, which measures it: write it as {example}, or as `x2`",
                fault.text
            ))
        })
    };
    let base = normally.unwrap_or(0.0);
    // what is named by what fails, counted by a query for what succeeds
    let turned = !upper && fault.subject == "errors" && *name != fault.subject;
    let base = if turned { 1.0 - base } else { base };
    let bad = match fault.size {
        Size::Value(limit) => unit(limit)?,
        Size::Added(limit) => base + unit(limit)?,
        Size::Multiple(factor) => base * factor,
    };
    if gate
        .kind
        .is_some_and(|kind| kind.value == GateKind::Proportion)
        && bad > 1.0
    {
        return Err(Wrong::Fault(format!(
            "`{}` comes to {:.0}% of the requests: a share is at most 100%",
            fault.text,
            bad * 100.0
        )));
    }
    Ok(if turned { 1.0 - bad } else { bad })
}
