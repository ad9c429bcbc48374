//! What the random units have shown to be judged wrongly, each as small as it can be.

use std::path::{Path, PathBuf};

use switchback::check::{Options, check};
use switchback::source::MemoryLoader;

/// Versions 1, 2 and 3 of two services; 0002 adds a column that nobody needs, 0003 drops `a`.
const WORLD: &str = "
database d { engine postgres 15; migrations \"db\"; at 0001 }
service api {
  domains east 50%, west 50%
  version 1 { schema d 0001; uses t.id, t.a; calls shop 1 }
  version 2 { schema d 0002; uses t.id, t.n }
  version 3 { schema d 0002; uses t.id }
}
service web {
  version 7 { serves shop 1 }
  version 8 { serves shop 2 }
}
";

/// The rules that find something in the world with these plans, out of those that are asked about.
fn found(plans: &str, asked: &[&str]) -> Vec<&'static str> {
    found_in(&format!("{WORLD}{plans}"), asked)
}

fn found_in(text: &str, asked: &[&str]) -> Vec<&'static str> {
    let loader = MemoryLoader::new()
        .with(Path::new("main.swb"), text)
        .with(
            "db/0001_t.up.sql",
            "CREATE TABLE t (id int PRIMARY KEY, a text);\n",
        )
        .with("db/0002_n.up.sql", "ALTER TABLE t ADD COLUMN n text;\n")
        .with("db/0003_a.up.sql", "ALTER TABLE t DROP COLUMN a;\n");
    let entry = PathBuf::from("main.swb");
    let outcome = check(&loader, Path::new(""), &[entry], &Options::default()).expect("no options");
    let mut found: Vec<&str> = outcome
        .findings
        .iter()
        .map(|found| found.rule.name)
        .filter(|name| asked.contains(name))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

const SCHEMA: [&str; 4] = [
    "contract-too-early",
    "expand-too-late",
    "schema-backwards",
    "irreversible-above-no-return",
];

/// `b` waits for the first step of `a`, not for what `a` does next, which waits for `b`.
#[test]
fn plans_may_wait_for_each_other_in_turn() {
    let plans = "
plan a {
  roll api from 1 to 2
  step one { migrate d to 0002 }
  step two { after b.only; weight 100% }
}
plan b {
  roll web from 7 to 8
  step only { after a.one; weight 100% }
}
release r { includes a; includes b }
";
    assert_eq!(found(plans, &["ordering-cycle"]), [""; 0]);
    let knot = plans.replace("after a.one", "after a.two");
    assert_eq!(found(&knot, &["ordering-cycle"]), ["ordering-cycle"]);
}

/// What has been migrated further already is no reason to wait.
#[test]
fn a_migration_that_another_plan_has_overtaken_waits_for_nothing() {
    let plans = "
plan a {
  roll api from 2 to 3
  step one { migrate d to 0003 }
}
plan b {
  roll web from 7 to 8
  step only { after a.one; migrate d to 0002 }
}
release r { includes a; includes b }
";
    assert_eq!(found(plans, &["ordering-cycle"]), [""; 0]);
}

/// Version 2 runs from the moment when the first plan brings it, not since the start of the second.
#[test]
fn a_version_that_two_plans_roll_runs_once() {
    let plans = "
plan a {
  roll api from 1 to 2
  step schema { migrate d to 0002 }
  step all { rolling }
}
plan b {
  roll api from 2 to 3
  step all { rolling }
}
release r { includes a; includes b after a.all }
";
    assert_eq!(found(plans, &SCHEMA), [""; 0]);
}

/// A plan that is done is not asked to go back from what a later one does.
#[test]
fn the_line_of_a_plan_is_not_drawn_by_what_comes_after_it() {
    let plans = "
plan a {
  roll api from 1 to 3
  step all { rolling }
  no return because \"the old version is gone\"
  step end { hold 30m }
}
plan b {
  step contract { migrate d to 0003 }
}
release r { includes a; includes b after a.end }
";
    let asked = ["misplaced-no-return", "irreversible-above-no-return"];
    assert_eq!(found(plans, &asked), ["misplaced-no-return"]);
}

/// All traffic of one failure domain is not all traffic: the old version serves in the other.
#[test]
fn one_failure_domain_is_not_all_of_them() {
    let half = "
plan a {
  roll api from 1 to 3
  step east { in east; weight 100% }
  step contract { migrate d to 0003 }
}
";
    assert!(found(half, &SCHEMA).contains(&"contract-too-early"));
    // the callee of the one domain that has not moved answers in the old way
    let world = WORLD.replace(
        "service web {",
        "service web {\n  domains east 50%, west 50%",
    );
    let world = world.replace("calls shop 1", "calls shop 2");
    let served = "
plan b {
  roll web from 7 to 8
  step east { in east; weight 100% }
  step settle { hold 30m }
}
plan a {
  roll api from 2 to 1
  step all { in east, west; weight 100% }
}
release r { includes b; includes a after b.east }
";
    assert_eq!(
        found_in(&format!("{world}{served}"), &["api-skew"]),
        ["api-skew"]
    );
}

/// A configuration in three versions, of which the second drops what version 1 needs, and a format.
const SETTINGS: &str = "
config limits {
  at 1
  version 1 { keys burst; size 10kB }
  version 2 { keys rate; size 30kB }
  version 3 { keys rate, burst; size 20kB }
}
flag quick
format queue { kind message; retention 2d }
service api {
  version 1 { needs limits burst; reads queue 1; writes queue 1 }
  version 2 { needs limits rate; evaluates quick as old; reads queue 1, 2; writes queue 2 }
  version 3 { accepts limits up to 20kB; evaluates quick as new; reads queue 2; writes queue 2 }
}
service web {
  domains east 50%, west 50%
  version 7
  version 8 { evaluates quick }
}
";

const PUT: [&str; 6] = [
    "config-before-code",
    "consumer-limit",
    "activate-before-fleet-converged",
    "flag-meaning-reused",
    "message-format-skew",
    "rollback-crosses-irreversible",
];

fn put(plans: &str, asked: &[&str]) -> Vec<&'static str> {
    found_in(&format!("{SETTINGS}{plans}"), asked)
}

/// What one plan has pushed is what the next one finds.
#[test]
fn plans_that_push_one_configuration_share_what_is_out_there() {
    let plans = |second: &str| {
        format!(
            "
plan first {{ step all {{ push limits to 3 }} }}
plan code {{
  roll api from 1 to 2
  step all {{ rolling }}
}}
plan second {{ step all {{ push limits to 2 }} }}
release r {{ includes first; includes code after first.all; includes second {second} }}
"
        )
    };
    let asked = ["config-before-code"];
    assert_eq!(put(&plans("after code.all"), &asked), [""; 0]);
    // version 1 may still run then
    assert_eq!(put(&plans("after first.all"), &asked), asked);
    // and version 2 finds what was there at first, if nothing is pushed
    let alone = "plan code { roll api from 1 to 2; step all { rolling } }";
    let alone = alone.replace("; step", "\n  step");
    assert_eq!(put(&alone, &asked), asked);
}

/// A plan that goes back takes its configuration back, and a body of `rollback` what it says.
#[test]
fn configuration_is_taken_back_with_the_traffic() {
    let plan = |rollback: &str| {
        format!(
            "
plan both {{
  roll api from 1 to 2
  step before {{ push limits to 3 }}
  step all {{ rolling }}
  step after {{ push limits to 2 }}
  step settle {{ hold 1h }}
  {rollback}
}}
"
        )
    };
    let asked = ["config-before-code"];
    assert_eq!(put(&plan("rollback within 2m"), &asked), [""; 0]);
    assert_eq!(
        put(&plan("rollback within 2m { weight 0% }"), &asked),
        asked
    );
}

/// A message is met until its retention has passed since the last writer went, through other plans.
#[test]
fn what_was_written_is_met_until_its_retention_ends() {
    let plans = |days: u32, edge: &str| {
        format!(
            "
plan one {{
  roll api from 1 to 2
  step all {{ rolling; hold 1h }}
  step settle {{ hold {days}d; {edge} }}
}}
plan between {{ step wait {{ hold 1d }} }}
plan two {{
  roll api from 2 to 3
  step all {{ rolling }}
}}
release r {{
  includes one
  includes between after one.settle
  includes two after between.wait
}}
"
        )
    };
    let asked = ["message-format-skew"];
    // version 1 cannot read what version 2 writes beside it, which is another matter
    let world = SETTINGS.replace("reads queue 1; writes", "reads queue 1, 2; writes");
    let found = |days, edge: &str| found_in(&format!("{world}{}", plans(days, edge)), &asked);
    assert_eq!(found(1, ""), [""; 0]);
    let world_of_three = world.replace("retention 2d", "retention 3d");
    let late = |days| found_in(&format!("{world_of_three}{}", plans(days, "")), &asked);
    assert_eq!(late(1), asked);
    assert_eq!(late(2), [""; 0]);
    // a plan that may go to an earlier step writes again
    assert_eq!(found(1, "on failure goto all at most 2 times"), asked);
}

/// A flag is open in one failure domain, and the old version serves in the other.
#[test]
fn a_flag_is_open_where_it_is_opened() {
    let plan = |domain: &str| {
        format!(
            "
plan p {{
  roll web from 7 to 8
  step east {{ in east; rolling; hold 1h }}
  step open {{ in {domain}; flag quick 10%; hold 1h }}
  step west {{ in west; rolling }}
}}
"
        )
    };
    let asked = ["activate-before-fleet-converged"];
    let world = SETTINGS.replace("service api {", "service api {\n  runs 2");
    let found = |domain| found_in(&format!("{world}{}", plan(domain)), &asked);
    assert_eq!(found("east"), [""; 0]);
    assert_eq!(found("west"), asked);
    // a service that nobody rolls may run what does not ask
    assert_eq!(put(&plan("east"), &asked), asked);
}

/// All that is put out is asked about, and nothing is told of what never meets.
#[test]
fn what_is_put_out_too_early_is_told() {
    let plans = "
plan one {
  roll api from 2 to 3
  step canary { weight 10% }
  step all { weight 100% }
}
plan limits { step all { push limits to 2 } }
release r { includes one; includes limits after one.all }
";
    assert_eq!(
        put(plans, &PUT),
        [
            "config-before-code",
            "consumer-limit",
            "flag-meaning-reused"
        ]
    );
}
