//! Layouts that are recognised but not read: what they are, and how to get SQL from them.

/// A tool whose migrations are not SQL files that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// Its name.
    pub name: &'static str,
    /// What to do instead.
    pub help: &'static str,
}

const ALEMBIC: Foreign = Foreign {
    name: "Alembic",
    help: "print the SQL with `alembic upgrade FROM:TO --sql` and `alembic downgrade TO:FROM --sql`, and keep it as `0042_title.up.sql` and `0042_title.down.sql`",
};
const DJANGO: Foreign = Foreign {
    name: "Django",
    help: "print the SQL with `python manage.py sqlmigrate APP 0042`, and again with `--backwards`, and keep it as `0042_title.up.sql` and `0042_title.down.sql`",
};
const RAILS: Foreign = Foreign {
    name: "Rails",
    help: "run the migration against a scratch database with the log on, and keep the SQL of the log as `VERSION_title.up.sql` and `VERSION_title.down.sql`",
};
const SCRIPTS: Foreign = Foreign {
    name: "a JavaScript tool (Knex, TypeORM, Sequelize, node-pg-migrate)",
    help: "run the migration against a scratch database with the queries logged, and keep the SQL as `VERSION_title.up.sql` and `VERSION_title.down.sql`",
};
const LARAVEL: Foreign = Foreign {
    name: "Laravel",
    help: "print the SQL with `php artisan migrate --pretend`, and keep it as `VERSION_title.up.sql` and `VERSION_title.down.sql`",
};
const ECTO: Foreign = Foreign {
    name: "Ecto",
    help: "print the SQL with `mix ecto.migrate --log-migrations-sql`, and keep it as `VERSION_title.up.sql` and `VERSION_title.down.sql`",
};
const LIQUIBASE: Foreign = Foreign {
    name: "Liquibase",
    help: "print the SQL with `liquibase update-sql` and `liquibase future-rollback-sql`, and keep it as `0042_title.up.sql` and `0042_title.down.sql`",
};
const PGROLL: Foreign = Foreign {
    name: "a tool with declared operations (pgroll, Reshape)",
    help: "say what the operations do with `migration ID { effects ... }` in the `database`",
};

/// What the names of a folder look like; `names` holds each with whether it is a folder.
pub(super) fn from_names(names: &[(String, bool)]) -> Option<Foreign> {
    let has = |wanted: &str| names.iter().any(|(name, _)| name == wanted);
    let ends = |endings: &[&str]| {
        names.iter().any(|(name, folder)| {
            let numbered = name.bytes().take(3).all(|b| b.is_ascii_digit());
            !folder && numbered && endings.iter().any(|ending| name.ends_with(ending))
        })
    };
    if has("env.py") || has("alembic.ini") || has("script.py.mako") {
        return Some(ALEMBIC);
    }
    if names
        .iter()
        .any(|(name, folder)| !folder && is_alembic(name))
    {
        return Some(ALEMBIC);
    }
    if ends(&[".py"]) {
        return Some(DJANGO);
    }
    if ends(&[".rb"]) {
        return Some(RAILS);
    }
    if ends(&[".js", ".ts", ".mjs", ".cjs"]) {
        return Some(SCRIPTS);
    }
    if ends(&[".exs"]) {
        return Some(ECTO);
    }
    if ends(&[".php"]) {
        return Some(LARAVEL);
    }
    let changelog = |name: &String| {
        let name = name.to_ascii_lowercase();
        (name.contains("changelog") || name.contains("changeset"))
            && [".xml", ".yaml", ".yml", ".json", ".sql"]
                .iter()
                .any(|e| name.ends_with(e))
    };
    if names
        .iter()
        .any(|(name, folder)| !folder && changelog(name))
    {
        return Some(LIQUIBASE);
    }
    ends(&[".json", ".yaml", ".yml", ".toml"]).then_some(PGROLL)
}

/// `1975ea83b712_create_account.py`
fn is_alembic(name: &str) -> bool {
    let Some((revision, _)) = name
        .strip_suffix(".py")
        .and_then(|stem| stem.split_once('_'))
    else {
        return false;
    };
    revision.len() == 12 && revision.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_layouts_are_told_by_name() {
        let look = |names: &[&str]| {
            let names: Vec<(String, bool)> = names
                .iter()
                .map(|n| (n.trim_end_matches('/').to_string(), n.ends_with('/')))
                .collect();
            from_names(&names).map(|f| f.name)
        };
        assert_eq!(look(&["versions/", "env.py"]), Some("Alembic"));
        assert_eq!(look(&["1975ea83b712_create.py"]), Some("Alembic"));
        assert_eq!(look(&["0001_initial.py", "__init__.py"]), Some("Django"));
        assert_eq!(look(&["20240101120000_create_users.rb"]), Some("Rails"));
        assert_eq!(look(&["db.changelog-master.xml"]), Some("Liquibase"));
        assert_eq!(
            look(&["20240101120000-x.ts"]).map(|n| n.contains("Knex")),
            Some(true)
        );
        assert_eq!(look(&["README.md", "seed.sql"]), None);
    }
}
