//! The list that Drizzle keeps beside its migrations, `meta/_journal.json`: what is not in it is not
//! run.

use std::collections::BTreeSet;

use super::names::printable;
use super::read::Reader;
use super::rules::MIXED_LAYOUTS;
use crate::diagnostic::Diagnostic;

/// The file, seen from the folder of the migrations.
const JOURNAL: &str = "meta/_journal.json";

/// So many migrations are named one by one.
const MAX_SHOWN: usize = 3;

/// Compares the journal with the migrations of these names, without ending.
pub(super) fn drizzle(reader: &mut Reader<'_>, names: &[String]) {
    let Some(file) = reader.read_if_there(JOURNAL) else {
        return;
    };
    let text = reader.text(file);
    let Ok(journal) = serde_json::from_str::<serde_json::Value>(text) else {
        return;
    };
    let Some(entries) = journal
        .get("entries")
        .and_then(|entries| entries.as_array())
    else {
        return;
    };
    let tags = entries
        .iter()
        .filter_map(|entry| entry.get("tag")?.as_str());
    let tags: BTreeSet<&str> = tags.collect();
    let known: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let missing: Vec<&&str> = known.difference(&tags).collect();
    let gone: Vec<&&str> = tags.difference(&known).collect();
    let place = reader.first_line(file);
    let list = |names: &[&&str]| {
        let shown: Vec<String> = (names.iter().take(MAX_SHOWN))
            .map(|name| format!("`{}.sql`", printable(name)))
            .collect();
        let more = names.len().saturating_sub(MAX_SHOWN);
        match more {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    };
    let mut findings = Vec::new();
    if !missing.is_empty() {
        let message = format!(
            "{} would not be run: Drizzle runs what its journal lists",
            list(&missing)
        );
        findings.push(message);
    }
    if !gone.is_empty() {
        let message = format!("the journal lists {}, which is not there", list(&gone));
        findings.push(message);
    }
    for message in findings {
        let finding = Diagnostic::new(&MIXED_LAYOUTS, place, message)
            .help("write the journal anew with `drizzle-kit generate`, or remove what does not belong to it");
        reader.findings.push(finding);
    }
}
