//! The formatter, held to examples and to random input.
//!
//! `tests/fmt/NAME.swb` laid out is `tests/fmt/NAME.out`; `SWITCHBACK_BLESS=1` writes what is.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use switchback::source::FileId;
use switchback::syntax::{ArgKind, FormatError, MAX_WIDTH, Tree, format, parse};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fmt");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("tests/fmt can be listed")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "swb"))
        .collect();
    found.sort();
    assert!(found.len() >= 10, "the fixtures are there");
    found
}

fn tree(text: &str) -> Tree {
    parse(FileId(0), text, &mut Vec::new())
}

/// The byte ranges of all texts in quotes, which a formatter may not touch.
fn quoted(text: &str) -> Vec<std::ops::Range<usize>> {
    let tree = tree(text);
    let mut found = Vec::new();
    for statement in tree.all() {
        for arg in tree.args(statement) {
            let mut all = vec![*arg];
            for param in tree.params(arg) {
                all.push(param.value);
                all.extend(tree.params(&param.value).iter().map(|p| p.value));
            }
            found.extend(
                all.iter()
                    .filter(|a| matches!(a.kind, ArgKind::Text | ArgKind::RawText))
                    .map(|a| a.span.range()),
            );
        }
    }
    found
}

/// What is left of a text without its layout. It knows nothing of tokens, so that it cannot share
/// a mistake with the proof inside the formatter: all blanks and `;` go, the rest keeps its order.
fn essence(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n' | ';' | '\u{feff}'))
        .collect()
}

/// Everything that holds for every text. Gives the layout if there is one.
fn check(text: &str) -> Option<String> {
    let out = match format(FileId(0), text) {
        Ok(out) => out,
        Err(FormatError::Broken(findings)) => {
            assert!(!findings.is_empty());
            return None;
        }
        Err(error @ FormatError::Unsound { .. }) => panic!("{error}\n{text:?}"),
    };
    assert_eq!(essence(text), essence(&out), "of {text:?}");
    let texts =
        |of: &str| -> Vec<String> { quoted(of).into_iter().map(|r| of[r].to_string()).collect() };
    // their lines end as all others do; nothing else of them may change
    let newlines = |text: String| {
        let mut text = text;
        while text.contains("\r\n") {
            text = text.replace("\r\n", "\n");
        }
        text
    };
    let written: Vec<String> = texts(text).into_iter().map(newlines).collect();
    assert_eq!(written, texts(&out), "quoted texts of {text:?}");
    assert!(!out.contains("\r\n"), "{text:?}");
    match format(FileId(0), &out) {
        Ok(again) => assert_eq!(again, out, "a second time, of {text:?}"),
        Err(error) => panic!("the result cannot be laid out: {error}\n{text:?}\n{out}"),
    }
    assert!(!out.starts_with('\u{feff}'));
    assert!(out.is_empty() || (out.ends_with('\n') && !out.ends_with("\n\n")));
    assert!(!out.starts_with('\n'));
    let texts = quoted(&out);
    let mut start = 0;
    for line in out.split('\n') {
        let end = start + line.len();
        let inside = texts.iter().any(|r| r.start < end && end < r.end);
        assert!(
            inside || !line.ends_with([' ', '\t', '\r']),
            "{line:?} ends in a blank, of {text:?}"
        );
        let indented = line.trim_start_matches(' ');
        let began_inside = texts.iter().any(|r| r.start < start && start < r.end);
        if !began_inside {
            assert!(!indented.starts_with('\t'), "{line:?}");
            // only an operator at the end of a statement needs it, and only behind a comment
            assert!(
                indented == ";" || !indented.starts_with(';'),
                "{line:?} of {text:?}"
            );
        }
        start = end + 1;
    }
    Some(out)
}

#[test]
fn fixtures_are_laid_out_as_recorded() {
    let mut wrong = Vec::new();
    for path in fixtures() {
        let text = std::fs::read_to_string(&path).expect("a fixture");
        let out = check(&text).unwrap_or_else(|| panic!("{} has faults", path.display()));
        let recorded = path.with_extension("out");
        if std::env::var_os("SWITCHBACK_BLESS").is_some() {
            std::fs::write(&recorded, &out).expect("the result can be written");
        } else if std::fs::read_to_string(&recorded).ok().as_ref() != Some(&out) {
            wrong.push(format!("--- {}\n{out}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file of another system is one file: what stands in `"""` ends its lines as the rest does.
#[test]
fn a_file_with_carriage_returns_has_none_behind_it() {
    let text = "gate a {\r\n  query \"\"\"\r\n    up\r\n      / 2\r\n  \"\"\"\r\n  expect value < 1\r\n}\r\n";
    let out = check(text).expect("no faults");
    assert_eq!(out, text.replace("\r\n", "\n"));
    // what is no line end is part of the text
    let odd = check("a \"\"\"x\ry\r\r\nz\"\"\"\n").expect("no faults");
    assert_eq!(odd, "a \"\"\"x\ry\nz\"\"\"\n");
}

#[test]
fn a_text_with_faults_is_left_alone() {
    for text in [
        "a \"open\n",
        "a {\n",
        "}\n",
        "a ? b\n",
        "a [1\n",
        "{\n}\n",
        "a f(x y)\n",
    ] {
        let result = format(FileId(0), text);
        assert!(
            matches!(result, Err(FormatError::Broken(f)) if f.len() == 1),
            "{text:?}"
        );
    }
}

/// 100 columns are the last that fit, counted in characters, with what must follow on the line.
#[test]
fn a_line_of_a_hundred_columns_is_the_longest() {
    for (before, behind) in [
        ("é {\n  b { c; d ", " }\n}\n"),
        ("é c, ", "\n"),
        ("é c -> ", " {}\n"),
        ("é c, ", " {\n  b\n}\n"),
    ] {
        let line = |text: &str| text.lines().next_back().unwrap_or("").chars().count();
        let first = behind.lines().next().unwrap_or("").chars().count();
        let left = MAX_WIDTH - line(before) - first;
        let fits = format!("{before}{}{behind}", "é".repeat(left));
        assert_eq!(check(&fits).as_deref(), Some(&*fits));
        let wide = format!("{before}{}{behind}", "é".repeat(left + 1));
        let out = check(&wide).expect("no faults");
        assert!(out.lines().count() > wide.lines().count(), "{out}");
        assert!(out.lines().all(|l| l.chars().count() <= MAX_WIDTH), "{out}");
    }
}

#[test]
fn line_ends_and_marks_of_other_systems_go() {
    assert_eq!(
        check("\u{feff}a\t1\r\n\r\n\tb {\r\n\t c\r\n}\r\n").as_deref(),
        Some("a 1\n\nb {\n  c\n}\n")
    );
    assert_eq!(check("").as_deref(), Some(""));
    assert_eq!(check("\u{feff} \r\n\n").as_deref(), Some(""));
}

#[test]
fn a_hundred_thousand_statements_are_laid_out() {
    let mut text = String::new();
    for n in 0..25_000 {
        text.push_str(&format!(
            "service s{n} {{ traffic 1/s ; drain 5s #c\n version 1,2}}\n"
        ));
    }
    assert_eq!(tree(&text).all().len(), 100_000);
    let out = format(FileId(0), &text).expect("no faults");
    assert!(out.lines().count() > 125_000);
}

#[test]
fn long_and_deep_texts_are_laid_out() {
    let list = format!("a [{}]\n", vec!["word"; 50_000].join(","));
    let out = check(&list).expect("no faults");
    assert!(out.lines().all(|line| line.chars().count() <= MAX_WIDTH));
    let deep = format!("{}{}", "a {b 1;".repeat(64), "}".repeat(64));
    assert!(check(&deep).is_some());
    let deeper = format!("{}{}", "a{".repeat(65), "}".repeat(65));
    assert!(check(&deeper).is_none());
}

/// Pieces that meet in all the ways that a text can join them.
const PIECES: &[&str] = &[
    "a",
    "step",
    "checkout-42",
    "5%",
    "shop.orders",
    "900/s",
    "0042",
    "f(x)",
    "f(x, y = 1,)",
    "f(\n# c\n x = [1, 2] , y)",
    "f()",
    "[]",
    "[a, b]",
    "[ # c\n a # d\n , b,\n]",
    "\"t;{#\"",
    "\"\"",
    "\"\"\"raw\"\"\"",
    "\"\"\" x \n  y;} \r\n\"\"\"",
    "->",
    "..",
    "<=",
    "<",
    "=",
    "*",
    "+",
    ",",
    "+",
    ",",
    "->",
    "{",
    "}",
    "{",
    "}",
    "{}",
    "{ b }",
    ";",
    ";",
    "\n",
    "\n",
    "\n\n",
    "\n\n\n",
    "\r\n",
    "\t",
    "# c\n",
    "#c \n",
    "## d\n",
    "##d\t\n",
    "#!x\n",
    "#---\n",
    "#\n",
    "# c\r\n",
    "\u{feff}",
    "é",
    "(",
    ")",
    "]",
    "?",
    "\"",
    ":",
    "-",
];

/// Text without faults in any layout: `(soup of statement parts) (separator)`, blocks closed.
fn healthy() -> impl Strategy<Value = String> {
    let argument = prop_oneof![
        8 => prop::sample::select(&PIECES[..18]).prop_map(str::to_string),
        3 => prop::sample::select(&PIECES[18..29]).prop_map(str::to_string),
        1 => "[a-z]{30,60}",
    ];
    let between = prop::sample::select(&[" ", "  ", "\t", " \r "][..]);
    let line = (
        "[a-z]{1,6}",
        prop::collection::vec((between, argument), 0..9),
    )
        .prop_map(|(head, arguments)| {
            let mut line = head;
            for (blank, argument) in arguments {
                line.push_str(blank);
                line.push_str(&argument);
            }
            line
        });
    let separator = prop::sample::select(
        &[
            "\n",
            "\n",
            "\n\n",
            "\n\n\n",
            ";",
            " ; ",
            ";\n;",
            "# c\n",
            " #c\n",
            "\n## d\n",
            " ## d\n",
            "\n# c\n\n# d\n",
            "; # c\n",
            "\n;\n",
            "\r\n",
            "\n\n# c\n;\n",
            ";;",
        ][..],
    );
    let event = (line, separator, 0u8..8);
    prop::collection::vec(event, 0..14).prop_map(|events| {
        let mut text = String::new();
        let mut depth = 0;
        for (line, separator, what) in events {
            text.push_str(&line);
            match what {
                0 | 1 => {
                    depth += 1;
                    text.push_str(" {");
                    // what follows a brace need not be separated from it
                    if what == 0 {
                        continue;
                    }
                }
                2 => text.push_str("{ }"),
                3 if depth > 0 => {
                    depth -= 1;
                    text.push('}');
                }
                _ => {}
            }
            text.push_str(separator);
        }
        text.push_str(&"}".repeat(depth));
        text
    })
}

/// A fixture with a few pieces put in, taken out or doubled.
fn mutated() -> impl Strategy<Value = String> {
    let seeds: Vec<String> = fixtures()
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("a fixture"))
        .collect();
    let change = (
        any::<prop::sample::Index>(),
        0usize..12,
        prop::sample::select(PIECES),
        0u8..3,
    );
    (
        prop::sample::select(seeds),
        prop::collection::vec(change, 1..4),
    )
        .prop_map(|(mut text, changes)| {
            for (place, length, piece, what) in changes {
                let floor = |at: usize, text: &str| {
                    let mut at = at.min(text.len());
                    while !text.is_char_boundary(at) {
                        at -= 1;
                    }
                    at
                };
                let start = floor(place.index(text.len() + 1), &text);
                let end = floor(start + length, &text).max(start);
                match what {
                    0 => text.insert_str(start, piece),
                    1 => text.replace_range(start..end, ""),
                    _ => text.replace_range(start..end, piece),
                }
            }
            text
        })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn healthy_texts_keep_what_they_say(text in healthy()) {
        // a text may end in the middle of a comment; then its blocks are open, which is a fault
        check(&text);
    }

    #[test]
    fn mixed_pieces_keep_what_they_say(
        parts in prop::collection::vec((prop::sample::select(PIECES), prop::sample::select(&["", " "][..])), 0..24)
    ) {
        let text: String = parts.iter().flat_map(|(a, b)| [*a, *b]).collect();
        check(&text);
    }

    #[test]
    fn mutated_fixtures_keep_what_they_say(text in mutated()) {
        check(&text);
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        check(&text);
    }
}

/// Random input proves nothing where it is always refused.
#[test]
fn most_generated_texts_have_no_faults() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = healthy();
    let accepted = (0..200)
        .filter(|_| {
            let text = strategy.new_tree(&mut runner).expect("a text").current();
            format(FileId(0), &text).is_ok()
        })
        .count();
    assert!(accepted > 120, "only {accepted} of 200");
}
