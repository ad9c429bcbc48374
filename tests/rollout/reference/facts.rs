//! What the units are judged by: what fails under which schema, found by replaying every folder.

use super::*;

/// What the SQL of a world says: for each version, database and schema, what breaks.
pub struct Facts {
    /// For each database, for each migration, its last schema; the schemas stand in one row.
    pub(super) last: Vec<Vec<usize>>,
    /// For each database, for each schema, the migration that it belongs to.
    pub(super) migration: Vec<Vec<usize>>,
    /// For each database, for each schema, the schemas on the way down from it: the migration that is
    /// being taken back, and the place among the breaks, which goes on behind the schemas.
    pub(super) downs: Vec<Vec<Vec<(usize, usize)>>>,
    /// By version, database and schema.
    pub(super) breaks: Vec<Vec<Vec<Vec<Failure>>>>,
    /// The services of the versions in their row, and where each service starts.
    pub(super) starts: Vec<usize>,
    pub(super) versions: usize,
}

pub(super) struct Failure {
    pub(super) what: String,
    pub(super) hard: bool,
    /// What only a version that writes it makes so: those that may.
    pub(super) written_by: Option<u32>,
}

impl Facts {
    pub fn new(world: &World, model: &Model, sources: &SourceMap, schemas: &Schemas) -> Facts {
        let mut starts = Vec::new();
        let mut versions = Vec::new();
        for (number, service) in world.services.iter().enumerate() {
            starts.push(versions.len());
            versions.extend((0..service.versions.len()).map(|own| (number, own)));
        }
        let mut facts = Facts {
            last: Vec::new(),
            migration: Vec::new(),
            downs: Vec::new(),
            breaks: Vec::new(),
            starts,
            versions: versions.len(),
        };
        let mut rows = Vec::new();
        for database in &model.databases {
            let (_, folder) = database.migrations.as_ref().expect("a folder");
            let all: Vec<&Migration> = folder.migrations.iter().collect();
            let replayed = replay(sources, &all, 15);
            let (mut row, mut of, mut last) = (Vec::new(), Vec::new(), Vec::new());
            for number in 0..all.len() {
                for step in &replayed.steps {
                    assert!(step.errors.is_empty(), "{:?}", step.errors);
                    if step.migration == number && step.visible {
                        row.push(step.after.clone());
                        of.push(number);
                    }
                }
                last.push(row.len() - 1);
            }
            let number = rows.len();
            let mut downs = vec![Vec::new(); row.len()];
            if world.takes_back(number) {
                for schema in 0..of.len() {
                    let mut now = row[schema].clone();
                    for position in (0..=of[schema]).rev() {
                        let Down::Script(down) = &all[position].down else {
                            // one that holds nothing to do leaves the schema as it is
                            continue;
                        };
                        let replayed = replay_onto(sources, now, down, 15);
                        for step in replayed.steps.iter().filter(|step| step.visible) {
                            downs[schema].push((position, row.len()));
                            row.push(step.after.clone());
                        }
                        now = replayed.last;
                    }
                }
            }
            rows.push(row);
            facts.downs.push(downs);
            facts.migration.push(of);
            facts.last.push(last);
        }
        for &(service, version) in &versions {
            let mut by_database = Vec::new();
            for (database, row) in rows.iter().enumerate() {
                let declared = &world.services[service].versions[version];
                let Some(built) = declared.schema[database] else {
                    by_database.push(Vec::new());
                    continue;
                };
                let contract = schemas
                    .contract(service, version, database)
                    .expect("what a version relies on");
                let built = &row[facts.last[database][built]];
                let found = row.iter().map(|catalog| {
                    let found = breaks(contract, built, catalog);
                    found
                        .iter()
                        .map(|found| {
                            let may_write = |test: &dyn Fn(usize, usize) -> bool| {
                                versions
                                    .iter()
                                    .enumerate()
                                    .filter(|(_, own)| **own != (service, version))
                                    .filter(|(_, (s, v))| test(*s, *v))
                                    .fold(0, |mask, (at, _)| mask | 1 << at)
                            };
                            let other = |s: usize, v: usize| {
                                let built = world.services[s].versions[v].schema[database]?;
                                let built = &row[facts.last[database][built]];
                                Some((schemas.contract(s, v, database)?, built))
                            };
                            let written_by = match (&found.kind, &found.element) {
                                (BreakKind::NullRead, Element::Column(relation, column)) => {
                                    Some(may_write(&|s, v| {
                                        other(s, v).is_some_and(|(own, built)| {
                                            own.may_write_null(built, relation, column)
                                        })
                                    }))
                                }
                                _ => None,
                            };
                            Failure {
                                what: format!("{} {:?}", found.element, found.kind),
                                hard: matches!(found.when, When::Always | When::Fresh),
                                written_by,
                            }
                        })
                        .collect()
                });
                by_database.push(found.collect());
            }
            facts.breaks.push(by_database);
        }
        facts
    }

    pub(super) fn place(&self, service: usize, version: usize) -> usize {
        self.starts[service] + version
    }
}
