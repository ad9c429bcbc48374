//! The cost of making and dropping whole objects.

use super::*;
use crate::schema::catalog::{ConstraintKind, RelationKind, Type};
use crate::schema::postgres::change::{
    CreateIndex, CreateTable, DomainAction, DropTarget, IndexAction, SequenceAction, TableItem,
    TypeAction,
};
use crate::schema::postgres::lower::type_name;

impl Costing<'_> {
    pub(super) fn create_table(&mut self, table: &CreateTable) {
        if self.before(&table.name).is_some() || self.context.after.relation(&table.name).is_none()
        {
            return;
        }
        self.lock(&table.name, AccessExclusive);
        let definitions = table.items.iter().flat_map(|item| match item {
            TableItem::Column(column) => column.constraints.as_slice(),
            TableItem::Constraint(constraint) => std::slice::from_ref(constraint),
            TableItem::Like(_) => &[],
        });
        for definition in definitions {
            if let ConstraintKind::ForeignKey { references, .. } = &definition.kind
                && *references != table.name
            {
                self.lock(references, ShareRowExclusive);
            }
        }
        for item in &table.items {
            if let TableItem::Like(like) = item {
                self.lock(&like.source, AccessShare);
            }
        }
        self.lock_all(&table.inherits, ShareUpdateExclusive);
        if let Some((query, _)) = &table.query {
            self.lock_all(&query.relations, AccessShare);
        }
        // an index of a new table is built over nothing
        let new = Self::indexes(self.context.after.relation(&table.name), &table.name);
        self.lock_all(&new, AccessExclusive);
        if let Some((parent, _)) = &table.partition_of {
            self.lock(parent, AccessExclusive);
            if let Some(own) = self.before(parent) {
                if self.context.server >= 12 {
                    for index in Self::indexes(Some(own), parent) {
                        self.lock(&index, ShareUpdateExclusive);
                    }
                }
                if let Some(default) = &own.default_partition {
                    self.lock(default, AccessExclusive);
                    self.scan(default);
                }
            }
        }
    }

    pub(super) fn create_index(&mut self, index: &CreateIndex) {
        let table = &index.relation;
        let Some(own) = self.before(table) else {
            return;
        };
        let mode = if index.concurrently {
            ShareUpdateExclusive
        } else {
            Share
        };
        self.forbidden = index.concurrently;
        let tables = if own.kind == RelationKind::Partitioned && !index.only {
            self.family(table)
        } else {
            vec![table.clone()]
        };
        let own = self.context.after.relation(table);
        let made = own.is_some_and(|after| {
            let before = self.before(table).map_or(0, |before| before.indexes.len());
            after.indexes.len() > before
        });
        if !made {
            self.lock(table, mode);
            return;
        }
        self.waits = index.concurrently;
        for member in &tables {
            self.lock(member, mode);
            if index.concurrently {
                let had = Self::indexes(self.before(member), member);
                for new in Self::indexes(self.context.after.relation(member), member) {
                    if !had.contains(&new) {
                        self.builds.insert(new);
                    }
                }
            } else {
                self.build_new(member);
            }
        }
    }

    pub(super) fn alter_index(&mut self, index: &Name, action: &IndexAction) {
        let Some(table) = self.context.before.indexes.get(index).cloned() else {
            if self.before(index).is_some() {
                self.lock(index, AccessExclusive);
            }
            return;
        };
        match action {
            IndexAction::Rename(_) => self.lock(index, self.renamed_index()),
            IndexAction::Attach(child) => {
                self.lock(index, self.renamed_index());
                self.lock(child, AccessExclusive);
                let other = self.context.before.indexes.get(child).cloned();
                self.lock(&table, AccessShare);
                self.lock_all(&other, AccessShare);
            }
            IndexAction::Set => self.lock(index, ShareUpdateExclusive),
            IndexAction::SetTablespace => {
                self.lock(index, AccessExclusive);
                self.builds.insert(index.clone());
            }
        }
    }

    pub(super) fn drop(&mut self, target: DropTarget, names: &[Name]) {
        let Context { before, after, .. } = self.context;
        if let DropTarget::Index { concurrently } = target {
            let mode = if concurrently {
                ShareUpdateExclusive
            } else {
                AccessExclusive
            };
            self.forbidden = concurrently;
            for name in names {
                let Some(table) = before.indexes.get(name).cloned() else {
                    continue;
                };
                self.waits = concurrently;
                self.lock(&table, mode);
                self.lock(name, mode);
            }
            return;
        }
        if target == DropTarget::Sequence {
            for name in names {
                if before.sequences.contains_key(name) {
                    self.lock(name, AccessExclusive);
                }
            }
        }
        self.vanished();
        for name in before.relations.differing(&after.relations) {
            let Some(relation) = before.relation(name) else {
                continue;
            };
            match after.relation(name) {
                // a table that is dropped lets go of those that its foreign keys reference, and of
                // the table that it is a partition of
                None => {
                    for constraint in &relation.constraints {
                        if let ConstraintKind::ForeignKey { references, .. } = &constraint.kind {
                            self.lock(references, AccessExclusive);
                        }
                    }
                    for parent in &relation.parents {
                        let partitioned = before
                            .relation(parent)
                            .is_some_and(|own| own.kind == RelationKind::Partitioned);
                        if partitioned {
                            self.lock(parent, AccessExclusive);
                        }
                    }
                }
                // what `CASCADE` took from others
                Some(kept) => {
                    if kept.constraints.len() != relation.constraints.len()
                        || kept.columns.len() != relation.columns.len()
                    {
                        self.lock(name, AccessExclusive);
                        self.drop_lost(name);
                    }
                }
            }
        }
    }

    pub(super) fn alter_type(&mut self, action: &TypeAction) {
        // the new label would not be seen by others before 12
        self.forbidden = self.context.server < 12 && matches!(action, TypeAction::AddValue { .. });
    }

    pub(super) fn alter_domain(&mut self, name: &Name, action: &DomainAction) {
        let checks = match action {
            DomainAction::AddConstraint(definition) => definition.validated,
            DomainAction::SetNotNull | DomainAction::ValidateConstraint(_) => true,
            _ => false,
        };
        if !checks {
            return;
        }
        let uses = |ty: &Option<Type>| ty.as_ref().is_some_and(|ty| type_name(ty) == *name);
        let tables: Vec<Name> = self
            .context
            .before
            .relations
            .iter()
            .filter(|(_, own)| own.kind != RelationKind::View)
            .filter(|(_, own)| own.columns.iter().any(|column| uses(&column.ty)))
            .map(|(table, _)| table.clone())
            .collect();
        // from 17 on validating alone lets others write
        let mode = match action {
            DomainAction::ValidateConstraint(_) if self.context.server >= 18 => {
                ShareUpdateExclusive
            }
            _ => Share,
        };
        for table in tables {
            self.lock(&table, mode);
            self.scan(&table);
        }
    }

    pub(super) fn alter_sequence(&mut self, name: &Name, action: &SequenceAction) {
        if !self.context.before.sequences.contains_key(name) {
            return;
        }
        let mode = match action {
            SequenceAction::Restart | SequenceAction::Options | SequenceAction::OwnedBy(_) => {
                ShareRowExclusive
            }
            _ => AccessExclusive,
        };
        self.lock(name, mode);
        if let SequenceAction::OwnedBy(Some(owner)) = action {
            self.lock(&owner.relation, AccessShare);
        }
    }
}
