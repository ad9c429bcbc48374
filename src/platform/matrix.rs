//! The table of platforms as Markdown.

use std::fmt::Write as _;

use crate::model::TargetKind;

use super::table::{Carry, Features, Platform, Share, Walker, platform};

/// What a statement of the language is called, and where its cell is.
type Row = (&'static str, fn(&Features) -> Carry);

const ROWS: [Row; 30] = [
    ("a smaller `weight` after a larger one", |can| can.falling),
    ("`replicas`", |can| can.replicas),
    ("`rolling`", |can| can.rolling),
    ("`rolling batches`", |can| can.batches),
    ("`preview`, `switch`", |can| can.preview),
    ("`mirror`", |can| can.mirror),
    ("`route` by a header's value", |can| can.header),
    ("`route` by one of several values", |can| can.pattern),
    ("`route` by a cookie", |can| can.cookie),
    ("`sticky by cookie`", |can| can.sticky_cookie),
    ("`sticky by header`", |can| can.sticky_header),
    ("`sticky by ip`", |can| can.sticky_ip),
    ("`split`, `on success weight`", |can| can.split),
    ("`on failure weight`, `on inconclusive weight`", |can| {
        can.choose
    }),
    ("`flag`", |can| can.flag),
    ("`push`", |can| can.push),
    ("`in DOMAIN`", |can| can.domains),
    ("`approve`", |can| can.approve),
    ("`approve ... within`", |can| can.approve_limit),
    ("`run ... image`", |can| can.run_image),
    ("`run ... command`", |can| can.run_command),
    (
        "`migrate`, `backfill` between the first exposure and `no return`",
        |can| can.stage_between,
    ),
    ("`after PLAN.STEP` once something is exposed", |can| {
        can.after
    }),
    ("`on ... pause`", |can| can.pause),
    ("`on ... pause within`", |can| can.pause_limit),
    ("`on failure pause`", |can| can.pause_failed),
    ("`on ... goto`", |can| can.goto),
    ("`on no-data continue`", |can| can.continue_blind),
    ("`rollback { ... }`", |can| can.rollback_body),
    ("`notify`", |can| can.notify),
];

/// What each platform can carry, as `docs/platforms.md` has it.
pub fn matrix() -> String {
    let mut out = String::from(
        "# Platforms\n\nWritten from the table that the check and the emitters read (`src/platform/table.rs`); \
         change that, not this file. What a target cannot do is an error at the statement that asks \
         for it, with what would work instead. A statement that a target can carry and that `build` cannot \
         write yet is an error of `build`: `not yet`.\n",
    );
    let rows: Vec<&Platform> = TargetKind::ALL
        .iter()
        .map(|(kind, _)| platform(*kind))
        .collect();
    for (title, built) in [
        ("Targets that `build` writes files for", true),
        (
            "Targets that plans are checked for; `build` answers `not yet`",
            false,
        ),
    ] {
        let shown: Vec<&Platform> = rows
            .iter()
            .copied()
            .filter(|row| row.built == built)
            .collect();
        table(&mut out, title, &shown);
    }
    out
}

fn table(out: &mut String, title: &str, shown: &[&Platform]) {
    let _ = writeln!(out, "\n## {title}\n");
    let mut line = |name: &str, cell: &dyn Fn(&Platform) -> String| {
        let cells: Vec<String> = shown.iter().map(|row| cell(row)).collect();
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    };
    line("", &|row| format!("`{}`", row.kind.word()));
    line("---", &|_| "---".into());
    line("walks the legs", &|row| match row.walker {
        Walker::Engine => "by itself".into(),
        Walker::Pipeline => "a pipeline or a person".into(),
    });
    line("judges gates", &|row| {
        if row.judges {
            "by itself"
        } else {
            "`gates by`"
        }
        .into()
    });
    line("steps of a share", &|row| share(row.share));
    line("most steps", &|row| {
        row.max_steps.map_or("any".into(), |most| most.to_string())
    });
    for (name, cell) in ROWS {
        line(name, &|row| match cell(&row.features) {
            Carry::Yes => "yes".into(),
            Carry::With(routers) => format!("with {}", routers.join(", ")),
            Carry::No(_) => "no".into(),
        });
    }
}

fn share(share: Share) -> String {
    let unit = |parts: u64| crate::units::Percent::from_ppm(parts).to_string();
    match share {
        Share::Parts(parts) => unit(parts),
        Share::RouterOrPods(parts) => format!("{} with a router, else pods", unit(parts)),
        Share::Router(parts) => format!("{} with a router, else none", unit(parts)),
        Share::None => "none".into(),
    }
}
