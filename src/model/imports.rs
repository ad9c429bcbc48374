//! What files import, and files that import one another.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use crate::diagnostic::Diagnostic;
use crate::source::{Loader, Span};
use crate::vocabulary::Place;

use super::files::{resolve, unreadable};
use super::limits::MAX_FILES;
use super::load::Project;
use super::names::IMPORT_CYCLE;
use super::node::Reader;

/// So many files of a circle are named: it is put right at any one of them.
const MAX_SHOWN: usize = 16;

impl Project {
    pub(super) fn follow_imports(
        &mut self,
        loader: &dyn Loader,
        at: usize,
        by_path: &mut HashMap<PathBuf, Option<usize>>,
    ) {
        let mut wanted = Vec::new();
        let mut is_partial = false;
        for statement in self.files[at].tree.top() {
            if self.sources.text(statement.head) != "import" {
                continue;
            }
            if statement.broken {
                is_partial = true;
                continue;
            }
            let file = &self.files[at];
            let reader = Reader {
                sources: &self.sources,
                tree: &file.tree,
                bindings: &[],
                expansion: None,
            };
            let node = reader.statement(statement, Place::Top, &mut self.findings);
            let Some(text) = node.and_then(|node| node.word("path")) else {
                is_partial = true;
                continue;
            };
            match resolve(loader, file, &text, &mut self.findings) {
                Some(path) => wanted.push((path, text)),
                None => is_partial = true,
            }
        }
        let mut seen = HashSet::new();
        for (path, text) in wanted {
            if self.files.len() > MAX_FILES {
                return;
            }
            let root = self.files[at].root.clone();
            match self.open(loader, &path, root, by_path) {
                // a file that is imported twice is seen once
                Ok(found) if !seen.insert(found) => {}
                Ok(found) => self.files[at].imports.push((found, text.span)),
                Err(error) => {
                    is_partial = true;
                    self.findings
                        .push(unreadable(text.span, &text.value, &error));
                }
            }
        }
        self.files[at].is_partial = is_partial;
    }

    pub(super) fn report_cycles(&mut self) {
        let mut graph: DiGraph<(), Span> = DiGraph::new();
        let nodes: Vec<_> = self.files.iter().map(|_| graph.add_node(())).collect();
        for (from, file) in self.files.iter().enumerate() {
            for &(to, span) in &file.imports {
                graph.add_edge(nodes[from], nodes[to], span);
            }
        }
        let mut cycles = Vec::new();
        for component in tarjan_scc(&graph) {
            let mut members: Vec<usize> = component.iter().map(|node| node.index()).collect();
            members.sort_unstable();
            let first = members[0];
            let own = self.files[first].imports.iter().any(|&(to, _)| to == first);
            if members.len() > 1 || own {
                cycles.push(self.cycle_from(first, &members));
            }
        }
        cycles.sort_by_key(|cycle| cycle.first().map(|&(file, _, _)| file));
        for cycle in cycles {
            let name = |at: usize| self.sources.file(self.files[at].id).name.clone();
            let mut path: Vec<String> = cycle
                .iter()
                .take(MAX_SHOWN)
                .map(|&(from, _, _)| format!("`{}`", name(from)))
                .collect();
            if cycle.len() > MAX_SHOWN {
                path.push(format!("{} more", cycle.len() - MAX_SHOWN));
            }
            if let Some(&(first, _, _)) = cycle.first() {
                path.push(format!("`{}`", name(first)));
            }
            let mut spans = cycle.iter().map(|&(_, span, to)| (span, name(to)));
            let Some((span, to)) = spans.next() else {
                continue;
            };
            let mut found = Diagnostic::new(
                &IMPORT_CYCLE,
                span,
                format!("these files import one another: {}", path.join(" → ")),
            )
            .here(format!("imports `{to}`"))
            .help("move what both files need into a third one that imports neither");
            for (span, to) in spans.take(MAX_SHOWN) {
                found = found.also(span, format!("imports `{to}`"));
            }
            self.findings.push(found);
        }
    }

    /// The shortest way from `first` back to itself among `members`: (file, import, next file).
    pub(super) fn cycle_from(&self, first: usize, members: &[usize]) -> Vec<(usize, Span, usize)> {
        let mut came: HashMap<usize, (usize, Span)> = HashMap::new();
        let mut queue = std::collections::VecDeque::from([first]);
        while let Some(at) = queue.pop_front() {
            for &(to, span) in &self.files[at].imports {
                if to == first {
                    let mut steps = vec![(at, span, to)];
                    let mut here = at;
                    while here != first {
                        let Some(&(from, span)) = came.get(&here) else {
                            break;
                        };
                        steps.push((from, span, here));
                        here = from;
                    }
                    steps.reverse();
                    return steps;
                }
                if members.binary_search(&to).is_ok() && !came.contains_key(&to) {
                    came.insert(to, (at, span));
                    queue.push_back(to);
                }
            }
        }
        Vec::new()
    }
}
