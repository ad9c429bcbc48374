//! Connected components: lanes that no chain of conditions joins know nothing of one another.

use petgraph::unionfind::UnionFind;

use super::lanes::{LaneId, Lanes};

/// Which lanes belong together. Components are numbered by their lowest lane.
#[derive(Debug)]
pub(super) struct Components {
    /// Component of each lane.
    of: Vec<u32>,
    /// Number of each lane within its component.
    local: Vec<u32>,
    /// The lanes, component by component, each in order.
    lanes: Vec<LaneId>,
    /// Where each component starts in `lanes`, and the end.
    starts: Vec<usize>,
}

impl Components {
    /// Nearly linear in lanes and conditions.
    pub(super) fn new(lanes: &Lanes) -> Self {
        let mut sets = UnionFind::<usize>::new(lanes.len());
        for wait in lanes.waits() {
            sets.union(wait.event.lane.index(), wait.needs.lane.index());
        }
        const NONE: u32 = u32::MAX;
        let mut number = vec![NONE; lanes.len()];
        let mut sizes: Vec<u32> = Vec::new();
        let (mut of, mut local) = (Vec::new(), Vec::new());
        for (lane, root) in sets.into_labeling().into_iter().enumerate() {
            debug_assert!(lane < lanes.len());
            let component = &mut number[root];
            if *component == NONE {
                *component = sizes.len() as u32;
                sizes.push(0);
            }
            let size = &mut sizes[*component as usize];
            of.push(*component);
            local.push(*size);
            *size += 1;
        }
        let mut starts = vec![0];
        let mut end = 0;
        for size in &sizes {
            end += *size as usize;
            starts.push(end);
        }
        let mut members = vec![LaneId(0); of.len()];
        for (lane, (component, local)) in (0u32..).zip(of.iter().zip(&local)) {
            members[starts[*component as usize] + *local as usize] = LaneId(lane);
        }
        Components {
            of,
            local,
            lanes: members,
            starts,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The lanes of one component, in order.
    pub(super) fn lanes(&self, component: usize) -> &[LaneId] {
        &self.lanes[self.starts[component]..self.starts[component + 1]]
    }

    /// The component of a lane, and the lane's number within it.
    pub(super) fn place(&self, lane: LaneId) -> (u32, u32) {
        (self.of[lane.index()], self.local[lane.index()])
    }
}
