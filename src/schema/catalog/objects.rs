//! The objects of one kind in a catalog, by name, and which of them name another.

use std::collections::BTreeSet;
#[cfg(test)]
use std::ops::Index;
use std::sync::Arc;

use super::map::{Iter, Map};
use super::{ConstraintKind, Function, Name, Relation, Sequence, UserType};

/// An object that may name relations.
pub trait Links: Clone {
    /// The relations that it names.
    fn links(&self) -> BTreeSet<&Name>;
}

impl Links for Arc<Relation> {
    fn links(&self) -> BTreeSet<&Name> {
        let keys = self.constraints.iter().filter_map(|found| {
            let ConstraintKind::ForeignKey { references, .. } = &found.kind else {
                return None;
            };
            Some(references)
        });
        let reads = self.reads.iter().map(|read| &read.relation);
        keys.chain(reads)
            .chain(&self.parents)
            .chain(&self.default_partition)
            .collect()
    }
}

impl Links for Sequence {
    fn links(&self) -> BTreeSet<&Name> {
        self.owned_by.iter().map(|owner| &owner.relation).collect()
    }
}

impl Links for Arc<UserType> {
    fn links(&self) -> BTreeSet<&Name> {
        BTreeSet::new()
    }
}

impl Links for Vec<Arc<Function>> {
    fn links(&self) -> BTreeSet<&Name> {
        BTreeSet::new()
    }
}

impl Links for Name {
    fn links(&self) -> BTreeSet<&Name> {
        BTreeSet::new()
    }
}

/// Objects by name. A copy costs nothing, and shares with the other what is not changed; what
/// names a relation is found without looking at the rest.
#[derive(Clone, Debug)]
pub struct Objects<V: Clone> {
    all: Map<Name, V>,
    /// A relation, and an object that names it.
    named: Map<(Name, Name), ()>,
    /// What was lent to be changed, and what it named before that: its links may be others now.
    lent: Option<(Name, Vec<Name>)>,
}

impl<V: Clone> Default for Objects<V> {
    fn default() -> Self {
        Objects {
            all: Map::default(),
            named: Map::default(),
            lent: None,
        }
    }
}

impl<V: Links> Objects<V> {
    /// The object of that name.
    pub fn get(&self, name: &Name) -> Option<&V> {
        self.all.get(name)
    }

    /// Whether there is an object of that name.
    pub fn contains_key(&self, name: &Name) -> bool {
        self.all.contains_key(name)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All, by name.
    pub fn iter(&self) -> Iter<'_, Name, V> {
        self.all.iter()
    }

    /// All names, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &Name> {
        self.all.keys()
    }

    /// All objects, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.all.values()
    }

    /// The names of a schema, in their order.
    pub fn in_schema<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a Name> {
        let first = Name::folded(Some(schema), "");
        let rest = self.all.from(&first).map(|(name, _)| name);
        rest.take_while(move |name| name.schema == schema)
    }

    /// The names that are here, and are not or mean something else in `other`. Quick where one
    /// came from the other by few changes.
    pub fn differing(&self, other: &Objects<V>) -> Vec<&Name>
    where
        V: PartialEq,
    {
        self.all.differing(&other.all)
    }

    /// The objects that name a relation, by name.
    pub fn naming<'a>(&'a self, relation: &Name) -> Vec<(&'a Name, &'a V)> {
        let first = (relation.clone(), Name::folded(Some(""), ""));
        let known = self.named.from(&first).map(|(pair, ())| pair);
        let mut found: BTreeSet<&Name> = known
            .take_while(|(target, _)| target == relation)
            .map(|(_, name)| name)
            .collect();
        found.extend(self.lent.iter().map(|(name, _)| name));
        found
            .into_iter()
            .filter_map(|name| self.all.from(name).next().filter(|(key, _)| *key == name))
            .filter(|(_, object)| object.links().contains(relation))
            .collect()
    }

    /// Puts an object in; gives the one of that name before.
    pub fn insert(&mut self, name: Name, object: V) -> Option<V> {
        self.settle();
        for link in object.links() {
            self.named.insert((link.clone(), name.clone()), ());
        }
        let old = self.all.insert(name.clone(), object);
        if let Some(old) = &old {
            let links = old.links().into_iter().cloned().collect();
            self.lent = Some((name, links));
            self.settle();
        }
        old
    }

    /// Takes an object out.
    pub fn remove(&mut self, name: &Name) -> Option<V> {
        self.settle();
        let old = self.all.remove(name)?;
        for link in old.links() {
            self.named.remove(&(link.clone(), name.clone()));
        }
        Some(old)
    }

    /// The object of that name, to be changed.
    pub fn get_mut(&mut self, name: &Name) -> Option<&mut V> {
        self.settle();
        let links = self.all.get(name)?.links().into_iter().cloned().collect();
        self.lent = Some((name.clone(), links));
        self.all.get_mut(name)
    }

    /// Keeps those that are `wanted`.
    pub fn retain(&mut self, wanted: impl Fn(&Name, &V) -> bool) {
        let all = self.all.iter();
        let going: Vec<Name> = all
            .filter(|(name, object)| !wanted(name, object))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &going {
            self.remove(name);
        }
    }

    /// Notes what was lent under what it names now.
    fn settle(&mut self) {
        let Some((name, before)) = self.lent.take() else {
            return;
        };
        let now: BTreeSet<Name> = match self.all.get(&name) {
            Some(object) => object.links().into_iter().cloned().collect(),
            None => BTreeSet::new(),
        };
        for gone in before.iter().filter(|link| !now.contains(link)) {
            self.named.remove(&(gone.clone(), name.clone()));
        }
        for new in now.iter().filter(|link| !before.contains(link)) {
            self.named.insert((new.clone(), name.clone()), ());
        }
    }
}

impl<V: Links + PartialEq> PartialEq for Objects<V> {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl<'a, V: Links> IntoIterator for &'a Objects<V> {
    type Item = (&'a Name, &'a V);
    type IntoIter = Iter<'a, Name, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

#[cfg(test)]
impl<V: Links> Index<&Name> for Objects<V> {
    type Output = V;

    fn index(&self, name: &Name) -> &V {
        &self.all[name]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::catalog::Dependency;
    use crate::source::{FileId, Span};

    fn owned(by: &str) -> Sequence {
        Sequence {
            owned_by: Some(Dependency {
                relation: Name::folded(None, by),
                column: None,
            }),
            span: Span::new(FileId(0), 0, 0),
        }
    }

    #[test]
    fn what_names_a_relation_is_found_after_every_change() {
        let name = |text: &str| Name::folded(None, text);
        let naming = |objects: &Objects<Sequence>, of: &str| -> Vec<String> {
            let found = objects.naming(&name(of)).into_iter();
            found.map(|(name, _)| name.to_string()).collect()
        };
        let mut all = Objects::default();
        all.insert(name("s1"), owned("t"));
        all.insert(name("s2"), owned("t"));
        let before = all.clone();
        assert_eq!(naming(&all, "t"), ["s1", "s2"]);
        *all.get_mut(&name("s1")).expect("s1") = owned("u");
        assert_eq!(naming(&all, "t"), ["s2"], "while it is lent");
        assert_eq!(naming(&all, "u"), ["s1"]);
        all.insert(name("s2"), owned("u"));
        assert_eq!(naming(&all, "t"), [""; 0]);
        assert_eq!(naming(&all, "u"), ["s1", "s2"]);
        all.remove(&name("s1"));
        assert_eq!(naming(&all, "u"), ["s2"]);
        assert_eq!(all.named.len(), 1, "nothing is left behind");
        assert_eq!(naming(&before, "t"), ["s1", "s2"]);
    }
}
