//! What the rules of a proof share: the refutations that are told of one plan, and how places and
//! runs come into a finding.

use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::rollout::{Presence, Refutation, Running, Subject};
use crate::schema::query::{Break, BreakKind, When};

use super::{Context, Found, with_origin};

/// The refutations that are told of the plan.
pub(super) fn refutations<'c>(context: &Context<'c>) -> impl Iterator<Item = &'c Refutation> {
    let judged = context.judged;
    let place = judged.map(|judged| judged.place);
    judged
        .map_or(&[][..], |judged| &judged.judgement.refutations)
        .iter()
        .filter(move |found| Some(found.plan) == place)
}

/// A version of a service as messages name it: `41` of `checkout`.
pub(super) fn named(model: &Model, running: Running) -> String {
    let service = &model.services[running.service];
    let version = &service.versions[running.version];
    format!("version `{}` of `{}`", version.id.value, service.name.value)
}

/// The version's id in backticks.
pub(super) fn id(model: &Model, running: Running) -> String {
    format!(
        "`{}`",
        model.services[running.service].versions[running.version]
            .id
            .value
    )
}

/// Whether a break is told by the server to everybody.
pub(super) fn is_hard(found: &Break) -> bool {
    matches!(found.when, When::Always | When::Fresh)
}

/// What fails, with the server's code, the first of several and how many more.
pub(super) fn what_fails(breaks: &[Break]) -> String {
    let Some(first) = breaks.first() else {
        return String::new();
    };
    let may = if first.certain { "" } else { "may fail: " };
    let code = match first.sqlstate {
        "" => String::new(),
        code => format!(" ({code})"),
    };
    match breaks.len() {
        1 => format!("{may}{}{code}", first.reason),
        more => format!("{may}{}{code}, and {} more", first.reason, more - 1),
    }
}

/// Puts the parts of a refutation of a schema into a finding: the statement that causes it, the
/// query that fails, the version, and the run.
pub(super) fn with_schema(
    found: Diagnostic,
    context: &Context<'_>,
    refutation: &Refutation,
) -> Found {
    let mut found = found;
    if let Subject::Schema {
        version,
        statement,
        breaks,
        older,
        ..
    } = &refutation.subject
    {
        if let (Some(statement), false) = (statement, older) {
            found = found.also(*statement, "by this statement");
        }
        let place = breaks.first().and_then(|first| first.query);
        let declared = &context.model.services[version.service].versions[version.version];
        match place.filter(|place| !holds(declared.span, *place)) {
            Some(query) => {
                found = found.also(query, format!("sent by {}", id(context.model, *version)));
            }
            None => {
                let place = place.unwrap_or(declared.id.span);
                found = found.also(
                    place,
                    format!("{} relies on it", id(context.model, *version)),
                );
            }
        }
    }
    finish(found, context, refutation)
}

/// What removes the finding: what was seen to, else what usually does.
pub(super) fn help(refutation: &Refutation, otherwise: impl Into<String>) -> String {
    match &refutation.remedy {
        Some(remedy) => format!(
            "{}; checked: that removes this finding and brings no other",
            remedy.text()
        ),
        None => otherwise.into(),
    }
}

/// For a version that runs on while a plan goes back, and meets what the way back leaves there: whose
/// way it is and why the version is still there, and what helps; `needed` says what it works with.
pub(super) fn under_way_back(
    context: &Context<'_>,
    refutation: &Refutation,
    (running, needed): (Running, &str),
) -> Option<(String, String)> {
    let rollout = context.judged?.rollout;
    let way = refutation.way?;
    let name = |plan: usize| &context.model.plans[rollout.plans[plan].plan].name.value;
    let own = name(way.plan);
    let lane = &rollout.plans[way.plan];
    let others = refutation.points.iter().find_map(|point| {
        let (plan, state) = (point.lane.0 as usize, point.state as usize);
        let theirs = rollout.plans.get(plan).filter(|_| plan != way.plan)?;
        let runs = theirs.states.get(state)?.live.contains(&running);
        runs.then_some((plan, state))
    });
    let moves = match (way.again, way.change) {
        (true, _) => format!("`{own}` goes to an earlier step"),
        (false, None) => format!("`{own}` goes back"),
        (false, Some(_)) => format!("`{own}` goes back as its `rollback` says"),
    };
    let Some((plan, state)) = others else {
        let moved = lane.from.contains(&running) || lane.to.contains(&running);
        return Some(match moved {
            true => (
                moves,
                format!(
                    "in the body of `rollback`, take the traffic back above the `push`, and push {needed}"
                ),
            ),
            false => (moves, format!("push {needed}")),
        });
    };
    let theirs = &rollout.plans[plan];
    let why = match (way.again, theirs.states.get(state)) {
        (true, _) => "and waits for nobody".to_string(),
        _ if state >= theirs.passed => format!("`{}` is done and stays", name(plan)),
        (_, Some(own)) if !own.returnable => {
            format!("`{}` is below its line of no return and stays", name(plan))
        }
        _ => format!("`{}` stays where it is", name(plan)),
    };
    let steps = &context.model.plans[lane.plan].steps;
    let last = steps.last().map_or("", |step| &step.name.value);
    Some((
        format!("{moves}, {why}"),
        format!(
            "let `{}` begin when `{own}` is done: `includes {} after {own}.{last}`; or draw the line of no return of `{own}` above what it takes back",
            name(plan),
            name(plan)
        ),
    ))
}

/// Where one plan goes back and another that has waited for it has not: that nobody keeps them in
/// order, so that more states are looked at than going back in order would reach.
fn goes_alone(context: &Context<'_>, refutation: &Refutation) -> Option<String> {
    let rollout = context.judged?.rollout;
    if refutation.presence() == Presence::Runs && refutation.way.is_none() {
        return None;
    }
    let plans = rollout.plans.len();
    let points: Vec<(usize, usize)> = refutation
        .points
        .iter()
        .map(|point| (point.lane.0 as usize, point.state as usize))
        .filter(|(lane, _)| *lane < plans)
        .collect();
    let waits = |one: &(usize, usize), other: usize| {
        let start = rollout.plan_point(other, 0);
        let here = rollout.plan_point(one.0, one.1);
        one.0 != other && !rollout.clocks.together(here, start)
    };
    let pair = points.iter().find_map(|one| {
        points
            .iter()
            .find(|other| waits(one, other.0))
            .map(|other| (one, other))
    });
    let ((waiting, _), (other, _)) = pair?;
    let target = rollout.alone[*other].or(rollout.alone[*waiting])?;
    let name = |plan: usize| &context.model.plans[rollout.plans[plan].plan].name.value;
    Some(format!(
        "target `{}` goes back by itself, so `{}` may go back without `{}`, which has waited for it",
        context.model.targets[target].name.value,
        name(*other),
        name(*waiting)
    ))
}

/// Adds the run and the place of the `use` that a step came from.
pub(super) fn finish(
    mut found: Diagnostic,
    context: &Context<'_>,
    refutation: &Refutation,
) -> Found {
    found.run = refutation.run.clone();
    if let Some(alone) = goes_alone(context, refutation) {
        let note = match found.note.take() {
            Some(note) => format!("{note}; {alone}"),
            None => alone,
        };
        found = found.note(note);
    }
    let diagnostic = match context.plan.steps.get(refutation.step) {
        Some(step) => with_origin(found, step),
        None => found,
    };
    Found {
        diagnostic,
        step: Some(refutation.step),
    }
}

/// The refutations of schemas of one kind: the first break decides which rule tells it.
pub(super) fn of_schema<'c>(
    context: &Context<'c>,
    older: bool,
    presence: Presence,
    takes: impl Fn(&Break) -> bool + 'c,
) -> impl Iterator<Item = (&'c Refutation, Running, &'c str, &'c [Break])> {
    refutations(context).filter_map(move |found| match &found.subject {
        Subject::Schema {
            version,
            presence: own,
            schema,
            older: is_older,
            breaks,
            ..
        } if *own == presence && *is_older == older && breaks.first().is_some_and(&takes) => {
            Some((found, *version, schema.as_str(), breaks.as_slice()))
        }
        _ => None,
    })
}

/// Whether it is the refusal of a `NULL`, which has a rule of its own.
pub(super) fn is_null_refused(found: &Break) -> bool {
    found.kind == BreakKind::NullRefused
}

fn holds(whole: crate::source::Span, part: crate::source::Span) -> bool {
    whole.file == part.file && whole.start <= part.start && part.end <= whole.end
}
