//! The command line as scripts use it: exit codes, formats, options, and what each command refuses.

mod common;

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use common::{expect, finish, json, ran, root, run, switchback};

const CLEAN: &str = "service web {\n  traffic 10/s\n}\n";

/// A project whose only plan has one finding of each weight.
fn weighted(folder: &Path, weights: &[&str]) {
    let digest = |digit: char| digit.to_string().repeat(64);
    let falling = if weights.contains(&"warning") {
        "5%"
    } else {
        "50%"
    };
    let migrate = if weights.contains(&"advice") {
        "  step expand { migrate orders to 2 }\n"
    } else {
        ""
    };
    let image = if weights.contains(&"error") {
        "r.example.com/web:latest".to_string()
    } else {
        format!("r.example.com/web@sha256:{}", digest('2'))
    };
    let text = format!(
        "gate errors {{ query \"sum(rate(errors_total[2m]))\"; expect value < 5; every 1m for 10m }}\n\
         database orders {{ engine postgres 15; migrations \"db\"; at 1 }}\n\
         service web {{\n  replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s\n\
         \x20 version 1 {{ image \"r.example.com/web@sha256:{}\"; schema orders 1 }}\n  version 2 {{ image \"{image}\"; schema orders 1 }}\n}}\n\
         plan p {{\n  roll web from 1 to 2\n{migrate}\
         \x20 step a {{ weight 20%; hold 30m; watch errors }}\n\
         \x20 step b {{ weight {falling}; hold 30m; watch errors }}\n}}\n",
        digest('1')
    );
    fs::create_dir_all(folder.join("db")).expect("a folder");
    for (name, sql) in [
        ("1_a.up.sql", "CREATE TABLE a (id int);\n"),
        ("1_a.down.sql", "DROP TABLE a;\n"),
        (
            "2_b.up.sql",
            "SET lock_timeout = '2s';\nALTER TABLE a ADD COLUMN b int;\n",
        ),
        ("2_b.down.sql", "-- nothing\n"),
    ] {
        fs::write(folder.join("db").join(name), sql).expect("written");
    }
    fs::write(folder.join("main.swb"), text).expect("written");
}

#[test]
fn exit_codes_follow_the_heaviest_finding_and_fail_on() {
    let order = ["advice", "warning", "error"];
    for (number, weight) in order.iter().enumerate() {
        let scratch = tempfile::tempdir().expect("a folder");
        weighted(scratch.path(), &[weight]);
        let report = json(scratch.path(), &[]);
        let found: Vec<_> = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| finding["severity"].as_str().expect("a weight").to_string())
            .collect();
        assert_eq!(found, [weight.to_string()], "{report:#}");
        for (limit, option) in order.iter().enumerate() {
            for format in [
                "full",
                "concise",
                "json",
                "jsonl",
                "sarif",
                "github",
                "gitlab",
                "junit",
                "checkstyle",
                "markdown",
            ] {
                let ran = run(
                    scratch.path(),
                    &["check", "--fail-on", option, "--format", format],
                );
                let expected = i32::from(number >= limit);
                assert_eq!(
                    ran.code, expected,
                    "{weight} with --fail-on {option} as {format}"
                );
                assert_eq!(ran.err, "");
            }
        }
        assert_eq!(
            run(scratch.path(), &["check", "--fail-on", "never"]).code,
            0
        );
        // an error fails without being asked to, the others do not
        let expected = i32::from(*weight == "error");
        assert_eq!(run(scratch.path(), &["check"]).code, expected, "{weight}");
    }
    let scratch = tempfile::tempdir().expect("a folder");
    weighted(scratch.path(), &[]);
    let ran = run(scratch.path(), &["check", "--fail-on", "advice"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn what_cannot_be_read_is_two_whatever_else_there_is() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    fs::write(
        folder.join("binary.swb"),
        b"service web { traffic 10/s } # \xff\n",
    )
    .expect("written");
    let binary = run(folder, &["check"]);
    assert_eq!(binary.code, 2);
    assert!(binary.out.contains("byte 31"), "{}", binary.out);
    fs::write(folder.join("wrong.swb"), "service web { trafic 10/s }\n").expect("written");
    assert_eq!(run(folder, &["check"]).code, 2);
    assert_eq!(run(folder, &["check", "wrong.swb"]).code, 1);

    // a folder that is named and not there is like a file that is not
    let folder_missing = "database orders { engine postgres 15; migrations \"db\" }\n";
    fs::write(folder.join("folder.swb"), folder_missing).expect("written");
    assert_eq!(run(folder, &["check", "folder.swb"]).code, 2);

    let missing = run(folder, &["check", "nothing.swb"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
    assert!(missing.err.contains("`nothing.swb`"), "{}", missing.err);

    let empty = folder.join("empty");
    fs::create_dir(&empty).expect("a folder");
    let none = run(folder, &["check", "empty"]);
    assert_eq!((none.code, none.out.as_str()), (2, ""));
    for said in ["`empty`", "`.swb`", "switchback init"] {
        assert!(none.err.contains(said), "{}", none.err);
    }
}

#[test]
fn wrong_usage_is_two_and_says_what_is_right() {
    for (args, said) in [
        (vec![], "Usage"),
        (vec!["chekc"], "check"),
        (vec!["check", "--format", "xml"], "sarif"),
        (vec!["check", "--fail-on", "never-ever"], "advice"),
        (vec!["check", "--frmat", "json"], "--format"),
        (vec!["show"], "<PLAN>"),
        (vec!["build"], "--target"),
        (vec!["explain", "--reference", "weight"], "cannot be used"),
    ] {
        let ran = run(&root(), &args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{args:?}");
    }
    for args in [["--help"], ["--version"]] {
        let ran = run(&root(), &args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert!(ran.out.contains("switchback"));
    }
}

#[test]
fn a_target_that_does_not_exist_is_said_before_what_is_wrong_with_the_plan() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("web.swb"),
        "service web { trafic 10/s }\ntarget prod { kind argo-rollouts }\n",
    )
    .expect("written");
    let built = |target| {
        run(
            folder.path(),
            &["build", "--target", target, "--out", "out"],
        )
    };
    let wrong = built("prdo");
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(
        wrong
            .err
            .contains("there is no target `prdo`; did you mean `prod`?"),
        "{}",
        wrong.err
    );
    let right = built("prod");
    assert_eq!(right.code, 1, "{}", right.err);
    assert!(right.out.contains("`trafic`"), "{}", right.out);
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let mut child = switchback(&root())
        .args(["explain", "--reference"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut out = child.stdout.take().expect("a pipe");
    let mut first = [0u8; 16];
    out.read_exact(&mut first).expect("it prints");
    drop(out);
    let said = ran(child.wait_with_output().expect("it ends"));
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn reports_for_programs_are_valid() {
    let schema: serde_json::Value = serde_json::from_str(
        &fs::read_to_string(root().join("docs/report.schema.json")).expect("the schema"),
    )
    .expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for folder in ["tests/ui", "examples"] {
        let report = json(&root().join(folder), &["."]);
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{folder}: {}", errors.join("\n"));

        let ran = run(&root().join(folder), &["check", "--format", "sarif", "."]);
        let log: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(log["version"], "2.1.0");
        let results = log["runs"][0]["results"].as_array().expect("results");
        let findings = report["findings"].as_array().expect("findings");
        assert_eq!(results.len(), findings.len());
        let rules = log["runs"][0]["tool"]["driver"]["rules"]
            .as_array()
            .expect("rules");
        for (result, finding) in results.iter().zip(findings) {
            let rule = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(rules[rule]["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["region"]["startLine"], finding["line"]);
            assert_eq!(place["region"]["startColumn"], finding["column"]);
            assert!(
                place["artifactLocation"]["uri"]
                    .as_str()
                    .is_some_and(|uri| !uri.starts_with('/'))
            );
            let message = result["message"]["text"].as_str().expect("a message");
            let help = finding["help"].as_str().expect("a help");
            assert!(message.contains(finding["message"].as_str().expect("a message")));
            assert!(message.contains(help), "{message}\n{help}");
        }
    }
}

#[test]
fn concise_lines_name_place_weight_and_rule() {
    let ran = run(
        &root().join("tests/ui"),
        &["check", "--format", "concise", "shape"],
    );
    let lines: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.contains(".swb:"))
        .collect();
    assert!(lines.len() > 150, "{}", lines.len());
    for line in lines {
        let parts: Vec<&str> = line.splitn(4, ':').collect();
        assert!(parts[1].parse::<u32>().is_ok_and(|n| n > 0), "{line}");
        assert!(parts[2].parse::<u32>().is_ok_and(|n| n > 0), "{line}");
        assert!(
            ["error", "warning", "advice"]
                .iter()
                .any(|w| line.contains(w)),
            "{line}"
        );
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["full", "json", "sarif"] {
        let args = ["check", "--format", format, "."];
        let folder = root().join("tests/ui");
        assert_eq!(run(&folder, &args).out, run(&folder, &args).out);
    }
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let case = root().join("tests/ui/text/eight-faults");
    let check = |color: &[&str], no_color: bool| {
        let mut command = switchback(&case);
        command.arg("check").args(color);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        ran(command.output().expect("it starts"))
            .out
            .contains('\u{1b}')
    };
    assert!(!check(&[], false), "a pipe is no terminal");
    assert!(!check(&["--color", "never"], false));
    assert!(check(&["--color", "always"], false));
    assert!(
        check(&["--color", "always"], true),
        "what is asked for counts more"
    );
    assert!(!check(&["--color", "auto"], true));
}

#[test]
fn show_draws_the_plan_leg_by_leg() {
    let checkout = root().join("examples/checkout");
    let mut wrong = String::new();
    for (name, args) in [
        ("checkout", vec!["show", "checkout-42"]),
        ("checkout-origin", vec!["show", "checkout-42", "--origin"]),
    ] {
        let ran = run(&checkout, &args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        expect(
            &root().join(format!("tests/show/{name}.txt")),
            &ran.out,
            &mut wrong,
        );
    }
    let case = root().join("tests/ui/environments/overrides-all");
    let ran = run(&case, &["show", "p", "--env", "staging", "--origin"]);
    expect(
        &root().join("tests/show/staging-origin.txt"),
        &ran.out,
        &mut wrong,
    );
    finish(&wrong);
    assert!(ran.out.contains("staging"), "{}", ran.out);
}

#[test]
fn schema_tells_what_each_statement_does() {
    let folder = root().join("tests/migrations");
    let ran = run(&folder, &["schema", "golang-migrate", "--version", "15"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let mut wrong = String::new();
    expect(&root().join("tests/show/schema.txt"), &ran.out, &mut wrong);
    finish(&wrong);
    let ran = run(&folder, &["schema", "golang-migrate", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let first = &all["statements"][0];
    assert_eq!(first["changes"][0]["phase"], "expand");
    assert_eq!(
        first["changes"][0]["effects"][0]["direction"],
        "provides-more"
    );
    let published = fs::read_to_string(root().join("docs/schema.schema.json")).expect("published");
    let published: serde_json::Value = serde_json::from_str(&published).expect("JSON");
    let validator = jsonschema::validator_for(&published).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&all)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let lonely = root().join("tests/migrations/golang-migrate");
    // a file of a folder is read behind those before it, alone it rests on nothing; what the
    // server refuses fails the command
    let mut wrong = String::new();
    for (name, folder, file, code) in [
        ("file", &lonely, "000002_add_email.up.sql", 0),
        ("file-down", &lonely, "000001_create_orders.down.sql", 0),
        ("file-alone", &root().join("tests/show"), "alone.sql", 1),
    ] {
        let ran = run(folder, &["schema", file]);
        expect(
            &root().join(format!("tests/show/schema-{name}.txt")),
            &ran.out,
            &mut wrong,
        );
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{}", ran.out);
    }
    finish(&wrong);
    assert_eq!(
        run(&folder, &["schema", "golang-migrate", "--version", "9"]).code,
        2
    );
    assert_eq!(run(&folder, &["schema", "nowhere"]).code, 2);
}

#[test]
fn show_says_which_plans_there_are() {
    let checkout = root().join("examples/checkout");
    let ran = run(&checkout, &["show", "checkout"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("checkout-42"), "{}", ran.err);
    let broken = root().join("tests/ui/text/eight-faults");
    let ran = run(&broken, &["show", "web-2"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("switchback check"), "{}", ran.err);
}

#[test]
fn values_from_the_command_line_replace_and_are_checked() {
    let case = root().join("tests/ui/standing-plans/unset");
    let digest = "a".repeat(64);
    let set = format!("web.next.image=r.example.com/web@sha256:{digest}");
    let ran = run(&case, &["show", "deploy", "--origin", "--set", &set]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("--set"), "{}", ran.out);
    assert_eq!(run(&case, &["check", "--set", &set]).code, 0);
    assert_eq!(
        run(
            &case,
            &["check", "--set", "web.next.image=r.example.com/web:1"]
        )
        .code,
        1
    );
    assert_eq!(run(&case, &["check", "--set", "wbe.next.image=x"]).code, 2);
    // a value of the command line is no file that a viewer could open
    let image = "web.next.image=r.example.com/web:1";
    let ran = run(&case, &["check", "--format", "sarif", "--set", image]);
    let log: serde_json::Value = serde_json::from_str(&ran.out).expect("a SARIF log");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "mutable-tag");
    let place = &result["locations"][0];
    assert_eq!(
        place["physicalLocation"]["artifactLocation"]["uri"],
        "main.swb"
    );
    assert_eq!(place["logicalLocations"][0]["name"], "--set");
    assert!(!ran.out.contains("\"uri\": \"--set\""), "{}", ran.out);
    let ran = run(
        &root().join("tests/ui/environments/overrides-all"),
        &["check", "--env", "stagin"],
    );
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is staging"), "{}", ran.err);
}

#[test]
fn init_writes_a_plan_that_can_be_checked_and_never_over_a_file() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    fs::create_dir(folder.join("deploy")).expect("a folder");
    for (manifest, plan) in [
        ("examples/checkout/deploy/checkout.yaml", "checkout"),
        (
            "examples/cloud-run-cors/deploy/service.yaml",
            "storefront-api",
        ),
    ] {
        let there = folder.join("deploy").join(format!("{plan}.yaml"));
        fs::copy(root().join(manifest), &there).expect("copied");
        let first = run(folder, &["init", &format!("deploy/{plan}.yaml")]);
        assert_eq!(first.code, 0, "{}", first.err);
        assert!(
            first.out.contains(&format!("switchback check {plan}.swb")),
            "{}",
            first.out
        );
        let file = folder.join(format!("{plan}.swb"));
        let written = fs::read_to_string(&file).expect("the plan");

        let report = json(folder, &[&format!("{plan}.swb")]);
        assert_eq!(
            report["findings"].as_array().map(Vec::len),
            Some(0),
            "{report:#}"
        );
        let shown = run(folder, &["show", plan, &format!("{plan}.swb")]);
        assert_eq!(shown.code, 0, "{}", shown.err);
        let laid_out = run(folder, &["fmt", "--check", &format!("{plan}.swb")]);
        assert_eq!(laid_out.code, 0, "{}{}", laid_out.out, laid_out.err);

        let again = run(folder, &["init", &format!("deploy/{plan}.yaml")]);
        assert_eq!(again.code, 2);
        assert!(again.err.contains("already there"), "{}", again.err);
        assert_eq!(fs::read_to_string(&file).expect("the plan"), written);
    }
    let out = run(
        folder,
        &["init", "deploy/checkout.yaml", "--out", "plans/new.swb"],
    );
    assert_eq!(out.code, 2, "the folder is not made silently");
}

/// A Deployment of one container.
fn deployment(name: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n      containers:\n        - {container}\n          ports: []\n"
    )
}

#[test]
fn init_takes_the_workload_that_is_named() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    let both = format!(
        "{}---\n{}",
        deployment("api", "image: a"),
        deployment("web.front", "image: b")
    );
    fs::write(folder.join("both.yaml"), both).expect("written");
    let ran = run(folder, &["init", "both.yaml", "--workload", "wbe"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no workload `wbe`"), "{}", ran.err);
    let ran = run(folder, &["init", "both.yaml", "--workload", "web.front"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let written = fs::read_to_string(folder.join("web-front.swb")).expect("the plan");
    assert!(
        written.contains("workload \"both.yaml\" named web.front"),
        "{written}"
    );
    assert!(written.contains("image \"b\""), "{written}");
    let report = json(folder, &["web-front.swb"]);
    let rules: Vec<_> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| &f["rule"])
        .collect();
    assert!(
        !rules
            .iter()
            .any(|rule| *rule == "no-workload" || *rule == "wrong-argument"),
        "{rules:?}"
    );
}

#[test]
fn init_says_why_a_file_gives_no_plan() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    for (name, text, said) in [
        (
            "map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
            "it holds a ConfigMap, which runs no version of a service; name a file with a Deployment",
        ),
        (
            "cron.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: a\n",
            "a CronJob",
        ),
        ("values.yaml", "replicaCount: 3\n", "no manifest"),
        (
            "no-image.yaml",
            &deployment("web", "name: web"),
            "line 8, column 11: `spec.template.spec.containers[0].image` is missing",
        ),
        (
            "quoted.yaml",
            &deployment("web", "image: \"{{ .Values.image }}\""),
            "so this is a template, not a manifest",
        ),
        (
            "several.yaml",
            &format!(
                "{}---\n{}",
                deployment("api", "image: a"),
                deployment("web", "image: b")
            ),
            "  api (Deployment, line 2)\n  web (Deployment, line 12)\nchoose it: `switchback init several.yaml --workload api`",
        ),
        (
            "helm.yaml",
            "kind: Deployment\nspec:\n  replicas: {{ .Values.n }}\n",
            "Helm",
        ),
        ("broken.yaml", "kind: [\n", "gives no plan"),
        ("binary.yaml", "\u{0}", "gives no plan"),
    ] {
        fs::write(folder.join(name), text).expect("written");
        let ran = run(folder, &["init", name]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.out);
        assert!(ran.err.contains(said), "{name}: {}", ran.err);
    }
    assert_eq!(run(folder, &["init", "nothing.yaml"]).code, 2);
    let plans = fs::read_dir(folder)
        .expect("the folder")
        .filter(|entry| {
            let path = entry.as_ref().expect("an entry").path();
            path.extension().is_some_and(|ending| ending == "swb")
        })
        .count();
    assert_eq!(plans, 0, "nothing is written");
}

#[test]
fn checks_write_nothing() {
    let scratch = tempfile::tempdir().expect("a folder");
    fs::write(scratch.path().join("main.swb"), CLEAN).expect("written");
    assert_eq!(run(scratch.path(), &["check"]).code, 0);
    let files = fs::read_dir(scratch.path()).expect("the folder").count();
    assert_eq!(files, 1);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_project_is_not_followed() {
    let scratch = tempfile::tempdir().expect("a folder");
    let project = scratch.path().join("project");
    fs::create_dir(&project).expect("a folder");
    fs::write(
        scratch.path().join("secret.swb"),
        "service secret { traffic 1/s }\n",
    )
    .expect("written");
    fs::write(project.join("switchback.toml"), "").expect("written");
    std::os::unix::fs::symlink("../secret.swb", project.join("link.swb")).expect("a link");
    fs::write(project.join("main.swb"), "import \"link.swb\"\n").expect("written");
    let report = json(&project, &["main.swb"]);
    assert_eq!(
        report["findings"][0]["rule"], "path-outside-project",
        "{report:#}"
    );
    assert!(!report.to_string().contains("service secret"), "{report:#}");
}

/// What is asked for by mistake is answered in words, and nothing is written.
#[test]
fn slips_on_the_command_line_are_named() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path();
    std::fs::write(folder.join("switchback.toml"), "").expect("written");
    std::fs::write(folder.join("deploy.yaml"), "kind: Deployment\n").expect("written");
    std::fs::write(folder.join("plan.swb"), "service web { replicas 3 }\n").expect("written");
    for (args, says) in [
        (
            &["check", "deploy.yaml"][..],
            "`switchback init deploy.yaml`",
        ),
        (
            &["check", "--set", "weeb.replicas=1"],
            "did you mean `web`?",
        ),
        (
            &[
                "check",
                "--set",
                "web.replicas=1",
                "--set",
                "web.replicas=2",
            ],
            "given twice",
        ),
        (
            &["init", "deploy.yaml", "--out", "nowhere/x.swb"],
            "gives no plan",
        ),
    ] {
        let ran = run(folder, args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(says), "{args:?}: {}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn fmt_writes_nothing_that_a_link_leads_to_outside_of_the_project() {
    let scratch = tempfile::tempdir().expect("a folder");
    let project = scratch.path().join("project");
    std::fs::create_dir(&project).expect("a folder");
    std::fs::write(project.join("switchback.toml"), "").expect("written");
    let outside = scratch.path().join("outside.swb");
    let text = "service   web{replicas 3}\n";
    std::fs::write(&outside, text).expect("written");
    std::os::unix::fs::symlink("../outside.swb", project.join("link.swb")).expect("linked");
    let ran = run(&project, &["fmt", "link.swb"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("symbolic link"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&outside).expect("there"), text);
}
