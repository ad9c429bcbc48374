//! Functions, procedures and triggers.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::Lowering;
use super::expression::{is_type, ty};
use super::node::{child, children, fold, has, literal, text, tokens, within, word, word_of};
use crate::schema::catalog::{Dependency, Function, Name, Trigger, TriggerEvent, Type, Volatility};
use crate::schema::postgres::Change;
use crate::schema::postgres::change::{
    CreateFunction, CreateTrigger, FunctionAction, FunctionSignature,
};

impl Lowering<'_> {
    pub(super) fn create_function(&self, node: &SyntaxNode) -> Option<Change> {
        let procedure = node.kind() == K::CREATE_PROCEDURE;
        let name = self
            .name_of(node, K::FUNCTION_NAME)
            .or_else(|| self.name_of(node, K::PROCEDURE_NAME))
            .or_else(|| self.name_of(node, K::AGGREGATE_NAME))?;
        let returns = child(node, K::RET_TYPE).map(|ret| {
            let words = text(&ret);
            words.get(7..).unwrap_or("").trim().to_string()
        });
        let options = child(node, K::FUNC_OPTION_LIST);
        let option = |kind: K| options.as_ref().is_some_and(|list| has(list, kind));
        let volatility = if node.kind() == K::CREATE_AGGREGATE || option(K::IMMUTABLE) {
            Volatility::Immutable
        } else if option(K::STABLE) {
            Volatility::Stable
        } else {
            Volatility::Volatile
        };
        let language = tokens(node)
            .skip_while(|token| token.kind() != K::LANGUAGE_KW)
            .nth(1)
            .map_or_else(
                || "sql".to_string(),
                |token| token.text().trim_matches(['\'', '"']).to_lowercase(),
            );
        let written = within(node, K::AS_DEFINITION).next();
        let body = written
            .and_then(|definition| within(&definition, K::LITERAL).next())
            .map(|body| literal(&body))
            .or_else(|| {
                let inline = [K::RETURN_STMT, K::ATOMIC_BODY];
                let body = node
                    .descendants()
                    .find(|inner| inline.contains(&inner.kind()));
                body.map(|body| text(&body))
            })
            .unwrap_or_default();
        let mut named = self.relations(node, &[]);
        if language == "plpgsql" {
            named.extend(named_in(&body, self.schema));
        }
        named.sort();
        named.dedup();
        let reads = named
            .into_iter()
            .map(|relation| Dependency {
                relation,
                column: None,
            })
            .collect();
        let is_trigger = returns
            .as_ref()
            .is_some_and(|ret| fold(ret).eq_ignore_ascii_case("trigger"));
        Some(Change::CreateFunction(Box::new(CreateFunction {
            name,
            replace: has(node, K::OR_REPLACE),
            procedure,
            function: Function {
                declaration: declaration(node, procedure, returns.as_deref()),
                arguments: self.arguments(node).unwrap_or_default(),
                optional: child(node, K::PARAM_LIST).map_or(0, |list| {
                    children(&list, K::PARAM)
                        .filter(|param| has(param, K::PARAM_DEFAULT))
                        .count()
                }),
                returns: if procedure { None } else { returns },
                language,
                body,
                volatility,
                is_trigger,
                reads,
                span: self.span(node),
            },
        })))
    }

    /// The types of the arguments that identify a function: all but `OUT`.
    fn arguments(&self, node: &SyntaxNode) -> Option<Vec<Type>> {
        let list = child(node, K::PARAM_LIST)?;
        let params = children(&list, K::PARAM).filter(|param| !has(param, K::PARAM_OUT));
        Some(
            params
                .map(|param| match param.children().find(is_type) {
                    // modifiers are no part of a signature
                    Some(found) => Type {
                        modifiers: Vec::new(),
                        ..ty(&found, self.schema)
                    },
                    None => Type::named(&text(&param)),
                })
                .collect(),
        )
    }

    fn signature(&self, node: &SyntaxNode) -> Option<FunctionSignature> {
        let name = [
            K::FUNCTION_NAME_REF,
            K::PROCEDURE_NAME_REF,
            K::ROUTINE_NAME_REF,
            K::PATH_REF,
        ]
        .into_iter()
        .find_map(|kind| self.name_of(node, kind))?;
        Some(FunctionSignature {
            name,
            arguments: self.arguments(node),
        })
    }

    pub(super) fn drop_function(&self, node: &SyntaxNode) -> Change {
        let kinds = [
            K::FUNCTION_SIG,
            K::PROCEDURE_SIG,
            K::ROUTINE_SIG,
            K::AGGREGATE,
        ];
        let functions = node
            .descendants()
            .filter(|inner| kinds.contains(&inner.kind()))
            .filter_map(|inner| self.signature(&inner))
            .collect();
        Change::DropFunction {
            functions,
            if_exists: has(node, K::IF_EXISTS),
            cascade: has(node, K::CASCADE),
        }
    }

    pub(super) fn alter_function(&self, node: &SyntaxNode) -> Option<Change> {
        let kinds = [
            K::FUNCTION_SIG,
            K::PROCEDURE_SIG,
            K::ROUTINE_SIG,
            K::AGGREGATE,
        ];
        let signature = node
            .children()
            .find(|inner| kinds.contains(&inner.kind()))?;
        let renames = [
            K::FUNCTION_RENAME_TO,
            K::PROCEDURE_RENAME_TO,
            K::ROUTINE_RENAME_TO,
            K::AGGREGATE_RENAME_TO,
        ];
        let rename = node
            .children()
            .find(|inner| renames.contains(&inner.kind()));
        let action = if let Some(rename) = rename {
            FunctionAction::Rename(self.name(&rename.children().next()?).name)
        } else if let Some(set) = child(node, K::SET_SCHEMA) {
            FunctionAction::SetSchema(word_of(&set, K::SCHEMA_REF)?)
        } else {
            let said = tokens(node).find_map(|token| match token.kind() {
                K::IMMUTABLE_KW => Some(Volatility::Immutable),
                K::STABLE_KW => Some(Volatility::Stable),
                K::VOLATILE_KW => Some(Volatility::Volatile),
                _ => None,
            });
            FunctionAction::Options(said)
        };
        let function = self.signature(&signature)?;
        Some(Change::AlterFunction { function, action })
    }

    /// The relation behind `ON`.
    pub(super) fn on_relation(&self, node: &SyntaxNode) -> Option<Name> {
        let on = child(node, K::ON_RELATION).or_else(|| child(node, K::ON_TABLE))?;
        self.name_of(&on, K::RELATION_NAME_REF)
            .or_else(|| self.name_of(&on, K::TABLE_NAME_REF))
    }

    pub(super) fn create_trigger(&self, node: &SyntaxNode) -> Option<CreateTrigger> {
        let events = child(node, K::TRIGGER_EVENT_LIST)?;
        let event = |inner: SyntaxNode| {
            Some(match inner.kind() {
                K::TRIGGER_EVENT_INSERT => TriggerEvent::Insert,
                K::TRIGGER_EVENT_UPDATE => TriggerEvent::Update,
                K::TRIGGER_EVENT_DELETE => TriggerEvent::Delete,
                K::TRIGGER_EVENT_TRUNCATE => TriggerEvent::Truncate,
                _ => return None,
            })
        };
        let mut words = tokens(node).map(|token| token.text().to_lowercase());
        let mut before = String::new();
        let row = words.any(|word| {
            let found = word == "row" && matches!(before.as_str(), "each" | "for");
            before = word;
            found
        });
        // the call stands last; a condition in `WHEN` may hold others
        let call = children(node, K::CALL_EXPR).last();
        Some(CreateTrigger {
            relation: self.on_relation(node)?,
            replace: has(node, K::OR_REPLACE),
            trigger: Trigger {
                name: word_of(node, K::TRIGGER)?,
                function: call.and_then(|call| Some(self.name(&call.children().next()?))),
                before: has(node, K::TIMING_BEFORE) || has(node, K::TIMING_INSTEAD_OF),
                instead: has(node, K::TIMING_INSTEAD_OF),
                row,
                columns: children(&events, K::TRIGGER_EVENT_UPDATE)
                    .flat_map(|update| children(&update, K::COLUMN_NAME_REF))
                    .map(|column| word(&column))
                    .collect(),
                events: events.children().filter_map(event).collect(),
                when: child(node, K::WHEN_CONDITION).map(|when| {
                    let condition = text(&when);
                    condition.get(4..).unwrap_or("").trim().to_string()
                }),
                enabled: true,
                span: self.span(node),
            },
        })
    }
}

/// The arguments without their defaults, and what is returned: `(a integer, OUT b text) RETURNS x`.
fn declaration(node: &SyntaxNode, procedure: bool, returns: Option<&str>) -> String {
    let list = child(node, K::PARAM_LIST);
    let params = list.iter().flat_map(|list| children(list, K::PARAM));
    let params: Vec<String> = params
        .map(|param| {
            let parts = param.children_with_tokens();
            let parts =
                parts.filter(|part| part.kind() != K::PARAM_DEFAULT && !part.kind().is_trivia());
            let parts = parts.map(|part| match part.as_node() {
                Some(node) => text(node),
                None => part.to_string(),
            });
            parts.collect::<Vec<_>>().join(" ")
        })
        .collect();
    let params = params.join(", ");
    match returns {
        Some(returns) if !procedure => format!("({params}) RETURNS {returns}"),
        _ if procedure => format!("procedure ({params})"),
        _ => format!("({params})"),
    }
}

/// The names that stand where the body of a function names relations: behind `FROM`, `JOIN`, `INTO`
/// and `UPDATE`. Some may be variables.
fn named_in(body: &str, schema: &str) -> Vec<Name> {
    let mut found = Vec::new();
    let mut before = String::new();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '$');
    for word in body
        .split(|c: char| !is_part(c))
        .filter(|word| !word.is_empty())
    {
        let expected = matches!(before.as_str(), "from" | "join" | "into" | "update");
        before = word.to_ascii_lowercase();
        let starts = word.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '"'));
        if expected && starts {
            let parts: Vec<String> = word.split('.').map(fold).collect();
            found.push(super::expression::dotted(&parts, schema).0);
        }
    }
    found
}
