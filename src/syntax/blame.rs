//! Which block lacks its brace.
//!
//! Braces are matched by counting. Only when the count does not come out, indentation decides: a
//! line that stands no deeper than the head of the innermost open block cannot belong to it. The
//! number of blocks that may be blamed is the number that the count is off by, so that a file
//! whose braces are right is never judged by its indentation. Where lines within blocks mostly
//! stand no deeper than their heads, indentation says nothing, and nothing is read into it.

/// A brace-relevant event of the text, in order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A statement, by index; whether it opens a block.
    Statement {
        index: u32,
        opens: bool,
        indent: Option<u32>,
    },
    /// A `}` at a byte offset.
    Close { at: u32, indent: Option<u32> },
}

/// How one block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// At the `}` of this offset.
    Closed(u32),
    /// Nowhere; it is taken to end before the statement or brace of this event.
    Missing(usize),
}

/// The matching of all braces.
#[derive(Debug, Default)]
pub(super) struct Matching {
    /// For each block, in the order in which blocks end: statement, how it ends, and the number of
    /// the event before which it does.
    pub ends: Vec<(u32, Ending, usize)>,
    /// Offsets of `}` that close nothing.
    pub strays: Vec<u32>,
    /// The text is not indented, so which block lacks its brace cannot be told: what stands in a
    /// block that is open at the end may belong somewhere else.
    pub is_blind: bool,
}

/// Matches the braces of a file in linear time.
pub(super) fn match_braces(events: &[Event]) -> Matching {
    let (missing, strays) = count(events);
    let mut found = Matching {
        is_blind: missing > 0 && !is_indented(events),
        ..Matching::default()
    };
    let mut missing_left = if found.is_blind { 0 } else { missing };
    let mut strays_left = strays;
    // open blocks: statement and indentation of its head, if that begins a line
    let mut open: Vec<(u32, Option<u32>)> = Vec::new();
    // how many open blocks have a head at each indentation, to answer "is there one" at once
    let mut heads: std::collections::BTreeMap<u32, u32> = std::collections::BTreeMap::new();
    for (number, event) in events.iter().enumerate() {
        match *event {
            Event::Statement {
                index,
                opens,
                indent,
            } => {
                if let Some(column) = indent {
                    while missing_left > 0
                        && let Some(&(top, Some(head))) = open.last()
                        && column <= head
                    {
                        found.ends.push((top, Ending::Missing(number), number));
                        pop(&mut open, &mut heads);
                        missing_left -= 1;
                    }
                }
                if opens {
                    open.push((index, indent));
                    if let Some(column) = indent {
                        *heads.entry(column).or_default() += 1;
                    }
                }
            }
            Event::Close { at, indent } => {
                if let Some(column) = indent {
                    while missing_left > 0
                        && let Some(&(top, Some(head))) = open.last()
                        && head > column
                        && heads.get(&column).is_some_and(|&n| n > 0)
                    {
                        found.ends.push((top, Ending::Missing(number), number));
                        pop(&mut open, &mut heads);
                        missing_left -= 1;
                    }
                    let deeper = matches!(open.last(), Some(&(_, Some(head))) if head < column);
                    if strays_left > 0 && deeper {
                        strays_left -= 1;
                        found.strays.push(at);
                        continue;
                    }
                }
                match pop(&mut open, &mut heads) {
                    Some(index) => found.ends.push((index, Ending::Closed(at), number)),
                    None => found.strays.push(at),
                }
            }
        }
    }
    while let Some(index) = pop(&mut open, &mut heads) {
        found
            .ends
            .push((index, Ending::Missing(events.len()), events.len()));
    }
    found
}

fn pop(
    open: &mut Vec<(u32, Option<u32>)>,
    heads: &mut std::collections::BTreeMap<u32, u32>,
) -> Option<u32> {
    let (index, indent) = open.pop()?;
    if let Some(count) = indent.and_then(|column| heads.get_mut(&column)) {
        *count -= 1;
    }
    Some(index)
}

/// Whether the first lines of blocks mostly stand deeper than the heads of these.
fn is_indented(events: &[Event]) -> bool {
    let (mut deeper, mut level) = (0usize, 0usize);
    for pair in events.windows(2) {
        if let [
            Event::Statement {
                opens: true,
                indent: Some(head),
                ..
            },
            Event::Statement {
                indent: Some(first),
                ..
            },
        ] = pair
        {
            if first > head {
                deeper += 1;
            } else {
                level += 1;
            }
        }
    }
    deeper >= level
}

/// How many blocks stay open and how many braces are too many when only counted.
fn count(events: &[Event]) -> (usize, usize) {
    let (mut open, mut strays) = (0usize, 0usize);
    for event in events {
        match event {
            Event::Statement { opens: true, .. } => open += 1,
            Event::Statement { .. } => {}
            Event::Close { .. } if open > 0 => open -= 1,
            Event::Close { .. } => strays += 1,
        }
    }
    (open, strays)
}
