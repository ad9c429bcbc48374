//! A plan as a lane: one state for each action and each hold of each leg.

mod rolled;
mod walk;
mod way_back;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use way_back::{Change, WayBack};

use crate::model::{Exposure, Index, Model, Plan};
use crate::source::Span;
use crate::units::Percent;

use rolled::{Gone, Rolled, domains};
use walk::Walk;

/// A version of a service, as indices into the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Running {
    /// The service.
    pub service: Index,
    /// The version.
    pub version: Index,
}

/// What the event that led to a state did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has happened yet.
    Start,
    /// This action of the step is being carried out; what was and what will be are both live.
    Action(usize),
    /// All changes of the leg have finished: its runs, its hold and its gates.
    Hold,
    /// The step's last leg, hold and gates have passed, and the next has not begun, nor is the plan
    /// done: a state of its own where another plan waits for the step.
    Passed,
    /// The plan has been walked to its end.
    Done,
}

/// One state of a plan's lane.
#[derive(Clone, Debug)]
pub struct PlanState {
    /// What led here.
    pub moment: Moment,
    /// The leg, as an index into [`Plan::legs`]; the last one once the plan is done.
    pub leg: usize,
    /// The step.
    pub step: usize,
    /// What happened, for a run: `step `canary`: weight 1%`.
    pub event: String,
    /// Where the plan says so.
    pub span: Span,
    /// The earliest time after the start of the plan, in seconds: the holds before it.
    pub at: u64,
    /// The versions that run: of the rolled services only.
    pub live: Arc<[Running]>,
    /// Those of them that get requests whose answers somebody sees.
    pub serving: Arc<[Running]>,
    /// Whether the plan can still go back from here: it stands above the line of no return.
    pub returnable: bool,
    /// The share of traffic on the new version.
    pub weight: Percent,
    /// For each version of `serving`, the failure domains in which it gets requests; `""` is
    /// everywhere.
    pub serving_in: Arc<BTreeMap<Running, BTreeSet<String>>>,
    /// The way back from here, where the plan describes one; without it, traffic and configuration
    /// go back to what they were and the schema stays.
    pub way_back: Option<WayBack>,
    /// The first state that a `goto` from here leads to.
    pub goes_to: Option<usize>,
}

/// What is put out beside versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A version of a configuration.
    Config(Index),
    /// A flag, open for somebody (`on`) or for nobody (`off`).
    Flag(Index),
}

/// An action that puts out a version of a configuration, or opens or closes a flag.
#[derive(Clone, Debug)]
pub struct Put {
    /// The state of the plan's lane in which it is done.
    pub state: usize,
    /// What it is.
    pub what: What,
    /// The version, or `on` and `off`.
    pub value: String,
    /// The failure domains; empty is everywhere.
    pub domains: Vec<String>,
    /// The action.
    pub span: Span,
}

/// A migration that an action of a plan runs.
#[derive(Clone, Debug)]
pub struct Migrate {
    /// The state of the plan's lane in which it runs.
    pub state: usize,
    /// The database.
    pub database: Index,
    /// The migration that it moves to, as written.
    pub to: String,
    /// The action.
    pub span: Span,
}

/// A plan as a lane.
#[derive(Clone, Debug)]
pub struct PlanLane {
    /// The plan, as an index into the model.
    pub plan: Index,
    /// Its states; the first is before anything has happened.
    pub states: Vec<PlanState>,
    /// The first state below the line of no return; `None` when there is no line.
    pub no_return: Option<usize>,
    /// The versions that it rolls from, where they are known.
    pub from: Vec<Running>,
    /// The versions that it rolls to.
    pub to: Vec<Running>,
    /// The migrations that it runs, in order.
    pub migrates: Vec<Migrate>,
    /// What it puts out, in order.
    pub puts: Vec<Put>,
    /// For each step, the first state of it.
    pub step_starts: Vec<usize>,
    /// For each step, the state whose leaving says that its last leg, hold and gates have passed.
    pub step_ends: Vec<usize>,
    /// The first state behind its last step: nothing can fail any more, and nothing is taken back.
    /// Where something waits for that step, the old version still runs there until the plan is done.
    pub passed: usize,
}

impl PlanLane {
    /// Whether going back from a state brings a version, wherever the line of no return stands.
    pub fn brings_back(&self, state: usize, running: Running) -> bool {
        let Some(state) = self.states.get(state) else {
            return false;
        };
        match &state.way_back {
            Some(way) => way.runs(running).is_some(),
            None => self.from.contains(&running),
        }
    }

    /// The states that a `goto` from a state leads back through; none where there is no such edge.
    pub fn walked_again(&self, state: usize) -> std::ops::Range<usize> {
        let to = self.states.get(state).and_then(|own| own.goes_to);
        to.map_or(state..state, |to| to..state)
    }
}

/// The lane of a plan. That a step of `awaited` has passed is a state of its own: who waits for it
/// does not wait for what the plan does next.
pub(super) fn lane(
    model: &Model,
    index: Index,
    plan: &Plan,
    awaited: &BTreeSet<usize>,
) -> PlanLane {
    let rolled: Vec<Rolled> = plan
        .rolls
        .iter()
        .map(|roll| {
            let running = |version: Option<Index>| {
                version.map(|version| Running {
                    service: roll.service,
                    version,
                })
            };
            Rolled {
                from: running(roll.from),
                to: running(roll.to),
                domains: domains(model, roll.service),
            }
        })
        .collect();
    let mut walk = Walk {
        model,
        plan,
        awaited,
        rolled,
        gone: Gone::default(),
        exposure: Exposure::default(),
        least: Exposure::default(),
        lane: PlanLane {
            plan: index,
            states: Vec::new(),
            no_return: None,
            from: Vec::new(),
            to: Vec::new(),
            migrates: Vec::new(),
            puts: Vec::new(),
            step_starts: vec![0; plan.steps.len()],
            step_ends: vec![0; plan.steps.len()],
            passed: 0,
        },
    };
    walk.lane.from = walk
        .rolled
        .iter()
        .filter_map(|rolled| rolled.from)
        .collect();
    walk.lane.to = walk.rolled.iter().filter_map(|rolled| rolled.to).collect();
    walk.walk();
    walk.lane
}
