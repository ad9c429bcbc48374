//! Plans, steps and releases from their typed statements.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Edit};
use crate::source::{Span, Spanned};
use crate::units::Percent;
use crate::vocabulary::{DeclKind, Phase, Value};

use super::legs::legs;
use super::limits::{MAX_LEGS, MAX_STEPS, push_first, too_large};
use super::lower::{Builder, amount_of, unknown_config_version, unknown_version};
use super::names::{UNKNOWN_NAME, duplicate};
use super::node::Node;
use super::plan::{
    Action, Allow, Approval, Chain, Edge, NoReturn, Outcome, Plan, Release, ReleasePlan, Roll,
    Rollback, RunJob, Step, StepRef, Sticky, Then,
};
use super::shape::{MISSING_STATEMENT, OUT_OF_RANGE, STATEMENT_ORDER, WRONG_ARGUMENT};

/// A chain longer than this is a slip: nobody watches that many legs.
const MAX_CHAIN: usize = 1000;

impl Builder<'_> {
    pub(super) fn plan(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut plan = Plan {
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
            deadline: node
                .child("deadline")
                .and_then(|child| child.duration("time")),
            legs: Vec::new(),
            visible_services: self.visible(DeclKind::Service, node),
            visible_gates: self.visible(DeclKind::Gate, node),
            name,
        };
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
        self.plan_shape(node, &mut plan);
        if self.is_walkable(&mut plan) {
            plan.legs = legs(&plan.steps);
        }
        self.model.plans.push(plan);
    }

    /// Whether the legs of a plan are few enough to be laid out; else it has none and is incomplete.
    fn is_walkable(&mut self, plan: &mut Plan) -> bool {
        let mut legs = 0usize;
        let mut changes = 1usize;
        let mut beyond = None;
        for step in &plan.steps {
            legs = legs.saturating_add(super::legs::count(step));
            changes += step.actions.len();
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
    fn visible(&mut self, kind: DeclKind, node: &Node) -> Arc<[usize]> {
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

    fn roll(&mut self, node: &Node, plan: &mut Plan) {
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
        self.findings.extend(found);
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
        let mut body = Vec::new();
        for child in &node.children {
            if let Some(action) = self.action(child, plan) {
                body.push(action);
            }
        }
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
            span: node.line,
        });
    }

    fn step(&mut self, node: &Node, plan: &mut Plan) {
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
            line: node.line,
            span: node.span,
            doc: node.doc,
            origin: node.origin.clone(),
            domains: None,
            after: Vec::new(),
            approval: None,
            actions: Vec::new(),
            runs: Vec::new(),
            hold: None,
            watch: Vec::new(),
            watch_span: None,
            edges: Vec::new(),
            deadline: None,
            notify: Vec::new(),
            allows: Vec::new(),
            name,
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
                    let (found, complete) = self.resolve_all(DeclKind::Gate, child.words("gate"));
                    plan.incomplete |= !complete;
                    step.watch = found;
                    step.watch_span = Some(child.line);
                }
                "on" => step.edges.extend(edge(child)),
                "deadline" => step.deadline = child.duration("time"),
                "notify" => step.notify.extend(child.word("channel")),
                "allow" => step.allows.extend(allow(child, node.span)),
                _ => match self.action(child, plan) {
                    Some(action) => step.actions.push(action),
                    None => plan.incomplete = true,
                },
            }
        }
        self.step_shape(node, &step, plan);
        plan.steps.push(step);
    }

    /// Failure domains are those of the service that is rolled or configured.
    fn check_domains_of(&mut self, plan: &mut Plan, names: &[Spanned<String>]) {
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
                Some(meant) => found
                    .here(format!("did you mean `{meant}`?"))
                    .help(format!("write `{meant}`"))
                    .fix(
                        format!("write `{meant}`"),
                        vec![Edit {
                            span: name.span,
                            text: meant.to_string(),
                        }],
                    ),
                None => found.help("declare it in the service: `domains seoul 40%, tokyo 60%`"),
            };
            self.findings.push(found);
            plan.incomplete = true;
        }
    }

    /// The order of a step, and what its parts need.
    fn step_shape(&mut self, node: &Node, step: &Step, plan: &mut Plan) {
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
    fn repeated_changes(&mut self, node: &Node, step: &Step, plan: &mut Plan) {
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

    fn push_with_origin(&mut self, found: Diagnostic, node: &Node) {
        let found = match &node.origin {
            Some(origin) => found.also(
                origin.used,
                format!("taken over from `{}` here", origin.strategy),
            ),
            None => found,
        };
        super::push_once(&mut self.findings, found);
    }

    fn out_of_order(&self, step: &Node, before: &Node, child: &Node) -> Diagnostic {
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
    fn moved(&self, what: Span, behind: Span) -> Option<Vec<Edit>> {
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

    /// A change; `None` when it could not be read, which was reported.
    fn action(&mut self, node: &Node, plan: &Plan) -> Option<Spanned<Action>> {
        let action = match node.entry.word {
            "weight" => Action::Weight(self.chain(node)?),
            "replicas" => Action::Replicas(if node.form == 0 {
                None
            } else {
                Some(amount_of(node, "amount")?.value)
            }),
            "rolling" => Action::Rolling {
                batches: node.count("batches"),
                hold: node.duration("hold"),
            },
            "preview" => Action::Preview(node.get("off").is_none()),
            "switch" => Action::Switch,
            "mirror" => Action::Mirror(node.percent("share")),
            "route" => match node.form {
                0 => {
                    let (cohorts, complete) =
                        self.resolve_all(DeclKind::Cohort, node.words("cohort"));
                    if !complete {
                        return None;
                    }
                    Action::RouteCohorts(cohorts)
                }
                1 => Action::RouteHeader(node.word("name")?, node.word("value")?),
                _ => Action::RouteOff,
            },
            "sticky" => Action::Sticky(match node.form {
                0 => Some(Sticky::Cookie(node.word("name")?.value)),
                1 => Some(Sticky::Header(node.word("name")?.value)),
                2 => Some(Sticky::Ip),
                _ => None,
            }),
            "split" => Action::Split(node.percent("share")?),
            "flag" => {
                let name = node.word("flag")?;
                let flag = self.resolve(DeclKind::Flag, &name)?;
                let chain = if node.form == 1 {
                    Chain {
                        values: vec![Spanned::new(Percent::ZERO, node.line)],
                    }
                } else {
                    self.chain(node)?
                };
                Action::Flag(flag, chain)
            }
            "push" => {
                let name = node.word("config")?;
                let version = node.word("version")?;
                let config = self.resolve(DeclKind::Config, &name)?;
                let declared = &self.model.configs[config];
                if !declared.incomplete
                    && declared
                        .versions
                        .iter()
                        .all(|known| known.id.value != version.value)
                {
                    let found = unknown_config_version(declared, &version);
                    self.findings.push(found);
                    return None;
                }
                Action::Push(config, version)
            }
            "migrate" => {
                let name = node.word("database")?;
                let id = node.word("id")?;
                let database = self.resolve(DeclKind::Database, &name)?;
                if self.model.databases[database].migrations.is_some() {
                    self.check_migration(database, &id)?;
                }
                Action::Migrate(database, id)
            }
            "backfill" => {
                let name = node.word("database")?;
                let job = node.word("job")?;
                Action::Backfill(self.resolve(DeclKind::Database, &name)?, job)
            }
            "retire" => {
                let version = node.word("version")?;
                self.check_retired(plan, &version)?;
                Action::Retire(version, node.duration("time"))
            }
            _ => return None,
        };
        Some(Spanned::new(action, node.line))
    }

    fn check_retired(&mut self, plan: &Plan, version: &Spanned<String>) -> Option<()> {
        let known = plan.rolls.iter().any(|roll| {
            let service = &self.model.services[roll.service];
            service.incomplete || service.version(&version.value).is_some()
        });
        if known || plan.incomplete {
            return Some(());
        }
        let Some(roll) = plan.rolls.first() else {
            return Some(());
        };
        let found = unknown_version(&self.model.services[roll.service], version);
        self.findings.push(found);
        None
    }

    /// The shares of a chain, or of `10% to 100% by 10%`.
    fn chain(&mut self, node: &Node) -> Option<Chain> {
        if let (Some(from), Some(to), Some(by)) =
            (node.percent("from"), node.percent("to"), node.percent("by"))
        {
            let steps = to
                .value
                .ppm()
                .saturating_sub(from.value.ppm())
                .checked_div(by.value.ppm());
            let problem = match steps {
                None => Some("never arrives: its step is `0%`"),
                Some(_) if from.value > to.value => Some("falls; weights rise"),
                Some(steps) if steps as usize >= MAX_CHAIN => Some("has more than 1,000 legs"),
                Some(_) => None,
            };
            if let Some(problem) = problem {
                self.findings.push(
                    Diagnostic::new(&OUT_OF_RANGE, by.span, format!("this chain {problem}"))
                        .help("write `10% to 100% by 10%`"),
                );
                return None;
            }
            let mut values = Vec::new();
            let mut ppm = from.value.ppm();
            while ppm < to.value.ppm() {
                values.push(Spanned::new(Percent::from_ppm(ppm), node.line));
                ppm += by.value.ppm();
            }
            values.push(Spanned::new(to.value, node.line));
            return Some(Chain { values });
        }
        let values: Vec<Spanned<Percent>> = node
            .all("share")
            .filter_map(|capture| match capture.value {
                Value::Percent(share) => Some(Spanned::new(share, capture.span)),
                _ => None,
            })
            .collect();
        if let Some(share) = values.get(MAX_CHAIN) {
            self.findings.push(
                Diagnostic::new(
                    &OUT_OF_RANGE,
                    share.span,
                    "this chain has more than 1,000 legs",
                )
                .help("write `10% to 100% by 10%`"),
            );
            return None;
        }
        (!values.is_empty()).then_some(Chain { values })
    }

    pub(super) fn release(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut release = Release {
            incomplete: node.incomplete,
            plans: Vec::new(),
            name,
        };
        for child in node.children("includes") {
            let Some(plan) = child.word("plan") else {
                continue;
            };
            match self.resolve(DeclKind::Plan, &plan) {
                Some(index) => release.plans.push(ReleasePlan {
                    plan: Spanned::new(index, plan.span),
                    after: step_refs(child),
                }),
                None => release.incomplete = true,
            }
        }
        let (obeyed, complete) = self.resolve_all(
            DeclKind::Policy,
            node.child("obeys")
                .map(|child| child.words("policy"))
                .unwrap_or_default(),
        );
        release.incomplete |= !complete;
        for plan in &release.plans {
            let Some(plan) = self.model.plans.get_mut(plan.plan.value) else {
                continue;
            };
            for policy in &obeyed {
                if plan.obeys.iter().all(|known| known.value != policy.value) {
                    plan.obeys.push(*policy);
                }
            }
        }
        self.check_release(&release);
        self.model.releases.push(release);
    }

    /// A plan that is in no release is checked and run alone: nothing would end its waiting.
    pub(super) fn check_lone_plans(&mut self) {
        let mut included = vec![false; self.model.plans.len()];
        for release in &self.model.releases {
            for plan in &release.plans {
                if let Some(known) = included.get_mut(plan.plan.value) {
                    *known = true;
                }
            }
        }
        // a release that could not be read whole may include anything
        if self.model.releases.iter().any(|release| release.incomplete) {
            return;
        }
        let mut found = Vec::new();
        for (plan, _) in self
            .model
            .plans
            .iter()
            .zip(&included)
            .filter(|(plan, included)| !**included && !plan.incomplete)
        {
            let waits = plan
                .after
                .iter()
                .chain(plan.steps.iter().flat_map(|step| &step.after));
            for reference in waits {
                let other = reference.plan.as_deref().unwrap_or("PLAN");
                found.push(
                    Diagnostic::new(
                        &UNKNOWN_NAME,
                        reference.span,
                        format!(
                            "`{}` waits for a plan, and no release includes both",
                            plan.name.value
                        ),
                    )
                    .here("waits for this")
                    .help(format!(
                        "add `release NAME {{ includes {other}; includes {} }}`",
                        plan.name.value
                    )),
                );
            }
        }
        for found in found {
            super::push_once(&mut self.findings, found);
        }
    }

    /// `after PLAN.STEP` names a step of a plan of the release.
    fn check_release(&mut self, release: &Release) {
        if release.incomplete {
            return;
        }
        let plans: Vec<usize> = release.plans.iter().map(|plan| plan.plan.value).collect();
        let mut refs: Vec<StepRef> = release
            .plans
            .iter()
            .flat_map(|plan| plan.after.clone())
            .collect();
        for &plan in &plans {
            let Some(plan) = self.model.plans.get(plan) else {
                continue;
            };
            refs.extend(plan.after.clone());
            refs.extend(plan.steps.iter().flat_map(|step| step.after.clone()));
        }
        for reference in refs {
            let found = plans
                .iter()
                .filter_map(|&plan| self.model.plans.get(plan))
                .find(|plan| reference.plan.as_deref() == Some(plan.name.value.as_str()));
            let problem = match found {
                Some(plan) if plan.incomplete => None,
                Some(plan)
                    if plan
                        .steps
                        .iter()
                        .all(|step| step.name.value != reference.step) =>
                {
                    let name = Spanned::new(reference.step.clone(), reference.span);
                    Some(unknown_step(plan, &name))
                }
                Some(_) => None,
                None => Some(not_included(&reference, release)),
            };
            if let Some(problem) = problem {
                super::push_once(&mut self.findings, problem);
            }
        }
    }
}

/// A plan that waits for a step of a plan that its release does not include.
fn not_included(reference: &StepRef, release: &Release) -> Diagnostic {
    let message = match &reference.plan {
        Some(plan) => format!("release `{}` does not include `{plan}`", release.name.value),
        None => format!(
            "`{}` does not say of which plan it is a step",
            reference.step
        ),
    };
    let help = match &reference.plan {
        Some(plan) => {
            format!("add `includes {plan}` to the release, or wait for a plan that it includes")
        }
        None => format!("write `PLAN.{}`", reference.step),
    };
    Diagnostic::new(&UNKNOWN_NAME, reference.span, message)
        .here("waits for this")
        .also(release.name.span, "the release")
        .help(help)
}

fn unknown_step(plan: &Plan, step: &Spanned<String>) -> Diagnostic {
    let found = Diagnostic::new(
        &UNKNOWN_NAME,
        step.span,
        format!("plan `{}` has no step `{}`", plan.name.value, step.value),
    );
    let names: Vec<&str> = plan
        .steps
        .iter()
        .map(|step| step.name.value.as_str())
        .collect();
    match crate::diagnostic::nearest(&step.value, names.iter().copied()) {
        Some(meant) => found
            .here(format!("did you mean `{meant}`?"))
            .help(format!("write `{meant}`")),
        None => {
            let names: Vec<String> = names
                .iter()
                .take(8)
                .map(|name| format!("`{name}`"))
                .collect();
            found.help(format!("its steps are {}", names.join(", ")))
        }
    }
}

fn step_refs(node: &Node) -> Vec<StepRef> {
    node.words("step")
        .into_iter()
        .map(|word| match word.value.rsplit_once('.') {
            Some((plan, step)) => StepRef {
                plan: Some(plan.to_string()),
                step: step.to_string(),
                span: word.span,
            },
            None => StepRef {
                plan: None,
                step: word.value,
                span: word.span,
            },
        })
        .collect()
}

fn run_job(node: &Node) -> Option<RunJob> {
    Some(RunJob {
        name: node.word("name")?,
        image: node.word("image"),
        command: node.word("command"),
        retries: node.count("retries"),
        span: node.line,
    })
}

fn allow(node: &Node, scope: Span) -> Option<Allow> {
    Some(Allow {
        rule: node.word("rule")?,
        reason: node.word("reason")?,
        until: node.date("date"),
        scope,
        span: node.line,
    })
}

fn edge(node: &Node) -> Option<Edge> {
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
