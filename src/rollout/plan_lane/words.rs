//! What an action does, as an operator would say it.

use crate::model::Action;
use crate::units::Percent;

use super::walk::Walk;

impl Walk<'_> {
    /// An action as an operator would say it.
    pub(super) fn words(&self, action: &Action, leg: usize) -> String {
        let name = |text: &str| format!("`{text}`");
        let share = |values: &[crate::source::Spanned<Percent>]| {
            values
                .get(leg)
                .or(values.last())
                .map_or_else(String::new, |share| share.value.to_string())
        };
        match action {
            Action::Weight(chain) => format!("weight {}", share(&chain.values)),
            Action::Replicas(_) => "replicas of the new version".into(),
            Action::Rolling { .. } => "replaces in place".into(),
            Action::Preview(true) => "a preview starts".into(),
            Action::Preview(false) => "the preview ends".into(),
            Action::Switch => "all traffic switches".into(),
            Action::Mirror(Some(share)) => format!("mirrors {}", share.value),
            Action::Mirror(None) => "the mirror ends".into(),
            Action::RouteCohorts(cohorts) => {
                let names: Vec<String> = cohorts
                    .iter()
                    .filter_map(|cohort| self.model.cohorts.get(cohort.value))
                    .map(|cohort| name(&cohort.name.value))
                    .collect();
                format!("routes {}", names.join(", "))
            }
            Action::RouteHeader(header, value) => {
                format!("routes `{}` = `{}`", header.value, value.value)
            }
            Action::RouteOff => "routes end".into(),
            Action::Sticky(_) => "stickiness changes".into(),
            Action::Split(share) => format!("splits {}", share.value),
            Action::Flag(flag, chain) => {
                let flag = self.model.flags.get(*flag);
                let flag = flag.map_or("flag", |flag| &flag.name.value);
                format!("flag `{flag}` {}", share(&chain.values))
            }
            Action::Push(config, to) => {
                let config = self.model.configs.get(*config);
                let config = config.map_or("config", |config| &config.name.value);
                format!("push `{config}` to `{}`", to.value)
            }
            Action::Migrate(database, to) => {
                let database = self.model.databases.get(*database);
                let database = database.map_or("database", |database| &database.name.value);
                format!("migrate `{database}` to `{}`", to.value)
            }
            Action::Backfill(database, job, _) => {
                let database = self.model.databases.get(*database);
                let database = database.map_or("database", |database| &database.name.value);
                format!("backfill `{database}` `{}`", job.value)
            }
            Action::Retire(version, _) => format!("retire `{}`", version.value),
        }
    }
}
