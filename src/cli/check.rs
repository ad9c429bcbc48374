//! `switchback check`

use crate::check::Outcome;
use crate::report::{self, Checked, Obligation, Report};
use crate::rules;

use super::args::{CheckArgs, FailOn, Format};
use super::{find, output};

pub(super) fn run(args: &CheckArgs) -> Result<u8, String> {
    let mut outcome = find::checked(&args.paths, &args.values)?;
    let fail_on = match args.fail_on {
        FailOn::Error => report::FailOn::Error,
        FailOn::Warning => report::FailOn::Warning,
        FailOn::Advice => report::FailOn::Advice,
        FailOn::Never => report::FailOn::Never,
    };
    let mut text = String::new();
    let code = render(&mut outcome, fail_on, |report| {
        let options = output::options(args.color);
        match args.format {
            Format::Full => report::full(report, options, &mut text),
            Format::Concise => report::concise(report, options, &mut text),
            Format::Json => report::json(report, &mut text),
            Format::Sarif => report::sarif(report, &rules::all(), &mut text),
        }
    });
    output::print(&text);
    Ok(code)
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
        plans: &outcome.plans,
        obligations: &obligations,
        checked: Checked {
            // a value from the command line has a text to point into, but is no file
            files: outcome
                .sources
                .iter()
                .filter(|(_, file)| file.is_file())
                .count(),
            plans: outcome.plan_names().len(),
        },
        fail_on,
    };
    view(&report);
    report::exit_code(&report)
}
