//! Every state of a unit, one after the other.

use super::*;

/// Everything that is asked of a state, with the fewest events to a state where it is so.
pub(super) struct Bench<'a> {
    pub(super) facts: &'a Facts,
    pub(super) databases: Vec<usize>,
    pub(super) at: Vec<usize>,
    /// Versions that run whatever the plans do.
    pub(super) always: u32,
    pub(super) known: u32,
    /// For each service that several plans roll, those plans in their order.
    pub(super) chains: Vec<Vec<usize>>,
    pub(super) apis: Vec<(usize, usize, String)>,
    pub(super) formats: Vec<(usize, usize, String)>,
    pub(super) configs: Vec<(usize, usize, usize, String)>,
    /// Versions of which others of the service ask for the flag, and they do not.
    pub(super) flags: Vec<(usize, String)>,
    /// Two versions that must not run together, and whether that may come from going back.
    pub(super) pairs: Vec<(usize, usize, bool, String)>,
    /// What is there of each configuration before, and of the flag.
    pub(super) before: Vec<usize>,
    pub(super) retention: Option<u64>,
    /// For each plan and position, the least time from it to each position of each plan.
    pub(super) times: Vec<Vec<Vec<Vec<Option<u64>>>>>,
    /// By kind, place in the list of that kind, and presence.
    pub(super) found: BTreeMap<(usize, usize, bool), usize>,
    /// By version, database, schema, presence and place among what breaks.
    pub(super) schemas: BTreeMap<(usize, usize, usize, bool, usize), usize>,
    /// On ways back, by version, database and what fails: the fewest rows, and whether the version
    /// comes back.
    pub(super) ways: BTreeMap<(usize, usize, String), (usize, bool)>,
    /// By place in the list of configurations: the fewest rows to a way back under a version.
    pub(super) under: BTreeMap<usize, usize>,
    /// Plans that can be at their start while another has come to a position.
    pub(super) apart: BTreeSet<(usize, usize, usize)>,
    pub(super) line: Vec<Option<usize>>,
    pub(super) stuck: bool,
    pub(super) unordered: bool,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        world: &World,
        facts: &'a Facts,
        unit: &Together,
        plans: &[Walked],
    ) -> Bench<'a> {
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
    pub(super) fn walk(&mut self, plans: &[Walked], unit: &Together) {
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
}
