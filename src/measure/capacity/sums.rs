//! What the services of a unit share: the quota of a target, the connections of a database.

use std::collections::BTreeSet;

use crate::model::{Index, Model};
use crate::proof::{LaneId, Point};
use crate::rollout::Rollout;
use crate::source::Span;

use super::Capacity;
use super::fleet::Fleet;

/// So many services that lack a fact are told of one sum.
const MAX_FACTS: usize = 8;

/// What is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shared {
    /// The replicas that a target may schedule.
    Quota(Index),
    /// The connections that a database can take.
    Connections(Index),
}

/// What one service has of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The service.
    pub service: Index,
    /// Replicas that are scheduled of it.
    pub replicas: u64,
    /// What each of them takes: 1 of a quota, else its connections.
    pub each: u64,
}

/// A sum that is over its limit in some state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// What is shared.
    pub shared: Shared,
    /// The limit, and where it is said.
    pub limit: (u64, Span),
    /// The largest sum over all reachable states.
    pub total: u64,
    /// The sum before anything has happened.
    pub at_rest: u64,
    /// The state in which it is met: where each plan that takes part stands, by its place.
    pub cut: Vec<(usize, usize)>,
    /// What each service takes there, by its place in the model.
    pub shares: Vec<Share>,
    /// The largest sum if no two plans were under way at once.
    pub one_by_one: u64,
}

/// A sum to ask for.
struct Sum {
    shared: Shared,
    limit: (u64, Span),
    /// The services that take part, each with what one replica takes.
    takes: Vec<(Index, u64)>,
    /// The plans that it concerns.
    places: BTreeSet<usize>,
}

/// Adds the sums of a unit that are over their limits, and the facts without which one is not known.
pub(super) fn add(rollout: &Rollout<'_>, capacity: &mut Capacity) {
    let mut sums = quotas(rollout, capacity);
    sums.extend(connections(rollout, capacity));
    for sum in sums {
        if let Some(excess) = ask(rollout, capacity, &sum) {
            capacity.excesses.push(excess);
        }
    }
}

fn miss(capacity: &mut Capacity, places: &BTreeSet<usize>, fact: &str) {
    for place in places {
        if let Some(unknown) = capacity.unknown.get_mut(*place)
            && !unknown.iter().any(|known| known == fact)
        {
            unknown.push(fact.to_string());
        }
    }
}

/// The quotas of the targets that plans of the unit are on.
fn quotas(rollout: &Rollout<'_>, capacity: &Capacity) -> Vec<Sum> {
    let model = rollout.model;
    let mut sums = Vec::new();
    for (index, target) in model.targets.iter().enumerate() {
        let Some(quota) = target.quota else { continue };
        let mut takes: Vec<(Index, u64)> = Vec::new();
        let mut places = BTreeSet::new();
        for (place, lane) in rollout.plans.iter().enumerate() {
            let on = model
                .plans
                .get(lane.plan)
                .is_some_and(|plan| plan.targets.iter().any(|target| target.value == index));
            for rolled in capacity.rolled(place).iter().filter(|_| on) {
                places.insert(place);
                if takes.iter().all(|(known, _)| *known != rolled.service) {
                    takes.push((rolled.service, 1));
                }
            }
        }
        if !takes.is_empty() {
            sums.push(Sum {
                shared: Shared::Quota(index),
                limit: (quota.value, quota.span),
                takes,
                places,
            });
        }
    }
    sums
}

/// Whether a version of a service was built against a database.
fn uses(model: &Model, service: Index, database: Index) -> bool {
    model.services.get(service).is_some_and(|service| {
        let schemas = service.versions.iter().flat_map(|version| &version.schemas);
        schemas.into_iter().any(|(own, _)| own.value == database)
    })
}

/// The connections of the databases that services of the unit's plans use.
fn connections(rollout: &Rollout<'_>, capacity: &mut Capacity) -> Vec<Sum> {
    let model = rollout.model;
    let mut sums = Vec::new();
    for (index, database) in model.databases.iter().enumerate() {
        let mut places = BTreeSet::new();
        let mut rolled = BTreeSet::new();
        for place in 0..rollout.plans.len() {
            for own in capacity.rolled(place) {
                if uses(model, own.service, index) {
                    places.insert(place);
                    rolled.insert(own.service);
                }
            }
        }
        if places.is_empty() {
            continue;
        }
        let name = &database.name.value;
        let Some(limit) = database.connections else {
            // who says what a replica takes wants to know whether it fits
            let said = rolled.iter().filter_map(|own| model.services.get(*own));
            if said
                .into_iter()
                .any(|service| service.connections.is_some())
            {
                miss(
                    capacity,
                    &places,
                    &format!("`connections` of database `{name}`"),
                );
            }
            continue;
        };
        // services that are not rolled hold theirs, too
        let all = 0..model.services.len();
        let users: Vec<Index> = all.filter(|own| uses(model, *own, index)).collect();
        let mut takes = Vec::new();
        let mut told = 0;
        for service in users {
            let Some(declared) = model.services.get(service) else {
                continue;
            };
            match declared.connections {
                Some(each) => takes.push((service, each.value)),
                // a few of them are enough to say that something is missing
                None if told >= MAX_FACTS => {}
                None => {
                    told += 1;
                    let fact = format!("`connections` of service `{}`", declared.name.value);
                    miss(capacity, &places, &fact);
                }
            }
            if let std::collections::btree_map::Entry::Vacant(free) = capacity.fleets.entry(service)
                && let Some(fleet) = Fleet::of(model, service)
            {
                free.insert(fleet);
            }
        }
        sums.push(Sum {
            shared: Shared::Connections(index),
            limit: (limit.value, limit.span),
            takes,
            places,
        });
    }
    sums
}

/// Asks for the largest sum. What is not known of one service is left out of it, and told: what is
/// over the limit without it is over it with it.
fn ask(rollout: &Rollout<'_>, capacity: &mut Capacity, sum: &Sum) -> Option<Excess> {
    let mut at_rest = 0_u64;
    let mut facts: Vec<String> = Vec::new();
    for (service, each) in &sum.takes {
        let Some(fleet) = capacity.fleets.get(service) else {
            continue;
        };
        match at_rest_of(fleet) {
            Some(replicas) => at_rest = at_rest.saturating_add(replicas.saturating_mul(*each)),
            None => facts.extend(fleet.size_missing.iter().cloned()),
        }
    }
    for fact in facts.into_iter().take(MAX_FACTS) {
        miss(capacity, &sum.places, &fact);
    }
    // what a state takes beyond what is there at rest: a service that several plans roll one after
    // the other counts once
    let grown = |place: usize, state: usize| -> i64 {
        let rolls = capacity.rolled(place).iter();
        let all = rolls.filter_map(|rolled| {
            let (_, each) = sum.takes.iter().find(|(own, _)| *own == rolled.service)?;
            let rest = capacity.fleets.get(&rolled.service).and_then(at_rest_of)?;
            let most = rolled.states.get(state)?.most;
            let grown = i64::try_from(most).ok()? - i64::try_from(rest).ok()?;
            Some(grown.saturating_mul(i64::try_from(*each).ok()?))
        });
        all.fold(0, i64::saturating_add)
    };
    let lanes: Vec<LaneId> = sum
        .places
        .iter()
        .filter_map(|place| Some(LaneId(u32::try_from(*place).ok()?)))
        .collect();
    let weight = |point: Point| grown(point.lane.0 as usize, point.state as usize);
    let greatest = rollout.clocks.greatest_sum(&lanes, weight).ok()?;
    let total = u64::try_from(i128::from(at_rest) + greatest.total).unwrap_or(0);
    if total <= sum.limit.0 {
        return None;
    }
    let cut: Vec<(usize, usize)> = greatest
        .cut
        .iter()
        .map(|point| (point.lane.0 as usize, point.state as usize))
        .collect();
    let alone = sum.places.iter().map(|place| {
        let states = rollout
            .plans
            .get(*place)
            .map_or(0, |lane| lane.states.len());
        (0..states)
            .map(|state| grown(*place, state))
            .max()
            .unwrap_or(0)
    });
    let alone = u64::try_from(alone.max().unwrap_or(0)).unwrap_or(0);
    let shares = shares(rollout.model, capacity, sum, &cut);
    Some(Excess {
        shared: sum.shared,
        limit: sum.limit,
        total,
        at_rest,
        one_by_one: at_rest.saturating_add(alone),
        shares,
        cut,
    })
}

/// What each service takes where the sum is largest.
fn shares(model: &Model, capacity: &Capacity, sum: &Sum, cut: &[(usize, usize)]) -> Vec<Share> {
    let of = |(service, each): &(Index, u64)| {
        let rest = capacity.fleets.get(service).and_then(at_rest_of)?;
        let grown = cut.iter().flat_map(|(place, state)| {
            let rolls = capacity.rolled(*place).iter();
            let own = rolls.filter(|rolled| rolled.service == *service);
            own.filter_map(|rolled| {
                Some(i128::from(rolled.states.get(*state)?.most) - i128::from(rest))
            })
        });
        let replicas = i128::from(rest) + grown.sum::<i128>();
        Some(Share {
            service: *service,
            replicas: u64::try_from(replicas).unwrap_or(0),
            each: *each,
        })
    };
    let mut shares: Vec<Share> = sum.takes.iter().filter_map(of).collect();
    let name = |share: &Share| {
        let service = model.services.get(share.service);
        service.map(|service| service.name.value.clone())
    };
    shares.sort_by_cached_key(name);
    shares
}

/// Replicas of a service that nothing moves.
fn at_rest_of(fleet: &Fleet) -> Option<u64> {
    let size = fleet.size.as_ref()?;
    Some(match (size.instances, &fleet.demand) {
        (Some((least, most)), Some(demand)) => demand.replicas_for(1.0).max(least).min(most),
        _ => size.replicas,
    })
}
