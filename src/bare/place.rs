//! Findings about the derived plan, shown where the manifests and migrations say so.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use crate::check::Outcome;
use crate::diagnostic::{Diagnostic, Findings, Label, Proof, Verdict};
use crate::model::Project;
use crate::rules;
use crate::source::{FileId, Loader, SourceMap, Span};

use super::write::{Derived, Origin};

/// What to do instead of what a rule asks of a plan, where there is none.
const WITHOUT_A_PLAN: [(&str, &str); 11] = [
    (
        "SC07",
        "give the column a `DEFAULT`, or refuse `NULL` in a later migration, once the version before is gone",
    ),
    (
        "SC11",
        "ship it once the version before is gone, or write a column of a new name and move over to it",
    ),
    (
        "SC12",
        "ship it once nothing needs to go back to the version before; from here on there is no way back",
    ),
    (
        "MG06",
        "what nobody reads is unknown: look at it by hand, or say in a plan what it does, `migration ID { effects ... }`",
    ),
    (
        "RB07",
        "ship it once nothing needs to go back to the version before",
    ),
    (
        "SC01",
        "ship a version that no longer uses it first, and this migration once that version runs alone",
    ),
    (
        "FI03",
        "render it and check the result: `helm template . | switchback check -`",
    ),
    (
        "GA01",
        "put an `analysis` behind the step, so that something judges it before more traffic comes",
    ),
    (
        "GR06",
        "give the `pause` a `duration`: a wait without an end is forgotten with two versions live",
    ),
    (
        "SC03",
        "ship it once nothing needs to go back to the version before; from here on there is no way back",
    ),
    (
        "RB04",
        "let `revisionHistoryLimit` keep at least one revision to go back to",
    ),
];

/// Moves everything that points into the derived plan (read from `plan`) to where it comes from.
pub(super) fn move_home(
    outcome: &mut Outcome,
    plan: &Path,
    derived: &Derived,
    loader: &dyn Loader,
) {
    let Some(file) = outcome.sources.find(plan) else {
        return;
    };
    let Outcome {
        sources,
        projects,
        findings,
        plans,
        obligations,
        accepted,
        ..
    } = outcome;
    let mut mover = Mover {
        file,
        derived,
        loader,
        files: BTreeMap::new(),
        names: projects.first(),
    };
    let mut kept = Findings::with_capacity(findings.len());
    for found in std::mem::take(findings) {
        // what is written to keep a rule silent accepts nothing where the rule is silent anyway
        if rules::is_unused_allow(&found) {
            continue;
        }
        kept.push(mover.finding(found, sources));
    }
    *findings = folded(kept);
    // nobody wrote what accepts them
    accepted.clear();
    for plan in plans.iter_mut() {
        plan.span = mover.span(plan.span, sources);
        for (proof, verdict) in &mut plan.verdicts {
            // no plan says what is watched: there is nothing to declare, and nothing was checked
            let decided = matches!(proof, Proof::Compatible | Proof::Reversible);
            if !decided && *verdict != Verdict::Refuted {
                *verdict = Verdict::NotChecked;
            }
        }
    }
    // a plan that nobody wrote leaves nothing to anybody but what was assumed for it
    obligations.clear();
    for (text, origin) in &derived.assumed {
        let file = mover.file_of(origin, sources);
        let place = Span::new(file, origin.range.start, origin.range.end);
        obligations.push((text.clone(), place));
    }
}

/// One statement that breaks several workloads is one mistake: the first finding tells of the others.
fn folded(findings: Findings) -> Findings {
    let mut kept: Vec<(Diagnostic, Vec<String>)> = Vec::new();
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for found in findings {
        let key = (
            found.rule.name,
            found.span(),
            found.severity,
            found.help.clone(),
        );
        match known.entry(key) {
            Entry::Occupied(at) if kept[*at.get()].0.message != found.message => {
                kept[*at.get()].1.push(found.message);
            }
            Entry::Occupied(_) => kept.push((found, Vec::new())),
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push((found, Vec::new()));
            }
        }
    }
    kept.into_iter()
        .map(|(mut found, others)| {
            if others.is_empty() {
                return found;
            }
            let shown: Vec<&str> = others.iter().map(String::as_str).take(3).collect();
            let mut also = format!("also: {}", shown.join("; "));
            if others.len() > shown.len() {
                also.push_str(&format!("; and {} more", others.len() - shown.len()));
            }
            found.note = Some(match found.note {
                Some(note) => format!("{note}; {also}"),
                None => also,
            });
            found
        })
        .collect()
}

/// What a label says of a plan, where there is none.
fn here(text: String) -> String {
    match text.as_str() {
        "the plan runs it here" => "it is taken for new".to_string(),
        _ => text,
    }
}

struct Mover<'a> {
    file: FileId,
    derived: &'a Derived,
    loader: &'a dyn Loader,
    /// The files that origins lie in, as far as they were asked for.
    files: BTreeMap<PathBuf, FileId>,
    names: Option<&'a Project>,
}

impl Mover<'_> {
    fn is_derived(&self, span: Span) -> bool {
        span.file == self.file
    }

    /// Where the text of `span` comes from; itself where it is no text of the derived plan.
    fn span(&mut self, span: Span, sources: &mut SourceMap) -> Span {
        if !self.is_derived(span) {
            return span;
        }
        match self.derived.origin(span.start as usize) {
            Some(origin) => {
                let file = self.file_of(origin, sources);
                Span::new(file, origin.range.start, origin.range.end)
            }
            None => span,
        }
    }

    fn file_of(&mut self, origin: &Origin, sources: &mut SourceMap) -> FileId {
        if let Some(known) = self.files.get(&origin.path) {
            return *known;
        }
        let file = sources.find(&origin.path).unwrap_or_else(|| {
            let text = self.loader.read(&origin.path).unwrap_or_default();
            let name = self.names.map(|project| project.shown(&origin.path));
            sources.add(name.unwrap_or_default(), &origin.path, text)
        });
        self.files.insert(origin.path.clone(), file);
        file
    }

    fn finding(&mut self, mut found: Diagnostic, sources: &mut SourceMap) -> Diagnostic {
        // a place that somebody wrote tells more than one that a line was derived from
        found
            .labels
            .sort_by_key(|label| self.is_derived(label.span));
        let mut labels: Vec<Label> = Vec::with_capacity(found.labels.len());
        for label in std::mem::take(&mut found.labels) {
            let derived = self.is_derived(label.span);
            let span = self.span(label.span, sources);
            // a whole file says nothing beside a place in it
            let known = labels.iter_mut().find(|known| {
                known.span == span || (derived && span.is_empty() && known.span.file == span.file)
            });
            match known {
                Some(known) if known.text.is_empty() => known.text = here(label.text),
                Some(_) if derived => {}
                _ => labels.push(Label {
                    span,
                    text: here(label.text),
                }),
            }
        }
        found.labels = labels;
        for event in &mut found.run {
            event.span = event.span.map(|span| self.span(span, sources));
        }
        let edits_plan = found
            .fix
            .as_ref()
            .is_some_and(|fix| fix.edits.iter().any(|edit| self.is_derived(edit.span)));
        if edits_plan {
            found.fix = None;
        }
        let told = WITHOUT_A_PLAN
            .iter()
            .find(|(code, _)| *code == found.rule.code);
        if let Some((_, help)) = told {
            found.help = Some((*help).to_string());
        } else if let Some(help) = &mut found.help
            && help.contains(" to the service")
            && let Some(at) = help.find(", or `")
        {
            // what a service could say instead, nobody can say here
            help.truncate(at);
        }
        found
    }
}
