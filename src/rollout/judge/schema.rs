//! Every version that can be met works with every schema that it can meet.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::Proof;
use crate::model::Index;
use crate::proof::Point;
use crate::schema::catalog::Catalog;
use crate::schema::postgres::Change;
use crate::schema::query::{Break, Contract, When, breaks};
use crate::source::Span;

use super::super::database_lane::DatabaseLane;
use super::super::lanes::Rollout;
use super::super::plan_lane::{Moment, Running};
use super::super::run;
use super::super::schemas::{History, Schemas, Unknown};
use super::cause::{Cause, MetCause, cause, is_written};
use super::presence::{Place, Presence, Versions};
use super::{Judgement, Missing, Refutation, Subject, retention};

/// How the fact begins that a query is not understood.
pub const QUERY: &str = "a query that can be understood: ";

/// A version and a database, with what breaks in each state of the database's lane.
#[derive(Debug)]
pub(super) struct Examined {
    /// The place of the lane in [`Rollout::databases`].
    pub(super) lane: usize,
    /// The version.
    pub(super) running: Running,
    /// For each state of the lane, what breaks.
    pub(super) breaks: Vec<Vec<Break>>,
}

pub(super) fn judge(
    rollout: &Rollout<'_>,
    versions: &Versions,
    schemas: &Schemas,
    out: &mut Judgement,
) -> Vec<Examined> {
    let mut examined = Vec::new();
    for (number, lane) in rollout.databases.iter().enumerate() {
        if let Some(fact) = &lane.missing {
            missing_for_all(rollout, lane, fact, out);
            continue;
        }
        unknown_statements(rollout, schemas, lane, out);
        moved_back(rollout, schemas, lane, out);
        let writers: Vec<(Running, Reliance<'_>)> = versions
            .iter()
            .filter_map(|(running, _)| {
                let found = reliance(rollout, schemas, lane.database, running);
                Some((running, found.ok()??))
            })
            .collect();
        for (running, places) in versions.iter() {
            let question = Question {
                writers: &writers,
                rollout,
                schemas,
                number,
                lane,
                running,
                places,
            };
            if let Some(breaks) = question.ask(versions, out) {
                examined.push(Examined {
                    lane: number,
                    running,
                    breaks,
                });
            }
        }
    }
    examined
}

/// What a version was built against, and what it relies on of it.
pub(super) struct Reliance<'a> {
    pub(super) built: Arc<Catalog>,
    pub(super) contract: &'a Contract,
    /// The place of the schema in its folder.
    position: usize,
    /// Where the version names it.
    named: Span,
}

/// What a version relies on in a database; `Ok(None)` when it has nothing to do with it.
pub(super) fn reliance<'a>(
    rollout: &Rollout<'_>,
    schemas: &'a Schemas,
    database: Index,
    running: Running,
) -> Result<Option<Reliance<'a>>, Unknown> {
    let model = rollout.model;
    let service = &model.services[running.service];
    let version = &service.versions[running.version];
    let own = version.schemas.iter().find(|(db, _)| db.value == database);
    let Some((_, id)) = own else {
        let rolled = rollout
            .plans
            .iter()
            .any(|plan| plan.from.contains(&running) || plan.to.contains(&running));
        let others = service
            .versions
            .iter()
            .any(|other| other.schemas.iter().any(|(db, _)| db.value == database));
        if rolled || others {
            return Err(Unknown::new(format!(
                "`schema {} ID` in version `{}` of `{}`: what it was built against",
                model.databases[database].name.value, version.id.value, service.name.value
            )));
        }
        return Ok(None);
    };
    let history = schemas.of(database)?;
    // an id that the folder does not have is a finding of its own
    let Some(position) = history.position(&id.value) else {
        return Err(Unknown::told(format!("the migration `{}`", id.value)));
    };
    let contract = schemas.contract(running.service, running.version, database);
    let Some(contract) = contract else {
        return Err(Unknown::told(format!(
            "what version `{}` relies on",
            version.id.value
        )));
    };
    Ok(Some(Reliance {
        built: history.after(position),
        contract,
        position,
        named: id.span,
    }))
}

struct Question<'a> {
    /// All versions that have to do with the database.
    writers: &'a [(Running, Reliance<'a>)],
    rollout: &'a Rollout<'a>,
    schemas: &'a Schemas,
    number: usize,
    lane: &'a DatabaseLane,
    running: Running,
    places: &'a [(Place, Presence)],
}

impl Question<'_> {
    fn ask(&self, versions: &Versions, out: &mut Judgement) -> Option<Vec<Vec<Break>>> {
        let reliance = reliance(self.rollout, self.schemas, self.lane.database, self.running);
        let reliance = match reliance {
            Ok(Some(reliance)) => reliance,
            Ok(None) => return None,
            Err(fact) => {
                self.missing(&fact, out);
                return None;
            }
        };
        // on a schema that is partly unknown nothing can be said of queries; why has been told
        let history = self.schemas.of(self.lane.database);
        let unknown = &reliance.built.unknown;
        let told = !unknown.is_empty()
            && history.is_ok_and(|history| unknown.iter().all(|&span| history.is_told(span)));
        // a statement that one of the states is unknown for is missing as a fact of its own; that the
        // schema as a whole is unknown for it adds nothing
        let shown = |span: &Span| {
            let mut states = self.lane.states.iter().skip(1);
            states.any(|state| state.catalog.unknown.contains(span))
        };
        let start = self.lane.states.first();
        let shown = unknown.iter().all(|span| {
            shown(span) && start.is_none_or(|start| !start.catalog.unknown.contains(span))
        });
        let all = reliance.contract.unknown.iter();
        for unknown in all.filter(|found| !(shown && found.place == reliance.named)) {
            let fact = format!("{QUERY}{}", unknown.reason);
            let fact = match told {
                true => Unknown::told(fact),
                false => Unknown::new(fact),
            };
            self.missing(&fact.at(unknown.place), out);
        }
        let all: Vec<Vec<Break>> = self
            .lane
            .states
            .iter()
            .map(|schema| {
                let mut found = breaks(reliance.contract, &reliance.built, &schema.catalog);
                found.retain(|found| is_written(self.writers, self.running, found));
                found
            })
            .collect();
        let mut told: BTreeSet<(String, String, Presence)> = BTreeSet::new();
        let mut is_fresh = |found: &Break, presence: Presence| {
            let key = |presence| {
                (
                    found.element.to_string(),
                    format!("{:?}", found.kind),
                    presence,
                )
            };
            let known = presence == Presence::ComesBack && told.contains(&key(Presence::Runs));
            !known && told.insert(key(presence))
        };
        for (state, (schema, found)) in self.lane.states.iter().zip(&all).enumerate() {
            if found.is_empty() {
                out.questions += self.places.len();
                continue;
            }
            let older = schema.migration < Some(reliance.position);
            for presence in [Presence::Runs, Presence::ComesBack] {
                // what only others make so is met where they have been
                for one in found {
                    let Some(cause) = cause(self.writers, self.running, one, &schema.catalog)
                    else {
                        continue;
                    };
                    let at = (state, presence);
                    let Some((place, met)) = self.first_caused(at, &cause, versions, out) else {
                        continue;
                    };
                    if is_fresh(one, presence) {
                        let mut own = one.clone();
                        own.certain |= met.certain;
                        let at = (state, place, presence);
                        self.refute(at, older, vec![own], &met, versions, out);
                    }
                }
                let Some(place) = self.first(state, presence, out) else {
                    continue;
                };
                // what was told of an earlier schema, or of one in which the version runs, is not
                // told once more
                let fresh: Vec<Break> = found
                    .iter()
                    .filter(|found| {
                        let all = cause(self.writers, self.running, found, &schema.catalog);
                        all.is_none() && is_fresh(found, presence)
                    })
                    .cloned()
                    .collect();
                // what the server does not tell, and what only old connections meet, is told apart
                let (hard, soft): (Vec<Break>, Vec<Break>) = fresh
                    .into_iter()
                    .partition(|found| matches!(found.when, When::Always | When::Fresh));
                let (kept, meaning): (Vec<Break>, Vec<Break>) = soft
                    .into_iter()
                    .partition(|found| found.when == When::Prepared);
                for group in [hard, kept, meaning] {
                    if !group.is_empty() {
                        let at = (state, place, presence);
                        let met = MetCause::default();
                        self.refute(at, older, group, &met, versions, out);
                    }
                }
            }
        }
        Some(all)
    }

    /// The first place in which the version is present so, together with the schema.
    fn first(&self, state: usize, presence: Presence, out: &mut Judgement) -> Option<Place> {
        let schema = self.rollout.database_point(self.number, state);
        self.places
            .iter()
            .filter(|(place, own)| {
                *own == presence && place.meets_schema(self.rollout, self.lane.database)
            })
            .map(|(place, _)| *place)
            .find(|place| {
                out.questions += 1;
                place.meets(self.rollout, schema)
            })
    }

    /// The place with the fewest events before it in which the version is present so, together with
    /// the schema and with what makes it break.
    fn first_caused(
        &self,
        (state, presence): (usize, Presence),
        cause: &Cause,
        versions: &Versions,
        out: &mut Judgement,
    ) -> Option<(Place, MetCause)> {
        let rollout = self.rollout;
        let schema = rollout.database_point(self.number, state);
        let mut best: Option<(usize, Place, MetCause)> = None;
        let places = self.places.iter().filter(|(place, own)| {
            *own == presence && place.meets_schema(rollout, self.lane.database)
        });
        for (place, _) in places {
            let mut points: Vec<Point> = vec![schema];
            points.extend(place.points(rollout));
            for &(by, certain) in &cause.by {
                let there = versions.places(by).iter();
                let mut there = there.filter(|(_, own)| *own == Presence::Runs);
                let mut met = MetCause {
                    certain,
                    ..MetCause::default()
                };
                out.questions += 1;
                let is_met = match cause.lasts {
                    // rows outlive who has written them
                    true => there.next().is_some_and(|(place, _)| {
                        met.happened = retention::event(rollout, *place).into_iter().collect();
                        rollout.clocks.all_together_after(&met.happened, &points)
                    }),
                    false if by == self.running && presence == Presence::Runs => {
                        rollout.clocks.all_together(&points)
                    }
                    false => there.any(|(place, _)| {
                        met.points = place.points(rollout).collect();
                        let all: Vec<Point> = points.iter().chain(&met.points).copied().collect();
                        rollout.clocks.all_together(&all)
                    }),
                };
                if !is_met {
                    continue;
                }
                let all: Vec<Point> = points.iter().chain(&met.points).copied().collect();
                let length = rollout.run_length(&met.happened, &all);
                if best.as_ref().is_none_or(|(known, ..)| length < *known) {
                    best = Some((length, *place, met));
                }
            }
        }
        best.map(|(_, place, met)| (place, met))
    }

    fn refute(
        &self,
        (state, place, presence): (usize, Place, Presence),
        older: bool,
        breaks: Vec<Break>,
        met: &MetCause,
        versions: &Versions,
        out: &mut Judgement,
    ) {
        let rollout = self.rollout;
        let schema = &self.lane.states[state];
        let mut points = vec![rollout.database_point(self.number, state)];
        for point in place.points(rollout).chain(met.points.iter().copied()) {
            if !points.contains(&point) {
                points.push(point);
            }
        }
        // what a migration breaks is told at the action that runs it; a version that comes too
        // early, where it comes
        let caused = self.lane.caused_by(state);
        let (plan, at) = match (older, place.state, caused) {
            (true, Some(own), _) | (false, Some(own), None) => own,
            (_, _, Some(caused)) => caused,
            (_, None, None) => (0, 0),
        };
        let told_at = &rollout.plans[plan].states[at];
        // the end of the plan is no step to migrate behind
        let gone = versions
            .gone(rollout, self.running)
            .filter(|&(plan, state)| rollout.plans[plan].states[state].moment != Moment::Done);
        let subject = Subject::Schema {
            version: self.running,
            presence,
            database: self.lane.database,
            schema: schema.label.clone(),
            older,
            statement: schema.statement,
            breaks,
            gone_after: gone.map(|(plan, state)| rollout.plans[plan].states[state].span),
        };
        out.refutations.push(Refutation {
            remedy: None,
            way: None,
            plan,
            step: told_at.step,
            span: told_at.span,
            subject,
            run: run::events_after(
                rollout,
                &met.happened,
                &points,
                place.state.filter(|_| presence == Presence::ComesBack),
            ),
            points,
        });
    }

    fn missing(&self, fact: &Unknown, out: &mut Judgement) {
        missing_for_all(self.rollout, self.lane, fact, out);
    }
}

/// A fact of a database is missing for every plan that has to do with it.
fn missing_for_all(
    rollout: &Rollout<'_>,
    lane: &DatabaseLane,
    fact: &Unknown,
    out: &mut Judgement,
) {
    for (plan, own) in rollout.plans.iter().enumerate() {
        let moves = own
            .migrates
            .iter()
            .any(|migrate| migrate.database == lane.database);
        let named = own.from.iter().chain(&own.to).any(|running| {
            rollout.model.services[running.service].versions[running.version]
                .schemas
                .iter()
                .any(|(db, _)| db.value == lane.database)
        });
        if moves || named {
            for proof in [Proof::Compatible, Proof::Reversible] {
                out.missing.push(Missing {
                    plan,
                    proof,
                    fact: fact.fact.clone(),
                    told: fact.told,
                    place: fact.place,
                });
            }
        }
    }
}

/// A plan that moves the schema back leads to states that the lane does not hold: whoever runs then,
/// or comes back, meets a schema that nobody has looked at.
fn moved_back(rollout: &Rollout<'_>, schemas: &Schemas, lane: &DatabaseLane, out: &mut Judgement) {
    let Ok(history) = schemas.of(lane.database) else {
        return;
    };
    let name = &rollout.model.databases[lane.database].name.value;
    let start = lane.states.first().and_then(|state| state.migration);
    for (plan, own) in rollout.plans.iter().enumerate() {
        let mut stands = start;
        let moves = own.migrates.iter();
        let moves = moves.filter(|migrate| migrate.database == lane.database);
        let mut positions = moves.filter_map(|migrate| history.position(&migrate.to));
        let back = positions.any(|to| stands.replace(to).is_some_and(|before| to < before));
        if !back {
            continue;
        }
        for proof in [Proof::Compatible, Proof::Reversible] {
            out.missing.push(Missing {
                plan,
                proof,
                fact: format!("a plan that moves `{name}` forward only"),
                // MG08
                told: true,
                place: None,
            });
        }
    }
}

/// What is not known of a change, where it has a name: the function that is called, the trigger.
fn what(history: &History, migration: usize, place: Span) -> Option<String> {
    let statements = history.statements(migration).iter();
    let changes = statements.flat_map(|statement| &statement.changes);
    let id = history.id(migration);
    changes
        .filter(|found| found.span == place)
        .find_map(|found| {
            Some(match &found.change {
                Change::Call(called) => {
                    format!("what `{called}` does, which migration `{id}` calls")
                }
                Change::CreateTrigger(wanted) => {
                    let trigger = &wanted.trigger;
                    let by = match &trigger.function {
                        Some(function) => format!(" with function `{function}`"),
                        None => String::new(),
                    };
                    format!(
                        "what trigger `{}` of `{}` does to rows{by}",
                        trigger.name, wanted.relation
                    )
                }
                Change::CreateFunction(wanted) => {
                    format!("what function `{}` does to rows as a trigger", wanted.name)
                }
                _ => return None,
            })
        })
}

/// A statement that is not understood may have done anything.
fn unknown_statements(
    rollout: &Rollout<'_>,
    schemas: &Schemas,
    lane: &DatabaseLane,
    out: &mut Judgement,
) {
    let known: BTreeSet<_> = lane
        .states
        .first()
        .map(|state| state.catalog.unknown.iter().copied().collect())
        .unwrap_or_default();
    let name = &rollout.model.databases[lane.database].name.value;
    let mut told = BTreeSet::new();
    let history = schemas.of(lane.database).ok();
    for state in lane.states.iter().skip(1) {
        let fresh: Vec<Span> = state
            .catalog
            .unknown
            .iter()
            .copied()
            .filter(|span| !known.contains(span))
            .collect();
        let (Some(&first), Some(migration)) = (fresh.first(), state.migration) else {
            continue;
        };
        if told.insert(state.migration) {
            let has_finding =
                history.is_some_and(|history| fresh.iter().all(|&span| history.is_told(span)));
            let id = history.map_or("", |history| history.id(migration));
            let what = history.and_then(|history| what(history, migration, first));
            let what = what.unwrap_or_else(|| format!("what a statement of `{name} {id}` does"));
            let fact = format!("{what}: `migration {id} {{ effects ... }}` in the `database`");
            let fact = match has_finding {
                true => Unknown::told(fact),
                false => Unknown::new(fact),
            };
            missing_for_all(rollout, lane, &fact.at(first), out);
        }
    }
}
