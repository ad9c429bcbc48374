//! The one table of the language: which statements exist, where they may stand, what arguments
//! they take, and what they mean.
//!
//! Lowering, suggestions, `explain`, the language reference and the editor read it. Nothing else
//! in the program knows the name of a statement's argument.

mod expected;
mod matching;
mod pattern;
mod reference;
mod table;
mod usage;
mod value;

pub use expected::{Expected, Following};
pub(crate) use matching::symbol;
pub use matching::{Bindings, Bound, Capture, Matched, Mismatch, match_statement};
pub use pattern::{Node as PatternNode, SlotKind};
pub use reference::reference;
pub use value::{Compare, Date, Value, ValueProblem, parse_value};

use std::sync::OnceLock;

use pattern::Form;

/// What a name can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeclKind {
    /// `service`
    Service,
    /// `version`, inside a service
    Version,
    /// `database`
    Database,
    /// `config`
    Config,
    /// `flag`
    Flag,
    /// `format`
    Format,
    /// `cohort`
    Cohort,
    /// `provider`
    Provider,
    /// `gate`
    Gate,
    /// `strategy`
    Strategy,
    /// `plan`
    Plan,
    /// `release`
    Release,
    /// `policy`
    Policy,
    /// `target`
    Target,
    /// `environment`
    Environment,
}

impl DeclKind {
    /// All kinds that stand at the top level, in the order of the reference.
    pub const TOP: [DeclKind; 14] = [
        DeclKind::Service,
        DeclKind::Database,
        DeclKind::Config,
        DeclKind::Flag,
        DeclKind::Format,
        DeclKind::Cohort,
        DeclKind::Provider,
        DeclKind::Gate,
        DeclKind::Strategy,
        DeclKind::Plan,
        DeclKind::Release,
        DeclKind::Policy,
        DeclKind::Target,
        DeclKind::Environment,
    ];

    /// The word that declares it.
    pub fn word(self) -> &'static str {
        match self {
            DeclKind::Service => "service",
            DeclKind::Version => "version",
            DeclKind::Database => "database",
            DeclKind::Config => "config",
            DeclKind::Flag => "flag",
            DeclKind::Format => "format",
            DeclKind::Cohort => "cohort",
            DeclKind::Provider => "provider",
            DeclKind::Gate => "gate",
            DeclKind::Strategy => "strategy",
            DeclKind::Plan => "plan",
            DeclKind::Release => "release",
            DeclKind::Policy => "policy",
            DeclKind::Target => "target",
            DeclKind::Environment => "environment",
        }
    }

    /// The kind that `word` declares.
    pub fn of(word: &str) -> Option<DeclKind> {
        DeclKind::TOP.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a statement may stand: the block around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// No block: the top level of a file.
    Top,
    /// `service NAME { }`
    Service,
    /// `version V { }`
    Version,
    /// `database NAME { }`
    Database,
    /// `table NAME { }` in a database
    Table,
    /// `migration ID { }` in a database
    Migration,
    /// `config NAME { }`
    Config,
    /// `version V { }` in a configuration
    ConfigVersion,
    /// `flag NAME { }`
    Flag,
    /// `format NAME { }`
    Format,
    /// `cohort NAME { }`
    Cohort,
    /// `provider NAME { }`
    Provider,
    /// `gate NAME { }`
    Gate,
    /// `strategy NAME(...) { }`
    Strategy,
    /// `plan NAME { }`
    Plan,
    /// `step NAME { }`
    Step,
    /// `rollback { }`
    Rollback,
    /// `split P { }`: what follows from each outcome
    Split,
    /// `release NAME { }`
    Release,
    /// `policy NAME { }`
    Policy,
    /// `accepts "..." { }` and `rejects "..." { }` of a policy
    PolicyExample,
    /// `target NAME { }`
    Target,
    /// `environment NAME { }`
    Environment,
    /// `plan NAME { }` in an environment
    EnvironmentPlan,
    /// `target NAME { }` in an environment
    EnvironmentTarget,
}

impl Place {
    /// All places, in the order of the reference.
    pub const ALL: [Place; 25] = [
        Place::Top,
        Place::Service,
        Place::Version,
        Place::Database,
        Place::Table,
        Place::Migration,
        Place::Config,
        Place::ConfigVersion,
        Place::Flag,
        Place::Format,
        Place::Cohort,
        Place::Provider,
        Place::Gate,
        Place::Strategy,
        Place::Plan,
        Place::Step,
        Place::Rollback,
        Place::Split,
        Place::Release,
        Place::Policy,
        Place::PolicyExample,
        Place::Target,
        Place::Environment,
        Place::EnvironmentPlan,
        Place::EnvironmentTarget,
    ];

    /// How the place is called in messages: "in a step".
    pub fn phrase(self) -> &'static str {
        match self {
            Place::Top => "at the top level",
            Place::Service => "in a service",
            Place::Version => "in a version",
            Place::Database => "in a database",
            Place::Table => "in a table",
            Place::Migration => "in a migration",
            Place::Config => "in a config",
            Place::ConfigVersion => "in a version of a config",
            Place::Flag => "in a flag",
            Place::Format => "in a format",
            Place::Cohort => "in a cohort",
            Place::Provider => "in a provider",
            Place::Gate => "in a gate",
            Place::Strategy => "in a strategy",
            Place::Plan => "in a plan",
            Place::Step => "in a step",
            Place::Rollback => "in a rollback body",
            Place::Split => "in a split",
            Place::Release => "in a release",
            Place::Policy => "in a policy",
            Place::PolicyExample => "in a policy's example",
            Place::Target => "in a target",
            Place::Environment => "in an environment",
            Place::EnvironmentPlan => "in an environment's plan",
            Place::EnvironmentTarget => "in an environment's target",
        }
    }

    /// The statements that may stand here.
    pub fn entries(self) -> &'static [Entry] {
        table::entries(self)
    }

    /// The statement `word` here.
    pub fn entry(self, word: &str) -> Option<&'static Entry> {
        self.entries().iter().find(|entry| entry.word == word)
    }
}

/// The part of a step that a statement belongs to; a step has one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Not bound to the order of a step.
    None,
    /// `in`, `after`, `approve`
    Entry,
    /// What moves traffic, versions, schema or configuration.
    Change,
    /// `run`
    Run,
    /// `hold`
    Hold,
    /// `watch`
    Watch,
    /// `on failure ...`
    Edge,
}

/// One statement of the language.
#[derive(Debug)]
pub struct Entry {
    /// The first word.
    pub word: &'static str,
    /// What follows it, one text for each form; see [`pattern`](SlotKind) for the notation.
    pub forms: &'static [&'static str],
    /// What its block may hold, if it has one.
    pub block: Option<Place>,
    /// Whether it cannot stand without a block.
    pub block_required: bool,
    /// Whether it may stand more than once in a block.
    pub many: bool,
    /// Whether the block is incomplete without it.
    pub required: bool,
    /// Whether it only speaks about its block: without it the block does what it did.
    pub aside: bool,
    /// Its part in the order of a step.
    pub phase: Phase,
    /// What it means: one or two sentences.
    pub doc: &'static str,
    /// One line that uses it.
    pub example: &'static str,
    compiled: OnceLock<Vec<Form>>,
}

impl Entry {
    /// A statement `word` with the given forms, at most once in its block.
    pub(crate) const fn new(word: &'static str, forms: &'static [&'static str]) -> Self {
        Entry {
            word,
            forms,
            block: None,
            block_required: false,
            many: false,
            required: false,
            aside: false,
            phase: Phase::None,
            doc: "",
            example: "",
            compiled: OnceLock::new(),
        }
    }

    pub(crate) const fn block(mut self, place: Place) -> Self {
        self.block = Some(place);
        self.block_required = true;
        self
    }

    pub(crate) const fn may_block(mut self, place: Place) -> Self {
        self.block = Some(place);
        self
    }

    pub(crate) const fn many(mut self) -> Self {
        self.many = true;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) const fn aside(mut self) -> Self {
        self.aside = true;
        self
    }

    pub(crate) const fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    pub(crate) const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    /// How the statement is called in messages: its word, with the words that all of its forms
    /// begin with: `no return`, `on target`.
    pub fn title(&self) -> String {
        let first = |form: &Form| match form.first() {
            Some(PatternNode::Word(word)) => Some(*word),
            _ => None,
        };
        let mut firsts = self.compiled().iter().map(first);
        match firsts.next().flatten() {
            Some(word) if firsts.all(|other| other == Some(word)) && self.word.len() < 4 => {
                format!("{} {word}", self.word)
            }
            _ => self.word.to_string(),
        }
    }

    /// A form as it is written, its values in capitals, without what may be left out:
    /// `on OUTCOME goto STEP at most TIMES times`.
    pub fn form_usage(&self, form: usize) -> Option<String> {
        let mut out = self.word.to_string();
        pattern::write_usage(self.compiled().get(form)?, &mut out);
        Some(out)
    }

    /// The compiled forms, made at the first use.
    pub(crate) fn compiled(&self) -> &[Form] {
        self.compiled.get_or_init(|| {
            self.forms
                .iter()
                .map(|form| pattern::compile(form))
                .collect()
        })
    }
}

/// What the syntax may ask about the table: which statement can stand in which block.
#[derive(Clone, Copy, Debug)]
pub struct Blocks;

impl crate::syntax::Nesting for Blocks {
    type Place = Place;

    fn top(&self) -> Option<Place> {
        Some(Place::Top)
    }

    fn statement(&self, place: Place, word: &str) -> Option<Option<Place>> {
        place.entry(word).map(|entry| entry.block)
    }
}

/// The words of `place` and of every other place, for "did you mean".
pub fn words(place: Place) -> impl Iterator<Item = &'static str> {
    place.entries().iter().map(|entry| entry.word)
}

/// The places other than `not` where `word` is a statement.
pub fn places_of(word: &str, not: Place) -> Vec<Place> {
    Place::ALL
        .into_iter()
        .filter(|&place| place != not && place.entry(word).is_some())
        .collect()
}
