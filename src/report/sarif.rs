//! The view for code scanning: SARIF 2.1.0.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fix, Invocation, Location,
    LogicalLocation, Message, MultiformatMessageString, PhysicalLocation, PropertyBag, Region,
    Replacement, ReportingConfiguration, ReportingDescriptor, Result as Finding, ResultLevel, Run,
    SCHEMA_URL, Sarif, Suppression, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use super::fingerprint::Fingerprints;
use super::place::Places;
use super::{Report, exit_code};
use crate::diagnostic::{self, Diagnostic, PlanVerdicts, Proof, Rule, Severity, Verdict};
use crate::source::Span;

/// Appends the report as one SARIF log with one run, with a line end behind it.
///
/// `rules` are described whether they found something or not; those of findings always are.
pub fn sarif(report: &Report, rules: &[&'static Rule], out: &mut String) {
    let mut described: BTreeMap<&str, &Rule> =
        rules.iter().map(|rule| (rule.name, *rule)).collect();
    described.extend(
        report
            .findings
            .iter()
            .chain(report.accepted.iter().map(|accepted| &accepted.finding))
            .map(|finding| (finding.rule.name, finding.rule)),
    );
    let order: BTreeMap<&str, i64> = described
        .keys()
        .enumerate()
        .map(|(index, &name)| (name, index as i64))
        .collect();

    let mut view = View {
        places: Places::new(report.sources),
        fingerprints: Fingerprints::default(),
    };
    let mut findings: Vec<Finding> = report
        .findings
        .iter()
        .map(|finding| {
            view.finding(
                finding,
                order.get(finding.rule.name).copied().unwrap_or(-1),
                report,
            )
        })
        .collect();
    for accepted in report.accepted {
        let index = order.get(accepted.finding.rule.name).copied();
        let mut finding = view.finding(&accepted.finding, index.unwrap_or(-1), report);
        let kind = match accepted.in_source {
            true => "inSource",
            false => "external",
        };
        finding.suppressions = Some(vec![
            Suppression::builder()
                .kind(Value::from(kind))
                .justification(accepted.reason.clone())
                .build(),
        ]);
        findings.push(finding);
    }
    let driver = ToolComponent::builder()
        .name("switchback")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(
            described
                .values()
                .map(|rule| descriptor(rule))
                .collect::<Vec<_>>(),
        )
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(Value::from("utf16CodeUnits"))
        .invocations(vec![
            Invocation::builder()
                .execution_successful(exit_code(report) < 2)
                .build(),
        ])
        .properties(properties([(
            "plans",
            Value::from(report.plans.iter().map(plan).collect::<Vec<_>>()),
        )]))
        .results(findings)
        .build();
    let log = Sarif::builder()
        .schema(SCHEMA_URL)
        .version(Value::from("2.1.0"))
        .runs(vec![run])
        .build();
    // strings, numbers and lists only: there is no map key or number that JSON cannot hold
    out.push_str(&serde_json::to_string_pretty(&log).unwrap_or_default());
    out.push('\n');
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    ReportingDescriptor::builder()
        .id(rule.name)
        .short_description(text(rule.summary))
        .full_description(
            MultiformatMessageString::builder()
                .text(rule.why)
                .markdown(rule.why)
                .build(),
        )
        .default_configuration(
            ReportingConfiguration::builder()
                .level(Value::from(level_word(rule.severity)))
                .build(),
        )
        .properties(properties([("code", Value::from(rule.code))]))
        .build()
}

/// What one run collects while its findings are written.
struct View<'a> {
    places: Places<'a>,
    fingerprints: Fingerprints,
}

impl View<'_> {
    fn finding(&mut self, finding: &Diagnostic, index: i64, report: &Report) -> Finding {
        // the first label is the location itself; one without words says nothing more
        let related: Vec<Location> = finding
            .labels
            .iter()
            .enumerate()
            .filter(|(index, label)| *index > 0 || !label.text.is_empty())
            .map(|(_, label)| self.location(label.span, &label.text))
            .collect();
        let mut written = Finding::builder()
            .rule_id(finding.rule.name)
            .rule_index(index)
            .level(match finding.severity {
                Severity::Error => ResultLevel::Error,
                Severity::Warning => ResultLevel::Warning,
                Severity::Advice => ResultLevel::Note,
            })
            .message(message(&whole_message(finding)))
            .locations(vec![self.own_location(finding)])
            .partial_fingerprints(BTreeMap::from([(
                "primaryLocationLineHash".to_string(),
                self.fingerprints.of(finding, report.sources),
            )]))
            .build();
        if !related.is_empty() {
            written.related_locations = Some(related);
        }
        if !finding.run.is_empty() {
            written.code_flows = Some(vec![self.code_flow(finding)]);
        }
        if let Some(fix) = &finding.fix
            && !fix.edits.is_empty()
            && fix
                .edits
                .iter()
                .all(|edit| self.places.file(edit.span).is_file())
        {
            written.fixes = Some(vec![self.fix(fix)]);
        }
        written
    }

    fn code_flow(&mut self, finding: &Diagnostic) -> CodeFlow {
        let mut steps = Vec::new();
        for (index, event) in finding.run.iter().enumerate() {
            // viewers drop a step without a place; the finding's own is the best that is known
            let location = self.location(event.span.unwrap_or(finding.span()), &event.event);
            let state: BTreeMap<String, MultiformatMessageString> = event
                .state
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect();
            let mut step = ThreadFlowLocation::builder()
                .execution_order(index as i64 + 1)
                .location(location)
                .build();
            if !state.is_empty() {
                step.state = Some(state);
            }
            if let Some(at) = event.at {
                step.properties = Some(properties([("atSeconds", Value::from(at))]));
            }
            steps.push(step);
        }
        CodeFlow::builder()
            .thread_flows(vec![ThreadFlow::builder().locations(steps).build()])
            .build()
    }

    fn fix(&mut self, fix: &diagnostic::Fix) -> Fix {
        // one change for each file, in the order in which the edits name them
        let mut changes: Vec<(Span, Vec<Replacement>)> = Vec::new();
        for edit in &fix.edits {
            let replacement = Replacement::builder()
                .deleted_region(self.region(edit.span))
                .inserted_content(ArtifactContent::builder().text(edit.text.clone()).build())
                .build();
            match changes
                .iter_mut()
                .find(|(span, _)| span.file == edit.span.file)
            {
                Some((_, replacements)) => replacements.push(replacement),
                None => changes.push((edit.span, vec![replacement])),
            }
        }
        let changes: Vec<ArtifactChange> = changes
            .into_iter()
            .map(|(span, replacements)| {
                ArtifactChange::builder()
                    .artifact_location(self.artifact(span))
                    .replacements(replacements)
                    .build()
            })
            .collect();
        Fix::builder()
            .description(message(&fix.title))
            .artifact_changes(changes)
            .properties(properties([("safe", Value::from(fix.safe))]))
            .build()
    }

    /// Where the finding is shown. What the command line says is no artifact: the first place in a
    /// file stands for it, which viewers need to show it at all.
    fn own_location(&mut self, finding: &Diagnostic) -> Location {
        let span = finding.span();
        if self.places.file(span).is_file() {
            return self.location(span, "");
        }
        let argument = self.location(span, "");
        let mut spans = finding.labels.iter().map(|label| label.span);
        match spans.find(|&other| self.places.file(other).is_file()) {
            Some(other) => Location {
                logical_locations: argument.logical_locations,
                ..self.location(other, "")
            },
            None => argument,
        }
    }

    fn location(&mut self, span: Span, says: &str) -> Location {
        let file = self.places.file(span);
        let mut location = if file.is_file() {
            let place = PhysicalLocation::builder()
                .artifact_location(self.artifact(span))
                .region(self.region(span))
                .build();
            Location::builder().physical_location(place).build()
        } else {
            // what came over standard input is not copied: it may hold secrets, and reports travel
            let qualified = match file.text.contains('\n') {
                true => file.name.clone(),
                false => format!("{}: {}", file.name, file.text),
            };
            let argument = LogicalLocation::builder()
                .name(file.name.clone())
                .fully_qualified_name(qualified)
                .kind("parameter")
                .build();
            Location::builder()
                .logical_locations(vec![argument])
                .build()
        };
        if !says.is_empty() {
            location.message = Some(message(says));
        }
        location
    }

    fn artifact(&self, span: Span) -> ArtifactLocation {
        ArtifactLocation::builder()
            .uri(percent_encoded(&self.places.file(span).name))
            .build()
    }

    fn region(&mut self, span: Span) -> Region {
        let (start, end) = (self.places.start(span), self.places.end(span));
        Region::builder()
            .start_line(i64::from(start.line))
            .start_column(i64::from(start.utf16))
            .end_line(i64::from(end.line))
            .end_column(i64::from(end.utf16))
            .build()
    }
}

/// Message, help and the rest in one text: viewers show nothing else.
fn whole_message(finding: &Diagnostic) -> String {
    let mut whole = finding.message.clone();
    let parts = [
        ("help", finding.help.as_ref()),
        ("note", finding.note.as_ref()),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(word, text)| text.map(|text| (word, text)));
    for (word, text) in parts.chain(finding.missing.iter().map(|fact| ("missing", fact))) {
        whole.push_str(&format!("\n{word}: {text}"));
    }
    whole
}

/// A message. SARIF reads `[words](target)` as a link, and a plan must not be able to plant one.
fn message(says: &str) -> Message {
    Message::builder().text(says.replace("](", "] (")).build()
}

fn text(says: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(says).build()
}

fn level_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

/// The verdicts, which SARIF has no place for, so that silence is not read as proof.
fn plan(plan: &PlanVerdicts) -> Value {
    let proofs: serde_json::Map<String, Value> = Proof::ALL
        .iter()
        .map(|&proof| {
            let found = plan.verdicts.iter().find(|(other, _)| *other == proof);
            let word = found.map_or(Verdict::NotChecked.word(), |(_, verdict)| verdict.word());
            (proof.word().to_string(), Value::from(word))
        })
        .collect();
    json!({ "plan": plan.plan, "environment": plan.environment, "proofs": proofs })
}

fn properties<const N: usize>(entries: [(&str, Value); N]) -> PropertyBag {
    let entries: BTreeMap<String, Value> = entries
        .into_iter()
        .map(|(name, value)| (name.to_string(), value))
        .collect();
    PropertyBag::builder()
        .additional_properties(entries)
        .build()
}

/// A relative path as a URI reference: everything but unreserved characters and `/` is encoded.
pub(super) fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte as char);
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
