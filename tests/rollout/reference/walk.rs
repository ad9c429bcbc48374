//! A plan step by step: what runs and what serves in each position, and the way back from it.

use super::*;

/// Where a plan stands.
#[derive(Clone, Default)]
pub(super) struct Position {
    pub(super) step: usize,
    pub(super) live: u32,
    pub(super) serving: u32,
    /// The versions that get requests in each failure domain.
    pub(super) serving_in: [u32; 2],
    pub(super) above: bool,
    /// What it puts out: which setting, the value, and where.
    pub(super) puts: Option<(usize, usize, Vec<usize>)>,
    /// How long it lasts at least, in minutes.
    pub(super) lasts: u64,
    pub(super) migrates: Option<(usize, usize)>,
    /// Plans, by their place in the unit, and the position that each must have come to.
    pub(super) waits: Vec<(usize, usize)>,
    /// The changes of the way back, where the plan says them.
    pub(super) way: Option<Vec<Change>>,
    /// Where a `goto` leads.
    pub(super) goes_to: Option<usize>,
}

/// A change of a way back, and what is so meanwhile.
#[derive(Clone, Default)]
pub(super) struct Change {
    pub(super) live: u32,
    pub(super) serving: u32,
    pub(super) migrates: Option<(usize, usize)>,
    pub(super) pushes: Option<(usize, usize)>,
}

impl Position {
    /// The changes that a body makes from here.
    pub(super) fn way(&self, body: &[Action], from: u32) -> Vec<Change> {
        let (mut live, mut serving) = (self.live, self.serving);
        let mut all = Vec::new();
        for action in body {
            let mut change = Change {
                live,
                serving,
                migrates: None,
                pushes: None,
            };
            match action {
                Action::Weight(_) => {
                    (live, serving) = (from, from);
                    change.live |= from;
                    change.serving |= from;
                }
                Action::Push(config, to) => change.pushes = Some((*config, *to)),
                Action::Migrate(database, to) => change.migrates = Some((*database, *to)),
                other => panic!("no change of a way back: {other:?}"),
            }
            all.push(change);
        }
        all
    }

    /// The versions that going back, or a `goto`, brings.
    pub(super) fn brings(&self, plan: &Walked, at: usize) -> u32 {
        let back = match (&self.way, self.above) {
            (_, false) => 0,
            (Some(way), true) => way.iter().fold(0, |all, change| all | change.live),
            (None, true) => plan.from,
        };
        let again = self.goes_to.map_or(&[][..], |to| &plan.positions[to..at]);
        again.iter().fold(back, |all, own| all | own.live)
    }

    /// The change in which a version first runs.
    pub(super) fn comes(&self, version: usize) -> Option<usize> {
        let way = self.way.as_ref()?;
        way.iter()
            .position(|change| change.live & 1 << version != 0)
    }

    /// The change that takes a database back, and where to.
    pub(super) fn takes(&self, database: usize) -> Option<(usize, usize)> {
        let mut way = self.way.iter().flatten().enumerate();
        way.find_map(|(at, change)| {
            let (own, to) = change.migrates?;
            (own == database).then_some((at, to))
        })
    }
}

pub(super) struct Walked {
    pub(super) positions: Vec<Position>,
    pub(super) starts: Vec<usize>,
    /// For each step, the position in which it has passed.
    pub(super) passed: Vec<usize>,
    pub(super) from: u32,
    pub(super) rolled: u32,
    pub(super) alone: bool,
    /// Whether an edge of any step goes to an earlier one.
    pub(super) goes_again: bool,
    /// The first position behind the last step.
    pub(super) over: usize,
}

/// What a plan has done so far, for each failure domain.
#[derive(Clone)]
pub(super) struct Done {
    /// The shares that are possible: several behind an experiment.
    pub(super) weight: Vec<BTreeSet<u32>>,
    pub(super) replaced: Vec<bool>,
    pub(super) retired: Vec<bool>,
    pub(super) beside: [bool; 3],
}

impl Done {
    /// One of these shares is on the new version; whoever carries a part of the traffic runs again.
    pub(super) fn carries(&mut self, domain: usize, shares: impl IntoIterator<Item = u32>) {
        self.weight[domain] = shares.into_iter().collect();
        if self.weight[domain].iter().any(|&share| share < 100) {
            self.retired[domain] = false;
            self.replaced[domain] = false;
        }
    }

    /// Live and serving versions, and these in each failure domain.
    pub(super) fn now(&self, plan: &Plan, facts: &Facts) -> (u32, u32, [u32; 2]) {
        let (mut live, mut serving, mut within) = (0, 0, [0; 2]);
        for (roll, &(service, from, to)) in plan.rolls.iter().enumerate() {
            let old = 1 << facts.place(service, from);
            let new = 1 << facts.place(service, to);
            for domain in 0..self.weight.len() {
                // `retire` names the first
                let gone = self.replaced[domain] || (roll == 0 && self.retired[domain]);
                let mut here = 0;
                if !gone {
                    live |= old;
                    let part = self.weight[domain].iter().any(|&share| share < 100);
                    here |= if part { old } else { 0 };
                }
                if self.weight[domain].iter().any(|&share| share > 0) {
                    live |= new;
                    here |= new;
                }
                serving |= here;
                // a service without failure domains is everywhere
                if self.weight.len() == 1 {
                    within = within.map(|own| own | here);
                } else {
                    within[domain] |= here;
                }
            }
            if self.beside.contains(&true) {
                live |= new;
            }
        }
        (live, serving, within)
    }
}

pub(super) fn walk(
    world: &World,
    facts: &Facts,
    number: usize,
    awaited: &BTreeSet<usize>,
) -> Walked {
    let plan = &world.plans[number];
    let split = plan
        .rolls
        .first()
        .is_some_and(|roll| world.services[roll.0].domains);
    let all = if split { 2 } else { 1 };
    let mut done = Done {
        weight: vec![BTreeSet::from([0]); all],
        replaced: vec![false; all],
        retired: vec![false; all],
        beside: [false; 3],
    };
    let mut walked = Walked {
        positions: Vec::new(),
        starts: Vec::new(),
        passed: Vec::new(),
        from: 0,
        rolled: 0,
        alone: plan.alone,
        goes_again: plan.steps.iter().any(|step| step.goto.is_some()),
        over: 0,
    };
    for &(service, from, to) in &plan.rolls {
        walked.from |= 1 << facts.place(service, from);
        walked.rolled |= 1 << facts.place(service, from) | 1 << facts.place(service, to);
    }
    let position = |done: &Done, step: usize, above: bool| {
        let (live, serving, serving_in) = done.now(plan, facts);
        Position {
            step,
            live,
            serving,
            serving_in,
            above,
            ..Position::default()
        }
    };
    walked.positions.push(position(&done, 0, true));
    let mut domains: Vec<usize> = (0..all).collect();
    let mut step_domains: Option<Vec<usize>> = None;
    for (number, step) in plan.steps.iter().enumerate() {
        let above = plan.no_return.is_none_or(|line| number < line);
        walked.starts.push(walked.positions.len());
        if let Some(own) = &step.domains {
            domains.clone_from(own);
            step_domains = Some(own.clone());
        }
        let chain = step
            .actions
            .iter()
            .position(|action| matches!(action, Action::Weight(chain) if chain.len() > 1));
        let legs = match chain.map(|at| &step.actions[at]) {
            Some(Action::Weight(chain)) => chain.len(),
            _ => 1,
        };
        for leg in 0..legs {
            let first = if leg == 0 { 0 } else { chain.unwrap_or(0) };
            for action in &step.actions[first..] {
                let before = done.clone();
                let mut during = done.clone();
                for &domain in &domains {
                    match action {
                        Action::Weight(chain) => {
                            let share = *chain.get(leg).unwrap_or(&chain[chain.len() - 1]);
                            done.carries(domain, [share]);
                        }
                        Action::Split(_) => done.carries(domain, [50]),
                        Action::Rolling => {
                            done.weight[domain] = BTreeSet::from([100]);
                            done.replaced[domain] = true;
                            during.weight[domain] = BTreeSet::from([50]);
                        }
                        Action::Switch => {
                            done.weight[domain] = BTreeSet::from([100]);
                            done.beside[0] = false;
                        }
                        Action::Preview => done.beside[0] = true,
                        Action::Mirror(on) => done.beside[1] = *on,
                        Action::Replicas => done.beside[2] = true,
                        Action::Retire => done.retired[domain] = true,
                        Action::Push(..) | Action::Flag(_) | Action::Migrate(..) => {}
                    }
                }
                // what was, what will be, and what is while it changes
                let mut here = position(&before, number, above);
                for other in [&during, &done] {
                    let other = position(other, number, above);
                    here.live |= other.live;
                    here.serving |= other.serving;
                    for (own, more) in here.serving_in.iter_mut().zip(other.serving_in) {
                        *own |= more;
                    }
                }
                let places = step_domains.clone().unwrap_or_else(|| vec![0, 1]);
                match action {
                    Action::Push(config, to) => here.puts = Some((*config, *to, places)),
                    Action::Flag(on) => {
                        here.puts = Some((world.configs.len(), usize::from(*on), places));
                    }
                    _ => {}
                }
                if let Action::Migrate(database, to) = action {
                    here.migrates = Some((*database, *to));
                }
                walked.positions.push(here);
            }
            walked.positions.push(Position {
                lasts: step.hold,
                ..position(&done, number, above)
            });
        }
        // an experiment has come out in one way or another
        for action in &step.actions {
            if let Action::Split(outcomes) = action {
                let stays = outcomes[0].is_none().then_some(50);
                let any = outcomes.iter().any(Option::is_some);
                let shares: Vec<u32> = outcomes.iter().copied().flatten().chain(stays).collect();
                for &domain in domains.iter().filter(|_| any) {
                    done.carries(domain, shares.clone());
                }
            }
        }
        let is_last = number + 1 == plan.steps.len();
        walked.over = walked.positions.len();
        // that a step has passed is an event of its own where somebody waits for it
        walked.passed.push(walked.positions.len());
        if awaited.contains(&number) {
            walked
                .positions
                .push(position(&done, number, above && !is_last));
        }
    }
    // all traffic is on the new version: nothing is left of the old one
    if done.weight.iter().flatten().all(|&weight| weight == 100) {
        done.replaced = vec![true; all];
    }
    let last = plan.steps.len() - 1;
    walked.positions.push(position(&done, last, false));
    let from = walked.from;
    for at in 1..walked.over {
        let here = &mut walked.positions[at];
        let named = plan
            .rollbacks
            .iter()
            .find(|own| own.from.contains(&here.step));
        let whole = plan.rollbacks.iter().find(|own| own.from.is_empty());
        here.way = named.or(whole).map(|own| here.way(&own.body, from));
        let to = plan.steps[here.step].goto.filter(|_| here.above);
        here.goes_to = to.map(|to| walked.starts[to]);
    }
    walked
}
