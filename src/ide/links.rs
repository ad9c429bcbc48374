//! Texts that name files.

use std::path::PathBuf;

use crate::source::{FileId, Loader, Span};

use super::names::Symbol;
use super::{View, paths};

/// A text that names a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The text, without quotes.
    pub span: Span,
    /// The file.
    pub target: PathBuf,
}

/// The links of a plan file: imports, manifests, folders of migrations. Files that are not there
/// are left out: the check says so.
pub fn links(view: &View, loader: &dyn Loader, file: FileId) -> Vec<Link> {
    let Some(own) = view.project.files.iter().find(|own| own.id == file) else {
        return Vec::new();
    };
    let mut links = Vec::new();
    for name in view.names.in_file(file) {
        let target = match &name.symbol {
            Symbol::File(path) => paths::target(loader, &own.root, &own.folder, path),
            Symbol::Migration(..) => migration_file(view, &name.symbol).map(|(path, _)| path),
            _ => None,
        };
        links.extend(target.map(|target| Link {
            span: name.span,
            target,
        }));
    }
    links
}

/// The file of a migration, and the place of its SQL.
pub(super) fn migration_file(view: &View, symbol: &Symbol) -> Option<(PathBuf, Span)> {
    let Symbol::Migration(database, id) = symbol else {
        return None;
    };
    let declared = view.project.decls.get(database.0)?;
    let mut databases = view.model.databases.iter();
    let database = databases.find(|database| database.name.span == declared.name_span)?;
    let (_, migrations) = database.migrations.as_ref()?;
    let migration = migrations.migrations.get(migrations.find(id)?)?;
    let script = migration.up?;
    let path = view.project.sources.file(script.file).path.clone();
    Some((path, script.span))
}
