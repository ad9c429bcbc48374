//! What many runs come to.

use crate::model::{Model, Plan};

use super::Judge;
use super::fault::Fault;
use super::journey::Journey;
use super::run::Ran;

/// A probability as it was drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// The share of the runs.
    pub value: f64,
    /// Its standard error, `sqrt(p(1-p)/n)`.
    pub error: f64,
}

impl Share {
    fn of(part: u64, all: u64) -> Share {
        if all == 0 {
            return Share::default();
        }
        let value = part as f64 / all as f64;
        Share {
            value,
            error: (value * (1.0 - value) / all as f64).sqrt(),
        }
    }
}

/// How something is spread over the runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the runs have no more.
    pub median: f64,
    /// 95 % of the runs have no more.
    pub p95: f64,
    /// On average.
    pub mean: f64,
}

impl Spread {
    fn of(values: &mut [f64]) -> Option<Spread> {
        if values.is_empty() {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let rank = |share: f64| (share * values.len() as f64).ceil().max(1.0) as usize - 1;
        let at = |share: f64| values[rank(share).min(values.len() - 1)];
        Some(Spread {
            median: at(0.5),
            p95: at(0.95),
            mean: values.iter().sum::<f64>() / values.len() as f64,
        })
    }
}

/// What happened at one leg.
#[derive(Clone, Debug, PartialEq)]
pub struct LegOf {
    /// The leg, as an index of the plan's.
    pub leg: usize,
    /// Its step's name.
    pub step: String,
    /// Which leg of the step, from 0, and how many there are.
    pub number: (usize, usize),
    /// The share of the requests that the new version gets.
    pub weight: f64,
    /// Whether their answers are dropped.
    pub mirrored: bool,
    /// Seconds.
    pub hold: f64,
    /// Runs that came to it.
    pub reached: Share,
    /// Of those, the ones that were stopped here.
    pub caught: Share,
    /// The gates that stopped them, each with its share of them, most first.
    pub by: Vec<(String, f64)>,
}

/// What a simulation found.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// The plan's name.
    pub plan: String,
    /// Who judged.
    pub judge: Judge,
    /// The faults as they were written; none for a healthy version.
    pub faults: Vec<String>,
    /// How many runs there were, and their seed.
    pub runs: u64,
    /// The seed.
    pub seed: u64,
    /// Looks that were taken in all.
    pub looks: u64,
    /// The legs that expose something, in their order.
    pub legs: Vec<LegOf>,
    /// Runs that were stopped somewhere.
    pub caught: Share,
    /// Runs that went through with the fault.
    pub slips: Share,
    /// Runs that were stopped before the fault began.
    pub early: Share,
    /// Whether the fault makes requests fail or slow: `failed`, `slow`, `failed or slow`; `None`
    /// where it shows in events that are no requests.
    pub harm: Option<&'static str>,
    /// Requests harmed, over all runs.
    pub failed: Option<Spread>,
    /// Users whom they met, over all runs; `None` where nobody declared `users`.
    pub users: Option<Spread>,
    /// Users a day.
    pub of_users: Option<u64>,
    /// Seconds from the fault to the verdict, of the runs that were stopped after it.
    pub detect: Option<Spread>,
    /// Seconds from the verdict until the old version has all requests, of the runs that were
    /// stopped.
    pub back: Option<Spread>,
    /// What the numbers rest on.
    pub assumptions: Vec<String>,
}

/// Adds runs up.
#[derive(Debug)]
pub(super) struct Tally {
    faults: Vec<String>,
    onset: Option<f64>,
    runs: u64,
    looks: u64,
    reached: Vec<u64>,
    caught: Vec<Vec<u64>>,
    early: u64,
    stopped: u64,
    failed: Vec<f64>,
    users: Vec<f64>,
    detect: Vec<f64>,
    back: Vec<f64>,
}

impl Tally {
    pub(super) fn new(journey: &Journey, faults: &[Fault]) -> Tally {
        let onsets = faults.iter().map(|fault| fault.after.millis());
        Tally {
            faults: faults.iter().map(|fault| fault.text.clone()).collect(),
            onset: onsets.min().map(|onset| onset as f64),
            runs: 0,
            looks: 0,
            reached: vec![0; journey.stages.len()],
            caught: (journey.stages.iter())
                .map(|stage| vec![0; stage.gates.len()])
                .collect(),
            early: 0,
            stopped: 0,
            failed: Vec::new(),
            users: Vec::new(),
            detect: Vec::new(),
            back: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, ran: &Ran, reached: &[bool]) {
        self.runs += 1;
        self.looks += ran.looks;
        for (count, reached) in self.reached.iter_mut().zip(reached) {
            *count += u64::from(*reached);
        }
        self.failed.push(ran.failed as f64);
        self.users.extend(ran.users.map(|users| users as f64));
        let Some((stage, gate)) = ran.stopped else {
            return;
        };
        self.stopped += 1;
        self.caught[stage][gate] += 1;
        self.back.push(ran.back / 1000.0);
        match self.onset {
            Some(onset) if ran.verdict < onset => self.early += 1,
            Some(onset) => self.detect.push((ran.verdict - onset) / 1000.0),
            None => {}
        }
    }

    pub(super) fn finish(
        mut self,
        model: &Model,
        plan: &Plan,
        journey: &Journey,
        seed: u64,
    ) -> Simulation {
        let legs = journey.stages.iter().enumerate().map(|(at, stage)| {
            let leg = &plan.legs[stage.leg];
            let caught: u64 = self.caught[at].iter().sum();
            let mut by: Vec<(String, f64)> = (stage.gates.iter().zip(&self.caught[at]))
                .filter(|(_, count)| **count > 0)
                .map(|(watched, count)| {
                    let name = model.gates[watched.gate].name.value.clone();
                    (name, *count as f64 / caught as f64)
                })
                .collect();
            by.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            LegOf {
                leg: stage.leg,
                step: plan.steps[leg.step].name.value.clone(),
                number: (leg.number, leg.of),
                weight: stage.share,
                mirrored: stage.exposed <= 0.0,
                hold: leg.hold.as_secs_f64(),
                reached: Share::of(self.reached[at], self.runs),
                caught: Share::of(caught, self.reached[at]),
                by,
            }
        });
        let legs = legs.collect();
        let counted = |slow: bool| {
            let streams = journey.streams.iter();
            let mut own = streams.filter(|stream| stream.fault.is_some() && stream.alone.is_none());
            own.any(|stream| stream.counts_slow == slow)
        };
        let harm = match (counted(false), counted(true)) {
            (true, true) => Some("failed or slow"),
            (true, false) => Some("failed"),
            (false, true) => Some("slow"),
            (false, false) => None,
        };
        let mut assumptions = vec![
            "requests arrive independently of one another, as many as `traffic` says, and each gate counts all of its version"
                .to_string(),
        ];
        assumptions.extend(journey.assumptions.iter().cloned());
        Simulation {
            plan: plan.name.value.clone(),
            judge: journey.judge,
            runs: self.runs,
            seed,
            looks: self.looks,
            legs,
            caught: Share::of(self.stopped, self.runs),
            slips: Share::of(self.runs - self.stopped, self.runs),
            early: Share::of(self.early, self.runs),
            harm,
            failed: Spread::of(&mut self.failed).filter(|_| harm.is_some()),
            users: Spread::of(&mut self.users).filter(|_| harm.is_some()),
            of_users: journey.users,
            detect: Spread::of(&mut self.detect),
            back: Spread::of(&mut self.back),
            faults: self.faults,
            assumptions,
        }
    }
}
