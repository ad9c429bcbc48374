use super::*;
use crate::source::LineIndex;

/// The text of the value at a path of the first document.
fn text_at<'t>(text: &'t str, all: &Manifests, path: &[&str]) -> &'t str {
    &text[all.documents[0]
        .node
        .at(path)
        .expect("it is there")
        .span
        .range()]
}

#[test]
fn every_value_and_key_knows_its_bytes() {
    let all = clean(CHECKOUT);
    let at = |path: &[&str]| text_at(CHECKOUT, &all, path);
    assert_eq!(at(&["metadata", "annotations", "owner"]), "결제팀");
    assert_eq!(
        at(&["metadata", "labels"]),
        "{app: checkout, tier: \"backend\"}"
    );
    assert_eq!(
        at(&["spec", "strategy", "rollingUpdate"]),
        "maxSurge: 25%\n      maxUnavailable: 0"
    );
    assert_eq!(
        at(&["spec", "template", "metadata", "labels"]),
        at(&["metadata", "labels"]),
        "an alias shows its anchor"
    );
    let replicas = all.documents[0]
        .node
        .get("spec")
        .and_then(|s| s.entry("replicas"))
        .expect("replicas");
    assert_eq!(
        (
            &CHECKOUT[replicas.key_span.range()],
            &CHECKOUT[replicas.value.span.range()]
        ),
        ("replicas", "6")
    );
    let container = &all.workloads[0].pod.as_ref().expect("template").containers[0];
    let image = container.image.as_ref().expect("image").span;
    assert_eq!(
        &CHECKOUT[image.range()],
        "\"registry.example.com/shop/checkout@sha256:0f1e\"",
        "without the comment"
    );
    assert_eq!(&CHECKOUT[container.ports[1].number.span.range()], "9090");
    assert_eq!(
        &CHECKOUT[container
            .readiness
            .as_ref()
            .expect("probe")
            .key_span
            .range()],
        "readinessProbe"
    );
    assert_eq!(
        &CHECKOUT[container.env[1].value.as_ref().expect("text").span.range()],
        "{{ not a template }}\n                안녕"
    );
    let whole = &CHECKOUT[all.documents[1].span.range()];
    assert!(
        whole.starts_with("apiVersion: v1\nkind: Service") && whole.ends_with("targetPort: http"),
        "{whole:?}"
    );
}

#[test]
fn line_endings_marks_and_other_scripts_shift_nothing() {
    let windows = format!("\u{feff}{}", CHECKOUT.replace('\n', "\r\n"));
    let all = clean(&windows);
    assert_eq!(
        text_at(&windows, &all, &["metadata", "annotations", "owner"]),
        "결제팀"
    );
    assert_eq!(text_at(&windows, &all, &["apiVersion"]), "apps/v1");
    assert_eq!(text_at(&windows, &all, &["spec", "replicas"]), "6");
    assert_eq!(
        all.workloads[0].pod.as_ref().map(|p| p.containers.len()),
        Some(2)
    );
    let text = "kind: X # é\nname: \"日本\" # 語\nreplicas: 3\n";
    let all = clean(text);
    let span = all.documents[0]
        .node
        .get("replicas")
        .expect("replicas")
        .span;
    assert_eq!(&text[span.range()], "3");
    let place = LineIndex::new(text).line_col(text, span.start);
    assert_eq!((place.line, place.column), (3, 11));
}

#[test]
fn an_empty_value_stands_behind_its_colon() {
    for text in [
        "kind:\n",
        "kind:",
        "kind:   # nothing\n\n",
        "kind:\nother: 1\n",
        "{kind: , other: 1}",
        "\"kind\" :\n",
    ] {
        let (all, _) = load(text);
        let span = all.documents[0].node.get("kind").expect("the key").span;
        assert!(
            span.is_empty() && text[..span.start as usize].ends_with(':'),
            "{text:?} {span:?}"
        );
    }
}

#[test]
fn documents_are_split_where_yaml_splits_them() {
    let all = clean(
        "# first\n---\nkind: A\n---\n# nothing\n---\nkind: B\ntext: |\n  ---\n  x\n...\n---\nkind: C\n...\n",
    );
    assert_eq!(
        all.kinds().map(|(kind, _)| kind).collect::<Vec<_>>(),
        ["A", "B", "C"]
    );
    for nothing in [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "---\n---\n",
        "\u{feff}",
        "...\n",
    ] {
        assert!(clean(nothing).documents.is_empty(), "{nothing:?}");
    }
}

#[test]
fn a_quoted_text_may_continue_at_the_depth_of_its_key() {
    let text = "a:\n  b: 'one\n  it''s\n\n  two'\n  c: \"x\n \\ty\\\n  z\"\n  d: é\n---\nkind: B\n";
    let all = clean(text);
    let at = |key: &str| all.documents[0].node.at(&["a", key]).expect("the key");
    assert_eq!(at("b").text(), Some("one it's\ntwo"));
    assert_eq!(at("c").text(), Some("x \tyz"));
    assert_eq!(&text[at("b").span.range()], "'one\n  it''s\n\n  two'");
    assert_eq!(&text[at("d").span.range()], "é");
    assert_eq!(all.documents.len(), 2);
    let (_, findings) = load("a:\n  b: 'one\n  c: 1\n");
    assert_eq!(findings.len(), 1, "an unclosed quote stays an error");
}
