//! What the views show, and that what they write can be read.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use super::samples::*;
use super::*;
use crate::diagnostic::{Edit, Proof, Verdict};

fn show(sample: &Sample, options: Options) -> String {
    let mut out = String::new();
    full(&sample.report(), options, &mut out);
    out
}

fn show_json(sample: &Sample) -> String {
    let mut out = String::new();
    json(&sample.report(), &mut out);
    out
}

fn show_sarif(sample: &Sample) -> String {
    let mut out = String::new();
    sarif(&sample.report(), &[], &mut out);
    out
}

fn show_concise(sample: &Sample, options: Options) -> String {
    let mut out = String::new();
    concise(&sample.report(), options, &mut out);
    out
}

const NARROW: Options = Options {
    color: false,
    unicode: false,
    width: 60,
    links: false,
};

#[test]
fn full_is_drawn() {
    insta::assert_snapshot!("full", show(&ordinary(), Options::default()));
    insta::assert_snapshot!("full_narrow_ascii", show(&ordinary(), NARROW));
    insta::assert_snapshot!("full_difficult", show(&difficult(), Options::default()));
}

#[test]
fn concise_is_one_line_each() {
    insta::assert_snapshot!("concise", show_concise(&ordinary(), Options::default()));
    insta::assert_snapshot!("concise_difficult", show_concise(&difficult(), NARROW));
    assert_eq!(
        show_concise(&difficult(), NARROW).lines().count(),
        difficult().findings.len()
    );
}

#[test]
fn json_and_sarif_are_written() {
    insta::assert_snapshot!("json", show_json(&ordinary()));
    let version = format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let log = show_sarif(&ordinary()).replace(&version, "\"semanticVersion\": \"[version]\"");
    insta::assert_snapshot!("sarif", log);
}

#[test]
fn a_clean_check_says_what_is_not_proved() {
    let mut sample = ordinary();
    sample.findings.clear();
    sample.obligations.clear();
    sample.plans[0].verdicts[0].1 = Verdict::Proved;
    insta::assert_snapshot!("clean", show(&sample, Options::default()));
    sample.plans.clear();
    sample.checked = Checked { files: 1, plans: 0 };
    insta::assert_snapshot!(show(&sample, Options::default()), @"✓ no findings in 1 file");
}

#[test]
fn a_proof_without_a_verdict_reads_not_checked() {
    let mut sample = ordinary();
    sample.plans[0]
        .verdicts
        .retain(|(proof, _)| *proof != Proof::Reversible);
    let wide = Options {
        width: 120,
        ..Options::default()
    };
    assert_eq!(show(&sample, wide).matches("not checked").count(), 2);
    let json: Value = serde_json::from_str(&show_json(&sample)).expect("it is JSON");
    assert_eq!(json["plans"][0]["proofs"][1]["verdict"], "not-checked");
}

#[test]
fn colour_marks_weight_and_is_left_out_otherwise() {
    let colored = show(
        &ordinary(),
        Options {
            color: true,
            ..Options::default()
        },
    );
    for code in [
        "\u{1b}[1;31merror:\u{1b}[0m",
        "\u{1b}[1;33mwarning:\u{1b}[0m",
        "\u{1b}[32m✓ proved\u{1b}[0m",
    ] {
        assert!(colored.contains(code), "{code:?} is missing");
    }
    let mut plain = String::new();
    let mut parts = colored.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or(""));
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    let expected = show(&ordinary(), Options::default());
    assert_eq!(
        trimmed,
        expected.lines().collect::<Vec<_>>(),
        "colour only adds escapes"
    );
}

#[test]
fn links_lead_to_files_with_an_absolute_path() {
    let mut sample = one("weight 1%\n", 0, 6);
    let mut sources = SourceMap::new();
    sources.add("a b.swb", "/project/a b.swb", "weight 1%\n".into());
    sample.sources = sources;
    let linked = show(
        &sample,
        Options {
            links: true,
            ..Options::default()
        },
    );
    let link = "\u{1b}]8;;file:///project/a%20b.swb\u{1b}\\a b.swb:1:1\u{1b}]8;;\u{1b}\\";
    assert!(linked.contains(link), "{linked:?}");
    assert!(!show(&sample, Options::default()).contains("/project"));
}

#[test]
fn a_line_of_a_megabyte_is_cut_around_the_label() {
    let text = format!("{}hodl{}\n", "é ".repeat(250_000), " x".repeat(250_000));
    let start = "é ".repeat(250_000).len();
    insta::assert_snapshot!(
        "long_line",
        show(&one(&text, start, start + 4), Options::default())
    );
    // a label over all of it, and one at each end
    for (start, end) in [
        (0, text.len()),
        (0, 0),
        (text.len() - 1, text.len()),
        (text.len(), text.len()),
    ] {
        assert!(show(&one(&text, start, end), Options::default()).len() < 1500);
    }
}

#[test]
fn a_long_block_shows_its_head() {
    let text = format!("plan a {{\n{}}}\n", "  hold 1h\n".repeat(300));
    let shown = show(&one(&text, 0, text.len()), Options::default());
    assert!(shown.contains("here, down to line 302"), "{shown}");
    assert!(shown.lines().count() < 12, "{shown}");
}

#[test]
fn labels_that_overlap_are_drawn_one_after_the_other() {
    let mut sample = one("weight 100% over 1h\n", 0, 19);
    let file = sample.findings[0].span().file;
    let first = sample.findings[0].clone();
    sample.findings[0] = first
        .also(Span::new(file, 7, 11), "too much")
        .also(Span::new(file, 7, 11), "at once");
    insta::assert_snapshot!("overlap", show(&sample, Options::default()));
}

#[test]
fn sorting_puts_names_before_ids_and_drops_repeats() {
    let mut sources = SourceMap::new();
    let late = sources.add("z.swb", "z.swb", "abc".into());
    let early = sources.add("a.swb", "a.swb", "abc".into());
    let finding = |rule, file, start| Diagnostic::new(rule, Span::new(file, start, start + 1), "m");
    let mut findings = vec![
        finding(&WORD, late, 0),
        finding(&WORD, early, 1),
        finding(&TAG, early, 0),
        finding(&WORD, early, 0),
        finding(&WORD, late, 0),
        finding(&WORD, late, 0).help("other help"),
    ];
    sort(&mut findings, &sources);
    let order: Vec<_> = findings
        .iter()
        .map(|f| (f.span().file, f.span().start, f.rule.name))
        .collect();
    assert_eq!(
        order,
        [
            (early, 0, "unknown-word"),
            (early, 0, "mutable-tag"),
            (early, 1, "unknown-word"),
            (late, 0, "unknown-word"),
            (late, 0, "unknown-word"),
        ]
    );
}

#[test]
fn exit_codes_follow_the_threshold() {
    let mut sample = ordinary();
    assert_eq!(
        exit_code(&sample.report()),
        2,
        "an unclosed block cannot be read"
    );
    assert_eq!(
        exit_code(&Report {
            fail_on: FailOn::Never,
            ..sample.report()
        }),
        2
    );
    sample
        .findings
        .retain(|finding| finding.severity < Severity::Error);
    let code = |fail_on| {
        exit_code(&Report {
            fail_on,
            ..sample.report()
        })
    };
    assert_eq!(
        [
            FailOn::Error,
            FailOn::Warning,
            FailOn::Advice,
            FailOn::Never
        ]
        .map(code),
        [0, 1, 1, 0]
    );
    let mut softened = difficult();
    softened.findings.retain(|finding| finding.rule == &BRACE);
    softened
        .findings
        .iter_mut()
        .for_each(|finding| finding.severity = Severity::Warning);
    assert_eq!(
        exit_code(&softened.report()),
        0,
        "a warning of that class is only a warning"
    );
}

fn violations(schema: &Value, instance: &str) -> Vec<String> {
    let instance: Value = serde_json::from_str(instance).expect("it is JSON");
    let validator = jsonschema::validator_for(schema).expect("it is a schema");
    validator
        .iter_errors(&instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_published_schema_of_statements_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.schema.json");
    let current = super::statements::json_schema();
    if std::env::var_os("SWITCHBACK_BLESS").is_some() {
        std::fs::write(&path, &current).expect("the schema can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == current,
        "docs/schema.schema.json is stale; run the tests with SWITCHBACK_BLESS=1"
    );
}

#[test]
fn the_published_schema_is_up_to_date_and_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    if std::env::var_os("SWITCHBACK_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("docs")).expect("docs can be made");
        std::fs::write(&path, json_schema()).expect("the schema can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == json_schema(),
        "docs/report.schema.json is stale; run the tests with SWITCHBACK_BLESS=1"
    );
    let schema: Value = serde_json::from_str(&published).expect("it is JSON");
    for sample in [ordinary(), difficult()] {
        assert_eq!(
            violations(&schema, &show_json(&sample)),
            Vec::<String>::new()
        );
    }
    let broken = show_json(&ordinary()).replace("\"column\":", "\"col\":");
    assert!(
        !violations(&schema, &broken).is_empty(),
        "the schema requires columns"
    );
}

/// The SARIF 2.1.0 schema that the crate of its types is generated from.
fn sarif_schema() -> Value {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let metadata = std::process::Command::new(env!("CARGO"))
        // for this platform only: the crates of others need not be on this disk
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "host-tuple", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .expect("a dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let schema = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json"));
    // the standard's pattern for `language`, which is not written here, has a bracket too many, and
    // strict readers of regular expressions refuse the whole schema for it
    let schema = schema
        .expect("the crate carries it")
        .replace("{2}-[a-zA-Z]{2}]?$", "{2}-[a-zA-Z]{2}$");
    serde_json::from_str(&schema).expect("it is JSON")
}

#[test]
fn sarif_holds_against_the_standard() {
    let schema = sarif_schema();
    let mut clean = ordinary();
    clean.findings.clear();
    for sample in [ordinary(), difficult(), clean] {
        assert_eq!(
            violations(&schema, &show_sarif(&sample)),
            Vec::<String>::new()
        );
    }
    let broken = show_sarif(&ordinary()).replace("\"startLine\": ", "\"startLine\": -");
    assert!(
        !violations(&schema, &broken).is_empty(),
        "the schema is in force"
    );
}

#[test]
fn sarif_counts_columns_in_utf16_and_encodes_names() {
    let mut sample = one("😀 hodl\n", 5, 9);
    let mut sources = SourceMap::new();
    sources.add("a:b/결 %.swb", "a", "😀 hodl\n".into());
    sample.sources = sources;
    let log: Value = serde_json::from_str(&show_sarif(&sample)).expect("it is JSON");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startColumn"], 4);
    assert_eq!(
        place["artifactLocation"]["uri"],
        "a%3Ab/%EA%B2%B0%20%25.swb"
    );
}

fn hashes(sample: &Sample) -> Vec<String> {
    let log: Value = serde_json::from_str(&show_sarif(sample)).expect("it is JSON");
    let results = log["runs"][0]["results"]
        .as_array()
        .expect("a list")
        .clone();
    let hash =
        |result: &Value| result["partialFingerprints"]["primaryLocationLineHash"].to_string();
    results.iter().map(hash).collect()
}

#[test]
fn fingerprints_outlive_moved_lines_and_tell_repeats_apart() {
    let here = hashes(&one("  hodl\n", 2, 6));
    assert_eq!(here, hashes(&one("# moved\n\n      hodl\r\n", 15, 19)));
    assert_ne!(here, hashes(&one("  hodl 1h\n", 2, 6)));
    let mut twice = one("hodl\nhodl\n", 0, 4);
    let file = twice.findings[0].span().file;
    twice.findings.push(Diagnostic::new(
        &WORD,
        Span::new(file, 5, 9),
        "something is wrong",
    ));
    let hashes = hashes(&twice);
    assert_ne!(hashes[0], hashes[1]);
    assert_eq!(
        hashes[0].trim_end_matches("1\""),
        hashes[1].trim_end_matches("2\"")
    );
}

#[test]
fn a_plan_cannot_plant_a_link_in_sarif() {
    let mut sample = one("x\n", 0, 1);
    sample.findings[0].message = "[look](https://example.com)".into();
    assert!(!show_sarif(&sample).contains("]("));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_and_any_places_can_be_shown(
        text in "([a-z{} ]|\\PC|[\t\r\n\u{1b}\u{202e}\u{feff}😀é]){0,120}",
        spans in proptest::collection::vec((0usize..400, 0usize..90), 1..7),
        width in 0usize..130,
        color: bool,
        unicode: bool,
    ) {
        let mut sample = one(&text, spans[0].0, spans[0].0 + spans[0].1);
        let file = sample.findings[0].span().file;
        let mut finding = sample.findings[0].clone().help(text.clone()).note(text.clone());
        for &(start, length) in &spans {
            let span = Span::new(file, start, start + length);
            finding = finding.also(span, if length % 2 == 0 { text.as_str() } else { "" });
        }
        let edits = finding.labels.iter().map(|l| Edit { span: l.span, text: text.clone() }).collect();
        sample.findings = vec![finding.fix(text.clone(), edits)];
        let shown = show(&sample, Options { color, unicode, width, links: true });
        prop_assert!(color || !shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        prop_assert!(!shown.contains('\u{202e}'), "a mark of direction is left");
        prop_assert!(shown.contains("a.swb:"), "{shown}");
        prop_assert_eq!(show_concise(&sample, NARROW).lines().count(), 1);
        prop_assert!(serde_json::from_str::<Value>(&show_json(&sample)).is_ok());
        prop_assert!(serde_json::from_str::<Value>(&show_sarif(&sample)).is_ok());
    }
}
