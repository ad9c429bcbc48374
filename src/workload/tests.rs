use super::*;
use crate::source::FileId;

fn load(text: &str) -> (Manifests, Findings) {
    let mut findings = Findings::new();
    let manifests = read(FileId(0), text, &mut findings);
    (manifests, findings)
}

#[test]
fn explore() {
    for text in [
        include_str!("../../tests/workload/checkout.yaml"),
        include_str!("../../tests/workload/rollout.yaml"),
        include_str!("../../tests/workload/statefulset.yaml"),
        include_str!("../../tests/workload/knative.yaml"),
        include_str!("../../tests/workload/cloud-run.yaml"),
        include_str!("../../tests/workload/helm.yaml"),
        "a: 1\nb:\n\tc: 2\n",
        "a:\tb\n",
        "a: \"x\nb: 1\n",
        "a: [1, 2\nb: 3\n",
        "a: {b: 1\n",
        "a: b: c\n",
        "a: 1\n  b: 2\n",
        "a:\n  - x\n - y\n",
        "a\nb: 1\n",
        "a: *x\n",
        "a: @x\n",
        "a: %x\n",
        "a: 'it's'\n",
        "a: \"\\q\"\n",
        "- a\nb: c\n",
        "a: 'x' y\n",
        "a: 1\n---\nb: [\n---\nc: 1\n",
        "a: &x [*x]\n",
        "a: 1\na: 2\n",
        "? [a]\n: b\n",
        "a:\nb:   # c\n  \nc: |\n  x\n  y\n\n# z\n",
        "a: - b\n",
        "a: b\n c: d\n",
        "key: {{ x }}\n",
        "k: a{{ b }}\n",
        "{% if x %}\na: 1\n{% endif %}\n",
        "a: \"{{ include \"x\" . }}\"\n",
        "# {{ a }}\na: [\n",
        "{{- define \"x\" -}}\na: b\n{{- end }}\n",
        "\u{feff}a: 1\r\nb: \"é\"\r\nc: x\r\n",
        "a: 1 #c\n# {{ x }}\nb: {{- x }}\n",
        "a: {a: {{x}}}\n",
        "a: 1\n}\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: 1\n...\nb\n---\n",
        "a: !!str 3\nb: !foo x\n",
        "---\n---\n# x\n",
        "image: \"{{ .Values.x }}\"\n",
    ] {
        let (m, f) = load(text);
        println!(
            "=== {:?} docs={} workloads={} broken={}",
            &text.chars().take(60).collect::<String>(),
            m.documents.len(),
            m.workloads.len(),
            m.broken
        );
        for d in f {
            println!(
                "  {} {:?}: {}",
                d.rule.code,
                d.labels
                    .iter()
                    .map(|l| (text.get(l.span.range()), l.span.start, l.text.clone()))
                    .collect::<Vec<_>>(),
                d.message
            );
        }
        if text.len() < 80 {
            for d in &m.documents {
                show(text, &d.node, 1);
            }
        }
    }
}
fn show(text: &str, n: &Node, depth: usize) {
    println!(
        "{:w$}{:?} {:?}",
        "",
        text.get(n.span.range()),
        n.describe(),
        w = depth * 4
    );
    for e in n.entries() {
        println!(
            "{:w$}key {:?}",
            "",
            text.get(e.key_span.range()),
            w = depth * 4
        );
        show(text, &e.value, depth + 1);
    }
    for e in n.items() {
        show(text, e, depth + 1);
    }
}
