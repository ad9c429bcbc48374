//! Findings as plain data. Rendering is a view of it, in `report/`; the editor takes the same data.

mod files;
mod verdict;

pub use files::UNREADABLE_FILE;
pub use verdict::{Covered, NoWayBack, PlanVerdicts, Proof, Reason, Reasons, Verdict};

use crate::source::Span;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a check by default.
    Advice,
    /// Probably wrong.
    Warning,
    /// Wrong, or refuted.
    Error,
}

impl Severity {
    /// The word in outputs and options: `advice`, `warning`, `error`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Which of the exit codes a finding leads to when it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A finding about the plan: exit code 1.
    Finding,
    /// Input that could not be read or parsed at all: exit code 2.
    Unreadable,
}

/// What is known of a rule before it has found anything: name, code, weight and documentation.
///
/// A rule is declared once, as a `static` beside its check; the registry in `rules/` lists all.
#[derive(Debug)]
pub struct Rule {
    /// The primary name, kebab-case: `mutable-tag`.
    pub name: &'static str,
    /// The short code: `SU01`.
    pub code: &'static str,
    /// The weight unless a policy or `allow` says otherwise.
    pub severity: Severity,
    /// One sentence: what holds when the rule is silent.
    pub summary: &'static str,
    /// Why it matters, in Markdown paragraphs.
    pub why: &'static str,
    /// A complete `.swb` text (or a text of several files, each after `--- path`) that the rule
    /// reports; empty for rules whose mistake cannot be written as one small project.
    pub failing: &'static str,
    /// The same text put right.
    pub passing: &'static str,
    /// Whether `allow RULE because "..."` may accept it. Mistakes of shape cannot be accepted.
    pub can_allow: bool,
    /// Exit code class.
    pub class: Class,
}

impl Rule {
    /// What rules about the shape of a text have in common: an error that nobody can accept.
    pub const SHAPE: Rule = Rule {
        name: "",
        code: "",
        severity: Severity::Error,
        summary: "",
        why: "",
        failing: "",
        passing: "",
        can_allow: false,
        class: Class::Finding,
    };
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

/// A place and what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say there; may be empty.
    pub text: String,
}

/// A replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// Edits that remove the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the fix does, as an order: "pin the digest".
    pub title: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
    /// Whether applying it cannot change what the plan means beyond removing the finding.
    pub safe: bool,
}

/// One event of a run that breaks the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEvent {
    /// Seconds since the start of the plan, if known.
    pub at: Option<u64>,
    /// What happens.
    pub event: String,
    /// What is so afterwards: (name, value), in a fixed order.
    pub state: Vec<(String, String)>,
    /// Where the plan says so.
    pub span: Option<Span>,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// Its weight here.
    pub severity: Severity,
    /// What is wrong: lower case, names in backticks, no full stop.
    pub message: String,
    /// Places; the first is the primary one and there is always at least one.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// Why it matters here, or what it rests on.
    pub note: Option<String>,
    /// The shortest run that shows it; empty when there is none to show.
    pub run: Vec<RunEvent>,
    /// How to remove it.
    pub fix: Option<Fix>,
    /// Facts that were missing for a verdict.
    pub missing: Vec<String>,
}

impl Diagnostic {
    /// A finding of `rule` at `span`, with the rule's own severity and an unlabelled place.
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            rule,
            severity: rule.severity,
            message: bounded(message.into()),
            labels: vec![Label {
                span,
                text: String::new(),
            }],
            help: None,
            note: None,
            run: Vec::new(),
            fix: None,
            missing: Vec::new(),
        }
    }

    /// Says something at the primary place.
    #[must_use]
    pub fn here(mut self, text: impl Into<String>) -> Self {
        self.labels[0].text = bounded(text.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: bounded(text.into()),
        });
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(bounded(text.into()));
        self
    }

    /// Says why it matters here.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(bounded(text.into()));
        self
    }

    /// Adds the edits that remove it.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix {
            title: bounded(title.into()),
            edits,
            safe: true,
        });
        self
    }

    /// Proposes another word for the one at `span`, with the edit that writes it.
    #[must_use]
    pub fn meant(self, span: Span, meant: &str) -> Self {
        self.here(format!("did you mean `{meant}`?"))
            .help(format!("write `{meant}`"))
            .fix(
                format!("write `{meant}`"),
                vec![Edit {
                    span,
                    text: meant.to_string(),
                }],
            )
    }

    /// Changes the weight.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Names a fact that was missing.
    #[must_use]
    pub fn missing(mut self, fact: impl Into<String>) -> Self {
        self.missing.push(bounded(fact.into()));
        self
    }

    /// The primary place.
    pub fn span(&self) -> Span {
        self.labels[0].span
    }
}

/// A finding that somebody has accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What was found.
    pub finding: Diagnostic,
    /// Why it was accepted.
    pub reason: String,
    /// Whether the place that accepts it is an `allow` in the text; else it is a baseline.
    pub in_source: bool,
}

/// The longest text of a finding, in characters: several names of ordinary length fit in.
const MAX_TEXT: usize = 2_000;

/// Names come from files, and may be as long as these; a text that quotes one is cut in its middle,
/// so that what is said in front of the name and behind it stays.
fn bounded(text: String) -> String {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let count = text.chars().count();
    if count <= MAX_TEXT {
        return text;
    }
    let half = MAX_TEXT / 2;
    let first = text.chars().take(half);
    let last = text.chars().skip(count - half);
    first.chain(['…']).chain(last).collect()
}

/// Where findings are collected.
pub type Findings = Vec<Diagnostic>;

/// The word of `candidates` that `word` was probably meant to be: case, `_` and `-` are folded,
/// and at most a third of the letters (at least one, at most three) may differ, swaps counting once.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |text: &str| text.to_lowercase().replace('_', "-");
    let folded = fold(word);
    let allowed = (folded.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= 64 && word.len() <= 64)
        .map(|candidate| (strsim::osa_distance(&folded, &fold(candidate)), candidate))
        .filter(|&(distance, candidate)| {
            // of a name of one letter nothing is left to recognise it by
            distance <= allowed && (distance == 0 || distance < candidate.chars().count())
        })
        .min_by_key(|&(distance, candidate)| (distance, candidate))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_the_one_that_was_meant() {
        let words = ["weight", "watch", "hold", "max-surge", "on"];
        assert_eq!(nearest("wieght", words), Some("weight"));
        assert_eq!(nearest("hodl", words), Some("hold"));
        assert_eq!(nearest("max_surge", words), Some("max-surge"));
        assert_eq!(nearest("banana", words), None);
        assert_eq!(nearest("zz", words), None);
        assert_eq!(nearest("c", ["a", "b"]), None);
        assert_eq!(nearest("A", ["a", "b"]), Some("a"));
        assert_eq!(nearest("no", ["on"]), Some("on"));
    }
}
