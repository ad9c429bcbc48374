//! CM02 and PR05: of one service at most two versions run, and of services that call each other one
//! is in the middle of a rollout at a time.

use std::collections::BTreeSet;

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::model::{Index, Service};
use crate::units::Percent;

use super::rolls_out_of_order::goes_on;
use super::{Context, Found, Hazard, Judged};

pub(super) const THREE: Hazard = Hazard {
    rule: &THREE_VERSIONS,
    refutes: None,
    check: three_versions,
};

pub(super) const CANARIES: Hazard = Hazard {
    rule: &OVERLAPPING,
    refutes: None,
    check: overlapping,
};

static THREE_VERSIONS: Rule = Rule {
    name: "three-versions-live",
    code: "CM02",
    severity: Severity::Warning,
    summary: "of one service at most two versions run at a time",
    why: "Compatibility is kept between neighbours: 2 is built to live beside 1, and 3 beside 2. Two plans that roll one service without waiting for each other put 1 and 3 side by side, which nobody has tried.",
    failing: "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }; version 3 { image \"r/w@sha256:3333333333333333333333333333333333333333333333333333333333333333\" } }\nplan web-2 {\n  roll web from 1 to 2\n  step all { rolling }\n}\nplan web-3 {\n  roll web from 2 to 3\n  step all { rolling }\n}\nrelease both {\n  includes web-2\n  includes web-3\n}\n",
    passing: "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }; version 3 { image \"r/w@sha256:3333333333333333333333333333333333333333333333333333333333333333\" } }\nplan web-2 {\n  roll web from 1 to 2\n  step all { rolling }\n}\nplan web-3 {\n  roll web from 2 to 3\n  step all { rolling }\n}\nrelease both {\n  includes web-2\n  includes web-3 after web-2.all\n}\n",
    can_allow: true,
    class: Class::Finding,
};

static OVERLAPPING: Rule = Rule {
    name: "overlapping-canaries",
    code: "PR05",
    severity: Severity::Warning,
    summary: "of services that call each other, one is in the middle of a rollout at a time",
    why: "When the errors of a front end rise while both it and the service behind it are at a canary, nobody can tell which of the two to take back, and each gate judges the other's fault too.",
    failing: project!(
        "service back {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 5 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; serves back-api 1 }\n  version 6 { image \"r/b@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; serves back-api 1 }\n}\nservice front {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/f@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; calls back-api 1 }\n  version 2 { image \"r/f@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; calls back-api 1 }\n}\nplan back-6 {\n  roll back from 5 to 6\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\nplan front-2 {\n  roll front from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\nrelease both {\n  includes back-6\n  includes front-2\n}\n"
    ),
    passing: project!(
        "service back {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 5 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; serves back-api 1 }\n  version 6 { image \"r/b@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; serves back-api 1 }\n}\nservice front {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/f@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; calls back-api 1 }\n  version 2 { image \"r/f@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; calls back-api 1 }\n}\nplan back-6 {\n  roll back from 5 to 6\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\nplan front-2 {\n  roll front from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\nrelease both {\n  includes back-6\n  includes front-2 after back-6.full\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Plans that roll one service and can be under way at once.
fn three_versions(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let model = context.model;
    let own = &judged.rollout.plans[judged.place];
    for other in 0..judged.place {
        let lane = &judged.rollout.plans[other];
        for roll in &context.plan.rolls {
            let of = |place: usize, state: usize| {
                judged.rollout.plans[place].states[state]
                    .live
                    .iter()
                    .filter(|running| running.service == roll.service)
                    .map(|running| running.version)
                    .collect::<BTreeSet<Index>>()
            };
            let rolled = model.plans[lane.plan]
                .rolls
                .iter()
                .find(|theirs| theirs.service == roll.service);
            // plans that do not go on with each other are told as such
            let Some(rolled) =
                rolled.filter(|rolled| goes_on(rolled, roll) || goes_on(roll, rolled))
            else {
                continue;
            };
            let met = (0..own.states.len()).find_map(|here| {
                (0..lane.states.len())
                    .filter(|&there| {
                        let both: BTreeSet<Index> = of(judged.place, here)
                            .union(&of(other, there))
                            .copied()
                            .collect();
                        both.len() > 2
                    })
                    .find(|&there| together(judged, (judged.place, here), (other, there)))
                    .map(|there| (here, there))
            });
            if met.is_none() {
                continue;
            }
            let name = &model.services[roll.service].name.value;
            let theirs = &model.plans[lane.plan].name.value;
            let found = Diagnostic::new(
                &THREE_VERSIONS,
                roll.span,
                format!("three versions of `{name}` can run at a time"),
            )
            .here(format!("may start before `{theirs}` is done"))
            .also(rolled.span, "rolls the same service")
            .help(format!(
                "let it wait in the release: `includes {} after {theirs}.STEP`",
                context.plan.name.value
            ));
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
    }
}

/// Plans of a caller and of what it calls that can both be in the middle.
fn overlapping(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let model = context.model;
    let middle = |place: usize| {
        judged.rollout.plans[place]
            .states
            .iter()
            .enumerate()
            .filter(|(_, state)| Percent::ZERO < state.weight && state.weight < Percent::FULL)
            .map(|(state, _)| state)
    };
    let apis: Vec<Apis<'_>> = context
        .plan
        .rolls
        .iter()
        .map(|roll| Apis::of(&model.services[roll.service]))
        .collect();
    for other in 0..judged.place {
        let theirs = &model.plans[judged.rollout.plans[other].plan];
        let pair = context
            .plan
            .rolls
            .iter()
            .zip(&apis)
            .find_map(|(own, apis)| {
                theirs
                    .rolls
                    .iter()
                    .find(|roll| {
                        roll.service != own.service && apis.touch(&model.services[roll.service])
                    })
                    .map(|roll| (own, roll))
            });
        let Some((own, roll)) = pair else { continue };
        let met = middle(judged.place).find_map(|here| {
            middle(other)
                .find(|&there| together(judged, (judged.place, here), (other, there)))
                .map(|there| (here, there))
        });
        let Some((here, there)) = met else { continue };
        let state = &judged.rollout.plans[judged.place].states[here];
        let their_state = &judged.rollout.plans[other].states[there];
        let found = Diagnostic::new(
            &OVERLAPPING,
            state.span,
            format!(
                "`{}` and `{}` call each other, and both can be in the middle of a rollout",
                model.services[own.service].name.value, model.services[roll.service].name.value
            ),
        )
        .here(format!(
            "`{}` is at {} here",
            context.plan.name.value, state.weight
        ))
        .also(
            their_state.span,
            format!("`{}` at {}", theirs.name.value, their_state.weight),
        )
        .help(format!(
            "let one wait for the other in the release: `includes {} after {}.STEP`",
            context.plan.name.value, theirs.name.value
        ));
        out.push(Found {
            diagnostic: found,
            step: Some(state.step),
        });
    }
}

fn together(judged: Judged<'_>, one: (usize, usize), other: (usize, usize)) -> bool {
    let rollout = judged.rollout;
    rollout.clocks.together(
        rollout.plan_point(one.0, one.1),
        rollout.plan_point(other.0, other.1),
    )
}

/// What a service calls and serves, over all its versions.
struct Apis<'m> {
    called: BTreeSet<&'m str>,
    served: BTreeSet<&'m str>,
}

impl<'m> Apis<'m> {
    fn of(service: &'m Service) -> Apis<'m> {
        Apis {
            called: called(service).collect(),
            served: served(service).collect(),
        }
    }

    /// Whether one of the two calls what the other serves.
    fn touch(&self, other: &Service) -> bool {
        called(other).any(|api| self.served.contains(api))
            || served(other).any(|api| self.called.contains(api))
    }
}

fn called(service: &Service) -> impl Iterator<Item = &str> {
    let versions = service.versions.iter();
    versions.flat_map(|version| version.calls.iter().map(|(api, _)| api.value.as_str()))
}

fn served(service: &Service) -> impl Iterator<Item = &str> {
    let versions = service.versions.iter();
    versions.flat_map(|version| version.serves.iter().map(|(api, _)| api.value.as_str()))
}
