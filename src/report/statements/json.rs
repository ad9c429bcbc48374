//! The view for programs. The types below are the format; a field may be added without a new
//! version.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Statements, direction, phase, reversible};
use crate::schema::catalog::Name;
use crate::schema::postgres::{Change, ChangeStep, InTransaction, Step};
use crate::source::SourceMap;

/// Appends the statements as one JSON document, indented, with a line end behind it.
pub fn json(view: &Statements<'_>, out: &mut String) {
    let tally = super::Tally::of(view);
    let document = Document {
        version: 1,
        engine: Engine::Postgres,
        server: view.server,
        statements: view
            .steps
            .iter()
            .map(|step| Statement::of(step, view.sources))
            .collect(),
        summary: Summary {
            statements: tally.statements,
            long: tally.long,
            lossy: tally.lossy,
            refused: tally.refused,
            unknown: tally.unknown,
        },
    };
    // strings, numbers and lists only: there is no map key or number that JSON cannot hold
    out.push_str(&serde_json::to_string_pretty(&document).unwrap_or_default());
    out.push('\n');
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes, indented, with a line end behind it.
pub fn json_schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Document>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// What the statements of a file or of a folder of migrations do, each judged by itself.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Switchback statements")]
struct Document {
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The database that the SQL is read for.
    engine: Engine,
    /// The major version of the server.
    server: u32,
    /// The statements, in the order in which they run.
    statements: Vec<Statement>,
    /// How much was seen.
    summary: Summary,
}

/// A database.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Engine {
    Postgres,
}

/// How many statements there are of each sort.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// All.
    statements: usize,
    /// Those that keep others waiting while a table that was there before is gone through.
    long: usize,
    /// Those that cannot be taken back without loss.
    lossy: usize,
    /// Those that the server would refuse.
    refused: usize,
    /// Those that are not understood.
    unknown: usize,
}

/// One statement.
#[derive(Serialize, JsonSchema)]
struct Statement {
    /// The file, as it was named on the command line.
    file: String,
    /// The line of its first character, from 1.
    line: u32,
    /// The column of its first character, from 1, in Unicode scalar values.
    column: u32,
    /// Which of the migrations it belongs to, from 0.
    migration: usize,
    /// Statements of one number take effect, and hold their locks, until all of them have run.
    transaction: usize,
    /// Whether others see what it did as soon as it has run: it is the last of its transaction.
    visible: bool,
    /// What it does: one for each subcommand.
    changes: Vec<ChangeMade>,
    /// Why the server would refuse it.
    errors: Vec<Refusal>,
}

/// Why the server would refuse a statement.
#[derive(Serialize, JsonSchema)]
struct Refusal {
    /// The server's code: `42P01`.
    sqlstate: &'static str,
    /// The reason.
    message: String,
    /// Whether it is sure; not where an earlier statement is unknown.
    certain: bool,
}

/// What a statement, or one subcommand of it, does.
#[derive(Serialize, JsonSchema)]
struct ChangeMade {
    /// The line of its first character, from 1.
    line: u32,
    /// The column of its first character, from 1, in Unicode scalar values.
    column: u32,
    /// The text, as it is written.
    text: String,
    /// Whether it is not understood; everything else here is then unknown.
    unknown: bool,
    /// Why it is not understood.
    reason: Option<String>,
    /// When it can run: `expand` before the new version starts, `contract` when the old one is gone
    /// and cannot come back, `backfill` between both, `any`, `never` while two versions are live,
    /// `unknown`.
    #[schemars(extend("enum" = ["expand", "contract", "backfill", "any", "never", "unknown"]))]
    phase: &'static str,
    /// Whether it can be taken back: `yes`, `lossy`, `no`, `unknown`.
    #[schemars(extend("enum" = ["yes", "lossy", "no", "unknown"]))]
    reversible: &'static str,
    /// What is lost for good.
    data_loss: Option<String>,
    /// What readers and writers meet afterwards.
    effects: Vec<Effect>,
    /// The locks that it takes.
    locks: Vec<Lock>,
    /// The tables that are written anew.
    rewrites: Vec<String>,
    /// The tables that are read from start to end.
    scans: Vec<String>,
    /// The indexes that are built.
    builds: Vec<String>,
    /// Whether it can run in a transaction.
    in_transaction: bool,
    /// Whether it waits for all transactions that began before it.
    waits: bool,
    /// Whether nothing is done, since what it asks for is so already.
    does_nothing: bool,
    /// What goes with what it drops.
    drops_too: Vec<Dropped>,
}

/// What readers or writers meet afterwards.
#[derive(Serialize, JsonSchema)]
struct Effect {
    /// `provides-more` and `provides-less` are for readers, `accepts-more` and `accepts-less` for
    /// writers; `changes` is none of them.
    #[schemars(extend("enum" = ["provides-more", "provides-less", "accepts-more", "accepts-less", "changes"]))]
    direction: &'static str,
    /// What sort of element it is: `table`, `column`, ...
    kind: String,
    /// Its name.
    name: String,
}

/// A lock.
#[derive(Serialize, JsonSchema)]
struct Lock {
    /// The relation.
    name: String,
    /// The mode, as the server's manual calls it.
    mode: &'static str,
    /// Whether reads wait for it.
    blocks_reads: bool,
    /// Whether writes wait for it.
    blocks_writes: bool,
}

/// An object that goes with another.
#[derive(Serialize, JsonSchema)]
struct Dropped {
    /// What it is: `view`, `index`, `constraint`, ...
    kind: &'static str,
    /// Its name; what belongs to a table stands behind it and a dot.
    name: String,
}

impl Statement {
    fn of(step: &Step, sources: &SourceMap) -> Statement {
        let at = sources.start(step.span);
        Statement {
            file: super::file(sources, step).to_string(),
            line: at.line,
            column: at.column,
            migration: step.migration,
            transaction: step.transaction,
            visible: step.visible,
            changes: step
                .changes
                .iter()
                .map(|change| ChangeMade::of(change, sources))
                .collect(),
            errors: step
                .errors
                .iter()
                .map(|error| Refusal {
                    sqlstate: error.sqlstate,
                    message: error.message.clone(),
                    certain: error.certain,
                })
                .collect(),
        }
    }
}

impl ChangeMade {
    fn of(step: &ChangeStep, sources: &SourceMap) -> ChangeMade {
        let at = sources.start(step.span);
        let names = |names: &[Name]| names.iter().map(ToString::to_string).collect();
        let reason = match &step.change {
            Change::Unknown { reason } => Some(reason.clone()),
            _ => None,
        };
        ChangeMade {
            line: at.line,
            column: at.column,
            text: sources.text(step.span).to_string(),
            unknown: step.change.is_unknown(),
            reason,
            phase: phase(step.effects.phase),
            reversible: reversible(step.effects.reversible),
            data_loss: step.effects.data_loss.clone(),
            effects: step
                .effects
                .effects
                .iter()
                .map(|effect| Effect {
                    direction: direction(effect.direction),
                    kind: effect.element.kind().to_string(),
                    name: effect.element.to_string(),
                })
                .collect(),
            locks: step
                .cost
                .locks
                .iter()
                .map(|(name, mode)| Lock {
                    name: name.to_string(),
                    mode: mode.name(),
                    blocks_reads: mode.blocks_reads(),
                    blocks_writes: mode.blocks_writes(),
                })
                .collect(),
            rewrites: names(&step.cost.rewrites),
            scans: names(&step.cost.scans),
            builds: names(&step.cost.builds),
            in_transaction: step.cost.in_transaction == InTransaction::Allowed,
            waits: step.cost.waits,
            does_nothing: step.applied.vacuous,
            drops_too: step
                .applied
                .dropped
                .iter()
                .map(|one| Dropped {
                    kind: one.kind,
                    name: one.name.clone(),
                })
                .collect(),
        }
    }
}
