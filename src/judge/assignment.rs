//! What there is to judge at one leg.

use crate::emit::query::{dedent, fits, substitute, uncountable};
use crate::model::{self, Gate, GateRule, Model, Outcome, Plan, ProviderKind, Roll, Step, Then};
use crate::platform::looks::settle;
use crate::promql::ratio;
use crate::simulate::{Limits, Seen};
use crate::units::Duration;

/// One leg and the gates that judge it.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The plan.
    pub plan: String,
    /// The step of the leg.
    pub step: String,
    /// Which leg of the plan, from 1.
    pub leg: usize,
    /// How long the leg stays.
    pub hold: Duration,
    /// The gates.
    pub gates: Vec<Watched>,
    /// What follows on failure, on inconclusive and on no data; `None` goes back.
    pub then: [Option<Then>; 3],
}

/// One gate at a leg.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its name.
    pub name: String,
    /// Whom to ask.
    pub provider: Provider,
    /// What to ask at each look.
    pub questions: Questions,
    /// When a look passes.
    pub expect: GateRule,
    /// When a look fails, where that is not simply "does not pass".
    pub fail: Option<GateRule>,
    /// From the end of the change to the first look.
    pub settle: Duration,
    /// The time between looks.
    pub interval: Duration,
    /// Looks in a round.
    pub looks: u64,
    /// The length of a round.
    pub round: Duration,
    /// Whole rounds within the hold, at least one.
    pub rounds: u64,
    /// When a round is decided.
    pub limits: Limits,
    /// What a look between `expect` and `fail` counts as.
    pub between: Seen,
    /// What a look without data counts as.
    pub blind: Seen,
}

/// Who answers queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in the plan.
    pub name: String,
    /// Where its API begins: `/api/v1/query` is behind it.
    pub address: String,
    /// The name of the secret with its credentials.
    pub secret: Option<String>,
}

/// What is asked at one look, `$service` and `$version` replaced.
#[derive(Clone, Debug, PartialEq)]
pub enum Questions {
    /// The value itself.
    Value(String),
    /// Counts of both versions over the same window.
    Arms {
        /// Events and requests of the new version.
        new: [String; 2],
        /// The same of the old version.
        old: [String; 2],
        /// What makes counts of the values of events and of requests.
        scales: [f64; 2],
    },
}

/// What there is to judge at the leg with index `leg`.
///
/// # Errors
///
/// Every fact without which a gate cannot be judged under its exact meaning, each as what to write.
pub fn assignment(
    model: &Model,
    plan: &Plan,
    leg: usize,
    service: Option<&str>,
) -> Result<Assignment, Vec<String>> {
    let mut missing = Vec::new();
    let (Some(own), Some(step)) = (
        plan.legs.get(leg),
        plan.legs.get(leg).and_then(|own| plan.steps.get(own.step)),
    ) else {
        return Err(vec![format!("a leg {} in the plan", leg + 1)]);
    };
    let roll = match which(model, plan, service) {
        Ok(roll) => roll,
        Err(fact) => return Err(vec![fact]),
    };
    let mut gates = Vec::new();
    for gate in plan.watched(step) {
        let Some(gate) = model.gates.get(gate) else {
            continue;
        };
        match watched(model, gate, step, own.hold, roll.clone()) {
            Ok(watched) => gates.push(watched),
            Err(facts) => missing.extend(facts),
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    let outcomes = [Outcome::Failure, Outcome::Inconclusive, Outcome::NoData];
    let then = outcomes.map(|outcome| edge(step, outcome).cloned());
    Ok(Assignment {
        plan: plan.name.value.clone(),
        step: step.name.value.clone(),
        leg: leg + 1,
        hold: own.hold,
        gates,
        then,
    })
}

/// The roll whose service and versions stand in the queries; `None` where the plan rolls nothing.
fn which<'a>(
    model: &Model,
    plan: &'a Plan,
    service: Option<&str>,
) -> Result<Option<(&'a Roll, String)>, String> {
    let named = |roll: &'a Roll| {
        let own = model.services.get(roll.service);
        (
            roll,
            own.map_or_else(String::new, |own| own.name.value.clone()),
        )
    };
    let rolls: Vec<_> = plan.rolls.iter().map(named).collect();
    let names = || {
        let names: Vec<String> = rolls.iter().map(|(_, name)| format!("`{name}`")).collect();
        names.join(", ")
    };
    match service {
        None if rolls.len() > 1 => Err(format!("`--service`: the plan rolls several, {}", names())),
        None => Ok(rolls.into_iter().next()),
        Some(service) => match rolls.iter().find(|(_, name)| name == service) {
            Some(found) => Ok(Some(found.clone())),
            None => Err(format!(
                "another `--service` than `{service}`: the plan rolls {}",
                names()
            )),
        },
    }
}

fn edge(step: &Step, outcome: Outcome) -> Option<&Then> {
    let edge = step.edges.iter().find(|edge| edge.outcome == outcome);
    edge.map(|edge| &edge.then)
}

fn watched(
    model: &Model,
    gate: &Gate,
    step: &Step,
    hold: Duration,
    roll: Option<(&Roll, String)>,
) -> Result<Watched, Vec<String>> {
    let mut missing = Vec::new();
    let name = &gate.name.value;
    if gate.incomplete {
        missing.push(format!(
            "gate `{name}` as its finding says (`switchback check`)"
        ));
    }
    let found = gate.provider.and_then(|index| model.providers.get(index));
    let provider = match provider(gate, found) {
        Ok(provider) => Some(provider),
        Err(fact) => {
            missing.push(fact);
            None
        }
    };
    let settle = settle(gate, found);
    let times = gate.interval.zip(gate.round);
    if times.is_none() {
        missing.push(format!("`every TIME for TIME` in gate `{name}`"));
    }
    let Some(expect) = gate.expect else {
        missing.push(format!("`expect` in gate `{name}`"));
        return Err(missing);
    };
    let Some(query) = &gate.query else {
        missing.push(format!("`query` in gate `{name}`"));
        return Err(missing);
    };
    let questions = match questions(gate, &query.value, roll) {
        Ok(questions) => Some(questions),
        Err(fact) => {
            missing.push(fact);
            None
        }
    };
    let (Some(provider), Some(questions), Some((interval, round))) = (provider, questions, times)
    else {
        return Err(missing);
    };
    let (interval, round) = (interval.value, round.value);
    let rounds = hold
        .millis()
        .saturating_sub(settle.millis())
        .checked_div(round.millis())
        .unwrap_or(0);
    if rounds == 0 {
        missing.push(format!(
            "`hold {}` in step `{}`: gate `{name}` first looks after {settle}, and a round takes {round}",
            settle.plus(round),
            step.name.value,
        ));
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    let tolerate = gate.tolerate.map_or(0, |count| count.value);
    let mut limits = Limits::round(0, tolerate);
    limits.count = None;
    let between = match edge(step, Outcome::Inconclusive) {
        Some(Then::Continue) => Seen::Pass,
        _ => Seen::Between,
    };
    let blind = match edge(step, Outcome::NoData) {
        Some(Then::Continue) => Seen::Pass,
        Some(Then::Pause(_) | Then::Goto(..)) => {
            limits.blind_in_a_row = tolerate;
            Seen::Nothing
        }
        // what nobody measured has not passed
        _ => Seen::Fail,
    };
    Ok(Watched {
        name: name.clone(),
        provider,
        questions,
        expect,
        fail: gate.fail,
        settle,
        interval,
        looks: gate.looks(),
        round,
        rounds,
        limits,
        between,
        blind,
    })
}

fn provider(gate: &Gate, provider: Option<&model::Provider>) -> Result<Provider, String> {
    let Some(provider) = provider else {
        let name = &gate.name.value;
        return Err(format!(
            "a provider for gate `{name}`: `provider prometheus {{ address \"https://...\" }}`"
        ));
    };
    let name = provider.name.value.clone();
    let address = match (provider.kind, &provider.address, &provider.project) {
        (Some(kind), Some(address), _) if kind.speaks_promql() => {
            address.value.trim_end_matches('/').to_string()
        }
        (Some(ProviderKind::CloudMonitoring), None, Some(project)) if fits(&project.value) => {
            format!(
                "https://monitoring.googleapis.com/v1/projects/{}/location/global/prometheus",
                project.value
            )
        }
        (Some(ProviderKind::Prometheus), None, _) => {
            return Err(format!("`address \"https://...\"` in provider `{name}`"));
        }
        (Some(ProviderKind::CloudMonitoring), None, _) => {
            return Err(format!("`project NAME` in provider `{name}`"));
        }
        _ => {
            return Err(format!(
                "a provider of gate `{}` that answers PromQL: `prometheus` or `cloud-monitoring`, not `{name}`",
                gate.name.value
            ));
        }
    };
    let secret = provider.secret.as_ref().map(|secret| secret.value.clone());
    Ok(Provider {
        name,
        address,
        secret,
    })
}

fn questions(gate: &Gate, query: &str, roll: Option<(&Roll, String)>) -> Result<Questions, String> {
    let name = &gate.name.value;
    let text = dedent(query);
    let promql = gate.promql.as_deref();
    let asks = promql.is_some_and(|query| query.uses_version || query.uses_service);
    let (service, new, old) = match &roll {
        Some((roll, service)) => (
            service.as_str(),
            roll.to_id.value.as_str(),
            roll.from_id.value.as_str(),
        ),
        None if asks || gate.compares() => {
            return Err(format!(
                "a query of gate `{name}` without `$service` and `$version`: this plan rolls no service"
            ));
        }
        None => ("", "", ""),
    };
    for value in [service, new, old] {
        if asks && !fits(value) {
            return Err(format!(
                "a name in place of `{}` that can stand in a query: letters, digits and `-_./:@+%=`",
                value.escape_default()
            ));
        }
    }
    if !gate.compares() {
        return Ok(Questions::Value(substitute(&text, service, new)));
    }
    if let Some(fact) = uncountable(gate) {
        return Err(fact);
    }
    let Some(ratio) = ratio(&text) else {
        return Err(format!(
            "a query of gate `{name}` that is a share of counts"
        ));
    };
    let halves = |version: &str| {
        [&ratio.events, &ratio.requests].map(|range| {
            let part = text.get(range.clone()).unwrap_or_default();
            substitute(part, service, version)
        })
    };
    Ok(Questions::Arms {
        new: halves(new),
        old: halves(old),
        scales: [ratio.events_scale, ratio.requests_scale],
    })
}
