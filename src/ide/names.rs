//! Every name in the plan files: what it means, and where it is declared and used.

use std::collections::HashMap;

use crate::model::{DeclId, Project, ProjectFile};
use crate::source::{FileId, Span};
use crate::syntax::{Arg, ArgKind, Statement};
use crate::vocabulary::{
    Bound, DeclKind, Entry, PatternNode, Place, SlotKind, Value, match_statement,
};

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A declaration at the top level.
    Decl(DeclId),
    /// A version of a service or of a configuration.
    Version(DeclId, String),
    /// A step of a plan or strategy.
    Step(DeclId, String),
    /// A parameter of a strategy.
    Parameter(DeclId, String),
    /// A migration of a database, as it is written.
    Migration(DeclId, String),
    /// A rule, as it is written.
    Rule(String),
    /// A file, as it is written.
    File(String),
}

/// A name where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The name itself, without quotes.
    pub span: Span,
    /// What it means.
    pub symbol: Symbol,
    /// Whether it is declared here.
    pub is_declaration: bool,
    /// For a declaration, the whole of it.
    pub whole: Span,
}

/// The names of all files, in the order of files and text.
#[derive(Clone, Debug, Default)]
pub struct Names {
    all: Vec<Occurrence>,
}

impl Names {
    /// The names of a project. Linear in its text.
    pub(super) fn of(project: &Project) -> Names {
        let mut decls: HashMap<Span, DeclId> = HashMap::new();
        for (number, decl) in project.decls.iter().enumerate() {
            decls.insert(decl.name_span, DeclId(number));
        }
        let mut names = Vec::new();
        for file in &project.files {
            let mut walk = Walk {
                project,
                file,
                decls: &decls,
                owner: None,
                replaces: false,
                parameters: Vec::new(),
                names: &mut names,
            };
            for statement in file.tree.top() {
                walk.top(statement);
            }
        }
        let mut names = Names { all: names };
        names.all.sort_by_key(|name| name.span);
        names.steps_of_strategies(project);
        names
    }

    /// A step that a plan takes over from a strategy is declared there.
    fn steps_of_strategies(&mut self, project: &Project) {
        let declared: std::collections::HashSet<Symbol> = self
            .all
            .iter()
            .filter(|name| name.is_declaration)
            .map(|name| name.symbol.clone())
            .collect();
        let mut uses: HashMap<DeclId, Vec<DeclId>> = HashMap::new();
        for (number, _) in project.decls.iter().enumerate() {
            let Some(node) = project.node(DeclId(number)) else {
                continue;
            };
            for child in &node.children {
                let strategy = child.origin.as_ref().and_then(|origin| {
                    project.find(origin.used.file, DeclKind::Strategy, &origin.strategy)
                });
                if let Some(strategy) = strategy {
                    uses.entry(DeclId(number)).or_default().push(strategy);
                }
            }
        }
        for name in &mut self.all {
            if let Symbol::Step(owner, step) = &name.symbol
                && !declared.contains(&name.symbol)
                && let Some(strategies) = uses.get(owner)
            {
                let found = strategies
                    .iter()
                    .map(|&strategy| Symbol::Step(strategy, step.clone()))
                    .find(|symbol| declared.contains(symbol));
                if let Some(found) = found {
                    name.symbol = found;
                }
            }
        }
    }

    /// The name at a place: the one that holds `offset`, or ends there.
    pub fn at(&self, file: FileId, offset: usize) -> Option<&Occurrence> {
        let offset = u32::try_from(offset).ok()?;
        let after = self
            .all
            .partition_point(|name| (name.span.file, name.span.start) <= (file, offset));
        let name = self.all.get(after.checked_sub(1)?)?;
        (name.span.file == file && name.span.end >= offset).then_some(name)
    }

    /// The names of a file, in the order of its text.
    pub fn in_file(&self, file: FileId) -> &[Occurrence] {
        let start = self.all.partition_point(|name| name.span.file < file);
        let end = self.all.partition_point(|name| name.span.file <= file);
        self.all.get(start..end).unwrap_or(&[])
    }

    /// All names.
    pub fn all(&self) -> &[Occurrence] {
        &self.all
    }

    /// Where a name is written, its declarations included.
    pub fn of_symbol<'a>(&'a self, symbol: &'a Symbol) -> impl Iterator<Item = &'a Occurrence> {
        self.all.iter().filter(move |name| name.symbol == *symbol)
    }

    /// Where a name is declared.
    pub fn declaration<'a>(&'a self, symbol: &'a Symbol) -> Option<&'a Occurrence> {
        self.of_symbol(symbol).find(|name| name.is_declaration)
    }
}

struct Walk<'a> {
    project: &'a Project,
    file: &'a ProjectFile,
    decls: &'a HashMap<Span, DeclId>,
    /// The declaration that is being walked.
    owner: Option<Owner>,
    /// Whether it stands in an environment, which declares nothing of its own.
    replaces: bool,
    parameters: Vec<String>,
    names: &'a mut Vec<Occurrence>,
}

#[derive(Clone)]
struct Owner {
    id: Option<DeclId>,
    /// The services that a plan rolls.
    rolls: Vec<DeclId>,
}

/// A value with its slot.
struct Slot<'a> {
    name: &'static str,
    kind: SlotKind,
    text: &'a str,
    span: Span,
    arg: Arg,
}

impl<'a> Walk<'a> {
    fn text(&self, span: Span) -> &'a str {
        self.project.sources.text(span)
    }

    fn top(&mut self, statement: &Statement) {
        let word = self.text(statement.head);
        let args = self.file.tree.args(statement);
        self.parameters.clear();
        self.replaces = word == "environment";
        self.owner = DeclKind::of(word).map(|_| Owner {
            id: args
                .first()
                .and_then(|name| self.decls.get(&name.word_span()).copied()),
            rolls: Vec::new(),
        });
        if word == "strategy"
            && let Some(call) = args.first()
        {
            let params = self.file.tree.params(call);
            let names = params.iter().map(|p| p.name.unwrap_or(p.value.span));
            let names: Vec<Span> = names.collect();
            self.parameters = names.iter().map(|&s| self.text(s).to_string()).collect();
            if let Some(id) = self.owner.as_ref().and_then(|owner| owner.id) {
                for span in names {
                    let symbol = Symbol::Parameter(id, self.text(span).to_string());
                    self.declare(span, symbol, span);
                }
            }
        }
        if word == "plan" {
            let rolls = self.file.tree.block(statement).filter_map(|child| {
                let service = self.file.tree.args(child).first()?;
                (self.text(child.head) == "roll").then_some(())?;
                self.find(DeclKind::Service, self.text(service.span))
            });
            let rolls = rolls.collect();
            if let Some(owner) = &mut self.owner {
                owner.rolls = rolls;
            }
        }
        self.statement(statement, Place::Top);
    }

    fn find(&self, kind: DeclKind, name: &str) -> Option<DeclId> {
        self.project.find(self.file.id, kind, name)
    }

    fn declare(&mut self, span: Span, symbol: Symbol, whole: Span) {
        self.names.push(Occurrence {
            span,
            symbol,
            is_declaration: true,
            whole,
        });
    }

    fn mention(&mut self, span: Span, symbol: Symbol) {
        self.names.push(Occurrence {
            span,
            symbol,
            is_declaration: false,
            whole: span,
        });
    }

    /// Blocks are nested no deeper than the syntax allows, so the recursion is bounded.
    fn statement(&mut self, statement: &Statement, place: Place) {
        let Some(entry) = place.entry(self.text(statement.head)) else {
            return;
        };
        self.line(statement, place, entry);
        let Some(inner) = entry.block else { return };
        let outer = self.owner.clone();
        if place == Place::Environment {
            let name = self.file.tree.args(statement).first();
            let name = name.map_or("", |name| self.text(name.span));
            self.owner = DeclKind::of(entry.word).map(|kind| Owner {
                id: self.find(kind, name),
                rolls: Vec::new(),
            });
        }
        for child in self.file.tree.block(statement) {
            self.statement(child, inner);
        }
        self.owner = outer;
    }

    fn line(&mut self, statement: &Statement, place: Place, entry: &'static Entry) {
        let tree = &self.file.tree;
        let args = tree.args(statement);
        let parameters = std::mem::take(&mut self.parameters);
        let bindings: Vec<(&str, Bound<'_>)> = parameters
            .iter()
            .map(|name| (name.as_str(), Bound::Open))
            .collect();
        let sources = &self.project.sources;
        let text = |span: Span| sources.text(span);
        let matched = match_statement(entry, tree, args, &text, &bindings);
        if let Ok(matched) = matched {
            let mut kinds = Vec::new();
            if let Some(form) = entry.compiled().get(matched.form) {
                slots(form, &mut kinds);
            }
            let mut values: Vec<Slot<'a>> = Vec::new();
            for capture in &matched.captures {
                if let (Value::Parameter(name), Some(id)) =
                    (&capture.value, self.owner.as_ref().and_then(|o| o.id))
                {
                    self.mention(capture.span, Symbol::Parameter(id, name.clone()));
                    continue;
                }
                let Some(&(_, kind)) = kinds.iter().find(|(slot, _)| *slot == capture.slot) else {
                    continue;
                };
                let span = unquoted(&capture.arg);
                values.push(Slot {
                    name: capture.slot,
                    kind,
                    text: self.text(span),
                    span,
                    arg: capture.arg,
                });
            }
            self.values(statement, place, entry, &values);
        }
        self.parameters = parameters;
    }

    fn values(
        &mut self,
        statement: &Statement,
        place: Place,
        entry: &'static Entry,
        values: &[Slot<'a>],
    ) {
        let named = |name: &str| values.iter().find(|value| value.name == name);
        let of_ref = |walk: &Self, name: &str| {
            let value = named(name)?;
            match value.kind {
                SlotKind::Ref(kind) => walk.find(kind, value.text),
                _ => None,
            }
        };
        for value in values {
            let (text, span) = (value.text, value.span);
            let owner = self.owner.clone();
            let owned = owner.as_ref().and_then(|owner| owner.id);
            match (value.kind, place, entry.word, value.name) {
                (SlotKind::Ref(kind), ..) => {
                    if let Some(id) = self.find(kind, text) {
                        self.mention(span, Symbol::Decl(id));
                    }
                }
                (SlotKind::Name | SlotKind::Call, Place::Top, ..) => {
                    if let Some(id) = owned {
                        self.declare(span, Symbol::Decl(id), statement.span);
                    }
                }
                (SlotKind::Call, Place::Plan, ..) => self.call(value),
                (SlotKind::Name, _, "step", _) => {
                    if let Some(id) = owned {
                        let symbol = Symbol::Step(id, text.to_string());
                        self.declare(span, symbol, statement.span);
                    }
                }
                (SlotKind::Path, ..) => self.mention(span, Symbol::File(text.to_string())),
                (_, Place::Environment, word, "name") => {
                    let id = DeclKind::of(word).and_then(|kind| self.find(kind, text));
                    if let Some(id) = id {
                        self.mention(span, Symbol::Decl(id));
                    }
                }
                (_, Place::Service | Place::Config, "version", "id") => {
                    if let Some(id) = owned {
                        let symbol = Symbol::Version(id, text.to_string());
                        if self.replaces {
                            self.mention(span, symbol);
                        } else {
                            self.declare(span, symbol, statement.span);
                        }
                    }
                }
                (_, Place::Service, "runs", _) | (_, Place::Config, "at", _) => {
                    if let Some(id) = owned {
                        self.mention(span, Symbol::Version(id, text.to_string()));
                    }
                }
                (_, Place::Plan, "roll", "from" | "to") => {
                    if let Some(id) = of_ref(self, "service") {
                        self.mention(span, Symbol::Version(id, text.to_string()));
                    }
                }
                (_, _, "push", "version") => {
                    if let Some(id) = of_ref(self, "config") {
                        self.mention(span, Symbol::Version(id, text.to_string()));
                    }
                }
                (_, Place::Version, "supports", "version") => {
                    if let Some(id) = of_ref(self, "service") {
                        self.mention(span, Symbol::Version(id, text.to_string()));
                    }
                }
                (_, Place::Step, "retire", "version") => {
                    let rolls = owner.map(|owner| owner.rolls).unwrap_or_default();
                    if let [id] = rolls[..] {
                        self.mention(span, Symbol::Version(id, text.to_string()));
                    }
                }
                (_, _, "migrate" | "schema", "id") => {
                    if let Some(id) = of_ref(self, "database") {
                        self.mention(span, Symbol::Migration(id, text.to_string()));
                    }
                }
                (_, Place::Database, "at" | "migration", _) => {
                    if let Some(id) = owned {
                        self.mention(span, Symbol::Migration(id, text.to_string()));
                    }
                }
                (_, _, "on", "step") | (_, Place::Plan, "rollback", "step") => {
                    if let Some(id) = owned {
                        self.mention(span, Symbol::Step(id, text.to_string()));
                    }
                }
                (_, _, "after" | "includes", "step") => self.foreign_step(value),
                (_, _, "allow" | "forbid" | "never-allow", "rule") => {
                    self.mention(span, Symbol::Rule(text.to_string()));
                }
                _ => {}
            }
        }
    }

    /// `PLAN.STEP`: two names in one word.
    fn foreign_step(&mut self, value: &Slot<'a>) {
        let Some((plan, step)) = value.text.split_once('.') else {
            return;
        };
        let Some(id) = self.find(DeclKind::Plan, plan) else {
            return;
        };
        let start = value.span.start as usize;
        let dot = start + plan.len();
        let plan = Span::new(value.span.file, start, dot);
        self.mention(plan, Symbol::Decl(id));
        let after = Span::new(value.span.file, dot + 1, value.span.end as usize);
        self.mention(after, Symbol::Step(id, step.to_string()));
    }

    /// `use cautious(gates = [errors, latency])`: the strategy, its parameters, and what they are
    /// given.
    fn call(&mut self, value: &Slot<'a>) {
        let Some(strategy) = self.find(DeclKind::Strategy, value.text) else {
            return;
        };
        self.mention(value.span, Symbol::Decl(strategy));
        let tree = &self.file.tree;
        for param in tree.params(&value.arg) {
            if let Some(name) = param.name {
                let symbol = Symbol::Parameter(strategy, self.text(name).to_string());
                self.mention(name, symbol);
            }
            let items = tree.params(&param.value).iter().map(|item| item.value);
            let args: Vec<Arg> = match param.value.kind {
                ArgKind::List => items.collect(),
                _ => vec![param.value],
            };
            for arg in args.into_iter().filter(|arg| arg.kind == ArgKind::Word) {
                let name = self.text(arg.span);
                // a parameter takes its type from where it is used; names of two kinds are left out
                let found: Vec<DeclId> = DeclKind::TOP
                    .into_iter()
                    .filter_map(|kind| self.find(kind, name))
                    .collect();
                if let [id] = found[..] {
                    self.mention(arg.span, Symbol::Decl(id));
                }
            }
        }
    }
}

/// The place of a name without its quotes or parameters.
fn unquoted(arg: &Arg) -> Span {
    let quotes = match arg.kind {
        ArgKind::Text => 1,
        ArgKind::RawText => 3,
        _ => return arg.word_span(),
    };
    let (start, end) = (arg.span.start as usize, arg.span.end as usize);
    if end < start + 2 * quotes {
        return arg.span;
    }
    Span::new(arg.span.file, start + quotes, end - quotes)
}

/// The slots of a form with what each must be.
pub(super) fn slots(form: &[PatternNode], out: &mut Vec<(&'static str, SlotKind)>) {
    for part in form {
        match part {
            PatternNode::Slot(name, kind, _) | PatternNode::Many(name, kind) => {
                out.push((name, *kind));
            }
            PatternNode::ManyOf(inner)
            | PatternNode::Optional(inner)
            | PatternNode::Repeat(inner) => slots(inner, out),
            PatternNode::Word(_) | PatternNode::Op(_) => {}
        }
    }
}
