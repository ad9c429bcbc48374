//! The Gateway API: an HTTPRoute of the project's own, with the rules of each leg.
//!
//! A leg is wholly in its folder, so that it can be applied again, or from anywhere. Each folder is
//! a Kustomize component, too: whoever delivers from Git includes the leg's folder instead of
//! running `apply.sh`.

use crate::source::{Span, Spanned};
use crate::units::Percent;

use super::applied;
use super::gateway_apply;
use super::gateway_route::{self, Backend, Route};
use super::gateway_stack::{self, Stack};
use super::metadata::{metadata, namespace};
use super::names::{is_label, label};
use super::pipeline::{self, LegFile, Means};
use super::proxy_address::parse;
use super::stages::{self, Runner};
use super::traffic::{self, Traffic};
use super::yaml::{Yaml, map, one_line};
use super::{Form, Job};

const TITLE: &str = "the Gateway API";

/// What the files of one service have in common.
pub struct Gateway<'a> {
    /// The version before.
    pub old: Backend,
    /// The version after.
    pub new: Backend,
    /// The route whose rules are the plan's.
    pub route: Route<'a>,
    /// The namespace of everything.
    pub namespace: Option<String>,
    /// The Deployment and Services of the versions, where `build` writes them.
    pub stack: Option<Stack<'a>>,
}

/// What one folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Leg,
    Back,
}

/// Writes the files.
pub fn emit(job: &mut Job<'_>) {
    let Some(gateway) = gateway(job) else {
        return;
    };
    let plan = job.plan;
    let walk = job.walk;
    traffic::refuse_others(job, TITLE);
    stages::emit(job, "10-expand", 0, walk.first, Runner::Kubernetes);
    let walked = traffic::walked(job);
    let start = "20-rollout/10-start";
    let what = "both versions behind the route, of which nobody meets the new one";
    let nobody = Traffic::default();
    write(
        job,
        &gateway,
        start,
        what,
        job.roll.span,
        &nobody,
        Phase::Start,
    );
    let mut files = Vec::new();
    let mut described = Vec::new();
    for (place, now) in walked.iter().enumerate() {
        let path = traffic::folder(now, place, walked.len());
        described.push(traffic::describe(job, &now.traffic));
        let what = traffic::title(now);
        write(
            job,
            &gateway,
            &path,
            &what,
            now.leg.span,
            &now.traffic,
            Phase::Leg,
        );
        files.push(LegFile {
            number: now.index + 1,
            leg: now.leg,
            path,
        });
    }
    let what = "the way back: all requests to the version before";
    write(
        job,
        &gateway,
        "back",
        what,
        plan.name.span,
        &nobody,
        Phase::Back,
    );
    let copies = walked
        .iter()
        .any(|walked| walked.traffic.mirror > Percent::ZERO);
    let full: Vec<&str> = walked
        .iter()
        .zip(&files)
        .filter(|(walked, _)| walked.traffic.share >= Percent::FULL)
        .map(|(_, file)| file.path.as_str())
        .collect();
    let script = gateway_apply::script(job, &gateway, copies, &full);
    job.output.files.push(script);
    let notes = first_notes(job, &gateway);
    applied::acts(job, &gateway.new.service, start, notes, &files, &described);
    if job.target.is_judged_by_pipeline() {
        let means = Means {
            needs: "kubectl",
            apply: "sh \"$here/apply.sh\"".into(),
            ready: "sh \"$here/apply.sh\" --check".into(),
            not_ready: "the cluster is not ready; nothing was changed",
            start: start.into(),
            back: "back".into(),
            back_by_hand: "sh apply.sh back, in the folder of this program".into(),
        };
        pipeline::emit(job, &means, &files);
    }
    let below = Runner::Kubernetes;
    stages::emit(job, "90-contract", walk.end, plan.steps.len(), below);
    notes_of(job, &gateway, copies);
}

/// The files of one folder.
fn write(
    job: &mut Job<'_>,
    gateway: &Gateway<'_>,
    path: &str,
    what: &str,
    span: Span,
    traffic: &Traffic<'_>,
    phase: Phase,
) {
    let mut resources = Vec::new();
    if phase == Phase::Start
        && let Some(stack) = &gateway.stack
    {
        resources = gateway_stack::write(job, gateway, stack, path);
    }
    let mut patches = Vec::new();
    let flips = phase != Phase::Leg || traffic.share >= Percent::FULL;
    if flips && let Some(stack) = &gateway.stack {
        let full = traffic.share >= Percent::FULL;
        patches.push(gateway_stack::keep_others(job, stack, full, path));
    }
    let rules = gateway_route::rules(job, gateway, traffic, phase == Phase::Back);
    let mut head = job.head(what);
    head.push(job.places.says(span));
    let whole = job.form == Form::Standalone;
    let document = if whole {
        let mut document = gateway.route.document();
        if let Some(namespace) = &gateway.namespace {
            let metadata = document.map_at("metadata");
            metadata.set("namespace", Yaml::text(&**namespace));
        }
        document.map_at("spec").set("rules", rules);
        document
    } else {
        map([
            ("apiVersion", Yaml::text(&*gateway.route.api_version)),
            ("kind", Yaml::text("HTTPRoute")),
            ("metadata", metadata(job, &gateway.route.name)),
            ("spec", map([("rules", rules)])),
        ])
    };
    let file = "40-route.yaml";
    if whole {
        resources.push(file.into());
    } else {
        patches.push(file.into());
    }
    job.output
        .write(format!("{path}/{file}"), &[(head, document)]);
    // what a delivery from Git does not name, it takes away
    let stack = match phase {
        Phase::Start => None,
        Phase::Back => gateway.stack.as_ref().map(|_| "../20-rollout/10-start"),
        _ => gateway.stack.as_ref().map(|_| "../10-start"),
    };
    kustomization(job, path, stack, &resources, &patches);
}

/// The folder as something that a Kustomization can include; `base` is the folder that it goes on
/// from.
fn kustomization(
    job: &mut Job<'_>,
    path: &str,
    base: Option<&str>,
    resources: &[String],
    patches: &[String],
) {
    let texts =
        |files: &[String]| Yaml::Seq(files.iter().map(|file| Yaml::text(&**file)).collect());
    let mut document = map([
        ("apiVersion", Yaml::text("kustomize.config.k8s.io/v1alpha1")),
        ("kind", Yaml::text("Component")),
    ]);
    if let Some(base) = base {
        document.set("components", Yaml::Seq(vec![Yaml::text(base)]));
    }
    if !resources.is_empty() {
        document.set("resources", texts(resources));
    }
    if !patches.is_empty() {
        let patches = patches
            .iter()
            .map(|file| map([("path", Yaml::text(&**file))]))
            .collect();
        document.set("patches", Yaml::Seq(patches));
    }
    let head = vec![
        "for delivery from Git: name this folder under components, and no other of this build"
            .into(),
    ];
    let path = format!("{path}/kustomization.yaml");
    job.output.write(path, &[(head, document)]);
}

fn gateway<'a>(job: &mut Job<'a>) -> Option<Gateway<'a>> {
    let service = job.service;
    let Some(workload) = &service.workload else {
        let help = "name the manifest that holds its HTTPRoute: `workload \"deploy/web.yaml\"`";
        let message = "the Gateway API needs the route of the service";
        job.refuse(service.name.span, message, help);
        return None;
    };
    let base = workload.manifests.services_of(workload.facts()).next();
    let base_name = base.and_then(|base| base.name.as_ref().map(|name| name.value.as_str()));
    let upstreams = !job.target.upstreams.is_empty();
    let old = backend(job, &job.roll.from_id)?;
    let new = backend(job, &job.roll.to_id)?;
    let stack = if upstreams {
        None
    } else {
        Some(gateway_stack::stack(job)?)
    };
    if old.service == new.service {
        let message = format!("`{}` is the Service of both versions", old.service);
        job.refuse(
            job.roll.to_id.span,
            message,
            "name a Service for each version",
        );
        return None;
    }
    let names = [base_name, Some(&*old.service), Some(&*new.service)];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let route = gateway_route::find(job, &names)?;
    Some(Gateway {
        old,
        new,
        route,
        namespace: namespace(job),
        stack,
    })
}

/// The Service of a version: the one that the target names, else `SERVICE-VERSION`.
fn backend(job: &mut Job<'_>, version: &Spanned<String>) -> Option<Backend> {
    let mut addresses = job
        .target
        .upstreams
        .iter()
        .filter(|upstream| upstream.version.value == version.value)
        .flat_map(|upstream| &upstream.addresses);
    let named = addresses.next();
    if let Some(second) = addresses.next() {
        let message = "a version is one Service here, and this is a second";
        let help = "name one Service, whose endpoints are all its servers";
        job.refuse(second.span, message, help);
        return None;
    }
    let Some(named) = named else {
        if job.target.upstreams.is_empty() {
            let name = job.service.facts()?.name();
            return Some(Backend {
                service: label([name, &version.value]),
                port: None,
            });
        }
        let target = &job.target.name.value;
        let message = format!(
            "target `{target}` does not say where version `{0}` answers",
            version.value
        );
        let name = &job.service.name.value;
        let help = format!(
            "write `upstream {0} \"{name}-{0}:80\"` in the target",
            version.value
        );
        job.refuse(version.span, message, &help);
        return None;
    };
    // a Service is of the route's own namespace, so it has no dots
    let found = parse(&named.value).filter(|found| is_label(&found.host));
    let Some(found) = found else {
        let message = format!("`{}` is no Service with its port", one_line(&named.value));
        let help = "write the name of a Service of the same namespace, and its port: `web-2:80`";
        job.refuse(named.span, message, help);
        return None;
    };
    Some(Backend {
        service: found.host,
        port: Some(found.port),
    })
}

/// What to know before the new version takes part.
fn first_notes(job: &Job<'_>, gateway: &Gateway<'_>) -> Vec<String> {
    let mut notes = stages::before_walk(job);
    match &gateway.stack {
        Some(stack) => notes.push(format!(
            "the pods of {} have to carry the label {}: they are what Service {} selects, and without a ready one nothing is changed",
            job.roll.from_id.value,
            stack.label(&job.roll.from_id.value),
            gateway.old.service
        )),
        None => notes.push(format!(
            "Services {} and {} are yours, and each has to have a ready endpoint by now",
            gateway.old.service, gateway.new.service
        )),
    }
    let how = match job.form {
        Form::Patch => "puts the rules of a folder into HTTPRoute",
        Form::Standalone => "applies HTTPRoute",
    };
    notes.push(format!(
        "commands are given in this folder; apply.sh {how} {}, and waits until every Gateway has accepted them",
        gateway.route.name
    ));
    notes
}

fn notes_of(job: &mut Job<'_>, gateway: &Gateway<'_>, copies: bool) {
    let route = &gateway.route.name;
    job.output.note(format!(
        "whoever else applies HTTPRoute {route}, such as Argo CD or Flux, puts its own rules back: let them leave spec.rules alone, or have them deliver the folder of the leg, which is a Kustomize component"
    ));
    if let Some(workload) = &job.service.workload {
        job.output.note(format!(
            "{} is written as version {}: whoever applies it as it is while {} runs puts {} there at once, past the plan",
            workload.path.value, job.roll.to_id.value, job.roll.from_id.value, job.roll.to_id.value,
        ));
    }
    if copies {
        job.output
            .note("copies are a share of all requests that no route sends to the new version");
        job.output.note("copies are of extended support: where a Gateway cannot make them, it does not accept the route, and apply.sh puts the rules of before back");
    }
    if gateway.route.sticky {
        job.output.note(format!(
            "HTTPRoute {route} keeps users where they are (sessionPersistence): whoever has met a version stays with it whatever the weights say, on the way back too"
        ));
    }
    match &gateway.stack {
        Some(stack) => gateway_stack::notes(job, gateway, stack),
        None => job.output.note(format!(
            "Deployments are started and stopped by you: that of {} before the first leg, that of {} when nobody needs the way back any more",
            gateway.new.service, gateway.old.service,
        )),
    }
}
