//! The pod template: containers, probes, how a pod starts and how it stops.

use super::fields::{At, Reader};
use super::rules::MANIFEST_VALUE;
use super::value::{PortRef, Quantity};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

/// Texts with the places of their keys and values: labels, annotations.
pub type Pairs = Vec<(Spanned<String>, Spanned<String>)>;

/// `spec.template`: what every pod of a workload is.
#[derive(Clone, Debug)]
pub struct PodTemplate {
    /// The whole template.
    pub span: Span,
    /// `metadata.name`; the revision's name on Knative and Cloud Run.
    pub name: Option<Spanned<String>>,
    /// `metadata.labels`.
    pub labels: Pairs,
    /// `metadata.annotations`.
    pub annotations: Pairs,
    /// `spec.containers`, in order.
    pub containers: Vec<Container>,
    /// `spec.initContainers`, in order; one that restarts always is a sidecar.
    pub init_containers: Vec<Container>,
    /// `spec.terminationGracePeriodSeconds`.
    pub termination_grace_period_seconds: Option<Spanned<u32>>,
    /// Where `spec` begins (its key), the place to say that something is missing there.
    pub spec_key: Option<Span>,
}

/// The grace period of a pod that names none, in seconds.
pub const DEFAULT_GRACE_PERIOD_SECONDS: u32 = 30;

impl PodTemplate {
    /// How long a pod may take to stop, in seconds, from the moment it is told to.
    pub fn grace_period_seconds(&self) -> u32 {
        self.termination_grace_period_seconds
            .map_or(DEFAULT_GRACE_PERIOD_SECONDS, |s| s.value)
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&Spanned<String>> {
        self.labels
            .iter()
            .find(|(name, _)| name.value == key)
            .map(|(_, value)| value)
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&Spanned<String>> {
        self.annotations
            .iter()
            .find(|(name, _)| name.value == key)
            .map(|(_, value)| value)
    }

    /// The container that serves: the one that the annotation for `kubectl` names, else the one
    /// that is called like the application, else the first with a port, else the first.
    pub fn main_container(&self) -> Option<&Container> {
        let named = |name: &Spanned<String>| {
            let called =
                |c: &&Container| c.name.as_ref().is_some_and(|own| own.value == name.value);
            self.containers.iter().find(called)
        };
        self.annotation("kubectl.kubernetes.io/default-container")
            .and_then(named)
            .or_else(|| self.label("app.kubernetes.io/name").and_then(named))
            .or_else(|| self.label("app").and_then(named))
            .or_else(|| self.containers.iter().find(|c| !c.ports.is_empty()))
            .or_else(|| self.containers.first())
    }
}

/// One container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its whole map.
    pub span: Span,
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `image`, as written.
    pub image: Option<Spanned<String>>,
    /// `ports`.
    pub ports: Vec<ContainerPort>,
    /// `env`.
    pub env: Vec<EnvVar>,
    /// Where `envFrom` stands: further variables come from elsewhere.
    pub env_from: Option<Span>,
    /// `readinessProbe`.
    pub readiness: Option<Probe>,
    /// `livenessProbe`.
    pub liveness: Option<Probe>,
    /// `startupProbe`.
    pub startup: Option<Probe>,
    /// `resources.requests`, by resource.
    pub requests: Vec<(Spanned<String>, Spanned<Quantity>)>,
    /// `resources.limits`, by resource.
    pub limits: Vec<(Spanned<String>, Spanned<Quantity>)>,
    /// `lifecycle.preStop`.
    pub pre_stop: Option<PreStop>,
    /// `restartPolicy: Always`, which makes an init container a sidecar.
    pub restarts_always: bool,
}

impl Container {
    /// The port of that name.
    pub fn port_named(&self, name: &str) -> Option<&ContainerPort> {
        self.ports
            .iter()
            .find(|port| port.name.as_ref().is_some_and(|n| n.value == name))
    }

    /// The number of a port that is given by number or by name; `None` for an unknown name.
    pub fn resolve_port(&self, port: &PortRef) -> Option<u16> {
        match port {
            PortRef::Number(number) => Some(*number),
            PortRef::Name(name) => self.port_named(name).map(|port| port.number.value),
        }
    }
}

/// One entry of `ports`.
#[derive(Clone, Debug)]
pub struct ContainerPort {
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `containerPort`.
    pub number: Spanned<u16>,
    /// `protocol`; TCP where absent.
    pub protocol: Option<Spanned<String>>,
}

/// One entry of `env`.
#[derive(Clone, Debug)]
pub struct EnvVar {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value, where it is written here.
    pub value: Option<Spanned<String>>,
    /// Where `valueFrom` stands, for one that comes from elsewhere.
    pub value_from: Option<Span>,
}

/// A probe.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its whole map.
    pub span: Span,
    /// Its key, such as `readinessProbe`.
    pub key_span: Span,
    /// What it asks.
    pub check: ProbeCheck,
    /// `initialDelaySeconds`.
    pub initial_delay_seconds: Option<Spanned<u32>>,
    /// `periodSeconds`.
    pub period_seconds: Option<Spanned<u32>>,
    /// `timeoutSeconds`.
    pub timeout_seconds: Option<Spanned<u32>>,
    /// `failureThreshold`.
    pub failure_threshold: Option<Spanned<u32>>,
    /// `successThreshold`.
    pub success_threshold: Option<Spanned<u32>>,
}

/// What a probe asks.
#[derive(Clone, Debug)]
pub enum ProbeCheck {
    /// `httpGet`.
    Http {
        /// `path`; `/` where absent.
        path: Option<Spanned<String>>,
        /// `port`; Knative takes the container's own where absent.
        port: Option<Spanned<PortRef>>,
    },
    /// `tcpSocket`.
    Tcp {
        /// `port`.
        port: Option<Spanned<PortRef>>,
    },
    /// `grpc`.
    Grpc {
        /// `port`.
        port: Option<Spanned<PortRef>>,
    },
    /// `exec`, with the words of its command.
    Exec(Vec<Spanned<String>>),
    /// Nothing that is known here.
    Unknown,
}

/// Kubernetes takes a zero as "not given".
fn or_default(value: Option<Spanned<u32>>, default: u32) -> u32 {
    value
        .map(|v| v.value)
        .filter(|&v| v != 0)
        .unwrap_or(default)
}

impl Probe {
    /// Seconds before the first probe; 0 by default.
    pub fn initial_delay(&self) -> u32 {
        or_default(self.initial_delay_seconds, 0)
    }

    /// Seconds between probes; 10 by default.
    pub fn period(&self) -> u32 {
        or_default(self.period_seconds, 10)
    }

    /// Seconds after which a probe has failed; 1 by default.
    pub fn timeout(&self) -> u32 {
        or_default(self.timeout_seconds, 1)
    }

    /// Failures in a row that count; 3 by default.
    pub fn failures(&self) -> u32 {
        or_default(self.failure_threshold, 3)
    }

    /// Successes in a row that count; 1 by default.
    pub fn successes(&self) -> u32 {
        or_default(self.success_threshold, 1)
    }

    /// Seconds until a pod that never answers has failed: `initialDelay + period * failures`.
    pub fn gives_up_after(&self) -> u64 {
        u64::from(self.initial_delay()) + u64::from(self.period()) * u64::from(self.failures())
    }
}

/// `lifecycle.preStop`: what runs before a container is told to stop.
#[derive(Clone, Debug)]
pub struct PreStop {
    /// Its whole map.
    pub span: Span,
    /// Its key.
    pub key_span: Span,
    /// How long it sleeps, in seconds, where that can be read: `sleep: {seconds: 5}`, or a command
    /// that holds `sleep 5`.
    pub sleep_seconds: Option<Spanned<u32>>,
}

/// Reads `template` (the value of `spec.template`). Knative fills in probes' ports itself.
pub(super) fn template(reader: &mut Reader<'_>, template: &At<'_>, knative: bool) -> PodTemplate {
    let mut pod = PodTemplate {
        span: template.node.span,
        name: None,
        labels: Vec::new(),
        annotations: Vec::new(),
        containers: Vec::new(),
        init_containers: Vec::new(),
        termination_grace_period_seconds: None,
        spec_key: None,
    };
    if let Some(metadata) = reader.map(template, "metadata") {
        pod.name = reader.text(&metadata, "name");
        pod.labels = reader.texts(&metadata, "labels");
        pod.annotations = reader.texts(&metadata, "annotations");
    }
    let Some(spec) = reader.map(template, "spec") else {
        if template.field("spec").is_none() {
            reader.lacks(
                template,
                "spec",
                "and it says which containers run",
                "spec:` with `containers:` below",
            );
        }
        return pod;
    };
    pod.spec_key = Some(spec.key_span);
    pod.termination_grace_period_seconds = reader.count(&spec, "terminationGracePeriodSeconds");
    pod.containers = reader.each(&spec, "containers", |reader, at| {
        Some(container(reader, at, knative))
    });
    pod.init_containers = reader.each(&spec, "initContainers", |reader, at| {
        Some(container(reader, at, knative))
    });
    match spec.field("containers") {
        None => reader.lacks(
            &spec,
            "containers",
            "so there is nothing to run",
            "containers:` with `- name: app` and its `image:` below",
        ),
        Some(list) if list.is_empty_list() => reader.empty(
            &list,
            "at least one container, or there is nothing to run",
            "containers:` with `- name: app` and its `image:` below",
        ),
        Some(_) => {}
    }
    pod
}

fn container(reader: &mut Reader<'_>, at: &At<'_>, knative: bool) -> Container {
    let mut container = Container {
        span: at.node.span,
        name: reader.text(at, "name"),
        image: reader.text(at, "image"),
        ports: reader.each(at, "ports", container_port),
        env: reader.each(at, "env", env_var),
        env_from: reader.list(at, "envFrom").map(|list| list.key_span),
        readiness: probe(reader, at, "readinessProbe", knative),
        liveness: probe(reader, at, "livenessProbe", knative),
        startup: probe(reader, at, "startupProbe", knative),
        requests: Vec::new(),
        limits: Vec::new(),
        pre_stop: None,
        restarts_always: at.node.get("restartPolicy").and_then(|n| n.text()) == Some("Always"),
    };
    if at.field("image").is_none() {
        reader.lacks(
            at,
            "image",
            "so there is nothing to run",
            "image: registry.example.com/app@sha256:...",
        );
    }
    if let Some(resources) = reader.map(at, "resources") {
        container.requests = quantities(reader, &resources, "requests");
        container.limits = quantities(reader, &resources, "limits");
    }
    if let Some(lifecycle) = reader.map(at, "lifecycle") {
        container.pre_stop = pre_stop(reader, &lifecycle);
    }
    container
}

fn container_port(reader: &mut Reader<'_>, at: &At<'_>) -> Option<ContainerPort> {
    if at.field("containerPort").is_none() {
        reader.lacks(
            at,
            "containerPort",
            "and a port is known by its number",
            "containerPort: 8080",
        );
    }
    Some(ContainerPort {
        name: reader.text(at, "name"),
        protocol: reader.text(at, "protocol"),
        number: reader.port_number(at, "containerPort")?,
    })
}

fn env_var(reader: &mut Reader<'_>, at: &At<'_>) -> Option<EnvVar> {
    if at.field("name").is_none() {
        reader.lacks(
            at,
            "name",
            "and a variable is known by its name",
            "name: LOG_LEVEL",
        );
    }
    Some(EnvVar {
        value: reader.text(at, "value"),
        value_from: at.field("valueFrom").map(|from| from.key_span),
        name: reader.text(at, "name")?,
    })
}

fn quantities(
    reader: &mut Reader<'_>,
    at: &At<'_>,
    key: &str,
) -> Vec<(Spanned<String>, Spanned<Quantity>)> {
    let Some(map) = reader.map(at, key) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (entry, at) in map.node.entries().iter().zip(map.entries()) {
        if at.node.is_null() {
            continue;
        }
        if let Some(quantity) = reader.quantity(&at) {
            all.push((
                Spanned::new(entry.key.to_string(), entry.key_span),
                quantity,
            ));
        }
    }
    all
}

fn probe(reader: &mut Reader<'_>, container: &At<'_>, key: &str, knative: bool) -> Option<Probe> {
    let at = reader.map(container, key)?;
    let check = check(reader, &at, knative);
    Some(Probe {
        span: at.node.span,
        key_span: at.key_span,
        check,
        initial_delay_seconds: reader.count(&at, "initialDelaySeconds"),
        period_seconds: reader.count(&at, "periodSeconds"),
        timeout_seconds: reader.count(&at, "timeoutSeconds"),
        failure_threshold: reader.count(&at, "failureThreshold"),
        success_threshold: reader.count(&at, "successThreshold"),
    })
}

/// What the probe asks; a missing port is reported, except on Knative, which fills it in.
fn check(reader: &mut Reader<'_>, at: &At<'_>, knative: bool) -> ProbeCheck {
    let port = |reader: &mut Reader<'_>, handler: &At<'_>| {
        if handler.field("port").is_none() && !knative {
            reader.lacks(
                handler,
                "port",
                "and a probe has to know where to ask",
                "port: 8080",
            );
        }
        reader.port(handler, "port")
    };
    if let Some(http) = reader.map(at, "httpGet") {
        return ProbeCheck::Http {
            path: reader.text(&http, "path"),
            port: port(reader, &http),
        };
    }
    if let Some(tcp) = reader.map(at, "tcpSocket") {
        return ProbeCheck::Tcp {
            port: port(reader, &tcp),
        };
    }
    if let Some(grpc) = reader.map(at, "grpc") {
        return ProbeCheck::Grpc {
            port: port(reader, &grpc),
        };
    }
    if let Some(exec) = reader.map(at, "exec") {
        return ProbeCheck::Exec(words(reader, &exec, "command"));
    }
    let written = ["httpGet", "tcpSocket", "grpc", "exec"]
        .iter()
        .any(|key| at.field(key).is_some());
    if !knative && !written {
        let found = Diagnostic::new(
            &MANIFEST_VALUE,
            at.key_span,
            format!("`{}` asks nothing, so Kubernetes refuses it", at.path()),
        )
        .help("write `httpGet:` with `path` and `port` below it, or `tcpSocket`, `grpc` or `exec`");
        reader.report(found);
    }
    ProbeCheck::Unknown
}

fn words(reader: &mut Reader<'_>, at: &At<'_>, key: &str) -> Vec<Spanned<String>> {
    let Some(list) = reader.list(at, key) else {
        return Vec::new();
    };
    let items: Vec<At<'_>> = list.items().collect();
    items
        .iter()
        .filter_map(|item| reader.text_of(item))
        .collect()
}

fn pre_stop(reader: &mut Reader<'_>, lifecycle: &At<'_>) -> Option<PreStop> {
    let at = reader.map(lifecycle, "preStop")?;
    let mut sleep_seconds = None;
    if let Some(sleep) = reader.map(&at, "sleep") {
        sleep_seconds = reader.count(&sleep, "seconds");
    } else if let Some(exec) = reader.map(&at, "exec") {
        sleep_seconds = sleep_of(&words(reader, &exec, "command"));
    }
    Some(PreStop {
        span: at.node.span,
        key_span: at.key_span,
        sleep_seconds,
    })
}

/// The seconds of the first `sleep N` in a command, given as words or as a line for a shell.
fn sleep_of(command: &[Spanned<String>]) -> Option<Spanned<u32>> {
    let mut after_sleep = false;
    for argument in command {
        let parts = argument
            .value
            .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'));
        for part in parts.filter(|part| !part.is_empty()) {
            if after_sleep {
                return seconds(part).map(|seconds| Spanned::new(seconds, argument.span));
            }
            after_sleep = part == "sleep" || part.ends_with("/sleep");
        }
    }
    None
}

/// `15`, `15s`, `2m`, `0.5`, as the command `sleep` takes them; parts of a second round down.
fn seconds(text: &str) -> Option<u32> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) if text.ends_with('h') => (number, 3600),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    part.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
    let whole: u32 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    whole.checked_mul(unit)
}
