//! The configuration that another plan of the release has pushed meanwhile.

use crate::diagnostic::Diagnostic;
use crate::model::{Index, Model};
use crate::proof::Event;
use crate::rollout::{Put, Running, What};

use super::super::proof::{id, named};
use super::super::{Context, Found, Judged, with_origin};
use super::RULE;

/// Where a version may come back to what another plan has put out meanwhile.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let model = context.model;
    let own = &judged.rollout.plans[judged.place];
    for version in &own.from {
        for (other, lane) in judged.rollout.plans.iter().enumerate() {
            if other == judged.place {
                continue;
            }
            let pushed = lane.puts.iter().find_map(|put| {
                let What::Config(config) = put.what else {
                    return None;
                };
                let reads = reads(model, *version, config);
                let lands = reads.then(|| lands(judged, *version, (other, put)))??;
                Some((put, config, lands))
            });
            let Some((put, config, at)) = pushed else {
                continue;
            };
            let name = &model.configs[config].name.value;
            let theirs = &model.plans[lane.plan].name.value;
            let state = &own.states[at];
            let last = context.plan.steps.last();
            let last = last.map_or("STEP", |step| step.name.value.as_str());
            let found = Diagnostic::new(
                &RULE,
                state.span,
                format!(
                    "going back from here may bring {} to `{name}` at `{}`, and no step has run the two together",
                    named(model, *version),
                    put.value
                ),
            )
            .here(format!("{} may come back from here on", id(model, *version)))
            .also(put.span, format!("`{theirs}` may have pushed it by then"))
            .help(format!(
                "let it wait in the release: `includes {theirs} after {}.{last}`",
                context.plan.name.value
            ));
            out.push(Found {
                diagnostic: match context.plan.steps.get(state.step) {
                    Some(step) => with_origin(found, step),
                    None => found,
                },
                step: Some(state.step),
            });
        }
    }
}

/// Whether a version reads a configuration, or its service does.
fn reads(model: &Model, version: Running, config: Index) -> bool {
    let declared = &model.services[version.service].versions[version.version];
    let needs = declared.needs.iter().map(|(own, _)| own.value);
    let accepts = declared.accepts.iter().map(|(own, _)| own.value);
    let mut services = model.configs[config].services.iter();
    needs.chain(accepts).any(|own| own == config)
        || services.any(|own| own.value == version.service)
}

/// The first state of the plan from which going back brings the version to what another plan has put
/// out meanwhile, where no order of steps has had the two run together before.
fn lands(judged: Judged<'_>, version: Running, (other, put): (usize, &Put)) -> Option<usize> {
    let rollout = judged.rollout;
    let point = rollout.plan_point(other, put.state);
    let event = Event {
        lane: point.lane,
        state: point.state,
    };
    let own = &rollout.plans[judged.place];
    let lane = rollout.plan_point(judged.place, 0).lane;
    // what waits for this plan is taken back before it is
    if rollout.clocks.clock(point, lane).unwrap_or(0) > 0 {
        return None;
    }
    let runs = |state: &usize| own.states[*state].live.contains(&version);
    let run_together = (0..own.states.len()).filter(runs).any(|state| {
        let needs = rollout
            .clocks
            .clock(rollout.plan_point(judged.place, state), point.lane);
        needs.unwrap_or(0) > point.state
    });
    if run_together {
        return None;
    }
    (0..own.states.len()).find(|state| {
        let here = rollout.plan_point(judged.place, *state);
        own.states[*state].returnable
            && !runs(state)
            && rollout.clocks.all_together_after(&[event], &[here])
    })
}
