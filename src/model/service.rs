//! Services, their versions and the manifests behind them.

use std::path::PathBuf;
use std::sync::Arc;

use crate::source::{FileId, Span, Spanned};
use crate::units::{Bytes, Duration, Percent, Rate};
use crate::workload::{Manifests, Workload as Facts};

use super::Index;

/// How long deregistration takes where nobody said so: the order of what kube-proxy and cloud load
/// balancers need to hear of a removed endpoint.
pub const DEREGISTRATION: Duration = Duration::from_secs(10);

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: Spanned<String>,
    /// The whole declaration.
    pub span: Span,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// The manifest.
    pub workload: Option<Workload>,
    /// Requests for each second.
    pub traffic: Option<Traffic>,
    /// Requests a second that one ready replica carries.
    pub capacity: Option<Spanned<Rate>>,
    /// Different users a day.
    pub users: Option<Spanned<u64>>,
    /// The service level objective.
    pub objective: Option<Objective>,
    /// The image of a service without a manifest.
    pub image: Option<Spanned<String>>,
    /// Replicas as declared; see [`Service::replicas`] for what counts.
    pub declared_replicas: Option<Spanned<u64>>,
    /// The port that takes traffic.
    pub port: Option<Spanned<u64>>,
    /// Readiness, as declared.
    pub ready: Option<Spanned<Probe>>,
    /// Liveness, as declared.
    pub live: Option<Spanned<Probe>>,
    /// From start to ready at the worst.
    pub startup: Option<Spanned<Duration>>,
    /// How long a replica that is taken out goes on answering, as declared.
    pub declared_drain: Option<Spanned<Duration>>,
    /// How long the load balancer goes on sending to it.
    pub deregistration: Option<Spanned<Duration>>,
    /// The longest that one request may take.
    pub request_timeout: Option<Spanned<Duration>>,
    /// The share of requests that a warm replica answers from its cache, and the service behind it.
    pub cache: Option<(Spanned<Percent>, Spanned<Index>)>,
    /// Surge, as declared.
    pub max_surge: Option<Spanned<Amount>>,
    /// Unavailability, as declared.
    pub max_unavailable: Option<Spanned<Amount>>,
    /// Instances kept warm.
    pub min_instances: Option<Spanned<u64>>,
    /// Failure domains and their shares of the traffic.
    pub domains: Vec<(Spanned<String>, Spanned<Percent>)>,
    /// The version that runs, as declared.
    pub runs: Option<Spanned<String>>,
    /// Database connections of one replica.
    pub connections: Option<Spanned<u64>>,
    /// Its versions.
    pub versions: Vec<Version>,
}

/// The manifest of a service.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The path as written.
    pub path: Spanned<String>,
    /// The path that was read.
    pub resolved: PathBuf,
    /// Which workload of the file, if it is named.
    pub named: Option<Spanned<String>>,
    /// The file's documents.
    pub manifests: Arc<Manifests>,
    /// The index of the workload in [`Manifests::workloads`].
    pub index: usize,
}

impl Workload {
    /// What the manifest says of the workload.
    pub fn facts(&self) -> &Facts {
        &self.manifests.workloads[self.index]
    }
}

/// Requests for each second.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// On an ordinary day.
    pub rate: Spanned<Rate>,
    /// At the busiest time.
    pub peak: Option<Spanned<Rate>>,
}

/// A service level objective.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// The share that must be good.
    pub share: Spanned<Percent>,
    /// Over what time.
    pub window: Spanned<Duration>,
}

/// How a replica is probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `http "/path"`
    Http(String),
    /// `tcp PORT`
    Tcp(u64),
    /// `grpc PORT`
    Grpc(u64),
}

/// A count, or a share of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// That many.
    Count(u64),
    /// That share; the rounding is the user's to choose.
    Share(Percent),
}

impl Amount {
    /// The count out of `whole`, a share rounded up.
    pub fn rounded_up(self, whole: u64) -> u64 {
        match self {
            Amount::Count(count) => count,
            Amount::Share(share) => share.of_rounded_up(whole),
        }
    }

    /// The count out of `whole`, a share rounded down.
    pub fn rounded_down(self, whole: u64) -> u64 {
        match self {
            Amount::Count(count) => count,
            Amount::Share(share) => share.of_rounded_down(whole),
        }
    }
}

impl From<crate::workload::Amount> for Amount {
    fn from(amount: crate::workload::Amount) -> Self {
        match amount {
            crate::workload::Amount::Count(count) => Amount::Count(u64::from(count)),
            crate::workload::Amount::Percent(percent) => {
                Amount::Share(Percent::from_ppm(u64::from(percent) * 10_000))
            }
        }
    }
}

/// One version of a service.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id as spelled.
    pub id: Spanned<String>,
    /// The whole declaration.
    pub span: Span,
    /// Something in its block could not be read.
    pub incomplete: bool,
    /// The image as declared; the version that a plan rolls to has the manifest's by default.
    pub image: Option<Spanned<String>>,
    /// Who attests the image.
    pub attested: Option<Spanned<String>>,
    /// Databases and the migrations that it was built against.
    pub schemas: Vec<(Spanned<Index>, Spanned<String>)>,
    /// The files of the queries that it sends.
    pub queries: Vec<PathBuf>,
    /// Tables and columns that it relies on.
    pub uses: Vec<Spanned<String>>,
    /// Formats and numbers that it reads.
    pub reads: Vec<(Spanned<Index>, Vec<Spanned<String>>)>,
    /// Formats and numbers that it writes.
    pub writes: Vec<(Spanned<Index>, Vec<Spanned<String>>)>,
    /// APIs and versions that it answers.
    pub serves: Vec<(Spanned<String>, Vec<Spanned<String>>)>,
    /// APIs and versions that it calls.
    pub calls: Vec<(Spanned<String>, Vec<Spanned<String>>)>,
    /// Configuration keys that it needs.
    pub needs: Vec<(Spanned<Index>, Vec<Spanned<String>>)>,
    /// Configurations that it loads, each with the largest size that it can take.
    pub accepts: Vec<(Spanned<Index>, Spanned<Bytes>)>,
    /// Flags that it asks for, each with what it does where the flag is on, if that is said.
    pub evaluates: Vec<(Spanned<Index>, Option<Spanned<String>>)>,
    /// Other services, each with the versions beside which this one runs.
    pub supports: Vec<(Spanned<Index>, Vec<Spanned<String>>)>,
    /// Environment variables that differ from the manifest's.
    pub env: Vec<(Spanned<String>, Spanned<String>)>,
}

impl Service {
    /// What the manifest says of the workload, if there is one.
    pub fn facts(&self) -> Option<&Facts> {
        self.workload.as_ref().map(Workload::facts)
    }

    /// Replicas at full size: as declared, else the manifest's, with the place that says so. An
    /// autoscaler keeps at least its `minReplicas`, whatever the manifest of the workload says.
    pub fn replicas(&self) -> Option<Spanned<u64>> {
        if let Some(declared) = self.declared_replicas {
            return Some(declared);
        }
        let workload = self.workload.as_ref()?;
        let facts = workload.facts();
        if let Some(scaler) = workload.manifests.autoscaler_of(facts)
            && let Some(least) = scaler.min_replicas
            && facts.replicas.is_none_or(|own| own.value < least.value)
        {
            return Some(Spanned::new(u64::from(least.value), least.span));
        }
        match &facts.replicas {
            Some(replicas) => Some(Spanned::new(u64::from(replicas.value), replicas.span)),
            None => facts
                .replicas_or_default()
                .map(|n| Spanned::new(u64::from(n), facts.span)),
        }
    }

    /// The surge that is said somewhere: here, else in the manifest.
    pub fn surge(&self) -> Option<Spanned<Amount>> {
        let said = || {
            self.facts()?
                .update
                .max_surge
                .map(|amount| amount.map(Amount::from))
        };
        self.max_surge.or_else(said)
    }

    /// The unavailability that is said somewhere: here, else in the manifest.
    pub fn unavailable(&self) -> Option<Spanned<Amount>> {
        let said = || {
            self.facts()?
                .update
                .max_unavailable
                .map(|amount| amount.map(Amount::from))
        };
        self.max_unavailable.or_else(said)
    }

    /// How long the manifest's `preStop` sleeps, with its place.
    pub fn pre_stop_sleep(&self) -> Option<(Duration, Span)> {
        let facts = self.facts().filter(|facts| !facts.kind.is_serverless())?;
        let hook = facts.pod.as_ref()?.main_container()?.pre_stop.as_ref()?;
        let seconds = hook.sleep_seconds.as_ref()?;
        Some((Duration::from_secs(u64::from(seconds.value)), seconds.span))
    }

    /// How long a replica that is taken out goes on answering: as declared, else the manifest's
    /// `preStop`.
    pub fn drain(&self) -> Option<(Duration, Span)> {
        let declared = self.declared_drain.map(|time| (time.value, time.span));
        declared.or_else(|| self.pre_stop_sleep())
    }

    /// How long the load balancer goes on sending to a replica that is taken out.
    pub fn deregistration(&self) -> Duration {
        self.deregistration
            .map_or(DEREGISTRATION, |time| time.value)
    }

    /// From start to ready at the worst: as declared, else until the manifest's startup probe gives
    /// up and the readiness probe behind it has succeeded.
    pub fn startup_at_worst(&self) -> Option<(Duration, Span)> {
        if let Some(declared) = self.startup {
            return Some((declared.value, declared.span));
        }
        let container = self.facts()?.pod.as_ref()?.main_container()?;
        let probe = container.startup.as_ref()?;
        let ready = container.readiness.as_ref().map_or(0, |probe| {
            u64::from(probe.period()) * u64::from(probe.successes())
        });
        let seconds = probe.gives_up_after().saturating_add(ready);
        Some((Duration::from_secs(seconds), probe.span))
    }

    /// The image that the manifest deploys, with its place.
    pub fn manifest_image(&self) -> Option<Spanned<String>> {
        let container = self.facts()?.pod.as_ref()?.main_container()?;
        container.image.clone()
    }

    /// The image of a version that a plan rolls from or to.
    pub fn image_of(&self, version: &Version, is_target: bool) -> Option<Spanned<String>> {
        if let Some(image) = &version.image {
            return Some(image.clone());
        }
        if !is_target {
            return None;
        }
        self.manifest_image().or_else(|| self.image.clone())
    }

    /// The version of that id.
    pub fn version(&self, id: &str) -> Option<Index> {
        self.versions
            .iter()
            .position(|version| version.id.value == id)
    }

    /// The file that declares it.
    pub fn file(&self) -> FileId {
        self.name.span.file
    }
}
