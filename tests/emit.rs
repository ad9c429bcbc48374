//! Files that `build` writes, held against the platforms' own rules.

#[path = "emit/argo_rules.rs"]
mod argo_rules;
#[path = "emit/schemas.rs"]
mod schemas;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use switchback::emit::{Output, build};
use switchback::model::{Model, Overrides, load};
use switchback::source::{DiskLoader, Loader, MemoryLoader, SourceMap};

/// The examples whose targets can be built.
const BUILT: [&str; 8] = [
    "blue-green",
    "checkout",
    "cloud-run-cors",
    "country-first",
    "nginx-mirror",
    "shadow",
    "sticky-canary",
    "two-services",
];

struct Project {
    sources: SourceMap,
    model: Model,
}

fn read(loader: &dyn Loader, base: &Path, files: &[PathBuf]) -> Project {
    let mut project = load(loader, SourceMap::new(), base, files);
    let (model, findings) = project.build(loader, &Overrides::default());
    let errors: Vec<_> = project
        .findings
        .iter()
        .chain(&findings)
        .map(|found| found.message.clone())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    Project {
        sources: project.sources,
        model,
    }
}

fn example(name: &str) -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("the example is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "swb"))
        .collect();
    files.sort();
    read(&DiskLoader, &root, &files)
}

fn memory(files: &[(&str, &str)]) -> Project {
    let loader = files
        .iter()
        .fold(MemoryLoader::new(), |loader, (path, text)| {
            loader.with(*path, *text)
        });
    read(&loader, Path::new(""), &[PathBuf::from("plan.swb")])
}

fn try_build(project: &Project) -> Result<Output, Vec<String>> {
    let plan = &project.model.plans[0];
    let target = &project.model.targets[plan.targets[0].value];
    build(&project.model, &project.sources, plan, target)
        .map_err(|found| found.iter().map(|found| found.message.clone()).collect())
}

fn built(project: &Project) -> Output {
    try_build(project).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// Every document of every YAML file.
fn documents(output: &Output) -> Vec<(String, Value)> {
    let yaml = output
        .files
        .iter()
        .filter(|file| file.path.ends_with(".yaml"));
    yaml.flat_map(|file| {
        let all: Vec<Value> = serde_saphyr::from_multiple(&file.text)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", file.path, file.text));
        all.into_iter()
            .map(|document| (file.path.clone(), document))
    })
    .collect()
}

fn shown(output: &Output) -> String {
    let mut all = String::new();
    for file in &output.files {
        let _ = writeln!(all, "=== {}\n{}", file.path, file.text);
    }
    all
}

fn text<'a>(output: &'a Output, path: &str) -> &'a str {
    let file = output.files.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("no {path}")).text
}

#[test]
fn the_examples_give_these_files() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("emit");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for name in BUILT {
            insta::assert_snapshot!(name, shown(&built(&example(name))));
        }
    });
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    for name in BUILT {
        let first = built(&example(name));
        assert_eq!(first, built(&example(name)));
        let paths: Vec<_> = first.files.iter().map(|file| &file.path).collect();
        assert!(paths.is_sorted(), "{paths:?}");
        let root = env!("CARGO_MANIFEST_DIR");
        assert!(!shown(&first).contains(root), "a path of this machine");
    }
}

#[test]
fn the_good_examples_can_be_carried_by_their_targets() {
    let mut found = Vec::new();
    for name in [
        "ab-experiment",
        "blue-green",
        "checkout",
        "cloud-run-cors",
        "config-push",
        "country-first",
        "feature-flag",
        "nginx-mirror",
        "rolling-basic",
        "shadow",
        "sticky-canary",
        "two-services",
    ] {
        let project = example(name);
        for plan in &project.model.plans {
            for target in &plan.targets {
                let target = &project.model.targets[target.value];
                for problem in switchback::platform::check(&project.model, plan, target) {
                    found.push(format!("{name}: {}", problem.message));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn documents_are_valid_with_unknown_fields_refused() {
    let Some(schemas) = schemas::Schemas::find() else {
        println!("skipped: the schemas are not there; set SWITCHBACK_SCHEMAS to their folder");
        return;
    };
    for name in ["checkout", "cloud-run-cors", "two-services"] {
        let documents = documents(&built(&example(name)));
        assert!(!documents.is_empty());
        for (path, document) in documents {
            // read by kustomize, and never sent to a cluster
            if path.ends_with("/kustomization.yaml") {
                continue;
            }
            let faults = schemas.faults(&document);
            assert!(faults.is_empty(), "{name}/{path}: {faults:#?}");
        }
    }
    // and a field that nobody knows is seen
    let (path, mut document) = documents(&built(&example("checkout")))
        .into_iter()
        .find(|(_, document)| document["kind"] == "Rollout")
        .expect("a Rollout");
    document["spec"]["strategy"]["canary"]["trafficRouting"]["gatewayAPI"] = "x".into();
    assert!(!schemas.faults(&document).is_empty(), "{path}");
}

#[test]
fn the_rules_of_argo_rollouts_hold() {
    let documents = documents(&built(&example("checkout")));
    argo_rules::check(&documents);
}

/// A weight that is left out counts as 1, so every one is written; the new version stands in no rule
/// of the way back.
#[test]
fn the_gateway_is_told_every_weight() {
    let mut shares = Vec::new();
    for (path, document) in documents(&built(&example("two-services"))) {
        if document["kind"] != "HTTPRoute" {
            continue;
        }
        let refs = document["spec"]["rules"][0]["backendRefs"].as_array();
        let refs = refs.expect("backends");
        let weight = |version: &str| {
            let mut own = refs.iter().filter(|backend| backend["name"] == version);
            let weight = own.next().map(|backend| backend["weight"].as_u64());
            weight.map(|weight| weight.unwrap_or_else(|| panic!("{path}: a weight is left out")))
        };
        shares.push((weight("orders-5"), weight("orders-6")));
    }
    let share = |old, new| (Some(old), Some(new));
    let start = share(100, 0);
    let (full, back) = ((None, Some(100)), (Some(100), None));
    let legs = [share(95, 5), share(75, 25), share(50, 50)];
    assert_eq!(shares, [start, legs[0], legs[1], legs[2], full, back]);
}

#[test]
fn the_gateway_chooses_groups_and_copies_by_rules_of_the_plan() {
    let route = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: web\nspec:\n  rules:\n    - name: shop\n      matches: [{path: {type: PathPrefix, value: /shop}}]\n      backendRefs: [{name: web, port: 80}]\n    - backendRefs: [{name: other, port: 80}]\n";
    let plan = "service web {\n  workload \"web.yaml\"\n  version 1\n  version 2\n}\n\
         cohort asia { country KR, JP by header \"x-country\" }\n\
         plan go {\n  roll web from 1 to 2\n  on target edge\n  step shadow { mirror 0.5%; hold 1h }\n\
         step asia { mirror off; route cohort asia; weight 0.25%; hold 1h }\n  step full { weight 100%; hold 1h }\n}\n\
         target edge { kind gateway-api; upstream 1 \"web-1:8080\"; upstream 2 \"web-2:8080\" }\n";
    let manifest = format!("{WEB}{route}");
    let output = built(&memory(&[("plan.swb", plan), ("web.yaml", &manifest)]));
    let rules = |folder: &str| {
        let path = format!("20-rollout/{folder}/40-route.yaml");
        let all = documents(&output);
        let found = all.iter().find(|(name, _)| *name == path);
        let (_, document) = found.unwrap_or_else(|| panic!("no {path}"));
        if let Some(schemas) = schemas::Schemas::find() {
            let faults = schemas.faults(document);
            assert!(faults.is_empty(), "{path}: {faults:#?}");
        }
        document["spec"]["rules"].clone()
    };
    let shadow = rules("20-shadow-1");
    let copy = &shadow[0]["filters"][0]["requestMirror"];
    assert_eq!(copy["backendRef"]["name"], "web-2");
    assert_eq!(copy["fraction"]["numerator"], 50);
    assert_eq!(copy["fraction"]["denominator"], 10_000);
    let asia = rules("21-asia-1");
    // those who are chosen come first, by the same path and one header more
    let chosen = &asia[0];
    assert_eq!(chosen.get("name"), None, "a name may stand once in a route");
    assert_eq!(chosen["backendRefs"].as_array().map(Vec::len), Some(1));
    assert_eq!(chosen["backendRefs"][0]["name"], "web-2");
    for (index, country) in ["KR", "JP"].into_iter().enumerate() {
        let found = &chosen["matches"][index];
        assert_eq!(found["path"]["value"], "/shop");
        assert_eq!(found["headers"][0]["name"], "x-country");
        assert_eq!(found["headers"][0]["value"], country);
    }
    let weights = [&asia[1]["backendRefs"][0], &asia[1]["backendRefs"][1]];
    let weights = weights.map(|backend| backend["weight"].as_u64());
    assert_eq!(weights, [Some(9_975), Some(25)]);
    assert_eq!(asia[1].get("filters"), None, "copies have ended");
    assert_eq!(
        asia[2]["backendRefs"][0]["name"], "other",
        "others' rules stay"
    );
}

#[test]
fn cloud_run_pins_every_share() {
    let output = built(&example("cloud-run-cors"));
    let mut shares = Vec::new();
    let documents = documents(&output).into_iter();
    for (path, document) in documents.filter(|(path, _)| !path.starts_with("monitoring/")) {
        let name = document["spec"]["template"]["metadata"]["name"]
            .as_str()
            .expect("a name");
        assert_eq!(name, "storefront-api-v13", "{path}");
        let traffic = document["spec"]["traffic"].as_array().expect("traffic");
        let sum: u64 = traffic
            .iter()
            .map(|entry| entry["percent"].as_u64().expect("whole"))
            .sum();
        assert_eq!(sum, 100, "{path}");
        for entry in traffic {
            assert!(
                entry["revisionName"].is_string() && entry.get("latestRevision").is_none(),
                "{path}"
            );
        }
        let new: u64 = traffic
            .iter()
            .filter(|entry| entry["revisionName"] == name)
            .map(|entry| entry["percent"].as_u64().expect("whole"))
            .sum();
        shares.push((path, new));
    }
    let shares: Vec<u64> = shares.iter().map(|(_, share)| *share).collect();
    assert_eq!(shares, [0, 5, 25, 50, 100, 0]);
}

#[test]
fn a_pipeline_walks_judges_and_goes_back() {
    let output = built(&example("cloud-run-cors"));
    let folder = tempfile::tempdir().expect("a folder");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).expect("a folder");
    for file in &output.files {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, &file.text).expect("a file");
    }
    let run = |fail_at: &str, with_judge: bool| {
        let log = folder.path().join("log");
        let _ = std::fs::remove_file(&log);
        let tool = |name: &str, body: &str| {
            use std::os::unix::fs::PermissionsExt as _;
            let path = bin.join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a file");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
                .expect("a mode");
        };
        tool("gcloud", "echo \"gcloud $*\" >> \"$LOG\"");
        let judge = if with_judge { "0" } else { "2" };
        tool(
            "switchback",
            &format!(
                "[ \"$2\" = --help ] && exit {judge}\ncase \"$*\" in *--dry-run*) exit 0 ;; esac\necho \"$*\" >> \"$LOG\"\n[ \"$4\" != \"$FAIL_AT\" ]"
            ),
        );
        let path = format!(
            "{}:{}",
            bin.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let out = std::process::Command::new("sh")
            .arg(folder.path().join("pipeline.sh"))
            .env("SWITCHBACK_STATE", folder.path().join("state"))
            .env("PATH", path)
            .env("LOG", &log)
            .env("FAIL_AT", fail_at)
            .output()
            .expect("sh runs");
        (
            out.status.code(),
            std::fs::read_to_string(&log).unwrap_or_default(),
        )
    };
    let (code, log) = run("none", true);
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(
        log.matches("judge allow-mobile-shop --leg").count(),
        4,
        "{log}"
    );
    assert!(!log.contains("back/service.yaml"), "{log}");
    let (code, log) = run("3", true);
    assert_eq!(code, Some(1), "{log}");
    assert!(
        log.trim_end()
            .lines()
            .last()
            .is_some_and(|line| line.contains("back/service.yaml")),
        "{log}"
    );
    assert!(!log.contains("full"), "{log}");
    let (code, log) = run("none", false);
    assert_eq!(
        (code, log.as_str()),
        (Some(2), ""),
        "nothing is touched without a judge"
    );
}

/// A project of Cloud Run whose texts try to leave their place.
fn hostile(value: &str) -> Project {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    let plan = format!(
        "service api {{\n  workload \"api.yaml\"\n  version v1\n  version v2 {{ image \"r.example/api@sha256:aa\"; env ORIGIN \"{escaped}\" }}\n}}\n\
         gate errors {{\n  query \"sum(rate(errors{{v=\\\"$version\\\"}}[5m]))\"\n  expect value < 1\n  every 1m for 10m\n}}\n\
         provider prometheus {{ address \"http://p:9090\" }}\n\
         plan go {{\n  roll api from v1 to v2\n  on target run\n  step one {{\n    approve by \"{escaped}\"\n    weight 5%\n    run \"{escaped}\" command \"{escaped}\"\n    hold 30m\n    watch errors\n  }}\n  step full {{ weight 100%; hold 1h; watch errors }}\n}}\n\
         target run {{ kind cloud-run; project \"p\"; region asia-northeast3; gates by pipeline }}\n",
    );
    let manifest = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: api\n  annotations:\n    run.googleapis.com/ingress: all\nspec:\n  template:\n    spec:\n      containers:\n        - image: r.example/api@sha256:bb\n";
    memory(&[("plan.swb", &plan), ("api.yaml", manifest)])
}

#[test]
fn texts_of_a_plan_stay_data() {
    for value in [
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        "a\nkind: Secret",
        "yes",
        "0755",
        "# no",
        "{{ x }}",
        "🦀: {a: b}",
        "\"quoted\"",
        "back\\slash",
        "%s",
        "- a",
        "| x",
        "*a",
        "&b",
    ] {
        let output = built(&hostile(value));
        for (path, document) in documents(&output) {
            if document["kind"] != "Service" {
                continue;
            }
            let env = &document["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"];
            assert_eq!(env, value, "{path}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("pipeline.sh");
        std::fs::write(&script, text(&output, "pipeline.sh")).expect("a file");
        let parsed = std::process::Command::new("sh")
            .arg("-n")
            .arg(&script)
            .output()
            .expect("sh runs");
        assert!(
            parsed.status.success(),
            "{value}: {}",
            String::from_utf8_lossy(&parsed.stderr)
        );
        // the team's name, as the shell sees it
        let line = text(&output, "pipeline.sh")
            .split("\n  approve ")
            .nth(1)
            .and_then(|rest| rest.split("\n  move ").next()?.split_once(' '))
            .expect("an approval, with the number of its leg")
            .1
            .to_string();
        let said = std::process::Command::new("sh")
            .current_dir(folder.path())
            .arg("-c")
            .arg(format!("printf '%s' {line}"))
            .output()
            .expect("sh runs");
        assert_eq!(String::from_utf8_lossy(&said.stdout), value);
        assert!(!folder.path().join("pwned").exists());
    }
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 10\n  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n        - name: web\n          image: r.example/web@sha256:bb\n          ports:\n            - containerPort: 80\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n    - port: 80\n";

/// A plan of one service on Argo Rollouts behind a route, with `steps` and `gate`.
fn argo(steps: &str, query: &str, target: &str) -> Project {
    let query = query.replace('\\', "\\\\").replace('"', "\\\"");
    let plan = format!(
        "service web {{\n  workload \"web.yaml\"\n  version 1\n  version 2\n}}\nprovider prometheus {{ address \"http://p:9090\"; scrape 15s; delay 30s }}\n\
         gate errors {{\n  query \"{query}\"\n  expect value < 1\n  fail value > 5\n  every 1m for 10m\n}}\n\
         plan go {{\n  roll web from 1 to 2\n  on target prod\n{steps}\n}}\ntarget prod {{ {target} }}\n",
    );
    memory(&[("plan.swb", &plan), ("web.yaml", WEB)])
}

const ROUTED: &str = "kind argo-rollouts; router gateway-api \"web\"";

#[test]
fn what_a_target_cannot_do_is_said_at_the_statement() {
    let query = "sum(rate(errors[5m]))";
    for (steps, target, says) in [
        (
            "step a { weight 0.5%; hold 1h; watch errors }\nstep full { weight 100%; hold 1h }",
            ROUTED,
            "cannot give 0.5%",
        ),
        (
            "step a { weight 5%; hold 1h; watch errors }",
            ROUTED,
            "goes on to 100%",
        ),
        (
            "step a { mirror 5%; hold 1h; watch errors }\nstep full { weight 100%; hold 1h }",
            ROUTED,
            "cannot mirror",
        ),
        (
            "step a { weight 1%; hold 1h; watch errors }\nstep full { weight 100%; hold 1h }",
            "kind argo-rollouts",
            "without a router",
        ),
        (
            "step a { weight 5%; hold 1h; watch errors }\nstep b { approve by \"x\" within 4h; weight 100%; hold 1h }",
            ROUTED,
            "end a wait for an approval",
        ),
        (
            "step a { weight 100%; hold 1h; watch errors }",
            "kind envoy",
            "nobody judges",
        ),
        (
            "step a { weight 100%; hold 1h }",
            "kind kubernetes",
            "cannot split traffic by weight",
        ),
        ("step a { weight 100%; hold 1h }", "kind traefik", "not yet"),
        (
            "step a { weight 100%; hold 1h }",
            "kind nginx",
            "does not say where version `1` answers",
        ),
        (
            "step a { weight 100%; hold 1h }",
            "kind envoy; upstream 1 \"a:80\"; upstream 2 \"b:80\"",
            "where it takes requests",
        ),
        (
            "step a { weight 100%; hold 1h }",
            "kind nginx; upstream 1 \"a:80; include /etc/passwd\"; upstream 2 \"b:80\"",
            "no address with a port",
        ),
        (
            "step a { weight 100%; hold 1h }",
            "kind nginx; folder \"conf.d\"; upstream 1 \"a:80\"; upstream 2 \"b:80\"",
            "no folder of the proxy",
        ),
        (
            "step a { weight 0.005%; hold 1h }\nstep full { weight 100%; hold 1h }",
            "kind nginx; upstream 1 \"a:80\"; upstream 2 \"b:80\"",
            "cannot give 0.005%",
        ),
        (
            "step a { route header \"x_staff\" = \"1\"; hold 1h }\nstep full { weight 100%; hold 1h }",
            "kind nginx; upstream 1 \"a:80\"; upstream 2 \"b:80\"",
            "cannot read a header `x_staff`",
        ),
        (
            "step a { route header \"x\" = \"1\\n2\"; hold 1h }\nstep full { weight 100%; hold 1h }",
            "kind envoy; listen \"80\"; upstream 1 \"a:80\"; upstream 2 \"b:80\"",
            "can never be the value of a header",
        ),
        (
            "step a { sticky by cookie \"a;b\"; weight 100%; hold 1h }",
            "kind envoy; listen \"80\"; upstream 1 \"a:80\"; upstream 2 \"b:80\"",
            "no name of a cookie",
        ),
        (
            "step a { sticky by cookie \"u\"; weight 100%; hold 1h }",
            "kind cloud-run; region r",
            "keep a user",
        ),
    ] {
        let project = argo(steps, query, target);
        let found = try_build(&project).expect_err(steps);
        assert!(
            found.iter().any(|message| message.contains(says)),
            "{steps}\n{found:#?}"
        );
    }
}

#[test]
fn a_look_without_exactly_one_number_never_passes() {
    for (edges, success, failure) in [
        (
            "",
            "len(result) == 1 && !isNaN(result[0]) && result[0] < 1",
            None,
        ),
        (
            "on inconclusive pause",
            "len(result) == 1 && !isNaN(result[0]) && result[0] < 1 && !(result[0] > 5)",
            Some("len(result) != 1 || isNaN(result[0]) || (result[0] > 5)"),
        ),
        (
            "on inconclusive continue",
            "len(result) == 1 && !isNaN(result[0]) && !(result[0] > 5)",
            None,
        ),
        (
            "on no-data pause",
            "len(result) == 1 && !isNaN(result[0]) && result[0] < 1",
            Some("len(result) == 1 && !isNaN(result[0]) && !(result[0] < 1)"),
        ),
    ] {
        let steps = format!("step full {{\n weight 100%\n hold 1h\n watch errors\n {edges}\n}}");
        let documents = documents(&built(&argo(
            &steps,
            "sum(rate(errors{v=\"$version\"}[5m]))",
            ROUTED,
        )));
        argo_rules::check(&documents);
        let (_, template) = documents
            .iter()
            .find(|(_, document)| document["kind"] == "AnalysisTemplate")
            .expect("a template");
        let metric = &template["spec"]["metrics"][0];
        assert_eq!(metric["successCondition"], success, "{edges}");
        assert_eq!(
            metric.get("failureCondition").and_then(Value::as_str),
            failure,
            "{edges}"
        );
        // 5m of the query, 15s between collections, 30s of delay; then 54 minutes are five rounds
        assert_eq!(metric["initialDelay"], "345s");
        assert_eq!(metric["count"], 50);
    }
}

#[test]
fn migrations_and_jobs_become_jobs_of_their_own_stage() {
    let plan = "service web {\n  workload \"web.yaml\"\n  version 1 { schema shop 0001 }\n  version 2 { schema shop 0002 }\n}\n\
         database shop {\n  engine postgres 15\n  migrations \"db\"\n  deadline 10m\n  run image \"r.example/migrate@sha256:cc\"\n}\n\
         plan go {\n  roll web from 1 to 2\n  on target prod\n  step expand { migrate shop to 0002 }\n\
         step full {\n    weight 100%\n    run \"smoke test\" image \"r.example/smoke@sha256:dd\" retries 2\n    hold 1h\n  }\n\
         no return because \"0003 drops a column\"\n  step contract { migrate shop to 0003 }\n}\n\
         target prod { kind argo-rollouts; namespace shop; router gateway-api \"web\" }\n";
    let project = memory(&[
        ("plan.swb", plan),
        ("web.yaml", WEB),
        ("db/0001_a.up.sql", "CREATE TABLE a (id int);"),
        ("db/0001_a.down.sql", "DROP TABLE a;"),
        ("db/0002_b.up.sql", "CREATE TABLE b (id int);"),
        ("db/0002_b.down.sql", "DROP TABLE b;"),
        ("db/0003_c.up.sql", "DROP TABLE b;"),
        ("db/0003_c.down.sql", "CREATE TABLE b (id int);"),
    ]);
    let output = built(&project);
    let documents = documents(&output);
    argo_rules::check(&documents);
    let jobs: Vec<(&str, &str, &str)> = documents
        .iter()
        .filter(|(_, document)| document["kind"] == "Job")
        .map(|(path, document)| {
            let container = &document["spec"]["template"]["spec"]["containers"][0];
            (
                path.as_str(),
                container["image"].as_str().expect("an image"),
                container["env"][1]["value"]
                    .as_str()
                    .expect("a text, not a number"),
            )
        })
        .collect();
    let image = "r.example/migrate@sha256:cc";
    assert_eq!(
        jobs,
        [
            ("10-expand/10-go-migrate-shop-0002.yaml", image, "0002"),
            ("90-contract/10-go-migrate-shop-0003.yaml", image, "0003"),
        ]
    );
    let (_, smoke) = documents
        .iter()
        .find(|(_, document)| document["kind"] == "AnalysisTemplate")
        .expect("the job between the steps");
    let spec = &smoke["spec"]["metrics"][0]["provider"]["job"]["spec"];
    assert_eq!(spec["backoffLimit"], 2);
    if let Some(schemas) = schemas::Schemas::find() {
        for (path, document) in &documents {
            let faults = schemas.faults(document);
            assert!(faults.is_empty(), "{path}: {faults:#?}");
        }
    } else {
        println!("skipped: the schemas are not there; set SWITCHBACK_SCHEMAS to their folder");
    }
}

/// Texts of a plan that a proxy's files could take for more than texts.
#[test]
fn texts_of_a_plan_stay_data_in_a_proxy() {
    for value in [
        "$(touch pwned)",
        "'; touch pwned; '",
        "\"; } server { listen 1; } #",
        "yes",
        "{{ x }}",
        "back\\slash",
        "*a",
        "# no",
    ] {
        for kind in ["envoy", "nginx"] {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let steps = format!(
                "step a {{ approve by \"{escaped}\"; route header \"x-a\" = \"{escaped}\"; hold 1h }}\nstep full {{ weight 100%; hold 1h }}"
            );
            let target = format!(
                "kind {kind}; gates by pipeline; listen \"80\"; folder \"/etc/{escaped}\"; upstream 1 \"a:80\"; upstream 2 \"b:80\""
            );
            let output = built(&argo(&steps, "sum(rate(errors[5m]))", &target));
            for (path, document) in documents(&output) {
                if path != "20-rollout/20-a-1/routes.yaml" {
                    continue;
                }
                let route = &document["resources"][0]["virtual_hosts"][0]["routes"][0];
                assert_eq!(route["match"]["headers"][0]["string_match"]["exact"], value);
            }
            let folder = tempfile::tempdir().expect("a folder");
            for name in ["apply.sh", "pipeline.sh"] {
                std::fs::write(folder.path().join(name), text(&output, name)).expect("a file");
                // both stop before they change anything: there is no folder, no switchback
                let ran = std::process::Command::new("sh")
                    .args([name, "--check"])
                    .current_dir(folder.path())
                    .env("NGINX", "true")
                    .env("PATH", "/usr/bin:/bin")
                    .output()
                    .expect("sh runs");
                let said = String::from_utf8_lossy(&ran.stderr);
                assert_eq!(ran.status.code(), Some(2), "{name} {value}: {said}");
                assert!(!folder.path().join("pwned").exists(), "{name} {value}");
            }
        }
    }
}

/// An autoscaler that stays with the Deployment scales what has no pods any more; the Rollout
/// begins with what the autoscaler keeps, not with the one replica of an empty manifest.
#[test]
fn an_autoscaler_gives_the_replicas_and_is_led_to_the_rollout() {
    const PLAN: &str = r#"service web {
  workload "deploy.yaml"
  version 1 { image "r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
  version 2 { image "r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222" }
}
target k { kind argo-rollouts; router gateway-api "web" }
plan p {
  roll web from 1 to 2
  on target k
  step canary { weight 10%; hold 30m }
  step full { weight 100%; hold 30m }
}
"#;
    for (own, expected) in [("", 4), ("  replicas: 2\n", 4), ("  replicas: 6\n", 6)] {
        let manifest = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n{own}  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: web, image: r/w, ports: [{{containerPort: 80}}]}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  minReplicas: 4\n  maxReplicas: 10\n"
        );
        let output = built(&memory(&[("plan.swb", PLAN), ("deploy.yaml", &manifest)]));
        let all = documents(&output);
        let of = |kind: &str| {
            let found = all.iter().find(|(_, document)| document["kind"] == kind);
            found.map(|(_, document)| document).expect("the document")
        };
        assert_eq!(of("Rollout")["spec"]["replicas"], expected);
        let scaled = &of("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"];
        assert_eq!(scaled["kind"], "Rollout");
        assert_eq!(scaled["apiVersion"], "argoproj.io/v1alpha1");
    }
}
