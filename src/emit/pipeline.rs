//! The pipeline of `gates by pipeline`: a POSIX shell program that walks the legs, asks the gates
//! between them, and goes back when one does not pass or when it is stopped.

use std::fmt::Write as _;

use crate::model::{Leg, Then};

use super::Job;
use super::names::label;
use super::query::uncountable;
use super::shell::quote;
use super::yaml::one_line;
use super::{EmittedFile, github, stages};

const FUNCTIONS: &str = r#"
need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "this pipeline needs $1, and it is not installed; nothing was changed" >&2
  exit 2
}

# Who passes this point has the judge: a gate that nobody asks would always pass.
need_judge() {
  switchback judge --help >/dev/null 2>&1 && return
  echo "the command switchback judge does not start; switchback-judge belongs beside it. Nothing was changed" >&2
  exit 2
}

# Everything that the gates of a leg need is there: their facts, their token.
can_judge() {
  switchback judge "$plan" --leg "$1" --target "$target" --dry-run "$project" && return
  echo "leg $1 cannot be judged; nothing was changed" >&2
  exit 2
}

# One pipeline at a time. The lock of one that was killed is taken over.
lock() {
  mkdir -p "$states"
  if ! mkdir "$state.lock" 2>/dev/null; then
    other=$(cat "$state.lock/pid" 2>/dev/null) || other=
    if [ -n "$other" ] && kill -0 "$other" 2>/dev/null; then
      echo "another pipeline of this plan is running, process $other; to take it back: kill $other" >&2
      exit 2
    fi
  fi
  echo $$ >"$state.lock/pid"
}

unlock() {
  rm -f "$state.lock/pid"
  rmdir "$state.lock" 2>/dev/null || :
}

# The leg under way, when it had been applied (seconds since 1970; 0: not known to be), and the build.
save() {
  printf '%s %s %s\n' "$1" "$2" "$build" >"$state.new"
  mv "$state.new" "$state"
}

finish() {
  trap - EXIT HUP INT TERM
  [ "$command" = leg ] || rm -f "$state"
  unlock
}

# Stays in the foreground, and hears a signal at once.
attend() {
  "$@" &
  child=$!
  code=0
  wait "$child" || code=$?
  child=
  return "$code"
}

# Applies a leg, unless a pipeline that was stopped had applied it.
move() {
  if [ "$1" = "$leg" ] && [ "$changed" -gt 0 ]; then
    echo "leg $1 stands since $changed (seconds since 1970)"
    return 0
  fi
  leg=$1
  changed=0
  save "$leg" "$changed"
  apply "$2"
  changed=$(date +%s)
  save "$leg" "$changed"
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
            // what is passed over as undecided, the judge passes
            if !matches!(edge.then, Then::Rollback | Then::Continue) {
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
    for index in walked.iter().flat_map(|step| plan.watched(step)) {
        let Some(gate) = job.model.gates.get(index) else {
            continue;
        };
        if let (Some(fact), Some(expect)) = (uncountable(gate), &gate.expect) {
            let help = format!("write {fact}");
            job.refuse(expect.span, "`switchback judge` cannot compare this", &help);
        }
    }
    let mut out = String::from("#!/bin/sh\n");
    for line in job.head("walks the legs, and goes back when a gate does not pass") {
        comment(&mut out, &line);
    }
    for line in [
        "usage: pipeline.sh [PROJECT]          walks, or goes on where a walk was stopped",
        "       pipeline.sh --back [PROJECT]   goes back from wherever it is",
        "       pipeline.sh --status [PROJECT] says where it is",
        "       pipeline.sh --start [PROJECT], --leg NUMBER [PROJECT]: one act, for a workflow of jobs",
        "PROJECT is the folder of the plan; default: this one.",
        "exit: 0 all legs passed; 1 went back; 2 not started; 3 could not go back",
        "The gates are asked by the command switchback judge. Where that is missing, it does not start.",
        "Where it is stands in a file in the folder SWITCHBACK_STATE; default: .switchback in PROJECT.",
        "A run command of a leg that was stopped is run again.",
    ] {
        comment(&mut out, line);
    }
    out.push_str("set -eu\n");
    let _ = writeln!(
        out,
        "here=$(CDPATH='' cd -- \"$(dirname -- \"$0\")\" && pwd)"
    );
    let state = label([&*plan.name.value, &*job.target.name.value]);
    let _ = writeln!(
        out,
        r#"command=walk
wanted=
case "${{1-}}" in
--back | --status | --start)
  command=${{1#--}}
  shift
  ;;
--leg)
  command=leg
  wanted=${{2-}}
  shift
  [ $# -eq 0 ] || shift
  ;;
-*)
  echo "there is no option $1; see the head of this file" >&2
  exit 2
  ;;
esac
project=${{1:-.}}
plan={}
target={}
states=${{SWITCHBACK_STATE:-"$project/.switchback"}}
state=$states/{}
build=$(cksum <"$here/pipeline.sh" | tr ' ' -)
leg=0
changed=0
child="#,
        quote(&plan.name.value),
        quote(&job.target.name.value),
        quote(&state),
    );
    out.push_str(FUNCTIONS);
    let _ = write!(
        out,
        r#"
apply() {{
  echo "-> $1"
  {apply} "$here/$1"
}}

go_back() {{
  trap - EXIT
  # a second signal does not stop the way back
  trap '' HUP INT TERM
  [ -z "$child" ] || kill "$child" 2>/dev/null || :
  if [ "$command" = leg ] || [ "$command" = start ]; then
    echo "$1; the job that goes back follows" >&2
    finish
    exit 1
  fi
  echo "going back: $1" >&2
  apply {back} || {{
    echo "could not go back; run: "{by_hand} >&2
    unlock
    exit 3
  }}
  finish
  exit 1
}}

# Stays for the hold of a leg and asks its gates meanwhile.
judge() {{
  attend switchback judge "$plan" --leg "$1" --target "$target" --since "$changed" "$project" || go_back "leg $1 did not pass"
}}

# Stays for so many seconds from the change on.
stay() {{
  left=$(($1 - $(date +%s) + changed))
  [ "$left" -le 0 ] || attend sleep "$left"
}}

approve() {{
  [ "$command" = walk ] || return 0
  [ "$1" != "$leg" ] || return 0
  printf '%s: go on? Write yes: ' "$2"
  answer=
  read -r answer || true
  [ "$answer" = yes ] || go_back "$2 did not say yes"
}}
"#,
        apply = means.apply,
        back = quote(&means.back),
        by_hand = quote(&means.back_by_hand),
    );
    let mut walked = Vec::new();
    for leg in legs {
        let Some(step) = plan.steps.get(leg.leg.step) else {
            continue;
        };
        out.push('\n');
        comment(&mut out, &job.places.says(leg.leg.span));
        let number = leg.number;
        let _ = writeln!(out, "leg_{number}() {{");
        walked.push((number, !stages::watched(job, step).is_empty()));
        if leg.leg.number == 0
            && let Some(approval) = &step.approval
        {
            let _ = writeln!(out, "  approve {number} {}", quote(&approval.team.value));
        }
        let _ = writeln!(out, "  move {number} {}", quote(&leg.path));
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
                    "  tries=0; until attend sh -c {}; do tries=$((tries + 1)); [ \"$tries\" -lt {tries} ] || go_back {}; done",
                    quote(&command.value),
                    quote(&failed),
                );
            }
        }
        if !stages::watched(job, step).is_empty() {
            let _ = writeln!(
                out,
                "  judge {number} # {}",
                one_line(&stages::watched(job, step))
            );
        } else if leg.leg.hold.secs() > 0 {
            let _ = writeln!(out, "  stay {}", leg.leg.hold.secs());
        }
        out.push_str("}\n");
    }
    let numbers: Vec<String> = walked
        .iter()
        .map(|(number, _)| number.to_string())
        .collect();
    let numbers = numbers.join(" ");
    let judged: String = walked
        .iter()
        .filter(|(_, judged)| *judged)
        .map(|(number, _)| format!("can_judge {number}\n"))
        .collect();
    let _ = write!(
        out,
        r#"
if [ -f "$state" ]; then
  read -r leg changed known <"$state" || :
  case $leg$changed in
  '' | *[!0-9]*)
    echo "$state holds no state of this pipeline; remove it where nothing has been applied, else go back with --back" >&2
    leg=0
    known=
    ;;
  esac
else
  leg=0
  changed=0
  known=$build
fi
if [ "$command" = status ]; then
  if [ -f "$state" ]; then echo "at leg $leg, applied at $changed (seconds since 1970; 0: not finished)"; else echo "not under way"; fi
  exit 0
fi
need {needs}
if [ "$command" = back ]; then
  lock
  go_back "asked to"
fi
if [ "$known" != "$build" ]; then
  echo "another build of this plan is under way; go back first: pipeline.sh --back" >&2
  exit 2
fi
need switchback
need_judge
{ready} >/dev/null || {{
  echo {not_ready} >&2
  exit 2
}}
if [ "$command" = leg ]; then
  legs=" {numbers} "
  case $legs in
  *" $wanted "*) ;;
  *)
    echo "there is no leg $wanted; there is {numbers}" >&2
    exit 2
    ;;
  esac
else
{judged}fi
lock
trap 'go_back "stopped"' HUP INT TERM
trap 'go_back "a command failed"' EXIT
case $command in
leg)
  leg=0
  changed=0
  "leg_$wanted"
  rm -f "$state"
  finish
  exit 0
  ;;
*)
  if [ "$leg" -eq 0 ]; then
    save 0 0
    apply {start}
  else
    echo "going on at leg $leg"
  fi
  ;;
esac
if [ "$command" = start ]; then
  finish
  exit 0
fi
first=$leg
for number in {numbers}; do
  [ "$number" -lt "$first" ] || "leg_$number"
done
finish
echo 'all legs are done'
"#,
        needs = means.needs,
        ready = means.ready,
        not_ready = quoted(means.not_ready),
        start = quote(&means.start),
        judged = judged
            .lines()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
            + "  :\n",
    );
    github::emit(job, legs);
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
