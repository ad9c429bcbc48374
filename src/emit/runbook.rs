//! The runbook: what is done forward and backward at every step, short.

use super::Job;
use super::shell::quote;
use super::yaml::one_line;

/// One act of the rollout.
#[derive(Clone, Debug, Default)]
pub struct Act {
    /// What it is: `canary: weight 5%, hold 30m`.
    pub title: String,
    /// Where the plan says so.
    pub place: String,
    /// Commands that do it.
    pub forward: Vec<String>,
    /// Commands that take it back.
    pub backward: Vec<String>,
    /// Something in it has no command.
    pub by_hand: bool,
    /// What to know.
    pub notes: Vec<String>,
}

/// A command with its words quoted.
pub fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// The runbook of a build.
pub fn write(job: &Job<'_>) -> String {
    let mut out = String::new();
    let plan = &job.plan.name;
    line(&mut out, &format!("# {}", prose(&plan.value)));
    line(&mut out, "");
    line(
        &mut out,
        &format!(
            "Rolls {} from {} to {} on target {}. Made from {}; change the plan, not this file.",
            prose(&job.service.name.value),
            prose(&job.roll.from_id.value),
            prose(&job.roll.to_id.value),
            prose(&job.target.name.value),
            prose(&job.places.at(plan.span)),
        ),
    );
    if !job.output.notes.is_empty() {
        line(&mut out, "\n## To know first\n");
        for note in &job.output.notes {
            line(&mut out, &format!("- {}", prose(note)));
        }
    }
    for (number, act) in job.acts.iter().enumerate() {
        line(
            &mut out,
            &format!(
                "\n## {}. {} ({})\n",
                number + 1,
                prose(&act.title),
                prose(&act.place)
            ),
        );
        for note in &act.notes {
            line(&mut out, &format!("- {}", prose(note)));
        }
        if !act.notes.is_empty() {
            line(&mut out, "");
        }
        let idle = if act.by_hand {
            "by hand, as said above"
        } else {
            "nothing to do"
        };
        commands(&mut out, "Forward", &act.forward, idle);
        commands(&mut out, "Backward", &act.backward, "nothing to do");
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn commands(out: &mut String, title: &str, commands: &[String], idle: &str) {
    if commands.is_empty() {
        line(out, &format!("{title}: {idle}.\n"));
        return;
    }
    let text = commands.join("\n");
    // a fence that nothing inside can close
    let mut fence = "```".to_string();
    while text.contains(&fence) {
        fence.push('`');
    }
    line(out, &format!("{title}:\n\n{fence}sh\n{text}\n{fence}\n"));
}

/// Text of a plan in Markdown: one line, with what has a meaning there taken away from it.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        if matches!(
            c,
            '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '\\' | '!' | '&' | '~'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
