//! SC06: rows are filled when nobody adds rows that need it any more.

use std::collections::BTreeMap;

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::model::{Action, Index};
use crate::schema::catalog::{Catalog, Name};
use crate::schema::postgres::Change;
use crate::schema::postgres::change::WriteKind;
use crate::schema::query::left_null;
use crate::source::Span;

use super::proof::{id, named};
use super::run_migrations::{run_migrations, running};
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "backfill-before-dual-write",
    code: "SC06",
    severity: Severity::Error,
    summary: "rows are filled once every version that runs fills the new ones",
    why: "A backfill fills the rows that are there. The old version does not know the new column and goes on inserting rows without it, behind the backfill, and nobody fills those: `NOT NULL` fails on them later, and readers meet `NULL`. Let a trigger or a default fill what the old version leaves out, or fill once the old version is gone.",
    failing: migrated!(
        "ALTER TABLE users ADD COLUMN label text;\nUPDATE users SET label = name WHERE id < 100;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  allow lock-hazard because \"the fill touches a hundred rows\"\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "CREATE FUNCTION fill_label() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := NEW.name; RETURN NEW; END $$;\nALTER TABLE users ADD COLUMN label text;\nCREATE TRIGGER fill BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fill_label();\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step fill { backfill shop \"fill-label\" }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// A fill of a column.
struct Fill {
    place: Span,
    /// The action, where the place is a statement of a migration.
    action: Option<Span>,
    at: (usize, usize),
    /// The migration that the schema stands at meanwhile.
    position: usize,
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    // of several fills of one column the last decides: an early one spares it work
    let mut fills: BTreeMap<(Index, Name, String), Fill> = BTreeMap::new();
    let mut stands: BTreeMap<Index, (usize, usize)> = BTreeMap::new();
    let runs = run_migrations(context);
    let mut runs = runs.iter().peekable();
    for (number, step) in context.plan.steps.iter().enumerate() {
        for (place, action) in step.actions.iter().enumerate() {
            let at = (number, place);
            while let Some(run) = runs.next_if(|run| run.at == at) {
                stands.insert(run.database, (run.start, run.position));
                let Ok(history) = context.schemas.of(run.database) else {
                    continue;
                };
                let changes = history.statements(run.position).iter();
                for change in changes.flat_map(|statement| &statement.changes) {
                    let Change::Write(write) = &change.change else {
                        continue;
                    };
                    if write.kind != WriteKind::Update {
                        continue;
                    }
                    for column in &write.columns {
                        let key = (run.database, write.table.clone(), column.clone());
                        let fill = Fill {
                            place: change.span,
                            action: Some(run.action),
                            at,
                            position: run.position,
                        };
                        fills.insert(key, fill);
                    }
                }
            }
            let Action::Backfill(database, ..) = &action.value else {
                continue;
            };
            let (Some(&(start, position)), Ok(history)) =
                (stands.get(database), context.schemas.of(*database))
            else {
                continue;
            };
            // what a job fills is not known: whatever the plan has added
            for (table, column) in added(&history.after(start), &history.after(position)) {
                let fill = Fill {
                    place: action.span,
                    action: None,
                    at,
                    position,
                };
                fills.insert((*database, table, column), fill);
            }
        }
    }
    for ((database, table, column), fill) in fills {
        told(context, database, &table, &column, &fill, out);
    }
}

/// The columns that tables have more than before.
fn added(before: &Catalog, now: &Catalog) -> Vec<(Name, String)> {
    before
        .relations
        .iter()
        .filter_map(|(name, old)| Some((name, old, now.relation(name)?)))
        .flat_map(|(name, old, new)| {
            new.columns
                .iter()
                .filter(|column| old.column(&column.name).is_none())
                .map(|column| (name.clone(), column.name.clone()))
        })
        .collect()
}

fn told(
    context: &Context<'_>,
    database: Index,
    table: &Name,
    column: &str,
    fill: &Fill,
    out: &mut Vec<Found>,
) {
    let Ok(history) = context.schemas.of(database) else {
        return;
    };
    let now = history.after(fill.position);
    for version in running(context, fill.at, false) {
        let declared = &context.model.services[version.service].versions[version.version];
        let built = declared
            .schemas
            .iter()
            .find(|(own, _)| own.value == database)
            .and_then(|(_, id)| history.position(&id.value));
        let contract = context
            .schemas
            .contract(version.service, version.version, database);
        let (Some(built), Some(contract)) = (built, contract) else {
            continue;
        };
        let built = history.after(built);
        // who knows the column leaves it empty on purpose
        let known = built
            .relation(table)
            .is_some_and(|relation| relation.column(column).is_some());
        if known {
            continue;
        }
        let Some(query) = left_null(contract, &built, &now, table, column) else {
            continue;
        };
        let own = id(context.model, version);
        let message = format!(
            "rows that {} inserts behind this fill keep `NULL` in `{table}.{column}`",
            named(context.model, version)
        );
        let mut found = Diagnostic::new(&RULE, fill.place, message)
            .here(format!("{own} runs, and does not know `{column}`"));
        if let Some(action) = fill.action {
            found = found.also(action, "the plan runs it here");
        }
        let found = found
            .also(query, format!("sent by {own}"))
            .help(format!(
                "let a `BEFORE INSERT OR UPDATE` trigger of `{table}` fill it before this runs, or fill in a step behind the one that retires {own}"
            ));
        let (step, _) = fill.at;
        out.push(Found {
            diagnostic: with_origin(found, &context.plan.steps[step]),
            step: Some(step),
        });
        return;
    }
}
