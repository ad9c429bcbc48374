use super::*;

fn value<T: Clone>(spanned: &Option<crate::source::Spanned<T>>) -> Option<T> {
    spanned.as_ref().map(|s| s.value.clone())
}

#[test]
fn a_deployment_with_what_stands_beside_it() {
    let all = clean(CHECKOUT);
    let kinds: Vec<_> = all.kinds().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        [
            "Deployment",
            "Service",
            "HorizontalPodAutoscaler",
            "PodDisruptionBudget",
            "Ingress",
            "ConfigMap"
        ]
    );
    let workload = all.workload_named("checkout").expect("it is there");
    assert_eq!(workload.kind, WorkloadKind::Deployment);
    assert_eq!(workload.replicas_or_default(), Some(6));
    assert_eq!(
        (
            workload.min_ready(),
            workload.progress_deadline(),
            workload.revisions_kept()
        ),
        (10, Some(300), Some(5))
    );
    assert_eq!(workload.strategy(), Some(Strategy::RollingUpdate));
    assert_eq!(workload.step_size(6), Some((2, 0)));

    let pod = workload.pod.as_ref().expect("a template");
    assert_eq!(pod.grace_period_seconds(), 45);
    assert_eq!(
        pod.label("tier").map(|l| l.value.as_str()),
        Some("backend"),
        "through the alias"
    );
    let main = pod.main_container().expect("a container");
    assert_eq!(
        value(&main.image).as_deref(),
        Some("registry.example.com/shop/checkout@sha256:0f1e")
    );
    assert_eq!(
        main.ports
            .iter()
            .map(|p| p.number.value)
            .collect::<Vec<_>>(),
        [8080, 9090]
    );
    assert_eq!(
        main.env
            .iter()
            .map(|e| (e.name.value.as_str(), value(&e.value)))
            .collect::<Vec<_>>(),
        [
            ("LOG_LEVEL", Some("info".into())),
            ("GREETING", Some("{{ not a template }}\n안녕\n".into())),
            ("DB_PASSWORD", None),
        ]
    );
    assert!(main.env[2].value_from.is_some() && main.env_from.is_some());
    assert_eq!(
        main.requests
            .iter()
            .map(|(n, q)| (n.value.as_str(), q.value.milli))
            .collect::<Vec<_>>(),
        [("cpu", 500), ("memory", 512 * 1024 * 1024 * 1000)]
    );
    assert_eq!(main.limits.len(), 1);

    let ready = main.readiness.as_ref().expect("readiness");
    assert_eq!(
        (
            ready.period(),
            ready.failures(),
            ready.initial_delay(),
            ready.timeout()
        ),
        (5, 2, 0, 1)
    );
    let ProbeCheck::Http {
        path,
        port: Some(port),
    } = &ready.check
    else {
        panic!("{:?}", ready.check)
    };
    assert_eq!(value(path).as_deref(), Some("/ready"));
    assert_eq!(main.resolve_port(&port.value), Some(8080));
    let live = main.liveness.as_ref().expect("liveness");
    assert_eq!(
        (live.period(), live.failures(), live.initial_delay()),
        (5, 6, 15),
        "merged, own values first"
    );
    assert_eq!(live.gives_up_after(), 45);
    assert!(matches!(
        main.startup.as_ref().map(|p| &p.check),
        Some(ProbeCheck::Tcp { port: Some(_) })
    ));
    let sleeps: Vec<_> = pod
        .containers
        .iter()
        .filter_map(|c| c.pre_stop.as_ref()?.sleep_seconds)
        .map(|s| s.value)
        .collect();
    assert_eq!(sleeps, [15, 20]);

    let services: Vec<_> = all.services_of(workload).collect();
    assert_eq!(services.len(), 1);
    assert!(services[0].is_sticky());
    assert_eq!(
        services[0].ports[0]
            .target
            .as_ref()
            .map(|t| t.value.clone()),
        Some(PortRef::Name("http".into()))
    );
    let scaler = all.autoscaler_of(workload).expect("an autoscaler");
    assert_eq!(
        (scaler.min_or_default(), value(&scaler.max_replicas)),
        (6, Some(24))
    );
    let budgets: Vec<_> = all.disruption_budgets_of(workload).collect();
    assert_eq!(budgets.len(), 1);
    assert_eq!(budgets[0].allows(6), Some(1));
    assert_eq!(
        all.routes
            .iter()
            .map(|r| r.kind.value.as_str())
            .collect::<Vec<_>>(),
        ["Ingress"]
    );
}

#[test]
fn companions_of_others_are_not_taken() {
    let other = CHECKOUT.replace(
        "kind: Deployment, name: checkout",
        "kind: StatefulSet, name: checkout",
    );
    let all = clean(
        &other
            .replace("    app: checkout\n  ports", "    app: other\n  ports")
            .replace("[checkout, cart]", "[cart]"),
    );
    let workload = all.workload_named("checkout").expect("it is there");
    assert_eq!(all.services_of(workload).count(), 0);
    assert!(all.autoscaler_of(workload).is_none());
    assert_eq!(all.disruption_budgets_of(workload).count(), 0);
    let all = clean(&CHECKOUT.replace(
        "  name: checkout\n  namespace: shop\nspec:\n  type",
        "  name: checkout\n  namespace: else\nspec:\n  type",
    ));
    assert_eq!(
        all.services_of(&all.workloads[0]).count(),
        0,
        "another namespace"
    );
}

#[test]
fn a_rollout_takes_the_template_of_the_deployment_it_refers_to() {
    let all = clean(ROLLOUT);
    let running: Vec<_> = all.running().collect();
    assert_eq!(running.len(), 1, "the Deployment runs nothing itself");
    let rollout = running[0];
    assert_eq!(rollout.kind, WorkloadKind::Rollout);
    assert_eq!(
        rollout.workload_ref.as_ref().and_then(|r| r.resolved),
        Some(1)
    );
    let pod = rollout
        .pod
        .as_ref()
        .expect("the template of the Deployment");
    assert_eq!(
        value(&pod.containers[0].image).as_deref(),
        Some("registry.example.com/web:7")
    );
    assert_eq!(
        &ROLLOUT[pod.containers[0]
            .image
            .as_ref()
            .expect("image")
            .span
            .range()],
        "registry.example.com/web:7"
    );
    assert!(rollout.selector.is_some());
    assert_eq!(rollout.strategy(), Some(Strategy::Canary));
    assert!(rollout.update.steps.is_some());
    assert_eq!(rollout.step_size(4), Some((2, 1)));

    let alone = ROLLOUT.split("---").next().expect("the Rollout");
    let all = clean(alone);
    assert!(
        all.workloads[0].pod.is_none(),
        "the Deployment is elsewhere"
    );
    let other = clean(&ROLLOUT.replacen("    name: web\n", "    name: api\n", 1));
    assert_eq!(
        other.workloads[0]
            .workload_ref
            .as_ref()
            .and_then(|r| r.resolved),
        None
    );
}

#[test]
fn a_stateful_set() {
    let all = clean(STATEFUL_SET);
    let workload = &all.workloads[0];
    assert_eq!(workload.kind, WorkloadKind::StatefulSet);
    assert_eq!(workload.update.partition.map(|p| p.value), Some(2));
    assert_eq!(workload.step_size(3), Some((0, 1)));
    assert_eq!(workload.progress_deadline(), None);
    let container = &workload.pod.as_ref().expect("a template").containers[0];
    let Some(ProbeCheck::Exec(words)) = container.readiness.as_ref().map(|p| &p.check) else {
        panic!()
    };
    assert_eq!(
        words.iter().map(|w| w.value.as_str()).collect::<Vec<_>>(),
        ["queue-check", "--fast"]
    );
}

#[test]
fn knative_and_cloud_run_are_told_apart() {
    let all = clean(KNATIVE);
    let workload = &all.workloads[0];
    assert_eq!(workload.kind, WorkloadKind::KnativeService);
    let facts = workload.knative.as_ref().expect("facts");
    assert_eq!(
        (
            value(&facts.revision_min_scale),
            value(&facts.revision_max_scale)
        ),
        (Some(2), Some(10))
    );
    assert_eq!(value(&facts.container_concurrency), Some(20));
    assert_eq!(value(&facts.timeout_seconds), Some(60));
    assert_eq!(
        value(&facts.revision_name).as_deref(),
        Some("greeter-00002")
    );
    assert_eq!(
        facts
            .traffic
            .iter()
            .filter_map(|t| value(&t.percent))
            .collect::<Vec<_>>(),
        [90, 10]
    );
    assert_eq!(
        facts
            .traffic
            .iter()
            .map(|t| value(&t.latest))
            .collect::<Vec<_>>(),
        [None, Some(true)]
    );
    assert_eq!(value(&facts.traffic[0].tag).as_deref(), Some("stable"));
    assert_eq!(workload.replicas_or_default(), None);

    let all = clean(CLOUD_RUN);
    let workload = &all.workloads[0];
    assert_eq!(workload.kind, WorkloadKind::CloudRunService);
    let facts = workload.knative.as_ref().expect("facts");
    assert_eq!(
        (
            value(&facts.service_min_scale),
            value(&facts.service_max_scale)
        ),
        (Some(1), None)
    );
    assert_eq!(
        (
            value(&facts.revision_min_scale),
            value(&facts.revision_max_scale)
        ),
        (None, Some(100))
    );
    assert_eq!(value(&facts.session_affinity), Some(true));
    let container = &workload.pod.as_ref().expect("a template").containers[0];
    assert_eq!(
        value(&container.env[0].value).as_deref(),
        Some("https://shop.example.com")
    );
}

#[test]
fn defaults_are_those_of_kubernetes_and_are_not_written_into_the_facts() {
    let text = container("readinessProbe: {tcpSocket: {port: 80}}");
    let all = clean(&text);
    let workload = &all.workloads[0];
    assert!(workload.replicas.is_none());
    assert_eq!(
        (workload.replicas_or_default(), workload.progress_deadline()),
        (Some(1), Some(600))
    );
    assert_eq!(
        (workload.step_size(1), workload.step_size(10)),
        (Some((1, 0)), Some((3, 2)))
    );
    let pod = workload.pod.as_ref().expect("a template");
    assert_eq!(pod.grace_period_seconds(), 30);
    assert_eq!(
        pod.containers[0]
            .readiness
            .as_ref()
            .map(Probe::gives_up_after),
        Some(30)
    );
}

#[test]
fn a_pre_stop_that_sleeps_is_recognized_in_every_spelling() {
    for (command, seconds) in [
        ("[sleep, \"15\"]", Some(15)),
        ("[/bin/sleep, 15s]", Some(15)),
        ("[sh, -c, \"sleep 2m\"]", Some(120)),
        ("[sh, -c, \"echo bye; sleep 7; kill 1\"]", Some(7)),
        ("[sh, -c, \"asleep 7\"]", None),
        ("[nginx, -s, quit]", None),
        ("[sleep]", None),
        ("[sleep, \"99999999999\"]", None),
    ] {
        let text = container(&format!(
            "lifecycle:\n  preStop:\n    exec:\n      command: {command}"
        ));
        let all = clean(&text);
        let stop = all.workloads[0]
            .pod
            .as_ref()
            .and_then(|p| p.containers[0].pre_stop.clone())
            .expect("preStop");
        assert_eq!(stop.sleep_seconds.map(|s| s.value), seconds, "{command}");
    }
}

#[test]
fn a_list_is_read_item_by_item() {
    let items: String = ROLLOUT
        .split("---\n")
        .map(|document| {
            let lines: String = document.lines().map(|line| format!("  {line}\n")).collect();
            format!("-{}", lines.strip_prefix(' ').expect("indented"))
        })
        .collect();
    let all = clean(&format!("apiVersion: v1\nkind: List\nitems:\n{items}"));
    assert_eq!(all.workloads.len(), 2);
    assert_eq!(all.running().count(), 1);
}

#[test]
fn a_tree_goes_back_to_json_and_yaml_in_the_order_of_the_text() {
    let all = clean("kind: Z\nb: [1, 2.5, yes, ~, 'yes', 0x10]\na: {z: \"1\", y: {}}\nc: |\n  x\n");
    let node = &all.documents[0].node;
    let json = serde_json::to_string(node).expect("it can be written");
    assert_eq!(
        json,
        r#"{"kind":"Z","b":[1,2.5,true,null,"yes",16],"a":{"z":"1","y":{}},"c":"x\n"}"#
    );
    assert_eq!(
        node.to_json(),
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON")
    );
    let yaml = serde_saphyr::to_string(node).expect("it can be written");
    let again = clean(&yaml);
    assert_eq!(
        serde_json::to_string(&again.documents[0].node).expect("JSON"),
        json
    );
}
