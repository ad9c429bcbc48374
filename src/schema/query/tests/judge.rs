use super::*;

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
            optional: 0,
            returns: Some("trigger".into()),
            language: "plpgsql".into(),
            body: "begin new.z := coalesce(new.a, 0); return new; end".into(),
            volatility: Volatility::Volatile,
            is_trigger: true,
            declaration: String::new(),
            reads: Vec::new(),
            span: here(),
        })],
    );
    t(&mut now).triggers.push(Trigger {
        name: "sync".into(),
        function: Some(name("fill")),
        before: true,
        instead: false,
        row: true,
        events: vec![TriggerEvent::Insert],
        columns: Vec::new(),
        when: None,
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
    let body = |text: &str| {
        let mut now = now.clone();
        let function = &mut now.functions.get_mut(&name("fill")).expect("fill")[0];
        Arc::make_mut(function).body = text.into();
        judged("INSERT INTO t (id) VALUES (1)", &now)
    };
    // `a` is left out, and `NULL` as well
    for (text, expected) in [
        ("begin new.z := new.a; return new; end", true),
        ("begin new.z := 7; return new; end", false),
        (
            "begin if new.a is null then new.z := 7; end if; return new; end",
            false,
        ),
        (
            "begin if new.a = 3 then new.z := 7; end if; return new; end",
            true,
        ),
        (
            "begin if new.id = 1 then new.z := 7; end if; return new; end",
            false,
        ),
        (
            "begin if tg_op = 'UPDATE' then new.z := 7; end if; return new; end",
            true,
        ),
        (
            "begin if new.a > 0 then new.z := 1; else new.z := 2; end if; return new; end",
            false,
        ),
        ("begin return new; new.z := 7; end", true),
    ] {
        assert_eq!(body(text) == ["23502 t.z"], expected, "{text}");
    }
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
    let referring = |follows| {
        changed(|catalog| {
            let kind = ConstraintKind::ForeignKey {
                columns: vec!["uid".into()],
                references: name("u"),
                referenced: Vec::new(),
                follows,
            };
            t(catalog).constraints.push(constraint("fk", kind));
        })
    };
    let now = referring(Follows::default());
    assert_eq!(
        judged("INSERT INTO t (id, uid) VALUES (1, 2)", &now),
        ["~23503 t.fk"]
    );
    assert_eq!(judged("INSERT INTO t (id) VALUES (1)", &now), [""; 0]);
    assert_eq!(judged("DELETE FROM u WHERE id = 1", &now), ["~23503 t.fk"]);
    let follows = Follows {
        delete: Follow::Cascade,
        update: Follow::Refused,
    };
    let now = referring(follows);
    assert_eq!(judged("DELETE FROM u WHERE id = 1", &now), [""; 0]);
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
