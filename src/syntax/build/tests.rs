use super::*;

fn faults(text: &str) -> Vec<(u32, &'static str)> {
    let mut findings = Vec::new();
    parse(FileId(0), text, &mut findings);
    let index = crate::source::LineIndex::new(text);
    findings
        .iter()
        .map(|f| (index.line_col(text, f.span().start).line, f.rule.name))
        .collect()
}

fn outline(text: &str) -> String {
    let mut findings = Vec::new();
    let tree = parse(FileId(0), text, &mut findings);
    fn walk(
        tree: &Tree,
        text: &str,
        at: super::super::Statements<'_>,
        depth: usize,
        out: &mut String,
    ) {
        for s in at {
            out.push_str(&format!("{}{}", "  ".repeat(depth), &text[s.line.range()]));
            out.push('\n');
            walk(tree, text, tree.block(s), depth + 1, out);
        }
    }
    let mut out = String::new();
    walk(&tree, text, tree.top(), 0, &mut out);
    out
}

#[test]
fn words_carry_their_punctuation() {
    let mut findings = Vec::new();
    let text = "w 1%->5% 900/s shop.orders 2024-01-01..2024-02-01 V1.2.3 a:b [x, y] f(p, q = [1, 2]) \"a\\\"b\"";
    let tree = parse(FileId(0), text, &mut findings);
    let top = tree.top().next().expect("a statement");
    let shown: Vec<&str> = tree
        .args(top)
        .iter()
        .map(|a| &text[a.span.range()])
        .collect();
    assert_eq!(
        shown,
        [
            "1%",
            "->",
            "5%",
            "900/s",
            "shop.orders",
            "2024-01-01",
            "..",
            "2024-02-01",
            "V1.2.3",
            "a:b",
            "[x, y]",
            "f(p, q = [1, 2])",
            "\"a\\\"b\""
        ]
    );
    let call = tree.args(top)[11];
    let params: Vec<_> = tree
        .params(&call)
        .iter()
        .map(|p| (p.name.map(|n| &text[n.range()]), p.value.kind))
        .collect();
    assert_eq!(params, [(None, ArgKind::Word), (Some("q"), ArgKind::List)]);
    assert_eq!(tree.params(&tree.params(&call)[1].value).len(), 2);
    assert!(findings.is_empty());
}

#[test]
fn a_missing_brace_is_blamed_on_the_block_that_lacks_it() {
    let text =
        "plan a {\n  step x {\n    weight 5%\n  step y {\n    weight 9%\n  }\n}\nservice s {\n}\n";
    assert_eq!(faults(text), [(2, "unclosed-block")]);
    assert_eq!(
        outline(text),
        "plan a\n  step x\n    weight 5%\n  step y\n    weight 9%\nservice s\n"
    );
    let outer = "plan a {\n  step x {\n    weight 5%\n  }\nservice s {\n}\n";
    assert_eq!(faults(outer), [(1, "unclosed-block")]);
}

#[test]
fn a_brace_too_many_is_reported_where_it_stands() {
    let text = "plan a {\n  step x {\n    weight 5%\n    }\n  }\n  step y {\n  }\n}\n";
    assert_eq!(faults(text), [(4, "stray-brace")]);
    let odd = "plan a {\n  step x {\n  }\n    }\n  step y {\n  }\n}\n";
    assert_eq!(faults(odd), [(4, "stray-brace")]);
}

#[test]
fn one_fault_costs_one_statement() {
    let text = "a \"open\nb 1 ? ? ?\n= 5\nc [1, 2\nd )\ne {\n  f 1\n}\n";
    assert_eq!(
        faults(text),
        [
            (1, "unterminated-text"),
            (2, "unexpected-text"),
            (3, "unexpected-text"),
            (4, "unclosed-bracket"),
            (5, "unexpected-text"),
        ]
    );
    assert!(outline(text).contains("e\n  f 1\n"));
}

#[test]
fn a_brace_behind_an_open_text_still_counts() {
    assert_eq!(faults("a { b \"x }\nc 1\n"), [(1, "unterminated-text")]);
    assert_eq!(faults("a \"x {\n  c 1\n}\n"), [(1, "unterminated-text")]);
    // a placeholder is the text's own
    let own = "a {\n  b \"x {y}\n  c 1\n}\n";
    assert_eq!(faults(own), [(2, "unterminated-text")]);
    assert_eq!(faults("a { b \"x {y} }\n"), [(1, "unterminated-text")]);
}

#[test]
fn a_million_braces_give_a_few_findings() {
    let text = "{".repeat(1_000_000);
    let found = faults(&text);
    assert!(found.len() < 300 && found.iter().any(|f| f.1 == "nesting-too-deep"));
}
