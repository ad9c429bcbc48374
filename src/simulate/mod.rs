//! What becomes of a plan when the new version has a fault: walked many times, with requests drawn
//! at random, under the rules by which its target judges gates.
//!
//! A seeded Monte Carlo. Requests arrive independently (Poisson), each is an event with the
//! probability that the gate's `normally` or the fault says, and each look counts those of its own
//! window: windows that overlap share requests, gates with one query share all of them, and what was
//! not collected yet is not seen. No formula of [`crate::numbers`] is used for what a gate catches, so
//! the two can be held against one another.

mod draw;
mod fault;
mod flagger;
mod journey;
mod look;
mod meter;
mod run;
mod stream;
mod summary;
mod tape;

pub use fault::{Fault, Size};
pub use meter::{Ends, Limits, Meter, Seen};
pub use summary::{LegOf, Share, Simulation, Spread};

use crate::model::{Model, Plan, Target};

use crate::measure::gates::grouped;

use draw::Source;
use flagger::Checks;
use run::{Ran, Walker};

/// The most runs.
pub const MOST_RUNS: u64 = 1_000_000;
/// The most looks of all runs together: 4,000 runs of a million looks.
pub const MOST_LOOKS: u64 = 4_000_000_000;

/// How to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Runs, from 1 to [`MOST_RUNS`].
    pub runs: u64,
    /// The same seed gives the same numbers on every machine.
    pub seed: u64,
}

/// Who judges the gates, and by which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// Rounds of looks; a comparison with the baseline is a test.
    Own,
    /// Argo Rollouts: runs with a count and a limit of failures; points are compared.
    Argo,
    /// Flagger: one check an interval, and a threshold of failed checks for the whole walk.
    Flagger,
}

impl Judge {
    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Judge::Own => "switchback judge",
            Judge::Argo => "Argo Rollouts",
            Judge::Flagger => "Flagger",
        }
    }
}

/// Why nothing was simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No gate measures what the fault shows in, or not in that unit.
    Unmeasured(String),
    /// Facts that nobody declared, each as what to declare.
    Missing(Vec<String>),
    /// There is nothing to walk, or too much.
    Nothing(String),
}

/// Walks `plan` with `faults` (none: a healthy version) as `target` would; without a target, by the
/// rules of the language. Time is linear in runs and looks.
///
/// # Errors
///
/// [`Refused`], where a fact is missing or the fault shows in nothing that is measured.
pub fn simulate(
    model: &Model,
    plan: &Plan,
    target: Option<&Target>,
    faults: &[Fault],
    options: Options,
) -> Result<Simulation, Refused> {
    let journey = journey::journey(model, plan, target, faults)?;
    let (looks, runs) = (journey.looks(), options.runs.clamp(1, MOST_RUNS));
    if looks.saturating_mul(runs) > MOST_LOOKS {
        let enough = MOST_LOOKS / looks;
        return Err(Refused::Nothing(format!(
            "{} runs of up to {} looks are more than the {} looks that are simulated at once: {}",
            grouped(runs as f64),
            grouped(looks as f64),
            grouped(MOST_LOOKS as f64),
            match enough {
                0 => "let gates look less often, or `goto` fewer times".to_string(),
                enough =>
                    format!("ask for `--runs {enough}` or fewer, or let gates look less often"),
            },
        )));
    }
    let onsets = faults.iter().map(|fault| fault.after.millis() as f64);
    let mut walker = Walker::new(&journey, onsets.collect());
    let checks = (journey.judge == Judge::Flagger).then(|| Checks::new(&journey));
    let mut tally = summary::Tally::new(&journey, faults);
    for run in 0..runs {
        let mut source = Source::of_run(options.seed, run);
        let ran: Ran = match &checks {
            Some(checks) => walker.checks(checks, &mut source),
            None => walker.rounds(&mut source),
        };
        tally.add(&ran, &walker.reached);
    }
    Ok(tally.finish(model, plan, &journey, options.seed))
}
