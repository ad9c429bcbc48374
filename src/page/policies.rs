//! What policies ask of the plans.

use maud::{Markup, html};

use super::Page;
use super::text::{place, shown};

/// The statements of the policies that the plans obey; `None` where they obey none.
pub(super) fn section(page: &Page<'_>) -> Option<Markup> {
    let mut seen = Vec::new();
    let mut parts = Vec::new();
    for (model, plan) in page.plans {
        for policy in &plan.obeys {
            let Some(policy) = model.policies.get(policy.value) else {
                continue;
            };
            if seen.contains(&policy.name.span) {
                continue;
            }
            seen.push(policy.name.span);
            let forbids = policy.forbids.iter().map(|rule| ("forbid", rule));
            let never = policy.never_allows.iter().map(|rule| ("never-allow", rule));
            let rules: Vec<_> = forbids.chain(never).collect();
            parts.push(html! {
                h3 { "Policy " (shown(&policy.name.value)) }
                table {
                    caption { "What " (shown(&policy.name.value)) " asks of every plan that obeys it" }
                    thead { tr { th scope="col" { "statement" } th scope="col" { "place" } } }
                    tbody {
                        @for require in &policy.requires {
                            tr {
                                th scope="row" { span class="code" { (shown(page.sources().text(require.span))) } }
                                td class="small muted" { (place(page.sources(), require.span)) }
                            }
                        }
                        @for (word, rule) in &rules {
                            tr {
                                th scope="row" { span class="code" { (word) " " (shown(&rule.value)) } }
                                td class="small muted" { (place(page.sources(), rule.span)) }
                            }
                        }
                        @for (from, to, zone) in &policy.freezes {
                            tr {
                                th scope="row" { span class="code" { "freeze " (from.value) " .. " (to.value) " in " (shown(&zone.value)) } }
                                td class="small muted" { (place(page.sources(), from.span)) }
                            }
                        }
                    }
                }
            });
        }
    }
    if parts.is_empty() {
        return None;
    }
    Some(html! {
        p class="muted" { "What is broken of it stands with what was found; what nobody has checked is left to you." }
        @for part in &parts { (part) }
    })
}
