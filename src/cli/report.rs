//! `switchback report`

use crate::page::{Page, html};
use crate::report::FailOn;

use super::args::{Color, ReportArgs};
use super::{check, output, pictured};

pub(super) fn run(args: &ReportArgs) -> Result<u8, String> {
    let mut drawn = pictured::find(&args.plan, args.path.as_ref(), &args.values, Color::Never)?;
    // the view borrows the models while the check is sorted and counted
    let models = std::mem::take(&mut drawn.outcome.models);
    let plans = pictured::plans(&models, &drawn.names);
    let mut text = String::new();
    check::render(&mut drawn.outcome, FailOn::Error, |report| {
        text = html(&Page {
            picture: &drawn.picture,
            plans: &plans,
            report,
        });
    });
    output::print(&text);
    Ok(drawn.exit())
}
