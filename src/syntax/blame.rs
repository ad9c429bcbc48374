//! Which block lacks its brace.
//!
//! Braces are matched by counting. Only when the count does not come out, indentation decides: a
//! line that stands no deeper than the head of the innermost open block cannot belong to it. The
//! number of blocks that may be blamed is the number that the count is off by, so that a file
//! whose braces are right is never judged by its indentation. Where lines within blocks mostly
//! stand no deeper than their heads, indentation says nothing, and nothing is read into it.
//!
//! What may stand where says something of its own: a `step` cannot stand in a `step`, so the block
//! before it has ended. It decides where indentation says nothing, and has a veto where
//! indentation would move a statement to where it cannot stand. Which words these are is not known
//! here; a [`Nesting`] tells it.

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

/// Which statements may stand in which block. The vocabulary knows; the syntax only asks.
pub trait Nesting {
    /// A kind of block, or the top level.
    type Place: Copy;

    /// The top level, or `None` when nothing is known about what may stand where.
    fn top(&self) -> Option<Self::Place>;

    /// Whether a statement that begins with `word` may stand in `place`: `None` when it cannot,
    /// else what its own block holds, as far as that is known.
    fn statement(&self, place: Self::Place, word: &str) -> Option<Option<Self::Place>>;
}

/// Knows no statement: every word may stand everywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnyNesting;

impl Nesting for AnyNesting {
    type Place = ();

    fn top(&self) -> Option<()> {
        None
    }

    fn statement(&self, (): (), _: &str) -> Option<Option<()>> {
        Some(None)
    }
}

/// How one block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// At the `}` of this offset.
    Closed(u32),
    /// Nowhere; it is taken to end before the statement or brace of this event, which stands no
    /// deeper than its head.
    NoDeeper(usize),
    /// Nowhere; it is taken to end before the statement of this event, which cannot stand in it.
    Misfit(usize),
    /// Nowhere up to the end of the file.
    Open {
        /// Nothing tells whether what stands in it belongs around it.
        unsure: bool,
    },
}

/// The matching of all braces.
#[derive(Debug, Default)]
pub(super) struct Matching {
    /// For each block, in the order in which blocks end: statement, how it ends, and the number of
    /// the event before which it does.
    pub ends: Vec<(u32, Ending, usize)>,
    /// Offsets of `}` that close nothing.
    pub strays: Vec<u32>,
    /// Statements whose block has a `}` and no `{`: their body stands deeper below them. They have
    /// their place in `ends`.
    pub unopened: Vec<u32>,
    /// The text is not indented, so indentation does not tell which block lacks its brace.
    pub is_blind: bool,
}

/// A block that is open.
struct Block<P> {
    index: u32,
    /// The number of the event that opened it.
    number: usize,
    /// The indentation of its head, if that begins a line.
    indent: Option<u32>,
    /// What it holds, if that is known.
    holds: Option<P>,
}

/// The blocks that are open, the innermost last.
struct Stack<'n, N: Nesting> {
    nesting: &'n N,
    blocks: Vec<Block<N::Place>>,
    /// How many of them have a head at each indentation, to answer "is there one" at once.
    heads: std::collections::BTreeMap<u32, u32>,
}

impl<N: Nesting> Stack<'_, N> {
    /// What the block `out` levels around the innermost holds.
    fn holds(&self, out: usize) -> Option<N::Place> {
        match self.blocks.len().checked_sub(out + 1) {
            Some(at) => self.blocks[at].holds,
            None => self.nesting.top(),
        }
    }

    fn stands(&self, place: N::Place, word: &str) -> bool {
        self.nesting.statement(place, word).is_some()
    }

    /// How many blocks must have ended for `word` to stand where it does; 0 when it may stand in
    /// the innermost, and when nothing is known. Known blocks nest a few levels deep, so the
    /// search is short.
    fn ended_before(&self, word: &str) -> usize {
        for out in 0..=self.blocks.len() {
            match self.holds(out) {
                None => return 0,
                Some(place) if self.stands(place, word) => return out,
                Some(_) => {}
            }
        }
        0
    }

    /// Whether `word` belongs to the innermost block although it stands in `column`: it cannot
    /// stand in the block that the column leads to.
    fn keeps(&self, word: &str, column: u32) -> bool {
        if !self.holds(0).is_some_and(|place| self.stands(place, word)) {
            return false;
        }
        for out in 1..=self.blocks.len() {
            let Some(place) = self.holds(out) else {
                return false;
            };
            let block = self
                .blocks
                .len()
                .checked_sub(out + 1)
                .map(|at| &self.blocks[at]);
            let deeper = |head: u32| column > head;
            if block.is_none_or(|block| block.indent.is_some_and(deeper)) {
                return !self.stands(place, word);
            }
        }
        false
    }

    /// Whether `word` has a block where it stands.
    fn has_block(&self, word: &str) -> bool {
        let holds = self.holds(0);
        holds.is_some_and(|place| matches!(self.nesting.statement(place, word), Some(Some(_))))
    }

    /// Whether nothing tells which block a statement here belongs to.
    fn is_unsure(&self) -> bool {
        self.holds(0).is_none()
    }

    fn push(&mut self, index: u32, number: usize, indent: Option<u32>, word: &str) {
        let around = self.holds(0);
        let holds = around.and_then(|place| self.nesting.statement(place, word).flatten());
        self.blocks.push(Block {
            index,
            number,
            indent,
            holds,
        });
        if let Some(column) = indent {
            *self.heads.entry(column).or_default() += 1;
        }
    }

    fn pop(&mut self) -> Option<Block<N::Place>> {
        let block = self.blocks.pop()?;
        if let Some(count) = block.indent.and_then(|column| self.heads.get_mut(&column)) {
            *count -= 1;
        }
        Some(block)
    }

    /// The indentation of the innermost block's head.
    fn head(&self) -> Option<u32> {
        self.blocks.last()?.indent
    }
}

/// Matches the braces of a file in linear time. `word` gives the first word of a statement.
pub(super) fn match_braces<'t, N: Nesting>(
    events: &[Event],
    nesting: &N,
    word: impl Fn(u32) -> &'t str,
) -> Matching {
    let (missing, strays) = count(events);
    let mut found = Matching {
        is_blind: missing > 0 && !is_indented(events),
        ..Matching::default()
    };
    let tells_strays = strays > 0 && is_indented(events);
    let mut missing_left = missing;
    let mut strays_left = strays;
    let mut open = Stack {
        nesting,
        blocks: Vec::new(),
        heads: std::collections::BTreeMap::new(),
    };
    // the last statement whose block nothing speaks for
    let mut last_unsure = None;
    for (number, event) in events.iter().enumerate() {
        match *event {
            Event::Statement {
                index,
                opens,
                indent,
            } => {
                if missing_left > 0 && found.is_blind {
                    let ended = open.ended_before(word(index));
                    for _ in 0..if ended <= missing_left { ended } else { 0 } {
                        if let Some(block) = open.pop() {
                            found
                                .ends
                                .push((block.index, Ending::Misfit(number), number));
                            missing_left -= 1;
                        }
                    }
                    if open.is_unsure() {
                        last_unsure = Some(number);
                    }
                } else if missing_left > 0
                    && let Some(column) = indent
                    && open.head().is_some_and(|head| column <= head)
                    && !open.keeps(word(index), column)
                {
                    while missing_left > 0
                        && open.head().is_some_and(|head| column <= head)
                        && let Some(block) = open.pop()
                    {
                        found
                            .ends
                            .push((block.index, Ending::NoDeeper(number), number));
                        missing_left -= 1;
                    }
                }
                let unopened = strays_left > 0
                    && !opens
                    && tells_strays
                    && indent.is_some_and(|head| goes_on(events, number, head))
                    && open.has_block(word(index));
                if unopened {
                    strays_left -= 1;
                    found.unopened.push(index);
                }
                if opens || unopened {
                    let known = missing > 0 || strays > 0;
                    let word = if known { word(index) } else { "" };
                    open.push(index, number, indent, word);
                }
            }
            Event::Close { at, indent } => {
                if let Some(column) = indent {
                    while missing_left > 0
                        && !found.is_blind
                        && open.head().is_some_and(|head| head > column)
                        && open.heads.get(&column).is_some_and(|&n| n > 0)
                        && let Some(block) = open.pop()
                    {
                        found
                            .ends
                            .push((block.index, Ending::NoDeeper(number), number));
                        missing_left -= 1;
                    }
                    let deeper = open.head().is_some_and(|head| head < column);
                    if strays_left > 0 && deeper {
                        strays_left -= 1;
                        found.strays.push(at);
                        continue;
                    }
                }
                // what follows stands in the block that this would close
                let goes_on = tells_strays
                    && strays_left > 0
                    && open
                        .head()
                        .is_some_and(|head| goes_on(events, number, head));
                if goes_on {
                    strays_left -= 1;
                    found.strays.push(at);
                    continue;
                }
                match open.pop() {
                    Some(block) => found.ends.push((block.index, Ending::Closed(at), number)),
                    None => found.strays.push(at),
                }
            }
        }
    }
    while let Some(block) = open.pop() {
        let unsure = found.is_blind && last_unsure.is_some_and(|last| last > block.number);
        let ending = Ending::Open { unsure };
        found.ends.push((block.index, ending, events.len()));
    }
    found
}

/// Whether the event behind number `at` is a line that stands deeper than a head in column `head`.
fn goes_on(events: &[Event], at: usize, head: u32) -> bool {
    matches!(
        events.get(at + 1),
        Some(Event::Statement { indent: Some(column), .. }) if *column > head
    )
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
