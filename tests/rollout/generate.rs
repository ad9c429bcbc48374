//! Small worlds at random: services, databases with tiny migrations, formats, configurations, plans,
//! and what of the plans runs together. Each is written as a `.swb` text with its SQL.

use std::collections::BTreeMap;
use std::fmt::Write as _;

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

    fn plan(&self, random: &mut Random, number: usize) -> Plan {
        let mut rolls: Vec<(usize, usize, usize)> = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        if !random.chance(10) {
            let service = random.below(self.services.len());
            let from = random.below(self.services[service].versions.len() - 1);
            rolls.push((service, from, from + 1));
            if random.chance(10) {
                let more = random.below(self.services.len());
                if more != service && !self.services[more].domains {
                    rolls.push((more, 0, 1));
                }
            }
        }
        let step = |actions: Vec<Action>| Step {
            actions,
            ..Step::default()
        };
        let domains = rolls.len() == 1 && self.services[rolls[0].0].domains;
        if rolls.is_empty() {
            steps.push(Step::default());
        } else if domains && random.chance(80) {
            let rolling = random.chance(40);
            let order = if random.chance(50) { [0, 1] } else { [1, 0] };
            for place in order.into_iter().take(1 + random.below(2)) {
                let mut own = step(match rolling {
                    true => vec![Action::Rolling],
                    false if random.chance(30) => vec![Action::Weight(vec![20, 100])],
                    false => vec![Action::Weight(vec![100])],
                });
                own.domains = Some(vec![place]);
                steps.push(own);
            }
        } else {
            match random.below(6) {
                5 => {
                    let shares = [Some(100), Some(100), Some(60), Some(10), Some(0), None];
                    let success = *random.pick(&shares);
                    let mut other = || match random.chance(40) {
                        true => *random.pick(&shares),
                        false => None,
                    };
                    let outcomes = [success, other(), other()];
                    steps.push(step(vec![Action::Split(outcomes)]));
                    if random.chance(40) {
                        steps.push(Step::default());
                    }
                }
                0 => {
                    steps.push(step(vec![Action::Weight(vec![5])]));
                    steps.push(step(vec![Action::Weight(vec![25, 100])]));
                }
                1 => steps.push(step(vec![Action::Rolling])),
                2 => {
                    steps.push(step(vec![Action::Preview]));
                    steps.push(step(vec![Action::Switch]));
                }
                3 => {
                    steps.push(step(vec![Action::Mirror(true)]));
                    steps.push(step(vec![Action::Mirror(false), Action::Weight(vec![50])]));
                    if random.chance(70) {
                        steps.push(step(vec![Action::Weight(vec![100])]));
                    }
                }
                _ => {
                    steps.push(step(vec![Action::Replicas]));
                    steps.push(step(vec![Action::Weight(vec![10])]));
                    steps.push(step(vec![Action::Weight(vec![*random.pick(&[0, 100])])]));
                }
            }
        }
        if !rolls.is_empty() && random.chance(50) {
            match random.chance(50) {
                true => steps.push(step(vec![Action::Retire])),
                false => {
                    let last = steps.len() - 1;
                    steps[last].actions.push(Action::Retire);
                }
            }
            if random.chance(15) {
                steps.push(step(vec![Action::Weight(vec![
                    *random.pick(&[0, 50, 100]),
                ])]));
            }
        }
        for _ in 0..random.below(4) {
            let action = if random.chance(60) {
                let database = random.below(self.databases.len());
                let to = random.below(self.databases[database].migrations.len());
                Action::Migrate(database, to)
            } else if random.chance(25) {
                Action::Flag(random.chance(75))
            } else {
                let config = random.below(self.configs.len());
                Action::Push(config, random.below(self.configs[config].versions.len()))
            };
            let at = random.below(steps.len() + 1);
            if at == steps.len() || random.chance(40) {
                steps.insert(at, step(vec![action]));
            } else {
                let place = random.below(steps[at].actions.len() + 1);
                steps[at].actions.insert(place, action);
            }
        }
        // what waits for another plan inside of it, and now and then for itself
        for own in 0..steps.len() {
            if random.chance(8) && number > 0 {
                let plan = random.below(number);
                let awaited = random.below(self.plans[plan].steps.len());
                steps[own].after.push((Some(plan), awaited));
            } else if random.chance(3) {
                let awaited = random.below(steps.len());
                steps[own].after.push((None, awaited));
            }
        }
        for step in &mut steps {
            step.hold = *random.pick(&[30, 30, 60]);
        }
        let no_return = random.chance(35).then(|| random.below(steps.len()));
        // an edge does not cross the line
        let line = no_return.unwrap_or(steps.len());
        for own in 0..line.min(steps.len()) {
            if random.chance(15) {
                let splits = steps[own]
                    .actions
                    .iter()
                    .any(|action| matches!(action, Action::Split(_)));
                steps[own].goto = (own > 0 && !splits).then(|| random.below(own));
            }
        }
        let mut after = Vec::new();
        if number > 0 && random.chance(8) {
            let plan = random.below(number);
            after.push((plan, random.below(self.plans[plan].steps.len())));
        }
        let rollbacks = self.rollbacks(random, &rolls, &steps);
        Plan {
            rolls,
            steps,
            no_return,
            rollbacks,
            after,
            alone: random.chance(40),
        }
    }

    fn rollbacks(
        &self,
        random: &mut Random,
        rolls: &[(usize, usize, usize)],
        steps: &[Step],
    ) -> Vec<Rollback> {
        let mut all = Vec::new();
        for whole in [false, true] {
            if !random.chance(25) {
                continue;
            }
            let mut body = Vec::new();
            if !rolls.is_empty() && random.chance(85) {
                body.push(Action::Weight(match random.chance(50) {
                    true => vec![0],
                    false => vec![10, 0],
                }));
            }
            for (database, declared) in self.databases.iter().enumerate() {
                let moves = steps.iter().flat_map(|step| &step.actions);
                let most = moves.filter_map(|action| match action {
                    Action::Migrate(own, to) if *own == database => Some(*to),
                    _ => None,
                });
                let most = most.max().unwrap_or(0).min(declared.migrations.len());
                if most > 0 && random.chance(60) {
                    let at = random.below(body.len() + 1);
                    body.insert(at, Action::Migrate(database, random.below(most)));
                }
            }
            if random.chance(40) {
                let config = random.below(self.configs.len());
                let to = random.below(self.configs[config].versions.len());
                let at = random.below(body.len() + 1);
                body.insert(at, Action::Push(config, to));
            }
            let from = match whole {
                true => Vec::new(),
                false => (0..steps.len()).filter(|_| random.chance(50)).collect(),
            };
            if !body.is_empty() && (whole || !from.is_empty()) {
                all.push(Rollback { from, body });
            }
        }
        all
    }

    /// The files, the plan file first, with all plans and releases.
    pub fn files(&self) -> Vec<(String, String)> {
        let all: Vec<usize> = (0..self.plans.len()).collect();
        self.files_with(&all, &self.releases)
    }

    /// The files with some plans and releases only.
    pub fn files_with(&self, plans: &[usize], releases: &[Together]) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let kept = match self.retention {
            None => "forever".to_string(),
            Some(minutes) => format!("{minutes}m"),
        };
        let mut text = format!(
            "format f0 {{ retention {kept} }}\nflag on0\ntarget alone {{ kind argo-rollouts; namespace n }}\n"
        );
        for (number, database) in self.databases.iter().enumerate() {
            let at = database.at;
            let _ = writeln!(
                text,
                "database d{number} {{ engine postgres 15; migrations \"d{number}\"; at {} }}",
                id(at)
            );
            for (migration, sql) in database.migrations.iter().enumerate() {
                let name = format!("d{number}/{}_change", id(migration));
                files.push((format!("{name}.up.sql"), sql.clone()));
                let down = database.downs[migration].clone();
                files.push((format!("{name}.down.sql"), down));
            }
        }
        for (number, config) in self.configs.iter().enumerate() {
            let _ = write!(text, "config c{number} {{\n  at {}\n", config.at + 1);
            for (version, keys) in config.versions.iter().enumerate() {
                let keys: String = keys.iter().map(|key| format!(", k{key}")).collect();
                let size = config.sizes[version];
                let _ = writeln!(
                    text,
                    "  version {} {{ keys base{keys}; size {size}kB }}",
                    version + 1
                );
            }
            text.push_str("}\n");
        }
        for (number, service) in self.services.iter().enumerate() {
            let _ = write!(text, "service s{number} {{\n  replicas 4\n");
            if service.domains {
                text.push_str("  domains east 50%, west 50%\n");
            }
            if let Some(runs) = service.runs {
                let _ = writeln!(text, "  runs {}", name_of(number, runs));
            }
            for (own, version) in service.versions.iter().enumerate() {
                let _ = writeln!(text, "  version {} {{", name_of(number, own));
                version.write(&mut text, (number, own), &mut files);
                text.push_str("  }\n");
            }
            text.push_str("}\n");
        }
        for &number in plans {
            self.write_plan(&mut text, number);
        }
        for (number, release) in releases.iter().enumerate() {
            let _ = writeln!(text, "release r{number} {{");
            for (plan, after) in release.plans.iter().zip(&release.after) {
                let _ = write!(text, "  includes p{plan}");
                let waits: Vec<String> = after.iter().map(|(p, s)| format!("p{p}.x{s}")).collect();
                if !waits.is_empty() {
                    let _ = write!(text, " after {}", waits.join(", "));
                }
                text.push('\n');
            }
            text.push_str("}\n");
        }
        files.insert(0, ("main.swb".to_string(), text));
        files
    }

    fn write_plan(&self, text: &mut String, number: usize) {
        let plan = &self.plans[number];
        let _ = writeln!(text, "plan p{number} {{");
        for &(service, from, to) in &plan.rolls {
            let _ = writeln!(
                text,
                "  roll s{service} from {} to {}",
                name_of(service, from),
                name_of(service, to)
            );
        }
        if plan.alone {
            text.push_str("  on target alone\n");
        }
        for (other, step) in &plan.after {
            let _ = writeln!(text, "  after p{other}.x{step}");
        }
        for (at, step) in plan.steps.iter().enumerate() {
            if plan.no_return == Some(at) {
                text.push_str("  no return because \"it is so\"\n");
            }
            let _ = writeln!(text, "  step x{at} {{");
            if let Some(domains) = &step.domains {
                let names: Vec<&str> = domains.iter().map(|&domain| DOMAINS[domain]).collect();
                let _ = writeln!(text, "    in {}", names.join(", "));
            }
            for (plan, step) in &step.after {
                let _ = match plan {
                    Some(plan) => writeln!(text, "    after p{plan}.x{step}"),
                    None => writeln!(text, "    after p{number}.x{step}"),
                };
            }
            for action in &step.actions {
                plan.write_action(text, action);
            }
            let _ = writeln!(text, "    hold {}m", step.hold);
            if let Some(to) = step.goto {
                let _ = writeln!(text, "    on failure goto x{to} at most 2 times");
            }
            text.push_str("  }\n");
        }
        for rollback in &plan.rollbacks {
            let names: Vec<String> = rollback
                .from
                .iter()
                .map(|step| format!("x{step}"))
                .collect();
            let _ = match names.is_empty() {
                true => writeln!(text, "  rollback within 5m {{"),
                false => writeln!(text, "  rollback from {} within 5m {{", names.join(", ")),
            };
            for action in &rollback.body {
                plan.write_action(text, action);
            }
            text.push_str("  }\n");
        }
        text.push_str("}\n");
    }
}

impl Plan {
    fn write_action(&self, text: &mut String, action: &Action) {
        let _ = match action {
            Action::Weight(chain) => {
                let shares: Vec<String> = chain.iter().map(|share| format!("{share}%")).collect();
                writeln!(text, "    weight {}", shares.join(" -> "))
            }
            Action::Rolling => writeln!(text, "    rolling"),
            Action::Preview => writeln!(text, "    preview"),
            Action::Switch => writeln!(text, "    switch"),
            Action::Mirror(true) => writeln!(text, "    mirror 10%"),
            Action::Mirror(false) => writeln!(text, "    mirror off"),
            Action::Replicas => writeln!(text, "    replicas 2"),
            Action::Retire => writeln!(
                text,
                "    retire {}",
                name_of(self.rolls[0].0, self.rolls[0].1)
            ),
            Action::Migrate(database, to) => {
                writeln!(text, "    migrate d{database} to {}", id(*to))
            }
            Action::Push(config, to) => {
                writeln!(text, "    push c{config} to {}", to + 1)
            }
            Action::Split(outcomes) => {
                let words = ["success", "failure", "inconclusive"];
                let edges = words.iter().zip(outcomes);
                let edges = edges.filter_map(|(word, share)| {
                    share.map(|share| format!("on {word} weight {share}%"))
                });
                let edges: Vec<String> = edges.collect();
                writeln!(text, "    split 50% {{ {} }}", edges.join("; "))
            }
            Action::Flag(true) => writeln!(text, "    flag on0 20%"),
            Action::Flag(false) => writeln!(text, "    flag on0 off"),
        };
    }
}

impl Version {
    fn write(
        &self,
        text: &mut String,
        (service, own): (usize, usize),
        files: &mut Vec<(String, String)>,
    ) {
        let _ = writeln!(text, "    image \"r/s{service}@sha256:{:064x}\"", own + 1);
        for (database, built) in self.schema.iter().enumerate() {
            if let Some(built) = built {
                let _ = writeln!(text, "    schema d{database} {}", id(*built));
            }
        }
        if !self.uses.is_empty() {
            let _ = writeln!(text, "    uses {}", self.uses.join(", "));
        }
        if let Some(sql) = &self.queries {
            let path = format!("q/s{service}-{own}.sql");
            let _ = writeln!(text, "    queries \"{path}\"");
            files.push((path, sql.clone()));
        }
        let mut list = |word: &str, numbers: &[usize]| {
            if !numbers.is_empty() {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                let _ = writeln!(text, "    {word} {}", numbers.join(", "));
            }
        };
        list("reads f0", &self.reads);
        list("writes f0", &self.writes);
        list("serves shop", &self.serves);
        list("calls shop", &self.calls);
        for (config, keys) in self.needs.iter().enumerate() {
            if !keys.is_empty() {
                let keys: Vec<String> = keys.iter().map(|key| format!("k{key}")).collect();
                let _ = writeln!(text, "    needs c{config} {}", keys.join(", "));
            }
        }
        for (config, limit) in self.accepts.iter().enumerate() {
            if let Some(limit) = limit {
                let _ = writeln!(text, "    accepts c{config} up to {limit}kB");
            }
        }
        let _ = match self.evaluates {
            Some(Some(meaning)) => writeln!(text, "    evaluates on0 as m{meaning}"),
            Some(None) => writeln!(text, "    evaluates on0"),
            None => Ok(()),
        };
        if let Some((service, versions)) = &self.supports {
            let ids: Vec<String> = versions.iter().map(|&own| name_of(*service, own)).collect();
            let _ = writeln!(text, "    supports s{service} {}", ids.join(", "));
        }
    }
}

/// The id of a migration.
pub fn id(migration: usize) -> String {
    format!("{:04}", migration + 1)
}

/// The id of a version: no two services have the same, as `retire` names no service.
pub fn name_of(service: usize, version: usize) -> String {
    format!("{}{}", service + 1, version + 1)
}

fn version(
    random: &mut Random,
    number: usize,
    databases: &[Database],
    configs: &[Config],
) -> Version {
    let mut version = Version::default();
    for (own, database) in databases.iter().enumerate() {
        let last = database.migrations.len() - 1;
        // the first versions fit the schema that stands there more often than not
        let built = match number {
            0 if random.chance(70) => database.at,
            _ => random.below(last + 1),
        };
        version
            .schema
            .push((own == 0 || random.chance(50)).then_some(built));
    }
    let built = version.schema[0].unwrap_or(0);
    let shape = &databases[0].shapes[built];
    let tables: Vec<(&String, &Vec<String>)> = shape.iter().collect();
    match random.below(3) {
        // only where one database is used does a column without its database name say which
        0 if version.schema.iter().flatten().count() == 1 => {
            let (table, columns) = *random.pick(&tables);
            for column in columns {
                if random.chance(60) || column == "id" {
                    version.uses.push(format!("{table}.{column}"));
                }
            }
        }
        1 if version.schema.iter().flatten().count() == 1 => {
            let (table, columns) = *random.pick(&tables);
            let own: Vec<&str> = columns
                .iter()
                .map(String::as_str)
                .filter(|column| *column == "id" || random.chance(60))
                .collect();
            let mut sql = format!("SELECT {} FROM {table};\n", own.join(", "));
            if random.chance(50) {
                let values: Vec<String> = (1..=own.len()).map(|n| format!("${n}")).collect();
                let _ = writeln!(
                    sql,
                    "INSERT INTO {table} ({}) VALUES ({});",
                    own.join(", "),
                    values.join(", ")
                );
            }
            version.queries = Some(sql);
        }
        _ => {}
    }
    let some = |random: &mut Random, times: usize| -> Vec<usize> {
        (1..=3).filter(|_| random.chance(times)).collect()
    };
    if random.chance(60) {
        version.reads = some(random, 60);
        if random.chance(70) {
            version.writes = vec![1 + random.below(3)];
        }
    }
    if random.chance(40) {
        version.serves = some(random, 60);
    }
    if random.chance(30) {
        version.calls = vec![1 + random.below(3)];
    }
    for _ in configs {
        let keys = match random.chance(30) {
            true => vec![random.below(3)],
            false => Vec::new(),
        };
        version.needs.push(keys);
        let limit = random.chance(15).then(|| 1 + random.below(3));
        version.accepts.push(limit);
    }
    if random.chance(35) {
        version.evaluates = Some(random.chance(60).then(|| random.below(2)));
    }
    version
}

fn database(random: &mut Random) -> Database {
    let mut shape: BTreeMap<String, Vec<String>> = BTreeMap::new();
    shape.insert("t".into(), vec!["id".into(), "a".into(), "b".into()]);
    let mut migrations = vec![
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int NOT NULL DEFAULT 0);\n".to_string(),
    ];
    let mut downs = vec!["DROP TABLE t;\n".to_string()];
    let mut shapes = vec![shape.clone()];
    let mut fresh = 0;
    for _ in 0..1 + random.below(4) {
        let several = random.chance(30);
        let (own, mut back): (Vec<String>, Vec<String>) = (0..if several { 2 } else { 1 })
            .map(|_| statement(random, &mut shape, &mut fresh))
            .unzip();
        back.reverse();
        if random.chance(15) {
            back = vec!["SELECT 1".to_string()];
        }
        let mut sql = |statements: &[String]| -> String {
            let apart = several && random.chance(60);
            let all = statements.iter().map(|one| match apart {
                // each commits by itself
                true => format!("BEGIN;\n{one};\nCOMMIT;\n"),
                false => format!("{one};\n"),
            });
            all.collect()
        };
        migrations.push(sql(&own));
        downs.push(sql(&back));
        shapes.push(shape.clone());
    }
    Database {
        at: random.below(2),
        migrations,
        downs,
        shapes,
    }
}

fn statement(
    random: &mut Random,
    shape: &mut BTreeMap<String, Vec<String>>,
    fresh: &mut usize,
) -> (String, String) {
    *fresh += 1;
    let number = *fresh;
    let names: Vec<String> = shape.keys().cloned().collect();
    let table = random.pick(&names).clone();
    let columns = shape.get_mut(&table).expect("a table of the shape");
    let free: Vec<usize> = (0..columns.len())
        .filter(|&at| columns[at] != "id")
        .collect();
    let drop = |column: &str| format!("ALTER TABLE {table} DROP COLUMN {column}");
    match random.below(8) {
        0 => {
            columns.push(format!("n{number}"));
            let up = format!("ALTER TABLE {table} ADD COLUMN n{number} text");
            (up, drop(&format!("n{number}")))
        }
        1 => {
            columns.push(format!("n{number}"));
            let up = format!("ALTER TABLE {table} ADD COLUMN n{number} int NOT NULL DEFAULT 1");
            (up, drop(&format!("n{number}")))
        }
        2 | 3 if !free.is_empty() => {
            let column = columns.remove(*random.pick(&free));
            let down = format!("ALTER TABLE {table} ADD COLUMN {column} text");
            (drop(&column), down)
        }
        4 if !free.is_empty() => {
            let at = *random.pick(&free);
            let old = std::mem::replace(&mut columns[at], format!("r{number}"));
            let rename =
                |from: &str, to: &str| format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}");
            let new = format!("r{number}");
            (rename(&old, &new), rename(&new, &old))
        }
        5 if names.len() > 1 => {
            let columns = columns.clone();
            shape.remove(&table);
            let columns: Vec<String> = columns
                .iter()
                .map(|column| match column.as_str() {
                    "id" => "id int PRIMARY KEY".to_string(),
                    other => format!("{other} text"),
                })
                .collect();
            let down = format!("CREATE TABLE {table} ({})", columns.join(", "));
            (format!("DROP TABLE {table}"), down)
        }
        6 if !free.is_empty() => {
            let column = &columns[*random.pick(&free)];
            let alter = format!("ALTER TABLE {table} ALTER COLUMN {column}");
            (
                format!("{alter} SET NOT NULL"),
                format!("{alter} DROP NOT NULL"),
            )
        }
        7 => (
            format!("ALTER TABLE {table} ADD CONSTRAINT c{number} CHECK (id > 0) NOT VALID"),
            format!("ALTER TABLE {table} DROP CONSTRAINT c{number}"),
        ),
        _ => {
            shape.insert(format!("t{number}"), vec!["id".into(), "a".into()]);
            let up = format!("CREATE TABLE t{number} (id int PRIMARY KEY, a text)");
            (up, format!("DROP TABLE t{number}"))
        }
    }
}
