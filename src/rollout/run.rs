//! The shortest run to a state, as a table: what happens, when, and what is so afterwards.

use std::collections::BTreeSet;

use crate::diagnostic::RunEvent;
use crate::proof::{Event, Point};

use super::judge::Step;
use super::lanes::Rollout;
use super::plan_lane::{Change, PlanLane, What};
use super::settings::Along;
use crate::source::Span;

/// The events of the shortest run to `points`.
pub fn run_to(rollout: &Rollout<'_>, points: &[Point]) -> Vec<RunEvent> {
    events(rollout, points, None)
}

/// The events of the shortest run to a state of a plan and of its way back from there, as far as one
/// change of it where the plan describes one.
pub fn run_back(
    rollout: &Rollout<'_>,
    (plan, state): (usize, usize),
    change: usize,
) -> Vec<RunEvent> {
    let way = Step {
        plan,
        state,
        change: Some(change),
        again: false,
    };
    let here = rollout.plan_point(plan, state);
    events_on_way(rollout, &[], &[here], way, None)
}

/// The events of the shortest run to `points`. With `back`, a state of a plan (its place in the unit
/// and the state), the run goes on with that plan going back from there.
pub(super) fn events(
    rollout: &Rollout<'_>,
    points: &[Point],
    back: Option<(usize, usize)>,
) -> Vec<RunEvent> {
    events_after(rollout, &[], points, back)
}

/// The events of the shortest run to `points` in which all of `happened` is: what they have left
/// behind outlives the states that they led to.
pub(super) fn events_after(
    rollout: &Rollout<'_>,
    happened: &[Event],
    points: &[Point],
    back: Option<(usize, usize)>,
) -> Vec<RunEvent> {
    // a run is asked for only to states that were found to be reachable
    let shortest = rollout
        .clocks
        .shortest_run_after(happened, points)
        .unwrap_or_default();
    let plans = rollout.plans.len();
    let mut states = vec![0_usize; plans + rollout.databases.len()];
    // what is shown is what takes part
    let takes_part: Vec<bool> = (0..states.len())
        .map(|lane| {
            shortest.iter().any(|event| event.lane.0 as usize == lane)
                || points.iter().any(|point| point.lane.0 as usize == lane)
        })
        .collect();
    let mut now = 0;
    let mut along = Along::new(rollout);
    let mut run = Vec::new();
    for event in &shortest {
        let lane = event.lane.0 as usize;
        let Some(slot) = states.get_mut(lane) else {
            continue;
        };
        *slot = event.state as usize;
        let (text, span) = match rollout.plans.get(lane) {
            Some(plan) => {
                let state = &plan.states[event.state as usize];
                along.enter(plan, event.state as usize);
                now = now.max(state.at);
                let text = match plans {
                    1 => state.event.clone(),
                    _ => {
                        let name = &rollout.model.plans[plan.plan].name.value;
                        format!("`{name}` {}", state.event)
                    }
                };
                (text, Some(state.span))
            }
            None => {
                let state = &rollout.databases[lane - plans].states[event.state as usize];
                (format!("`{}` takes effect", state.label), state.statement)
            }
        };
        run.push(RunEvent {
            at: Some(now),
            event: text,
            state: columns(rollout, &states, &takes_part, &along, None),
            span,
        });
    }
    if run.is_empty() {
        run.push(RunEvent {
            at: Some(0),
            event: "before anything has happened".into(),
            state: columns(rollout, &states, &takes_part, &along, None),
            span: None,
        });
    }
    if let Some((plan, _)) = back {
        let name = &rollout.model.plans[rollout.plans[plan].plan].name.value;
        // what the plan has put out is taken back with the traffic
        let mut without = Along::new(rollout);
        for event in &shortest {
            let lane = event.lane.0 as usize;
            if let Some(other) = rollout.plans.get(lane).filter(|_| lane != plan) {
                without.enter(other, event.state as usize);
            }
        }
        run.push(RunEvent {
            at: Some(now),
            event: format!("`{name}` goes back"),
            state: columns(rollout, &states, &takes_part, &without, Some(plan)),
            span: None,
        });
    }
    run
}

/// The events of the shortest run to `points` and of the way back from there, as far as one change of
/// it. `downs` are the schemas of a database, by the place of its lane, that were left behind on it.
pub(super) fn events_on_way(
    rollout: &Rollout<'_>,
    happened: &[Event],
    points: &[Point],
    way: Step,
    downs: Option<(usize, &[(String, Span)])>,
) -> Vec<RunEvent> {
    let plan = &rollout.plans[way.plan];
    let state = &plan.states[way.state];
    if way.again {
        return events_again(rollout, happened, points, (way.plan, way.state));
    }
    let (Some(described), Some(last)) = (&state.way_back, way.change) else {
        return events_after(rollout, happened, points, Some((way.plan, way.state)));
    };
    let mut run = events_after(rollout, happened, points, None);
    let name = &rollout.model.plans[plan.plan].name.value;
    let Some(before) = run.last().cloned() else {
        return run;
    };
    let mut columns = before.state.clone();
    for change in described.changes.iter().take(last + 1) {
        on_way(rollout, plan, change, &mut columns);
        run.push(RunEvent {
            at: before.at,
            event: format!("`{name}` goes back: {}", change.event),
            state: columns.clone(),
            span: Some(change.span),
        });
        let Some((lane, schemas)) = downs else {
            continue;
        };
        let database = &rollout.databases[lane];
        let moves = change.migrate.as_ref();
        if moves.is_none_or(|(own, _)| *own != database.database) {
            continue;
        }
        let name = &rollout.model.databases[database.database].name.value;
        for (label, statement) in schemas {
            for (column, value) in &mut columns {
                if column == name {
                    let id = label.split_once(' ').map_or(label.as_str(), |(_, id)| id);
                    *value = id.to_string();
                }
            }
            run.push(RunEvent {
                at: before.at,
                event: format!("`{label}` takes effect"),
                state: columns.clone(),
                span: Some(*statement),
            });
        }
    }
    run
}

/// The events of the shortest run to `points` with all of `happened`, and one plan's `goto` from there.
pub(super) fn events_again(
    rollout: &Rollout<'_>,
    happened: &[Event],
    points: &[Point],
    (plan, state): (usize, usize),
) -> Vec<RunEvent> {
    let mut run = events_after(rollout, happened, points, None);
    let lane = &rollout.plans[plan];
    let Some(to) = lane.states.get(state).and_then(|own| own.goes_to) else {
        return run;
    };
    let shortest = rollout
        .clocks
        .shortest_run_after(happened, points)
        .unwrap_or_default();
    let plans = rollout.plans.len();
    let mut states = vec![0_usize; plans + rollout.databases.len()];
    let mut takes_part: Vec<bool> = vec![false; states.len()];
    for point in points {
        if let Some(part) = takes_part.get_mut(point.lane.0 as usize) {
            *part = true;
        }
    }
    let mut along = Along::new(rollout);
    for event in &shortest {
        let (at, state) = (event.lane.0 as usize, event.state as usize);
        let (Some(slot), Some(part)) = (states.get_mut(at), takes_part.get_mut(at)) else {
            continue;
        };
        (*slot, *part) = (state, true);
        match rollout.plans.get(at) {
            Some(own) if at != plan || state < to => along.enter(own, state),
            _ => {}
        }
    }
    // what came before the step has come to its end
    along.leave(lane, to);
    states[plan] = to.saturating_sub(1);
    let model = rollout.model;
    let declared = &model.plans[lane.plan];
    let step = lane
        .states
        .get(to)
        .and_then(|own| declared.steps.get(own.step));
    let step = step.map_or("", |step| &step.name.value);
    run.push(RunEvent {
        at: run.last().and_then(|last| last.at),
        event: format!("`{}` goes to step `{step}` again", declared.name.value),
        state: columns(rollout, &states, &takes_part, &along, None),
        span: None,
    });
    run
}

/// What is so while a change of a way back is made.
fn on_way(
    rollout: &Rollout<'_>,
    plan: &PlanLane,
    change: &Change,
    columns: &mut [(String, String)],
) {
    let model = rollout.model;
    for (column, value) in columns {
        if let Some((What::Config(config), put)) = &change.puts
            && model
                .configs
                .get(*config)
                .is_some_and(|config| config.name.value == *column)
        {
            value.clone_from(put);
        }
        for roll in &model.plans[plan.plan].rolls {
            let service = &model.services[roll.service];
            if *column == format!("{} {}", service.name.value, roll.to_id.value) {
                *value = change.weight.to_string();
            } else if *column == format!("{} live", service.name.value) {
                let own = change.live.iter();
                let ids: Vec<&str> = own
                    .filter(|running| running.service == roll.service)
                    .map(|running| service.versions[running.version].id.value.as_str())
                    .collect();
                *value = ids.join(", ");
            }
        }
    }
}

/// What is so: for each plan the traffic and what runs, for each database its schema.
fn columns(
    rollout: &Rollout<'_>,
    states: &[usize],
    takes_part: &[bool],
    along: &Along,
    back: Option<usize>,
) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    let model = rollout.model;
    let mut shown = BTreeSet::new();
    for (number, plan) in rollout.plans.iter().enumerate() {
        if !takes_part[number] {
            continue;
        }
        let state = &plan.states[states[number]];
        let live = if back == Some(number) {
            plan.from.as_slice()
        } else {
            &state.live
        };
        for roll in &model.plans[plan.plan].rolls {
            let service = &model.services[roll.service];
            let ids: Vec<&str> = live
                .iter()
                .filter(|running| running.service == roll.service)
                .map(|running| service.versions[running.version].id.value.as_str())
                .collect();
            let weight = if back == Some(number) {
                "0%".to_string()
            } else {
                state.weight.to_string()
            };
            columns.push((
                format!("{} {}", service.name.value, roll.to_id.value),
                weight,
            ));
            columns.push((format!("{} live", service.name.value), ids.join(", ")));
        }
        for put in &plan.puts {
            let What::Config(config) = put.what else {
                continue;
            };
            if shown.insert(config) {
                let name = model
                    .configs
                    .get(config)
                    .map_or("", |config| &config.name.value);
                columns.push((name.to_string(), along.versions(config).join(", ")));
            }
        }
    }
    for (number, lane) in rollout.databases.iter().enumerate() {
        let at = rollout.plans.len() + number;
        if let (true, Some(state)) = (takes_part[at], lane.states.get(states[at])) {
            columns.push((
                model.databases[lane.database].name.value.clone(),
                state
                    .label
                    .split_once(' ')
                    .map_or(state.label.as_str(), |(_, id)| id)
                    .to_string(),
            ));
        }
    }
    columns
}
