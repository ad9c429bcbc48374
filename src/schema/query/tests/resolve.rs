use super::*;

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
