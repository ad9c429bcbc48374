//! What every input must satisfy, one function for each fuzz target.
//!
//! `tests/corpus.rs` of the project includes this file by its path and replays the kept inputs
//! under plain `cargo test`; so it uses nothing but the project itself and `serde_json`.

use std::path::{Path, PathBuf};

use switchback::check::{Options, check as judge};
use switchback::diagnostic::{Diagnostic, Findings};
use switchback::report::{self, Checked, FailOn, Obligation, Report};
use switchback::schema::{self, Down};
use switchback::source::{FileId, MemoryLoader, SourceMap, Span};
use switchback::syntax::{self, Arg};
use switchback::workload::{self, Kind, Node};

/// Inputs beyond this are cut off: the limits of size have tests of their own.
const MAX_LEN: usize = 64 * 1024;

fn text_of(data: &[u8]) -> Option<&str> {
    (data.len() <= MAX_LEN).then(|| std::str::from_utf8(data).ok())?
}

fn place(text: &str, span: Span, what: &str) {
    assert!(
        text.get(span.range()).is_some(),
        "{what}: {span:?} is no part of the text of {} bytes",
        text.len()
    );
}

fn message(found: &Diagnostic) {
    let name = found.rule.name;
    assert!(!found.labels.is_empty(), "{name}: no place");
    assert!(!found.message.is_empty(), "{name}: no message");
    assert!(
        !found.message.ends_with('.') || found.message.ends_with(".."),
        "{name}: a full stop ends {:?}",
        found.message
    );
}

/// Every place of every finding lies in a text that was read.
fn places(findings: &Findings, sources: &SourceMap) {
    let texts: Vec<&str> = sources.iter().map(|(_, file)| &*file.text).collect();
    for found in findings {
        message(found);
        let labels = found.labels.iter().map(|label| label.span);
        let edits = found.fix.iter().flat_map(|fix| &fix.edits);
        for span in labels.chain(edits.map(|edit| edit.span)) {
            let text = texts.get(span.file.0 as usize);
            let text = text.unwrap_or_else(|| panic!("{}: no such file", found.rule.name));
            place(text, span, found.rule.name);
        }
    }
}

/// One text as the only file.
fn alone(name: &str, text: &str) -> (SourceMap, FileId) {
    let mut sources = SourceMap::new();
    let file = sources.add(name, name, text.to_string());
    (sources, file)
}

/// `syntax::parse` reads every text; places lie inside it, statements nest, findings are bounded.
pub fn parse(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let (sources, file) = alone("main.swb", text);
    let mut findings = Findings::new();
    let tree = syntax::parse(file, text, &mut findings);
    places(&findings, &sources);
    assert!(findings.len() <= 300, "{} findings", findings.len());

    let mut last = 0;
    for statement in tree.all() {
        for span in [statement.head, statement.line, statement.span] {
            place(text, span, "statement");
        }
        assert!(
            statement.span.start >= last,
            "statements are in the order of the text"
        );
        last = statement.span.start;
        assert!(inside(statement.head, statement.line), "{statement:?}");
        assert!(inside(statement.line, statement.span), "{statement:?}");
        if let Some(block) = statement.block {
            place(text, block, "block");
            assert!(inside(block, statement.span), "{statement:?}");
            assert!(
                text[block.start as usize..].starts_with('{'),
                "{statement:?}"
            );
        }
        if let Some(doc) = statement.doc {
            place(text, doc, "documentation");
        }
        let mut end = statement.line.start;
        for arg in tree.args(statement) {
            assert!(inside(arg.span, statement.line), "{arg:?} of {statement:?}");
            assert!(arg.span.start >= end, "arguments do not overlap");
            end = arg.span.end;
            argument(text, &tree, arg, 0);
        }
        for child in tree.block(statement) {
            assert!(
                inside(child.span, statement.span),
                "{child:?} of {statement:?}"
            );
        }
    }
    let mut seen = 0;
    let mut open: Vec<_> = tree.top().collect();
    while let Some(statement) = open.pop() {
        seen += 1;
        open.extend(tree.block(statement));
    }
    assert_eq!(
        seen,
        tree.all().len(),
        "every statement stands in one block"
    );
}

fn argument(text: &str, tree: &syntax::Tree, arg: &Arg, depth: usize) {
    place(text, arg.span, "argument");
    place(text, arg.word_span(), "word of an argument");
    assert!(depth <= 4, "lists hold no lists");
    for param in tree.params(arg) {
        if let Some(name) = param.name {
            assert!(inside(name, arg.span), "{param:?} of {arg:?}");
        }
        assert!(inside(param.value.span, arg.span), "{param:?} of {arg:?}");
        argument(text, tree, &param.value, depth + 1);
    }
}

fn inside(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// `syntax::format` of what can be parsed: laid out again it is the same, and nothing but layout
/// changes (the formatter proves that itself, and says when it is not so).
pub fn format(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let mut faults = Findings::new();
    let (_, file) = alone("main.swb", text);
    syntax::parse(file, text, &mut faults);
    match syntax::format(file, text) {
        Ok(once) => {
            assert!(faults.is_empty(), "a broken text is left alone");
            assert!(once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n"));
            assert!(!once.starts_with('\u{feff}'));
            let twice = syntax::format(file, &once);
            assert_eq!(twice.ok(), Some(once.clone()), "laid out again");
            let (mut before, mut after) = (Findings::new(), Findings::new());
            let heads = |text: &str, findings: &mut Findings| -> Vec<String> {
                let tree = syntax::parse(file, text, findings);
                let all = tree.all().iter();
                all.map(|s| text[s.head.range()].to_string()).collect()
            };
            assert_eq!(heads(text, &mut before), heads(&once, &mut after));
        }
        Err(syntax::FormatError::Broken(found)) => {
            assert!(!faults.is_empty(), "a sound text is refused: {found:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// A whole check of files in memory, shown in all four formats, twice with the same bytes.
///
/// The text holds several files, each after a line `--- path`; `main.swb` is the entry, or every
/// `.swb` file when there is none of that name.
pub fn check(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let first = checked(text);
    let second = checked(text);
    assert_eq!(first, second, "the same files give the same bytes");
}

fn checked(text: &str) -> String {
    let mut loader = MemoryLoader::new();
    let mut entries = Vec::new();
    for (path, text) in switchback::rules::files_of(text) {
        if path.ends_with(".swb") {
            entries.push(PathBuf::from(&path));
        }
        loader = loader.with(path, text);
    }
    let main = PathBuf::from("main.swb");
    if entries.contains(&main) {
        entries = vec![main];
    }
    let mut outcome = match judge(&loader, Path::new(""), &entries, &Options::default()) {
        Ok(outcome) => outcome,
        Err(message) => panic!("there are no options that could be wrong: {message}"),
    };
    places(&outcome.findings, &outcome.sources);
    report::sort(&mut outcome.findings, &outcome.sources);
    let obligations: Vec<Obligation> = outcome
        .obligations
        .iter()
        .map(|(text, span)| Obligation {
            text: text.clone(),
            span: *span,
        })
        .collect();
    let report = Report {
        sources: &outcome.sources,
        findings: &outcome.findings,
        accepted: &outcome.accepted,
        plans: &outcome.plans,
        obligations: &obligations,
        checked: Checked {
            files: outcome.sources.iter().count(),
            plans: outcome.plan_names().len(),
        },
        fail_on: FailOn::Error,
    };
    let mut out = String::new();
    for unicode in [true, false] {
        let options = report::Options {
            unicode,
            ..report::Options::default()
        };
        report::full(&report, options, &mut out);
        report::concise(&report, options, &mut out);
    }
    for c in out.chars() {
        assert!(c == '\n' || !c.is_control(), "{c:?} would reach a terminal");
    }
    let mut json = String::new();
    report::json(&report, &mut json);
    let value: serde_json::Value = serde_json::from_str(&json).expect("the report is JSON");
    let listed = value["findings"].as_array().map_or(0, Vec::len);
    assert_eq!(listed, report.findings.len());
    let mut sarif = String::new();
    report::sarif(&report, &[], &mut sarif);
    let _: serde_json::Value = serde_json::from_str(&sarif).expect("the log is JSON");
    out + &json + &sarif
}

/// `workload::read` reads every text; every value of every document has its place.
pub fn yaml(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let (sources, file) = alone("deploy.yaml", text);
    let mut findings = Findings::new();
    let manifests = workload::read(file, text, &mut findings);
    places(&findings, &sources);
    assert!(
        findings.len() <= 4 * workload::MAX_FINDINGS,
        "{} findings",
        findings.len()
    );
    let mut left = 100_000;
    for document in &manifests.documents {
        place(text, document.head(), "document");
        node(text, &document.node, &mut left);
    }
    for workload in &manifests.workloads {
        assert!(manifests.document(workload).is_some());
        let _ = (
            workload.strategy(),
            workload.step_size(u32::MAX),
            workload.step_size(0),
        );
        let _ = manifests.services_of(workload).count();
        let _ = manifests.autoscaler_of(workload);
        let _ = manifests.disruption_budgets_of(workload).count();
    }
}

/// Aliases make a tree much larger than its text, so only so many nodes are looked at.
fn node(text: &str, node_: &Node, left: &mut usize) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    place(text, node_.span, "node");
    match &node_.kind {
        Kind::Scalar(_) => {}
        Kind::Map(entries) => {
            for entry in entries.iter() {
                place(text, entry.key_span, "key");
                node(text, &entry.value, left);
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| node(text, item, left)),
    }
}

/// `schema::discover` of a folder: names and contents come from the text.
pub fn migrations(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let mut loader = MemoryLoader::new();
    for (path, text) in switchback::rules::files_of(text) {
        loader = loader.with(Path::new("db/migrations").join(path), text);
    }
    let (mut sources, plan) = alone("main.swb", "migrations \"db/migrations\"\n");
    let mut findings = Findings::new();
    let folder = Path::new("db/migrations");
    let at = Span::new(plan, 11, 26);
    let found = schema::discover(
        &loader,
        &mut sources,
        folder,
        "db/migrations",
        at,
        &mut findings,
    );
    places(&findings, &sources);
    let all = found
        .migrations
        .iter()
        .chain(&found.baselines)
        .chain(&found.repeatable);
    for migration in all {
        place(
            &sources.file(migration.span.file).text,
            migration.span,
            "migration",
        );
        if let Some(missing) = migration.missing_down(found.layout) {
            message(&missing);
        }
        let down = match migration.down {
            Down::Script(script) => Some(script),
            _ => None,
        };
        for script in migration.up.into_iter().chain(down) {
            let text = &sources.file(script.file).text;
            place(text, script.span, "script");
            for engine in [found.engine, None, Some(schema::Engine::MySql)] {
                let split = script.statements(&sources, engine);
                let mut last = script.span.start as usize;
                for statement in &split.statements {
                    assert!(statement.range.start >= last, "statements do not overlap");
                    assert!(!statement.range.is_empty(), "no statement is empty");
                    assert!(text.get(statement.range.clone()).is_some());
                    last = statement.range.end;
                }
                for problem in &split.problems {
                    assert!(text.get(problem.range.clone()).is_some());
                }
            }
        }
    }
    replayed(&sources, &found);
    for migration in &found.migrations {
        assert!(
            found.find(&migration.id).is_some(),
            "`{}` is not found",
            migration.id
        );
    }
    let _ = found.nearest("0042");
    // dbmate goes by the names as they are, all others by the version
    let in_order = if found.layout == Some(schema::Layout::Dbmate) {
        let names: Vec<_> = found
            .migrations
            .iter()
            .map(|m| m.full_name.clone() + ".sql")
            .collect();
        names.is_sorted()
    } else {
        found.migrations.iter().map(|m| &m.version).is_sorted()
    };
    assert!(in_order, "migrations are in the order in which they run");
}

/// The folder as statements of PostgreSQL, and its texts once more as queries against what it makes.
fn replayed(sources: &SourceMap, found: &schema::Migrations) {
    let all: Vec<_> = found.migrations.iter().collect();
    let replayed = schema::postgres::replay(sources, &all, 15);
    for step in &replayed.steps {
        let text = &sources.file(step.span.file).text;
        place(text, step.span, "statement");
        for change in &step.changes {
            place(text, change.span, "change");
        }
    }
    let built = &replayed.last;
    let empty = schema::catalog::Catalog::default();
    for migration in &all {
        let Some(up) = migration.up else { continue };
        let text = sources.text(up.span);
        let start = up.span.start as usize;
        let contract = schema::query::Contract::from_sql(text, up.span.file, start, built);
        for query in &contract.queries {
            place(&sources.file(up.span.file).text, query.place, "query");
        }
        let same = schema::query::breaks(&contract, built, built);
        assert!(
            same.is_empty(),
            "a schema that did not change breaks nothing"
        );
        let _ = schema::query::breaks(&contract, built, &empty);
        let _ = schema::query::breaks(&contract, &empty, built);
    }
}

/// `promql::check` of one query; places lie inside it.
pub fn promql(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let whole = format!("query \"\"\"{text}\"\"\"\n");
    let (sources, file) = alone("main.swb", &whole);
    let mut findings = Findings::new();
    let span = Span::new(file, 6, whole.len() - 1);
    let query = switchback::promql::check(span, text, 9, &mut findings);
    places(&findings, &sources);
    for found in &findings {
        assert!(inside(found.span(), span), "{found:?}");
    }
    assert!(
        query.is_some() || !findings.is_empty(),
        "a refused query says why"
    );
}
