//! Which steps wait for which: the order that `after` makes between plans.

use crate::model::{DeclId, StepRef};
use crate::source::Span;
use crate::vocabulary::DeclKind;

use super::View;
use super::names::Symbol;

/// A step, and where it is waited for or waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The plan.
    pub plan: String,
    /// The step; empty where the whole plan waits.
    pub step: String,
    /// The name of the step, or of the plan.
    pub span: Span,
    /// The whole of it.
    pub whole: Span,
    /// The words that say so.
    pub said: Vec<Span>,
}

/// The step or plan of a name.
fn place(view: &View, plan: &str, step: &str) -> Option<Waiting> {
    let plan = view.model.plan(plan)?;
    let (span, whole) = match step {
        "" => (plan.name.span, plan.span),
        step => {
            let mut steps = plan.steps.iter();
            let step = steps.find(|own| own.name.value == step)?;
            (step.name.span, step.span)
        }
    };
    Some(Waiting {
        plan: plan.name.value.clone(),
        step: step.to_string(),
        span,
        whole,
        said: Vec::new(),
    })
}

/// Everything that waits, with what it waits for.
fn waits(view: &View) -> Vec<(String, String, &StepRef)> {
    let mut all = Vec::new();
    for plan in &view.model.plans {
        let name = &plan.name.value;
        let own = plan
            .after
            .iter()
            .map(|after| (name.clone(), String::new(), after));
        all.extend(own);
        for step in &plan.steps {
            let steps = step.after.iter();
            all.extend(steps.map(|after| (name.clone(), step.name.value.clone(), after)));
        }
    }
    for release in &view.model.releases {
        for included in &release.plans {
            if let Some(plan) = view.model.plans.get(included.plan.value) {
                let name = &plan.name.value;
                let after = included.after.iter();
                all.extend(after.map(|after| (name.clone(), String::new(), after)));
            }
        }
    }
    all
}

/// The step or plan that a name means.
pub fn waits_of(view: &View, symbol: &Symbol) -> Option<Waiting> {
    match symbol {
        Symbol::Step(owner, step) => place(view, plan_name(view, *owner)?, step),
        Symbol::Decl(id) => place(view, plan_name(view, *id)?, ""),
        _ => None,
    }
}

fn plan_name(view: &View, id: DeclId) -> Option<&str> {
    let decl = view.project.decls.get(id.0)?;
    (decl.kind == DeclKind::Plan).then_some(decl.name.as_str())
}

/// What a step (or, with an empty step, a plan) waits for, and who waits for it.
pub fn waits_for(view: &View, plan: &str, step: &str) -> (Vec<Waiting>, Vec<Waiting>) {
    let (mut outgoing, mut incoming): (Vec<Waiting>, Vec<Waiting>) = (Vec::new(), Vec::new());
    let add = |list: &mut Vec<Waiting>, found: Option<Waiting>, said: Span| {
        let Some(mut found) = found else { return };
        let known = |one: &&mut Waiting| one.plan == found.plan && one.step == found.step;
        match list.iter_mut().find(known) {
            Some(one) => one.said.push(said),
            None => {
                found.said.push(said);
                list.push(found);
            }
        }
    };
    for (waiting, own_step, after) in waits(view) {
        let target = after.plan.as_deref().unwrap_or(&waiting);
        if waiting == plan && own_step == step {
            add(&mut outgoing, place(view, target, &after.step), after.span);
        }
        if target == plan && (after.step == step || step.is_empty()) {
            add(&mut incoming, place(view, &waiting, &own_step), after.span);
        }
    }
    (outgoing, incoming)
}
