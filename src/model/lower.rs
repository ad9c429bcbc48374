//! From typed statements to the model: names resolved, files read.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Edit, Findings};
use crate::promql;
use crate::schema::{Engine, Migrations, discover};
use crate::source::{FileId, Loader, Span, Spanned};
use crate::units::Percent;
use crate::vocabulary::{DeclKind, Value};
use crate::workload::{Manifests, read as read_manifests};

use super::data::{Cohort, CohortTest, Config, ConfigVersion, Database, Flag, Format, Table};
use super::environment::{Overrides, overridden};
use super::files::{NO_WORKLOAD, matching, resolve, unreadable};
use super::gate::{Detect, Gate, GateKind, Limit, Provider, ProviderKind, Rule};
use super::limits::{MAX_CHANGES, MAX_LIKE, MAX_SUGGESTIONS, push_first, too_large};
use super::load::Project;
use super::names::UNKNOWN_NAME;
use super::node::{Node, missing};
use super::policy::{Condition, Policy, Requirement, Target, TargetKind};
use super::scope::DeclId;
use super::service::{Amount, Objective, Probe, Service, Traffic, Version, Workload};
use super::shape::{MISSING_STATEMENT, OUT_OF_RANGE};
use super::{Index, Model};

/// What building a model needs beside the project.
pub(super) struct Builder<'a> {
    pub loader: &'a dyn Loader,
    pub project: &'a mut Project,
    pub findings: Findings,
    pub overrides: &'a Overrides,
    /// Where each declaration is found in its list of the model.
    pub index: Vec<Option<Index>>,
    /// What plans of a file can see of a kind, as indices into the model.
    pub visible: HashMap<(FileId, DeclKind), Arc<[Index]>>,
    /// Queries that have been checked, by where they stand: several gates can be `like` one.
    pub queries: HashMap<Span, Option<promql::Query>>,
    pub model: Model,
    /// What the plans that are still to come may carry out.
    pub changes_left: usize,
}

impl Project {
    /// Builds the model, for the base or with what an environment or the command line replaces.
    ///
    /// Files that plans name are read at most once for each project.
    pub fn build(&mut self, loader: &dyn Loader, overrides: &Overrides) -> (Model, Findings) {
        let mut index = vec![None; self.decls.len()];
        let mut counts: HashMap<DeclKind, usize> = HashMap::new();
        for (number, decl) in self.decls.iter().enumerate() {
            if self.nodes[number].is_some() {
                let next = counts.entry(decl.kind).or_default();
                index[number] = Some(*next);
                *next += 1;
            }
        }
        let model = Model {
            environment: overrides.environment.clone(),
            ..Model::default()
        };
        let mut builder = Builder {
            loader,
            project: self,
            findings: Findings::new(),
            overrides,
            index,
            visible: HashMap::new(),
            queries: HashMap::new(),
            model,
            changes_left: MAX_CHANGES,
        };
        builder.all();
        (builder.model, builder.findings)
    }
}

impl Builder<'_> {
    /// Kinds in an order in which each needs only those before it.
    fn all(&mut self) {
        for kind in [
            DeclKind::Provider,
            DeclKind::Format,
            DeclKind::Database,
            DeclKind::Config,
            DeclKind::Service,
            DeclKind::Flag,
            DeclKind::Cohort,
            DeclKind::Gate,
            DeclKind::Policy,
            DeclKind::Target,
            DeclKind::Plan,
            DeclKind::Release,
        ] {
            for number in 0..self.project.decls.len() {
                if self.project.decls[number].kind != kind {
                    continue;
                }
                let Some(node) = &self.project.nodes[number] else {
                    continue;
                };
                let node = overridden(node, kind, &self.project.decls[number].name, self.overrides);
                match kind {
                    DeclKind::Provider => {
                        let provider = provider(&node);
                        self.model.providers.push(provider);
                    }
                    DeclKind::Format => {
                        let format = format_of(&node);
                        self.model.formats.push(format);
                    }
                    DeclKind::Database => self.database(&node),
                    DeclKind::Config => self.config(&node),
                    DeclKind::Service => self.service(&node),
                    DeclKind::Flag => self.flag(&node),
                    DeclKind::Cohort => self.cohort(&node),
                    DeclKind::Gate => self.gate(&node, DeclId(number)),
                    DeclKind::Policy => {
                        let policy = policy(&node);
                        self.model.policies.push(policy);
                    }
                    DeclKind::Target => self.target(&node),
                    DeclKind::Plan => self.plan(&node),
                    DeclKind::Release => self.release(&node),
                    _ => {}
                }
            }
            if kind == DeclKind::Service {
                self.config_services();
            }
        }
        self.check_lone_plans();
        self.unused_names();
    }

    /// The declaration that a name means where it is written; a finding when there is none.
    pub(super) fn resolve(&mut self, kind: DeclKind, name: &Spanned<String>) -> Option<Index> {
        match self.project.find(name.span.file, kind, &name.value) {
            // a declaration that could not be read has been reported
            Some(id) => self.index[id.0],
            None => {
                let found = if self.findings.len() < MAX_SUGGESTIONS {
                    self.project
                        .unknown_name(name.span.file, kind, &name.value, name.span)
                } else {
                    let word = kind.word();
                    let message = format!("there is no {word} `{}`", name.value);
                    Diagnostic::new(&UNKNOWN_NAME, name.span, message)
                };
                self.findings.push(found);
                None
            }
        }
    }

    /// Resolves all names of a slot; `false` when one could not be.
    pub(super) fn resolve_all(
        &mut self,
        kind: DeclKind,
        names: Vec<Spanned<String>>,
    ) -> (Vec<Spanned<Index>>, bool) {
        let mut found = Vec::with_capacity(names.len());
        let mut complete = true;
        for name in names {
            match self.resolve(kind, &name) {
                Some(index) => found.push(Spanned::new(index, name.span)),
                None => complete = false,
            }
        }
        (found, complete)
    }

    /// The plan file that a place is in.
    fn file_index(&self, file: FileId) -> Option<usize> {
        self.project.by_id.get(&file).copied()
    }

    fn path(&mut self, text: &Spanned<String>) -> Option<PathBuf> {
        let at = self.file_index(text.span.file)?;
        resolve(
            self.loader,
            &self.project.files[at],
            text,
            &mut self.findings,
        )
    }

    fn service(&mut self, node: &Node) {
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
        for child in node.children("version") {
            if let Some(version) = self.version(child) {
                if let Some(first) = service.version(&version.id.value) {
                    let first = service.versions[first].id.span;
                    self.findings.push(super::names::duplicate(
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

    fn check_domains(&mut self, service: &Service) {
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

    fn workload(&mut self, node: &Node, service: &str) -> Option<Workload> {
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
            (None, [only], None) => *only,
            (None, [], _) => {
                if !manifests.broken {
                    self.findings.push(no_workload(&path, &manifests));
                }
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

    fn manifests(&mut self, resolved: &PathBuf, path: &Spanned<String>) -> Option<Arc<Manifests>> {
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

    fn version(&mut self, node: &Node) -> Option<Version> {
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
            reads: Vec::new(),
            writes: Vec::new(),
            serves: pairs(node, "serves", "api"),
            calls: pairs(node, "calls", "api"),
            needs: Vec::new(),
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
                _ => {}
            }
        }
        Some(version)
    }

    fn database(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let engine_node = node.child("engine");
        let engine = engine_node.and_then(|child| {
            let word = child.word("engine")?;
            Engine::from_word(&word.value).map(|engine| Spanned::new(engine, word.span))
        });
        let mut incomplete = node.incomplete;
        let migrations = match node
            .child("migrations")
            .and_then(|child| child.word("path"))
        {
            Some(path) => {
                let found = self.migrations(&path, engine.map(|engine| engine.value));
                incomplete |= found.is_none();
                found.map(|found| (path, found))
            }
            None => None,
        };
        let database = Database {
            span: node.span,
            incomplete,
            engine,
            engine_version: engine_node.and_then(|child| {
                Some((
                    child.compare("op").map(|op| op.value),
                    child.word("version")?,
                ))
            }),
            migrations,
            at: node.child("at").and_then(|child| child.word("id")),
            tables: node
                .children("table")
                .filter_map(|child| {
                    Some(Table {
                        name: child.word("name")?,
                        rows: child.child("rows").and_then(|rows| rows.count("count")),
                        writes: child.child("writes").and_then(|writes| writes.rate("rate")),
                        size: child.child("size").and_then(|size| size.bytes("size")),
                    })
                })
                .collect(),
            deadline: node
                .child("deadline")
                .and_then(|child| child.duration("time")),
            connections: node
                .child("connections")
                .and_then(|child| child.count("count")),
            run: node
                .child("run")
                .and_then(|child| child.word("image").or_else(|| child.word("command"))),
            name,
        };
        let at = database.at.clone();
        self.model.databases.push(database);
        if let Some(at) = at {
            self.check_migration(self.model.databases.len() - 1, &at);
        }
    }

    fn migrations(
        &mut self,
        path: &Spanned<String>,
        engine: Option<Engine>,
    ) -> Option<Arc<Migrations>> {
        let folder = self.path(path)?;
        if let Some(known) = self.project.migrations.get(&folder) {
            return known.layout.is_some().then(|| known.clone());
        }
        let shown = self.project.shown(&folder);
        let mut found = discover(
            self.loader,
            &mut self.project.sources,
            &folder,
            &shown,
            path.span,
            &mut self.findings,
        );
        if let Some(engine) = engine {
            found.retain_engine(engine);
        }
        let found = Arc::new(found);
        self.project.migrations.insert(folder, found.clone());
        found.layout.is_some().then_some(found)
    }

    /// A migration id that a plan or version names must be in the database's folder.
    pub(super) fn check_migration(
        &mut self,
        database: Index,
        id: &Spanned<String>,
    ) -> Option<usize> {
        let database = &self.model.databases[database];
        let (folder, migrations) = database.migrations.as_ref()?;
        if let Some(at) = migrations.find(&id.value) {
            return Some(at);
        }
        let found = Diagnostic::new(
            &UNKNOWN_NAME,
            id.span,
            format!(
                "there is no migration `{}` of `{}`",
                id.value, database.name.value
            ),
        )
        .also(
            folder.span,
            format!("{} migrations were found here", migrations.migrations.len()),
        );
        let found = match (migrations.nearest(&id.value), migrations.newest()) {
            (Some(meant), _) => found
                .here(format!("did you mean `{meant}`?"))
                .help(format!("write `{meant}`"))
                .fix(
                    format!("write `{meant}`"),
                    vec![Edit {
                        span: id.span,
                        text: meant.to_string(),
                    }],
                ),
            (None, Some(newest)) => found.help(format!("the newest one is `{}`", newest.id)),
            (None, None) => found.help("add the migration to the folder"),
        };
        self.findings.push(found);
        None
    }

    fn config(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut versions: Vec<ConfigVersion> = Vec::new();
        for child in node.children("version") {
            let Some(id) = child.word("id") else { continue };
            let file = child.child("file").and_then(|file| file.word("path"));
            if let Some(file) = &file
                && let Some(path) = self.path(file)
                && let Err(error) = self.loader.read(&path)
            {
                self.findings
                    .push(unreadable(file.span, &file.value, &error));
            }
            if let Some(first) = versions.iter().find(|version| version.id.value == id.value) {
                self.findings.push(super::names::duplicate(
                    "version",
                    &id.value,
                    id.span,
                    first.id.span,
                ));
                continue;
            }
            let keys = child
                .children("keys")
                .flat_map(|keys| keys.words("key"))
                .collect();
            versions.push(ConfigVersion { id, file, keys });
        }
        let config = Config {
            incomplete: node.incomplete,
            at: node.child("at").and_then(|child| child.word("version")),
            versions,
            // services are read after configurations, because their versions name these
            services: Vec::new(),
            name,
        };
        if let Some(at) = &config.at
            && !config.incomplete
            && config
                .versions
                .iter()
                .all(|version| version.id.value != at.value)
        {
            let found = unknown_config_version(&config, at);
            self.findings.push(found);
        }
        self.model.configs.push(config);
    }

    /// The services that configurations name, once all services are known.
    fn config_services(&mut self) {
        let mut at = 0;
        for number in 0..self.project.decls.len() {
            if self.project.decls[number].kind != DeclKind::Config {
                continue;
            }
            let Some(node) = &self.project.nodes[number] else {
                continue;
            };
            let names = node
                .child("service")
                .map(|child| child.words("service"))
                .unwrap_or_default();
            let (services, _) = self.resolve_all(DeclKind::Service, names);
            if let Some(config) = self.model.configs.get_mut(at) {
                config.services = services;
            }
            at += 1;
        }
    }

    /// Names that stand where nothing uses them yet: in the steps of strategies, and of the examples
    /// of policies. A strategy that names a gate that does not exist is wrong before any plan uses it.
    fn unused_names(&mut self) {
        let mut open: Vec<&Node> = Vec::new();
        for (number, decl) in self.project.decls.iter().enumerate() {
            if matches!(decl.kind, DeclKind::Strategy | DeclKind::Policy) {
                open.extend(self.project.nodes[number].as_deref());
            }
        }
        while let Some(node) = open.pop() {
            for (kind, name) in node.references() {
                if self
                    .project
                    .find(name.span.file, kind, &name.value)
                    .is_none()
                {
                    let found =
                        self.project
                            .unknown_name(name.span.file, kind, &name.value, name.span);
                    super::push_once(&mut self.findings, found);
                }
            }
            open.extend(&node.children);
        }
    }

    fn flag(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let names = node
            .child("service")
            .map(|child| child.words("service"))
            .unwrap_or_default();
        let (services, _) = self.resolve_all(DeclKind::Service, names);
        let default_on = node.child("default").and_then(|child| {
            let word = child.word("state")?;
            Some(Spanned::new(word.value == "on", word.span))
        });
        self.model.flags.push(Flag {
            name,
            services,
            default_on,
        });
    }

    fn cohort(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let test = node.children.iter().find_map(|child| {
            Some(match child.entry.word {
                "header" => CohortTest::Header(child.word("name")?, child.word("value")?),
                "cookie" => CohortTest::Cookie(child.word("name")?, child.word("value")?),
                "country" => CohortTest::Country(child.words("country"), child.word("name")?),
                _ => return None,
            })
        });
        if test.is_none() && !node.incomplete {
            self.findings.push(
                Diagnostic::new(
                    &MISSING_STATEMENT,
                    node.line,
                    format!("cohort `{}` says of no request that it belongs to it", name.value),
                )
                .help("add `header \"x-staff\" = \"1\"`, `cookie ...` or `country KR by header \"x-country\"`"),
            );
        }
        let share = node.child("share").and_then(|child| child.percent("share"));
        self.model.cohorts.push(Cohort { name, test, share });
    }

    fn target(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let word = |word: &str, slot: &str| node.child(word).and_then(|child| child.word(slot));
        let kind = word("kind", "kind").and_then(|kind| {
            TargetKind::of(&kind.value).map(|found| Spanned::new(found, kind.span))
        });
        if kind.is_none() && !node.incomplete {
            self.findings.push(missing(
                node.line,
                &format!("target {}", name.value),
                "kind",
                "kind argo-rollouts",
            ));
        }
        self.model.targets.push(Target {
            incomplete: node.incomplete || kind.is_none(),
            kind,
            namespace: word("namespace", "namespace"),
            router: node
                .child("router")
                .and_then(|child| Some((child.word("router")?, child.word("name")?))),
            gates_by: word("gates", "judge"),
            project: word("project", "project"),
            region: word("region", "region"),
            services: node
                .children("service")
                .filter_map(|child| Some((child.word("role")?, child.word("name")?)))
                .collect(),
            name,
        });
    }

    fn gate(&mut self, node: &Arc<Node>, id: DeclId) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut gate = Gate {
            span: node.span,
            incomplete: node.incomplete,
            provider: None,
            query: None,
            promql: None,
            kind: None,
            expect: None,
            fail: None,
            normally: None,
            detect: None,
            interval: None,
            round: None,
            tolerate: None,
            name,
        };
        let mut chain = vec![(id, Arc::clone(node))];
        let mut provider_named = None;
        while let Some(like) = chain
            .last()
            .and_then(|(_, node)| node.child("like"))
            .and_then(|l| l.word("gate"))
        {
            let Some(next) = self
                .project
                .find(like.span.file, DeclKind::Gate, &like.value)
            else {
                let found = self.project.unknown_name(
                    like.span.file,
                    DeclKind::Gate,
                    &like.value,
                    like.span,
                );
                if chain.len() == 1 {
                    self.findings.push(found);
                }
                gate.incomplete = true;
                break;
            };
            if chain.iter().any(|(known, _)| *known == next) {
                self.findings.push(
                    Diagnostic::new(
                        &UNKNOWN_NAME,
                        like.span,
                        format!("`{}` is like itself", like.value),
                    )
                    .help("let one of the gates say everything itself"),
                );
                gate.incomplete = true;
                break;
            }
            if chain.len() > MAX_LIKE {
                let message = format!("more than {MAX_LIKE} gates follow one another by `like`");
                let help = "let this gate say everything itself";
                push_first(&mut self.findings, too_large(like.span, message, help));
                gate.incomplete = true;
                break;
            }
            let decl = &self.project.decls[next.0];
            let Some(other) = &self.project.nodes[next.0] else {
                gate.incomplete = true;
                break;
            };
            let other = overridden(other, DeclKind::Gate, &decl.name, self.overrides);
            gate.incomplete |= other.incomplete;
            chain.push((next, other));
        }
        for (_, node) in &chain {
            for child in &node.children {
                match child.entry.word {
                    "from" if provider_named.is_none() => provider_named = child.word("provider"),
                    "query" if gate.query.is_none() => gate.query = child.word("query"),
                    "kind" if gate.kind.is_none() => gate.kind = gate_kind(child),
                    "expect" if gate.expect.is_none() => gate.expect = rule(child),
                    "fail" if gate.fail.is_none() => gate.fail = rule(child),
                    "normally" if gate.normally.is_none() => gate.normally = limit(child, "value"),
                    "detect" if gate.detect.is_none() => gate.detect = detect(child),
                    "every" if gate.interval.is_none() => {
                        gate.interval = child.duration("interval");
                        gate.round = child.duration("round");
                    }
                    "tolerate" if gate.tolerate.is_none() => gate.tolerate = child.count("count"),
                    _ => {}
                }
            }
        }
        self.gate_provider(&mut gate, provider_named);
        self.gate_shape(&mut gate, node);
        self.model.gates.push(gate);
    }

    fn gate_provider(&mut self, gate: &mut Gate, named: Option<Spanned<String>>) {
        gate.provider = match named {
            Some(name) => {
                let found = self.resolve(DeclKind::Provider, &name);
                gate.incomplete |= found.is_none();
                found
            }
            None => match self
                .project
                .visible(gate.name.span.file, DeclKind::Provider)
            {
                [only] => self.index[only.0],
                _ => None,
            },
        };
    }

    /// What a gate cannot do without, and its query.
    fn gate_shape(&mut self, gate: &mut Gate, node: &Node) {
        if !gate.incomplete {
            let line = format!("gate {}", gate.name.value);
            if gate.query.is_none() {
                self.findings
                    .push(missing(node.line, &line, "query", "query \"...\""));
                gate.incomplete = true;
            }
            if gate.expect.is_none() {
                self.findings
                    .push(missing(node.line, &line, "expect", "expect value < 1%"));
                gate.incomplete = true;
            }
        }
        if let (Some(interval), Some(round)) = (gate.interval, gate.round)
            && (interval.value.millis() == 0 || interval.value > round.value)
        {
            self.findings.push(
                Diagnostic::new(
                    &OUT_OF_RANGE,
                    interval.span,
                    format!(
                        "a round of {} holds no look every {}",
                        round.value, interval.value
                    ),
                )
                .help("look at least once in a round: `every 1m for 10m`"),
            );
            gate.incomplete = true;
        }
        let promql = gate
            .provider
            .and_then(|provider| self.model.providers[provider].kind)
            .is_none_or(ProviderKind::speaks_promql);
        if let Some(query) = &gate.query
            && promql
        {
            let written = self.project.sources.text(query.span);
            let findings = &mut self.findings;
            // a query that another gate is `like` is checked, and reported, only once
            let checked = self.queries.entry(query.span).or_insert_with(|| {
                let mut found = Findings::new();
                let read = read_query(written, query, &mut found);
                found
                    .into_iter()
                    .for_each(|found| super::push_once(findings, found));
                read
            });
            gate.promql = checked.clone();
            gate.incomplete |= gate.promql.is_none();
        }
    }
}

/// Reads the PromQL of a query as written. Behind an escape the places of the text and of what it
/// means differ, so findings are moved back to where the text stands in the file.
fn read_query(
    written: &str,
    query: &Spanned<String>,
    findings: &mut Findings,
) -> Option<promql::Query> {
    let quotes = if written.starts_with("\"\"\"") { 3 } else { 1 };
    let start = query.span.start as usize + quotes;
    let mut found = Findings::new();
    let read = promql::check(query.span, &query.value, start, &mut found);
    let inner = written
        .get(quotes..written.len().saturating_sub(quotes))
        .unwrap_or("");
    if inner.len() != query.value.len() {
        // for each byte of the value, where it stands in the text
        let mut places: Vec<usize> = Vec::with_capacity(query.value.len() + 1);
        let mut bytes = inner.bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            places.push(at);
            if byte == b'\\' {
                bytes.next();
            }
        }
        places.push(inner.len());
        let moved = |offset: u32| {
            let inside = (offset as usize).checked_sub(start)?;
            places.get(inside).map(|at| (start + at) as u32)
        };
        for label in found.iter_mut().flat_map(|found| &mut found.labels) {
            if label.span == query.span {
                continue;
            }
            label.span.start = moved(label.span.start).unwrap_or(query.span.start);
            label.span.end = moved(label.span.end)
                .unwrap_or(query.span.end)
                .max(label.span.start);
        }
        // an edit would have to be escaped again
        found.iter_mut().for_each(|found| found.fix = None);
    }
    findings.extend(found);
    read
}

fn provider(node: &Node) -> Provider {
    let word = |word: &str, slot: &str| node.child(word).and_then(|child| child.word(slot));
    let name = node
        .word("name")
        .unwrap_or_else(|| Spanned::new(String::new(), node.line));
    let said = word("kind", "kind").map(|kind| kind.value);
    Provider {
        incomplete: node.incomplete,
        kind: ProviderKind::of(said.as_deref().unwrap_or(&name.value)),
        address: word("address", "address"),
        scrape: node
            .child("scrape")
            .and_then(|child| child.duration("time")),
        delay: node.child("delay").and_then(|child| child.duration("time")),
        project: word("project", "project"),
        secret: word("secret", "reference"),
        name,
    }
}

fn format_of(node: &Node) -> Format {
    Format {
        name: node
            .word("name")
            .unwrap_or_else(|| Spanned::new(String::new(), node.line)),
        retention: node.child("retention").map(|child| child.duration("time")),
    }
}

fn policy(node: &Node) -> Policy {
    let requires = node
        .children("require")
        .filter_map(|child| {
            let measure = child.word("measure").or_else(|| child.word("present"));
            let proofs = child.words("proof");
            let measure = measure.or_else(|| {
                proofs
                    .first()
                    .map(|first| Spanned::new("proved".to_string(), first.span))
            })?;
            let bound = child
                .compare("op")
                .and_then(|op| Some((op.value, limit(child, "limit")?)));
            let condition = match (
                child.word("subject"),
                child.compare("when"),
                limit(child, "bound"),
            ) {
                (Some(subject), Some(op), Some(bound)) => {
                    Some(Condition::When(subject, op.value, bound))
                }
                (_, _, Some(bound)) => child
                    .word("before")
                    .map(|what| Condition::Before(what, bound)),
                _ => None,
            };
            Some(Requirement {
                span: child.line,
                measure,
                bound,
                condition,
                proofs,
            })
        })
        .collect();
    Policy {
        name: node
            .word("name")
            .unwrap_or_else(|| Spanned::new(String::new(), node.line)),
        incomplete: node.incomplete,
        requires,
        forbids: node
            .children("forbid")
            .flat_map(|child| child.words("rule"))
            .collect(),
        never_allows: node
            .children("never-allow")
            .flat_map(|child| child.words("rule"))
            .collect(),
        strategies: node
            .children("allow-strategy")
            .flat_map(|child| child.words("strategy"))
            .collect(),
        freezes: node
            .children("freeze")
            .filter_map(|child| Some((child.date("from")?, child.date("to")?, child.word("zone")?)))
            .collect(),
        applies_to_all: node.child("applies").map(|child| child.line),
    }
}

fn probe_of(node: &Node) -> Option<Spanned<Probe>> {
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

/// A count or a share.
pub(super) fn amount_of(node: &Node, slot: &str) -> Option<Spanned<Amount>> {
    let capture = node.get(slot)?;
    let amount = match capture.value {
        Value::Count(count) => Amount::Count(count),
        Value::Percent(share) => Amount::Share(share),
        _ => return None,
    };
    Some(Spanned::new(amount, capture.span))
}

/// A name with a list of ids: `serves orders-api 1, 2`.
fn pairs(
    node: &Node,
    word: &'static str,
    slot: &str,
) -> Vec<(Spanned<String>, Vec<Spanned<String>>)> {
    node.children(word)
        .filter_map(|child| Some((child.word(slot)?, child.words("n"))))
        .collect()
}

fn gate_kind(node: &Node) -> Option<Spanned<GateKind>> {
    let word = node.word("kind")?;
    let kind = match word.value.as_str() {
        "proportion" => GateKind::Proportion,
        "mean" => GateKind::Mean,
        "count" => GateKind::Count,
        "rate" => GateKind::Rate,
        _ => GateKind::Quantile(node.percent("quantile")?.value),
    };
    Some(Spanned::new(kind, word.span))
}

/// A value that gates compare with.
fn limit(node: &Node, slot: &str) -> Option<Spanned<Limit>> {
    let capture = node.get(slot)?;
    let limit = match &capture.value {
        Value::Percent(share) => Limit::Percent(*share),
        Value::Duration(time) => Limit::Duration(*time),
        Value::Number(number) => Limit::Number(*number),
        Value::Count(count) => Limit::Number(*count as f64),
        Value::Rate(rate) => Limit::Rate(*rate),
        Value::Bytes(bytes) => Limit::Bytes(*bytes),
        _ => return None,
    };
    Some(Spanned::new(limit, capture.span))
}

fn rule(node: &Node) -> Option<Rule> {
    let op = node.compare("op")?.value;
    let limit = match (node.form, node.get("factor")) {
        (0, _) => limit(node, "limit")?,
        (1, Some(factor)) => match factor.value {
            Value::Number(number) => Spanned::new(Limit::Baseline(number), factor.span),
            _ => return None,
        },
        _ => Spanned::new(Limit::Baseline(1.0), node.line),
    };
    Some(Rule {
        op,
        limit,
        span: node.line,
    })
}

fn detect(node: &Node) -> Option<Spanned<Detect>> {
    if let Some(capture) = node.get("factor")
        && let Value::Factor(factor) = capture.value
    {
        return Some(Spanned::new(Detect::Multiple(factor), capture.span));
    }
    if let Some(added) = limit(node, "added") {
        return Some(Spanned::new(Detect::Added(added.value), added.span));
    }
    limit(node, "value").map(|value| Spanned::new(Detect::Value(value.value), value.span))
}

/// A version that the service does not declare.
pub(super) fn unknown_version(service: &Service, id: &Spanned<String>) -> Diagnostic {
    let found = Diagnostic::new(
        &UNKNOWN_NAME,
        id.span,
        format!("`{}` has no version `{}`", service.name.value, id.value),
    )
    .also(service.name.span, "the service is declared here");
    let known: Vec<&str> = service
        .versions
        .iter()
        .map(|version| version.id.value.as_str())
        .collect();
    nearest_or_declare(found, id, &known, "version")
}

/// A version that the configuration does not declare.
pub(super) fn unknown_config_version(config: &Config, id: &Spanned<String>) -> Diagnostic {
    let found = Diagnostic::new(
        &UNKNOWN_NAME,
        id.span,
        format!("`{}` has no version `{}`", config.name.value, id.value),
    )
    .also(config.name.span, "the configuration is declared here");
    let known: Vec<&str> = config
        .versions
        .iter()
        .map(|version| version.id.value.as_str())
        .collect();
    nearest_or_declare(found, id, &known, "version")
}

fn nearest_or_declare(
    found: Diagnostic,
    id: &Spanned<String>,
    known: &[&str],
    word: &str,
) -> Diagnostic {
    if known.is_empty() {
        return found.help(format!("declare it: `{word} {} {{ ... }}`", id.value));
    }
    let names: Vec<String> = known
        .iter()
        .take(8)
        .map(|name| format!("`{name}`"))
        .collect();
    found.help(format!(
        "declare `{word} {} {{ ... }}`, or use {}",
        id.value,
        names.join(" or ")
    ))
}

fn no_workload(path: &Spanned<String>, manifests: &Manifests) -> Diagnostic {
    let found = Diagnostic::new(
        &NO_WORKLOAD,
        path.span,
        format!("`{}` holds no workload", path.value),
    );
    let mut kinds: Vec<(&str, Span)> = manifests
        .kinds()
        .filter(|(kind, _)| !kind.is_empty())
        .collect();
    kinds.truncate(4);
    let found = match kinds.as_slice() {
        [] => found.here("the file holds no manifest"),
        kinds => kinds.iter().fold(found, |found, (kind, span)| {
            found.also(*span, format!("this is a {kind}"))
        }),
    };
    found.help(
        "name a file with a Deployment, StatefulSet, Rollout, or Knative or Cloud Run Service",
    )
}
