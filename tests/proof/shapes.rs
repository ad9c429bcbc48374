//! Shapes that random small lanes do not have: long lanes, many lanes, nothing, and what is not there.

use switchback::proof::{
    Clocks, Event, Fault, LaneId, Lanes, MAX_STATE, Point, Reference, StateEdge, StateGraph, Wait,
    Way, deadlocks,
};

fn event(lane: u32, state: u32) -> Event {
    Event {
        lane: LaneId(lane),
        state,
    }
}

fn point(lane: u32, state: u32) -> Point {
    Point {
        lane: LaneId(lane),
        state,
    }
}

fn lanes(last: &[u32], waits: &[(Event, Event)]) -> Lanes {
    let mut lanes = Lanes::new();
    for last in last {
        lanes.lane(*last).expect("a lane");
    }
    for (event, needs) in waits {
        lanes.wait(*event, *needs).expect("two events");
    }
    lanes
}

#[test]
fn no_lanes() {
    let clocks = Clocks::new(&Lanes::new()).expect("nothing can wait");
    assert_eq!(clocks.table_bytes(), 0);
    assert!(clocks.all_together(&[]));
    assert_eq!(clocks.shortest_run(&[]), Some(Vec::new()));
}

#[test]
fn references_are_checked() {
    let mut lanes = lanes(&[2], &[]);
    let last = MAX_STATE + 1;
    assert_eq!(lanes.lane(last), Err(Reference::TooManyStates { last }));
    let lane = LaneId(0);
    let start = Err(Reference::Start { lane });
    assert_eq!(lanes.wait(event(0, 0), event(0, 1)), start);
    assert_eq!(lanes.wait(event(0, 1), event(0, 0)), start);
    let none = Err(Reference::State {
        point: point(0, 3),
        last: 2,
    });
    assert_eq!(lanes.wait(event(0, 3), event(0, 1)), none);
    let none = Err(Reference::Lane {
        lane: LaneId(1),
        lanes: 1,
    });
    assert_eq!(lanes.wait(event(0, 1), event(1, 1)), none);
    assert!(lanes.waits().is_empty());
}

#[test]
fn what_does_not_exist_is_never_safe() {
    let clocks = Clocks::new(&lanes(&[2, 2], &[(event(0, 1), event(1, 2))])).expect("no cycle");
    assert!(!clocks.together(point(0, 1), point(1, 1)));
    for none in [point(0, 3), point(2, 0), point(u32::MAX, u32::MAX)] {
        assert!(clocks.together(none, point(1, 0)));
        assert!(clocks.together(point(1, 0), none));
        assert!(clocks.all_together(&[point(0, 0), none]));
        assert!(clocks.rolled_back(none, point(1, 0)));
        assert!(clocks.rolled_back(point(1, 0), none));
        let written = Event {
            lane: none.lane,
            state: none.state,
        };
        assert!(clocks.after_event(written, point(1, 0)));
        assert!(clocks.after_event(event(0, 1), none));
        assert!(!clocks.happens_before(written, event(0, 1)));
        assert!(!clocks.happens_before(event(0, 1), written));
        assert_eq!(clocks.shortest_run(&[none]), None);
        assert_eq!(clocks.clock(none, LaneId(0)), None);
        let range = (none.lane, none.state..=none.state);
        assert!(clocks.ranges_together((LaneId(1), 0..=0), range).is_some());
    }
    let missing = LaneId(2);
    assert!(clocks.greatest_sum(&[missing], |_| 1).is_err());
}

#[test]
fn lanes_of_more_than_a_byte() {
    // one long lane makes its component wide and leaves the other narrow
    let waits = [
        (event(0, 300), event(1, 2)),
        (event(1, 3), event(0, 299)),
        (event(2, 255), event(3, 255)),
    ];
    let clocks = Clocks::new(&lanes(&[400, 3, 255, 255], &waits)).expect("no cycle");
    assert_eq!(clocks.table_bytes(), (401 + 4) * 2 * 2 + (256 + 256) * 2);
    assert!(clocks.together(point(0, 299), point(1, 3)));
    assert!(!clocks.together(point(0, 298), point(1, 3)));
    assert!(!clocks.together(point(0, 300), point(1, 1)));
    assert!(!clocks.together(point(2, 255), point(3, 254)));
    assert!(clocks.together(point(2, 254), point(3, 0)));
    assert!(clocks.together(point(0, 400), point(3, 7)));
    assert!(clocks.joined(LaneId(2), LaneId(3)) && !clocks.joined(LaneId(1), LaneId(2)));
    let run = clocks.shortest_run(&[point(1, 3)]).expect("a run");
    assert_eq!(run.len(), 302);
    let first = clocks.ranges_together((LaneId(0), 0..=u32::MAX), (LaneId(1), 3..=9));
    assert_eq!(first, Some((point(0, 299), point(1, 3))));
}

#[test]
fn a_table_beyond_the_limit_is_refused() {
    let long = lanes(&[9, 9, 5], &[(event(0, 1), event(1, 1))]);
    let bytes = 20 * 2 + 6;
    assert!(Clocks::with_limit(&long, bytes).is_ok());
    let refused = Clocks::with_limit(&long, bytes - 1).expect_err("one byte too few");
    let fault = Fault::TooLarge {
        events: 5,
        lanes: 1,
        limit_bytes: bytes - 1,
    };
    assert_eq!(refused, fault);
    // 10,000 lanes of 20 in one component: 2 GB
    let waits: Vec<_> = (1..10_000)
        .map(|i| (event(i, 1), event(i - 1, 1)))
        .collect();
    let fault = Clocks::new(&lanes(&[20; 10_000], &waits)).expect_err("too large");
    assert!(matches!(fault, Fault::TooLarge { lanes: 10_000, .. }));
}

#[test]
fn a_deadlock_names_the_shortest_cycle() {
    // around four lanes, and across two of them
    let waits = [
        (event(0, 2), event(1, 2)),
        (event(1, 2), event(2, 2)),
        (event(2, 2), event(3, 2)),
        (event(3, 2), event(0, 3)),
        (event(1, 1), event(0, 4)),
    ];
    let knot = lanes(&[4, 4, 4, 4], &waits);
    let cycle = vec![event(0, 2), event(1, 2), event(1, 1), event(0, 4)];
    let found = Clocks::new(&knot).expect_err("a cycle");
    assert_eq!(found, Fault::Deadlock { cycle });
    let alone = lanes(&[3], &[(event(0, 2), event(0, 2))]);
    assert_eq!(deadlocks(&alone), [vec![event(0, 2)]]);
    let alone = lanes(&[3], &[(event(0, 1), event(0, 3))]);
    assert_eq!(deadlocks(&alone), [vec![event(0, 1), event(0, 3)]]);
}

#[test]
fn each_knot_is_named() {
    let waits = [
        (event(0, 1), event(1, 1)),
        (event(1, 1), event(0, 1)),
        // waits for the first knot without being part of it
        (event(2, 1), event(0, 1)),
        (event(3, 1), event(2, 2)),
        (event(2, 2), event(3, 1)),
    ];
    let found = deadlocks(&lanes(&[2, 2, 2, 2], &waits));
    let wanted = [
        vec![event(0, 1), event(1, 1)],
        vec![event(2, 2), event(3, 1)],
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_cycle_through_many_lanes_needs_no_stack() {
    let count = 50_000;
    let around = (0..count).map(|i| (event(i, 1), event((i + 1) % count, 1)));
    let around: Vec<_> = around.collect();
    let knot = lanes(&vec![1; count as usize], &around);
    assert_eq!(
        deadlocks(&knot),
        [(0..count).map(|i| event(i, 1)).collect::<Vec<_>>()]
    );
}

#[test]
fn the_largest_weights_do_not_overflow() {
    let clocks = Clocks::new(&lanes(&[2, 1], &[(event(1, 1), event(0, 1))])).expect("no cycle");
    let weight = |point: Point| {
        if point.state == 1 { i64::MAX } else { i64::MIN }
    };
    let both = [LaneId(0), LaneId(1), LaneId(0)];
    let most = clocks
        .greatest_sum(&both, weight)
        .expect("lanes that exist");
    assert_eq!(most.total, 2 * i128::from(i64::MAX));
    assert_eq!(most.cut, [point(0, 1), point(1, 1)]);
    let least = clocks.least_sum(&both, weight).expect("lanes that exist");
    assert_eq!(least.total, 2 * i128::from(i64::MIN));
    assert_eq!(least.cut, [point(0, 0), point(1, 0)]);
}

#[test]
fn an_order_that_separates_is_offered() {
    // a new reader (lane 0, state 2 on) and an old schema (lane 1, states 0 and 1)
    let clocks = Clocks::new(&lanes(&[3, 2], &[(event(0, 2), event(1, 1))])).expect("no cycle");
    let (reader, schema) = ((LaneId(0), 2..=3), (LaneId(1), 0..=1));
    let first = clocks.ranges_together(reader.clone(), schema.clone());
    assert_eq!(first, Some((point(0, 2), point(1, 1))));
    let run = clocks.shortest_run(&[point(0, 2), point(1, 1)]);
    assert_eq!(run, Some(vec![event(0, 1), event(1, 1), event(0, 2)]));
    let wait = Wait {
        event: event(0, 2),
        needs: event(1, 2),
    };
    assert_eq!(clocks.orders_apart(&reader, &schema), [wait]);
}

fn edge(from: u32, to: u32, way: Way) -> StateEdge {
    StateEdge { from, to, way }
}

#[test]
fn inside_one_lane() {
    let mut graph = StateGraph::new(6).expect("a short lane");
    for edge in [
        edge(0, 1, Way::Forward),
        edge(1, 2, Way::Forward),
        edge(1, 4, Way::Failure),
        edge(2, 1, Way::Goto),
        edge(2, 3, Way::Forward),
        edge(1, 0, Way::Rollback),
        edge(4, 5, Way::Failure),
        edge(5, 4, Way::Goto),
        edge(6, 3, Way::Forward),
    ] {
        assert!(graph.edge(edge));
    }
    assert!(!graph.edge(edge(0, 7, Way::Forward)) && !graph.terminal(7));
    assert!(graph.terminal(3));
    assert_eq!(graph.unreachable(), [6]);
    assert_eq!(graph.stuck(), [4, 5]);
    assert_eq!(graph.reachable_from(4), [4, 5]);
    let path = [
        edge(0, 1, Way::Forward),
        edge(1, 4, Way::Failure),
        edge(4, 5, Way::Failure),
    ];
    assert_eq!(graph.shortest_path(0, 5).as_deref(), Some(&path[..]));
    assert_eq!(graph.shortest_path(4, 3), None);
    assert_eq!(graph.shortest_path(2, 2), Some(Vec::new()));
    // of two ways there, the one that was added first
    assert!(graph.edge(edge(0, 1, Way::Goto)));
    let first = graph.shortest_path(0, 1);
    assert_eq!(first, Some(vec![edge(0, 1, Way::Forward)]));
    assert!(StateGraph::new(MAX_STATE + 1).is_none());
}
