//! Providers and gates.

use super::*;

impl Builder<'_> {
    pub(in crate::model) fn gate(&mut self, node: &Arc<Node>, id: DeclId) {
        let Some(name) = node.word("name") else {
            return;
        };
        let mut gate = Gate {
            span: node.span,
            incomplete: node.incomplete,
            provider: None,
            query: None,
            promql: None,
            kind: None,
            buckets: Vec::new(),
            expect: None,
            fail: None,
            normally: None,
            detect: None,
            interval: None,
            round: None,
            tolerate: None,
            name,
        };
        let mut chain = vec![(id, Arc::clone(node))];
        let mut provider_named = None;
        while let Some(like) = chain
            .last()
            .and_then(|(_, node)| node.child("like"))
            .and_then(|l| l.word("gate"))
        {
            let Some(next) = self
                .project
                .find(like.span.file, DeclKind::Gate, &like.value)
            else {
                let found = self.project.unknown_name(
                    like.span.file,
                    DeclKind::Gate,
                    &like.value,
                    like.span,
                );
                if chain.len() == 1 {
                    self.findings.extend(found);
                }
                gate.incomplete = true;
                break;
            };
            if chain.iter().any(|(known, _)| *known == next) {
                self.findings.push(
                    Diagnostic::new(
                        &UNKNOWN_NAME,
                        like.span,
                        format!("`{}` is like itself", like.value),
                    )
                    .help("let one of the gates say everything itself"),
                );
                gate.incomplete = true;
                break;
            }
            if chain.len() > MAX_LIKE {
                let message = format!("more than {MAX_LIKE} gates follow one another by `like`");
                let help = "let this gate say everything itself";
                push_first(&mut self.findings, too_large(like.span, message, help));
                gate.incomplete = true;
                break;
            }
            let decl = &self.project.decls[next.0];
            let Some(other) = &self.project.nodes[next.0] else {
                gate.incomplete = true;
                break;
            };
            let other = overridden(other, DeclKind::Gate, &decl.name, self.overrides);
            gate.incomplete |= other.incomplete;
            chain.push((next, other));
        }
        for (_, node) in &chain {
            for child in &node.children {
                match child.entry.word {
                    "from" if provider_named.is_none() => provider_named = child.word("provider"),
                    "query" if gate.query.is_none() => gate.query = child.word("query"),
                    "kind" if gate.kind.is_none() => gate.kind = gate_kind(child),
                    "buckets" if gate.buckets.is_empty() => gate.buckets = buckets(child),
                    "expect" if gate.expect.is_none() => gate.expect = rule(child),
                    "fail" if gate.fail.is_none() => gate.fail = rule(child),
                    "normally" if gate.normally.is_none() => gate.normally = limit(child, "value"),
                    "detect" if gate.detect.is_none() => gate.detect = detect(child),
                    "every" if gate.interval.is_none() => {
                        gate.interval = child.duration("interval");
                        gate.round = child.duration("round");
                    }
                    "tolerate" if gate.tolerate.is_none() => gate.tolerate = child.count("count"),
                    _ => {}
                }
            }
        }
        self.gate_provider(&mut gate, provider_named);
        self.gate_shape(&mut gate, node);
        self.model.gates.push(gate);
    }

    pub(in crate::model) fn gate_provider(
        &mut self,
        gate: &mut Gate,
        named: Option<Spanned<String>>,
    ) {
        gate.provider = match named {
            Some(name) => {
                let found = self.resolve(DeclKind::Provider, &name);
                gate.incomplete |= found.is_none();
                found
            }
            None => match self
                .project
                .visible(gate.name.span.file, DeclKind::Provider)
            {
                [only] => self.index[only.0],
                _ => None,
            },
        };
    }

    /// What a gate cannot do without, and its query.
    pub(in crate::model) fn gate_shape(&mut self, gate: &mut Gate, node: &Node) {
        if !gate.incomplete {
            for (is_there, word, example) in [
                (gate.query.is_some(), "query", "query \"...\""),
                (gate.expect.is_some(), "expect", "expect value < 1%"),
            ] {
                if !is_there {
                    let line = format!("gate {}", gate.name.value);
                    self.findings.push(missing(node.line, &line, word, example));
                    gate.incomplete = true;
                }
            }
        }
        if let (Some(interval), Some(round)) = (gate.interval, gate.round)
            && (interval.value.millis() == 0 || interval.value > round.value)
        {
            self.findings.push(
                Diagnostic::new(
                    &OUT_OF_RANGE,
                    interval.span,
                    format!(
                        "a round of {} holds no look every {}",
                        round.value, interval.value
                    ),
                )
                .help("look at least once in a round: `every 1m for 10m`"),
            );
            gate.incomplete = true;
        }
        self.check_tolerance(gate);
        let promql = gate
            .provider
            .and_then(|provider| self.model.providers[provider].kind)
            .is_none_or(ProviderKind::speaks_promql);
        if let Some(query) = &gate.query
            && promql
        {
            let written = self.project.sources.text(query.span);
            let findings = &mut self.findings;
            // a query that another gate is `like` is checked, and reported, only once
            let checked = self.queries.entry(query.span).or_insert_with(|| {
                let mut found = Findings::new();
                let read = read_query(written, query, &mut found);
                found
                    .into_iter()
                    .for_each(|found| crate::model::push_once(findings, found));
                read.map(Arc::new)
            });
            gate.promql = checked.clone();
            gate.incomplete |= gate.promql.is_none();
        }
    }
}

/// Reads the PromQL of a query as written. Behind an escape the places of the text and of what it
/// means differ, so findings are moved back to where the text stands in the file.
pub(in crate::model) fn read_query(
    written: &str,
    query: &Spanned<String>,
    findings: &mut Findings,
) -> Option<promql::Query> {
    let quotes = if written.starts_with("\"\"\"") { 3 } else { 1 };
    let start = query.span.start as usize + quotes;
    let mut found = Findings::new();
    let read = promql::check(query.span, &query.value, start, &mut found);
    let inner = written
        .get(quotes..written.len().saturating_sub(quotes))
        .unwrap_or("");
    if inner.len() != query.value.len() {
        // for each byte of the value, where it stands in the text
        let mut places: Vec<usize> = Vec::with_capacity(query.value.len() + 1);
        let mut bytes = inner.bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            // the lines of a raw text end in `\n`, whatever ends them in the file
            let ends_line = |rest: &str| rest.trim_start_matches('\r').starts_with('\n');
            if byte == b'\r' && quotes == 3 && inner.get(at..).is_some_and(ends_line) {
                continue;
            }
            places.push(at);
            if byte == b'\\' && quotes == 1 {
                bytes.next();
            }
        }
        places.push(inner.len());
        let moved = |offset: u32| {
            let inside = (offset as usize).checked_sub(start)?;
            places.get(inside).map(|at| (start + at) as u32)
        };
        for label in found.iter_mut().flat_map(|found| &mut found.labels) {
            if label.span == query.span {
                continue;
            }
            label.span.start = moved(label.span.start).unwrap_or(query.span.start);
            label.span.end = moved(label.span.end)
                .unwrap_or(query.span.end)
                .max(label.span.start);
        }
        // an edit would have to be escaped again
        found.iter_mut().for_each(|found| found.fix = None);
    }
    findings.extend(found);
    read
}

pub(in crate::model) fn provider(node: &Node) -> Provider {
    let word = |word: &str, slot: &str| node.child(word).and_then(|child| child.word(slot));
    let name = node
        .word("name")
        .unwrap_or_else(|| Spanned::new(String::new(), node.line));
    let said = word("kind", "kind").map(|kind| kind.value);
    Provider {
        incomplete: node.incomplete,
        kind: ProviderKind::of(said.as_deref().unwrap_or(&name.value)),
        address: word("address", "address"),
        scrape: node
            .child("scrape")
            .and_then(|child| child.duration("time")),
        delay: node.child("delay").and_then(|child| child.duration("time")),
        project: word("project", "project"),
        secret: word("secret", "reference"),
        name,
    }
}

pub(in crate::model) fn gate_kind(node: &Node) -> Option<Spanned<GateKind>> {
    let word = node.word("kind")?;
    let kind = match word.value.as_str() {
        "proportion" => GateKind::Proportion,
        "mean" => GateKind::Mean,
        "count" => GateKind::Count,
        "rate" => GateKind::Rate,
        _ => GateKind::Quantile(node.percent("quantile")?.value),
    };
    Some(Spanned::new(kind, word.span))
}

/// The bounds of a histogram, as they were written.
fn buckets(node: &Node) -> Vec<Spanned<crate::units::Duration>> {
    node.all("bound")
        .filter_map(|capture| match capture.value {
            Value::Duration(time) => Some(Spanned::new(time, capture.span)),
            _ => None,
        })
        .collect()
}

/// A value that gates compare with.
pub(in crate::model) fn limit(node: &Node, slot: &str) -> Option<Spanned<Limit>> {
    let capture = node.get(slot)?;
    let limit = match &capture.value {
        Value::Percent(share) => Limit::Percent(*share),
        Value::Duration(time) => Limit::Duration(*time),
        Value::Number(number) => Limit::Number(*number),
        Value::Count(count) => Limit::Number(*count as f64),
        Value::Rate(rate) => Limit::Rate(*rate),
        Value::Bytes(bytes) => Limit::Bytes(*bytes),
        _ => return None,
    };
    Some(Spanned::new(limit, capture.span))
}

pub(in crate::model) fn rule(node: &Node) -> Option<Rule> {
    let op = node.compare("op")?.value;
    let limit = match (node.form, node.get("factor")) {
        (0, _) => limit(node, "limit")?,
        (1, Some(factor)) => match factor.value {
            Value::Number(number) => Spanned::new(Limit::Baseline(number), factor.span),
            _ => return None,
        },
        _ => Spanned::new(Limit::Baseline(1.0), node.line),
    };
    Some(Rule {
        op,
        limit,
        span: node.line,
    })
}

pub(in crate::model) fn detect(node: &Node) -> Option<Spanned<Detect>> {
    if let Some(capture) = node.get("factor")
        && let Value::Factor(factor) = capture.value
    {
        return Some(Spanned::new(Detect::Multiple(factor), capture.span));
    }
    if let Some(added) = limit(node, "added") {
        return Some(Spanned::new(Detect::Added(added.value), added.span));
    }
    limit(node, "value").map(|value| Spanned::new(Detect::Value(value.value), value.span))
}
