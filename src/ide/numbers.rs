//! What a plan's gates and weights come to: who meets a fault, and what a gate catches.

use crate::measure::{Each, Measure, Quantity, Subject, measure};
use crate::model::{Plan, Service};
use crate::source::{FileId, Span};

use super::View;
use super::legs::Hint;

/// The values of one measure at the legs of a plan; none where facts are missing.
fn each(view: &View, plan: &Plan, asked: Measure) -> Vec<Each> {
    if plan.incomplete {
        return Vec::new();
    }
    let answer = measure(Subject::new(&view.model, plan), asked);
    answer
        .known()
        .map_or_else(Vec::new, |found| found.each.clone())
}

/// The service that a plan rolls, where it is one.
fn rolled<'a>(view: &'a View, plan: &Plan) -> Option<&'a Service> {
    match plan.rolls.as_slice() {
        [roll] => view.model.services.get(roll.service),
        _ => None,
    }
}

/// Behind the plan's name who meets a fault, behind each gate of a `watch` how likely it sees one.
pub(super) fn hints(view: &View, plan: &Plan, file: FileId, out: &mut Vec<Hint>) {
    if plan.name.span.file == file
        && let Some(users) = users_exposed(view, plan)
    {
        out.push(Hint {
            offset: plan.name.span.end as usize,
            text: format!("{users} of users meet a fault"),
            tooltip: users_at_length(view, plan, users),
        });
    }
    for (at, one) in lowest(each(view, plan, Measure::Power)) {
        let Some(leg) = plan.legs.get(one.leg) else {
            continue;
        };
        if at.file == file && !from_strategy(plan, leg.step) {
            out.push(Hint {
                offset: at.end as usize,
                text: format!("power {}", one.value),
                tooltip: power_at_length(view, plan, &one),
            });
        }
    }
}

fn from_strategy(plan: &Plan, step: usize) -> bool {
    plan.steps
        .get(step)
        .is_some_and(|step| step.origin.is_some())
}

/// For each place the lowest value: a gate that watches several legs is as good as at the worst.
fn lowest(all: Vec<Each>) -> Vec<(Span, Each)> {
    let mut found: Vec<(Span, Each)> = Vec::new();
    for one in all {
        match found.iter_mut().find(|(at, _)| *at == one.at) {
            Some((_, known)) if known.value.number() <= one.value.number() => {}
            Some((_, known)) => *known = one,
            None => found.push((one.at, one)),
        }
    }
    found
}

/// Of a fault that the gates detect, who meets it.
fn users_exposed(view: &View, plan: &Plan) -> Option<Quantity> {
    if plan.incomplete {
        return None;
    }
    let answer = measure(Subject::new(&view.model, plan), Measure::UsersExposed);
    answer.known().map(|found| found.value)
}

fn users_at_length(view: &View, plan: &Plan, users: Quantity) -> String {
    let of = rolled(view, plan).map_or("its users".to_string(), |service| {
        format!("a day's users of `{}`", service.name.value)
    });
    format!(
        "if the new version has the fault that the gates of `{}` detect, {users} of {of} are expected to meet it, way back included",
        plan.name.value
    )
}

fn power_at_length(view: &View, plan: &Plan, one: &Each) -> String {
    let gate = one.gate.and_then(|gate| view.model.gates.get(gate));
    let gate = gate.map_or("the gate".to_string(), |gate| {
        format!("gate `{}`", gate.name.value)
    });
    let step = plan
        .legs
        .get(one.leg)
        .and_then(|leg| plan.steps.get(leg.step));
    let step = step.map_or("", |step| step.name.value.as_str());
    format!(
        "the probability that {gate} stops the plan in step `{step}` if the new version has the fault that it is to detect: {}",
        one.value
    )
}

/// What is measured at the leg of a place, in Markdown; empty where nothing is known.
pub(super) fn of_leg(view: &View, plan: &Plan, leg: usize) -> String {
    let mut out = String::new();
    if let Some(users) = users_exposed(view, plan) {
        out.push_str("\n\n");
        out.push_str(&users_at_length(view, plan, users));
    }
    for (_, one) in lowest(each(view, plan, Measure::Power)) {
        if one.leg == leg {
            out.push_str("\n\n");
            out.push_str(&power_at_length(view, plan, &one));
        }
    }
    out
}

/// What a gate sees where a plan names it, in Markdown: one line for each leg.
pub(super) fn of_gate(view: &View, file: FileId, offset: usize) -> String {
    let mut out = String::new();
    for plan in super::legs::own_plans(view, file) {
        let inside = plan.span.range().contains(&offset);
        for one in each(view, plan, Measure::Power)
            .into_iter()
            .filter(|_| inside)
        {
            let range = one.at.range();
            if one.at.file == file && range.start <= offset && offset <= range.end {
                out.push_str("\n\n");
                out.push_str(&power_at_length(view, plan, &one));
            }
        }
    }
    out
}
