//! The top level of a file.

use super::super::{Entry, Place};

pub(super) static TOP: [Entry; 16] = [
    Entry::new("language", &["<edition:integer>"])
        .doc("The edition that the file is written in; optional, and the first statement if it is there.")
        .example("language 1"),
    Entry::new("import", &["<path:path>"])
        .many()
        .doc("Makes that file's declarations visible here. The path is seen from this file and stays below the project root. What the imported file itself imports is not visible here.")
        .example("import \"platform.swb\""),
    Entry::new("service", &["<name:name>"])
        .block(Place::Service)
        .many()
        .doc("Something that runs in versions and takes traffic.")
        .example("service checkout { workload \"deploy/checkout.yaml\" }"),
    Entry::new("database", &["<name:name>"])
        .block(Place::Database)
        .many()
        .doc("A schema that migrations move.")
        .example("database orders { engine postgres 15; migrations \"db/migrations\" }"),
    Entry::new("config", &["<name:name>"])
        .block(Place::Config)
        .many()
        .doc("Configuration or content that is pushed in versions. It is rolled out in steps like code.")
        .example("config rate-limits { at 8; version 8; version 9 }"),
    Entry::new("flag", &["<name:name>"])
        .may_block(Place::Flag)
        .many()
        .doc("A feature flag that a plan opens in steps.")
        .example("flag express-pay { service checkout; default off }"),
    Entry::new("format", &["<name:name>"])
        .may_block(Place::Format)
        .many()
        .doc("Data that one version writes and another reads: messages, sessions, cache entries, files.")
        .example("format session { retention 7d }"),
    Entry::new("cohort", &["<name:name>"])
        .block(Place::Cohort)
        .many()
        .doc("A group of requests, told by a header, a cookie or a country.")
        .example("cohort staff { header \"x-staff\" = \"1\" }"),
    Entry::new("provider", &["<name:name>"])
        .block(Place::Provider)
        .many()
        .doc("Where measurements come from. The name is the kind, unless `kind` says otherwise.")
        .example("provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }"),
    Entry::new("gate", &["<name:name>"])
        .block(Place::Gate)
        .many()
        .doc("One measurement, and when it passes.")
        .example("gate errors { query \"...\"; kind proportion; expect value < 1%; every 1m for 10m }"),
    Entry::new("strategy", &["<name:call>"])
        .block(Place::Strategy)
        .many()
        .doc("Steps to reuse. Parameters take their type from where they are used; `first = 1%` gives a default.")
        .example("strategy cautious(gates, first = 1%) { step canary { weight first; hold 1h; watch gates } }"),
    Entry::new("plan", &["<name:name>"])
        .block(Place::Plan)
        .many()
        .doc("The steps of one change.")
        .example("plan checkout-42 { roll checkout from 41 to 42 }"),
    Entry::new("release", &["<name:name>"])
        .block(Place::Release)
        .many()
        .doc("Plans that run together and are checked together.")
        .example("release autumn { includes checkout-42 }"),
    Entry::new("policy", &["<name:name>"])
        .block(Place::Policy)
        .many()
        .doc("What every plan that obeys it must satisfy.")
        .example("policy production { require first-weight <= 5% }"),
    Entry::new("target", &["<name:name>"])
        .block(Place::Target)
        .many()
        .doc("A platform to compile for.")
        .example("target prod { kind argo-rollouts; namespace shop }"),
    Entry::new("environment", &["<name:name>"])
        .block(Place::Environment)
        .many()
        .doc("What differs there: a closed replacement of single values. Lists are replaced whole.")
        .example("environment staging { service checkout { replicas 2 } }"),];
