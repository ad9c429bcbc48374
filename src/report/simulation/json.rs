//! The view for programs. The types below are the format; a field may be added without a new
//! version.

use schemars::JsonSchema;
use serde::Serialize;

use crate::simulate::{self, Refused, Simulation};

/// Appends what was found as one JSON document, indented, with a line end behind it.
pub fn json(found: &Simulation, out: &mut String) {
    write(&Document::of(found), out);
}

/// The same where nothing could be simulated.
pub fn refusal_json(plan: &str, faults: &[String], why: &Refused, out: &mut String) {
    let (missing, reason) = match why {
        Refused::Missing(facts) => (facts.clone(), None),
        Refused::Unmeasured(text) | Refused::Nothing(text) => (Vec::new(), Some(text.clone())),
    };
    let document = Document {
        version: 1,
        plan: plan.to_string(),
        faults: faults.to_vec(),
        missing,
        reason,
        result: None,
    };
    write(&document, out);
}

fn write(document: &Document, out: &mut String) {
    // strings, numbers and lists only: there is no map key or number that JSON cannot hold
    out.push_str(&serde_json::to_string_pretty(document).unwrap_or_default());
    out.push('\n');
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes, indented, with a line end behind it.
pub fn json_schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Document>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// What becomes of a plan when the new version has a fault.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Switchback simulation")]
struct Document {
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The plan.
    plan: String,
    /// The faults as they were written; none for a healthy version.
    faults: Vec<String>,
    /// Facts that have to be declared before anything can be simulated.
    missing: Vec<String>,
    /// Why nothing was simulated, where no fact is missing.
    reason: Option<String>,
    /// What was found; null where nothing was simulated.
    result: Option<Found>,
}

/// What was found.
#[derive(Serialize, JsonSchema)]
struct Found {
    /// By whose rules gates were judged.
    judge: &'static str,
    /// How many runs there were.
    runs: u64,
    /// The seed that gives the same numbers again.
    seed: u64,
    /// Looks of gates that were taken in all.
    looks: u64,
    /// The legs that expose something, in their order.
    legs: Vec<Leg>,
    /// Runs that were stopped somewhere.
    caught: Share,
    /// Runs that went through.
    slips: Share,
    /// Runs that were stopped before the fault began.
    early: Share,
    /// What the fault makes of requests: failed, slow, or both; null where it is no property of
    /// requests.
    harm: Option<&'static str>,
    /// Requests that failed or were slow, from the fault's begin until the old version had all
    /// requests again or the plan had ended.
    requests: Option<Spread>,
    /// Different users whom they met; null where no `users` are declared.
    users: Option<Spread>,
    /// Seconds from the fault to the verdict, of the runs that were stopped after it began.
    seconds_to_detect: Option<Spread>,
    /// Seconds from the verdict until the old version had all requests, of the runs that were
    /// stopped.
    seconds_to_go_back: Option<Spread>,
    /// What the numbers rest on.
    assumptions: Vec<String>,
}

/// One leg.
#[derive(Serialize, JsonSchema)]
struct Leg {
    /// Its step.
    step: String,
    /// Which leg of the step, from 1.
    number: usize,
    /// How many legs the step has.
    of: usize,
    /// The share of the requests that the new version gets, from 0 to 1.
    weight: f64,
    /// Whether their answers are dropped.
    mirrored: bool,
    /// Seconds.
    hold: f64,
    /// Runs that came to it.
    reached: Share,
    /// Of those, the ones that were stopped here.
    caught: Share,
    /// The gates that stopped them, most first.
    by: Vec<By>,
}

/// A gate that stopped runs.
#[derive(Serialize, JsonSchema)]
struct By {
    /// The gate.
    gate: String,
    /// Its share of the runs that were stopped here, from 0 to 1.
    share: f64,
}

/// A probability as it was drawn.
#[derive(Serialize, JsonSchema)]
struct Share {
    /// From 0 to 1.
    value: f64,
    /// Its standard error; 0 where all runs were alike, which is no certainty.
    standard_error: f64,
}

/// How something is spread over the runs.
#[derive(Serialize, JsonSchema)]
struct Spread {
    /// Half of the runs have no more.
    median: f64,
    /// 95 % of the runs have no more.
    p95: f64,
    /// On average.
    mean: f64,
}

impl Document {
    fn of(found: &Simulation) -> Document {
        let legs = found.legs.iter().map(|leg| Leg {
            step: leg.step.clone(),
            number: leg.number.0 + 1,
            of: leg.number.1,
            weight: leg.weight,
            mirrored: leg.mirrored,
            hold: leg.hold,
            reached: leg.reached.into(),
            caught: leg.caught.into(),
            by: (leg.by.iter())
                .map(|(gate, share)| By {
                    gate: gate.clone(),
                    share: *share,
                })
                .collect(),
        });
        let spread = |own: Option<simulate::Spread>| own.map(Spread::from);
        Document {
            version: 1,
            plan: found.plan.clone(),
            faults: found.faults.clone(),
            missing: Vec::new(),
            reason: None,
            result: Some(Found {
                judge: found.judge.title(),
                runs: found.runs,
                seed: found.seed,
                looks: found.looks,
                legs: legs.collect(),
                caught: found.caught.into(),
                slips: found.slips.into(),
                early: found.early.into(),
                harm: found.harm,
                requests: spread(found.failed),
                users: spread(found.users),
                seconds_to_detect: spread(found.detect),
                seconds_to_go_back: spread(found.back),
                assumptions: found.assumptions.clone(),
            }),
        }
    }
}

impl From<simulate::Share> for Share {
    fn from(own: simulate::Share) -> Share {
        Share {
            value: own.value,
            standard_error: own.error,
        }
    }
}

impl From<simulate::Spread> for Spread {
    fn from(own: simulate::Spread) -> Spread {
        Spread {
            median: own.median,
            p95: own.p95,
            mean: own.mean,
        }
    }
}
