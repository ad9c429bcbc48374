//! The one function that judges: the command line and the editor both call it.

pub mod incremental;
mod verdicts;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{
    Accepted, Class, Covered, Diagnostic, Findings, NoWayBack, PlanVerdicts, Proof, Severity,
};
use crate::emit;
use crate::measure::capacity::Capacity;
use crate::model::{
    Beside, MAX_FINDINGS, Model, Overrides, Plan, Project, TOO_LARGE, UNKNOWN_NAME, load,
    parse_set, same, twice,
};
use crate::platform;
use crate::rollout::{self, Judgement, Replayed, Rollout, Schemas, Stuck, units};
use crate::rules::{self, Context, Judged};
use crate::source::{Loader, SourceMap, Span, find_root};
use crate::units::Moment;

use verdicts::{obligations, verdict};

/// What to check.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only this environment; else the base and each environment.
    pub environment: Option<String>,
    /// Values that replace those of the base: `checkout.next.image=...`.
    pub sets: Vec<String>,
    /// Manifests that no plan names and that run beside what plans name: Services, autoscalers,
    /// disruption budgets. With them, all manifests are taken to be known.
    pub beside: Vec<PathBuf>,
    /// When plans start, for the freezes of their policies.
    pub start: Option<Moment>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every text that was read.
    pub sources: SourceMap,
    /// The plan files, one project for each root. Their sources have moved to `sources`.
    pub projects: Vec<Project>,
    /// The models of each project: the base, then each environment.
    pub models: Vec<Vec<Model>>,
    /// All findings, in no particular order.
    pub findings: Findings,
    /// The verdicts of each plan of the base, and of each environment where they differ.
    pub plans: Vec<PlanVerdicts>,
    /// What is left to a human, or to a later version of this program.
    pub obligations: Vec<(String, Span)>,
    /// Findings that somebody has accepted.
    pub accepted: Vec<Accepted>,
    /// Whether nobody wrote a plan, so that the one that was judged is derived from manifests.
    pub without_plan: bool,
}

impl Outcome {
    /// The plan of that name with its model, of the base or of the environment that was asked for.
    pub fn plan(&self, name: &str) -> Option<(&Model, &Plan)> {
        self.models
            .iter()
            .filter_map(|models| models.first())
            .find_map(|model| Some((model, model.plan(name)?)))
    }

    /// The rules that a policy forbids, or protects from being accepted: nothing makes them lighter.
    pub fn forbidden(&self) -> Vec<&'static str> {
        let policies = (self.models.iter().flatten()).flat_map(|model| &model.policies);
        let named = policies.flat_map(|policy| policy.forbids.iter().chain(&policy.never_allows));
        let rules = named.filter_map(|name| rules::find(&name.value));
        let names: std::collections::BTreeSet<_> = rules.map(|rule| rule.name).collect();
        names.into_iter().collect()
    }

    /// The names of all plans.
    pub fn plan_names(&self) -> Vec<&str> {
        let models = self.models.iter().filter_map(|models| models.first());
        models
            .flat_map(|model| model.plans.iter().map(|plan| plan.name.value.as_str()))
            .collect()
    }
}

/// Judges plan files and everything that they name. `Err` is a mistake in the options, not in a
/// plan: an environment that does not exist, a `--set` that names nothing.
pub fn check(
    loader: &dyn Loader,
    base: &Path,
    entries: &[PathBuf],
    options: &Options,
) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let mut once = Once::default();
    // files of different roots never meet
    let mut roots: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in entries {
        let folder = path.parent().unwrap_or(Path::new(""));
        roots
            .entry(find_root(loader, folder, folder).0)
            .or_default()
            .push(path.clone());
    }
    let mut known_environment = options.environment.is_none();
    let mut known_sets = vec![false; options.sets.len()];
    for paths in roots.into_values() {
        let mut project = load(loader, std::mem::take(&mut outcome.sources), base, &paths);
        for found in std::mem::take(&mut project.findings) {
            once.note(outcome.findings.len(), &found);
            outcome.findings.push(found);
        }
        let mut sets = Vec::new();
        for (number, text) in options.sets.iter().enumerate() {
            let (_, item, _) = parse_set(&mut project.sources, text)?;
            known_sets[number] |= project
                .knows(&item)
                .map_err(|why| format!("`--set {text}`: {why}"))?;
            sets.push(item);
        }
        if let Some(twice) = twice(&sets).first() {
            let path = &twice.path;
            return Err(format!("`--set {path}` is given twice; give one value"));
        }
        let environments = project.environments();
        let wanted: Vec<Option<String>> = match &options.environment {
            Some(name) if environments.contains(name) => {
                known_environment = true;
                vec![Some(name.clone())]
            }
            Some(_) => vec![None],
            None => std::iter::once(None)
                .chain(environments.into_iter().map(Some))
                .collect(),
        };
        let mut found = Findings::new();
        let beside = project.read_beside(loader, &options.beside, &mut found);
        let beside = Arc::new(Beside::new(beside));
        for found in found {
            once.push(&mut outcome.findings, found);
        }
        let mut models = Vec::new();
        let mut replayed = Replayed::default();
        let mut unused: BTreeMap<Span, (Diagnostic, usize)> = BTreeMap::new();
        for environment in wanted {
            let mut overrides = match &environment {
                Some(name) => {
                    let mut findings = Findings::new();
                    let overrides = project.environment(name, &mut findings);
                    findings
                        .into_iter()
                        .for_each(|found| once.push(&mut outcome.findings, found));
                    overrides
                }
                None => Overrides::default(),
            };
            overrides.items.extend(sets.iter().cloned());
            let (mut model, findings) = project.build(loader, &overrides);
            model.beside = Arc::clone(&beside);
            let beside = rules::service_selects_nothing(&model)
                .into_iter()
                .chain(rules::autoscaler_scales_nothing(&model))
                .chain(rules::mutable_configuration(&model));
            for found in beside {
                once.push(&mut outcome.findings, found);
            }
            if let Some(base) = models.first() {
                for found in rules::rebuilt_between_stages(base, &model) {
                    once.push(&mut outcome.findings, found);
                }
            }
            findings
                .into_iter()
                .for_each(|found| once.push(&mut outcome.findings, found));
            let shown: HashMap<PathBuf, String> = queries(&model)
                .map(|path| (path.clone(), project.shown(path)))
                .collect();
            let schemas = Schemas::read(
                &model,
                loader,
                &mut project.sources,
                &mut replayed,
                &|path| {
                    let known = shown.get(path);
                    known.map_or_else(|| path.to_string_lossy().into(), String::clone)
                },
            );
            for found in schemas.findings() {
                once.push(&mut outcome.findings, in_environment(found.clone(), &model));
            }
            judge(
                &model,
                &schemas,
                &project.sources,
                options.start,
                &mut outcome,
                &mut once,
                &mut unused,
            );
            models.push(model);
        }
        for (found, times) in unused.into_values() {
            if times == models.len() {
                once.push(&mut outcome.findings, found);
            }
        }
        outcome.sources = std::mem::take(&mut project.sources);
        outcome.projects.push(project);
        outcome.models.push(models);
    }
    if !known_environment {
        let mut names: Vec<String> = outcome
            .projects
            .iter()
            .flat_map(Project::environments)
            .collect();
        names.sort();
        names.dedup();
        let asked = options.environment.as_deref().unwrap_or_default();
        let known = if names.is_empty() {
            "none is declared".into()
        } else {
            format!("there is {}", names.join(", "))
        };
        return Err(format!("there is no environment `{asked}`; {known}"));
    }
    if let Some(number) = known_sets.iter().position(|known| !known) {
        let set = &options.sets[number];
        let asked = set.split(['.', '=']).next().unwrap_or_default();
        let services = (outcome.models.iter().filter_map(|models| models.first()))
            .flat_map(|model| model.services.iter().map(|service| &*service.name.value));
        let meant = crate::diagnostic::nearest(asked, services);
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        return Err(format!(
            "`--set {set}` names no service of these plans{meant}"
        ));
    }
    one_for_each_import(&mut outcome.findings);
    keep_readable(&mut outcome);
    Ok(outcome)
}

/// An import that is missing is one mistake, however many names of its file are used.
fn one_for_each_import(findings: &mut Findings) {
    let mut seen = HashSet::new();
    findings.retain(|found| match &found.help {
        Some(help) if found.rule == &UNKNOWN_NAME && help.starts_with("write `import ") => {
            seen.insert((found.span().file, help.clone()))
        }
        _ => true,
    });
}

/// Nobody reads more findings than this, and every view would have to show them.
fn keep_readable(outcome: &mut Outcome) {
    let findings = &mut outcome.findings;
    let unreadable = |found: &Diagnostic| found.rule.class != Class::Unreadable;
    if findings.len() <= MAX_FINDINGS {
        return;
    }
    // what decides the exit code stays
    findings.sort_by_key(|found| (unreadable(found), std::cmp::Reverse(found.severity)));
    let left_out = findings.split_off(MAX_FINDINGS);
    if let Some(first) = left_out.first() {
        let message = format!(
            "there are {} more findings, which are not shown",
            left_out.len()
        );
        let found = Diagnostic::new(&TOO_LARGE, first.span(), message)
            .severity(first.severity)
            .help("put the others right first, or check a folder with fewer plans");
        findings.push(found);
    }
}

/// Keeps out what was found before: several environments lead to the same place. A repository of
/// thousands of plans has thousands of findings, so those of one place are found by that place.
#[derive(Default)]
struct Once(HashMap<(&'static str, Span), Vec<usize>>);

impl Once {
    /// Remembers a finding that stands at `at` of the list.
    fn note(&mut self, at: usize, found: &Diagnostic) {
        let key = (found.rule.name, found.span());
        self.0.entry(key).or_default().push(at);
    }

    fn push(&mut self, findings: &mut Findings, found: Diagnostic) {
        let known = self.0.get(&(found.rule.name, found.span()));
        if known.is_some_and(|known| known.iter().any(|&at| same(&findings[at], &found))) {
            return;
        }
        self.note(findings.len(), &found);
        findings.push(found);
    }
}

/// Judges every plan of a model.
fn judge(
    model: &Model,
    schemas: &Schemas,
    sources: &SourceMap,
    start: Option<Moment>,
    outcome: &mut Outcome,
    once: &mut Once,
    unused: &mut BTreeMap<Span, (Diagnostic, usize)>,
) {
    rules::policy_names(model)
        .into_iter()
        .chain(rules::policy_examples(model, schemas, sources))
        .for_each(|found| once.push(&mut outcome.findings, found));
    // the verdicts of the base, to compare those of an environment with
    let base: HashMap<Span, usize> = match model.environment {
        Some(_) => (outcome.plans.iter().enumerate())
            .filter(|(_, plan)| plan.environment.is_none())
            .map(|(at, plan)| (plan.span, at))
            .collect(),
        None => HashMap::new(),
    };
    // what runs together is judged together; each plan is then told what concerns it
    let mut stuck: Vec<Diagnostic> = Vec::new();
    let units: Vec<(Rollout<'_>, Judgement, Capacity)> = units(model)
        .into_iter()
        .filter_map(|unit| match Rollout::new(model, unit.clone(), schemas) {
            Ok(rollout) => {
                let mut judgement = rollout::judge(&rollout, schemas);
                rollout::find_remedies(&rollout, schemas, &mut judgement);
                let capacity = Capacity::of(&rollout);
                Some((rollout, judgement, capacity))
            }
            Err(Stuck::Cycle(cycle)) => {
                stuck.extend(rules::ordering_cycle(model, &unit, &cycle));
                None
            }
            Err(Stuck::TooLarge(why)) => {
                let place = unit.plans.first().map(|&plan| model.plans[plan].name.span);
                stuck.extend(place.map(|place| Diagnostic::new(&TOO_LARGE, place, why)));
                None
            }
        })
        .collect();
    for found in stuck {
        once.push(&mut outcome.findings, in_environment(found, model));
    }
    let mut places: Vec<Option<(usize, usize)>> = vec![None; model.plans.len()];
    for (number, (rollout, ..)) in units.iter().enumerate() {
        for (place, lane) in rollout.plans.iter().enumerate() {
            places[lane.plan] = Some((number, place));
        }
    }
    for (index, plan) in model.plans.iter().enumerate() {
        let judged = places[index].map(|(unit, place)| Judged {
            rollout: &units[unit].0,
            judgement: &units[unit].1,
            capacity: &units[unit].2,
            place,
        });
        let context = Context {
            model,
            plan,
            sources,
            schemas,
            judged,
            start,
        };
        let rules::Applied {
            left: found,
            accepted,
        } = rules::apply(model, plan, sources, rules::judge(&context));
        let mut open: Vec<(Proof, String)> = Vec::new();
        let mut refuted: Vec<Proof> = Vec::new();
        if !plan.incomplete {
            for target in plan
                .targets
                .iter()
                .filter_map(|target| model.targets.get(target.value))
            {
                for found in platform::check(model, plan, target) {
                    // a gate that nobody asks sees nothing
                    if found.rule.code == platform::rules::NO_JUDGE.code {
                        refuted.push(Proof::Observed);
                    }
                    once.push(&mut outcome.findings, in_environment(found, model));
                }
                // what `build` would refuse is known now
                for found in emit::refusals(model, sources, plan, target) {
                    once.push(&mut outcome.findings, in_environment(found, model));
                }
            }
        }
        for (hazard, diagnostic) in found {
            if let Some(proof) = hazard.and_then(|hazard| hazard.refutes)
                && diagnostic.severity == Severity::Error
            {
                // what nobody knows refutes nothing, however heavy a policy makes it, and proves
                // nothing either
                match diagnostic.missing.as_slice() {
                    [] => refuted.push(proof),
                    facts => open.extend(facts.iter().map(|fact| (proof, fact.clone()))),
                }
            }
            if rules::is_unused_allow(&diagnostic) {
                let seen = unused.entry(diagnostic.span()).or_insert((diagnostic, 0));
                seen.1 += 1;
                continue;
            }
            once.push(&mut outcome.findings, in_environment(diagnostic, model));
        }
        let verdicts = PlanVerdicts {
            plan: plan.name.value.clone(),
            span: plan.name.span,
            environment: model.environment.clone(),
            verdicts: Proof::ALL
                .into_iter()
                .map(|proof| (proof, verdict(&context, proof, &refuted, &open, &accepted)))
                .collect(),
            covered: judged.map(|judged| Covered {
                lanes: judged.rollout.plans.len() + judged.rollout.databases.len(),
                states: judged.judgement.states,
                questions: judged.judgement.questions,
            }),
            no_way_back: judged.and_then(|judged| no_way_back(plan, judged)),
        };
        outcome
            .accepted
            .extend(accepted.into_iter().map(|(_, accepted)| accepted));
        // an environment whose verdicts are those of the base says nothing new
        let base = base.get(&verdicts.span).map(|&at| &outcome.plans[at]);
        if base.is_none_or(|base| base.verdicts != verdicts.verdicts) {
            outcome.plans.push(verdicts);
        }
        if !plan.incomplete {
            for (text, span) in obligations(&context) {
                // an environment says what it alone leaves open
                let known = |(other, at): &(String, Span)| *other == text && *at == span;
                if outcome.obligations.iter().any(known) {
                    continue;
                }
                let text = match &model.environment {
                    Some(name) => format!("{text}; in environment `{name}`"),
                    None => text,
                };
                outcome.obligations.push((text, span));
            }
        }
    }
}

/// Where the line of no return of a plan belongs.
fn no_way_back(plan: &Plan, judged: Judged<'_>) -> Option<NoWayBack> {
    let line = judged.judgement.line.get(judged.place)?.as_ref()?;
    Some(NoWayBack {
        step: plan.steps.get(line.step)?.name.span,
        why: line.why.clone(),
    })
}

/// The files of queries that versions name.
fn queries(model: &Model) -> impl Iterator<Item = &PathBuf> {
    let versions = model.services.iter().flat_map(|service| &service.versions);
    versions.flat_map(|version| &version.queries)
}

/// A finding that only an environment has says so.
fn in_environment(mut found: Diagnostic, model: &Model) -> Diagnostic {
    match (&model.environment, found.note.take()) {
        (Some(name), None) => found.note(format!("in environment `{name}`")),
        (Some(name), Some(note)) => found.note(format!("{note}; in environment `{name}`")),
        (None, note) => Diagnostic { note, ..found },
    }
}
