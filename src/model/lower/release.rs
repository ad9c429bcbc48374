//! Releases, and steps of other plans.

use super::*;

impl Builder<'_> {
    pub(in crate::model) fn release(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut release = Release {
            incomplete: node.incomplete,
            plans: Vec::new(),
            name,
        };
        for child in node.children("includes") {
            let Some(plan) = child.word("plan") else {
                continue;
            };
            match self.resolve(DeclKind::Plan, &plan) {
                Some(index) => release.plans.push(ReleasePlan {
                    plan: Spanned::new(index, plan.span),
                    after: step_refs(child),
                }),
                None => release.incomplete = true,
            }
        }
        let (obeyed, complete) = self.resolve_all(
            DeclKind::Policy,
            node.child("obeys")
                .map(|child| child.words("policy"))
                .unwrap_or_default(),
        );
        release.incomplete |= !complete;
        for plan in &release.plans {
            let Some(plan) = self.model.plans.get_mut(plan.plan.value) else {
                continue;
            };
            for policy in &obeyed {
                if plan.obeys.iter().all(|known| known.value != policy.value) {
                    plan.obeys.push(*policy);
                }
            }
        }
        self.check_release(&release);
        self.model.releases.push(release);
    }

    /// A plan that is in no release is checked and run alone: nothing would end its waiting.
    pub(in crate::model) fn check_lone_plans(&mut self) {
        let mut included = vec![false; self.model.plans.len()];
        for release in &self.model.releases {
            for plan in &release.plans {
                if let Some(known) = included.get_mut(plan.plan.value) {
                    *known = true;
                }
            }
        }
        // a release that could not be read whole may include anything
        if self.model.releases.iter().any(|release| release.incomplete) {
            return;
        }
        let mut found = Vec::new();
        for (plan, _) in self
            .model
            .plans
            .iter()
            .zip(&included)
            .filter(|(plan, included)| !**included && !plan.incomplete)
        {
            let waits = plan
                .after
                .iter()
                .chain(plan.steps.iter().flat_map(|step| &step.after));
            for reference in waits {
                let other = reference.plan.as_deref().unwrap_or("PLAN");
                found.push(
                    Diagnostic::new(
                        &UNKNOWN_NAME,
                        reference.span,
                        format!(
                            "`{}` waits for a plan, and no release includes both",
                            plan.name.value
                        ),
                    )
                    .here("waits for this")
                    .help(format!(
                        "add `release NAME {{ includes {other}; includes {} }}`",
                        plan.name.value
                    )),
                );
            }
        }
        for found in found {
            crate::model::push_once(&mut self.findings, found);
        }
    }

    /// `after PLAN.STEP` names a step of a plan of the release.
    pub(in crate::model) fn check_release(&mut self, release: &Release) {
        if release.incomplete {
            return;
        }
        let plans: Vec<usize> = release.plans.iter().map(|plan| plan.plan.value).collect();
        let mut refs: Vec<StepRef> = release
            .plans
            .iter()
            .flat_map(|plan| plan.after.clone())
            .collect();
        for &plan in &plans {
            let Some(plan) = self.model.plans.get(plan) else {
                continue;
            };
            refs.extend(plan.after.clone());
            refs.extend(plan.steps.iter().flat_map(|step| step.after.clone()));
        }
        for reference in refs {
            let found = plans
                .iter()
                .filter_map(|&plan| self.model.plans.get(plan))
                .find(|plan| reference.plan.as_deref() == Some(plan.name.value.as_str()));
            let problem = match found {
                Some(plan) if plan.incomplete => None,
                Some(plan)
                    if plan
                        .steps
                        .iter()
                        .all(|step| step.name.value != reference.step) =>
                {
                    let name = Spanned::new(reference.step.clone(), reference.span);
                    Some(unknown_step(plan, &name))
                }
                Some(_) => None,
                None => Some(not_included(&reference, release)),
            };
            if let Some(problem) = problem {
                crate::model::push_once(&mut self.findings, problem);
            }
        }
    }
}

/// A plan that waits for a step of a plan that its release does not include.
pub(in crate::model) fn not_included(reference: &StepRef, release: &Release) -> Diagnostic {
    let message = match &reference.plan {
        Some(plan) => format!("release `{}` does not include `{plan}`", release.name.value),
        None => format!(
            "`{}` does not say of which plan it is a step",
            reference.step
        ),
    };
    let help = match &reference.plan {
        Some(plan) => {
            format!("add `includes {plan}` to the release, or wait for a plan that it includes")
        }
        None => format!("write `PLAN.{}`", reference.step),
    };
    Diagnostic::new(&UNKNOWN_NAME, reference.span, message)
        .here("waits for this")
        .also(release.name.span, "the release")
        .help(help)
}

pub(in crate::model) fn unknown_step(plan: &Plan, step: &Spanned<String>) -> Diagnostic {
    let found = Diagnostic::new(
        &UNKNOWN_NAME,
        step.span,
        format!("plan `{}` has no step `{}`", plan.name.value, step.value),
    );
    let names: Vec<&str> = plan
        .steps
        .iter()
        .map(|step| step.name.value.as_str())
        .collect();
    match crate::diagnostic::nearest(&step.value, names.iter().copied()) {
        Some(meant) => found
            .here(format!("did you mean `{meant}`?"))
            .help(format!("write `{meant}`")),
        None => {
            let names: Vec<String> = names
                .iter()
                .take(8)
                .map(|name| format!("`{name}`"))
                .collect();
            found.help(format!("its steps are {}", names.join(", ")))
        }
    }
}

pub(in crate::model) fn step_refs(node: &Node) -> Vec<StepRef> {
    node.words("step")
        .into_iter()
        .map(|word| match word.value.rsplit_once('.') {
            Some((plan, step)) => StepRef {
                plan: Some(plan.to_string()),
                step: step.to_string(),
                span: word.span,
            },
            None => StepRef {
                plan: None,
                step: word.value,
                span: word.span,
            },
        })
        .collect()
}
