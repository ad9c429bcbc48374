//! The lanes of a unit, tied together.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Index, Model, Plan, StepRef};
use crate::proof::{Clocks, Event, Fault, LaneId, Lanes, Point};

use crate::platform::{Walker, platform};
use crate::source::Span;

use super::database_lane::{self, Act, DatabaseLane};
use super::plan_lane::{self, PlanLane};
use super::schemas::Schemas;
use super::units::Unit;

/// A unit as lanes, with the clocks that answer which states can be met together.
#[derive(Debug)]
pub struct Rollout<'m> {
    /// Everything that was declared.
    pub model: &'m Model,
    /// What is judged together.
    pub unit: Unit,
    /// The plans; lane `n` is `plans[n]`.
    pub plans: Vec<PlanLane>,
    /// The databases that versions or plans of the unit name; their lanes follow those of the plans.
    pub databases: Vec<DatabaseLane>,
    /// The answers.
    pub clocks: Clocks,
    /// Two plans that move one database, with nothing that orders them.
    pub unordered: Vec<Unordered>,
    /// For each plan, a target of it that goes back by itself, whatever other plans do.
    pub alone: Vec<Option<Index>>,
}

/// Two plans that move one database without an order between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unordered {
    /// The database.
    pub database: Index,
    /// The actions, each with the place of its plan in the unit.
    pub actions: [(usize, Span); 2],
}

/// Why a unit has no order in which everything happens.
#[derive(Clone, Debug)]
pub enum Stuck {
    /// Each of these events waits for the next, and the last for the first.
    Cycle(Vec<Waiting>),
    /// More than fits into memory.
    TooLarge(String),
}

/// An event of a cycle.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What waits.
    pub event: String,
    /// The place of its plan in the unit; `None` for a statement of a migration.
    pub plan: Option<usize>,
    /// Where it stands.
    pub span: Span,
}

impl<'m> Rollout<'m> {
    /// Builds the lanes of `unit`.
    ///
    /// # Errors
    /// When the conditions form a cycle, or the unit is too large to be judged.
    pub fn new(model: &'m Model, unit: Unit, schemas: &Schemas) -> Result<Self, Stuck> {
        let awaited = awaited(model, &unit);
        let plans: Vec<PlanLane> = unit
            .plans
            .iter()
            .filter_map(|&index| {
                let plan = model.plans.get(index)?;
                let awaited = awaited_steps(plan, &awaited);
                Some(plan_lane::lane(model, index, plan, &awaited))
            })
            .collect();
        let order = Order::new(model, &unit, &plans);
        let before = |one, other| order.before(one, other);
        let databases = database_lane::lanes(model, &plans, schemas, &before);
        // its clocks take as much memory as those of the whole that are built now
        drop(order);
        let tied = match tie(model, &unit, &plans, &databases) {
            Err(stuck @ Stuck::Cycle(_)) => {
                // is it the plans that wait for each other, or the orders of two databases that cross?
                let order = Order::new(model, &unit, &plans);
                let ranked =
                    database_lane::across(&plans, schemas, &|one, other| order.before(one, other));
                let ranked: BTreeMap<Act, usize> = ranked
                    .into_iter()
                    .enumerate()
                    .map(|(at, act)| (act, at))
                    .collect();
                let before = |one, other| match (ranked.get(&one), ranked.get(&other)) {
                    (Some(one), Some(other)) => one < other,
                    _ => order.before(one, other),
                };
                let databases = database_lane::lanes(model, &plans, schemas, &before);
                let clocks = tie(model, &unit, &plans, &databases).map_err(|_| stuck)?;
                (databases, clocks)
            }
            tied => (databases, tied?),
        };
        let (databases, clocks) = tied;
        let mut rollout = Rollout {
            model,
            unit,
            plans,
            databases,
            clocks,
            unordered: Vec::new(),
            alone: Vec::new(),
        };
        let goes_alone = |lane: &PlanLane| goes_alone(model, lane.plan);
        rollout.alone = rollout.plans.iter().map(goes_alone).collect();
        rollout.unordered = rollout.find_unordered();
        Ok(rollout)
    }

    /// Whether two plans are taken back in the order in which they wait for each other: what carries
    /// them out leaves that to whoever walks the release.
    pub fn in_order(&self, one: usize, other: usize) -> bool {
        let alone = |plan: usize| self.alone.get(plan).copied().flatten().is_some();
        one == other || !(alone(one) || alone(other))
    }

    /// Whether a plan, in one of its states, is taken back before another goes back: it has waited
    /// for something that the other did. What is done, or below its line, stays.
    pub fn goes_back_first(&self, plan: usize, state: usize, other: usize) -> bool {
        let own = self.plans.get(plan).and_then(|plan| plan.states.get(state));
        own.is_some_and(|own| own.returnable)
            && self.in_order(plan, other)
            && !self.clocks.together(point(plan, state), point(other, 0))
    }

    /// A state of a plan.
    pub fn plan_point(&self, plan: usize, state: usize) -> Point {
        point(plan, state)
    }

    /// A state of a database.
    pub fn database_point(&self, database: usize, state: usize) -> Point {
        point(self.plans.len() + database, state)
    }

    /// How many events the shortest run to these states has, with all of `happened` among them.
    pub(super) fn run_length(&self, happened: &[Event], points: &[Point]) -> usize {
        let cut = self.clocks.least_cut(happened, points).unwrap_or_default();
        cut.iter().map(|point| point.state as usize).sum()
    }

    /// Pairs of actions that move one database and that nothing puts in order.
    fn find_unordered(&self) -> Vec<Unordered> {
        let mut by_database: BTreeMap<Index, Vec<(usize, usize, Span)>> = BTreeMap::new();
        for (number, plan) in self.plans.iter().enumerate() {
            for migrate in &plan.migrates {
                let moves = by_database.entry(migrate.database).or_default();
                // of each plan the first and the last would do; all of them say it more exactly
                moves.push((number, migrate.state, migrate.span));
            }
        }
        let mut found = Vec::new();
        for (database, moves) in by_database {
            'plans: for (position, one) in moves.iter().enumerate() {
                for other in &moves[position + 1..] {
                    if one.0 == other.0 {
                        continue;
                    }
                    // both under way at once is what an order rules out
                    let together = self
                        .clocks
                        .together(point(one.0, one.1), point(other.0, other.1));
                    if together {
                        found.push(Unordered {
                            database,
                            actions: [(one.0, one.2), (other.0, other.2)],
                        });
                        break 'plans;
                    }
                }
            }
        }
        found
    }
}

/// The clocks of the lanes, tied together by what waits for what.
fn tie(
    model: &Model,
    unit: &Unit,
    plans: &[PlanLane],
    databases: &[DatabaseLane],
) -> Result<Clocks, Stuck> {
    let mut lanes = Lanes::new();
    let too_large = |reference: crate::proof::Reference| Stuck::TooLarge(reference.to_string());
    let plan_lanes = plans.iter().map(|plan| plan.states.len());
    let database_lanes = databases.iter().map(|database| database.states.len());
    for states in plan_lanes.chain(database_lanes) {
        let last = u32::try_from(states.saturating_sub(1)).unwrap_or(u32::MAX);
        lanes.lane(last).map_err(too_large)?;
    }
    let mut ties = Ties {
        lanes: &mut lanes,
        fault: None,
        by_name: by_name(model, plans),
    };
    for (number, plan) in plans.iter().enumerate() {
        for migrate in &plan.migrates {
            ties.migration(number, migrate, plan, plans, databases);
        }
    }
    ties.steps(model, unit, plans);
    if let Some(fault) = ties.fault {
        return Err(too_large(fault));
    }
    match Clocks::new(&lanes) {
        Ok(clocks) => Ok(clocks),
        Err(Fault::Deadlock { cycle }) => {
            let waiting = cycle
                .into_iter()
                .filter_map(|event| waiting(event, plans, databases));
            Err(Stuck::Cycle(waiting.collect()))
        }
        Err(fault) => Err(Stuck::TooLarge(fault.to_string())),
    }
}

/// A target of a plan whose controller goes back by itself: it knows of no other plan.
fn goes_alone(model: &Model, plan: Index) -> Option<Index> {
    let targets = model.plans.get(plan)?.targets.iter();
    let engine = |target: &Index| {
        let kind = model.targets.get(*target).and_then(|target| target.kind);
        kind.is_some_and(|kind| platform(kind.value).walker == Walker::Engine)
    };
    targets.map(|target| target.value).find(engine)
}

fn point(lane: usize, state: usize) -> Point {
    Point {
        lane: LaneId(u32::try_from(lane).unwrap_or(u32::MAX)),
        state: u32::try_from(state).unwrap_or(u32::MAX),
    }
}

fn event(lane: usize, state: usize) -> Event {
    let Point { lane, state } = point(lane, state);
    Event { lane, state }
}

/// The steps that something waits for, by name of the plan.
type Awaited<'m> = BTreeMap<&'m str, BTreeSet<&'m str>>;

/// What something in the unit waits for.
fn awaited<'m>(model: &'m Model, unit: &'m Unit) -> Awaited<'m> {
    let mut awaited = Awaited::new();
    for (number, &waits) in unit.plans.iter().enumerate() {
        let Some(plan) = model.plans.get(waits) else {
            continue;
        };
        let inner = plan.steps.iter().flat_map(|step| &step.after);
        let release = unit.after.get(number).into_iter().flatten();
        for reference in plan.after.iter().chain(inner).chain(release) {
            let of = reference.plan.as_ref().unwrap_or(&plan.name.value);
            awaited.entry(of).or_default().insert(&reference.step);
        }
    }
    awaited
}

/// Those steps of a plan that are among `awaited`; of two with one name the first.
fn awaited_steps(plan: &Plan, awaited: &Awaited<'_>) -> BTreeSet<usize> {
    let names = awaited.get(plan.name.value.as_str()).into_iter().flatten();
    names
        .filter_map(|name| plan.steps.iter().position(|step| step.name.value == **name))
        .collect()
}

/// What the steps alone put in order: a migration that comes later finds what an earlier one has
/// done, whichever of them goes further in the folder.
struct Order(Option<Clocks>);

impl Order {
    fn new(model: &Model, unit: &Unit, plans: &[PlanLane]) -> Order {
        // within one plan the order of the steps says it all
        if plans
            .iter()
            .filter(|plan| !plan.migrates.is_empty())
            .count()
            < 2
        {
            return Order(None);
        }
        let mut lanes = Lanes::new();
        for plan in plans {
            let last = u32::try_from(plan.states.len().saturating_sub(1)).unwrap_or(u32::MAX);
            if lanes.lane(last).is_err() {
                return Order(None);
            }
        }
        let mut ties = Ties {
            lanes: &mut lanes,
            fault: None,
            by_name: by_name(model, plans),
        };
        ties.steps(model, unit, plans);
        // what is stuck is told where the whole is tied
        Order(Clocks::new(&lanes).ok())
    }

    /// Whether the action of one state of a plan has finished before another begins.
    fn before(&self, one: (usize, usize), other: (usize, usize)) -> bool {
        match &self.0 {
            _ if one.0 == other.0 => one.1 < other.1,
            Some(clocks) => clocks.happens_before(event(one.0, one.1 + 1), event(other.0, other.1)),
            None => false,
        }
    }
}

/// Adds conditions; the first reference that does not fit is kept, and stops everything.
struct Ties<'l, 'm> {
    lanes: &'l mut Lanes,
    fault: Option<crate::proof::Reference>,
    /// The place of each plan in the unit.
    by_name: BTreeMap<&'m str, usize>,
}

/// The place of each plan in the unit, by its name; of two with one name the first.
fn by_name<'m>(model: &'m Model, plans: &[PlanLane]) -> BTreeMap<&'m str, usize> {
    let mut by_name = BTreeMap::new();
    for (number, lane) in plans.iter().enumerate() {
        let name = model.plans[lane.plan].name.value.as_str();
        by_name.entry(name).or_insert(number);
    }
    by_name
}

impl Ties<'_, '_> {
    fn wait(&mut self, waits: Event, needs: Event) {
        if let Err(fault) = self.lanes.wait(waits, needs) {
            self.fault.get_or_insert(fault);
        }
    }

    /// The statements of a migration run while its action does, and the action ends with the last.
    fn migration(
        &mut self,
        number: usize,
        migrate: &plan_lane::Migrate,
        plan: &PlanLane,
        plans: &[PlanLane],
        databases: &[DatabaseLane],
    ) {
        let Some(position) = databases
            .iter()
            .position(|lane| lane.database == migrate.database)
        else {
            return;
        };
        let lane = plans.len() + position;
        let Some((first, last)) = databases[position].range_of(number, migrate.state) else {
            return;
        };
        self.wait(event(lane, first), event(number, migrate.state));
        if migrate.state + 1 < plan.states.len() {
            self.wait(event(number, migrate.state + 1), event(lane, last));
        }
    }

    /// Every `after` of a release, a plan or a step.
    fn steps(&mut self, model: &Model, unit: &Unit, plans: &[PlanLane]) {
        for (number, plan) in plans.iter().enumerate() {
            let declared = &model.plans[plan.plan];
            for reference in declared.after.iter().chain(&unit.after[number]) {
                self.after(model, plans, (number, 1), reference);
            }
            for (step, declared) in declared.steps.iter().enumerate() {
                for reference in &declared.after {
                    self.after(model, plans, (number, plan.step_starts[step]), reference);
                }
            }
        }
    }

    /// `after PLAN.STEP`: that step's last leg, hold and gates have passed.
    fn after(
        &mut self,
        model: &Model,
        plans: &[PlanLane],
        (number, state): (usize, usize),
        reference: &StepRef,
    ) {
        let own = &model.plans[plans[number].plan].name.value;
        let wanted = reference.plan.as_ref().unwrap_or(own);
        let Some(&other) = self.by_name.get(wanted.as_str()) else {
            return;
        };
        let steps = &model.plans[plans[other].plan].steps;
        let Some(step) = steps
            .iter()
            .position(|step| step.name.value == reference.step)
        else {
            return;
        };
        // who goes on with what a plan has rolled begins when that plan is done, not in the moment
        // in which its last step has passed and the version before is still there
        let goes_on = step + 1 == steps.len()
            && plans[number]
                .from
                .iter()
                .any(|running| plans[other].to.contains(running));
        let left = match goes_on {
            true => plans[other].states.len() - 1,
            false => plans[other].step_ends[step] + 1,
        };
        self.wait(event(number, state.max(1)), event(other, left));
    }
}

fn waiting(event: Event, plans: &[PlanLane], databases: &[DatabaseLane]) -> Option<Waiting> {
    let lane = event.lane.0 as usize;
    let state = event.state as usize;
    if let Some(plan) = plans.get(lane) {
        let state = plan.states.get(state)?;
        return Some(Waiting {
            event: state.event.clone(),
            plan: Some(lane),
            span: state.span,
        });
    }
    let state = databases.get(lane - plans.len())?.states.get(state)?;
    Some(Waiting {
        event: format!("migration `{}`", state.label),
        plan: None,
        span: state.statement?,
    })
}
