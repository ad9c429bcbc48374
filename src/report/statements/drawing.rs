//! The drawing for people.

use std::fmt::Write;

use super::{Statements, Tally, with_start};
use crate::schema::catalog::{Catalog, Name};
use crate::schema::postgres::{
    Change, ChangeStep, Direction, InTransaction, Phase, ReplayError, Reversible, Step,
};
use crate::source::{SourceMap, Span};

/// The longest text of a statement that is shown.
const SHOWN: usize = 72;

/// Appends the statements, file by file, and what they come to.
pub fn drawing(view: &Statements<'_>, out: &mut String) {
    let all = with_start(view);
    for file in all.chunk_by(|(one, _), (other, _)| one.span.file == other.span.file) {
        let Some((first, _)) = file.first() else {
            continue;
        };
        let name = clean(super::file(view.sources, first));
        let together = file
            .iter()
            .all(|(step, _)| step.transaction == first.transaction);
        let how = match (file.len(), together) {
            (1, _) => "",
            (_, true) => ", in one transaction",
            (_, false) => "",
        };
        let _ = writeln!(out, "{name}{how}");
        for (step, start) in file {
            statement(view.sources, step, start, out);
            if !step.visible && !together {
                row("seen", "with the rest of its transaction", out);
            }
        }
        out.push('\n');
    }
    summary(view, out);
}

fn row(word: &str, value: &str, out: &mut String) {
    let _ = writeln!(out, "       {word:<9} {}", clean(value));
}

fn statement(sources: &SourceMap, step: &Step, start: &Catalog, out: &mut String) {
    for change in &step.changes {
        let text = excerpt(sources, change.span);
        let mut short: String = text.chars().take(SHOWN).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        let _ = writeln!(out, "{:>5}  {short}", sources.start(change.span).line);
        for (word, value) in rows(change, start) {
            row(word, &value, out);
        }
    }
    for error in &step.errors {
        row("refused", &refusal(error), out);
    }
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

fn refusal(error: &ReplayError) -> String {
    let unsure = if error.certain {
        ""
    } else {
        ", unless an unknown statement changes that"
    };
    format!("{error}{unsure}")
}

/// What is told of a change: a word and its value.
fn rows(change: &ChangeStep, start: &Catalog) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Change::Unknown { reason } = &change.change {
        rows.push(("unknown", reason.clone()));
        return rows;
    }
    if change.applied.vacuous {
        let nothing = "nothing, since what it asks for is so already";
        rows.push(("does", nothing.into()));
        return rows;
    }
    if let Some(when) = when(change.effects.phase) {
        rows.push(("run it", when.into()));
    }
    for (word, more, less) in [
        ("readers", Direction::ProvideMore, Direction::ProvideLess),
        ("writers", Direction::AcceptMore, Direction::AcceptLess),
    ] {
        let of = |wanted: Direction| -> Vec<String> {
            let all = change.effects.effects.iter();
            all.filter(|effect| effect.direction == wanted)
                .map(|effect| format!("{} {}", effect.element.kind(), effect.element))
                .collect()
        };
        let parts: Vec<String> = [("more", of(more)), ("less", of(less))]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(how, names)| format!("{how}: {}", names.join(", ")))
            .collect();
        if !parts.is_empty() {
            rows.push((word, parts.join("; ")));
        }
    }
    if let Some(loss) = &change.effects.data_loss {
        rows.push(("loses", loss.clone()));
    }
    let back = match change.effects.reversible {
        Reversible::Yes => None,
        Reversible::Lossy => Some("not without loss"),
        Reversible::No => Some("not at all"),
        Reversible::Unknown => Some("not known"),
    };
    rows.extend(back.map(|back| ("back", back.to_string())));
    let locks = locks(change, start);
    if !locks.is_empty() {
        rows.push(("locks", locks.join(", ")));
    }
    if let Some(work) = work(change, start) {
        rows.push(("while it", work));
    }
    if change.cost.waits {
        let older = "for every transaction that began before it";
        rows.push(("waits", older.into()));
    }
    if change.cost.in_transaction == InTransaction::Forbidden {
        rows.push(("alone", "it cannot run in a transaction".into()));
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
    rows
}

fn when(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Expand => Some("before the new version starts (expand)"),
        Phase::Contract => Some("when the old version is gone and cannot come back (contract)"),
        Phase::Never => Some("never while two versions are live"),
        Phase::Backfill => Some("when all live versions write what it fills in (backfill)"),
        Phase::Any => None,
        Phase::Unknown => Some("not known"),
    }
}

/// The locks on what others can see, and who waits for them. What the transaction itself makes
/// nobody waits for, and an index is locked with its table.
fn locks(change: &ChangeStep, start: &Catalog) -> Vec<String> {
    let held = &change.cost.locks;
    let with_table = |name: &Name| {
        let table = start.indexes.get(name);
        table.is_some_and(|table| held.iter().any(|(other, _)| other == table))
    };
    held.iter()
        .filter(|(name, _)| {
            let there = start.relation(name).is_some()
                || start.sequences.contains_key(name)
                || start.indexes.contains_key(name);
            there && !with_table(name)
        })
        .map(|(name, mode)| {
            let waits = match (mode.blocks_reads(), mode.blocks_writes()) {
                (true, _) => " (reads and writes wait)",
                (false, true) => " (writes wait)",
                _ => "",
            };
            format!("{name} {}{waits}", mode.name())
        })
        .collect()
}

/// What takes as long as a table that was there before is large.
fn work(change: &ChangeStep, start: &Catalog) -> Option<String> {
    let seen = |names: &[Name]| -> Vec<String> {
        let all = names.iter();
        all.filter(|name| start.relation(name).is_some())
            .map(ToString::to_string)
            .collect()
    };
    let mut parts = Vec::new();
    for (word, names) in [
        ("rewrites", seen(&change.cost.rewrites)),
        ("scans", seen(&change.cost.scans)),
    ] {
        if !names.is_empty() {
            parts.push(format!("{word} {}", names.join(", ")));
        }
    }
    let locked = |name: &Name| start.relation(name).is_some();
    if change.cost.locks.iter().any(|(name, _)| locked(name)) {
        let built: Vec<String> = change.cost.builds.iter().map(ToString::to_string).collect();
        if !built.is_empty() {
            parts.push(format!("builds {}", built.join(", ")));
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn summary(view: &Statements<'_>, out: &mut String) {
    let tally = Tally::of(view);
    let count = |number: usize, one: &str, many: &str| {
        format!("{number} {}", if number == 1 { one } else { many })
    };
    let mut line = count(tally.statements, "statement", "statements");
    let _ = write!(line, " on PostgreSQL {}", view.server);
    let mut parts = Vec::new();
    if tally.long > 0 {
        let keeps = count(tally.long, "keeps", "keep");
        parts.push(format!(
            "{keeps} others waiting while a table is gone through"
        ));
    }
    if tally.lossy > 0 {
        let cannot = count(tally.lossy, "cannot", "cannot");
        parts.push(format!("{cannot} be taken back without loss"));
    }
    if tally.refused > 0 {
        parts.push(count(tally.refused, "is refused", "are refused"));
    }
    if tally.unknown > 0 {
        parts.push(count(
            tally.unknown,
            "is not understood",
            "are not understood",
        ));
    }
    if !parts.is_empty() {
        let _ = write!(line, ": {}", parts.join(", "));
    }
    let _ = writeln!(out, "{line}");
    if view.alone && tally.refused > 0 {
        out.push_str(
            "the file is read alone, on an empty schema; give the folder of its migrations for what \
             they make\n",
        );
    }
}
