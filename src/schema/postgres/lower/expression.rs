//! Expressions and types.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::node::{child, fold, has, literal, parts, text, tokens, within};
use crate::schema::catalog::{Catalog, Expression, Name, Type, Volatility};

/// Functions of the server whose value changes within one statement (`pg_proc.provolatile = 'v'`).
const VOLATILE: [&str; 16] = [
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "lastval",
    "nextval",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "gen_salt",
];

/// Functions of the server whose value changes between statements (`provolatile = 's'`).
const STABLE: [&str; 23] = [
    "age",
    "concat",
    "concat_ws",
    "current_database",
    "current_schema",
    "current_setting",
    "current_user",
    "date_trunc",
    "format",
    "inet_client_addr",
    "inet_server_addr",
    "now",
    "pg_backend_pid",
    "session_user",
    "statement_timestamp",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "transaction_timestamp",
    "txid_current",
];

/// Functions of the server whose value never changes (`provolatile = 'i'`).
const IMMUTABLE: [&str; 75] = [
    "abs",
    "array_append",
    "array_cat",
    "array_length",
    "array_position",
    "array_prepend",
    "array_remove",
    "array_replace",
    "array_to_string",
    "ascii",
    "bit_length",
    "btrim",
    "cardinality",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "chr",
    "coalesce",
    "cos",
    "date_part",
    "decode",
    "digest",
    "div",
    "encode",
    "exp",
    "extract",
    "floor",
    "greatest",
    "initcap",
    "int4range",
    "int8range",
    "isfinite",
    "json_build_array",
    "json_build_object",
    "jsonb_array_length",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_typeof",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "md5",
    "mod",
    "nullif",
    "num_nonnulls",
    "num_nulls",
    "octet_length",
    "overlay",
    "position",
    "power",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sign",
    "split_part",
    "sqrt",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "timezone",
    "trim",
];
const MORE_IMMUTABLE: [&str; 20] = [
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "to_tsvector",
    "setweight",
    "translate",
    "trunc",
    "tsrange",
    "upper",
    "uuid_nil",
    "uuid_ns_dns",
    "uuid_ns_url",
    "width_bucket",
    "row",
    "numrange",
    "daterange",
    "starts_with",
    "upper_inf",
    "lower_inf",
];

/// Further functions of the server that change no schema, and those of wide-spread extensions
/// (`uuid-ossp`, `pgcrypto`, `unaccent`).
const HARMLESS: [&str; 54] = [
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "count",
    "crypt",
    "date_bin",
    "every",
    "generate_series",
    "hmac",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_each",
    "jsonb_object_agg",
    "jsonb_set",
    "jsonb_strip_nulls",
    "localtime",
    "localtimestamp",
    "make_timestamp",
    "make_timestamptz",
    "max",
    "min",
    "obj_description",
    "pg_advisory_lock",
    "pg_advisory_unlock",
    "pg_advisory_unlock_all",
    "pg_advisory_xact_lock",
    "pg_column_size",
    "pg_get_serial_sequence",
    "pg_notify",
    "pg_relation_size",
    "pg_size_pretty",
    "pg_sleep",
    "pg_table_size",
    "pg_total_relation_size",
    "pg_trigger_depth",
    "pg_try_advisory_lock",
    "pg_try_advisory_xact_lock",
    "quote_ident",
    "quote_literal",
    "quote_nullable",
    "regexp_match",
    "regexp_matches",
    "row_number",
    "row_to_json",
    "set_config",
    "string_agg",
    "sum",
    "to_regclass",
    "unaccent",
    "unnest",
    "version",
];

/// Whether a function is known to come with the server or a wide-spread extension, and to change no
/// schema.
pub(super) fn is_of_server(name: &Name) -> bool {
    let known = |list: &[&str]| list.contains(&name.name.as_str());
    name.schema == "pg_catalog"
        || known(&VOLATILE)
        || known(&STABLE)
        || known(&IMMUTABLE)
        || known(&MORE_IMMUTABLE)
        || known(&HARMLESS)
}

/// How often the value of a call may change; what is not known may change with each row.
fn of_function(name: &Name, qualified: bool, catalog: &Catalog) -> Volatility {
    if let Some(declared) = catalog.functions.get(name) {
        let worst = declared.iter().map(|function| function.volatility).max();
        return worst.unwrap_or(Volatility::Volatile);
    }
    let known = |list: &[&str]| list.contains(&name.name.as_str());
    let of_server = !qualified || name.schema == "pg_catalog" || known(&VOLATILE);
    if of_server && (known(&IMMUTABLE) || known(&MORE_IMMUTABLE)) {
        Volatility::Immutable
    } else if of_server && known(&STABLE) {
        Volatility::Stable
    } else {
        Volatility::Volatile
    }
}

/// The name that is called: the first node of a call.
fn callee(call: &SyntaxNode) -> Option<SyntaxNode> {
    call.children()
        .next()
        .filter(|first| matches!(first.kind(), K::NAME_REF | K::FIELD_EXPR))
}

/// The functions that an expression calls, with whether their schema is written.
pub(super) fn calls(node: &SyntaxNode, schema: &str) -> Vec<(Name, bool)> {
    within(node, K::CALL_EXPR)
        .filter_map(|call| callee(&call))
        .map(|name| dotted(&parts(&name), schema))
        .collect()
}

/// A name from its parts, and whether it has a schema.
pub(super) fn dotted(parts: &[String], schema: &str) -> (Name, bool) {
    match parts {
        [.., schema, name] => (Name::folded(Some(schema), name), true),
        [name] => (Name::folded(Some(schema), name), false),
        [] => (Name::folded(Some(schema), ""), false),
    }
}

/// Whether a word stands for a value by itself, without brackets: `CURRENT_DATE`, `USER`.
fn is_value_word(kind: K) -> bool {
    matches!(
        kind,
        K::CURRENT_TIMESTAMP_KW
            | K::CURRENT_DATE_KW
            | K::CURRENT_TIME_KW
            | K::LOCALTIME_KW
            | K::LOCALTIMESTAMP_KW
            | K::CURRENT_USER_KW
            | K::SESSION_USER_KW
            | K::USER_KW
            | K::CURRENT_ROLE_KW
            | K::CURRENT_SCHEMA_KW
            | K::CURRENT_CATALOG_KW
    )
}

/// How often the value of an expression may change.
pub(super) fn volatility(node: &SyntaxNode, schema: &str, catalog: &Catalog) -> Volatility {
    let called = calls(node, schema)
        .iter()
        .map(|(name, qualified)| of_function(name, *qualified, catalog))
        .max()
        .unwrap_or(Volatility::Immutable);
    let clock = tokens(node).any(|token| is_value_word(token.kind()));
    // a subquery sees what others write
    let reads = node.descendants().any(|inner| {
        matches!(
            inner.kind(),
            K::SELECT | K::COMPOUND_SELECT | K::VALUES | K::TABLE
        )
    });
    match (called, clock, reads) {
        (_, _, true) => Volatility::Volatile,
        (Volatility::Immutable, true, _) => Volatility::Stable,
        (called, ..) => called,
    }
}

/// The columns that an expression names, each once, with the name in front of the dot.
pub(super) fn columns(node: &SyntaxNode) -> Vec<(Option<String>, String)> {
    let mut found: Vec<(Option<String>, String)> = Vec::new();
    for name in within(node, K::NAME_REF) {
        let parent = name.parent();
        let is_callee = |of: &SyntaxNode, inner: &SyntaxNode| {
            of.kind() == K::CALL_EXPR && callee(of).as_ref() == Some(inner)
        };
        let item = match &parent {
            Some(call) if is_callee(call, &name) => continue,
            Some(field) if field.kind() == K::FIELD_EXPR => {
                // `a.b`: only the last name is the column, and only of the outermost dots
                if field.children().last().as_ref() != Some(&name) || has(field, K::STAR) {
                    continue;
                }
                if field.parent().is_some_and(|of| {
                    is_callee(&of, field)
                        || (of.kind() == K::FIELD_EXPR
                            && of.children().next().as_ref() == Some(field))
                }) {
                    continue;
                }
                let all = parts(field);
                let qualifier = all.len().checked_sub(2).and_then(|at| all.get(at)).cloned();
                (qualifier, all.last().cloned().unwrap_or_default())
            }
            _ => {
                let keyword = tokens(&name)
                    .next()
                    .is_none_or(|token| is_value_word(token.kind()));
                if keyword {
                    continue;
                }
                (None, super::node::word(&name))
            }
        };
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

/// The expression with what cost depends on.
pub(super) fn expression(node: &SyntaxNode, schema: &str, catalog: &Catalog) -> Expression {
    let mut named: Vec<String> = Vec::new();
    for (_, column) in columns(node) {
        if !named.contains(&column) {
            named.push(column);
        }
    }
    Expression {
        text: text(node),
        volatility: volatility(node, schema, catalog),
        columns: named,
    }
}

/// Whether a node spells a type.
pub(super) fn is_type(node: &SyntaxNode) -> bool {
    matches!(
        node.kind(),
        K::ARRAY_TYPE
            | K::PATH_TYPE
            | K::PERCENT_TYPE
            | K::VARCHAR_TYPE
            | K::CHARACTER_TYPE
            | K::BIT_TYPE
            | K::BIT_VARYING_TYPE
            | K::DOUBLE_TYPE
            | K::TIME_TYPE
            | K::TIMESTAMP_TYPE
            | K::INTERVAL_TYPE
    )
}

/// The type that stands directly within.
pub(super) fn type_in(node: &SyntaxNode, schema: &str) -> Option<Type> {
    node.children()
        .find(is_type)
        .map(|found| ty(&found, schema))
}

/// Whether the type directly within is one of the serials.
pub(super) fn is_serial(node: &SyntaxNode) -> bool {
    let serial = |name: &str| {
        matches!(
            name,
            "serial" | "serial2" | "serial4" | "serial8" | "bigserial" | "smallserial"
        )
    };
    child(node, K::PATH_TYPE)
        .and_then(|found| child(&found, K::PATH_REF))
        .is_some_and(|path| matches!(parts(&path).as_slice(), [name] if serial(name)))
}

fn modifiers(node: &SyntaxNode) -> Vec<i64> {
    let list = child(node, K::ARG_LIST).unwrap_or_else(|| node.clone());
    within(&list, K::LITERAL)
        .filter_map(|number| literal(&number).parse().ok())
        .collect()
}

/// The type that a node spells.
pub(super) fn ty(node: &SyntaxNode, schema: &str) -> Type {
    let named = |name: &str, modifiers: Vec<i64>| Type {
        modifiers,
        ..Type::named(name)
    };
    let one = |list: Vec<i64>| if list.is_empty() { vec![1] } else { list };
    match node.kind() {
        K::ARRAY_TYPE => {
            let inner = node.children().find(is_type);
            let inner = inner.map_or_else(|| Type::named(&text(node)), |inner| ty(&inner, schema));
            Type {
                array: true,
                ..inner
            }
        }
        K::VARCHAR_TYPE => named("character varying", modifiers(node)),
        K::CHARACTER_TYPE => named("character", one(modifiers(node))),
        K::BIT_TYPE => named("bit", one(modifiers(node))),
        K::BIT_VARYING_TYPE => named("bit varying", modifiers(node)),
        K::DOUBLE_TYPE => named("double precision", Vec::new()),
        K::TIME_TYPE | K::TIMESTAMP_TYPE => {
            let base = if node.kind() == K::TIME_TYPE {
                "time"
            } else {
                "timestamp"
            };
            let zone = has(node, K::WITH_TIMEZONE);
            let zone = if zone { " with time zone" } else { "" };
            named(&format!("{base}{zone}"), modifiers(node))
        }
        K::INTERVAL_TYPE => named("interval", modifiers(node)),
        _ => path_type(node, schema),
    }
}

fn path_type(node: &SyntaxNode, schema: &str) -> Type {
    let Some(path) = child(node, K::PATH_REF) else {
        return Type::named(&text(node));
    };
    let mut modifiers = child(node, K::ARG_LIST).map_or(Vec::new(), |_| modifiers(node));
    let names = parts(&path);
    let quoted = text(&path).contains('"');
    let (in_schema, name) = match names.as_slice() {
        [.., of, name] => (Some(of.as_str()), name.clone()),
        [name] => (None, name.clone()),
        [] => (None, String::new()),
    };
    let is_array = node.children().any(|inner| inner.kind() == K::ARRAY_BOUND);
    let canonical = if quoted {
        name.clone()
    } else {
        Type::named(&name).name
    };
    let of_server = !quoted && (canonical != name || is_known(&name));
    if of_server && canonical == "numeric" && modifiers.len() == 1 {
        modifiers.push(0);
    }
    let canonical = match (canonical.as_str(), modifiers.as_slice()) {
        ("double precision", [bits]) => {
            let single = *bits <= 24;
            modifiers.clear();
            if single {
                "real".to_string()
            } else {
                canonical
            }
        }
        _ => canonical,
    };
    // types of the server live in `pg_catalog`, wherever the search path leads
    let schema = match in_schema {
        Some("pg_catalog" | Name::DEFAULT_SCHEMA) => None,
        Some(of) => Some(of.to_string()),
        None if of_server || schema == Name::DEFAULT_SCHEMA => None,
        None => Some(schema.to_string()),
    };
    Type {
        name: match schema {
            Some(schema) => format!("{schema}.{canonical}"),
            None => canonical,
        },
        modifiers,
        array: is_array,
    }
}

/// Whether the server has a type of that name under that very name.
fn is_known(name: &str) -> bool {
    const KNOWN: [&str; 42] = [
        "bigint",
        "bit",
        "boolean",
        "box",
        "bytea",
        "char",
        "character",
        "cidr",
        "circle",
        "citext",
        "date",
        "daterange",
        "hstore",
        "inet",
        "int4range",
        "int8range",
        "integer",
        "interval",
        "json",
        "jsonb",
        "line",
        "lseg",
        "ltree",
        "macaddr",
        "macaddr8",
        "money",
        "name",
        "numeric",
        "numrange",
        "oid",
        "path",
        "point",
        "polygon",
        "real",
        "regclass",
        "smallint",
        "text",
        "time",
        "timestamp",
        "tsquery",
        "tsvector",
        "uuid",
    ];
    KNOWN.contains(&name) || matches!(name, "xml" | "void" | "trigger" | "record" | "vector")
}

/// The name under which a catalog keeps a declared type.
pub(in crate::schema::postgres) fn type_name(ty: &Type) -> Name {
    match ty.name.split_once('.') {
        Some((schema, name)) => Name::folded(Some(schema), name),
        None => Name::folded(None, &ty.name),
    }
}

/// A name as it is written, folded: for names of the catalog that come as text.
pub(super) fn written(text: &str, schema: &str) -> Name {
    let parts: Vec<String> = text.split('.').map(|part| fold(part.trim())).collect();
    dotted(&parts, schema).0
}
