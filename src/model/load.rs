//! Reads plan files and everything that they import.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Findings};
use crate::schema::Migrations;
use crate::source::{FileId, LoadError, Loader, ProjectRoot, SourceMap, Span, find_root};
use crate::syntax::{Arg, ArgKind, Tree, parse_with};
use crate::vocabulary::{Blocks, Bound, DeclKind, Place};
use crate::workload::Manifests;

use super::files::unreadable;
use super::limits::{
    MAX_EXPANSION, MAX_FILES, MAX_STATEMENTS, MAX_STATEMENTS_IN_ALL, MAX_VISIBLE, too_large,
};
use super::names::duplicate;
use super::node::{Node, Reader};
use super::scope::{Decl, DeclId, Visible};
use super::shape::unknown_statement;

/// A plan file with its tree.
#[derive(Debug)]
pub struct ProjectFile {
    /// The file.
    pub id: FileId,
    /// The folder that its paths are seen from.
    pub folder: PathBuf,
    /// Nothing outside of it is read.
    pub root: ProjectRoot,
    /// Its statements.
    pub tree: Tree,
    /// Whether it was asked for, rather than imported.
    pub entry: bool,
    pub(super) imports: Vec<(usize, Span)>,
    /// Whether something that it imports could not be read: any name may be declared there.
    pub(super) is_partial: bool,
    pub(super) visible: Visible,
}

/// All plan files of one check, read and with their names known.
#[derive(Debug, Default)]
pub struct Project {
    /// Every file that was read, manifests and SQL included.
    pub sources: SourceMap,
    /// The plan files.
    pub files: Vec<ProjectFile>,
    /// The declarations of all files, in the order of files and text.
    pub decls: Vec<Decl>,
    /// What was found while reading; building a model adds its own.
    pub findings: Findings,
    /// Each declaration as typed statements; `None` where it could not be read.
    pub(super) nodes: Vec<Option<Arc<Node>>>,
    /// By file, names that stand where a declaration could not be read, behind a misspelt word for
    /// example.
    pub(super) lost: HashMap<usize, HashSet<String>>,
    pub(super) by_id: HashMap<FileId, usize>,
    pub(super) manifests: HashMap<PathBuf, Option<Arc<Manifests>>>,
    pub(super) migrations: HashMap<PathBuf, Arc<Migrations>>,
    base: PathBuf,
}

impl ProjectFile {
    /// The path that it was read from.
    pub(super) fn path(&self, sources: &SourceMap) -> PathBuf {
        sources.file(self.id).path.clone()
    }
}

impl Project {
    pub(super) fn file_of(&self, id: FileId) -> Option<&ProjectFile> {
        self.by_id.get(&id).map(|&at| &self.files[at])
    }

    /// The typed statements of a declaration.
    pub fn node(&self, id: DeclId) -> Option<&Node> {
        self.nodes.get(id.0)?.as_deref()
    }

    /// How a path is shown: relative to where the command was started.
    pub fn shown(&self, path: &Path) -> String {
        shown(&self.base, path)
    }
}

/// A path relative to `base`, with `/`.
pub(super) fn shown(base: &Path, path: &Path) -> String {
    // never absolute: the same checkout gives the same bytes wherever it lies
    let mut up = String::new();
    let mut from = Some(base);
    while let Some(here) = from {
        if let Ok(relative) = path.strip_prefix(here) {
            return format!("{up}{}", relative.to_string_lossy().replace('\\', "/"));
        }
        up.push_str("../");
        from = here.parent();
    }
    path.to_string_lossy().replace('\\', "/")
}

/// Reads `entries` and what they import. `base` is the folder that shown paths are relative to;
/// paths are absolute, or relative in a [`crate::source::MemoryLoader`]. `sources` holds what was
/// read before; the project goes on adding to it.
pub fn load(loader: &dyn Loader, sources: SourceMap, base: &Path, entries: &[PathBuf]) -> Project {
    let mut project = Project {
        sources,
        base: base.to_path_buf(),
        ..Project::default()
    };
    let mut by_path: HashMap<PathBuf, Option<usize>> = HashMap::new();
    for path in entries {
        let folder = path.parent().unwrap_or(Path::new(""));
        let root = find_root(loader, folder, folder);
        match project.open(loader, path, root, &mut by_path) {
            Ok(at) => project.files[at].entry = true,
            Err(error) => {
                let name = shown(base, path);
                // what could be read of it stands for it, to be pointed into
                let (text, wrong) = error.readable();
                let id = project.sources.add(name.clone(), path.clone(), text);
                let place = Span::new(id, wrong.start, wrong.end);
                project.findings.push(unreadable(place, &name, &error));
            }
        }
    }
    let mut next = 0;
    while next < project.files.len() && project.files.len() <= MAX_FILES {
        project.follow_imports(loader, next, &mut by_path);
        next += 1;
    }
    if let Some(found) = project.beyond_limits() {
        // what was read of it would only give findings that follow from what was not
        project.findings.push(found);
        return project;
    }
    project.report_cycles();
    project.declare();
    project.read_nodes();
    project
}

impl Project {
    pub(super) fn open(
        &mut self,
        loader: &dyn Loader,
        path: &Path,
        root: ProjectRoot,
        by_path: &mut HashMap<PathBuf, Option<usize>>,
    ) -> Result<usize, LoadError> {
        if let Some(Some(at)) = by_path.get(path) {
            return Ok(*at);
        }
        let text = loader.read(path).inspect_err(|_| {
            by_path.insert(path.to_path_buf(), None);
        })?;
        let id = self.sources.add(shown(&self.base, path), path, text);
        let text = &self.sources.file(id).text;
        let tree = parse_with(id, text, &Blocks, &mut self.findings);
        let at = self.files.len();
        self.files.push(ProjectFile {
            id,
            folder: path.parent().unwrap_or(Path::new("")).to_path_buf(),
            root,
            tree,
            entry: false,
            imports: Vec::new(),
            is_partial: false,
            visible: Visible::default(),
        });
        self.by_id.insert(id, at);
        by_path.insert(path.to_path_buf(), Some(at));
        Ok(at)
    }

    /// What there is too much of.
    fn beyond_limits(&self) -> Option<Diagnostic> {
        let start = |file: &ProjectFile| Span::new(file.id, 0, 0);
        if let Some(file) = self.files.get(MAX_FILES) {
            return Some(too_large(
                start(file),
                format!("the project holds more than {MAX_FILES} plan files"),
                "check a folder with fewer plans, or import fewer files",
            ));
        }
        let mut own = Vec::with_capacity(self.files.len());
        let mut environments = std::collections::BTreeSet::new();
        let mut all = 0usize;
        for file in &self.files {
            let statements = file.tree.all();
            if let Some(statement) = statements.get(MAX_STATEMENTS) {
                return Some(too_large(
                    statement.head,
                    format!("the file holds more than {MAX_STATEMENTS} statements"),
                    "split it into several files",
                ));
            }
            all += statements.len();
            let mut count = 0usize;
            for statement in file.tree.top() {
                match self.sources.text(statement.head) {
                    "environment" => {
                        let name = file.tree.args(statement).first();
                        environments.insert(name.map_or("", |name| self.sources.text(name.span)));
                    }
                    word => count += usize::from(DeclKind::of(word).is_some()),
                }
            }
            own.push(count);
        }
        for (file, &count) in self.files.iter().zip(&own) {
            let mut seen = count;
            for &(other, span) in &file.imports {
                seen += own.get(other).copied().unwrap_or(0);
                if seen > MAX_VISIBLE {
                    return Some(too_large(
                        span,
                        format!("this file sees more than {MAX_VISIBLE} declarations"),
                        "import only the files whose names are used",
                    ));
                }
            }
            if seen > MAX_VISIBLE {
                return Some(too_large(
                    start(file),
                    format!("the file holds more than {MAX_VISIBLE} declarations"),
                    "split it into several files",
                ));
            }
        }
        let file = self.files.first()?;
        let models = environments.len() + 1;
        (all.saturating_mul(models) > MAX_STATEMENTS_IN_ALL).then(|| {
            too_large(
                start(file),
                format!(
                    "the project holds {all} statements, to be read {models} times: for the base and for each environment"
                ),
                "check a folder with fewer plans",
            )
        })
    }

    /// Collects the declarations, and what each file can see.
    fn declare(&mut self) {
        for (at, file) in self.files.iter().enumerate() {
            for (number, statement) in file.tree.all().iter().enumerate() {
                if !file.tree.is_top(number) {
                    continue;
                }
                let word = self.sources.text(statement.head);
                let inner = (number + 1..number + 1 + file.tree.size(statement))
                    .filter(|_| statement.broken)
                    .filter_map(|inner| file.tree.all().get(inner));
                for inner in inner {
                    // a block that is never closed swallows the declarations behind it
                    if DeclKind::of(self.sources.text(inner.head)).is_some()
                        && let Some(name) = file.tree.args(inner).first()
                    {
                        let name = self.sources.text(name.word_span()).trim_matches('"');
                        let name = name.to_string();
                        self.lost.entry(at).or_default().insert(name);
                    }
                }
                let args = file.tree.args(statement);
                let name_of = |arg: &Arg| {
                    self.sources
                        .text(arg.word_span())
                        .trim_matches('"')
                        .to_string()
                };
                let (Some(kind), Some(arg)) =
                    (DeclKind::of(word), args.first().filter(|arg| is_name(arg)))
                else {
                    // `servce web {` declares `web`, one may take it: what uses the name is right
                    if word != "import" && word != "language" {
                        let name = args.iter().find(|arg| is_name(arg)).map(name_of);
                        self.lost.entry(at).or_default().extend(name);
                    }
                    continue;
                };
                let name_span = arg.word_span();
                let name = name_of(arg);
                self.decls.push(Decl {
                    kind,
                    name,
                    name_span,
                    file: at,
                    statement: number,
                });
            }
        }
        let mut findings = std::mem::take(&mut self.findings);
        let own: Vec<Vec<DeclId>> = {
            let mut own = vec![Vec::new(); self.files.len()];
            for (number, decl) in self.decls.iter().enumerate() {
                own[decl.file].push(DeclId(number));
            }
            own
        };
        for at in 0..self.files.len() {
            let mut visible = Visible::default();
            for &id in &own[at] {
                let span = self.decls[id.0].name_span;
                // environments of one name add up
                if self.decls[id.0].kind != DeclKind::Environment {
                    visible.add(&self.decls, id, span, &mut findings);
                }
            }
            for &(other, span) in &self.files[at].imports {
                if other == at {
                    continue;
                }
                for &id in &own[other] {
                    if self.decls[id.0].kind != DeclKind::Environment {
                        visible.add(&self.decls, id, span, &mut findings);
                    }
                }
            }
            visible.sort();
            self.files[at].visible = visible;
        }
        self.named_once(&mut findings);
        self.findings = findings;
    }

    /// Plans and releases are asked for by name, whatever file they stand in, so no two files may
    /// have one of the same name, even where neither sees the other.
    fn named_once(&self, findings: &mut Findings) {
        let mut first: HashMap<(DeclKind, &str), &Decl> = HashMap::new();
        for decl in &self.decls {
            if !matches!(decl.kind, DeclKind::Plan | DeclKind::Release) {
                continue;
            }
            let known = *first.entry((decl.kind, &decl.name)).or_insert(decl);
            // where one file sees both, that has been reported
            let sees = |file: &ProjectFile, decl: &Decl| {
                file.visible.get(decl.kind, &decl.name).is_some()
                    && (self.files[decl.file].id == file.id
                        || file.imports.iter().any(|&(other, _)| other == decl.file))
            };
            if known.file == decl.file
                || self
                    .files
                    .iter()
                    .any(|file| sees(file, known) && sees(file, decl))
            {
                continue;
            }
            findings.push(duplicate(
                decl.kind.word(),
                &decl.name,
                decl.name_span,
                known.name_span,
            ));
        }
    }

    /// Reads every declaration against the table, strategies before the plans that use them.
    fn read_nodes(&mut self) {
        let mut findings = std::mem::take(&mut self.findings);
        let mut nodes = Vec::with_capacity(self.decls.len());
        let mut left = MAX_EXPANSION;
        for decl in &self.decls {
            let file = &self.files[decl.file];
            let statement = &file.tree.all()[decl.statement];
            let names = if decl.kind == DeclKind::Strategy {
                self.parameters_once(decl, &mut findings);
                self.parameters(decl)
                    .into_iter()
                    .map(|p| (p.name, Bound::Open))
                    .collect()
            } else {
                Vec::new()
            };
            let reader = Reader {
                sources: &self.sources,
                tree: &file.tree,
                bindings: &names,
                expansion: None,
            };
            let mut node = reader.statement(statement, Place::Top, &mut findings);
            if let (Some(node), DeclKind::Plan) = (&mut node, decl.kind) {
                self.expand(node, &mut left, &mut findings);
            }
            nodes.push(node.map(Arc::new));
        }
        // what is no declaration: unknown words, `language`
        for file in &self.files {
            for (number, statement) in file.tree.top().enumerate() {
                let word = self.sources.text(statement.head);
                if statement.broken || word == "import" {
                    continue;
                }
                if let ("language", 1.., Some(first)) = (word, number, file.tree.top().next()) {
                    findings.push(late_language(statement.line, first.line));
                    continue;
                }
                if Place::Top.entry(word).is_none() {
                    findings.push(unknown_statement(word, statement.head, Place::Top));
                } else if DeclKind::of(word).is_none()
                    || !file.tree.args(statement).first().is_some_and(is_name)
                {
                    let reader = Reader {
                        sources: &self.sources,
                        tree: &file.tree,
                        bindings: &[],
                        expansion: None,
                    };
                    if let Some(node) = reader.statement(statement, Place::Top, &mut findings) {
                        language(&node, &mut findings);
                    }
                }
            }
        }
        self.nodes = nodes;
        self.findings = findings;
    }
}

/// Whether an argument can be the name that a declaration gives.
fn is_name(arg: &Arg) -> bool {
    matches!(arg.kind, ArgKind::Word | ArgKind::Call | ArgKind::Text)
}

/// The editions that are known.
const EDITIONS: [u64; 1] = [1];

/// The edition decides how the rest of the file is read, so it stands above it.
fn late_language(line: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        &super::shape::MISPLACED_STATEMENT,
        line,
        "`language` is not the first statement of its file",
    )
    .here("stands below others")
    .also(first, "the first statement")
    .help("move it to the top of the file")
}

/// The edition must be one that is known.
fn language(node: &Node, findings: &mut Findings) {
    if let Some(edition) = node.count("edition")
        && !EDITIONS.contains(&edition.value)
    {
        let known: Vec<String> = EDITIONS
            .iter()
            .map(|edition| format!("`{edition}`"))
            .collect();
        let (known, newest) = (known.join(", "), EDITIONS[EDITIONS.len() - 1]);
        findings.push(
            Diagnostic::new(
                &super::shape::OUT_OF_RANGE,
                edition.span,
                format!(
                    "there is no edition `{}` of the language that this version knows",
                    edition.value
                ),
            )
            .here(format!("known: {known}"))
            .help(format!(
                "write `language {newest}`, or check with a newer version of switchback"
            )),
        );
    }
}
