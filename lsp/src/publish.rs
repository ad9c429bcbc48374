//! Findings to the client: with versions, never of a text that has changed since, and taken back
//! where there are none any more. A client that asks for those of its open documents is told of the
//! others only, and to ask again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;
use tower_lsp::Client;
use tower_lsp::lsp_types::{Diagnostic, MessageType, NumberOrString, Url};

use crate::convert::uri_of;
use crate::judge::Told;
use crate::snapshot::{Checked, Shared, Snapshot};

/// What was told of a file last.
struct Last {
    uri: Url,
    version: Option<i32>,
    /// What it was put together from.
    from: Vec<Arc<Vec<Diagnostic>>>,
    findings: Vec<Diagnostic>,
}

/// Tells the client.
pub struct Publisher {
    client: Client,
    handle: Handle,
    last: BTreeMap<PathBuf, Last>,
    parts: Vec<Arc<Told>>,
    problems: Vec<String>,
}

impl Publisher {
    /// Tells `client`, on the runtime of `handle`.
    pub fn new(client: Client, handle: Handle) -> Self {
        Publisher {
            client,
            handle,
            last: BTreeMap::new(),
            parts: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Tells what is new of a check, unless something has changed since its snapshot.
    pub fn publish(&mut self, shared: &Arc<Shared>, snapshot: &Snapshot, checked: &Checked) {
        // open documents are told even of nothing: the client waits for their version
        let open = snapshot.documents.iter().map(|(path, _)| path);
        let files: BTreeSet<&PathBuf> = open.chain(checked.files.keys()).collect();
        let gone = self.last.keys().filter(|path| !files.contains(path));
        let gone: Vec<PathBuf> = gone.cloned().collect();
        let mut ask_again = false;
        for path in files.into_iter().chain(&gone) {
            let document = snapshot.documents.get(path);
            let version = document.map(|open| open.version);
            let from = checked.files.get(path).map_or(&[][..], Vec::as_slice);
            let is_pulled = snapshot.can.pulls && document.is_some();
            let last = self.last.get(path);
            let same = |last: &&Last| {
                let mut both = last.from.iter().zip(from);
                last.from.len() == from.len() && both.all(|(one, other)| Arc::ptr_eq(one, other))
            };
            if last.is_some_and(|last| last.version == version && same(&last)) {
                continue;
            }
            let Some(uri) = uri_of(snapshot, path) else {
                continue;
            };
            let findings = merged(from);
            let same = last.is_some_and(|last| last.uri == uri && last.findings == findings);
            if !shared.is_current(snapshot.revision) {
                return;
            }
            if is_pulled {
                ask_again |= !same;
                // what was said of the file while it was closed would stand there twice
                if last.is_some_and(|last| last.version.is_none() && !last.findings.is_empty()) {
                    self.tell(uri.clone(), Vec::new(), None);
                }
            } else if !(same && last.is_some_and(|last| last.version == version)) {
                self.tell(uri.clone(), findings.clone(), version);
            }
            if findings.is_empty() && version.is_none() {
                self.last.remove(path);
            } else {
                let last = Last {
                    uri,
                    version,
                    from: from.to_vec(),
                    findings,
                };
                self.last.insert(path.clone(), last);
            }
        }
        for problem in &checked.problems {
            if !self.problems.contains(problem) {
                let told = self.client.show_message(MessageType::ERROR, problem);
                self.handle.block_on(told);
            }
        }
        self.problems.clone_from(&checked.problems);
        let mut both = self.parts.iter().zip(&checked.parts);
        let same = self.parts.len() == checked.parts.len()
            && both.all(|(one, other)| Arc::ptr_eq(one, other));
        self.parts.clone_from(&checked.parts);
        // the client's answers are not waited for
        if snapshot.can.refresh && !same {
            let client = self.client.clone();
            self.handle.spawn(async move {
                let _ = client.code_lens_refresh().await;
            });
        }
        if snapshot.can.hints_again && !same {
            let client = self.client.clone();
            self.handle.spawn(async move {
                let _ = client.inlay_hint_refresh().await;
            });
        }
        if snapshot.can.pulls_again && ask_again {
            let client = self.client.clone();
            self.handle.spawn(async move {
                let _ = client.workspace_diagnostic_refresh().await;
            });
        }
    }

    fn tell(&self, uri: Url, findings: Vec<Diagnostic>, version: Option<i32>) {
        let told = self.client.publish_diagnostics(uri, findings, version);
        self.handle.block_on(told);
    }
}

/// What several parts say of one file, each finding once, in the order of the text.
pub fn merged(from: &[Arc<Vec<Diagnostic>>]) -> Vec<Diagnostic> {
    if let [one] = from {
        return one.to_vec();
    }
    let mut all: Vec<Diagnostic> = Vec::new();
    for diagnostic in from.iter().flat_map(|part| part.iter()) {
        if !all.contains(diagnostic) {
            all.push(diagnostic.clone());
        }
    }
    let code = |found: &Diagnostic| match &found.code {
        Some(NumberOrString::String(code)) => code.clone(),
        _ => String::new(),
    };
    all.sort_by_key(|found| (found.range.start, found.range.end, code(found)));
    all
}
