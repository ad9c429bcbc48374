//! What stands around a place in a text.

use crate::source::Span;
use crate::syntax::{Arg, ArgKind, Op, Statement, Tree};
use crate::vocabulary::{Entry, Place};

/// A block that holds the cursor.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The statement that has it.
    pub statement: &'a Statement,
    /// What may stand in it; `None` where the table does not know the statement.
    pub place: Option<Place>,
}

/// A place in a text, with what stands around it.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    /// The text.
    pub text: &'a str,
    /// The tree of the text.
    pub tree: &'a Tree,
    /// The place, in bytes; on a character's border.
    pub offset: usize,
    /// The blocks around it, the outermost first.
    pub blocks: Vec<Block<'a>>,
    /// The statement that is being written there, its block left out.
    pub statement: Option<&'a Statement>,
}

impl<'a> Cursor<'a> {
    /// What stands around `offset`; an offset inside a character or past the end is moved back.
    pub fn new(text: &'a str, tree: &'a Tree, offset: usize) -> Cursor<'a> {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let mut cursor = Cursor {
            text,
            tree,
            offset,
            blocks: Vec::new(),
            statement: None,
        };
        cursor.descend();
        cursor
    }

    fn descend(&mut self) {
        let mut statements = self.tree.top();
        let mut place = Some(Place::Top);
        loop {
            let mut inside = None;
            let mut written = None;
            for statement in statements {
                if statement.head.start as usize > self.offset {
                    break;
                }
                written = Some(statement);
                inside = Some(statement).filter(|statement| self.holds(statement));
            }
            let Some(statement) = inside else {
                self.statement = written.filter(|statement| self.goes_on(statement));
                return;
            };
            let entry = place.and_then(|place| place.entry(self.slice(statement.head)));
            place = entry.and_then(|entry| entry.block);
            self.blocks.push(Block { statement, place });
            statements = self.tree.block(statement);
        }
    }

    /// Whether the block of a statement holds the cursor.
    fn holds(&self, statement: &Statement) -> bool {
        let Some(block) = statement.block else {
            return false;
        };
        let last = self.tree.block(statement).last();
        // an unclosed block ends with its last statement, and that one may end with a brace
        let closed = block.len() > 1
            && self.slice(block).ends_with('}')
            && last.is_none_or(|last| last.span.end < block.end);
        let inside = (block.start as usize) < self.offset;
        inside && (!closed || self.offset < block.end as usize)
    }

    /// Whether what is typed at the cursor belongs to a statement that begins before it.
    fn goes_on(&self, statement: &Statement) -> bool {
        let end = statement.line.end as usize;
        if self.offset <= end {
            return true;
        }
        let between = self.text.get(end..self.offset).unwrap_or("");
        if between.contains(['{', '}', ';', '#']) {
            return false;
        }
        let carries_on = self
            .tree
            .args(statement)
            .last()
            .is_some_and(|arg| matches!(arg.kind, ArgKind::Op(op) if op != Op::Foreign));
        carries_on || !between.contains('\n')
    }

    /// The text of a place of this text.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// What may stand where the cursor is.
    pub fn place(&self) -> Option<Place> {
        match self.blocks.last() {
            Some(block) => block.place,
            None => Some(Place::Top),
        }
    }

    /// What the table says of the statement at the cursor.
    pub fn entry(&self) -> Option<&'static Entry> {
        let statement = self.statement?;
        self.place()?.entry(self.slice(statement.head))
    }

    /// Whether the cursor stands in the first word of its statement.
    pub fn in_head(&self) -> bool {
        self.statement
            .is_some_and(|statement| self.offset <= statement.head.end as usize)
    }

    /// The argument that the cursor stands in or directly behind.
    pub fn arg(&self) -> Option<&'a Arg> {
        let statement = self.statement?;
        let args = self.tree.args(statement);
        args.iter().find(|arg| {
            let range = arg.span.range();
            range.start <= self.offset && self.offset <= range.end
        })
    }

    /// The arguments that end before what is being typed.
    pub fn args_before(&self) -> &'a [Arg] {
        let Some(statement) = self.statement else {
            return &[];
        };
        let args = self.tree.args(statement);
        let start = self.word_start();
        let count = args.partition_point(|arg| {
            arg.span.end as usize <= start && (arg.span.start as usize) < start
        });
        args.get(..count).unwrap_or(&[])
    }

    /// Where the word that is being typed begins.
    pub fn word_start(&self) -> usize {
        let before = self.text.get(..self.offset).unwrap_or("");
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '%' | '-' | '.' | '/' | ':');
        let start = before
            .char_indices()
            .rev()
            .take_while(|&(_, c)| word(c))
            .last();
        start.map_or(self.offset, |(at, _)| at)
    }

    /// What is being typed, up to the cursor.
    pub fn prefix(&self) -> &'a str {
        self.text.get(self.word_start()..self.offset).unwrap_or("")
    }

    /// Where the text in quotes begins that the cursor stands in, behind the quote.
    pub fn in_quotes(&self) -> Option<usize> {
        let line = self
            .text
            .get(..self.offset)?
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let mut opened = None;
        let mut escaped = false;
        for (at, c) in self.text.get(line..self.offset)?.char_indices() {
            match c {
                '\\' if opened.is_some() => escaped = !escaped,
                '"' if !escaped => {
                    opened = match opened {
                        None => Some(line + at + 1),
                        Some(_) => None,
                    };
                }
                '#' if opened.is_none() => return None,
                _ => escaped = false,
            }
        }
        opened
    }

    /// Whether the cursor stands in a comment.
    pub fn in_comment(&self) -> bool {
        let before = self.text.get(..self.offset).unwrap_or("");
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let mut quoted = false;
        before.get(line..).unwrap_or("").chars().any(|c| {
            quoted ^= c == '"';
            c == '#' && !quoted
        })
    }

    /// The word whose parentheses hold the cursor, closed or not.
    pub fn call(&self) -> Option<&'a Arg> {
        let statement = self.statement?;
        let args = self.tree.args(statement).iter();
        let open = |arg: &&Arg| {
            let from = arg.word_span().end as usize;
            let inner = self.text.get(from..self.offset).unwrap_or("");
            let count = |bracket| inner.matches(bracket).count();
            inner.starts_with('(') && count('(') > count(')')
        };
        args.rev()
            .filter(|arg| matches!(arg.kind, ArgKind::Call | ArgKind::Word))
            .find(open)
    }

    /// The innermost block of that word.
    pub fn around(&self, word: &str) -> Option<&'a Statement> {
        let mut blocks = self.blocks.iter().rev();
        let found = blocks.find(|block| self.slice(block.statement.head) == word);
        found.map(|block| block.statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn at(marked: &str, ask: impl FnOnce(&Cursor<'_>)) {
        let offset = marked.find('|').expect("a cursor");
        let text = marked.replacen('|', "", 1);
        let mut findings = Vec::new();
        let blocks = crate::vocabulary::Blocks;
        let tree = crate::syntax::parse_with(FileId(0), &text, &blocks, &mut findings);
        ask(&Cursor::new(&text, &tree, offset));
    }

    #[test]
    fn knows_the_block_and_the_statement() {
        at("plan p {\n  step a {\n    we|\n  }\n}\n", |cursor| {
            assert_eq!(cursor.place(), Some(Place::Step));
            assert!(cursor.in_head());
            assert_eq!(cursor.prefix(), "we");
        });
        at(
            "plan p {\n  step a { weight 5%; watch errors, | }\n}\n",
            |cursor| {
                assert_eq!(cursor.entry().map(|entry| entry.word), Some("watch"));
                assert_eq!(cursor.args_before().len(), 2);
            },
        );
        at(
            "plan p {\n  step a {\n    weight 5%\n    |\n  }\n}\n",
            |cursor| {
                assert_eq!(cursor.place(), Some(Place::Step));
                assert!(cursor.statement.is_none());
            },
        );
        at("plan p {\n  |\n}\n", |cursor| {
            assert_eq!(cursor.place(), Some(Place::Plan));
        });
        at("plan p {\n}\n|", |cursor| {
            assert_eq!(cursor.place(), Some(Place::Top));
        });
        at("import \"pl|", |cursor| {
            assert_eq!(cursor.in_quotes(), Some(8));
        });
        at("# a \"com|", |cursor| assert!(cursor.in_comment()));
        at("plan p { step a {\n  hold |", |cursor| {
            assert_eq!(cursor.place(), Some(Place::Step));
        });
        at("plan p {\n  step a { hold 1h }\n  |", |cursor| {
            assert_eq!(cursor.place(), Some(Place::Plan));
        });
        at("plan p {\n  use careful(gates = |)\n}\n", |cursor| {
            assert!(cursor.call().is_some());
        });
    }
}
