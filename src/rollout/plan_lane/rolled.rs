//! Which versions of a roll run, and which get requests, under an exposure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Exposure, Index, Model, Plan};
use crate::units::Percent;

use super::Running;

/// Which versions of a roll run under an exposure.
#[derive(Clone)]
pub(super) struct Rolled {
    pub from: Option<Running>,
    pub to: Option<Running>,
    /// The failure domains of the service; `""` alone where it has none.
    pub domains: Vec<String>,
}

/// Where the old versions are no more.
#[derive(Clone, Default)]
pub(super) struct Gone {
    /// Failure domains in which they were replaced in place; `""` is everywhere.
    pub replaced: BTreeSet<String>,
    /// Versions that were scaled away, with the failure domains.
    pub retired: BTreeSet<(String, String)>,
}

/// What is so in a state.
#[derive(Clone, Debug, Default)]
pub(super) struct Now {
    pub live: Vec<Running>,
    pub serving: Vec<Running>,
    pub serving_in: BTreeMap<Running, BTreeSet<String>>,
}

impl Now {
    /// While something changes, what was and what will be are both there.
    pub fn join(mut self, other: Now) -> Now {
        for (own, more) in [
            (&mut self.live, other.live),
            (&mut self.serving, other.serving),
        ] {
            own.extend(more);
            own.sort_unstable();
            own.dedup();
        }
        for (running, domains) in other.serving_in {
            self.serving_in.entry(running).or_default().extend(domains);
        }
        self
    }
}

impl Rolled {
    /// The share of the new version in a failure domain.
    pub fn share(exposure: &Exposure, domain: &str) -> Percent {
        let own = exposure.weights.get(domain);
        own.or_else(|| exposure.weights.get(""))
            .copied()
            .unwrap_or(Percent::ZERO)
    }

    /// Whether all traffic is on the new version, in every failure domain.
    pub fn is_full(&self, exposure: &Exposure) -> bool {
        self.domains
            .iter()
            .all(|domain| Self::share(exposure, domain) == Percent::FULL)
    }

    /// The failure domains in which the old version is still there.
    pub fn old_in<'a>(&'a self, plan: &'a Plan, roll: usize, gone: &'a Gone) -> Vec<&'a str> {
        let id = plan.rolls.get(roll).map(|roll| &roll.from_id.value);
        self.domains
            .iter()
            .map(String::as_str)
            .filter(|domain| {
                let replaced = [domain, ""].iter().any(|own| gone.replaced.contains(*own));
                let retired = gone
                    .retired
                    .iter()
                    .any(|(version, own)| Some(version) == id && (own == domain || own.is_empty()));
                !replaced && !retired
            })
            .collect()
    }

    pub fn serving(&self, exposure: &Exposure, old_in: &[&str]) -> Vec<Running> {
        let mut serving = Vec::new();
        // one failure domain that is not there yet is enough
        if old_in
            .iter()
            .any(|domain| Self::share(exposure, domain) < Percent::FULL)
        {
            serving.extend(self.from);
        }
        if exposure.weight() > Percent::ZERO
            || !exposure.cohorts.is_empty()
            || !exposure.headers.is_empty()
            || exposure.split
        {
            serving.extend(self.to);
        }
        serving
    }

    /// The failure domains in which a version gets requests, of one that gets any.
    pub fn serving_in(
        &self,
        exposure: &Exposure,
        old_in: &[&str],
        running: Running,
    ) -> Vec<String> {
        let chosen = !exposure.cohorts.is_empty() || !exposure.headers.is_empty();
        self.domains
            .iter()
            .filter(|domain| {
                let share = Self::share(exposure, domain);
                let old = old_in.contains(&domain.as_str()) && share < Percent::FULL;
                let new = share > Percent::ZERO || chosen || exposure.split;
                (self.from == Some(running) && old) || (self.to == Some(running) && new)
            })
            .cloned()
            .collect()
    }

    pub fn live(&self, exposure: &Exposure, old_in: &[&str]) -> Vec<Running> {
        let mut live = Vec::new();
        if !old_in.is_empty() {
            live.extend(self.from);
        }
        // a preview, a mirror and replicas without weight have no users, but they run and write
        let runs = exposure.weight() > Percent::ZERO
            || !exposure.cohorts.is_empty()
            || !exposure.headers.is_empty()
            || exposure.preview
            || exposure.mirror > Percent::ZERO
            || exposure.split
            || exposure.replicas.is_some();
        if runs {
            live.extend(self.to);
        }
        live
    }
}
/// The failure domains of a service; `""` alone where it has none.
pub(super) fn domains(model: &Model, service: Index) -> Vec<String> {
    let declared = model.services.get(service);
    let names: Vec<String> = declared
        .iter()
        .flat_map(|service| &service.domains)
        .map(|(domain, _)| domain.value.clone())
        .collect();
    match names.is_empty() {
        true => vec![String::new()],
        false => names,
    }
}
