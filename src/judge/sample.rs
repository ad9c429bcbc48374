//! What one look measured, and what that says of a gate.

use crate::model::{GateRule, Limit};
use crate::numbers::multiple::{is_above, is_below};
use crate::simulate::Seen;
use crate::vocabulary::Compare;

/// Events and requests of one version within the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// Events.
    pub events: f64,
    /// Requests.
    pub requests: f64,
}

impl Arm {
    /// The share of events; `None` without requests, or where it is no share.
    pub fn share(self) -> Option<f64> {
        let counts = self.events.is_finite() && self.requests.is_finite();
        (counts && self.events >= 0.0 && self.requests > 0.0).then(|| self.events / self.requests)
    }

    /// Both as whole numbers; events that extrapolation puts above the requests are as many.
    fn counts(self) -> Option<(u64, u64)> {
        self.share()?;
        let requests = self.requests.round() as u64;
        (requests > 0).then(|| ((self.events.round() as u64).min(requests), requests))
    }
}

/// What one look measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Sample {
    /// The value of the query.
    Value(f64),
    /// Counts of both versions.
    Arms {
        /// The new version.
        new: Arm,
        /// The baseline.
        old: Arm,
    },
    /// Nothing, and why.
    Nothing(String),
}

impl Sample {
    /// The new version's value.
    pub fn value(&self) -> Option<f64> {
        match self {
            Sample::Value(value) => Some(*value),
            Sample::Arms { new, .. } => new.share(),
            Sample::Nothing(_) => None,
        }
    }
}

/// What a sample says under `expect` and `fail`, with the reason where it says nothing.
pub fn judge_sample(
    expect: &GateRule,
    fail: Option<&GateRule>,
    sample: &Sample,
) -> (Seen, Option<String>) {
    let arms = match sample {
        Sample::Nothing(why) => return (Seen::Nothing, Some(why.clone())),
        Sample::Value(value) if value.is_nan() => {
            let why = "the query gives NaN: nothing divided by nothing, as without requests";
            return (Seen::Nothing, Some(why.into()));
        }
        Sample::Value(_) => None,
        Sample::Arms { new, old } => {
            let (Some(new), Some(old)) = (new.counts(), old.counts()) else {
                let who = if new.counts().is_none() {
                    "the new version"
                } else {
                    "the baseline"
                };
                return (
                    Seen::Nothing,
                    Some(format!("{who} had no requests in the window")),
                );
            };
            Some((new, old))
        }
    };
    let value = sample.value().unwrap_or(f64::NAN);
    let passes = holds(expect, value, arms, true);
    let fails = fail.map(|rule| holds(rule, value, arms, false));
    let seen = match fails {
        Some(true) => Seen::Fail,
        _ if passes => Seen::Pass,
        Some(false) => Seen::Between,
        None => Seen::Fail,
    };
    (seen, None)
}

/// Whether a rule holds. Against the baseline `expect` gives the new version the benefit of the
/// doubt, and so does `fail`: only what is significant counts against it.
fn holds(
    rule: &GateRule,
    value: f64,
    arms: Option<((u64, u64), (u64, u64))>,
    expects: bool,
) -> bool {
    let (factor, (new, old)) = match (rule.limit.value, arms) {
        (Limit::Baseline(factor), Some(arms)) => (factor, arms),
        (limit, _) => {
            let limit = limit.as_number();
            return limit.is_some_and(|limit| rule.op.holds(value, limit));
        }
    };
    let (above, below) = (is_above(new, old, factor), is_below(new, old, factor));
    match (rule.op, expects) {
        (Compare::Less | Compare::LessEqual, true) => !above,
        (Compare::Greater | Compare::GreaterEqual, true) => !below,
        (Compare::Less | Compare::LessEqual, false) => below,
        (Compare::Greater | Compare::GreaterEqual, false) => above,
        (Compare::Equal, _) => !above && !below,
    }
}
