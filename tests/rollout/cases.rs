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
