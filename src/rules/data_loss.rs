//! SC13: what a migration deletes for good is deleted below the line of no return.

use std::collections::BTreeSet;

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};

use crate::schema::postgres::Change;
use crate::schema::postgres::change::WriteKind;
use crate::source::Span;

use super::run_migrations::run_migrations;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "data-loss-above-no-return",
    code: "SC13",
    severity: Severity::Warning,
    summary: "no data is lost where a rollback is still promised",
    why: "A rollback brings the old version back, not rows that were deleted, values that were overwritten or a column that was dropped; a down migration makes an empty column of the same name. The old version may run on, and yet nothing is as it was. Whoever deletes says so with the line of no return.",
    failing: migrated!(
        "DELETE FROM users;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step clean { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "DELETE FROM users WHERE email IS NULL;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"all users are deleted\"\n  step clean {\n    retire 1\n    migrate shop to 0002\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// Data that a migration of the plan deletes for good.
struct Loss {
    /// The step.
    step: usize,
    /// The action that runs the migration.
    action: Span,
    /// The statement.
    place: Span,
    /// The migration.
    id: String,
    /// What is lost.
    what: String,
}

/// The first step from this one on in which data is lost.
pub(super) fn first_from(context: &Context<'_>, step: usize) -> Option<(usize, Span)> {
    let lost = losses(context).into_iter().filter(|lost| lost.step >= step);
    lost.map(|lost| (lost.step, lost.place)).min()
}

fn losses(context: &Context<'_>) -> Vec<Loss> {
    let mut all = Vec::new();
    for run in run_migrations(context) {
        let (step, _) = run.at;
        let Ok(history) = context.schemas.of(run.database) else {
            continue;
        };
        // what the migration takes back itself is not lost
        let statements = history.statements(run.position);
        let undone: BTreeSet<usize> = statements
            .iter()
            .filter(|statement| {
                let mut changes = statement.changes.iter();
                changes.any(|change| matches!(change.change, Change::Rollback))
            })
            .map(|statement| statement.transaction)
            .collect();
        let lost = statements
            .iter()
            .filter(|statement| !undone.contains(&statement.transaction))
            .flat_map(|statement| &statement.changes)
            // a fill overwrites what the migrations before have made room for
            .filter(|change| {
                !matches!(&change.change, Change::Write(write) if write.kind != WriteKind::Delete)
            })
            .find_map(|change| Some((change.span, change.effects.data_loss.as_ref()?)));
        let Some((place, what)) = lost else { continue };
        all.push(Loss {
            step,
            action: run.action,
            place,
            id: history.id(run.position).to_string(),
            what: what.clone(),
        });
    }
    all
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let line = context.plan.no_return.as_ref().map(|line| line.above);
    for lost in losses(context) {
        let Loss { step, id, what, .. } = &lost;
        // what a proof refutes at this step is told as that
        let told = super::proof::refutations(context).any(|found| found.step == *step);
        if told || line.is_some_and(|above| *step >= above) {
            continue;
        }
        let found = Diagnostic::new(
            &RULE,
            lost.place,
            format!("migration `{id}` loses {what}, and a rollback is promised behind it"),
        )
        .here("gone for good")
        .also(lost.action, "the plan runs it here, above any line of no return")
        .help("draw `no return because \"...\"` above the step that runs it, or keep the data until then");
        out.push(Found {
            diagnostic: with_origin(found, &context.plan.steps[*step]),
            step: Some(*step),
        });
    }
}
