//! How a manifest says that its workload is replaced, as steps of a plan.

use std::path::PathBuf;

use crate::source::Span;
use crate::workload::{Document, Manifests, Node, Strategy, Workload, WorkloadKind};

use super::survey::Survey;

/// A step that a manifest describes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Its name in the plan.
    pub name: String,
    /// Its statements.
    pub lines: Vec<String>,
    /// Where the manifest says so.
    pub span: Span,
    /// The file, where it is another than that of the workload.
    pub path: Option<PathBuf>,
}

/// A `Canary` of Flagger, and the file that it stands in.
pub(super) struct Canary<'a> {
    path: &'a PathBuf,
    document: &'a Document,
    target: &'a str,
}

/// Whether an object is a Canary of Flagger.
pub(super) fn is_canary(document: &Document) -> bool {
    document.group() == "flagger.app" && document.kind() == "Canary"
}

/// All Canaries of Flagger that name a workload.
pub(super) fn canaries(survey: &Survey) -> Vec<Canary<'_>> {
    let mut found = Vec::new();
    for file in &survey.manifests {
        found.extend(file.manifests.documents.iter().filter_map(|document| {
            let target = document.node.at(&["spec", "targetRef", "name"])?.text()?;
            is_canary(document).then_some(Canary {
                path: &file.path,
                document,
                target,
            })
        }));
    }
    found
}

/// The steps that replace `workload`.
pub(super) fn of(manifests: &Manifests, workload: &Workload, canaries: &[Canary<'_>]) -> Vec<Step> {
    let canary = canaries
        .iter()
        .find(|canary| canary.target == workload.name());
    if let Some(canary) = canary {
        return flagger(canary);
    }
    let place = workload.update.key_span.unwrap_or(workload.kind_span);
    if workload.kind.is_serverless() {
        return revisions(workload);
    }
    let document = manifests.document(workload);
    match (workload.kind, workload.update.strategy, document) {
        (WorkloadKind::Rollout, Some(strategy), Some(document)) => match strategy.value {
            Strategy::BlueGreen => blue_green(document, strategy.span),
            _ => argo(document, strategy.span),
        },
        _ => vec![step("replace", vec!["rolling".to_string()], place)],
    }
}

fn step(name: &str, lines: Vec<String>, span: Span) -> Step {
    Step {
        name: name.to_string(),
        lines,
        span,
        path: None,
    }
}

/// What stands for a judgement that the controller makes and that is not read here.
fn judged(by: &str) -> String {
    format!("allow step-without-gate because \"{by} judges it\"")
}

/// A scalar as it is written, a number too.
fn written(node: &Node) -> Option<&str> {
    node.scalar().map(|scalar| &*scalar.text)
}

/// A share as a manifest writes it.
fn share(node: &Node) -> Option<u64> {
    written(node)?
        .trim()
        .trim_end_matches('%')
        .parse()
        .ok()
        .filter(|share| *share <= 100)
}

/// A time as Kubernetes' controllers write it: `30`, `30s`, `5m`, `1h`.
fn time(node: &Node) -> Option<String> {
    let text = written(node)?.trim();
    let digits = text.trim_end_matches(['s', 'm', 'h']);
    let count: u64 = digits.parse().ok().filter(|count| *count > 0)?;
    let unit = text.get(digits.len()..).filter(|unit| unit.len() <= 1)?;
    Some(format!(
        "{count}{}",
        if unit.is_empty() { "s" } else { unit }
    ))
}

/// The steps of an Argo canary.
fn argo(document: &Document, place: Span) -> Vec<Step> {
    let canary = document.node.at(&["spec", "strategy", "canary"]);
    let listed = canary.and_then(|canary| canary.get("steps"));
    let items = listed.map_or(&[][..], Node::items);
    let background = canary.is_some_and(|canary| canary.get("analysis").is_some());
    if items.is_empty() {
        return vec![step("replace", vec!["rolling".to_string()], place)];
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut approval = false;
    let mut last = 0;
    for item in items {
        if let Some(weight) = item.get("setWeight").and_then(share) {
            if weight == last {
                continue;
            }
            last = weight;
            let mut lines = vec![format!("weight {weight}%")];
            if std::mem::take(&mut approval) {
                lines.insert(0, "approve by \"whoever promotes the Rollout\"".to_string());
            }
            if background {
                lines.push(judged("the background analysis"));
            }
            let name = format!("weight-{weight}-{}", steps.len() + 1);
            steps.push(step(&name, lines, item.span));
        } else if let Some(pause) = item.entry("pause") {
            let duration = pause.value.get("duration").and_then(time);
            match (duration, steps.last_mut()) {
                (Some(time), Some(open)) if !holds(open) => open.lines.push(format!("hold {time}")),
                (None, _) => approval = true,
                _ => {}
            }
        } else if let Some(open) = steps.last_mut()
            && (item.get("analysis").is_some() || item.get("experiment").is_some())
            && !background
        {
            open.lines.push(judged("the analysis behind it"));
        }
    }
    if last < 100 {
        let mut lines = vec!["weight 100%".to_string()];
        if approval {
            lines.insert(0, "approve by \"whoever promotes the Rollout\"".to_string());
        }
        let span = listed.map_or(place, |listed| {
            listed.items().last().map_or(place, |i| i.span)
        });
        steps.push(step("full", lines, span));
    }
    steps
}

fn holds(step: &Step) -> bool {
    step.lines.iter().any(|line| line.starts_with("hold "))
}

/// The two steps of an Argo blue-green rollout.
fn blue_green(document: &Document, place: Span) -> Vec<Step> {
    let path = ["spec", "strategy", "blueGreen"];
    let says = document.node.at(&path);
    let by_hand = says
        .and_then(|says| says.get("autoPromotionEnabled"))
        .is_some_and(|auto| written(auto) == Some("false"));
    let mut switch = vec!["switch".to_string()];
    if by_hand {
        switch.insert(0, "approve by \"whoever promotes the Rollout\"".to_string());
    }
    vec![
        step("preview", vec!["preview".to_string()], place),
        step("switch", switch, place),
    ]
}

/// Where a new revision of Knative or Cloud Run goes: all traffic at once, unless `traffic` names
/// revisions.
fn revisions(workload: &Workload) -> Vec<Step> {
    let knative = workload.knative.as_ref();
    let place = knative
        .and_then(|knative| knative.traffic_key)
        .unwrap_or(workload.kind_span);
    let targets = knative.map_or(&[][..], |knative| knative.traffic.as_slice());
    let newest = targets
        .iter()
        .find(|target| target.latest.is_some_and(|latest| latest.value));
    let share = match newest {
        Some(target) => target.percent.map_or(100, |percent| percent.value),
        // pinned to revisions by name: the newest takes nothing until somebody moves traffic
        None if targets.iter().any(|target| target.revision.is_some()) => 0,
        None => 100,
    };
    match share {
        0 => vec![step("deploy", vec!["preview".to_string()], place)],
        share => vec![step("switch", vec![format!("weight {share}%")], place)],
    }
}

/// What Flagger does with a Canary.
fn flagger(canary: &Canary<'_>) -> Vec<Step> {
    let node = canary.document.node.at(&["spec", "analysis"]);
    let place = node.map_or(canary.document.head(), |node| node.span);
    let number = |key: &str| node.and_then(|node| node.get(key)).and_then(share);
    let hold = node
        .and_then(|node| node.get("interval"))
        .and_then(time)
        .unwrap_or_else(|| "60s".to_string());
    let metrics = node.and_then(|node| node.get("metrics"));
    let judges = metrics.is_some_and(|metrics| !metrics.items().is_empty());
    let mut weights: Vec<u64> = Vec::new();
    if let Some(listed) = node.and_then(|node| node.get("stepWeights")) {
        weights.extend(listed.items().iter().filter_map(share));
    } else if let Some(by) = number("stepWeight").filter(|by| *by > 0) {
        let most = number("maxWeight").unwrap_or(100);
        weights.extend(
            (1..=100 / by)
                .map(|step| step * by)
                .take_while(|at| *at < most),
        );
        weights.push(most.min(100));
    } else if number("iterations").is_some() {
        let mut switch = vec!["switch".to_string()];
        if judges {
            switch.push(judged("Flagger"));
        }
        let mut all = vec![
            step("preview", vec!["preview".to_string()], place),
            step("switch", switch, place),
        ];
        all.iter_mut()
            .for_each(|step| step.path = Some(canary.path.clone()));
        return all;
    }
    if weights.last() != Some(&100) {
        weights.push(100);
    }
    let mut steps: Vec<Step> = weights
        .iter()
        .enumerate()
        .map(|(number, weight)| {
            let mut lines = vec![format!("weight {weight}%"), format!("hold {hold}")];
            if judges {
                lines.push(judged("Flagger"));
            }
            step(&format!("weight-{weight}-{}", number + 1), lines, place)
        })
        .collect();
    steps
        .iter_mut()
        .for_each(|step| step.path = Some(canary.path.clone()));
    steps
}
