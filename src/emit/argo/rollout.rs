//! The Rollout.

use crate::model::Action;
use crate::units::Duration;
use crate::workload::Amount as Pods;

use super::Job;
use super::blue_green::Phases;
use super::setup::{Over, Router, Setup};
use super::steps::Canary;
use super::traffic::first_port;
use super::workload_copy::{document as given, set_version};
use super::yaml::{Yaml, map};
use crate::emit::metadata::{metadata, namespace};

/// What the Rollout does.
pub enum Strategy {
    /// Steps.
    Canary(Canary),
    /// A switch between two stacks.
    BlueGreen(Phases),
}

/// The Rollout: over the Deployment, or the one of the manifest with the plan's strategy.
pub fn document(job: &mut Job<'_>, setup: &Setup, strategy: &Strategy) -> Option<Yaml> {
    let strategy = match strategy {
        Strategy::Canary(canary) => map([("canary", self::canary(job, setup, canary)?)]),
        Strategy::BlueGreen(phases) => map([("blueGreen", blue_green(job, setup, phases))]),
    };
    let mut document = match setup.over {
        Over::Deployment => over_deployment(job, setup)?,
        Over::Rollout => {
            let mut document = given(job.service)?;
            document.remove("status");
            if let Some(namespace) = namespace(job) {
                document
                    .map_at("metadata")
                    .set("namespace", Yaml::text(namespace));
            }
            set_version(&mut document, job.service, job.to);
            document
        }
    };
    let spec = document.map_at("spec");
    deadline(job, spec);
    spec.set("strategy", strategy);
    Some(document)
}

fn over_deployment(job: &Job<'_>, setup: &Setup) -> Option<Yaml> {
    let facts = job.service.facts()?;
    let mut spec = map([]);
    if let Some(replicas) = job.service.replicas() {
        spec.set("replicas", Yaml::count(replicas.value));
    }
    spec.set(
        "workloadRef",
        map([
            ("apiVersion", Yaml::text("apps/v1")),
            ("kind", Yaml::text("Deployment")),
            ("name", Yaml::text(&*setup.workload)),
            ("scaleDown", Yaml::text("onsuccess")),
        ]),
    );
    if let Some(seconds) = facts.min_ready_seconds {
        spec.set("minReadySeconds", Yaml::Int(seconds.value.into()));
    }
    if let Some(limit) = facts.revision_history_limit {
        spec.set("revisionHistoryLimit", Yaml::Int(limit.value.into()));
    }
    Some(map([
        ("apiVersion", Yaml::text("argoproj.io/v1alpha1")),
        ("kind", Yaml::text("Rollout")),
        ("metadata", metadata(job, &setup.workload)),
        ("spec", spec),
    ]))
}

fn deadline(job: &mut Job<'_>, spec: &mut Yaml) {
    let Some(facts) = job.service.facts() else {
        return;
    };
    let walked = job
        .plan
        .steps
        .get(job.walk.first..job.walk.end)
        .unwrap_or_default();
    let deadline = walked
        .iter()
        .filter_map(|step| step.deadline)
        .map(|deadline| deadline.value.secs())
        .min();
    let deadline = deadline
        .or(facts.progress_deadline().map(u64::from))
        .unwrap_or(600);
    if deadline <= u64::from(facts.min_ready()) {
        let span = facts
            .progress_deadline_seconds
            .map_or(facts.kind_span, |seconds| seconds.span);
        job.refuse(
            span,
            "the progress deadline is not longer than `minReadySeconds`",
            "make it longer",
        );
    }
    spec.set("progressDeadlineSeconds", Yaml::count(deadline));
    // without this a version that never becomes ready keeps its weight
    spec.set("progressDeadlineAbort", Yaml::Bool(true));
}

fn canary(job: &mut Job<'_>, setup: &Setup, canary: &Canary) -> Option<Yaml> {
    let facts = job.service.facts()?;
    let mut out = map([]);
    if setup.has_services() {
        out.set("canaryService", Yaml::text(&*setup.canary));
        out.set("stableService", Yaml::text(&*setup.stable));
    }
    let pods = |amount: Pods| match amount {
        Pods::Count(count) => Yaml::Int(count.into()),
        Pods::Percent(_) => Yaml::text(amount.to_string()),
    };
    let is_none = |amount: Pods| matches!(amount, Pods::Count(0) | Pods::Percent(0));
    let amount = |own: Option<crate::source::Spanned<Pods>>| {
        own.map_or(Pods::Percent(25), |amount| amount.value)
    };
    let surge = amount(facts.update.max_surge);
    let down = amount(facts.update.max_unavailable);
    // the controller refuses both at nothing, though neither counts behind a router
    let surge = match is_none(surge) && is_none(down) {
        true => Pods::Count(1),
        false => surge,
    };
    out.set("maxSurge", pods(surge));
    out.set("maxUnavailable", pods(down));
    if let Some(after) = retire_after(job) {
        match setup.router {
            Some(_) => out.set("scaleDownDelaySeconds", Yaml::count(after.secs())),
            None => job.refuse(
                job.roll.span,
                "Argo Rollouts cannot keep the old version warm without a router: its pods go as those of the new one come",
                "name a router in the target, or write `retire` without `after`",
            ),
        }
    }
    if let Some(routing) = routing(job, setup, &canary.routes) {
        out.set("trafficRouting", routing);
    }
    if let Some(background) = &canary.background {
        out.set("analysis", background.clone());
    }
    out.set("steps", Yaml::Seq(canary.steps.clone()));
    Some(out)
}

fn routing(job: &Job<'_>, setup: &Setup, routes: &[String]) -> Option<Yaml> {
    let mut routing = map([]);
    if !routes.is_empty() {
        let names = routes
            .iter()
            .map(|name| map([("name", Yaml::text(&**name))]));
        routing.set("managedRoutes", Yaml::Seq(names.collect()));
    }
    let headers = routes.iter().any(|name| name != "switchback-mirror");
    match setup.router.as_ref()? {
        Router::Gateway(name) => {
            let namespace = namespace(job).map_or(Yaml::text("default"), Yaml::Text);
            let plugin = match headers {
                false => map([("httpRoute", Yaml::text(&**name)), ("namespace", namespace)]),
                true => {
                    let route = map([
                        ("name", Yaml::text(&**name)),
                        ("useHeaderRoutes", Yaml::Bool(true)),
                    ]);
                    map([
                        ("httpRoutes", Yaml::Seq(vec![route])),
                        ("namespace", namespace),
                    ])
                }
            };
            routing.set("plugins", map([("argoproj-labs/gatewayAPI", plugin)]));
        }
        Router::Istio(name, rule) => {
            let service = map([
                ("name", Yaml::text(&**name)),
                (
                    "routes",
                    Yaml::Seq(vec![Yaml::text(super::istio::route_name(job, setup))]),
                ),
            ]);
            let mut istio = map([("virtualService", service)]);
            if let Some(rule) = rule {
                istio.set(
                    "destinationRule",
                    map([
                        ("name", Yaml::text(&**rule)),
                        ("canarySubsetName", Yaml::text("canary")),
                        ("stableSubsetName", Yaml::text("stable")),
                    ]),
                );
            }
            routing.set("istio", istio);
        }
        Router::Nginx(name) => {
            routing.set("nginx", map([("stableIngress", Yaml::text(&**name))]));
        }
        Router::Alb(name) => {
            let mut alb = map([("ingress", Yaml::text(&**name))]);
            if let Some(base) = &setup.base {
                alb.set("rootService", Yaml::text(&**base));
            }
            alb.set("servicePort", Yaml::Int(first_port(job).into()));
            routing.set("alb", alb);
        }
    }
    Some(routing)
}

fn blue_green(job: &mut Job<'_>, setup: &Setup, phases: &Phases) -> Yaml {
    let mut out = map([
        ("activeService", Yaml::text(&*setup.active)),
        ("previewService", Yaml::text(&*setup.preview)),
    ]);
    match &phases.approval {
        Some(says) => {
            let comment = format!("{says}; goes on with: kubectl argo rollouts promote");
            out.set("autoPromotionEnabled", Yaml::Bool(false).noted(comment));
        }
        None => {
            out.set("autoPromotionEnabled", Yaml::Bool(true));
            if phases.waits > Duration::ZERO {
                out.set("autoPromotionSeconds", Yaml::count(phases.waits.secs()));
            }
        }
    }
    if let Some(before) = &phases.before {
        out.set("prePromotionAnalysis", before.clone());
    }
    if let Some(after) = &phases.after {
        out.set("postPromotionAnalysis", after.clone());
    }
    // the old stack counts from the switch, and a judgement that outlives it is cut short
    let retire = retire_after(job).unwrap_or(Duration::ZERO);
    let keeps = phases.keeps.plus(retire).secs();
    let comment = format!("{} of hold, and {retire} behind it", phases.keeps);
    out.set(
        "scaleDownDelaySeconds",
        Yaml::count(keeps.max(30)).noted(comment),
    );
    out
}

/// `retire V after TIME`: the old version stays that long behind the walk.
fn retire_after(job: &Job<'_>) -> Option<Duration> {
    let below = job.plan.steps.get(job.walk.first..).unwrap_or_default();
    below
        .iter()
        .flat_map(|step| &step.actions)
        .find_map(|action| match &action.value {
            Action::Retire(_, Some(after)) => Some(after.value),
            _ => None,
        })
}
