//! Where the line of no return belongs: directly above the first step that holds an action from
//! which going back fails, wherever the plan has drawn it.

use crate::schema::query::When;

use super::super::lanes::Rollout;
use super::super::plan_lane::{PlanLane, WayBack};
use super::super::run;
use super::presence::Versions;
use super::retention::Kept;
use super::schema::Examined;
use super::{Judgement, Line, formats};

/// For each plan what its bodies of `rollback`, and what its configuration, cannot come back over:
/// the state and the line that it would need.
pub(super) type Ways = [Vec<Option<(usize, Line)>>; 2];

pub(super) fn judge(
    rollout: &Rollout<'_>,
    versions: &Versions,
    examined: &[Examined],
    ([bodies, configs], memory): (Ways, &Kept<'_, '_>),
    out: &mut Judgement,
) {
    out.open = vec![false; rollout.plans.len()];
    for (plan, (body, config)) in bodies.into_iter().zip(configs).enumerate() {
        let schema = line(rollout, plan, examined, out);
        let format =
            formats::first_unreadable(rollout, versions, memory, plan).map(|(number, why)| {
                let state = &rollout.plans[plan].states[number];
                let here = rollout.plan_point(plan, number);
                Line {
                    step: state.step,
                    why,
                    action: state.span,
                    statement: None,
                    run: run::events(rollout, &[here], Some((plan, number))),
                }
            });
        // what fails first is where the line belongs
        let line = match (schema, format) {
            (Some(schema), Some(format)) if format.step < schema.step => Some(format),
            (schema, format) => schema.or(format),
        };
        let ways = [body, config].into_iter().flatten().map(|(_, way)| way);
        // of what fails in one step, what stands first here says why
        let first = line.into_iter().chain(ways).min_by_key(|line| line.step);
        out.line.push(first);
    }
}

fn line(
    rollout: &Rollout<'_>,
    plan: usize,
    examined: &[Examined],
    out: &mut Judgement,
) -> Option<Line> {
    let lane = &rollout.plans[plan];
    for (number, state) in lane.states.iter().enumerate() {
        // a plan that is done has nothing to take back; what comes after it is not its own
        if number >= lane.passed {
            break;
        }
        let here = rollout.plan_point(plan, number);
        for found in examined
            .iter()
            .filter(|found| lane.from.contains(&found.running))
        {
            // before it begins, the plan that rolled this version says whether it runs
            let rolled = |(other, lane): (usize, &PlanLane)| {
                other != plan && lane.to.contains(&found.running)
            };
            if number == 0 && rollout.plans.iter().enumerate().any(rolled) {
                continue;
            }
            let database = &rollout.databases[found.lane];
            // a way back that moves the schema before it brings the old version is asked for itself
            let moved = |way: &WayBack| {
                let change = way.migrates(database.database).map(|(change, _)| change);
                way.runs(found.running)
                    .is_none_or(|brings| change.is_some_and(|change| change < brings))
            };
            if state.way_back.as_ref().is_some_and(moved) {
                continue;
            }
            for (schema, breaks) in found.breaks.iter().enumerate() {
                let hard = breaks
                    .iter()
                    .find(|found| matches!(found.when, When::Always | When::Fresh));
                if breaks.is_empty() || (hard.is_none() && out.open[plan]) {
                    continue;
                }
                out.questions += 1;
                let point = rollout.database_point(found.lane, schema);
                if !rollout.clocks.together(here, point) {
                    continue;
                }
                let Some(hard) = hard else {
                    out.open[plan] = true;
                    continue;
                };
                let service = &rollout.model.services[found.running.service];
                let version = &service.versions[found.running.version].id.value;
                let action = database
                    .caused_by(schema)
                    .map_or(state.span, |(plan, at)| rollout.plans[plan].states[at].span);
                return Some(Line {
                    step: state.step,
                    why: format!("`{version}` fails behind it: {}", hard.reason),
                    action,
                    statement: database.states[schema].statement,
                    run: run::events(rollout, &[here, point], Some((plan, number))),
                });
            }
        }
    }
    None
}
