//! Everything that is asked of one state.

use super::*;

impl Bench<'_> {
    /// Asks everything of one state.
    pub(super) fn look(
        &mut self,
        plans: &[Walked],
        state: &[usize],
        settings: &Settings,
        depth: usize,
    ) {
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
}
