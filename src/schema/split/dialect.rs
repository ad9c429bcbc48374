//! Where the engines' lexical rules differ.

use crate::schema::Engine;

/// The lexical rules of one engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// `$tag$ ... $tag$` is a text.
    pub dollar_quotes: bool,
    /// `/* /* */ */` is one comment.
    pub nested_comments: bool,
    /// `\` escapes in every text.
    pub backslashes: bool,
    /// `\` escapes in `E'...'`.
    pub escape_texts: bool,
    /// `#` begins a comment.
    pub hash_comments: bool,
    /// `--` begins a comment only before white space.
    pub dashes_need_space: bool,
    /// Backticks quote names.
    pub backticks: bool,
    /// `[name]` is a name.
    pub brackets: bool,
    /// What stands in `/*! ... */` is run.
    pub version_comments: bool,
    /// ... only when a version number follows the `!`.
    pub version_needs_digits: bool,
    /// Lines that begin with `\` are the client's, and `COPY` data may follow.
    pub psql: bool,
}

impl Dialect {
    /// The rules of `engine`; without one, those of PostgreSQL and what of the others' cannot be
    /// mistaken for it.
    pub(super) fn of(engine: Option<Engine>) -> Self {
        let postgres = Dialect {
            dollar_quotes: true,
            nested_comments: true,
            backslashes: false,
            escape_texts: true,
            hash_comments: false,
            dashes_need_space: false,
            backticks: false,
            brackets: false,
            version_comments: false,
            version_needs_digits: false,
            psql: true,
        };
        let plain = Dialect {
            dollar_quotes: false,
            nested_comments: false,
            escape_texts: false,
            backticks: true,
            psql: false,
            ..postgres
        };
        match engine {
            Some(Engine::PostgreSql | Engine::CockroachDb) => postgres,
            Some(Engine::Sqlite) => Dialect {
                brackets: true,
                ..plain
            },
            Some(Engine::MySql | Engine::MariaDb) => Dialect {
                backslashes: true,
                hash_comments: true,
                dashes_need_space: true,
                version_comments: true,
                ..plain
            },
            None => Dialect {
                backticks: true,
                version_comments: true,
                version_needs_digits: true,
                ..postgres
            },
        }
    }
}
