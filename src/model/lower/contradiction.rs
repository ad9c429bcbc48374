//! Statements that are right by themselves and cannot both be meant.

use super::*;

impl Builder<'_> {
    /// One outcome has one edge: with two, a reader cannot tell where the plan goes on.
    pub(in crate::model) fn edges_once(&mut self, node: &Node, step: &Step, plan: &mut Plan) {
        for (number, second) in step.edges.iter().enumerate() {
            let first = step.edges[..number]
                .iter()
                .find(|first| first.outcome == second.outcome);
            let Some(first) = first else { continue };
            let found = Diagnostic::new(
                &DUPLICATE_STATEMENT,
                second.span,
                format!(
                    "step `{}` says twice what follows `on {}`",
                    step.name.value,
                    second.outcome.word()
                ),
            )
            .here("the second edge")
            .also(first.span, "the first one")
            .help("keep one of them");
            self.push_with_origin(found, node);
            plan.incomplete = true;
        }
    }

    /// `switch` moves the traffic onto the stack that `preview` has started.
    pub(in crate::model) fn switches(&mut self, node: &Node, plan: &mut Plan) {
        if node.may_miss("step", None) {
            return;
        }
        let mut is_up = false;
        for step in node.children("step") {
            if step.may_miss("preview", None) {
                return;
            }
            for child in &step.children {
                match child.entry.word {
                    "preview" => is_up = child.get("off").is_none(),
                    "switch" if !is_up => {
                        let found = Diagnostic::new(
                            &MISSING_STATEMENT,
                            child.line,
                            "`switch` has no `preview` before it",
                        )
                        .here("there is no second stack to switch to")
                        .help("add `preview` above it, best in a step of its own with a `run` that tests the stack");
                        self.push_with_origin(found, step);
                        plan.incomplete = true;
                        return;
                    }
                    _ => {}
                }
            }
        }
    }

    /// `retire` takes away the version that the plan rolls from.
    pub(in crate::model) fn retired(&mut self, node: &Node, plan: &mut Plan) {
        let Some(first) = plan.rolls.first() else {
            return;
        };
        let mut found = Vec::new();
        for action in plan.steps.iter().flat_map(|step| &step.actions) {
            let Action::Retire(version, _) = &action.value else {
                continue;
            };
            let id = &version.value;
            if plan.rolls.iter().any(|roll| roll.from_id.value == *id) {
                continue;
            }
            if let Some(roll) = plan.rolls.iter().find(|roll| roll.to_id.value == *id) {
                found.push(
                    Diagnostic::new(
                        &WRONG_ARGUMENT,
                        version.span,
                        format!("`retire {id}` takes away the version that the plan rolls to"),
                    )
                    .also(roll.to_id.span, "rolled to here")
                    .help(format!("write `retire {}`", roll.from_id.value)),
                );
                continue;
            }
            // another roll, or another version, may be among what could not be read
            let services = plan
                .rolls
                .iter()
                .map(|roll| &self.model.services[roll.service]);
            let mut known = services.clone().map(|service| service.version(id));
            if node.may_miss("roll", None) || services.clone().any(|service| service.incomplete) {
                continue;
            }
            found.push(if known.any(|version| version.is_some()) {
                Diagnostic::new(
                    &WRONG_ARGUMENT,
                    version.span,
                    format!("plan `{}` does not roll from `{id}`", plan.name.value),
                )
                .here("not the version that this plan replaces")
                .also(first.from_id.span, "the plan rolls from this version")
                .help(format!("write `retire {}`", first.from_id.value))
            } else {
                unknown_version(&self.model.services[first.service], version)
            });
        }
        plan.incomplete |= !found.is_empty();
        for found in found {
            crate::model::push_once(&mut self.findings, found);
        }
    }

    /// A step has one way back.
    pub(in crate::model) fn rollbacks_once(&mut self, plan: &mut Plan) {
        // each step, or all of them (`None`), with where a way back was first given
        let mut given: HashMap<Option<&str>, Span> = HashMap::new();
        let mut found = Vec::new();
        for rollback in &plan.rollbacks {
            let whole = rollback.from.is_empty().then_some((None, rollback.span));
            let steps = rollback
                .from
                .iter()
                .map(|step| (Some(step.value.as_str()), step.span));
            for (step, span) in whole.into_iter().chain(steps) {
                let Some(first) = given.get(&step) else {
                    given.insert(step, span);
                    continue;
                };
                let message = match step {
                    Some(step) => format!("step `{step}` has two ways back"),
                    None => format!("plan `{}` has two ways back", plan.name.value),
                };
                found.push(
                    Diagnostic::new(&DUPLICATE_STATEMENT, span, message)
                        .here("the second one")
                        .also(*first, "the first one")
                        .help(match step {
                            Some(_) => "name each step in one `rollback`",
                            None => "keep one of them, or write `rollback from STEP within ...` for single steps",
                        }),
                );
            }
        }
        plan.incomplete |= !found.is_empty();
        self.findings.extend(found);
    }

    /// A request belongs to a cohort by one test.
    pub(in crate::model) fn tests_once(&mut self, node: &Node, name: &str) {
        let mut tests = node
            .children
            .iter()
            .filter(|child| matches!(child.entry.word, "header" | "cookie" | "country"));
        if let (Some(first), Some(second)) = (tests.next(), tests.next()) {
            self.findings.push(
                Diagnostic::new(
                    &DUPLICATE_STATEMENT,
                    second.line,
                    format!("cohort `{name}` has two tests"),
                )
                .here("the second one")
                .also(first.line, "the first one")
                .help("keep one of them; `route cohort a, b` sends the requests of two cohorts"),
            );
        }
    }

    /// An environment variable has one value in a version.
    pub(in crate::model) fn variables_once(&mut self, version: &mut Version) {
        let mut first: HashMap<&str, Span> = HashMap::new();
        let mut twice = Vec::new();
        for (name, _) in &version.env {
            match first.entry(&name.value) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(name.span);
                }
                std::collections::hash_map::Entry::Occupied(first) => {
                    twice.push(
                        Diagnostic::new(
                            &DUPLICATE_STATEMENT,
                            name.span,
                            format!(
                                "`{}` is set twice in version `{}`",
                                name.value, version.id.value
                            ),
                        )
                        .here("the second value")
                        .also(*first.get(), "the first one")
                        .help("keep one of them"),
                    );
                }
            }
        }
        version.incomplete |= !twice.is_empty();
        self.findings.extend(twice);
    }
}
