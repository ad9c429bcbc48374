//! The program whose instructions are counted: `counted STAGE`. See `benches/instructions`.
//!
//! Each stage is a function of its own that callgrind counts by name; what prepares it is not
//! counted.

use std::hint::black_box;

use switchback::check::{Options, check};
use switchback::diagnostic::Findings;
use switchback::model::{Overrides, Project, load};
use switchback::schema::catalog::Catalog;
use switchback::schema::postgres::{lower, parsed_together};
use switchback::schema::{Engine, split};
use switchback::source::{FileId, MemoryLoader, SourceMap, Span};
use switchback::syntax::parse;

mod corpus;

/// How much text a stage reads: enough that start-up does not count, little enough for callgrind.
const BYTES: usize = 200_000;

#[unsafe(no_mangle)]
#[inline(never)]
fn counted_parse(text: &str) -> usize {
    let mut findings = Findings::new();
    parse(FileId(0), text, &mut findings).all().len() + findings.len()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn counted_load(loader: &MemoryLoader, entries: &[std::path::PathBuf]) -> Project {
    load(loader, SourceMap::new(), corpus::base(), entries)
}

#[unsafe(no_mangle)]
#[inline(never)]
fn counted_build(loader: &MemoryLoader, project: &mut Project) -> usize {
    let (model, findings) = project.build(loader, &Overrides::default());
    model.plans.len() + findings.len()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn counted_check(loader: &MemoryLoader, entries: &[std::path::PathBuf]) -> usize {
    check(loader, corpus::base(), entries, &Options::default()).map_or(0, |found| found.plans.len())
}

#[unsafe(no_mangle)]
#[inline(never)]
fn counted_sql_parse(text: &str) -> usize {
    squawk_syntax::SourceFile::parse(text).errors().len()
}

#[unsafe(no_mangle)]
#[inline(never)]
fn counted_sql_lower(text: &str) -> usize {
    let catalog = Catalog::default();
    let statements = split(text, Some(Engine::PostgreSql), false).statements;
    let each = statements.iter().map(|one| &text[one.range.clone()]);
    let lowered = statements.iter().map(|statement| {
        let at = Span::new(FileId(0), statement.range.start, statement.range.end);
        lower(&text[statement.range.clone()], at, &catalog, "public").len()
    });
    parsed_together(each, || lowered.sum())
}

fn main() {
    let stage = std::env::args().nth(1).unwrap_or_default();
    let text = corpus::one_file(BYTES);
    let count = match stage.as_str() {
        "parse" => counted_parse(&text),
        "load" => {
            let (loader, entries) = corpus::single(&text);
            counted_load(&loader, &entries).decls.len()
        }
        "build" => {
            let (loader, entries) = corpus::single(&text);
            let mut project = load(&loader, SourceMap::new(), corpus::base(), &entries);
            counted_build(&loader, &mut project)
        }
        "check" => {
            let (loader, entries) = corpus::single(&text);
            counted_check(&loader, &entries)
        }
        "sql_parse" => counted_sql_parse(&corpus::migrations(BYTES)),
        "sql_lower" => counted_sql_lower(&corpus::migrations(BYTES)),
        "files-100" | "files-200" => {
            let files = if stage == "files-100" { 100 } else { 200 };
            let (loader, entries) = corpus::project(files);
            counted_check(&loader, &entries)
        }
        // `cargo bench` runs every bench; this one only answers to the script
        _ => 0,
    };
    println!("{stage} {} bytes: {}", text.len(), black_box(count));
}
