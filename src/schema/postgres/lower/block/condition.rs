//! `IF [NOT] EXISTS (SELECT ... FROM pg_type WHERE ...)`: whether the schema holds an object.

use squawk_syntax::SyntaxKind as K;

use super::super::node::tokens;
use crate::schema::catalog::{Catalog, Name, Relation, TypeKind};
use crate::schema::parse;

/// The tables of the server that a condition may ask, beside `information_schema`.
const CATALOGS: [&str; 21] = [
    "columns",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_enum",
    "pg_extension",
    "pg_indexes",
    "pg_matviews",
    "pg_namespace",
    "pg_policies",
    "pg_proc",
    "pg_sequences",
    "pg_tables",
    "pg_trigger",
    "pg_type",
    "pg_views",
    "schemata",
    "sequences",
    "table_constraints",
    "tables",
    "views",
];

/// What a condition says of the object.
#[derive(Debug, Default)]
struct Asked {
    schema: Option<String>,
    table: Option<String>,
    column: Option<String>,
    constraint: Option<String>,
    index: Option<String>,
    view: Option<String>,
    sequence: Option<String>,
    type_name: Option<String>,
    label: Option<String>,
    namespace: Option<String>,
    extension: Option<String>,
    trigger: Option<String>,
    function: Option<String>,
    policy: Option<String>,
}

/// Whether a condition holds on a schema; `None` where it asks for something else.
pub(super) fn holds(condition: &str, catalog: &Catalog) -> Option<bool> {
    let sql = format!("SELECT {condition}");
    let words = parse::with_tree(&sql, |tree| {
        tokens(tree)
            .map(|token| (token.kind(), token.text().to_string()))
            .collect::<Vec<_>>()
    })
    .ok()?;
    let mut words = Words { words, at: 1 };
    let negated = words.take("not");
    if !(words.take("exists") && words.take("(") && words.take("select")) {
        return None;
    }
    // what it gives does not matter
    while !words.take("from") {
        words.next().filter(|word| word.as_str() != "(")?;
    }
    let mut asked = Asked::default();
    words.tables()?;
    words.conditions(&mut asked)?;
    let mut end = words.take(")");
    while words.take(";") {
        end = true;
    }
    (end && words.at == words.words.len()).then_some(())?;
    Some(asked.exists(catalog)? != negated)
}

struct Words {
    words: Vec<(K, String)>,
    at: usize,
}

impl Words {
    fn next(&mut self) -> Option<&String> {
        let (_, word) = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.words.get(self.at);
        let is = found.is_some_and(|(_, word)| word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(is);
        is
    }

    fn is_name(&self) -> bool {
        let found = self.words.get(self.at);
        found.is_some_and(|(kind, word)| {
            *kind == K::IDENT || (kind.is_keyword() && !is_clause(word))
        })
    }

    /// `name`, `a.name`: the last part, folded.
    fn dotted(&mut self) -> Option<String> {
        let mut name = None;
        loop {
            if !self.is_name() {
                return None;
            }
            let part = Name::fold(self.next()?);
            let schema = matches!(name.as_deref(), Some("pg_catalog" | "information_schema"));
            name = Some(match (name, schema) {
                (Some(before), false) if before != part => part,
                _ => part,
            });
            if !self.take(".") {
                return name;
            }
        }
    }

    fn tables(&mut self) -> Option<()> {
        loop {
            let table = self.dotted()?;
            CATALOGS.contains(&table.as_str()).then_some(())?;
            self.take("as");
            if self.is_name() {
                self.next();
            }
            if self.take("on") {
                self.joined()?;
            }
            let more = self.take(",") || {
                self.take("inner");
                self.take("join")
            };
            if !more {
                return Some(());
            }
        }
    }

    /// `a.oid = b.oid`
    fn joined(&mut self) -> Option<()> {
        loop {
            self.dotted()?;
            self.take("=").then_some(())?;
            self.dotted()?;
            if !self.take("and") {
                return Some(());
            }
        }
    }

    fn conditions(&mut self, asked: &mut Asked) -> Option<()> {
        self.take("where").then_some(())?;
        loop {
            let column = self.dotted()?;
            self.take("=").then_some(())?;
            let kind = self.words.get(self.at)?.0;
            match kind {
                K::STRING => {
                    let word = self.next()?.clone();
                    let value = word.trim_matches('\'').to_string();
                    let mut cast = None;
                    if self.take("::") || (self.take(":") && self.take(":")) {
                        cast = Some(self.dotted()?);
                    }
                    asked.set(&column, &value, cast.as_deref())?;
                }
                _ if self.take("current_schema") => {
                    if self.take("(") {
                        self.take(")").then_some(())?;
                    }
                }
                // a join in the old way
                _ => {
                    self.dotted()?;
                }
            }
            if !self.take("and") {
                return Some(());
            }
        }
    }
}

fn is_clause(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    [
        "where", "join", "inner", "left", "on", "and", "or", "limit", "group", "order", "union",
    ]
    .contains(&word.as_str())
}

impl Asked {
    /// Takes `column = 'value'`; `None` where it is not known what that asks.
    fn set(&mut self, column: &str, value: &str, cast: Option<&str>) -> Option<()> {
        // a text that the server reads as a name is folded; the others are compared as they are
        let folded = |value: &str| {
            let parts: Vec<String> = value.split('.').map(Name::fold).collect();
            match parts.as_slice() {
                [name] => Some((None, name.clone())),
                [schema, name] => Some((Some(schema.clone()), name.clone())),
                _ => None,
            }
        };
        let slot = match (column, cast) {
            ("attrelid" | "conrelid" | "tgrelid" | "indrelid", Some("regclass")) => {
                let (schema, table) = folded(value)?;
                self.schema = schema.or(self.schema.take());
                self.table = Some(table);
                return Some(());
            }
            ("enumtypid", Some("regtype")) => {
                self.type_name = Some(folded(value)?.1);
                return Some(());
            }
            ("contype" | "relkind" | "typtype" | "constraint_type" | "table_type", _) => {
                return Some(());
            }
            (_, Some("name" | "text" | "regclass")) if column == "oid" => return None,
            (_, Some(other)) if !matches!(other, "name" | "text" | "varchar") => return None,
            ("schemaname" | "table_schema" | "constraint_schema", _) => &mut self.schema,
            ("relname" | "tablename" | "table_name", _) => &mut self.table,
            ("column_name" | "attname", _) => &mut self.column,
            ("conname" | "constraint_name", _) => &mut self.constraint,
            ("indexname", _) => &mut self.index,
            ("viewname" | "matviewname", _) => &mut self.view,
            ("sequencename" | "sequence_name", _) => &mut self.sequence,
            ("typname", _) => &mut self.type_name,
            ("enumlabel", _) => &mut self.label,
            ("nspname" | "schema_name", _) => &mut self.namespace,
            ("extname", _) => &mut self.extension,
            ("tgname" | "trigger_name", _) => &mut self.trigger,
            ("proname", _) => &mut self.function,
            ("policyname" | "polname", _) => &mut self.policy,
            _ => return None,
        };
        if slot.is_some() {
            return None;
        }
        *slot = Some(value.to_string());
        Some(())
    }

    fn exists(&self, catalog: &Catalog) -> Option<bool> {
        let schema = self.schema.as_ref().or(self.namespace.as_ref());
        let of_schema = |name: &Name| schema.is_none_or(|schema| name.schema == *schema);
        let is = |name: &Name, wanted: &str| name.name == wanted && of_schema(name);
        let any_relation = |found: &dyn Fn(&Name, &Relation) -> bool| {
            let mut all = catalog.relations.iter();
            all.any(|(name, relation)| {
                let fits = self.table.as_ref().is_none_or(|table| *table == name.name);
                fits && of_schema(name) && found(name, relation)
            })
        };
        // one kind of object; a second would be of another one
        let kinds = [
            &self.column,
            &self.constraint,
            &self.index,
            &self.view,
            &self.sequence,
            &self.type_name,
            &self.extension,
            &self.trigger,
            &self.function,
            &self.policy,
        ];
        if kinds.iter().filter(|kind| kind.is_some()).count() > 1 {
            return None;
        }
        Some(if let Some(column) = &self.column {
            self.table.as_ref()?;
            any_relation(&|_, own| own.column(column).is_some())
        } else if let Some(constraint) = &self.constraint {
            any_relation(&|_, own| own.constraint(constraint).is_some())
        } else if let Some(trigger) = &self.trigger {
            any_relation(&|_, own| own.triggers.iter().any(|found| found.name == *trigger))
        } else if let Some(policy) = &self.policy {
            any_relation(&|_, own| own.policies.contains(policy))
        } else if let Some(index) = &self.index {
            catalog.indexes.keys().any(|name| is(name, index))
        } else if let Some(view) = &self.view {
            catalog.relations.keys().any(|name| is(name, view))
        } else if let Some(sequence) = &self.sequence {
            catalog.sequences.keys().any(|name| is(name, sequence))
        } else if let Some(wanted) = &self.type_name {
            let found = catalog.types.iter().find(|(name, _)| is(name, wanted));
            match (&self.label, found) {
                (None, found) => {
                    found.is_some() || catalog.relations.keys().any(|name| is(name, wanted))
                }
                (Some(label), Some((_, found))) => match &found.kind {
                    TypeKind::Enum(labels) => labels.contains(label),
                    _ => false,
                },
                (Some(_), None) => false,
            }
        } else if self.label.is_some() {
            return None;
        } else if let Some(extension) = &self.extension {
            catalog.extensions.contains(extension)
        } else if let Some(function) = &self.function {
            catalog.functions.keys().any(|name| is(name, function))
        } else if let Some(table) = &self.table {
            // `pg_class` holds tables, views, indexes and sequences
            let all = catalog.relations.keys().chain(catalog.indexes.keys());
            let mut all = all.chain(catalog.sequences.keys());
            all.any(|name| is(name, table))
        } else {
            let wanted = self.namespace.as_ref()?;
            let used = catalog.relations.in_schema(wanted).next().is_some();
            used || wanted == Name::DEFAULT_SCHEMA || catalog.schemas.contains(wanted)
        })
    }
}
