//! Names as candidates: of declarations, and of what the table does not know the declarations of.

use crate::model::DeclId;
use crate::syntax::Arg;
use crate::vocabulary::{DeclKind, Entry, Place, SlotKind};

use super::{Candidate, CandidateKind, Site};
use crate::ide::explain::rule_page;
use crate::ide::names::Symbol;

impl Site<'_> {
    pub(super) fn names(&mut self, kind: DeclKind) {
        let ids: Vec<DeclId> = self.view.project.visible(self.file.id, kind).to_vec();
        for id in ids {
            let Some(decl) = self.view.project.decls.get(id.0) else {
                continue;
            };
            let node = self.view.project.node(id);
            let doc = self.view.doc(node.and_then(|node| node.doc));
            let detail = format!("{}, {}", kind.word(), self.view.shown(decl.name_span));
            self.add(CandidateKind::Name, decl.name.clone(), detail);
            if let Some(last) = self.all.last_mut() {
                last.doc = doc;
            }
        }
    }

    pub(super) fn strategies(&mut self) {
        for &id in self.view.project.visible(self.file.id, DeclKind::Strategy) {
            let Some(decl) = self.view.project.decls.get(id.0) else {
                continue;
            };
            let parameters = self.parameters_of(id);
            let places: Vec<String> = parameters
                .iter()
                .filter(|(_, has_default)| !has_default)
                .enumerate()
                .map(|(at, (name, _))| format!("{name} = ${{{}:{name}}}", at + 1))
                .collect();
            let insert = match places.as_slice() {
                [] => decl.name.clone(),
                places => format!("{}({})", decl.name, places.join(", ")),
            };
            let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
            self.all.push(Candidate {
                label: decl.name.clone(),
                kind: CandidateKind::Name,
                detail: format!("strategy({})", names.join(", ")),
                doc: String::new(),
                replace: self.replace.clone(),
                insert,
                is_snippet: !places.is_empty(),
            });
        }
    }

    /// The parameters of a strategy, with whether each has a default.
    fn parameters_of(&self, strategy: DeclId) -> Vec<(String, bool)> {
        let mut parameters = Vec::new();
        for name in self.view.names.all() {
            if let Symbol::Parameter(owner, parameter) = &name.symbol
                && *owner == strategy
                && name.is_declaration
            {
                let text = self.view.text(name.span.file);
                let behind = text.get(name.span.end as usize..).unwrap_or("");
                parameters.push((parameter.clone(), behind.trim_start().starts_with('=')));
            }
        }
        parameters
    }

    /// Inside the parentheses of a `use`: its parameters, then what they may be given.
    pub(super) fn parameters(&mut self, call: &Arg) {
        let name = self.cursor.slice(call.word_span());
        let strategy = self
            .view
            .project
            .find(self.file.id, DeclKind::Strategy, name);
        let start = call.word_span().end as usize;
        let before = self
            .cursor
            .text
            .get(start..self.replace.start)
            .unwrap_or("");
        let value = before.trim_end().ends_with(['=', '[', ','])
            && before.rfind('=') > before.rfind('(')
            && (before.trim_end().ends_with('=') || before.rfind('[') > before.rfind(']'));
        if value {
            for kind in [DeclKind::Gate, DeclKind::Cohort, DeclKind::Flag] {
                self.names(kind);
            }
            self.measured(SlotKind::Percent);
            self.measured(SlotKind::Duration);
            return;
        }
        let Some(strategy) = strategy else { return };
        for (parameter, has_default) in self.parameters_of(strategy) {
            let detail = if has_default {
                "may be left out"
            } else {
                "needed"
            };
            self.add(CandidateKind::Parameter, parameter.clone(), detail);
            if let Some(last) = self.all.last_mut() {
                last.insert = format!("{parameter} = ");
            }
        }
    }

    /// Names that the table does not know the declarations of: versions, steps, migrations, rules.
    pub(super) fn ids(&mut self, entry: &Entry, place: Place, slot: &'static str, args: &[Arg]) {
        let first = args.first().map_or("", |arg| self.cursor.slice(arg.span));
        match (place, entry.word, slot) {
            (Place::Plan, "roll", "from" | "to") | (Place::Version, "supports", _) => {
                self.versions(DeclKind::Service, first);
            }
            (_, "push", "version") => self.versions(DeclKind::Config, first),
            (Place::Service, "runs", _) => {
                let name = self.owner_name("service");
                self.versions(DeclKind::Service, &name);
            }
            (Place::Config, "at", _) => {
                let name = self.owner_name("config");
                self.versions(DeclKind::Config, &name);
            }
            (Place::Step, "retire", _) => {
                for service in self.rolled_services() {
                    self.versions(DeclKind::Service, &service);
                }
            }
            (_, "migrate" | "schema", "id") => self.migrations(first),
            (Place::Database, "at" | "migration", _) => {
                let name = self.owner_name("database");
                self.migrations(&name);
            }
            (_, "on", "step") | (Place::Plan, "rollback", "step") => {
                let plan = self.owner_name("plan");
                self.steps(&plan, false);
            }
            (_, "after" | "includes", "step") => {
                for &id in self.view.project.visible(self.file.id, DeclKind::Plan) {
                    if let Some(decl) = self.view.project.decls.get(id.0) {
                        self.steps(&decl.name, true);
                    }
                }
            }
            (_, "allow" | "forbid" | "never-allow", "rule") => {
                for rule in crate::rules::all() {
                    if !rule.can_allow {
                        continue;
                    }
                    self.add(CandidateKind::Rule, rule.name, rule.summary);
                    if let Some(last) = self.all.last_mut() {
                        last.doc = rule_page(rule);
                    }
                }
            }
            (Place::Step, "in", _) => {
                for service in &self.view.model.services {
                    for (domain, share) in &service.domains {
                        let detail = format!("{} of `{}`", share.value, service.name.value);
                        self.add(CandidateKind::Name, domain.value.clone(), detail);
                    }
                }
                self.add(CandidateKind::Choice, "off", "everywhere again");
            }
            (Place::Environment, word, "name") => {
                if let Some(kind) = DeclKind::of(word) {
                    self.names(kind);
                }
            }
            _ => {}
        }
    }

    /// The name of the innermost declaration of that word around the cursor.
    fn owner_name(&self, word: &str) -> String {
        let own = self.cursor.around(word);
        let name = own.and_then(|own| self.cursor.tree.args(own).first());
        let name = name.map_or("", |name| self.cursor.slice(name.word_span()));
        name.trim_matches('"').to_string()
    }

    fn rolled_services(&self) -> Vec<String> {
        let Some(plan) = self.cursor.around("plan") else {
            return Vec::new();
        };
        let children = self.cursor.tree.block(plan);
        children
            .filter(|child| self.cursor.slice(child.head) == "roll")
            .filter_map(|child| self.cursor.tree.args(child).first())
            .map(|service| self.cursor.slice(service.span).to_string())
            .collect()
    }

    fn versions(&mut self, kind: DeclKind, owner: &str) {
        let Some(id) = self.view.project.find(self.file.id, kind, owner) else {
            return;
        };
        for name in self.view.names.all() {
            if let Symbol::Version(of, version) = &name.symbol
                && *of == id
                && name.is_declaration
            {
                let detail = format!("version of `{owner}`");
                self.add(CandidateKind::Name, version.clone(), detail);
            }
        }
    }

    fn steps(&mut self, plan: &str, with_plan: bool) {
        let Some(plan) = self.view.model.plan(plan) else {
            return;
        };
        for step in &plan.steps {
            let (name, plan) = (&step.name.value, &plan.name.value);
            let label = match with_plan {
                true => format!("{plan}.{name}"),
                false => name.clone(),
            };
            self.add(CandidateKind::Name, label, format!("step of `{plan}`"));
        }
    }

    fn migrations(&mut self, database: &str) {
        let view = self.view;
        let mut databases = view.model.databases.iter();
        let Some(database) = databases.find(|own| own.name.value == database) else {
            return;
        };
        let Some((_, migrations)) = &database.migrations else {
            return;
        };
        for migration in migrations.migrations.iter().rev() {
            let detail = migration.title.replace('_', " ");
            self.add(CandidateKind::Migration, migration.id.clone(), detail);
        }
    }
}
