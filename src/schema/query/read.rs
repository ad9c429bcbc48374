//! Reads the files that a version's `queries` name.

use std::path::{Path, PathBuf};

use super::Catalog;
use super::contract::{Contract, Unknown};
use crate::source::{FileId, Loader, SourceMap, Span};

/// The most bytes that are read for one version (64 MiB).
pub const MAX_TOTAL_BYTES: usize = 64 << 20;
/// The most files that are read for one version.
pub const MAX_FILES: usize = 10_000;

/// The contract of the files at `paths`: SQL text, or `.sqlx/query-*.json`.
///
/// Files are added to `sources` under the names that `shown` gives. What cannot be read, is too
/// much, or is neither is unknown at `at`, the place that names the files.
pub fn read_queries(
    loader: &dyn Loader,
    sources: &mut SourceMap,
    paths: &[PathBuf],
    shown: &dyn Fn(&Path) -> String,
    at: Span,
    built: &Catalog,
) -> Contract {
    let mut contract = Contract::new();
    let mut bytes = 0_usize;
    for (number, path) in paths.iter().enumerate() {
        let name = shown(path);
        let mut unknown = |reason: String| contract.unknown.push(Unknown { place: at, reason });
        if number == MAX_FILES {
            unknown(format!("only {MAX_FILES} files of queries are read"));
            break;
        }
        let file: FileId = match sources.find(path) {
            Some(file) => file,
            None => match loader.read(path) {
                Ok(text) => sources.add(name.clone(), path.clone(), text),
                Err(error) => {
                    unknown(format!("`{name}` cannot be read: {}", error.reason()));
                    continue;
                }
            },
        };
        let text = sources.file(file).text.as_str();
        bytes = bytes.saturating_add(text.len());
        if bytes > MAX_TOTAL_BYTES {
            unknown(format!(
                "the files of queries hold more than {} MiB; `{name}` and those behind it are not read",
                MAX_TOTAL_BYTES >> 20
            ));
            break;
        }
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => contract.merge(Contract::from_sqlx_json(text, file, built)),
            Some("sql") => {
                let found = Contract::from_sql(text, file, 0, built);
                // a file that says nothing says nothing of what the version relies on
                if found.queries.is_empty() && found.unknown.is_empty() {
                    contract.unknown.push(Unknown {
                        place: Span::new(file, 0, 0),
                        reason: format!("`{name}` holds no query"),
                    });
                }
                contract.merge(found);
            }
            _ => unknown(format!(
                "`{name}` is neither `.sql` nor a `.json` file of `cargo sqlx prepare`"
            )),
        }
    }
    contract
}
