//! Which plan files have to be judged together.
//!
//! Two plans can meet only in something that both name: a service, a database, a format, an API, or
//! each other. So each declaration is a node, what one names in another joins both, and the files of
//! a component are checked together with what they import. Names that only say how a plan is carried
//! out (gates, policies, strategies, targets, providers) join nobody: a platform file that everybody
//! imports does not make one component of all plans. Too much in one component costs time and
//! nothing else, so whatever may be a name is taken for one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use petgraph::unionfind::UnionFind;

use crate::vocabulary::DeclKind;

use super::summary::{Summaries, Summary, Word};

/// What a declaration names: (its own place, the file as a place among the imports or `None` for its
/// own, the place of what it names there).
type Mention = (usize, Option<usize>, usize);

/// What the declarations of a file name, for as long as the file and its imports say the same.
#[derive(Debug)]
struct Mentions {
    own: Arc<Summary>,
    imports: Vec<Arc<Summary>>,
    all: Arc<Vec<Mention>>,
}

/// Splits plan files, and remembers what a later split can use.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    mentions: HashMap<PathBuf, Mentions>,
}

/// A file among all files of a split.
struct File<'a> {
    path: &'a Path,
    summary: &'a Arc<Summary>,
    imports: Vec<usize>,
    /// The node of the file; those of its declarations follow.
    node: usize,
}

impl Splitter {
    /// The groups of `entries`, each sorted; a file may stand in several. `unknown` are names that
    /// a file uses and does not see: it is judged with the files that declare them, because what is
    /// told of them depends on those.
    pub fn split(
        &mut self,
        summaries: &Summaries,
        entries: &[PathBuf],
        unknown: &BTreeSet<(PathBuf, Word)>,
    ) -> Vec<Vec<PathBuf>> {
        let mut order: Vec<(&Path, &Arc<Summary>)> = Vec::new();
        let mut seen: HashSet<&Path> = HashSet::new();
        let mut open: Vec<&Path> = entries.iter().map(PathBuf::as_path).collect();
        while let Some(path) = open.pop() {
            if let Some(summary) = summaries.files.get(path)
                && seen.insert(path)
            {
                order.push((path, summary));
                open.extend(summary.imports.iter().map(PathBuf::as_path));
            }
        }
        order.sort_by_key(|(path, _)| *path);
        let at: HashMap<&Path, usize> = order.iter().map(|(path, _)| *path).zip(0..).collect();
        let mut nodes = 0;
        let mut files: Vec<File<'_>> = Vec::with_capacity(order.len());
        for (path, summary) in order {
            let imports = summary.imports.iter();
            let imports = imports.filter_map(|path| at.get(path.as_path()).copied());
            files.push(File {
                path,
                summary,
                imports: imports.collect(),
                node: nodes,
            });
            nodes += summary.decls.len() + 1;
        }
        self.mentions
            .retain(|path, _| at.contains_key(path.as_path()));
        let mut graph = Graph {
            files: &files,
            reached: Vec::new(),
            mentions: Vec::with_capacity(files.len()),
            replaced: HashSet::new(),
            seen: vec![0; nodes],
            round: 0,
            standing: HashSet::new(),
            union: UnionFind::new(nodes),
        };
        for file in &files {
            graph.mentions.push(self.of(file, &files));
        }
        graph.reached = (0..files.len()).map(|file| graph.reach(file)).collect();
        graph.replace();
        graph.join_circles();
        graph.join();
        let unknown: Vec<(usize, Word)> = unknown
            .iter()
            .filter_map(|(path, word)| Some((*at.get(path.as_path())?, *word)))
            .collect();
        graph.join_unknown(&unknown);
        graph.groups(entries, &at)
    }

    /// What the declarations of a file name.
    fn of(&mut self, file: &File<'_>, files: &[File<'_>]) -> Arc<Vec<Mention>> {
        let imports: Vec<&Arc<Summary>> =
            file.imports.iter().map(|&at| files[at].summary).collect();
        if let Some(known) = self.mentions.get(file.path)
            && Arc::ptr_eq(&known.own, file.summary)
            && known.imports.len() == imports.len()
            && known
                .imports
                .iter()
                .zip(&imports)
                .all(|(known, now)| Arc::ptr_eq(known, now))
        {
            return Arc::clone(&known.all);
        }
        let mut all = Vec::new();
        for (own, decl) in file.summary.decls.iter().enumerate() {
            for word in &decl.words {
                let mut add = |from: Option<usize>, summary: &Summary| {
                    let named = summary.by_name.get(word).into_iter().flatten();
                    all.extend(named.map(|&other| (own, from, other)));
                };
                add(None, file.summary);
                for (number, import) in imports.iter().enumerate() {
                    add(Some(number), import);
                }
            }
        }
        let all = Arc::new(all);
        let known = Mentions {
            own: Arc::clone(file.summary),
            imports: imports.into_iter().cloned().collect(),
            all: Arc::clone(&all),
        };
        self.mentions.insert(file.path.to_path_buf(), known);
        all
    }
}

struct Graph<'a> {
    files: &'a [File<'a>],
    /// For each file, the files that it leads to, itself included.
    reached: Vec<Vec<usize>>,
    mentions: Vec<Arc<Vec<Mention>>>,
    /// What joins nobody, but is replaced by an environment in a file with plans.
    replaced: HashSet<usize>,
    /// The walk that came to a node last, and the number of the present one.
    seen: Vec<usize>,
    round: usize,
    /// Files whose environments are joined with what they replace.
    standing: HashSet<usize>,
    union: UnionFind<usize>,
}

impl Graph<'_> {
    fn reach(&self, file: usize) -> Vec<usize> {
        let mut seen = BTreeSet::from([file]);
        let mut open = vec![file];
        while let Some(here) = open.pop() {
            for &next in &self.files[here].imports {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen.into_iter().collect()
    }

    /// Whether checking a file judges a plan.
    fn leads_to_plans(&self, file: usize) -> bool {
        let mut reached = self.reached[file].iter();
        reached.any(|&file| self.files[file].summary.is_judged())
    }

    fn target(&self, file: usize, (_, from, other): Mention) -> (usize, usize) {
        let to = match from {
            Some(import) => self.files[file].imports[import],
            None => file,
        };
        (to, other)
    }

    fn node(&self, (file, decl): (usize, usize)) -> usize {
        self.files[file].node + 1 + decl
    }

    /// An environment of a file with plans replaces what others may use, too: whoever uses it meets
    /// that file.
    fn replace(&mut self) {
        for file in 0..self.files.len() {
            if !self.leads_to_plans(file) {
                continue;
            }
            for &mention in self.mentions[file].iter() {
                let decl = &self.files[file].summary.decls[mention.0];
                if decl.kind == DeclKind::Environment {
                    let node = self.node(self.target(file, mention));
                    self.replaced.insert(node);
                }
            }
        }
    }

    /// Files that import one another are told of as one circle, which begins at the first of them.
    fn join_circles(&mut self) {
        let in_circle = |file: usize| {
            let mut imports = self.files[file].imports.iter();
            imports.any(|&next| self.reached[next].binary_search(&file).is_ok())
        };
        let circles: Vec<bool> = (0..self.files.len()).map(in_circle).collect();
        for (file, reached) in self.files.iter().zip(&self.reached) {
            for &other in reached.iter().filter(|&&other| circles[other]) {
                self.union.union(file.node, self.files[other].node);
            }
        }
    }

    fn join(&mut self) {
        let mut only: HashMap<&(DeclKind, String), usize> = HashMap::new();
        let mut apis: HashMap<Word, usize> = HashMap::new();
        for (at, file) in self.files.iter().enumerate() {
            let judged: Vec<usize> = self.reached[at]
                .iter()
                .filter(|&&other| self.files[other].summary.is_judged())
                .map(|&other| self.files[other].node)
                .collect();
            // reading the file judges those plans
            for &other in &judged {
                self.union.union(file.node, other);
            }
            for (number, decl) in file.summary.decls.iter().enumerate() {
                let node = self.node((at, number));
                if !judged.is_empty() && (decl.joins() || self.replaced.contains(&node)) {
                    self.union.union(node, file.node);
                }
                if let Some(name) = &decl.only {
                    let first = *only.entry(name).or_insert(node);
                    self.union.union(node, first);
                }
                for &api in &decl.apis {
                    let first = *apis.entry(api).or_insert(node);
                    self.union.union(node, first);
                }
                let is_own = decl.joins() || self.replaced.contains(&node);
                let environment = decl.kind == DeclKind::Environment && !judged.is_empty();
                if is_own || environment {
                    let from = if environment { file.node } else { node };
                    self.join_named(at, number, from);
                }
            }
        }
    }

    /// What is told of a name that a file does not see depends on who declares it, so whoever reads
    /// the file, or is changed by its environments, is judged with those.
    fn join_unknown(&mut self, unknown: &[(usize, Word)]) {
        for &(own, word) in unknown {
            let declaring = |file: &&File<'_>| file.summary.by_name.contains_key(&word);
            for other in self.files.iter().filter(declaring) {
                self.union.union(self.files[own].node, other.node);
            }
            let replaced = self.replaced_by(own);
            for (file, reached) in self.files.iter().zip(&self.reached) {
                let meets = |at: &usize| *at == own || replaced.contains(at);
                if reached.iter().any(meets) {
                    // the nodes of its declarations stand behind that of the file
                    for node in file.node..=file.node + file.summary.decls.len() {
                        self.union.union(node, self.files[own].node);
                    }
                }
            }
            self.standing.insert(own);
        }
    }

    /// The files that declare what the environments of a file replace.
    fn replaced_by(&self, file: usize) -> HashSet<usize> {
        let decls = &self.files[file].summary.decls;
        let all = self.mentions[file].iter();
        let own = all.filter(|mention| decls[mention.0].kind == DeclKind::Environment);
        own.map(|&mention| self.target(file, mention).0).collect()
    }

    /// Joins a node with everything that a declaration names, through what joins nobody itself.
    fn join_named(&mut self, file: usize, decl: usize, node: usize) {
        self.round += 1;
        let first = self.node((file, decl));
        self.seen[first] = self.round;
        let mut open = vec![(file, decl)];
        while let Some((file, decl)) = open.pop() {
            let all = Arc::clone(&self.mentions[file]);
            let from = all.partition_point(|mention| mention.0 < decl);
            let own = all[from..].iter().take_while(|mention| mention.0 == decl);
            for &mention in own {
                let target = self.target(file, mention);
                let named = self.node(target);
                if std::mem::replace(&mut self.seen[named], self.round) == self.round {
                    continue;
                }
                let joins = self.files[target.0].summary.decls[target.1].joins();
                if joins || self.replaced.contains(&named) {
                    self.union.union(node, named);
                } else {
                    open.push(target);
                }
            }
        }
    }

    fn groups(&mut self, entries: &[PathBuf], at: &HashMap<&Path, usize>) -> Vec<Vec<PathBuf>> {
        let mut members: BTreeMap<usize, (BTreeSet<usize>, bool)> = BTreeMap::new();
        for (number, file) in self.files.iter().enumerate() {
            let whole = std::iter::once((file.node, file.summary.is_judged()));
            let decls = (0..file.summary.decls.len()).map(|decl| {
                let is_judged = file.summary.decls[decl].only.is_some();
                (self.node((number, decl)), is_judged)
            });
            for (node, is_judged) in whole.chain(decls) {
                let group = members.entry(self.union.find(node)).or_default();
                group.0.insert(number);
                group.1 |= is_judged;
            }
        }
        let asked: HashSet<usize> = entries
            .iter()
            .filter_map(|path| at.get(path.as_path()).copied())
            .collect();
        let mut groups: BTreeSet<Vec<usize>> = BTreeSet::new();
        let mut held: HashSet<usize> = HashSet::new();
        let members = members.into_values();
        for (files, _) in members.filter(|(files, is_judged)| *is_judged || files.len() > 1) {
            let files: Vec<usize> = files
                .into_iter()
                .filter(|file| asked.contains(file))
                .collect();
            held.extend(&files);
            if !files.is_empty() {
                groups.insert(files);
            }
        }
        for &file in asked.difference(&held) {
            groups.insert(vec![file]);
        }
        let environments: Vec<usize> = (asked.iter().copied())
            .filter(|&file| self.has_environment(file) && !self.leads_to_plans(file))
            .filter(|file| !self.standing.contains(file))
            .collect();
        let groups = groups.into_iter().map(|group| {
            let files = self.with_environments(group, &environments);
            let paths = files
                .into_iter()
                .map(|at| self.files[at].path.to_path_buf());
            paths.collect()
        });
        groups.collect()
    }

    fn has_environment(&self, file: usize) -> bool {
        let mut decls = self.files[file].summary.decls.iter();
        decls.any(|decl| decl.kind == DeclKind::Environment)
    }

    /// A group with the files whose environments replace something that it reads.
    fn with_environments(&self, group: Vec<usize>, environments: &[usize]) -> Vec<usize> {
        if environments.is_empty() {
            return group;
        }
        let mut all: BTreeSet<usize> = group.into_iter().collect();
        loop {
            let read: HashSet<usize> = all
                .iter()
                .flat_map(|&file| self.reached[file].iter().copied())
                .collect();
            let more: Vec<usize> = environments
                .iter()
                .copied()
                .filter(|file| !all.contains(file))
                .filter(|&file| !self.replaced_by(file).is_disjoint(&read))
                .collect();
            if more.is_empty() {
                return all.into_iter().collect();
            }
            all.extend(more);
        }
    }
}
