mod demand;
mod judge;
mod resolve;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::schema::catalog::{
    Column, Constraint, ConstraintKind, Expression, Follow, Follows, Function, Generated, Identity,
    Index, Relation, RelationKind, Trigger, TriggerEvent, Type, TypeKind, UserType, Volatility,
};
use crate::source::{FileId, MemoryLoader, SourceMap, Span};

fn here() -> Span {
    Span::new(FileId(0), 0, 0)
}

fn name(text: &str) -> Name {
    Name::folded(None, text)
}

fn text(text: &str) -> Expression {
    Expression {
        text: text.into(),
        volatility: Volatility::Immutable,
        columns: Vec::new(),
    }
}

/// `name type [not null] [default x]`
fn column(written: &str) -> Column {
    let (head, default) = match written.split_once(" default ") {
        Some((head, default)) => (head, Some(text(default))),
        None => (written, None),
    };
    let (head, not_null) = match head.strip_suffix(" not null") {
        Some(head) => (head, true),
        None => (head, false),
    };
    let (name, ty) = head.split_once(' ').expect("a type");
    let (ty, modifiers) = match ty.split_once('(') {
        Some((ty, length)) => (ty, vec![length.trim_end_matches(')').parse().expect("n")]),
        None => (ty, Vec::new()),
    };
    Column {
        name: name.into(),
        ty: Some(Type {
            modifiers,
            ..Type::named(ty)
        }),
        not_null,
        default,
        generated: None,
        identity: None,
        span: here(),
    }
}

fn unique(name: &str, columns: &[&str]) -> Index {
    Index {
        name: name.into(),
        keys: columns.iter().map(|key| Some(key.to_string())).collect(),
        text: columns.join(", "),
        columns: columns.iter().map(|key| key.to_string()).collect(),
        unique: true,
        strict_nulls: false,
        predicate: None,
        constraint: None,
        span: here(),
    }
}

fn constraint(name: &str, kind: ConstraintKind) -> Constraint {
    Constraint {
        name: name.into(),
        kind,
        validated: true,
        enforced: true,
        deferrable: false,
        strict_nulls: false,
        span: here(),
    }
}

/// The fixture of the measurements, by hand.
fn fixture() -> Catalog {
    let mut catalog = Catalog::default();
    let mut u = Relation::empty(RelationKind::Table, here());
    u.columns = vec![column("id bigint not null")];
    u.indexes = vec![unique("u_pkey", &["id"])];
    u.constraints = vec![constraint(
        "u_pkey",
        ConstraintKind::PrimaryKey(vec!["id".into()]),
    )];
    let mut t = Relation::empty(RelationKind::Table, here());
    t.columns = [
        "id bigint not null",
        "a int",
        "b int not null default 1",
        "c varchar(20)",
        "m mood default 'a'",
        "uid bigint",
    ]
    .map(column)
    .to_vec();
    t.indexes = vec![unique("t_pkey", &["id"])];
    t.constraints = vec![constraint(
        "t_pkey",
        ConstraintKind::PrimaryKey(vec!["id".into()]),
    )];
    let mut v = Relation::empty(RelationKind::View, here());
    v.columns = vec![column("id bigint"), column("b int")];
    v.reads = ["id", "b"]
        .map(|column| crate::schema::catalog::Dependency {
            relation: name("t"),
            column: Some(column.into()),
        })
        .to_vec();
    catalog.relations.insert(name("t"), Arc::new(t));
    catalog.relations.insert(name("u"), Arc::new(u));
    catalog.relations.insert(name("v"), Arc::new(v));
    let labels = ["a", "b", "c"].map(String::from).to_vec();
    catalog.types.insert(
        name("mood"),
        Arc::new(UserType {
            kind: TypeKind::Enum(labels),
            span: here(),
        }),
    );
    catalog.functions.insert(
        name("fr"),
        vec![Arc::new(Function {
            arguments: Vec::new(),
            optional: 0,
            returns: Some("setof t".into()),
            language: "sql".into(),
            body: "select * from t".into(),
            volatility: Volatility::Stable,
            is_trigger: false,
            declaration: String::new(),
            reads: vec![crate::schema::catalog::Dependency {
                relation: name("t"),
                column: None,
            }],
            span: here(),
        })],
    );
    catalog
}

fn t(catalog: &mut Catalog) -> &mut Relation {
    catalog.relation_mut(&name("t")).expect("t")
}

fn a(catalog: &mut Catalog) -> &mut Column {
    t(catalog).column_mut("a").expect("a")
}

fn contract(sql: &str) -> Contract {
    let contract = Contract::from_sql(sql, FileId(0), 0, &fixture());
    assert_eq!(contract.unknown, [], "{sql}");
    contract
}

/// `42703 t.a` for each break, `~` before those that depend on values, the moment where it is not
/// always.
fn judged(sql: &str, now: &Catalog) -> Vec<String> {
    shown(&breaks(&contract(sql), &fixture(), now))
}

fn shown(found: &[Break]) -> Vec<String> {
    found
        .iter()
        .map(|found| {
            let may = if found.certain { "" } else { "~" };
            let code = match found.sqlstate {
                "" => format!("{:?}", found.kind),
                code => code.to_string(),
            };
            let when = match found.when {
                When::Prepared => " prepared",
                When::Fresh => " fresh",
                When::Always | When::Semantic => "",
            };
            format!("{may}{code}{when} {}", found.element)
        })
        .collect()
}

fn changed(change: impl FnOnce(&mut Catalog)) -> Catalog {
    let mut catalog = fixture();
    change(&mut catalog);
    catalog
}

fn reads(sql: &str) -> Vec<String> {
    let contract = contract(sql);
    let reads: BTreeSet<String> = contract
        .queries
        .iter()
        .flat_map(|query| &query.reads)
        .map(|(name, column)| format!("{name}.{column}"))
        .collect();
    reads.into_iter().collect()
}
