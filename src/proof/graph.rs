//! Inside one lane: where its edges forward and back lead.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::lanes::MAX_STATE;

/// What takes a lane from one of its states to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The next state.
    Forward,
    /// Something failed or ran out of time.
    Failure,
    /// A jump that the plan asks for.
    Goto,
    /// The way back to what was before.
    Rollback,
}

/// An edge between two states of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateEdge {
    /// Where it starts.
    pub from: u32,
    /// Where it leads.
    pub to: u32,
    /// What takes it.
    pub way: Way,
}

/// The states of one lane, from `0`, in which it starts, and all edges between them.
///
/// Each question is one search, linear in states and edges, with nothing left to chance: edges are
/// followed in the order in which they were added.
#[derive(Clone, Debug)]
pub struct StateGraph {
    graph: DiGraph<(), Way, u32>,
    terminal: Vec<bool>,
}

impl StateGraph {
    /// The states `0..=last` without edges; nothing above [`MAX_STATE`].
    pub fn new(last: u32) -> Option<Self> {
        if last > MAX_STATE {
            return None;
        }
        let mut graph = DiGraph::default();
        for _ in 0..=last {
            graph.add_node(());
        }
        let terminal = vec![false; graph.node_count()];
        Some(StateGraph { graph, terminal })
    }

    /// Adds an edge; whether both of its states exist.
    #[must_use]
    pub fn edge(&mut self, edge: StateEdge) -> bool {
        let (from, to) = (node(edge.from), node(edge.to));
        let exist = self.has(edge.from) && self.has(edge.to);
        if exist {
            self.graph.add_edge(from, to, edge.way);
        }
        exist
    }

    /// Says that the lane may rest in this state for ever: done, or rolled back; whether it exists.
    #[must_use]
    pub fn terminal(&mut self, state: u32) -> bool {
        match self.terminal.get_mut(state as usize) {
            Some(terminal) => {
                *terminal = true;
                true
            }
            None => false,
        }
    }

    /// The states that no path from the start leads to, in order.
    pub fn unreachable(&self) -> Vec<u32> {
        let (seen, _) = self.search([node(0)], Direction::Outgoing);
        states(seen.iter().map(|seen| !seen))
    }

    /// The states that can be reached and from which no terminal state can be: dead ends and loops
    /// without a way out, in order.
    pub fn stuck(&self) -> Vec<u32> {
        let terminal = states(self.terminal.iter().copied()).into_iter().map(node);
        let (ends, _) = self.search(terminal, Direction::Incoming);
        let (seen, _) = self.search([node(0)], Direction::Outgoing);
        states(seen.iter().zip(&ends).map(|(seen, ends)| *seen && !ends))
    }

    /// The states that can be reached from `from`, itself included, in order; none where it does not
    /// exist.
    pub fn reachable_from(&self, from: u32) -> Vec<u32> {
        if !self.has(from) {
            return Vec::new();
        }
        let (seen, _) = self.search([node(from)], Direction::Outgoing);
        states(seen.into_iter())
    }

    /// The fewest edges from one state to another: empty where they are the same, nothing where no
    /// path leads there. Of several such paths it is the one whose edges were added first.
    pub fn shortest_path(&self, from: u32, to: u32) -> Option<Vec<StateEdge>> {
        if !self.has(from) || !self.has(to) {
            return None;
        }
        let (seen, by) = self.search([node(from)], Direction::Outgoing);
        if !seen[to as usize] {
            return None;
        }
        let mut path = Vec::new();
        let mut at = node(to);
        while let Some(edge) = by[at.index()] {
            let (before, after) = self.graph.edge_endpoints(edge)?;
            path.push(StateEdge {
                from: before.index() as u32,
                to: after.index() as u32,
                way: *self.graph.edge_weight(edge)?,
            });
            at = before;
        }
        path.reverse();
        Some(path)
    }

    fn has(&self, state: u32) -> bool {
        (state as usize) < self.graph.node_count()
    }

    /// Breadth first from `starts`: what is found, and by which edge.
    fn search(
        &self,
        starts: impl IntoIterator<Item = NodeIndex>,
        direction: Direction,
    ) -> (Vec<bool>, Vec<Option<EdgeIndex>>) {
        let mut seen = vec![false; self.graph.node_count()];
        let mut by = vec![None; self.graph.node_count()];
        let mut queue = VecDeque::new();
        for start in starts {
            if !std::mem::replace(&mut seen[start.index()], true) {
                queue.push_back(start);
            }
        }
        let mut edges = Vec::new();
        while let Some(at) = queue.pop_front() {
            edges.clear();
            edges.extend(self.graph.edges_directed(at, direction).map(|edge| {
                let next = match direction {
                    Direction::Outgoing => edge.target(),
                    Direction::Incoming => edge.source(),
                };
                (edge.id(), next)
            }));
            edges.sort_unstable();
            for (edge, next) in &edges {
                if !std::mem::replace(&mut seen[next.index()], true) {
                    by[next.index()] = Some(*edge);
                    queue.push_back(*next);
                }
            }
        }
        (seen, by)
    }
}

fn node(state: u32) -> NodeIndex {
    NodeIndex::new(state as usize)
}

/// The numbers of the states for which it is true.
fn states(of: impl Iterator<Item = bool>) -> Vec<u32> {
    (0..)
        .zip(of)
        .filter_map(|(state, is)| is.then_some(state))
        .collect()
}
