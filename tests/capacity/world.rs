//! Random services and plans, as data and as text.

use std::fmt::Write as _;

use switchback::numbers::Random;

#[derive(Clone, Debug)]
pub struct World {
    pub services: Vec<Service>,
    /// Plan `n` is named `plan-n`, in the order of their numbers.
    pub plans: Vec<Plan>,
    /// Whether the target keeps both versions at full size (a proxy), or sizes as the weight (Argo).
    pub full: bool,
    pub quota: u64,
    pub connections: u64,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub replicas: u64,
    pub traffic: u64,
    pub capacity: u64,
    pub surge: Amount,
    pub unavailable: Amount,
    pub connections: u64,
}

#[derive(Clone, Copy, Debug)]
pub enum Amount {
    Count(u64),
    Percent(u64),
}

impl Amount {
    fn text(self) -> String {
        match self {
            Amount::Count(count) => count.to_string(),
            Amount::Percent(percent) => format!("{percent}%"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub service: usize,
    pub steps: Vec<Vec<Action>>,
    /// Waits for a step of an earlier plan.
    pub after: Option<(usize, usize)>,
}

#[derive(Clone, Copy, Debug)]
pub enum Action {
    Weight(u64),
    Replicas(Amount),
    MatchWeight,
    Rolling,
    Preview,
    Switch,
    Retire,
    Mirror(u64),
}

fn below(random: &mut Random, bound: u64) -> u64 {
    random.bits() % bound.max(1)
}

impl World {
    pub fn new(random: &mut Random) -> World {
        let count = 1 + below(random, 3) as usize;
        let services: Vec<Service> = (0..count)
            .map(|_| {
                let replicas = 1 + below(random, 9);
                let capacity = 10 + below(random, 5);
                let spare = below(random, 5);
                let traffic = (replicas * capacity)
                    .saturating_sub(spare * capacity / 2)
                    .max(1);
                let amount = |random: &mut Random| match below(random, 2) {
                    0 => Amount::Count(below(random, 4)),
                    _ => Amount::Percent([0, 10, 25, 40, 100][below(random, 5) as usize]),
                };
                Service {
                    replicas,
                    traffic,
                    capacity,
                    surge: amount(random),
                    unavailable: amount(random),
                    connections: 1 + below(random, 6),
                }
            })
            .collect();
        let mut plans: Vec<Plan> = Vec::new();
        for service in 0..count {
            let steps = steps(random);
            let after = match service {
                0 => None,
                earlier if below(random, 2) == 0 => {
                    let other = below(random, earlier as u64) as usize;
                    let step = below(random, plans[other].steps.len() as u64) as usize;
                    Some((other, step))
                }
                _ => None,
            };
            plans.push(Plan {
                service,
                steps,
                after,
            });
        }
        let all: u64 = services.iter().map(|service| service.replicas).sum();
        let pool: u64 = services
            .iter()
            .map(|own| own.replicas * own.connections)
            .sum();
        World {
            quota: all + below(random, all + 2),
            connections: pool + below(random, pool + 2),
            services,
            plans,
            full: below(random, 3) == 0,
        }
    }

    /// The text; `backwards` turns the order of the declarations round.
    pub fn text(&self, backwards: bool) -> String {
        let mut parts: Vec<String> = Vec::new();
        let kind = match self.full {
            true => "kind gateway-api; gates by pipeline",
            false => "kind argo-rollouts; router gateway-api \"route\"",
        };
        parts.push(format!(
            "target prod {{ {kind}; quota {} replicas }}\n",
            self.quota.max(1)
        ));
        parts.push(format!(
            "database shop {{ engine postgres 15; migrations \"db\"; connections {} }}\n",
            self.connections.max(1)
        ));
        for (number, service) in self.services.iter().enumerate() {
            let mut text = String::new();
            let _ = write!(
                text,
                "service s{number} {{\n  traffic {}/s\n  capacity {}/s per replica\n  replicas {}\n  max-surge {}\n  max-unavailable {}\n  connections {} per replica\n",
                service.traffic,
                service.capacity,
                service.replicas,
                service.surge.text(),
                service.unavailable.text(),
                service.connections
            );
            for version in 1..=2 {
                let digest = version.to_string().repeat(64);
                let _ = writeln!(
                    text,
                    "  version {version} {{ image \"r/s@sha256:{digest}\"; schema shop 0001 }}"
                );
            }
            text.push_str("}\n");
            parts.push(text);
        }
        for (number, plan) in self.plans.iter().enumerate() {
            let mut text = format!(
                "plan plan-{number} {{\n  roll s{} from 1 to 2\n  on target prod\n",
                plan.service
            );
            for (number, step) in plan.steps.iter().enumerate() {
                let _ = writeln!(text, "  step step-{number} {{");
                for action in step {
                    let line = match action {
                        Action::Weight(share) => format!("weight {share}%"),
                        Action::Replicas(amount) => format!("replicas {}", amount.text()),
                        Action::MatchWeight => "replicas match weight".into(),
                        Action::Rolling => "rolling".into(),
                        Action::Preview => "preview".into(),
                        Action::Switch => "switch".into(),
                        Action::Retire => "retire 1".into(),
                        Action::Mirror(0) => "mirror off".into(),
                        Action::Mirror(share) => format!("mirror {share}%"),
                    };
                    let _ = writeln!(text, "    {line}");
                }
                text.push_str("    hold 1h\n  }\n");
            }
            text.push_str("}\n");
            parts.push(text);
        }
        let mut includes: Vec<String> = Vec::new();
        for (number, plan) in self.plans.iter().enumerate() {
            let after = plan.after.map_or(String::new(), |(other, step)| {
                format!(" after plan-{other}.step-{step}")
            });
            includes.push(format!("  includes plan-{number}{after}\n"));
        }
        if backwards {
            includes.reverse();
        }
        parts.push(format!("release all {{\n{}}}\n", includes.concat()));
        if backwards {
            parts.reverse();
        }
        parts.concat()
    }
}

/// The steps of a plan of one of three kinds.
fn steps(random: &mut Random) -> Vec<Vec<Action>> {
    let mut steps = Vec::new();
    match below(random, 4) {
        0 => steps.push(vec![Action::Rolling]),
        1 => {
            steps.push(vec![Action::Preview]);
            steps.push(vec![Action::Switch]);
            if below(random, 2) == 0 {
                steps.push(vec![Action::Retire]);
            }
        }
        _ => {
            if below(random, 4) == 0 {
                let size = Action::Replicas(Amount::Count(1 + below(random, 3)));
                steps.push(vec![size, Action::Mirror(10 + below(random, 50))]);
                steps.push(vec![Action::Mirror(0), Action::MatchWeight]);
            }
            let mut share = 1 + below(random, 30);
            while share < 100 {
                let mut step = Vec::new();
                match below(random, 5) {
                    0 => step.push(Action::Replicas(Amount::Count(1 + below(random, 6)))),
                    1 => step.push(Action::Replicas(Amount::Percent(1 + below(random, 100)))),
                    2 => step.push(Action::MatchWeight),
                    _ => {}
                }
                step.push(Action::Weight(share));
                steps.push(step);
                share += 5 + below(random, 60);
            }
            let mut last = Vec::new();
            if below(random, 2) == 0 {
                last.push(Action::MatchWeight);
            }
            last.push(Action::Weight(100));
            steps.push(last);
            if below(random, 3) == 0 {
                steps.push(vec![Action::Retire]);
            }
        }
    }
    steps
}
