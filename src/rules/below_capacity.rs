//! CP01: what is ready carries the load, in every state.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::capacity::{Demand, Overload, Sizing, Who, rate, step_size};
use crate::model::Service;

use super::capacity::{above, is_number, replicas, run, set};
use super::{Context, Found, Hazard, Judged, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Sufficient),
    check,
};

static RULE: Rule = Rule {
    name: "below-capacity",
    code: "CP01",
    severity: Severity::Error,
    summary: "in every state, the ready replicas carry the load that they get",
    why: "A rolling replacement takes replicas away before new ones are ready, and a canary that is smaller than its share of the traffic gets more than it can answer. Both show up at the busiest time, as errors of a version that is not to blame.\n\nThe load is the `peak` of `traffic`, or its rate where no peak is declared; what one ready replica carries is `capacity`. Surge and unavailability are rounded as Kubernetes rounds them: surge up, unavailability down, and where both come to nothing one replica may be missing.",
    failing: sized!(
        "  replicas 10\n  max-surge 25%\n  max-unavailable 25%\n",
        "  step all { rolling }\n"
    ),
    passing: sized!(
        "  replicas 10\n  max-surge 25%\n  max-unavailable 1\n",
        "  step all { rolling }\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    for overload in judged.capacity.overloads(judged.place) {
        let known = context.model.services.get(overload.service);
        let fleet = judged.capacity.fleet(overload.service);
        if let (Some(service), Some(fleet)) = (known, fleet)
            && let Some(demand) = &fleet.demand
        {
            out.extend(found(context, judged, service, demand, &overload));
        }
    }
}

fn found(
    context: &Context<'_>,
    judged: Judged<'_>,
    service: &Service,
    demand: &Demand,
    overload: &Overload,
) -> Option<Found> {
    let name = &service.name.value;
    let lane = judged.rollout.plans.get(judged.place)?;
    let state = lane.states.get(overload.state)?;
    let size = judged.capacity.fleet(overload.service)?.size.as_ref()?;
    let part = overload.part;
    let (has, gets) = (rate(overload.carried(demand)), rate(overload.load(demand)));
    // what they do with it
    let carry = match part.ready {
        0 => "no replica is ready for it".to_string(),
        1 => format!("1 replica carries {has}"),
        count => format!("{count} replicas carry {has}"),
    };
    let needed = match overload.at_rest || part.sized_by.is_some() {
        true => overload.needed,
        false => demand.replicas_for(part.share),
    };
    let message = match (overload.at_rest, part.who) {
        (true, _) => format!("`{name}` gets {gets}, and even before anything is rolled {carry}"),
        (_, Who::Both) => {
            format!("while `{name}` is replaced, it gets {gets}, and as few as {carry}")
        }
        (_, Who::Old) => {
            format!("the old version of `{name}` gets {gets}, and {carry}")
        }
        (_, Who::New) => {
            format!("the new version of `{name}` gets {gets}, and {carry}")
        }
    };
    let place = match (overload.at_rest, part.sized_by) {
        (true, _) => demand.load_span,
        (_, Some(sized_by)) => sized_by,
        _ => state.span,
    };
    let mut told = Diagnostic::new(&RULE, place, message).here(format!(
        "{} ready {} needed here",
        replicas(needed),
        if needed == 1 { "is" } else { "are" }
    ));
    if place != state.span && !overload.at_rest {
        told = told.also(state.span, "from here on it gets more than it carries");
    }
    if place != demand.load_span {
        told = told.also(demand.load_span, format!("the load is {}", demand.words()));
    }
    told = told.also(
        demand.capacity_span,
        format!("one ready replica carries {}", rate(demand.capacity)),
    );
    if part.sized_by.is_none() && part.who != Who::New {
        told = told.also(size.span, format!("{} at full size", size.replicas));
    }
    told = told.note(format!(
        "rests on {} and {} per replica{}",
        demand.words(),
        rate(demand.capacity),
        if demand.peak {
            ""
        } else {
            "; say `peak` to `traffic` to judge the busiest time"
        },
    ));
    told = remedy(context, service, overload, size.replicas, state.span, told);
    if !overload.at_rest {
        told.run = run(context, judged, &[(judged.place, overload.state)], false);
    }
    let step = context.plan.steps.get(state.step);
    let diagnostic = match step.filter(|_| !overload.at_rest) {
        Some(step) => with_origin(told, step),
        None => told,
    };
    Some(Found {
        diagnostic,
        step: (!overload.at_rest).then_some(state.step),
    })
}

/// What is enough: computed, and seen to with the same roundings.
fn remedy(
    context: &Context<'_>,
    service: &Service,
    overload: &Overload,
    all: u64,
    statement: crate::source::Span,
    told: Diagnostic,
) -> Diagnostic {
    let needed = overload.needed;
    let name = &service.name.value;
    let sources = context.sources;
    if let Some(sized_by) = overload.part.sized_by {
        let edit = crate::diagnostic::Edit {
            span: sized_by,
            text: format!("replicas {needed}"),
        };
        return told
            .help(format!(
                "write `replicas {needed}`, which lasts until it is changed, or `replicas match \
                 weight` where the weight grows"
            ))
            .fix(format!("write `replicas {needed}`"), vec![edit]);
    }
    // a target that keeps both versions at full size takes no other
    let full = Sizing::all(context.model, context.plan)
        .iter()
        .any(|(sizing, _)| *sizing == Sizing::Full);
    if overload.part.who == Who::New && !full {
        let needed = lasting(context, overload).unwrap_or(needed);
        let told = told.help(format!(
            "write `replicas {needed}` above it, which lasts until it is changed: what is led here is no `weight` for it to be sized by"
        ));
        return match above(sources, statement, &format!("replicas {needed}")) {
            Some(edit) => told.fix(format!("write `replicas {needed}`"), vec![edit]),
            None => told,
        };
    }
    let serverless = service
        .facts()
        .is_some_and(|facts| facts.kind.is_serverless());
    if serverless {
        return told.help(format!("let `maxScale` be {needed} or more"));
    }
    let rolls = overload.part.who == Who::Both;
    if rolls && all >= needed {
        return loosen(context, service, all, needed, told);
    }
    // at rest or not, the plan may take some away
    let in_place = context.plan.steps.iter().any(|step| {
        let mut actions = step.actions.iter();
        actions.any(|action| matches!(action.value, crate::model::Action::Rolling { .. }))
    });
    let missing = |count: u64| match in_place {
        true => step_size(service, count).map_or(0, |(_, missing)| missing),
        false => 0,
    };
    let enough = (needed..needed.saturating_mul(4).saturating_add(64).min(1_000_000))
        .find(|count| count - missing(*count).min(*count) >= needed);
    let Some(enough) = enough else {
        return told.help(format!(
            "keep {needed} replicas of `{name}` ready: replace fewer of them at once"
        ));
    };
    let told = told.help(format!("run {} of `{name}` or more", replicas(enough)));
    let said = service.replicas().map(|own| own.span);
    let said = said.filter(|span| is_number(sources, *span));
    match said.map(|span| crate::diagnostic::Edit {
        span,
        text: enough.to_string(),
    }) {
        Some(edit) => told.fix(format!("run {}", replicas(enough)), vec![edit]),
        None => told,
    }
}

/// What the new version needs from there on, where nothing else says its size.
fn lasting(context: &Context<'_>, overload: &Overload) -> Option<u64> {
    let judged = context.judged?;
    let rolled = judged.capacity.rolled(judged.place).get(overload.roll)?;
    let fleet = judged.capacity.fleet(overload.service)?;
    let demand = fleet.demand.as_ref()?;
    let states = rolled.states.iter().skip(overload.state);
    let parts = states.flat_map(|held| &held.parts);
    let own = parts.filter(|part| part.who == Who::New && part.sized_by.is_none());
    own.map(|part| demand.replicas_for(part.share)).max()
}

/// Fewer replicas that may be missing at once.
fn loosen(
    context: &Context<'_>,
    service: &Service,
    all: u64,
    needed: u64,
    told: Diagnostic,
) -> Diagnostic {
    let recreates = step_size(service, all) == Some((0, all)) && service.max_unavailable.is_none();
    if recreates && service.facts().is_some() {
        return told.help(format!(
            "write `strategy: {{type: RollingUpdate}}` in the manifest, and let at most {} be missing",
            replicas(all - needed)
        ));
    }
    let missing = all - needed;
    let surge = step_size(service, all).map_or(0, |(surge, _)| surge);
    let mut help = format!("write `max-unavailable {missing}`");
    let said = service.unavailable().map(|amount| amount.span);
    let mut edits = set(context.sources, service, "max-unavailable", said, missing);
    if missing == 0 && surge == 0 {
        help.push_str(" and `max-surge 1`");
        let said = service.surge().map(|amount| amount.span);
        // of two statements that are missing, both would be written at one place
        edits = match (edits, set(context.sources, service, "max-surge", said, 1)) {
            (Some(mut edits), Some(more)) if said.is_some() => {
                edits.extend(more);
                Some(edits)
            }
            _ => None,
        };
    }
    let ready = all - missing;
    let told = told.help(format!(
        "{help}: then at least {} are ready",
        replicas(ready)
    ));
    match edits {
        Some(edits) => told.fix(help, edits),
        None => told,
    }
}
