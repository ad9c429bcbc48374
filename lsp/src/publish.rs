//! Findings to the client: with versions, never of a text that has changed since, and taken back
//! where there are none any more.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;
use tower_lsp::Client;
use tower_lsp::lsp_types::{Diagnostic, MessageType, Url};

use crate::convert::{Places, uri_of};
use crate::snapshot::{Checked, Shared, Snapshot};

/// What was told of a file last.
struct Told {
    uri: Url,
    version: Option<i32>,
    findings: Vec<Diagnostic>,
}

/// Tells the client.
pub struct Publisher {
    client: Client,
    handle: Handle,
    told: BTreeMap<PathBuf, Told>,
    problems: Vec<String>,
}

impl Publisher {
    /// Tells `client`, on the runtime of `handle`.
    pub fn new(client: Client, handle: Handle) -> Self {
        Publisher {
            client,
            handle,
            told: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// Tells what is new of a check, unless something has changed since its snapshot.
    pub fn publish(&mut self, shared: &Arc<Shared>, snapshot: &Snapshot, checked: &Checked) {
        let mut findings = by_file(snapshot, checked);
        // open documents are told even of nothing: the client waits for their version
        for (path, _) in snapshot.documents.iter() {
            findings.entry(path.clone()).or_default();
        }
        for path in self.told.keys() {
            findings.entry(path.clone()).or_default();
        }
        for (path, findings) in findings {
            let Some(uri) = uri_of(snapshot, &path) else {
                continue;
            };
            let version = snapshot.documents.get(&path).map(|open| open.version);
            let same = self.told.get(&path).is_some_and(|told| {
                told.uri == uri && told.version == version && told.findings == findings
            });
            if same {
                continue;
            }
            if !shared.is_current(snapshot.revision) {
                return;
            }
            let told = self
                .client
                .publish_diagnostics(uri.clone(), findings.clone(), version);
            self.handle.block_on(told);
            if findings.is_empty() && version.is_none() {
                self.told.remove(&path);
            } else {
                let told = Told {
                    uri,
                    version,
                    findings,
                };
                self.told.insert(path, told);
            }
        }
        for problem in &checked.problems {
            if !self.problems.contains(problem) {
                let told = self.client.show_message(MessageType::ERROR, problem);
                self.handle.block_on(told);
            }
        }
        self.problems.clone_from(&checked.problems);
        if snapshot.can.refresh {
            let client = self.client.clone();
            // the client's answer is not waited for
            self.handle.spawn(async move {
                let _ = client.code_lens_refresh().await;
            });
        }
    }
}

/// The findings of each file, in the order in which reports show them.
pub fn by_file(snapshot: &Snapshot, checked: &Checked) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    for outcome in &checked.outcomes {
        let places = Places::new(snapshot, &outcome.sources);
        for found in &outcome.findings {
            let file = outcome.sources.file(found.span().file);
            let diagnostic = places.diagnostic(found);
            let own = files.entry(file.path.clone()).or_default();
            // two groups may lead to one file
            if !own.contains(&diagnostic) {
                own.push(diagnostic);
            }
        }
    }
    files
}
