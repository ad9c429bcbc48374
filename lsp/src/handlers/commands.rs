//! What the client can have done.

use serde_json::Value;
use switchback::check::{Options, check};
use switchback::ide::rule_page;
use switchback::model::DeclId;
use switchback::picture::{Picture, svg};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{Position, Url};

use super::Asked;
use crate::snapshot::Snapshot;

/// Gives the page of a rule: `["mutable-tag"]`.
pub const EXPLAIN: &str = "switchback.explain";

/// Gives the report of a plan or release as a page of HTML: `["file:///.../plan.swb", "checkout-42"]`.
pub const REPORT: &str = "switchback.report";

/// Gives the plan or release around a position as SVG, or the one of a name:
/// `["file:///.../plan.swb", {"line": 3, "character": 0}]`.
pub const GRAPH: &str = "switchback.graph";

/// Looks at all files again.
pub const CHECK: &str = "switchback.check";

/// All commands.
pub const ALL: [&str; 4] = [EXPLAIN, REPORT, GRAPH, CHECK];

/// Carries a command out, and gives what it says.
pub fn execute(snapshot: &Snapshot, command: &str, arguments: &[Value]) -> Result<Option<Value>> {
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
        REPORT => report(snapshot, arguments).map(|page| Some(Value::String(page))),
        GRAPH => graph(snapshot, arguments).map(|graph| graph.map(Value::String)),
        // the server has been told by then
        CHECK => Ok(None),
        other => Err(Error::invalid_params(format!(
            "there is no command `{other}`; there is {}",
            ALL.join(", ")
        ))),
    }
}

fn address(arguments: &[Value], command: &str) -> Result<Url> {
    let said = arguments.first().and_then(Value::as_str).unwrap_or("");
    said.parse().map_err(|_| {
        Error::invalid_params(format!(
            "`{said}` is no address of a file; `{command}` takes one first"
        ))
    })
}

fn report(snapshot: &Snapshot, arguments: &[Value]) -> Result<String> {
    let uri = address(arguments, REPORT)?;
    let name = arguments.get(1).and_then(Value::as_str).unwrap_or("");
    let path = crate::documents::path_of(&uri);
    let group = path.map(|path| snapshot.together(&path));
    let outcome = group.and_then(|group| {
        let loader = snapshot.loader();
        check(&loader, &group.base, &group.entries, &Options::default()).ok()
    });
    let page = outcome.and_then(|mut outcome| switchback::cli::page(&mut outcome, name));
    page.ok_or_else(|| {
        Error::invalid_params(format!("there is no plan or release `{name}` to report on"))
    })
}

/// `None` where no plan stands.
fn graph(snapshot: &Snapshot, arguments: &[Value]) -> Result<Option<String>> {
    let uri = address(arguments, GRAPH)?;
    let Some(asked) = Asked::alone(snapshot, &uri) else {
        return Ok(None);
    };
    let name = arguments.get(1).and_then(Value::as_str);
    let position = arguments.get(1).cloned();
    let position: Option<Position> = position.and_then(|at| serde_json::from_value(at).ok());
    if name.is_none() && position.is_none() {
        let message = format!("`{GRAPH}` takes an address, then a position or the name of a plan");
        return Err(Error::invalid_params(message));
    }
    let offset = position.map(|position| asked.offset(snapshot, position));
    let is_asked = |span: switchback::source::Span, own: &str| match offset {
        Some(offset) => {
            span.file == asked.file && span.range().start <= offset && offset <= span.range().end
        }
        None => name == Some(own),
    };
    let model = &asked.view.model;
    let mut plans = model.plans.iter();
    if let Some(plan) = plans.find(|plan| is_asked(plan.span, &plan.name.value)) {
        return Ok(Some(svg(&Picture::of_plan(model, plan))));
    }
    let mut releases = model.releases.iter();
    let release = releases.find(|release| {
        let decls = asked.view.project.decls.iter();
        let mut whole = decls
            .enumerate()
            .filter(|(_, decl)| decl.name_span == release.name.span);
        let node = whole.find_map(|(number, _)| asked.view.project.node(DeclId(number)));
        node.is_some_and(|node| is_asked(node.span, &release.name.value))
    });
    Ok(release.map(|release| svg(&Picture::of_release(model, release))))
}
