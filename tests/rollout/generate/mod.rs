//! Small worlds at random: services, databases with tiny migrations, formats, configurations, plans,
//! and what of the plans runs together. Each is written as a `.swb` text with its SQL.

mod declared;
mod plan;
mod text;

use std::collections::BTreeMap;

pub use text::name_of;

use declared::{database, version};

/// The failure domains of a service that has some.
pub const DOMAINS: [&str; 2] = ["east", "west"];

/// A small generator of numbers (SplitMix64): the same seed gives the same worlds everywhere.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// `times` of a hundred.
    pub fn chance(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

#[derive(Clone, Debug)]
pub struct World {
    pub services: Vec<Service>,
    pub databases: Vec<Database>,
    pub configs: Vec<Config>,
    /// How long what was written of the one format is kept, in minutes; for ever when there is none.
    pub retention: Option<u64>,
    pub plans: Vec<Plan>,
    pub releases: Vec<Together>,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub versions: Vec<Version>,
    pub runs: Option<usize>,
    pub domains: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Version {
    /// For each database, the migration that it was built against.
    pub schema: Vec<Option<usize>>,
    pub uses: Vec<String>,
    pub queries: Option<String>,
    /// Numbers of the one format.
    pub reads: Vec<usize>,
    pub writes: Vec<usize>,
    /// Numbers of the one API.
    pub serves: Vec<usize>,
    pub calls: Vec<usize>,
    /// For each configuration, the keys.
    pub needs: Vec<Vec<usize>>,
    /// For each configuration, the size that can be loaded, in kB.
    pub accepts: Vec<Option<usize>>,
    /// Whether it asks for the one flag, and what it does then.
    pub evaluates: Option<Option<usize>>,
    /// Versions of a service beside which it runs.
    pub supports: Option<(usize, Vec<usize>)>,
}

#[derive(Clone, Debug)]
pub struct Database {
    pub migrations: Vec<String>,
    /// What takes each of them back.
    pub downs: Vec<String>,
    /// After each migration, the columns of each table.
    pub shapes: Vec<BTreeMap<String, Vec<String>>>,
    pub at: usize,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub at: usize,
    /// For each version, its keys.
    pub versions: Vec<Vec<usize>>,
    /// For each version, its size in kB.
    pub sizes: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct Plan {
    /// Service, from, to.
    pub rolls: Vec<(usize, usize, usize)>,
    pub steps: Vec<Step>,
    pub no_return: Option<usize>,
    pub rollbacks: Vec<Rollback>,
    /// Steps of other plans that the whole plan waits for.
    pub after: Vec<(usize, usize)>,
    /// Whether a controller carries it out that goes back by itself.
    pub alone: bool,
}

/// The steps, none for all of them, and the changes of the way back.
#[derive(Clone, Debug)]
pub struct Rollback {
    pub from: Vec<usize>,
    pub body: Vec<Action>,
}

#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Plan and step; the plan itself when there is none.
    pub after: Vec<(Option<usize>, usize)>,
    pub domains: Option<Vec<usize>>,
    /// In minutes.
    pub hold: u64,
    pub actions: Vec<Action>,
    /// An earlier step, or itself.
    pub goto: Option<usize>,
}

#[derive(Clone, Debug)]
pub enum Action {
    Weight(Vec<u32>),
    Rolling,
    Preview,
    Switch,
    Mirror(bool),
    Replicas,
    Retire,
    Migrate(usize, usize),
    Push(usize, usize),
    /// The flag, for some or for nobody.
    Flag(bool),
    /// Half of the traffic, and the weight that follows from a success, a failure and neither; a
    /// success without one goes on as it is, the others go back.
    Split([Option<u32>; 3]),
}

/// Plans that run together, each with what the release makes it wait for.
#[derive(Clone, Debug)]
pub struct Together {
    pub plans: Vec<usize>,
    pub after: Vec<Vec<(usize, usize)>>,
}

impl World {
    pub fn random(random: &mut Random) -> World {
        let databases: Vec<Database> = (0..1 + random.below(2)).map(|_| database(random)).collect();
        let configs: Vec<Config> = (0..1 + random.below(2))
            .map(|_| {
                let versions: Vec<Vec<usize>> = (0..2 + random.below(2))
                    .map(|_| (0..3).filter(|_| random.chance(70)).collect())
                    .collect();
                let sizes = versions.iter().map(|_| 1 + random.below(3)).collect();
                Config {
                    at: 0,
                    versions,
                    sizes,
                }
            })
            .collect();
        let mut services: Vec<Service> = (0..1 + random.below(3))
            .map(|_| {
                let versions: Vec<Version> = (0..2 + random.below(2))
                    .map(|number| version(random, number, &databases, &configs))
                    .collect();
                Service {
                    runs: random.chance(60).then(|| random.below(versions.len())),
                    domains: random.chance(25),
                    versions,
                }
            })
            .collect();
        for own in 0..services.len() {
            let of = random.below(services.len());
            let all = services[of].versions.len();
            for version in &mut services[own].versions {
                if random.chance(12) {
                    let ids = (0..all).filter(|_| random.chance(75)).collect::<Vec<_>>();
                    version.supports = (!ids.is_empty()).then_some((of, ids));
                }
            }
        }
        let mut world = World {
            services,
            databases,
            configs,
            retention: *random.pick(&[None, Some(30), Some(60), Some(90), Some(240)]),
            plans: Vec::new(),
            releases: Vec::new(),
        };
        for number in 0..5 {
            let plan = world.plan(random, number);
            world.plans.push(plan);
        }
        for _ in 0..2 {
            let together = world.together(random);
            world.releases.push(together);
        }
        world
    }

    /// Some of the plans, tied at random.
    pub fn together(&self, random: &mut Random) -> Together {
        let mut plans: Vec<usize> = Vec::new();
        for _ in 0..*random.pick(&[1, 2, 2, 3, 3]) {
            let plan = random.below(self.plans.len());
            if plans.iter().all(|&other| self.fit(other, plan)) {
                plans.push(plan);
            }
        }
        let mut after = vec![Vec::new(); plans.len()];
        for (position, waits) in after.iter_mut().enumerate() {
            for (other, &plan) in plans.iter().enumerate() {
                let follows = self.follows(plans[position], plan);
                if follows {
                    waits.push((plan, self.plans[plan].steps.len() - 1));
                } else if other != position && random.chance(25) {
                    waits.push((plan, random.below(self.plans[plan].steps.len())));
                }
            }
        }
        Together { plans, after }
    }

    /// Whether two plans may run together: one service moves in one of them only, or the second goes
    /// on where the first ends.
    fn fit(&self, one: usize, other: usize) -> bool {
        if one == other {
            return false;
        }
        let (a, b) = (&self.plans[one], &self.plans[other]);
        let shares = a
            .rolls
            .iter()
            .any(|roll| b.rolls.iter().any(|own| own.0 == roll.0));
        !shares || self.follows(one, other) || self.follows(other, one)
    }

    /// Whether the way back of any plan takes migrations of a database back.
    pub fn takes_back(&self, database: usize) -> bool {
        let rollbacks = self.plans.iter().flat_map(|plan| &plan.rollbacks);
        let mut body = rollbacks.flat_map(|rollback| &rollback.body);
        body.any(|action| matches!(action, Action::Migrate(own, _) if *own == database))
    }

    /// Whether `later` rolls on what `earlier` has rolled to.
    pub fn follows(&self, later: usize, earlier: usize) -> bool {
        let (later, earlier) = (&self.plans[later], &self.plans[earlier]);
        match (later.rolls.as_slice(), earlier.rolls.as_slice()) {
            ([next], [roll]) => next.0 == roll.0 && next.1 == roll.2 && next.2 != roll.1,
            _ => false,
        }
    }
}
