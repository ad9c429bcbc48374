//! A random plan and its ways back.

use super::*;

impl World {
    pub(super) fn plan(&self, random: &mut Random, number: usize) -> Plan {
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

    pub(super) fn rollbacks(
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
}
