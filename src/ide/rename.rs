//! Another name for what is declared here, everywhere it is written.

use crate::diagnostic::Edit;
use crate::model::DeclId;
use crate::source::{FileId, Span};
use crate::vocabulary::DeclKind;

use super::View;
use super::names::Symbol;

/// Why a name cannot be changed, or not to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenameProblem(pub String);

impl std::fmt::Display for RenameProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RenameProblem {}

/// The name at `offset`, if it can be changed.
pub fn renamed(view: &View, file: FileId, offset: usize) -> Result<Span, RenameProblem> {
    let nothing = || {
        RenameProblem(
            "here stands no name that is declared in a plan file; put the cursor on one".into(),
        )
    };
    let name = view.names.at(file, offset).ok_or_else(nothing)?;
    let elsewhere = |what: &str, instead: &str| Err(RenameProblem(format!("{what}; {instead}")));
    match &name.symbol {
        Symbol::Rule(rule) => elsewhere(
            &format!("`{rule}` is the name of a rule"),
            "rules keep their names",
        ),
        Symbol::File(path) => elsewhere(
            &format!("`{path}` is a file"),
            "move the file, then change the text that names it",
        ),
        Symbol::Migration(_, id) => elsewhere(
            &format!("`{id}` is the id of a migration, which its file has in its name"),
            "a migration that has run somewhere keeps its id",
        ),
        symbol if view.names.declaration(symbol).is_none() => Err(nothing()),
        _ => Ok(name.span),
    }
}

/// The edits that give what stands at `offset` another name, in all files of the view.
pub fn rename(
    view: &View,
    file: FileId,
    offset: usize,
    new: &str,
) -> Result<Vec<Edit>, RenameProblem> {
    renamed(view, file, offset)?;
    let Some(name) = view.names.at(file, offset) else {
        return Ok(Vec::new());
    };
    let is_version = matches!(name.symbol, Symbol::Version(..));
    usable(new, is_version)?;
    if let Some(taken) = taken(view, &name.symbol, new) {
        return Err(RenameProblem(format!(
            "`{new}` is declared already, at {}; take another name",
            view.shown(taken)
        )));
    }
    let mut edits: Vec<Edit> = view
        .names
        .of_symbol(&name.symbol)
        .map(|name| Edit {
            span: name.span,
            text: new.to_string(),
        })
        .collect();
    edits.dedup();
    Ok(edits)
}

/// Whether a text can be a name; versions may hold dots besides.
fn usable(new: &str, is_version: bool) -> Result<(), RenameProblem> {
    let inner =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || (is_version && c == '.');
    let begins = new.starts_with(|c: char| c.is_ascii_alphanumeric());
    let ends = new.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins && ends && new.len() <= 63 && new.chars().all(inner) {
        return Ok(());
    }
    Err(RenameProblem(format!(
        "`{new}` cannot be a name: write at most 63 letters (a to z), digits, `-` and `_`, the first a letter or digit"
    )))
}

/// Where the new name is taken for something of the same kind.
fn taken(view: &View, symbol: &Symbol, new: &str) -> Option<Span> {
    let other = match symbol {
        Symbol::Decl(id) => {
            let decl = view.project.decls.get(id.0)?;
            return taken_at_top(view, decl.kind, *id, new);
        }
        Symbol::Version(owner, _) => Symbol::Version(*owner, new.to_string()),
        Symbol::Step(owner, _) => Symbol::Step(*owner, new.to_string()),
        Symbol::Parameter(owner, _) => Symbol::Parameter(*owner, new.to_string()),
        _ => return None,
    };
    view.names.declaration(&other).map(|name| name.span)
}

/// A declaration of that name and kind in a file that sees the one to be renamed.
fn taken_at_top(view: &View, kind: DeclKind, id: DeclId, new: &str) -> Option<Span> {
    let name = &view.project.decls.get(id.0)?.name;
    let files = view.project.files.iter();
    for file in files.filter(|file| view.project.find(file.id, kind, name) == Some(id)) {
        if let Some(other) = view.project.find(file.id, kind, new) {
            return view.project.decls.get(other.0).map(|decl| decl.name_span);
        }
    }
    None
}
