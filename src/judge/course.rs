//! The course of a judgement: one look after the other, until the leg is decided.

use crate::model::Then;
use crate::simulate::{Ends, Meter, Seen};
use crate::units::Duration;

use super::assignment::Assignment;
use super::sample::{Sample, judge_sample};

/// A look that has not been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// Milliseconds from the end of the change.
    pub time: u64,
    /// The gate, as an index of the assignment's.
    pub gate: usize,
    /// Its round, from 1.
    pub round: u64,
    /// Which look of the round, from 1.
    pub look: u64,
}

/// What a leg comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every round of every gate passed.
    Pass,
    /// A gate failed.
    Fail,
    /// A gate could not decide.
    Inconclusive,
    /// A gate had no data.
    NoData,
}

impl Outcome {
    /// The exit code of `switchback judge`.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Pass => 0,
            Outcome::Fail => 1,
            Outcome::Inconclusive | Outcome::NoData => 2,
        }
    }

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Inconclusive => "inconclusive",
            Outcome::NoData => "no-data",
        }
    }
}

/// A judgement under way. Looks are counted one by one, so a hold of years takes no more memory
/// than one of minutes.
#[derive(Clone, Debug)]
pub struct Judging<'a> {
    assignment: &'a Assignment,
    /// The next look of each gate: its round and its look, from 0.
    next: Vec<(u64, u64)>,
    meters: Vec<Meter>,
    /// Looks of the round that failed by what they measured, and not by having no data.
    measured: Vec<bool>,
    ended: Option<(Outcome, usize)>,
}

impl<'a> Judging<'a> {
    /// Nothing has been looked at.
    pub fn new(assignment: &'a Assignment) -> Judging<'a> {
        let gates = assignment.gates.len();
        Judging {
            assignment,
            next: vec![(0, 0); gates],
            meters: vec![Meter::default(); gates],
            measured: vec![false; gates],
            ended: None,
        }
    }

    /// The next look; `None` when the leg is decided, or nothing is left to look at.
    pub fn due(&self) -> Option<Due> {
        if self.ended.is_some() {
            return None;
        }
        let gates = self.assignment.gates.iter().zip(&self.next).enumerate();
        let open = gates.filter(|(_, (gate, (round, _)))| *round < gate.rounds);
        open.map(|(index, (gate, (round, look)))| Due {
            time: gate
                .settle
                .plus(gate.round.times(*round))
                .plus(gate.interval.times(*look))
                .millis(),
            gate: index,
            round: round + 1,
            look: look + 1,
        })
        .min()
    }

    /// Takes the sample of the look that is due, and says what it counts for.
    pub fn take(&mut self, sample: &Sample) -> Option<(Seen, Option<String>)> {
        let due = self.due()?;
        let gate = self.assignment.gates.get(due.gate)?;
        let (seen, why) = judge_sample(&gate.expect, gate.fail.as_ref(), sample);
        let counted = match seen {
            Seen::Between => gate.between,
            Seen::Nothing => gate.blind,
            seen => seen,
        };
        let meter = self.meters.get_mut(due.gate)?;
        let next = self.next.get_mut(due.gate)?;
        let measured = self.measured.get_mut(due.gate)?;
        if due.look == 1 {
            *meter = Meter::default();
            *measured = false;
        }
        *measured |= seen == Seen::Fail;
        *next = match next.1 + 1 {
            look if look < gate.looks => (next.0, look),
            _ => (next.0 + 1, 0),
        };
        let outcome = match meter.look(counted, &gate.limits) {
            None | Some(Ends::Passed) => None,
            // looks without data count as failed; where there was nothing else, that is said
            Some(Ends::Failed) if !*measured => Some(Outcome::NoData),
            Some(Ends::Failed) => Some(Outcome::Fail),
            Some(Ends::Open) => Some(Outcome::Inconclusive),
            Some(Ends::Blind) => Some(Outcome::NoData),
        };
        self.ended = outcome.map(|outcome| (outcome, due.gate));
        Some((seen, why))
    }

    /// What the leg has come to, and the gate that decided it; `None` while looks are due.
    pub fn outcome(&self) -> Option<(Outcome, Option<usize>)> {
        match self.ended {
            Some((outcome, gate)) => Some((outcome, Some(gate))),
            None if self.due().is_none() => Some((Outcome::Pass, None)),
            None => None,
        }
    }

    /// When the leg is over: at once where it is decided against, else at the end of its hold.
    pub fn hold_left(&self, passed: Duration) -> Duration {
        match self.ended {
            Some(_) => Duration::ZERO,
            None => Duration::from_millis(
                self.assignment
                    .hold
                    .millis()
                    .saturating_sub(passed.millis()),
            ),
        }
    }
}

/// What follows an outcome, in the words of the plan.
pub(super) fn then(assignment: &Assignment, outcome: Outcome) -> String {
    let [failure, inconclusive, no_data] = &assignment.then;
    let edge = match outcome {
        Outcome::Pass => return "continue".into(),
        Outcome::Fail => failure,
        Outcome::Inconclusive => inconclusive,
        // without an edge of its own, what has no data has failed
        Outcome::NoData if no_data.is_none() => failure,
        Outcome::NoData => no_data,
    };
    match edge {
        None | Some(Then::Rollback) => "rollback".into(),
        Some(Then::Continue) => "continue".into(),
        Some(Then::Pause(None)) => "pause".into(),
        Some(Then::Pause(Some(limit))) => format!("pause within {}", limit.value),
        Some(Then::Goto(step, times)) => {
            format!("goto {} at most {} times", step.value, times.value)
        }
        Some(Then::Weight(share)) => format!("weight {}", share.value),
    }
}
