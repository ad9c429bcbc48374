//! The rules of an HTTPRoute in one leg.
//!
//! Every weight is written: one that is left out counts as 1, which beside 99 is a share of one
//! percent. A chosen group is a rule of its own with the same paths and one header more, which by
//! the precedence of the Gateway API goes before the rule that splits.

use crate::diagnostic::Diagnostic;
use crate::platform::TARGET_CANNOT_CARRY;
use crate::units::Percent;
use crate::workload::Document;

use super::Job;
use super::gateway_api::Gateway;
use super::traffic::{self, Test, Traffic};
use super::yaml::{Yaml, map};

/// The most rules of a route.
const MAX_RULES: usize = 16;
/// The most matches of a rule.
const MAX_MATCHES: usize = 64;
/// The most matches of all rules of a route.
const MAX_ALL_MATCHES: usize = 128;
/// The most headers of a match.
const MAX_HEADERS: usize = 16;

/// A Service that a rule leads to.
#[derive(Clone, Debug)]
pub struct Backend {
    /// Its name.
    pub service: String,
    /// Its port, unless it is the one that the route names.
    pub port: Option<u16>,
}

/// An HTTPRoute of the manifest.
pub struct Route<'a> {
    /// `metadata.name`
    pub name: String,
    /// `gateway.networking.k8s.io/v1`
    pub api_version: String,
    /// Whether a rule keeps users with the version that they met.
    pub sticky: bool,
    found: &'a Document,
    rules: Vec<Rule>,
}

struct Rule {
    value: Yaml,
    /// The backend, where the rule leads to the workload.
    own: Option<Yaml>,
}

impl Route<'_> {
    /// The whole document, without what the cluster adds.
    pub fn document(&self) -> Yaml {
        let mut document = Yaml::from(&self.found.node);
        document.remove("status");
        document
    }
}

/// The HTTPRoute of the manifest that leads to one of `services`: the one that the target names, or
/// the only one.
pub fn find<'a>(job: &mut Job<'a>, services: &[&str]) -> Option<Route<'a>> {
    let workload = job.service.workload.as_ref()?;
    let manifests = &workload.manifests;
    let asked = match &job.target.router {
        Some((kind, name)) if kind.value == "gateway-api" => Some(name),
        Some((kind, _)) => {
            let message = format!("the Gateway API has no router `{}`", kind.value);
            job.refuse(
                kind.span,
                message,
                "write `router gateway-api \"NAME\"`, the HTTPRoute",
            );
            return None;
        }
        None => None,
    };
    let mut led = Vec::new();
    let mut named = None;
    for document in &manifests.documents {
        if document.kind() != "HTTPRoute" {
            continue;
        }
        let name = document.name.as_ref().map(|name| name.value.as_str());
        if asked.is_some_and(|asked| name == Some(&*asked.value)) {
            named = Some(document);
        }
        if rules_of(document, services)
            .iter()
            .any(|rule| rule.own.is_some())
        {
            led.push(document);
        }
    }
    let list = services
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(" or ");
    let found = match (asked, named, led.as_slice()) {
        (Some(_), Some(named), _) => named,
        (Some(asked), None, _) => {
            let message = format!(
                "HTTPRoute `{}` is not in `{}`",
                asked.value, workload.path.value
            );
            job.refuse(
                asked.span,
                message,
                "write it beside the workload: its rules are taken over",
            );
            return None;
        }
        (None, _, [only]) => only,
        (None, _, []) => {
            let message = "no HTTPRoute of the manifest leads to this workload";
            let help = format!("write one beside it, a rule of which has the one backend {list}");
            job.refuse(workload.path.span, message, &help);
            return None;
        }
        (None, _, _) => {
            let message = "several HTTPRoutes of the manifest lead to this workload";
            let help =
                "say which one carries the weights: `router gateway-api \"NAME\"` in the target";
            job.refuse(job.target.name.span, message, help);
            return None;
        }
    };
    let rules = rules_of(found, services);
    if let Some(count) = rules
        .iter()
        .find_map(|rule| split_already(&rule.value, services))
    {
        let name = found.name.as_ref().map_or("", |name| &*name.value);
        let message =
            format!("HTTPRoute `{name}` already splits its traffic over {count} backends");
        job.findings.push(
            Diagnostic::new(&TARGET_CANNOT_CARRY, found.head(), message)
                .also(job.target.name.span, "the plan's weights are set there")
                .help("leave one backend in the rule: the weights are the plan's"),
        );
        return None;
    }
    if rules.iter().all(|rule| rule.own.is_none()) {
        let span = asked.map_or(job.target.name.span, |asked| asked.span);
        let message = "no rule of this HTTPRoute leads to the workload";
        let help = format!("give one of its rules the one backend {list}");
        job.refuse(span, message, &help);
        return None;
    }
    let sticky = rules
        .iter()
        .any(|rule| rule.own.is_some() && rule.value.get("sessionPersistence").is_some());
    let text = |value: &Option<crate::source::Spanned<String>>| {
        value.as_ref().map(|text| text.value.clone())
    };
    Some(Route {
        name: text(&found.name).unwrap_or_default(),
        api_version: text(&found.api_version)
            .unwrap_or_else(|| "gateway.networking.k8s.io/v1".into()),
        sticky,
        found,
        rules,
    })
}

/// The rules of a route. A route without rules has one that matches everything and leads nowhere.
fn rules_of(document: &Document, services: &[&str]) -> Vec<Rule> {
    let document = Yaml::from(&document.node);
    let Some(Yaml::Seq(rules)) = document.get("spec").and_then(|spec| spec.get("rules")) else {
        return Vec::new();
    };
    rules
        .iter()
        .map(|rule| Rule {
            own: match rule.get("backendRefs") {
                Some(Yaml::Seq(refs)) => match refs.as_slice() {
                    [only] if is_one_of(only, services) => Some(only.clone()),
                    _ => None,
                },
                _ => None,
            },
            value: rule.clone(),
        })
        .collect()
}

fn split_already(rule: &Yaml, services: &[&str]) -> Option<usize> {
    match rule.get("backendRefs") {
        Some(Yaml::Seq(refs)) if refs.len() > 1 => refs
            .iter()
            .any(|backend| is_one_of(backend, services))
            .then_some(refs.len()),
        _ => None,
    }
}

/// Whether a reference is to one of these Services.
fn is_one_of(backend: &Yaml, services: &[&str]) -> bool {
    let kind = backend.get("kind");
    let is_service = kind.is_none_or(|kind| *kind == Yaml::text("Service"));
    let own = services
        .iter()
        .any(|name| backend.get("name") == Some(&Yaml::text(*name)));
    is_service && own && backend.get("namespace").is_none()
}

/// The rules of one leg; on the way back the new version stands in none.
pub fn rules(job: &mut Job<'_>, gateway: &Gateway<'_>, traffic: &Traffic<'_>, back: bool) -> Yaml {
    let mut rules = Vec::new();
    for rule in &gateway.route.rules {
        let Some(own) = &rule.own else {
            rules.push(rule.value.clone());
            continue;
        };
        if let Some(chosen) = chosen(job, gateway, rule, own, traffic) {
            rules.push(chosen);
        }
        let mut split = rule.value.clone();
        split.set("backendRefs", backends(gateway, own, traffic.share, back));
        if traffic.mirror > Percent::ZERO {
            let filter = map([
                ("type", Yaml::text("RequestMirror")),
                ("requestMirror", mirror(gateway, own, traffic.mirror)),
            ]);
            let mut filters = match split.get("filters") {
                Some(Yaml::Seq(filters)) => filters.clone(),
                _ => Vec::new(),
            };
            filters.push(filter);
            split.set("filters", Yaml::Seq(filters));
        }
        rules.push(split);
    }
    limits(job, gateway, &rules);
    Yaml::Seq(rules)
}

/// The rule of those who are sent to the new version whatever its share.
fn chosen(
    job: &mut Job<'_>,
    gateway: &Gateway<'_>,
    rule: &Rule,
    own: &Yaml,
    traffic: &Traffic<'_>,
) -> Option<Yaml> {
    if traffic.routes.is_empty() {
        return None;
    }
    let bases = match rule.value.get("matches") {
        Some(Yaml::Seq(matches)) if !matches.is_empty() => matches.clone(),
        // what a rule without matches means
        _ => vec![map([(
            "path",
            map([
                ("type", Yaml::text("PathPrefix")),
                ("value", Yaml::text("/")),
            ]),
        )])],
    };
    let mut matches: Vec<Yaml> = Vec::new();
    for route in &traffic.routes {
        let Test::Header(name, values) = &route.test else {
            continue;
        };
        let mut first = true;
        for value in values {
            for base in &bases {
                match with_header(base, name, value) {
                    Ok(Some(found)) => {
                        // the rows of a group stand below one comment
                        matches.push(if first {
                            found.noted(&*route.says)
                        } else {
                            found
                        });
                        first = false;
                    }
                    Ok(None) => {}
                    Err(what) => {
                        let message = format!(
                            "HTTPRoute `{}` {what}, so nobody can be chosen by header `{name}`",
                            gateway.route.name
                        );
                        let help = "choose by another header, or take it out of the route";
                        job.refuse(job.target.name.span, message, help);
                        return None;
                    }
                }
            }
        }
    }
    if matches.is_empty() {
        return None;
    }
    let mut chosen = map([]);
    if let Yaml::Map(entries) = &rule.value {
        for (key, value) in entries {
            // a name may stand once in a route
            if key != "name" {
                chosen.set(key, value.clone());
            }
        }
    }
    chosen.set("matches", Yaml::Seq(matches));
    let only = reference(own, &gateway.new, 1);
    chosen.set("backendRefs", Yaml::Seq(vec![only]));
    Some(chosen)
}

/// A match with one header more; none where both can never be true.
fn with_header(base: &Yaml, name: &str, value: &str) -> Result<Option<Yaml>, &'static str> {
    let mut headers = match base.get("headers") {
        Some(Yaml::Seq(headers)) => headers.clone(),
        _ => Vec::new(),
    };
    for known in &headers {
        let Some(Yaml::Text(other)) = known.get("name") else {
            continue;
        };
        if !other.eq_ignore_ascii_case(name) {
            continue;
        }
        // a header may stand once in a match
        if known
            .get("type")
            .is_some_and(|kind| *kind != Yaml::text("Exact"))
        {
            return Err("matches this header by a pattern already");
        }
        let same = known.get("value") == Some(&Yaml::text(value));
        return Ok(same.then(|| base.clone()));
    }
    if headers.len() >= MAX_HEADERS {
        return Err("matches sixteen headers already, which is the most");
    }
    headers.push(map([
        ("type", Yaml::text("Exact")),
        ("name", Yaml::text(name)),
        ("value", Yaml::text(value)),
    ]));
    let mut found = base.clone();
    found.set("headers", Yaml::Seq(headers));
    Ok(Some(found))
}

/// Both versions by their weights, each written out.
fn backends(gateway: &Gateway<'_>, own: &Yaml, share: Percent, back: bool) -> Yaml {
    let whole = scale(share);
    let new = share.ppm().min(1_000_000) * whole / 1_000_000;
    let mut refs = Vec::new();
    if share < Percent::FULL {
        refs.push(reference(own, &gateway.old, whole - new));
    }
    if !back {
        refs.push(reference(own, &gateway.new, new));
    }
    Yaml::Seq(refs)
}

/// What the weights sum up to: the least of 100, 10,000 and 1,000,000 in which the share is whole.
fn scale(share: Percent) -> u64 {
    match share.ppm() {
        ppm if ppm.is_multiple_of(10_000) => 100,
        ppm if ppm.is_multiple_of(100) => 10_000,
        _ => 1_000_000,
    }
}

/// The route's own reference, led to `backend`.
fn reference(own: &Yaml, backend: &Backend, weight: u64) -> Yaml {
    let mut reference = target(own, backend);
    reference.set("weight", Yaml::count(weight));
    if let Some(filters) = own.get("filters") {
        reference.set("filters", filters.clone());
    }
    reference
}

fn target(own: &Yaml, backend: &Backend) -> Yaml {
    let mut target = map([("name", Yaml::text(&*backend.service))]);
    let port = match backend.port {
        Some(port) => Some(Yaml::count(port.into())),
        None => own.get("port").cloned(),
    };
    if let Some(port) = port {
        target.set("port", port);
    }
    target
}

fn mirror(gateway: &Gateway<'_>, own: &Yaml, share: Percent) -> Yaml {
    let mut mirror = map([("backendRef", target(own, &gateway.new))]);
    match scale(share) {
        100 => mirror.set("percent", Yaml::count(share.ppm() / 10_000)),
        whole => mirror.set(
            "fraction",
            map([
                ("numerator", Yaml::count(share.ppm() * whole / 1_000_000)),
                ("denominator", Yaml::count(whole)),
            ]),
        ),
    }
    mirror
}

/// Says what a route may not hold.
fn limits(job: &mut Job<'_>, gateway: &Gateway<'_>, rules: &[Yaml]) {
    let count = |rule: &Yaml| match rule.get("matches") {
        Some(Yaml::Seq(matches)) => matches.len(),
        _ => 0,
    };
    let all: usize = rules.iter().map(count).sum();
    let most = rules.iter().map(count).max().unwrap_or(0);
    let too_many = if rules.len() > MAX_RULES {
        Some((rules.len(), "rules", MAX_RULES))
    } else if most > MAX_MATCHES {
        Some((most, "matches in one rule", MAX_MATCHES))
    } else if all > MAX_ALL_MATCHES {
        Some((all, "matches", MAX_ALL_MATCHES))
    } else {
        None
    };
    let Some((count, what, limit)) = too_many else {
        return;
    };
    let message = format!(
        "HTTPRoute `{}` would have {count} {what} with the groups of this plan, and {limit} are the most",
        gateway.route.name
    );
    let help = "choose fewer groups, or give the rule of the workload a route of its own";
    let span = traffic::first_route(job.plan).unwrap_or(job.target.name.span);
    job.refuse(span, message, help);
}
