//! What can be wrong with a manifest before any plan is looked at.

use crate::diagnostic::{Class, Rule, Severity};

/// A service and its Deployment; what the Deployment's `spec` begins with is given.
macro_rules! deployment {
    ($spec:expr) => {
        concat!(
            "--- main.swb\nservice web {\n  workload \"web.yaml\"\n}\n",
            "--- web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n",
            $spec,
            "  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n",
            "    spec:\n      containers:\n        - name: web\n          image: registry.example.com/web:1\n",
        )
    };
}

/// The text is not YAML.
pub static YAML_SYNTAX: Rule = Rule {
    name: "yaml-syntax",
    code: "FI02",
    severity: Severity::Error,
    summary: "every manifest that a plan names is YAML",
    why: "Replicas, probes, images and ports are read from the manifest. Where its text is no YAML, \
          nothing in that document can be read, and `kubectl apply` would refuse it as well. The \
          other documents of the file, after the next `---`, are still read.",
    failing: deployment!("  replicas: [3\n"),
    passing: deployment!("  replicas: 3\n"),
    can_allow: false,
    class: Class::Unreadable,
};

/// The text is a template that has to be rendered first.
pub static HELM_TEMPLATE: Rule = Rule {
    name: "helm-template",
    code: "FI03",
    severity: Severity::Error,
    summary: "manifests are rendered before they are checked",
    why: "A Helm or Jinja template says which values a manifest could have, not which it has: \
          replicas, probes and images are known only after rendering. Switchback reads what will be \
          applied, so render the template with the values of the environment and name the result.\n\n\
          `{{ ... }}` within quotes or within a block of text (an alert's message, a file in a \
          ConfigMap) is ordinary YAML and no finding.",
    failing: deployment!("  replicas: {{ .Values.replicas }}\n"),
    passing: deployment!("  replicas: 3\n"),
    can_allow: false,
    class: Class::Unreadable,
};

/// The document goes beyond what is read.
pub static YAML_LIMIT: Rule = Rule {
    name: "yaml-alias-bomb",
    code: "FI04",
    severity: Severity::Error,
    summary: "a manifest stays within the limits of nesting and size, with aliases written out",
    why: "An alias repeats everything below its anchor, and aliases of aliases multiply: ten short \
          lines can stand for billions of values. Nesting that no manifest needs would exhaust the \
          stack of whatever reads it. The API server refuses both; so does Switchback, in the time \
          that reading the text takes.",
    failing: concat!(
        deployment!("  replicas: 3\n"),
        "---\na: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\ng: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]\nh: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g, *g]\ni: &i [*h, *h, *h, *h, *h, *h, *h, *h, *h, *h]\n"
    ),
    passing: concat!(
        deployment!("  replicas: 3\n"),
        "---\na: [x, x, x]\nb: [y, y, y]\n"
    ),
    can_allow: false,
    class: Class::Unreadable,
};

/// A key stands twice in one map.
pub static DUPLICATE_KEY: Rule = Rule {
    name: "duplicate-key",
    code: "FI05",
    severity: Severity::Error,
    summary: "a key stands once in its map",
    why: "YAML forbids it, and readers disagree: some take the last value, some the first, some \
          refuse the file. `kubectl apply` with strict validation refuses it. A copied block that \
          silently replaces another is how a probe or a limit disappears.",
    failing: deployment!("  replicas: 3\n  replicas: 4\n"),
    passing: deployment!("  replicas: 3\n"),
    can_allow: false,
    class: Class::Finding,
};

/// A field has a value that Kubernetes would refuse.
pub static MANIFEST_VALUE: Rule = Rule {
    name: "manifest-value",
    code: "FI06",
    severity: Severity::Error,
    summary: "the fields that a rollout rests on have values that Kubernetes accepts",
    why: "A field of the wrong type is refused at apply time, in the middle of a rollout instead of \
          before it; and a value that could not be read is a fact that no proof can use.",
    failing: deployment!("  replicas: three\n"),
    passing: deployment!("  replicas: 3\n"),
    can_allow: false,
    class: Class::Finding,
};

/// All rules of this room, in the order of their codes.
pub static ALL: [&Rule; 5] = [
    &YAML_SYNTAX,
    &HELM_TEMPLATE,
    &YAML_LIMIT,
    &DUPLICATE_KEY,
    &MANIFEST_VALUE,
];
