//! Migrations and queries as they are written: what each change means for a query.

use super::*;
use crate::schema::postgres::{apply, lower};
use crate::schema::{Engine, split};

/// The schema that all cases start from.
const START: &str = "
    CREATE TABLE orders (id bigint PRIMARY KEY, total numeric NOT NULL, email text);
    CREATE TABLE archive (id bigint, total numeric, email text);
    CREATE TABLE one (id bigint);
";

/// What a catalog is after some statements.
fn after(onto: &Catalog, sql: &str) -> Catalog {
    let mut catalog = onto.clone();
    for statement in split(sql, Some(Engine::PostgreSql), false).statements {
        let text = &sql[statement.range];
        for change in lower(text, here(), &catalog.clone(), "public") {
            let applied = apply(&change.value, &mut catalog, change.span, 15);
            assert!(applied.is_ok(), "{text}: {applied:?}");
        }
    }
    catalog
}

fn start() -> Catalog {
    let server = Catalog {
        server: 15,
        ..Catalog::default()
    };
    after(&server, START)
}

/// What of `query` breaks by `change` on a schema that `made` made.
fn breaks_of(made: &str, change: &str, query: &str) -> Vec<String> {
    let built = after(&start(), made);
    let now = after(&built, change);
    let contract = Contract::from_sql(query, FileId(0), 0, &built);
    assert_eq!(contract.unknown, [], "{query}");
    let mut found = shown(&breaks(&contract, &built, &now));
    found.dedup();
    found
}

type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

fn all(cases: &[Case]) {
    for (made, change, query, expected) in cases {
        let found = breaks_of(made, change, query);
        assert_eq!(found, *expected, "{made}\n{change}\n{query}");
    }
}

#[test]
fn objects_that_are_dropped_break_who_names_them() {
    all(&[
        (
            "CREATE TYPE st AS ENUM ('a')",
            "DROP TYPE st",
            "SELECT $1::st",
            &["42704 st"],
        ),
        (
            "CREATE TYPE st AS ENUM ('a')",
            "DROP TYPE st",
            "SELECT CAST($1 AS st[])",
            &["42704 st"],
        ),
        (
            "CREATE DOMAIN dm AS int",
            "DROP DOMAIN dm",
            "SELECT dm '1'",
            &["42704 dm"],
        ),
        (
            "CREATE SEQUENCE sq",
            "DROP SEQUENCE sq",
            "SELECT nextval('sq')",
            &["42P01 sq"],
        ),
        (
            "CREATE SEQUENCE sq",
            "DROP SEQUENCE sq",
            "SELECT nextval('public.sq'::regclass)",
            &["42P01 sq"],
        ),
        (
            "CREATE SEQUENCE sq",
            "DROP SEQUENCE sq",
            "SELECT last_value FROM sq",
            &["42P01 sq"],
        ),
        (
            "CREATE SEQUENCE sq; CREATE SEQUENCE other",
            "DROP SEQUENCE other",
            "SELECT nextval('sq')",
            &[],
        ),
        (
            "CREATE SEQUENCE sq",
            "ALTER SEQUENCE sq RENAME TO sr",
            "SELECT nextval($1)",
            &["~42P01 sq"],
        ),
        (
            "CREATE COLLATION x FROM \"C\"",
            "DROP COLLATION x",
            "SELECT id FROM orders ORDER BY email COLLATE x",
            &["42704 x"],
        ),
        (
            "CREATE EXTENSION pgcrypto",
            "DROP EXTENSION pgcrypto",
            "SELECT crypt($1, $2)",
            &["42883 crypt"],
        ),
        (
            "CREATE EXTENSION pgcrypto",
            "DROP EXTENSION pgcrypto",
            "SELECT lower($1)",
            &[],
        ),
        (
            "CREATE EXTENSION pg_trgm",
            "DROP EXTENSION pg_trgm",
            "SELECT id FROM orders WHERE email <% $1",
            &["42883 <%"],
        ),
        (
            "CREATE EXTENSION hstore",
            "DROP EXTENSION hstore",
            "SELECT $1::hstore",
            &["42704 hstore"],
        ),
        (
            "CREATE EXTENSION citext; ALTER TABLE orders ADD name citext",
            "DROP EXTENSION citext CASCADE",
            "SELECT name FROM orders",
            &["42703 orders.name"],
        ),
        (
            "CREATE MATERIALIZED VIEW mv AS SELECT id FROM orders",
            "DROP MATERIALIZED VIEW mv; CREATE MATERIALIZED VIEW mv AS SELECT id FROM orders WITH NO DATA",
            "SELECT id FROM mv",
            &["55000 mv"],
        ),
        (
            "CREATE MATERIALIZED VIEW mv AS SELECT id FROM orders WITH NO DATA",
            "REFRESH MATERIALIZED VIEW mv",
            "SELECT id FROM mv",
            &[],
        ),
        (
            "CREATE TYPE place AS (city text, street text); ALTER TABLE orders ADD p place",
            "ALTER TYPE place DROP ATTRIBUTE city",
            "SELECT (o.p).city FROM orders o",
            &["42703 place"],
        ),
    ]);
}

#[test]
fn a_domain_that_demands_more_refuses_casts_too() {
    all(&[
        (
            "CREATE DOMAIN dm AS int",
            "ALTER DOMAIN dm ADD CHECK (VALUE > 0)",
            "SELECT $1::dm",
            &["~23514 dm"],
        ),
        (
            "CREATE DOMAIN dm AS int CHECK (VALUE > 0)",
            "ALTER TABLE one ADD z dm",
            "SELECT $1::dm",
            &[],
        ),
    ]);
}

#[test]
fn what_no_catalog_keeps_leaves_it_unknown() {
    for (sql, unknown) in [
        ("DROP OPERATOR IF EXISTS ## (int, int)", true),
        ("DROP CAST (int AS text)", true),
        ("DROP TEXT SEARCH CONFIGURATION c", true),
        ("DROP STATISTICS s", false),
        ("CREATE EXTENSION pgcrypto; DROP EXTENSION pgcrypto", false),
        ("CREATE EXTENSION own; DROP EXTENSION own", true),
        ("CREATE EXTENSION own; ALTER EXTENSION own UPDATE", true),
        ("CREATE COLLATION x FROM \"C\"; DROP COLLATION x", false),
        (
            "CREATE COLLATION x FROM \"C\"; DROP COLLATION x CASCADE",
            true,
        ),
    ] {
        assert_eq!(after(&start(), sql).is_partly_unknown(), unknown, "{sql}");
    }
}

#[test]
fn what_calls_a_function_goes_with_it() {
    let default = "CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
        ALTER TABLE orders ALTER email SET DEFAULT g(); ALTER TABLE orders ALTER email SET NOT NULL";
    let filled = "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email = 'x'; RETURN NEW; END $$;
        CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tf();
        ALTER TABLE orders ALTER email SET NOT NULL";
    let beside = "CREATE TABLE aud (id bigint);
        CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO aud (id) VALUES (NEW.id); RETURN NEW; END $$;
        CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tf()";
    let insert = "INSERT INTO orders (id, total) VALUES (1, 2)";
    for (made, change, expected) in [
        (
            default,
            "DROP FUNCTION g() CASCADE",
            vec!["23502 orders.email"],
        ),
        (
            filled,
            "DROP FUNCTION tf() CASCADE",
            vec!["23502 orders.email", "~TriggerGone orders.tr"],
        ),
        (filled, "ALTER TABLE orders ADD COLUMN note text", vec![]),
        (beside, "DROP TABLE aud", vec!["~42P01 aud"]),
        (
            beside,
            "ALTER TABLE aud ADD COLUMN who text NOT NULL",
            vec!["~23502 aud.who"],
        ),
        (beside, "ALTER TABLE aud ADD COLUMN who text", vec![]),
        (
            "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.email := lower(NEW.email); RETURN NEW; END $$;
            CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tf()",
            "ALTER TABLE orders DROP COLUMN email",
            vec!["~42703 orders.email"],
        ),
    ] {
        assert_eq!(breaks_of(made, change, insert), expected, "{change}");
    }
    let mut refused = after(&start(), default);
    let change = lower("DROP FUNCTION g()", here(), &refused.clone(), "public");
    let error = apply(&change[0].value, &mut refused, here(), 15).expect_err("it is called");
    assert_eq!(error.sqlstate, "2BP01");
    all(&[
        (
            "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT email FROM orders LIMIT 1); END $$",
            "ALTER TABLE orders DROP COLUMN email",
            "SELECT f()",
            &["~42703 orders.email"],
        ),
        (
            "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT g()'",
            "DROP FUNCTION g()",
            "SELECT f()",
            &["42883 g"],
        ),
        (
            "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION f(x int, y int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SELECT f(1)",
            &["42725 f"],
        ),
        (
            "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION f(x int, y int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SELECT f(1)",
            &[],
        ),
    ]);
}

#[test]
fn a_label_breaks_wherever_it_stands() {
    let made = "CREATE TYPE st AS ENUM ('a', 'c'); ALTER TABLE orders ADD s st DEFAULT 'c';
        CREATE FUNCTION f(x st) RETURNS int LANGUAGE sql AS 'SELECT 1'";
    let change = "ALTER TYPE st RENAME VALUE 'a' TO 'b'";
    let st: &[&str] = &["22P02 fresh st"];
    let column: &[&str] = &["22P02 fresh orders.s"];
    let given: &[&str] = &["~22P02 orders.s"];
    for (query, expected) in [
        ("SELECT 'a'::st", st),
        ("SELECT CAST('a' AS st)", st),
        ("SELECT st 'a'", st),
        ("SELECT '{c,a}'::st[]", st),
        ("SELECT ARRAY['a']::st[]", st),
        ("SELECT f('a')", st),
        ("SELECT id FROM orders WHERE s = 'a'::st", st),
        ("SELECT id FROM orders WHERE coalesce(s, 'a') = 'c'", column),
        (
            "SELECT CASE s WHEN 'a' THEN 1 ELSE 2 END FROM orders",
            column,
        ),
        (
            "SELECT id FROM orders WHERE s = ANY (ARRAY['a', 'c'])",
            &["22P02 fresh orders.s"],
        ),
        ("SELECT id FROM orders WHERE s = ANY ('{a}')", column),
        ("SELECT id FROM orders WHERE s IN ('a')", column),
        ("SELECT id FROM orders WHERE s BETWEEN 'a' AND 'c'", column),
        ("SELECT id FROM orders WHERE (s, id) = ('a', 1)", column),
        (
            "INSERT INTO orders (id, total, s) VALUES (1, 2, 'a')",
            column,
        ),
        (
            "INSERT INTO orders (id, total, s) VALUES (1, 2, 'a'::st)",
            &["22P02 fresh st", "22P02 fresh orders.s"],
        ),
        ("UPDATE orders SET s = $1", given),
        (
            "INSERT INTO orders (id, total, s) VALUES ($1, $2, $3)",
            given,
        ),
        ("SELECT id FROM orders WHERE s = $1", given),
        ("SELECT $1::st", &["~22P02 st"]),
        ("SELECT s FROM orders", &["~OtherLabel orders.s"]),
        ("SELECT id FROM orders WHERE s = 'c'", &[]),
        ("SELECT 'c'::st", &[]),
    ] {
        assert_eq!(breaks_of(made, change, query), expected, "{query}");
    }
}

#[test]
fn the_number_of_columns_within_must_stay() {
    let wider = "ALTER TABLE orders ADD COLUMN z int";
    let one = "ALTER TABLE one ADD COLUMN z int";
    let found = |change: &str, query: &str| -> Vec<String> {
        let mut all = breaks_of("", change, query);
        all.retain(|found| !found.starts_with("0A000") && !found.starts_with("~"));
        all
    };
    for (change, query, expected) in [
        (
            wider,
            "INSERT INTO archive SELECT * FROM orders",
            vec!["42601 orders"],
        ),
        (
            wider,
            "INSERT INTO archive (id, total, email) SELECT * FROM orders",
            vec!["42601 orders"],
        ),
        (
            wider,
            "SELECT * FROM orders UNION ALL SELECT * FROM archive",
            vec!["42601 archive"],
        ),
        (
            wider,
            "SELECT id, total, email FROM orders UNION SELECT * FROM archive",
            vec![],
        ),
        (one, "SELECT (SELECT * FROM one LIMIT 1)", vec!["42601 one"]),
        (
            one,
            "SELECT id FROM orders WHERE id IN (SELECT * FROM one)",
            vec!["42601 one"],
        ),
        (
            one,
            "SELECT id FROM orders WHERE EXISTS (SELECT * FROM one)",
            vec![],
        ),
        (
            "ALTER TABLE orders DROP COLUMN total",
            "WITH o (a, b, c) AS (SELECT * FROM orders) SELECT a FROM o",
            vec!["42P10 orders"],
        ),
        (
            "ALTER TABLE orders DROP COLUMN total",
            "INSERT INTO archive SELECT * FROM orders",
            vec!["OtherColumns archive.total"],
        ),
    ] {
        assert_eq!(found(change, query), expected, "{change}\n{query}");
    }
}

#[test]
fn a_view_in_place_of_a_table_takes_what_the_server_lets_through() {
    let under = |query: &str| {
        format!("ALTER TABLE orders RENAME TO purchases; CREATE VIEW orders AS {query}")
    };
    let (plain, distinct) = (
        "SELECT * FROM purchases",
        "SELECT DISTINCT id, total FROM purchases",
    );
    let insert = "INSERT INTO orders (id, total) VALUES (1, 2)";
    for (view, query, expected) in [
        (plain, "TRUNCATE orders", vec!["42809 orders"]),
        (plain, "COPY orders (id) FROM STDIN", vec!["42809 orders"]),
        (plain, "COPY orders TO STDOUT", vec!["42809 orders"]),
        (plain, insert, vec![]),
        (
            plain,
            "INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT (id) DO NOTHING",
            vec![],
        ),
        (
            plain,
            "INSERT INTO orders (id, total) VALUES (1, 2) ON CONFLICT ON CONSTRAINT orders_pkey DO NOTHING",
            vec!["42704 orders.orders_pkey"],
        ),
        (
            plain,
            "MERGE INTO orders o USING one ON o.id = one.id WHEN MATCHED THEN DELETE",
            vec!["42809 orders"],
        ),
        (plain, "SELECT id FROM orders FOR UPDATE", vec![]),
        (
            plain,
            "SELECT id, total FROM orders GROUP BY id",
            vec!["42803 orders"],
        ),
        (distinct, insert, vec!["55000 orders"]),
        (
            distinct,
            "DELETE FROM orders WHERE id = 1",
            vec![
                "55000 orders",
                "~IndexGone orders.orders_pkey",
                "~RowsHidden orders",
            ],
        ),
        (
            distinct,
            "SELECT id FROM orders FOR UPDATE",
            vec!["0A000 orders", "~RowsHidden orders"],
        ),
        (
            "SELECT id, total + 0 AS total, email FROM purchases",
            "UPDATE orders SET total = 1",
            vec!["0A000 orders.total"],
        ),
        (
            "SELECT id, total + 0 AS total, email FROM purchases",
            "UPDATE orders SET email = 'a'",
            vec![],
        ),
        (
            "SELECT id, total, email FROM purchases WHERE total > 0",
            "SELECT id FROM orders",
            vec!["~RowsHidden orders"],
        ),
        (
            "SELECT id, total, email FROM purchases WHERE total > 0 WITH CHECK OPTION",
            "INSERT INTO orders (id, total) VALUES (1, -2)",
            vec!["44000 orders"],
        ),
        (
            "SELECT id, total, email FROM purchases WHERE total > 0 WITH CHECK OPTION",
            insert,
            vec![],
        ),
    ] {
        let mut found = breaks_of("", &under(view), query);
        // whether anybody writes `NULL` is judged with the other versions
        found.retain(|found| !found.starts_with("~NullRead"));
        assert_eq!(found, expected, "{view}\n{query}");
    }
    // a view that names columns anew is written by its own names
    assert_eq!(
        breaks_of(
            "CREATE VIEW v AS SELECT id AS key, email AS mail FROM orders",
            "ALTER TABLE orders ALTER total SET DEFAULT 1",
            "INSERT INTO v (key, mail) VALUES (1, 'a')"
        ),
        [""; 0]
    );
    // triggers in place of the write
    assert_eq!(
        breaks_of(
            "CREATE VIEW v AS SELECT DISTINCT id FROM orders;
             CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
             CREATE TRIGGER tv INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION tf()",
            "DROP TRIGGER tv ON v",
            "INSERT INTO v (id) VALUES ($1)"
        ),
        ["55000 v"]
    );
}

#[test]
fn a_type_that_changes_is_judged_by_what_is_done_with_the_column() {
    let to = |column: &str, ty: &str| {
        format!("ALTER TABLE orders ALTER {column} TYPE {ty} USING {column}::{ty}")
    };
    let made = "ALTER TABLE orders ADD n int, ADD active bool, ADD j jsonb, ADD at timestamp;
        CREATE FUNCTION own(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'";
    for (column, ty, query, expected) in [
        (
            "email",
            "int",
            "SELECT id FROM orders WHERE email LIKE 'a%'",
            vec!["42883 orders.email"],
        ),
        (
            "email",
            "varchar",
            "SELECT id FROM orders WHERE email LIKE 'a%'",
            vec![],
        ),
        (
            "email",
            "int",
            "SELECT id FROM orders WHERE lower(email) = $1",
            vec!["42883 orders.email"],
        ),
        (
            "active",
            "int",
            "SELECT id FROM orders WHERE active",
            vec!["42804 orders.active"],
        ),
        (
            "active",
            "int",
            "SELECT id FROM orders WHERE NOT active AND id = 1",
            vec!["42804 orders.active"],
        ),
        (
            "j",
            "text",
            "SELECT id FROM orders WHERE j->>'a' = $1",
            vec!["42883 orders.j"],
        ),
        (
            "n",
            "text",
            "SELECT id FROM orders GROUP BY id HAVING sum(n) > 1",
            vec!["42883 orders.n"],
        ),
        (
            "n",
            "bigint",
            "SELECT id FROM orders GROUP BY id HAVING sum(n) > 1",
            vec![],
        ),
        (
            "n",
            "text",
            "SELECT id FROM orders WHERE n BETWEEN 1 AND 2",
            vec!["42883 orders.n"],
        ),
        (
            "n",
            "text",
            "SELECT o.id FROM orders o JOIN (SELECT id AS n FROM one) x USING (n)",
            vec!["42883 orders.n"],
        ),
        (
            "n",
            "bigint",
            "SELECT id FROM orders WHERE own(n) = 1",
            vec!["~OtherType orders.n"],
        ),
        (
            "n",
            "text",
            "SELECT id FROM orders ORDER BY n",
            vec!["~OtherType orders.n"],
        ),
        (
            "j",
            "json",
            "SELECT id FROM orders ORDER BY j",
            vec!["42883 orders.j"],
        ),
        (
            "at",
            "text",
            "SELECT id FROM orders WHERE date_trunc('day', at) = $1",
            vec!["42883 orders.at"],
        ),
        (
            "n",
            "text",
            "SELECT id FROM orders WHERE n::text = $1",
            vec![],
        ),
        (
            "n",
            "text",
            "SELECT count(n) FROM orders WHERE n IS NOT NULL",
            vec![],
        ),
    ] {
        assert_eq!(
            breaks_of(made, &to(column, ty), query),
            expected,
            "{column} to {ty}\n{query}"
        );
    }
}

#[test]
fn conflicts_are_told_by_partial_indexes_and_expressions() {
    let made = "CREATE UNIQUE INDEX ux ON orders (total) WHERE email IS NULL;
        CREATE UNIQUE INDEX le ON orders (lower(email))";
    let partial = "INSERT INTO orders (id, total) VALUES ($1, $2)
        ON CONFLICT (total) WHERE (email IS NULL) DO NOTHING";
    let lower = "INSERT INTO orders (id, total, email) VALUES ($1, $2, $3)
        ON CONFLICT (LOWER(email)) DO NOTHING";
    all(&[
        (made, "DROP INDEX ux", partial, &["42P10 orders"]),
        (
            made,
            "DROP INDEX ux; CREATE UNIQUE INDEX ux ON orders (total) WHERE id > 1",
            partial,
            &["~42P10 orders"],
        ),
        (
            made,
            "DROP INDEX ux; CREATE UNIQUE INDEX uy ON orders (total) WHERE email IS NULL",
            partial,
            &[],
        ),
        (made, "DROP INDEX le", lower, &["42P10 orders"]),
        (made, "DROP INDEX ux", lower, &[]),
    ]);
    let found = breaks_of(made, "ALTER TABLE orders DROP COLUMN email", partial);
    assert!(found.contains(&"42703 orders.email".into()), "{found:?}");
}

#[test]
fn partitions_that_go_and_come_change_what_fits() {
    let made = "CREATE TABLE ev (ts int, n int) PARTITION BY RANGE (ts);
        CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (100);
        CREATE TABLE ev2 (ts int, n int)";
    let insert = "INSERT INTO ev (ts) VALUES ($1)";
    all(&[
        (
            made,
            "ALTER TABLE ev DETACH PARTITION ev1",
            insert,
            &["~23514 ev"],
        ),
        (made, "DROP TABLE ev1", insert, &["~23514 ev"]),
        (
            made,
            "ALTER TABLE ev DETACH PARTITION ev1; CREATE TABLE evd PARTITION OF ev DEFAULT",
            insert,
            &[],
        ),
        (
            made,
            "ALTER TABLE ev DETACH PARTITION ev1",
            "UPDATE ev SET n = 1",
            &[],
        ),
        (
            made,
            "ALTER TABLE ev DETACH PARTITION ev1",
            "SELECT ts FROM ev",
            &["~RowsHidden ev"],
        ),
        (
            made,
            "ALTER TABLE ev ATTACH PARTITION ev2 FOR VALUES FROM (100) TO (200)",
            "INSERT INTO ev2 (ts) VALUES ($1)",
            &["~23514 ev2"],
        ),
    ]);
}

#[test]
fn a_row_under_its_alias_has_columns() {
    all(&[
        (
            "",
            "ALTER TABLE orders DROP COLUMN email",
            "SELECT (o).email FROM orders o",
            &["42703 orders.email"],
        ),
        (
            "",
            "ALTER TABLE orders DROP COLUMN email",
            "SELECT (o).id FROM orders o",
            &[],
        ),
    ]);
}
