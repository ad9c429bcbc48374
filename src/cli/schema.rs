//! `switchback schema`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Findings, Severity};
use crate::report::statements::{Statements, drawing, json};
use crate::schema::catalog::Catalog;
use crate::schema::postgres::{Replay, replay, replay_onto};
use crate::schema::{self, Down, Engine, Migration, Migrations, Script, Transaction};
use crate::source::{DiskLoader, Loader, SourceMap, Span};

use super::args::{SchemaArgs, SchemaEngine, SchemaFormat};
use super::{exit, output};

/// Statements that were replayed, and what was there before the first of them.
struct Told {
    replayed: Replay,
    /// How many of the first are left out.
    from: usize,
    before: Arc<Catalog>,
    alone: bool,
}

pub(super) fn run(args: &SchemaArgs) -> Result<u8, String> {
    let SchemaEngine::Postgres = args.engine;
    let mut sources = SourceMap::new();
    let told = read(&args.path, &mut sources, args.version)?;
    let steps = told.replayed.steps.get(told.from..).unwrap_or_default();
    let view = Statements {
        sources: &sources,
        steps,
        before: &told.before,
        server: args.version,
        alone: told.alone,
    };
    let mut out = String::new();
    match args.format {
        SchemaFormat::Full => drawing(&view, &mut out),
        SchemaFormat::Json => json(&view, &mut out),
    }
    output::print(&out);
    let refused = steps.iter().any(|step| !step.errors.is_empty());
    Ok(if refused { exit::FINDINGS } else { exit::CLEAN })
}

/// Replays a folder of migrations, a file of such a folder behind those before it, or a file
/// alone.
fn read(path: &Path, sources: &mut SourceMap, version: u32) -> Result<Told, String> {
    let loader = DiskLoader;
    let shown = shown(path);
    if loader.is_folder(path) {
        let found = folder(&loader, path, sources)?;
        // repeatable scripts run behind all versions
        let all: Vec<&Migration> = found.migrations.iter().chain(&found.repeatable).collect();
        return Ok(Told {
            replayed: replay(sources, &all, version),
            from: 0,
            before: Arc::default(),
            alone: false,
        });
    }
    let text = loader
        .read(path)
        .map_err(|error| format!("`{shown}` cannot be read: {}", error.reason()))?;
    if let Some(told) = of_folder(&loader, path, sources, version) {
        return Ok(told);
    }
    let end = text.len();
    let file = sources.add(shown, path, text);
    let script = Script {
        file,
        span: Span::new(file, 0, end),
        transaction: Transaction::Implicit,
        goose_blocks: false,
    };
    Ok(Told {
        replayed: replay_onto(sources, Arc::default(), &script, version),
        from: 0,
        before: Arc::default(),
        alone: true,
    })
}

/// A path as it is shown.
fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// The migrations of a folder for PostgreSQL.
fn folder(loader: &DiskLoader, path: &Path, sources: &mut SourceMap) -> Result<Migrations, String> {
    let shown = shown(path);
    let named = sources.add("the command line", path, shown.clone());
    let at = Span::new(named, 0, shown.len());
    let mut findings = Findings::new();
    let mut found = schema::discover(loader, sources, path, &shown, at, &mut findings);
    for finding in &findings {
        let place = finding.span();
        let name = &sources.file(place.file).name;
        output::note(&clean(&format!("{name}: {}", finding.message)));
    }
    if found.layout.is_none() {
        let reason = findings
            .iter()
            .find(|finding| finding.severity == Severity::Error)
            .map_or("no migration in it is known", |finding| {
                finding.message.as_str()
            });
        return Err(format!("`{shown}` cannot be replayed: {reason}"));
    }
    found.retain_engine(Engine::PostgreSql);
    Ok(found)
}

/// The statements of a file behind those that run before it, where the folder that it lies in holds
/// migrations and it is one of them.
fn of_folder(
    loader: &DiskLoader,
    path: &Path,
    sources: &mut SourceMap,
    version: u32,
) -> Option<Told> {
    let mut parents =
        path.ancestors()
            .skip(1)
            .take(2)
            .map(|parent| match parent.as_os_str().is_empty() {
                true => PathBuf::from("."),
                false => parent.to_path_buf(),
            });
    let (sources_of, found, at, down) = parents.find_map(|parent| {
        let mut trial = SourceMap::new();
        let shown = shown(&parent);
        let named = trial.add("the command line", &parent, shown.clone());
        let span = Span::new(named, 0, shown.len());
        let mut findings = Findings::new();
        let mut found = schema::discover(loader, &mut trial, &parent, &shown, span, &mut findings);
        found.layout?;
        found.retain_engine(Engine::PostgreSql);
        let is = |script: &Script| {
            let own = &trial.file(script.file).path;
            own == path || own.strip_prefix(".").is_ok_and(|own| own == path)
        };
        let at = found.migrations.iter().position(|migration| {
            let down = match &migration.down {
                Down::Script(script) => Some(script),
                _ => None,
            };
            migration.up.iter().chain(down).any(is)
        })?;
        let down = match found.migrations.get(at)?.down {
            // goose and dbmate keep both in one file: it is read as the way up
            Down::Script(script)
                if is(&script) && !found.migrations.get(at)?.up.as_ref().is_some_and(is) =>
            {
                Some(script)
            }
            _ => None,
        };
        Some((trial, found, at, down))
    })?;
    *sources = sources_of;
    let all: Vec<&Migration> = found.migrations.iter().take(at + 1).collect();
    let ups = replay(sources, &all, version);
    if let Some(script) = down {
        let before = Arc::clone(&ups.last);
        return Some(Told {
            replayed: replay_onto(sources, Arc::clone(&before), &script, version),
            from: 0,
            before,
            alone: false,
        });
    }
    let from = ups.steps.partition_point(|step| step.migration < at);
    let before = from.checked_sub(1).and_then(|last| ups.steps.get(last));
    Some(Told {
        before: before
            .map(|step| Arc::clone(&step.after))
            .unwrap_or_default(),
        replayed: ups,
        from,
        alone: false,
    })
}

fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .collect()
}
