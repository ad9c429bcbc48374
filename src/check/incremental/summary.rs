//! What a plan file declares and mentions: enough to know which files have to do with one another,
//! and mostly the same after a key stroke.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{FileId, Loader, find_root, resolve_below};
use crate::syntax::{Tree, parse_with};
use crate::vocabulary::{Blocks, DeclKind};

use super::reads::Recording;

/// A word of the texts, as a number.
pub(super) type Word = u32;

/// Gives each word its number.
#[derive(Debug, Default)]
pub(super) struct Words(HashMap<Box<str>, Word>);

impl Words {
    pub fn number(&mut self, word: &str) -> Word {
        if let Some(&known) = self.0.get(word) {
            return known;
        }
        let next = self.0.len() as Word;
        self.0.insert(word.into(), next);
        next
    }

    pub fn known(&self, word: &str) -> Option<Word> {
        self.0.get(word).copied()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// A declaration at the top level.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub kind: DeclKind,
    /// The first word of its name.
    pub name: Word,
    /// The whole name of a plan or release: no two files may have one of the same.
    pub only: Option<(DeclKind, String)>,
    /// Every word in it that may be a name, sorted, each once.
    pub words: Vec<Word>,
    /// The APIs that it serves or calls.
    pub apis: Vec<Word>,
}

impl Declared {
    /// Whether two plans may meet in it. What else there is only says how they are carried out.
    pub fn joins(&self) -> bool {
        match self.kind {
            DeclKind::Service
            | DeclKind::Version
            | DeclKind::Database
            | DeclKind::Config
            | DeclKind::Flag
            | DeclKind::Format
            | DeclKind::Cohort
            | DeclKind::Plan
            | DeclKind::Release => true,
            DeclKind::Provider
            | DeclKind::Gate
            | DeclKind::Strategy
            | DeclKind::Policy
            | DeclKind::Target
            | DeclKind::Environment => false,
        }
    }
}

/// What is known of a plan file.
#[derive(Debug)]
pub(super) struct Summary {
    /// Everything that was asked of the loader for it.
    pub reads: Vec<(PathBuf, u64)>,
    /// What it imports, as far as it can be read.
    pub imports: Vec<PathBuf>,
    pub decls: Vec<Declared>,
    /// Its declarations by the first word of their names.
    pub by_name: HashMap<Word, Vec<usize>>,
    /// How many statements it holds.
    pub statements: usize,
}

impl Summary {
    /// Whether it holds a plan or a release.
    pub fn is_judged(&self) -> bool {
        self.decls.iter().any(|decl| decl.only.is_some())
    }

    /// Whether both say the same.
    pub fn is_like(&self, other: &Summary) -> bool {
        (&self.imports, &self.decls, self.statements)
            == (&other.imports, &other.decls, other.statements)
    }

    /// Reads a file; one that cannot be read declares nothing.
    pub fn of(loader: &dyn Loader, path: &Path, words: &mut Words) -> Summary {
        let loader = Recording::new(loader);
        let text = loader.read(path).unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new(""));
        let tree = parse_with(FileId(0), &text, &Blocks, &mut Vec::new());
        let mut imports = Vec::new();
        let mut decls = Vec::new();
        for statement in tree.top() {
            let word = text.get(statement.head.range()).unwrap_or("");
            let Some(name) = tree.args(statement).first() else {
                continue;
            };
            let name = text.get(name.word_span().range()).unwrap_or("");
            let name = name.trim_matches('"');
            if word == "import" {
                let root = find_root(&loader, folder, folder);
                let found = resolve_below(&loader, &root, folder, name);
                imports.extend(found.ok().filter(|path| loader.canonical(path).is_some()));
                continue;
            }
            let Some(kind) = DeclKind::of(word) else {
                continue;
            };
            let all = text.get(statement.span.range()).unwrap_or("");
            decls.push(declared(kind, name, all, words));
        }
        imports.sort();
        imports.dedup();
        let mut by_name: HashMap<Word, Vec<usize>> = HashMap::new();
        for (at, decl) in decls.iter().enumerate() {
            by_name.entry(decl.name).or_default().push(at);
        }
        Summary {
            reads: loader.into_reads(),
            imports,
            decls,
            by_name,
            statements: statements(&tree),
        }
    }
}

fn statements(tree: &Tree) -> usize {
    tree.all().len()
}

fn declared(kind: DeclKind, name: &str, text: &str, words: &mut Words) -> Declared {
    let mut all = Vec::new();
    let mut apis = Vec::new();
    let mut last = "";
    for word in split(text) {
        if matches!(last, "serves" | "calls") {
            apis.push(words.number(word));
        }
        last = word;
        // a number is no name
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            all.push(words.number(word));
        }
    }
    for list in [&mut all, &mut apis] {
        list.sort_unstable();
        list.dedup();
    }
    Declared {
        kind,
        name: words.number(split(name).next().unwrap_or("")),
        only: matches!(kind, DeclKind::Plan | DeclKind::Release).then(|| (kind, name.to_string())),
        words: all,
        apis,
    }
}

/// The parts of a text that a name may begin with.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.split(move |c| !inside(c))
        .filter(|word| !word.is_empty())
}

/// The summaries of all files of a check and of what they import.
#[derive(Debug, Default)]
pub(super) struct Summaries {
    pub words: Words,
    pub files: HashMap<PathBuf, Arc<Summary>>,
}

impl Summaries {
    /// Forgets what was read of something that has changed, and gives what is to be read again.
    pub fn forget(
        &mut self,
        has_changed: &dyn Fn(&Path) -> bool,
    ) -> HashMap<PathBuf, Arc<Summary>> {
        self.files
            .extract_if(|_, file| file.reads.iter().any(|(path, _)| has_changed(path)))
            .collect()
    }

    /// Reads what is missing, the imports of `entries` included. `before` are the summaries that were
    /// forgotten. Whether they say anything else now or something came, and what was read.
    pub fn read(
        &mut self,
        loader: &dyn Loader,
        entries: &[PathBuf],
        before: &HashMap<PathBuf, Arc<Summary>>,
    ) -> (bool, Vec<PathBuf>) {
        let mut changed = false;
        let mut read = Vec::new();
        let mut open: Vec<PathBuf> = entries.to_vec();
        while let Some(path) = open.pop() {
            if self.files.contains_key(&path) {
                continue;
            }
            let summary = Summary::of(loader, &path, &mut self.words);
            changed |= before
                .get(&path)
                .is_none_or(|known| !known.is_like(&summary));
            open.extend(summary.imports.iter().cloned());
            read.push(path.clone());
            self.files.insert(path, Arc::new(summary));
        }
        if changed {
            self.keep_reached(entries);
        }
        (changed, read)
    }

    /// Drops what no entry leads to any more.
    fn keep_reached(&mut self, entries: &[PathBuf]) {
        let mut reached: HashSet<PathBuf> = HashSet::new();
        let mut open: Vec<PathBuf> = entries.to_vec();
        while let Some(path) = open.pop() {
            let Some(file) = self.files.get(&path) else {
                continue;
            };
            if reached.insert(path) {
                open.extend(file.imports.iter().cloned());
            }
        }
        self.files.retain(|path, _| reached.contains(path));
    }
}
