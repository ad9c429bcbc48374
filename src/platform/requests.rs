//! Which requests can be told at all: names and values of headers and cookies.

use crate::model::{Action, CohortTest, Model, Sticky};
use crate::source::{Span, Spanned};

use super::table::{Carry, HeaderNames, Platform};

/// What is wrong, where, and what to write instead.
pub type Fault = (Span, String, &'static str);

/// The headers and cookies of an action that no request can have, or that the platform cannot
/// read. Nothing for a platform that cannot route at all: that is said of the whole statement.
pub fn faults(model: &Model, row: &Platform, action: &Spanned<Action>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if matches!(row.features.header, Carry::No(_)) {
        return faults;
    }
    match &action.value {
        Action::RouteHeader(name, value) => {
            header(row, &name.value, name.span, &mut faults);
            value_of("a header", value, &mut faults);
        }
        Action::RouteCohorts(cohorts) => {
            let tests = cohorts
                .iter()
                .filter_map(|cohort| model.cohorts.get(cohort.value)?.test.as_ref());
            for test in tests {
                match test {
                    CohortTest::Header(name, value) => {
                        header(row, &name.value, name.span, &mut faults);
                        value_of("a header", value, &mut faults);
                    }
                    CohortTest::Cookie(name, value) => {
                        cookie(&name.value, name.span, &mut faults);
                        value_of("a cookie", value, &mut faults);
                    }
                    CohortTest::Country(codes, name) => {
                        header(row, &name.value, name.span, &mut faults);
                        for code in codes {
                            value_of("a header", code, &mut faults);
                        }
                    }
                }
            }
        }
        Action::Sticky(Some(Sticky::Cookie(name))) => cookie(name, action.span, &mut faults),
        Action::Sticky(Some(Sticky::Header(name))) => header(row, name, action.span, &mut faults),
        _ => {}
    }
    faults
}

fn header(row: &Platform, name: &str, span: Span, faults: &mut Vec<Fault>) {
    if !is_token(name) {
        let message = format!("`{}` is no name of a header", name.escape_debug());
        faults.push((span, message, "write letters, digits and `-`: `x-staff`"));
        return;
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if row.header_names == HeaderNames::Plain && !name.bytes().all(plain) {
        let message = format!(
            "{} cannot read a header `{name}`: it drops names that hold anything but letters, digits and `-`",
            row.title
        );
        faults.push((span, message, "write letters, digits and `-`: `x-staff`"));
    }
}

fn cookie(name: &str, span: Span, faults: &mut Vec<Fault>) {
    if !is_token(name) {
        let message = format!("`{}` is no name of a cookie", name.escape_debug());
        faults.push((span, message, "write letters, digits and any of `-_.~!`"));
    }
}

/// A value that no request can have would be a route that nobody takes.
fn value_of(what: &str, value: &Spanned<String>, faults: &mut Vec<Fault>) {
    let text = &value.value;
    let never = text.is_empty()
        || text.trim() != text
        || text.chars().any(char::is_control)
        || (what == "a cookie" && text.contains([';', ',', ' ', '"', '\\']));
    if never {
        let message = format!(
            "`{}` can never be the value of {what}: nobody would take this route",
            text.escape_debug()
        );
        let help = if what == "a cookie" {
            "write a value without blanks, `;`, `,`, quotes and backslashes"
        } else {
            "write a value without control characters, and without blanks around it"
        };
        faults.push((value.span, message, help));
    }
}

/// A token of HTTP: what the name of a header or a cookie is made of.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
