//! What removes a refutation: the plan is changed as an engineer would change it, and judged again.
//! Only what was seen to help is told.

use crate::model::{Action, Model, NoReturn, Plan, Step, StepRef};
use crate::source::Spanned;

use super::super::lanes::Rollout;
use super::super::schemas::Schemas;
use super::presence::Presence;
use super::{Judgement, Refutation, Subject, judge};

/// So many refutations of a unit get a remedy: each is a judgement of its own.
const MAX_REMEDIES: usize = 12;
/// Units of more states than this are not judged again.
const MAX_STATES: usize = 4_000;

/// A change that was seen to remove a refutation without bringing another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The migration moves behind the `retire` of that step.
    BehindRetire {
        /// The migration as a statement: `migrate orders to 0043`.
        migrate: String,
        /// The step that retires.
        step: String,
    },
    /// A step at the end, below a line of no return: it retires the old version and migrates.
    Contract {
        /// The migration as a statement.
        migrate: String,
        /// What to retire.
        retire: String,
    },
    /// A step that migrates, above this one.
    Expand {
        /// The migration as a statement.
        migrate: String,
        /// The step above which it stands.
        above: String,
    },
    /// A line of no return above this step.
    Line {
        /// The step.
        above: String,
    },
    /// The body of a way back takes the traffic back before anything else.
    TrafficFirst,
    /// One plan of a release waits for a step of another.
    After {
        /// The plan that waits.
        plan: String,
        /// What it waits for: `orders-6.full`.
        step: String,
    },
}

impl Remedy {
    /// The change, as an order.
    pub fn text(&self) -> String {
        match self {
            Remedy::BehindRetire { migrate, step } => {
                format!("move `{migrate}` behind `retire` in step `{step}`")
            }
            Remedy::Contract { migrate, retire } => format!(
                "end the plan with `no return because \"...\"` and a step that holds `retire {retire}`, then `{migrate}`"
            ),
            Remedy::Expand { migrate, above } => {
                format!("put `{migrate}` into a step of its own above step `{above}`")
            }
            Remedy::Line { above } => {
                format!("write `no return because \"...\"` above step `{above}`")
            }
            Remedy::TrafficFirst => {
                "take the traffic back first: move `weight` to the top of the body of `rollback`"
                    .into()
            }
            Remedy::After { plan, step } => {
                format!("let it wait in the release: `includes {plan} after {step}`")
            }
        }
    }
}

/// Looks for a remedy of each refutation.
pub(super) fn find(rollout: &Rollout<'_>, schemas: &Schemas, judgement: &mut Judgement) {
    if judgement.states > MAX_STATES {
        return;
    }
    let known = judgement.refutations.clone();
    for found in judgement.refutations.iter_mut().take(MAX_REMEDIES) {
        found.remedy = candidates(rollout, found)
            .into_iter()
            .find(|(_, changed)| helps(rollout, schemas, changed, found, &known))
            .map(|(remedy, _)| remedy);
    }
}

/// A changed plan, or something more to wait for.
enum Changed {
    Plan(usize, Box<Plan>),
    After(usize, StepRef),
}

/// Whether the refutation is gone behind the change, and no other has come.
fn helps(
    rollout: &Rollout<'_>,
    schemas: &Schemas,
    changed: &Changed,
    found: &Refutation,
    known: &[Refutation],
) -> bool {
    let mut unit = rollout.unit.clone();
    let amended: Model;
    let model = match changed {
        Changed::After(plan, reference) => {
            unit.after[*plan].push(reference.clone());
            rollout.model
        }
        Changed::Plan(plan, changed) => {
            let mut model = rollout.model.clone();
            model.plans[rollout.plans[*plan].plan] = Plan::clone(changed);
            amended = model;
            &amended
        }
    };
    let Ok(again) = Rollout::new(model, unit, schemas) else {
        return false;
    };
    let judged = judge(&again, schemas);
    judged
        .refutations
        .iter()
        .all(|left| !left.is_like(found) && known.iter().any(|known| known.is_like(left)))
}

/// The changes to try, the smallest first.
fn candidates(rollout: &Rollout<'_>, found: &Refutation) -> Vec<(Remedy, Changed)> {
    if let Some(way) = found.way {
        let described = way.change.and_then(|_| traffic_first(rollout, found));
        let mut tried: Vec<_> = described.into_iter().collect();
        if !matches!(found.subject, Subject::Schema { .. }) {
            tried.extend(wait_for(rollout, found, way.plan));
            tried.extend(line(rollout, found));
        }
        return tried;
    }
    match &found.subject {
        Subject::Schema {
            presence: Presence::ComesBack,
            ..
        } => line(rollout, found).into_iter().collect(),
        Subject::Schema { older: true, .. } => expand(rollout, found).into_iter().collect(),
        Subject::Schema { version, .. } => {
            let service = &rollout.model.services[version.service];
            let retire = service.versions[version.version].id.value.clone();
            contract(rollout, found, &retire)
        }
        Subject::Api { callee, .. } => after(rollout, found, callee.0),
        Subject::Format { reader, .. } => after(rollout, found, reader.0),
        Subject::Flag { version, .. } => after(rollout, found, *version),
        Subject::Platform { beside, .. } => after(rollout, found, *beside),
        Subject::Config { .. } | Subject::Limit { .. } | Subject::Meaning { .. } => Vec::new(),
    }
}

fn plan_of<'m>(rollout: &Rollout<'m>, place: usize) -> &'m Plan {
    &rollout.model.plans[rollout.plans[place].plan]
}

/// The migrating action that the refutation stands at, or the last one in front of it.
fn migration(plan: &Plan, found: &Refutation) -> Option<(usize, usize)> {
    plan.steps.iter().enumerate().find_map(|(step, declared)| {
        let at = declared.actions.iter().position(|action| {
            action.span == found.span && matches!(action.value, Action::Migrate(..))
        })?;
        Some((step, at))
    })
}

fn said(model: &Model, action: &Action) -> Option<String> {
    let Action::Migrate(database, to) = action else {
        return None;
    };
    let name = &model.databases.get(*database)?.name.value;
    Some(format!("migrate {name} to {}", to.value))
}

/// Behind a `retire` that is there, else in a step at the end.
fn contract(rollout: &Rollout<'_>, found: &Refutation, retire: &str) -> Vec<(Remedy, Changed)> {
    let plan = plan_of(rollout, found.plan);
    let Some((step, at)) = migration(plan, found) else {
        return Vec::new();
    };
    let mut without = plan.clone();
    let moved = without.steps[step].actions.remove(at);
    let Some(migrate) = said(rollout.model, &moved.value) else {
        return Vec::new();
    };
    let mut tried = Vec::new();
    let retires = without.steps.iter().enumerate().find_map(|(step, own)| {
        let at = own.actions.iter().position(
            |action| matches!(&action.value, Action::Retire(version, _) if version.value == retire),
        )?;
        Some((step, at))
    });
    if let Some((target, at)) = retires {
        let mut changed = without.clone();
        let name = changed.steps[target].name.value.clone();
        changed.steps[target].actions.insert(at + 1, moved.clone());
        changed.walk_again();
        let remedy = Remedy::BehindRetire {
            migrate: migrate.clone(),
            step: name,
        };
        tried.push((remedy, Changed::Plan(found.plan, Box::new(changed))));
    } else {
        let mut changed = without;
        let Some(last) = changed.steps.last() else {
            return tried;
        };
        let mut step = empty_step(last, "contract");
        let span = moved.span;
        let version = Spanned::new(retire.to_string(), span);
        step.actions = vec![Spanned::new(Action::Retire(version, None), span), moved];
        if changed.no_return.is_none() {
            changed.no_return = Some(NoReturn {
                above: changed.steps.len(),
                reason: Spanned::new(String::new(), span),
                span,
            });
        }
        changed.steps.push(step);
        changed.walk_again();
        let remedy = Remedy::Contract {
            migrate,
            retire: retire.to_string(),
        };
        tried.push((remedy, Changed::Plan(found.plan, Box::new(changed))));
    }
    tried
}

/// The migrations that the version needs, above the step in which it first runs.
fn expand(rollout: &Rollout<'_>, found: &Refutation) -> Option<(Remedy, Changed)> {
    let Subject::Schema {
        version, database, ..
    } = &found.subject
    else {
        return None;
    };
    let declared = &rollout.model.services[version.service].versions[version.version];
    let (_, id) = declared
        .schemas
        .iter()
        .find(|(db, _)| db.value == *database)?;
    let plan = plan_of(rollout, found.plan);
    let mut changed = plan.clone();
    let above = plan.steps.get(found.step)?;
    // what was moved up must not run once more below
    for step in &mut changed.steps {
        step.actions.retain(|action| {
            !matches!(&action.value, Action::Migrate(db, to) if db == database && to.value == id.value)
        });
    }
    let mut step = empty_step(above, "expand");
    let action = Action::Migrate(*database, id.clone());
    step.actions = vec![Spanned::new(action.clone(), found.span)];
    changed.steps.insert(found.step, step);
    if let Some(line) = &mut changed.no_return
        && line.above > found.step
    {
        line.above += 1;
    }
    changed.walk_again();
    let remedy = Remedy::Expand {
        migrate: said(rollout.model, &action)?,
        above: above.name.value.clone(),
    };
    Some((remedy, Changed::Plan(found.plan, Box::new(changed))))
}

fn line(rollout: &Rollout<'_>, found: &Refutation) -> Option<(Remedy, Changed)> {
    let plan = plan_of(rollout, found.plan);
    let above = plan.steps.get(found.step)?;
    let mut changed = plan.clone();
    changed.no_return = Some(NoReturn {
        above: found.step,
        reason: Spanned::new(String::new(), found.span),
        span: found.span,
    });
    let remedy = Remedy::Line {
        above: above.name.value.clone(),
    };
    Some((remedy, Changed::Plan(found.plan, Box::new(changed))))
}

/// The way back that counts for the step, with what moves traffic at the top.
fn traffic_first(rollout: &Rollout<'_>, found: &Refutation) -> Option<(Remedy, Changed)> {
    let mut changed = plan_of(rollout, found.plan).clone();
    let counts = changed.rollback_of(found.step)?.span;
    let rollback = changed
        .rollbacks
        .iter_mut()
        .find(|own| own.span == counts)?;
    // a stable sort: everything else stays in its order
    rollback
        .body
        .sort_by_key(|action| !matches!(action.value, Action::Weight(_)));
    Some((
        Remedy::TrafficFirst,
        Changed::Plan(found.plan, Box::new(changed)),
    ))
}

/// The plan waits for a step of the plan that holds what it must not meet.
fn after(
    rollout: &Rollout<'_>,
    found: &Refutation,
    met: super::super::plan_lane::Running,
) -> Vec<(Remedy, Changed)> {
    let mut tried = Vec::new();
    for (other, lane) in rollout.plans.iter().enumerate() {
        if other == found.plan || !(lane.from.contains(&met) || lane.to.contains(&met)) {
            continue;
        }
        let theirs = plan_of(rollout, other);
        for step in &theirs.steps {
            let name = &theirs.name.value;
            let reference = StepRef {
                plan: Some(name.clone()),
                step: step.name.value.clone(),
                span: found.span,
            };
            let remedy = Remedy::After {
                plan: plan_of(rollout, found.plan).name.value.clone(),
                step: format!("{name}.{}", step.name.value),
            };
            tried.push((remedy, Changed::After(found.plan, reference)));
        }
    }
    tried
}

/// The other plans that are there while one goes back wait for a step of it.
fn wait_for(rollout: &Rollout<'_>, found: &Refutation, plan: usize) -> Vec<(Remedy, Changed)> {
    let mut tried = Vec::new();
    let lanes = found.points.iter().map(|point| point.lane.0 as usize);
    let theirs = plan_of(rollout, plan);
    for other in lanes.filter(|&lane| lane != plan && lane < rollout.plans.len()) {
        for step in &theirs.steps {
            let name = &theirs.name.value;
            let reference = StepRef {
                plan: Some(name.clone()),
                step: step.name.value.clone(),
                span: found.span,
            };
            let remedy = Remedy::After {
                plan: plan_of(rollout, other).name.value.clone(),
                step: format!("{name}.{}", step.name.value),
            };
            tried.push((remedy, Changed::After(other, reference)));
        }
    }
    tried
}

/// A step without anything, that stands where `like` does.
fn empty_step(like: &Step, name: &str) -> Step {
    let name = Spanned::new(name.to_string(), like.name.span);
    Step::empty(name, like.line, like.span)
}
