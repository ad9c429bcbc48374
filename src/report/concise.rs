//! One line for each finding, as compilers write it and editors read it.

use super::paint::{Brush, Ink};
use super::place::Places;
use super::visible;
use super::{Options, Report};

/// Appends `path:line:col: error: message [rule-name] — help: ...` for each finding.
pub fn concise(report: &Report, options: Options, out: &mut String) {
    let brush = Brush::new(options);
    let mut places = Places::new(report.sources);
    for finding in report.findings {
        let point = places.start(finding.span());
        let name = visible::line(&places.file(finding.span()).name, brush.unicode);
        let place = format!("{name}:{}:{}:", point.line, point.column);
        let word = format!("{}:", finding.severity.word());
        out.push_str(&format!(
            "{} {} {} {}",
            brush.paint(Ink::Strong, &place),
            brush.paint(Ink::of(finding.severity), &word),
            visible::line(&finding.message, brush.unicode),
            brush.paint(Ink::Faint, &format!("[{}]", finding.rule.name)),
        ));
        if let Some(help) = &finding.help {
            let dash = brush.sign("—", "--");
            out.push_str(&format!(
                " {dash} help: {}",
                visible::line(help, brush.unicode)
            ));
        }
        out.push('\n');
    }
}
