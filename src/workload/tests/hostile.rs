use std::fmt::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// Reads and gives the codes of the findings; only what hangs fails, whatever else the machine does.
fn codes(name: &str, text: &str) -> Vec<&'static str> {
    let start = Instant::now();
    let (all, findings) = load(text);
    let took = start.elapsed();
    drop(all);
    println!("{name}: {took:?}");
    assert!(took < Duration::from_secs(300), "{name}: {took:?}");
    findings.iter().map(|found| found.rule.code).collect()
}

#[test]
fn aliases_cannot_multiply() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{},", level - 1).repeat(9);
        writeln!(bomb, "a{level}: &a{level} [{below}]").expect("a string");
    }
    assert_eq!(codes("bomb", &bomb), ["FI04"]);
    let mut merges = String::from("m0: &m0 {k: 1}\n");
    for level in 1..40 {
        let below = level - 1;
        writeln!(
            merges,
            "m{level}: &m{level} {{a{level}: *m{below}, b{level}: *m{below}}}"
        )
        .expect("a string");
    }
    assert_eq!(codes("maps", &merges), ["FI04"]);
    let wide: String = (0..2000).map(|i| format!("  k{i}: 1\n")).collect();
    let many: String = (0..2000).map(|i| format!("m{i}: {{<<: *w}}\n")).collect();
    assert_eq!(codes("merge", &format!("w: &w\n{wide}{many}")), ["FI04"]);
    let chain: String = (1..300)
        .map(|i| format!("c{i}: &c{i} [*c{}]\n", i - 1))
        .collect();
    assert_eq!(
        codes("chain", &format!("c0: &c0 x\n{chain}")),
        ["FI04"],
        "depth by aliases"
    );
    assert_eq!(codes("itself", "a: &a [*a]\n"), ["FI04"]);
    let small = format!(
        "a: &a [{}]\nb: &b [{}]\nc: [{}]\n---\n",
        "x,".repeat(60),
        "*a,".repeat(60),
        "*b,".repeat(60)
    );
    assert_eq!(codes("many small bombs", &small.repeat(100)), ["FI04"]);
}

#[test]
fn nesting_is_limited_in_every_notation() {
    assert_eq!(codes("[", &"[".repeat(10_000)), ["FI04"]);
    assert_eq!(codes("{a: ", &"{a: ".repeat(10_000)), ["FI04"]);
    assert_eq!(codes("- ", &"- ".repeat(10_000)), ["FI04"]);
    let deep: String = (0..10_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert_eq!(codes("a:", &deep), ["FI04"]);
    let mixed = format!("{}{}{}", "- ".repeat(90), "[".repeat(90), "]".repeat(90));
    assert_eq!(codes("mixed", &mixed), ["FI04"]);
    assert!(codes("allowed", &format!("{}{}", "[".repeat(99), "]".repeat(99))).is_empty());
}

#[test]
fn large_and_odd_texts_end() {
    for (name, text) in [
        ("braces", "{".repeat(1_000_000)),
        ("keys", "? ".repeat(200_000)),
        ("colons", "a: ".repeat(200_000)),
        ("anchors", "&a ".repeat(200_000)),
        ("commas", format!("[{}]", ",".repeat(200_000))),
        ("quotes", "\"a\n".repeat(200_000)),
        ("documents", "---\n".repeat(200_000)),
        ("broken documents", "a: [\n---\n".repeat(100_000)),
        ("comments", "# x\n".repeat(200_000)),
        ("directives", "%A\n".repeat(100_000)),
        (
            "one long text",
            format!("a: \"{}\"\n", "x".repeat(2_000_000)),
        ),
        ("one long line", format!("a: {}\n", "x ".repeat(500_000))),
        ("signs", "a: {{ x\n".repeat(100_000)),
        ("plain signs", format!("a: x{}\n", "{{ a ".repeat(200_000))),
        ("tabs", "\t".repeat(200_000)),
        ("dashes", "- \n".repeat(200_000)),
    ] {
        codes(name, &text);
    }
    let many = "- 1\n".repeat(600_000);
    assert_eq!(codes("many", &many), ["FI04"]);
}

/// Twice the text may take at most about twice the time.
#[test]
#[ignore = "measures; run with --release -- --ignored --nocapture"]
fn speed() {
    let measure = |copies: usize| {
        let text = format!("{CHECKOUT}---\n").repeat(copies);
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            let (all, findings) = load(&text);
            best = best.min(start.elapsed());
            assert!(findings.is_empty() && all.workloads.len() == copies);
        }
        println!(
            "{} bytes in {best:?}: {:.1} MB/s",
            text.len(),
            text.len() as f64 / best.as_secs_f64() / 1e6
        );
        best
    };
    let one = measure(300);
    let two = measure(600);
    let single = measure(1);
    println!(
        "twice the text: {:.2} times; one file: {single:?}",
        two.as_secs_f64() / one.as_secs_f64()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,80}") {
        check(&text);
    }

    #[test]
    fn no_yaml_is_too_odd(tokens in prop::collection::vec(0usize..TOKENS.len(), 0..60)) {
        let text: String = tokens.iter().filter_map(|&token| TOKENS.get(token)).copied().collect();
        check(&text);
    }

    #[test]
    fn no_manifest_is_too_broken(cuts in prop::collection::vec((0usize..4000, 0usize..TOKENS.len(), 0usize..12), 1..6)) {
        let mut text = CHECKOUT.to_string();
        for (at, token, len) in cuts {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.floor_char_boundary((start + len).min(text.len())).max(start);
            text.replace_range(start..end, TOKENS[token]);
        }
        check(&text);
    }
}

const TOKENS: [&str; 40] = [
    "a",
    "b: ",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "&x ",
    "*x",
    "<<: ",
    "---\n",
    "...\n",
    "# c\n",
    "{{",
    "}}",
    "{% ",
    "\t",
    "\r\n",
    "é",
    "\u{feff}",
    "!!str ",
    "!t ",
    "? ",
    "%YAML 1.2\n",
    "kind: Deployment\n",
    "apiVersion: apps/v1\n",
    "spec:\n",
    "replicas: ",
    "25%",
    "~",
    "\\",
];

/// Nothing panics, every place lies in the text on borders of characters, and children lie in order.
fn check(text: &str) {
    let (all, findings) = load(text);
    for found in &findings {
        for label in &found.labels {
            assert!(
                text.get(label.span.range()).is_some(),
                "{text:?} {:?}",
                label
            );
        }
        assert!(found.help.is_some(), "{}", found.message);
        assert!(
            !found.message.ends_with('.') && !found.message.contains('\n'),
            "{}",
            found.message
        );
    }
    for document in &all.documents {
        let mut open = vec![&document.node];
        while let Some(node) = open.pop() {
            assert!(
                text.get(node.span.range()).is_some(),
                "{text:?} {:?}",
                node.span
            );
            open.extend(node.items());
            for entry in node.entries() {
                assert!(
                    text.get(entry.key_span.range()).is_some(),
                    "{text:?} {:?}",
                    entry.key_span
                );
                open.push(&entry.value);
            }
        }
    }
    let (_, again) = load(text);
    assert_eq!(findings.len(), again.len());
}
