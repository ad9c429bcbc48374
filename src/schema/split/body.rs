//! Which `;` stand inside a routine: SQLite triggers, MySQL routines without a `DELIMITER` line,
//! and PostgreSQL's `BEGIN ATOMIC`.

/// What is known of the statement from the words read so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Body {
    head: Head,
    words: u32,
    /// Open `BEGIN` and `CASE`.
    depth: u32,
    /// The word before was `END`, whose meaning the next word decides.
    ended: bool,
    from: bool,
    stdin: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Head {
    /// No word yet.
    #[default]
    Start,
    /// `CREATE`, and nothing yet that says what.
    Create,
    /// `CREATE TRIGGER` and its like.
    Routine,
    /// `COPY`.
    Copy,
    /// Anything else.
    Other,
}

impl Body {
    /// Takes the next word that stands outside quotes and comments.
    pub(super) fn word(&mut self, word: &[u8]) {
        self.words = self.words.saturating_add(1);
        let is = |text: &str| word.eq_ignore_ascii_case(text.as_bytes());
        match self.head {
            Head::Start if is("create") => self.head = Head::Create,
            Head::Start if is("copy") => self.head = Head::Copy,
            Head::Start => self.head = Head::Other,
            Head::Create
                if ["trigger", "procedure", "function", "event"]
                    .iter()
                    .any(|w| is(w)) =>
            {
                self.head = Head::Routine;
            }
            // `CREATE OR REPLACE DEFINER = root @ localhost SQL SECURITY ... TRIGGER` at most
            Head::Create if self.words > 12 || is("table") || is("view") || is("index") => {
                self.head = Head::Other;
            }
            Head::Copy if is("from") => self.from = true,
            Head::Copy if self.from && is("stdin") => self.stdin = true,
            Head::Routine => self.inside(word),
            _ => {}
        }
    }

    fn inside(&mut self, word: &[u8]) {
        let is = |text: &str| word.eq_ignore_ascii_case(text.as_bytes());
        if self.ended {
            self.ended = false;
            let block = ["if", "loop", "while", "repeat", "for"]
                .iter()
                .any(|w| is(w));
            if !block {
                self.depth = self.depth.saturating_sub(1);
            }
            // `END CASE` closes a `CASE`, and does not open one
            if block || is("case") {
                return;
            }
        }
        if is("end") && self.depth > 0 {
            self.ended = true;
        } else if is("begin") || (is("case") && self.depth > 0) {
            self.depth = self.depth.saturating_add(1);
        }
    }

    /// Whether a `;` here belongs to the statement.
    pub(super) fn is_open(&mut self) -> bool {
        if std::mem::take(&mut self.ended) {
            self.depth = self.depth.saturating_sub(1);
        }
        self.depth > 0
    }

    /// Whether data lines follow the statement.
    pub(super) fn copies_from_stdin(&self) -> bool {
        self.stdin
    }
}
