//! Changes of a plan that leave what it means, or say what is missing: as edits, to be tried before
//! they are offered.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::check::{Options, check};
use crate::diagnostic::{Edit, PlanVerdicts};
use crate::source::{FileId, Loader, OverlayLoader, SourceMap, Span};
use crate::syntax::{Statement, Tree};
use crate::vocabulary::{DeclKind, Place};

use super::View;
use super::actions::indentation;

/// What a change does, for a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefactoringKind {
    /// Moves something into a declaration of its own.
    Extract,
    /// Writes something in another way.
    Rewrite,
    /// Says what is not said yet.
    Declare,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refactoring {
    /// What it does, as an order.
    pub title: String,
    /// For a menu.
    pub kind: RefactoringKind,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// A plan of a text.
struct Own<'a> {
    view: &'a View,
    file: FileId,
    tree: &'a Tree,
    plan: &'a Statement,
}

/// The changes that the plan around `selection` can be given. `verdicts` are those of a check.
pub fn refactorings<'v>(
    view: &View,
    verdicts: impl IntoIterator<Item = &'v PlanVerdicts>,
    file: FileId,
    selection: Range<usize>,
) -> Vec<Refactoring> {
    let Some(own) = view.project.files.iter().find(|own| own.id == file) else {
        return Vec::new();
    };
    let mut plans = own.tree.top().filter(|statement| {
        let range = statement.span.range();
        view.slice(statement.head) == "plan"
            && range.start <= selection.start
            && selection.end <= range.end
    });
    let Some(plan) = plans.next() else {
        return Vec::new();
    };
    let own = Own {
        view,
        file,
        tree: &own.tree,
        plan,
    };
    let mut all = Vec::new();
    all.extend(own.extract(&selection));
    all.extend(own.sticky());
    for verdicts in verdicts {
        let name = verdicts.span.range();
        if verdicts.environment.is_some() || !plan.line.range().contains(&name.start) {
            continue;
        }
        if let Some(line) = &verdicts.no_way_back {
            all.extend(own.no_return(line.step, &line.why));
        }
        let missing = verdicts
            .verdicts
            .iter()
            .filter_map(|(_, verdict)| match verdict {
                crate::diagnostic::Verdict::Unknown(reasons) => Some(reasons.missing()),
                _ => None,
            });
        let facts: BTreeSet<&str> = missing.flatten().collect();
        for fact in facts {
            all.extend(missing_fact(view, file, fact));
        }
    }
    all
}

impl<'a> Own<'a> {
    fn word(&self, span: Span) -> &'a str {
        self.view.slice(span)
    }

    fn steps(&self) -> impl Iterator<Item = &'a Statement> {
        let all = self.tree.block(self.plan);
        all.filter(|statement| self.word(statement.head) == "step")
    }

    fn text(&self) -> &'a str {
        self.view.text(self.file)
    }

    fn edit(&self, range: Range<usize>, text: String) -> Edit {
        Edit {
            span: Span::new(self.file, range.start, range.end),
            text,
        }
    }

    /// The steps that are selected, as a strategy; all of them where nothing is.
    fn extract(&self, selection: &Range<usize>) -> Option<Refactoring> {
        let all: Vec<&Statement> = self.tree.block(self.plan).collect();
        let is_step = |statement: &&Statement| self.word(statement.head) == "step";
        let chosen = |statement: &&Statement| {
            let range = statement.span.range();
            let touched = range.start < selection.end && selection.start < range.end;
            is_step(statement) && (selection.is_empty() || touched)
        };
        let first = all.iter().position(chosen)?;
        let count = all.iter().skip(first).take_while(|one| chosen(one)).count();
        let steps = all.get(first..first + count)?;
        let (first, last) = (steps.first()?, steps.last()?);
        let start = first.doc.map_or(first.span.start, |doc| doc.start) as usize;
        let steps = self.text().get(start..last.span.end as usize)?;
        let plan = self.tree.args(self.plan).first()?;
        let plan = self.word(plan.word_span());
        let name = format!("{}-steps", plan.trim_matches('"'));
        if self
            .view
            .project
            .find(self.file, DeclKind::Strategy, &name)
            .is_some()
        {
            return None;
        }
        let above = self.plan.doc.map_or(self.plan.span.start, |doc| doc.start) as usize;
        let strategy = format!("strategy {name} {{\n  {steps}\n}}\n\n");
        Some(Refactoring {
            title: match count {
                1 => format!("extract this step into strategy `{name}`"),
                _ => format!("extract {count} steps into strategy `{name}`"),
            },
            kind: RefactoringKind::Extract,
            edits: vec![
                self.edit(above..above, strategy),
                self.edit(start..last.span.end as usize, format!("use {name}")),
            ],
        })
    }

    /// Users who stay on their version, from the first weight on.
    fn sticky(&self) -> Option<Refactoring> {
        let inner = |step| self.tree.block(step);
        let has = |word: &str| {
            let mut all = self.steps().flat_map(inner);
            all.any(|statement| self.word(statement.head) == word)
        };
        if has("sticky") {
            return None;
        }
        let step = self.steps().find(|step| {
            let mut all = inner(step);
            all.any(|statement| self.word(statement.head) == "weight")
        })?;
        let weight = inner(step).find(|statement| self.word(statement.head) == "weight")?;
        let at = weight.span.start as usize;
        let is_one_line = !self.text().get(step.block?.range())?.contains('\n');
        let behind = match is_one_line {
            true => "; ".to_string(),
            false => format!("\n{}", indentation(self.text(), at)),
        };
        Some(Refactoring {
            title: "keep each user on one version: `sticky by cookie` (write its name)".to_string(),
            kind: RefactoringKind::Rewrite,
            edits: vec![self.edit(at..at, format!("sticky by cookie \"uid\"{behind}"))],
        })
    }

    /// The line above the step from which on nobody can go back.
    fn no_return(&self, step: Span, why: &str) -> Option<Refactoring> {
        let mut all = self.tree.block(self.plan);
        if all.any(|statement| self.word(statement.head) == "no") {
            return None;
        }
        let step = self.steps().find(|own| {
            own.span.file == step.file && own.line.start <= step.start && step.end <= own.line.end
        })?;
        let name = self.tree.args(step).first()?;
        let name = self.word(name.word_span());
        let at = step.doc.map_or(step.span.start, |doc| doc.start) as usize;
        let why: String = why.chars().filter(|c| !c.is_control()).collect();
        let why = why.replace(['"', '\\'], "'").replace('`', "");
        let blanks = indentation(self.text(), at);
        Some(Refactoring {
            title: format!("insert the line of no return above step `{name}`"),
            kind: RefactoringKind::Declare,
            edits: vec![self.edit(at..at, format!("no return because \"{why}\"\n\n{blanks}"))],
        })
    }
}

/// The statement that says a missing fact, with the value of its example: "`peak` of service `web`".
pub fn missing_fact(view: &View, file: FileId, fact: &str) -> Option<Refactoring> {
    let mut parts = fact.split('`');
    let (before, word) = (parts.next()?, parts.next()?);
    let kind = parts.next()?.trim().strip_prefix("of ")?;
    let name = parts.next()?;
    let (kind, rest) = (DeclKind::of(kind)?, parts.next()?);
    if !before.is_empty() || !rest.is_empty() {
        return None;
    }
    let decl = view
        .project
        .decls
        .get(view.project.find(file, kind, name)?.0)?;
    let own = view.project.files.get(decl.file)?;
    let statement = own.tree.top().find(|statement| {
        let line = statement.line.range();
        line.contains(&(decl.name_span.start as usize))
    })?;
    let place = Place::Top.entry(view.slice(statement.head))?.block?;
    let entry = place.entry(word)?;
    let block = statement.block?;
    let text = view.text(own.id);
    let inner = text.get(block.range())?;
    let last = own.tree.block(statement).last();
    let edit = match last {
        Some(last) if inner.contains('\n') => {
            let first = own.tree.block(statement).next()?;
            let blanks = indentation(text, first.span.start as usize);
            let at = last.span.end as usize;
            // a comment may stand behind the last statement
            let end = text
                .get(at..)?
                .find('\n')
                .map_or(text.len(), |end| at + end);
            let at = end.min(block.end as usize - 1);
            (at, format!("\n{blanks}{}", entry.example))
        }
        Some(last) => (last.span.end as usize, format!("; {}", entry.example)),
        None => (block.start as usize + 1, format!(" {} ", entry.example)),
    };
    Some(Refactoring {
        title: format!(
            "declare `{word}` of {} `{name}`: `{}` (write the value)",
            kind.word(),
            entry.example
        ),
        kind: RefactoringKind::Declare,
        edits: vec![Edit {
            span: Span::new(own.id, edit.0, edit.0),
            text: edit.1,
        }],
    })
}

/// How often each rule and message is told by a check of one file with the texts of `loader`.
fn found(loader: &dyn Loader, base: &Path, path: &Path) -> Told {
    let entries: [PathBuf; 1] = [path.to_path_buf()];
    let outcome = check(loader, base, &entries, &Options::default()).unwrap_or_default();
    let mut told = Told::new();
    for found in outcome.findings {
        *told.entry((found.rule.name, found.message)).or_default() += 1;
    }
    told
}

type Told = BTreeMap<(&'static str, String), usize>;

/// Tries edits of the files of a check.
pub struct Trial<'a> {
    /// The texts that the edits are of.
    pub sources: &'a SourceMap,
    /// Reads the files.
    pub loader: &'a dyn Loader,
    /// The folder that shown paths are relative to.
    pub base: &'a Path,
    /// The file that is asked about.
    pub path: &'a Path,
    before: Told,
}

impl<'a> Trial<'a> {
    /// Checks the file as it is.
    pub fn new(
        sources: &'a SourceMap,
        loader: &'a dyn Loader,
        base: &'a Path,
        path: &'a Path,
    ) -> Trial<'a> {
        Trial {
            sources,
            loader,
            base,
            path,
            before: found(loader, base, path),
        }
    }

    fn after(&self, edits: &[Edit]) -> Told {
        let mut after = OverlayLoader::new(self.loader);
        let files: BTreeSet<FileId> = edits.iter().map(|edit| edit.span.file).collect();
        for file in files {
            let mut own: Vec<&Edit> = edits.iter().collect();
            own.retain(|edit| edit.span.file == file);
            own.sort_by_key(|edit| edit.span.start);
            let file = self.sources.file(file);
            let mut text = file.text.clone();
            for edit in own.into_iter().rev() {
                text.replace_range(edit.span.range(), &edit.text);
            }
            after.put(file.path.clone(), text.into());
        }
        found(&after, self.base, self.path)
    }

    fn brings_none(&self, after: &Told) -> bool {
        let mut after = after.iter();
        after.all(|(told, count)| self.before.get(told).is_some_and(|known| count <= known))
    }

    /// Whether nothing new is found behind the edits.
    pub fn is_good(&self, edits: &[Edit]) -> bool {
        self.brings_none(&self.after(edits))
    }

    /// Whether a finding is gone behind the edits, and nothing new is found. `None` where the file by
    /// itself does not show the finding.
    pub fn removes(&self, edits: &[Edit], rule: &'static str, message: &str) -> Option<bool> {
        let own = (rule, message.to_string());
        let before = self.before.get(&own)?;
        let after = self.after(edits);
        let left = after.get(&own).copied().unwrap_or(0);
        Some(left < *before && self.brings_none(&after))
    }
}

impl Refactoring {
    /// Whether it is to be tried before it is offered: not where the value of a fact is to be written
    /// yet.
    pub fn is_tried(&self) -> bool {
        self.kind != RefactoringKind::Declare || !self.title.starts_with("declare")
    }
}
