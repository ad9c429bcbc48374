//! The cost of each subcommand of `ALTER TABLE`.

use super::*;
use crate::schema::catalog::{
    Constraint, ConstraintKind, Generated, RelationKind, TypeKind, Volatility,
};
use crate::schema::postgres::change::{
    ColumnDefinition, ConstraintDefinition, PartitionBound, Setting, TableAction as A,
};
use crate::schema::postgres::lower::type_name;
use crate::schema::postgres::types;

impl Costing<'_> {
    pub(super) fn alter(&mut self, table: &Name, only: bool, action: &A) {
        if self.before(table).is_none() {
            // an index or a sequence, or nothing with `IF EXISTS`
            let known = self.context.before.indexes.contains_key(table)
                || self.context.before.sequences.contains_key(table);
            if known {
                self.lock(table, AccessExclusive);
            }
            return;
        }
        let family = if only {
            vec![table.clone()]
        } else {
            self.family(table)
        };
        match action {
            A::AddColumn { column, .. } => {
                for member in &family {
                    self.add_column(member, column);
                }
            }
            A::AlterType {
                column,
                ty,
                using,
                collation,
            } => {
                for member in &family {
                    self.alter_type_of(member, column, ty, using.as_ref(), collation.is_some());
                }
            }
            A::DropColumn { column, .. } => self.drop_column(table, &family, column),
            A::SetNotNull(column) => {
                for member in &family {
                    self.lock(member, AccessExclusive);
                    self.verify_not_null(member, column);
                }
            }
            A::SetExpression(column) => {
                let own = self.before(table).and_then(|own| own.column(column));
                if own.is_some_and(|found| found.generated == Some(Generated::Virtual)) {
                    self.lock_all(&family, AccessExclusive);
                } else {
                    family.iter().for_each(|member| self.rewrite(member));
                }
            }
            A::AddConstraint(definition) => self.add_constraint(table, &family, definition),
            A::DropConstraint { name, .. } => self.drop_constraint(table, &family, name),
            A::ValidateConstraint(name) => self.validate(table, &family, name),
            A::SwitchTrigger { .. } => self.lock_all(&family, ShareRowExclusive),
            A::Set(setting) => {
                let mode = match setting {
                    Setting::Statistics
                    | Setting::ColumnOptions
                    | Setting::Parameters
                    | Setting::ClusterOn => ShareUpdateExclusive,
                    _ => AccessExclusive,
                };
                self.lock(table, mode);
            }
            A::SetLogged(_) | A::SetAccessMethod => self.rewrite(table),
            // the tablespace that tables are in unless they were made in another
            A::SetTablespace(space) if space == "pg_default" => self.lock(table, AccessExclusive),
            A::SetTablespace(_) => {
                self.lock(table, AccessExclusive);
                self.rewrites.insert(table.clone());
            }
            A::Inherit(parent) => {
                self.lock(table, AccessExclusive);
                self.lock(parent, ShareUpdateExclusive);
            }
            A::NoInherit(parent) => {
                self.lock(table, AccessExclusive);
                self.lock(parent, AccessShare);
            }
            A::AttachPartition { partition, bound } => self.attach(table, partition, bound),
            A::DetachPartition {
                partition,
                concurrently,
                finalize,
            } => {
                self.detach(table, partition, *concurrently, *finalize);
            }
            A::Rename(_) | A::SetSchema(_) | A::Owner | A::RenameConstraint { .. } => {
                self.lock(table, AccessExclusive);
            }
            _ => self.lock_all(&family, AccessExclusive),
        }
    }

    fn add_column(&mut self, table: &Name, definition: &ColumnDefinition) {
        self.lock(table, AccessExclusive);
        let column = &definition.column;
        let there = |catalog: &Catalog| {
            catalog
                .relation(table)
                .is_some_and(|own| own.column(&column.name).is_some())
        };
        if there(self.context.before) || !there(self.context.after) {
            return;
        }
        let default = column.default.as_ref();
        let (mut constrained, mut of_domain) = (false, false);
        if let Some(ty) = &column.ty {
            constrained = types::base(ty, self.context.before).1;
            let declared = self.context.before.types.get(&type_name(ty));
            if let Some(TypeKind::Domain {
                default: Some(value),
                ..
            }) = declared.map(|found| &found.kind)
            {
                of_domain = true;
                constrained |= value.volatility == Volatility::Volatile;
            }
        }
        let volatile = default.is_some_and(|value| value.volatility == Volatility::Volatile);
        let writes = match column.generated {
            Some(Generated::Stored) => true,
            Some(Generated::Virtual) => false,
            None => {
                volatile
                    || definition.serial
                    || column.identity.is_some()
                    || constrained
                    // from 11 on the value of a default stands in the catalog
                    || (self.context.server < 11 && (default.is_some() || of_domain))
            }
        };
        if writes {
            self.rewrite(table);
        }
        if definition.serial || column.identity.is_some() {
            let owned = self
                .context
                .after
                .sequences
                .iter()
                .filter(|(name, sequence)| {
                    !self.context.before.sequences.contains_key(name)
                        && sequence
                            .owned_by
                            .as_ref()
                            .is_some_and(|of| of.relation == *table)
                });
            let made: Vec<Name> = owned.map(|(name, _)| name.clone()).collect();
            self.lock_all(&made, AccessExclusive);
        }
        for constraint in &definition.constraints {
            match &constraint.kind {
                ConstraintKind::Check(_) if constraint.validated => self.scan(table),
                ConstraintKind::ForeignKey { references, .. } => {
                    self.lock(references, ShareRowExclusive);
                    if default.is_some() || definition.serial || column.identity.is_some() {
                        self.scan(table);
                    }
                }
                _ => {}
            }
        }
        if column.not_null && !column.is_filled() && !definition.serial {
            // it fails at the first row
            self.scan(table);
        }
        self.build_new(table);
    }

    fn verify_not_null(&mut self, table: &Name, column: &str) {
        let Some(own) = self.before(table) else {
            return;
        };
        if own.column(column).is_some_and(|found| found.not_null) {
            return;
        }
        // a valid CHECK is believed from 12 on
        if self.context.server < 12 || !proof::not_null(own, column) {
            self.scan(table);
        }
    }

    fn alter_type_of(
        &mut self,
        table: &Name,
        column: &str,
        ty: &crate::schema::catalog::Type,
        using: Option<&crate::schema::catalog::Expression>,
        collation: bool,
    ) {
        self.lock(table, AccessExclusive);
        let Some(own) = self.before(table) else {
            return;
        };
        let old = own.column(column).and_then(|found| found.ty.as_ref());
        let Context {
            before,
            server,
            utc,
            ..
        } = self.context;
        // what is not known is taken for the worst
        let writes =
            old.is_none_or(|old| types::rewrites(column, old, ty, using, before, server, utc));
        if writes {
            self.rewrite(table);
        }
        for index in &own.indexes {
            if index.columns.iter().any(|of| of == column) {
                let full = Name::folded(Some(&table.schema), &index.name);
                self.lock(&full, AccessExclusive);
                if collation {
                    self.builds.insert(full);
                }
            }
        }
        for constraint in &own.constraints {
            let named = super::super::apply::columns_of(&constraint.kind);
            if !named.iter().any(|of| of == column) {
                continue;
            }
            match &constraint.kind {
                ConstraintKind::Check(_) if constraint.validated => self.scan(table),
                ConstraintKind::ForeignKey { references, .. } => {
                    self.lock(references, AccessExclusive);
                    if writes && constraint.validated {
                        self.scan(table);
                    }
                }
                _ => {}
            }
        }
        // foreign keys to the column are made anew too
        for (other, name) in referencing(before, table) {
            let key = before
                .relation(&other)
                .and_then(|other| other.constraint(&name));
            if let Some(ConstraintKind::ForeignKey { referenced, .. }) = key.map(|key| &key.kind)
                && (referenced.is_empty() || referenced.iter().any(|of| of == column))
            {
                self.lock(&other, AccessExclusive);
                if writes {
                    self.scan(&other);
                }
            }
        }
    }

    fn drop_column(&mut self, table: &Name, family: &[Name], column: &str) {
        for member in family {
            self.lock(member, AccessExclusive);
            self.drop_lost(member);
            let own = self.before(member);
            for constraint in own.map_or(&[][..], |own| &own.constraints) {
                if let ConstraintKind::ForeignKey {
                    columns,
                    references,
                    ..
                } = &constraint.kind
                    && columns.iter().any(|of| of == column)
                {
                    self.lock(references, AccessExclusive);
                }
            }
        }
        for (other, name) in referencing(self.context.before, table) {
            let gone = self
                .context
                .after
                .relation(&other)
                .is_none_or(|other| other.constraint(&name).is_none());
            if gone {
                self.lock(&other, AccessExclusive);
            }
        }
        self.vanished();
    }

    /// Relations that are no more.
    pub(super) fn vanished(&mut self) {
        let Context { before, after, .. } = self.context;
        for name in before.relations.differing(&after.relations) {
            if after.relations.contains_key(name) {
                continue;
            }
            self.lock(name, AccessExclusive);
            for index in Self::indexes(before.relation(name), name) {
                self.lock(&index, AccessExclusive);
            }
        }
    }

    fn add_constraint(&mut self, table: &Name, family: &[Name], definition: &ConstraintDefinition) {
        match &definition.kind {
            ConstraintKind::ForeignKey { references, .. } => {
                self.lock_all(family, ShareRowExclusive);
                self.lock(references, ShareRowExclusive);
                if definition.validated {
                    family.iter().for_each(|member| self.scan(member));
                }
            }
            ConstraintKind::Check(_) => {
                self.lock_all(family, AccessExclusive);
                if definition.validated {
                    family.iter().for_each(|member| self.scan(member));
                }
            }
            ConstraintKind::NotNull(column) => {
                self.lock_all(family, AccessExclusive);
                if definition.validated {
                    family
                        .iter()
                        .for_each(|member| self.verify_not_null(member, column));
                }
            }
            ConstraintKind::Unique(_)
            | ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Exclude(_) => {
                self.lock(table, AccessExclusive);
                let is_key = matches!(definition.kind, ConstraintKind::PrimaryKey(_));
                let after = self.context.after.relation(table);
                let key = after.and_then(|own| {
                    own.constraints.iter().find_map(|one| match &one.kind {
                        ConstraintKind::PrimaryKey(columns) if is_key => Some(columns.clone()),
                        _ => None,
                    })
                });
                for column in key.unwrap_or_default() {
                    self.verify_not_null(table, &column);
                }
                match &definition.using_index {
                    None => self.build_new(table),
                    Some(index) if definition.name.as_ref().is_some_and(|name| name != index) => {
                        let full = Name::folded(Some(&table.schema), index);
                        self.lock(&full, self.renamed_index());
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// The lock that renaming an index takes on it.
    pub(super) fn renamed_index(&self) -> LockMode {
        if self.context.server >= 12 {
            ShareUpdateExclusive
        } else {
            AccessExclusive
        }
    }

    fn drop_constraint(&mut self, table: &Name, family: &[Name], name: &str) {
        self.lock_all(family, AccessExclusive);
        self.drop_lost(table);
        let found: Option<&Constraint> = self.before(table).and_then(|own| own.constraint(name));
        if let Some(ConstraintKind::ForeignKey { references, .. }) = found.map(|found| &found.kind)
        {
            self.lock(references, AccessExclusive);
        }
        for (other, key) in referencing(self.context.before, table) {
            let after = self.context.after.relation(&other);
            if after.is_none_or(|other| other.constraint(&key).is_none()) {
                self.lock(&other, AccessExclusive);
            }
        }
    }

    fn validate(&mut self, table: &Name, family: &[Name], name: &str) {
        self.lock(table, ShareUpdateExclusive);
        let Some(found) = self.before(table).and_then(|own| own.constraint(name)) else {
            return;
        };
        if found.validated {
            return;
        }
        if let ConstraintKind::ForeignKey { references, .. } = &found.kind {
            self.lock(references, RowShare);
            self.scan(table);
        } else {
            self.lock_all(family, ShareUpdateExclusive);
            family.iter().for_each(|member| self.scan(member));
        }
    }

    fn attach(&mut self, table: &Name, partition: &Name, bound: &PartitionBound) {
        let on_table = if self.context.server >= 12 {
            ShareUpdateExclusive
        } else {
            AccessExclusive
        };
        self.lock(table, on_table);
        self.lock_all(&self.family(partition), AccessExclusive);
        let (Some(own), Some(child)) = (self.before(table), self.before(partition)) else {
            return;
        };
        if self.context.server >= 12 {
            for index in Self::indexes(Some(own), table) {
                self.lock(&index, ShareUpdateExclusive);
            }
        }
        self.build_new(partition);
        if !proof::within(child, &own.partition_key, bound) {
            if child.kind == RelationKind::Partitioned {
                descendants(self.context.before, partition)
                    .iter()
                    .for_each(|leaf| self.scan(leaf));
            } else {
                self.scan(partition);
            }
        }
        // rows that the new partition should hold must not be in the default one
        if let Some(default) = &own.default_partition {
            self.lock(default, AccessExclusive);
            self.scan(default);
        }
    }

    fn detach(&mut self, table: &Name, partition: &Name, concurrently: bool, finalize: bool) {
        if concurrently || finalize {
            self.forbidden = concurrently;
            self.waits = true;
            self.lock(table, ShareUpdateExclusive);
            if finalize {
                self.lock(partition, AccessExclusive);
            }
            return;
        }
        self.lock(table, AccessExclusive);
        let child = if self.context.server >= 14 {
            AccessExclusive
        } else {
            ShareUpdateExclusive
        };
        self.lock(partition, child);
        // the indexes that belong to those of the table are set free
        let Some(own) = self.before(table) else {
            return;
        };
        for index in self
            .before(partition)
            .map_or(&[][..], |child| &child.indexes)
        {
            if own.indexes.iter().any(|parent| parent.text == index.text) {
                let full = Name::folded(Some(&partition.schema), &index.name);
                self.lock(&full, AccessExclusive);
            }
        }
        if let Some(default) = &own.default_partition {
            self.lock(default, AccessExclusive);
        }
    }
}
