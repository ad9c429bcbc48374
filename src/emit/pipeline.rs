//! The pipeline of `gates by pipeline`: a POSIX shell program that walks the legs, asks the gates
//! between them, and goes back when one does not pass or when it is stopped.

use std::fmt::Write as _;

use crate::model::Leg;

use super::Job;
use super::shell::quote;
use super::yaml::one_line;
use super::{EmittedFile, stages};

const FUNCTIONS: &str = r#"
need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "this pipeline needs $1, and it is not installed; nothing was changed" >&2
  exit 2
}

# Who passes this point has the judge: a gate that nobody asks would always pass.
need_judge() {
  switchback judge --help >/dev/null 2>&1 && return
  echo "this version of switchback has no command judge; nothing was changed" >&2
  exit 2
}
"#;

/// One leg that moves traffic.
pub struct LegFile<'a> {
    /// Which leg of the plan, from 1, as `switchback judge` counts them.
    pub number: usize,
    /// The leg.
    pub leg: &'a Leg,
    /// The file or folder that makes it so.
    pub path: String,
}

/// How a platform is told.
pub struct Means {
    /// The program without which nothing can be started.
    pub needs: &'static str,
    /// A command of the shell that applies what its last argument names.
    pub apply: String,
    /// A command that fails when nothing may be started yet.
    pub ready: String,
    /// What is said then.
    pub not_ready: &'static str,
    /// What stands before the first leg.
    pub start: String,
    /// What leads back.
    pub back: String,
    /// The command that leads back, for a person.
    pub back_by_hand: String,
}

/// Writes `pipeline.sh`.
pub fn emit(job: &mut Job<'_>, means: &Means, legs: &[LegFile<'_>]) {
    let plan = job.plan;
    let walked = plan
        .steps
        .get(job.walk.first..job.walk.end)
        .unwrap_or_default();
    for step in walked {
        for edge in &step.edges {
            if edge.then != crate::model::Then::Rollback {
                job.not_yet(edge.span, "this edge in a pipeline");
            }
        }
        for after in &step.after {
            job.not_yet(after.span, "`after` in a pipeline");
        }
        if let Some(limit) = step.approval.as_ref().and_then(|approval| approval.limit) {
            job.not_yet(limit.span, "the limit of an approval in a pipeline");
        }
        for run in step.runs.iter().filter(|run| run.command.is_none()) {
            job.not_yet(run.span, "a job of an image in a pipeline");
        }
    }
    for after in &plan.after {
        job.not_yet(after.span, "`after` in a pipeline");
    }
    for rollback in plan
        .rollbacks
        .iter()
        .filter(|rollback| !rollback.body.is_empty())
    {
        job.not_yet(rollback.span, "a body of `rollback` in a pipeline");
    }
    let mut out = String::from("#!/bin/sh\n");
    for line in job.head("walks the legs, and goes back when a gate does not pass") {
        comment(&mut out, &line);
    }
    comment(
        &mut out,
        "usage: pipeline.sh [PROJECT], the folder of the plan; default: this one",
    );
    comment(
        &mut out,
        "exit: 0 all legs passed; 1 went back; 2 not started; 3 could not go back",
    );
    comment(
        &mut out,
        "The gates are asked by the command switchback judge. Where that is missing, it does not start.",
    );
    out.push_str("set -eu\n");
    let _ = writeln!(
        out,
        "here=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)"
    );
    let _ = writeln!(out, "project=${{1:-.}}");
    let _ = writeln!(out, "plan={}", quote(&plan.name.value));
    let _ = writeln!(out, "target={}", quote(&job.target.name.value));
    out.push_str(FUNCTIONS);
    let _ = write!(
        out,
        r#"
apply() {{
  echo "-> $1"
  {apply} "$here/$1"
}}

go_back() {{
  trap - EXIT HUP INT TERM
  echo "going back: $1" >&2
  apply {back} || {{
    echo "could not go back; run: "{by_hand} >&2
    exit 3
  }}
  exit 1
}}

# Stays for the hold of a leg and asks its gates meanwhile.
judge() {{
  switchback judge "$plan" --leg "$1" --target "$target" "$project" || go_back "leg $1 did not pass"
}}

stay() {{
  sleep "$1"
}}

approve() {{
  printf '%s: go on? Write yes: ' "$1"
  answer=
  read -r answer || true
  [ "$answer" = yes ] || go_back "$1 did not say yes"
}}

need {needs}
need switchback
need_judge
{ready} >/dev/null || {{
  echo {not_ready} >&2
  exit 2
}}

trap 'go_back "stopped"' HUP INT TERM
trap 'go_back "a command failed"' EXIT
apply {start}
"#,
        apply = means.apply,
        back = quote(&means.back),
        by_hand = quote(&means.back_by_hand),
        needs = means.needs,
        ready = means.ready,
        not_ready = quoted(means.not_ready),
        start = quote(&means.start),
    );
    for leg in legs {
        let Some(step) = plan.steps.get(leg.leg.step) else {
            continue;
        };
        out.push('\n');
        comment(&mut out, &job.places.says(leg.leg.span));
        if leg.leg.number == 0
            && let Some(approval) = &step.approval
        {
            let _ = writeln!(out, "approve {}", quote(&approval.team.value));
        }
        let _ = writeln!(out, "apply {}", quote(&leg.path));
        for run in &step.runs {
            if let Some(command) = &run.command {
                comment(&mut out, &job.places.says(run.span));
                let tries = run
                    .retries
                    .map_or(0, |retries| retries.value)
                    .saturating_add(1);
                let failed = format!("{} failed", run.name.value);
                let _ = writeln!(
                    out,
                    "tries=0; until sh -c {}; do tries=$((tries + 1)); [ \"$tries\" -lt {tries} ] || go_back {}; done",
                    quote(&command.value),
                    quote(&failed),
                );
            }
        }
        if !stages::watched(job, step).is_empty() {
            let _ = writeln!(
                out,
                "judge {} # {}",
                leg.number,
                one_line(&stages::watched(job, step))
            );
        } else if leg.leg.hold.secs() > 0 {
            let _ = writeln!(out, "stay {}", leg.leg.hold.secs());
        }
    }
    out.push_str("\ntrap - EXIT HUP INT TERM\necho done\n");
    job.output.files.push(EmittedFile {
        path: "pipeline.sh".into(),
        text: out,
        executable: true,
    });
}

/// Our own words in the quotes of the shell.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn comment(out: &mut String, text: &str) {
    let _ = writeln!(out, "# {}", one_line(text));
}
