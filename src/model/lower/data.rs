//! Databases, configuration, flags, formats and cohorts.

use super::*;

impl Builder<'_> {
    pub(in crate::model) fn database(&mut self, node: &Node) {
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
            declared: node.children("migration").filter_map(declared).collect(),
            deadline: node
                .child("deadline")
                .and_then(|child| child.duration("time")),
            connections: node
                .child("connections")
                .and_then(|child| child.count("count")),
            run: node.child("run").and_then(|child| {
                let image = child.word("image").map(Runs::Image);
                image.or_else(|| child.word("command").map(Runs::Command))
            }),
            name,
        };
        self.check_engine(&database);
        let mut ids: Vec<Spanned<String>> = database.at.iter().cloned().collect();
        ids.extend(database.declared.iter().map(|declared| declared.id.clone()));
        self.model.databases.push(database);
        for effect in self
            .model
            .databases
            .last()
            .iter()
            .flat_map(|own| &own.declared)
        {
            self.findings
                .extend(effect.effects.iter().filter_map(nameless));
        }
        for id in ids {
            self.check_migration(self.model.databases.len() - 1, &id);
        }
    }

    pub(in crate::model) fn migrations(
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
    pub(in crate::model) fn check_migration(
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
            match migrations.migrations.len() {
                1 => "1 migration was found here".to_string(),
                found => format!("{found} migrations were found here"),
            },
        );
        let found = match (migrations.nearest(&id.value), migrations.newest()) {
            (Some(meant), _) => found.meant(id.span, meant),
            (None, Some(newest)) => found.help(format!("the newest one is `{}`", newest.id)),
            (None, None) => found.help("add the migration to the folder"),
        };
        self.findings.push(found);
        None
    }

    /// The size of a configuration file, and its keys where it is YAML or JSON.
    fn read_config(
        &mut self,
        file: &Spanned<String>,
    ) -> Option<(Bytes, Option<Vec<Spanned<String>>>)> {
        let path = self.path(file)?;
        let text = match self.loader.read(&path) {
            Ok(text) => text,
            Err(error) => {
                self.findings
                    .push(unreadable(file.span, &file.value, &error));
                return None;
            }
        };
        let size = Bytes::new(text.len() as u64);
        let ending = path.extension().and_then(|ending| ending.to_str());
        if !ending.is_some_and(|ending| ["yaml", "yml", "json"].contains(&ending)) {
            return Some((size, None));
        }
        let id = match self.project.sources.find(&path) {
            Some(id) => id,
            None => {
                let shown = self.project.shown(&path);
                self.project.sources.add(shown, path, text)
            }
        };
        let keys = crate::workload::keys(id, &self.project.sources.file(id).text);
        Some((size, keys))
    }

    pub(in crate::model) fn config(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut versions: Vec<ConfigVersion> = Vec::new();
        for child in node.children("version") {
            let Some(id) = child.word("id") else { continue };
            let file = child.child("file").and_then(|file| file.word("path"));
            let in_file = file.as_ref().and_then(|file| self.read_config(file));
            if let Some(first) = versions.iter().find(|version| version.id.value == id.value) {
                self.findings.push(crate::model::names::duplicate(
                    "version",
                    &id.value,
                    id.span,
                    first.id.span,
                ));
                continue;
            }
            let mut keys: Vec<Spanned<String>> = child
                .children("keys")
                .flat_map(|keys| keys.words("key"))
                .collect();
            let declared = child.child("size").and_then(|size| size.bytes("size"));
            let size = declared.or_else(|| {
                let (size, _) = in_file.as_ref()?;
                Some(Spanned::new(*size, file.as_ref()?.span))
            });
            keys.extend(in_file.and_then(|(_, keys)| keys).into_iter().flatten());
            versions.push(ConfigVersion {
                id,
                file,
                keys,
                size,
            });
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
    pub(in crate::model) fn config_services(&mut self) {
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

    pub(in crate::model) fn flag(&mut self, node: &Node) {
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

    pub(in crate::model) fn cohort(&mut self, node: &Node) {
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
        self.tests_once(node, &name.value);
        let share = node.child("share").and_then(|child| child.percent("share"));
        self.model.cohorts.push(Cohort { name, test, share });
    }
}

/// The finding that an effect names nothing that it could be done to.
fn nameless(effect: &DeclaredEffect) -> Option<Diagnostic> {
    let word = match effect.kind {
        EffectKind::Adds => "adds",
        EffectKind::Drops => "drops",
        EffectKind::Renames => "renames",
        EffectKind::Rewrites => "rewrites",
        EffectKind::Locks => "locks",
        EffectKind::None => return None,
    };
    effect.element.is_none().then(|| {
        let message = format!("`{word}` does not say which table or column");
        Diagnostic::new(&WRONG_ARGUMENT, effect.span, message)
            .help(format!("write `{word} table` or `{word} table.column`"))
    })
}

/// What a migration is declared to do. Each effect stands before the element that it is done to.
fn declared(node: &Node) -> Option<DeclaredMigration> {
    let mut effects: Vec<DeclaredEffect> = Vec::new();
    for capture in node
        .children("effects")
        .flat_map(|effects| &effects.captures)
    {
        let Value::Word(word) = &capture.value else {
            continue;
        };
        match (capture.slot, effects.last_mut()) {
            ("effect", _) => {
                effects.extend(EffectKind::from_word(word).map(|kind| DeclaredEffect {
                    kind,
                    element: None,
                    span: capture.span,
                }))
            }
            ("element", Some(last)) => {
                last.element = Some(Spanned::new(word.clone(), capture.span));
                last.span = last.span.join(capture.span);
            }
            _ => {}
        }
    }
    Some(DeclaredMigration {
        id: node.word("id")?,
        effects,
    })
}

pub(in crate::model) fn format_of(node: &Node) -> Format {
    Format {
        name: node
            .word("name")
            .unwrap_or_else(|| Spanned::new(String::new(), node.line)),
        retention: node.child("retention").map(|child| child.duration("time")),
        kind: node.child("kind").and_then(|child| {
            let word = child.word("kind")?;
            FormatKind::from_word(&word.value).map(|kind| Spanned::new(kind, word.span))
        }),
    }
}
