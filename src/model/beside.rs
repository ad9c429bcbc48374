//! Manifests that stand beside those that services name: Services, autoscalers, disruption budgets.

use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::Findings;
use crate::source::Loader;
use crate::workload::{self, Autoscaler, DisruptionBudget, Manifests, Service};

use super::Model;
use super::load::Project;
use super::service::Workload;

impl Project {
    /// Reads manifests that no service may name. What is wrong with them goes to `findings`; one that
    /// cannot be read is passed over, because whoever listed it has told so.
    pub(crate) fn read_beside(
        &mut self,
        loader: &dyn Loader,
        paths: &[PathBuf],
        findings: &mut Findings,
    ) -> Vec<Arc<Manifests>> {
        let mut read = Vec::new();
        for path in paths {
            if let Some(known) = self.manifests.get(path) {
                read.extend(known.clone());
                continue;
            }
            let Ok(text) = loader.read(path) else {
                continue;
            };
            let shown = self.shown(path);
            let id = self.sources.add(shown, path.clone(), text);
            let text = &self.sources.file(id).text;
            let manifests = Arc::new(workload::read(id, text, findings));
            self.manifests.insert(path.clone(), Some(manifests.clone()));
            read.push(manifests);
        }
        read
    }
}

impl Model {
    /// The manifests that may speak of a workload: its own file, then those beside it.
    fn around<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Manifests> {
        let own = workload.manifests.file;
        let beside = self.beside.iter().map(Arc::as_ref);
        std::iter::once(workload.manifests.as_ref())
            .chain(beside.filter(move |manifests| manifests.file != own))
    }

    /// The Services that send requests to a workload.
    pub fn services_of<'a>(&'a self, workload: &'a Workload) -> impl Iterator<Item = &'a Service> {
        let facts = workload.facts();
        self.around(workload)
            .flat_map(move |manifests| manifests.services_of(facts))
    }

    /// The autoscaler that sets the replicas of a workload.
    pub fn autoscaler_of<'a>(&'a self, workload: &'a Workload) -> Option<&'a Autoscaler> {
        let facts = workload.facts();
        self.around(workload)
            .find_map(|manifests| manifests.autoscaler_of(facts))
    }

    /// The disruption budgets that protect the pods of a workload.
    pub fn disruption_budgets_of<'a>(
        &'a self,
        workload: &'a Workload,
    ) -> impl Iterator<Item = &'a DisruptionBudget> {
        let facts = workload.facts();
        self.around(workload)
            .flat_map(move |manifests| manifests.disruption_budgets_of(facts))
    }
}
