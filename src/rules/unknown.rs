//! Why a proof of a plan stays unknown, in words: facts that nobody has declared, and what a finding
//! cannot decide.

use crate::diagnostic::{Proof, Rule};
use crate::model::Model;
use crate::rollout::{Presence, Refutation, Subject};
use crate::schema::query::When;
use crate::source::Span;

use super::proof::{named, refutations, what_fails};
use super::{Context, cached_plan, changed_meaning};

/// The statement of a policy of the plan that requires this proof.
pub(super) fn required(context: &Context<'_>, proof: Proof) -> Option<Span> {
    let policies = context.plan.obeys.iter();
    policies
        .filter_map(|policy| context.model.policies.get(policy.value))
        .flat_map(|policy| &policy.requires)
        .flat_map(|require| &require.proofs)
        .find(|word| word.value == proof.word())
        .map(|word| word.span)
}

/// Whether a refutation is one that the server does not tell: whether it breaks anything is open.
fn is_open(model: &Model, found: &Refutation) -> Option<&'static Rule> {
    let Subject::Schema { breaks, .. } = &found.subject else {
        return None;
    };
    if changed_meaning::is_shown(model, found) {
        return None;
    }
    match breaks.first()?.when {
        When::Always | When::Fresh => None,
        When::Prepared => Some(cached_plan::HAZARD.rule),
        _ => Some(changed_meaning::HAZARD.rule),
    }
}

/// Whether the findings of a rule leave open whether anything breaks.
pub(crate) fn leaves_open(rule: &Rule) -> bool {
    rule == cached_plan::HAZARD.rule || rule == changed_meaning::HAZARD.rule
}

/// Whether what was found refutes the way back: it fails on it, or brings back what fails.
pub(crate) fn refutes_way_back(model: &Model, found: &Refutation) -> bool {
    is_open(model, found).is_none()
        && (found.way.is_some() || found.presence() == Presence::ComesBack)
}

/// What was found against a proof and is neither refuted by a finding nor accepted: it must not look
/// proved.
pub(crate) fn not_told(context: &Context<'_>, proof: Proof) -> Vec<String> {
    let mut all: Vec<String> = refutations(context)
        .filter(|found| found.proof() == proof && is_open(context.model, found).is_none())
        .map(|found| format!("that nothing breaks at {}", place(context, found.span)))
        .collect();
    all.dedup();
    all
}

/// What stays open of a proof because no fact decides what was found; `accepted` are rules whose
/// findings an `allow` accepts.
pub(crate) fn open(context: &Context<'_>, proof: Proof, accepted: &[&Rule]) -> Vec<String> {
    let all = refutations(context).filter(|found| found.proof() == proof);
    let mut open = Vec::new();
    for found in all {
        let Subject::Schema {
            version,
            schema,
            breaks,
            ..
        } = &found.subject
        else {
            continue;
        };
        let who = named(context.model, *version);
        let place = place(context, found.span);
        let text = match is_open(context.model, found) {
            Some(rule) if accepted.contains(&rule) => continue,
            Some(rule) => {
                let fact = match rule == cached_plan::HAZARD.rule {
                    true => format!("`queries` that name their columns in {who}"),
                    false => format!("that {who} works with what `{schema}` changes"),
                };
                let told = format!("`{}` ({}) at {place}", rule.name, rule.code);
                format!("{fact}: {told}: {}", what_fails(breaks))
            }
            None => continue,
        };
        if !open.contains(&text) {
            open.push(text);
        }
    }
    open
}

/// A place as `main.swb:20:12`.
pub(crate) fn place(context: &Context<'_>, span: Span) -> String {
    let file = context.sources.file(span.file);
    let at = context.sources.start(span);
    format!("{}:{}:{}", file.name, at.line, at.column)
}
