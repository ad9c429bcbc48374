//! What is proved of a plan, and what is not.

use crate::source::Span;

/// The five proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// Every live version works with what it meets, in every reachable state.
    Compatible,
    /// From every state above `no return` there is a way back.
    Reversible,
    /// No exposure grows unless a gate judged the one before.
    Observed,
    /// The ready capacity carries the load at every state.
    Sufficient,
    /// Exposure, budget and time stay within the policies.
    Bounded,
}

impl Proof {
    /// All five, in the order in which they are reported.
    pub const ALL: [Proof; 5] = [
        Proof::Compatible,
        Proof::Reversible,
        Proof::Observed,
        Proof::Sufficient,
        Proof::Bounded,
    ];

    /// The word in the language and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Proof::Compatible => "compatible",
            Proof::Reversible => "reversible",
            Proof::Observed => "observed",
            Proof::Sufficient => "sufficient",
            Proof::Bounded => "bounded",
        }
    }
}

/// Why nothing is known of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A fact is missing: its name, as the statement to declare.
    Missing(String),
    /// A finding that would refute it is accepted: the rule, and why.
    Accepted(String),
    /// The plan could not be read whole; the findings say what of it.
    Unread,
}

impl Reason {
    /// The fact, or what is accepted, or that it is unread.
    pub fn text(&self) -> &str {
        match self {
            Reason::Missing(text) | Reason::Accepted(text) => text,
            Reason::Unread => "the plan, read whole",
        }
    }
}

/// The reasons of a verdict that is unknown: there is always one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasons {
    first: Reason,
    more: Vec<Reason>,
}

impl Reasons {
    /// One reason.
    pub fn one(reason: Reason) -> Reasons {
        Reasons {
            first: reason,
            more: Vec::new(),
        }
    }

    /// These reasons, if there is any.
    pub fn of(reasons: impl IntoIterator<Item = Reason>) -> Option<Reasons> {
        let mut reasons = reasons.into_iter();
        Some(Reasons {
            first: reasons.next()?,
            more: reasons.collect(),
        })
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Reason> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// The facts that are missing.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(|reason| match reason {
            Reason::Missing(fact) => Some(fact.as_str()),
            Reason::Accepted(_) | Reason::Unread => None,
        })
    }

    /// What is accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &str> {
        self.iter().filter_map(|reason| match reason {
            Reason::Accepted(what) => Some(what.as_str()),
            Reason::Missing(_) | Reason::Unread => None,
        })
    }
}

/// What is known of one proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in every reachable state.
    Proved,
    /// A finding shows the run that breaks it.
    Refuted,
    /// Facts are missing, or what refutes it is accepted.
    Unknown(Reasons),
    /// This program cannot decide it yet. Never to be read as proved.
    NotChecked,
}

impl Verdict {
    /// The word in reports.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Proved => "proved",
            Verdict::Refuted => "refuted",
            Verdict::Unknown(_) => "unknown",
            Verdict::NotChecked => "not checked",
        }
    }
}

/// The verdicts of one plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVerdicts {
    /// The plan's name.
    pub plan: String,
    /// Where its name stands.
    pub span: Span,
    /// The environment that was checked, or `None` for the base.
    pub environment: Option<String>,
    /// One verdict for each of [`Proof::ALL`], in that order.
    pub verdicts: Vec<(Proof, Verdict)>,
    /// What the proofs of compatibility and of the way back have looked at; `None` where the plan
    /// could not be judged.
    pub covered: Option<Covered>,
    /// From where on going back fails, whatever the plan says; `None` where it never does, or the
    /// plan could not be judged.
    pub no_way_back: Option<NoWayBack>,
}

/// The computed point of no return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoWayBack {
    /// The name of the step that the line belongs directly above.
    pub step: Span,
    /// Why, as half a sentence: what fails.
    pub why: String,
}

/// How much a proof has looked at. States are those of the lanes, not of their product: which of
/// them meet is what the questions ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Plans and databases that move together.
    pub lanes: usize,
    /// Their states.
    pub states: usize,
    /// Pairs of states that were asked about.
    pub questions: usize,
}
