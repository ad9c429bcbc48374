//! Every form of PostgreSQL's DDL that was collected is understood: each gives changes, and only
//! what hides its SQL in a text is unknown.

mod common;

use std::fs;

use switchback::schema::catalog::Catalog;
use switchback::schema::postgres::{Change, lower};
use switchback::source::{FileId, Span};

/// The collected forms, or `None` where they are not beside the project.
fn forms() -> Option<String> {
    fs::read_to_string(common::shared("facts/sql-forms/pg_forms.sql")?).ok()
}

#[test]
fn the_forms_are_understood() {
    let Some(text) = forms() else { return };
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let (mut unknown, mut refused) = (Vec::new(), 0);
    for line in &lines {
        let sql = line.trim_end().trim_end_matches(';');
        let at = Span::new(FileId(0), 0, sql.len());
        let changes = lower(sql, at, &Catalog::default(), "public");
        assert!(!changes.is_empty(), "{line}");
        for change in &changes {
            assert!(change.span.end as usize <= sql.len(), "{line}");
            assert!(!change.span.is_empty(), "{line}");
        }
        // PostgreSQL refuses this one too: `NOWAIT` goes with `ALL IN TABLESPACE` only
        if sql.ends_with("SET TABLESPACE fast NOWAIT") {
            refused += 1;
            continue;
        }
        let is_unknown =
            |change: &Change| change.is_unknown() && !matches!(change, Change::Call(_));
        if changes.iter().any(|change| is_unknown(&change.value)) {
            unknown.push(format!("{line}\n      {:?}", changes[0].value));
        }
    }
    let valid = lines.len() - refused;
    let understood = valid - unknown.len();
    println!("{understood} of {valid} forms are understood, {refused} are none");
    for line in &unknown {
        println!("    {line}");
    }
    assert!(lines.len() >= 200, "the list is cut: {}", lines.len());
    assert!(
        understood * 100 >= valid * 99,
        "{understood} of {valid}:\n{}",
        unknown.join("\n")
    );
}
