//! Reading fields of a tree with their type, and saying so where the type is another.

use super::node::{Kind, Node, Value, shortened};
use super::rules::MANIFEST_VALUE;
use super::template;
use super::tree::MAX_FINDINGS;
use super::value::{Amount, PortRef, Quantity};
use crate::diagnostic::{Diagnostic, Edit, Findings};
use crate::source::{Span, Spanned};

/// The largest count that Kubernetes stores (an `int32`).
const MAX_COUNT: i64 = i32::MAX as i64;

/// What to write; an example that closes its code itself goes on in words.
fn instead(example: &str) -> String {
    let open = example.matches('`').count().is_multiple_of(2);
    format!("write `{example}{}", if open { "`" } else { "" })
}

/// A number that makes sense in the field `name`, for the line that a message proposes.
fn example_of(name: &str) -> u32 {
    match name {
        "terminationGracePeriodSeconds" => 30,
        "progressDeadlineSeconds" => 600,
        "containerPort" | "port" | "targetPort" | "hostPort" => 8080,
        "periodSeconds" | "initialDelaySeconds" | "revisionHistoryLimit" => 10,
        "timeoutSeconds" => 1,
        _ => 3,
    }
}

/// Collects what is wrong with fields, up to a limit for each file.
pub(super) struct Reader<'f> {
    findings: &'f mut Findings,
    left: usize,
    /// How many findings there were before the first field was read.
    before: usize,
    /// The first value that Helm would fill in.
    template: Option<Diagnostic>,
}

/// A node and the way to it, so that a message can name the field.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub node: &'a Node,
    /// Where the key stands, or the item itself.
    pub key_span: Span,
    up: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    /// The root of a document.
    pub fn root(node: &'a Node) -> Self {
        At {
            node,
            key_span: node.span,
            up: None,
            step: Step::Root,
        }
    }

    /// The field `key`; a null value counts as absent, as in Kubernetes.
    pub fn field(&'a self, key: &'a str) -> Option<At<'a>> {
        let entry = self.node.entry(key)?;
        (!entry.value.is_null()).then_some(At {
            node: &entry.value,
            key_span: entry.key_span,
            up: Some(self),
            step: Step::Key(key),
        })
    }

    /// The items of a list.
    pub fn items(&'a self) -> impl Iterator<Item = At<'a>> {
        self.node
            .items()
            .iter()
            .enumerate()
            .map(move |(i, node)| At {
                node,
                key_span: node.span,
                up: Some(self),
                step: Step::Item(i),
            })
    }

    /// Whether it is a list without items.
    pub fn is_empty_list(&self) -> bool {
        matches!(&self.node.kind, Kind::Seq(items) if items.is_empty())
    }

    /// The entries of a map.
    pub fn entries(&'a self) -> impl Iterator<Item = At<'a>> {
        self.node.entries().iter().map(move |entry| At {
            node: &entry.value,
            key_span: entry.key_span,
            up: Some(self),
            step: Step::Key(&entry.key),
        })
    }

    /// The way from the root: `spec.template.spec.containers[0].image`.
    pub fn path(&self) -> String {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(here) = at {
            steps.push(here.step);
            at = here.up;
        }
        let mut path = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Root => {}
                Step::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&shortened(key));
                }
                Step::Item(i) => path.push_str(&format!("[{i}]")),
            }
        }
        path
    }

    /// The name of the field itself.
    fn name(&self) -> String {
        match self.step {
            Step::Key(key) => shortened(key),
            Step::Item(_) | Step::Root => "-".into(),
        }
    }
}

impl<'f> Reader<'f> {
    pub fn new(findings: &'f mut Findings) -> Self {
        Reader {
            before: findings.len(),
            findings,
            left: MAX_FINDINGS,
            template: None,
        }
    }

    /// Remembers a value that Helm would fill in.
    fn filled_in(&mut self, at: &At<'_>, text: &str) {
        let found = template::quoted(&at.path(), text, at.node.span);
        let is_first = |known: &Diagnostic| known.span().start > found.span().start;
        if self.template.as_ref().is_none_or(is_first) {
            self.template = Some(found);
        }
    }

    /// Whether the file is a template. It is answered once, as such: what else was found in it
    /// speaks of values that it does not have yet.
    pub fn end_of_template(self) -> bool {
        let Some(found) = self.template else {
            return false;
        };
        self.findings.truncate(self.before);
        self.findings.push(found);
        true
    }

    /// Reports `found`, if the limit is not reached.
    pub fn report(&mut self, found: Diagnostic) {
        if self.left > 0 {
            self.left -= 1;
            self.findings.push(found);
        }
    }

    /// Says that the field is not what it must be; `example` is a line that would be right.
    pub fn wrong(&mut self, at: &At<'_>, wanted: &str, example: &str) {
        if let Some(text) = at.node.text().filter(|text| template::in_text(text)) {
            self.filled_in(at, text);
            return;
        }
        let mut found = Diagnostic::new(
            &MANIFEST_VALUE,
            // an empty value has no text of its own to point at
            if at.node.span.is_empty() {
                at.key_span
            } else {
                at.node.span
            },
            format!(
                "`{}` is {}, but must be {wanted}",
                at.path(),
                at.node.describe()
            ),
        )
        .here(format!("must be {wanted}"));
        let placeholder = at.node.text().is_some_and(template::is_placeholder);
        found = if placeholder {
            found.help(template::FILL_IN)
        } else {
            found.help(instead(example))
        };
        self.report(found);
    }

    /// Says that a list is empty, and what it must hold.
    pub fn empty(&mut self, at: &At<'_>, wanted: &str, example: &str) {
        let found = Diagnostic::new(
            &MANIFEST_VALUE,
            at.key_span.join(at.node.span),
            format!("`{}` is empty, but must hold {wanted}", at.path()),
        )
        .here("nothing stands in this list")
        .help(instead(example));
        self.report(found);
    }

    /// Says that `parent` lacks the field `key`.
    pub fn lacks(&mut self, parent: &At<'_>, key: &str, why: &str, example: &str) {
        let path = parent.path();
        let whole = if path.is_empty() {
            key.to_string()
        } else {
            format!("{path}.{key}")
        };
        let found = Diagnostic::new(
            &MANIFEST_VALUE,
            parent.key_span,
            format!("`{whole}` is missing, {why}"),
        )
        .help(instead(example));
        self.report(found);
    }

    /// The map at `key`.
    pub fn map<'a>(&mut self, parent: &'a At<'a>, key: &'a str) -> Option<At<'a>> {
        let at = parent.field(key)?;
        if matches!(at.node.kind, Kind::Map(_)) {
            return Some(at);
        }
        self.wrong(
            &at,
            "a map",
            &format!("{key}:` with its fields indented below, or `{key}: {{}}"),
        );
        None
    }

    /// The list at `key`.
    pub fn list<'a>(&mut self, parent: &'a At<'a>, key: &'a str) -> Option<At<'a>> {
        let at = parent.field(key)?;
        if matches!(at.node.kind, Kind::Seq(_)) {
            return Some(at);
        }
        self.wrong(
            &at,
            "a list",
            &format!("{key}:` with each item behind `- ` on lines below, or `{key}: []"),
        );
        None
    }

    /// The maps of the list at `key`, each with its place.
    pub fn each<T>(
        &mut self,
        parent: &At<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, &At<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(list) = self.list(parent, key) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for item in list.items() {
            if matches!(item.node.kind, Kind::Map(_)) {
                all.extend(read(self, &item));
            } else {
                self.wrong(&item, "a map", "- name: ...");
            }
        }
        all
    }

    /// The text at `key`.
    pub fn text(&mut self, parent: &At<'_>, key: &str) -> Option<Spanned<String>> {
        let at = parent.field(key)?;
        self.text_of(&at)
    }

    /// A text; numbers and booleans without quotes are refused, as Kubernetes refuses them.
    pub fn text_of(&mut self, at: &At<'_>) -> Option<Spanned<String>> {
        let Some(scalar) = at.node.scalar() else {
            self.wrong(at, "a text", &format!("{}: text", at.name()));
            return None;
        };
        match scalar.value {
            Value::Null => return None,
            Value::Text if template::in_text(&scalar.text) => {
                self.filled_in(at, &scalar.text);
                return None;
            }
            Value::Text => {}
            _ => {
                let text = shortened(&scalar.text);
                let quoted = format!("\"{}\"", scalar.text);
                let found = Diagnostic::new(
                    &MANIFEST_VALUE,
                    at.node.span,
                    format!(
                        "`{}` is {}, but must be a text",
                        at.path(),
                        at.node.describe()
                    ),
                )
                .here("YAML reads this as no text")
                .help(format!("write it in quotes: `{}: \"{text}\"`", at.name()))
                .fix(
                    "put the value in quotes",
                    vec![Edit {
                        span: at.node.span,
                        text: quoted,
                    }],
                );
                self.report(found);
                // what was meant is clear
            }
        }
        Some(Spanned::new(scalar.text.to_string(), at.node.span))
    }

    /// The whole number at `key`, within `0..=2147483647`.
    pub fn count(&mut self, parent: &At<'_>, key: &str) -> Option<Spanned<u32>> {
        let at = parent.field(key)?;
        self.count_of(&at, "a whole number from 0 on", MAX_COUNT)
    }

    fn count_of(&mut self, at: &At<'_>, wanted: &str, most: i64) -> Option<Spanned<u32>> {
        let value = at.node.scalar().map(|scalar| (scalar.value, &*scalar.text));
        // `3.0` is what some tools write for 3, and the API server takes it
        let whole = match value {
            Some((Value::Int(number), _)) => Some(number),
            Some((Value::Float(number), _)) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Some(number as i64)
            }
            _ => None,
        };
        match whole {
            Some(number) if (0..=most).contains(&number) => {
                Some(Spanned::new(number as u32, at.node.span))
            }
            _ => {
                let named = at.name();
                let digits = value
                    .and_then(|(_, text)| text.trim().parse::<u32>().ok())
                    .filter(|number| i64::from(*number) <= most)
                    .unwrap_or_else(|| example_of(&named));
                self.wrong(at, wanted, &format!("{named}: {digits}"));
                None
            }
        }
    }

    /// The boolean at `key`.
    pub fn flag(&mut self, parent: &At<'_>, key: &str) -> Option<Spanned<bool>> {
        let at = parent.field(key)?;
        match at.node.scalar().map(|scalar| scalar.value) {
            Some(Value::Bool(flag)) => Some(Spanned::new(flag, at.node.span)),
            _ => {
                self.wrong(&at, "`true` or `false`", &format!("{key}: true"));
                None
            }
        }
    }

    /// A count or a percentage: `3`, `"25%"`.
    pub fn amount(&mut self, parent: &At<'_>, key: &str) -> Option<Spanned<Amount>> {
        let at = parent.field(key)?;
        if let Some(text) = at.node.text() {
            let percent = text
                .strip_suffix('%')
                .and_then(|digits| digits.parse::<u32>().ok());
            return match percent {
                Some(percent) if percent <= MAX_COUNT as u32 => {
                    Some(Spanned::new(Amount::Percent(percent), at.node.span))
                }
                _ => {
                    let example = text
                        .trim()
                        .parse::<u32>()
                        .map_or(format!("{key}: 25%"), |n| format!("{key}: {n}"));
                    self.wrong(&at, "a whole number or a percentage like `25%`", &example);
                    None
                }
            };
        }
        let count = self.count_of(&at, "a whole number or a percentage like `25%`", MAX_COUNT)?;
        Some(count.map(Amount::Count))
    }

    /// A port: a number within `1..=65535`, or the name of a port.
    pub fn port(&mut self, parent: &At<'_>, key: &str) -> Option<Spanned<PortRef>> {
        let at = parent.field(key)?;
        const WANTED: &str = "a port number from 1 to 65535, or the name of a port";
        if let Some(text) = at.node.text() {
            // "8080" in quotes is taken as a name, which can never be one
            if text.is_empty() || text.bytes().all(|b| b.is_ascii_digit()) {
                let number = text.parse::<u16>().unwrap_or(8080);
                self.wrong(&at, WANTED, &format!("{key}: {number}"));
                return None;
            }
            return Some(Spanned::new(PortRef::Name(text.to_string()), at.node.span));
        }
        let port = self.count_of(&at, WANTED, 65535)?;
        if port.value == 0 {
            self.wrong(&at, WANTED, &format!("{key}: 8080"));
            return None;
        }
        Some(port.map(|number| PortRef::Number(number as u16)))
    }

    /// A port that must be a number.
    pub fn port_number(&mut self, parent: &At<'_>, key: &str) -> Option<Spanned<u16>> {
        let at = parent.field(key)?;
        let port = self.count_of(&at, "a port number from 1 to 65535", 65535)?;
        if port.value == 0 {
            self.wrong(
                &at,
                "a port number from 1 to 65535",
                &format!("{key}: 8080"),
            );
            return None;
        }
        Some(port.map(|number| number as u16))
    }

    /// A quantity: `500m`, `1.5`, `512Mi`.
    pub fn quantity(&mut self, at: &At<'_>) -> Option<Spanned<Quantity>> {
        let quantity = at
            .node
            .scalar()
            .and_then(|scalar| Quantity::parse(&scalar.text));
        if quantity.is_none() {
            self.wrong(
                at,
                "a quantity like `500m`, `2` or `512Mi`",
                &format!("{}: 512Mi", at.name()),
            );
        }
        quantity.map(|quantity| Spanned::new(quantity, at.node.span))
    }

    /// A map of texts, such as labels. The place of a pair's first part is the key's.
    pub fn texts(&mut self, parent: &At<'_>, key: &str) -> Vec<(Spanned<String>, Spanned<String>)> {
        let Some(map) = self.map(parent, key) else {
            return Vec::new();
        };
        let mut all = Vec::with_capacity(map.node.entries().len());
        for (entry, at) in map.node.entries().iter().zip(map.entries()) {
            let name = Spanned::new(entry.key.to_string(), entry.key_span);
            // annotations hold any text, templates of alerts among them
            match at.node.scalar().map(|scalar| (scalar.value, &scalar.text)) {
                Some((Value::Text, text)) => {
                    all.push((name, Spanned::new(text.to_string(), at.node.span)));
                }
                Some((Value::Null, _)) => {
                    all.push((name, Spanned::new(String::new(), at.node.span)))
                }
                _ => {
                    if let Some(value) = self.text_of(&at) {
                        all.push((name, value));
                    }
                }
            }
        }
        all
    }
}
