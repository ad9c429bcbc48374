//! The parser, held to what it promises for every text: it always ends, one fault costs one
//! finding, and the tree leaves nothing out but layout.

use proptest::prelude::*;
use switchback::diagnostic::Findings;
use switchback::source::{FileId, LineIndex};
use switchback::syntax::{Arg, ArgKind, Tree, parse};

fn read(text: &str) -> (Tree, Findings) {
    let mut findings = Findings::new();
    let tree = parse(FileId(0), text, &mut findings);
    (tree, findings)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Everything that holds for every text, with faults or without.
fn check_total(text: &str) {
    let (tree, findings) = read(text);
    for finding in &findings {
        let whole = finding.labels.iter().map(|label| label.span);
        for span in whole {
            assert!(text.get(span.range()).is_some(), "{span:?} of {text:?}");
        }
    }
    // at most one for each statement, two for each brace (one can stand on the wrong line and never
    // be closed) and one for the depth
    let braces = text.matches(['{', '}']).count();
    assert!(
        findings.len() <= tree.all().len() + 2 * braces + 1,
        "{} findings in {text:?}",
        findings.len()
    );
    let mut last = 0;
    for statement in tree.all() {
        assert!(statement.line.start >= last, "{text:?}");
        last = statement.line.start;
        assert!(text.get(statement.line.range()).is_some(), "{text:?}");
        assert!(text.get(statement.span.range()).is_some(), "{text:?}");
    }
    if findings.is_empty() {
        check_round_trip(text, &tree);
    }
}

/// The words, texts and operators in order, and between them nothing that has a meaning of its own.
fn check_round_trip(text: &str, tree: &Tree) {
    let mut leaves = Vec::new();
    for statement in tree.all() {
        leaves.push(statement.head);
        for arg in tree.args(statement) {
            push(arg, &mut leaves);
            for param in tree.params(arg) {
                leaves.extend(param.name);
                push(&param.value, &mut leaves);
                for item in tree.params(&param.value) {
                    push(&item.value, &mut leaves);
                }
            }
        }
    }
    let mut at = 0;
    let mut rebuilt = String::new();
    for leaf in leaves {
        assert!(leaf.start as usize >= at && !leaf.is_empty(), "{text:?}");
        check_gap(&text[at..leaf.start as usize], text);
        rebuilt.push_str(&text[at..leaf.end as usize]);
        at = leaf.end as usize;
    }
    check_gap(&text[at..], text);
    rebuilt.push_str(&text[at..]);
    assert_eq!(rebuilt, text);
}

fn push(arg: &Arg, leaves: &mut Vec<switchback::source::Span>) {
    if arg.kind != ArgKind::List {
        leaves.push(arg.word_span());
    }
}

fn check_gap(gap: &str, text: &str) {
    let mut comment = false;
    for (at, character) in gap.char_indices() {
        match character {
            '\n' => comment = false,
            _ if comment => {}
            '#' => comment = true,
            ' ' | '\t' | '\r' | ';' | '{' | '}' | '(' | ')' | '[' | ']' | ',' | '=' => {}
            '\u{feff}' if at == 0 && text.starts_with('\u{feff}') => {}
            _ => panic!("{character:?} is in no token of {text:?}"),
        }
    }
}

const PIECES: &[&str] = &[
    "a",
    "step",
    "5%",
    "shop.orders",
    "900/s",
    "f(x)",
    "f(x, y = [1, 2],)",
    "f(",
    "[a, b]",
    "[a b]",
    "[",
    "]",
    "(",
    ")",
    "\"t;{#\"",
    "\"",
    "\"\"\"r\n\"\"\"",
    "\"\"\"",
    "->",
    "..",
    "<=",
    "=",
    "==",
    ",",
    "+",
    "{",
    "}",
    "{",
    "}",
    "{\n",
    "}\n",
    ";",
    "\n",
    "\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    "# c\n",
    "## d\n",
    "#",
    "\u{feff}",
    "é",
    "?",
    ":",
    "-",
    "\\",
    "'",
    "\0",
    "😀",
];

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn mixed_pieces_are_read(
        parts in prop::collection::vec((prop::sample::select(PIECES), any::<bool>()), 0..40)
    ) {
        let text: String = parts
            .iter()
            .flat_map(|&(piece, blank)| [piece, if blank { " " } else { "" }])
            .collect();
        check_total(&text);
    }

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check_total(&text);
    }
}

/// How much of one thing is read: a megabyte. Without optimization pest needs up to 80 µs a byte,
/// so there it is less, but enough that reading twice, or nesting, would show.
const MUCH: usize = if cfg!(debug_assertions) {
    40_000
} else {
    1_000_000
};

/// No nesting exhausts the stack and nothing is read twice: much of what invites both is read to
/// its end, and whatever is wrong with it is said a bounded number of times.
/// Found by the generated texts: a head that is no word, and its block on the next line.
#[test]
fn a_block_below_a_broken_head_is_not_reported_again() {
    check_total("\"\n{\n\"\n{f(x)");
}

#[test]
fn much_of_one_thing_is_read() {
    for piece in [
        "{", "}", "a = {", "a {", "[", "(", "]", ")", "\"", "\"\"\"", "#", " ", "\n", ";", "a[",
        "f(", "a(b=[", "[a,", ",", "->", "-", "a.", "a ", "\\", "?", "{}", "a{}", "a{\n", "}\n",
        "\"\n", "##\n", "a,\n", "a [b\n", "\u{feff}", "é",
    ] {
        let text = piece.repeat(MUCH / piece.len());
        let (_, findings) = read(&text);
        assert!(
            findings.len() <= 250,
            "{} findings for {piece:?}",
            findings.len()
        );
    }
}

/// Faults of each kind as a statement of their own, and the rule that finds them.
const FAULTS: &[(&str, &str)] = &[
    ("notify \"open", "unterminated-text"),
    ("notify \"open {x}", "unterminated-text"),
    ("weight ? 5%", "unexpected-text"),
    ("= 5%", "unexpected-text"),
    ("weight 5% )", "unexpected-text"),
    ("\"text first\"", "unexpected-text"),
    ("use cautious (first)", "unexpected-text"),
    ("weight -5%", "unexpected-text"),
    ("watch [a, b", "unclosed-bracket"),
    ("use cautious(first = 1%", "unclosed-bracket"),
    ("watch [a b]", "missing-comma"),
];

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn faults_do_not_spread(
        plans in 1usize..6,
        chosen in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(FAULTS)), 1..8),
    ) {
        let mut lines: Vec<String> = Vec::new();
        for n in 0..plans {
            lines.push(format!("plan p{n} {{"));
            lines.push("  roll a from 1 to 2".into());
            for step in ["canary", "full"] {
                lines.push(format!("  step {step} {{"));
                lines.push("    weight 5% -> 25%".into());
                lines.push("    hold 1h # long".into());
                lines.push("  }".into());
            }
            lines.push("}".into());
        }
        // behind distinct healthy lines, so that each fault has a statement of its own
        let mut places: Vec<(usize, (&str, &str))> =
            chosen.iter().map(|(at, fault)| (at.index(lines.len()), *fault)).collect();
        places.sort_by_key(|&(at, _)| std::cmp::Reverse(at));
        places.dedup_by_key(|&mut (at, _)| at);
        for &(at, (fault, _)) in &places {
            lines.insert(at + 1, format!("      {fault}"));
        }
        let mut expected: Vec<(u32, &str)> = places
            .iter()
            .rev()
            .enumerate()
            .map(|(before, &(at, (_, rule)))| ((at + before + 2) as u32, rule))
            .collect();
        expected.sort_unstable();
        let text = lines.join("\n") + "\n";
        let (tree, findings) = read(&text);
        let index = LineIndex::new(&text);
        let mut found: Vec<(u32, &str)> = findings
            .iter()
            .map(|f| (index.line_col(&text, f.span().start).line, f.rule.name))
            .collect();
        found.sort_unstable();
        prop_assert_eq!(found, expected, "{}", text);
        // and the healthy statements are all there
        let healthy = tree.all().iter().filter(|s| !s.broken).count();
        prop_assert_eq!(healthy, plans * 8, "{}", text);
    }

    /// A line without its brace costs one finding too, on the block that lacks it.
    #[test]
    fn a_missing_brace_is_blamed_on_its_block(plans in 1usize..6, at in any::<prop::sample::Index>()) {
        let mut lines: Vec<String> = Vec::new();
        let mut closers = Vec::new();
        for n in 0..plans {
            let head = lines.len();
            lines.push(format!("plan p{n} {{"));
            for step in ["canary", "full"] {
                lines.push(format!("  step {step} {{"));
                lines.push("    weight 5%".into());
                closers.push((lines.len(), lines.len() - 2));
                lines.push("  }".into());
            }
            closers.push((lines.len(), head));
            lines.push("}".into());
        }
        let (closer, head) = closers[at.index(closers.len())];
        lines.remove(closer);
        let text = lines.join("\n") + "\n";
        let (_, findings) = read(&text);
        let index = LineIndex::new(&text);
        let found: Vec<(u32, &str)> = findings
            .iter()
            .map(|f| (index.line_col(&text, f.span().start).line, f.rule.name))
            .collect();
        prop_assert_eq!(found, [(head as u32 + 1, "unclosed-block")], "{}", text);
    }
}
