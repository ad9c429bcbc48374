//! Random versions, databases and migrations.

use super::*;
use std::fmt::Write as _;

pub(super) fn version(
    random: &mut Random,
    number: usize,
    databases: &[Database],
    configs: &[Config],
) -> Version {
    let mut version = Version::default();
    for (own, database) in databases.iter().enumerate() {
        let last = database.migrations.len() - 1;
        // the first versions fit the schema that stands there more often than not
        let built = match number {
            0 if random.chance(70) => database.at,
            _ => random.below(last + 1),
        };
        version
            .schema
            .push((own == 0 || random.chance(50)).then_some(built));
    }
    let built = version.schema[0].unwrap_or(0);
    let shape = &databases[0].shapes[built];
    let tables: Vec<(&String, &Vec<String>)> = shape.iter().collect();
    match random.below(3) {
        // only where one database is used does a column without its database name say which
        0 if version.schema.iter().flatten().count() == 1 => {
            let (table, columns) = *random.pick(&tables);
            for column in columns {
                if random.chance(60) || column == "id" {
                    version.uses.push(format!("{table}.{column}"));
                }
            }
        }
        1 if version.schema.iter().flatten().count() == 1 => {
            let (table, columns) = *random.pick(&tables);
            let own: Vec<&str> = columns
                .iter()
                .map(String::as_str)
                .filter(|column| *column == "id" || random.chance(60))
                .collect();
            let mut sql = format!("SELECT {} FROM {table};\n", own.join(", "));
            if random.chance(50) {
                let values: Vec<String> = (1..=own.len()).map(|n| format!("${n}")).collect();
                let _ = writeln!(
                    sql,
                    "INSERT INTO {table} ({}) VALUES ({});",
                    own.join(", "),
                    values.join(", ")
                );
            }
            version.queries = Some(sql);
        }
        _ => {}
    }
    let some = |random: &mut Random, times: usize| -> Vec<usize> {
        (1..=3).filter(|_| random.chance(times)).collect()
    };
    if random.chance(60) {
        version.reads = some(random, 60);
        if random.chance(70) {
            version.writes = vec![1 + random.below(3)];
        }
    }
    if random.chance(40) {
        version.serves = some(random, 60);
    }
    if random.chance(30) {
        version.calls = vec![1 + random.below(3)];
    }
    for _ in configs {
        let keys = match random.chance(30) {
            true => vec![random.below(3)],
            false => Vec::new(),
        };
        version.needs.push(keys);
        let limit = random.chance(15).then(|| 1 + random.below(3));
        version.accepts.push(limit);
    }
    if random.chance(35) {
        version.evaluates = Some(random.chance(60).then(|| random.below(2)));
    }
    version
}

pub(super) fn database(random: &mut Random) -> Database {
    let mut shape: BTreeMap<String, Vec<String>> = BTreeMap::new();
    shape.insert("t".into(), vec!["id".into(), "a".into(), "b".into()]);
    let mut migrations = vec![
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int NOT NULL DEFAULT 0);\n".to_string(),
    ];
    let mut downs = vec!["DROP TABLE t;\n".to_string()];
    let mut shapes = vec![shape.clone()];
    let mut fresh = 0;
    for _ in 0..1 + random.below(4) {
        let several = random.chance(30);
        let (own, mut back): (Vec<String>, Vec<String>) = (0..if several { 2 } else { 1 })
            .map(|_| statement(random, &mut shape, &mut fresh))
            .unzip();
        back.reverse();
        if random.chance(15) {
            back = vec!["SELECT 1".to_string()];
        }
        let mut sql = |statements: &[String]| -> String {
            let apart = several && random.chance(60);
            let all = statements.iter().map(|one| match apart {
                // each commits by itself
                true => format!("BEGIN;\n{one};\nCOMMIT;\n"),
                false => format!("{one};\n"),
            });
            all.collect()
        };
        migrations.push(sql(&own));
        downs.push(sql(&back));
        shapes.push(shape.clone());
    }
    Database {
        at: random.below(2),
        migrations,
        downs,
        shapes,
    }
}

pub(super) fn statement(
    random: &mut Random,
    shape: &mut BTreeMap<String, Vec<String>>,
    fresh: &mut usize,
) -> (String, String) {
    *fresh += 1;
    let number = *fresh;
    let names: Vec<String> = shape.keys().cloned().collect();
    let table = random.pick(&names).clone();
    let columns = shape.get_mut(&table).expect("a table of the shape");
    let free: Vec<usize> = (0..columns.len())
        .filter(|&at| columns[at] != "id")
        .collect();
    let drop = |column: &str| format!("ALTER TABLE {table} DROP COLUMN {column}");
    match random.below(8) {
        0 => {
            columns.push(format!("n{number}"));
            let up = format!("ALTER TABLE {table} ADD COLUMN n{number} text");
            (up, drop(&format!("n{number}")))
        }
        1 => {
            columns.push(format!("n{number}"));
            let up = format!("ALTER TABLE {table} ADD COLUMN n{number} int NOT NULL DEFAULT 1");
            (up, drop(&format!("n{number}")))
        }
        2 | 3 if !free.is_empty() => {
            let column = columns.remove(*random.pick(&free));
            let down = format!("ALTER TABLE {table} ADD COLUMN {column} text");
            (drop(&column), down)
        }
        4 if !free.is_empty() => {
            let at = *random.pick(&free);
            let old = std::mem::replace(&mut columns[at], format!("r{number}"));
            let rename =
                |from: &str, to: &str| format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}");
            let new = format!("r{number}");
            (rename(&old, &new), rename(&new, &old))
        }
        5 if names.len() > 1 => {
            let columns = columns.clone();
            shape.remove(&table);
            let columns: Vec<String> = columns
                .iter()
                .map(|column| match column.as_str() {
                    "id" => "id int PRIMARY KEY".to_string(),
                    other => format!("{other} text"),
                })
                .collect();
            let down = format!("CREATE TABLE {table} ({})", columns.join(", "));
            (format!("DROP TABLE {table}"), down)
        }
        6 if !free.is_empty() => {
            let column = &columns[*random.pick(&free)];
            let alter = format!("ALTER TABLE {table} ALTER COLUMN {column}");
            (
                format!("{alter} SET NOT NULL"),
                format!("{alter} DROP NOT NULL"),
            )
        }
        7 => (
            format!("ALTER TABLE {table} ADD CONSTRAINT c{number} CHECK (id > 0) NOT VALID"),
            format!("ALTER TABLE {table} DROP CONSTRAINT c{number}"),
        ),
        _ => {
            shape.insert(format!("t{number}"), vec!["id".into(), "a".into()]);
            let up = format!("CREATE TABLE t{number} (id int PRIMARY KEY, a text)");
            (up, format!("DROP TABLE t{number}"))
        }
    }
}
