//! Operators that are doubled, of another language, or out of place.

use crate::diagnostic::{Diagnostic, Edit};
use crate::source::{SourceMap, Span};
use crate::syntax::Op;

use super::WRONG_ARGUMENT;

/// An operator at `span` in the statement `line`, where something else is needed.
pub(super) fn misfit(
    sources: &SourceMap,
    word: &str,
    op: Op,
    line: Span,
    span: Span,
    wanted: &str,
    usage: &str,
) -> Diagnostic {
    let (run, carries_on) = run_around(sources, line, span);
    let shown = sources.text(run);
    let found = Diagnostic::new(
        &WRONG_ARGUMENT,
        run,
        format!("`{shown}` cannot follow here; `{word}` needs {wanted}"),
    );
    let squeezed: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
    let compares = wanted.contains("`<=`");
    // an operator belongs here: the one that was meant, written once
    if (compares || carries_on || wanted == "`=`")
        && let Some(meant) = meant(&squeezed)
        && (compares || carries_on || meant == "=")
    {
        let help = if meant == "=" {
            "write `=` once".to_string()
        } else {
            format!("write `{meant}`, in one piece and once")
        };
        return Diagnostic::new(
            &WRONG_ARGUMENT,
            run,
            format!("`{shown}` is no operator; `{word}` takes `{meant}` here"),
        )
        .help(help)
        .fix(
            format!("write `{meant}`"),
            vec![Edit {
                span: run,
                text: meant.to_string(),
            }],
        );
    }
    if compares {
        let found = found.here(format!("{wanted} is needed here"));
        return match squeezed.as_str() {
            "!=" => found.help("nothing is compared for being unequal: write the operator that fits, `<`, `<=`, `>`, `>=` or `=`"),
            _ => found.help(format!("write it like `{usage}`")),
        };
    }
    let found = found.here(format!("{wanted} is needed here"));
    match op {
        Op::Arrow => found.help("`->` stands between two values: `5% -> 25%`"),
        _ if wanted == "`=`" => found.help(format!("only `=` can stand here: `{usage}`")),
        Op::Equal | Op::Foreign if !carries_on => found.help(format!(
            "leave `{shown}` out: values follow their statement without an operator, `{word} ...`"
        )),
        _ => found.help(format!("write {wanted}")),
    }
}

/// The operator that was meant by one that is doubled, cut in two or another language's.
fn meant(squeezed: &str) -> Option<&'static str> {
    match squeezed {
        "==" | "===" => Some("="),
        "=<" | "<==" | "<<=" => Some("<="),
        "=>" | ">==" | ">>=" => Some(">="),
        "<=" => Some("<="),
        ">=" => Some(">="),
        "<<" => Some("<"),
        ">>" => Some(">"),
        _ => None,
    }
}

/// The whole run of comparing characters around the operator at `span`, and whether the run
/// begins before it: then a first operator was taken already.
fn run_around(sources: &SourceMap, line: Span, span: Span) -> (Span, bool) {
    let is_part = |c: char| matches!(c, '=' | '<' | '>' | '!');
    let inside = line.file == span.file && line.start <= span.start && span.end <= line.end;
    if !inside || !sources.text(span).chars().all(is_part) {
        return (span, false);
    }
    let is_run = |c: char| is_part(c) || c == ' ' || c == '\t';
    let before = sources.text(Span {
        end: span.start,
        ..line
    });
    let behind = sources.text(Span {
        start: span.end,
        ..line
    });
    let from = before.trim_end_matches(is_run).len();
    let blanks = before[from..].len() - before[from..].trim_start().len();
    let more = &behind[..behind.len() - behind.trim_start_matches(is_run).len()];
    let run = Span {
        start: line.start + (from + blanks) as u32,
        end: span.end + more.trim_end().len() as u32,
        ..span
    };
    (run, run.start < span.start)
}
