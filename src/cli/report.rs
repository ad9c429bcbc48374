//! `switchback report`

use crate::check::Outcome;
use crate::page::{Page, html};
use crate::picture::Picture;
use crate::report::FailOn;

use super::args::{Color, ReportArgs};
use super::{check, output, pictured};

pub(super) fn run(args: &ReportArgs) -> Result<u8, String> {
    let mut drawn = pictured::find(&args.plan, args.path.as_ref(), &args.values, Color::Never)?;
    let text = drawn_page(&mut drawn.outcome, &drawn.picture, &drawn.names);
    output::print(&text);
    Ok(drawn.exit())
}

/// The page of a plan or release that was checked; `None` where there is none of that name.
pub fn page(outcome: &mut Outcome, name: &str) -> Option<String> {
    let (picture, names) = pictured::of(outcome, name)?;
    Some(drawn_page(outcome, &picture, &names))
}

fn drawn_page(outcome: &mut Outcome, picture: &Picture, names: &[String]) -> String {
    // the view borrows the models while the check is sorted and counted
    let models = std::mem::take(&mut outcome.models);
    let plans = pictured::plans(&models, names);
    let mut text = String::new();
    check::render(outcome, FailOn::Error, |report| {
        text = html(&Page {
            picture,
            plans: &plans,
            report,
        });
    });
    text
}
