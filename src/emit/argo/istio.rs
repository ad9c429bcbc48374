//! Istio: a VirtualService with a destination for each version, told apart by Services or by the
//! subsets of a DestinationRule. Subsets are made before a route uses them: a route to a subset that
//! does not exist answers 503.

use super::Job;
use super::names::label;
use super::setup::Setup;
use super::traffic::{object, ruled};
use super::workload_copy::find;
use super::yaml::{Yaml, map};
use crate::emit::metadata::{metadata, namespace};
use crate::model::Action;

/// The name of the HTTP route whose weights the plan sets.
pub fn route_name(job: &Job<'_>, setup: &Setup) -> String {
    let fallback = || label([&*setup.workload]);
    let Some(super::setup::Router::Istio(name, _)) = &setup.router else {
        return fallback();
    };
    let found = job
        .service
        .workload
        .as_ref()
        .and_then(|workload| find(&workload.manifests, "VirtualService", name));
    let Some(found) = found else {
        return fallback();
    };
    let document = Yaml::from(&found.node);
    let routes = http(&document);
    let own = routes.iter().find(|route| leads(job, setup, route));
    match own.and_then(|route| route.get("name")) {
        Some(Yaml::Text(name)) => name.clone(),
        _ => fallback(),
    }
}

/// The VirtualService of the manifest with both destinations, and the subsets before it.
pub fn route(job: &mut Job<'_>, setup: &Setup, name: &str, rule: Option<&str>) {
    if let Some(rule) = rule {
        subsets(job, setup, rule);
    }
    let (stable, canary) = (
        destination(setup, rule, true),
        destination(setup, rule, false),
    );
    let says = |place: &Yaml| {
        let text = |key: &str| match place.get(key) {
            Some(Yaml::Text(text)) => text.clone(),
            _ => String::new(),
        };
        match rule {
            Some(_) => format!("{} subset {}", text("host"), text("subset")),
            None => text("host"),
        }
    };
    let has_to = format!(
        "give its http route `{}` both destinations, {} with weight 100 and {} with weight 0",
        route_name(job, setup),
        says(&stable),
        says(&canary),
    );
    let Some(found) = object(job, "VirtualService", name, &has_to) else {
        return;
    };
    let mut document = Yaml::from(&found.node);
    document.remove("status");
    if let Some(namespace) = namespace(job) {
        document
            .map_at("metadata")
            .set("namespace", Yaml::text(namespace));
    }
    let mut routes = http(&document);
    let own: Vec<usize> = (0..routes.len())
        .filter(|&at| routes.get(at).is_some_and(|route| leads(job, setup, route)))
        .collect();
    let &[at] = own.as_slice() else {
        let message = match own.len() {
            0 => format!(
                "no http route of VirtualService `{name}` leads to the Service of this workload"
            ),
            count => format!(
                "{count} http routes of VirtualService `{name}` lead to the Service of this workload"
            ),
        };
        let help =
            "name the VirtualService with one http route whose `destination.host` is that Service";
        job.refuse(setup.router_span, message, help);
        return;
    };
    let kept = route_name(job, setup);
    let managed = manages(job);
    let matches = routes
        .get(at)
        .is_some_and(|route| route.get("match").is_some());
    if managed && (routes.len() > 1 || matches) {
        let message = format!(
            "a header or mirror route of Argo Rollouts stands above every route of VirtualService `{name}` and takes its requests whatever they match"
        );
        let help = "give this workload a VirtualService of its own with one http route that matches everything";
        ruled(job, setup, found, message, help);
        return;
    }
    let Some(route) = routes.get_mut(at) else {
        return;
    };
    let Some(Yaml::Seq(places)) = route.get("route").cloned() else {
        return;
    };
    let [only] = places.as_slice() else {
        let message = format!(
            "VirtualService `{name}` already splits its traffic over {} destinations",
            places.len()
        );
        let help = "leave one destination in the route: the weights are the plan's";
        ruled(job, setup, found, message, help);
        return;
    };
    for key in ["mirror", "mirrors", "mirrorPercentage"] {
        if managed && route.get(key).is_some() {
            let message = format!("VirtualService `{name}` already copies its requests");
            ruled(
                job,
                setup,
                found,
                message,
                "take `mirror` out: the plan sets it",
            );
            return;
        }
    }
    let port = only
        .get("destination")
        .and_then(|place| place.get("port"))
        .cloned();
    let of = |mut place: Yaml, weight: i64| {
        if let Some(port) = &port {
            place.set("port", port.clone());
        }
        let mut entry = only.clone();
        entry.set("destination", place);
        entry.set("weight", Yaml::Int(weight));
        entry
    };
    route.set("route", Yaml::Seq(vec![of(stable, 100), of(canary, 0)]));
    route.set("name", Yaml::text(kept));
    document.map_at("spec").set("http", Yaml::Seq(routes));
    let mut head = job.head("the route with a destination for each version");
    head.push(job.places.says(setup.router_span));
    job.output
        .write("20-rollout/30-route.yaml", &[(head, document)]);
    if managed {
        job.output.note(format!(
            "header and mirror routes have no timeouts and retries of VirtualService {name}: Argo Rollouts writes them without",
        ));
    }
}

/// Whether the plan sets header or mirror routes.
fn manages(job: &Job<'_>) -> bool {
    let walked = job.plan.steps.get(job.walk.first..job.walk.end);
    walked
        .unwrap_or_default()
        .iter()
        .flat_map(|step| &step.actions)
        .any(|action| {
            matches!(
                action.value,
                Action::RouteHeader(..) | Action::RouteCohorts(_) | Action::Mirror(Some(_))
            )
        })
}

fn http(document: &Yaml) -> Vec<Yaml> {
    match document.get("spec").and_then(|spec| spec.get("http")) {
        Some(Yaml::Seq(routes)) => routes.clone(),
        _ => Vec::new(),
    }
}

/// Whether a route has a destination of this workload.
fn leads(job: &Job<'_>, setup: &Setup, route: &Yaml) -> bool {
    let Some(Yaml::Seq(places)) = route.get("route") else {
        return false;
    };
    let namespace = namespace(job);
    places.iter().any(|place| {
        let host = place.get("destination").and_then(|place| place.get("host"));
        let Some(Yaml::Text(host)) = host else {
            return false;
        };
        let (name, rest) = host.split_once('.').unwrap_or((host, ""));
        let here = rest.is_empty()
            || namespace
                .as_deref()
                .is_none_or(|own| rest.split('.').next() == Some(own));
        let own = Some(name) == setup.base.as_deref();
        here && (own || name == setup.stable || name == setup.canary)
    })
}

fn destination(setup: &Setup, rule: Option<&str>, stable: bool) -> Yaml {
    match rule {
        Some(_) => map([
            ("host", Yaml::text(setup.base.clone().unwrap_or_default())),
            (
                "subset",
                Yaml::text(if stable { "stable" } else { "canary" }),
            ),
        ]),
        None => {
            let name = if stable { &setup.stable } else { &setup.canary };
            map([("host", Yaml::text(&**name))])
        }
    }
}

/// The DestinationRule with a subset for each version. Argo Rollouts adds the version's hash to
/// their labels.
fn subsets(job: &mut Job<'_>, setup: &Setup, rule: &str) {
    let Some(workload) = &job.service.workload else {
        return;
    };
    let found = find(&workload.manifests, "DestinationRule", rule);
    let mut document = match found {
        Some(found) => Yaml::from(&found.node),
        None => map([
            ("apiVersion", Yaml::text("networking.istio.io/v1")),
            ("kind", Yaml::text("DestinationRule")),
            ("metadata", metadata(job, rule)),
            (
                "spec",
                map([("host", Yaml::text(setup.base.clone().unwrap_or_default()))]),
            ),
        ]),
    };
    document.remove("status");
    if let Some(namespace) = namespace(job) {
        document
            .map_at("metadata")
            .set("namespace", Yaml::text(namespace));
    }
    let spec = document.map_at("spec");
    if let (Some(found), Some(Yaml::Seq(own))) = (found, spec.get("subsets"))
        && !own.is_empty()
    {
        let message = format!(
            "DestinationRule `{rule}` has subsets of its own, and Argo Rollouts takes every subset away but its two"
        );
        let help = "put the subsets into a DestinationRule of another host, or leave `destination-rule` out: a Service tells the versions apart then";
        ruled(job, setup, found, message, help);
        return;
    }
    let base = workload.manifests.services_of(workload.facts()).next();
    let labels: Vec<(String, Yaml)> = base
        .into_iter()
        .flat_map(|base| &base.selector)
        .map(|(key, value)| (key.value.to_string(), Yaml::text(&*value.value)))
        .collect();
    let of = |name: &str| {
        map([
            ("name", Yaml::text(name)),
            ("labels", Yaml::Map(labels.clone())),
        ])
    };
    spec.set("subsets", Yaml::Seq(vec![of("stable"), of("canary")]));
    let mut head =
        job.head("a subset for each version; Argo Rollouts adds its hash to their labels");
    head.extend(
        job.target
            .destination_rule
            .as_ref()
            .map(|rule| job.places.says(rule.span)),
    );
    job.output
        .write("20-rollout/25-subsets.yaml", &[(head, document)]);
}
