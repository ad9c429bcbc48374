//! Targets and environments.

use super::super::{Entry, Place};

pub(super) static TARGET: [Entry; 12] = [
    Entry::new(
        "kind",
        &["<kind:argo-rollouts|cloud-run|gateway-api|envoy|nginx|flagger|istio|kubernetes|cloud-deploy|haproxy|traefik|kruise-rollouts|knative>"],
    )
    .doc("The platform.")
    .example("kind argo-rollouts"),
    Entry::new("namespace", &["<namespace:id>"])
        .doc("The Kubernetes namespace (default: the manifest's).")
        .example("namespace shop"),
    Entry::new("router", &["<router:gateway-api|istio|nginx-ingress|alb> <name:text> (destination-rule <rule:text>)?"])
        .doc("What splits the traffic, by the name of its HTTPRoute, VirtualService or Ingress. With a DestinationRule, Istio tells the versions apart by its subsets, else by a Service for each.")
        .example("router gateway-api \"shop-route\""),
    Entry::new("gates", &["by <judge:pipeline|hand>"])
        .doc("Who judges the gates where the platform cannot.")
        .example("gates by pipeline"),
    Entry::new("project", &["<project:id>"]).doc("The cloud project.").example("project shop-prod"),
    Entry::new("region", &["<region:id>"]).doc("The cloud region.").example("region asia-northeast3"),
    Entry::new("quota", &["<count:integer above 0> replicas"])
        .doc("The replicas that may be scheduled there at once by what is rolled there, those that are being terminated counted: the `pods` of a ResourceQuota, less what else runs in the namespace.")
        .example("quota 60 replicas"),
    Entry::new("service", &["<role:stable|canary|active|preview> <name:id>"])
        .many()
        .doc("The Kubernetes Service of a role (default: named after the workload).")
        .example("service canary checkout-canary"),
    Entry::new("upstream", &["<version:id> <address:text>..."])
        .many()
        .doc("Where a version answers: hosts with their ports for a proxy, one Service with its port for the Gateway API. Every server of the version is named, or one name that stands for them all.")
        .example("upstream 41 \"10.0.0.5:8080\", \"10.0.0.6:8080\""),
    Entry::new("listen", &["<address:text>"])
        .doc("Where a proxy takes requests: a port, or an address with one. Without it NGINX gets locations for a server block of your own.")
        .example("listen \"0.0.0.0:8080\""),
    Entry::new("admin", &["<address:text>"])
        .doc("Where a proxy says on its own machine which leg it has taken over (default: `127.0.0.1:9901`).")
        .example("admin \"127.0.0.1:9901\""),
    Entry::new("folder", &["<folder:text>"])
        .doc("The folder on the proxy's machine that a leg's files are put into (default: `/etc/nginx/conf.d`, or `/etc/envoy/SERVICE`).")
        .example("folder \"/etc/nginx/conf.d\""),
];

pub(super) static ENVIRONMENT: [Entry; 7] = [
    Entry::new("service", &["<name:id>"])
        .block(Place::Service)
        .many()
        .doc("Values of a service that differ here.")
        .example("service checkout { replicas 2 }"),
    Entry::new("database", &["<name:id>"])
        .block(Place::Database)
        .many()
        .doc("Values of a database that differ here.")
        .example("database orders { connections 50 }"),
    Entry::new("provider", &["<name:id>"])
        .block(Place::Provider)
        .many()
        .doc("Values of a provider that differ here.")
        .example("provider prometheus { address \"http://prometheus.staging:9090\" }"),
    Entry::new("gate", &["<name:id>"])
        .block(Place::Gate)
        .many()
        .doc("Values of a gate that differ here.")
        .example("gate errors { every 1m for 5m }"),
    Entry::new("cohort", &["<name:id>"])
        .block(Place::Cohort)
        .many()
        .doc("Values of a cohort that differ here.")
        .example("cohort staff { share 50% }"),
    Entry::new("target", &["<name:id>"])
        .block(Place::EnvironmentTarget)
        .many()
        .doc("Values of a target that differ here.")
        .example("target prod { namespace staging }"),
    Entry::new("plan", &["<name:id>"])
        .block(Place::EnvironmentPlan)
        .many()
        .doc("The policies and targets of a plan here; its steps are the same everywhere.")
        .example("plan checkout-42 { on target staging }"),
];

pub(super) static ENVIRONMENT_PLAN: [Entry; 2] = [
    Entry::new("obeys", &["<policy:policy>..."])
        .doc("The policies that count here.")
        .example("obeys staging"),
    Entry::new("on", &["target <target:target>..."])
        .doc("The platforms here.")
        .example("on target staging"),
];
