//! What may be written where the cursor stands.

mod names;

use std::ops::Range;
use std::path::Path;

use crate::model::ProjectFile;
use crate::source::{Loader, Span};
use crate::syntax::Arg;
use crate::vocabulary::{Entry, Expected, Place, SlotKind};

use super::cursor::Cursor;
use super::hover::statement_page;
use super::{View, paths, snippet};

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// A statement, or a word of one.
    Keyword,
    /// A name of the plan files.
    Name,
    /// A value with its unit.
    Value,
    /// An operator.
    Operator,
    /// One word of a choice.
    Choice,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A rule.
    Rule,
    /// A migration.
    Migration,
    /// A parameter of a strategy.
    Parameter,
}

/// One thing that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CandidateKind,
    /// Half a line about it.
    pub detail: String,
    /// What it means, in Markdown; empty where there is nothing to say.
    pub doc: String,
    /// The bytes of the text that it replaces.
    pub replace: Range<usize>,
    /// What is written.
    pub insert: String,
    /// Whether `insert` has places to fill in: `${1:TIME}`.
    pub is_snippet: bool,
}

/// What may be written at `offset` of a plan file, in the order in which it is likely.
pub fn complete(view: &View, loader: &dyn Loader, path: &Path, offset: usize) -> Vec<Candidate> {
    let Some(file) = view.file(path) else {
        return Vec::new();
    };
    let cursor = Cursor::new(view.text(file.id), &file.tree, offset);
    if cursor.in_comment() {
        return Vec::new();
    }
    let mut site = Site {
        view,
        loader,
        file,
        replace: cursor.word_start()..cursor.offset,
        cursor,
        all: Vec::new(),
    };
    if let Some(start) = site.cursor.in_quotes() {
        site.quoted(start);
    } else if let Some(call) = site.cursor.call() {
        site.parameters(call);
    } else if site.cursor.statement.is_none() || site.cursor.in_head() {
        site.statements();
    } else {
        site.arguments();
    }
    let mut seen = std::collections::HashSet::new();
    let mut all = site.all;
    all.retain(|candidate| seen.insert((candidate.label.clone(), candidate.insert.clone())));
    all
}

struct Site<'a> {
    view: &'a View,
    loader: &'a dyn Loader,
    file: &'a ProjectFile,
    cursor: Cursor<'a>,
    replace: Range<usize>,
    all: Vec<Candidate>,
}

impl Site<'_> {
    fn add(&mut self, kind: CandidateKind, label: impl Into<String>, detail: impl Into<String>) {
        let label = label.into();
        self.all.push(Candidate {
            insert: label.clone(),
            label,
            kind,
            detail: detail.into(),
            doc: String::new(),
            replace: self.replace.clone(),
            is_snippet: false,
        });
    }

    /// The statements of the block; those that may stand only once and do already, last.
    fn statements(&mut self) {
        let Some(place) = self.cursor.place() else {
            return;
        };
        let written: Vec<&str> = match self.cursor.blocks.last() {
            Some(block) => self.cursor.tree.block(block.statement).collect::<Vec<_>>(),
            None => self.cursor.tree.top().collect(),
        }
        .into_iter()
        .filter(|other| {
            let current = self.cursor.statement;
            current.is_none_or(|current| current.span != other.span)
        })
        .map(|other| self.cursor.slice(other.head))
        .collect();
        let (taken, free): (Vec<&Entry>, Vec<&Entry>) = place
            .entries()
            .iter()
            .partition(|entry| !entry.many && written.contains(&entry.word));
        let (required, free): (Vec<&Entry>, Vec<&Entry>) =
            free.into_iter().partition(|entry| entry.required);
        for entry in required.into_iter().chain(free) {
            self.statement(entry, place, entry.doc);
        }
        for entry in taken {
            self.statement(entry, place, "stands here already");
        }
    }

    fn statement(&mut self, entry: &Entry, place: Place, detail: &str) {
        let insert = snippet::statement_snippet(entry, 0);
        self.all.push(Candidate {
            label: entry.title(),
            kind: CandidateKind::Keyword,
            detail: detail.to_string(),
            doc: statement_page(entry, place),
            replace: self.replace.clone(),
            is_snippet: true,
            insert,
        });
    }

    fn arguments(&mut self) {
        let (Some(entry), Some(place)) = (self.cursor.entry(), self.cursor.place()) else {
            return;
        };
        let args = self.cursor.args_before();
        let cursor = self.cursor.clone();
        let text = |span: Span| cursor.slice(span);
        let followings = entry.following(args, &text);
        let mut expected: Vec<Expected> = Vec::new();
        for next in followings.iter().flat_map(|following| &following.next) {
            if !expected.contains(next) {
                expected.push(*next);
            }
        }
        for next in expected {
            match next {
                Expected::Word(word) => self.add(CandidateKind::Keyword, word, ""),
                Expected::Op(symbol) => self.add(CandidateKind::Operator, symbol, ""),
                Expected::Value(slot, kind) => self.value(entry, place, slot, kind, args),
            }
        }
        let may_end = followings.iter().any(|following| following.may_end);
        if may_end && entry.block.is_some() && self.cursor.prefix().is_empty() {
            let replace = self.replace.clone();
            self.all.push(Candidate {
                label: "{ ... }".to_string(),
                kind: CandidateKind::Keyword,
                detail: "its block".to_string(),
                doc: String::new(),
                replace,
                insert: "{\n  $0\n}".to_string(),
                is_snippet: true,
            });
        }
    }

    fn value(
        &mut self,
        entry: &Entry,
        place: Place,
        slot: &'static str,
        kind: SlotKind,
        args: &[Arg],
    ) {
        let takes_names = matches!(
            kind,
            SlotKind::Ref(_) | SlotKind::Percent | SlotKind::Duration | SlotKind::Amount
        );
        if takes_names {
            self.own_parameters();
        }
        match kind {
            SlotKind::Choice(words) => {
                for word in words.split('|') {
                    self.add(CandidateKind::Choice, word, slot);
                }
            }
            SlotKind::Ref(kind) => self.names(kind),
            SlotKind::Call => self.strategies(),
            SlotKind::Compare => {
                for symbol in ["<", "<=", ">", ">=", "="] {
                    self.add(CandidateKind::Operator, symbol, "");
                }
            }
            SlotKind::Text | SlotKind::AnyText | SlotKind::Path => {
                let replace = self.replace.clone();
                self.all.push(Candidate {
                    label: "\"...\"".to_string(),
                    kind: CandidateKind::Value,
                    detail: kind.wanted(),
                    doc: String::new(),
                    replace,
                    insert: format!("\"${{1:{}}}\"", slot.to_uppercase()),
                    is_snippet: true,
                });
            }
            SlotKind::Id => self.ids(entry, place, slot, args),
            SlotKind::Name => {}
            measured => self.measured(measured),
        }
    }

    fn own_parameters(&mut self) {
        let Some(strategy) = self.cursor.around("strategy") else {
            return;
        };
        let Some(call) = self.cursor.tree.args(strategy).first() else {
            return;
        };
        for param in self.cursor.tree.params(call) {
            let name = self.cursor.slice(param.name.unwrap_or(param.value.span));
            self.add(
                CandidateKind::Parameter,
                name,
                "a parameter of this strategy",
            );
        }
    }

    /// A number that is being typed, with each unit; without one, an example.
    fn measured(&mut self, kind: SlotKind) {
        let typed = self.cursor.prefix();
        let digits: String = typed
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let number = if digits.is_empty() { "" } else { &digits };
        let units: &[(&str, &str)] = match kind {
            SlotKind::Percent => &[("%", "per cent")],
            SlotKind::Duration => &[
                ("s", "seconds"),
                ("m", "minutes"),
                ("h", "hours"),
                ("d", "days"),
                ("ms", "milliseconds"),
            ],
            SlotKind::Rate => &[
                ("/s", "for each second"),
                ("/m", "for each minute"),
                ("/h", "for each hour"),
            ],
            SlotKind::Bytes => &[("KiB", ""), ("MiB", ""), ("GiB", ""), ("TiB", "")],
            SlotKind::Count => &[("", ""), ("k", "thousand"), ("M", "million")],
            SlotKind::Amount => &[("", "that many"), ("%", "a share")],
            SlotKind::Threshold => &[("%", ""), ("ms", ""), ("s", ""), ("", "")],
            _ => &[],
        };
        if number.is_empty() {
            let wanted = kind.wanted();
            for example in wanted.split('`').skip(1).step_by(2) {
                self.add(CandidateKind::Value, example, kind.noun());
            }
            return;
        }
        for (unit, said) in units {
            let value = format!("{number}{unit}");
            if value != typed {
                self.add(CandidateKind::Value, value, *said);
            }
        }
    }

    /// Inside quotes: files, where the value is a path.
    fn quoted(&mut self, start: usize) {
        let written = self
            .cursor
            .text
            .get(start..self.cursor.offset)
            .unwrap_or("");
        let Some(entry) = self.cursor.entry() else {
            return;
        };
        let args = self.cursor.args_before();
        let args: Vec<Arg> = args
            .iter()
            .take_while(|arg| (arg.span.end as usize) < start)
            .copied()
            .collect();
        let cursor = self.cursor.clone();
        let text = |span: Span| cursor.slice(span);
        let followings = entry.following(&args, &text);
        let wants_path = followings.iter().any(|following| {
            let mut next = following.next.iter();
            next.any(|next| matches!(next, Expected::Value(_, SlotKind::Path)))
        });
        if !wants_path {
            return;
        }
        let names = paths::names(self.loader, &self.file.root, &self.file.folder, written);
        let name_start = written.rfind('/').map_or(start, |at| start + at + 1);
        self.replace = name_start..self.cursor.offset;
        let own = self.view.project.sources.file(self.file.id);
        let own = own.path.file_name().map(|name| name.to_string_lossy());
        for (name, is_folder) in names {
            let fits = match entry.word {
                "import" => is_folder || (name.ends_with(".swb") && own.as_deref() != Some(&name)),
                "workload" => is_folder || name.ends_with(".yaml") || name.ends_with(".yml"),
                "migrations" => is_folder,
                _ => true,
            };
            if !fits {
                continue;
            }
            match is_folder {
                true => self.add(CandidateKind::Folder, format!("{name}/"), "folder"),
                false => self.add(CandidateKind::File, name, "file"),
            }
        }
    }
}
