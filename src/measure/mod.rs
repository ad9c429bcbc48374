//! What a plan measures: how much it exposes at once, what its gates see of a fault, who meets that
//! fault, what it burns, and how long the way is, forward and back.
//!
//! The numbers of [`crate::numbers`] with the facts of a plan put in. Each answer says its value, the
//! parts that it is made of and the assumptions that it rests on, or the facts that are missing:
//! policies, reports, the editor and the proof of `bounded` all read this one place.

mod answer;
mod bounded;
pub mod capacity;
mod detection;
mod exposure;
pub mod gates;
mod holds;
mod quantity;
pub mod time;
mod weights;

pub use answer::{Answer, Each, Measured, Missing, Part};
pub use bounded::{Bounded, bounded};
pub use exposure::{blind_below, is_sticky};
pub use quantity::Quantity;

use crate::model::{Leg, Model, Plan, Step, Target};

/// A plan with everything that was declared beside it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Everything that was declared.
    pub model: &'a Model,
    /// The plan that is measured; it is complete.
    pub plan: &'a Plan,
}

impl<'a> Subject<'a> {
    /// A plan of a model.
    pub fn new(model: &'a Model, plan: &'a Plan) -> Subject<'a> {
        Subject { model, plan }
    }

    /// The platforms that carry the plan out.
    fn targets(&self) -> impl Iterator<Item = &'a Target> {
        let model = self.model;
        let named = self.plan.targets.iter();
        named.filter_map(|target| model.targets.get(target.value))
    }

    /// The step of a leg.
    fn step(&self, leg: &Leg) -> Option<&'a Step> {
        self.plan.steps.get(leg.step)
    }

    /// The legs above the line of no return, each with its index; all where there is no such line.
    pub fn returnable(&self) -> impl Iterator<Item = (usize, &'a Leg)> {
        let line = self.plan.no_return.as_ref().map(|line| line.above);
        let above = move |leg: &Leg| line.is_none_or(|line| leg.step < line);
        let legs = self.plan.legs.iter().enumerate();
        legs.filter(move |(_, leg)| above(leg))
    }
}

/// What can be measured of a plan, by the names that policies use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// The first share of the traffic that a `weight` gives to the new version.
    FirstWeight,
    /// The largest factor between two weights that follow one another.
    WeightRatio,
    /// The largest difference between two weights that follow one another.
    WeightStep,
    /// The shortest time that an exposure lasts before more is exposed.
    Hold,
    /// The time that everything is exposed, above the line of no return.
    Bake,
    /// The longest time until the old version has all traffic again.
    RollbackTime,
    /// The longest time from the start to the end.
    Duration,
    /// The time until a gate speaks, for the fault that it detects.
    TimeToDetect,
    /// The share of a day's users who meet that fault's version until the way back is complete.
    UsersExposed,
    /// The requests that fail until then.
    RequestsFailed,
    /// The share of the error budget that burns until then.
    BudgetBurned,
    /// The probability that a gate catches its fault before more is exposed.
    Power,
    /// The probability that a healthy rollout is rolled back somewhere.
    FalseAlarm,
    /// The load of the ready replicas, as a share of what they carry.
    Utilisation,
    /// The most replicas at any time.
    PeakReplicas,
}

impl Measure {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Measure; 15] = [
        Measure::FirstWeight,
        Measure::WeightRatio,
        Measure::WeightStep,
        Measure::Hold,
        Measure::Bake,
        Measure::Power,
        Measure::FalseAlarm,
        Measure::TimeToDetect,
        Measure::UsersExposed,
        Measure::RequestsFailed,
        Measure::BudgetBurned,
        Measure::RollbackTime,
        Measure::Duration,
        Measure::Utilisation,
        Measure::PeakReplicas,
    ];

    /// The word in policies and reports.
    pub fn word(self) -> &'static str {
        match self {
            Measure::FirstWeight => "first-weight",
            Measure::WeightRatio => "weight-ratio",
            Measure::WeightStep => "weight-step",
            Measure::Hold => "hold",
            Measure::Bake => "bake",
            Measure::RollbackTime => "rollback-time",
            Measure::Duration => "duration",
            Measure::TimeToDetect => "time-to-detect",
            Measure::UsersExposed => "users-exposed",
            Measure::RequestsFailed => "requests-failed",
            Measure::BudgetBurned => "budget-burned",
            Measure::Power => "power",
            Measure::FalseAlarm => "false-alarm",
            Measure::Utilisation => "utilisation",
            Measure::PeakReplicas => "peak-replicas",
        }
    }

    /// The measure of that word.
    pub fn of(word: &str) -> Option<Measure> {
        Measure::ALL
            .into_iter()
            .find(|measure| measure.word() == word)
    }

    /// Whether more of it is worse: of these a plan's value is the highest there is, of the others
    /// (`hold`, `bake`, `power`) the lowest.
    pub fn more_is_worse(self) -> bool {
        !matches!(self, Measure::Hold | Measure::Bake | Measure::Power)
    }
}

/// What `subject` measures. Linear in the legs, times the looks of a hold for what gates see.
pub fn measure(subject: Subject<'_>, measure: Measure) -> Answer {
    match measure {
        Measure::FirstWeight => weights::first(subject),
        Measure::WeightRatio => weights::ratio(subject),
        Measure::WeightStep => weights::step(subject),
        Measure::Hold => holds::shortest(subject),
        Measure::Bake => holds::bake(subject),
        Measure::Power => gates::power(subject),
        Measure::FalseAlarm => gates::false_alarm(subject),
        Measure::TimeToDetect => detection::time(subject),
        Measure::UsersExposed => exposure::users(subject),
        Measure::RequestsFailed => exposure::requests(subject),
        Measure::BudgetBurned => exposure::budget(subject),
        Measure::Duration => time::duration(subject),
        Measure::RollbackTime => time::rollback_time(subject),
        Measure::Utilisation => capacity::utilisation(subject),
        Measure::PeakReplicas => capacity::peak_replicas(subject),
    }
}
