//! What is known of a plan, above it.

use crate::diagnostic::{PlanVerdicts, Verdict};
use crate::source::Span;

/// A line above a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// The plan's name, where it stands.
    pub span: Span,
    /// The plan.
    pub plan: String,
    /// Whether it is of the base, and not of an environment.
    pub is_base: bool,
    /// What is known, in one line.
    pub title: String,
}

/// The verdicts of each plan that was judged, of the base and of environments where they differ.
pub fn lenses(plans: &[PlanVerdicts]) -> Vec<Lens> {
    plans
        .iter()
        .map(|plan| {
            let mut parts: Vec<String> = plan
                .verdicts
                .iter()
                .map(|(proof, verdict)| {
                    let sign = match verdict {
                        Verdict::Proved => "✓",
                        Verdict::Refuted => "✗",
                        Verdict::Unknown(_) => "?",
                        Verdict::NotChecked => "–",
                    };
                    format!("{sign} {}", proof.word())
                })
                .collect();
            if let Some(covered) = &plan.covered {
                parts.push(format!("{} states", covered.states));
            }
            let title = parts.join("  ");
            Lens {
                span: plan.span,
                plan: plan.plan.clone(),
                is_base: plan.environment.is_none(),
                title: match &plan.environment {
                    Some(environment) => format!("{environment}: {title}"),
                    None => title,
                },
            }
        })
        .collect()
}
