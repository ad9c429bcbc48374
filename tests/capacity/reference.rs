//! The slow and obvious way: every state of every plan, and every combination of them.

use super::world::{Action, Amount, Plan as Declared, Service, World};

/// One service in one state of its plan.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Ready replicas, and the share of the load that they get.
    pub parts: Vec<(u64, f64)>,
    pub scheduled: u64,
}

/// A plan as a list of states, and for each step the state in which it has passed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub states: Vec<State>,
    pub passed: Vec<usize>,
}

impl Plan {
    /// The largest load as a share of what is ready.
    pub fn worst(&self, service: &Service) -> f64 {
        let mut worst: f64 = 0.0;
        for (ready, share) in self.states.iter().flat_map(|state| &state.parts) {
            let load = service.traffic as f64 * share;
            if load > 0.0 {
                worst = worst.max(match ready {
                    0 => f64::INFINITY,
                    ready => load / (service.capacity * ready) as f64,
                });
            }
        }
        worst
    }

    pub fn most(&self) -> u64 {
        self.states
            .iter()
            .map(|state| state.scheduled)
            .max()
            .unwrap_or(0)
    }
}

/// What is so between two changes.
#[derive(Clone, Copy, Debug, Default)]
struct Now {
    weight: u64,
    mirror: u64,
    size: Option<Amount>,
    second_stack: bool,
    replaced: bool,
    retired: bool,
    done: bool,
}

fn up(share: u64, whole: u64) -> u64 {
    (0..)
        .find(|count| count * 100 >= share * whole)
        .expect("some count")
}

fn counted(amount: Amount, whole: u64) -> u64 {
    match amount {
        Amount::Count(count) => count,
        Amount::Percent(share) => up(share, whole),
    }
}

fn state(world: &World, service: &Service, now: Now) -> State {
    let all = service.replicas;
    if now.replaced {
        return State {
            parts: vec![(all, 1.0)],
            scheduled: all,
        };
    }
    let weight = now.weight as f64 / 100.0;
    let over = now.done && now.weight == 100;
    let old = match now.retired || over {
        true => 0,
        false => all,
    };
    let runs = now.weight > 0 || now.mirror > 0 || now.second_stack || now.size.is_some();
    let new = match (runs, now.size) {
        (false, _) => 0,
        (true, _) if over && !world.full => all,
        (true, Some(size)) => counted(size, all),
        (true, None) if now.second_stack || world.full => all,
        (true, None) => up(now.weight, all),
    };
    let mut parts = Vec::new();
    if old > 0 && now.weight < 100 {
        parts.push((old, 1.0 - weight));
    }
    let gets = weight + now.mirror as f64 / 100.0;
    if gets > 0.0 {
        parts.push((new, gets));
    }
    State {
        parts,
        scheduled: old + new,
    }
}

pub fn walk(world: &World, plan: &Declared) -> Plan {
    let service = &world.services[plan.service];
    let all = service.replicas;
    let mut now = Now::default();
    let mut states = vec![state(world, service, now)];
    let mut passed = Vec::new();
    let mut was_replaced = false;
    for step in &plan.steps {
        for action in step {
            let before = state(world, service, now);
            match *action {
                Action::Weight(share) => now.weight = share,
                Action::Replicas(size) => now.size = Some(size),
                Action::MatchWeight => now.size = None,
                Action::Mirror(share) => now.mirror = share,
                Action::Preview => now.second_stack = true,
                Action::Switch => (now.second_stack, now.weight) = (false, 100),
                Action::Retire => now.retired = true,
                Action::Rolling => (now.replaced, now.weight) = (true, 100),
            }
            let after = state(world, service, now);
            let mut while_changed = State {
                parts: [before.parts, after.parts].concat(),
                scheduled: before.scheduled.max(after.scheduled),
            };
            if matches!(action, Action::Rolling) {
                let surge = counted(service.surge, all);
                let mut missing = match service.unavailable {
                    Amount::Count(count) => count.min(all),
                    Amount::Percent(share) => share * all / 100,
                };
                if surge == 0 && missing == 0 {
                    missing = 1;
                }
                while_changed.parts.push((all - missing, 1.0));
                // nobody says how long a replica takes to end
                while_changed.scheduled = 2 * all;
                was_replaced = true;
            }
            states.push(while_changed);
        }
        for moment in ["holds", "passed"] {
            let mut held = state(world, service, now);
            let over = moment == "passed" && passed.len() + 1 == plan.steps.len();
            // going back from here starts what is gone; behind the last step, nobody goes back
            match (over, now.retired, was_replaced) {
                (true, ..) | (_, false, false) => {}
                (_, true, _) => held.scheduled += all,
                (_, _, true) => held.scheduled = 2 * all,
            }
            states.push(held);
        }
        passed.push(states.len() - 1);
    }
    now.done = true;
    if now.weight == 100 {
        now.retired = true;
    }
    states.push(state(world, service, now));
    Plan { states, passed }
}

/// The most of all services together over every combination of states that can be reached.
pub fn most_together(world: &World, plans: &[Plan], each: impl Fn(&Service) -> u64) -> u64 {
    let mut most = 0;
    let mut open = vec![vec![0_usize; plans.len()]];
    let mut seen = std::collections::HashSet::new();
    while let Some(at) = open.pop() {
        if !seen.insert(at.clone()) {
            continue;
        }
        let mut sum = 0;
        for (number, plan) in plans.iter().enumerate() {
            let service = &world.services[world.plans[number].service];
            sum += plan.states[at[number]].scheduled * each(service);
        }
        most = most.max(sum);
        for (number, plan) in plans.iter().enumerate() {
            let waits = world.plans[number].after.is_some_and(|(other, step)| {
                at[number] == 0 && at[other] < plans[other].passed[step]
            });
            if at[number] + 1 < plan.states.len() && !waits {
                let mut next = at.clone();
                next[number] += 1;
                open.push(next);
            }
        }
    }
    most
}
