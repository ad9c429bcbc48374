//! Types of columns, under one spelling.

use std::fmt;

/// A type, under the name that the server's manual uses: `integer` for `int4`, `character varying`
/// for `varchar`, `timestamp with time zone` for `timestamptz`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Type {
    /// The canonical name; declared types stand with their schema unless it is `public`.
    pub name: String,
    /// Its modifiers: length, or precision and scale.
    pub modifiers: Vec<i64>,
    /// Whether it is an array, of any number of dimensions.
    pub array: bool,
}

impl Type {
    /// The type without modifiers, from any spelling of its name.
    pub fn named(written: &str) -> Type {
        Type {
            name: canonical(written),
            modifiers: Vec::new(),
            array: false,
        }
    }
}

/// The manual's name for a type name as written, white space and case folded.
fn canonical(written: &str) -> String {
    let folded = written
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let bare = folded.strip_prefix("pg_catalog.").unwrap_or(&folded);
    match bare {
        "int" | "int4" | "serial" | "serial4" => "integer",
        "int8" | "bigserial" | "serial8" => "bigint",
        "int2" | "smallserial" | "serial2" => "smallint",
        "float4" => "real",
        "float" | "float8" | "double" => "double precision",
        "decimal" => "numeric",
        "bool" => "boolean",
        "varchar" | "char varying" | "national character varying" | "nvarchar" => {
            "character varying"
        }
        "char" | "bpchar" | "national character" | "nchar" => "character",
        "timestamptz" => "timestamp with time zone",
        "timestamp without time zone" => "timestamp",
        "timetz" => "time with time zone",
        "time without time zone" => "time",
        "varbit" => "bit varying",
        other => other,
    }
    .to_string()
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.modifiers.is_empty() {
            let list: Vec<String> = self.modifiers.iter().map(i64::to_string).collect();
            write!(f, "({})", list.join(","))?;
        }
        if self.array {
            f.write_str("[]")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Type;

    #[test]
    fn spellings_of_one_type_are_one() {
        for (one, other) in [
            ("INT", "integer"),
            ("varchar", "character  varying"),
            ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
            ("bigserial", "int8"),
        ] {
            assert_eq!(Type::named(one), Type::named(other));
        }
    }
}
