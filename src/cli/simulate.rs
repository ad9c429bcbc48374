//! `switchback simulate`

use crate::check::Outcome;
use crate::diagnostic::{Severity, nearest};
use crate::model::{Model, Plan, Target};
use crate::report::simulation;
use crate::simulate::{Fault, Options, simulate};

use super::args::{SchemaFormat, SimulateArgs};
use super::{exit, find, output};

pub(super) fn run(args: &SimulateArgs) -> Result<u8, String> {
    let faults = faults(&args.fault)?;
    let paths: Vec<_> = args.path.iter().cloned().collect();
    let outcome = find::checked(&paths, &args.values)?;
    let Some((model, plan)) = outcome.plan(&args.plan) else {
        return Err(unknown_plan(&outcome, &args.plan));
    };
    if plan.incomplete {
        return Err(format!(
            "plan `{}` could not be read whole; `switchback check` says why",
            args.plan
        ));
    }
    let target = target(model, plan, args.target.as_deref())?;
    let options = Options {
        runs: args.runs,
        seed: args.seed,
    };
    let terminal = output::options(args.color);
    let mut text = String::new();
    let found = simulate(model, plan, target, &faults, options);
    let code = match (&found, args.format) {
        (Ok(found), SchemaFormat::Full) => {
            simulation::drawing(found, terminal, &mut text);
            exit::CLEAN
        }
        (Ok(found), SchemaFormat::Json) => {
            simulation::json(found, &mut text);
            exit::CLEAN
        }
        (Err(why), SchemaFormat::Full) => {
            simulation::refusal(&args.plan, why, terminal, &mut text);
            exit::FINDINGS
        }
        (Err(why), SchemaFormat::Json) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            simulation::refusal_json(&args.plan, &faults, why, &mut text);
            exit::FINDINGS
        }
    };
    output::print(&text);
    Ok(code)
}

/// The faults, or none for the one word `none`.
fn faults(texts: &[String]) -> Result<Vec<Fault>, String> {
    if let [only] = texts
        && only.trim() == "none"
    {
        return Ok(Vec::new());
    }
    let faults: Vec<Fault> = texts
        .iter()
        .map(|text| Fault::parse(text))
        .collect::<Result<_, _>>()?;
    for (at, fault) in faults.iter().enumerate() {
        if faults[..at]
            .iter()
            .any(|known| known.subject == fault.subject)
        {
            return Err(format!(
                "`{}` is given two faults; give one, the larger",
                fault.subject
            ));
        }
    }
    Ok(faults)
}

fn unknown_plan(outcome: &Outcome, asked: &str) -> String {
    let names = outcome.plan_names();
    let known = match (nearest(asked, names.iter().copied()), names.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "these files hold no plan".to_string(),
        (None, names) => format!("there is {}", names.join(", ")),
    };
    let errors = outcome
        .findings
        .iter()
        .any(|found| found.severity == Severity::Error);
    let hint = if errors {
        "; `switchback check` says what could not be read"
    } else {
        ""
    };
    format!("there is no plan `{asked}`; {known}{hint}")
}

/// The target that was asked for, else the plan's first.
fn target<'a>(
    model: &'a Model,
    plan: &Plan,
    asked: Option<&str>,
) -> Result<Option<&'a Target>, String> {
    let own = || {
        plan.targets
            .iter()
            .filter_map(|target| model.targets.get(target.value))
    };
    let Some(asked) = asked else {
        return Ok(own().next());
    };
    let named = model
        .targets
        .iter()
        .find(|target| target.name.value == asked);
    let of_kind = |target: &&Target| target.kind.is_some_and(|kind| kind.value.word() == asked);
    if let Some(target) = named.or_else(|| own().find(of_kind)) {
        return Ok(Some(target));
    }
    let names: Vec<&str> = model
        .targets
        .iter()
        .map(|target| target.name.value.as_str())
        .collect();
    let known = match (nearest(asked, names.iter().copied()), names.as_slice()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "these files declare none".to_string(),
        (None, names) => format!("there is {}", names.join(", ")),
    };
    Err(format!("there is no target `{asked}`; {known}"))
}
