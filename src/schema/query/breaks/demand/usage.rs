//! What can be done with a column of another type than it had.

use super::{BreakKind, Element, Faults, State, value};
use crate::schema::catalog::{Name, Type, TypeKind};
use crate::schema::query::demand::Usage;

/// What a use makes of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Works,
    Fails,
    Unknown,
}

/// Types in the groups that functions and operators are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Truth,
    Number,
    Text,
    Time,
    Json,
    Jsonb,
    Uuid,
    Enum,
    Array,
    Other,
}

fn group(ty: &Type, state: &State<'_>) -> Group {
    let ty = value::base(ty, state.catalog);
    if ty.array {
        return Group::Array;
    }
    match ty.name.as_str() {
        "boolean" => Group::Truth,
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
            Group::Number
        }
        "text" | "character varying" | "character" | "name" => Group::Text,
        "date" | "timestamp" | "timestamp with time zone" => Group::Time,
        "json" => Group::Json,
        "jsonb" => Group::Jsonb,
        "uuid" => Group::Uuid,
        _ => match state.catalog.types.get(&value::type_name(&ty)) {
            Some(found) if matches!(found.kind, TypeKind::Enum(_)) => Group::Enum,
            _ => Group::Other,
        },
    }
}

const OF_TEXT: [&str; 24] = [
    "ascii",
    "btrim",
    "char_length",
    "character_length",
    "initcap",
    "left",
    "lower",
    "lpad",
    "ltrim",
    "md5",
    "position",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "split_part",
    "starts_with",
    "strpos",
    "trim",
    "upper",
];
const OF_NUMBERS: [&str; 15] = [
    "abs", "avg", "ceil", "ceiling", "exp", "floor", "ln", "mod", "power", "round", "sign", "sqrt",
    "stddev", "sum", "variance",
];
const OF_TIMES: [&str; 5] = ["age", "date_bin", "date_part", "date_trunc", "extract"];
const OF_TRUTH: [&str; 3] = ["bool_and", "bool_or", "every"];
/// Functions that take any type.
const OF_ANY: [&str; 12] = [
    "array_agg",
    "concat",
    "concat_ws",
    "count",
    "format",
    "json_agg",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_object",
    "pg_typeof",
    "to_json",
    "to_jsonb",
];

/// Whether a function of the server takes the type.
fn function(name: &str, group: Group) -> Outcome {
    use Group as G;
    let taken = |takes: bool| match (takes, group) {
        (true, _) => Outcome::Works,
        // the server has more types than groups here
        (false, G::Other) => Outcome::Unknown,
        (false, _) => Outcome::Fails,
    };
    if OF_ANY.contains(&name) {
        Outcome::Works
    } else if OF_TEXT.contains(&name) {
        taken(group == G::Text)
    } else if OF_NUMBERS.contains(&name) {
        taken(group == G::Number)
    } else if OF_TIMES.contains(&name) {
        taken(group == G::Time)
    } else if OF_TRUTH.contains(&name) {
        taken(group == G::Truth)
    } else if matches!(name, "min" | "max") {
        match group {
            G::Number | G::Text | G::Time | G::Enum => Outcome::Works,
            G::Truth | G::Json | G::Jsonb => Outcome::Fails,
            _ => Outcome::Unknown,
        }
    } else if name.starts_with("jsonb_") {
        taken(group == G::Jsonb)
    } else if name.starts_with("json_") {
        taken(group == G::Json)
    } else if matches!(
        name,
        "unnest" | "cardinality" | "array_length" | "array_to_string"
    ) {
        taken(group == G::Array)
    } else {
        Outcome::Unknown
    }
}

/// Whether an operator takes the type beside something of which the type is not known.
fn sign(sign: &str, group: Group) -> Outcome {
    use Group as G;
    let taken = |takes: bool| match (takes, group) {
        (true, _) => Outcome::Works,
        (false, G::Other) => Outcome::Unknown,
        (false, _) => Outcome::Fails,
    };
    match sign {
        "like" | "not like" | "ilike" | "not ilike" | "~" | "~*" | "!~" | "!~*" | "~~" | "~~*"
        | "!~~" | "!~~*" | "similar to" | "not similar to" | "collate" | "^@" => {
            taken(group == G::Text)
        }
        "->" | "->>" | "#>" | "#>>" => taken(matches!(group, G::Json | G::Jsonb)),
        "@>" | "<@" | "?" | "?|" | "?&" | "&&" => match group {
            G::Number | G::Text | G::Time | G::Truth | G::Uuid | G::Json | G::Enum => {
                Outcome::Fails
            }
            _ => Outcome::Unknown,
        },
        "+" | "-" | "*" | "/" | "%" | "^" => match group {
            G::Text | G::Truth | G::Uuid | G::Json | G::Enum => Outcome::Fails,
            _ => Outcome::Unknown,
        },
        "at time zone" => taken(group == G::Time),
        _ => Outcome::Unknown,
    }
}

fn outcome(usage: &Usage, now: &Type, state: &State<'_>) -> Outcome {
    let own = group(now, state);
    match usage {
        Usage::Truth if own == Group::Truth => Outcome::Works,
        Usage::Truth => Outcome::Fails,
        Usage::Operator(text) => sign(text, own),
        Usage::Function(name) => function(name, own),
        Usage::Order if own == Group::Json => Outcome::Fails,
        Usage::Cast(ty) if group(ty, state) == Group::Text || ty.name == now.name => Outcome::Works,
        Usage::Order | Usage::Cast(_) | Usage::Other => Outcome::Unknown,
    }
}

fn shown(usage: &Usage) -> String {
    match usage {
        Usage::Truth => "a truth value".into(),
        Usage::Operator(sign) => format!("`{}`", sign.to_uppercase()),
        Usage::Function(name) => format!("function `{name}`"),
        Usage::Order => "sorting or grouping".into(),
        Usage::Cast(ty) => format!("the cast to `{ty}`"),
        Usage::Other => "the expression around it".into(),
    }
}

pub(super) fn judge(
    relation: &Name,
    column: &str,
    usage: &Usage,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let ty = |state: &State<'_>| state.column(relation, column).and_then(|c| c.ty.clone());
    let (Some(was), Some(now)) = (ty(built), ty(at)) else {
        return;
    };
    let of_migrations = match usage {
        Usage::Function(name) => at.catalog.functions.keys().any(|own| own.name == *name),
        _ => false,
    };
    let same = (&was.name, was.array) == (&now.name, now.array);
    if same || (!of_migrations && value::comparable(&was, &now, at.catalog)) {
        return;
    }
    let verdict = match of_migrations {
        true => Outcome::Unknown,
        false => outcome(usage, &now, at),
    };
    let element = Element::Column(relation.clone(), column.to_string());
    let key = format!("{element} {usage:?}");
    let what = shown(usage);
    let (kind, certain, reason) = match verdict {
        Outcome::Works => return,
        Outcome::Fails => {
            let kind = match usage {
                Usage::Truth => BreakKind::WrongType,
                Usage::Function(_) => BreakKind::MissingFunction,
                _ => BreakKind::Operator,
            };
            let reason = match usage {
                Usage::Truth => {
                    format!("`{relation}.{column}` is `{now}` and stands for {what}")
                }
                _ => format!("`{relation}.{column}` is `{now}`, which {what} does not take"),
            };
            (kind, true, reason)
        }
        Outcome::Unknown => (
            BreakKind::OtherType,
            false,
            format!(
                "`{relation}.{column}` is `{now}` and was `{was}`, and whether {what} still works and means the same is not known"
            ),
        ),
    };
    out.push_as(kind, certain, element, reason, key);
}
