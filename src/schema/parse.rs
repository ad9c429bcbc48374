//! Whether PostgreSQL would take the statements of a migration: each that does not parse is
//! unknown, and is told at the place where the parser stops.

pub(super) mod ahead;
mod bounds;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use squawk_syntax::{SourceFile, SyntaxNode};

use super::names::printable;
use super::rules::{EMPTY_UP, SQL_NOT_UNDERSTOOD};
use super::{Down, Engine, Migration, Script};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{SourceMap, Span};
use bounds::Need;

/// The most statements of one script that are told one by one; a script of another engine would
/// give a finding for each.
const MAX_TOLD: usize = 10;

/// What of a migration's up and down cannot be understood, in the order of the text, and whether
/// its up holds any statement.
///
/// Statements are parsed where the engine is PostgreSQL; for another, or none, only the empty up
/// is told. What the file's name says of the engine counts where `engine` is `None`. Bodies of
/// functions in other languages than SQL are texts and not looked into.
pub fn understood(sources: &SourceMap, migration: &Migration, engine: Option<Engine>) -> Findings {
    let mut findings = Findings::new();
    let engine = engine.or(migration.engine);
    let down = match &migration.down {
        Down::Script(script) => Some(script),
        _ => None,
    };
    if let Some(up) = &migration.up {
        empty_up(sources, migration, up, engine, &mut findings);
    }
    if engine == Some(Engine::PostgreSql) {
        for script in migration.up.iter().chain(down) {
            script_understood(sources, migration, script, &mut findings);
        }
    }
    findings
}

/// An up without any statement: nothing but white space and comments.
fn empty_up(
    sources: &SourceMap,
    migration: &Migration,
    up: &Script,
    engine: Option<Engine>,
    out: &mut Findings,
) {
    let cut = up.statements(sources, engine);
    let client = |line: &str| line.trim_start().starts_with('\\');
    if !cut.statements.is_empty()
        || !cut.problems.is_empty()
        // a psql line such as `\i other.sql` runs what stands elsewhere
        || sources.text(up.span).lines().any(client)
    {
        return;
    }
    let message = format!(
        "migration `{}` has an up without a statement",
        printable(&migration.full_name)
    );
    out.push(
        Diagnostic::new(&EMPTY_UP, migration.span, message)
            .note("the tool marks its version as done, although nothing ran")
            .help("write the statements, or remove the migration"),
    );
}

fn script_understood(
    sources: &SourceMap,
    migration: &Migration,
    script: &Script,
    out: &mut Findings,
) {
    let text = sources.file(script.file).text.as_str();
    let cut = script.statements(sources, Some(Engine::PostgreSql));
    // what stands open is told where the folder is read; the text behind it is no statement
    let whole = |range: &std::ops::Range<usize>| {
        !cut.problems
            .iter()
            .any(|problem| problem.range.start < range.end)
    };
    let id = printable(&migration.id);
    let mut faults = cut
        .statements
        .iter()
        .filter(|statement| whole(&statement.range))
        .filter_map(|statement| {
            let sql = text.get(statement.range.clone())?;
            Some((statement.range.start, statement_fault(sql)?))
        });
    for (start, fault) in faults.by_ref().take(MAX_TOLD) {
        let place = Span::new(
            script.file,
            start + fault.range.start,
            start + fault.range.end,
        );
        let mut finding = Diagnostic::new(
            &SQL_NOT_UNDERSTOOD,
            place,
            format!("what this statement does is unknown: {}", fault.message),
        )
        .missing(format!("the effects of migration `{id}`"))
        .help(match fault.meant {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!(
                "put the SQL right, or say what it does with `migration {id} {{ effects ... }}` in the `database`"
            ),
        });
        if !fault.here.is_empty() {
            finding = finding.here(fault.here);
        }
        out.push(finding);
    }
    let more = faults.next().is_some();
    if let (true, Some(last)) = (more, out.last_mut()) {
        last.note = Some(format!(
            "more statements of this script are unknown; the first {MAX_TOLD} are shown"
        ));
    }
}

/// Why a statement is not understood.
pub(super) struct Fault {
    /// Bytes within the statement.
    pub(super) range: std::ops::Range<usize>,
    /// What is wrong, as half a sentence.
    pub(super) message: String,
    /// What to say at the place.
    here: String,
    /// The command that was probably meant.
    meant: Option<&'static str>,
}

impl Fault {
    fn at_start(sql: &str, message: impl Into<String>) -> Fault {
        Fault {
            range: words::at(sql, 0),
            message: message.into(),
            here: "this statement".into(),
            meant: None,
        }
    }

    fn of_parser(sql: &str, start: usize, message: &str) -> Fault {
        let range = words::at(sql, start);
        let word = sql.get(range.clone()).unwrap_or("");
        let first = range.start == 0 && message.starts_with("expected command");
        let behind = start >= sql.trim_end().len();
        let said = words::readable(message);
        Fault {
            message: match (first, behind) {
                (true, _) => {
                    format!("`{}` begins no statement of PostgreSQL", printable(word))
                }
                (_, true) => format!("{said} at its end"),
                _ => format!("{said} at `{}`", printable(word)),
            },
            here: if first { String::new() } else { said },
            meant: if first { words::command(word) } else { None },
            range,
        }
    }
}

fn statement_fault(sql: &str) -> Option<Fault> {
    with_tree(sql, |_| ()).err()
}

/// Parses one statement of PostgreSQL and hands its tree to `read`; why not, where it cannot be
/// parsed or `read` panics. Placeholders such as `${schema}` are names as long as they are, so
/// that ranges of the tree are ranges of `sql`.
///
/// The tree of a hostile statement is deep, and both run on a stack that is large enough for
/// parsing; `read` should not recurse deeper than the parser does.
pub(super) fn with_tree<T: Send>(
    sql: &str,
    read: impl FnOnce(&SyntaxNode) -> T + Send,
) -> Result<T, Fault> {
    let need = bounds::of(sql).map_err(|reason| Fault::at_start(sql, reason))?;
    let filled = words::without_placeholders(sql);
    let found = match need {
        Need::Little => read_tree(&filled, read),
        // the parser recurses and a full stack ends the process, so it gets what it can need
        Need::Stack(bytes) => thread::scope(|scope| {
            thread::Builder::new()
                .stack_size(bytes)
                .spawn_scoped(scope, || read_tree(&filled, read))
                .ok()
                .and_then(|running| running.join().ok())
                .unwrap_or(Outcome::Failed)
        }),
    };
    match found {
        Outcome::Read(value) => Ok(value),
        Outcome::Failed => Err(Fault::at_start(
            sql,
            "the parser of PostgreSQL failed at it",
        )),
        Outcome::Error(start, message) => Err(Fault::of_parser(sql, start, &message)),
    }
}

enum Outcome<T> {
    Read(T),
    /// The parser panicked or could not be run.
    Failed,
    /// Where, and what the parser says.
    Error(usize, String),
}

fn read_tree<T>(sql: &str, read: impl FnOnce(&SyntaxNode) -> T) -> Outcome<T> {
    // the parser asserts that it is not stuck; such a statement must not end a check
    catch_unwind(AssertUnwindSafe(|| {
        let parsed = SourceFile::parse(sql);
        let Some(error) = parsed.errors().into_iter().next() else {
            return Outcome::Read(read(&parsed.syntax_node()));
        };
        // the parser does not know two clauses of `ADD COLUMN` that no query can notice
        if let Some(cut) = words::without_storage(sql) {
            let parsed = SourceFile::parse(&cut);
            if parsed.errors().is_empty() {
                return Outcome::Read(read(&parsed.syntax_node()));
            }
        }
        Outcome::Error(
            usize::from(error.range().start()),
            error.message().to_string(),
        )
    }))
    .unwrap_or(Outcome::Failed)
}

#[cfg(test)]
mod tests;
