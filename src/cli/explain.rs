//! `switchback explain`

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::check::{Options, check};
use crate::diagnostic::Rule;
use crate::report;
use crate::rules;
use crate::source::MemoryLoader;
use crate::vocabulary::{Place, reference};

use super::args::{Color, ExplainArgs};
use super::{check as check_command, exit, output};

pub(super) fn run(args: &ExplainArgs) -> Result<u8, String> {
    if args.reference {
        output::print(&reference());
        return Ok(exit::CLEAN);
    }
    let Some(what) = &args.what else {
        output::print(&list());
        return Ok(exit::CLEAN);
    };
    if let Some(rule) = rules::find(what) {
        output::print(&explain_rule(rule, args.color));
        return Ok(exit::CLEAN);
    }
    let statement = explain_statement(what);
    if !statement.is_empty() {
        output::print(&statement);
        return Ok(exit::CLEAN);
    }
    let words = Place::ALL.into_iter().flat_map(crate::vocabulary::words);
    let meant = rules::suggest(what).or_else(|| crate::diagnostic::nearest(what, words));
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    Err(format!(
        "there is no rule and no statement `{what}`{meant} (`switchback explain` lists all rules)"
    ))
}

fn list() -> String {
    let mut out = String::new();
    for rule in rules::all() {
        let _ = writeln!(
            out,
            "{:<34} {:<5} {:<8} {}",
            rule.name,
            rule.code,
            rule.severity.word(),
            rule.summary
        );
    }
    out
}

fn explain_rule(rule: &'static Rule, color: Color) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} ({}), {}\n",
        rule.name,
        rule.code,
        rule.severity.word()
    );
    let _ = writeln!(out, "Holds when {}.\n", rule.summary);
    for paragraph in rule.why.split("\n\n") {
        let _ = writeln!(out, "{}\n", wrapped(paragraph, 92));
    }
    if !rule.failing.is_empty() {
        let _ = writeln!(out, "This is reported:\n\n{}", indented(rule.failing));
        out.push_str(&indented(&diagnosed(rule, color)));
        let _ = writeln!(out, "\nThis is not:\n\n{}", indented(rule.passing));
    }
    let _ = match rule.can_allow {
        true => writeln!(
            out,
            "Accept it in a plan or step: `allow {} because \"...\"`.",
            rule.name
        ),
        false => writeln!(out, "It cannot be accepted with `allow`."),
    };
    out
}

/// What the check says of a rule's own failing example.
fn diagnosed(rule: &Rule, color: Color) -> String {
    let mut loader = MemoryLoader::new();
    let files = rules::files_of(rule.failing);
    for (path, text) in &files {
        loader = loader.with(Path::new(path), text.as_str());
    }
    let entry = PathBuf::from(&files[0].0);
    let Ok(mut outcome) = check(&loader, Path::new(""), &[entry], &Options::default()) else {
        return String::new();
    };
    outcome.findings.retain(|found| found.rule == rule);
    outcome.plans.clear();
    outcome.obligations.clear();
    let mut text = String::new();
    check_command::render(&mut outcome, report::FailOn::Never, |report| {
        report::full_findings(report, output::options(color), &mut text);
    });
    text
}

fn explain_statement(word: &str) -> String {
    let mut out = String::new();
    for place in Place::ALL {
        let Some(entry) = place.entry(word) else {
            continue;
        };
        let _ = writeln!(out, "{} {}\n", entry.word, place.phrase());
        for usage in entry.usages() {
            let block = match (entry.block, entry.block_required) {
                (Some(_), true) => " { ... }",
                (Some(_), false) => " [{ ... }]",
                (None, _) => "",
            };
            let _ = writeln!(out, "    {usage}{block}");
        }
        let values = entry.values();
        if !values.is_empty() {
            out.push('\n');
        }
        let width = values.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, wanted) in values {
            for (number, line) in wrapped(&wanted, 86 - width.min(40)).lines().enumerate() {
                let name = if number == 0 { &*name } else { "" };
                let _ = writeln!(out, "    {name:<width$}  {line}");
            }
        }
        let _ = writeln!(
            out,
            "\n{}\n\n    {}\n",
            wrapped(entry.doc, 92),
            entry.example
        );
    }
    out
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                "\n".into()
            } else {
                format!("    {line}\n")
            }
        })
        .collect()
}

fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let needed = word.chars().count();
        if length > 0 && length + 1 + needed > width {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        out.push_str(word);
        length += needed;
    }
    out
}
