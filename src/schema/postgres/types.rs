//! What it means to give a column another type: whether the server must write the table anew, and
//! whether values fit.

use super::lower::type_name;
use crate::schema::catalog::{Catalog, Expression, Type, TypeKind};

/// How a new type relates to the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conversion {
    /// The very same type.
    Same,
    /// Every old value is a value of the new type.
    Widening,
    /// The values fit, but mean something else: `timestamp` and `timestamp with time zone`.
    Meaning,
    /// Some values may not fit, or operators differ.
    Other,
}

const TIMESTAMP: &str = "timestamp";
const TIMESTAMP_TZ: &str = "timestamp with time zone";

/// How `new` relates to `old`.
pub fn conversion(old: &Type, new: &Type, catalog: &Catalog) -> Conversion {
    if old == new {
        return Conversion::Same;
    }
    let old = &base(old, catalog).0;
    let (new, constrained) = &base(new, catalog);
    if *constrained || old.array != new.array {
        return Conversion::Other;
    }
    let pair = (old.name.as_str(), new.name.as_str());
    match pair {
        (TIMESTAMP, TIMESTAMP_TZ) | (TIMESTAMP_TZ, TIMESTAMP) => Conversion::Meaning,
        _ if fits(old, new) => Conversion::Widening,
        ("smallint", "integer" | "bigint" | "numeric" | "real" | "double precision")
        | ("integer", "bigint" | "numeric" | "double precision")
        | ("bigint", "numeric")
        | ("real", "double precision")
        | ("date", TIMESTAMP)
        | ("time", "time with time zone")
        | ("json", "jsonb")
        | ("bit", "bit varying")
            if new.modifiers.is_empty() =>
        {
            Conversion::Widening
        }
        (_, "text") | (_, "character varying")
            if new.modifiers.is_empty() && is_textual(old, catalog) =>
        {
            Conversion::Widening
        }
        ("numeric", "numeric") if widens_numeric(old, new) => Conversion::Widening,
        ("character", "character") if new.modifiers >= old.modifiers => Conversion::Widening,
        _ => Conversion::Other,
    }
}

/// `numeric(p, s)` holds all values of another where neither side of the point loses digits.
fn widens_numeric(old: &Type, new: &Type) -> bool {
    match (old.modifiers.as_slice(), new.modifiers.as_slice()) {
        (_, []) => true,
        ([p, s], [q, t]) => t >= s && q - t >= p - s,
        _ => false,
    }
}

fn is_textual(ty: &Type, catalog: &Catalog) -> bool {
    let names = [
        "text",
        "character varying",
        "character",
        "citext",
        "name",
        "uuid",
    ];
    let is_enum = || {
        catalog
            .types
            .get(&type_name(ty))
            .is_some_and(|found| matches!(found.kind, TypeKind::Enum(_)))
    };
    !ty.array && (names.contains(&ty.name.as_str()) || is_enum())
}

/// The type behind a domain, and whether a domain on the way has conditions.
pub(super) fn base(ty: &Type, catalog: &Catalog) -> (Type, bool) {
    let mut ty = ty.clone();
    let mut constrained = false;
    // domains over domains; a catalog cannot hold a circle, but a bound costs nothing
    for _ in 0..32 {
        let Some(found) = catalog.types.get(&type_name(&ty)) else {
            break;
        };
        let TypeKind::Domain {
            base,
            not_null,
            checks,
            ..
        } = &found.kind
        else {
            break;
        };
        constrained |= *not_null || !checks.is_empty();
        ty = Type {
            array: ty.array || base.array,
            ..base.clone()
        };
    }
    (ty, constrained)
}

/// Whether values keep their bytes: the casts without function of `pg_cast`, and lengths that
/// `varchar_support`, `numeric_support`, `temporal_support` and `varbit_support` let through.
fn fits(old: &Type, new: &Type) -> bool {
    if old.array != new.array {
        return false;
    }
    let (from, to) = (old.modifiers.as_slice(), new.modifiers.as_slice());
    let longer = || match (from, to) {
        (_, []) => true,
        ([old], [new]) => new >= old,
        _ => false,
    };
    let pair = (old.name.as_str(), new.name.as_str());
    // the elements of an array are not looked into one by one
    if old.array && !to.is_empty() {
        return old.name == new.name && from == to;
    }
    match pair {
        ("character varying", "character varying") | ("bit varying", "bit varying") => longer(),
        ("character varying" | "xml", "text") => true,
        ("text" | "xml", "character varying") => to.is_empty(),
        ("bit", "bit varying") => to.is_empty(),
        ("cidr", "inet") => true,
        ("numeric", "numeric") => match (from, to) {
            (_, []) => true,
            ([p, s], [q, t]) => s == t && q >= p,
            _ => false,
        },
        (one, other) if one == other && is_temporal(one) => match (from, to) {
            // six digits are all there are
            (_, []) => true,
            (_, [new]) if *new >= 6 => true,
            ([old], [new]) => new >= old,
            _ => false,
        },
        (one, other) => one == other && from == to,
    }
}

fn is_temporal(name: &str) -> bool {
    name == "interval" || name.starts_with("time")
}

/// Whether `ALTER COLUMN ... TYPE` writes the table anew (`ATColumnChangeRequiresRewrite`).
/// `utc` is whether the session's time zone is known to be UTC.
pub(super) fn rewrites(
    column: &str,
    old: &Type,
    new: &Type,
    using: Option<&Expression>,
    catalog: &Catalog,
    server: u32,
    utc: bool,
) -> bool {
    if let Some(using) = using
        && !is_plain(&using.text, column, new)
    {
        return true;
    }
    let (from, _) = base(old, catalog);
    let (to, constrained) = base(new, catalog);
    if constrained && type_name(old) != type_name(new) {
        return true;
    }
    let zones = matches!(
        (from.name.as_str(), to.name.as_str()),
        (TIMESTAMP, TIMESTAMP_TZ) | (TIMESTAMP_TZ, TIMESTAMP)
    );
    if zones {
        return !(server >= 12 && utc && from.modifiers == to.modifiers && !from.array);
    }
    !fits(&from, &to)
}

/// Whether `USING` says no more than the change itself: the column, or the column cast to the type.
fn is_plain(using: &str, column: &str, new: &Type) -> bool {
    let bare: String = using.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = bare.trim_start_matches('(').trim_end_matches(')');
    let folded = bare.replace('"', "").to_lowercase();
    let column = column.to_lowercase();
    match folded.split_once("::") {
        None => folded == column,
        Some((name, ty)) => {
            let spelled = Type::named(ty.split('(').next().unwrap_or(ty));
            name == column && spelled.name == new.name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(name: &str, modifiers: &[i64]) -> Type {
        Type {
            modifiers: modifiers.to_vec(),
            ..Type::named(name)
        }
    }

    #[test]
    fn what_keeps_its_bytes_is_not_rewritten() {
        let catalog = Catalog::default();
        let of = |old: &Type, new: &Type| rewrites("c", old, new, None, &catalog, 15, true);
        let kept = [
            (ty("varchar", &[20]), ty("varchar", &[40])),
            (ty("varchar", &[20]), ty("text", &[])),
            (ty("text", &[]), ty("varchar", &[])),
            (ty("numeric", &[10, 2]), ty("numeric", &[12, 2])),
            (ty("cidr", &[]), ty("inet", &[])),
            (ty("timestamp", &[3]), ty("timestamp", &[6])),
            (ty("timestamp", &[]), ty("timestamptz", &[])),
            (ty("varbit", &[5]), ty("varbit", &[9])),
        ];
        for (old, new) in &kept {
            assert!(!of(old, new), "{old} to {new}");
        }
        let written = [
            (ty("varchar", &[20]), ty("varchar", &[5])),
            (ty("text", &[]), ty("varchar", &[50])),
            (ty("int", &[]), ty("bigint", &[])),
            (ty("char", &[5]), ty("char", &[8])),
            (ty("char", &[5]), ty("text", &[])),
            (ty("numeric", &[10, 2]), ty("numeric", &[12, 3])),
            (ty("json", &[]), ty("jsonb", &[])),
            (ty("inet", &[]), ty("cidr", &[])),
        ];
        for (old, new) in &written {
            assert!(of(old, new), "{old} to {new}");
        }
        assert!(rewrites(
            "c",
            &ty("timestamp", &[]),
            &ty("timestamptz", &[]),
            None,
            &catalog,
            15,
            false
        ));
        assert!(rewrites(
            "c",
            &ty("timestamp", &[]),
            &ty("timestamptz", &[]),
            None,
            &catalog,
            11,
            true
        ));
    }

    #[test]
    fn what_fits_is_widening() {
        let catalog = Catalog::default();
        let of = |old: &Type, new: &Type| conversion(old, new, &catalog);
        assert_eq!(
            of(&ty("int", &[]), &ty("bigint", &[])),
            Conversion::Widening
        );
        assert_eq!(of(&ty("bigint", &[]), &ty("int", &[])), Conversion::Other);
        assert_eq!(
            of(&ty("varchar", &[20]), &ty("text", &[])),
            Conversion::Widening
        );
        assert_eq!(
            of(&ty("varchar", &[20]), &ty("varchar", &[5])),
            Conversion::Other
        );
        assert_eq!(
            of(&ty("timestamp", &[]), &ty("timestamptz", &[])),
            Conversion::Meaning
        );
        assert_eq!(
            of(&ty("numeric", &[10, 2]), &ty("numeric", &[10, 4])),
            Conversion::Other
        );
    }
}
