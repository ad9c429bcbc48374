//! Where a block of an emitted file comes from: `checkout.swb:34`.

use crate::model::Plan;
use crate::source::{SourceMap, Span};

/// Says places relative to the folder of the plan, so that the same project gives the same bytes
/// wherever it lies and the command is started.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    sources: &'a SourceMap,
    plan: Span,
}

impl<'a> Places<'a> {
    /// Places seen from `plan`.
    pub fn of(sources: &'a SourceMap, plan: &Plan) -> Self {
        Places {
            sources,
            plan: plan.name.span,
        }
    }

    /// `checkout.swb:34`
    pub fn at(self, span: Span) -> String {
        let file = self.sources.file(span.file);
        let home = self.sources.file(self.plan.file).path.parent();
        let path = home
            .and_then(|home| file.path.strip_prefix(home).ok())
            .or_else(|| file.path.file_name().map(std::path::Path::new))
            .map(|path| path.to_string_lossy().replace('\\', "/"))
            .unwrap_or_default();
        format!("{path}:{}", self.sources.start(span).line)
    }

    /// `checkout.swb:34: weight 5%`, the statement as it is written.
    pub fn says(self, span: Span) -> String {
        let text = self
            .sources
            .text(span)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        format!("{}: {text}", self.at(span))
    }
}
