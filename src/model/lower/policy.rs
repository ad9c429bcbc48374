//! Policies and targets.

use super::*;

impl Builder<'_> {
    pub(in crate::model) fn target(&mut self, node: &Node) {
        let Some(name) = node.word("name") else {
            return;
        };
        let word = |word: &str, slot: &str| node.child(word).and_then(|child| child.word(slot));
        let kind = word("kind", "kind").and_then(|kind| {
            TargetKind::of(&kind.value).map(|found| Spanned::new(found, kind.span))
        });
        if kind.is_none() && !node.incomplete {
            self.findings.push(missing(
                node.line,
                &format!("target {}", name.value),
                "kind",
                "kind argo-rollouts",
            ));
        }
        self.model.targets.push(Target {
            incomplete: node.incomplete || kind.is_none(),
            kind,
            namespace: word("namespace", "namespace"),
            router: node
                .child("router")
                .and_then(|child| Some((child.word("router")?, child.word("name")?))),
            destination_rule: word("router", "rule"),
            quota: node.child("quota").and_then(|child| child.count("count")),
            gates_by: word("gates", "judge"),
            project: word("project", "project"),
            region: word("region", "region"),
            services: node
                .children("service")
                .filter_map(|child| Some((child.word("role")?, child.word("name")?)))
                .collect(),
            upstreams: node
                .children("upstream")
                .filter_map(|child| {
                    Some(Upstream {
                        version: child.word("version")?,
                        addresses: child.words("address"),
                    })
                })
                .collect(),
            listen: word("listen", "address"),
            admin: word("admin", "address"),
            folder: word("folder", "folder"),
            name,
        });
    }
}

impl Builder<'_> {
    /// The examples of the policy that comes next.
    pub(in crate::model) fn policy_examples(&mut self, node: &Node) -> Vec<PolicyExample> {
        let index = self.model.policies.len();
        let blocks = node.children.iter();
        let blocks = blocks.filter(|child| matches!(child.entry.word, "accepts" | "rejects"));
        let mut examples = Vec::new();
        for child in blocks {
            let Some(name) = child.word("name") else {
                continue;
            };
            let mut plan = self.empty_plan(child, name.clone());
            plan.obeys.push(Spanned::new(index, node.line));
            for own in &child.children {
                match own.entry.word {
                    "roll" => self.roll(own, &mut plan),
                    "step" => self.step(own, &mut plan),
                    _ => {}
                }
            }
            self.switches(child, &mut plan);
            if self.is_walkable(&mut plan) {
                plan.legs = crate::model::legs::legs(&plan.steps);
            }
            examples.push(PolicyExample {
                name,
                is_accepted: child.entry.word == "accepts",
                plan,
            });
        }
        examples
    }
}

pub(in crate::model) fn policy(node: &Node) -> Policy {
    let requires = node
        .children("require")
        .filter_map(|child| {
            let measure = child.word("measure").or_else(|| child.word("present"));
            let proofs = child.words("proof");
            let measure = measure.or_else(|| {
                proofs
                    .first()
                    .map(|first| Spanned::new("proved".to_string(), first.span))
            })?;
            let bound = child
                .compare("op")
                .and_then(|op| Some((op.value, limit(child, "limit")?)));
            let condition = match (
                child.word("subject"),
                child.compare("when"),
                limit(child, "bound"),
            ) {
                (Some(subject), Some(op), Some(bound)) => {
                    Some(Condition::When(subject, op.value, bound))
                }
                (_, _, Some(bound)) => child
                    .word("before")
                    .map(|what| Condition::Before(what, bound)),
                _ => None,
            };
            Some(Requirement {
                span: child.line,
                measure,
                bound,
                condition,
                proofs,
            })
        })
        .collect();
    Policy {
        name: node
            .word("name")
            .unwrap_or_else(|| Spanned::new(String::new(), node.line)),
        incomplete: node.incomplete,
        requires,
        forbids: node
            .children("forbid")
            .flat_map(|child| child.words("rule"))
            .collect(),
        never_allows: node
            .children("never-allow")
            .flat_map(|child| child.words("rule"))
            .collect(),
        strategies: node
            .children("allow-strategy")
            .flat_map(|child| child.words("strategy"))
            .collect(),
        freezes: node
            .children("freeze")
            .filter_map(|child| Some((child.date("from")?, child.date("to")?, child.word("zone")?)))
            .collect(),
        applies_to_all: node.child("applies").map(|child| child.line),
        examples: Vec::new(),
    }
}
