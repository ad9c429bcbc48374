//! Which names are visible where.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Findings, nearest};
use crate::source::{FileId, Span};
use crate::vocabulary::DeclKind;

use super::load::Project;
use super::names::{UNKNOWN_NAME, duplicate};

/// The index of a declaration in its project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeclId(pub usize);

/// A declaration at the top level of a file.
#[derive(Clone, Debug)]
pub struct Decl {
    /// What it declares.
    pub kind: DeclKind,
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// The file, as an index into the project's files.
    pub file: usize,
    /// Where its statement stands in the file's tree.
    pub(super) statement: usize,
}

/// The names that a file can use: its own and those of the files that it imports.
#[derive(Clone, Debug, Default)]
pub(super) struct Visible {
    kinds: HashMap<DeclKind, Names>,
}

/// The visible names of one kind.
#[derive(Clone, Debug, Default)]
struct Names {
    by_name: HashMap<String, DeclId>,
    /// The same in the order of the text, once they have been sorted: every plan asks for them.
    ids: Vec<DeclId>,
}

impl Visible {
    /// Makes a declaration visible; a finding when the name is taken.
    pub fn add(&mut self, decls: &[Decl], id: DeclId, at: Span, findings: &mut Findings) {
        let decl = &decls[id.0];
        let names = self.kinds.entry(decl.kind).or_default();
        match names.by_name.entry(decl.name.clone()) {
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(id);
                names.ids.push(id);
            }
            std::collections::hash_map::Entry::Occupied(taken) => {
                let first = &decls[taken.get().0];
                if *taken.get() == id {
                    return;
                }
                let mut found = duplicate(
                    decl.kind.word(),
                    &decl.name,
                    decl.name_span,
                    first.name_span,
                );
                if at != decl.name_span {
                    found = found.also(at, "made visible by this `import`");
                }
                findings.push(found);
            }
        }
    }

    /// To be called when all names are there.
    pub fn sort(&mut self) {
        self.kinds
            .values_mut()
            .for_each(|names| names.ids.sort_unstable());
    }

    pub fn get(&self, kind: DeclKind, name: &str) -> Option<DeclId> {
        self.kinds.get(&kind)?.by_name.get(name).copied()
    }

    fn of_kind(&self, kind: DeclKind) -> Vec<&str> {
        let names = self.kinds.get(&kind);
        let mut names: Vec<&str> = names
            .into_iter()
            .flat_map(|names| names.by_name.keys())
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names
    }
}

impl Project {
    /// The declaration that `name` means in `file`.
    pub fn find(&self, file: FileId, kind: DeclKind, name: &str) -> Option<DeclId> {
        self.file_of(file)?.visible.get(kind, name)
    }

    /// All declarations of a kind that are visible in `file`, in the order of the text.
    pub fn visible(&self, file: FileId, kind: DeclKind) -> &[DeclId] {
        self.file_of(file)
            .and_then(|file| file.visible.kinds.get(&kind))
            .map_or(&[], |names| &names.ids)
    }

    /// Whether some file declares that name, or may do so in what could not be read.
    pub fn may_declare(&self, kind: DeclKind, name: &str) -> bool {
        self.lost.values().any(|lost| lost.contains(name))
            || self.files.iter().any(|file| file.is_partial)
            || self
                .decls
                .iter()
                .any(|decl| decl.kind == kind && decl.name == name)
    }

    /// Whether a name may be declared in what could not be read of the file and of what it imports:
    /// that has been reported, and what uses the name may be right.
    pub(super) fn may_be_lost(&self, file: FileId, name: &str) -> bool {
        let Some(&at) = self.by_id.get(&file) else {
            return false;
        };
        let own = &self.files[at];
        let mut seen = std::iter::once(at).chain(own.imports.iter().map(|&(other, _)| other));
        own.is_partial || seen.any(|at| self.lost.get(&at).is_some_and(|lost| lost.contains(name)))
    }

    /// A name that is not visible: what was meant, or where it is declared. `None` where it
    /// [may be lost](Self::may_be_lost).
    pub(super) fn unknown_name(
        &self,
        file: FileId,
        kind: DeclKind,
        name: &str,
        span: Span,
    ) -> Option<Diagnostic> {
        (!self.may_be_lost(file, name)).then(|| self.not_visible(file, kind, name, span))
    }

    fn not_visible(&self, file: FileId, kind: DeclKind, name: &str, span: Span) -> Diagnostic {
        let word = kind.word();
        let found = Diagnostic::new(&UNKNOWN_NAME, span, format!("there is no {word} `{name}`"));
        let known = self
            .file_of(file)
            .map(|file| file.visible.of_kind(kind))
            .unwrap_or_default();
        if let Some(meant) = nearest(name, known.iter().copied()) {
            return found.meant(span, meant);
        }
        let elsewhere = self
            .decls
            .iter()
            .find(|decl| decl.kind == kind && decl.name == name);
        if let Some(decl) = elsewhere {
            let other = self
                .file_of(file)
                .map(|own| {
                    super::load::shown(&own.folder, &self.files[decl.file].path(&self.sources))
                })
                .unwrap_or_default();
            return found
                .also(
                    decl.name_span,
                    "it is declared here, in a file that is not imported",
                )
                .help(format!("write `import \"{other}\"`"));
        }
        if known.is_empty() {
            return found.help(format!(
                "declare it: `{word} {name} {{ ... }}`, or import the file that does"
            ));
        }
        let known: Vec<String> = known
            .iter()
            .take(8)
            .map(|name| format!("`{name}`"))
            .collect();
        found.help(format!("declare it, or use one of {}", known.join(", ")))
    }
}
