//! How loud findings are said in a project.

use crate::check::Outcome;
use crate::diagnostic::Severity;
use crate::rules;

use super::Config;

impl Config {
    /// Gives findings the weights that the file says. What a policy forbids stays an error, and what
    /// was refuted stays refuted: only how loud it is said changes.
    pub fn weigh(&self, outcome: &mut Outcome) {
        if self.rules.is_empty() {
            return;
        }
        let policies = outcome
            .models
            .iter()
            .flatten()
            .flat_map(|model| &model.policies)
            .flat_map(|policy| policy.forbids.iter().chain(&policy.never_allows));
        let forbidden: Vec<&str> = policies
            .filter_map(|name| rules::find(&name.value))
            .map(|rule| rule.name)
            .collect();
        outcome.findings.retain_mut(|found| {
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
