//! What an environment, or `--set` on the command line, replaces.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Findings};
use crate::source::{ARGUMENT, FileId, SourceMap, Span};
use crate::syntax::parse;
use crate::vocabulary::{DeclKind, Place};

use super::load::Project;
use super::node::{Node, Reader};
use super::scope::DeclId;
use super::shape::DUPLICATE_STATEMENT;

/// Replacements of one declaration.
#[derive(Clone, Debug)]
pub struct Override {
    /// What is replaced.
    pub kind: DeclKind,
    /// Its name.
    pub name: String,
    /// The statements that replace those of the same word, block by block.
    pub node: Node,
}

/// All replacements of one check.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The environment that they come from.
    pub environment: Option<String>,
    /// In the order in which they count; later ones win.
    pub items: Vec<Override>,
}

impl Project {
    /// The names of the environments of all files, sorted.
    pub fn environments(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .decls
            .iter()
            .filter(|decl| decl.kind == DeclKind::Environment)
            .map(|decl| decl.name.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The environment that a value at `span` is written in, if it is in one.
    pub fn environment_at(&self, span: Span) -> Option<&str> {
        self.decls.iter().enumerate().find_map(|(number, decl)| {
            let node = self.node(DeclId(number))?;
            let inside = node.span.file == span.file
                && node.span.start <= span.start
                && span.end <= node.span.end;
            (decl.kind == DeclKind::Environment && inside).then_some(decl.name.as_str())
        })
    }

    /// What environment `name` replaces. Names that it speaks of and that do not exist are reported.
    pub fn environment(&self, name: &str, findings: &mut Findings) -> Overrides {
        let mut overrides = Overrides {
            environment: Some(name.to_string()),
            items: Vec::new(),
        };
        for (number, decl) in self.decls.iter().enumerate() {
            if decl.kind != DeclKind::Environment || decl.name != name {
                continue;
            }
            let Some(node) = self.node(DeclId(number)) else {
                continue;
            };
            self.collect(node, &mut overrides, findings);
        }
        findings.extend(twice(&overrides.items).into_iter().map(|twice| {
            let word = twice.word;
            let message = format!("environment `{name}` gives `{}` twice", twice.path);
            Diagnostic::new(&DUPLICATE_STATEMENT, twice.second, message)
                .here("the second one")
                .also(twice.first, "the first one")
                .help(format!("keep one `{word}`: only the last one would count"))
        }));
        overrides
    }

    fn collect(&self, environment: &Node, overrides: &mut Overrides, findings: &mut Findings) {
        for node in &environment.children {
            let Some(kind) = DeclKind::of(node.entry.word) else {
                continue;
            };
            let Some(name) = node.word("name") else {
                continue;
            };
            let Some(id) = self.find(name.span.file, kind, &name.value) else {
                findings.extend(self.unknown_name(name.span.file, kind, &name.value, name.span));
                continue;
            };
            if let Some(base) = self.node(id) {
                new_blocks(base, node, findings);
            }
            overrides.items.push(Override {
                kind,
                name: name.value,
                node: node.clone(),
            });
        }
    }
}

/// An environment replaces values; it declares nothing: a block that the base does not have is a
/// misspelt one.
fn new_blocks(base: &Node, by: &Node, findings: &mut Findings) {
    for child in by
        .children
        .iter()
        .filter(|child| child.entry.block.is_some())
    {
        let word = child.entry.word;
        let own = base
            .children
            .iter()
            .find(|own| own.entry.word == word && key_of(own) == key_of(child));
        match own {
            Some(own) => new_blocks(own, child, findings),
            None if base.incomplete => {}
            None => {
                let key = key_of(child).unwrap_or_default();
                let known: Vec<String> = base.children(word).filter_map(key_of).collect();
                let span = child
                    .captures
                    .first()
                    .map_or(child.head, |capture| capture.span);
                let found = Diagnostic::new(
                    &super::names::UNKNOWN_NAME,
                    span,
                    format!("there is no {word} `{key}` to replace values of"),
                )
                .also(base.line, "declared here, without it");
                let meant = crate::diagnostic::nearest(&key, known.iter().map(String::as_str));
                findings.push(match meant {
                    Some(meant) => found.help(format!("write `{meant}`")),
                    None => found.help(format!(
                        "declare `{word} {key}` in the base; an environment only replaces values"
                    )),
                });
            }
        }
    }
}

impl Project {
    /// Whether an override names something of this project; `Err` says what it misses.
    pub fn knows(&self, item: &Override) -> Result<bool, String> {
        let Some(at) = self
            .decls
            .iter()
            .position(|decl| decl.kind == item.kind && decl.name == item.name)
        else {
            return Ok(false);
        };
        let mut findings = Findings::new();
        if let Some(base) = self.node(DeclId(at)) {
            new_blocks(base, &item.node, &mut findings);
        }
        match findings.first() {
            Some(found) => {
                let help = found.help.as_deref().unwrap_or_default();
                Err(format!("{}; {help}", found.message))
            }
            None => Ok(true),
        }
    }
}

/// A value that is replaced twice.
pub struct Twice {
    /// The value, from its declaration on: `web.next.image`.
    pub path: String,
    /// Its statement.
    pub word: &'static str,
    /// The replacement that would be lost.
    pub first: Span,
    /// The replacement that would count.
    pub second: Span,
}

/// The values that two of `items` replace, where nobody can tell which one is meant. One statement
/// may stand several times in one block, as in a declaration. Linear in the statements.
pub fn twice(items: &[Override]) -> Vec<Twice> {
    let mut seen: HashMap<(DeclKind, String), (usize, Span)> = HashMap::new();
    let mut found = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let mut open = vec![(&item.node, item.name.clone())];
        while let Some((node, path)) = open.pop() {
            for child in &node.children {
                let word = child.entry.word;
                if child.entry.block.is_some() {
                    let key = key_of(child).unwrap_or_else(|| word.to_string());
                    open.push((child, format!("{path}.{key}")));
                    continue;
                }
                let path = format!("{path}.{word}");
                let key = (item.kind, path.clone());
                let (by, first) = *seen.entry(key).or_insert((number, child.line));
                if by != number {
                    let second = child.line;
                    found.push(Twice {
                        path,
                        word,
                        first,
                        second,
                    });
                }
            }
        }
    }
    found
}

/// Reads `--set checkout.next.image=VALUE`: a service, a version where one is meant, a statement,
/// and its arguments. `Err` says what would be right.
///
/// The text becomes a source of its own, so that findings can point into it.
pub fn parse_set(
    sources: &mut SourceMap,
    text: &str,
) -> Result<(FileId, Override, Findings), String> {
    const SHAPE: &str =
        "write `--set SERVICE.STATEMENT=VALUE` or `--set SERVICE.VERSION.STATEMENT=VALUE`";
    let (path, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` has no `=`; {SHAPE}"))?;
    let parts: Vec<&str> = path.split('.').collect();
    let (service, version, statement) = match parts.as_slice() {
        [service, statement] => (*service, None, *statement),
        [service, version, statement] => (*service, Some(*version), *statement),
        _ => return Err(format!("`{path}` does not name a value; {SHAPE}")),
    };
    let plain = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '%'))
    };
    if !plain(service) || !version.is_none_or(plain) || !plain(statement) {
        return Err(format!("`{path}` does not name a value; {SHAPE}"));
    }
    let place = if version.is_some() {
        Place::Version
    } else {
        Place::Service
    };
    let Some(entry) = place.entry(statement) else {
        let meant = crate::diagnostic::nearest(statement, crate::vocabulary::words(place));
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        return Err(format!(
            "there is no statement `{statement}` {}{meant}",
            place.phrase()
        ));
    };
    // statements that take a text get the value as one, so that the shell's quotes are enough
    let takes_text = entry
        .forms
        .iter()
        .any(|form| form.starts_with('<') && (form.contains(":text>") || form.contains(":path>")));
    let value = if takes_text && !value.starts_with('"') {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        value.to_string()
    };
    if value.contains(['\n', '{', '}', ';', '#']) && !takes_text {
        return Err(format!("`{value}` is not one value; {SHAPE}"));
    }
    let inner = format!("{statement} {value}");
    let body = match version {
        Some(version) => format!("service {service} {{ version {version} {{ {inner} }} }}"),
        None => format!("service {service} {{ {inner} }}"),
    };
    let id = sources.add(ARGUMENT, ARGUMENT, body);
    let mut findings = Findings::new();
    let tree = parse(id, &sources.file(id).text, &mut findings);
    let reader = Reader {
        sources,
        tree: &tree,
        bindings: &[],
        expansion: None,
    };
    let node = tree
        .top()
        .next()
        .and_then(|statement| reader.statement(statement, Place::Environment, &mut findings));
    match node {
        Some(node) if findings.is_empty() => Ok((
            id,
            Override {
                kind: DeclKind::Service,
                name: service.to_string(),
                node,
            },
            findings,
        )),
        _ => {
            let why = findings
                .first()
                .map_or_else(|| SHAPE.to_string(), |f: &Diagnostic| f.message.clone());
            Err(format!("`{text}`: {why}"))
        }
    }
}

/// The declaration with its replacements.
pub(super) fn overridden(
    node: &Arc<Node>,
    kind: DeclKind,
    name: &str,
    overrides: &Overrides,
) -> Arc<Node> {
    let mut result = Arc::clone(node);
    for item in overrides
        .items
        .iter()
        .filter(|item| item.kind == kind && item.name == name)
    {
        replace(Arc::make_mut(&mut result), &item.node);
    }
    result
}

/// Replaces the statements of `node` by those of `by`: blocks of the same key are entered, all
/// other statements of a word are replaced as a whole.
fn replace(node: &mut Node, by: &Node) {
    let mut replaced: Vec<&'static str> = Vec::new();
    for child in &by.children {
        let word = child.entry.word;
        let is_block = child.entry.block.is_some();
        if is_block {
            let key = key_of(child);
            match node
                .children
                .iter_mut()
                .find(|own| own.entry.word == word && key_of(own) == key)
            {
                Some(own) => replace(own, child),
                None => node.children.push(child.clone()),
            }
            continue;
        }
        if !replaced.contains(&word) {
            node.children.retain(|own| own.entry.word != word);
            replaced.push(word);
        }
        node.children.push(child.clone());
    }
    node.incomplete |= by.incomplete;
}

/// What tells blocks of one word apart: their first value.
fn key_of(node: &Node) -> Option<String> {
    let capture = node.captures.first()?;
    node.word(capture.slot).map(|word| word.value)
}
