//! A folder without a plan. Its manifests and migrations describe a rollout by themselves: a
//! Deployment's rolling update, a Rollout's or a Canary's steps, the newest migration against the
//! version that still runs. That rollout is written down as a plan and judged like any other, so that
//! there is one set of rules; what is found is then shown where the manifests say so.

mod place;
mod steps;
mod survey;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::check::{self, Options, Outcome};
use crate::diagnostic::Findings;
use crate::schema;
use crate::source::{Loader, NO_PLAN, OverlayLoader};

pub use survey::{ENDINGS, Survey, survey};

/// What is checked where there is no plan.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The folder that everything lies below.
    pub folder: PathBuf,
    /// Migrations whose files are among these are new; `None` takes the newest of each folder.
    pub added: Option<BTreeSet<PathBuf>>,
    /// What manifests said before they were changed, as far as that is known.
    pub before: BTreeMap<PathBuf, String>,
}

/// Judges the rollout that the manifests and migrations of `survey` describe by themselves. `base` is
/// the folder that shown paths are relative to. `Err` is a mistake in `options`.
pub fn check(
    loader: &dyn Loader,
    base: &Path,
    scope: &Scope,
    survey: &Survey,
    options: &Options,
) -> Result<Outcome, String> {
    let derived = write::plan(scope, survey);
    let options = Options {
        beside: (survey.files().into_iter())
            .filter(|(_, patch)| !patch)
            .map(|(file, _)| file.path.clone())
            .collect(),
        ..options.clone()
    };
    let path = scope.folder.join(NO_PLAN);
    let over = OverlayLoader::new(loader).with(path.clone(), derived.text.clone());
    let mut outcome = check::check(&over, base, std::slice::from_ref(&path), &options)?;
    not_run(&mut outcome, &derived);
    place::move_home(&mut outcome, &path, &derived, loader);
    outcome.without_plan = true;
    Ok(outcome)
}

/// New migrations with none before them make no rollout: nothing runs that they could break. That they
/// can be read is judged all the same.
fn not_run(outcome: &mut Outcome, derived: &write::Derived) {
    let models = outcome.models.iter().flatten();
    let databases = models.flat_map(|model| &model.databases);
    let mut found = Findings::new();
    for database in databases {
        let first = derived.not_run.get(&database.name.value);
        let (Some(&first), Some((_, folder))) = (first, &database.migrations) else {
            continue;
        };
        let engine = database.engine.map(|engine| engine.value);
        for migration in folder.migrations.iter().skip(first) {
            found.extend(schema::understood(&outcome.sources, migration, engine));
        }
    }
    outcome.findings.extend(found);
}

/// The plan that [`check`] judges, for people who want to see it.
pub fn plan(scope: &Scope, survey: &Survey) -> String {
    write::plan(scope, survey).text
}
