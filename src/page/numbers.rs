//! The numbers of the plans, each with what it rests on.

use maud::Markup;

use super::Page;

/// Sections with numbers: curves, then every measure.
pub(super) fn sections(_page: &Page<'_>) -> Vec<(&'static str, &'static str, Markup)> {
    Vec::new()
}
