//! RB09: going back does not need what is being taken back.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::source::Spanned;

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "rollback-depends-on-change",
    code: "RB09",
    severity: Severity::Warning,
    summary: "neither the gates nor the way back run on what the plan changes",
    why: "The tool that takes a change back must not rest on the change. A job of the way back that runs the new image fails where the new image fails, and a gate that asks the service under change has no answer when it is needed: the outages that lasted longest were those in which the way back was broken by the change itself.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  rollback within 5m {\n    weight 0%\n    run \"undo\" image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\"\n  }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  rollback within 5m {\n    weight 0%\n    run \"undo\" image \"registry.example.com/undo@sha256:3333333333333333333333333333333333333333333333333333333333333333\"\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let (model, plan) = (context.model, context.plan);
    for roll in &plan.rolls {
        let service = &model.services[roll.service];
        let name = &service.name.value;
        let to = roll.to.map(|to| &service.versions[to]);
        let image = to.and_then(|to| service.image_of(to, true));
        for job in plan.rollbacks.iter().flat_map(|rollback| &rollback.runs) {
            let (Some(own), Some(image)) = (&job.image, &image) else {
                continue;
            };
            if own.value != image.value {
                continue;
            }
            let found = Diagnostic::new(
                &RULE,
                own.span,
                format!(
                    "the way back runs the image of version `{}` of `{name}`, which it takes back",
                    roll.to_id.value
                ),
            )
            .here("fails where the new version fails")
            .also(image.span, "the image that is rolled out")
            .help("give the job an image of its own, or that of the old version");
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
        let mut told = Vec::new();
        for (step, gate) in watched(context) {
            let provider = model
                .gates
                .get(gate.value)
                .and_then(|gate| model.providers.get(gate.provider?));
            let Some(address) = provider.and_then(|provider| provider.address.as_ref()) else {
                continue;
            };
            if told.contains(&gate.value) || host(&address.value) != Some(name.as_str()) {
                continue;
            }
            told.push(gate.value);
            let asked = &model.gates[gate.value].name.value;
            let found = Diagnostic::new(
                &RULE,
                gate.span,
                format!("gate `{asked}` asks `{name}` itself, which the plan changes"),
            )
            .here("no answer where the new version fails")
            .also(address.span, format!("this is `{name}`"))
            .help(
                "ask a system that the plan does not touch, which collects what the service says",
            );
            let found = match step {
                Some(step) => with_origin(found, &plan.steps[step]),
                None => found,
            };
            out.push(Found {
                diagnostic: found,
                step,
            });
        }
    }
}

/// The gates of a plan, each with its step.
fn watched<'c>(context: &Context<'c>) -> impl Iterator<Item = (Option<usize>, &'c Spanned<usize>)> {
    let steps = context.plan.steps.iter().enumerate();
    steps
        .flat_map(|(number, step)| step.watch.iter().map(move |gate| (Some(number), gate)))
        .chain(context.plan.throughout.iter().map(|gate| (None, gate)))
}

/// The first part of the name of an address's host: `web` of `http://web.shop:8080/metrics`.
fn host(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.split(['.', ':', '/', '?']).next()
}
