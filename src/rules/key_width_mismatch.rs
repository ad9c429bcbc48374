//! SC09: a foreign key can hold every value of the key that it references.

use std::collections::BTreeSet;

use crate::diagnostic::{Class, Diagnostic, Rule, Severity};
use crate::schema::catalog::{Catalog, ConstraintKind, Name, Relation, Type};
use crate::source::Span;

use super::run_migrations::run_migrations;
use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "key-width-mismatch",
    code: "SC09",
    severity: Severity::Warning,
    summary: "a foreign key can hold every value of the key that it references",
    why: "The server takes an `integer` that references a `bigint`, and all is well until the first key above 2147483647: from then on no row that references a new one can be written, on the day on which nobody has changed anything. The same goes for a text that is shorter than the key.",
    failing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\nplan grants {\n  step expand { migrate shop to 0002 }\n}\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_grants.up.sql\nSET lock_timeout = '2s';\nCREATE TABLE grants (id bigint PRIMARY KEY, user_id integer NOT NULL UNIQUE REFERENCES users (id));\n--- db/0002_grants.down.sql\nDROP TABLE grants;\n",
    passing: "--- main.swb\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\nplan grants {\n  step expand { migrate shop to 0002 }\n}\n--- db/0001_users.up.sql\nCREATE TABLE users (id bigint PRIMARY KEY, name text);\n--- db/0001_users.down.sql\nDROP TABLE users;\n--- db/0002_grants.up.sql\nSET lock_timeout = '2s';\nCREATE TABLE grants (id bigint PRIMARY KEY, user_id bigint NOT NULL UNIQUE REFERENCES users (id));\n--- db/0002_grants.down.sql\nDROP TABLE grants;\n",
    can_allow: true,
    class: Class::Finding,
};

/// A column of a foreign key, and the wider one that it references.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Narrow {
    relation: Name,
    column: String,
    ty: Type,
    references: Name,
    referenced: String,
    wider: Type,
    /// Where the constraint stands.
    constraint: Span,
}

impl Narrow {
    /// Whether both are about the same columns with the same types.
    fn is_like(&self, other: &Narrow) -> bool {
        (&self.relation, &self.column, &self.ty) == (&other.relation, &other.column, &other.ty)
            && (&self.references, &self.referenced, &self.wider)
                == (&other.references, &other.referenced, &other.wider)
    }
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for run in run_migrations(context) {
        let Ok(history) = context.schemas.of(run.database) else {
            continue;
        };
        let before = narrow(&history.before(run.position));
        for found in narrow(&history.after(run.position)) {
            // what was narrow before is not of this plan's making
            if before.iter().any(|known| known.is_like(&found)) {
                continue;
            }
            let statements = history.statements(run.position);
            let touches = |span: Span| {
                statements.iter().any(|own| {
                    own.span.file == span.file
                        && own.span.start <= span.start
                        && span.end <= own.span.end
                })
            };
            // the constraint, else the change that has made one of the two types another
            let changed = statements
                .iter()
                .flat_map(|statement| &statement.changes)
                .filter(|step| {
                    let relation = step.change.relation();
                    relation == Some(&found.references) || relation == Some(&found.relation)
                })
                .map(|step| step.span)
                .next_back();
            let place = match touches(found.constraint) {
                true => found.constraint,
                false => changed.unwrap_or(run.action),
            };
            let Narrow {
                relation,
                column,
                ty,
                references,
                referenced,
                wider,
                constraint,
            } = &found;
            let mut told = Diagnostic::new(
                &RULE,
                place,
                format!(
                    "`{relation}.{column}` is `{ty}` and references `{references}.{referenced}`, which is `{wider}`"
                ),
            )
            .here("too narrow for every key");
            if *constraint != place {
                told = told.also(*constraint, "the foreign key stands here");
            }
            let found = told
                .also(run.action, "the plan runs it here")
                .help(format!("make `{relation}.{column}` `{wider}`, too"));
            let (step, _) = run.at;
            out.push(Found {
                diagnostic: with_origin(found, &context.plan.steps[step]),
                step: Some(step),
            });
        }
    }
}

/// The foreign keys of a schema that are narrower than what they reference.
fn narrow(catalog: &Catalog) -> BTreeSet<Narrow> {
    let mut found = BTreeSet::new();
    for (name, relation) in &catalog.relations {
        for constraint in &relation.constraints {
            let ConstraintKind::ForeignKey {
                columns,
                references,
                referenced,
                ..
            } = &constraint.kind
            else {
                continue;
            };
            let Some(target) = catalog.relation(references) else {
                continue;
            };
            let referenced = match referenced.as_slice() {
                [] => primary_key(target),
                own => own,
            };
            for (column, key) in columns.iter().zip(referenced) {
                let own = relation.column(column).and_then(|own| own.ty.as_ref());
                let wider = target.column(key).and_then(|own| own.ty.as_ref());
                let (Some(own), Some(wider)) = (own, wider) else {
                    continue;
                };
                if let (Some((kind, width)), Some((theirs, key_width))) = (room(own), room(wider))
                    && kind == theirs
                    && width < key_width
                {
                    found.insert(Narrow {
                        relation: name.clone(),
                        column: column.clone(),
                        ty: own.clone(),
                        references: references.clone(),
                        referenced: key.clone(),
                        wider: wider.clone(),
                        constraint: constraint.span,
                    });
                }
            }
        }
    }
    found
}

fn primary_key(relation: &Relation) -> &[String] {
    let mut keys = relation.constraints.iter();
    let columns = keys.find_map(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey(columns) => Some(columns.as_slice()),
        _ => None,
    });
    columns.unwrap_or_default()
}

/// What kind of values a type holds, and how much room there is: bytes of an integer (PostgreSQL
/// manual, 8.1), characters of a text (8.3).
fn room(ty: &Type) -> Option<(&'static str, i64)> {
    if ty.array {
        return None;
    }
    Some(match ty.name.as_str() {
        "smallint" => ("integer", 2),
        "integer" => ("integer", 4),
        "bigint" => ("integer", 8),
        "text" => ("text", i64::MAX),
        "character varying" => ("text", ty.modifiers.first().copied().unwrap_or(i64::MAX)),
        _ => return None,
    })
}
