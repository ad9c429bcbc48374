//! What stands around a Rollout: its names, and the router.

use crate::model::Workload;
use crate::source::Span;
use crate::workload::WorkloadKind;

use super::super::runbook::command;
use super::Job;
use super::names::label;
use super::query::fits;
use crate::emit::metadata::namespace;

/// What the manifest of the service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// A Deployment, which the Rollout refers to.
    Deployment,
    /// A Rollout of its own, with its own pods.
    Rollout,
}

/// What splits the traffic, with the name of its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Router {
    /// An HTTPRoute, through the plugin for the Gateway API.
    Gateway(String),
    /// A VirtualService, and the DestinationRule of its subsets where there is one.
    Istio(String, Option<String>),
    /// An Ingress of the NGINX controller, which a second one is put beside.
    Nginx(String),
    /// An Ingress of the AWS load balancer controller.
    Alb(String),
}

/// The names of what stands around the Rollout.
pub struct Setup {
    /// What the manifest is.
    pub over: Over,
    /// The workload, and the Rollout over it.
    pub workload: String,
    /// The Service of the version that runs.
    pub stable: String,
    /// The Service of the new version.
    pub canary: String,
    /// The Service that takes requests in blue-green.
    pub active: String,
    /// The Service of the second stack in blue-green.
    pub preview: String,
    /// The Service of the manifest that leads to the workload.
    pub base: Option<String>,
    /// What splits the traffic.
    pub router: Option<Router>,
    /// Where the plan's target names it, else the target.
    pub router_span: Span,
    /// The option of `kubectl` that names the namespace, if there is one.
    kubectl: Vec<String>,
}

impl Setup {
    /// The names, or a finding why there can be no Rollout.
    pub fn of(job: &mut Job<'_>) -> Option<Setup> {
        for id in [&job.service.name, &job.from.id, &job.to.id] {
            if !fits(&id.value) {
                let message = format!("`{}` cannot stand in a query", id.value);
                job.refuse(
                    id.span,
                    message,
                    "name it with letters, digits, `-`, `_`, `.`, `:` and `/`",
                );
                return None;
            }
        }
        let service = job.service;
        let Some(workload) = &service.workload else {
            let help = "name its Deployment: `workload \"deploy/web.yaml\"`";
            job.refuse(
                service.name.span,
                "Argo Rollouts needs the manifest of the service",
                help,
            );
            return None;
        };
        let over = over(job, workload)?;
        let facts = workload.facts();
        let target = job.target;
        let router = target.router.as_ref().and_then(|(kind, name)| {
            let name = name.value.clone();
            match kind.value.as_str() {
                "gateway-api" => Some(Router::Gateway(name)),
                "istio" => {
                    let rule = target.destination_rule.as_ref();
                    Some(Router::Istio(name, rule.map(|rule| rule.value.clone())))
                }
                "nginx-ingress" => Some(Router::Nginx(name)),
                "alb" => Some(Router::Alb(name)),
                _ => None,
            }
        });
        let router_span = target
            .router
            .as_ref()
            .map_or(target.name.span, |(_, name)| name.span);
        let own = |role: &str| {
            let found = target.services.iter().find(|(name, _)| name.value == role);
            found.map(|(_, name)| name.value.clone())
        };
        let role = |role: &str| own(role).unwrap_or_else(|| label([facts.name(), role]));
        let base = workload
            .manifests
            .services_of(facts)
            .next()
            .and_then(|service| service.name.as_ref())
            .map(|name| name.value.clone());
        let active = own("active").or_else(|| base.clone());
        let setup = Setup {
            over,
            workload: facts.name().to_string(),
            stable: role("stable"),
            canary: role("canary"),
            active: active.unwrap_or_else(|| role("active")),
            preview: role("preview"),
            base,
            router,
            router_span,
            kubectl: namespace(job)
                .map(|name| format!("--namespace={name}"))
                .into_iter()
                .collect(),
        };
        setup.told_apart(job)?;
        Some(setup)
    }

    /// One Service for two roles would send everybody to both versions.
    fn told_apart(&self, job: &mut Job<'_>) -> Option<()> {
        let pairs = [(&self.stable, &self.canary), (&self.active, &self.preview)];
        let same = pairs.into_iter().find(|(one, other)| one == other);
        let Some((name, _)) = same else {
            return Some(());
        };
        let span = job
            .target
            .services
            .first()
            .map_or(job.target.name.span, |(_, name)| name.span);
        let message = format!("`{name}` is the Service of both versions");
        job.refuse(span, message, "name two Services");
        None
    }

    /// Whether a Service tells the versions apart, or the subsets of a DestinationRule do.
    pub fn has_services(&self) -> bool {
        matches!(self.router, Some(ref router) if !matches!(router, Router::Istio(_, Some(_))))
    }

    /// A command of `kubectl`; the namespace stands last, because words of a plugin come first.
    pub fn kubectl<'a>(&'a self, words: impl IntoIterator<Item = &'a str>) -> String {
        let namespace = self.kubectl.iter().map(String::as_str);
        command(["kubectl"].into_iter().chain(words).chain(namespace))
    }
}

fn over(job: &mut Job<'_>, workload: &Workload) -> Option<Over> {
    let facts = workload.facts();
    let span = workload.path.span;
    match facts.kind {
        WorkloadKind::Deployment => Some(Over::Deployment),
        WorkloadKind::Rollout if facts.workload_ref.is_some() => {
            let help = "name the manifest of its Deployment, without the Rollout: the Rollout over it is written from the plan";
            job.refuse(
                span,
                "the manifest is a Rollout over a Deployment already",
                help,
            );
            None
        }
        WorkloadKind::Rollout if facts.update.steps.is_some() => {
            let at = facts.update.steps.unwrap_or(span);
            let help = "take `steps` out of the manifest: the plan's are written in their place";
            job.refuse(at, "the Rollout of the manifest has steps of its own", help);
            None
        }
        WorkloadKind::Rollout => {
            let document = workload.manifests.document(facts)?;
            let spec = document.node.get("spec")?;
            let Some(window) = spec.entry("rollbackWindow") else {
                return Some(Over::Rollout);
            };
            let help = "take it out of the manifest: `rollback within TIME` promises the way back";
            let message =
                "`rollbackWindow` skips every step and gate on the way to an older version";
            job.refuse(window.value.span, message, help);
            None
        }
        other => {
            let message = format!("Argo Rollouts cannot roll a {}", other.word());
            job.refuse(span, message, "name a Deployment");
            None
        }
    }
}
