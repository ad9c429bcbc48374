//! From typed statements to the model: names resolved, files read.

mod action;
mod contradiction;
mod data;
mod gate;
mod plan;
mod policy;
mod range;
mod release;
mod service;
mod step;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Edit, Findings, Severity};
use crate::promql;
use crate::schema::{Engine, Migrations, discover};
use crate::source::{FileId, Loader, Span, Spanned};
use crate::units::{Bytes, Percent};
use crate::vocabulary::{DeclKind, Phase, Value};
use crate::workload::{Manifests, WORKLOAD_KINDS, read as read_manifests};

use super::data::{
    Cohort, CohortTest, Config, ConfigVersion, Database, DeclaredEffect, DeclaredMigration,
    EffectKind, Flag, Format, FormatKind, Runs, Table,
};
use super::environment::{Overrides, overridden};
use super::files::{NO_WORKLOAD, matching, resolve, unreadable};
use super::gate::{Detect, Gate, GateKind, Limit, Provider, ProviderKind, Rule};
use super::legs::legs;
use super::limits::{
    MAX_CHANGES, MAX_LEGS, MAX_LIKE, MAX_STEPS, MAX_SUGGESTIONS, push_first, too_large,
};
use super::load::Project;
use super::names::{UNKNOWN_NAME, duplicate};
use super::node::{Node, missing};
use super::plan::{
    Action, Allow, Approval, Chain, Edge, NoReturn, Outcome, Plan, Release, ReleasePlan, Roll,
    Rollback, RunJob, Step, StepRef, Sticky, Then,
};
use super::policy::{Condition, Policy, PolicyExample, Requirement, Target, TargetKind, Upstream};
use super::scope::DeclId;
use super::service::{Amount, Objective, Probe, Service, Traffic, Version, Workload};
use super::shape::{
    DUPLICATE_STATEMENT, MISSING_STATEMENT, OUT_OF_RANGE, STATEMENT_ORDER, WRONG_ARGUMENT,
};
use super::{Index, Model};

use data::format_of;
use gate::{limit, provider};
use policy::policy as policy_of;
use release::{step_refs, unknown_step};
use step::{allow, run_job};

/// What building a model needs beside the project.
pub(super) struct Builder<'a> {
    pub loader: &'a dyn Loader,
    pub project: &'a mut Project,
    pub findings: Findings,
    pub overrides: &'a Overrides,
    /// Where each declaration is found in its list of the model.
    pub index: Vec<Option<Index>>,
    /// What plans of a file can see of a kind, as indices into the model.
    pub visible: HashMap<(FileId, DeclKind), Arc<[Index]>>,
    /// Queries that have been checked, by where they stand: several gates can be `like` one.
    pub queries: HashMap<Span, Option<Arc<promql::Query>>>,
    pub model: Model,
    /// What the plans that are still to come may carry out.
    pub changes_left: usize,
}

impl Project {
    /// Builds the model, for the base or with what an environment or the command line replaces.
    ///
    /// Files that plans name are read at most once for each project.
    pub fn build(&mut self, loader: &dyn Loader, overrides: &Overrides) -> (Model, Findings) {
        let mut index = vec![None; self.decls.len()];
        let mut counts: HashMap<DeclKind, usize> = HashMap::new();
        for (number, decl) in self.decls.iter().enumerate() {
            if self.nodes[number].is_some() {
                let next = counts.entry(decl.kind).or_default();
                index[number] = Some(*next);
                *next += 1;
            }
        }
        let model = Model {
            environment: overrides.environment.clone(),
            ..Model::default()
        };
        let mut builder = Builder {
            loader,
            project: self,
            findings: Findings::new(),
            overrides,
            index,
            visible: HashMap::new(),
            queries: HashMap::new(),
            model,
            changes_left: MAX_CHANGES,
        };
        builder.all();
        (builder.model, builder.findings)
    }
}

impl Builder<'_> {
    /// Kinds in an order in which each needs only those before it.
    fn all(&mut self) {
        for kind in [
            DeclKind::Provider,
            DeclKind::Format,
            DeclKind::Database,
            DeclKind::Config,
            DeclKind::Service,
            DeclKind::Flag,
            DeclKind::Cohort,
            DeclKind::Gate,
            DeclKind::Policy,
            DeclKind::Target,
            DeclKind::Plan,
            DeclKind::Release,
        ] {
            for number in 0..self.project.decls.len() {
                if self.project.decls[number].kind != kind {
                    continue;
                }
                let Some(node) = &self.project.nodes[number] else {
                    continue;
                };
                let node = overridden(node, kind, &self.project.decls[number].name, self.overrides);
                match kind {
                    DeclKind::Provider => {
                        let provider = provider(&node);
                        self.model.providers.push(provider);
                    }
                    DeclKind::Format => {
                        let format = format_of(&node);
                        self.model.formats.push(format);
                    }
                    DeclKind::Database => self.database(&node),
                    DeclKind::Config => self.config(&node),
                    DeclKind::Service => self.service(&node),
                    DeclKind::Flag => self.flag(&node),
                    DeclKind::Cohort => self.cohort(&node),
                    DeclKind::Gate => self.gate(&node, DeclId(number)),
                    DeclKind::Policy => {
                        let mut policy = policy_of(&node);
                        self.check_freezes(&policy);
                        policy.examples = self.policy_examples(&node);
                        self.model.policies.push(policy);
                    }
                    DeclKind::Target => self.target(&node),
                    DeclKind::Plan => self.plan(&node),
                    DeclKind::Release => self.release(&node),
                    _ => {}
                }
            }
            if kind == DeclKind::Service {
                self.config_services();
            }
        }
        self.check_lone_plans();
        self.unused_names();
    }

    /// The declaration that a name means where it is written; a finding when there is none.
    pub(super) fn resolve(&mut self, kind: DeclKind, name: &Spanned<String>) -> Option<Index> {
        match self.project.find(name.span.file, kind, &name.value) {
            // a declaration that could not be read has been reported
            Some(id) => self.index[id.0],
            None if self.project.may_be_lost(name.span.file, &name.value) => None,
            None => {
                let found = if self.findings.len() < MAX_SUGGESTIONS {
                    self.project
                        .unknown_name(name.span.file, kind, &name.value, name.span)
                } else {
                    let word = kind.word();
                    let message = format!("there is no {word} `{}`", name.value);
                    Some(Diagnostic::new(&UNKNOWN_NAME, name.span, message))
                };
                self.findings.extend(found);
                None
            }
        }
    }

    /// Resolves all names of a slot; `false` when one could not be.
    pub(super) fn resolve_all(
        &mut self,
        kind: DeclKind,
        names: Vec<Spanned<String>>,
    ) -> (Vec<Spanned<Index>>, bool) {
        let mut found = Vec::with_capacity(names.len());
        let mut complete = true;
        for name in names {
            match self.resolve(kind, &name) {
                Some(index) => found.push(Spanned::new(index, name.span)),
                None => complete = false,
            }
        }
        (found, complete)
    }

    /// Adds to the findings from number `before` on where a value that does not stand in the
    /// statement at `line` is used: it came there as the argument of a strategy.
    pub(super) fn used_at(&mut self, before: usize, line: Span, says: &str) {
        let new: Vec<_> = self.findings.drain(before..).collect();
        for found in new {
            let at = found.span();
            if at.file == line.file && line.start <= at.start && at.end <= line.end {
                self.findings.push(found);
                continue;
            }
            // one argument is one mistake, in however many steps of the strategy it is used
            let is_known = |known: &Diagnostic| known.rule == found.rule && known.span() == at;
            if !self.findings.iter().rev().take(64).any(is_known) {
                self.findings.push(found.also(line, says));
            }
        }
    }

    /// The plan file that a place is in.
    fn file_index(&self, file: FileId) -> Option<usize> {
        self.project.by_id.get(&file).copied()
    }

    fn path(&mut self, text: &Spanned<String>) -> Option<PathBuf> {
        let at = self.file_index(text.span.file)?;
        resolve(
            self.loader,
            &self.project.files[at],
            text,
            &mut self.findings,
        )
    }

    /// Names that stand where nothing uses them yet: in the steps of strategies, and of the examples
    /// of policies. A strategy that names a gate that does not exist is wrong before any plan uses it.
    fn unused_names(&mut self) {
        let mut open: Vec<&Node> = Vec::new();
        for (number, decl) in self.project.decls.iter().enumerate() {
            if matches!(decl.kind, DeclKind::Strategy | DeclKind::Policy) {
                open.extend(self.project.nodes[number].as_deref());
            }
        }
        while let Some(node) = open.pop() {
            for (kind, name) in node.references() {
                if self
                    .project
                    .find(name.span.file, kind, &name.value)
                    .is_none()
                {
                    let found =
                        self.project
                            .unknown_name(name.span.file, kind, &name.value, name.span);
                    if let Some(found) = found {
                        super::push_once(&mut self.findings, found);
                    }
                }
            }
            open.extend(&node.children);
        }
    }
}

/// A count or a share.
pub(super) fn amount_of(node: &Node, slot: &str) -> Option<Spanned<Amount>> {
    let capture = node.get(slot)?;
    let amount = match capture.value {
        Value::Count(count) => Amount::Count(count),
        Value::Percent(share) => Amount::Share(share),
        _ => return None,
    };
    Some(Spanned::new(amount, capture.span))
}

/// A version that the service does not declare.
pub(super) fn unknown_version(service: &Service, id: &Spanned<String>) -> Diagnostic {
    let found = Diagnostic::new(
        &UNKNOWN_NAME,
        id.span,
        format!("`{}` has no version `{}`", service.name.value, id.value),
    )
    .also(service.name.span, "the service is declared here");
    let known: Vec<&str> = service
        .versions
        .iter()
        .map(|version| version.id.value.as_str())
        .collect();
    nearest_or_declare(found, id, &known, "version")
}

/// A version that the configuration does not declare.
pub(super) fn unknown_config_version(config: &Config, id: &Spanned<String>) -> Diagnostic {
    let found = Diagnostic::new(
        &UNKNOWN_NAME,
        id.span,
        format!("`{}` has no version `{}`", config.name.value, id.value),
    )
    .also(config.name.span, "the configuration is declared here");
    let known: Vec<&str> = config
        .versions
        .iter()
        .map(|version| version.id.value.as_str())
        .collect();
    nearest_or_declare(found, id, &known, "version")
}

fn nearest_or_declare(
    found: Diagnostic,
    id: &Spanned<String>,
    known: &[&str],
    word: &str,
) -> Diagnostic {
    if known.is_empty() {
        return found.help(format!("declare it: `{word} {} {{ ... }}`", id.value));
    }
    let names: Vec<String> = known
        .iter()
        .take(8)
        .map(|name| format!("`{name}`"))
        .collect();
    found.help(format!(
        "declare `{word} {} {{ ... }}`, or use {}",
        id.value,
        names.join(" or ")
    ))
}
