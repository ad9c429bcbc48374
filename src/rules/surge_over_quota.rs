//! CP03: what is scheduled fits into the quota, in every state of all plans together.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::capacity::{Excess, Shared, step_size, surge_that_fits};
use crate::model::Model;

use super::capacity::{replicas, run, set};
use super::one_by_one::one_by_one;
use super::{Context, Found, Hazard, Judged, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Sufficient),
    check,
};

static RULE: Rule = Rule {
    name: "surge-over-quota",
    code: "CP03",
    severity: Severity::Error,
    summary: "what is scheduled at once fits into the quota of the target",
    why: "A replica that the quota refuses is never started: the rollout stands still in the middle, with two versions live, until its deadline fails it. A canary beside a full version, a second stack and a surge all need room, those of several services at once where a release lets their plans overlap, and a replica that is being terminated holds its place until it has ended.",
    failing: sized!(
        "  replicas 20\n",
        "  on target prod\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n",
        "target prod { kind argo-rollouts; router gateway-api \"web\"; quota 30 replicas }\n"
    ),
    passing: sized!(
        "  replicas 20\n",
        "  on target prod\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n",
        "target prod { kind argo-rollouts; router gateway-api \"web\"; quota 40 replicas }\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    for excess in judged.capacity.excesses() {
        let Shared::Quota(target) = excess.shared else {
            continue;
        };
        let Some(target) = context.model.targets.get(target) else {
            continue;
        };
        let message = format!(
            "`{}` may schedule {}, and up to {} are asked for at once: {}",
            target.name.value,
            replicas(excess.limit.0),
            excess.total,
            listed(context.model, excess)
        );
        let said = format!("the quota is {}", replicas(excess.limit.0));
        let help = help(context, excess);
        out.extend(told(context, judged, excess, (&RULE, message, said), help));
    }
}

/// The finding of a sum, for a plan that takes part in it.
pub(super) fn told(
    context: &Context<'_>,
    judged: Judged<'_>,
    excess: &Excess,
    (rule, message, said): (&'static Rule, String, String),
    help: Help,
) -> Option<Found> {
    // of a release, those plans are told that take more than they do at rest
    let at_rest = excess.at_rest > excess.limit.0;
    let (place, state) = *excess
        .cut
        .iter()
        .find(|(place, _)| *place == judged.place)?;
    if state == 0 && !at_rest {
        return None;
    }
    let own = judged.rollout.plans.get(place)?.states.get(state)?;
    let primary = match at_rest {
        true => excess.limit.1,
        false => own.span,
    };
    let mut told = Diagnostic::new(rule, primary, message);
    told = match at_rest {
        true => told.here("too little before anything is rolled"),
        false => told
            .here(format!("{} over it here", excess.total - excess.limit.0))
            .also(excess.limit.1, said),
    };
    for share in excess.shares.iter().take(4) {
        let fleet = judged.capacity.fleet(share.service);
        if let Some(size) = fleet.and_then(|fleet| fleet.size.as_ref()) {
            let service = context.model.services.get(share.service);
            let name = service.map_or("", |service| &service.name.value);
            let text = format!("`{name}` has {} at full size", size.replicas);
            told = told.also(size.span, text);
        }
    }
    let assumptions = judged.capacity.assumptions(judged.place, false);
    if !assumptions.is_empty() {
        told = told.note(format!("rests on this: {}", assumptions.join("; ")));
    }
    told = told.help(help.text);
    if let Some((title, edits)) = help.fix {
        told = told.fix(title, edits);
    }
    if !at_rest {
        told.run = run(context, judged, &excess.cut, true);
    }
    let step = context.plan.steps.get(own.step).filter(|_| !at_rest);
    Some(Found {
        diagnostic: match step {
            Some(step) => with_origin(told, step),
            None => told,
        },
        step: step.map(|_| own.step),
    })
}

/// What would be enough.
pub(super) struct Help {
    /// In words.
    pub text: String,
    /// The title of a fix, and its edits.
    pub fix: Option<(String, Vec<crate::diagnostic::Edit>)>,
}

/// `25 of `web`, 10 of `orders``
pub(super) fn listed(model: &Model, excess: &Excess) -> String {
    let each = excess.shares.iter().filter_map(|share| {
        let name = &model.services.get(share.service)?.name.value;
        Some(match share.each {
            1 => format!("{} of `{name}`", share.replicas),
            each => format!("{} of `{name}` with {each} each", replicas(share.replicas)),
        })
    });
    let all: Vec<String> = each.collect();
    let more = all.len().saturating_sub(4);
    let shown = all.into_iter().take(4).collect::<Vec<String>>().join(", ");
    match more {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

fn help(context: &Context<'_>, excess: &Excess) -> Help {
    let quota = format!("raise the quota to {}", replicas(excess.total));
    let plain = |text: String| Help { text, fix: None };
    if excess.at_rest > excess.limit.0 {
        return plain(format!(
            "{quota}: even at rest {} are there",
            excess.at_rest
        ));
    }
    if let Some(apart) = one_by_one(context, excess) {
        return plain(format!("{apart}; or {quota}"));
    }
    let [share] = excess.shares.as_slice() else {
        return plain(quota);
    };
    let in_place = context.plan.steps.iter().any(|step| {
        let mut actions = step.actions.iter();
        actions.any(|action| matches!(action.value, crate::model::Action::Rolling { .. }))
    });
    let service = context.model.services.get(share.service);
    let all = context.judged.and_then(|judged| {
        let fleet = judged.capacity.fleet(share.service)?;
        Some(fleet.size.as_ref()?.replicas)
    });
    if let (true, Some(service), Some(all)) = (in_place, service, all)
        && let Some(surge) = surge_that_fits(service, all, excess.limit.0)
        && step_size(service, all).is_some_and(|(own, _)| surge < own)
    {
        let said = service.surge().map(|amount| amount.span);
        let edits = set(context.sources, service, "max-surge", said, surge);
        return Help {
            text: format!("write `max-surge {surge}`, which fits, or {quota}"),
            fix: edits.map(|edits| (format!("write `max-surge {surge}`"), edits)),
        };
    }
    plain(quota)
}
