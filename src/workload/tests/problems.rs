use super::*;

#[test]
fn a_template_is_called_one() {
    for (text, sign) in [
        (HELM, "{{ include \"web.fullname\" . }}"),
        ("a: {{ .Values.a }}\n", "{{ .Values.a }}"),
        (
            "{{- if .Values.on }}\na: 1\n{{- end }}\n",
            "{{- if .Values.on }}",
        ),
        ("a: 1\n{{ end }}\n", "{{ end }}"),
        (
            "a:\n  {{- toYaml .Values.x | nindent 2 }}\n",
            "{{- toYaml .Values.x | nindent 2 }}",
        ),
        ("{{/* a comment */}}\na: 1\n", "{{/* a comment */}}"),
        ("name: web-{{ .Release.Name }}\n", "{{ .Release.Name }}"),
        ("a: \"{{ include \"x\" . }}\"\n", "{{ include \"x\" . }}"),
        ("- {{ item }}\n", "{{ item }}"),
        ("{% for a in b %}\n- a\n{% endfor %}\n", "{% for a in b %}"),
        ("kind: A\n---\nb: {{ x }}\n", "{{ x }}"),
    ] {
        let found = only(text);
        assert_eq!(
            (found.rule.code, shown(text, &found)),
            ("FI03", sign),
            "{text:?}"
        );
        assert!(
            found
                .help
                .as_deref()
                .is_some_and(|help| help.contains("render")),
            "{text:?}"
        );
    }
    assert!(only(HELM).message.contains("Helm"));
    let image = container("").replace("a:1", "\"{{ .Values.image }}:1\"");
    assert_eq!(
        only(&image).rule.code,
        "FI03",
        "a quoted sign in a field that is read"
    );
}

#[test]
fn braces_that_are_ordinary_text_are_let_be() {
    clean(CHECKOUT);
    for text in [
        "summary: now {{ $value }} of {{ $labels.job }}\n",
        "summary: \"{{ .Values.x }} {{ end }}\"\n",
        "text: |\n  {{- if .Values.x }}\n  {% if x %}\n  {{- end }}\n",
        "# {{ .Values.x }}\na: 1 # {{ .Values.x }}\n",
        "a: '{{ x }}'\nb: {c: {d: 1}}\n",
    ] {
        clean(text);
    }
    assert_eq!(
        only("# {{ .Values.x }}\na: [1\n").rule.code,
        "FI02",
        "a comment explains no error"
    );
    assert_eq!(
        only("a: \"{{ $x }}\nb: [1\n").rule.code,
        "FI02",
        "nor does an unclosed quote"
    );
}

#[test]
fn syntax_errors_stand_where_the_fault_is() {
    for (text, place, start) in [
        ("a: 1\nb:\n\tc: 2\n", "\t", 8),
        ("a: \"x\nb: 1\n", "\"", 3),
        ("a: {b: 1\n", "{", 3),
        ("a: b: c\n", ":", 4),
        ("é: 1\n  b: 2\n", ":", 9),
        ("a:\n  - x\n - y\n", "-", 10),
        ("a: *x\n", "*", 3),
        ("a: @x\n", "@", 3),
        ("a: 'it's'\n", "s", 7),
        ("a: \"\\\\ \\q\"\n", "\\", 7),
        ("a: - b\n", "-", 3),
        ("a: 1\n}\n", "}", 5),
    ] {
        let found = only(text);
        assert_eq!(
            (found.rule.code, shown(text, &found), found.span().start),
            ("FI02", place, start),
            "{text:?}"
        );
        assert!(found.help.is_some());
    }
}

#[test]
fn a_broken_document_costs_only_itself() {
    let broken = ROLLOUT.replacen("replicas: 4", "replicas: [4", 1);
    let (all, findings) = load(&broken);
    assert_eq!(findings.len(), 1);
    assert!(all.broken);
    assert_eq!(
        all.workloads.iter().map(|w| w.kind).collect::<Vec<_>>(),
        [WorkloadKind::Deployment]
    );
}

#[test]
fn a_key_that_stands_twice_shows_both_places() {
    let text =
        container("readinessProbe: {tcpSocket: {port: 1}}\nreadinessProbe: {tcpSocket: {port: 2}}");
    let found = only(&text);
    assert_eq!(found.rule.code, "FI05");
    let places: Vec<_> = found
        .labels
        .iter()
        .map(|l| (&text[l.span.range()], l.span.start))
        .collect();
    assert_eq!(places[0].0, "readinessProbe");
    assert!(places[0].1 > places[1].1, "{places:?}");
    let many: String = (0..40).map(|i| format!("k{}: 1\n", i % 20)).collect();
    assert_eq!(load(&many).1.len(), 20);
}

#[test]
fn fields_of_the_wrong_type_say_what_would_be_right() {
    let cases = [
        (
            "replicas: \"three\"",
            "`spec.replicas` is the text `three`, but must be a whole number from 0 on",
            "write `replicas: 3`",
        ),
        (
            "replicas: \"5\"",
            "`spec.replicas` is the text `5`",
            "write `replicas: 5`",
        ),
        (
            "replicas: -1",
            "`spec.replicas` is the number `-1`",
            "write `replicas: 3`",
        ),
        (
            "replicas: 1.5",
            "`spec.replicas` is the number `1.5`",
            "write `replicas: 3`",
        ),
        (
            "replicas: [1]",
            "`spec.replicas` is a list",
            "write `replicas: 3`",
        ),
        (
            "replicas: ${REPLICAS}",
            "`spec.replicas` is the text `${REPLICAS}`",
            "envsubst",
        ),
        (
            "strategy: {type: Rolling}",
            "`spec.strategy.type` is the text `Rolling`, but must be `RollingUpdate` or `Recreate`",
            "type: RollingUpdate",
        ),
        (
            "strategy: {rollingUpdate: {maxSurge: 1/4}}",
            "`spec.strategy.rollingUpdate.maxSurge` is the text `1/4`",
            "maxSurge: 25%",
        ),
        (
            "strategy: fast",
            "`spec.strategy` is the text `fast`, but must be a map",
            "strategy: {}",
        ),
    ];
    for (line, message, help) in cases {
        let text =
            container("").replace("spec:\n  template", &format!("spec:\n  {line}\n  template"));
        let found = only(&text);
        assert_eq!(found.rule.code, "FI06");
        assert!(
            found.message.starts_with(message),
            "{line}: {}",
            found.message
        );
        assert!(
            found.help.as_deref().is_some_and(|h| h.contains(help)),
            "{line}: {:?}",
            found.help
        );
    }
    let cases = [
        (
            "readinessProbe: {httpGet: {path: /}}",
            "`spec.template.spec.containers[0].readinessProbe.httpGet.port` is missing",
        ),
        (
            "readinessProbe: {periodSeconds: 5}",
            "`spec.template.spec.containers[0].readinessProbe` asks nothing",
        ),
        (
            "livenessProbe: {tcpSocket: {port: \"8080\"}}",
            "`spec.template.spec.containers[0].livenessProbe.tcpSocket.port` is the text `8080`",
        ),
        (
            "ports: [{containerPort: 99999}]",
            "`spec.template.spec.containers[0].ports[0].containerPort` is the number `99999`",
        ),
        (
            "ports: [8080]",
            "`spec.template.spec.containers[0].ports[0]` is the number `8080`, but must be a map",
        ),
        (
            "env: [{name: A, value: yes}]",
            "`spec.template.spec.containers[0].env[0].value` is the boolean `yes`",
        ),
        (
            "resources: {limits: {memory: 512MB}}",
            "`spec.template.spec.containers[0].resources.limits.memory` is the text `512MB`",
        ),
    ];
    for (line, message) in cases {
        let found = only(&container(line));
        assert!(
            found.message.starts_with(message),
            "{line}: {}",
            found.message
        );
        assert!(found.help.is_some());
    }
}

#[test]
fn an_unquoted_number_in_the_environment_is_put_in_quotes() {
    let text = container("env: [{name: PORT, value: 8080}]");
    let found = only(&text);
    let fix = found.fix.expect("a fix");
    assert_eq!(
        (&text[fix.edits[0].span.range()], fix.edits[0].text.as_str()),
        ("8080", "\"8080\"")
    );
}

#[test]
fn what_a_workload_cannot_do_without() {
    for (text, message) in [
        (
            container("").replace("image: a:1", "command: [a]"),
            "`spec.template.spec.containers[0].image` is missing",
        ),
        (
            container("").replace("metadata: {name: a}\n", ""),
            "this Deployment has no `metadata.name`",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n".into(),
            "this Deployment has no `spec`",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {}\n".into(),
            "`spec.template` is missing",
        ),
        (
            ROLLOUT.replace("        app: web\n    spec", "        app: api\n    spec"),
            "the selector asks for `app: web`",
        ),
    ] {
        let found = only(&text);
        assert!(found.message.starts_with(message), "{}", found.message);
    }
}

#[test]
fn findings_of_one_file_are_limited() {
    let ports: String = (0..1000)
        .map(|_| "- {containerPort: 0}\n".to_string())
        .collect();
    assert_eq!(
        load(&container(&format!("ports:\n{ports}"))).1.len(),
        MAX_FINDINGS
    );
    assert_eq!(load(&"a: [\n---\n".repeat(1000)).1.len(), MAX_FINDINGS);
}
