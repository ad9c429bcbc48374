//! The proof of `bounded`: who is exposed, what fails, what burns, and how long everything takes is
//! known, so that policies and promises can hold it.

use super::{Answer, Measure, Missing, Subject, measure};

/// What has to be known.
const BOUNDS: [Measure; 6] = [
    Measure::UsersExposed,
    Measure::RequestsFailed,
    Measure::BudgetBurned,
    Measure::TimeToDetect,
    Measure::RollbackTime,
    Measure::Duration,
];

/// What is known of the bounds of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounded {
    /// What is measured, in the order in which it is reported.
    pub known: Vec<(Measure, Answer)>,
    /// The facts without which nobody knows a bound, each once.
    pub missing: Missing,
}

/// The bounds of a plan.
pub fn bounded(subject: Subject<'_>) -> Bounded {
    let mut found = Bounded::default();
    for bound in BOUNDS {
        let answer = measure(subject, bound);
        for fact in answer.missing() {
            found.missing.add(fact.clone());
        }
        found.known.push((bound, answer));
    }
    found
}
