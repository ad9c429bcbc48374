//! How loud findings are said in a project.

use crate::check::Outcome;
use crate::diagnostic::{Findings, Severity};

use super::Config;

impl Config {
    /// Gives findings the weights that the file says. What a policy forbids stays an error, and what
    /// was refuted stays refuted: only how loud it is said changes.
    pub fn weigh(&self, outcome: &mut Outcome) {
        if !self.rules.is_empty() {
            let forbidden = outcome.forbidden();
            self.weigh_findings(&mut outcome.findings, &forbidden);
        }
    }

    /// The same for findings by themselves; `forbidden` are the rules that a policy forbids.
    pub fn weigh_findings(&self, findings: &mut Findings, forbidden: &[&str]) {
        findings.retain_mut(|found| {
            let Some(said) = self.rules.get(found.rule.name) else {
                return true;
            };
            let weight = said.value.severity();
            if forbidden.contains(&found.rule.name) && weight != Some(Severity::Error) {
                return true;
            }
            found.severity = weight.unwrap_or(found.severity);
            weight.is_some()
        });
    }
}
