//! `switchback schema`

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::diagnostic::{Findings, Severity};
use crate::schema::postgres::{
    ChangeStep, Direction, Effects, InTransaction, Phase, Replay, ReplayError, Reversible, Step,
    replay, replay_onto,
};
use crate::schema::{self, Engine, Migration, Script, Transaction};
use crate::source::{DiskLoader, Loader, SourceMap, Span};

use super::args::{SchemaArgs, SchemaEngine, SchemaFormat};
use super::{exit, output};

pub(super) fn run(args: &SchemaArgs) -> Result<u8, String> {
    let SchemaEngine::Postgres = args.engine;
    let mut sources = SourceMap::new();
    let replayed = read(&args.path, &mut sources, args.version)?;
    match args.format {
        SchemaFormat::Full => output::print(&drawing(&replayed, &sources)),
        SchemaFormat::Json => {
            let steps = replayed.steps.iter();
            let steps: Vec<Value> = steps.map(|step| step_value(step, &sources)).collect();
            let all = json!({ "engine": "postgres", "version": args.version, "statements": steps });
            output::print(&format!("{all:#}\n"));
        }
    }
    let refused = replayed.steps.iter().any(|step| !step.errors.is_empty());
    Ok(if refused { exit::FINDINGS } else { exit::CLEAN })
}

/// Replays a file, or the migrations of a folder.
fn read(path: &Path, sources: &mut SourceMap, version: u32) -> Result<Replay, String> {
    let loader = DiskLoader;
    let shown = path.display().to_string().replace('\\', "/");
    if !loader.is_folder(path) {
        let text = loader
            .read(path)
            .map_err(|error| format!("`{shown}` cannot be read: {}", error.reason()))?;
        let end = text.len();
        let file = sources.add(shown, path, text);
        let script = Script {
            file,
            span: Span::new(file, 0, end),
            transaction: Transaction::Implicit,
            goose_blocks: false,
        };
        return Ok(replay_onto(sources, Arc::default(), &script, version));
    }
    let named = sources.add("the command line", path, shown.clone());
    let at = Span::new(named, 0, shown.len());
    let mut findings = Findings::new();
    let mut found = schema::discover(&loader, sources, path, &shown, at, &mut findings);
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
    // repeatable scripts run behind all versions
    let all: Vec<&Migration> = found.migrations.iter().chain(&found.repeatable).collect();
    Ok(replay(sources, &all, version))
}

/// What stands at a span, on one line.
fn excerpt(sources: &SourceMap, span: Span) -> String {
    let words: Vec<&str> = sources.text(span).split_whitespace().collect();
    clean(&words.join(" "))
}

fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .collect()
}

fn place(sources: &SourceMap, span: Span) -> (String, u32, u32) {
    let at = sources.start(span);
    (sources.file(span.file).name.clone(), at.line, at.column)
}

/// The longest text of a statement that is shown.
const SHOWN: usize = 72;

fn drawing(replay: &Replay, sources: &SourceMap) -> String {
    let mut out = String::new();
    let mut file = None;
    for step in &replay.steps {
        if file != Some(step.span.file) {
            if file.is_some() {
                out.push('\n');
            }
            let _ = writeln!(out, "{}", clean(&sources.file(step.span.file).name));
            file = Some(step.span.file);
        }
        for change in &step.changes {
            let text = excerpt(sources, change.span);
            let mut short: String = text.chars().take(SHOWN).collect();
            if short.len() < text.len() {
                short.push('…');
            }
            let (_, line, _) = place(sources, change.span);
            let _ = writeln!(out, "{line:>5}  {short}");
            for (word, value) in rows(change) {
                let _ = writeln!(out, "       {word:<9} {}", clean(&value));
            }
        }
        for error in &step.errors {
            let _ = writeln!(out, "       {:<9} {}", "refused", clean(&refusal(error)));
        }
        if !step.visible {
            let _ = writeln!(out, "       {:<9} with the rest of its transaction", "seen");
        }
    }
    if out.is_empty() {
        out.push_str("no statement\n");
    }
    out
}

fn refusal(error: &ReplayError) -> String {
    let unsure = if error.certain {
        ""
    } else {
        ", unless an unknown statement changes that"
    };
    format!("{error}{unsure}")
}

/// What is told of a change: a word and its value.
fn rows(change: &ChangeStep) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let joined = |names: &[schema::catalog::Name]| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    let mut when = phase(change.effects.phase).to_string();
    match change.effects.reversible {
        Reversible::Yes => {}
        other => {
            let _ = write!(when, ", reversible: {}", reversible(other));
        }
    }
    rows.push(("phase", when));
    let effects = &change.effects.effects;
    if !effects.is_empty() {
        let said: Vec<String> = effects
            .iter()
            .map(|effect| {
                let element = &effect.element;
                format!(
                    "{} {} {element}",
                    direction(effect.direction),
                    element.kind()
                )
            })
            .collect();
        rows.push(("effects", said.join(", ")));
    }
    if let Some(loss) = &change.effects.data_loss {
        rows.push(("loses", loss.clone()));
    }
    let locks: Vec<String> = change
        .cost
        .locks
        .iter()
        .map(|(name, mode)| format!("{name} {}", mode.name()))
        .collect();
    if !locks.is_empty() {
        rows.push(("locks", locks.join(", ")));
    }
    for (word, names) in [
        ("rewrites", &change.cost.rewrites),
        ("scans", &change.cost.scans),
        ("builds", &change.cost.builds),
    ] {
        if !names.is_empty() {
            rows.push((word, joined(names)));
        }
    }
    let dropped: Vec<String> = change
        .applied
        .dropped
        .iter()
        .map(|one| format!("{} {}", one.kind, one.name))
        .collect();
    if !dropped.is_empty() {
        rows.push(("drops too", dropped.join(", ")));
    }
    if change.applied.vacuous {
        rows.push((
            "does",
            "nothing, since what it asks for is so already".into(),
        ));
    }
    if let schema::postgres::Change::Unknown { reason } = &change.change {
        rows.push(("unknown", reason.clone()));
    }
    rows
}

fn step_value(step: &Step, sources: &SourceMap) -> Value {
    let (file, line, column) = place(sources, step.span);
    let changes: Vec<Value> = step
        .changes
        .iter()
        .map(|change| change_value(change, sources))
        .collect();
    let errors: Vec<Value> = step
        .errors
        .iter()
        .map(|error| {
            json!({ "sqlstate": error.sqlstate, "message": error.message, "certain": error.certain })
        })
        .collect();
    json!({
        "file": file,
        "line": line,
        "column": column,
        "migration": step.migration,
        "transaction": step.transaction,
        "visible": step.visible,
        "changes": changes,
        "errors": errors,
    })
}

fn change_value(change: &ChangeStep, sources: &SourceMap) -> Value {
    let (_, line, column) = place(sources, change.span);
    let names = |names: &[schema::catalog::Name]| -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    };
    let Effects {
        effects,
        data_loss,
        phase: when,
        reversible: back,
    } = &change.effects;
    let effects: Vec<Value> = effects
        .iter()
        .map(|effect| {
            json!({
                "direction": direction(effect.direction).trim_end_matches(':').replace(' ', "-"),
                "kind": effect.element.kind(),
                "name": effect.element.to_string(),
            })
        })
        .collect();
    let locks: Vec<Value> = change
        .cost
        .locks
        .iter()
        .map(|(name, mode)| {
            json!({
                "name": name.to_string(),
                "mode": mode.name(),
                "blocks_reads": mode.blocks_reads(),
                "blocks_writes": mode.blocks_writes(),
            })
        })
        .collect();
    let dropped: Vec<Value> = change
        .applied
        .dropped
        .iter()
        .map(|one| json!({ "kind": one.kind, "name": one.name }))
        .collect();
    json!({
        "line": line,
        "column": column,
        "text": sources.text(change.span),
        "unknown": change.change.is_unknown(),
        "phase": phase(*when).split(' ').next(),
        "reversible": reversible(*back),
        "data_loss": data_loss,
        "effects": effects,
        "locks": locks,
        "rewrites": names(&change.cost.rewrites),
        "scans": names(&change.cost.scans),
        "builds": names(&change.cost.builds),
        "in_transaction": change.cost.in_transaction == InTransaction::Allowed,
        "waits": change.cost.waits,
        "does_nothing": change.applied.vacuous,
        "drops_too": dropped,
    })
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::ProvideMore => "provides more:",
        Direction::ProvideLess => "provides less:",
        Direction::AcceptMore => "accepts more:",
        Direction::AcceptLess => "accepts less:",
        Direction::None => "changes",
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "expand",
        Phase::Contract => "contract",
        Phase::Any => "any",
        Phase::Never => "never while two versions are live",
        Phase::Backfill => "backfill",
        Phase::Unknown => "unknown",
    }
}

fn reversible(reversible: Reversible) -> &'static str {
    match reversible {
        Reversible::Yes => "yes",
        Reversible::Lossy => "lossy",
        Reversible::No => "no",
        Reversible::Unknown => "unknown",
    }
}
