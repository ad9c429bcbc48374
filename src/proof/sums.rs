//! The largest and the smallest sum over all reachable states.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::clocks::Clocks;
use super::lanes::{LaneId, Point, Reference};

/// An extreme sum, and where it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The sum of the weights of the states that the lanes are in.
    pub total: i128,
    /// A reachable state with that sum: where each of the lanes asked about stands, by lane. Of all
    /// such states it is the first, so that [`Clocks::shortest_run`] of it is the shortest run.
    pub cut: Vec<Point>,
}

impl Clocks {
    /// The largest sum of `weight` over these lanes, in any state that can be reached.
    ///
    /// Theorem 5: a reachable state is a closed set of events, and an event is worth what the weight
    /// grows by, so this is a closure of greatest weight, which one minimum cut finds (Picard 1976).
    /// A lane that is named twice counts once. Dinic's algorithm, for each component with a lane
    /// that is asked about: `O(V²E)` in its events and conditions at worst, close to linear in
    /// practice.
    ///
    /// # Errors
    /// [`Reference::Lane`] when there is no such lane.
    pub fn greatest_sum(
        &self,
        lanes: &[LaneId],
        weight: impl Fn(Point) -> i64,
    ) -> Result<Sum, Reference> {
        self.extreme(lanes, |point| i128::from(weight(point)))
    }

    /// The smallest sum of `weight` over these lanes, in any state that can be reached. As
    /// [`Clocks::greatest_sum`] in all else.
    ///
    /// # Errors
    /// [`Reference::Lane`] when there is no such lane.
    pub fn least_sum(
        &self,
        lanes: &[LaneId],
        weight: impl Fn(Point) -> i64,
    ) -> Result<Sum, Reference> {
        let mut sum = self.extreme(lanes, |point| -i128::from(weight(point)))?;
        sum.total = -sum.total;
        Ok(sum)
    }

    fn extreme(&self, lanes: &[LaneId], weight: impl Fn(Point) -> i128) -> Result<Sum, Reference> {
        let mut asked = lanes.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let mut components = Vec::new();
        for lane in &asked {
            let spot = self.spots.get(lane.index()).ok_or(Reference::Lane {
                lane: *lane,
                lanes: self.spots.len(),
            })?;
            components.push(spot.component as usize);
        }
        components.sort_unstable();
        components.dedup();
        let mut reached = vec![0; self.spots.len()];
        for component in components {
            self.closure(component, &asked, &weight, &mut reached);
        }
        let cut: Vec<Point> = asked
            .into_iter()
            .map(|lane| Point {
                lane,
                state: reached[lane.index()],
            })
            .collect();
        let total = cut.iter().map(|point| weight(*point)).sum();
        Ok(Sum { total, cut })
    }

    /// How far each lane of one component comes in its least closure of greatest weight.
    fn closure(
        &self,
        component: usize,
        asked: &[LaneId],
        weight: &impl Fn(Point) -> i128,
        reached: &mut [u32],
    ) {
        let lanes = self.components.lanes(component);
        let mut graph: DiGraph<Option<Point>, u128> = DiGraph::new();
        let (source, sink) = (graph.add_node(None), graph.add_node(None));
        let mut gains = 0u128;
        // the nodes of a lane's events stand side by side
        let mut first = Vec::with_capacity(lanes.len());
        for lane in lanes {
            first.push(graph.node_count());
            let counts = asked.binary_search(lane).is_ok();
            let mut before = counts.then(|| {
                weight(Point {
                    lane: *lane,
                    state: 0,
                })
            });
            for state in 1..self.spots[lane.index()].states {
                let point = Point { lane: *lane, state };
                let node = graph.add_node(Some(point));
                let now = counts.then(|| weight(point));
                let gain = now.unwrap_or(0) - before.unwrap_or(0);
                before = now;
                match gain {
                    0 => {}
                    1.. => {
                        gains += gain.unsigned_abs();
                        graph.add_edge(source, node, gain.unsigned_abs());
                    }
                    _ => {
                        graph.add_edge(node, sink, gain.unsigned_abs());
                    }
                }
            }
        }
        if gains == 0 {
            return;
        }
        // what an event needs cannot be cut off from it
        let uncut = gains + 1;
        for (at, lane) in lanes.iter().enumerate() {
            let node = |at: usize, state: u32| NodeIndex::new(first[at] + state as usize - 1);
            for state in 2..self.spots[lane.index()].states {
                graph.add_edge(node(at, state), node(at, state - 1), uncut);
            }
            let waiting = (0..).map_while(|nth| self.order.waiting_at(*lane, nth));
            for (event, needs) in waiting {
                for needs in needs {
                    let (_, other) = self.components.place(needs.lane);
                    let needs = node(other as usize, needs.state);
                    if node(at, event.state) != needs {
                        graph.add_edge(node(at, event.state), needs, uncut);
                    }
                }
            }
        }
        let (_, flows) = dinics(&graph, source, sink);
        for node in left(&graph, source, &flows) {
            if let Some(point) = graph[node] {
                let reached = &mut reached[point.lane.index()];
                *reached = point.state.max(*reached);
            }
        }
    }
}

/// What can still be reached from the source when the flow is as large as it can be: the least
/// source side of a minimum cut.
fn left(graph: &DiGraph<Option<Point>, u128>, source: NodeIndex, flows: &[u128]) -> Vec<NodeIndex> {
    let mut seen = vec![false; graph.node_count()];
    let mut side = Vec::new();
    let mut queue = VecDeque::from([source]);
    seen[source.index()] = true;
    while let Some(node) = queue.pop_front() {
        side.push(node);
        let forward = graph
            .edges_directed(node, Direction::Outgoing)
            .filter(|edge| flows[edge.id().index()] < *edge.weight())
            .map(|edge| edge.target());
        let back = graph
            .edges_directed(node, Direction::Incoming)
            .filter(|edge| flows[edge.id().index()] > 0)
            .map(|edge| edge.source());
        for next in forward.chain(back) {
            if !std::mem::replace(&mut seen[next.index()], true) {
                queue.push_back(next);
            }
        }
    }
    side
}
