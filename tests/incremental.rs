//! The check of an editor, which judges again only what has changed, says what the command line says:
//! on every fixture, and after each of many random edits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use switchback::check::incremental::{Changed, Part, Session};
use switchback::check::{Options, check};
use switchback::diagnostic::{Findings, PlanVerdicts};
use switchback::source::{DiskLoader, Loader, MemoryLoader, SourceMap, Span};

mod common;

/// Everything that is said, in words that do not depend on the order of files.
fn said(sources: &SourceMap, findings: &Findings, plans: &[PlanVerdicts]) -> BTreeSet<String> {
    let place = |span: Span| {
        let file = sources.file(span.file);
        format!("{}:{:?}", file.name, span.range())
    };
    let mut out = BTreeSet::new();
    for found in findings {
        let labels: Vec<String> = (found.labels.iter())
            .map(|label| format!("{} {}", place(label.span), label.text))
            .collect();
        let run: Vec<String> = (found.run.iter())
            .map(|event| format!("{:?} {} {:?}", event.at, event.event, event.span.map(place)))
            .collect();
        let fix = found.fix.as_ref().map(|fix| {
            let edits = fix.edits.iter();
            let edits = edits.map(|edit| format!("{} {}", place(edit.span), edit.text));
            (fix.title.clone(), edits.collect::<Vec<_>>())
        });
        out.insert(format!(
            "{} {:?} {} {labels:?} {:?} {:?} {run:?} {fix:?} {:?}",
            found.rule.name, found.severity, found.message, found.help, found.note, found.missing
        ));
    }
    for plan in plans {
        out.insert(format!(
            "{} {} {:?} {:?}",
            place(plan.span),
            plan.plan,
            plan.environment,
            plan.verdicts
        ));
    }
    out
}

fn of_command_line(loader: &dyn Loader, base: &Path, entries: &[PathBuf]) -> BTreeSet<String> {
    let outcome = check(loader, base, entries, &Options::default()).expect("no options");
    said(&outcome.sources, &outcome.findings, &outcome.plans)
}

fn of_parts(parts: &[std::sync::Arc<Part>]) -> BTreeSet<String> {
    let parts = parts.iter();
    parts
        .flat_map(|part| said(&part.sources, &part.findings, &part.plans))
        .collect()
}

fn differences(whole: &BTreeSet<String>, parts: &BTreeSet<String>) -> String {
    let lost: Vec<&String> = whole.difference(parts).collect();
    let new: Vec<&String> = parts.difference(whole).collect();
    match (lost.is_empty(), new.is_empty()) {
        (true, true) => String::new(),
        _ => format!("only of the command line: {lost:#?}\nonly of the editor: {new:#?}\n"),
    }
}

#[test]
fn every_fixture_gets_the_same_findings() {
    let mut wrong = String::new();
    let mut cases = 0;
    let mut roots = vec![
        common::root().join("examples"),
        common::root().join("tests/ui"),
    ];
    while let Some(folder) = roots.pop() {
        let below = common::folders(&folder);
        let plans = std::fs::read_dir(&folder).expect("a folder").any(|entry| {
            let path = entry.expect("an entry").path();
            path.extension().is_some_and(|ending| ending == "swb")
        });
        if !plans {
            roots.extend(below);
            continue;
        }
        let entries = switchback::cli::plan_files(std::slice::from_ref(&folder)).expect("plans");
        cases += 1;
        let whole = of_command_line(&DiskLoader, &folder, &entries);
        let mut session = Session::default();
        for round in 0..2 {
            let parts = session.check(&DiskLoader, &folder, &entries, Changed::Anything, &|| false);
            let parts = of_parts(&parts.expect("nobody stops it"));
            let found = differences(&whole, &parts);
            if !found.is_empty() {
                wrong += &format!("{} round {round}:\n{found}", folder.display());
            }
        }
    }
    assert!(cases > 200, "{cases} folders");
    assert!(wrong.is_empty(), "{wrong}");
}

const FILES: usize = 6;

fn path(number: usize) -> PathBuf {
    PathBuf::from(format!("p/f{number}.swb"))
}

/// One line of a file, by a number. Names meet, are missing, or stand in files that are not imported.
fn piece(number: usize, file: usize) -> String {
    let kind = number % 19;
    let n = (number / 19) % 4;
    let other = (number / 76) % FILES;
    match kind {
        0 | 1 => format!("import \"f{other}.swb\"\n"),
        2 => format!(
            "service s{n} {{\n  replicas 4\n  traffic 100/s\n  version 1 {{ serves api-{n} 1 }}\n  version 2 {{ serves api-{n} 2; calls api-{other} 1 }}\n}}\n"
        ),
        3 | 4 => format!(
            "service t{file} {{\n  replicas 4\n  traffic 100/s\n  users 1M per day\n  version 1 {{ calls api-{n} 1 }}\n  version 2 {{ image \"x/y:latest\"; serves api-{other} 1 }}\n}}\n"
        ),
        5 => format!("gate g{n} {{ like g{other} }}\n"),
        6 => format!(
            "gate g{n} {{\n  query \"up{{version=\\\"$version\\\"}}\"\n  kind proportion\n  expect value < 1%\n  normally 0.1%\n  detect 2%\n  every 1m for 10m\n}}\n"
        ),
        7 | 8 => format!(
            "plan p{file}-{n} {{\n  roll t{other} from 1 to 2\n  obeys po{n}\n  step canary {{ weight 10%; hold 1h; watch g{n} }}\n  step full {{ weight 100%; hold 2h; watch g{n} }}\n}}\n"
        ),
        9 => format!(
            "plan q{n} {{\n  roll s{other} from 1 to 2\n  step all {{ rolling; hold 30m; watch g{n} }}\n}}\n"
        ),
        10 => format!("policy po{n} {{ require first-weight <= 5%; forbid mutable-tag }}\n"),
        11 => format!(
            "environment prod {{\n  service s{n} {{ replicas {other} }}\n  gate g{n} {{ detect 5% }}\n}}\n"
        ),
        12 => format!("release r{n} {{ include p{other}-{n}, q{n} }}\n"),
        13 => format!(
            "strategy careful(gates) {{\n  step one {{ weight {n}%; hold 1h; watch gates }}\n}}\n"
        ),
        14 => format!(
            "plan u{file} {{\n  roll t{other} from 1 to 2\n  use careful(gates = [g{n}])\n  after q{n}.all\n}}\n"
        ),
        15 => format!("servce s{n} {{\n  replicas 3\n}}\n"),
        16 => format!("format f{n} {{ retention 7d }}\n"),
        17 => format!(
            "plan p{file}-{n} {{\n  roll s{n} from 1 to 2\n  step half {{ weight 50%; hold 1h\n"
        ),
        _ => format!(
            "service v{file} {{\n  replicas 2\n  traffic 10/s\n  version 1 {{ attested by \"sre\"; reads f{n} 1 }}\n  version 2 {{ reads f{n} 2; writes f{n} 2 }}\n}}\nplan v{file} {{ roll v{file} from 1 to 2; step all {{ rolling; hold 1h }} }}\n"
        ),
    }
}

fn text(pieces: &[usize], file: usize) -> String {
    pieces.iter().map(|&number| piece(number, file)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Files that import and use one another in all ways, each edit replaces the text of one.
    #[test]
    fn after_each_edit_the_same_is_said(
        first in prop::collection::vec(prop::collection::vec(0_usize..10_000, 0..5), FILES),
        edits in prop::collection::vec((0..FILES, prop::collection::vec(0_usize..10_000, 0..5)), 1..6),
    ) {
        let mut texts: Vec<String> = first.iter().enumerate().map(|(file, own)| text(own, file)).collect();
        let entries: Vec<PathBuf> = (0..FILES).map(path).collect();
        let mut session = Session::default();
        let mut changed = Changed::Anything;
        let mut edited = Vec::new();
        for round in 0..=edits.len() {
            let mut loader = MemoryLoader::new().with("p/switchback.toml", "");
            for (file, text) in texts.iter().enumerate() {
                loader = loader.with(path(file), text.clone());
            }
            let whole = of_command_line(&loader, Path::new("p"), &entries);
            let parts = session.check(&loader, Path::new("p"), &entries, changed, &|| false);
            let parts = of_parts(&parts.expect("nobody stops it"));
            let found = differences(&whole, &parts);
            prop_assert!(found.is_empty(), "round {round}\n{found}\n{texts:#?}");
            if let Some((file, own)) = edits.get(round) {
                texts[*file] = text(own, *file);
                edited = vec![path(*file)];
            }
            changed = Changed::Texts(&edited);
        }
    }
}
