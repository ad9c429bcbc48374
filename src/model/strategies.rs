//! Strategies: their parameters, and the steps that a `use` takes over.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::syntax::{Statement, Tree};
use crate::vocabulary::{Bound, DeclKind, Place, Value};

use super::limits::{MAX_STEPS, push_first, too_large};
use super::load::{Project, ProjectFile};
use super::names::{PARAMETERS, duplicate};
use super::node::{Lost, Node, Origin, Reader};
use super::scope::Decl;
use super::shape::clip;

impl Project {
    /// The parameters that a strategy declares.
    pub(super) fn parameters<'a>(&'a self, decl: &Decl) -> Vec<Parameter<'a>> {
        let file = &self.files[decl.file];
        let statement = &file.tree.all()[decl.statement];
        let Some(call) = file.tree.args(statement).first() else {
            return Vec::new();
        };
        file.tree
            .params(call)
            .iter()
            .map(|param| match param.name {
                Some(name) => Parameter {
                    name: self.sources.text(name),
                    span: name,
                    default: Some(Bound::To(param.value, &file.tree)),
                },
                None => Parameter {
                    name: self.sources.text(param.value.span),
                    span: param.value.span,
                    default: None,
                },
            })
            .collect()
    }

    /// Reports a parameter that a strategy declares twice.
    pub(super) fn parameters_once(&self, decl: &Decl, findings: &mut Findings) {
        let declared = self.parameters(decl);
        for (number, second) in declared.iter().enumerate() {
            let first = declared[..number].iter().find(|p| p.name == second.name);
            if let Some(first) = first {
                findings.push(duplicate("parameter", second.name, second.span, first.span));
            }
        }
    }

    /// Replaces each `use` of a plan by the steps of its strategy.
    pub(super) fn expand(&self, plan: &mut Node, left: &mut usize, findings: &mut Findings) {
        let mut children = Vec::with_capacity(plan.children.len());
        let mut steps = plan.children("step").count();
        for child in std::mem::take(&mut plan.children) {
            if child.entry.word != "use" {
                children.push(child);
                continue;
            }
            let (more, cost) = self.expanded_size(&child);
            steps = steps.saturating_add(more);
            let help = "use a strategy with fewer steps, or in fewer plans";
            let refused = if steps > MAX_STEPS {
                Some(format!("the strategy makes it more than {MAX_STEPS} steps"))
            } else if cost > *left {
                Some("all strategies together grow to too many steps".to_string())
            } else {
                *left -= cost;
                None
            };
            if let Some(message) = refused {
                push_first(findings, too_large(child.line, message, help));
                plan.incomplete = true;
                plan.lost.push(lost_use());
                break;
            }
            match self.expansion(&child, findings) {
                Some((steps, complete)) => {
                    children.extend(steps);
                    if !complete {
                        plan.incomplete = true;
                        plan.lost.push(lost_use());
                    }
                }
                None => {
                    plan.incomplete = true;
                    plan.lost.push(lost_use());
                }
            }
        }
        plan.children = children;
    }

    /// How many steps a `use` adds, and what writing them out takes: each statement of the strategy
    /// may hold all that is passed to it.
    pub(super) fn expanded_size(&self, used: &Node) -> (usize, usize) {
        let file_id = used.head.file;
        let (Some(capture), Some(using)) = (used.get("strategy"), self.file_of(file_id)) else {
            return (0, 0);
        };
        let Value::Word(name) = &capture.value else {
            return (0, 0);
        };
        let Some(id) = self.find(file_id, DeclKind::Strategy, name) else {
            return (0, 0);
        };
        let decl = &self.decls[id.0];
        let tree = &self.files[decl.file].tree;
        let statement = &tree.all()[decl.statement];
        let items = |tree: &Tree, call| -> usize {
            let params = tree.params(call).iter();
            params
                .map(|param| 1 + tree.params(&param.value).len())
                .sum()
        };
        let defaults = tree.args(statement).first();
        let passed =
            items(&using.tree, &capture.arg) + defaults.map_or(0, |call| items(tree, call));
        (
            tree.block(statement).count(),
            tree.size(statement).saturating_mul(passed + 4),
        )
    }

    pub(super) fn expansion(
        &self,
        used: &Node,
        findings: &mut Findings,
    ) -> Option<(Vec<Node>, bool)> {
        let capture = used.get("strategy")?;
        let Value::Word(name) = &capture.value else {
            return None;
        };
        let file_id = used.head.file;
        let Some(id) = self.find(file_id, DeclKind::Strategy, name) else {
            findings.extend(self.unknown_name(
                file_id,
                DeclKind::Strategy,
                name,
                capture.arg.word_span(),
            ));
            return None;
        };
        let decl = &self.decls[id.0];
        let using = self.file_of(file_id)?;
        let declared = self.parameters(decl);
        let bindings = self.bind(&declared, decl, used, using, findings)?;
        let file = &self.files[decl.file];
        let origin = Arc::new(Origin {
            strategy: decl.name.clone(),
            used: used.line,
        });
        let reader = Reader {
            sources: &self.sources,
            tree: &file.tree,
            bindings: &bindings,
            expansion: Some(&origin),
        };
        let statement: &Statement = &file.tree.all()[decl.statement];
        let mut steps = Vec::new();
        let mut complete = true;
        for step in file.tree.block(statement) {
            match reader.statement(step, Place::Strategy, findings) {
                Some(node) => steps.push(node),
                None => complete = false,
            }
        }
        Some((steps, complete))
    }

    /// Gives each declared parameter its value, by name; both places in every message.
    pub(super) fn bind<'a>(
        &'a self,
        declared: &[Parameter<'a>],
        decl: &Decl,
        used: &Node,
        using: &'a ProjectFile,
        findings: &mut Findings,
    ) -> Option<Vec<(&'a str, Bound<'a>)>> {
        let call = used.get("strategy")?.arg;
        let mut bindings: Vec<(&str, Bound<'_>)> = Vec::new();
        let mut complete = true;
        for param in using.tree.params(&call) {
            let Some(name_span) = param.name else {
                let shown = clip(self.sources.text(param.value.span));
                let open = declared
                    .iter()
                    .find(|p| bindings.iter().all(|(name, _)| *name != p.name));
                let meant = open.map_or("name", |p| p.name);
                findings.push(
                    Diagnostic::new(
                        &PARAMETERS,
                        param.value.span,
                        format!("the parameter for `{shown}` is not named"),
                    )
                    .also(decl.name_span, "the strategy is declared here")
                    .help(format!("write `{meant} = {shown}`")),
                );
                complete = false;
                continue;
            };
            let name = self.sources.text(name_span);
            match declared.iter().find(|p| p.name == name) {
                Some(parameter) if bindings.iter().any(|(bound, _)| *bound == parameter.name) => {
                    findings.push(
                        Diagnostic::new(&PARAMETERS, name_span, format!("`{name}` is given twice"))
                            .help("keep one of them"),
                    );
                    complete = false;
                }
                Some(parameter) => {
                    bindings.push((parameter.name, Bound::To(param.value, &using.tree)))
                }
                None => {
                    let names = declared.iter().map(|p| p.name);
                    let mut found = Diagnostic::new(
                        &PARAMETERS,
                        name_span,
                        format!("`{}` has no parameter `{name}`", decl.name),
                    )
                    .also(decl.name_span, "the strategy is declared here");
                    found = match crate::diagnostic::nearest(name, names) {
                        Some(meant) => found.help(format!("write `{meant}`")),
                        None if declared.is_empty() => found.help("it takes none"),
                        None => {
                            let all: Vec<String> =
                                declared.iter().map(|p| format!("`{}`", p.name)).collect();
                            found.help(format!("it takes {}", all.join(", ")))
                        }
                    };
                    findings.push(found);
                    complete = false;
                }
            }
        }
        if !complete {
            return None;
        }
        for parameter in declared {
            if bindings.iter().any(|(name, _)| *name == parameter.name) {
                continue;
            }
            match parameter.default {
                Some(default) => bindings.push((parameter.name, default)),
                None => {
                    findings.push(
                        Diagnostic::new(
                            &PARAMETERS,
                            used.line,
                            format!("`{}` needs the parameter `{}`", decl.name, parameter.name),
                        )
                        .here(format!("`{}` is not given", parameter.name))
                        .also(parameter.span, "declared here, without a default")
                        .help(format!(
                            "write `use {}({} = ...)`",
                            decl.name, parameter.name
                        )),
                    );
                    complete = false;
                }
            }
        }
        complete.then_some(bindings)
    }
}

/// Steps of a strategy that are missing in a plan; nobody can tell which.
fn lost_use() -> Lost {
    Lost {
        word: Some("use"),
        name: None,
    }
}

/// A parameter of a strategy.
pub(super) struct Parameter<'a> {
    pub name: &'a str,
    pub span: Span,
    pub default: Option<Bound<'a>>,
}
