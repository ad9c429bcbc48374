//! Plans, and their way back.

use super::*;

impl Builder<'_> {
    pub(in crate::model) fn plan(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut plan = self.empty_plan(node, name);
        plan.deadline = node
            .child("deadline")
            .and_then(|child| child.duration("time"));
        for child in &node.children {
            match child.entry.word {
                "roll" => self.roll(child, &mut plan),
                "obeys" => {
                    let (found, complete) =
                        self.resolve_all(DeclKind::Policy, child.words("policy"));
                    plan.obeys.extend(found);
                    plan.incomplete |= !complete;
                }
                "on" => {
                    let (found, complete) =
                        self.resolve_all(DeclKind::Target, child.words("target"));
                    plan.targets.extend(found);
                    plan.incomplete |= !complete;
                }
                "step" => self.step(child, &mut plan),
                "no" => {
                    if let Some(reason) = child.word("reason") {
                        plan.no_return = Some(NoReturn {
                            above: plan.steps.len(),
                            reason,
                            span: child.line,
                        });
                    }
                }
                "watch" => {
                    let (found, complete) = self.resolve_all(DeclKind::Gate, child.words("gate"));
                    plan.throughout.extend(found);
                    plan.incomplete |= !complete;
                }
                "allow" => plan.allows.extend(allow(child, node.span)),
                "after" => plan.after.extend(step_refs(child)),
                "rollback" => {}
                _ => {}
            }
        }
        for child in node.children("rollback") {
            self.rollback(child, &mut plan);
        }
        self.global_policies(&mut plan);
        self.rollbacks_once(&mut plan);
        self.retired(node, &mut plan);
        self.switches(node, &mut plan);
        self.plan_shape(node, &mut plan);
        if self.is_walkable(&mut plan) {
            plan.steps.shrink_to_fit();
            plan.legs = legs(&plan.steps);
        }
        self.model.plans.push(plan);
    }

    /// A plan that does nothing yet, of the block `node`.
    pub(in crate::model) fn empty_plan(&mut self, node: &Node, name: Spanned<String>) -> Plan {
        Plan {
            span: node.span,
            doc: node.doc,
            incomplete: node.incomplete,
            rolls: Vec::new(),
            obeys: Vec::new(),
            targets: Vec::new(),
            steps: Vec::new(),
            no_return: None,
            rollbacks: Vec::new(),
            throughout: Vec::new(),
            allows: Vec::new(),
            after: Vec::new(),
            deadline: None,
            legs: Vec::new(),
            visible_services: self.visible(DeclKind::Service, node),
            visible_gates: self.visible(DeclKind::Gate, node),
            name,
        }
    }

    /// Whether the legs of a plan are few enough to be laid out; else it has none and is incomplete.
    pub(in crate::model) fn is_walkable(&mut self, plan: &mut Plan) -> bool {
        let mut legs = 0usize;
        let mut changes = 1usize;
        let mut beyond = None;
        let bodies = plan.rollbacks.iter().map(|rollback| rollback.body.len());
        let longest = bodies.max().unwrap_or(0);
        for step in &plan.steps {
            legs = legs.saturating_add(crate::model::legs::count(step));
            changes += step.actions.len();
            // each state of a step has a way back of its own
            changes += longest;
            if legs > MAX_LEGS && beyond.is_none() {
                beyond = Some(step.line);
            }
        }
        let cost = legs.saturating_mul(changes);
        let found = if let Some(line) = beyond {
            too_large(
                line,
                format!("plan `{}` has more than {MAX_LEGS} legs", plan.name.value),
                "take larger steps",
            )
        } else if cost <= self.changes_left {
            self.changes_left -= cost;
            return true;
        } else {
            too_large(
                plan.name.span,
                "the steps of all plans together carry out too many changes",
                "check a folder with fewer plans",
            )
        };
        plan.incomplete = true;
        push_first(&mut self.findings, found);
        false
    }

    /// What a declaration's file can see of a kind.
    pub(in crate::model) fn visible(&mut self, kind: DeclKind, node: &Node) -> Arc<[usize]> {
        let file = node.head.file;
        let made = || {
            let ids = self.project.visible(file, kind).iter();
            ids.filter_map(|id| self.index[id.0]).collect()
        };
        // all plans of a file share one list
        Arc::clone(self.visible.entry((file, kind)).or_insert_with(made))
    }

    /// Policies that apply to all plans that see them.
    fn global_policies(&mut self, plan: &mut Plan) {
        for id in self.project.visible(plan.name.span.file, DeclKind::Policy) {
            let Some(index) = self.index[id.0] else {
                continue;
            };
            let Some(span) = self
                .model
                .policies
                .get(index)
                .and_then(|policy| policy.applies_to_all)
            else {
                continue;
            };
            if plan.obeys.iter().all(|known| known.value != index) {
                plan.obeys.push(Spanned::new(index, span));
            }
        }
    }

    fn plan_shape(&mut self, node: &Node, plan: &mut Plan) {
        if plan.incomplete {
            return;
        }
        if plan.steps.is_empty() {
            self.findings.push(
                Diagnostic::new(
                    &MISSING_STATEMENT,
                    node.line,
                    format!("plan `{}` has no step", plan.name.value),
                )
                .help(
                    "add `step canary { weight 1%; hold 1h; watch errors }`, or `use` a strategy",
                ),
            );
            plan.incomplete = true;
        }
        self.check_gotos(plan);
        let moves_traffic = plan
            .steps
            .iter()
            .flat_map(|step| &step.actions)
            .find(|action| {
                !matches!(
                    action.value,
                    Action::Flag(..)
                        | Action::Push(..)
                        | Action::Migrate(..)
                        | Action::Backfill(..)
                        | Action::Sticky(_)
                )
            });
        if plan.rolls.is_empty()
            && let Some(action) = moves_traffic
        {
            let found = Diagnostic::new(
                &MISSING_STATEMENT,
                node.line,
                format!("plan `{}` does not say what it rolls", plan.name.value),
            )
            .here("`roll` is missing in this block")
            .also(action.span, "this moves a service's traffic")
            .help("add `roll SERVICE from VERSION to VERSION`");
            self.findings.push(found);
            plan.incomplete = true;
        }
    }

    /// `goto` names an earlier step above `no return`: it undoes traffic, not migrations.
    fn check_gotos(&mut self, plan: &mut Plan) {
        let mut found = Vec::new();
        for (number, step) in plan.steps.iter().enumerate() {
            for edge in &step.edges {
                let Then::Goto(name, _) = &edge.then else {
                    continue;
                };
                let Some(at) = plan
                    .steps
                    .iter()
                    .position(|other| other.name.value == name.value)
                else {
                    found.push(unknown_step(plan, name));
                    continue;
                };
                let line = plan
                    .no_return
                    .as_ref()
                    .filter(|line| at < line.above && number >= line.above);
                let wrong = if at >= number {
                    let later = &plan.steps[at];
                    Some((later.name.span, "this step is not an earlier one"))
                } else {
                    line.map(|line| (line.span, "this line cannot be crossed on the way back"))
                };
                if let Some((span, text)) = wrong {
                    found.push(
                        Diagnostic::new(
                            &WRONG_ARGUMENT,
                            name.span,
                            format!(
                                "`goto {}` does not go back to an earlier step above `no return`",
                                name.value
                            ),
                        )
                        .also(span, text)
                        .help("name an earlier step, or write `rollback`"),
                    );
                }
            }
        }
        plan.incomplete |= !found.is_empty();
        self.findings.extend(found);
    }

    pub(in crate::model) fn roll(&mut self, node: &Node, plan: &mut Plan) {
        let (Some(name), Some(from_id), Some(to_id)) =
            (node.word("service"), node.word("from"), node.word("to"))
        else {
            plan.incomplete = true;
            return;
        };
        let Some(service) = self.resolve(DeclKind::Service, &name) else {
            plan.incomplete = true;
            return;
        };
        let declared = &self.model.services[service];
        let (from, to) = (
            declared.version(&from_id.value),
            declared.version(&to_id.value),
        );
        let mut found = Vec::new();
        for (id, version) in [(&from_id, from), (&to_id, to)] {
            if version.is_none() {
                plan.incomplete = true;
                if !declared.incomplete {
                    found.push(unknown_version(declared, id));
                }
            }
        }
        if from_id.value == to_id.value {
            found.push(
                Diagnostic::new(
                    &WRONG_ARGUMENT,
                    to_id.span,
                    format!("`{}` is rolled to itself", to_id.value),
                )
                .also(from_id.span, "the version that runs before")
                .help("name the version that runs now behind `from`, and the new one behind `to`"),
            );
            plan.incomplete = true;
        }
        plan.incomplete |= declared.incomplete;
        let service_name = &declared.name.value;
        if let Some(first) = plan.rolls.iter().find(|roll| roll.service == service) {
            found.push(
                Diagnostic::new(
                    &DUPLICATE_STATEMENT,
                    node.line,
                    format!("plan `{}` rolls `{service_name}` twice", plan.name.value),
                )
                .here("the second time")
                .also(first.span, "the first time")
                .help("keep one of them, or give each a plan of its own in one release"),
            );
            plan.incomplete = true;
            self.findings.extend(found);
            return;
        }
        self.findings.extend(found);
        self.check_replicas(service, node.line);
        self.check_image(service, to);
        plan.rolls.push(Roll {
            service,
            from,
            from_id,
            to,
            to_id,
            span: node.line,
        });
    }

    fn rollback(&mut self, node: &Node, plan: &mut Plan) {
        let from = node.words("step");
        for step in &from {
            if plan
                .steps
                .iter()
                .all(|known| known.name.value != step.value)
                && !plan.incomplete
            {
                self.findings.push(unknown_step(plan, step));
            }
        }
        let mut body: Vec<Spanned<Action>> = Vec::new();
        let mut runs = Vec::new();
        let mut holds = Vec::new();
        for child in &node.children {
            match child.entry.word {
                "run" => runs.extend(run_job(child)),
                "hold" => holds.extend(child.duration("time")),
                "notify" => {}
                _ => match self.action(child) {
                    Some(action) => body.push(action),
                    None => plan.incomplete = true,
                },
            }
        }
        self.downs(node, plan, &body);
        // a way back ends with nobody on what is new
        for action in &body {
            let (Action::Weight(chain) | Action::Flag(_, chain)) = &action.value else {
                continue;
            };
            let falls = chain
                .values
                .windows(2)
                .all(|pair| pair[1].value <= pair[0].value);
            let last = chain.values.last().map(|share| share.value);
            if !falls || last.is_some_and(|share| share > Percent::ZERO) {
                self.findings.push(
                    Diagnostic::new(
                        &WRONG_ARGUMENT,
                        action.span,
                        "this does not go back: shares fall, down to `0%`",
                    )
                    .also(node.line, "the way back is described here")
                    .help("write `weight 25% -> 0%`, or leave the body out: the derived way goes back at once"),
                );
                plan.incomplete = true;
            }
        }
        plan.rollbacks.push(Rollback {
            from,
            within: node.duration("time"),
            body,
            runs,
            holds,
            span: node.line,
        });
    }

    /// A way back moves each schema once, and only to where it has been.
    fn downs(&mut self, node: &Node, plan: &mut Plan, body: &[Spanned<Action>]) {
        let position = |model: &Model, database: usize, id: &str| {
            let (_, folder) = model.databases.get(database)?.migrations.as_ref()?;
            folder.find(id)
        };
        for (number, action) in body.iter().enumerate() {
            let Action::Migrate(database, to) = &action.value else {
                continue;
            };
            let name = self.model.databases[*database].name.value.clone();
            let first = body[..number].iter().find(
                |first| matches!(&first.value, Action::Migrate(other, _) if other == database),
            );
            if let Some(first) = first {
                let message = format!("this way back moves `{name}` twice");
                let found = Diagnostic::new(&WRONG_ARGUMENT, action.span, message)
                    .here("the second time")
                    .also(first.span, "the first time")
                    .help("keep the one that goes further back");
                self.findings.push(found);
                plan.incomplete = true;
                continue;
            }
            let Some(target) = position(&self.model, *database, &to.value) else {
                continue;
            };
            let moves = plan.steps.iter().flat_map(|step| &step.actions);
            let beyond = moves.into_iter().any(|action| match &action.value {
                Action::Migrate(other, id) if other == database => {
                    position(&self.model, *other, &id.value).is_none_or(|at| at > target)
                }
                _ => false,
            });
            if beyond || plan.incomplete {
                continue;
            }
            let message = format!(
                "no step of this plan moves `{name}` beyond `{}`, so there is nothing to take back",
                to.value
            );
            let found = Diagnostic::new(&WRONG_ARGUMENT, action.span, message)
                .also(node.line, "the way back is described here")
                .help("name the migration that the schema stood at before the step that moves it, or leave this out");
            self.findings.push(found);
            plan.incomplete = true;
        }
    }
}
