//! What is asked of the way back from a state.

use super::*;

impl Bench<'_> {
    /// Asks everything of the ways back from one state.
    pub(super) fn look_back(
        &mut self,
        plans: &[Walked],
        state: &[usize],
        depth: usize,
        live: &[Atom],
    ) {
        let depth = depth.max(1);
        for (own, plan) in plans.iter().enumerate() {
            let here = &plan.positions[state[own]];
            let apart = &self.apart;
            // who waits for this plan was taken back before it
            let before = |atom: &Atom| {
                atom.0.is_some_and(|other| {
                    atom.2 == How::Is
                        && plans[other].from & 1 << atom.1 == 0
                        && !plan.alone
                        && !plans[other].alone
                        && plans[other].positions[state[other]].above
                        && !apart.contains(&(own, other, state[other]))
                })
            };
            let strangers = live.iter().filter(|atom| atom.0 != Some(own));
            let others: Vec<Atom> = strangers
                .clone()
                .filter(|atom| !before(atom))
                .copied()
                .collect();
            let how = |version: usize| here.live & 1 << version == 0;
            let each = |mask: u32| (0..32).filter(move |at| mask & 1 << at != 0);
            for (lane, &database) in self.databases.iter().enumerate() {
                let Some((takes, target)) = here.takes(database) else {
                    continue;
                };
                let schema = state[plans.len() + lane];
                let downs: Vec<usize> = self.facts.downs[database][schema]
                    .iter()
                    .filter(|(migration, _)| *migration > target)
                    .map(|(_, at)| *at)
                    .collect();
                let mut met: Vec<(usize, bool, usize, usize)> = Vec::new();
                for left in 1..=downs.len() {
                    let rows = depth + takes + 1 + left;
                    let catalog = downs[left - 1];
                    met.extend(
                        each(here.way.iter().flatten().nth(takes).map_or(0, |c| c.live))
                            .map(|at| (at, how(at), catalog, rows)),
                    );
                    met.extend(
                        others
                            .iter()
                            .map(|atom| (atom.1, atom.2 != How::Is, catalog, rows)),
                    );
                }
                let last = downs.last().copied().unwrap_or(schema);
                for (number, change) in here.way.iter().flatten().enumerate().skip(takes + 1) {
                    let rows = depth + number + 1 + downs.len();
                    met.extend(each(change.live).map(|at| (at, how(at), last, rows)));
                }
                for (version, back, catalog, rows) in met {
                    let facts = self.facts;
                    let Some(found) = facts.breaks[version][database].get(catalog) else {
                        continue;
                    };
                    for failure in found {
                        if !self.counts(failure) {
                            continue;
                        }
                        if failure.hard {
                            let known = self.line[own].unwrap_or(usize::MAX);
                            self.line[own] = Some(known.min(state[own]));
                        }
                        if here.above {
                            let key = (version, database, failure.what.clone());
                            let best = self.ways.entry(key).or_insert((rows, back));
                            *best = (*best).min((rows, back));
                        }
                    }
                }
            }
        }
    }

    /// Whether no other plan rolls what this one goes on with.
    pub(super) fn is_first(&self, own: usize) -> bool {
        self.chains
            .iter()
            .all(|chain| !chain.contains(&own) || chain[0] == own)
    }

    /// The versions that wrote in a position that was left, not so long ago that it is forgotten.
    pub(super) fn left(&self, plans: &[Walked], state: &[usize], kept: u64) -> u32 {
        let mut left = 0;
        for (own, plan) in plans.iter().enumerate() {
            let first = usize::from(!self.is_first(own));
            for at in first..=state[own] {
                let position = &plan.positions[at];
                let from = position.brings(plan, at);
                // the end of a plan lasts until the one begins that goes on with it
                let next = self.chains.iter().find_map(|chain| {
                    let at = chain.iter().position(|&other| other == own)?;
                    chain.get(at + 1)
                });
                // what may be walked again is never left for good
                if plan.goes_again {
                    left |= position.live | from;
                    continue;
                }
                let gone = match (at + 1 == plan.positions.len(), next) {
                    (false, _) => (own, at + 1),
                    (true, Some(&next)) => (next, 1),
                    (true, None) => continue,
                };
                if state[gone.0] < gone.1 {
                    continue;
                }
                let since = &self.times[gone.0][gone.1];
                let passed = since.iter().zip(state).filter_map(|(row, &at)| row[at]);
                if passed.max().is_some_and(|passed| passed < kept) {
                    left |= position.live;
                }
            }
        }
        left
    }

    /// Whether what breaks is there at all: somebody writes it.
    pub(super) fn counts(&self, found: &Failure) -> bool {
        found
            .written_by
            .is_none_or(|writers| writers & self.known != 0)
    }
}
