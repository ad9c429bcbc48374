//! DOT, as Graphviz draws it.

use std::fmt::Write;

use super::{End, LegPicture, Moves, Picture, PlanPicture};

const RED: &str = "#d1242f";
const AMBER: &str = "#9a6700";
const GREEN: &str = "#1a7f37";

/// The picture as a directed graph with a cluster for each plan.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from("digraph rollout {\n");
    let _ = writeln!(out, "  label={};", quoted(&picture.name));
    out.push_str("  labelloc=t; charset=\"UTF-8\"; rankdir=TB; compound=true;\n");
    out.push_str("  graph [fontname=\"Helvetica\"];\n");
    out.push_str("  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11];\n");
    out.push_str("  edge [fontname=\"Helvetica\", fontsize=10];\n");
    for (number, wait) in picture.waits.iter().enumerate() {
        if wait.from.is_none() {
            let name = quoted(&format!("after {}", wait.name));
            let _ = writeln!(out, "  w{number} [label={name}, shape=oval, style=dashed];");
        }
    }
    for (number, plan) in picture.plans.iter().enumerate() {
        plan_of(number, plan, &mut out);
    }
    for (number, wait) in picture.waits.iter().enumerate() {
        let (plan, leg) = wait.to;
        let to = entry(plan, leg, &picture.plans[plan].legs[leg]);
        let from = wait.from.map_or_else(
            || format!("w{number}"),
            |(plan, leg)| format!("p{plan}l{leg}"),
        );
        let _ = writeln!(out, "  {from} -> {to} [style=bold, label=\"then\"];");
    }
    out.push_str("}\n");
    out
}

fn entry(plan: usize, leg: usize, shown: &LegPicture) -> String {
    match shown.approval {
        Some(_) => format!("p{plan}a{leg}"),
        None => format!("p{plan}l{leg}"),
    }
}

fn plan_of(number: usize, plan: &PlanPicture, out: &mut String) {
    let mut title = vec![plan.name.clone()];
    title.extend(plan.rolls.iter().cloned());
    let _ = writeln!(out, "  subgraph cluster_p{number} {{");
    let _ = writeln!(
        out,
        "    label={}; style=rounded; color=\"#888888\";",
        lines(&title)
    );
    let above = plan
        .no_return
        .as_ref()
        .map_or(plan.legs.len(), |line| line.above);
    for (leg, shown) in plan.legs.iter().enumerate().take(above) {
        leg_of(number, leg, shown, "    ", out);
    }
    if let Some(line) = &plan.no_return {
        let reason = quoted(&format!("no return: {}", line.reason));
        let _ = writeln!(out, "    subgraph cluster_p{number}n {{");
        let _ = writeln!(
            out,
            "      label={reason}; style=dashed; color=\"{RED}\"; fontcolor=\"{RED}\";"
        );
        for (leg, shown) in plan.legs.iter().enumerate().skip(above) {
            leg_of(number, leg, shown, "      ", out);
        }
        let _ = writeln!(
            out,
            "      p{number}done [label=\"done\", shape=oval, color=\"{GREEN}\"];"
        );
        out.push_str("    }\n");
    } else {
        let _ = writeln!(
            out,
            "    p{number}done [label=\"done\", shape=oval, color=\"{GREEN}\"];"
        );
    }
    let any = |wanted: fn(&End) -> bool| {
        plan.legs
            .iter()
            .any(|leg| leg.edges.iter().any(|edge| wanted(&edge.to)))
    };
    if any(|end| matches!(end, End::Back | End::Pause(_))) {
        let mut text = vec!["on failure: rolled back".to_string()];
        text.extend(plan.back_within.iter().map(|time| format!("within {time}")));
        let text = lines(&text);
        let _ = writeln!(
            out,
            "    p{number}back [label={text}, shape=oval, color=\"{AMBER}\"];"
        );
    }
    if any(|end| *end == End::Stop) {
        let _ = writeln!(
            out,
            "    p{number}stop [label=\"on failure: people decide\", shape=oval, color=\"{RED}\"];"
        );
    }
    for (leg, shown) in plan.legs.iter().enumerate() {
        let to = match plan.legs.get(leg + 1) {
            Some(next) => entry(number, leg + 1, next),
            None => format!("p{number}done"),
        };
        let mut label: Vec<String> = shown.hold_text().into_iter().collect();
        for edge in &shown.edges {
            if let End::On(text) = &edge.to {
                label.push(format!("{}: {text}", edge.on));
            }
        }
        match label.is_empty() {
            true => _ = writeln!(out, "    p{number}l{leg} -> {to};"),
            false => {
                _ = writeln!(
                    out,
                    "    p{number}l{leg} -> {to} [label={}];",
                    lines(&label)
                )
            }
        }
        for edge in &shown.edges {
            let (label, to) = match &edge.to {
                End::On(_) => continue,
                End::Back => (edge.on.clone(), format!("p{number}back")),
                End::Stop => (edge.on.clone(), format!("p{number}stop")),
                End::Pause(limit) => {
                    let limit = limit.as_ref();
                    let limit =
                        limit.map_or("without a limit".to_string(), |l| format!("within {l}"));
                    (
                        format!("{}: pause {limit}", edge.on),
                        format!("p{number}back"),
                    )
                }
                End::Goto(target, times) => (
                    format!("{}: at most {times} times", edge.on),
                    entry(number, *target, &plan.legs[*target]),
                ),
            };
            // that going back follows a failure stands at its end once
            let label = match label == "failure" {
                true => String::new(),
                false => format!(", label={}", quoted(&label)),
            };
            let _ = writeln!(
                out,
                "    p{number}l{leg} -> {to} [style=dashed, constraint=false{label}];"
            );
        }
    }
    out.push_str("  }\n");
}

fn leg_of(plan: usize, leg: usize, shown: &LegPicture, indent: &str, out: &mut String) {
    if let Some(approval) = &shown.approval {
        let text = quoted(approval);
        let _ = writeln!(
            out,
            "{indent}p{plan}a{leg} [label={text}, shape=hexagon, style=solid];"
        );
        let _ = writeln!(out, "{indent}p{plan}a{leg} -> p{plan}l{leg};");
    }
    let mut label = vec![shown.name.clone()];
    if !shown.traffic.is_empty() {
        label.push(shown.traffic.join(", "));
    }
    label.extend(shown.changes.iter().map(|change| change.text.clone()));
    label.extend(shown.runs.iter().map(|run| format!("runs {run}")));
    let data = shown
        .changes
        .iter()
        .any(|change| change.moves == Moves::Data);
    let shape = if data {
        ", shape=cylinder, style=solid"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "{indent}p{plan}l{leg} [label={}{shape}];",
        lines(&label)
    );
}

/// A text in quotes of which nothing acts: no escape (`\N` would be the node's name) and no entity.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

/// Several lines in quotes.
fn lines(texts: &[String]) -> String {
    let all: Vec<String> = texts.iter().map(|text| escape(text)).collect();
    format!("\"{}\"", all.join("\\n"))
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('&', "&amp;")
        .replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_of_a_name_acts() {
        assert_eq!(quoted(r#"a"b\N&lt;"#), r#""a\"b\\N&amp;lt;""#);
    }
}
