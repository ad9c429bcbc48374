//! Names of schema objects, folded as PostgreSQL folds them.

use std::fmt;

/// A name with its schema. `public` is the schema of a name that says none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The schema.
    pub schema: String,
    /// The object's own name.
    pub name: String,
}

impl Name {
    /// The schema of names that say none.
    pub const DEFAULT_SCHEMA: &'static str = "public";

    /// A name whose parts are already folded.
    pub fn folded(schema: Option<&str>, name: &str) -> Name {
        Name {
            schema: schema.unwrap_or(Name::DEFAULT_SCHEMA).to_string(),
            name: name.to_string(),
        }
    }

    /// Folds one identifier as it is written: lower case unless quoted, `""` inside quotes is `"`.
    pub fn fold(written: &str) -> String {
        match written
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => written.to_lowercase(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema == Name::DEFAULT_SCHEMA {
            f.write_str(&self.name)
        } else {
            write!(f, "{}.{}", self.schema, self.name)
        }
    }
}
