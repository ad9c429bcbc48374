//! RB06: a way back ends in a state that the way forward has shown.

mod other_plans;

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::Index;
use crate::rollout::{Moment, PlanState, Presence, Rollout, Running, What, run_back};

use super::proof::refutations;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "rollback-lands-in-unvetted-mix",
    code: "RB06",
    severity: Severity::Warning,
    summary: "a way back ends in a mix of code, configuration and schema that has run before",
    why: "Going back is trusted because the old version has run for weeks. With a schema or a configuration that it has never met it is a new deployment, made in a hurry and without a gate. Let the old version meet the schema before it is gone, or take the configuration back as well.",
    failing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "    uses users.id, users.name\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n  step expand { migrate shop to 0002 }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "    uses users.id, users.name\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let before = out.len();
    own_way(context, out);
    // one such end of a plan is enough to be looked at
    if out.len() == before {
        other_plans::check(context, out);
    }
}

/// What the plan itself, or a database, leaves behind.
fn own_way(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let rollout = judged.rollout;
    // where the old version fails when it comes back, that has been told
    let broken = refutations(context)
        .any(|found| found.way.is_some() || found.presence() == Presence::ComesBack);
    let lane = &rollout.plans[judged.place];
    if broken || lane.from.is_empty() {
        return;
    }
    let ends = lane.states.len().saturating_sub(1);
    let returnable = || {
        let states = lane.states.iter().enumerate().take(ends).skip(1);
        states.filter(|(_, state)| state.returnable)
    };
    if let Some((number, state, config, at)) =
        returnable().find_map(|(number, state)| left_behind(context, number, state))
    {
        let name = &context.model.configs[config].name.value;
        tell(
            context,
            (number, state),
            &format!("`{name}` at `{at}`"),
            "push it back in the body as well",
            out,
        );
        return;
    }
    let own: Vec<Running> = lane.from.clone();
    for (number, database) in rollout.databases.iter().enumerate() {
        if !concerns(context, &own, database.database) {
            continue;
        }
        // the schemas that the old version has run on, going forward
        let run_on: Vec<bool> = (0..database.states.len())
            .map(|schema| {
                let point = rollout.database_point(number, schema);
                lane.states.iter().enumerate().any(|(at, state)| {
                    own.iter().any(|old| state.live.contains(old))
                        && rollout
                            .clocks
                            .together(rollout.plan_point(judged.place, at), point)
                })
            })
            .collect();
        let strange = returnable().find_map(|(at, state)| {
            // a body that moves the schema ends elsewhere
            let moved = state.way_back.as_ref();
            if moved.is_some_and(|way| way.migrates(database.database).is_some()) {
                return None;
            }
            let here = rollout.plan_point(judged.place, at);
            let met = (0..database.states.len()).find(|&schema| {
                !run_on[schema]
                    && rollout
                        .clocks
                        .together(here, rollout.database_point(number, schema))
            });
            met.map(|schema| (at, state, schema))
        });
        if let Some((at, state, schema)) = strange {
            let label = format!("`{}`", database.states[schema].label);
            tell(
                context,
                (at, state),
                &label,
                "migrate before the old version is gone, so that it is seen to work with it, or below `no return`",
                out,
            );
            return;
        }
    }
}

/// Whether the old versions have to do with a database.
fn concerns(context: &Context<'_>, own: &[Running], database: Index) -> bool {
    own.iter().any(|old| {
        let version = &context.model.services[old.service].versions[old.version];
        version
            .schemas
            .iter()
            .any(|(named, _)| named.value == database)
    })
}

/// A configuration that the plan has pushed and a body does not push back, where the old version has
/// never run with it.
fn left_behind<'s>(
    context: &Context<'_>,
    number: usize,
    state: &'s PlanState,
) -> Option<(usize, &'s PlanState, Index, String)> {
    let judged = context.judged?;
    let lane = &judged.rollout.plans[judged.place];
    let way = state.way_back.as_ref()?;
    lane.puts.iter().find_map(|put| {
        let What::Config(config) = put.what else {
            return None;
        };
        let since = lane.states.get(put.state..)?;
        let known = since
            .iter()
            .any(|later| lane.from.iter().any(|old| later.live.contains(old)));
        let left = put.state <= number && !known && !way.pushes.contains(&config);
        left.then(|| (number, state, config, put.value.clone()))
    })
}

fn tell(
    context: &Context<'_>,
    (number, state): (usize, &PlanState),
    what: &str,
    help: &str,
    out: &mut Vec<Found>,
) {
    let Some(judged) = context.judged else { return };
    let rollout: &Rollout<'_> = judged.rollout;
    let lane = &rollout.plans[judged.place];
    let Some(old) = lane.from.first() else { return };
    let id = &context.model.services[old.service].versions[old.version]
        .id
        .value;
    let step = &context.plan.steps[state.step];
    let mut found = Diagnostic::new(
        &RULE,
        state.span,
        format!("going back from here brings `{id}` to {what}, with which it has never run"),
    )
    .here(match state.moment {
        Moment::Action(_) => "from here on",
        _ => "from this step on",
    })
    .help(help);
    let last = state
        .way_back
        .as_ref()
        .map_or(0, |way| way.changes.len().saturating_sub(1));
    found.run = run_back(rollout, (judged.place, number), last);
    out.push(Found {
        diagnostic: with_origin(found, step),
        step: Some(state.step),
    });
}
