//! Statements parsed before they are asked for, many in one go: a parser that stays hot takes half
//! the time of one that starts anew for each statement, and another core can do it meanwhile.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use squawk_syntax::{Parse, SourceFile, SyntaxKind, SyntaxNode};

use super::{Fault, bounds, with_tree, words};

/// Statements by their text, those of one text in the reverse order of the file.
#[derive(Default)]
pub(in crate::schema) struct Ahead {
    found: HashMap<String, Vec<Found>>,
}

/// Where the tree of a statement is: the so manyth statement of a text without faults.
struct Found {
    text: Parse<SourceFile>,
    statement: usize,
}

thread_local! {
    static READY: RefCell<Ahead> = RefCell::default();
}

/// Parses the statements of one file. What needs a stack of its own, or holds a fault, is left to
/// whoever asks for it.
pub(in crate::schema) fn parse<'s>(statements: impl Iterator<Item = &'s str>) -> Ahead {
    let mut ahead = Ahead::default();
    let mut batch = Vec::new();
    let mut stack = 0;
    for sql in statements {
        let Some(need) = bounds::own_stack(sql) else {
            continue;
        };
        // bounds are sums over bytes, so they hold however the parser cuts what stands together
        if !bounds::fits(stack + need) {
            ahead.add(&std::mem::take(&mut batch));
            stack = 0;
        }
        stack += need;
        batch.push(sql);
    }
    ahead.add(&batch);
    for same in ahead.found.values_mut() {
        same.reverse();
    }
    ahead
}

/// Runs `work` with these statements at hand: each is used for the first that asks for its text.
pub(in crate::schema) fn with<T>(parsed: Ahead, work: impl FnOnce() -> T) -> T {
    let before = READY.replace(parsed);
    let result = work();
    READY.set(before);
    result
}

/// Like [`with_tree`] for a statement that may have been parsed already. `read` gets a file of
/// this one statement, or the statement itself.
pub(in crate::schema) fn with_statement<T: Send>(
    sql: &str,
    read: impl FnOnce(&SyntaxNode) -> T + Send,
) -> Result<T, Fault> {
    let found = READY.with_borrow_mut(|ready| ready.found.get_mut(sql)?.pop());
    let Some(node) = found.and_then(|found| found.node()) else {
        return with_tree(sql, read);
    };
    // a read that panics must not end a check
    catch_unwind(AssertUnwindSafe(|| read(&node)))
        .map_err(|_| Fault::at_start(sql, "the parser of PostgreSQL failed at it"))
}

impl Found {
    fn node(&self) -> Option<SyntaxNode> {
        let node = statements(&self.text.syntax_node()).nth(self.statement)?;
        // its places are then those in its own text
        Some(node.clone_subtree())
    }
}

impl Ahead {
    /// Parses statements as one text, or each alone where that gives other statements.
    fn add(&mut self, batch: &[&str]) {
        if let Some(text) = together(batch) {
            for (statement, sql) in batch.iter().enumerate() {
                let text = text.clone();
                let same = self.found.entry((*sql).to_string()).or_default();
                same.push(Found { text, statement });
            }
        } else if batch.len() > 1 {
            for sql in batch {
                self.add(&[*sql]);
            }
        }
    }
}

/// The text of these statements, where it has no fault and they are what the parser takes for its
/// statements, to the byte.
fn together(batch: &[&str]) -> Option<Parse<SourceFile>> {
    let mut text = String::with_capacity(batch.iter().map(|sql| sql.len() + 2).sum());
    let mut starts = Vec::with_capacity(batch.len());
    for sql in batch {
        starts.push(text.len());
        text.push_str(&words::without_placeholders(sql));
        text.push_str(";\n");
    }
    // the parser asserts that it is not stuck; such a statement must not end a check
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let parsed = SourceFile::parse(&text);
        parsed.errors().is_empty().then_some(parsed)
    }))
    .ok()??;
    let mut found = statements(&parsed.syntax_node());
    for (start, sql) in starts.into_iter().zip(batch) {
        let range = found.next()?.text_range();
        let (from, to) = (usize::from(range.start()), usize::from(range.end()));
        let end = start + sql.len();
        // the delimiter may belong to it
        if from != start || to < end || to > end + 1 {
            return None;
        }
    }
    found.next().is_none().then_some(parsed)
}

fn statements(file: &SyntaxNode) -> impl Iterator<Item = SyntaxNode> + use<> {
    file.children()
        .filter(|child| child.kind() != SyntaxKind::EMPTY_STMT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(statements: &[&str]) -> usize {
        let ahead = parse(statements.iter().copied());
        ahead.found.values().map(Vec::len).sum()
    }

    #[test]
    fn a_statement_with_a_fault_is_left_out_and_costs_no_other() {
        assert_eq!(found(&["SELECT 1", "SELECT 1", "CREATE TABLE t ()"]), 3);
        assert_eq!(found(&["SELECT 1", "SELEC 1", "SELECT '", "BEGIN"]), 2);
    }

    #[test]
    fn what_needs_a_stack_of_its_own_is_left_out() {
        let deep = format!("SELECT {}1{}", "(".repeat(180), ")".repeat(180));
        assert_eq!(found(&["SELECT 1", &deep, "SELECT 2"]), 2);
    }
}
