//! Steps: their order, and what their parts need.

use super::*;

impl Builder<'_> {
    pub(in crate::model) fn step(&mut self, node: &Node, plan: &mut Plan) {
        let Some(name) = node.word("name") else {
            return;
        };
        plan.incomplete |= node.incomplete;
        if plan.steps.len() >= MAX_STEPS {
            let found = too_large(
                node.line,
                format!("plan `{}` has more than {MAX_STEPS} steps", plan.name.value),
                "take larger steps",
            );
            push_first(&mut self.findings, found);
            plan.incomplete = true;
            return;
        }
        if let Some(first) = plan.steps.iter().find(|step| step.name.value == name.value) {
            let mut found = duplicate("step", &name.value, name.span, first.name.span);
            if let Some(origin) = &node.origin {
                found = found.also(
                    origin.used,
                    format!("taken over from `{}` here", origin.strategy),
                );
            }
            self.findings.push(found);
            plan.incomplete = true;
            return;
        }
        let mut step = Step {
            doc: node.doc,
            origin: node.origin.clone(),
            ..Step::empty(name, node.line, node.span)
        };
        for child in &node.children {
            match child.entry.word {
                "in" => {
                    let names = child.words("domain");
                    let off = matches!(names.as_slice(), [only] if only.value == "off");
                    if !off {
                        self.check_domains_of(plan, &names);
                    }
                    step.domains = Some(if off { Vec::new() } else { names });
                }
                "after" => step.after.extend(step_refs(child)),
                "approve" => {
                    step.approval = child.word("team").map(|team| Approval {
                        team,
                        limit: child.duration("limit"),
                        span: child.line,
                    });
                }
                "run" => step.runs.extend(run_job(child)),
                "hold" => step.hold = child.duration("time"),
                "watch" => {
                    let before = self.findings.len();
                    let (found, complete) = self.resolve_all(DeclKind::Gate, child.words("gate"));
                    self.used_at(before, child.line, "watched here, through a parameter");
                    plan.incomplete |= !complete;
                    step.watch = found;
                    step.watch_span = Some(child.line);
                }
                "on" => step.edges.extend(edge(child)),
                "deadline" => step.deadline = child.duration("time"),
                "notify" => step.notify.extend(child.word("channel")),
                "allow" => step.allows.extend(allow(child, node.span)),
                _ => {
                    match self.action(child) {
                        Some(action) => step.actions.push(action),
                        None => plan.incomplete = true,
                    }
                    // an experiment may say in its block what follows
                    step.edges.extend(child.children("on").filter_map(edge));
                }
            }
        }
        self.step_shape(node, &step, plan);
        // a fleet has many steps, and most have one action
        step.actions.shrink_to_fit();
        plan.steps.push(step);
    }

    /// Failure domains are those of the service that is rolled or configured.
    pub(in crate::model) fn check_domains_of(
        &mut self,
        plan: &mut Plan,
        names: &[Spanned<String>],
    ) {
        let services: Vec<usize> = if plan.rolls.is_empty() {
            plan.visible_services.to_vec()
        } else {
            plan.rolls.iter().map(|roll| roll.service).collect()
        };
        let known: Vec<&str> = services
            .iter()
            .flat_map(|&at| &self.model.services[at].domains)
            .map(|(name, _)| name.value.as_str())
            .collect();
        for name in names {
            if known.contains(&name.value.as_str()) {
                continue;
            }
            let found = Diagnostic::new(
                &UNKNOWN_NAME,
                name.span,
                format!("there is no failure domain `{}`", name.value),
            );
            let found = match crate::diagnostic::nearest(&name.value, known.iter().copied()) {
                Some(meant) => found.meant(name.span, meant),
                None => found.help("declare it in the service: `domains seoul 40%, tokyo 60%`"),
            };
            self.findings.push(found);
            plan.incomplete = true;
        }
    }

    /// The order of a step, and what its parts need.
    pub(in crate::model) fn step_shape(&mut self, node: &Node, step: &Step, plan: &mut Plan) {
        if node.origin.is_some() && node.incomplete {
            return;
        }
        let mut last: Option<&Node> = None;
        for child in node
            .children
            .iter()
            .filter(|child| child.entry.phase != Phase::None)
        {
            if let Some(before) = last
                && child.entry.phase < before.entry.phase
            {
                let found = self.out_of_order(node, before, child);
                self.push_with_origin(found, node);
                plan.incomplete = true;
                break;
            }
            last = Some(child);
        }
        let chains = step
            .actions
            .iter()
            .filter(|action| {
                matches!(&action.value, Action::Weight(chain) | Action::Flag(_, chain) if chain.values.len() > 1)
            })
            .collect::<Vec<_>>();
        if let [first, second, ..] = chains.as_slice() {
            let found = Diagnostic::new(
                &WRONG_ARGUMENT,
                second.span,
                format!("step `{}` has two chains", step.name.value),
            )
            .here("the second chain")
            .also(first.span, "the first one: it makes the legs of this step")
            .help("give one of them a step of its own");
            self.push_with_origin(found, node);
            plan.incomplete = true;
        }
        self.repeated_changes(node, step, plan);
        self.edges_once(node, step, plan);
        if node.incomplete {
            return;
        }
        if let (Some(watch), None) = (step.watch_span, step.hold)
            && !step
                .actions
                .iter()
                .any(|action| matches!(action.value, Action::Rolling { hold: Some(_), .. }))
        {
            let found = Diagnostic::new(
                &MISSING_STATEMENT,
                watch,
                format!("step `{}` watches without a `hold`", step.name.value),
            )
            .here("there is no time in which these gates could judge")
            .help("add `hold 30m` above it, at least one whole round of the gates");
            self.push_with_origin(found, node);
            plan.incomplete = true;
        }
    }

    /// What one step changes twice was never looked at in between.
    pub(in crate::model) fn repeated_changes(&mut self, node: &Node, step: &Step, plan: &mut Plan) {
        let subject = |action: &Action| match action {
            Action::Weight(_) | Action::Rolling { .. } | Action::Switch | Action::Split(_) => {
                Some(("traffic", 0))
            }
            Action::Flag(flag, _) => Some(("flag", *flag)),
            Action::Push(config, _) => Some(("config", *config)),
            _ => None,
        };
        for (number, second) in step.actions.iter().enumerate() {
            let Some(what) = subject(&second.value) else {
                continue;
            };
            let first = step.actions[..number]
                .iter()
                .find(|first| subject(&first.value) == Some(what));
            let Some(first) = first else { continue };
            let found = Diagnostic::new(
                &WRONG_ARGUMENT,
                second.span,
                format!("step `{}` moves the same {} twice", step.name.value, what.0),
            )
            .here("and again, before anybody has looked")
            .also(first.span, "moved here")
            .help("write a chain, `5% -> 25%`, or give each change a step of its own");
            self.push_with_origin(found, node);
            plan.incomplete = true;
            return;
        }
        let success = step
            .edges
            .iter()
            .find(|edge| matches!(edge.then, Then::Weight(_)));
        let splits = step
            .actions
            .iter()
            .any(|action| matches!(action.value, Action::Split(_)));
        if let Some(edge) = success.filter(|_| !splits && !node.incomplete) {
            let found = Diagnostic::new(
                &WRONG_ARGUMENT,
                edge.span,
                format!(
                    "step `{}` is no experiment, so no weight follows from its outcome",
                    step.name.value
                ),
            )
            .help("give the next weight a step of its own; only `split` decides between weights");
            self.push_with_origin(found, node);
            plan.incomplete = true;
        }
    }

    pub(in crate::model) fn push_with_origin(&mut self, found: Diagnostic, node: &Node) {
        let found = match &node.origin {
            Some(origin) => found.also(
                origin.used,
                format!("taken over from `{}` here", origin.strategy),
            ),
            None => found,
        };
        crate::model::push_once(&mut self.findings, found);
    }

    pub(in crate::model) fn out_of_order(
        &self,
        step: &Node,
        before: &Node,
        child: &Node,
    ) -> Diagnostic {
        let found = Diagnostic::new(
            &STATEMENT_ORDER,
            before.line,
            format!(
                "`{}` stands above `{}`",
                before.entry.word, child.entry.word
            ),
        )
        .here("this comes first")
        .also(child.line, "and only then this")
        .note("a step says entry, changes, `run`, `hold`, `watch`, edges, in this order");
        let word = before.entry.word;
        // the statement is moved below the last one that belongs before it
        let after = step.children.iter().rfind(|other| {
            other.entry.phase != Phase::None && other.entry.phase < before.entry.phase
        });
        let found = match after {
            Some(after) => found.help(format!("move `{word}` below `{}`", after.entry.word)),
            None => found.help(format!("move `{word}` down")),
        };
        match after.and_then(|after| self.moved(before.line, after.span)) {
            Some(edits) => found.fix(format!("move `{word}` down"), edits),
            None => found,
        }
    }

    /// Moves a statement that has a line of its own behind another one.
    pub(in crate::model) fn moved(&self, what: Span, behind: Span) -> Option<Vec<Edit>> {
        let text = &self.project.sources.file(what.file).text;
        let line_start = text[..what.start as usize]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let line_end = text[what.end as usize..]
            .find('\n')
            .map(|at| what.end as usize + at + 1)?;
        let indent = &text[line_start..what.start as usize];
        let alone = indent.trim().is_empty() && text[what.end as usize..line_end].trim().is_empty();
        let rest = text.get(behind.end as usize..)?;
        let own_line = rest[..rest.find('\n').unwrap_or(rest.len())]
            .trim()
            .is_empty();
        if !alone || !own_line {
            return None;
        }
        let moved = format!("\n{indent}{}", &text[what.range()]);
        Some(vec![
            Edit {
                span: Span::new(what.file, line_start, line_end),
                text: String::new(),
            },
            Edit {
                span: behind.after(),
                text: moved,
            },
        ])
    }
}

pub(in crate::model) fn run_job(node: &Node) -> Option<RunJob> {
    Some(RunJob {
        name: node.word("name")?,
        image: node.word("image"),
        command: node.word("command"),
        retries: node.count("retries"),
        span: node.line,
    })
}

pub(in crate::model) fn allow(node: &Node, scope: Span) -> Option<Allow> {
    Some(Allow {
        rule: node.word("rule")?,
        reason: node.word("reason")?,
        until: node.date("date"),
        scope,
        span: node.line,
    })
}

pub(in crate::model) fn edge(node: &Node) -> Option<Edge> {
    let outcome = match node.choice("outcome")? {
        "failure" => Outcome::Failure,
        "inconclusive" => Outcome::Inconclusive,
        "no-data" => Outcome::NoData,
        _ => Outcome::Success,
    };
    let then = match node.choice("then")? {
        "rollback" => Then::Rollback,
        "pause" => Then::Pause(node.duration("limit")),
        "goto" => Then::Goto(node.word("step")?, node.count("times")?),
        "continue" => Then::Continue,
        _ => Then::Weight(node.percent("share")?),
    };
    Some(Edge {
        outcome,
        then,
        span: node.line,
    })
}
