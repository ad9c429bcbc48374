//! Databases, configuration, flags, formats and cohorts.

use super::super::{Entry, Place};

pub(super) static DATABASE: [Entry; 8] = [
    Entry::new(
        "engine",
        &[
            "<engine:postgres|mysql|mariadb|sqlite> (<version:id>)?",
            "<engine:postgres|mysql|mariadb|sqlite> <op:compare> <version:id>",
        ],
    )
    .doc("The server and its version; with `>=` the worst over all newer versions counts.")
    .example("engine postgres 15"),
    Entry::new("migrations", &["<path:path>"])
        .doc("The folder of migrations: golang-migrate, diesel, sqlx, Flyway, goose or dbmate.")
        .example("migrations \"db/migrations\""),
    Entry::new("at", &["<id:id>"])
        .doc("The migration that the database stands at (default: the `from` version's schema).")
        .example("at 0041"),
    Entry::new("table", &["<name:id>"])
        .block(Place::Table)
        .many()
        .doc("How large and how busy a table is.")
        .example("table orders { rows 40M; writes 300/s }"),
    Entry::new("deadline", &["<time:duration above 0s>"])
        .doc("The longest that one migration may take.")
        .example("deadline 10m"),
    Entry::new("connections", &["<count:integer above 0>"])
        .doc("The connections that the database can take.")
        .example("connections 500"),
    Entry::new("migration", &["<id:id>"])
        .block(Place::Migration)
        .many()
        .doc("What a migration does, for SQL that cannot be understood: it is taken to happen at the first such statement, and what the other statements do is read from them.")
        .example("migration 0042 { effects adds orders.email }"),
    Entry::new("run", &["image <image:text>", "command <command:text>"])
        .doc("How a migration is executed.")
        .example("run image \"registry.example.com/shop/migrate@sha256:...\""),
];

pub(super) static TABLE: [Entry; 3] = [
    Entry::new("rows", &["<count:count>"])
        .doc("About how many rows it holds.")
        .example("rows 40M"),
    Entry::new("writes", &["<rate:rate>"])
        .doc("Rows written for each second.")
        .example("writes 300/s"),
    Entry::new("size", &["<size:bytes>"])
        .doc("How much it holds on disk.")
        .example("size 12GiB"),
];

pub(super) static MIGRATION: [Entry; 1] = [Entry::new(
    "effects",
    &["(<effect:adds|drops|renames|rewrites|locks|none> (<element:id>)?),..."],
)
.many()
.required()
.doc("What the migration does: `adds` a table, or a column that may be `NULL`; `drops` one; `renames` takes the old name away, and the new one is an `adds` of its own; `rewrites`, `locks` and `none` leave tables and columns as they are.")
.example("effects adds orders.email, drops orders.mail")];

pub(super) static CONFIG: [Entry; 3] = [
    Entry::new("at", &["<version:id>"])
        .doc("The version that is live before the plan.")
        .example("at 8"),
    Entry::new("version", &["<id:id>"])
        .may_block(Place::ConfigVersion)
        .many()
        .doc("One version of the configuration.")
        .example("version 9 { file \"config/rate-limits-9.yaml\" }"),
    Entry::new("service", &["<service:service>..."])
        .doc("The services that read it.")
        .example("service edge-gateway"),
];

pub(super) static CONFIG_VERSION: [Entry; 3] = [
    Entry::new("file", &["<path:path>"])
        .doc("The file that is pushed.")
        .example("file \"config/rate-limits-9.yaml\""),
    Entry::new("keys", &["<key:id>..."])
        .doc("The keys that this version holds, where they cannot be read from the file.")
        .example("keys per-client.burst, per-client.rate"),
    Entry::new("size", &["<size:bytes>"])
        .doc("How large it is (default: the size of the file).")
        .example("size 3MiB"),
];

pub(super) static FLAG: [Entry; 2] = [
    Entry::new("service", &["<service:service>..."])
        .doc("The services that ask for the flag.")
        .example("service checkout"),
    Entry::new("default", &["<state:on|off>"])
        .doc("What is served where the flag cannot be read.")
        .example("default off"),
];

pub(super) static FORMAT: [Entry; 2] = [
    Entry::new(
        "retention",
        &["<time:duration above 0s>", "<forever:forever>"],
    )
    .doc("How long what was written can still be met (default: for ever).")
    .example("retention 7d"),
    Entry::new("kind", &["<kind:message|session|cache|row|asset>"])
        .doc("What it is: a `message` in a queue, the `session` of a user, an entry of a `cache`, a `row` of a table (default), or an `asset` that a page asks for: who serves the page writes it, who serves the asset reads it.")
        .example("kind message"),
];

pub(super) static COHORT: [Entry; 4] = [
    Entry::new("header", &["<name:text> = <value:text>"])
        .doc("Requests whose header has this value.")
        .example("header \"x-staff\" = \"1\""),
    Entry::new("cookie", &["<name:text> = <value:text>"])
        .doc("Requests whose cookie has this value.")
        .example("cookie \"beta\" = \"yes\""),
    Entry::new("country", &["<country:id>... by header <name:text>"])
        .doc("Requests from these countries (ISO 3166 codes), told by a header that the edge sets.")
        .example("country KR by header \"x-country\""),
    Entry::new("share", &["<share:percent above 0%>"])
        .doc("About what share of the traffic the cohort is.")
        .example("share 15%"),
];
