//! The world as the files that a team would write.

use std::fmt::Write as _;

use super::*;

impl World {
    /// The files, the plan file first, with all plans and releases.
    pub fn files(&self) -> Vec<(String, String)> {
        let all: Vec<usize> = (0..self.plans.len()).collect();
        self.files_with(&all, &self.releases)
    }

    /// The files with some plans and releases only.
    pub fn files_with(&self, plans: &[usize], releases: &[Together]) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let kept = match self.retention {
            None => "forever".to_string(),
            Some(minutes) => format!("{minutes}m"),
        };
        let mut text = format!(
            "format f0 {{ retention {kept} }}\nflag on0\ntarget alone {{ kind argo-rollouts; namespace n }}\n"
        );
        for (number, database) in self.databases.iter().enumerate() {
            let at = database.at;
            let _ = writeln!(
                text,
                "database d{number} {{ engine postgres 15; migrations \"d{number}\"; at {} }}",
                id(at)
            );
            for (migration, sql) in database.migrations.iter().enumerate() {
                let name = format!("d{number}/{}_change", id(migration));
                files.push((format!("{name}.up.sql"), sql.clone()));
                let down = database.downs[migration].clone();
                files.push((format!("{name}.down.sql"), down));
            }
        }
        for (number, config) in self.configs.iter().enumerate() {
            let _ = write!(text, "config c{number} {{\n  at {}\n", config.at + 1);
            for (version, keys) in config.versions.iter().enumerate() {
                let keys: String = keys.iter().map(|key| format!(", k{key}")).collect();
                let size = config.sizes[version];
                let _ = writeln!(
                    text,
                    "  version {} {{ keys base{keys}; size {size}kB }}",
                    version + 1
                );
            }
            text.push_str("}\n");
        }
        for (number, service) in self.services.iter().enumerate() {
            let _ = write!(text, "service s{number} {{\n  replicas 4\n");
            if service.domains {
                text.push_str("  domains east 50%, west 50%\n");
            }
            if let Some(runs) = service.runs {
                let _ = writeln!(text, "  runs {}", name_of(number, runs));
            }
            for (own, version) in service.versions.iter().enumerate() {
                let _ = writeln!(text, "  version {} {{", name_of(number, own));
                version.write(&mut text, (number, own), &mut files);
                text.push_str("  }\n");
            }
            text.push_str("}\n");
        }
        for &number in plans {
            self.write_plan(&mut text, number);
        }
        for (number, release) in releases.iter().enumerate() {
            let _ = writeln!(text, "release r{number} {{");
            for (plan, after) in release.plans.iter().zip(&release.after) {
                let _ = write!(text, "  includes p{plan}");
                let waits: Vec<String> = after.iter().map(|(p, s)| format!("p{p}.x{s}")).collect();
                if !waits.is_empty() {
                    let _ = write!(text, " after {}", waits.join(", "));
                }
                text.push('\n');
            }
            text.push_str("}\n");
        }
        files.insert(0, ("main.swb".to_string(), text));
        files
    }

    pub(super) fn write_plan(&self, text: &mut String, number: usize) {
        let plan = &self.plans[number];
        let _ = writeln!(text, "plan p{number} {{");
        for &(service, from, to) in &plan.rolls {
            let _ = writeln!(
                text,
                "  roll s{service} from {} to {}",
                name_of(service, from),
                name_of(service, to)
            );
        }
        if plan.alone {
            text.push_str("  on target alone\n");
        }
        for (other, step) in &plan.after {
            let _ = writeln!(text, "  after p{other}.x{step}");
        }
        for (at, step) in plan.steps.iter().enumerate() {
            if plan.no_return == Some(at) {
                text.push_str("  no return because \"it is so\"\n");
            }
            let _ = writeln!(text, "  step x{at} {{");
            if let Some(domains) = &step.domains {
                let names: Vec<&str> = domains.iter().map(|&domain| DOMAINS[domain]).collect();
                let _ = writeln!(text, "    in {}", names.join(", "));
            }
            for (plan, step) in &step.after {
                let _ = match plan {
                    Some(plan) => writeln!(text, "    after p{plan}.x{step}"),
                    None => writeln!(text, "    after p{number}.x{step}"),
                };
            }
            for action in &step.actions {
                plan.write_action(text, action);
            }
            let _ = writeln!(text, "    hold {}m", step.hold);
            if let Some(to) = step.goto {
                let _ = writeln!(text, "    on failure goto x{to} at most 2 times");
            }
            text.push_str("  }\n");
        }
        for rollback in &plan.rollbacks {
            let names: Vec<String> = rollback
                .from
                .iter()
                .map(|step| format!("x{step}"))
                .collect();
            let _ = match names.is_empty() {
                true => writeln!(text, "  rollback within 5m {{"),
                false => writeln!(text, "  rollback from {} within 5m {{", names.join(", ")),
            };
            for action in &rollback.body {
                plan.write_action(text, action);
            }
            text.push_str("  }\n");
        }
        text.push_str("}\n");
    }
}

impl Plan {
    pub(super) fn write_action(&self, text: &mut String, action: &Action) {
        let _ = match action {
            Action::Weight(chain) => {
                let shares: Vec<String> = chain.iter().map(|share| format!("{share}%")).collect();
                writeln!(text, "    weight {}", shares.join(" -> "))
            }
            Action::Rolling => writeln!(text, "    rolling"),
            Action::Preview => writeln!(text, "    preview"),
            Action::Switch => writeln!(text, "    switch"),
            Action::Mirror(true) => writeln!(text, "    mirror 10%"),
            Action::Mirror(false) => writeln!(text, "    mirror off"),
            Action::Replicas => writeln!(text, "    replicas 2"),
            Action::Retire => writeln!(
                text,
                "    retire {}",
                name_of(self.rolls[0].0, self.rolls[0].1)
            ),
            Action::Migrate(database, to) => {
                writeln!(text, "    migrate d{database} to {}", id(*to))
            }
            Action::Push(config, to) => {
                writeln!(text, "    push c{config} to {}", to + 1)
            }
            Action::Split(outcomes) => {
                let words = ["success", "failure", "inconclusive"];
                let edges = words.iter().zip(outcomes);
                let edges = edges.filter_map(|(word, share)| {
                    share.map(|share| format!("on {word} weight {share}%"))
                });
                let edges: Vec<String> = edges.collect();
                writeln!(text, "    split 50% {{ {} }}", edges.join("; "))
            }
            Action::Flag(true) => writeln!(text, "    flag on0 20%"),
            Action::Flag(false) => writeln!(text, "    flag on0 off"),
        };
    }
}

impl Version {
    pub(super) fn write(
        &self,
        text: &mut String,
        (service, own): (usize, usize),
        files: &mut Vec<(String, String)>,
    ) {
        let _ = writeln!(text, "    image \"r/s{service}@sha256:{:064x}\"", own + 1);
        for (database, built) in self.schema.iter().enumerate() {
            if let Some(built) = built {
                let _ = writeln!(text, "    schema d{database} {}", id(*built));
            }
        }
        if !self.uses.is_empty() {
            let _ = writeln!(text, "    uses {}", self.uses.join(", "));
        }
        if let Some(sql) = &self.queries {
            let path = format!("q/s{service}-{own}.sql");
            let _ = writeln!(text, "    queries \"{path}\"");
            files.push((path, sql.clone()));
        }
        let mut list = |word: &str, numbers: &[usize]| {
            if !numbers.is_empty() {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                let _ = writeln!(text, "    {word} {}", numbers.join(", "));
            }
        };
        list("reads f0", &self.reads);
        list("writes f0", &self.writes);
        list("serves shop", &self.serves);
        list("calls shop", &self.calls);
        for (config, keys) in self.needs.iter().enumerate() {
            if !keys.is_empty() {
                let keys: Vec<String> = keys.iter().map(|key| format!("k{key}")).collect();
                let _ = writeln!(text, "    needs c{config} {}", keys.join(", "));
            }
        }
        for (config, limit) in self.accepts.iter().enumerate() {
            if let Some(limit) = limit {
                let _ = writeln!(text, "    accepts c{config} up to {limit}kB");
            }
        }
        let _ = match self.evaluates {
            Some(Some(meaning)) => writeln!(text, "    evaluates on0 as m{meaning}"),
            Some(None) => writeln!(text, "    evaluates on0"),
            None => Ok(()),
        };
        if let Some((service, versions)) = &self.supports {
            let ids: Vec<String> = versions.iter().map(|&own| name_of(*service, own)).collect();
            let _ = writeln!(text, "    supports s{service} {}", ids.join(", "));
        }
    }
}

/// The id of a migration.
pub fn id(migration: usize) -> String {
    format!("{:04}", migration + 1)
}

/// The id of a version: no two services have the same, as `retire` names no service.
pub fn name_of(service: usize, version: usize) -> String {
    format!("{}{}", service + 1, version + 1)
}
