//! What is known of each proof once the findings of a plan are told, and what nobody has checked.

use crate::diagnostic::{Accepted, Proof, Reason, Reasons, Rule, Severity, Verdict};
use crate::measure::{self, gates};
use crate::model::Plan;
use crate::rollout;
use crate::rules::{self, Context, Hazard, Judged};
use crate::source::Span;

/// What is known of a proof, where findings refute those of `refuted`, find facts of `open` missing,
/// and those of `accepted` are accepted by an `allow`.
pub(super) fn verdict(
    context: &Context<'_>,
    proof: Proof,
    refuted: &[Proof],
    open: &[(Proof, String)],
    accepted: &[(&'static Hazard, Accepted)],
) -> Verdict {
    let (plan, judged) = (context.plan, context.judged);
    let missing = Reason::Missing;
    if plan.incomplete {
        return Verdict::Unknown(Reasons::one(Reason::Unread));
    }
    if refuted.contains(&proof) {
        return Verdict::Refuted;
    }
    let Some(judged) = judged else {
        return Verdict::NotChecked;
    };
    let own = |found: &&rollout::Refutation| found.plan == judged.place;
    let mut refutations = judged.judgement.refutations.iter().filter(own);
    // where the old version fails, it fails for whoever goes back too
    let fails_back = proof == Proof::Reversible
        && (fails_going_back(plan, judged)
            || refutations.any(|found| rules::refutes_way_back(context.model, found)));
    let about = |own: Proof| own == proof || (fails_back && own == Proof::Compatible);
    let told = accepted.iter().filter(|(hazard, accepted)| {
        let open = proof == Proof::Compatible && rules::leaves_open(hazard.rule);
        // what the server does not tell leaves the proof open, whatever its weight
        let raised = accepted.finding.severity == Severity::Error;
        open || (raised && hazard.refutes.is_some_and(about))
    });
    let mut reasons: Vec<Reason> = Vec::new();
    for (hazard, accepted) in told {
        let because = &accepted.reason;
        let (name, code) = (hazard.rule.name, hazard.rule.code);
        let reason = Reason::Accepted(format!("`{name}` ({code}) because \"{because}\""));
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    // what an `allow` accepts is not refuted any more, but nobody has proved it
    if fails_back && (reasons.is_empty() || refuted.contains(&Proof::Compatible)) {
        return Verdict::Refuted;
    }
    match proof {
        Proof::Observed => {
            reasons.extend(gates::missing(context.subject()).into_iter().map(missing));
        }
        Proof::Compatible | Proof::Reversible => {
            if reasons.is_empty() {
                reasons.extend(rules::not_told(context, proof).into_iter().map(missing));
            }
            let all = judged.judgement.missing.iter();
            let all = all.filter(|missing| missing.plan == judged.place && missing.proof == proof);
            reasons.extend(all.map(|found| missing(found.fact.clone())));
            let accepted: Vec<&Rule> = accepted.iter().map(|(hazard, _)| hazard.rule).collect();
            let open = rules::open(context, proof, &accepted);
            reasons.extend(open.into_iter().map(missing));
        }
        Proof::Bounded => {
            let bounds = measure::bounded(context.subject());
            reasons.extend(bounds.missing.facts.into_iter().map(missing));
        }
        Proof::Sufficient => {
            let facts = judged.capacity.missing(judged.place);
            reasons.extend(facts.into_iter().map(missing));
        }
    }
    let found = open.iter().filter(|(own, _)| *own == proof);
    for reason in found.map(|(_, fact)| missing(fact.clone())) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Reasons::of(reasons).map_or(Verdict::Proved, Verdict::Unknown)
}

/// Whether going back fails somewhere above the line of no return.
fn fails_going_back(plan: &Plan, judged: Judged<'_>) -> bool {
    let computed = judged.judgement.line.get(judged.place);
    let Some(computed) = computed.and_then(Option::as_ref) else {
        return false;
    };
    let line = plan.no_return.as_ref().map(|line| line.above);
    line.is_none_or(|above| computed.step < above)
}

/// What is left to whoever carries the plan out: it must not look as if it had been checked.
pub(super) fn obligations(context: &Context<'_>) -> Vec<(String, Span)> {
    let plan = context.plan;
    let mut left = rules::left_to_do(context);
    // a plan with a `deadline` ends, whoever is waited for
    let open = plan.steps.iter().enumerate();
    for (number, step) in open.filter(|_| plan.deadline.is_none()) {
        if let Some(approval) = step
            .approval
            .as_ref()
            .filter(|approval| approval.limit.is_none() && !rules::is_unbounded(context, number))
        {
            left.push((
                format!(
                    "`{}` waits for {} without a limit: how long `{}` takes is open",
                    step.name.value, approval.team.value, plan.name.value
                ),
                approval.span,
            ));
        }
    }
    let allows = plan
        .allows
        .iter()
        .chain(plan.steps.iter().flat_map(|step| &step.allows));
    for allow in allows {
        if let Some(until) = allow.until {
            left.push((
                format!("`{}` is accepted until {}", allow.rule.value, until.value),
                allow.span,
            ));
        }
    }
    left
}
