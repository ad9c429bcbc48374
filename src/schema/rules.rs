//! What can be wrong with a folder of migrations.

pub use crate::diagnostic::UNREADABLE_FILE;
use crate::diagnostic::{Class, Rule, Severity};

/// The folder is empty, or no layout is recognised.
pub static MIGRATIONS_FOLDER: Rule = Rule {
    name: "migrations-folder",
    code: "MG01",
    severity: Severity::Error,
    summary: "`migrations` names a folder whose layout is known",
    why: "Order, direction and transactions of migrations follow from the tool that runs them, and \
          the tool is known by how it names its files.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/first.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n",
    can_allow: false,
    class: Class::Finding,
};

/// Two migrations carry one version.
pub static DUPLICATE_MIGRATION: Rule = Rule {
    name: "duplicate-migration",
    code: "MG02",
    severity: Severity::Error,
    summary: "each migration has a version of its own",
    why: "With two migrations of one version the tool refuses to run, or runs one of them and takes \
          the other for done. It happens when two branches are merged.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n--- db/0002_add_total.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN total text;\n--- db/0002_add_total.down.sql\nALTER TABLE orders DROP COLUMN total;\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n--- db/0003_add_total.up.sql\nALTER TABLE orders ADD COLUMN total text;\n--- db/0003_add_total.down.sql\nALTER TABLE orders DROP COLUMN total;\n",
    can_allow: false,
    class: Class::Finding,
};

/// A migration has no way back. Reported by the caller, where the plan goes back over it.
pub static MISSING_DOWN: Rule = Rule {
    name: "missing-down",
    code: "MG03",
    severity: Severity::Advice,
    summary: "each migration that may be taken back says how",
    why: "A down that holds no statement succeeds and changes nothing, so the database is not what \
          its version says. If there is no way back, say so: `-- irreversible: reason`.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\n\nplan notes {\n  step expand { migrate orders to 0002 }\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\n-- nothing to do\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\n\nplan notes {\n  step expand { migrate orders to 0002 }\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n",
    can_allow: true,
    class: Class::Finding,
};

/// The folder holds files of more than one tool.
pub static MIXED_LAYOUTS: Rule = Rule {
    name: "mixed-layouts",
    code: "MG04",
    severity: Severity::Warning,
    summary: "a folder of migrations follows one tool's naming",
    why: "A tool passes over files that it does not know without a word, so a migration can look \
          done that never ran.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n--- db/V3__add_total.sql\nALTER TABLE orders ADD COLUMN total bigint;\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n--- db/0003_add_total.up.sql\nALTER TABLE orders ADD COLUMN total text;\n--- db/0003_add_total.down.sql\nALTER TABLE orders DROP COLUMN total;\n",
    can_allow: true,
    class: Class::Finding,
};

/// The folder holds more than the limit.
pub static TOO_MANY_MIGRATIONS: Rule = Rule {
    name: "too-many-migrations",
    code: "MG05",
    severity: Severity::Error,
    summary: "a folder of migrations stays within what is read",
    why: "Such a folder was almost surely named by accident; reading it would take long and say \
          nothing.",
    failing: "",
    passing: "",
    can_allow: false,
    class: Class::Finding,
};

/// A script cannot be cut into statements.
pub static SQL_NOT_UNDERSTOOD: Rule = Rule {
    name: "sql-not-understood",
    code: "MG06",
    severity: Severity::Error,
    summary: "every migration can be read as SQL",
    why: "What a migration does to the schema is unknown when it cannot be read; unknown is not \
          safe.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text DEFAULT 'none;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text DEFAULT 'none';\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n",
    can_allow: true,
    class: Class::Finding,
};

/// A down stands alone.
pub static DOWN_WITHOUT_UP: Rule = Rule {
    name: "down-without-up",
    code: "MG07",
    severity: Severity::Error,
    summary: "each down belongs to an up",
    why: "The tool finds the version but nothing to run for it, and stops there.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n--- db/0003_add_total.down.sql\nALTER TABLE orders DROP COLUMN total;\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n",
    can_allow: false,
    class: Class::Finding,
};

/// An up holds no statement.
pub static EMPTY_UP: Rule = Rule {
    name: "empty-up",
    code: "MG09",
    severity: Severity::Advice,
    summary: "each migration holds a statement",
    why: "The tool runs a file of nothing but comments and marks its version as done. Whoever \
          reads the version then takes a change for made that was never written.",
    failing: "--- main.swb\nservice web {\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001 }\n}\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\nplan forward {\n  step up { migrate shop to 0002 }\n}\n--- db/0001_a.up.sql\nCREATE TABLE a (id int);\n--- db/0001_a.down.sql\nDROP TABLE a;\n--- db/0002_b.up.sql\n-- nothing yet\n--- db/0002_b.down.sql\nDROP TABLE b;\n",
    passing: "--- main.swb\nservice web {\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001 }\n}\ndatabase shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\nplan forward {\n  step up { migrate shop to 0002 }\n}\n--- db/0001_a.up.sql\nCREATE TABLE a (id int);\n--- db/0001_a.down.sql\nDROP TABLE a;\n--- db/0002_b.up.sql\nCREATE TABLE b (id int);\n--- db/0002_b.down.sql\nDROP TABLE b;\n",
    can_allow: true,
    class: Class::Finding,
};

/// A number is left out of a sequence.
pub static MIGRATION_GAP: Rule = Rule {
    name: "migration-gap",
    code: "MG11",
    severity: Severity::Advice,
    summary: "the numbers of migrations follow on one another",
    why: "A number that is left out belongs to a migration that was lost, or that still comes from \
          another branch. When it comes, the tool passes over it, refuses it, or runs it behind \
          what was written to follow it.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n--- db/0003_add_city.up.sql\nALTER TABLE orders ADD COLUMN city text;\n--- db/0003_add_city.down.sql\nALTER TABLE orders DROP COLUMN city;\n--- db/0004_add_street.up.sql\nALTER TABLE orders ADD COLUMN street text;\n--- db/0004_add_street.down.sql\nALTER TABLE orders DROP COLUMN street;\n--- db/0006_add_total.up.sql\nALTER TABLE orders ADD COLUMN total text;\n--- db/0006_add_total.down.sql\nALTER TABLE orders DROP COLUMN total;\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/0001_create_orders.up.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/0001_create_orders.down.sql\nDROP TABLE orders;\n--- db/0002_add_note.up.sql\nSET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n--- db/0002_add_note.down.sql\nALTER TABLE orders DROP COLUMN note;\n--- db/0003_add_city.up.sql\nALTER TABLE orders ADD COLUMN city text;\n--- db/0003_add_city.down.sql\nALTER TABLE orders DROP COLUMN city;\n--- db/0004_add_street.up.sql\nALTER TABLE orders ADD COLUMN street text;\n--- db/0004_add_street.down.sql\nALTER TABLE orders DROP COLUMN street;\n--- db/0005_add_total.up.sql\nALTER TABLE orders ADD COLUMN total text;\n--- db/0005_add_total.down.sql\nALTER TABLE orders DROP COLUMN total;\n",
    can_allow: false,
    class: Class::Finding,
};

/// A migration is not what its checksum says.
pub static CHANGED_MIGRATION: Rule = Rule {
    name: "changed-migration",
    code: "MG13",
    severity: Severity::Error,
    summary: "each migration is the text whose checksum is kept beside it",
    why: "A migration that has run is not run again, so a database that has it is not what its text \
          says now. The tool compares the checksums before it runs anything, and stops.",
    failing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/20260101120000_orders.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/20260201120000_note.sql\nALTER TABLE orders ADD COLUMN note varchar(80);\n--- db/atlas.sum\nh1:gQlI5cgbM0udKsTN1Gg8CqbV+JIcYt6sgiUES3Etc3A=\n20260101120000_orders.sql h1:XhRHHneBhs6cmexUARl9JPW1apgiXlk/VQIMz0bCtfU=\n20260201120000_note.sql h1:GgqMl+lv2ks1mswdYAbJ7mngQTqEqMbYlp5FcoKX2ZE=\n",
    passing: "--- main.swb\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n--- db/20260101120000_orders.sql\nCREATE TABLE orders (id bigint PRIMARY KEY);\n--- db/20260201120000_note.sql\nALTER TABLE orders ADD COLUMN note text;\n--- db/atlas.sum\nh1:gQlI5cgbM0udKsTN1Gg8CqbV+JIcYt6sgiUES3Etc3A=\n20260101120000_orders.sql h1:XhRHHneBhs6cmexUARl9JPW1apgiXlk/VQIMz0bCtfU=\n20260201120000_note.sql h1:GgqMl+lv2ks1mswdYAbJ7mngQTqEqMbYlp5FcoKX2ZE=\n",
    can_allow: false,
    class: Class::Finding,
};

/// All rules of this room.
pub static RULES: [&Rule; 11] = [
    &UNREADABLE_FILE,
    &MIGRATIONS_FOLDER,
    &DUPLICATE_MIGRATION,
    &MISSING_DOWN,
    &MIXED_LAYOUTS,
    &TOO_MANY_MIGRATIONS,
    &SQL_NOT_UNDERSTOOD,
    &DOWN_WITHOUT_UP,
    &EMPTY_UP,
    &MIGRATION_GAP,
    &CHANGED_MIGRATION,
];
