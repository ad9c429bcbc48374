use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::schema::catalog::{
    Column, Constraint, ConstraintKind, Expression, Function, Generated, Identity, Index, Relation,
    RelationKind, Trigger, TriggerEvent, Type, TypeKind, UserType, Volatility,
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
            returns: Some("setof t".into()),
            body: "select * from t".into(),
            volatility: Volatility::Stable,
            is_trigger: false,
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

#[test]
fn columns_are_found_through_aliases_joins_and_sub_queries() {
    for (sql, expected) in [
        (
            "SELECT o.a FROM t AS o WHERE o.id = $1",
            vec!["t.a", "t.id"],
        ),
        ("SELECT a FROM public.t ORDER BY b DESC", vec!["t.a", "t.b"]),
        (
            "SELECT t.a, u.id FROM t JOIN u ON u.id = t.uid",
            vec!["t.a", "t.uid", "u.id"],
        ),
        (
            "WITH x AS (SELECT a AS n FROM t WHERE c = :c) SELECT n FROM x GROUP BY n",
            vec!["t.a", "t.c"],
        ),
        (
            "SELECT s.a FROM (SELECT * FROM t) s WHERE EXISTS (SELECT 1 FROM u WHERE u.id = s.uid)",
            vec!["t.a", "t.uid", "u.id"],
        ),
        (
            "SELECT a AS x FROM t WHERE id IN (SELECT id FROM u) ORDER BY x",
            vec!["t.a", "t.id", "u.id"],
        ),
        ("SELECT T.\"a\" FROM T", vec!["t.a"]),
        ("UPDATE t SET b = a + ? WHERE id = ?", vec!["t.a", "t.id"]),
        (
            "DELETE FROM t USING u WHERE t.uid = u.id RETURNING t.a",
            vec!["t.a", "t.uid", "u.id"],
        ),
        ("SELECT a FROM t UNION SELECT b FROM v", vec!["t.a", "v.b"]),
        ("SELECT fr.c FROM fr()", vec!["t.c"]),
        (
            "SELECT count(*), max(a) FROM t HAVING max(b) > 1",
            vec!["t.a", "t.b"],
        ),
        (
            "SELECT CASE WHEN a > 0 THEN b ELSE 0 END FROM t",
            vec!["t.a", "t.b"],
        ),
        (
            "INSERT INTO t (id, a) SELECT id, 1 FROM u ON CONFLICT (id) DO UPDATE SET a = t.b",
            vec!["t.b", "t.id", "u.id"],
        ),
        (
            "WITH RECURSIVE r AS (SELECT id FROM u UNION ALL SELECT r.id + 1 FROM r) SELECT id FROM r",
            vec!["u.id"],
        ),
        (
            "SELECT x.n FROM unnest($1::bigint[]) AS x(n) JOIN t ON t.id = x.n",
            vec!["t.id"],
        ),
        ("SELECT row_to_json(t) FROM t", vec![]),
        (
            "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT (id, a) VALUES (u.id, 1)",
            vec!["t.id", "u.id"],
        ),
        ("BEGIN; SELECT c FROM t FOR UPDATE; COMMIT", vec!["t.c"]),
    ] {
        assert_eq!(reads(sql), expected, "{sql}");
    }
}

#[test]
fn what_is_not_understood_is_unknown_at_its_place() {
    for (sql, place) in [
        ("SELECT nope FROM t", "nope"),
        ("SELECT t.a FROM missing AS m, t", "missing AS m"),
        ("SELECT x.a FROM t", "x.a"),
        ("SELECT :a, nope FROM t", "nope"),
        ("SELECT FROM WHERE", "SELECT FROM WHERE"),
        ("CREATE TABLE x (a int)", "CREATE TABLE x (a int)"),
        ("DO $$ BEGIN END $$", "DO $$ BEGIN END $$"),
    ] {
        let found = Contract::from_sql(sql, FileId(0), 0, &fixture());
        let places: Vec<&str> = found
            .unknown
            .iter()
            .map(|unknown| &sql[unknown.place.range()])
            .collect();
        assert_eq!(places, [place], "{sql}");
    }
}

#[test]
fn a_missing_column_breaks_whoever_names_it() {
    let now = changed(|catalog| t(catalog).columns.retain(|column| column.name != "a"));
    for (sql, expected) in [
        ("SELECT a FROM t", vec!["42703 t.a"]),
        ("SELECT c FROM t", vec![]),
        (
            "SELECT * FROM t",
            vec!["0A000 prepared t", "~ColumnNotGiven t.a"],
        ),
        ("INSERT INTO t (id, a) VALUES (1, 2)", vec!["42703 t.a"]),
        (
            "INSERT INTO t VALUES (1, 1, 1, 'x', 'a', 1)",
            vec!["42601 t"],
        ),
        ("UPDATE t SET b = 1", vec![]),
        ("SELECT id FROM v", vec![]),
    ] {
        assert_eq!(judged(sql, &now), expected, "{sql}");
    }
    // built against the schema without it, run on the one with it: expand too late is the reverse
    let whole = Contract::whole(&fixture(), here());
    assert!(shown(&breaks(&whole, &fixture(), &now)).contains(&"42703 t.a".to_string()));
    let older = Contract::whole(&now, here());
    assert_eq!(shown(&breaks(&older, &now, &fixture())), [""; 0]);
}

#[test]
fn a_new_column_breaks_stars_in_kept_plans_and_ambiguous_names() {
    let now = changed(|catalog| t(catalog).columns.push(column("z int")));
    assert_eq!(judged("SELECT * FROM t", &now), ["0A000 prepared t"]);
    assert_eq!(
        judged("INSERT INTO t (id) VALUES (1) RETURNING *", &now),
        ["0A000 prepared t"]
    );
    assert_eq!(judged("SELECT id, a FROM t", &now), [""; 0]);
    let now = changed(|catalog| {
        let u = catalog.relation_mut(&name("u")).expect("u");
        u.columns.push(column("a int"));
    });
    let sql = "SELECT a FROM t JOIN u ON u.id = t.uid";
    assert_eq!(judged(sql, &now), ["42702 u.a"]);
    assert_eq!(
        judged("SELECT t.a FROM t JOIN u ON u.id = t.uid", &now),
        [""; 0]
    );
}

#[test]
fn null_is_refused_where_a_query_may_write_it() {
    let now = changed(|catalog| a(catalog).not_null = true);
    for (sql, expected) in [
        ("INSERT INTO t (id, a) VALUES (1, 2)", vec![]),
        ("INSERT INTO t (id, a) VALUES (1, NULL)", vec!["23502 t.a"]),
        ("INSERT INTO t (id, a) VALUES ($1, $2)", vec!["~23502 t.a"]),
        ("INSERT INTO t (id, a) VALUES ($1, coalesce($2, 0))", vec![]),
        ("INSERT INTO t (id) VALUES (1)", vec!["23502 t.a"]),
        ("UPDATE t SET a = a + 1", vec![]),
        ("UPDATE t SET a = uid", vec!["~23502 t.a"]),
        ("UPDATE t SET a = NULL", vec!["23502 t.a"]),
        (
            "INSERT INTO t (id, a) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET a = excluded.a",
            vec![],
        ),
        ("SELECT a FROM t", vec![]),
    ] {
        assert_eq!(judged(sql, &now), expected, "{sql}");
    }
    let now = changed(|catalog| {
        t(catalog).columns.push(column("z int not null"));
    });
    assert_eq!(judged("INSERT INTO t (id) VALUES (1)", &now), ["23502 t.z"]);
}

#[test]
fn a_trigger_that_fills_the_column_keeps_old_writers_alive() {
    let mut now = changed(|catalog| t(catalog).columns.push(column("z int not null")));
    now.functions.insert(
        name("fill"),
        vec![Arc::new(Function {
            arguments: Vec::new(),
            returns: Some("trigger".into()),
            body: "begin new.z := new.a; return new; end".into(),
            volatility: Volatility::Volatile,
            is_trigger: true,
            reads: Vec::new(),
            span: here(),
        })],
    );
    t(&mut now).triggers.push(Trigger {
        name: "sync".into(),
        function: Some(name("fill")),
        before: true,
        events: vec![TriggerEvent::Insert],
        enabled: true,
        span: here(),
    });
    assert_eq!(judged("INSERT INTO t (id) VALUES (1)", &now), [""; 0]);
    let mut gone = now.clone();
    t(&mut gone).triggers[0].enabled = false;
    let contract = Contract::from_sql("INSERT INTO t (id) VALUES (1)", FileId(0), 0, &now);
    assert_eq!(
        shown(&breaks(&contract, &now, &gone)),
        ["23502 t.z", "~TriggerGone t.sync"]
    );
}

#[test]
fn conditions_are_held_against_constants() {
    let check = |validated| {
        changed(|catalog| {
            t(catalog).constraints.push(Constraint {
                validated,
                ..constraint(
                    "ck",
                    ConstraintKind::Check(Expression {
                        columns: vec!["a".into()],
                        ..text("a > 0")
                    }),
                )
            });
        })
    };
    for (sql, expected) in [
        ("INSERT INTO t (id, a) VALUES (1, 2)", vec![]),
        ("INSERT INTO t (id, a) VALUES (1, -5)", vec!["23514 t.ck"]),
        ("INSERT INTO t (id, a) VALUES (1, NULL)", vec![]),
        ("INSERT INTO t (id) VALUES (1)", vec![]),
        ("INSERT INTO t (id, a) VALUES (1, $1)", vec!["~23514 t.ck"]),
        ("UPDATE t SET a = 0", vec!["23514 t.ck"]),
        ("UPDATE t SET c = 'x'", vec![]),
        ("SELECT a FROM t", vec![]),
    ] {
        assert_eq!(judged(sql, &check(true)), expected, "{sql}");
    }
    // an update of any column looks at the whole row
    assert_eq!(
        judged("UPDATE t SET c = 'x'", &check(false)),
        ["~23514 t.ck"]
    );
}

#[test]
fn unique_indexes_and_foreign_keys_refuse_rows() {
    let now = changed(|catalog| t(catalog).indexes.push(unique("uq", &["a"])));
    assert_eq!(
        judged("INSERT INTO t (id, a) VALUES (1, 2)", &now),
        ["~23505 t.uq"]
    );
    assert_eq!(
        judged("INSERT INTO t (id, a) VALUES (1, NULL)", &now),
        [""; 0]
    );
    assert_eq!(judged("UPDATE t SET b = 2", &now), [""; 0]);
    // what was unique stays it with more columns
    let wider = changed(|catalog| t(catalog).indexes.push(unique("uq", &["id", "a"])));
    assert_eq!(
        judged("INSERT INTO t (id, a) VALUES (1, 2)", &wider),
        [""; 0]
    );
    let now = changed(|catalog| {
        let kind = ConstraintKind::ForeignKey {
            columns: vec!["uid".into()],
            references: name("u"),
            referenced: Vec::new(),
        };
        t(catalog).constraints.push(constraint("fk", kind));
    });
    assert_eq!(
        judged("INSERT INTO t (id, uid) VALUES (1, 2)", &now),
        ["~23503 t.fk"]
    );
    assert_eq!(judged("INSERT INTO t (id) VALUES (1)", &now), [""; 0]);
    assert_eq!(judged("DELETE FROM u WHERE id = 1", &now), ["~23503 t.fk"]);
}

#[test]
fn on_conflict_needs_its_index() {
    let now = changed(|catalog| {
        t(catalog).indexes.clear();
        t(catalog).constraints.clear();
    });
    assert_eq!(
        judged(
            "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
            &now
        ),
        ["42P10 t", "~UniqueGone t"]
    );
    assert_eq!(
        judged(
            "INSERT INTO t (id) VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING",
            &now
        ),
        ["42704 t.t_pkey", "~UniqueGone t"]
    );
    assert_eq!(
        judged("SELECT a FROM t WHERE id = $1", &now),
        ["~IndexGone t.t_pkey"]
    );
}

#[test]
fn types_are_judged_for_operators_values_and_kept_plans() {
    let typed = |written: &str| {
        changed(|catalog| {
            let new = column(written);
            let name = new.name.clone();
            *t(catalog).column_mut(&name).expect("there") = new;
        })
    };
    let now = typed("a text");
    for (sql, expected) in [
        (
            "SELECT a FROM t",
            vec!["0A000 prepared t.a", "~OtherType t.a"],
        ),
        ("SELECT b FROM t", vec![]),
        ("UPDATE t SET a = a + 1", vec!["42883 t.a"]),
        ("SELECT id FROM t WHERE a = 5", vec!["42883 t.a"]),
        ("SELECT id FROM t WHERE a = $1", vec!["~42883 t.a"]),
        ("SELECT id FROM t WHERE a = '5'", vec![]),
        ("INSERT INTO t (id, a) VALUES (1, 2)", vec![]),
        ("SELECT count(a) FROM t", vec![]),
        ("SELECT max(a) FROM t", vec!["~0A000 prepared t.a"]),
        ("SELECT a::text FROM t", vec![]),
        ("SELECT (fr()).*", vec!["42804 prepared t.a"]),
    ] {
        assert_eq!(judged(sql, &now), expected, "{sql}");
    }
    let now = typed("c varchar(5)");
    for (sql, expected) in [
        ("INSERT INTO t (id, c) VALUES (1, 'x')", vec![]),
        (
            "INSERT INTO t (id, c) VALUES (1, '123456')",
            vec!["22001 t.c"],
        ),
        ("INSERT INTO t (id, c) VALUES (1, $1)", vec!["~22001 t.c"]),
        ("SELECT c FROM t", vec!["0A000 prepared t.c"]),
    ] {
        assert_eq!(judged(sql, &now), expected, "{sql}");
    }
    let now = typed("id int not null");
    assert_eq!(
        judged("INSERT INTO t (id) VALUES ($1)", &now),
        ["~22003 t.id"]
    );
    assert_eq!(
        judged("INSERT INTO t (id) VALUES (3000000000)", &now),
        ["22003 t.id"]
    );
}

#[test]
fn labels_are_known_or_not() {
    let labelled = |labels: &[&str]| {
        changed(|catalog| {
            let kind = TypeKind::Enum(labels.iter().map(|label| label.to_string()).collect());
            let ty = UserType { kind, span: here() };
            catalog.types.insert(name("mood"), Arc::new(ty));
        })
    };
    let renamed = labelled(&["aa", "b", "c"]);
    assert_eq!(
        judged("UPDATE t SET m = 'a'", &renamed),
        ["22P02 fresh t.m"]
    );
    assert_eq!(
        judged("SELECT id FROM t WHERE m IN ('a', 'b')", &renamed),
        ["22P02 fresh t.m"]
    );
    let more = labelled(&["a", "b", "c", "d"]);
    assert_eq!(judged("SELECT m FROM t", &more), ["~NewLabel t.m 'd'"]);
    assert_eq!(judged("UPDATE t SET m = 'a'", &more), [""; 0]);
    let newer = Contract::from_sql("UPDATE t SET m = 'd'", FileId(0), 0, &more);
    assert_eq!(
        shown(&breaks(&newer, &more, &fixture())),
        ["22P02 fresh t.m"]
    );
    assert!(newer.may_write_label(&more, &name("t"), "m", "d"));
    assert!(!newer.may_write_label(&more, &name("t"), "m", "b"));
}

#[test]
fn generated_columns_are_the_servers() {
    let now = changed(|catalog| {
        t(catalog).column_mut("id").expect("id").identity = Some(Identity::Always);
    });
    assert_eq!(
        judged("INSERT INTO t (id) VALUES (1)", &now),
        ["428C9 t.id"]
    );
    assert_eq!(
        judged(
            "INSERT INTO t (id) OVERRIDING SYSTEM VALUE VALUES (1)",
            &now
        ),
        [""; 0]
    );
    let now = changed(|catalog| a(catalog).generated = Some(Generated::Stored));
    assert_eq!(judged("UPDATE t SET a = 1", &now), ["428C9 t.a"]);
}

#[test]
fn readers_meet_null_only_where_somebody_writes_it() {
    let now = changed(|catalog| t(catalog).column_mut("b").expect("b").not_null = false);
    assert_eq!(judged("SELECT b FROM t", &now), ["~NullRead t.b"]);
    let writes = |sql: &str| {
        Contract::from_sql(sql, FileId(0), 0, &now).may_write_null(&now, &name("t"), "b")
    };
    assert!(writes("UPDATE t SET b = $1"));
    assert!(writes("INSERT INTO t (id, b) VALUES (1, NULL)"));
    assert!(!writes("INSERT INTO t (id) VALUES (1)"));
    assert!(!writes("UPDATE t SET b = 5"));
}

#[test]
fn a_view_in_the_place_of_a_table_serves_all_queries() {
    let now = changed(|catalog| {
        let table = catalog.relations.remove(&name("t")).expect("t");
        let mut view = Relation::empty(RelationKind::View, here());
        view.columns = table
            .columns
            .iter()
            .map(|column| Column {
                not_null: false,
                default: None,
                ..column.clone()
            })
            .collect();
        view.reads = vec![crate::schema::catalog::Dependency {
            relation: name("t9"),
            column: None,
        }];
        catalog.relations.insert(name("t9"), table);
        catalog.relations.insert(name("t"), Arc::new(view));
    });
    for sql in [
        "SELECT * FROM t",
        "INSERT INTO t VALUES (1, 1, 1, 'x', 'a', 1)",
        "INSERT INTO t (id, a) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET a = excluded.a",
        "UPDATE t SET m = 'a'",
    ] {
        let found = judged(sql, &now);
        let told: Vec<&String> = found.iter().filter(|one| !one.contains("Null")).collect();
        assert!(told.is_empty(), "{sql}: {told:?}");
    }
}

#[test]
fn uses_name_relations_and_columns() {
    let item = |text: &str| crate::source::Spanned::new(text.to_string(), here());
    let contract = Contract::from_uses(
        &[
            item("t.id"),
            item("t.a"),
            item("u"),
            item("nope"),
            item("t.nope"),
        ],
        &fixture(),
    );
    assert_eq!(contract.unknown.len(), 2);
    let now = changed(|catalog| {
        t(catalog)
            .columns
            .retain(|column| !matches!(column.name.as_str(), "a" | "c"));
    });
    assert_eq!(shown(&breaks(&contract, &fixture(), &now)), ["42703 t.a"]);
}

#[test]
fn what_sqlx_wrote_is_read_at_its_place() {
    let json = "{\n \"db_name\": \"PostgreSQL\",\n \"query\": \"SELECT \\\"a\\\",\\n  nope FROM t\",\n \"describe\": {}\n}";
    let found = Contract::from_sqlx_json(json, FileId(0), &fixture());
    assert_eq!(found.queries.len(), 1);
    assert_eq!(found.unknown.len(), 1);
    assert_eq!(&json[found.unknown[0].place.range()], "nope");
    let other = Contract::from_sqlx_json("{}", FileId(0), &fixture());
    assert_eq!(other.unknown.len(), 1);
}

#[test]
fn files_are_read_by_their_ending() {
    let loader = MemoryLoader::new()
        .with("q/a.sql", "SELECT a FROM t; SELECT b FROM t")
        .with("q/b.json", "{\"query\": \"SELECT c FROM t\"}")
        .with("q/c.txt", "SELECT")
        .with("q/d.sql", b"\xff".to_vec());
    let paths: Vec<std::path::PathBuf> = ["a.sql", "b.json", "c.txt", "d.sql", "e.sql"]
        .iter()
        .map(|name| format!("q/{name}").into())
        .collect();
    let mut sources = SourceMap::new();
    let found = read_queries(
        &loader,
        &mut sources,
        &paths,
        &|path| path.display().to_string(),
        here(),
        &fixture(),
    );
    assert_eq!(found.queries.len(), 3);
    assert_eq!(found.unknown.len(), 3);
}

#[test]
fn an_unchanged_schema_breaks_nothing() {
    // the rules by themselves, without the shortcut for equal schemas
    let mut other = fixture();
    other.relations.insert(
        name("w"),
        Arc::new(Relation::empty(RelationKind::Table, here())),
    );
    let mut same = fixture();
    t(&mut same).span = Span::new(FileId(1), 0, 0);
    let mut all = Contract::whole(&fixture(), here());
    for sql in [
        "SELECT *, t.*, a + '1', max(b) FROM t GROUP BY 1",
        "INSERT INTO t VALUES (1, NULL, NULL, 'far too long for the column that it is put into', 'nope', 1)",
        "INSERT INTO t (id, b) VALUES ('x', NULL) ON CONFLICT (a) DO UPDATE SET b = NULL",
        "SELECT (fr()).*, fr(1)",
        "UPDATE v SET id = 5",
        "DELETE FROM u",
        "SELECT a FROM t WHERE c = 5 AND m = 'nope' AND b = 'x'",
    ] {
        all.merge(Contract::from_sql(sql, FileId(0), 0, &fixture()));
    }
    for now in [&fixture(), &other, &same] {
        assert_eq!(shown(&breaks(&all, &fixture(), now)), [""; 0]);
    }
}

#[test]
fn hostile_text_ends() {
    let deep = format!("SELECT {}1{}", "(SELECT ".repeat(150), ")".repeat(150));
    let list: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
    let wide = format!("SELECT a FROM t WHERE a IN ({})", list.join(","));
    let chain = format!("SELECT a FROM t WHERE {}a", "a + ".repeat(900));
    let joins = format!("SELECT 1 FROM t {}", "JOIN u ON true ".repeat(400));
    for sql in [
        deep.as_str(),
        &wide,
        &chain,
        &joins,
        "",
        ";;;",
        "'",
        "SELECT \"",
        "$$",
        ":a :b ? @",
        "INSERT INTO",
        "WITH",
    ] {
        let contract = Contract::from_sql(sql, FileId(0), 0, &fixture());
        let now = changed(|catalog| t(catalog).columns.clear());
        let _ = breaks(&contract, &fixture(), &now);
    }
}
