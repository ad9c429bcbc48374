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

    /// The most bytes of an identifier that PostgreSQL keeps; the rest is cut off without an error.
    pub const MAX_BYTES: usize = 63;

    /// A name whose parts are already folded.
    pub fn folded(schema: Option<&str>, name: &str) -> Name {
        Name {
            schema: schema.unwrap_or(Name::DEFAULT_SCHEMA).to_string(),
            name: name.to_string(),
        }
    }

    /// Folds one identifier as it is written: lower case unless quoted, `""` inside quotes is `"`,
    /// and cut to [`Name::MAX_BYTES`].
    pub fn fold(written: &str) -> String {
        let mut name = match written
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => written.to_lowercase(),
        };
        if name.len() > Name::MAX_BYTES {
            let mut end = Name::MAX_BYTES;
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            name.truncate(end);
        }
        name
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
