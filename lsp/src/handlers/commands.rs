//! What the client can have done.

use serde_json::Value;
use switchback::ide::rule_page;
use tower_lsp::jsonrpc::{Error, Result};

/// Gives the page of a rule: `["mutable-tag"]`.
pub const EXPLAIN: &str = "switchback.explain";

/// All commands.
pub const ALL: [&str; 1] = [EXPLAIN];

/// Carries a command out, and gives what it says.
pub fn execute(command: &str, arguments: &[Value]) -> Result<Option<Value>> {
    match command {
        EXPLAIN => {
            let name = arguments.first().and_then(Value::as_str).unwrap_or("");
            let rule = switchback::rules::find(name).ok_or_else(|| {
                Error::invalid_params(format!(
                    "there is no rule `{name}`; `{EXPLAIN}` takes the name or code of one"
                ))
            })?;
            Ok(Some(Value::String(rule_page(rule))))
        }
        other => Err(Error::invalid_params(format!(
            "there is no command `{other}`; there is {}",
            ALL.join(", ")
        ))),
    }
}
