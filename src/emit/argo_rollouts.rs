//! Argo Rollouts: a Rollout over the given Deployment, behind a route of the Gateway API.

use crate::model::{Action, Amount, Leg, Step};
use crate::units::Duration;
use crate::workload::{Amount as Pods, WorkloadKind};

use super::analysis::{Templates, pause, watch_place};
use super::names::label;
use super::query::fits;
use super::runbook::command;
use super::stages::{self, Runner};
use super::workload_copy::{document, set_version};
use super::yaml::{Yaml, map};
use super::{Job, argo_autoscaler, argo_runbook, argo_traffic};

/// Writes the files.
pub fn emit(job: &mut Job<'_>) {
    let walk = job.walk;
    let Some(names) = Names::of(job) else {
        return;
    };
    stages::emit(job, "10-expand", 0, walk.first, Runner::Kubernetes);
    let mut templates = Templates::default();
    let steps = steps(job, &mut templates);
    argo_traffic::services(job, &names);
    let documents = templates.documents();
    if !documents.is_empty() {
        job.output.write("20-rollout/20-analysis.yaml", &documents);
    }
    argo_traffic::route(job, &names);
    rollout(job, &names, steps);
    argo_autoscaler::emit(job, &names);
    workload(job);
    argo_runbook::start(job, &names);
    argo_runbook::walk(job, &names);
    stages::emit(
        job,
        "90-contract",
        walk.end,
        job.plan.steps.len(),
        Runner::Kubernetes,
    );
    if walk.end < job.plan.steps.len() {
        job.output.note(
            "90-contract is started by hand when the Rollout is Healthy, never before: the old version runs until then",
        );
    }
    job.output.note("the first Rollout of a workload skips all steps: let it become Healthy with the version that runs before 50-workload.yaml is applied");
    if let Some(replicas) = job.service.replicas() {
        job.output.note(format!(
            "the version that runs stays at full size until the last step has passed: up to {} pods",
            replicas.value.saturating_mul(2),
        ));
    }
    if let Some(workload) = &job.service.workload {
        job.output.note(format!(
            "do not apply {} while this runs: it holds the route and the replicas as they were before",
            workload.path.value,
        ));
    }
    job.output
        .note("an edit of the steps while they run starts them again from the first");
}

/// The names of what stands around the Rollout.
pub struct Names {
    /// The Deployment, and the Rollout over it.
    pub workload: String,
    /// The Service of the version that runs.
    pub stable: String,
    /// The Service of the new version.
    pub canary: String,
    /// The Service of the manifest that leads to the workload.
    pub base: Option<String>,
    /// The HTTPRoute.
    pub route: String,
    /// The option of `kubectl` that names the namespace, if there is one.
    kubectl: Vec<String>,
}

impl Names {
    fn of(job: &mut Job<'_>) -> Option<Names> {
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
        let facts = workload.facts();
        if facts.kind != WorkloadKind::Deployment {
            match facts.kind {
                WorkloadKind::Rollout => {
                    job.not_yet(workload.path.span, "a manifest that is a Rollout already")
                }
                other => {
                    let message = format!("Argo Rollouts cannot roll a {}", other.word());
                    job.refuse(workload.path.span, message, "name a Deployment");
                }
            }
            return None;
        }
        let route = match &job.target.router {
            Some((kind, name)) if kind.value == "gateway-api" => name.value.clone(),
            Some((kind, _)) => {
                job.not_yet(kind.span, "this router");
                return None;
            }
            None => {
                job.not_yet(job.target.name.span, "Argo Rollouts without a router");
                return None;
            }
        };
        let role = |role: &str| {
            let found = job
                .target
                .services
                .iter()
                .find(|(name, _)| name.value == role);
            found.map_or_else(
                || label([facts.name(), role]),
                |(_, name)| name.value.clone(),
            )
        };
        let (stable, canary) = (role("stable"), role("canary"));
        let base = workload
            .manifests
            .services_of(facts)
            .next()
            .and_then(|service| service.name.as_ref())
            .map(|name| name.value.clone());
        if stable == canary {
            let span = job
                .target
                .services
                .first()
                .map_or(job.target.name.span, |(_, name)| name.span);
            job.refuse(
                span,
                format!("`{stable}` is the Service of both versions"),
                "name two Services",
            );
            return None;
        }
        let mut kubectl = Vec::new();
        if let Some(namespace) = namespace(job) {
            kubectl.push(format!("--namespace={namespace}"));
        }
        Some(Names {
            workload: facts.name().to_string(),
            stable,
            canary,
            base,
            route,
            kubectl,
        })
    }

    /// A command of `kubectl`; the namespace stands last, because words of a plugin come first.
    pub fn kubectl<'a>(&'a self, words: impl IntoIterator<Item = &'a str>) -> String {
        let namespace = self.kubectl.iter().map(String::as_str);
        command(["kubectl"].into_iter().chain(words).chain(namespace))
    }
}

/// The namespace of everything: the target's, else the manifest's.
pub fn namespace(job: &Job<'_>) -> Option<String> {
    let own = job.target.namespace.as_ref();
    own.or_else(|| job.service.facts()?.namespace.as_ref())
        .map(|name| name.value.clone())
}

/// `metadata` with name and namespace.
pub fn metadata(job: &Job<'_>, name: &str) -> Yaml {
    let mut metadata = map([("name", Yaml::text(name))]);
    if let Some(namespace) = namespace(job) {
        metadata.set("namespace", Yaml::text(namespace));
    }
    metadata
}

/// The steps of the canary, each below the statement that it comes from.
fn steps(job: &mut Job<'_>, templates: &mut Templates) -> Vec<Yaml> {
    let plan = job.plan;
    let walk = job.walk;
    let mut all = Vec::new();
    for leg in plan
        .legs
        .iter()
        .filter(|leg| leg.step >= walk.first && leg.step < walk.end)
    {
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        if leg.number == 0
            && let Some(approval) = &step.approval
        {
            let told = "goes on with: kubectl argo rollouts promote";
            let comment = format!("{}; {told}", job.places.says(approval.span));
            all.push(map([("pause", Yaml::Map(Vec::new()))]).noted(comment));
            if leg.step > walk.first {
                job.output.note(format!(
                    "step {}: while its approval is waited for, Argo Rollouts asks no gate; the alerts of the service have to",
                    step.name.value,
                ));
            }
        }
        changes(job, leg, step, &mut all);
        for run in &step.runs {
            if let Some(analysis) = templates.job(job, run) {
                all.push(analysis.noted(job.places.says(run.span)));
            }
        }
        hold(job, templates, leg, step, &mut all);
    }
    all
}

fn changes(job: &mut Job<'_>, leg: &Leg, step: &Step, all: &mut Vec<Yaml>) {
    let chain = |action: &Action| matches!(action, Action::Weight(chain) if chain.values.len() > 1);
    let from = match leg.number {
        0 => 0,
        _ => step
            .actions
            .iter()
            .position(|action| chain(&action.value))
            .unwrap_or(0),
    };
    for action in step.actions.iter().skip(from) {
        let says = job.places.says(action.span);
        match &action.value {
            Action::Weight(chain) => {
                let share = chain.values.get(leg.number).or(chain.values.last());
                let weight = share.and_then(|share| share.value.whole()).unwrap_or(0);
                let comment = match chain.values.len() {
                    1 => says,
                    of => format!("{says}, {} of {of}", leg.number + 1),
                };
                all.push(map([("setWeight", Yaml::count(weight))]).noted(comment));
            }
            Action::Replicas(size) => {
                let scale = match size {
                    None => ("matchTrafficWeight", Yaml::Bool(true)),
                    Some(Amount::Count(count)) => ("replicas", Yaml::count(*count)),
                    Some(Amount::Share(share)) => match share.whole() {
                        Some(whole) => ("weight", Yaml::count(whole)),
                        None => {
                            job.refuse(
                                action.span,
                                "Argo Rollouts sizes in whole percents",
                                "write a whole percentage",
                            );
                            continue;
                        }
                    },
                };
                all.push(map([("setCanaryScale", map([scale]))]).noted(says));
            }
            Action::Preview(_) | Action::Switch => {
                job.not_yet(action.span, "blue-green on Argo Rollouts")
            }
            Action::Mirror(_) => job.not_yet(action.span, "`mirror` on Argo Rollouts"),
            Action::RouteCohorts(_) | Action::RouteHeader(..) | Action::RouteOff => {
                job.not_yet(action.span, "`route` on Argo Rollouts");
            }
            Action::Retire(..) => job.not_yet(action.span, "`retire` above `no return`"),
            // what no Rollout carries was refused before
            _ => {}
        }
    }
}

/// The hold of a leg: judged, where anything is watched.
fn hold(job: &mut Job<'_>, templates: &mut Templates, leg: &Leg, step: &Step, all: &mut Vec<Yaml>) {
    if leg.hold == Duration::ZERO {
        return;
    }
    let mut comment = step
        .hold
        .map_or(String::new(), |hold| job.places.says(hold.span));
    if step.watch.is_empty() && job.plan.throughout.is_empty() {
        all.push(pause(leg.hold).noted(comment));
        return;
    }
    if let Some(watch) = watch_place(job, step.watch_span) {
        comment = format!("hold {}, {watch}", leg.hold);
    }
    for (index, judged) in templates
        .judged_hold(job, step, leg.hold)
        .into_iter()
        .enumerate()
    {
        all.push(if index == 0 {
            judged.noted(&*comment)
        } else {
            judged
        });
    }
}

fn rollout(job: &mut Job<'_>, names: &Names, steps: Vec<Yaml>) {
    let Some(facts) = job.service.facts() else {
        return;
    };
    let mut spec = map([]);
    if let Some(replicas) = job.service.replicas() {
        spec.set("replicas", Yaml::count(replicas.value));
    }
    spec.set(
        "workloadRef",
        map([
            ("apiVersion", Yaml::text("apps/v1")),
            ("kind", Yaml::text("Deployment")),
            ("name", Yaml::text(&*names.workload)),
            ("scaleDown", Yaml::text("onsuccess")),
        ]),
    );
    if let Some(seconds) = facts.min_ready_seconds {
        spec.set("minReadySeconds", Yaml::Int(seconds.value.into()));
    }
    if let Some(limit) = facts.revision_history_limit {
        spec.set("revisionHistoryLimit", Yaml::Int(limit.value.into()));
    }
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
    // without this a canary that never becomes ready keeps its weight
    spec.set("progressDeadlineAbort", Yaml::Bool(true));
    let plugin = map([
        ("httpRoute", Yaml::text(&*names.route)),
        (
            "namespace",
            namespace(job).map_or(Yaml::text("default"), Yaml::Text),
        ),
    ]);
    let mut canary = map([
        ("canaryService", Yaml::text(&*names.canary)),
        ("stableService", Yaml::text(&*names.stable)),
    ]);
    let pods = |amount: Pods| match amount {
        Pods::Count(count) => Yaml::Int(count.into()),
        Pods::Percent(_) => Yaml::text(amount.to_string()),
    };
    let is_none = |amount: Pods| matches!(amount, Pods::Count(0) | Pods::Percent(0));
    let surge = facts
        .update
        .max_surge
        .map_or(Pods::Percent(25), |amount| amount.value);
    let down = facts
        .update
        .max_unavailable
        .map_or(Pods::Percent(25), |amount| amount.value);
    // the controller refuses both at nothing, though neither counts behind a router
    let surge = if is_none(surge) && is_none(down) {
        Pods::Count(1)
    } else {
        surge
    };
    canary.set("maxSurge", pods(surge));
    canary.set("maxUnavailable", pods(down));
    if let Some(after) = retire_after(job) {
        canary.set("scaleDownDelaySeconds", Yaml::count(after.secs()));
    }
    canary.set(
        "trafficRouting",
        map([("plugins", map([("argoproj-labs/gatewayAPI", plugin)]))]),
    );
    canary.set("steps", Yaml::Seq(steps));
    spec.set("strategy", map([("canary", canary)]));
    let document = map([
        ("apiVersion", Yaml::text("argoproj.io/v1alpha1")),
        ("kind", Yaml::text("Rollout")),
        ("metadata", metadata(job, &names.workload)),
        ("spec", spec),
    ]);
    let mut head = job.head("the walk");
    head.push(job.places.says(job.roll.span));
    job.output
        .write("20-rollout/40-rollout.yaml", &[(head, document)]);
}

/// `retire V after TIME` below `no return`: the old version stays that long.
fn retire_after(job: &Job<'_>) -> Option<Duration> {
    let below = job.plan.steps.get(job.walk.end..).unwrap_or_default();
    below
        .iter()
        .flat_map(|step| &step.actions)
        .find_map(|action| match &action.value {
            Action::Retire(_, Some(after)) => Some(after.value),
            _ => None,
        })
}

/// The Deployment with the new version and no pods of its own: applying it starts the walk.
fn workload(job: &mut Job<'_>) {
    let Some(mut document) = document(job.service) else {
        return;
    };
    if let Some(namespace) = namespace(job) {
        document
            .map_at("metadata")
            .set("namespace", Yaml::text(namespace));
    }
    set_version(&mut document, job.service, job.to);
    let comment = "the Rollout runs the pods";
    document
        .map_at("spec")
        .set("replicas", Yaml::Int(0).noted(comment));
    let mut head = job.head("the new version; applying this starts the walk");
    head.push(job.places.at(job.to.id.span));
    job.output
        .write("20-rollout/50-workload.yaml", &[(head, document)]);
}
