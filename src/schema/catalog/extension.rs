//! What wide-spread extensions bring that queries can name.

/// What an extension brings: functions, types, operators.
#[derive(Debug)]
pub struct Extension {
    name: &'static str,
    functions: &'static [&'static str],
    types: &'static [&'static str],
    operators: &'static [&'static str],
}

/// From the manuals of the extensions: PostgreSQL's appendix F, PostGIS, pgvector.
const KNOWN: [Extension; 14] = [
    Extension {
        name: "citext",
        functions: &["citext_cmp", "citext_eq", "citext_hash", "citext_larger"],
        types: &["citext"],
        operators: &[],
    },
    Extension {
        name: "cube",
        functions: &["cube", "cube_dim", "cube_distance", "cube_enlarge"],
        types: &["cube"],
        operators: &["<#>", "<=>"],
    },
    Extension {
        name: "earthdistance",
        functions: &[
            "earth",
            "earth_box",
            "earth_distance",
            "latitude",
            "ll_to_earth",
            "longitude",
        ],
        types: &["earth"],
        operators: &["<@>"],
    },
    Extension {
        name: "fuzzystrmatch",
        functions: &[
            "daitch_mokotoff",
            "difference",
            "dmetaphone",
            "dmetaphone_alt",
            "levenshtein",
            "levenshtein_less_equal",
            "metaphone",
            "soundex",
        ],
        types: &[],
        operators: &[],
    },
    Extension {
        name: "hstore",
        functions: &[
            "akeys",
            "avals",
            "defined",
            "exist",
            "hstore",
            "hstore_to_array",
            "hstore_to_json",
            "hstore_to_json_loose",
            "hstore_to_jsonb",
            "hstore_to_matrix",
            "skeys",
            "svals",
        ],
        types: &["hstore"],
        operators: &["#=", "%%", "%#"],
    },
    Extension {
        name: "intarray",
        functions: &[
            "icount",
            "idx",
            "intset",
            "sort",
            "sort_asc",
            "sort_desc",
            "subarray",
            "uniq",
        ],
        types: &["query_int"],
        operators: &["@@"],
    },
    Extension {
        name: "ltree",
        functions: &[
            "lca",
            "ltree2text",
            "nlevel",
            "subltree",
            "subpath",
            "text2ltree",
        ],
        types: &["lquery", "ltree", "ltxtquery"],
        operators: &[],
    },
    Extension {
        name: "pg_trgm",
        functions: &[
            "set_limit",
            "show_limit",
            "show_trgm",
            "similarity",
            "strict_word_similarity",
            "word_similarity",
        ],
        types: &[],
        operators: &["<%", "%>", "<<%", "%>>", "<->", "<<->", "<->>"],
    },
    Extension {
        name: "pgcrypto",
        functions: &[
            "armor",
            "crypt",
            "dearmor",
            "decrypt",
            "decrypt_iv",
            "digest",
            "encrypt",
            "encrypt_iv",
            "gen_random_bytes",
            "gen_salt",
            "hmac",
            "pgp_armor_headers",
            "pgp_key_id",
            "pgp_pub_decrypt",
            "pgp_pub_decrypt_bytea",
            "pgp_pub_encrypt",
            "pgp_pub_encrypt_bytea",
            "pgp_sym_decrypt",
            "pgp_sym_decrypt_bytea",
            "pgp_sym_encrypt",
            "pgp_sym_encrypt_bytea",
        ],
        types: &[],
        operators: &[],
    },
    Extension {
        name: "postgis",
        functions: &["st_*", "postgis_*", "geometrytype", "addgeometrycolumn"],
        types: &["box2d", "box3d", "geography", "geometry", "raster"],
        operators: &["<->", "<#>"],
    },
    Extension {
        name: "tablefunc",
        functions: &[
            "connectby",
            "crosstab",
            "crosstab2",
            "crosstab3",
            "crosstab4",
            "normal_rand",
        ],
        types: &[],
        operators: &[],
    },
    Extension {
        name: "unaccent",
        functions: &["unaccent", "unaccent_lexize"],
        types: &[],
        operators: &[],
    },
    Extension {
        name: "uuid-ossp",
        functions: &[
            "uuid_generate_v1",
            "uuid_generate_v1mc",
            "uuid_generate_v3",
            "uuid_generate_v4",
            "uuid_generate_v5",
            "uuid_nil",
            "uuid_ns_dns",
            "uuid_ns_oid",
            "uuid_ns_url",
            "uuid_ns_x500",
        ],
        types: &[],
        operators: &[],
    },
    Extension {
        name: "vector",
        functions: &[
            "binary_quantize",
            "cosine_distance",
            "inner_product",
            "l1_distance",
            "l2_distance",
            "l2_normalize",
            "vector_dims",
            "vector_norm",
        ],
        types: &["halfvec", "sparsevec", "vector"],
        operators: &["<->", "<#>", "<=>", "<+>"],
    },
];

impl Extension {
    /// The extension of that name, if it is known what it brings.
    pub fn named(name: &str) -> Option<&'static Extension> {
        KNOWN.iter().find(|known| known.name == name)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it brings a function of that (folded) name on a server of that major version, 0 where
    /// that is not known.
    pub fn has_function(&self, name: &str, server: u32) -> bool {
        let listed = |known: &&str| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => *known == name,
        };
        // the server's own since 13
        let was = self.name == "pgcrypto" && name == "gen_random_uuid" && (1..13).contains(&server);
        was || self.functions.iter().any(listed)
    }

    /// Whether it brings a type of that name.
    pub fn has_type(&self, name: &str) -> bool {
        self.types.contains(&name)
    }

    /// Whether it brings an operator of that sign.
    pub fn has_operator(&self, sign: &str) -> bool {
        self.operators.contains(&sign)
    }
}

#[cfg(test)]
mod tests {
    use super::Extension;

    #[test]
    fn what_an_extension_brings_is_known_by_name_or_by_its_start() {
        let has = |extension: &str, function: &str, server: u32| {
            Extension::named(extension).is_some_and(|found| found.has_function(function, server))
        };
        assert!(has("pgcrypto", "crypt", 15) && !has("pgcrypto", "lower", 15));
        assert!(has("postgis", "st_distance", 15) && !has("postgis", "start", 15));
        assert!(has("pgcrypto", "gen_random_uuid", 12));
        assert!(!has("pgcrypto", "gen_random_uuid", 13));
        assert!(Extension::named("own").is_none());
    }
}
