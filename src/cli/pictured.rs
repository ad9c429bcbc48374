//! The plan or the release that a picture is asked for.

use std::path::PathBuf;

use crate::check::Outcome;
use crate::diagnostic::{Class, Severity, nearest};
use crate::model::{Model, Plan, Release};
use crate::picture::Picture;
use crate::report;

use super::args::{Color, ValueArgs};
use super::{check, exit, find, output};

/// A picture, and the check that it comes from.
pub(super) struct Pictured {
    pub outcome: Outcome,
    pub picture: Picture,
    /// The names of its plans, as they are written.
    pub names: Vec<String>,
}

/// What there is to draw of the plan of that name, else of the release, with the names of the plans.
pub(super) fn of(outcome: &Outcome, name: &str) -> Option<(Picture, Vec<String>)> {
    if let Some((model, plan)) = outcome.plan(name) {
        let picture = Picture::of_plan(model, plan);
        return Some((picture, vec![plan.name.value.clone()]));
    }
    let (model, release) = release(outcome, name)?;
    let picture = Picture::of_release(model, release);
    let plans = release.plans.iter();
    let plans = plans.filter_map(|plan| model.plans.get(plan.plan.value));
    let mut names: Vec<String> = Vec::new();
    for plan in plans {
        if !names.contains(&plan.name.value) {
            names.push(plan.name.value.clone());
        }
    }
    Some((picture, names))
}

/// Checks the files and finds the plan of that name, else the release.
pub(super) fn find(
    name: &str,
    path: Option<&PathBuf>,
    values: &ValueArgs,
    color: Color,
) -> Result<Pictured, String> {
    let paths: Vec<PathBuf> = path.into_iter().cloned().collect();
    let mut outcome = find::checked(&paths, values)?;
    if let Some((picture, names)) = of(&outcome, name) {
        return Ok(Pictured {
            outcome,
            picture,
            names,
        });
    }
    let mut names = outcome.plan_names();
    names.extend(releases(&outcome).map(|(_, release)| release.name.value.as_str()));
    let meant = nearest(name, names.iter().copied());
    let known = match (meant, names.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "these files hold no plan".to_string(),
        (None, names) => format!("there is {}", names.join(", ")),
    };
    let mut findings = outcome.findings.iter();
    // a plan that could not be read is missing because of what is wrong with it
    if findings.any(|found| found.severity == Severity::Error) {
        let mut text = String::new();
        check::render(&mut outcome, report::FailOn::Error, |report| {
            report::full_findings(report, output::options(color), &mut text);
        });
        output::print(&text);
    }
    Err(format!("there is no plan `{name}`; {known}"))
}

/// The releases of the base, or of the environment that was asked for.
fn releases(outcome: &Outcome) -> impl Iterator<Item = (&Model, &Release)> {
    let models = outcome.models.iter().filter_map(|models| models.first());
    models.flat_map(|model| model.releases.iter().map(move |release| (model, release)))
}

fn release<'a>(outcome: &'a Outcome, name: &str) -> Option<(&'a Model, &'a Release)> {
    releases(outcome).find(|(_, release)| release.name.value == name)
}

impl Pictured {
    /// The plans of the picture, each with its model.
    pub(super) fn plans(&self) -> Vec<(&Model, &Plan)> {
        plans(&self.outcome.models, &self.names)
    }

    /// The exit code, and a word where the picture is not whole.
    pub(super) fn exit(&self) -> u8 {
        let mut findings = self.outcome.findings.iter();
        let unreadable = findings.any(|found| found.rule.class == Class::Unreadable);
        if unreadable || self.picture.plans.iter().any(|plan| plan.incomplete) {
            output::note("this plan could not be read whole; `switchback check` says why");
            return exit::FINDINGS;
        }
        exit::CLEAN
    }
}

/// The plans of those names, of the base or of the environment that was asked for.
pub(super) fn plans<'a>(models: &'a [Vec<Model>], names: &[String]) -> Vec<(&'a Model, &'a Plan)> {
    let find = |name: &String| {
        let mut models = models.iter().filter_map(|models| models.first());
        models.find_map(|model| Some((model, model.plan(name)?)))
    };
    names.iter().filter_map(find).collect()
}
