//! Mistakes of shape: statements and arguments that are not what the table says.

mod operator;

use crate::diagnostic::{Diagnostic, Edit, Rule, nearest};
use crate::source::{SourceMap, Span};
use crate::syntax::ArgKind;
use crate::vocabulary::{Entry, Mismatch, Place, SlotKind, ValueProblem, places_of, words};

pub(crate) static UNKNOWN_STATEMENT: Rule = Rule {
    name: "unknown-statement",
    code: "SH01",
    summary: "every statement is one of the language",
    why: "A statement that is not known is never skipped: a misspelt `hold` would be a rollout without a pause.",
    failing: "service web {\n  trafic 10/s\n}\n",
    passing: "service web {\n  traffic 10/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static MISPLACED_STATEMENT: Rule = Rule {
    name: "misplaced-statement",
    code: "SH02",
    summary: "every statement stands in a block that it belongs to",
    why: "The same word may mean different things in different blocks, so a statement has no meaning outside of its own.",
    failing: "plan p {\n  weight 5%\n}\n",
    passing: "gate errors {\n  query \"rate(errors_total{version='$version'}[2m])\"\n  expect value < 1%\n}\nservice web {\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan p {\n  roll web from 1 to 2\n  step all { weight 5%; hold 1h; watch errors }\n}\n",
    ..Rule::SHAPE
};

pub(crate) static WRONG_ARGUMENT: Rule = Rule {
    name: "wrong-argument",
    code: "SH03",
    summary: "the arguments of every statement are those that it takes",
    why: "What a statement takes is fixed in one table, which is also the language reference.",
    failing: "service web {\n  traffic = = 10/s\n}\n",
    passing: "service web {\n  traffic 10/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static UNKNOWN_UNIT: Rule = Rule {
    name: "unknown-unit",
    code: "SH04",
    summary: "every unit is one of those that the value can have",
    why: "Units are case-sensitive: `m` is minutes, `M` is a million.",
    failing: "service web {\n  drain 5min\n}\n",
    passing: "service web {\n  drain 5m\n}\n",
    ..Rule::SHAPE
};

pub(crate) static MISSING_UNIT: Rule = Rule {
    name: "missing-unit",
    code: "SH05",
    summary: "what can be measured in several units carries one",
    why: "A bare `300` has been read as seconds by one system and as milliseconds by the next.",
    failing: "service web {\n  drain 30\n}\n",
    passing: "service web {\n  drain 30s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static OUT_OF_RANGE: Rule = Rule {
    name: "out-of-range",
    code: "SH06",
    summary: "every value lies in the range that it can have",
    why: "A share over 100 % or a time of a million days is a slip, and would make every number behind it meaningless.",
    failing: "service web {\n  objective 120% over 30d\n}\n",
    passing: "service web {\n  objective 99.9% over 30d\n}\n",
    ..Rule::SHAPE
};

pub(crate) static DUPLICATE_STATEMENT: Rule = Rule {
    name: "duplicate-statement",
    code: "SH07",
    summary: "what can be said once is said once",
    why: "Of two values only one can count, and a reader cannot tell which.",
    failing: "service web {\n  traffic 10/s\n  traffic 20/s\n}\n",
    passing: "service web {\n  traffic 20/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static MISSING_BLOCK: Rule = Rule {
    name: "missing-block",
    code: "SH08",
    summary: "declarations have their block, and only they",
    why: "A declaration without its block says nothing; a block behind any other statement would be ignored.",
    failing: "service web\n",
    passing: "service web {\n  traffic 10/s\n}\n",
    ..Rule::SHAPE
};

pub(crate) static MISSING_STATEMENT: Rule = Rule {
    name: "missing-statement",
    code: "SH09",
    summary: "every block holds what it cannot do without",
    why: "A gate without `expect` can never fail, a roll without versions moves nothing.",
    failing: "gate errors {\n  query \"up\"\n}\n",
    passing: "gate errors {\n  query \"up\"\n  expect value >= 1\n}\n",
    ..Rule::SHAPE
};

pub(crate) static STATEMENT_ORDER: Rule = Rule {
    name: "statement-order",
    code: "SH10",
    summary: "a step says entry, changes, `run`, `hold`, `watch`, edges, in this order",
    why: "Order inside a step counts: a `hold` above a change would read as if the change were judged by it, and it is not.",
    failing: "gate errors {\n  query \"rate(errors_total{version='$version'}[2m])\"\n  expect value < 1%\n}\nservice web {\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan p {\n  roll web from 1 to 2\n  step all {\n    hold 1h\n    weight 100%\n    watch errors\n  }\n}\n",
    passing: "gate errors {\n  query \"rate(errors_total{version='$version'}[2m])\"\n  expect value < 1%\n}\nservice web {\n  version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan p {\n  roll web from 1 to 2\n  step all {\n    weight 100%\n    hold 1h\n    watch errors\n  }\n}\n",
    ..Rule::SHAPE
};

/// All rules of shape.
pub static RULES: &[&Rule] = &[
    &UNKNOWN_STATEMENT,
    &MISPLACED_STATEMENT,
    &WRONG_ARGUMENT,
    &UNKNOWN_UNIT,
    &MISSING_UNIT,
    &OUT_OF_RANGE,
    &DUPLICATE_STATEMENT,
    &MISSING_BLOCK,
    &MISSING_STATEMENT,
    &STATEMENT_ORDER,
];

/// A statement that is not one of `place`.
pub(super) fn unknown_statement(word: &str, head: Span, place: Place) -> Diagnostic {
    let elsewhere = places_of(word, place);
    if !elsewhere.is_empty() {
        let belongs: Vec<&str> = elsewhere
            .iter()
            .take(3)
            .map(|place| place.phrase())
            .collect();
        return Diagnostic::new(
            &MISPLACED_STATEMENT,
            head,
            format!("`{word}` cannot stand {}", place.phrase()),
        )
        .here(format!("stands {} here", place.phrase()))
        .help(format!("`{word}` belongs {}", belongs.join(" or ")));
    }
    let found = Diagnostic::new(
        &UNKNOWN_STATEMENT,
        head,
        format!("there is no statement `{word}` {}", place.phrase()),
    );
    match nearest(word, words(place)) {
        Some(meant) => found.meant(head, meant),
        None => {
            let known: Vec<String> = words(place).map(|word| format!("`{word}`")).collect();
            found.help(format!(
                "{} there may stand {}",
                place.phrase(),
                known.join(", ")
            ))
        }
    }
}

/// Arguments that fit no form of `entry`.
pub(super) fn mismatch(
    sources: &SourceMap,
    entry: &Entry,
    place: Place,
    line: Span,
    mismatch: &Mismatch,
) -> Diagnostic {
    let title = if mismatch.at_first() {
        entry.word.to_string()
    } else {
        entry.title()
    };
    let word = title.as_str();
    let usage = usage(entry, mismatch);
    let wanted = wanted(&mismatch.wanted);
    let Some(arg) = mismatch.at else {
        let missing = if wanted.len() > LONG {
            "something is missing behind this".to_string()
        } else {
            format!("{wanted} is missing behind this")
        };
        return Diagnostic::new(
            &WRONG_ARGUMENT,
            line,
            format!("`{word}` is not complete: {wanted} is missing"),
        )
        .here(missing)
        .help(format!("write it like `{usage}`"));
    };
    let shown = clip(sources.text(mismatch.value_span.unwrap_or(arg.span)));
    let place_of_value = mismatch.value_span.unwrap_or(arg.span);
    let from_parameter = |found: Diagnostic| match mismatch.value_span {
        Some(_) => found.also(arg.span, format!("used here, as an argument of `{word}`")),
        None => found,
    };
    if mismatch.wanted.is_empty() {
        return from_parameter(unexpected_more(
            sources,
            entry,
            place,
            &shown,
            place_of_value,
        ));
    }
    let found = match (&mismatch.problem, arg.kind) {
        (_, ArgKind::Op(op)) => {
            operator::misfit(sources, word, op, line, place_of_value, &wanted, &usage)
        }
        (ValueProblem::NoUnit, _) => {
            let found = Diagnostic::new(
                &MISSING_UNIT,
                place_of_value,
                format!("`{shown}` has no unit; `{word}` needs {wanted}"),
            )
            .here("the unit is missing");
            no_unit(sources, found, mismatch.kind, &shown, place_of_value)
        }
        (ValueProblem::Unit { unit, instead }, _) => {
            let found = Diagnostic::new(
                &UNKNOWN_UNIT,
                place_of_value,
                format!("`{unit}` is no unit that `{word}` can take; it needs {wanted}"),
            );
            match instead {
                Some(instead) => found
                    .here(format!("did you mean `{instead}`?"))
                    .help(format!("write `{instead}`"))
                    .fix(
                        format!("write `{instead}`"),
                        vec![Edit { span: place_of_value, text: instead.clone() }],
                    ),
                None => found.help(format!("write {wanted}")),
            }
        }
        (ValueProblem::Range(range), _) => Diagnostic::new(
            &OUT_OF_RANGE,
            place_of_value,
            format!("`{shown}` is out of range: {range}"),
        )
        .help(format!("write {wanted}")),
        (ValueProblem::Bounds(range), _) => {
            let noun = mismatch.kind.map_or(wanted.clone(), SlotKind::noun);
            let takes = match mismatch.slot {
                // the value is what the statement is all about
                "time" | "share" | "count" | "rate" => format!("`{word}` takes"),
                slot if slot == word => format!("`{word}` takes"),
                slot => format!("the `{slot}` of `{word}` must be"),
            };
            Diagnostic::new(
                &OUT_OF_RANGE,
                place_of_value,
                format!("`{shown}` is out of range: {takes} {noun} {range}"),
            )
            .help(format!("write it like `{usage}`"))
        }
        (ValueProblem::Empty, _) => {
            let what = mismatch.slot;
            let message = if what == word {
                format!("`{word}` is empty")
            } else {
                format!("the {what} of `{word}` is empty")
            };
            Diagnostic::new(&WRONG_ARGUMENT, place_of_value, message)
                .here("nothing stands between the quotes")
                .help(format!("write the {what} between the quotes: `{usage}`"))
        }
        (ValueProblem::Quoted, _) => {
            let bare = shown.trim_matches('"').to_string();
            Diagnostic::new(
                &WRONG_ARGUMENT,
                place_of_value,
                format!("`{word}` needs {wanted}, without quotes"),
            )
            .here("this is a text")
            .help(format!("write `{bare}`"))
            .fix(
                "take the quotes away",
                vec![Edit {
                    span: place_of_value,
                    text: bare,
                }],
            )
        }
        (ValueProblem::Unquoted, _) => Diagnostic::new(
            &WRONG_ARGUMENT,
            place_of_value,
            format!("`{word}` needs {wanted}"),
        )
        .help(format!("write `\"{shown}\"`"))
        .fix("put it in quotes", vec![Edit { span: place_of_value, text: format!("\"{shown}\"") }]),
        (ValueProblem::Escape(escape), _) => Diagnostic::new(
            &WRONG_ARGUMENT,
            place_of_value,
            format!("`\\{escape}` means nothing in a text"),
        )
        .help("write `\\\\` for a backslash, or put the text between `\"\"\"`, where nothing is escaped"),
        (ValueProblem::Other, _) => other(word, &shown, place_of_value, &wanted, mismatch, &usage),
    };
    from_parameter(found)
}

/// More arguments than the statement takes.
fn unexpected_more(
    sources: &SourceMap,
    entry: &Entry,
    place: Place,
    shown: &str,
    span: Span,
) -> Diagnostic {
    let word = entry.word;
    let found = Diagnostic::new(
        &WRONG_ARGUMENT,
        span,
        format!("`{word}` is complete before `{shown}`"),
    )
    .here("nothing more can follow");
    if place.entry(shown).is_some() {
        return found.help(format!("begin a new line, or put `;` before `{shown}`"));
    }
    if matches!(shown, "%" | "percent") {
        return found.help(UNIT_BEHIND_BLANK);
    }
    // `1h 30m` is one time in two pieces
    let text = &sources.file(span.file).text;
    let before = text.get(..span.start as usize).unwrap_or("");
    let before = before
        .split([' ', '\t', '\n'])
        .rfind(|part| !part.is_empty());
    let joined = before.map(|before| format!("{before}{shown}"));
    if let Some(joined) = joined.filter(|joined| crate::units::Duration::parse(joined).is_ok()) {
        return found.help(format!(
            "write `{joined}`, without a blank between the parts of a time"
        ));
    }
    found.help(format!("write it like `{}`", entry.example))
}

/// A bare number where a unit is needed; the unit may stand behind a blank.
fn no_unit(
    sources: &SourceMap,
    found: Diagnostic,
    kind: Option<SlotKind>,
    shown: &str,
    span: Span,
) -> Diagnostic {
    let text = &sources.file(span.file).text;
    let behind = text.get(span.end as usize..).unwrap_or("");
    if let Some(rest) = behind.strip_prefix(',')
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        let decimals: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '%' | '/'))
            .collect();
        return found.help(format!(
            "write `{shown}.{decimals}`: decimals stand behind a point"
        ));
    }
    let unit: String = behind
        .trim_start_matches([' ', '\t'])
        .chars()
        .take_while(|c| c.is_ascii_alphabetic() || *c == '%' || *c == '/')
        .collect();
    let blank = behind.starts_with([' ', '\t']) && !unit.is_empty();
    let joined = match kind {
        Some(SlotKind::Percent) if unit == "%" || unit == "percent" => Some(format!("{shown}%")),
        Some(SlotKind::Duration) => crate::units::Duration::parse(&format!("{shown}{unit}"))
            .is_ok()
            .then(|| format!("{shown}{unit}")),
        Some(SlotKind::Rate) => crate::units::Rate::parse(&format!("{shown}{unit}"))
            .is_ok()
            .then(|| format!("{shown}{unit}")),
        _ => None,
    };
    if let Some(joined) = joined.filter(|_| blank) {
        return found.help(format!(
            "write `{joined}`, without a blank between value and unit"
        ));
    }
    let fraction = shown
        .parse::<f64>()
        .ok()
        .filter(|value| *value > 0.0 && *value < 1.0);
    match kind {
        Some(SlotKind::Percent) if fraction.is_some() => {
            let whole = fraction.map_or(0.0, |value| (value * 1e6).round() / 1e4);
            found.help(format!(
                "write `{whole}%` for {shown} of the whole, or `{shown}%` for {shown} of a hundred"
            ))
        }
        Some(SlotKind::Percent) => found.help(format!("write `{shown}%`")).fix(
            format!("write `{shown}%`"),
            vec![Edit {
                span: span.after(),
                text: "%".to_string(),
            }],
        ),
        Some(SlotKind::Duration) => found.help(format!(
            "write `{shown}s` for seconds, `{shown}m` for minutes, `{shown}h` for hours"
        )),
        Some(SlotKind::Rate) => found.help(format!("write `{shown}/s`")),
        Some(SlotKind::Bytes) => found.help(format!("write `{shown}MiB` or `{shown}GiB`")),
        _ => found,
    }
}

/// A value of another kind.
fn other(
    word: &str,
    shown: &str,
    span: Span,
    wanted: &str,
    mismatch: &Mismatch,
    usage: &str,
) -> Diagnostic {
    let found = |message: String| Diagnostic::new(&WRONG_ARGUMENT, span, message);
    let needs = format!("`{word}` needs {wanted}, not `{shown}`");
    let choices = words_of(&mismatch.wanted);
    let longer = || {
        let mut begun = choices
            .iter()
            .filter(|choice| shown.len() > 2 && choice.starts_with(shown));
        begun.next().copied().filter(|_| begun.next().is_none())
    };
    match nearest(shown, choices.iter().copied()).or_else(longer) {
        Some(meant) if meant != shown => found(if wanted.len() > LONG {
            format!("`{shown}` is nothing that `{word}` can take")
        } else {
            needs
        })
        .meant(span, meant),
        _ if matches!(shown, "%" | "percent") => found(needs).help(UNIT_BEHIND_BLANK),
        _ => found(needs)
            .here(if wanted.len() > LONG {
                "this is none of them".to_string()
            } else {
                format!("{wanted} is needed here")
            })
            .help(format!("write it like `{usage}`")),
    }
}

const UNIT_BEHIND_BLANK: &str = "write the value and its unit without a blank between them: `5%`";

/// What is longer than this is said once, in the message, and not again at the place.
const LONG: usize = 72;

/// The words that may stand there, of several choices one after the other.
fn words_of(wanted: &[String]) -> Vec<&str> {
    let mut words = Vec::new();
    for item in wanted {
        if !item.starts_with("one of ") && !item.starts_with('`') {
            continue;
        }
        for word in item.split('`').skip(1).step_by(2) {
            if word.starts_with(|c: char| c.is_alphanumeric()) && !words.contains(&word) {
                words.push(word);
            }
        }
    }
    words
}

/// What is wanted, as one phrase; several choices of words are one choice.
fn wanted(items: &[String]) -> String {
    if items
        .iter()
        .filter(|item| item.starts_with("one of "))
        .count()
        == 0
    {
        return listed(items);
    }
    let words = words_of(items);
    if words.is_empty() {
        return listed(items);
    }
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let mut all = vec![format!("one of {}", words.join(", "))];
    all.extend(
        items
            .iter()
            .filter(|item| !item.starts_with("one of ") && !item.starts_with('`'))
            .cloned(),
    );
    listed(&all)
}

/// How to write the form that was meant: the example if it has that form, else the form itself with
/// its values in capitals.
fn usage(entry: &Entry, mismatch: &Mismatch) -> String {
    let meant = mismatch.form.filter(|&form| form > 0);
    meant
        .and_then(|form| entry.form_usage(form))
        .unwrap_or_else(|| entry.example.to_string())
}

/// "a, b or c".
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => "something else".to_string(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// Plan text for a message, cut to a readable length.
pub(super) fn clip(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let mut short: String = line.chars().take(48).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
