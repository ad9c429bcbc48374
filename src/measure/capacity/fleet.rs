//! What is known of the replicas of a service, and of the load that they carry.

use crate::model::{Amount, Index, Model, Service};
use crate::numbers::rolling;
use crate::source::Span;
use crate::units::Percent;

/// The most replicas that are computed with.
const MOST: u64 = 1_000_000;

/// What Kubernetes takes for surge and for unavailability where nobody says: 25 % each.
const QUARTER: Amount = Amount::Share(Percent::from_ppm(250_000));

/// Instances of a revision of Cloud Run or Knative where nobody limits them.
const INSTANCES: u64 = 100;

/// How many replicas there are, and how they are replaced in place.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Replicas at full size; an autoscaler's most, where there is one.
    pub replicas: u64,
    /// Where that is said.
    pub span: Span,
    /// How they are replaced in place; `None` where the manifest leaves it to somebody's hand.
    pub rolling: Option<Rolling>,
    /// The least and the most instances that a platform starts and stops by load itself.
    pub instances: Option<(u64, u64)>,
}

/// Replacing in place, as Kubernetes' `ResolveFenceposts` rounds it: surge up, unavailability down,
/// and where both come to nothing one may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolling {
    /// Replicas above the full size.
    pub surge: u64,
    /// Replicas that may be missing.
    pub unavailable: u64,
    /// Replicas that are scheduled at most, those that are being terminated counted.
    pub most: u64,
}

/// The load of a service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Requests a second: the peak, else what there is on an ordinary day.
    pub load: f64,
    /// Whether that is the peak.
    pub peak: bool,
    /// Where it is said.
    pub load_span: Span,
    /// Requests a second that one ready replica carries.
    pub capacity: f64,
    /// Where it is said.
    pub capacity_span: Span,
}

impl Demand {
    /// The fewest ready replicas that carry a share of the load; 1 is all of it. What differs by
    /// less than a billionth is the same.
    pub fn replicas_for(&self, share: f64) -> u64 {
        let needed = self.load * share.max(0.0) / self.capacity;
        (needed - needed.abs() * 1e-9).ceil().clamp(0.0, 1e15) as u64
    }

    /// The load of so many ready replicas that get a share of it, as a share of what they carry:
    /// above 1 is too much. `None` where none is ready and something is asked of them.
    pub fn utilisation(&self, share: f64, ready: u64) -> Option<f64> {
        let load = self.load * share.max(0.0);
        match (load > 0.0, ready) {
            (false, _) => Some(0.0),
            (true, 0) => None,
            (true, ready) => Some(load / (self.capacity * ready as f64)),
        }
    }

    /// Whether so many ready replicas carry a share of the load.
    pub fn carries(&self, share: f64, ready: u64) -> bool {
        ready >= self.replicas_for(share)
    }

    /// The load as an assumption: `a peak of 1500/s`.
    pub fn words(&self) -> String {
        let load = rate(self.load);
        match self.peak {
            true => format!("a peak of {load}"),
            false => format!("{load} (no `peak` is declared)"),
        }
    }
}

/// Requests a second as people write them: whole numbers, or two digits behind the point.
pub fn rate(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    format!("{rounded}/s")
}

/// What is known of a service.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The service.
    pub service: Index,
    /// Its replicas, where they are known.
    pub size: Option<Size>,
    /// Its load, where it is known.
    pub demand: Option<Demand>,
    /// Statements that are missing for what is scheduled.
    pub size_missing: Vec<String>,
    /// And those for the load.
    pub demand_missing: Vec<String>,
    /// What the load rests on.
    pub load_assumption: Option<String>,
    /// What the number of replicas rests on.
    pub assumptions: Vec<String>,
}

impl Fleet {
    /// What the declarations and the manifests say of a service.
    pub fn of(model: &Model, index: Index) -> Option<Fleet> {
        let service = model.services.get(index)?;
        let name = &service.name.value;
        let mut fleet = Fleet {
            service: index,
            size: None,
            demand: None,
            size_missing: Vec::new(),
            demand_missing: Vec::new(),
            load_assumption: None,
            assumptions: Vec::new(),
        };
        if service.incomplete {
            let fact = format!("service `{name}`, read whole");
            fleet.size_missing.push(fact.clone());
            fleet.demand_missing.push(fact);
            return Some(fleet);
        }
        let miss = |word: &str| format!("`{word}` of service `{name}`");
        // who runs fewer replicas elsewhere gets other traffic there
        let elsewhere = model.environment.as_ref().filter(|_| {
            let inside = |span: Span| {
                let own = service.span;
                own.file == span.file && own.start <= span.start && span.end <= own.end
            };
            let replicas = service.declared_replicas;
            replicas.is_some_and(|own| !inside(own.span))
                && service.traffic.is_some_and(|own| inside(own.rate.span))
        });
        if let Some(environment) = elsewhere {
            let fact = format!("{} in environment `{environment}`", miss("traffic"));
            fleet.demand_missing.push(fact);
        }
        match service.traffic.filter(|_| elsewhere.is_none()) {
            None if elsewhere.is_some() => {}
            None => {
                fleet.demand_missing.push(miss("traffic"));
                if service.capacity.is_none() {
                    fleet.demand_missing.push(miss("capacity"));
                }
            }
            Some(traffic) => {
                let load = traffic.peak.unwrap_or(traffic.rate);
                match service.capacity {
                    // nobody can say what nothing needs
                    _ if load.value.value() <= 0.0 => {
                        let fact = format!("`traffic` above 0/s of service `{name}`");
                        fleet.demand_missing.push(fact);
                    }
                    None => fleet.demand_missing.push(miss("capacity")),
                    Some(capacity) if capacity.value.value() > 0.0 => {
                        fleet.demand = Some(Demand {
                            load: load.value.value(),
                            peak: traffic.peak.is_some(),
                            load_span: load.span,
                            capacity: capacity.value.value(),
                            capacity_span: capacity.span,
                        });
                    }
                    Some(_) => {
                        let fact = format!("`capacity` above 0/s of service `{name}`");
                        fleet.demand_missing.push(fact);
                    }
                }
            }
        }
        if let Some(demand) = &fleet.demand {
            let text = format!(
                "`{name}` gets {}, and one replica carries {}",
                demand.words(),
                rate(demand.capacity)
            );
            fleet.load_assumption = Some(text);
        }
        fleet.size = size(model, service, &mut fleet.assumptions);
        if fleet.size.is_none() {
            fleet.size_missing.push(miss("replicas"));
        }
        Some(fleet)
    }
}

/// The replicas of a service and how they are replaced.
fn size(model: &Model, service: &Service, assumptions: &mut Vec<String>) -> Option<Size> {
    let facts = service.facts();
    if let Some(facts) = facts.filter(|facts| facts.kind.is_serverless()) {
        let knative = facts.knative.as_ref();
        let least = knative.and_then(|own| own.revision_min_scale.or(own.service_min_scale));
        let most = knative.and_then(|own| own.revision_max_scale.or(own.service_max_scale));
        let least = service.min_instances.map_or_else(
            || least.map_or(0, |own| u64::from(own.value)),
            |own| own.value,
        );
        // no limit is written as 0
        let limit = most.map(|own| u64::from(own.value)).filter(|own| *own > 0);
        let text = format!(
            "the platform starts instances of `{}` as the load asks for them, up to {} of a revision",
            service.name.value,
            limit.unwrap_or(INSTANCES)
        );
        assumptions.push(text);
        let limit = limit.unwrap_or(INSTANCES);
        return Some(Size {
            replicas: limit.max(least),
            span: most.map_or(facts.kind_span, |most| most.span),
            rolling: None,
            instances: Some((least, limit.max(least))),
        });
    }
    let mut replicas = service.replicas()?;
    let scaler = service.workload.as_ref();
    let scaler = scaler.and_then(|workload| model.autoscaler_of(workload));
    if let Some(most) = scaler.and_then(|scaler| scaler.max_replicas)
        && service.declared_replicas.is_none()
        && u64::from(most.value) > replicas.value
    {
        replicas = crate::source::Spanned::new(u64::from(most.value), most.span);
        assumptions.push(format!(
            "the autoscaler runs `{}` at its most, {} replicas, at that load",
            service.name.value, replicas.value
        ));
    }
    // what is larger is not scheduled anywhere, and sums of it would not fit
    let count = replicas.value.min(MOST);
    let rolling = rolling_of(service, count, assumptions);
    Some(Size {
        replicas: count,
        span: replicas.span,
        rolling,
        instances: None,
    })
}

/// Surge and unavailability of so many replicas: as declared, else as in the manifest, else 25 %
/// each.
pub fn step_size(service: &Service, replicas: u64) -> Option<(u64, u64)> {
    let declared = service.max_surge.is_some() || service.max_unavailable.is_some();
    if let Some(facts) = service.facts().filter(|_| !declared) {
        let small = u32::try_from(replicas).unwrap_or(u32::MAX);
        let (surge, missing) = facts.step_size(small)?;
        return Some((u64::from(surge), u64::from(missing).min(replicas)));
    }
    let said = |amount: Option<crate::source::Spanned<Amount>>| {
        amount.map_or(QUARTER, |amount| amount.value)
    };
    let surge = said(service.surge()).rounded_up(replicas);
    let missing = said(service.unavailable()).rounded_down(replicas);
    Some(match (surge, missing.min(replicas)) {
        (0, 0) => (0, replicas.min(1)),
        known => known,
    })
}

fn rolling_of(service: &Service, replicas: u64, assumptions: &mut Vec<String>) -> Option<Rolling> {
    let (surge, unavailable) = step_size(service, replicas)?;
    let surge = surge.min(MOST);
    let (most, told) = most_rolling(service, replicas, surge, unavailable);
    if let Some(told) = told {
        assumptions.push(told);
    }
    Some(Rolling {
        surge,
        unavailable,
        most,
    })
}

/// The most replicas that are scheduled while all are replaced in place. Where it is known how long
/// one takes to start and how long to end, the controller's loop is played ([`rolling::replace`]);
/// else no more than the old and the new together can be there.
fn most_rolling(
    service: &Service,
    replicas: u64,
    surge: u64,
    unavailable: u64,
) -> (u64, Option<String>) {
    let both = replicas.saturating_mul(2);
    let grace = service
        .facts()
        .and_then(|facts| facts.pod.as_ref())
        .map(|pod| f64::from(pod.grace_period_seconds()))
        .or(service
            .declared_drain
            .map(|drain| drain.value.as_secs_f64()));
    let (Some(start), Some(grace)) = (service.startup, grace) else {
        return (both, None);
    };
    let least = service
        .facts()
        .map_or(0.0, |facts| f64::from(facts.min_ready()));
    let ready = start.value.as_secs_f64().max(least);
    match rolling::replace(replicas, surge, unavailable, ready, grace) {
        Ok(played) => {
            let told = format!(
                "a replica of `{}` takes {} to start, and at most {grace}s to end",
                service.name.value, start.value
            );
            (played.most_with_terminating.min(both), Some(told))
        }
        Err(_) => (both, None),
    }
}

/// The largest surge with which replacing so many replicas in place schedules no more than `limit`;
/// `None` where none does.
pub fn surge_that_fits(service: &Service, replicas: u64, limit: u64) -> Option<u64> {
    let (surge, unavailable) = step_size(service, replicas)?;
    let fits = |own: &u64| {
        // where nothing may be missing, one has to come first
        (*own > 0 || unavailable > 0)
            && most_rolling(service, replicas, *own, unavailable).0 <= limit
    };
    (0..=surge.min(replicas)).rev().find(fits)
}
