//! The states of the ways back that plans describe: what runs while a body of `rollback` is carried
//! out works with the schemas that its downs leave, and with the configuration that it pushes.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::Proof;
use crate::proof::Point;
use crate::schema::query::{Break, When, breaks};

use super::super::database_lane::DatabaseLane;
use super::super::downs::DownState;
use super::super::lanes::Rollout;
use super::super::plan_lane::{Running, WayBack};
use super::super::run;
use super::super::schemas::Schemas;
use super::cause::is_written;
use super::presence::{Place, Presence, Versions};
use super::schema::{Reliance, reliance};
use super::{Judgement, Line, Missing, Refutation, Step, Subject};

/// What is met on a way back, and where.
#[derive(Clone, Debug)]
struct Met {
    presence: Presence,
    /// The points of the lanes from which the way begins, and of whoever else is there.
    points: Vec<Point>,
    way: Step,
    /// The lane of the database, its schema before, and how many schemas of the way down were left.
    schema: (usize, usize, usize),
    found: Break,
}

/// By version, lane of the database, element and kind: what is met after the fewest events.
type Best = BTreeMap<(Running, usize, String, String), (usize, Presence, usize, Met)>;

/// Judges all ways back; for each plan, the first state from which one fails, wherever its line of
/// no return stands.
pub(super) fn judge(
    rollout: &Rollout<'_>,
    versions: &Versions,
    schemas: &Schemas,
    out: &mut Judgement,
) -> Vec<Option<(usize, Line)>> {
    let mut lines = vec![None; rollout.plans.len()];
    for (number, lane) in rollout.databases.iter().enumerate() {
        let moves = |way: &WayBack| way.migrates(lane.database).is_some();
        let mut states = rollout.plans.iter().flat_map(|plan| &plan.states);
        if !states.any(|state| state.way_back.as_ref().is_some_and(moves)) {
            continue;
        }
        let reliances: Vec<(Running, Reliance<'_>)> = versions
            .iter()
            .filter_map(|(running, _)| {
                let found = reliance(rollout, schemas, lane.database, running);
                Some((running, found.ok()??))
            })
            .collect();
        let mut database = Database {
            rollout,
            versions,
            schemas,
            number,
            lane,
            reliances: &reliances,
            known: BTreeMap::new(),
            best: Best::new(),
        };
        for (plan, line) in lines.iter_mut().enumerate() {
            if let Some((state, failed)) = database.plan(plan, out)
                && line.as_ref().is_none_or(|(known, _)| state < *known)
            {
                *line = Some((state, failed));
            }
        }
        database.tell(out);
    }
    lines
}

/// One database, and all ways back on which its migrations are taken back.
struct Database<'a> {
    rollout: &'a Rollout<'a>,
    versions: &'a Versions,
    schemas: &'a Schemas,
    number: usize,
    lane: &'a DatabaseLane,
    reliances: &'a [(Running, Reliance<'a>)],
    /// By version and address of a catalog, which this keeps: what breaks there.
    known: BTreeMap<(Running, usize), Rc<Vec<Break>>>,
    best: Best,
}

/// A schema of the lane and the way down from it.
#[derive(Clone, Copy)]
struct Down<'a> {
    plan: usize,
    state: usize,
    schema: usize,
    states: &'a [DownState],
}

impl<'a> Database<'a> {
    /// All ways back of one plan; the first state from which one fails.
    fn plan(&mut self, plan: usize, out: &mut Judgement) -> Option<(usize, Line)> {
        let mut line: Option<(usize, usize, Line)> = None;
        let lane = &self.rollout.plans[plan];
        let history = self.schemas.of(self.lane.database).ok()?;
        for (number, state) in lane.states.iter().enumerate() {
            let way = state.way_back.as_ref();
            let Some((way, (_, to))) =
                way.and_then(|way| Some((way, way.migrates(self.lane.database)?)))
            else {
                continue;
            };
            let Some(target) = history.position(to) else {
                continue;
            };
            let here = self.rollout.plan_point(plan, number);
            for (schema, own) in self.lane.states.iter().enumerate() {
                out.questions += 1;
                let point = self.rollout.database_point(self.number, schema);
                if !self.rollout.clocks.together(here, point) {
                    continue;
                }
                let downs = self.schemas.downs(self.lane.database);
                let chain = own
                    .migration
                    .filter(|&migration| migration > target)
                    .and_then(|migration| downs?.from(migration, own.visible));
                if let Some(unknown) = chain.and_then(|chain| chain.unknown())
                    && state.returnable
                {
                    for proof in [Proof::Compatible, Proof::Reversible] {
                        out.missing.push(Missing {
                            plan,
                            proof,
                            fact: unknown.fact.clone(),
                            told: unknown.told,
                            place: unknown.place,
                        });
                    }
                }
                let down = Down {
                    plan,
                    state: number,
                    schema,
                    states: chain.map_or(&[], |chain| chain.to(target)),
                };
                let Some((rows, met)) = self.way(down, way) else {
                    continue;
                };
                // of the schemas that this state meets, the one with the shortest run
                if line
                    .as_ref()
                    .is_none_or(|(known, least, _)| *known == number && rows < *least)
                {
                    line = Some((number, rows, self.line(&met)));
                }
            }
        }
        line.map(|(state, _, line)| (state, line))
    }

    /// Everybody who is there while the migrations are taken back, and behind that; what the server
    /// refuses after the fewest events.
    fn way(&mut self, down: Down<'a>, way: &WayBack) -> Option<(usize, Met)> {
        let rollout = self.rollout;
        let (at, _) = way.migrates(self.lane.database)?;
        let state = &rollout.plans[down.plan].states[down.state];
        let mut refused: Option<(usize, Met)> = None;
        let presence = |running: Running| match state.live.contains(&running) {
            true => Presence::Runs,
            false => Presence::ComesBack,
        };
        let all = down.states.len();
        for (number, change) in way.changes.iter().enumerate().skip(at) {
            for &running in &change.live {
                // behind the change, the schema stays where it was taken to
                let schemas = if number == at {
                    1..all + 1
                } else {
                    all..all + 1
                };
                for left in schemas {
                    let met = (running, presence(running), number, left);
                    self.meet(down, met, None, &mut refused);
                }
            }
        }
        for (running, places) in self.versions.iter() {
            for (place, presence) in places {
                let own = place.state.is_some_and(|(plan, _)| plan == down.plan);
                if own || self.is_back_before(down.plan, running, *place, *presence) {
                    continue;
                }
                for left in 1..=all {
                    let met = (running, *presence, at, left);
                    self.meet(down, met, Some(*place), &mut refused);
                }
            }
        }
        refused
    }

    /// Whether the plan that holds a place was taken back before this one goes back.
    fn is_back_before(
        &self,
        plan: usize,
        running: Running,
        place: Place,
        presence: Presence,
    ) -> bool {
        let Some((other, state)) = place.state else {
            return false;
        };
        presence == Presence::Runs
            && !self.rollout.plans[other].from.contains(&running)
            && self.rollout.goes_back_first(other, state, plan)
    }

    /// One version on one schema of the way.
    fn meet(
        &mut self,
        down: Down<'a>,
        (running, presence, change, left): (Running, Presence, usize, usize),
        place: Option<Place>,
        refused: &mut Option<(usize, Met)>,
    ) {
        let rollout = self.rollout;
        let breaks = self.breaks(running, down, left);
        if breaks.is_empty() {
            return;
        }
        let mut points = vec![
            rollout.plan_point(down.plan, down.state),
            rollout.database_point(self.number, down.schema),
        ];
        points.extend(place.into_iter().flat_map(|place| place.points(rollout)));
        points.sort_unstable();
        points.dedup();
        let Some(run) = rollout.clocks.shortest_run(&points) else {
            return;
        };
        let rows = run.len().max(1) + change + 1 + left;
        for (order, found) in breaks.iter().enumerate() {
            let met = Met {
                presence,
                points: points.clone(),
                way: Step {
                    plan: down.plan,
                    state: down.state,
                    change: Some(change),
                    again: false,
                },
                schema: (self.number, down.schema, left),
                found: found.clone(),
            };
            let hard = matches!(found.when, When::Always | When::Fresh);
            if hard && refused.as_ref().is_none_or(|(least, _)| rows < *least) {
                *refused = Some((rows, met.clone()));
            }
            if !rollout.plans[down.plan].states[down.state].returnable {
                continue;
            }
            let key = (
                running,
                self.number,
                found.element.to_string(),
                format!("{:?}", found.kind),
            );
            let known = self.best.get(&key);
            if known.is_none_or(|known| (rows, presence) < (known.0, known.1)) {
                self.best.insert(key, (rows, presence, order, met));
            }
        }
    }

    /// What breaks for a version once so many schemas of the way down are left behind.
    fn breaks(&mut self, running: Running, down: Down<'a>, left: usize) -> Rc<Vec<Break>> {
        let catalog = match left.checked_sub(1).and_then(|at| down.states.get(at)) {
            Some(state) => &state.catalog,
            None => &self.lane.states[down.schema].catalog,
        };
        let key = (running, Arc::as_ptr(catalog) as usize);
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let own = self.reliances.iter().find(|(own, _)| *own == running);
        let mut found = own.map_or_else(Vec::new, |(_, own)| {
            breaks(own.contract, &own.built, catalog)
        });
        found.retain(|found| is_written(self.reliances, running, found));
        let found = Rc::new(found);
        self.known.insert(key, Rc::clone(&found));
        found
    }

    fn states(&self, met: &Met) -> &'a [DownState] {
        let (_, schema, left) = met.schema;
        let own = &self.lane.states[schema];
        let chain = own.migration.and_then(|migration| {
            self.schemas
                .downs(self.lane.database)?
                .from(migration, own.visible)
        });
        chain.map_or(&[], |chain| &chain.to(0)[..left.min(chain.to(0).len())])
    }

    /// The schema as it is named in runs and messages.
    fn label(&self, met: &Met) -> String {
        let name = &self.rollout.model.databases[self.lane.database].name.value;
        match (self.states(met).last(), self.schemas.of(self.lane.database)) {
            (Some(state), Ok(history)) => down_label(name, history, state),
            _ => self.lane.states[met.schema.1].label.clone(),
        }
    }

    fn run(&self, met: &Met) -> Vec<crate::diagnostic::RunEvent> {
        let downs: Vec<(String, crate::source::Span)> = match self.schemas.of(self.lane.database) {
            Ok(history) => {
                let name = &self.rollout.model.databases[self.lane.database].name.value;
                let states = self.states(met).iter();
                states
                    .map(|state| (down_label(name, history, state), state.statement))
                    .collect()
            }
            Err(_) => Vec::new(),
        };
        let taken = Some((self.number, downs.as_slice()));
        run::events_on_way(self.rollout, &[], &met.points, met.way, taken)
    }

    fn line(&self, met: &Met) -> Line {
        let state = &self.rollout.plans[met.way.plan].states[met.way.state];
        let statement = self.states(met).last().map(|state| state.statement);
        Line {
            step: state.step,
            why: format!("the way back fails behind it: {}", met.found.reason),
            action: state.span,
            statement,
            run: self.run(met),
        }
    }

    /// What was found and was not told of the way forward, or of the plain way back.
    fn tell(self, out: &mut Judgement) {
        let told = |out: &Judgement, running: Running, found: &Break| {
            out.refutations.iter().any(|known| match &known.subject {
                Subject::Schema {
                    version,
                    database,
                    breaks,
                    ..
                } => {
                    *version == running
                        && *database == self.lane.database
                        && breaks
                            .iter()
                            .any(|own| own.kind == found.kind && own.element == found.element)
                }
                _ => false,
            })
        };
        // what one state shows is told together
        type Key = (
            Running,
            Presence,
            Step,
            (usize, usize, usize),
            Vec<Point>,
            u8,
        );
        let mut groups: BTreeMap<Key, Vec<(usize, Break)>> = BTreeMap::new();
        for ((running, ..), (_, presence, order, met)) in &self.best {
            if told(out, *running, &met.found) {
                continue;
            }
            let kind = match met.found.when {
                When::Always | When::Fresh => 0,
                When::Prepared => 1,
                _ => 2,
            };
            let key = (
                *running,
                *presence,
                met.way,
                met.schema,
                met.points.clone(),
                kind,
            );
            groups
                .entry(key)
                .or_default()
                .push((*order, met.found.clone()));
        }
        for ((running, presence, way, schema, points, _), mut found) in groups {
            found.sort_by_key(|(order, _)| *order);
            let Some((_, first)) = found.first() else {
                continue;
            };
            let met = Met {
                presence,
                points,
                way,
                schema,
                found: first.clone(),
            };
            let state = &self.rollout.plans[way.plan].states[way.state];
            let change = state
                .way_back
                .as_ref()
                .zip(way.change)
                .and_then(|(own, change)| own.changes.get(change));
            out.refutations.push(Refutation {
                plan: way.plan,
                step: state.step,
                span: change.map_or(state.span, |change| change.span),
                subject: Subject::Schema {
                    version: running,
                    presence: met.presence,
                    database: self.lane.database,
                    schema: self.label(&met),
                    older: false,
                    statement: self.states(&met).last().map(|state| state.statement),
                    breaks: found.into_iter().map(|(_, found)| found).collect(),
                    gone_after: None,
                },
                run: self.run(&met),
                points: met.points,
                remedy: None,
                way: Some(way),
            });
        }
    }
}

/// The schema behind a statement of a down: `shop 0001` behind the last of them.
fn down_label(name: &str, history: &super::super::schemas::History, state: &DownState) -> String {
    let id = history.id(state.migration);
    match (state.number, state.migration.checked_sub(1)) {
        ((number, of), Some(before)) if number == of => format!("{name} {}", history.id(before)),
        ((number, of), _) => format!("{name} {id}, {number} of {of} taken back"),
    }
}
