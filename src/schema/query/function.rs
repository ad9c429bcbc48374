//! What is known of the server's own functions.

/// Functions that never give `NULL`.
const NEVER_NULL: [&str; 25] = [
    "clock_timestamp",
    "concat",
    "concat_ws",
    "count",
    "cume_dist",
    "current_database",
    "currval",
    "dense_rank",
    "gen_random_uuid",
    "json_build_array",
    "json_build_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "nextval",
    "now",
    "num_nonnulls",
    "num_nulls",
    "percent_rank",
    "random",
    "rank",
    "row_number",
    "statement_timestamp",
    "transaction_timestamp",
    "uuid_generate_v4",
    "uuidv7",
];

/// Functions that give `NULL` only where an argument is.
const STRICT: [&str; 24] = [
    "abs",
    "age",
    "btrim",
    "ceil",
    "char_length",
    "date_trunc",
    "encode",
    "floor",
    "initcap",
    "left",
    "length",
    "lower",
    "ltrim",
    "md5",
    "regexp_replace",
    "replace",
    "right",
    "round",
    "rtrim",
    "split_part",
    "to_char",
    "to_timestamp",
    "trim",
    "upper",
];

/// Functions whose type does not follow their arguments.
const FIXED_TYPE: [&str; 18] = [
    "bool_and",
    "bool_or",
    "char_length",
    "concat",
    "concat_ws",
    "count",
    "date_part",
    "extract",
    "json_build_object",
    "jsonb_build_object",
    "length",
    "now",
    "row_number",
    "row_to_json",
    "string_agg",
    "to_char",
    "to_json",
    "to_jsonb",
];

/// Functions that make one value of many rows.
const AGGREGATES: [&str; 18] = [
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "stddev",
    "string_agg",
    "sum",
    "variance",
];

/// Whether a function makes one value of many rows.
pub(super) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name)
}

/// How the `NULL` of a function follows that of its arguments.
pub(super) enum Nulls {
    /// It never gives `NULL`.
    Never,
    /// Where one argument is `NULL`.
    OfAny,
    /// Where all arguments are `NULL`.
    OfAll,
    /// Nobody knows.
    Unknown,
}

pub(super) fn nulls(name: &str) -> Nulls {
    if NEVER_NULL.contains(&name) {
        Nulls::Never
    } else if STRICT.contains(&name) {
        Nulls::OfAny
    } else if matches!(name, "coalesce" | "greatest" | "least") {
        Nulls::OfAll
    } else {
        Nulls::Unknown
    }
}

pub(super) fn has_fixed_type(name: &str) -> bool {
    FIXED_TYPE.contains(&name)
}
