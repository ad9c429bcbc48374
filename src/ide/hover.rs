//! What a word means, where it stands.

use std::fmt::Write;

use crate::model::{DeclId, Service};
use crate::source::{FileId, Span, Spanned};
use crate::vocabulary::{DeclKind, Entry, Place, SlotKind, Value, match_statement};

use super::cursor::Cursor;
use super::explain::rule_page;
use super::names::{Symbol, slots};
use super::{View, legs, links, numbers};

/// An answer, with the place that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The place.
    pub span: Span,
    /// What is to be said, in Markdown.
    pub text: String,
}

/// The most lines of a migration that are shown.
const MAX_LINES: usize = 12;

/// What stands at `offset` of a plan file.
pub fn hover(view: &View, file: FileId, offset: usize) -> Option<Hover> {
    let own = view.project.files.iter().find(|own| own.id == file)?;
    let cursor = Cursor::new(view.text(file), &own.tree, offset);
    if cursor.in_comment() {
        return None;
    }
    if let Some(name) = view.names.at(file, offset) {
        let text = symbol(view, &name.symbol)? + &numbers::of_gate(view, file, offset);
        return Some(Hover {
            span: name.span,
            text,
        });
    }
    let statement = cursor.statement?;
    let entry = cursor.entry()?;
    let place = cursor.place()?;
    if cursor.in_head() {
        let mut text = statement_page(entry, place);
        if entry.word == "replicas" || entry.word == "max-surge" || entry.word == "max-unavailable"
        {
            text.push_str(&effective(view, &cursor));
        }
        return Some(Hover {
            span: statement.head,
            text,
        });
    }
    let arg = cursor.arg()?;
    let mut text = match legs::leg_at(view, file, offset) {
        Some((_, text)) => text + "\n\n",
        None => String::new(),
    };
    let slice = |span: Span| cursor.slice(span);
    let args = cursor.tree.args(statement);
    let matched = match_statement(entry, cursor.tree, args, &slice, &[]).ok()?;
    let mut kinds = Vec::new();
    slots(entry.compiled().get(matched.form)?, &mut kinds);
    let capture = matched
        .captures
        .iter()
        .find(|capture| capture.arg.span == arg.span);
    match capture {
        Some(capture) => {
            let (slot, kind) = kinds.iter().find(|(slot, _)| *slot == capture.slot)?;
            let _ = write!(text, "`{slot}` of `{}`: {}", entry.word, kind.wanted());
            if let Some(value) = value_text(&capture.value, *kind) {
                let _ = write!(text, "\n\n{value}");
            }
        }
        None => {
            let _ = write!(text, "{}", statement_page(entry, place));
        }
    }
    Some(Hover {
        span: arg.span,
        text,
    })
}

/// A value in full, where its short form may be misread.
fn value_text(value: &Value, kind: SlotKind) -> Option<String> {
    Some(match (value, kind) {
        (Value::Duration(time), _) => {
            let seconds = time.millis() as f64 / 1000.0;
            format!("{time}, {seconds} seconds")
        }
        (Value::Count(count), SlotKind::Count) => format!("{count}"),
        (Value::Bytes(bytes), _) => format!("{} bytes", bytes.value()),
        (Value::Rate(rate), _) => format!("{} for each second", rate.value()),
        _ => return None,
    })
}

/// A statement of the table: how it is written, what it means, an example.
pub(super) fn statement_page(entry: &Entry, place: Place) -> String {
    let mut out = String::from("```switchback\n");
    for usage in entry.usages() {
        let block = match (entry.block, entry.block_required) {
            (Some(_), true) => " { ... }",
            (Some(_), false) => " [{ ... }]",
            (None, _) => "",
        };
        let _ = writeln!(out, "{usage}{block}");
    }
    let _ = write!(
        out,
        "```\n{}\n\nStands {}.\n\n```switchback\n{}\n```",
        entry.doc,
        place.phrase(),
        entry.example
    );
    for (name, wanted) in entry.values() {
        let _ = write!(out, "\n- `{name}`: {wanted}");
    }
    out
}

fn symbol(view: &View, symbol: &Symbol) -> Option<String> {
    match symbol {
        Symbol::Rule(name) => crate::rules::find(name).map(rule_page),
        Symbol::File(path) => Some(format!("the file or folder `{path}`, seen from this file")),
        Symbol::Migration(_, id) => migration(view, symbol, id),
        Symbol::Decl(id) => declaration(view, *id),
        Symbol::Version(owner, id) | Symbol::Step(owner, id) | Symbol::Parameter(owner, id) => {
            let decl = view.project.decls.get(owner.0)?;
            let noun = match symbol {
                Symbol::Version(..) => "version",
                Symbol::Step(..) => "step",
                _ => "parameter",
            };
            let mut out = format!("{noun} `{id}` of {} `{}`", decl.kind.word(), decl.name);
            let declared = view.names.declaration(symbol)?;
            let _ = write!(
                out,
                ", declared at {}{}",
                view.shown(declared.span),
                excerpt(view, declared.whole)
            );
            if let (Symbol::Version(..), DeclKind::Service) = (symbol, decl.kind) {
                version(view, *owner, id, &mut out);
            }
            Some(out)
        }
    }
}

/// The text of a declaration, cut where it is long.
fn excerpt(view: &View, whole: Span) -> String {
    let text = view.slice(whole);
    let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
    if lines.is_empty() {
        return String::new();
    }
    let more = if text.lines().count() > MAX_LINES {
        "\n..."
    } else {
        ""
    };
    format!("\n\n```switchback\n{}{more}\n```", lines.join("\n"))
}

fn declaration(view: &View, id: DeclId) -> Option<String> {
    let decl = view.project.decls.get(id.0)?;
    let node = view.project.node(id);
    let mut out = format!(
        "{} `{}`, declared at {}",
        decl.kind.word(),
        decl.name,
        view.shown(decl.name_span)
    );
    let doc = view.doc(node.and_then(|node| node.doc));
    if !doc.is_empty() {
        let _ = write!(out, "\n\n{doc}");
    }
    if decl.kind == DeclKind::Service {
        let mut services = view.model.services.iter();
        if let Some(service) = services.find(|service| service.name.span == decl.name_span) {
            out.push_str(&origins(view, service));
        }
    }
    if let Some(node) = node {
        out.push_str(&excerpt(view, node.span));
    }
    Some(out)
}

/// The values of a service that count, with where each comes from.
fn origins(view: &View, service: &Service) -> String {
    let mut out = String::new();
    let mut add = |what: &str, value: Option<(String, Span)>| {
        if let Some((value, span)) = value {
            let _ = write!(out, "\n- {what} {value} ({})", view.shown(span));
        }
    };
    let count = |value: Option<Spanned<u64>>| value.map(|v| (v.value.to_string(), v.span));
    add("replicas", count(service.replicas()));
    let written = |span: Span| (view.slice(span).to_string(), span);
    add("max-surge", service.surge().map(|v| written(v.span)));
    add(
        "max-unavailable",
        service.unavailable().map(|v| written(v.span)),
    );
    add("image", service.manifest_image().map(|v| (v.value, v.span)));
    if out.is_empty() {
        out
    } else {
        format!("\n\nValues that count:\n{out}")
    }
}

fn effective(view: &View, cursor: &Cursor<'_>) -> String {
    let Some(service) = cursor.around("service") else {
        return String::new();
    };
    let mut services = view.model.services.iter();
    let found = services.find(|own| own.span == service.span);
    found.map_or(String::new(), |service| origins(view, service))
}

fn version(view: &View, owner: DeclId, id: &str, out: &mut String) {
    let Some(decl) = view.project.decls.get(owner.0) else {
        return;
    };
    let mut services = view.model.services.iter();
    let Some(service) = services.find(|service| service.name.span == decl.name_span) else {
        return;
    };
    let mut versions = service.versions.iter();
    let Some(version) = versions.find(|version| version.id.value == id) else {
        return;
    };
    let is_target = view.model.plans.iter().any(|plan| {
        let mut rolls = plan.rolls.iter();
        rolls.any(|roll| {
            view.model
                .to_version(roll)
                .is_some_and(|to| to.span == version.span)
        })
    });
    if let Some(image) = service.image_of(version, is_target) {
        let _ = write!(
            out,
            "\n\nimage `{}` ({})",
            image.value,
            view.shown(image.span)
        );
    }
}

/// A migration: its file, how it is taken back, and the beginning of its SQL.
fn migration(view: &View, symbol: &Symbol, id: &str) -> Option<String> {
    let (path, span) = links::migration_file(view, symbol)?;
    let name = path.file_name()?.to_string_lossy().into_owned();
    let sql = view.slice(span);
    let lines: Vec<&str> = sql.lines().take(MAX_LINES).collect();
    let more = if sql.lines().count() > MAX_LINES {
        "\n..."
    } else {
        ""
    };
    Some(format!(
        "migration `{id}`, `{name}`\n\n```sql\n{}{more}\n```",
        lines.join("\n")
    ))
}
