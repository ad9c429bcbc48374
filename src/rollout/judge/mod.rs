//! What must not be met, asked of every state that can be: the proofs of compatibility and of the
//! way back.

mod apis;
mod cause;
mod configs;
mod flags;
mod formats;
mod pairs;
mod presence;
mod remedy;
mod retention;
mod return_line;
mod schema;
mod under_way_back;
mod way_back;

use crate::diagnostic::{Proof, RunEvent};
use crate::model::Index;
use crate::proof::Point;
use crate::schema::query::Break;
use crate::source::{Span, Spanned};
use crate::units::Bytes;

use super::lanes::Rollout;
use super::plan_lane::Running;
use super::schemas::Schemas;

pub(super) use presence::Brought;
pub use presence::{Presence, Versions};
pub use remedy::Remedy;
pub use schema::QUERY;

/// What is known of a unit once all questions were asked.
#[derive(Debug, Default)]
pub struct Judgement {
    /// What was refuted, in the order of plans and states.
    pub refutations: Vec<Refutation>,
    /// Facts without which a proof of a plan stays unknown.
    pub missing: Vec<Missing>,
    /// For each plan of the unit, where its line of no return belongs: the first step from which
    /// going back fails; `None` when it never does.
    pub line: Vec<Option<Line>>,
    /// For each plan, whether going back meets something somewhere that the server does not tell, so
    /// that a line of no return may stand there for a reason.
    pub open: Vec<bool>,
    /// How many states of lanes were looked at.
    pub states: usize,
    /// How many pairs of states were asked about.
    pub questions: usize,
}

/// Where a line of no return belongs.
#[derive(Clone, Debug)]
pub struct Line {
    /// The step that it stands directly above.
    pub step: usize,
    /// Why, as half a sentence: what fails.
    pub why: String,
    /// The action that cannot be taken back.
    pub action: Span,
    /// The statement of a migration behind it.
    pub statement: Option<Span>,
    /// The shortest run after which going back fails.
    pub run: Vec<RunEvent>,
}

/// A fact that is missing for a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The plan, as its place in the unit.
    pub plan: usize,
    /// The proof.
    pub proof: Proof,
    /// The fact, as the statement to declare.
    pub fact: String,
    /// Whether a finding of its own says what is wrong.
    pub told: bool,
    /// What is not understood, where it stands anywhere.
    pub place: Option<Span>,
}

impl Missing {
    fn key(&self) -> (usize, Proof, &str, Option<Span>) {
        (self.plan, self.proof, &self.fact, self.place)
    }
}

/// A state that can be reached and must not be.
#[derive(Clone, Debug)]
pub struct Refutation {
    /// The plan that it is told of, as its place in the unit.
    pub plan: usize,
    /// The step that leads there.
    pub step: usize,
    /// Where the plan says so.
    pub span: Span,
    /// What is wrong.
    pub subject: Subject,
    /// The states that hold it.
    pub points: Vec<Point>,
    /// The shortest run to them.
    pub run: Vec<RunEvent>,
    /// What removes it, checked on the plan that was changed so.
    pub remedy: Option<Remedy>,
    /// Where it is on a way back that the plan describes, or that configuration takes.
    pub way: Option<Step>,
}

/// A place on the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The plan that goes back, as its place in the unit.
    pub plan: usize,
    /// The state from which it does.
    pub state: usize,
    /// The change of the body; `None` for the derived way and for a `goto`.
    pub change: Option<usize>,
    /// Whether it goes to an earlier step only.
    pub again: bool,
}

/// What is wrong in a state.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A version meets a schema that it does not work with.
    Schema {
        /// The version.
        version: Running,
        /// Whether it runs in that state, or could only come back to it.
        presence: Presence,
        /// The database.
        database: Index,
        /// The schema, as it is named in runs.
        schema: String,
        /// Whether the schema is older than the one that the version was built against.
        older: bool,
        /// The statement that led to the schema.
        statement: Option<Span>,
        /// What fails; at least one.
        breaks: Vec<Break>,
        /// The step behind which the version is gone and cannot come back, if there is one.
        gone_after: Option<Span>,
    },
    /// A version reads a format that another wrote, and does not know that number of it.
    Format {
        /// The format.
        format: Index,
        /// The number that was written.
        number: String,
        /// Who wrote it, and where that is declared.
        writer: (Running, Span),
        /// Who meets it, and where it says what it reads.
        reader: (Running, Span),
        /// Whether the reader runs, or could only come back.
        presence: Presence,
        /// Whether the writer runs in the same state, or only what it wrote is there.
        writer_runs: bool,
    },
    /// A version calls an API that a version it can reach does not serve.
    Api {
        /// The API.
        api: String,
        /// The version of it.
        number: String,
        /// Who calls.
        caller: (Running, Span),
        /// Who is called.
        callee: (Running, Span),
        /// Whether both run, or one could only come back.
        presence: Presence,
    },
    /// A version needs a key of a configuration that is not there.
    Config {
        /// The configuration.
        config: Index,
        /// The version of the configuration that is out there.
        at: String,
        /// The key.
        key: String,
        /// Who needs it.
        version: (Running, Span),
        /// Whether it runs, or could only come back.
        presence: Presence,
    },
    /// A version of a configuration is larger than what a version of a service can load.
    Limit {
        /// The configuration.
        config: Index,
        /// The version of the configuration that is out there.
        at: String,
        /// How large it is, and where that is known from.
        size: Spanned<Bytes>,
        /// What can be loaded.
        limit: Bytes,
        /// Who loads it.
        version: (Running, Span),
        /// Whether it runs, or could only come back.
        presence: Presence,
    },
    /// A flag is on, and a version gets requests that does not ask for it while others of its
    /// service do.
    Flag {
        /// The flag.
        flag: Index,
        /// The version that does not ask for it.
        version: Running,
        /// Where another version of the service does.
        asked: Span,
        /// Whether it runs, or could only come back.
        presence: Presence,
    },
    /// Two versions run that do different things where one flag is on.
    Meaning {
        /// The flag.
        flag: Index,
        /// The versions, with what each of them does.
        versions: [(Running, Spanned<String>); 2],
    },
    /// A version runs beside one of another service that it does not support.
    Platform {
        /// The version, and where it says what it supports.
        version: (Running, Span),
        /// The other one.
        beside: Running,
        /// Whether both run, or one could only come back.
        presence: Presence,
    },
}

impl Refutation {
    /// Whether another refutation is about the same thing, wherever it stands.
    fn is_like(&self, other: &Refutation) -> bool {
        match (&self.subject, &other.subject) {
            (
                Subject::Schema {
                    version, breaks, ..
                },
                Subject::Schema {
                    version: theirs,
                    breaks: their_breaks,
                    ..
                },
            ) => {
                version == theirs
                    && breaks.iter().any(|own| {
                        their_breaks
                            .iter()
                            .any(|found| found.kind == own.kind && found.element == own.element)
                    })
            }
            (
                Subject::Format {
                    number,
                    writer,
                    reader,
                    ..
                },
                Subject::Format {
                    number: their_number,
                    writer: their_writer,
                    reader: their_reader,
                    ..
                },
            ) => number == their_number && writer.0 == their_writer.0 && reader.0 == their_reader.0,
            (
                Subject::Api {
                    number,
                    caller,
                    callee,
                    ..
                },
                Subject::Api {
                    number: their_number,
                    caller: their_caller,
                    callee: their_callee,
                    ..
                },
            ) => number == their_number && caller.0 == their_caller.0 && callee.0 == their_callee.0,
            (
                Subject::Config { key, version, .. },
                Subject::Config {
                    key: their_key,
                    version: their_version,
                    ..
                },
            ) => key == their_key && version.0 == their_version.0,
            (
                Subject::Limit { at, version, .. },
                Subject::Limit {
                    at: their_at,
                    version: their_version,
                    ..
                },
            ) => at == their_at && version.0 == their_version.0,
            (
                Subject::Flag { flag, version, .. },
                Subject::Flag {
                    flag: their_flag,
                    version: their_version,
                    ..
                },
            ) => flag == their_flag && version == their_version,
            (
                Subject::Meaning { flag, versions },
                Subject::Meaning {
                    flag: their_flag,
                    versions: theirs,
                },
            ) => {
                let who = |all: &[(Running, Spanned<String>); 2]| [all[0].0, all[1].0];
                flag == their_flag && who(versions) == who(theirs)
            }
            (
                Subject::Platform {
                    version, beside, ..
                },
                Subject::Platform {
                    version: their_version,
                    beside: theirs,
                    ..
                },
            ) => version.0 == their_version.0 && beside == theirs,
            _ => false,
        }
    }

    /// Whether what is met runs, or could only come back.
    pub fn presence(&self) -> Presence {
        match &self.subject {
            Subject::Schema { presence, .. }
            | Subject::Format { presence, .. }
            | Subject::Api { presence, .. }
            | Subject::Config { presence, .. }
            | Subject::Limit { presence, .. }
            | Subject::Flag { presence, .. }
            | Subject::Platform { presence, .. } => *presence,
            Subject::Meaning { .. } => Presence::Runs,
        }
    }

    /// The proof that it refutes: what runs must work; what can only come back is the way back.
    pub fn proof(&self) -> Proof {
        match self.presence() {
            Presence::Runs => Proof::Compatible,
            Presence::ComesBack => Proof::Reversible,
        }
    }
}

/// Looks for what removes each refutation, by judging changed plans; see [`Remedy`].
pub fn find_remedies(rollout: &Rollout<'_>, schemas: &Schemas, judgement: &mut Judgement) {
    remedy::find(rollout, schemas, judgement);
}

/// Asks every question about a unit.
pub fn judge(rollout: &Rollout<'_>, schemas: &Schemas) -> Judgement {
    let versions = Versions::of(rollout);
    let mut judgement = Judgement {
        states: rollout
            .plans
            .iter()
            .map(|plan| plan.states.len())
            .chain(rollout.databases.iter().map(|lane| lane.states.len()))
            .sum(),
        ..Judgement::default()
    };
    let examined = schema::judge(rollout, &versions, schemas, &mut judgement);
    let memory = retention::Kept::new(rollout);
    formats::judge(rollout, &versions, &memory, &mut judgement);
    apis::judge(rollout, &versions, &mut judgement);
    let configs = configs::judge(rollout, &versions, &mut judgement);
    flags::judge(rollout, &versions, &mut judgement);
    pairs::judge(rollout, &versions, &mut judgement);
    let ways = way_back::judge(rollout, &versions, schemas, &mut judgement);
    return_line::judge(
        rollout,
        &versions,
        &examined,
        ([ways, configs], &memory),
        &mut judgement,
    );
    judgement
        .refutations
        .sort_by_key(|found| (found.plan, found.step, found.run.len(), found.span));
    judgement
        .missing
        .sort_by(|one, other| one.key().cmp(&other.key()));
    judgement.missing.dedup();
    judgement
}
