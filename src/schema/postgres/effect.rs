//! What a change means for versions that rely on the schema before or after it: what they can
//! read, what they may write, whether it can be taken back, and when in a rollout it may run.

mod element;
mod table;

pub use element::Element;

use super::Change;
use super::change::{
    DomainAction, DropTarget, FunctionAction, IndexAction, SequenceAction, TypeAction, WriteKind,
};
use crate::schema::catalog::{Catalog, Name, TypeKind};
use Direction::{AcceptLess, AcceptMore, ProvideLess, ProvideMore};

/// In which direction a change moves what an element promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// There is more to read.
    ProvideMore,
    /// There is less to read, or less is promised of it: breaks readers that rely on it.
    ProvideLess,
    /// More writes are taken.
    AcceptMore,
    /// Fewer writes are taken: breaks writers that do them.
    AcceptLess,
    /// Neither.
    None,
}

/// One direction and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    /// The direction.
    pub direction: Direction,
    /// What it is about.
    pub element: Element,
}

/// Whether a change can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reversible {
    /// The state before comes back; what was written meanwhile may go.
    Yes,
    /// The schema comes back, but not all rows, or only if the rows allow it.
    Lossy,
    /// It does not come back.
    No,
    /// It cannot be told.
    Unknown,
}

/// When in a rollout a change may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before the new version: nothing that the old one relies on changes.
    Expand,
    /// After the old version is gone and cannot come back.
    Contract,
    /// At any time.
    Any,
    /// Not while two versions are live.
    Never,
    /// Between the two: rows are moved.
    Backfill,
    /// It cannot be told.
    Unknown,
}

/// What a change means for the versions around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// Directions, in the order of the statement.
    pub effects: Vec<Effect>,
    /// Whether it can be taken back.
    pub reversible: Reversible,
    /// The data that is lost for good, as a noun: "column `a` of `t`".
    pub data_loss: Option<String>,
    /// When it may run.
    pub phase: Phase,
}

impl Effects {
    fn new(phase: Phase) -> Effects {
        Effects {
            effects: Vec::new(),
            reversible: Reversible::Yes,
            data_loss: None,
            phase,
        }
    }

    fn with(mut self, direction: Direction, element: Element) -> Effects {
        self.effects.push(Effect { direction, element });
        self
    }

    fn reversible(mut self, reversible: Reversible) -> Effects {
        self.reversible = reversible;
        self
    }

    fn loses(mut self, what: impl Into<String>) -> Effects {
        self.data_loss = Some(what.into());
        self
    }

    /// Whether anything of it points in that direction.
    pub fn points(&self, direction: Direction) -> bool {
        self.effects
            .iter()
            .any(|effect| effect.direction == direction)
    }
}

/// What a change means, given the catalog before it.
pub fn effects(change: &Change, before: &Catalog) -> Effects {
    use Phase::{Any, Contract, Expand, Never, Unknown};
    match change {
        Change::CreateTable(table) => {
            let mut made =
                Effects::new(Expand).with(ProvideMore, Element::Table(table.name.clone()));
            if let Some((parent, _)) = &table.partition_of {
                made = made.with(AcceptMore, Element::Table(parent.clone()));
            }
            for (_, references) in table::foreign_keys(table) {
                made = made.with(AcceptLess, Element::Table(references));
            }
            made
        }
        Change::AlterTable {
            relation, action, ..
        } => table::effects(relation, action, before),
        Change::CreateView(view) => {
            let element = Element::View(view.name.clone());
            Effects::new(Expand).with(ProvideMore, element)
        }
        Change::Drop {
            target,
            names,
            cascade,
            ..
        } => dropped(*target, names, *cascade),
        Change::CreateIndex(index) => {
            let mut made = Effects::new(Expand);
            if let Some(name) = &index.name {
                let full = Name::folded(Some(&index.relation.schema), name);
                made = made.with(ProvideMore, Element::Index(full));
            }
            if index.index.unique {
                // what an upsert can name, and what a writer may no longer repeat
                made = made.with(AcceptLess, Element::Table(index.relation.clone()));
                made.phase = Contract;
            }
            made
        }
        Change::AlterIndex {
            index,
            action: IndexAction::Rename(_),
            ..
        } => Effects::new(Any).with(ProvideLess, Element::Index(index.clone())),
        Change::CreateType { name, .. } => {
            Effects::new(Expand).with(ProvideMore, Element::Type(name.clone()))
        }
        Change::AlterType { name, action } => of_type(name, action),
        Change::AlterDomain { name, action } => of_domain(name, action, before),
        Change::CreateSequence(sequence) => {
            Effects::new(Expand).with(ProvideMore, Element::Sequence(sequence.name.clone()))
        }
        Change::AlterSequence { name, action, .. } => {
            let element = Element::Sequence(name.clone());
            match action {
                SequenceAction::Rename(_) | SequenceAction::SetSchema(_) => {
                    Effects::new(Never).with(ProvideLess, element)
                }
                SequenceAction::Restart | SequenceAction::Options => Effects::new(Contract)
                    .with(AcceptLess, element)
                    .reversible(Reversible::Lossy),
                _ => Effects::new(Any),
            }
        }
        Change::CreateFunction(function) => {
            let element = Element::Function(function.name.clone());
            let replaced = function.replace
                && before.functions.get(&function.name).is_some_and(|all| {
                    all.iter()
                        .any(|one| one.arguments == function.function.arguments)
                });
            if replaced {
                // the body may do otherwise
                Effects::new(Unknown).with(ProvideLess, element)
            } else {
                Effects::new(Expand).with(ProvideMore, element)
            }
        }
        Change::DropFunction { functions, .. } => functions
            .iter()
            .fold(Effects::new(Contract), |made, function| {
                made.with(ProvideLess, Element::Function(function.name.clone()))
            }),
        Change::AlterFunction { function, action } => match action {
            FunctionAction::Options(_) => Effects::new(Any),
            _ => Effects::new(Never).with(ProvideLess, Element::Function(function.name.clone())),
        },
        Change::CreateTrigger(trigger) => {
            // it may reject or change what is written
            let element = Element::Trigger(trigger.relation.clone(), trigger.trigger.name.clone());
            Effects::new(Expand).with(AcceptLess, element)
        }
        Change::DropTrigger { relation, name, .. } => {
            let element = Element::Trigger(relation.clone(), name.clone());
            Effects::new(Contract)
                .with(AcceptMore, element.clone())
                .with(ProvideLess, element)
        }
        Change::CreateRule(name) | Change::DropRule(name) => {
            Effects::new(Unknown).with(AcceptLess, Element::Table(name.clone()))
        }
        Change::CreatePolicy { relation, .. } => {
            Effects::new(Contract).with(AcceptMore, Element::Table(relation.clone()))
        }
        Change::AlterPolicy { to: Some(_), .. } => Effects::new(Any),
        Change::AlterPolicy { relation, .. } | Change::DropPolicy { relation, .. } => {
            Effects::new(Contract)
                .with(ProvideLess, Element::Table(relation.clone()))
                .with(AcceptLess, Element::Table(relation.clone()))
        }
        Change::CreateExtension { name, .. } => {
            Effects::new(Expand).with(ProvideMore, Element::Extension(name.clone()))
        }
        Change::CreateCollation { name, .. } => {
            Effects::new(Expand).with(ProvideMore, Element::Type(name.clone()))
        }
        Change::AlterExtension(name) => {
            Effects::new(Unknown).with(ProvideMore, Element::Extension(name.clone()))
        }
        Change::CreateSchema { name, .. } => {
            Effects::new(Expand).with(ProvideMore, Element::Schema(name.clone()))
        }
        Change::RenameSchema { from, to } => Effects::new(Never)
            .with(ProvideLess, Element::Schema(from.clone()))
            .with(ProvideMore, Element::Schema(to.clone())),
        Change::Grant(names) => names.iter().fold(Effects::new(Expand), |made, name| {
            made.with(ProvideMore, Element::Table(name.clone()))
        }),
        Change::Revoke(names) => names.iter().fold(Effects::new(Contract), |made, name| {
            made.with(ProvideLess, Element::Table(name.clone()))
                .with(AcceptLess, Element::Table(name.clone()))
        }),
        Change::Other { removes, .. } => Effects::new(if *removes { Contract } else { Unknown }),
        Change::Call(_) | Change::Unnamed(_) | Change::Unknown { .. } => {
            Effects::new(Unknown).reversible(Reversible::Unknown)
        }
        _ => rows(change),
    }
}

/// What happens to rows.
fn rows(change: &Change) -> Effects {
    match change {
        Change::Write(write) => {
            let element = Element::Rows(write.table.clone());
            let table = &write.table;
            match write.kind {
                WriteKind::Insert | WriteKind::Copy => Effects::new(Phase::Expand)
                    .with(ProvideMore, element)
                    .reversible(Reversible::Lossy),
                WriteKind::Delete => Effects::new(Phase::Contract)
                    .with(ProvideLess, element)
                    .reversible(Reversible::No)
                    .loses(format!("rows of `{table}`")),
                WriteKind::Update | WriteKind::Merge => Effects::new(Phase::Backfill)
                    .with(Direction::None, element)
                    .reversible(Reversible::Lossy)
                    .loses(format!("the values in `{table}` that are overwritten")),
            }
        }
        Change::Truncate { tables, cascade } => {
            let listed: Vec<String> = tables.iter().map(|name| format!("`{name}`")).collect();
            let more = if *cascade {
                ", and of the tables that reference them"
            } else {
                ""
            };
            let made = tables
                .iter()
                .fold(Effects::new(Phase::Never), |made, name| {
                    made.with(ProvideLess, Element::Rows(name.clone()))
                });
            made.reversible(Reversible::No)
                .loses(format!("all rows of {}{more}", listed.join(", ")))
        }
        _ => Effects::new(Phase::Any),
    }
}

fn dropped(target: DropTarget, names: &[Name], cascade: bool) -> Effects {
    let mut made = Effects::new(Phase::Contract);
    let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let listed = listed.join(", ");
    for name in names {
        let name = name.clone();
        let element = match target {
            DropTarget::Table | DropTarget::ForeignTable => Element::Table(name),
            DropTarget::View | DropTarget::MaterializedView => Element::View(name),
            DropTarget::Index { .. } => Element::Index(name),
            DropTarget::Type | DropTarget::Domain | DropTarget::Collation => Element::Type(name),
            DropTarget::Sequence => Element::Sequence(name),
            DropTarget::Schema => Element::Schema(name.name),
            DropTarget::Extension => Element::Extension(name.name),
        };
        made.effects.push(Effect {
            direction: ProvideLess,
            element,
        });
    }
    let dependents = if cascade {
        ", and what depends on it"
    } else {
        ""
    };
    match target {
        DropTarget::Table => made
            .reversible(Reversible::No)
            .loses(format!("the rows of {listed}{dependents}")),
        DropTarget::Schema | DropTarget::Extension | DropTarget::Type | DropTarget::Domain => {
            let made = made.reversible(Reversible::No);
            if cascade {
                made.loses(format!("what is in {listed} or depends on it"))
            } else {
                made
            }
        }
        DropTarget::Sequence => made
            .reversible(Reversible::Lossy)
            .loses(format!("the next value of {listed}")),
        _ => made,
    }
}

fn of_type(name: &Name, action: &TypeAction) -> Effects {
    let element = || Element::Type(name.clone());
    match action {
        TypeAction::AddValue { label, .. } => {
            let label = Element::Label(name.clone(), label.clone());
            // writers may use it, and readers may meet it
            Effects::new(Phase::Expand)
                .with(AcceptMore, label.clone())
                .with(ProvideLess, label)
                .reversible(Reversible::No)
        }
        TypeAction::RenameValue { from, to } => Effects::new(Phase::Never)
            .with(AcceptLess, Element::Label(name.clone(), from.clone()))
            .with(ProvideLess, Element::Label(name.clone(), from.clone()))
            .with(AcceptMore, Element::Label(name.clone(), to.clone())),
        TypeAction::Rename(_) | TypeAction::SetSchema(_) => {
            Effects::new(Phase::Never).with(ProvideLess, element())
        }
        TypeAction::AddAttribute(..) => Effects::new(Phase::Expand).with(ProvideMore, element()),
        TypeAction::DropAttribute { name: field, .. } => Effects::new(Phase::Contract)
            .with(ProvideLess, element())
            .reversible(Reversible::No)
            .loses(format!("attribute `{field}` of `{name}`")),
        TypeAction::AlterAttribute(..) => Effects::new(Phase::Contract)
            .with(ProvideLess, element())
            .with(AcceptLess, element())
            .reversible(Reversible::Lossy),
        TypeAction::RenameAttribute { .. } => {
            Effects::new(Phase::Never).with(ProvideLess, element())
        }
        TypeAction::Owner | TypeAction::Set => Effects::new(Phase::Any),
    }
}

fn of_domain(name: &Name, action: &DomainAction, before: &Catalog) -> Effects {
    let element = || Element::Type(name.clone());
    match action {
        DomainAction::AddConstraint(_) | DomainAction::SetNotNull => {
            Effects::new(Phase::Contract).with(AcceptLess, element())
        }
        DomainAction::DropConstraint { .. } | DomainAction::DropNotNull => {
            Effects::new(Phase::Expand)
                .with(AcceptMore, element())
                .with(ProvideLess, element())
                .reversible(Reversible::Lossy)
        }
        DomainAction::DropDefault => {
            let required = before
                .types
                .get(name)
                .is_some_and(|found| matches!(found.kind, TypeKind::Domain { not_null: true, .. }));
            let made = Effects::new(Phase::Contract);
            if required {
                made.with(AcceptLess, element())
            } else {
                made
            }
        }
        DomainAction::SetDefault(_) => Effects::new(Phase::Expand).with(AcceptMore, element()),
        DomainAction::Rename(_) | DomainAction::SetSchema(_) => {
            Effects::new(Phase::Never).with(ProvideLess, element())
        }
        _ => Effects::new(Phase::Any),
    }
}

#[cfg(test)]
mod tests;
