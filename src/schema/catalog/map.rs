//! An ordered map whose copies share what did not change, so that a state for each statement costs
//! what the statement touched.
//!
//! A weight-balanced tree: S. Adams, "Efficient sets: a balancing act", Journal of Functional
//! Programming 3(4), 1993, with the parameters that Y. Hirai and K. Yamamoto proved right
//! ("Balancing weight-balanced trees", Journal of Functional Programming 21(3), 2011).

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
#[cfg(test)]
use std::ops::Index;
use std::sync::Arc;

/// How many times heavier than its sibling a subtree may be.
const DELTA: usize = 3;
/// Below which ratio of its subtrees one rotation is enough.
const RATIO: usize = 2;

type Link<K, V> = Option<Arc<Node<K, V>>>;

#[derive(Clone)]
struct Node<K, V> {
    key: Arc<K>,
    value: V,
    size: usize,
    left: Link<K, V>,
    right: Link<K, V>,
}

/// An ordered map. A copy costs nothing; reading, inserting and removing cost the logarithm of its
/// size.
pub struct Map<K, V> {
    root: Link<K, V>,
}

impl<K, V> Clone for Map<K, V> {
    fn clone(&self) -> Self {
        Map {
            root: self.root.clone(),
        }
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Map { root: None }
    }
}

fn size<K, V>(link: &Link<K, V>) -> usize {
    link.as_ref().map_or(0, |node| node.size)
}

fn join<K, V>(key: Arc<K>, value: V, left: Link<K, V>, right: Link<K, V>) -> Arc<Node<K, V>> {
    Arc::new(Node {
        size: 1 + size(&left) + size(&right),
        key,
        value,
        left,
        right,
    })
}

/// A node with these parts; one side may have grown or shrunk by one.
fn balanced<K, V: Clone>(
    key: Arc<K>,
    value: V,
    left: Link<K, V>,
    right: Link<K, V>,
) -> Arc<Node<K, V>> {
    let (weight_left, weight_right) = (size(&left) + 1, size(&right) + 1);
    if weight_right > DELTA * weight_left
        && let Some(heavy) = &right
    {
        let inner = heavy.left.clone();
        return match &inner {
            Some(middle) if size(&inner) + 1 >= RATIO * (size(&heavy.right) + 1) => join(
                Arc::clone(&middle.key),
                middle.value.clone(),
                Some(join(key, value, left, middle.left.clone())),
                Some(join(
                    Arc::clone(&heavy.key),
                    heavy.value.clone(),
                    middle.right.clone(),
                    heavy.right.clone(),
                )),
            ),
            _ => join(
                Arc::clone(&heavy.key),
                heavy.value.clone(),
                Some(join(key, value, left, inner)),
                heavy.right.clone(),
            ),
        };
    }
    if weight_left > DELTA * weight_right
        && let Some(heavy) = &left
    {
        let inner = heavy.right.clone();
        return match &inner {
            Some(middle) if size(&inner) + 1 >= RATIO * (size(&heavy.left) + 1) => join(
                Arc::clone(&middle.key),
                middle.value.clone(),
                Some(join(
                    Arc::clone(&heavy.key),
                    heavy.value.clone(),
                    heavy.left.clone(),
                    middle.left.clone(),
                )),
                Some(join(key, value, middle.right.clone(), right)),
            ),
            _ => join(
                Arc::clone(&heavy.key),
                heavy.value.clone(),
                heavy.left.clone(),
                Some(join(key, value, inner, right)),
            ),
        };
    }
    join(key, value, left, right)
}

/// The tree with the key, and the value that it had before.
fn inserted<K: Ord, V: Clone>(
    link: &Link<K, V>,
    key: Arc<K>,
    value: V,
) -> (Arc<Node<K, V>>, Option<V>) {
    let Some(node) = link else {
        return (join(key, value, None, None), None);
    };
    match key.cmp(&node.key) {
        Ordering::Equal => (
            join(key, value, node.left.clone(), node.right.clone()),
            Some(node.value.clone()),
        ),
        Ordering::Less => {
            let (left, old) = inserted(&node.left, key, value);
            let (own, mine) = (Arc::clone(&node.key), node.value.clone());
            (balanced(own, mine, Some(left), node.right.clone()), old)
        }
        Ordering::Greater => {
            let (right, old) = inserted(&node.right, key, value);
            let (own, mine) = (Arc::clone(&node.key), node.value.clone());
            (balanced(own, mine, node.left.clone(), Some(right)), old)
        }
    }
}

/// The tree without its first key, and that.
fn without_first<K, V: Clone>(node: &Arc<Node<K, V>>) -> (Link<K, V>, Arc<K>, V) {
    match &node.left {
        None => (
            node.right.clone(),
            Arc::clone(&node.key),
            node.value.clone(),
        ),
        Some(left) => {
            let (rest, key, value) = without_first(left);
            let (own, mine) = (Arc::clone(&node.key), node.value.clone());
            let rest = balanced(own, mine, rest, node.right.clone());
            (Some(rest), key, value)
        }
    }
}

/// The tree without the key, which it holds, and the value.
fn removed<K, V: Clone, Q: Ord + ?Sized>(link: &Link<K, V>, key: &Q) -> (Link<K, V>, Option<V>)
where
    K: Borrow<Q>,
{
    let Some(node) = link else {
        return (None, None);
    };
    let (own, mine) = (Arc::clone(&node.key), node.value.clone());
    match key.cmp((*node.key).borrow()) {
        Ordering::Less => {
            let (left, old) = removed(&node.left, key);
            (Some(balanced(own, mine, left, node.right.clone())), old)
        }
        Ordering::Greater => {
            let (right, old) = removed(&node.right, key);
            (Some(balanced(own, mine, node.left.clone(), right)), old)
        }
        Ordering::Equal => {
            let rest = match &node.right {
                None => node.left.clone(),
                Some(right) => {
                    let (rest, key, value) = without_first(right);
                    Some(balanced(key, value, node.left.clone(), rest))
                }
            };
            (rest, Some(mine))
        }
    }
}

fn node_of<'a, K: Borrow<Q>, V, Q: Ord + ?Sized>(
    mut link: &'a Link<K, V>,
    key: &Q,
) -> Option<&'a Node<K, V>> {
    while let Some(node) = link {
        link = match key.cmp((*node.key).borrow()) {
            Ordering::Equal => return Some(node),
            Ordering::Less => &node.left,
            Ordering::Greater => &node.right,
        };
    }
    None
}

impl<K: Ord, V: Clone> Map<K, V> {
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        node_of(&self.root, key).map(|node| &node.value)
    }

    /// The value of a key, to be changed. What other copies share is copied first.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q> + Clone,
    {
        if !self.contains_key(key) {
            return None;
        }
        let mut link = self.root.as_mut();
        while let Some(node) = link {
            let node = Arc::make_mut(node);
            link = match key.cmp((*node.key).borrow()) {
                Ordering::Equal => return Some(&mut node.value),
                Ordering::Less => node.left.as_mut(),
                Ordering::Greater => node.right.as_mut(),
            };
        }
        None
    }

    /// Whether it holds a key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// Sets the value of a key; gives the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (root, old) = inserted(&self.root, Arc::new(key), value);
        self.root = Some(root);
        old
    }

    /// Takes a key out; gives the value it had.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if !self.contains_key(key) {
            return None;
        }
        let (root, old) = removed(&self.root, key);
        self.root = root;
        old
    }

    /// How many keys it holds.
    pub fn len(&self) -> usize {
        size(&self.root)
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Keys and values in the order of the keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter { open: Vec::new() };
        iter.descend(&self.root);
        iter
    }

    /// Keys and values from `key` on, in the order of the keys.
    pub fn from<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut open = Vec::new();
        let mut link = &self.root;
        while let Some(node) = link {
            if (*node.key).borrow() < key {
                link = &node.right;
            } else {
                open.push(&**node);
                link = &node.left;
            }
        }
        Iter { open }
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The keys that are here, and are not or have another value in `other`, in their order.
    /// Quick where one map came from the other by few changes: what they share is not looked at.
    pub fn differing<'a>(&'a self, other: &Map<K, V>) -> Vec<&'a K>
    where
        V: PartialEq,
    {
        let mut found = Vec::new();
        differing(&self.root, &other.root, &mut found);
        found
    }
}

fn differing<'a, K: Ord, V: Clone + PartialEq>(
    one: &'a Link<K, V>,
    other: &Link<K, V>,
    found: &mut Vec<&'a K>,
) {
    let Some(node) = one else { return };
    if let Some(other) = other
        && Arc::ptr_eq(node, other)
    {
        return;
    }
    let (before, same, behind) = split(other, &node.key);
    differing(&node.left, &before, found);
    if same.is_none_or(|value| value != node.value) {
        found.push(&node.key);
    }
    differing(&node.right, &behind, found);
}

/// What stands before a key, its value, and what stands behind it. The parts are not balanced:
/// they are compared and dropped.
fn split<K: Ord, V: Clone>(link: &Link<K, V>, key: &K) -> (Link<K, V>, Option<V>, Link<K, V>) {
    let Some(node) = link else {
        return (None, None, None);
    };
    let part = |left, right| Some(join(Arc::clone(&node.key), node.value.clone(), left, right));
    match key.cmp(&node.key) {
        Ordering::Equal => (
            node.left.clone(),
            Some(node.value.clone()),
            node.right.clone(),
        ),
        Ordering::Less => {
            let (before, value, behind) = split(&node.left, key);
            (before, value, part(behind, node.right.clone()))
        }
        Ordering::Greater => {
            let (before, value, behind) = split(&node.right, key);
            (part(node.left.clone(), before), value, behind)
        }
    }
}

/// Keys and values of a [`Map`] in the order of the keys.
pub struct Iter<'a, K, V> {
    /// What is still to come: each before its right side.
    open: Vec<&'a Node<K, V>>,
}

impl<'a, K, V> Iter<'a, K, V> {
    fn descend(&mut self, mut link: &'a Link<K, V>) {
        while let Some(node) = link {
            self.open.push(node);
            link = &node.left;
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.open.pop()?;
        self.descend(&node.right);
        Some((&node.key, &node.value))
    }
}

impl<'a, K: Ord, V: Clone> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord, V: Clone + PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.differing(other).is_empty()
    }
}

impl<K: Ord + fmt::Debug, V: Clone + fmt::Debug> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
impl<K: Ord + Borrow<Q>, V: Clone, Q: Ord + ?Sized> Index<&Q> for Map<K, V> {
    type Output = V;

    #[expect(clippy::panic, reason = "what `Index` means; input never reaches it")]
    fn index(&self, key: &Q) -> &V {
        self.get(key).unwrap_or_else(|| panic!("no such key"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn depth<K, V>(link: &Link<K, V>) -> usize {
        link.as_ref()
            .map_or(0, |node| 1 + depth(&node.left).max(depth(&node.right)))
    }

    /// Numbers that look random, always the same ones (Marsaglia, "Xorshift RNGs", 2003).
    fn numbers() -> impl FnMut(u64) -> u64 {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        }
    }

    #[test]
    fn it_agrees_with_the_map_of_the_standard_library() {
        let mut next = numbers();
        let (mut own, mut theirs) = (Map::default(), BTreeMap::new());
        let mut kept = Vec::new();
        for round in 0..20_000 {
            let key = next(500);
            match next(3) {
                0 => assert_eq!(own.remove(&key), theirs.remove(&key)),
                1 => assert_eq!(own.insert(key, round), theirs.insert(key, round)),
                _ => {
                    let (one, other) = (own.get_mut(&key), theirs.get_mut(&key));
                    assert_eq!(one, other);
                    if let (Some(one), Some(other)) = (one, other) {
                        (*one, *other) = (round, round);
                    }
                }
            }
            assert_eq!(own.len(), theirs.len());
            if round % 1_000 == 0 {
                kept.push((own.clone(), theirs.clone()));
            }
        }
        for (own, theirs) in &kept {
            assert!(own.iter().eq(theirs.iter()), "a copy is changed by another");
            let from = |key: u64| own.from(&key).eq(theirs.range(key..));
            assert!(from(0) && from(250) && from(499) && from(500));
            for (other, their_other) in &kept {
                let expected: Vec<&u64> = theirs
                    .iter()
                    .filter(|(key, value)| their_other.get(key) != Some(value))
                    .map(|(key, _)| key)
                    .collect();
                assert_eq!(own.differing(other), expected);
            }
        }
    }

    #[test]
    fn it_stays_flat_however_it_is_filled() {
        let mut map = Map::default();
        for key in 0..10_000_u32 {
            map.insert(key, ());
        }
        assert!(depth(&map.root) <= 2 * 14, "{}", depth(&map.root));
        for key in 0..9_990 {
            map.remove(&key);
        }
        assert!(depth(&map.root) <= 8, "{}", depth(&map.root));
    }
}
