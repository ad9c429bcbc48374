//! The slow and obvious judge: it walks every state of a unit, forward from the start, and looks at
//! each of them. It shares nothing with the one that it checks but what a query means on a schema.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use switchback::model::Model;
use switchback::rollout::Schemas;
use switchback::schema::postgres::{replay, replay_onto};
use switchback::schema::query::{BreakKind, Element, When, breaks};
use switchback::schema::{Down, Migration};
use switchback::source::SourceMap;

use super::generate::{Action, Plan, Together, World, name_of};

/// What is wrong, in words that both judges can say, with the number of events that lead there.
pub type Wrong = BTreeMap<String, usize>;

/// What is found of a unit.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    pub wrong: Wrong,
    /// For each plan, the step that the line of no return belongs above.
    pub line: Vec<Option<usize>>,
    pub stuck: bool,
    /// Two plans move one database at once; nothing else is then asked.
    pub unordered: bool,
}

/// What the SQL of a world says: for each version, database and schema, what breaks.
pub struct Facts {
    /// For each database, for each migration, its last schema; the schemas stand in one row.
    last: Vec<Vec<usize>>,
    /// For each database, for each schema, the migration that it belongs to.
    migration: Vec<Vec<usize>>,
    /// For each database, for each schema, the schemas on the way down from it: the migration that is
    /// being taken back, and the place among the breaks, which goes on behind the schemas.
    downs: Vec<Vec<Vec<(usize, usize)>>>,
    /// By version, database and schema.
    breaks: Vec<Vec<Vec<Vec<Failure>>>>,
    /// The services of the versions in their row, and where each service starts.
    starts: Vec<usize>,
    versions: usize,
}

struct Failure {
    what: String,
    hard: bool,
    /// What only a version that writes it makes so: those that may.
    written_by: Option<u32>,
}

impl Facts {
    pub fn new(world: &World, model: &Model, sources: &SourceMap, schemas: &Schemas) -> Facts {
        let mut starts = Vec::new();
        let mut versions = Vec::new();
        for (number, service) in world.services.iter().enumerate() {
            starts.push(versions.len());
            versions.extend((0..service.versions.len()).map(|own| (number, own)));
        }
        let mut facts = Facts {
            last: Vec::new(),
            migration: Vec::new(),
            downs: Vec::new(),
            breaks: Vec::new(),
            starts,
            versions: versions.len(),
        };
        let mut rows = Vec::new();
        for database in &model.databases {
            let (_, folder) = database.migrations.as_ref().expect("a folder");
            let all: Vec<&Migration> = folder.migrations.iter().collect();
            let replayed = replay(sources, &all, 15);
            let (mut row, mut of, mut last) = (Vec::new(), Vec::new(), Vec::new());
            for number in 0..all.len() {
                for step in &replayed.steps {
                    assert!(step.errors.is_empty(), "{:?}", step.errors);
                    if step.migration == number && step.visible {
                        row.push(step.after.clone());
                        of.push(number);
                    }
                }
                last.push(row.len() - 1);
            }
            let number = rows.len();
            let mut downs = vec![Vec::new(); row.len()];
            if world.takes_back(number) {
                for schema in 0..of.len() {
                    let mut now = row[schema].clone();
                    for position in (0..=of[schema]).rev() {
                        let Down::Script(down) = &all[position].down else {
                            // one that holds nothing to do leaves the schema as it is
                            continue;
                        };
                        let replayed = replay_onto(sources, now, down, 15);
                        for step in replayed.steps.iter().filter(|step| step.visible) {
                            downs[schema].push((position, row.len()));
                            row.push(step.after.clone());
                        }
                        now = replayed.last;
                    }
                }
            }
            rows.push(row);
            facts.downs.push(downs);
            facts.migration.push(of);
            facts.last.push(last);
        }
        for &(service, version) in &versions {
            let mut by_database = Vec::new();
            for (database, row) in rows.iter().enumerate() {
                let declared = &world.services[service].versions[version];
                let Some(built) = declared.schema[database] else {
                    by_database.push(Vec::new());
                    continue;
                };
                let contract = schemas
                    .contract(service, version, database)
                    .expect("what a version relies on");
                let built = &row[facts.last[database][built]];
                let found = row.iter().map(|catalog| {
                    let found = breaks(contract, built, catalog);
                    found
                        .iter()
                        .map(|found| {
                            let may_write = |test: &dyn Fn(usize, usize) -> bool| {
                                versions
                                    .iter()
                                    .enumerate()
                                    .filter(|(_, own)| **own != (service, version))
                                    .filter(|(_, (s, v))| test(*s, *v))
                                    .fold(0, |mask, (at, _)| mask | 1 << at)
                            };
                            let other = |s: usize, v: usize| {
                                let built = world.services[s].versions[v].schema[database]?;
                                let built = &row[facts.last[database][built]];
                                Some((schemas.contract(s, v, database)?, built))
                            };
                            let written_by = match (&found.kind, &found.element) {
                                (BreakKind::NullRead, Element::Column(relation, column)) => {
                                    Some(may_write(&|s, v| {
                                        other(s, v).is_some_and(|(own, built)| {
                                            own.may_write_null(built, relation, column)
                                        })
                                    }))
                                }
                                _ => None,
                            };
                            Failure {
                                what: format!("{} {:?}", found.element, found.kind),
                                hard: matches!(found.when, When::Always | When::Fresh),
                                written_by,
                            }
                        })
                        .collect()
                });
                by_database.push(found.collect());
            }
            facts.breaks.push(by_database);
        }
        facts
    }

    fn place(&self, service: usize, version: usize) -> usize {
        self.starts[service] + version
    }
}

/// Where a plan stands.
#[derive(Clone, Default)]
struct Position {
    step: usize,
    live: u32,
    serving: u32,
    /// The versions that get requests in each failure domain.
    serving_in: [u32; 2],
    above: bool,
    /// What it puts out: which setting, the value, and where.
    puts: Option<(usize, usize, Vec<usize>)>,
    /// How long it lasts at least, in minutes.
    lasts: u64,
    migrates: Option<(usize, usize)>,
    /// Plans, by their place in the unit, and the position that each must have come to.
    waits: Vec<(usize, usize)>,
    /// The changes of the way back, where the plan says them.
    way: Option<Vec<Change>>,
    /// Where a `goto` leads.
    goes_to: Option<usize>,
}

/// A change of a way back, and what is so meanwhile.
#[derive(Clone, Default)]
struct Change {
    live: u32,
    serving: u32,
    migrates: Option<(usize, usize)>,
    pushes: Option<(usize, usize)>,
}

impl Position {
    /// The changes that a body makes from here.
    fn way(&self, body: &[Action], from: u32) -> Vec<Change> {
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
    fn brings(&self, plan: &Walked, at: usize) -> u32 {
        let back = match (&self.way, self.above) {
            (_, false) => 0,
            (Some(way), true) => way.iter().fold(0, |all, change| all | change.live),
            (None, true) => plan.from,
        };
        let again = self.goes_to.map_or(&[][..], |to| &plan.positions[to..at]);
        again.iter().fold(back, |all, own| all | own.live)
    }

    /// The change in which a version first runs.
    fn comes(&self, version: usize) -> Option<usize> {
        let way = self.way.as_ref()?;
        way.iter()
            .position(|change| change.live & 1 << version != 0)
    }

    /// The change that takes a database back, and where to.
    fn takes(&self, database: usize) -> Option<(usize, usize)> {
        let mut way = self.way.iter().flatten().enumerate();
        way.find_map(|(at, change)| {
            let (own, to) = change.migrates?;
            (own == database).then_some((at, to))
        })
    }
}

struct Walked {
    positions: Vec<Position>,
    starts: Vec<usize>,
    /// For each step, the position in which it has passed.
    passed: Vec<usize>,
    from: u32,
    rolled: u32,
    alone: bool,
    /// Whether an edge of any step goes to an earlier one.
    goes_again: bool,
    /// The first position behind the last step.
    over: usize,
}

/// What a plan has done so far, for each failure domain.
#[derive(Clone)]
struct Done {
    /// The shares that are possible: several behind an experiment.
    weight: Vec<BTreeSet<u32>>,
    replaced: Vec<bool>,
    retired: Vec<bool>,
    beside: [bool; 3],
}

impl Done {
    /// One of these shares is on the new version; whoever carries a part of the traffic runs again.
    fn carries(&mut self, domain: usize, shares: impl IntoIterator<Item = u32>) {
        self.weight[domain] = shares.into_iter().collect();
        if self.weight[domain].iter().any(|&share| share < 100) {
            self.retired[domain] = false;
            self.replaced[domain] = false;
        }
    }

    /// Live and serving versions, and these in each failure domain.
    fn now(&self, plan: &Plan, facts: &Facts) -> (u32, u32, [u32; 2]) {
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

fn walk(world: &World, facts: &Facts, number: usize, awaited: &BTreeSet<usize>) -> Walked {
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

/// What brings a version that is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Is,
    Back,
    Goto,
}

/// The plan that holds a version, the version, and what brings it.
type Atom = (Option<usize>, usize, How);

pub const RUNS: &str = "runs";
pub const BACK: &str = "comes back";
pub const UNDER: &str = "runs on while a plan goes back";

/// Walks every state of a unit.
pub fn judge(world: &World, facts: &Facts, unit: &Together) -> Answer {
    let place = |plan: usize| unit.plans.iter().position(|&own| own == plan);
    let mut awaited = vec![BTreeSet::new(); unit.plans.len()];
    let mut waits: Vec<(usize, Option<usize>, usize, usize)> = Vec::new();
    for (own, &plan) in unit.plans.iter().enumerate() {
        for &(other, step) in &unit.after[own] {
            if let Some(other) = place(other) {
                waits.push((own, None, other, step));
            }
        }
        for &(other, awaited) in &world.plans[plan].after {
            if let Some(other) = place(other) {
                waits.push((own, None, other, awaited));
            }
        }
        for (number, step) in world.plans[plan].steps.iter().enumerate() {
            for &(other, awaited) in &step.after {
                if let Some(other) = place(other.unwrap_or(plan)) {
                    waits.push((own, Some(number), other, awaited));
                }
            }
        }
    }
    for &(_, _, other, step) in &waits {
        awaited[other].insert(step);
    }
    let mut plans: Vec<Walked> = unit
        .plans
        .iter()
        .zip(&awaited)
        .map(|(&plan, awaited)| walk(world, facts, plan, awaited))
        .collect();
    for (own, step, other, awaited) in waits {
        let at = step.map_or(1, |step| plans[own].starts[step]);
        // who goes on with what a plan has rolled waits until that plan is done
        let goes_on = plans[own].from & plans[other].rolled & !plans[other].from != 0;
        let passed = match goes_on && awaited + 1 == plans[other].passed.len() {
            true => plans[other].positions.len() - 1,
            false => plans[other].passed[awaited],
        };
        plans[own].positions[at].waits.push((other, passed));
    }
    let mut bench = Bench::new(world, facts, unit, &plans);
    bench.walk(&plans, unit);
    bench.answer(world, facts, &plans)
}

/// For each setting and failure domain, what each plan has put out, in the order of that: the plan,
/// its position and the value. Of a plan that never walks anything again, only the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Settings(BTreeMap<(usize, usize), Vec<Setting>>);

type Setting = (usize, usize, usize);

/// What a plan has put out from a position on, and has taken back.
type Without = Option<(usize, usize)>;

impl Settings {
    /// What is out there: the last that was put out, and what is being put out just now.
    fn out(
        &self,
        plans: &[Walked],
        state: &[usize],
        (setting, place): (usize, usize),
        before: usize,
        without: Without,
    ) -> u32 {
        let taken =
            |own: usize, at: usize| without.is_some_and(|(plan, from)| own == plan && at >= from);
        let row = self.0.get(&(setting, place));
        let last = row
            .into_iter()
            .flatten()
            .rev()
            .find(|(plan, at, _)| !taken(*plan, *at))
            .map_or(before, |(_, _, value)| *value);
        let mut out = 1 << last;
        for (own, plan) in plans.iter().enumerate() {
            if let Some((put, value, places)) = &plan.positions[state[own]].puts
                && *put == setting
                && places.contains(&place)
                && !taken(own, state[own])
            {
                out |= 1 << value;
            }
        }
        out
    }
}

/// For each plan and position, the least time from entering it to entering each position of each
/// plan: tried until nothing changes any more.
fn times(plans: &[Walked]) -> Vec<Vec<Vec<Vec<Option<u64>>>>> {
    let since = |own: usize, at: usize| {
        let mut times: Vec<Vec<Option<u64>>> = plans
            .iter()
            .map(|plan| vec![None; plan.positions.len()])
            .collect();
        times[own][at] = Some(0);
        let mut rounds = 0;
        loop {
            let before = times.clone();
            for (number, plan) in plans.iter().enumerate() {
                for (place, position) in plan.positions.iter().enumerate().skip(1) {
                    if (number, place) == (own, at) {
                        continue;
                    }
                    let stayed = plan.positions[place - 1].lasts;
                    let mut time = times[number][place - 1].map(|time| time + stayed);
                    for &(other, awaited) in &position.waits {
                        time = time.max(times[other][awaited]);
                    }
                    times[number][place] = time;
                }
            }
            rounds += 1;
            // a knot of conditions would go on for ever, and is told as that
            if times == before || rounds > 1_000 {
                return times;
            }
        }
    };
    plans
        .iter()
        .enumerate()
        .map(|(own, plan)| (0..plan.positions.len()).map(|at| since(own, at)).collect())
        .collect()
}

/// Everything that is asked of a state, with the fewest events to a state where it is so.
struct Bench<'a> {
    facts: &'a Facts,
    databases: Vec<usize>,
    at: Vec<usize>,
    /// Versions that run whatever the plans do.
    always: u32,
    known: u32,
    /// For each service that several plans roll, those plans in their order.
    chains: Vec<Vec<usize>>,
    apis: Vec<(usize, usize, String)>,
    formats: Vec<(usize, usize, String)>,
    configs: Vec<(usize, usize, usize, String)>,
    /// Versions of which others of the service ask for the flag, and they do not.
    flags: Vec<(usize, String)>,
    /// Two versions that must not run together, and whether that may come from going back.
    pairs: Vec<(usize, usize, bool, String)>,
    /// What is there of each configuration before, and of the flag.
    before: Vec<usize>,
    retention: Option<u64>,
    /// For each plan and position, the least time from it to each position of each plan.
    times: Vec<Vec<Vec<Vec<Option<u64>>>>>,
    /// By kind, place in the list of that kind, and presence.
    found: BTreeMap<(usize, usize, bool), usize>,
    /// By version, database, schema, presence and place among what breaks.
    schemas: BTreeMap<(usize, usize, usize, bool, usize), usize>,
    /// On ways back, by version, database and what fails: the fewest rows, and whether the version
    /// comes back.
    ways: BTreeMap<(usize, usize, String), (usize, bool)>,
    /// By place in the list of configurations: the fewest rows to a way back under a version.
    under: BTreeMap<usize, usize>,
    /// Plans that can be at their start while another has come to a position.
    apart: BTreeSet<(usize, usize, usize)>,
    line: Vec<Option<usize>>,
    stuck: bool,
    unordered: bool,
}

impl<'a> Bench<'a> {
    fn new(world: &World, facts: &'a Facts, unit: &Together, plans: &[Walked]) -> Bench<'a> {
        let rolled: u32 = plans.iter().fold(0, |mask, plan| mask | plan.rolled);
        let services: BTreeSet<usize> = unit
            .plans
            .iter()
            .flat_map(|&plan| world.plans[plan].rolls.iter().map(|roll| roll.0))
            .collect();
        let mut always = 0;
        let mut chains = Vec::new();
        for (number, service) in world.services.iter().enumerate() {
            if services.contains(&number) {
                let mut chain: Vec<(usize, usize)> = Vec::new();
                for (own, &plan) in unit.plans.iter().enumerate() {
                    let rolls = &world.plans[plan].rolls;
                    chain.extend(
                        rolls
                            .iter()
                            .filter(|roll| roll.0 == number)
                            .map(|roll| (roll.1, own)),
                    );
                }
                chain.sort_unstable();
                chains.push(chain.into_iter().map(|(_, own)| own).collect());
            } else {
                for version in 0..service.versions.len() {
                    if service.runs.is_none_or(|runs| runs == version) {
                        always |= 1 << facts.place(number, version);
                    }
                }
            }
        }
        let known = always | rolled;
        let mut named: BTreeSet<usize> = BTreeSet::new();
        let mut versions = Vec::new();
        for (number, service) in world.services.iter().enumerate() {
            for (own, version) in service.versions.iter().enumerate() {
                let at = facts.place(number, own);
                if rolled & 1 << at != 0 {
                    named.extend(
                        (0..version.schema.len()).filter(|&db| version.schema[db].is_some()),
                    );
                }
                if known & 1 << at != 0 {
                    versions.push((at, number, own, version));
                }
            }
        }
        for plan in plans {
            let moved = plan
                .positions
                .iter()
                .filter_map(|position| position.migrates);
            named.extend(moved.map(|(database, _)| database));
        }
        let mut bench = Bench {
            facts,
            at: named
                .iter()
                .map(|&db| facts.last[db][world.databases[db].at])
                .collect(),
            databases: named.into_iter().collect(),
            always,
            known,
            chains,
            apis: Vec::new(),
            formats: Vec::new(),
            configs: Vec::new(),
            flags: Vec::new(),
            pairs: Vec::new(),
            before: world.configs.iter().map(|own| own.at).chain([0]).collect(),
            retention: world.retention,
            times: times(plans),
            found: BTreeMap::new(),
            schemas: BTreeMap::new(),
            ways: BTreeMap::new(),
            under: BTreeMap::new(),
            apart: BTreeSet::new(),
            line: vec![None; plans.len()],
            stuck: true,
            unordered: false,
        };
        for &(at, service, own, version) in &versions {
            for &(other, callee_service, callee, called) in &versions {
                let offers = world.services[callee_service]
                    .versions
                    .iter()
                    .any(|version| !version.serves.is_empty());
                for number in &version.calls {
                    let somebody = world
                        .services
                        .iter()
                        .flat_map(|service| &service.versions)
                        .any(|version| version.serves.contains(number));
                    if offers && somebody && !called.serves.contains(number) {
                        let words = format!(
                            "api {number}: {} calls {}",
                            name_of(service, own),
                            name_of(callee_service, callee)
                        );
                        bench.apis.push((at, other, words));
                    }
                }
                if !version.reads.is_empty() {
                    for number in &called.writes {
                        if !version.reads.contains(number) {
                            let words = format!(
                                "format {number}: {} reads what {} writes",
                                name_of(service, own),
                                name_of(callee_service, callee)
                            );
                            bench.formats.push((other, at, words));
                        }
                    }
                }
            }
            for (config, keys) in version.needs.iter().enumerate() {
                for (out, there) in world.configs[config].versions.iter().enumerate() {
                    for key in keys.iter().filter(|key| !there.contains(key)) {
                        let words = format!(
                            "config c{config} {}: {} needs k{key}",
                            out + 1,
                            name_of(service, own)
                        );
                        bench.configs.push((at, config, out, words));
                    }
                }
            }
            for (config, limit) in version.accepts.iter().enumerate() {
                let Some(limit) = limit else { continue };
                for (out, size) in world.configs[config].sizes.iter().enumerate() {
                    if size > limit {
                        let words =
                            format!("limit c{config} {}: {}", out + 1, name_of(service, own));
                        bench.configs.push((at, config, out, words));
                    }
                }
            }
            let mut siblings = world.services[service].versions.iter();
            if version.evaluates.is_none() && siblings.any(|other| other.evaluates.is_some()) {
                bench
                    .flags
                    .push((at, format!("flag: {}", name_of(service, own))));
            }
            for &(other, beside_service, beside, theirs) in &versions {
                if let (Some(Some(one)), Some(Some(two))) = (version.evaluates, theirs.evaluates)
                    && at < other
                    && one != two
                {
                    let words = format!(
                        "meaning: {} and {}",
                        name_of(service, own),
                        name_of(beside_service, beside)
                    );
                    bench.pairs.push((at, other, false, words));
                }
                let unsupported = version
                    .supports
                    .as_ref()
                    .is_some_and(|(of, ids)| *of == beside_service && !ids.contains(&beside));
                if unsupported && at != other {
                    let words = format!(
                        "platform: {} beside {}",
                        name_of(service, own),
                        name_of(beside_service, beside)
                    );
                    bench.pairs.push((at, other, true, words));
                }
            }
        }
        bench
    }

    /// Breadth first, so that the first time is the shortest.
    fn walk(&mut self, plans: &[Walked], unit: &Together) {
        assert_eq!(plans.len(), unit.plans.len());
        let mut start = vec![0; plans.len()];
        start.extend(&self.at);
        let start = (start, Settings::default());
        let mut seen = BTreeSet::from([start.clone()]);
        let mut queue = VecDeque::from([(start, 0)]);
        let mut all = Vec::new();
        while let Some(((state, settings), depth)) = queue.pop_front() {
            for (one, _) in plans.iter().enumerate().filter(|(one, _)| state[*one] == 0) {
                self.apart
                    .extend((0..plans.len()).map(|other| (one, other, state[other])));
            }
            all.push((state.clone(), settings.clone(), depth));
            let mut next = |state: (Vec<usize>, Settings)| {
                if seen.insert(state.clone()) {
                    queue.push_back((state, depth + 1));
                }
            };
            let mut done = true;
            for (own, plan) in plans.iter().enumerate() {
                let Some(to) = plan.positions.get(state[own] + 1) else {
                    continue;
                };
                done = false;
                let here = &plan.positions[state[own]];
                let committed = here.migrates.is_none_or(|(db, to)| {
                    let lane = self
                        .databases
                        .iter()
                        .position(|&own| own == db)
                        .expect("a lane");
                    state[plans.len() + lane] >= self.facts.last[db][to]
                });
                if committed && to.waits.iter().all(|&(other, at)| state[other] >= at) {
                    let mut after = state.clone();
                    after[own] += 1;
                    let mut settings = settings.clone();
                    if let Some((setting, value, places)) = &here.puts {
                        for &place in places {
                            let row = settings.0.entry((*setting, place)).or_default();
                            row.retain(|&(other, _, _)| other != own || plan.goes_again);
                            row.push((own, state[own], *value));
                        }
                    }
                    next((after, settings));
                }
            }
            for (lane, &db) in self.databases.iter().enumerate() {
                let at = state[plans.len() + lane];
                let Some(&migration) = self.facts.migration[db].get(at + 1) else {
                    continue;
                };
                let moved = plans.iter().zip(&state).any(|(plan, &own)| {
                    plan.positions[own]
                        .migrates
                        .is_some_and(|(moved, to)| moved == db && to >= migration)
                });
                if moved {
                    let mut after = state.clone();
                    after[plans.len() + lane] += 1;
                    next((after, settings.clone()));
                }
            }
            self.stuck &= !done;
        }
        for (state, settings, depth) in all {
            self.look(plans, &state, &settings, depth);
        }
    }

    /// Asks everything of one state.
    fn look(&mut self, plans: &[Walked], state: &[usize], settings: &Settings, depth: usize) {
        let mut serving_in = [self.always; 2];
        let mut written = self.always;
        // for each plan, the versions that it would bring back, and to which it would give traffic
        let mut brings = vec![0; plans.len()];
        let mut serves_again = vec![0; plans.len()];
        let mut moves: Vec<usize> = Vec::new();
        let always = self.always;
        let each = move |mask: u32| (0..32).filter(move |at| mask & 1 << at != 0);
        let mut live: Vec<Atom> = each(always).map(|at| (None, at, How::Is)).collect();
        let mut serving = live.clone();
        for (own, plan) in plans.iter().enumerate() {
            let here = &plan.positions[state[own]];
            if let Some((database, _)) = here.migrates {
                self.unordered |= moves.contains(&database);
                moves.push(database);
            }
            // of the plans that roll one service, the last that has begun says what runs
            let mut others = 0;
            for chain in self.chains.iter().filter(|chain| chain.contains(&own)) {
                let begun = chain.iter().rev().find(|&&plan| state[plan] > 0);
                if *begun.unwrap_or(&chain[0]) != own {
                    others = u32::MAX;
                }
            }
            if others == 0 {
                let add = |list: &mut Vec<Atom>, mask: u32, how: How| {
                    list.extend(each(mask).map(|at| (Some(own), at, how)));
                };
                add(&mut live, here.live, How::Is);
                add(&mut serving, here.serving, How::Is);
                for (own, more) in serving_in.iter_mut().zip(here.serving_in) {
                    *own |= more;
                }
                if here.above {
                    let way = here.way.as_deref();
                    let (lives, serves) = match way {
                        Some(way) => (
                            way.iter().fold(0, |all, change| all | change.live),
                            way.iter().fold(0, |all, change| all | change.serving),
                        ),
                        None => (plan.from, plan.from),
                    };
                    add(&mut live, lives & !here.live, How::Back);
                    add(&mut serving, serves & !here.serving, How::Back);
                    brings[own] |= lives;
                    serves_again[own] |= serves;
                }
                let again = here
                    .goes_to
                    .map_or(&[][..], |to| &plan.positions[to..state[own]]);
                let lives = again.iter().fold(0, |all, own| all | own.live);
                let serves = again.iter().fold(0, |all, own| all | own.serving);
                add(&mut live, lives & !here.live, How::Goto);
                add(&mut serving, serves & !here.serving, How::Goto);
                brings[own] |= lives;
                serves_again[own] |= serves;
            }
            let first = self.is_first(own);
            let from = usize::from(!first);
            for position in plan.positions.iter().take(state[own] + 1).skip(from) {
                written |= position.live;
            }
            // the first position of the plan from which going back fails
            let last = state[own] >= plan.over;
            if !last && (first || state[own] > 0) {
                for (lane, &database) in self.databases.iter().enumerate() {
                    let schema = state[plans.len() + lane];
                    for version in (0..self.facts.versions).filter(|at| plan.from & 1 << at != 0) {
                        let here = &plan.positions[state[own]];
                        let moved = here.way.is_some()
                            && here.comes(version).is_none_or(|comes| {
                                here.takes(database).is_some_and(|(takes, _)| takes < comes)
                            });
                        if moved {
                            continue;
                        }
                        let broken = self.facts.breaks[version][database]
                            .get(schema)
                            .is_some_and(|found| {
                                found.iter().any(|found| found.hard && self.counts(found))
                            });
                        if broken {
                            let known = self.line[own].unwrap_or(usize::MAX);
                            self.line[own] = Some(known.min(state[own]));
                        }
                    }
                }
            }
        }
        // rows stay, however long ago they were written
        let rows_of = written;
        if let Some(kept) = self.retention {
            let met = live.iter().fold(0, |all, atom| all | 1 << atom.1);
            written = self.always | met | self.left(plans, state, kept);
        }
        // what was written is there, whoever goes back
        for (own, plan) in plans.iter().enumerate() {
            let first = self.is_first(own);
            let last = state[own] >= plan.over;
            let unreadable = self.formats.iter().any(|(writer, reader, _)| {
                written & 1 << writer != 0 && plan.from & 1 << reader != 0
            });
            if unreadable && !last && (first || state[own] > 0) {
                let known = self.line[own].unwrap_or(usize::MAX);
                self.line[own] = Some(known.min(state[own]));
            }
        }
        let lives = |at: usize| {
            let mut live = live.iter();
            live.any(|(_, own, how)| *own == at && *how == How::Is)
        };
        let in_back = |at: usize| {
            let mut live = live.iter();
            live.any(|(_, own, how)| *own == at && *how != How::Is)
        };
        // whether the second plan is taken back before the first goes back
        let order =
            |one: usize, other: usize| one != other && !plans[one].alone && !plans[other].alone;
        let first = |one: usize, other: usize| {
            order(one, other)
                && plans[other].positions[state[other]].above
                && !self.apart.contains(&(one, other, state[other]))
        };
        for (lane, &database) in self.databases.iter().enumerate() {
            let schema = state[plans.len() + lane];
            for &(plan, version, how) in &live {
                let Some(found) = self.facts.breaks[version][database].get(schema) else {
                    continue;
                };
                // a way back that has moved the schema before does not bring it here
                let moved = plan.filter(|_| how == How::Back).is_some_and(|plan| {
                    let here = &plans[plan].positions[state[plan]];
                    let comes = here.comes(version).unwrap_or(0);
                    here.takes(database).is_some_and(|(takes, _)| takes < comes)
                });
                for (place, failure) in found.iter().enumerate().filter(|_| !moved) {
                    if failure.written_by.is_none_or(|by| by & rows_of != 0) {
                        let key = (version, database, schema, !lives(version), place);
                        self.schemas.entry(key).or_insert(depth);
                    }
                }
            }
        }
        for at in 0..self.apis.len() {
            let (caller, callee, _) = &self.apis[at];
            let (caller, callee) = (*caller, *callee);
            for &(one, _, calls) in live.iter().filter(|(_, own, _)| *own == caller) {
                for &(other, _, called) in serving.iter().filter(|(_, own, _)| *own == callee) {
                    // where the order is kept, plans that wait are taken back first
                    let before = match (one, other) {
                        (Some(one), Some(other)) => match (calls, called) {
                            (How::Back, How::Back) => order(one, other),
                            (How::Back, _) => first(one, other),
                            (_, How::Back) => first(other, one),
                            _ => false,
                        },
                        _ => false,
                    };
                    if before {
                        continue;
                    }
                    let back = calls != How::Is || called != How::Is;
                    self.found.entry((0, at, back)).or_insert(depth);
                }
            }
        }
        for at in 0..self.formats.len() {
            let (writer, reader, _) = &self.formats[at];
            if written & 1 << writer != 0 && (lives(*reader) || in_back(*reader)) {
                let back = !lives(*reader);
                self.found.entry((1, at, back)).or_insert(depth);
            }
        }
        // what is out there of a setting, with all plans, and without what one has taken back
        let out = |setting: usize, place: usize, without: Without| -> u32 {
            settings.out(
                plans,
                state,
                (setting, place),
                self.before[setting],
                without,
            )
        };
        let anywhere = |setting, without| out(setting, 0, without) | out(setting, 1, without);
        fn back(atoms: &[Atom], version: usize) -> impl Iterator<Item = &Atom> {
            let mut atoms = atoms.iter();
            std::iter::from_fn(move || atoms.find(|atom| atom.1 == version && atom.2 != How::Is))
        }
        // behind a `goto`, what the plan has put out before the step is there until it puts out more
        let again = |plan: usize, setting: usize, version: usize, serves: bool| -> u32 {
            let positions = &plans[plan].positions;
            let Some(to) = positions[state[plan]].goes_to else {
                return 0;
            };
            let mut met = 0;
            for at in to..state[plan] {
                let here = if serves {
                    positions[at].serving
                } else {
                    positions[at].live
                };
                for place in (0..2).filter(|_| here & 1 << version != 0) {
                    let more = positions[to..at].iter().any(|own| {
                        let puts = own.puts.as_ref();
                        puts.is_some_and(|(own, _, places)| {
                            *own == setting && places.contains(&place)
                        })
                    });
                    if !more {
                        met |= out(setting, place, Some((plan, to)));
                    }
                }
            }
            met
        };
        // a body takes back only what it says, one change after the other
        let on_way = |plan: Option<usize>, how: How, version: usize, setting: usize| -> u32 {
            let Some(plan) = plan else {
                return anywhere(setting, None);
            };
            let here = &plans[plan].positions[state[plan]];
            if how == How::Goto {
                let flag = setting + 1 == self.before.len();
                return again(plan, setting, version, flag);
            }
            let Some(way) = &here.way else {
                return anywhere(setting, Some((plan, 0)));
            };
            let first = here.comes(version).unwrap_or(0);
            let (mut met, mut pushed) = (0, None);
            for (at, change) in way.iter().enumerate() {
                let before = pushed;
                if let Some((_, value)) = change.pushes.filter(|own| own.0 == setting) {
                    pushed = Some(value);
                }
                for own in [before, pushed].into_iter().filter(|_| at >= first) {
                    met |= own.map_or_else(|| anywhere(setting, None), |value| 1 << value);
                }
            }
            met
        };
        for at in 0..self.configs.len() {
            let (version, config, own, _) = &self.configs[at];
            if lives(*version) && anywhere(*config, None) & 1 << own != 0 {
                self.found.entry((2, at, false)).or_insert(depth);
            }
            for &(plan, _, how) in back(&live, *version) {
                if !lives(*version) && on_way(plan, how, *version, *config) & 1 << own != 0 {
                    self.found.entry((2, at, true)).or_insert(depth);
                }
            }
        }
        // what runs on while a plan goes back
        for (own, plan) in plans.iter().enumerate() {
            let here = &plan.positions[state[own]];
            if state[own] == 0 || state[own] >= plan.over {
                continue;
            }
            for at in 0..self.configs.len() {
                let (version, config, value, _) = self.configs[at];
                let moves = plan.positions.iter().any(|own| {
                    let mut back = own.way.iter().flatten();
                    own.puts.as_ref().is_some_and(|own| own.0 == config)
                        || back.any(|change| change.pushes.is_some_and(|own| own.0 == config))
                });
                if !moves {
                    continue;
                }
                let is = |values: u32| values & 1 << value != 0;
                let others = |waits: bool| {
                    let mut live = live.iter();
                    live.any(|&(other, found, how)| {
                        let stays = other.is_none_or(|other| !(waits && first(own, other)));
                        other != Some(own) && found == version && how == How::Is && stays
                    })
                };
                let mut told: Option<usize> = None;
                match &here.way {
                    None => {
                        if others(true) && is(anywhere(config, Some((own, 0)))) {
                            told = Some(1);
                        }
                    }
                    Some(way) => {
                        let mut pushed = None;
                        for (number, change) in way.iter().enumerate() {
                            let before = pushed;
                            if let Some((_, value)) = change.pushes.filter(|own| own.0 == config) {
                                pushed = Some(value);
                            }
                            let met = before == Some(value) || pushed == Some(value);
                            let there = change.live & 1 << version != 0 || others(true);
                            if met && there && told.is_none() {
                                told = Some(number + 1);
                            }
                        }
                    }
                }
                if told.is_some() {
                    let known = self.line[own].unwrap_or(usize::MAX);
                    self.line[own] = Some(known.min(state[own]));
                }
                if !here.above {
                    continue;
                }
                if let Some(to) = here.goes_to {
                    let others = others(false) && is(anywhere(config, Some((own, to))));
                    let itself =
                        here.live & 1 << version != 0 && is(again(own, config, version, false));
                    if others || itself {
                        told = Some(1);
                    }
                }
                if let Some(more) = told {
                    let rows = depth.max(1) + more;
                    let best = self.under.entry(at).or_insert(rows);
                    *best = (*best).min(rows);
                }
            }
        }
        let flag = self.before.len() - 1;
        for at in 0..self.flags.len() {
            let version = self.flags[at].0;
            for (place, serving) in serving_in.iter().enumerate() {
                if serving & 1 << version != 0 && out(flag, place, None) & 2 != 0 {
                    self.found.entry((3, at, false)).or_insert(depth);
                }
            }
            let serves = serving
                .iter()
                .any(|atom| atom.1 == version && atom.2 == How::Is);
            for &(plan, _, how) in back(&serving, version) {
                if !serves && on_way(plan, how, version, flag) & 2 != 0 {
                    self.found.entry((3, at, true)).or_insert(depth);
                }
            }
        }
        for at in 0..self.pairs.len() {
            let &(one, other, may_come_back, _) = &self.pairs[at];
            if lives(one) && lives(other) {
                self.found.entry((4, at, false)).or_insert(depth);
            } else if may_come_back
                && (lives(one) || in_back(one))
                && (lives(other) || in_back(other))
            {
                self.found.entry((4, at, true)).or_insert(depth);
            }
        }
        self.look_back(plans, state, depth, &live);
    }

    /// Asks everything of the ways back from one state.
    fn look_back(&mut self, plans: &[Walked], state: &[usize], depth: usize, live: &[Atom]) {
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
    fn is_first(&self, own: usize) -> bool {
        self.chains
            .iter()
            .all(|chain| !chain.contains(&own) || chain[0] == own)
    }

    /// The versions that wrote in a position that was left, not so long ago that it is forgotten.
    fn left(&self, plans: &[Walked], state: &[usize], kept: u64) -> u32 {
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
    fn counts(&self, found: &Failure) -> bool {
        found
            .written_by
            .is_none_or(|writers| writers & self.known != 0)
    }

    fn answer(self, world: &World, facts: &Facts, plans: &[Walked]) -> Answer {
        let mut wrong = Wrong::new();
        for (&(kind, at, back), depth) in &self.found {
            // what fails where it runs is not told once more of the way back
            if back && self.found.contains_key(&(kind, at, false)) {
                continue;
            }
            let words = match kind {
                0 => &self.apis[at].2,
                1 => &self.formats[at].2,
                2 => &self.configs[at].3,
                3 => &self.flags[at].1,
                _ => &self.pairs[at].3,
            };
            let presence = if back { BACK } else { RUNS };
            let rows = (*depth).max(1) + usize::from(back);
            wrong.insert(format!("{words}, {presence}"), rows);
        }
        for (at, rows) in &self.under {
            let known = |back: bool| self.found.contains_key(&(2, *at, back));
            if !known(false) && !known(true) {
                wrong.insert(format!("{}, {UNDER}", self.configs[*at].3), *rows);
            }
        }
        let mut names = Vec::new();
        for (service, declared) in world.services.iter().enumerate() {
            names.extend((0..declared.versions.len()).map(|own| name_of(service, own)));
        }
        // in the order of the schemas; what was told of an earlier one is not told again
        let mut told: BTreeSet<(usize, usize, &str, bool)> = BTreeSet::new();
        for (&(version, database, schema, back, place), depth) in &self.schemas {
            let found = &facts.breaks[version][database][schema][place];
            let known = back && told.contains(&(version, database, &found.what, false));
            let fresh = !known && told.insert((version, database, &found.what, back));
            if fresh {
                let presence = if back { BACK } else { RUNS };
                let words = format!("schema d{database}: {} {}", names[version], found.what);
                let rows = (*depth).max(1) + usize::from(back);
                wrong.insert(format!("{words}, {presence}"), rows);
            }
        }
        // on the way back, what was told of the way forward is not told again
        let presence = |back: bool| if back { BACK } else { RUNS };
        for ((version, database, what), (rows, back)) in &self.ways {
            let known = [false, true]
                .iter()
                .any(|&back| told.contains(&(*version, *database, what, back)));
            if !known {
                let words = format!("schema d{database}: {} {what}", names[*version]);
                wrong.insert(format!("{words}, {}", presence(*back)), *rows);
            }
        }
        let line = self.line.iter().zip(plans);
        Answer {
            wrong,
            line: line
                .map(|(at, plan)| at.map(|at| plan.positions[at].step))
                .collect(),
            stuck: self.stuck,
            unordered: self.unordered,
        }
    }
}
