//! Single plans: what is refused and where, what only two builds show, and the table of traps.

use serde_json::{Value, json};
use switchback::platform::{Handled, TRAPS};

use super::machine::Machine;
use super::{argo_rules, built, documents, example, memory, try_build};

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";

fn pods(kind: &str, api: &str, more: &str) -> String {
    format!(
        "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  replicas: 10\n{more}  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: web, image: r/w, ports: [{{containerPort: 80}}]}}]\n---\n{SERVICE}"
    )
}

fn deployment(more: &str) -> String {
    pods("Deployment", "apps/v1", "") + more
}

fn plan(target: &str, steps: &str) -> String {
    format!(
        "service web {{\n  workload \"web.yaml\"\n  version 1 {{ image \"r/w:1\" }}\n  version 2 {{ image \"r/w:2\" }}\n}}\nplan go {{\n  roll web from 1 to 2\n  on target prod\n{steps}\n}}\ntarget prod {{ kind argo-rollouts; {target} }}\n"
    )
}

const STEPS: &str = "  step canary { weight 10%; hold 30m }\n  step full { weight 100%; hold 30m }";
const ISTIO: &str = "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  hosts: [web]\n  http:\n    - ";

#[test]
fn what_cannot_be_carried_is_said_at_its_statement() {
    let ingress = |annotation: &str| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, annotations: {{{annotation}}}}}\nspec: {{defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}}}\n"
        )
    };
    let header = "  step staff { replicas 2; route header \"x-staff\" = \"1\"; hold 30m }\n  step full { weight 100%; hold 30m }";
    let alone = "  step staff { route header \"x-staff\" = \"1\"; hold 30m }\n  step full { weight 100%; hold 30m }";
    let rollout = |more: &str| pods("Rollout", "argoproj.io/v1alpha1", more);
    let route = |route: &str| format!("{}{ISTIO}{route}\n", deployment(""));
    for (target, steps, manifest, says) in [
        (
            "router istio \"web\"",
            STEPS,
            rollout("  strategy: {canary: {steps: [{setWeight: 5}]}}\n"),
            "has steps of its own",
        ),
        (
            "router istio \"web\"",
            STEPS,
            rollout("  rollbackWindow: {revisions: 3}\n"),
            "skips every step and gate",
        ),
        (
            "router istio \"web\"",
            STEPS,
            route(
                "route: [{destination: {host: web}, weight: 90}, {destination: {host: other}, weight: 10}]",
            ),
            "already splits",
        ),
        (
            "router istio \"web\"",
            STEPS,
            route("route: [{destination: {host: other}}]"),
            "no http route of VirtualService",
        ),
        (
            "router istio \"web\"",
            header,
            route("{match: [{uri: {prefix: /a}}], route: [{destination: {host: web}}]}"),
            "whatever they match",
        ),
        (
            "router istio \"web\"",
            alone,
            deployment(""),
            "while it has no pods",
        ),
        (
            "router istio \"web\" destination-rule \"web\"",
            STEPS,
            deployment(
                "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web}\nspec: {host: web, subsets: [{name: v1}]}\n",
            ),
            "has subsets of its own",
        ),
        (
            "router gateway-api \"web\" destination-rule \"web\"",
            STEPS,
            deployment(""),
            "has no DestinationRule",
        ),
        (
            "router gateway-api \"web\"",
            header,
            deployment(""),
            "while the weight is 0",
        ),
        (
            "router nginx-ingress \"web\"",
            STEPS,
            deployment("") + &ingress("nginx.ingress.kubernetes.io/canary: \"true\""),
            "is a canary itself",
        ),
        (
            "router nginx-ingress \"web\"",
            header,
            deployment(""),
            "cannot route by a header",
        ),
        (
            "router alb \"web\"",
            STEPS,
            deployment("") + &ingress("alb.ingress.kubernetes.io/actions.web: \"{}\""),
            "has an action",
        ),
        (
            "",
            "  step stage { preview; hold 30m }\n  step part { weight 50%; hold 30m }\n  step go { switch; hold 30m }",
            deployment(""),
            "mix weights with a switch",
        ),
        (
            "",
            "  step full { weight 100%; hold 30m }\n  no return because \"1 goes\"\n  step bye { retire 1 after 30m }",
            deployment(""),
            "cannot keep the old version warm",
        ),
        (
            "router istio \"web\"",
            "  step a { weight 50%; hold 30m }\n  step b { retire 1; weight 100%; hold 30m }",
            deployment(""),
            "when its steps end",
        ),
        (
            "router istio \"web\"",
            "  step shadow { replicas 2; mirror 0.5%; hold 30m }\n  step full { weight 100%; hold 30m }",
            deployment(""),
            "whole percents",
        ),
        (
            "router istio \"web\"",
            "  step e { split 50%; hold 30m; on success weight 100%; on inconclusive weight 10% }\n  step full { weight 100%; hold 30m }",
            deployment(""),
            "choose a weight by an outcome",
        ),
    ] {
        let project = memory(&plan(target, steps), &manifest);
        let found = try_build(&project).expect_err(says);
        assert!(
            found.iter().any(|message| message.contains(says)),
            "{says}\n{found:#?}"
        );
    }
}

#[test]
fn without_a_router_only_shares_of_pods_are_given() {
    let steps = "  step a { weight 5%; hold 30m }\n  step b { weight 25%; hold 30m }\n  step full { weight 100%; hold 30m }";
    let project = memory(&plan("", steps), &deployment(""));
    let model = &project.model;
    let found = switchback::platform::check(model, &model.plans[0], &model.targets[0]);
    let [found] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(found.rule.code, "TR05");
    let notes = format!("{found:?}");
    for row in [
        "5% asked for: 1 of 10 pods, 10%",
        "25% asked for: 3 of 10 pods, 30%",
    ] {
        assert!(notes.contains(row), "{row}\n{notes}");
    }
    let output = built(&memory(&plan("", STEPS), &deployment("")));
    argo_rules::check(&documents(&output));
}

/// A Rollout of the manifest is honoured: its pods and its fields, and the plan's steps.
#[test]
fn a_rollout_of_the_manifest_gets_the_steps_of_the_plan() {
    let manifest = pods("Rollout", "argoproj.io/v1alpha1", "  minReadySeconds: 5\n");
    let output = built(&memory(&plan("router istio \"web\"", STEPS), &manifest));
    let documents = documents(&output);
    argo_rules::check(&documents);
    let (path, rollout) = documents
        .iter()
        .find(|(_, document)| document["kind"] == "Rollout")
        .expect("a Rollout");
    assert_eq!(path, "30-start/10-rollout.yaml");
    assert_eq!(rollout["spec"]["minReadySeconds"], 5);
    let containers = &rollout["spec"]["template"]["spec"]["containers"];
    assert_eq!(containers[0]["image"], "r/w:2");
    assert_eq!(Machine::of(&documents).walk().len(), 2);
}

/// Everything that the Rollout needs can be applied at once, in any order, and nobody meets the new
/// version by it.
#[test]
fn applying_the_folder_of_the_rollout_moves_nothing() {
    for name in super::EXAMPLES {
        for (path, document) in documents(&built(&example(name))) {
            let brings = document["spec"]["template"].is_object();
            let apart = path.starts_with("30-start/") || document["kind"] == "Job";
            assert!(!brings || apart, "{name}/{path}");
        }
    }
}

#[test]
fn behind_a_load_balancer_a_switch_is_a_weight() {
    let steps = "  step stage { preview; hold 30m }\n  step go { switch; hold 30m }";
    let output = built(&memory(&plan("router alb \"web\"", steps), &deployment("")));
    let documents = documents(&output);
    argo_rules::check(&documents);
    let (_, rollout) = documents
        .iter()
        .find(|(_, document)| document["kind"] == "Rollout")
        .expect("a Rollout");
    let steps = &rollout["spec"]["strategy"]["canary"]["steps"];
    assert_eq!(steps[0], json!({"setCanaryScale": {"weight": 100}}));
    assert_eq!(steps[2], json!({"setWeight": 100}));
}

/// A controller starts again from the first step when the steps of a Rollout change: two builds
/// show whether they do.
#[test]
fn an_edit_of_the_steps_is_seen_and_a_moved_line_is_none() {
    let steps = |steps: &str| -> Value {
        let output = built(&memory(
            &plan("router istio \"web\"", steps),
            &deployment(""),
        ));
        let documents = documents(&output);
        let (_, rollout) = documents
            .iter()
            .find(|(_, document)| document["kind"] == "Rollout")
            .expect("a Rollout");
        rollout["spec"]["strategy"]["canary"]["steps"].clone()
    };
    let before = steps(STEPS);
    assert_eq!(before, steps(&format!("\n  # said again\n\n{STEPS}")));
    assert_ne!(before, steps(&STEPS.replace("10%", "11%")));
    assert_ne!(
        before,
        steps(&STEPS.replace("weight 10%; hold 30m", "weight 10%; hold 31m"))
    );
}

#[test]
fn the_rules_see_what_breaks_them() {
    let good = documents(&built(&example("checkout")));
    assert!(argo_rules::faults(&good).is_empty());
    let step = "/spec/strategy/canary/steps/0";
    for (place, value, rule) in [
        ("/spec/replicas", json!(-1), "A1"),
        ("/spec/progressDeadlineSeconds", json!(0), "A2"),
        (
            "/spec/template",
            json!({"metadata": {"labels": {"a": "b"}}}),
            "A4",
        ),
        ("/spec/strategy/blueGreen", json!({}), "A5"),
        ("/spec/strategy/canary/antiAffinity", json!({}), "A8"),
        ("/spec/strategy/canary/maxSurge", json!(0), "A9"),
        (
            "/spec/strategy/canary/canaryService",
            json!("checkout-stable"),
            "A10",
        ),
        ("/spec/strategy/canary/pingPong", json!({}), "A12"),
        (
            "/spec/strategy/canary/dynamicStableScale",
            json!(true),
            "AS5",
        ),
        (step, json!({}), "A16"),
        (step, json!({"setWeight": 5, "plugin": {}}), "A16"),
        (step, json!({"setWeight": 101}), "A17"),
        (step, json!({"pause": {"duration": "soon"}}), "A18"),
        (step, json!({"pause": {"duration": "0s"}}), "AS12"),
        (step, json!({"setMirrorRoute": {"name": "x"}}), "A21"),
        (step, json!({"setHeaderRoute": {"name": "x"}}), "A22"),
        (
            step,
            json!({"setHeaderRoute": {"name": "x", "match": [{"headerName": "a", "headerValue": {}}]}}),
            "A20",
        ),
        (
            step,
            json!({"analysis": {"templates": [{"templateName": "gone"}]}}),
            "the template is there",
        ),
        (
            "/spec/strategy/canary/analysis",
            json!({"templates": [], "args": [{"name": "a", "valueFrom": {"fieldRef": {"fieldPath": "metadata.x"}}}]}),
            "A24",
        ),
        ("/spec/progressDeadlineAbort", json!(false), "AS10"),
    ] {
        let mut bad = good.clone();
        let (_, rollout) = bad
            .iter_mut()
            .find(|(_, document)| document["kind"] == "Rollout")
            .expect("a Rollout");
        let (parent, key) = place.rsplit_once('/').expect("a place");
        let parent = rollout.pointer_mut(parent).expect("the parent is there");
        match parent.as_array_mut() {
            Some(items) => items[key.parse::<usize>().expect("a number")] = value,
            None => parent[key] = value,
        }
        let faults = argo_rules::faults(&bad);
        let seen = faults
            .iter()
            .any(|fault| fault.starts_with(&format!("{rule}:")));
        assert!(seen, "{rule} at {place}: {faults:#?}");
    }
    for (key, value, rule) in [
        ("count", json!(0), "runs indefinitely"),
        ("failureLimit", json!(99), "count >= limits"),
        ("failureLimit", json!(-1), "a metric can end"),
        ("interval", json!("1 minute"), "durations parse"),
        ("provider", json!({}), "exactly one provider"),
    ] {
        let mut bad = good.clone();
        let (_, template) = bad
            .iter_mut()
            .find(|(_, document)| document["kind"] == "AnalysisTemplate")
            .expect("a template");
        let metric = &mut template["spec"]["metrics"][0];
        match (key, rule) {
            ("count", _) => drop(metric.as_object_mut().expect("a map").remove("count")),
            _ => metric[key] = value,
        }
        let faults = argo_rules::faults(&bad);
        let seen = faults
            .iter()
            .any(|fault| fault.starts_with(&format!("{rule}:")));
        assert!(seen, "{rule}: {faults:#?}");
    }
}

#[test]
fn every_trap_names_a_test_that_exists() {
    let tests = [
        include_str!("../argo.rs"),
        include_str!("cases.rs"),
        include_str!("../emit.rs"),
    ]
    .concat();
    let codes: Vec<String> = (1..=22).map(|number| format!("AS{number}")).collect();
    assert_eq!(TRAPS.map(|trap| trap.code).to_vec(), codes);
    for trap in TRAPS {
        let (Handled::Avoided(_, test) | Handled::TwoRevisions(_, test)) = trap.handled else {
            continue;
        };
        let found = tests.contains(&format!("#[test]\nfn {test}()"));
        assert!(found, "{}: there is no test `{test}`", trap.code);
    }
}

#[test]
fn the_runbook_says_what_no_field_turns_off() {
    for name in super::EXAMPLES {
        let output = built(&example(name));
        let runbook = output.files.iter().find(|file| file.path == "runbook.md");
        let runbook = &runbook.expect("a runbook").text;
        for trap in TRAPS {
            if let Handled::Inherent(said) = trap.handled {
                assert!(runbook.contains(said), "{name}, {}: {said}", trap.code);
            }
        }
    }
}
