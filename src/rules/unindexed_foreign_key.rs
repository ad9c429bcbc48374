//! SC14: a foreign key has an index on the side that refers.

use std::collections::BTreeMap;

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::model::Index;
use crate::schema::catalog::{ConstraintKind, Relation};

use super::run_migrations::run_migrations;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "unindexed-foreign-key",
    code: "SC14",
    severity: Severity::Advice,
    summary: "a foreign key has an index on the side that refers",
    why: "PostgreSQL makes no index for it. Whoever deletes a row of the table that is referred to, or changes its key, reads all of the table that refers, once for each row, and holds its locks so long.",
    failing: migrated!(
        "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id) ON DELETE CASCADE);\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id) ON DELETE CASCADE);\nCREATE INDEX notes_user ON notes (user_id);\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let runs = run_migrations(context);
    // an index may follow in a later migration of the plan
    let mut ends: BTreeMap<Index, usize> = BTreeMap::new();
    for run in &runs {
        ends.insert(run.database, run.position);
    }
    for run in &runs {
        let (Ok(history), Some(end)) = (context.schemas.of(run.database), ends.get(&run.database))
        else {
            continue;
        };
        let (before, after) = (history.before(run.position), history.after(run.position));
        let last = history.after(*end);
        for table in after.relations.differing(&before.relations) {
            let (Some(now), Some(left)) = (after.relation(table), last.relation(table)) else {
                continue;
            };
            for constraint in &now.constraints {
                let ConstraintKind::ForeignKey {
                    columns,
                    references,
                    ..
                } = &constraint.kind
                else {
                    continue;
                };
                let is_same = |relation: &Relation| {
                    let mut own = relation.constraints.iter();
                    own.any(|other| other.kind == constraint.kind)
                };
                let was = before.relation(table).is_some_and(is_same);
                if was || !is_same(left) || is_led(left, columns) {
                    continue;
                }
                let list = columns.join(", ");
                let message = format!(
                    "whoever deletes a row of `{references}` reads all of `{table}`: no index of it begins with `{list}`"
                );
                let found = Diagnostic::new(&RULE, constraint.span, message)
                    .here("refers without an index")
                    .also(run.action, "the plan runs it here")
                    .help(format!(
                        "write `CREATE INDEX CONCURRENTLY ON {table} ({list});` into a migration of its own before this one"
                    ));
                let (step, _) = run.at;
                out.push(Found {
                    diagnostic: with_origin(found, &context.plan.steps[step]),
                    step: Some(step),
                });
            }
        }
    }
}

/// Whether rows are found by these columns with an index over all rows.
fn is_led(relation: &Relation, columns: &[String]) -> bool {
    relation.indexes.iter().any(|index| {
        let first: Vec<_> = index.keys.iter().take(columns.len()).collect();
        let among = |column: &String| first.iter().any(|key| key.as_ref() == Some(column));
        index.predicate.is_none() && first.len() == columns.len() && columns.iter().all(among)
    })
}
