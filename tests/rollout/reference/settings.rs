//! What plans have put out, and when what was written is met no more.

use super::*;

/// For each setting and failure domain, what each plan has put out, in the order of that: the plan,
/// its position and the value. Of a plan that never walks anything again, only the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Settings(pub(super) BTreeMap<(usize, usize), Vec<Setting>>);

pub(super) type Setting = (usize, usize, usize);

/// What a plan has put out from a position on, and has taken back.
pub(super) type Without = Option<(usize, usize)>;

impl Settings {
    /// What is out there: the last that was put out, and what is being put out just now.
    pub(super) fn out(
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
pub(super) fn times(plans: &[Walked]) -> Vec<Vec<Vec<Vec<Option<u64>>>>> {
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
