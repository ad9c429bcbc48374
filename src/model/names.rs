//! Mistakes of names and imports.

use crate::diagnostic::{Diagnostic, Rule};
use crate::source::Span;

use super::shape::{WRONG_ARGUMENT, clip};

pub(crate) static UNKNOWN_NAME: Rule = Rule {
    name: "unknown-name",
    code: "NM01",
    summary: "every name that is used is declared, here or in a file that is imported here",
    why: "A gate, service or policy that does not exist would silently judge nothing.",
    failing: "gate errors {\n  query \"up\"\n  expect value >= 1\n}\nstrategy s {\n  step a { weight 5%; hold 1h; watch erors }\n}\n",
    passing: "gate errors {\n  query \"up\"\n  expect value >= 1\n}\nstrategy s {\n  step a { weight 5%; hold 1h; watch errors }\n}\n",
    ..Rule::SHAPE
};

pub(crate) static DUPLICATE_NAME: Rule = Rule {
    name: "duplicate-name",
    code: "NM02",
    summary: "every name is declared once where it is visible",
    why: "With two declarations of one name a reader cannot tell which one counts, so neither does.",
    failing: "service web {\n  traffic 10/s\n}\nservice web {\n  traffic 20/s\n}\n",
    passing: "service web {\n  traffic 10/s\n}\nservice api {\n  traffic 20/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static IMPORT_CYCLE: Rule = Rule {
    name: "import-cycle",
    code: "NM03",
    summary: "no file imports itself, directly or through others",
    why: "Files that import one another are one file in several pieces; move what both need into a third.",
    failing: "--- main.swb\nimport \"b.swb\"\n--- b.swb\nimport \"main.swb\"\n",
    passing: "--- main.swb\nimport \"b.swb\"\n--- b.swb\nservice web {\n  traffic 10/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static PARAMETERS: Rule = Rule {
    name: "wrong-parameters",
    code: "NM04",
    summary: "a strategy gets the parameters that it declares, by name",
    why: "A parameter that is left out or misspelt would leave a step without its weight or its gates.",
    failing: "strategy careful(gates) {\n  step all { weight 5%; hold 1h; watch gates }\n}\nservice web {\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan p {\n  roll web from 1 to 2\n  use careful\n}\n",
    passing: "gate errors {\n  query \"rate(errors_total{version='$version'}[2m])\"\n  expect value < 1%\n}\nstrategy careful(gates) {\n  step all { weight 5%; hold 1h; watch gates }\n}\nservice web {\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan p {\n  roll web from 1 to 2\n  use careful(gates = errors)\n}\n",
    ..Rule::SHAPE
};

/// All rules of names.
pub static RULES: &[&Rule] = &[&UNKNOWN_NAME, &DUPLICATE_NAME, &IMPORT_CYCLE, &PARAMETERS];

/// Two declarations of one name.
pub(super) fn duplicate(kind: &str, name: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        &DUPLICATE_NAME,
        second,
        format!("{kind} `{name}` is declared twice"),
    )
    .here("the second one")
    .also(first, "the first one")
    .help("give one of them another name, or remove it")
}

/// The longest name in bytes: that of a label, and of most objects, of Kubernetes.
const MAX_NAME: usize = 63;

/// What is wrong with the name of a declaration: names become those of files, labels and objects.
pub(super) fn wrong_name(word: &str, name: &str, span: Span) -> Option<Diagnostic> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let problem = if let Some(odd) = name.chars().find(|&c| !is_inner(c)) {
        let odd = if odd.is_whitespace() || odd.is_control() {
            "a blank".to_string()
        } else {
            format!("`{odd}`")
        };
        format!("it holds {odd}")
    } else if name.starts_with(['-', '_']) {
        "it does not begin with a letter or digit".to_string()
    } else if name.len() > MAX_NAME {
        format!("it has {} characters", name.len())
    } else {
        return None;
    };
    let found = Diagnostic::new(
        &WRONG_ARGUMENT,
        span,
        format!("`{}` cannot name a {word}: {problem}", clip(name)),
    )
    .note("names become those of files, labels and objects of the platform");
    let parts: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map(|part| part.trim_start_matches('_'))
        .filter(|part| !part.is_empty())
        .collect();
    let meant = parts.join("-");
    let allowed = format!(
        "a name has at most {MAX_NAME} letters (a to z), digits, `-` and `_`, and begins with a letter or digit"
    );
    Some(
        if name.is_ascii() && !meant.is_empty() && meant.len() <= MAX_NAME {
            found.help(format!("write `{meant}`: {allowed}"))
        } else {
            found.help(allowed)
        },
    )
}
