//! Conditions that close a cycle: events that wait for one another.

use std::collections::VecDeque;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::lanes::{Event, Lanes};
use super::order::Order;

/// How many edges the search for shorter cycles may visit before it keeps the best that it has.
const WORK: usize = 1 << 22;

/// Why an event needs another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// A condition says so.
    Wait,
    /// It is earlier in the same lane.
    Chain,
}

/// One cycle for each knot of events that wait for one another (a strong component), in the order
/// of their first events; none when everything can happen.
///
/// A cycle has the fewest conditions of all in its knot, unless the knot is so large that the
/// search gives up looking for shorter ones; it never passes an event twice. It starts with its
/// lowest event. Each event needs the next one, and the last needs the first: because a condition
/// says so, or because it is an earlier event of the same lane.
///
/// `O(n log n)` in the number of conditions, and the search with its fixed bound.
pub fn deadlocks(lanes: &Lanes) -> Vec<Vec<Event>> {
    let order = Order::new(lanes);
    let reached = order.pass(order.last(), |_, _, _| {});
    cycles(&order, &reached)
}

/// The cycles among the events that were not reached. The strong components are found by
/// Kosaraju's algorithm because petgraph's form of it does not recurse.
pub(super) fn cycles(order: &Order, reached: &[u32]) -> Vec<Vec<Event>> {
    let graph = blocked(order, reached);
    let mut knots: Vec<Vec<NodeIndex>> = kosaraju_scc(&graph)
        .into_iter()
        .filter(|knot| match knot.as_slice() {
            [alone] => graph.contains_edge(*alone, *alone),
            knot => !knot.is_empty(),
        })
        .collect();
    for knot in &mut knots {
        knot.sort_unstable();
    }
    knots.sort_unstable();
    let mut search = Search::new(&graph);
    for (number, knot) in knots.iter().enumerate() {
        for node in knot {
            search.knot[node.index()] = number;
        }
    }
    knots.iter().map(|knot| search.shortest(knot)).collect()
}

/// What each event at the end of a condition needs, among the events that were not reached. The
/// nodes are in the order of the events; between them a lane has only events that wait for nothing
/// and are waited for by none.
fn blocked(order: &Order, reached: &[u32]) -> DiGraph<Event, Need> {
    let stuck = |event: &Event| event.state > reached[event.lane.index()];
    let waits: Vec<(Event, Event)> = order
        .waits()
        .filter(|(event, needs)| stuck(event) && stuck(needs))
        .collect();
    let mut events: Vec<Event> = waits.iter().flat_map(|(a, b)| [*a, *b]).collect();
    events.sort_unstable();
    events.dedup();
    let mut graph = DiGraph::with_capacity(events.len(), waits.len() + events.len());
    let nodes: Vec<NodeIndex> = events.iter().map(|event| graph.add_node(*event)).collect();
    for (pair, nodes) in events.windows(2).zip(nodes.windows(2)) {
        if let ([low, high], [earlier, later]) = (pair, nodes)
            && low.lane == high.lane
        {
            graph.add_edge(*later, *earlier, Need::Chain);
        }
    }
    let node = |event: &Event| events.binary_search(event).ok().map(|at| nodes[at]);
    for (event, needs) in &waits {
        if let (Some(event), Some(needs)) = (node(event), node(needs)) {
            graph.add_edge(event, needs, Need::Wait);
        }
    }
    graph
}

/// Searches for the cycle with the fewest conditions.
struct Search<'a> {
    graph: &'a DiGraph<Event, Need>,
    /// The knot of each node.
    knot: Vec<usize>,
    /// How many conditions lead to a node, and by which edge it was reached; valid where the
    /// number of the round is the present one.
    seen: Vec<(usize, usize, NodeIndex, Need)>,
    round: usize,
    work: usize,
}

impl<'a> Search<'a> {
    fn new(graph: &'a DiGraph<Event, Need>) -> Self {
        let nodes = graph.node_count();
        Search {
            graph,
            knot: vec![usize::MAX; nodes],
            seen: vec![(0, 0, NodeIndex::end(), Need::Wait); nodes],
            round: 0,
            work: WORK,
        }
    }

    /// The best cycle through any event of the knot that waits.
    fn shortest(&mut self, knot: &[NodeIndex]) -> Vec<Event> {
        let mut best: Option<(usize, Vec<Event>)> = None;
        for start in knot {
            let waits = |edge: petgraph::graph::EdgeReference<Need>| *edge.weight() == Need::Wait;
            if !self.graph.edges(*start).any(waits) || (best.is_some() && self.work == 0) {
                continue;
            }
            let below = best.as_ref().map_or(usize::MAX, |(waits, _)| *waits);
            if let Some(found) = self.through(*start, below) {
                best = Some(found);
            }
        }
        let mut cycle = best.map(|(_, cycle)| cycle).unwrap_or_default();
        let lowest = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
        cycle.rotate_left(lowest);
        cycle
    }

    /// The cycle through `start` with the fewest conditions, if it has fewer than `below`: a
    /// breadth-first search in which the steps within a lane cost nothing.
    fn through(&mut self, start: NodeIndex, below: usize) -> Option<(usize, Vec<Event>)> {
        self.round += 1;
        let mut queue = VecDeque::from([(0, start)]);
        let mut closed: Option<(usize, NodeIndex, Need)> = None;
        while let Some((waits, node)) = queue.pop_front() {
            // the first entry of a node is the cheapest; a later one is stale
            let (round, known, ..) = self.seen[node.index()];
            if node != start && (round, known) != (self.round, waits) {
                continue;
            }
            if waits >= closed.map_or(below, |(waits, ..)| waits) {
                break;
            }
            for edge in self.graph.edges(node) {
                self.work = self.work.saturating_sub(1);
                let (next, need) = (edge.target(), *edge.weight());
                if self.knot[next.index()] != self.knot[start.index()] {
                    continue;
                }
                let cost = waits + usize::from(need == Need::Wait);
                if next == start {
                    if cost < closed.map_or(below, |(waits, ..)| waits) {
                        closed = Some((cost, node, need));
                    }
                    continue;
                }
                let (round, known, ..) = self.seen[next.index()];
                if round == self.round && known <= cost {
                    continue;
                }
                self.seen[next.index()] = (self.round, cost, node, need);
                match need {
                    Need::Chain => queue.push_front((cost, next)),
                    Need::Wait => queue.push_back((cost, next)),
                }
            }
        }
        let (waits, last, need) = closed?;
        // back from the end of the cycle: each event with why it needs the one after it
        let mut path = vec![(last, need)];
        let mut node = last;
        while node != start {
            let (_, _, before, need) = self.seen[node.index()];
            path.push((before, need));
            node = before;
        }
        path.reverse();
        // what only passes through a lane, from a later event to an earlier one, says nothing
        let into = path.iter().cycle().skip(path.len() - 1);
        let cycle = path
            .iter()
            .zip(into)
            .filter(|((_, out), (_, into))| *out == Need::Wait || *into == Need::Wait)
            .map(|((node, _), _)| self.graph[*node])
            .collect();
        Some((waits, cycle))
    }
}
