//! The pest parser. `Rule` does not leave `syntax/`.

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "grammar/switchback.pest"]
pub(super) struct Grammar;
