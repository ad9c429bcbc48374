//! PR07: rows are deleted in batches that can be stopped.

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::schema::postgres::Change;
use crate::schema::postgres::change::WriteKind;

use super::run_migrations::run_migrations;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "destructive-batch",
    code: "PR07",
    severity: Severity::Warning,
    summary: "no statement of a migration deletes all rows of a table at once",
    why: "A deletion that is wrong is found by what it has deleted. A statement without a condition has then deleted everything, in one transaction that nobody can stop in the middle; restoring takes days. Mark the rows first, look at them, and delete them behind a condition and in batches of a size that could be restored.",
    failing: migrated!(
        "DELETE FROM users;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"users are deleted\"\n  step clean {\n    retire 1\n    migrate shop to 0002\n  }\n}\n"
    ),
    passing: migrated!(
        "DELETE FROM users WHERE id IN (SELECT id FROM users WHERE email IS NULL LIMIT 500);\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"users are deleted\"\n  step clean {\n    retire 1\n    migrate shop to 0002\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let line = context.plan.no_return.as_ref().map(|line| line.above);
    for run in run_migrations(context) {
        let (step, _) = run.at;
        // above the line the loss itself is what is told (SC13), unless a proof fails there
        let refuted = super::proof::refutations(context).any(|found| found.step == step);
        if line.is_none_or(|above| step < above) && !refuted {
            continue;
        }
        let Ok(history) = context.schemas.of(run.database) else {
            continue;
        };
        let after = history.after(run.position);
        let changes = history
            .statements(run.position)
            .iter()
            .flat_map(|statement| &statement.changes);
        for step_of in changes {
            let table = match &step_of.change {
                Change::Write(write) if write.kind == WriteKind::Delete && !write.bounded => {
                    Some(&write.table)
                }
                Change::Truncate { tables, .. } => tables.first(),
                _ => None,
            };
            // a table that goes with its rows, or was made here, loses nothing by it
            let before = history.before(run.position);
            let Some(table) = table.filter(|table| {
                after.relation(table).is_some() && before.relation(table).is_some()
            }) else {
                continue;
            };
            let id = history.id(run.position);
            let found = Diagnostic::new(
                &RULE,
                step_of.span,
                format!("migration `{id}` deletes all rows of `{table}` in one statement"),
            )
            .here("no condition, and no end before the last row")
            .also(run.action, "the plan runs it here")
            .help("delete behind a condition, in batches: `WHERE id IN (SELECT id FROM ... LIMIT 500)`, and look at the first batch before the next");
            out.push(Found {
                diagnostic: with_origin(found, &context.plan.steps[step]),
                step: Some(step),
            });
        }
    }
}
