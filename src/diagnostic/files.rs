//! The one rule that every room may need: a file that cannot be read.

use super::{Class, Rule, Severity};

/// A file that is named but cannot be read.
pub static UNREADABLE_FILE: Rule = Rule {
    name: "unreadable-file",
    code: "FI01",
    severity: Severity::Error,
    summary: "every file that is named can be read as UTF-8 text",
    why: "A file that cannot be read cannot be judged, and what was not judged is not safe.",
    failing: "import \"platform.swb\"\n",
    passing: "--- main.swb\nimport \"platform.swb\"\n--- platform.swb\nservice web {\n  traffic 10/s\n}\n",
    can_allow: false,
    class: Class::Unreadable,
};
