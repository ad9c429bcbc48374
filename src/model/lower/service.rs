//! Services, their versions and manifests.

use super::*;

impl Builder<'_> {
    pub(in crate::model) fn service(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut incomplete = node.incomplete;
        let workload = match node.child("workload") {
            Some(child) => {
                let found = self.workload(child, &name.value);
                incomplete |= found.is_none();
                found
            }
            None => None,
        };
        let value = |word: &str, slot: &str| node.child(word).and_then(|child| child.count(slot));
        let time = |word: &str| node.child(word).and_then(|child| child.duration("time"));
        let probe = |word: &str| node.child(word).and_then(probe_of);
        let amount = |word: &str| {
            node.child(word)
                .and_then(|child| amount_of(child, "amount"))
        };
        let domains = node.child("domains").map(|child| {
            let names = child.words("domain");
            let shares = child
                .all("share")
                .filter_map(|capture| match capture.value {
                    Value::Percent(share) => Some(Spanned::new(share, capture.span)),
                    _ => None,
                });
            names.into_iter().zip(shares).collect::<Vec<_>>()
        });
        let cache = node.child("cache").and_then(|child| {
            let behind = child.word("service")?;
            let found = self.resolve(DeclKind::Service, &behind);
            incomplete |= found.is_none();
            Some((child.percent("share")?, Spanned::new(found?, behind.span)))
        });
        let mut service = Service {
            span: node.span,
            workload,
            traffic: node.child("traffic").and_then(|child| {
                Some(Traffic {
                    rate: child.rate("rate")?,
                    peak: child.rate("peak"),
                })
            }),
            capacity: node.child("capacity").and_then(|child| child.rate("rate")),
            users: value("users", "count"),
            objective: node.child("objective").and_then(|child| {
                Some(Objective {
                    share: child.percent("share")?,
                    window: child.duration("window")?,
                })
            }),
            image: node.child("image").and_then(|child| child.word("image")),
            declared_replicas: value("replicas", "count"),
            port: value("port", "port"),
            ready: probe("ready"),
            live: probe("live"),
            startup: time("startup"),
            declared_drain: time("drain"),
            deregistration: time("deregistration"),
            request_timeout: time("request-timeout"),
            cache,
            max_surge: amount("max-surge"),
            max_unavailable: amount("max-unavailable"),
            min_instances: value("min-instances", "count"),
            domains: domains.unwrap_or_default(),
            runs: node.child("runs").and_then(|child| child.word("version")),
            connections: value("connections", "count"),
            versions: Vec::new(),
            incomplete,
            name,
        };
        self.check_domains(&service);
        self.check_peak(&service);
        self.check_surge(&service);
        for child in node.children("version") {
            if let Some(version) = self.version(child) {
                if let Some(first) = service.version(&version.id.value) {
                    let first = service.versions[first].id.span;
                    self.findings.push(crate::model::names::duplicate(
                        "version",
                        &version.id.value,
                        version.id.span,
                        first,
                    ));
                } else {
                    service.versions.push(version);
                }
            }
        }
        if let Some(runs) = &service.runs
            && service.version(&runs.value).is_none()
            && !service.incomplete
        {
            let found = unknown_version(&service, runs);
            self.findings.push(found);
        }
        self.model.services.push(service);
    }

    /// There is an image to roll out; a manifest without one is judged by itself. A standing plan
    /// gets its image on the command line, so what it lacks without that is a warning.
    pub(in crate::model) fn check_image(&mut self, service: Index, version: Option<Index>) {
        let service = &self.model.services[service];
        let Some(version) = version.map(|version| &service.versions[version]) else {
            return;
        };
        if service.incomplete
            || version.incomplete
            || service.workload.is_some()
            || service.image_of(version, true).is_some()
        {
            return;
        }
        let found = Diagnostic::new(
            &MISSING_STATEMENT,
            version.id.span,
            format!(
                "version `{}` of `{}` has no image, so the plan has nothing to roll out",
                version.id.value, service.name.value
            ),
        )
        .severity(Severity::Warning)
        .here("neither here nor in the service")
        .help(format!(
            "add `image \"...@sha256:...\"` to the version, name the manifest in the service (`workload \"deploy.yaml\"`), or check with `--set {}.{}.image=...`",
            service.name.value, version.id.value
        ));
        crate::model::push_once(&mut self.findings, found);
    }

    pub(in crate::model) fn check_domains(&mut self, service: &Service) {
        let sum: u64 = service
            .domains
            .iter()
            .map(|(_, share)| share.value.ppm())
            .sum();
        if let (Some((_, first)), Some((_, last))) =
            (service.domains.first(), service.domains.last())
            && sum != Percent::FULL.ppm()
        {
            let sum = Percent::from_ppm(sum);
            self.findings.push(
                Diagnostic::new(
                    &OUT_OF_RANGE,
                    first.span.join(last.span),
                    format!(
                        "the domains of `{}` add up to {sum}, not to 100%",
                        service.name.value
                    ),
                )
                .help("give every domain its share of the traffic"),
            );
        }
    }

    pub(in crate::model) fn workload(&mut self, node: &Node, service: &str) -> Option<Workload> {
        let path = node.word("path")?;
        let named = node.word("name");
        let resolved = self.path(&path)?;
        let manifests = self.manifests(&resolved, &path)?;
        let wanted = named.as_ref().map_or(service, |name| name.value.as_str());
        let running: Vec<usize> = manifests
            .workloads
            .iter()
            .enumerate()
            .filter(|(_, facts)| facts.referenced_by.is_none())
            .map(|(at, _)| at)
            .collect();
        let by_name = running
            .iter()
            .copied()
            .find(|&at| manifests.workloads[at].name() == wanted);
        let index = match (by_name, running.as_slice(), &named) {
            (Some(at), _, _) => at,
            // it may be in what could not be read
            (None, _, _) if manifests.broken => return None,
            (None, [only], None) => *only,
            (None, [], _) => {
                self.findings.push(no_workload(&path, &manifests));
                return None;
            }
            (None, several, _) => {
                let names: Vec<String> = several
                    .iter()
                    .map(|&at| format!("`{}`", manifests.workloads[at].name()))
                    .collect();
                let found = Diagnostic::new(
                    &NO_WORKLOAD,
                    named.as_ref().map_or(path.span, |name| name.span),
                    format!("`{}` holds no workload `{wanted}`", path.value),
                )
                .help(format!(
                    "write `workload \"{}\" named ...` with one of {}",
                    path.value,
                    names.join(", ")
                ));
                self.findings.push(found);
                return None;
            }
        };
        Some(Workload {
            path,
            resolved,
            named,
            manifests,
            index,
        })
    }

    pub(in crate::model) fn manifests(
        &mut self,
        resolved: &PathBuf,
        path: &Spanned<String>,
    ) -> Option<Arc<Manifests>> {
        if let Some(known) = self.project.manifests.get(resolved) {
            return known.clone();
        }
        let text = match self.loader.read(resolved) {
            Ok(text) => text,
            Err(error) => {
                self.findings
                    .push(unreadable(path.span, &path.value, &error));
                return None;
            }
        };
        let shown = self.project.shown(resolved);
        let id = self.project.sources.add(shown, resolved.clone(), text);
        let text = &self.project.sources.file(id).text;
        let manifests = Arc::new(read_manifests(id, text, &mut self.findings));
        self.project
            .manifests
            .insert(resolved.clone(), Some(manifests.clone()));
        Some(manifests)
    }

    pub(in crate::model) fn version(&mut self, node: &Node) -> Option<Version> {
        let id = node.word("id")?;
        let mut version = Version {
            id,
            span: node.span,
            incomplete: node.incomplete,
            image: node.child("image").and_then(|child| child.word("image")),
            schemas: Vec::new(),
            queries: Vec::new(),
            uses: node
                .children("uses")
                .flat_map(|child| child.words("element"))
                .collect(),
            attested: node.child("attested").and_then(|child| child.word("who")),
            reads: Vec::new(),
            writes: Vec::new(),
            serves: pairs(node, "serves", "api"),
            calls: pairs(node, "calls", "api"),
            needs: Vec::new(),
            accepts: Vec::new(),
            evaluates: Vec::new(),
            supports: Vec::new(),
            env: node
                .children("env")
                .filter_map(|child| Some((child.word("name")?, child.word("value")?)))
                .collect(),
        };
        for child in &node.children {
            match child.entry.word {
                "schema" => {
                    let (Some(name), Some(migration)) = (child.word("database"), child.word("id"))
                    else {
                        continue;
                    };
                    match self.resolve(DeclKind::Database, &name) {
                        Some(database) => {
                            let mut known = version.schemas.iter();
                            let first = known.find(|(own, _)| own.value == database);
                            if let Some((first, _)) = first {
                                let message = format!(
                                    "the version is built against two migrations of `{}`",
                                    name.value
                                );
                                let twice = Diagnostic::new(
                                    &crate::model::shape::DUPLICATE_STATEMENT,
                                    child.line,
                                    message,
                                );
                                self.findings.push(
                                    twice
                                        .here("the second one")
                                        .also(first.span, "the first one")
                                        .help(
                                            "keep the newest one that its code was built against",
                                        ),
                                );
                                version.incomplete = true;
                                continue;
                            }
                            self.check_migration(database, &migration);
                            version
                                .schemas
                                .push((Spanned::new(database, name.span), migration));
                        }
                        None => version.incomplete = true,
                    }
                }
                "queries" => {
                    for pattern in child.words("glob") {
                        let Some(at) = self.file_index(pattern.span.file) else {
                            continue;
                        };
                        let found = matching(
                            self.loader,
                            &self.project.files[at],
                            &pattern,
                            &mut self.findings,
                        );
                        version.incomplete |= found.is_empty();
                        version.queries.extend(found);
                    }
                }
                "reads" | "writes" => {
                    let Some(name) = child.word("format") else {
                        continue;
                    };
                    let Some(format) = self.resolve(DeclKind::Format, &name) else {
                        version.incomplete = true;
                        continue;
                    };
                    let entry = (Spanned::new(format, name.span), child.words("n"));
                    if child.entry.word == "reads" {
                        version.reads.push(entry);
                    } else {
                        version.writes.push(entry);
                    }
                }
                "needs" => {
                    let Some(name) = child.word("config") else {
                        continue;
                    };
                    match self.resolve(DeclKind::Config, &name) {
                        Some(config) => {
                            version
                                .needs
                                .push((Spanned::new(config, name.span), child.words("key")));
                        }
                        None => version.incomplete = true,
                    }
                }
                "accepts" => {
                    let (Some(name), Some(limit)) = (child.word("config"), child.bytes("limit"))
                    else {
                        continue;
                    };
                    match self.resolve(DeclKind::Config, &name) {
                        Some(config) => {
                            version
                                .accepts
                                .push((Spanned::new(config, name.span), limit));
                        }
                        None => version.incomplete = true,
                    }
                }
                "evaluates" => {
                    let Some(name) = child.word("flag") else {
                        continue;
                    };
                    match self.resolve(DeclKind::Flag, &name) {
                        Some(flag) => {
                            let entry = (Spanned::new(flag, name.span), child.word("meaning"));
                            version.evaluates.push(entry);
                        }
                        None => version.incomplete = true,
                    }
                }
                "supports" => {
                    let Some(name) = child.word("service") else {
                        continue;
                    };
                    match self.resolve(DeclKind::Service, &name) {
                        Some(service) => {
                            let entry = (Spanned::new(service, name.span), child.words("version"));
                            version.supports.push(entry);
                        }
                        None => version.incomplete = true,
                    }
                }
                _ => {}
            }
        }
        self.variables_once(&mut version);
        Some(version)
    }
}

pub(in crate::model) fn probe_of(node: &Node) -> Option<Spanned<Probe>> {
    if let Some(path) = node.word("path") {
        return Some(Spanned::new(Probe::Http(path.value), path.span));
    }
    let port = node.count("port")?;
    let probe = if node.form == 1 {
        Probe::Tcp(port.value)
    } else {
        Probe::Grpc(port.value)
    };
    Some(Spanned::new(probe, port.span))
}

/// A name with a list of ids: `serves orders-api 1, 2`.
pub(in crate::model) fn pairs(
    node: &Node,
    word: &'static str,
    slot: &str,
) -> Vec<(Spanned<String>, Vec<Spanned<String>>)> {
    node.children(word)
        .filter_map(|child| Some((child.word(slot)?, child.words("n"))))
        .collect()
}

/// A file without a workload. It is shown where the manifest says what it is, if it is one.
pub(in crate::model) fn no_workload(path: &Spanned<String>, manifests: &Manifests) -> Diagnostic {
    let help = format!("name a file with {WORKLOAD_KINDS}");
    let Some(kinds) = manifests.kinds_in_words() else {
        return Diagnostic::new(
            &NO_WORKLOAD,
            path.span,
            format!("`{}` holds no workload", path.value),
        )
        .here("no document of this file has a `kind`, so it holds no manifest")
        .help(help);
    };
    let mut places = manifests.kinds().filter(|(kind, _)| !kind.is_empty());
    let (_, first) = places.next().unwrap_or(("", path.span));
    let found = Diagnostic::new(
        &NO_WORKLOAD,
        first,
        format!(
            "`{}` holds {kinds}, and no version of a service runs in that",
            path.value
        ),
    )
    .also(path.span, "named here as the workload");
    let found = places.take(3).fold(found, |found, (kind, span)| {
        found.also(span, format!("this is a {kind}"))
    });
    found.help(help)
}
