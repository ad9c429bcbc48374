//! What a step changes.

use super::*;

/// A chain longer than this is a slip: nobody watches that many legs.
const MAX_CHAIN: usize = 1000;

impl Builder<'_> {
    /// A change; `None` when it could not be read, which was reported.
    pub(in crate::model) fn action(&mut self, node: &Node) -> Option<Spanned<Action>> {
        let action = match node.entry.word {
            "weight" => Action::Weight(self.chain(node)?),
            "replicas" => Action::Replicas(if node.form == 0 {
                None
            } else {
                Some(amount_of(node, "amount")?.value)
            }),
            "rolling" => Action::Rolling {
                batches: node.count("batches"),
                hold: node.duration("hold"),
            },
            "preview" => Action::Preview(node.get("off").is_none()),
            "switch" => Action::Switch,
            "mirror" => Action::Mirror(node.percent("share")),
            "route" => match node.form {
                0 => {
                    let (cohorts, complete) =
                        self.resolve_all(DeclKind::Cohort, node.words("cohort"));
                    if !complete {
                        return None;
                    }
                    Action::RouteCohorts(cohorts)
                }
                1 => Action::RouteHeader(node.word("name")?, node.word("value")?),
                _ => Action::RouteOff,
            },
            "sticky" => Action::Sticky(match node.form {
                0 => Some(Sticky::Cookie(node.word("name")?.value)),
                1 => Some(Sticky::Header(node.word("name")?.value)),
                2 => Some(Sticky::Ip),
                _ => None,
            }),
            "split" => Action::Split(node.percent("share")?),
            "flag" => {
                let name = node.word("flag")?;
                let flag = self.resolve(DeclKind::Flag, &name)?;
                let chain = if node.form == 1 {
                    Chain {
                        values: vec![Spanned::new(Percent::ZERO, node.line)],
                    }
                } else {
                    self.chain(node)?
                };
                Action::Flag(flag, chain)
            }
            "push" => {
                let name = node.word("config")?;
                let version = node.word("version")?;
                let config = self.resolve(DeclKind::Config, &name)?;
                let declared = &self.model.configs[config];
                if !declared.incomplete
                    && declared
                        .versions
                        .iter()
                        .all(|known| known.id.value != version.value)
                {
                    let found = unknown_config_version(declared, &version);
                    self.findings.push(found);
                    return None;
                }
                Action::Push(config, version)
            }
            "migrate" => {
                let name = node.word("database")?;
                let id = node.word("id")?;
                let database = self.resolve(DeclKind::Database, &name)?;
                if self.model.databases[database].migrations.is_some() {
                    self.check_migration(database, &id)?;
                }
                Action::Migrate(database, id)
            }
            "backfill" => {
                let name = node.word("database")?;
                let job = node.word("job")?;
                let database = self.resolve(DeclKind::Database, &name)?;
                Action::Backfill(database, job, node.word("image"))
            }
            "retire" => Action::Retire(node.word("version")?, node.duration("time")),
            _ => return None,
        };
        Some(Spanned::new(action, node.line))
    }

    /// The shares of a chain, or of `10% to 100% by 10%`.
    pub(in crate::model) fn chain(&mut self, node: &Node) -> Option<Chain> {
        if let (Some(from), Some(to), Some(by)) =
            (node.percent("from"), node.percent("to"), node.percent("by"))
        {
            let steps = to
                .value
                .ppm()
                .saturating_sub(from.value.ppm())
                .checked_div(by.value.ppm());
            let problem = match steps {
                None => Some("never arrives: its step is `0%`"),
                Some(_) if from.value > to.value => Some("falls; weights rise"),
                Some(steps) if steps as usize >= MAX_CHAIN => Some("has more than 1,000 legs"),
                Some(_) => None,
            };
            if let Some(problem) = problem {
                self.findings.push(
                    Diagnostic::new(&OUT_OF_RANGE, by.span, format!("this chain {problem}"))
                        .help("write `10% to 100% by 10%`"),
                );
                return None;
            }
            let mut values = Vec::new();
            let mut ppm = from.value.ppm();
            while ppm < to.value.ppm() {
                values.push(Spanned::new(Percent::from_ppm(ppm), node.line));
                ppm += by.value.ppm();
            }
            values.push(Spanned::new(to.value, node.line));
            return Some(Chain { values });
        }
        let values: Vec<Spanned<Percent>> = node
            .all("share")
            .filter_map(|capture| match capture.value {
                Value::Percent(share) => Some(Spanned::new(share, capture.span)),
                _ => None,
            })
            .collect();
        if let Some(share) = values.get(MAX_CHAIN) {
            self.findings.push(
                Diagnostic::new(
                    &OUT_OF_RANGE,
                    share.span,
                    "this chain has more than 1,000 legs",
                )
                .help("write `10% to 100% by 10%`"),
            );
            return None;
        }
        (!values.is_empty()).then_some(Chain { values })
    }
}
