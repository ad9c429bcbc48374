//! What an answer holds.

use crate::model::Index;
use crate::source::Span;

use super::Quantity;

/// What is measured, or why it is not.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The value.
    Known(Measured),
    /// It cannot be known without these facts.
    Missing(Missing),
    /// The plan holds nothing that this measures: no bound can be broken.
    Nothing,
}

impl Answer {
    /// What is known.
    pub fn known(&self) -> Option<&Measured> {
        match self {
            Answer::Known(measured) => Some(measured),
            Answer::Missing(_) | Answer::Nothing => None,
        }
    }

    /// The facts that are missing, each as the statement to declare.
    pub fn missing(&self) -> &[String] {
        match self {
            Answer::Missing(missing) => &missing.facts,
            Answer::Known(_) | Answer::Nothing => &[],
        }
    }
}

/// A measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The value that policies compare: the highest there is, or the lowest; see
    /// [`super::Measure::more_is_worse`]. Of times the upper bound, of harm the expected value.
    pub value: Quantity,
    /// The lower end, where the value is the upper end of an interval.
    pub least: Option<Quantity>,
    /// The worst case, where the value is an expected one.
    pub worst: Option<Quantity>,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// What it rests on, each a sentence without an end.
    pub assumptions: Vec<String>,
    /// The place in the plan that the value comes from.
    pub at: Span,
    /// The leg that it comes from.
    pub leg: Option<usize>,
    /// The gate that it comes from.
    pub gate: Option<Index>,
    /// The values of single legs, where they have any, in the order of the legs.
    pub each: Vec<Each>,
}

impl Measured {
    /// A value at a place.
    pub fn new(value: Quantity, at: Span) -> Measured {
        Measured {
            value,
            least: None,
            worst: None,
            parts: Vec::new(),
            assumptions: Vec::new(),
            at,
            leg: None,
            gate: None,
            each: Vec::new(),
        }
    }

    /// The worst of several legs; `None` where there is none.
    pub fn of(each: Vec<Each>, more_is_worse: bool) -> Option<Measured> {
        let mut worst: Option<&Each> = None;
        for one in &each {
            let worse = worst.is_none_or(|known| {
                let (own, other) = (one.value.number(), known.value.number());
                match more_is_worse {
                    true => own > other,
                    false => own < other,
                }
            });
            if worse {
                worst = Some(one);
            }
        }
        let worst = *worst?;
        Some(Measured {
            leg: Some(worst.leg),
            gate: worst.gate,
            each,
            ..Measured::new(worst.value, worst.at)
        })
    }

    /// The same, with what it rests on.
    #[must_use]
    pub fn assuming(mut self, assumptions: impl IntoIterator<Item = String>) -> Measured {
        self.assumptions.extend(assumptions);
        self
    }
}

/// The value of one leg, and of one gate where gates are measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Each {
    /// The leg, as an index.
    pub leg: usize,
    /// The gate.
    pub gate: Option<Index>,
    /// The value.
    pub value: Quantity,
    /// The place in the plan.
    pub at: Span,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is, as in "`hold` of step `canary`".
    pub what: String,
    /// At least so much of it.
    pub least: Quantity,
    /// At most so much of it.
    pub most: Quantity,
    /// Where that stands.
    pub at: Option<Span>,
}

/// Facts that nobody declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Each as the statement to declare, each once.
    pub facts: Vec<String>,
}

impl Missing {
    /// One fact.
    pub fn one(fact: impl Into<String>) -> Missing {
        Missing {
            facts: vec![fact.into()],
        }
    }

    /// Adds a fact that is not there yet.
    pub fn add(&mut self, fact: String) {
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }
}
