//! Mermaid, as GitHub and GitLab draw it in comments and pages.

use std::fmt::Write;

use super::{End, LegPicture, Moves, Picture, PlanPicture};

/// The picture as a Mermaid flowchart. Every text stands in quotes, and each of its characters that
/// means something to Mermaid, Markdown or HTML is written as an entity code.
pub fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart TD\n");
    // everything that is outside of the picture and waited for
    for (number, wait) in picture.waits.iter().enumerate() {
        if wait.from.is_none() {
            let name = escape(&wait.name);
            let _ = writeln!(out, "  w{number}([\"after {name}\"])");
        }
    }
    for (number, plan) in picture.plans.iter().enumerate() {
        let mut title = escape(&plan.name);
        if !plan.rolls.is_empty() {
            let _ = write!(title, ": {}", escape(&plan.rolls.join(", ")));
        }
        // a frame around everything says nothing
        if picture.plans.len() > 1 {
            let _ = writeln!(out, "  subgraph p{number}[\"{title}\"]");
            out.push_str("    direction TB\n");
        }
        plan_of(number, plan, &mut out);
        if picture.plans.len() > 1 {
            out.push_str("  end\n");
        }
    }
    for (number, wait) in picture.waits.iter().enumerate() {
        let (plan, leg) = wait.to;
        let to = entry(plan, leg, &picture.plans[plan].legs[leg]);
        match wait.from {
            Some((plan, leg)) => {
                let _ = writeln!(out, "  p{plan}l{leg} ==>|\"then\"| {to}");
            }
            None => {
                let _ = writeln!(out, "  w{number} ==> {to}");
            }
        }
    }
    out.push_str("  classDef back stroke:#bf8700,stroke-width:2px\n");
    out.push_str("  classDef below stroke:#d1242f,stroke-width:2px\n");
    out.push_str("  classDef done stroke:#1a7f37,stroke-width:2px\n");
    out
}

/// The node that leads into a leg: who says yes, else the leg itself.
fn entry(plan: usize, leg: usize, shown: &LegPicture) -> String {
    match shown.approval {
        Some(_) => format!("p{plan}a{leg}"),
        None => format!("p{plan}l{leg}"),
    }
}

fn plan_of(number: usize, plan: &PlanPicture, out: &mut String) {
    let line = plan.no_return.as_ref();
    let above = line.map_or(plan.legs.len(), |line| line.above);
    for (leg, shown) in plan.legs.iter().enumerate().take(above) {
        leg_of(number, leg, shown, "    ", out);
    }
    if let Some(line) = line {
        let reason = escape(&line.reason);
        let _ = writeln!(out, "    subgraph p{number}n[\"no return: {reason}\"]");
        out.push_str("      direction TB\n");
        for (leg, shown) in plan.legs.iter().enumerate().skip(above) {
            leg_of(number, leg, shown, "      ", out);
        }
        if above == plan.legs.len() {
            let _ = writeln!(out, "      p{number}done([\"done\"]):::done");
        }
        out.push_str("    end\n");
    }
    if line.is_none_or(|_| above < plan.legs.len()) {
        let _ = writeln!(out, "    p{number}done([\"done\"]):::done");
    }
    let goes_back = |edge: &super::Edge| matches!(edge.to, End::Back | End::Pause(_));
    if plan.legs.iter().any(|leg| leg.edges.iter().any(goes_back)) {
        let within = plan.back_within.as_ref();
        let within = within.map_or(String::new(), |time| {
            format!("<br/>within {}", escape(time))
        });
        let _ = writeln!(
            out,
            "    p{number}back([\"on failure: rolled back{within}\"]):::back"
        );
    }
    if plan
        .legs
        .iter()
        .any(|leg| leg.edges.iter().any(|edge| edge.to == End::Stop))
    {
        let _ = writeln!(
            out,
            "    p{number}stop([\"on failure: people decide\"]):::below"
        );
    }
    for (leg, shown) in plan.legs.iter().enumerate() {
        let to = match plan.legs.get(leg + 1) {
            Some(next) => entry(number, leg + 1, next),
            None => format!("p{number}done"),
        };
        let on: Vec<String> = shown
            .edges
            .iter()
            .filter_map(|edge| match &edge.to {
                End::On(text) => Some(escape(&format!("{}: {text}", edge.on))),
                _ => None,
            })
            .collect();
        let mut label = shown
            .hold_text()
            .map_or(String::new(), |text| escape(&text));
        for text in on {
            let _ = write!(
                label,
                "{}{text}",
                if label.is_empty() { "" } else { "<br/>" }
            );
        }
        match label.is_empty() {
            true => _ = writeln!(out, "    p{number}l{leg} --> {to}"),
            false => _ = writeln!(out, "    p{number}l{leg} -->|\"{label}\"| {to}"),
        }
    }
    back_edges(number, plan, out);
    if line.is_some() {
        let _ = writeln!(
            out,
            "  style p{number}n stroke:#d1242f,stroke-width:2px,stroke-dasharray:6 4"
        );
    }
}

/// Edges back, those of one kind together.
fn back_edges(number: usize, plan: &PlanPicture, out: &mut String) {
    let mut grouped: Vec<(String, String, Vec<usize>)> = Vec::new();
    for (leg, shown) in plan.legs.iter().enumerate() {
        for edge in &shown.edges {
            let (label, to) = match &edge.to {
                End::On(_) => continue,
                End::Back => (edge.on.clone(), format!("p{number}back")),
                End::Stop => (edge.on.clone(), format!("p{number}stop")),
                End::Pause(Some(limit)) => (
                    format!("{}: pause within {limit}", edge.on),
                    format!("p{number}back"),
                ),
                End::Pause(None) => (
                    format!("{}: pause without a limit", edge.on),
                    format!("p{number}back"),
                ),
                End::Goto(target, times) => (
                    format!("{}: at most {times} times", edge.on),
                    entry(number, *target, &plan.legs[*target]),
                ),
            };
            let same =
                |known: &&mut (String, String, Vec<usize>)| known.0 == label && known.1 == to;
            match grouped.iter_mut().find(same) {
                Some((_, _, legs)) => legs.push(leg),
                None => grouped.push((label, to, vec![leg])),
            }
        }
    }
    for (label, to, legs) in grouped {
        let legs: Vec<String> = legs.iter().map(|leg| format!("p{number}l{leg}")).collect();
        // that going back follows a failure stands at its end once
        let label = match label == "failure" {
            true => String::new(),
            false => format!("|\"{}\"|", escape(&label)),
        };
        let _ = writeln!(out, "    {} -.->{label} {to}", legs.join(" & "));
    }
}

fn leg_of(plan: usize, leg: usize, shown: &LegPicture, indent: &str, out: &mut String) {
    if let Some(approval) = &shown.approval {
        let text = escape(approval);
        let _ = writeln!(
            out,
            "{indent}p{plan}a{leg}{{{{\"{text}\"}}}} --> p{plan}l{leg}"
        );
    }
    let mut label = escape(&shown.name);
    let mut add = |text: &str| {
        let _ = write!(label, "<br/>{}", escape(text));
    };
    if !shown.traffic.is_empty() {
        add(&shown.traffic.join(", "));
    }
    for change in shown
        .changes
        .iter()
        .filter(|change| change.moves == Moves::Other)
    {
        add(&change.text);
    }
    for run in &shown.runs {
        add(&format!("runs {run}"));
    }
    let data: Vec<&str> = shown
        .changes
        .iter()
        .filter(|change| change.moves == Moves::Data)
        .map(|change| change.text.as_str())
        .collect();
    for text in &data {
        add(text);
    }
    let moves_data = !data.is_empty();
    let (open, close) = if moves_data { ("[(", ")]") } else { ("[", "]") };
    let _ = writeln!(out, "{indent}p{plan}l{leg}{open}\"{label}\"{close}");
}

/// A text of which nothing acts: letters, digits and what separates them stay, anything else of
/// ASCII becomes an entity code of Mermaid (`#35;`). Those who draw take the codes for the
/// characters after the text is parsed.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_ascii() || c.is_ascii_alphanumeric() || " ,:/%+-".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", c as u32);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_of_a_name_acts() {
        assert_eq!(
            escape("a\"] --> b</script>"),
            "a#34;#93; --#62; b#60;/script#62;"
        );
        assert_eq!(escape("`_*#quot;"), "#96;#95;#42;#35;quot#59;");
        assert_eq!(escape("결제 1%, 2h"), "결제 1%, 2h");
    }
}
