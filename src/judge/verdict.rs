//! The result for programs. The types below are the format; a field may be added without a new
//! version.

use schemars::JsonSchema;
use serde::Serialize;

use crate::simulate::Seen;

use super::assignment::Assignment;
use super::course::{self, Due, Outcome};
use super::sample::{Arm, Sample};

/// What became of a leg.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "Switchback verdict of a leg")]
pub struct Verdict {
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The plan.
    plan: String,
    /// The step of the leg.
    step: String,
    /// Which leg of the plan, from 1.
    leg: usize,
    /// When the change had finished (RFC 3339).
    pub changed: String,
    /// When the leg was decided (RFC 3339).
    pub decided: String,
    /// `pass`, `fail`, `inconclusive` or `no-data`.
    verdict: &'static str,
    /// What the plan says follows: `continue`, `rollback`, `pause`, `goto STEP ...`, `weight N%`.
    then: String,
    /// The gate that decided, where the leg did not pass.
    decided_by: Option<String>,
    /// The gates in the order of the plan.
    gates: Vec<GateVerdict>,
}

/// One gate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GateVerdict {
    /// Its name.
    gate: String,
    /// The provider's name.
    provider: String,
    /// What was asked at each look; for a comparison events and requests of the new version, then of
    /// the old one.
    queries: Vec<String>,
    /// Rounds within the hold.
    rounds: u64,
    /// Looks in a round.
    looks_in_round: u64,
    /// Looks that may fail in a round.
    tolerate: u64,
    /// The looks that were taken.
    looks: Vec<LookTaken>,
}

/// One look.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LookTaken {
    /// Its round, from 1.
    round: u64,
    /// Which look of the round, from 1.
    look: u64,
    /// When it was due, in seconds from the end of the change.
    due: f64,
    /// The time that the answer is of, in seconds since 1970.
    at: Option<f64>,
    /// `pass`, `fail`, `between` (neither `expect` nor `fail`) or `no-data`.
    seen: &'static str,
    /// The value of the new version; null where there is none, or where it is infinite.
    value: Option<f64>,
    /// The baseline's value, where the gate compares with it.
    baseline: Option<f64>,
    /// Events and requests of the new version, where the gate compares.
    counts: Option<[f64; 2]>,
    /// The same of the baseline.
    baseline_counts: Option<[f64; 2]>,
    /// Why there was no data.
    reason: Option<String>,
    /// What the provider warned of.
    warnings: Vec<String>,
}

impl LookTaken {
    /// A look as it was taken.
    pub fn new(
        due: Due,
        at: Option<f64>,
        sample: &Sample,
        seen: Seen,
        reason: Option<String>,
        warnings: Vec<String>,
    ) -> LookTaken {
        let counts = |arm: &Arm| [arm.events, arm.requests];
        let (new, old) = match sample {
            Sample::Arms { new, old } => (Some(new), Some(old)),
            _ => (None, None),
        };
        LookTaken {
            round: due.round,
            look: due.look,
            due: due.time as f64 / 1000.0,
            at,
            seen: match seen {
                Seen::Pass => "pass",
                Seen::Fail => "fail",
                Seen::Between => "between",
                Seen::Nothing => "no-data",
            },
            value: sample.value().filter(|value| value.is_finite()),
            baseline: old.and_then(|old| old.share()),
            counts: new.map(counts),
            baseline_counts: old.map(counts),
            reason,
            warnings,
        }
    }
}

impl LookTaken {
    /// The look in one line, for people.
    pub fn line(&self) -> String {
        let mut text = format!("round {}, look {}: {}", self.round, self.look, self.seen);
        if let Some(value) = self.value {
            text.push_str(&format!(", value {}", shown(value)));
        }
        if let Some(baseline) = self.baseline {
            text.push_str(&format!(", baseline {}", shown(baseline)));
        }
        if let (Some([a, b]), Some([c, d])) = (self.counts, self.baseline_counts) {
            text.push_str(&format!(" ({a:.0} of {b:.0} beside {c:.0} of {d:.0})"));
        }
        if let Some(reason) = &self.reason {
            text.push_str(&format!(": {reason}"));
        }
        text
    }
}

/// Six significant digits.
fn shown(value: f64) -> String {
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    rounded.to_string()
}

impl Verdict {
    /// The verdict in one line, for people.
    pub fn line(&self) -> String {
        let place = format!("leg {} (step {}) of {}", self.leg, self.step, self.plan);
        match &self.decided_by {
            Some(gate) => format!(
                "{}: {place}, by gate {gate}; then {}",
                self.verdict, self.then
            ),
            None => format!("{}: {place}", self.verdict),
        }
    }

    /// The verdict on a leg; `looks` holds those of each gate.
    pub fn new(
        assignment: &Assignment,
        (outcome, by): (Outcome, Option<usize>),
        looks: Vec<Vec<LookTaken>>,
    ) -> Verdict {
        let gates = assignment.gates.iter().zip(looks);
        Verdict {
            version: 1,
            plan: assignment.plan.clone(),
            step: assignment.step.clone(),
            leg: assignment.leg,
            changed: String::new(),
            decided: String::new(),
            verdict: outcome.word(),
            then: course::then(assignment, outcome),
            decided_by: by
                .and_then(|by| assignment.gates.get(by))
                .map(|gate| gate.name.clone()),
            gates: gates
                .map(|(gate, looks)| GateVerdict {
                    gate: gate.name.clone(),
                    provider: gate.provider.name.clone(),
                    queries: match &gate.questions {
                        super::Questions::Value(query) => vec![query.clone()],
                        super::Questions::Arms { new, old, .. } => {
                            new.iter().chain(old).cloned().collect()
                        }
                    },
                    rounds: gate.rounds,
                    looks_in_round: gate.looks,
                    tolerate: gate.limits.failures.unwrap_or(0),
                    looks,
                })
                .collect(),
        }
    }

    /// What the plan says follows.
    pub fn then(&self) -> &str {
        &self.then
    }
}

/// The verdict as one JSON document, indented, with a line end behind it.
pub fn json(verdict: &Verdict) -> String {
    // strings, finite numbers and lists only
    let mut text = serde_json::to_string_pretty(verdict).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes, indented, with a line end behind it.
pub fn json_schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Verdict>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
