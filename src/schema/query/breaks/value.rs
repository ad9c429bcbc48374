//! Whether values of one type fit a column of another.

use super::element::BreakKind;
use crate::schema::catalog::{Catalog, Name, Type, TypeKind};
use crate::schema::query::contract::Literal;

/// Domains may stand on domains; this many are followed.
const MAX_DOMAINS: usize = 16;

/// Why a value does not fit.
pub(super) struct Misfit {
    pub kind: BreakKind,
    pub certain: bool,
    /// The value is a label that the enum does not have; kept plans know it by number.
    pub label: bool,
    pub reason: String,
}

impl Misfit {
    fn new(kind: BreakKind, certain: bool, reason: String) -> Misfit {
        Misfit {
            kind,
            certain,
            label: false,
            reason,
        }
    }
}

/// Types that the server turns into each other when it compares.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Class {
    Number,
    Text,
    Time,
    Network,
    Bits,
    /// A type of its own.
    Other(String),
}

/// The type under a domain.
pub(super) fn base(ty: &Type, catalog: &Catalog) -> Type {
    let mut ty = ty.clone();
    for _ in 0..MAX_DOMAINS {
        if ty.array {
            break;
        }
        match catalog.types.get(&type_name(&ty)).map(|found| &found.kind) {
            Some(TypeKind::Domain { base, .. }) => ty = base.clone(),
            _ => break,
        }
    }
    ty
}

/// The name under which the catalog keeps a declared type.
pub(super) fn type_name(ty: &Type) -> Name {
    match ty.name.split_once('.') {
        Some((schema, name)) => Name::folded(Some(schema), name),
        None => Name::folded(None, &ty.name),
    }
}

fn labels<'a>(ty: &Type, catalog: &'a Catalog) -> Option<&'a [String]> {
    match &catalog.types.get(&type_name(ty))?.kind {
        TypeKind::Enum(labels) if !ty.array => Some(labels),
        _ => None,
    }
}

fn class(ty: &Type) -> Class {
    if ty.array {
        return Class::Other(format!("{}[]", ty.name));
    }
    match ty.name.as_str() {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
            Class::Number
        }
        "text" | "character varying" | "character" | "name" => Class::Text,
        "date" | "timestamp" | "timestamp with time zone" => Class::Time,
        "inet" | "cidr" => Class::Network,
        "bit" | "bit varying" => Class::Bits,
        other => Class::Other(other.to_string()),
    }
}

/// Whether the usual operators exist between the two.
pub(super) fn comparable(one: &Type, other: &Type, catalog: &Catalog) -> bool {
    class(&base(one, catalog)) == class(&base(other, catalog))
}

/// The largest value of an integer type.
fn largest(name: &str) -> Option<i128> {
    match name {
        "smallint" => Some(i128::from(i16::MAX)),
        "integer" => Some(i128::from(i32::MAX)),
        "bigint" => Some(i128::from(i64::MAX)),
        _ => None,
    }
}

/// The length that a text type allows.
fn longest(ty: &Type) -> Option<i64> {
    match ty.name.as_str() {
        "character varying" => ty.modifiers.first().copied(),
        "character" => Some(ty.modifiers.first().copied().unwrap_or(1)),
        _ => None,
    }
}

/// The digits before and behind the point that `numeric(p, s)` allows.
fn digits(ty: &Type) -> Option<(i64, i64)> {
    match (ty.name.as_str(), ty.modifiers.as_slice()) {
        ("numeric", [precision]) => Some((*precision, 0)),
        ("numeric", [precision, scale, ..]) => Some((precision.saturating_sub(*scale), *scale)),
        _ => None,
    }
}

/// Why a constant cannot stand for a value of type `ty`: in a comparison, or to be stored.
pub(super) fn constant(
    literal: &Literal,
    ty: &Type,
    catalog: &Catalog,
    compared: bool,
) -> Option<Misfit> {
    let ty = base(ty, catalog);
    let kind = class(&ty);
    match literal {
        Literal::Number(number) => match kind {
            Class::Number if compared => None,
            Class::Number => number_fits(number, &ty),
            Class::Text if !compared => text_fits(number, &ty),
            _ if compared => Some(Misfit::new(
                BreakKind::Operator,
                true,
                format!("no operator takes `{ty}` and the number {number}"),
            )),
            _ => Some(Misfit::new(
                BreakKind::WrongType,
                true,
                format!("the number {number} cannot be stored as `{ty}`"),
            )),
        },
        Literal::Bool(value) => match kind {
            Class::Other(name) if name == "boolean" => None,
            Class::Text if !compared => None,
            _ if compared => Some(Misfit::new(
                BreakKind::Operator,
                true,
                format!("no operator takes `{ty}` and `{value}`"),
            )),
            _ => Some(Misfit::new(
                BreakKind::WrongType,
                true,
                format!("`{value}` cannot be stored as `{ty}`"),
            )),
        },
        Literal::Text(text) => {
            if let Some(labels) = labels(&ty, catalog) {
                if labels.iter().any(|label| label == text) {
                    return None;
                }
                return Some(Misfit {
                    label: true,
                    ..Misfit::new(
                        BreakKind::Constant,
                        true,
                        format!("`{ty}` has no label '{text}'"),
                    )
                });
            }
            let trimmed = text.trim();
            let readable = match (&kind, ty.name.as_str()) {
                (Class::Text, _) if compared => true,
                (Class::Text, _) => return text_fits(text, &ty),
                (Class::Number, "smallint" | "integer" | "bigint") => {
                    match trimmed.parse::<i128>() {
                        Ok(_) if !compared => return number_fits(trimmed, &ty),
                        parsed => parsed.is_ok(),
                    }
                }
                (Class::Number, _) => trimmed.parse::<f64>().is_ok(),
                (Class::Other(_), "uuid") => {
                    let hex = trimmed.chars().filter(char::is_ascii_hexdigit).count();
                    hex == 32
                }
                (Class::Other(_), "boolean") => {
                    let word = trimmed.to_ascii_lowercase();
                    let words = ["true", "false", "yes", "no", "on", "off", "1", "0"];
                    !word.is_empty() && words.iter().any(|known| known.starts_with(&word))
                }
                // dates, networks, documents: not read here
                _ => true,
            };
            (!readable).then(|| {
                Misfit::new(
                    BreakKind::Constant,
                    true,
                    format!("'{text}' cannot be read as `{ty}`"),
                )
            })
        }
    }
}

fn number_fits(number: &str, ty: &Type) -> Option<Misfit> {
    let too_large = || {
        Some(Misfit::new(
            BreakKind::OutOfRange,
            true,
            format!("{number} is out of the range of `{ty}`"),
        ))
    };
    if let Some(largest) = largest(&ty.name) {
        return match number.parse::<f64>() {
            // the server rounds before it looks at the range
            Ok(value) if value.abs().round() > largest as f64 + 1.0 => too_large(),
            _ => match number.parse::<i128>() {
                Ok(value) if value > largest || value < -largest - 1 => too_large(),
                _ => None,
            },
        };
    }
    if let Some((before, _)) = digits(ty) {
        let whole = number.trim_start_matches(['-', '+', '0']);
        let whole = whole.split(['.', 'e', 'E']).next().unwrap_or("");
        if i64::try_from(whole.len()).is_ok_and(|length| length > before) {
            return too_large();
        }
    }
    None
}

fn text_fits(text: &str, ty: &Type) -> Option<Misfit> {
    let limit = longest(ty)?;
    // blanks behind the limit are cut without an error
    let length = text.trim_end_matches(' ').chars().count();
    (i64::try_from(length).is_ok_and(|length| length > limit)).then(|| {
        Misfit::new(
            BreakKind::TooLong,
            true,
            format!("the text of {length} characters is longer than `{ty}`"),
        )
    })
}

/// Why a value that a column of type `was` accepts may not fit a column of type `now`.
pub(super) fn narrower(was: &Type, now: &Type, catalog: &Catalog) -> Option<Misfit> {
    if was == now {
        return None;
    }
    let (was, now) = (base(was, catalog), base(now, catalog));
    if was == now {
        return None;
    }
    let (from, to) = (class(&was), class(&now));
    match (&from, &to) {
        (_, Class::Text) => {
            let limit = longest(&now)?;
            let fits = matches!(from, Class::Text) && longest(&was).is_some_and(|old| old <= limit);
            (!fits).then(|| {
                Misfit::new(
                    BreakKind::TooLong,
                    false,
                    format!("`{was}` may be longer than `{now}`"),
                )
            })
        }
        (Class::Number, Class::Number) => number_narrower(&was, &now),
        _ if from == to => None,
        // documents are stored as each other
        (Class::Other(one), Class::Other(other))
            if one.starts_with("json") && other.starts_with("json") =>
        {
            None
        }
        _ => Some(Misfit::new(
            BreakKind::WrongType,
            false,
            format!("a value of type `{was}` cannot be stored as `{now}`"),
        )),
    }
}

fn number_narrower(was: &Type, now: &Type) -> Option<Misfit> {
    let rank = |ty: &Type| match ty.name.as_str() {
        "smallint" => 5,
        "integer" => 10,
        "bigint" => 19,
        "real" => 38,
        "double precision" => 308,
        _ => digits(ty).map_or(131_072, |(before, _)| before),
    };
    let fits = match largest(&now.name) {
        Some(_) if largest(&was.name).is_some() => rank(was) <= rank(now),
        // numbers with fewer digits than the largest
        Some(_) => rank(was) < rank(now),
        None => rank(was) <= rank(now),
    };
    (!fits).then(|| {
        Misfit::new(
            BreakKind::OutOfRange,
            false,
            format!("`{was}` may be out of the range of `{now}`"),
        )
    })
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
    fn narrowing_is_seen_and_widening_is_not() {
        let catalog = Catalog::default();
        let cases = [
            (ty("varchar", &[20]), ty("varchar", &[5]), Some("22001")),
            (ty("varchar", &[5]), ty("varchar", &[20]), None),
            (ty("varchar", &[5]), ty("text", &[]), None),
            (ty("text", &[]), ty("varchar", &[5]), Some("22001")),
            (ty("int", &[]), ty("bigint", &[]), None),
            (ty("bigint", &[]), ty("int", &[]), Some("22003")),
            (ty("int", &[]), ty("text", &[]), None),
            (ty("text", &[]), ty("int", &[]), Some("42804")),
            (
                ty("numeric", &[10, 2]),
                ty("numeric", &[6, 2]),
                Some("22003"),
            ),
            (ty("numeric", &[6, 2]), ty("numeric", &[10, 2]), None),
            (ty("int", &[]), ty("boolean", &[]), Some("42804")),
            (ty("json", &[]), ty("jsonb", &[]), None),
        ];
        for (was, now, expected) in cases {
            let found = narrower(&was, &now, &catalog).map(|misfit| misfit.kind.sqlstate());
            assert_eq!(found, expected, "{was} -> {now}");
        }
    }

    #[test]
    fn constants_are_judged_by_their_value() {
        let catalog = Catalog::default();
        let text = |text: &str| Literal::Text(text.into());
        let number = |text: &str| Literal::Number(text.into());
        let cases = [
            (text("12345"), ty("varchar", &[5]), None),
            (text("123456"), ty("varchar", &[5]), Some("22001")),
            (text("12345   "), ty("varchar", &[5]), None),
            (number("70000"), ty("smallint", &[]), Some("22003")),
            (number("-32768"), ty("smallint", &[]), None),
            (text("x"), ty("int", &[]), Some("22P02")),
            (text(" 7 "), ty("int", &[]), None),
            (number("7"), ty("text", &[]), None),
            (number("7"), ty("uuid", &[]), Some("42804")),
            (number("1000"), ty("numeric", &[5, 2]), Some("22003")),
            (Literal::Bool(true), ty("int", &[]), Some("42804")),
        ];
        for (literal, ty, expected) in cases {
            let found = constant(&literal, &ty, &catalog, false).map(|found| found.kind.sqlstate());
            assert_eq!(found, expected, "{literal:?} as {ty}");
        }
    }
}
