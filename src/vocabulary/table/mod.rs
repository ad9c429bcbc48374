//! The table itself, one file for each family of declarations.

mod data;
mod gate;
mod plan;
mod policy;
mod service;
mod step;
mod target;
mod top;

use super::{Entry, Place};

/// The statements of a place, in the order of the reference.
pub(super) fn entries(place: Place) -> &'static [Entry] {
    match place {
        Place::Top => &top::TOP,
        Place::Service => &service::SERVICE,
        Place::Version => &service::VERSION,
        Place::Database => &data::DATABASE,
        Place::Table => &data::TABLE,
        Place::Migration => &data::MIGRATION,
        Place::Config => &data::CONFIG,
        Place::ConfigVersion => &data::CONFIG_VERSION,
        Place::Flag => &data::FLAG,
        Place::Format => &data::FORMAT,
        Place::Cohort => &data::COHORT,
        Place::Provider => &gate::PROVIDER,
        Place::Gate => &gate::GATE,
        Place::Strategy => &plan::STRATEGY,
        Place::Plan => &plan::PLAN,
        Place::Step => &step::STEP,
        Place::Rollback => &step::ROLLBACK,
        Place::Split => &step::SPLIT,
        Place::Release => &plan::RELEASE,
        Place::Policy => &policy::POLICY,
        Place::PolicyExample => &policy::EXAMPLE,
        Place::Target => &target::TARGET,
        Place::Environment => &target::ENVIRONMENT,
        Place::EnvironmentPlan => &target::ENVIRONMENT_PLAN,
        Place::EnvironmentTarget => &target::TARGET,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PatternNode, Place};

    fn walk(nodes: &[PatternNode], found: &mut usize) {
        for node in nodes {
            *found += 1;
            match node {
                PatternNode::Word(word) => {
                    assert!(
                        !word.contains(['<', '>', '?', '*', '|']),
                        "the form holds a stray `{word}`"
                    );
                }
                // every word of a range is a bound with its value, or joins two of them
                PatternNode::Slot(name, _, range) => assert_eq!(
                    range.text.split(' ').filter(|word| *word != "and").count() / 2,
                    range.bounds(),
                    "{name}: {range:?}"
                ),
                PatternNode::ManyOf(inner)
                | PatternNode::Optional(inner)
                | PatternNode::Repeat(inner) => {
                    assert!(!inner.is_empty());
                    walk(inner, found);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn every_form_compiles_and_every_statement_is_documented() {
        for place in Place::ALL {
            for entry in place.entries() {
                assert!(!entry.doc.is_empty(), "{} {}", entry.word, place.phrase());
                assert!(
                    entry.example.trim_start().starts_with(entry.word),
                    "{}",
                    entry.word
                );
                assert_eq!(entry.compiled().len(), entry.forms.len());
                for form in entry.compiled() {
                    walk(form, &mut 0);
                }
            }
            let mut words: Vec<_> = place.entries().iter().map(|e| e.word).collect();
            words.sort_unstable();
            let count = words.len();
            words.dedup();
            assert_eq!(words.len(), count, "a word stands twice {}", place.phrase());
        }
    }
}
