//! The same walk as a workflow of GitHub Actions: one job for each leg, each running one act of
//! `pipeline.sh`, and one that goes back when any of them fails, is stopped or is not approved.
//!
//! Texts of a plan stand in comments, in names of environments and nowhere else, and what GitHub would
//! read as an expression is refused.

use std::fmt::Write as _;

use super::pipeline::LegFile;
use super::shell::quote;
use super::yaml::one_line;
use super::{Job, stages};

/// Minutes that a job has beside its hold: to start, to apply, and for a provider that is away.
const SPARE: u64 = 30;
/// GitHub's own machines end a job after six hours.
const HOSTED: u64 = 360;

/// Writes `github-actions.yml`.
pub(super) fn emit(job: &mut Job<'_>, legs: &[LegFile<'_>]) {
    let plan = job.plan;
    let mut out = String::new();
    for line in job.head("the walk of pipeline.sh as a workflow of GitHub Actions") {
        comment(&mut out, &line);
    }
    comment(
        &mut out,
        "Put it into .github/workflows. The runner needs switchback, switchback-judge and the platform's own command.",
    );
    comment(
        &mut out,
        "The variable SWITCHBACK_RUNNER of the repository names another runner than GitHub's.",
    );
    let name = scalar(&plan.name.value);
    let _ = write!(
        out,
        r#"name: roll {name}
on:
  workflow_dispatch:
    inputs:
      project:
        description: the folder of the plan
        default: .
        required: true
permissions:
  contents: read
# a walk is never stopped half-way by the next one
concurrency:
  group: switchback-{name}
  cancel-in-progress: false
env:
  PROJECT: ${{{{ inputs.project }}}}
"#
    );
    let secrets = secrets(job);
    let build = format!(
        "switchback build \"$PROJECT\" --plan {} --target {} --out \"$RUNNER_TEMP/build\"",
        quote(&plan.name.value),
        quote(&job.target.name.value)
    );
    let steps = |out: &mut String, act: &str| {
        out.push_str("    steps:\n      - uses: actions/checkout@v4\n");
        let _ = writeln!(out, "      - run: {}", yaml_text(&build));
        let run = format!("sh \"$RUNNER_TEMP/build/pipeline.sh\" {act} \"$PROJECT\"");
        let _ = writeln!(out, "      - run: {}", yaml_text(&run));
        if !secrets.is_empty() {
            out.push_str("        env:\n");
            for secret in &secrets {
                let _ = writeln!(out, "          {secret}: ${{{{ secrets.{secret} }}}}");
            }
        }
    };
    const RUNNER: &str = "    runs-on: ${{ vars.SWITCHBACK_RUNNER || 'ubuntu-latest' }}\n";
    out.push_str("jobs:\n  start:\n");
    out.push_str(RUNNER);
    let _ = writeln!(out, "    timeout-minutes: {SPARE}");
    steps(&mut out, "--start");
    let mut all = vec!["start".to_string()];
    let mut long = false;
    for leg in legs {
        let Some(step) = plan.steps.get(leg.leg.step) else {
            continue;
        };
        let id = format!("leg-{}", leg.number);
        comment(&mut out, &job.places.says(leg.leg.span));
        let before = all.last().map_or("start", String::as_str);
        let _ = write!(out, "  {id}:\n    needs: {before}\n{RUNNER}");
        let minutes = leg.leg.hold.secs().div_ceil(60).saturating_add(SPARE);
        long |= minutes > HOSTED;
        let _ = writeln!(out, "    timeout-minutes: {minutes}");
        if leg.leg.number == 0
            && let Some(approval) = &step.approval
        {
            let team = &approval.team.value;
            let plain = |c: char| c.is_alphanumeric() || " -_.".contains(c);
            // what is no name of an environment is turned into one
            let team = match team.chars().all(plain) {
                true => team.clone(),
                false => scalar(team),
            };
            // whoever may approve is set in the environment
            let _ = writeln!(out, "    environment: {}", yaml_text(&team));
        }
        let judged = stages::watched(job, step);
        if !judged.is_empty() {
            comment(&mut out, &format!("judged by {judged}"));
        }
        steps(&mut out, &format!("--leg {}", leg.number));
        all.push(id);
    }
    let _ = write!(
        out,
        "  back:\n    needs: [{}]\n    if: ${{{{ failure() || cancelled() }}}}\n{RUNNER}    timeout-minutes: {SPARE}\n",
        all.join(", ")
    );
    steps(&mut out, "--back");
    if long {
        job.output.note("github-actions.yml: a leg holds longer than the six hours that GitHub's own runners give a job; name one of yours in the variable SWITCHBACK_RUNNER");
    }
    job.output.add("github-actions.yml", out);
}

/// The names under which the providers' tokens are asked for.
fn secrets(job: &Job<'_>) -> Vec<String> {
    let providers = job.model.providers.iter();
    let named = providers.filter_map(|provider| provider.secret.as_ref());
    let mut names: Vec<String> = named.map(|secret| variable_of(&secret.value)).collect();
    names.sort();
    names.dedup();
    names.retain(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    names
}

/// The environment variable of a secret: `prometheus-token` as `PROMETHEUS_TOKEN`.
pub fn variable_of(secret: &str) -> String {
    let letter = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    };
    secret.chars().map(letter).collect()
}

/// A name as letters that mean nothing to YAML or GitHub.
fn scalar(name: &str) -> String {
    super::names::label([name])
}

/// A text in single quotes, on one line.
fn yaml_text(text: &str) -> String {
    format!("'{}'", one_line(text).replace('\'', "''"))
}

fn comment(out: &mut String, text: &str) {
    // GitHub reads no expressions in comments, and nothing here looks like one
    let _ = writeln!(out, "# {}", one_line(text).replace("${{", "$ {{"));
}
