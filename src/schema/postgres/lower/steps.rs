//! The text of a trigger's function, cut into what it does one after the other.

use super::block::{keyword, skip, word_at};
use crate::schema::{Engine, split};

/// What stands at one place of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) enum Step<'a> {
    /// `BEGIN`
    Begin,
    /// `IF condition THEN`
    If(&'a str),
    /// `ELSIF condition THEN`
    ElseIf(&'a str),
    /// `ELSE`
    Else,
    /// `END IF`
    EndIf,
    /// `END`
    End,
    /// `RETURN what`
    Return(&'a str),
    /// `NULL`, and a `RAISE` that is only told.
    Nothing,
    /// `NEW.column := value`: the column as it is written, and the value.
    Assign(&'a str, &'a str),
    /// `INSERT` and `UPDATE`
    Write(&'a str),
}

/// The steps of a text; `None` where there is one of another kind. Linear in the text.
pub(in crate::schema) fn steps(body: &str) -> Option<Vec<Step<'_>>> {
    let cut = split(body, Some(Engine::PostgreSql), false);
    if !cut.problems.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    for statement in cut.statements {
        let mut rest = body.get(statement.range)?;
        loop {
            rest = rest.get(skip(rest)..)?.trim_end();
            if rest.is_empty() {
                break;
            }
            let (step, behind) = step(rest)?;
            found.push(step);
            rest = behind;
        }
    }
    Some(found)
}

/// The step at the start of a statement, and what of the statement stands behind it.
fn step(text: &str) -> Option<(Step<'_>, &str)> {
    let word = word_at(text);
    let behind = text.get(word.len()..)?;
    let rest = behind.trim_start();
    let conditional = || {
        let then = keyword(text, "then")?;
        let condition = text.get(word.len()..then)?;
        Some((condition, text.get(then + "then".len()..)?))
    };
    Some(match word.to_ascii_lowercase().as_str() {
        "begin" => (Step::Begin, behind),
        "if" => {
            let (condition, behind) = conditional()?;
            (Step::If(condition), behind)
        }
        "elsif" | "elseif" => {
            let (condition, behind) = conditional()?;
            (Step::ElseIf(condition), behind)
        }
        "else" => (Step::Else, behind),
        "end" => {
            let of_if = word_at(rest).eq_ignore_ascii_case("if");
            let left = if of_if { rest.get(2..)?.trim() } else { rest };
            if !left.is_empty() {
                return None;
            }
            (if of_if { Step::EndIf } else { Step::End }, "")
        }
        "return" => (Step::Return(rest), ""),
        "null" if rest.is_empty() => (Step::Nothing, ""),
        "raise" => {
            let level = word_at(rest).to_ascii_lowercase();
            let told = ["debug", "log", "info", "notice", "warning"];
            if !told.contains(&level.as_str()) {
                return None;
            }
            (Step::Nothing, "")
        }
        "new" => {
            let text = rest.strip_prefix('.')?;
            let name = match text.starts_with('"') {
                true => text.get(..text.get(1..)?.find('"')? + 2)?,
                false => word_at(text),
            };
            let rest = text.get(name.len()..)?.trim_start();
            let value = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='))?;
            (Step::Assign(name, value), "")
        }
        "insert" | "update" => (Step::Write(text), ""),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_steps_or_not_understood() {
        let text = "BEGIN IF new.a IS NULL THEN NEW.a := 1; ELSE NULL; END IF; RETURN NEW; END";
        assert_eq!(
            steps(text).expect("understood"),
            [
                Step::Begin,
                Step::If(" new.a IS NULL "),
                Step::Assign("a", " 1"),
                Step::Else,
                Step::Nothing,
                Step::EndIf,
                Step::Return("NEW"),
                Step::End,
            ]
        );
        for other in [
            "BEGIN RAISE EXCEPTION 'no'; END",
            "BEGIN EXECUTE 'x'; END",
            "BEGIN FOR i IN 1..2 LOOP NULL; END LOOP; END",
            "DECLARE x int; BEGIN RETURN NEW; END",
        ] {
            assert_eq!(steps(other), None, "{other}");
        }
    }
}
