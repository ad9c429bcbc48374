//! The end of the view for people: what is proved, what is left to do, and one line that counts.

use std::collections::{HashMap, HashSet};

use super::paint::{Brush, Ink};
use super::place::Places;
use super::visible::{self, columns, pad, wrap};
use super::{Report, Tally};
use crate::diagnostic::{PlanVerdicts, Proof, Reason, Verdict};

/// Appends the verdicts of all plans, the obligations, and the line that counts.
pub(super) fn summary(report: &Report, places: &mut Places, brush: Brush, out: &mut String) {
    if !report.plans.is_empty() {
        verdicts(report.plans, brush, out);
        out.push('\n');
    }
    if !report.obligations.is_empty() {
        out.push_str(&brush.paint(Ink::Strong, "left to you:"));
        out.push('\n');
        for obligation in report.obligations {
            let point = places.start(obligation.span);
            let name = visible::line(&places.file(obligation.span).name, brush.unicode);
            let place = format!("({name}:{}:{})", point.line, point.column);
            let text = visible::line(&obligation.text, brush.unicode);
            item(brush.sign("•", "*"), Ink::Advice, &text, &place, brush, out);
        }
        out.push('\n');
    }
    out.push_str(&counts(report, brush));
    out.push('\n');
}

/// One thing to do or to declare, with what it belongs to in a paler colour behind it.
fn item(sign: &str, ink: Ink, text: &str, origin: &str, brush: Brush, out: &mut String) {
    let mut lines = wrap(&format!("{text} {origin}"), brush.width - 4);
    if let Some(last) = lines.last_mut()
        && let Some(before) = last.strip_suffix(origin)
    {
        *last = format!("{before}{}", brush.paint(Ink::Faint, origin));
    }
    for (index, line) in lines.iter().enumerate() {
        let lead = if index == 0 {
            brush.paint(ink, sign)
        } else {
            " ".into()
        };
        out.push_str(&format!("  {lead} {line}\n"));
    }
}

/// The table of proofs, and below it what has to be declared where a verdict is unknown.
fn verdicts(plans: &[PlanVerdicts], brush: Brush, out: &mut String) {
    let names: Vec<String> = plans.iter().map(|plan| plan_name(plan, brush)).collect();
    let widest = names
        .iter()
        .map(|name| columns(name))
        .max()
        .unwrap_or(0)
        .max("plan".len());
    let cell = Proof::ALL
        .iter()
        .map(|proof| proof.word().len())
        .max()
        .unwrap_or(0)
        .max("- not checked".len());
    let states = plans.iter().any(|plan| plan.covered.is_some());
    let last = if states { 8 } else { 0 };
    if widest + (cell + 2) * Proof::ALL.len() + last <= brush.width {
        wide(plans, &names, (widest, cell, states), brush, out);
    } else {
        narrow(plans, &names, brush, out);
    }
    let missing = |reason: &Reason| matches!(reason, Reason::Missing(_));
    reasons(plans, &names, (MISSING, &missing), brush, out);
    let accepted = |reason: &Reason| matches!(reason, Reason::Accepted(_));
    reasons(plans, &names, (ACCEPTED, &accepted), brush, out);
}

const MISSING: &str = "unknown until you declare:";
const ACCEPTED: &str = "unknown, because it is accepted:";

/// What several plans lack, or accept, in the order in which it is met first.
struct Shared<'a> {
    text: &'a str,
    proofs: Vec<&'static str>,
    /// The plans, each once for each place of that name.
    plans: Vec<&'a str>,
}

/// Why verdicts are unknown: the reasons of one kind, under their title.
///
/// One fact may be missing for several proofs and for several plans: it is said once.
fn reasons(
    plans: &[PlanVerdicts],
    names: &[String],
    (title, wanted): (&str, &dyn Fn(&Reason) -> bool),
    brush: Brush,
    out: &mut String,
) {
    let mut facts: Vec<Shared> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (plan, name) in plans.iter().zip(names) {
        let mut of_this_plan: HashSet<usize> = HashSet::new();
        for (proof, verdict) in &plan.verdicts {
            let Verdict::Unknown(reasons) = verdict else {
                continue;
            };
            for reason in reasons.iter().filter(|reason| wanted(reason)) {
                let text = reason.text();
                let at = *known.entry(text).or_insert_with(|| {
                    facts.push(Shared {
                        text,
                        proofs: Vec::new(),
                        plans: Vec::new(),
                    });
                    facts.len() - 1
                });
                // one proof may lack a fact at several places
                if !facts[at].proofs.contains(&proof.word()) {
                    facts[at].proofs.push(proof.word());
                }
                if of_this_plan.insert(at) {
                    facts[at].plans.push(name);
                }
            }
        }
    }
    if facts.is_empty() {
        return;
    }
    out.push('\n');
    out.push_str(&brush.paint(Ink::Strong, title));
    out.push('\n');
    for fact in facts {
        let proofs: Vec<&str> = (Proof::ALL.iter().map(|proof| proof.word()))
            .filter(|word| fact.proofs.contains(word))
            .collect();
        let text = visible::line(fact.text, brush.unicode);
        let origin = format!("({}, {})", these(&fact.plans), listed(&proofs));
        item("?", Ink::Warning, &text, &origin, brush, out);
    }
}

/// The plans by name while there are few of them, else two and how many more. Plans of one name,
/// of several folders, are named once.
fn these(plans: &[&str]) -> String {
    let mut named: Vec<&str> = Vec::new();
    for plan in plans {
        if named.len() < 3 && !named.contains(plan) {
            named.push(plan);
        }
    }
    if named.len() == plans.len() {
        return listed(&named);
    }
    named.truncate(2);
    match plans.len() - named.len() {
        1 => format!("{} and 1 more plan", named.join(", ")),
        more => format!("{} and {more} more plans", named.join(", ")),
    }
}

/// `a, b and c`
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_string(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// One row for each plan, one column for each proof.
fn wide(
    plans: &[PlanVerdicts],
    names: &[String],
    (widest, cell, states): (usize, usize, bool),
    brush: Brush,
    out: &mut String,
) {
    let mut head = pad("plan", widest);
    for proof in Proof::ALL {
        head.push_str("  ");
        head.push_str(&pad(proof.word(), cell));
    }
    if states {
        head.push_str("  states");
    }
    out.push_str(&brush.paint(Ink::Faint, head.trim_end()));
    out.push('\n');
    let rule = brush.sign("─", "-").repeat(columns(head.trim_end()));
    out.push_str(&brush.paint(Ink::Faint, &rule));
    out.push('\n');
    for (plan, name) in plans.iter().zip(names) {
        let mut row = brush.paint(Ink::Strong, &pad(name, widest));
        for proof in Proof::ALL {
            let (ink, text) = shown(verdict_of(plan, proof), brush);
            let fill = " ".repeat(cell.saturating_sub(columns(&text)));
            row.push_str(&format!("  {}{fill}", brush.paint(ink, &text)));
        }
        if let Some(covered) = plan.covered {
            let text = format!("{:>6}", covered.states);
            row.push_str(&format!("  {}", brush.paint(Ink::Faint, &text)));
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
}

/// One block for each plan, for narrow terminals.
fn narrow(plans: &[PlanVerdicts], names: &[String], brush: Brush, out: &mut String) {
    let widest = Proof::ALL
        .iter()
        .map(|proof| proof.word().len())
        .max()
        .unwrap_or(0);
    for (plan, name) in plans.iter().zip(names) {
        out.push_str(&brush.paint(Ink::Strong, name));
        out.push('\n');
        for proof in Proof::ALL {
            let (ink, text) = shown(verdict_of(plan, proof), brush);
            out.push_str(&format!(
                "  {}  {}\n",
                pad(proof.word(), widest),
                brush.paint(ink, &text)
            ));
        }
    }
}

fn plan_name(plan: &PlanVerdicts, brush: Brush) -> String {
    let name = visible::line(&plan.plan, brush.unicode);
    match &plan.environment {
        Some(environment) => format!("{name} in {}", visible::line(environment, brush.unicode)),
        None => name,
    }
}

/// A proof that nobody speaks of is not checked; it must never look proved.
fn verdict_of(plan: &PlanVerdicts, proof: Proof) -> &Verdict {
    plan.verdicts
        .iter()
        .find(|(other, _)| *other == proof)
        .map_or(&Verdict::NotChecked, |(_, verdict)| verdict)
}

fn shown(verdict: &Verdict, brush: Brush) -> (Ink, String) {
    let (ink, sign) = match verdict {
        Verdict::Proved => (Ink::Good, brush.sign("✓", "+")),
        Verdict::Refuted => (Ink::Error, brush.sign("✗", "x")),
        Verdict::Unknown(_) => (Ink::Warning, "?"),
        Verdict::NotChecked => (Ink::Faint, brush.sign("–", "-")),
    };
    (ink, format!("{sign} {}", verdict.word()))
}

/// `3 errors, 1 warning in 4 files (2 plans)`, what of it does not fail the check, and, when
/// nothing was found, what that does not say.
fn counts(report: &Report, brush: Brush) -> String {
    let tally = Tally::of(report);
    let mut scope = format!("in {}", number(report.checked.files, "file", "files"));
    if report.checked.plans > 0 {
        scope.push_str(&format!(
            " ({})",
            number(report.checked.plans, "plan", "plans")
        ));
    }
    if tally.all() == 0 {
        let good = brush.paint(Ink::Good, &format!("{} no findings", brush.sign("✓", "+")));
        return format!("{good} {scope}{}", not_proved(report.plans));
    }
    let parts = [
        (
            tally.errors,
            number(tally.errors, "error", "errors"),
            Ink::Error,
        ),
        (
            tally.warnings,
            number(tally.warnings, "warning", "warnings"),
            Ink::Warning,
        ),
        (
            tally.advice,
            format!("{} advice", tally.advice),
            Ink::Advice,
        ),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|part| part.0 > 0)
        .map(|(_, word, ink)| brush.paint(*ink, word))
        .collect();
    let below = if tally.below == 0 {
        String::new()
    } else {
        let verb = if tally.below == 1 { "is" } else { "are" };
        let of = if tally.below == tally.all() {
            String::new()
        } else {
            " of them".into()
        };
        let rest = format!(
            "; {}{of} {verb} below `--fail-on {}`",
            tally.below,
            report.fail_on.word()
        );
        brush.paint(Ink::Faint, &rest)
    };
    format!("{} {scope}{below}", words.join(", "))
}

/// What silence does not mean: how many proofs are unknown, refuted or not made.
fn not_proved(plans: &[PlanVerdicts]) -> String {
    let (mut unknown, mut unchecked) = (0, 0);
    for plan in plans {
        for proof in Proof::ALL {
            match verdict_of(plan, proof) {
                Verdict::Proved | Verdict::Refuted => {}
                Verdict::Unknown(_) => unknown += 1,
                Verdict::NotChecked => unchecked += 1,
            }
        }
    }
    let parts: Vec<String> = [(unknown, "unknown"), (unchecked, "not checked")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("; not proved: {}", parts.join(", "))
    }
}

fn number(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
