//! `switchback check`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::baseline::Baseline;
use crate::check::Outcome;
use crate::fix::Texts;
use crate::report::{self, Checked, Obligation, Report};
use crate::rules;
use crate::source::{DiskLoader, Loader};

use super::args::{CheckArgs, Format, Sink};
use super::settings::Settings;
use super::{exit, find, fixes, output, since, watch};

pub(super) fn run(args: &CheckArgs, given: Option<&ArgMatches>) -> Result<u8, String> {
    if args.config.config_schema {
        output::print(&crate::config::json_schema());
        return Ok(exit::CLEAN);
    }
    if args.config.show_config {
        output::print(&Settings::new(args, given)?.shown());
        return Ok(exit::CLEAN);
    }
    if args.watch {
        return watch::run(args, &mut || once(args, given));
    }
    once(args, given).map(|(code, _)| code)
}

/// One check: its exit code, and the files that it read.
fn once(args: &CheckArgs, given: Option<&ArgMatches>) -> Result<(u8, Vec<PathBuf>), String> {
    let settings = Settings::new(args, given)?;
    let sinks = settings.sinks(args)?;
    let about_baseline = [
        (args.update_baseline, "--update-baseline"),
        (args.ratchet, "--ratchet"),
    ];
    if let (Some((_, option)), None) = (
        about_baseline.iter().find(|(given, _)| *given),
        settings.baseline(args),
    ) {
        return Err(format!(
            "`{option}` is about a baseline, and none is named: add `--baseline baseline.json`, or write `baseline = \"baseline.json\"` into `{}`",
            crate::config::FILE
        ));
    }
    let changes = match &args.since {
        Some(revision) => Some(since::changes(&find::base(), revision)?),
        None => None,
    };
    let excluded = settings.config.excludes();
    let look = find::Look {
        paths: &args.paths,
        excluded: &excluded,
        changes: changes.as_ref(),
        most: args.max_files,
    };
    let target = find::Target::find(&look)?;
    let mut outcome = target.check(&Texts::new(), args)?;
    let mut rewritten = None;
    if args.fix || args.unsafe_fixes || args.diff {
        let fixed = fixes::apply(outcome, &target, args)?;
        rewritten = Some((fixed.texts, fixed.titles, fixed.refused));
        outcome = fixed.outcome;
    }
    settings.weigh(&mut outcome);
    let mut slack = 0;
    if let Some(path) = settings.baseline(args) {
        slack = held(&mut outcome, &path, args)?;
    }
    if let Some(changes) = &changes {
        since::keep(&mut outcome.findings, &outcome.sources, changes);
    }
    // consumers of SARIF open what is suppressed anew, so they hear of it only if asked to
    if !args.report_suppressed {
        outcome.accepted.clear();
    }
    // several environments accept the same
    let mut seen = BTreeSet::new();
    outcome.accepted.retain(|accepted| {
        let found = &accepted.finding;
        seen.insert((found.rule.name, found.span(), found.message.clone()))
    });
    let mut written = Vec::new();
    let mut code = render(&mut outcome, settings.fail_on(), |report| {
        written.extend(sinks.iter().map(|sink| view(report, sink, args)));
    });
    if let Some((texts, titles, refused)) = &rewritten {
        let changed = fixes::finish(texts, titles, *refused, args)?;
        if args.diff {
            let code = if changed { exit::FINDINGS } else { exit::CLEAN };
            return Ok((code, Vec::new()));
        }
    }
    for (sink, text) in sinks.iter().zip(&written) {
        match &sink.file {
            None => output::print(text),
            Some(file) => std::fs::write(file, text)
                .map_err(|error| format!("`{}` cannot be written: {error}", file.display()))?,
        }
    }
    if slack > 0 {
        let gone = output::count(slack, "finding that is", "findings that are");
        output::note(&format!(
            "the baseline accepts {gone} not there any more: `--update-baseline` lowers it"
        ));
        if args.ratchet {
            code = code.max(exit::FINDINGS);
        }
    }
    let files = outcome.sources.iter().map(|(_, file)| file.path.clone());
    Ok((code, files.collect()))
}

/// Takes out what the baseline at `path` accepts, or writes it anew. Gives how many findings it
/// accepts that are not there.
fn held(outcome: &mut Outcome, path: &Path, args: &CheckArgs) -> Result<usize, String> {
    let shown = path.display();
    let full = find::base().join(path);
    let folder = full.parent().unwrap_or(Path::new("")).to_path_buf();
    let folder = std::fs::canonicalize(&folder).unwrap_or(folder);
    if args.update_baseline {
        let now = Baseline::of(&outcome.findings, &outcome.sources, &folder);
        std::fs::write(&full, now.text())
            .map_err(|error| format!("`{shown}` cannot be written: {error}"))?;
        now.hold(&mut outcome.findings, &outcome.sources, &folder);
        return Ok(0);
    }
    let text = DiskLoader.read(&full).map_err(|error| {
        format!(
            "the baseline `{shown}` cannot be read: {}; `--update-baseline` writes one",
            error.reason()
        )
    })?;
    let baseline = Baseline::read(&text)
        .map_err(|why| format!("the baseline `{shown}` cannot be read: {why}"))?;
    let held = baseline.hold(&mut outcome.findings, &outcome.sources, &folder);
    outcome.accepted.extend(held.accepted);
    Ok(held.spare)
}

/// The report in one format.
fn view(report: &Report<'_>, sink: &Sink, args: &CheckArgs) -> String {
    let mut text = String::new();
    let options = match sink.file {
        None => output::options(args.color),
        Some(_) => report::Options::default(),
    };
    match sink.format {
        Format::Full => report::full(report, options, &mut text),
        Format::Concise => report::concise(report, options, &mut text),
        Format::Json => report::json(report, &mut text),
        Format::Jsonl => report::jsonl(report, &mut text),
        Format::Sarif => report::sarif(report, &rules::all(), &mut text),
        Format::Github => report::github(report, &mut text),
        Format::Gitlab => report::gitlab(report, &mut text),
        Format::Junit => report::junit(report, &mut text),
        Format::Checkstyle => report::checkstyle(report, &mut text),
        Format::Markdown => report::markdown(report, &mut text),
    }
    text
}

/// Sorts the findings, hands the report to `view`, and gives the exit code.
pub(super) fn render(
    outcome: &mut Outcome,
    fail_on: report::FailOn,
    view: impl FnOnce(&Report<'_>),
) -> u8 {
    report::sort(&mut outcome.findings, &outcome.sources);
    let obligations: Vec<Obligation> = outcome
        .obligations
        .iter()
        .map(|(text, span)| Obligation {
            text: text.clone(),
            span: *span,
        })
        .collect();
    let report = Report {
        sources: &outcome.sources,
        findings: &outcome.findings,
        accepted: &outcome.accepted,
        plans: &outcome.plans,
        obligations: &obligations,
        checked: Checked {
            // a value from the command line has a text to point into, but is no file
            files: outcome
                .sources
                .iter()
                .filter(|(_, file)| file.is_read() && !file.view)
                .count(),
            plans: match outcome.without_plan {
                true => 0,
                false => outcome.plan_names().len(),
            },
        },
        fail_on,
    };
    view(&report);
    report::exit_code(&report)
}
