//! Providers and gates.

use std::sync::Arc;

use crate::promql::Query;
use crate::source::{Span, Spanned};
use crate::units::{Bytes, Duration, Percent, Rate};
use crate::vocabulary::Compare;

use super::Index;

/// Where measurements come from.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name.
    pub name: Spanned<String>,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// What it is, if that is known.
    pub kind: Option<ProviderKind>,
    /// Where it answers.
    pub address: Option<Spanned<String>>,
    /// How often it collects.
    pub scrape: Option<Spanned<Duration>>,
    /// From an event to the moment when a query sees it.
    pub delay: Option<Spanned<Duration>>,
    /// The cloud project.
    pub project: Option<Spanned<String>>,
    /// The name of the secret with the credentials.
    pub secret: Option<Spanned<String>>,
}

/// What a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// Prometheus, or what answers like it.
    Prometheus,
    /// Google Cloud Monitoring, asked in PromQL.
    CloudMonitoring,
    /// Datadog.
    Datadog,
    /// Amazon CloudWatch.
    CloudWatch,
    /// A web address.
    Web,
    /// A job.
    Job,
}

impl ProviderKind {
    /// The kind of that word.
    pub fn of(word: &str) -> Option<ProviderKind> {
        Some(match word {
            "prometheus" => ProviderKind::Prometheus,
            "cloud-monitoring" => ProviderKind::CloudMonitoring,
            "datadog" => ProviderKind::Datadog,
            "cloudwatch" => ProviderKind::CloudWatch,
            "web" => ProviderKind::Web,
            "job" => ProviderKind::Job,
            _ => return None,
        })
    }

    /// Whether its queries are PromQL.
    pub fn speaks_promql(self) -> bool {
        matches!(
            self,
            ProviderKind::Prometheus | ProviderKind::CloudMonitoring
        )
    }
}

/// What a query measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateKind {
    /// A share of requests.
    Proportion,
    /// A quantile, as a share: 99 %.
    Quantile(Percent),
    /// A mean.
    Mean,
    /// A number of events.
    Count,
    /// Events for each second.
    Rate,
}

/// What a value is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// A share.
    Percent(Percent),
    /// A time.
    Duration(Duration),
    /// A plain number.
    Number(f64),
    /// A rate.
    Rate(Rate),
    /// A size.
    Bytes(Bytes),
    /// A multiple of the baseline.
    Baseline(f64),
}

impl Limit {
    /// The limit in the unit that queries answer in: shares as fractions, times in seconds, sizes
    /// in bytes. `None` for the baseline.
    pub fn as_number(self) -> Option<f64> {
        Some(match self {
            Limit::Percent(share) => share.fraction(),
            Limit::Duration(time) => time.as_secs_f64(),
            Limit::Number(number) => number,
            Limit::Rate(rate) => rate.value(),
            Limit::Bytes(bytes) => bytes.value() as f64,
            Limit::Baseline(_) => return None,
        })
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Limit::Percent(share) => share.fmt(f),
            Limit::Duration(time) => time.fmt(f),
            Limit::Number(number) => number.fmt(f),
            Limit::Rate(rate) => rate.fmt(f),
            Limit::Bytes(bytes) => bytes.fmt(f),
            Limit::Baseline(1.0) => f.write_str("baseline"),
            Limit::Baseline(factor) => write!(f, "{factor} * baseline"),
        }
    }
}

/// `value OP LIMIT`.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The comparison.
    pub op: Compare,
    /// What is compared with.
    pub limit: Spanned<Limit>,
    /// The statement.
    pub span: Span,
}

/// The fault that must not slip through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Detect {
    /// At this value.
    Value(Limit),
    /// The healthy value plus this.
    Added(Limit),
    /// The healthy value times this.
    Multiple(f64),
}

/// One measurement, and when it passes. What `like` takes over is already filled in.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Its name.
    pub name: Spanned<String>,
    /// The whole declaration.
    pub span: Span,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// The provider to ask.
    pub provider: Option<Index>,
    /// The query as written, `$service` and `$version` not replaced.
    pub query: Option<Spanned<String>>,
    /// What was read of the query, where it is PromQL.
    pub promql: Option<Arc<Query>>,
    /// What it measures.
    pub kind: Option<Spanned<GateKind>>,
    /// The bounds of the histogram that a quantile is taken of.
    pub buckets: Vec<Spanned<Duration>>,
    /// When a look passes.
    pub expect: Option<Rule>,
    /// When a look fails, where that is not simply "does not pass".
    pub fail: Option<Rule>,
    /// The healthy value.
    pub normally: Option<Spanned<Limit>>,
    /// The fault to detect.
    pub detect: Option<Spanned<Detect>>,
    /// The time between looks.
    pub interval: Option<Spanned<Duration>>,
    /// The time of a round of looks.
    pub round: Option<Spanned<Duration>>,
    /// Looks of one round that may fail.
    pub tolerate: Option<Spanned<u64>>,
}

impl Gate {
    /// Whether a rule of it compares with the baseline.
    pub fn compares(&self) -> bool {
        let mut rules = self.expect.iter().chain(&self.fail);
        rules.any(|rule| matches!(rule.limit.value, Limit::Baseline(_)))
    }

    /// Looks in one round, at least one.
    pub fn looks(&self) -> u64 {
        match (self.interval, self.round) {
            (Some(interval), Some(round)) if interval.value.millis() > 0 => {
                (round.value.millis() / interval.value.millis()).max(1)
            }
            _ => 1,
        }
    }
}
