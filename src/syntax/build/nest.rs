//! Statements into blocks, and what the braces lack.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::super::blame::{Ending, Event, Nesting, match_braces};
use super::super::faults::{NESTING_TOO_DEEP, STRAY_BRACE, UNCLOSED_BLOCK};
use super::super::tree::Tree;
use super::{Builder, MAX_DEPTH, clip};

impl Builder<'_> {
    /// Nests the statements and reports what the braces lack.
    pub(super) fn finish<N: Nesting>(mut self, nesting: &N) -> Tree {
        let matching = match_braces(&self.events, nesting, |index| {
            let statement = self.tree.statements.get(index as usize);
            statement.map_or("", |s| self.text.get(s.head.range()).unwrap_or(""))
        });
        let mut strays_reported = 0usize;
        for &at in &matching.strays {
            strays_reported += 1;
            if strays_reported > 20 {
                break;
            }
            let span = self.span(at as usize, at as usize + 1);
            self.findings.push(
                Diagnostic::new(&STRAY_BRACE, span, "`}` closes no block")
                    .help("take it out, or look above for a block that was closed too early"),
            );
        }
        for &index in matching.unopened.iter().take(20) {
            let statement = self.tree.statements[index as usize];
            let line = self.text.get(statement.line.range()).unwrap_or("");
            let named = clip(line.trim());
            self.findings.push(
                Diagnostic::new(
                    &STRAY_BRACE,
                    statement.line,
                    format!("the block of `{named}` has no `{{`, so its `}}` closes nothing"),
                )
                .here("its statements stand below")
                .help("write `{` at the end of this line"),
            );
        }
        for &index in &matching.unopened {
            let statement = &mut self.tree.statements[index as usize];
            statement.block = Some(statement.line.after());
        }
        // statements counted up to each event, to know where a block's statements stop
        let mut before = Vec::with_capacity(self.events.len() + 1);
        let mut seen = 0u32;
        for event in &self.events {
            before.push(seen);
            if let Event::Statement { .. } = event {
                seen += 1;
            }
        }
        before.push(seen);
        let mut missing = Vec::new();
        for &(index, ending, number) in &matching.ends {
            let stop = before[number];
            let statement = &mut self.tree.statements[index as usize];
            statement.end = stop.max(statement.first_child);
            let end = match ending {
                Ending::Closed(at) => at + 1,
                _ => {
                    missing.push((index, ending));
                    // inner blocks have their ends already, and the last of them ends last
                    let statement = &self.tree.statements[index as usize];
                    let inner = self.tree.block(statement).last();
                    inner.map_or(statement.line.end, |inner| inner.span.end)
                }
            };
            let statement = &mut self.tree.statements[index as usize];
            // what stands in it may belong around it, and would be judged in the wrong place
            statement.broken |= ending == Ending::Open { unsure: true };
            if let Some(block) = &mut statement.block {
                block.end = end.max(block.end);
                statement.span.end = block.end;
            }
        }
        let mut top = 0u32;
        while let Some(statement) = self.tree.statements.get(top as usize) {
            self.tree.tops.push(top);
            top = statement.end;
        }
        self.report_missing(missing, matching.is_blind);
        self.report_depth();
        self.tree
    }

    fn report_missing(&mut self, mut missing: Vec<(u32, Ending)>, is_blind: bool) {
        missing.sort_unstable_by_key(|&(index, _)| index);
        // of blocks that are open at the end, one in the other, the outermost says it all when
        // nothing tells them apart
        if is_blind {
            let mut is_first = true;
            missing.retain(|&(_, ending)| {
                !matches!(ending, Ending::Open { .. }) || std::mem::take(&mut is_first)
            });
        }
        // a text with thousands of open blocks has one fault, not thousands
        missing.truncate(20);
        for (index, ending) in missing {
            let statement = self.tree.statements[index as usize];
            let line = self.text.get(statement.line.range()).unwrap_or("");
            let named = clip(line.lines().next().unwrap_or("").trim());
            let brace = statement.block.map_or(statement.line, |block| Span {
                end: block.start + 1,
                ..block
            });
            let message = if named.is_empty() {
                "this block is never closed".to_string()
            } else {
                format!("the block of `{named}` is never closed")
            };
            let mut fault = Diagnostic::new(&UNCLOSED_BLOCK, brace, message).here("opened here");
            let (Ending::Misfit(event) | Ending::NoDeeper(event)) = ending else {
                fault = fault.help(if is_blind {
                    "put `}` where the block ends, or where a block in it does"
                } else {
                    "put `}` where the block ends"
                });
                if ending == (Ending::Open { unsure: true }) {
                    fault = fault.note("which block lacks it cannot be told, because the text is not indented; nothing in this one was checked");
                }
                self.findings.push(fault);
                continue;
            };
            fault = match self.events.get(event) {
                Some(&Event::Statement { index, .. }) => {
                    let next = self.tree.statements[index as usize];
                    let word = clip(self.text.get(next.head.range()).unwrap_or(""));
                    let sign = if matches!(ending, Ending::Misfit(_)) {
                        format!("`{word}` cannot stand in this block, so it should end before it")
                    } else {
                        "this stands no deeper, so the block should end before it".to_string()
                    };
                    fault
                        .also(next.head, sign)
                        .help(format!("put `}}` on a line of its own above `{word}`"))
                }
                Some(&Event::Close { at, .. }) => {
                    let span = self.span(at as usize, at as usize + 1);
                    fault
                        .also(span, "this closes the block around it")
                        .help("put `}` on a line of its own above this one")
                }
                None => fault.help("put `}` where the block ends"),
            };
            self.findings.push(fault);
        }
    }

    fn report_depth(&mut self) {
        let mut ends: Vec<u32> = Vec::new();
        for (index, statement) in self.tree.statements.iter().enumerate() {
            while ends.last().is_some_and(|&end| end <= index as u32) {
                ends.pop();
            }
            if statement.block.is_some() {
                ends.push(statement.end);
                if ends.len() > MAX_DEPTH {
                    let span = statement.block.map_or(statement.line, |b| Span {
                        end: b.start + 1,
                        ..b
                    });
                    self.findings.push(
                        Diagnostic::new(
                            &NESTING_TOO_DEEP,
                            span,
                            format!("blocks are nested more than {MAX_DEPTH} deep"),
                        )
                        .help("no statement nests more than six blocks; was this text generated?"),
                    );
                    return;
                }
            }
        }
    }
}
