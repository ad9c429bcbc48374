//! What every database of a model looked like after each migration, and what each version of each
//! service asks of it: read once for a model, asked for each unit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Findings, nearest};
use crate::model::{Action, Database, DeclaredMigration, Index, Model, UNKNOWN_NAME};
use crate::schema::catalog::Catalog;
use crate::schema::postgres::{ChangeStep, ReplayError, replay_declared};
use crate::schema::query::{Contract, read_queries};
use crate::schema::rules::SQL_NOT_UNDERSTOOD;
use crate::schema::{Engine, Migration, Migrations, Script, understood};
use crate::source::{Loader, SourceMap, Span};

use super::declared::perform;
use super::downs::Downs;

/// The schemas of all databases, or why they are not known.
#[derive(Debug, Default)]
pub struct Schemas {
    histories: BTreeMap<Index, Result<Arc<History>, Unknown>>,
    /// By service, version and database.
    contracts: BTreeMap<(Index, Index, Index), Contract>,
    /// Of the databases whose migrations a way back runs down, what they do.
    downs: BTreeMap<Index, Downs>,
    /// What is wrong with the effects that are declared of migrations.
    findings: Findings,
}

/// Folders that were replayed already: several environments of a project name the same one. Kept
/// with the folder, so that its address stays its own.
#[derive(Debug, Default)]
pub struct Replayed(BTreeMap<(usize, u32), (Arc<Migrations>, Arc<History>)>);

/// Why the schemas of a database are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The fact to declare.
    pub fact: String,
    /// Whether a finding of its own says what is wrong: an unreadable folder, an unknown id.
    pub told: bool,
    /// What is not understood, where it stands anywhere.
    pub place: Option<Span>,
}

impl Unknown {
    pub(super) fn new(fact: impl Into<String>) -> Unknown {
        Unknown {
            fact: fact.into(),
            told: false,
            place: None,
        }
    }

    pub(super) fn told(fact: impl Into<String>) -> Unknown {
        Unknown {
            fact: fact.into(),
            told: true,
            place: None,
        }
    }

    pub(super) fn at(self, place: Span) -> Unknown {
        Unknown {
            place: Some(place),
            ..self
        }
    }
}

/// The server that is assumed where a range is declared, or nothing: the oldest that is known, as
/// it locks most.
const OLDEST: u32 = 10;

/// A schema after each migration of its folder.
#[derive(Debug)]
pub struct History {
    migrations: Arc<Migrations>,
    /// After each migration, the whole of it.
    after: Vec<Arc<Catalog>>,
    /// For each migration, what others can see while it runs: a schema for each statement that
    /// commits, the last one being the schema after it.
    visible: Vec<Vec<(Span, Arc<Catalog>)>>,
    /// For each migration its statements, in their order.
    statements: Vec<Vec<Statement>>,
    /// What has a finding of its own because it does not parse.
    told: Vec<Span>,
    /// The major version of the server.
    server: u32,
}

/// A statement of a migration as it was replayed.
#[derive(Debug)]
pub struct Statement {
    /// Where it stands.
    pub span: Span,
    /// What it does, costs and means; one for each subcommand.
    pub changes: Vec<ChangeStep>,
    /// Statements of one number take effect, and hold their locks, until all of them have run.
    pub transaction: usize,
    /// Why the server would refuse it.
    pub errors: Vec<ReplayError>,
}

impl Schemas {
    /// The history of a database; `Err` names the fact that is missing.
    pub fn of(&self, database: Index) -> Result<&History, Unknown> {
        match self.histories.get(&database) {
            Some(Ok(history)) => Ok(history.as_ref()),
            Some(Err(missing)) => Err(missing.clone()),
            None => Err(Unknown::new("the folder of its `migrations`")),
        }
    }

    /// What is wrong with the effects that are declared of migrations.
    pub fn findings(&self) -> &[crate::diagnostic::Diagnostic] {
        &self.findings
    }

    /// What the downs of a database do, where a way back runs them.
    pub fn downs(&self, database: Index) -> Option<&Downs> {
        self.downs.get(&database)
    }

    /// What a version relies on in a database; `None` when it does not name it.
    pub fn contract(&self, service: Index, version: Index, database: Index) -> Option<&Contract> {
        self.contracts.get(&(service, version, database))
    }

    /// Replays the folders of all databases and reads the queries of all versions. `shown` names a
    /// file for messages.
    pub fn read(
        model: &Model,
        loader: &dyn Loader,
        sources: &mut SourceMap,
        replayed: &mut Replayed,
        shown: &dyn Fn(&Path) -> String,
    ) -> Schemas {
        let mut schemas = Schemas::default();
        // a folder that neither a plan moves nor a version was built against has nothing to say
        let moved = model.plans.iter().flat_map(|plan| {
            let actions = plan.steps.iter().flat_map(|step| &step.actions);
            actions.filter_map(|action| match &action.value {
                Action::Migrate(database, _) => Some(*database),
                _ => None,
            })
        });
        let versions = model.services.iter().flat_map(|service| &service.versions);
        let built = versions.flat_map(|version| version.schemas.iter().map(|(db, _)| db.value));
        for index in moved.chain(built).collect::<BTreeSet<_>>() {
            let Some(database) = model.databases.get(index) else {
                continue;
            };
            let history = History::of(database, sources, replayed, &mut schemas.findings);
            if let Ok(history) = &history {
                let downs = Downs::of(model, index, history, sources);
                schemas.downs.insert(index, downs);
                schemas.findings.extend(no_such_tables(database, history));
            }
            schemas.histories.insert(index, history);
        }
        for (service, declared) in model.services.iter().enumerate() {
            for (version, own) in declared.versions.iter().enumerate() {
                for (database, id) in &own.schemas {
                    let Some(Ok(history)) = schemas.histories.get(&database.value) else {
                        continue;
                    };
                    let Some(position) = history.position(&id.value) else {
                        continue;
                    };
                    let built = history.after(position);
                    let mut contract = if own.queries.is_empty() && own.uses.is_empty() {
                        Contract::whole(&built, id.span)
                    } else {
                        read_queries(loader, sources, &own.queries, shown, own.id.span, &built)
                    };
                    if !own.uses.is_empty() {
                        contract.merge(Contract::from_uses(&own.uses, &built));
                    }
                    schemas
                        .contracts
                        .insert((service, version, database.value), contract);
                }
            }
        }
        schemas
    }
}

/// Tables whose size or load is declared and that no migration makes: a misspelt one would leave the
/// real one looking small.
fn no_such_tables(database: &Database, history: &History) -> Findings {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for catalog in &history.after {
        // what is not understood may make any table
        if catalog.is_partly_unknown() {
            return Findings::new();
        }
        known.extend(catalog.relations.keys().map(|name| name.name.as_str()));
    }
    let own = |name: &str| name.rsplit('.').next().unwrap_or(name).to_lowercase();
    let missing = database.tables.iter().filter(|table| {
        let own = own(&table.name.value);
        // names in quotes keep their case
        !known.iter().any(|known| known.to_lowercase() == own)
    });
    missing
        .map(|table| {
            let (name, of) = (&table.name.value, &database.name.value);
            let message = format!("no migration of `{of}` makes a table `{name}`");
            let found = Diagnostic::new(&UNKNOWN_NAME, table.name.span, message);
            match nearest(&own(name), known.iter().copied()) {
                Some(meant) => found.meant(table.name.span, meant),
                None => found.help("write the name as the migrations do, or leave the table out"),
            }
        })
        .collect()
}

/// The major version of the server that a database declares: `15` of `15.4`, the lower end of a
/// range.
fn server(database: &Database) -> u32 {
    database
        .engine_version
        .as_ref()
        .and_then(|(_, version)| version.value.split('.').next()?.parse().ok())
        .unwrap_or(OLDEST)
}

/// The first command of `psql` that runs what stands elsewhere: `\\i other.sql`, `\\gexec`, `\\copy`.
/// Commands that only steer the client, such as `\\set`, say nothing of the schema.
fn client_command(sources: &SourceMap, script: &Script) -> Option<Span> {
    const ELSEWHERE: [&str; 8] = [
        "i",
        "ir",
        "include",
        "include_relative",
        "copy",
        "gexec",
        "!",
        "lo_import",
    ];
    let text = sources.text(script.span);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // a command stands at the start of a line, or behind a statement
        for (offset, _) in line.match_indices('\\') {
            let before = line[..offset].trim_end();
            if !(before.is_empty() || before.ends_with(';')) {
                continue;
            }
            let word: &str = line[offset + 1..]
                .split([' ', '\t', '\r', '\n', ';'])
                .next()
                .unwrap_or("");
            if ELSEWHERE.contains(&word) {
                let start = script.span.start as usize + at + offset;
                return Some(Span::new(script.file, start, start + 1 + word.len()));
            }
        }
        at += line.len();
    }
    None
}

/// Where findings of their own say why SQL is not understood: what does not parse, and texts that
/// are never closed.
fn told(migrations: &[&Migration], sources: &SourceMap) -> Vec<Span> {
    let mut told: Vec<Span> = migrations
        .iter()
        .flat_map(|migration| understood(sources, migration, Some(Engine::PostgreSql)))
        .filter(|found| found.rule == &SQL_NOT_UNDERSTOOD)
        .map(|found| found.span())
        .collect();
    told.extend(migrations.iter().filter_map(|migration| {
        let up = migration.up?;
        let cut = up.statements(sources, Some(Engine::PostgreSql));
        (!cut.problems.is_empty()).then_some(up.span)
    }));
    told
}

impl History {
    /// Replays a folder; `Err` names the fact that is missing.
    fn of(
        database: &Database,
        sources: &SourceMap,
        replayed: &mut Replayed,
        findings: &mut Findings,
    ) -> Result<Arc<History>, Unknown> {
        let name = &database.name.value;
        let Some((path, folder)) = &database.migrations else {
            let fact = format!("the `migrations` of `{name}`");
            // a folder that is named and could not be read has its own finding
            return Err(match database.incomplete {
                true => Unknown::told(fact),
                false => Unknown::new(fact),
            });
        };
        if folder.layout.is_none() {
            return Err(Unknown::told(format!("the `migrations` of `{name}`")));
        }
        let engine = database.engine.map(|engine| engine.value).or(folder.engine);
        match engine {
            Some(Engine::PostgreSql) => {}
            Some(other) => {
                return Err(Unknown::new(format!(
                    "what the SQL of `{name}` does: that of {} is not judged yet",
                    other.name()
                )));
            }
            None => {
                return Err(Unknown::new(format!(
                    "the `engine` of `{name}`, such as `engine postgres 15`"
                )));
            }
        }
        let key = (Arc::as_ptr(folder) as usize, server(database));
        // what is declared of migrations may differ from one environment to the next
        let cached = database.declared.is_empty();
        if let (true, Some((_, known))) = (cached, replayed.0.get(&key)) {
            return Ok(Arc::clone(known));
        }
        let history = Arc::new(History::replayed(
            database, path.span, folder, sources, findings,
        ));
        if cached {
            replayed
                .0
                .insert(key, (Arc::clone(folder), Arc::clone(&history)));
        }
        Ok(history)
    }

    /// Replays a folder on the server of a database; `named` is where the folder is named.
    fn replayed(
        database: &Database,
        named: Span,
        folder: &Arc<Migrations>,
        sources: &SourceMap,
        findings: &mut Findings,
    ) -> History {
        let migrations: Vec<&Migration> = folder.migrations.iter().collect();
        let declared: BTreeMap<usize, &DeclaredMigration> = database
            .declared
            .iter()
            .filter_map(|declared| Some((folder.find(&declared.id.value)?, declared)))
            .collect();
        // the effects are those of the whole migration: they happen at the first statement of it
        // that is not understood, so that what stands behind it can rest on them
        let mut done: BTreeMap<usize, bool> = BTreeMap::new();
        let replayed = replay_declared(
            sources,
            &migrations,
            server(database),
            &mut |migration, catalog| {
                let Some(declared) = declared.get(&migration) else {
                    return false;
                };
                *done
                    .entry(migration)
                    .or_insert_with(|| perform(declared, catalog, server(database), findings))
            },
        );
        let mut history = History {
            migrations: Arc::clone(folder),
            server: server(database),
            after: Vec::with_capacity(migrations.len()),
            visible: vec![Vec::new(); migrations.len()],
            statements: Vec::with_capacity(migrations.len()),
            told: Vec::new(),
        };
        // a file that cannot be read has its own finding: the name of the folder stands for it
        history.told.push(named);
        // so were effects that name what is not there
        let wrong = done.iter().filter(|(_, right)| !**right);
        history.told.extend(wrong.filter_map(|(&number, _)| {
            let migration = migrations.get(number)?;
            Some(migration.up.map_or(migration.span, |up| up.span))
        }));
        let mut now = Arc::<Catalog>::default();
        let mut steps = replayed.steps.into_iter().peekable();
        for number in 0..migrations.len() {
            let mut statements = Vec::new();
            while let Some(step) = steps.next_if(|step| step.migration == number) {
                now = Arc::clone(&step.after);
                let last = steps.peek().is_none_or(|next| next.migration != number);
                if step.visible || last {
                    history.visible[number].push((step.span, Arc::clone(&now)));
                }
                statements.push(Statement {
                    span: step.span,
                    changes: step.changes,
                    transaction: step.transaction,
                    errors: step.errors,
                });
            }
            // what a client does with another file, or with the server's machine, is not in the text
            let elsewhere = migrations
                .get(number)
                .and_then(|migration| client_command(sources, migration.up.as_ref()?));
            if let Some(elsewhere) = elsewhere {
                let mut catalog = Catalog::clone(&now);
                catalog.unknown.push(elsewhere);
                now = Arc::new(catalog);
                history.visible[number].push((elsewhere, Arc::clone(&now)));
            }
            // what cannot be read as SQL is one step
            if let Some(migration) = migrations.get(number).filter(|found| found.up.is_none()) {
                let mut catalog = Catalog::clone(&now);
                match done.get(&number) {
                    Some(true) => {
                        if let Some(declared) = declared.get(&number) {
                            perform(declared, &mut catalog, server(database), &mut Vec::new());
                        }
                    }
                    _ => catalog.unknown.push(migration.span),
                }
                now = Arc::new(catalog);
                history.visible[number].push((migration.span, Arc::clone(&now)));
            }
            history.statements.push(statements);
            history.after.push(Arc::clone(&now));
        }
        if now.is_partly_unknown() {
            history.told.extend(told(&migrations, sources));
        }
        history
    }

    /// Whether a statement has a finding of its own that says why it is not understood.
    pub fn is_told(&self, statement: Span) -> bool {
        self.told.iter().any(|told| {
            told.file == statement.file
                && told.start < statement.end.max(statement.start + 1)
                && statement.start < told.end.max(told.start + 1)
        })
    }

    /// The place of a migration in its folder.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.migrations.find(id)
    }

    /// A migration of the folder.
    pub fn migration(&self, position: usize) -> Option<&Migration> {
        self.migrations.migrations.get(position)
    }

    /// The id of a migration as the folder spells it.
    pub fn id(&self, position: usize) -> &str {
        self.migrations
            .migrations
            .get(position)
            .map_or("", |migration| migration.id.as_str())
    }

    /// The schema before a migration: that after the one before it, or an empty one.
    pub fn before(&self, position: usize) -> Arc<Catalog> {
        let earlier = position.checked_sub(1);
        earlier.map_or_else(Arc::default, |earlier| self.after(earlier))
    }

    /// The major version of the server that is judged for.
    pub fn server(&self) -> u32 {
        self.server
    }

    /// The schema after a migration.
    pub fn after(&self, position: usize) -> Arc<Catalog> {
        self.after.get(position).map(Arc::clone).unwrap_or_default()
    }

    /// What others can see while a migration runs.
    pub fn visible(&self, position: usize) -> &[(Span, Arc<Catalog>)] {
        self.visible.get(position).map_or(&[], Vec::as_slice)
    }

    /// The statements of a migration, in their order.
    pub fn statements(&self, position: usize) -> &[Statement] {
        self.statements.get(position).map_or(&[], Vec::as_slice)
    }
}
