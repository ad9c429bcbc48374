//! Every rule of the program, by name and by code.

use crate::diagnostic::{Rule, nearest};

use super::HAZARDS;

/// All rules in the order of their codes.
pub fn all() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = HAZARDS.iter().map(|hazard| hazard.rule).collect();
    let lists: [&[&'static Rule]; 11] = [
        &[
            &super::ordering_cycle::ORDERING_CYCLE,
            &super::service_selects_nothing::RULE,
            &super::autoscaler_scales_nothing::RULE,
            &super::mutable_configuration::RULE,
            &super::rebuilt_between_stages::RULE,
        ],
        crate::platform::RULES,
        crate::syntax::RULES,
        crate::model::SHAPE_RULES,
        crate::model::NAME_RULES,
        crate::model::FILE_RULES,
        &crate::workload::rules::ALL,
        &crate::schema::rules::RULES,
        &crate::promql::rules::RULES,
        super::SUPPRESS_RULES,
        super::policy::RULES,
    ];
    for list in lists {
        rules.extend(list.iter().copied());
    }
    rules.sort_by_key(|rule| rule.code);
    rules.dedup_by_key(|rule| rule.code);
    rules
}

/// The rule of that name or code, case and `_` folded.
pub fn find(text: &str) -> Option<&'static Rule> {
    let folded = text.to_lowercase().replace('_', "-");
    all()
        .into_iter()
        .find(|rule| rule.name == folded || rule.code.to_lowercase() == folded)
}

/// The rule name that was probably meant.
pub fn suggest(text: &str) -> Option<&'static str> {
    nearest(text, all().into_iter().map(|rule| rule.name))
}
