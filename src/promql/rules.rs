//! What can be wrong with a query.

use crate::diagnostic::{Class, Rule, Severity};

/// The query is no PromQL.
pub static QUERY_SYNTAX: Rule = Rule {
    name: "query-syntax",
    code: "PQ01",
    severity: Severity::Error,
    summary: "every query is PromQL",
    why: "A query that Prometheus refuses gives no measurement, and a gate without one stops the \
          rollout at its first look.",
    failing: "gate errors {\n  query \"\"\"sum(rate(errors_total{version=\"$version\"}[2m])\"\"\"\n  expect value < 5\n}\n",
    passing: "gate errors {\n  query \"\"\"sum(rate(errors_total{version=\"$version\"}[2m]))\"\"\"\n  expect value < 5\n}\n",
    can_allow: false,
    class: Class::Finding,
};

/// The query names something that is not substituted.
pub static QUERY_VARIABLE: Rule = Rule {
    name: "query-variable",
    code: "PQ02",
    severity: Severity::Error,
    summary: "`$version` and `$service`, in quotes, are all that a query leaves open",
    why: "What is not substituted reaches Prometheus as it is written: it matches no series, and \
          the gate looks at nothing.",
    failing: "gate errors {\n  query \"\"\"sum(rate(errors_total{version=\"$vesion\"}[2m]))\"\"\"\n  expect value < 5\n}\n",
    passing: "gate errors {\n  query \"\"\"sum(rate(errors_total{version=\"$version\"}[2m]))\"\"\"\n  expect value < 5\n}\n",
    can_allow: false,
    class: Class::Finding,
};

/// The query is beyond what is parsed.
pub static QUERY_TOO_DEEP: Rule = Rule {
    name: "query-too-deep",
    code: "PQ03",
    severity: Severity::Error,
    summary: "queries stay within the limits of the parser",
    why: "A query of such a size is generated or pasted by mistake, and parsing it could exhaust \
          the stack.",
    failing: "",
    passing: "",
    can_allow: false,
    class: Class::Finding,
};

/// The query gives something that cannot be compared with a number.
pub static QUERY_NO_VALUE: Rule = Rule {
    name: "query-no-value",
    code: "PQ04",
    severity: Severity::Error,
    summary: "every query gives a value that can be compared",
    why: "A gate compares a number. A range of samples has many, and a text has none.",
    failing: "gate errors {\n  query \"\"\"errors_total{version=\"$version\"}[2m]\"\"\"\n  expect value < 5\n}\n",
    passing: "gate errors {\n  query \"\"\"sum(rate(errors_total{version=\"$version\"}[2m]))\"\"\"\n  expect value < 5\n}\n",
    can_allow: false,
    class: Class::Finding,
};

/// All rules of this room.
pub static RULES: [&Rule; 4] = [
    &QUERY_SYNTAX,
    &QUERY_VARIABLE,
    &QUERY_TOO_DEEP,
    &QUERY_NO_VALUE,
];
