//! A database as a lane: the schemas that others can see, one after each statement that commits.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Index, Model, Plan};
use crate::schema::catalog::Catalog;
use crate::source::Span;

use super::plan_lane::PlanLane;
use super::schemas::{History, Schemas, Unknown};

/// One schema that can be met.
#[derive(Clone, Debug)]
pub struct SchemaState {
    /// For a run: `orders 0042`, or `orders 0042, 2 of 5 statements`.
    pub label: String,
    /// The migration that led here, as an index into the folder; `None` before the first.
    pub migration: Option<usize>,
    /// Which of the schemas that the migration shows it is, from 0; for the one that the rollout
    /// starts from, the last.
    pub visible: usize,
    /// The statement that led here; `None` for the schema that the rollout starts from.
    pub statement: Option<Span>,
    /// What the schema holds.
    pub catalog: Arc<Catalog>,
}

/// A database as a lane.
#[derive(Clone, Debug)]
pub struct DatabaseLane {
    /// The database, as an index into the model.
    pub database: Index,
    /// Its schemas; the first is the one that the rollout starts from. Empty when nothing is known.
    pub states: Vec<SchemaState>,
    /// Why nothing is known of its schemas, as the fact to declare.
    pub missing: Option<Unknown>,
    /// For each migrating action (plan of the unit, state of its lane): the first and the last event.
    ranges: Vec<((usize, usize), (usize, usize))>,
}

impl DatabaseLane {
    /// The events of this lane that the action of a plan's state causes, first and last.
    pub fn range_of(&self, plan: usize, state: usize) -> Option<(usize, usize)> {
        self.ranges
            .iter()
            .find(|(action, _)| *action == (plan, state))
            .map(|(_, range)| *range)
    }

    /// The action that causes an event: plan of the unit, and state of its lane.
    pub fn caused_by(&self, event: usize) -> Option<(usize, usize)> {
        self.ranges
            .iter()
            .find(|(_, (first, last))| (*first..=*last).contains(&event))
            .map(|(action, _)| *action)
    }
}

/// An action: plan of the unit, and state of its lane.
pub(super) type Act = (usize, usize);

/// The lanes of all databases that the plans move or that their services' versions name. `before`
/// says whether one action has finished when another begins.
pub(super) fn lanes(
    model: &Model,
    plans: &[PlanLane],
    schemas: &Schemas,
    before: &dyn Fn(Act, Act) -> bool,
) -> Vec<DatabaseLane> {
    let mut named: BTreeSet<Index> = BTreeSet::new();
    for plan in plans {
        named.extend(plan.migrates.iter().map(|migrate| migrate.database));
        for running in plan.from.iter().chain(&plan.to) {
            let version = model
                .services
                .get(running.service)
                .and_then(|service| service.versions.get(running.version));
            named.extend(
                version
                    .iter()
                    .flat_map(|v| &v.schemas)
                    .map(|(db, _)| db.value),
            );
        }
    }
    named
        .into_iter()
        .map(|database| lane(model, plans, schemas, database, before))
        .collect()
}

fn lane(
    model: &Model,
    plans: &[PlanLane],
    schemas: &Schemas,
    database: Index,
    before: &dyn Fn(Act, Act) -> bool,
) -> DatabaseLane {
    let mut lane = DatabaseLane {
        database,
        states: Vec::new(),
        missing: None,
        ranges: Vec::new(),
    };
    let history = match schemas.of(database) {
        Ok(history) => history,
        Err(missing) => {
            lane.missing = Some(missing);
            return lane;
        }
    };
    let name = &model.databases[database].name.value;
    let starts: Vec<String> = plans
        .iter()
        .filter_map(|lane| starts_at(model, model.plans.get(lane.plan)?, database))
        .collect();
    let Some(named) = starts.first() else {
        lane.missing = Some(Unknown::new(format!(
            "where `{name}` stands before the plan: `at ID` in the `database`"
        )));
        return lane;
    };
    // of plans that follow one another, the later ones start from what the earlier ones leave
    let start = starts.iter().filter_map(|id| history.position(id)).min();
    let Some(start) = start else {
        // an id that the folder does not have is a finding of its own
        lane.missing = Some(Unknown::told(format!(
            "the migration `{named}` of `{name}`"
        )));
        return lane;
    };
    lane.states.push(SchemaState {
        label: format!("{name} {}", history.id(start)),
        migration: Some(start),
        visible: history.visible(start).len().saturating_sub(1),
        statement: None,
        catalog: history.after(start),
    });
    // in the order of the steps; what nothing puts in order, in that of the folder
    let moves = moves(plans, database, history);
    let mut stands = start;
    for (to, plan, state) in in_order(&moves, before) {
        if to <= stands {
            continue;
        }
        let first = lane.states.len();
        for position in stands + 1..=to {
            push_migration(&mut lane, name, history, position);
        }
        stands = to;
        if lane.states.len() > first {
            lane.ranges
                .push(((plan, state), (first, lane.states.len() - 1)));
        }
    }
    lane
}

/// The moves of one database, as (place in the folder, plan of the unit, state of its lane), in the
/// order of the folder.
fn moves(plans: &[PlanLane], database: Index, history: &History) -> Vec<(usize, usize, usize)> {
    let mut moves = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        for migrate in &plan.migrates {
            if migrate.database == database
                && let Some(position) = history.position(&migrate.to)
            {
                moves.push((position, number, migrate.state));
            }
        }
    }
    moves.sort_unstable();
    moves
}

/// One order of the migrating actions of all databases, in which no two of them can wait for each
/// other in turn: the orders of single databases can, where plans move several of them crosswise and
/// nothing puts the plans in order. Quadratic in the number of migrating actions.
pub(super) fn across(
    plans: &[PlanLane],
    schemas: &Schemas,
    before: &dyn Fn(Act, Act) -> bool,
) -> Vec<Act> {
    let moved = plans.iter().flat_map(|plan| &plan.migrates);
    let moved: BTreeSet<Index> = moved.map(|migrate| migrate.database).collect();
    let mut all = Vec::new();
    for database in moved {
        if let Ok(history) = schemas.of(database) {
            all.extend(moves(plans, database, history));
        }
    }
    let ordered = in_order(&all, before);
    ordered
        .into_iter()
        .map(|(_, plan, state)| (plan, state))
        .collect()
}

/// The moves, each behind all that are before it, and otherwise as they stand. Quadratic in the
/// number of moves.
fn in_order(
    moves: &[(usize, usize, usize)],
    before: &dyn Fn(Act, Act) -> bool,
) -> Vec<(usize, usize, usize)> {
    let act = |at: usize| (moves[at].1, moves[at].2);
    let is_before = |one: usize, other: usize| one != other && before(act(one), act(other));
    let all = 0..moves.len();
    let mut waits: Vec<usize> = all
        .clone()
        .map(|at| all.clone().filter(|&one| is_before(one, at)).count())
        .collect();
    let mut free: BTreeSet<usize> = all.clone().filter(|&at| waits[at] == 0).collect();
    let mut ordered = Vec::with_capacity(moves.len());
    while let Some(next) = free.pop_first() {
        ordered.push(moves[next]);
        for at in all.clone() {
            if is_before(next, at) {
                waits[at] -= 1;
                if waits[at] == 0 {
                    free.insert(at);
                }
            }
        }
    }
    ordered
}

fn push_migration(lane: &mut DatabaseLane, name: &str, history: &History, position: usize) {
    let visible = history.visible(position);
    let of = visible.len();
    for (number, (statement, catalog)) in visible.iter().enumerate() {
        let id = history.id(position);
        let label = if number + 1 == of {
            format!("{name} {id}")
        } else {
            format!("{name} {id}, {} of {of}", number + 1)
        };
        lane.states.push(SchemaState {
            label,
            migration: Some(position),
            visible: number,
            statement: Some(*statement),
            catalog: Arc::clone(catalog),
        });
    }
}

/// Where a schema stands before a plan: as declared, else what the `from` version was built against.
fn starts_at(model: &Model, plan: &Plan, database: Index) -> Option<String> {
    let declared = model.databases.get(database)?;
    if let Some(at) = &declared.at {
        return Some(at.value.clone());
    }
    plan.rolls.iter().find_map(|roll| {
        let version = model.from_version(roll)?;
        let (_, id) = version
            .schemas
            .iter()
            .find(|(db, _)| db.value == database)?;
        Some(id.value.clone())
    })
}
