//! What a policy asks of a plan, and what the plan answers: each requirement is kept, broken or
//! unknown, with the value that was measured, where, and what the policy allows.
//!
//! Nothing is told here: `rules` makes findings of it, `report` shows it.

mod freeze;
mod legs;
mod measured;
mod own;
mod present;
mod remedy;
mod strategy;

use crate::measure::{Part, Quantity, Subject};
use crate::model::{Model, Plan, Policy, Requirement};
use crate::source::Span;

pub use freeze::{Freeze, Meets, freezes};
pub use remedy::{Remedy, remedy};
pub use strategy::{Unallowed, strategies};

/// What is known of one requirement.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// The plan keeps it.
    Kept,
    /// The plan breaks it.
    Broken,
    /// Facts are missing, as the statements to declare.
    Unknown(Vec<String>),
    /// Nothing in the plan is what it speaks of: no leg meets its `when`.
    Idle,
}

/// The answer of a plan to one requirement.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its requirement.
    pub requirement: &'a Requirement,
    /// What is known of it.
    pub state: State,
    /// What was measured, where the requirement has a bound.
    pub value: Option<Quantity>,
    /// Where the plan says what decides it.
    pub at: Span,
    /// What stands there.
    pub here: String,
    /// The step that decides it, as an index.
    pub step: Option<usize>,
    /// All steps that break it, where it is asked leg by leg.
    pub steps: Vec<usize>,
    /// What the value is made of.
    pub parts: Vec<Part>,
    /// What the value rests on.
    pub rests_on: Vec<String>,
}

/// The answers of a plan to all requirements of the policies that it obeys, but for `require proved`,
/// which is told with the verdicts. In the order of the policies' names and lines.
pub fn answers<'a>(subject: Subject<'a>) -> Vec<Answer<'a>> {
    let obeyed = policies(subject.model, subject.plan);
    let asked = obeyed.flat_map(|policy| policy.requires.iter().map(move |asked| (policy, asked)));
    asked
        .filter(|(_, asked)| asked.proofs.is_empty())
        .map(|(policy, asked)| answer(subject, policy, asked))
        .collect()
}

/// The policies that a plan obeys, each once.
pub fn policies<'a>(model: &'a Model, plan: &'a Plan) -> impl Iterator<Item = &'a Policy> {
    let first = |at: &usize| {
        let mut all = plan.obeys.iter().map(|obeyed| obeyed.value);
        all.position(|other| other == plan.obeys[*at].value) == Some(*at)
    };
    let once = (0..plan.obeys.len()).filter(first);
    once.filter_map(|at| model.policies.get(plan.obeys[at].value))
}

/// The answer of a plan to one requirement.
pub fn answer<'a>(
    subject: Subject<'a>,
    policy: &'a Policy,
    requirement: &'a Requirement,
) -> Answer<'a> {
    let found = match requirement.measure.value.as_str() {
        "watch" | "approval" | "run" => present::present(subject, requirement),
        _ => measured::measured(subject, requirement),
    };
    Answer {
        policy,
        requirement,
        state: found.state,
        value: found.value,
        at: found.at.unwrap_or(subject.plan.name.span),
        here: found.here,
        step: found.step,
        steps: found.steps,
        parts: found.parts,
        rests_on: found.rests_on,
    }
}

/// An answer before it is known whose it is.
#[derive(Clone, Debug)]
struct Found {
    state: State,
    value: Option<Quantity>,
    at: Option<Span>,
    here: String,
    step: Option<usize>,
    steps: Vec<usize>,
    parts: Vec<Part>,
    rests_on: Vec<String>,
}

impl Found {
    fn of(state: State) -> Found {
        Found {
            state,
            value: None,
            at: None,
            here: String::new(),
            step: None,
            steps: Vec::new(),
            parts: Vec::new(),
            rests_on: Vec::new(),
        }
    }

    fn at(mut self, at: Span, here: impl Into<String>, step: Option<usize>) -> Found {
        self.at = Some(at);
        self.here = here.into();
        self.step = step;
        self
    }
}
