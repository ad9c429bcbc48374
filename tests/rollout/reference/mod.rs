//! The slow and obvious judge: it walks every state of a unit, forward from the start, and looks at
//! each of them. It shares nothing with the one that it checks but what a query means on a schema.

mod back;
mod bench;
mod facts;
mod look;
mod settings;
mod walk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use switchback::model::Model;
use switchback::rollout::Schemas;
use switchback::schema::postgres::{replay, replay_onto};
use switchback::schema::query::{BreakKind, Element, When, breaks};
use switchback::schema::{Down, Migration};
use switchback::source::SourceMap;

use super::generate::{Action, Plan, Together, World, name_of};

use bench::Bench;
pub use facts::Facts;
use facts::Failure;
use settings::{Settings, Without, times};
use walk::*;

/// What is wrong, in words that both judges can say, with the number of events that lead there.
pub type Wrong = BTreeMap<String, usize>;

/// What is found of a unit.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    pub wrong: Wrong,
    /// For each plan, the step that the line of no return belongs above.
    pub line: Vec<Option<usize>>,
    pub stuck: bool,
    /// Two plans move one database at once; nothing else is then asked.
    pub unordered: bool,
}

/// What brings a version that is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Is,
    Back,
    Goto,
}

/// The plan that holds a version, the version, and what brings it.
type Atom = (Option<usize>, usize, How);

pub const RUNS: &str = "runs";
pub const BACK: &str = "comes back";
pub const UNDER: &str = "runs on while a plan goes back";

/// Walks every state of a unit.
pub fn judge(world: &World, facts: &Facts, unit: &Together) -> Answer {
    let place = |plan: usize| unit.plans.iter().position(|&own| own == plan);
    let mut awaited = vec![BTreeSet::new(); unit.plans.len()];
    let mut waits: Vec<(usize, Option<usize>, usize, usize)> = Vec::new();
    for (own, &plan) in unit.plans.iter().enumerate() {
        for &(other, step) in &unit.after[own] {
            if let Some(other) = place(other) {
                waits.push((own, None, other, step));
            }
        }
        for &(other, awaited) in &world.plans[plan].after {
            if let Some(other) = place(other) {
                waits.push((own, None, other, awaited));
            }
        }
        for (number, step) in world.plans[plan].steps.iter().enumerate() {
            for &(other, awaited) in &step.after {
                if let Some(other) = place(other.unwrap_or(plan)) {
                    waits.push((own, Some(number), other, awaited));
                }
            }
        }
    }
    for &(_, _, other, step) in &waits {
        awaited[other].insert(step);
    }
    let mut plans: Vec<Walked> = unit
        .plans
        .iter()
        .zip(&awaited)
        .map(|(&plan, awaited)| walk(world, facts, plan, awaited))
        .collect();
    for (own, step, other, awaited) in waits {
        let at = step.map_or(1, |step| plans[own].starts[step]);
        // who goes on with what a plan has rolled waits until that plan is done
        let goes_on = plans[own].from & plans[other].rolled & !plans[other].from != 0;
        let passed = match goes_on && awaited + 1 == plans[other].passed.len() {
            true => plans[other].positions.len() - 1,
            false => plans[other].passed[awaited],
        };
        plans[own].positions[at].waits.push((other, passed));
    }
    let mut bench = Bench::new(world, facts, unit, &plans);
    bench.walk(&plans, unit);
    bench.answer(world, facts, &plans)
}

impl Bench<'_> {
    fn answer(self, world: &World, facts: &Facts, plans: &[Walked]) -> Answer {
        let mut wrong = Wrong::new();
        for (&(kind, at, back), depth) in &self.found {
            // what fails where it runs is not told once more of the way back
            if back && self.found.contains_key(&(kind, at, false)) {
                continue;
            }
            let words = match kind {
                0 => &self.apis[at].2,
                1 => &self.formats[at].2,
                2 => &self.configs[at].3,
                3 => &self.flags[at].1,
                _ => &self.pairs[at].3,
            };
            let presence = if back { BACK } else { RUNS };
            let rows = (*depth).max(1) + usize::from(back);
            wrong.insert(format!("{words}, {presence}"), rows);
        }
        for (at, rows) in &self.under {
            let known = |back: bool| self.found.contains_key(&(2, *at, back));
            if !known(false) && !known(true) {
                wrong.insert(format!("{}, {UNDER}", self.configs[*at].3), *rows);
            }
        }
        let mut names = Vec::new();
        for (service, declared) in world.services.iter().enumerate() {
            names.extend((0..declared.versions.len()).map(|own| name_of(service, own)));
        }
        // in the order of the schemas; what was told of an earlier one is not told again
        let mut told: BTreeSet<(usize, usize, &str, bool)> = BTreeSet::new();
        for (&(version, database, schema, back, place), depth) in &self.schemas {
            let found = &facts.breaks[version][database][schema][place];
            let known = back && told.contains(&(version, database, &found.what, false));
            let fresh = !known && told.insert((version, database, &found.what, back));
            if fresh {
                let presence = if back { BACK } else { RUNS };
                let words = format!("schema d{database}: {} {}", names[version], found.what);
                let rows = (*depth).max(1) + usize::from(back);
                wrong.insert(format!("{words}, {presence}"), rows);
            }
        }
        // on the way back, what was told of the way forward is not told again
        let presence = |back: bool| if back { BACK } else { RUNS };
        for ((version, database, what), (rows, back)) in &self.ways {
            let known = [false, true]
                .iter()
                .any(|&back| told.contains(&(*version, *database, what, back)));
            if !known {
                let words = format!("schema d{database}: {} {what}", names[*version]);
                wrong.insert(format!("{words}, {}", presence(*back)), *rows);
            }
        }
        let line = self.line.iter().zip(plans);
        Answer {
            wrong,
            line: line
                .map(|(at, plan)| at.map(|at| plan.positions[at].step))
                .collect(),
            stuck: self.stuck,
            unordered: self.unordered,
        }
    }
}
