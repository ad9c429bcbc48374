//! `switchback graph`

use crate::picture;

use super::args::{Color, GraphArgs, GraphFormat};
use super::{output, pictured};

pub(super) fn run(args: &GraphArgs) -> Result<u8, String> {
    let drawn = pictured::find(&args.plan, args.path.as_ref(), &args.values, Color::Never)?;
    output::print(&match args.format {
        GraphFormat::Svg => picture::svg(&drawn.picture),
        GraphFormat::Mermaid => picture::mermaid(&drawn.picture),
        GraphFormat::Dot => picture::dot(&drawn.picture),
    });
    Ok(drawn.exit())
}
