//! Values that are right by themselves and out of range beside others.

use super::*;
use crate::diagnostic::Severity;
use crate::units::{is_zone, nearest_zone};

/// The servers whose locks, costs and statements are known.
const OLDEST_POSTGRES: u32 = 10;
const NEWEST_POSTGRES: u32 = 18;

impl Builder<'_> {
    /// The busiest time has no less traffic than an ordinary day.
    pub(in crate::model) fn check_peak(&mut self, service: &Service) {
        let Some(Traffic {
            rate,
            peak: Some(peak),
        }) = service.traffic
        else {
            return;
        };
        if peak.value.value() < rate.value.value() {
            self.findings.push(
                Diagnostic::new(
                    &OUT_OF_RANGE,
                    peak.span,
                    format!(
                        "the peak of `{}` is {}, below its ordinary traffic of {}",
                        service.name.value, peak.value, rate.value
                    ),
                )
                .also(rate.span, "the ordinary traffic")
                .help("write the rate of an ordinary day first, and that of the busiest time behind `peak`"),
            );
        }
    }

    /// A rolling update needs room on one side: Kubernetes refuses 0 on both.
    pub(in crate::model) fn check_surge(&mut self, service: &Service) {
        let is_none = |amount: &Spanned<Amount>| match amount.value {
            Amount::Count(count) => count == 0,
            Amount::Share(share) => share == Percent::ZERO,
        };
        let surge = service.surge().filter(is_none);
        let unavailable = service.unavailable().filter(is_none);
        let (Some(surge), Some(unavailable)) = (surge, unavailable) else {
            return;
        };
        let found = Diagnostic::new(
            &OUT_OF_RANGE,
            unavailable.span,
            format!(
                "`{}` can replace nothing: no replica may be missing, and none may be added",
                service.name.value
            ),
        )
        .here("none may be missing")
        .also(surge.span, "and none may be added")
        .help("let one replica be added (`max-surge 1`, in a manifest `maxSurge: 1`), or let one be missing");
        crate::model::push_once(&mut self.findings, found);
    }

    /// The version of an engine is one that there is.
    pub(in crate::model) fn check_engine(&mut self, database: &Database) {
        let postgres = database
            .engine
            .filter(|own| own.value == Engine::PostgreSql);
        let (Some(_), Some((_, version))) = (postgres, &database.engine_version) else {
            return;
        };
        let major = version.value.split('.').next().map(str::parse::<u32>);
        let (message, is_known) = match major {
            Some(Ok(major)) if (OLDEST_POSTGRES..=NEWEST_POSTGRES).contains(&major) => return,
            Some(Ok(major)) if major > NEWEST_POSTGRES => (
                format!(
                    "switchback knows no PostgreSQL {major}: what it locks and takes is judged as that of {NEWEST_POSTGRES}"
                ),
                true,
            ),
            Some(Ok(_)) => (
                format!(
                    "switchback knows no PostgreSQL {}: what it locks and takes is judged as that of {OLDEST_POSTGRES}",
                    version.value
                ),
                true,
            ),
            _ => (
                format!("`{}` is no version of PostgreSQL", version.value),
                false,
            ),
        };
        let found = Diagnostic::new(&OUT_OF_RANGE, version.span, message).help(format!(
            "write the major version of the server, {OLDEST_POSTGRES} to {NEWEST_POSTGRES}"
        ));
        self.findings.push(match is_known {
            true => found.severity(Severity::Warning),
            false => found,
        });
    }

    /// What is rolled has replicas to roll.
    pub(in crate::model) fn check_replicas(&mut self, service: Index, roll: Span) {
        let service = &self.model.services[service];
        let Some(replicas) = service.replicas().filter(|replicas| replicas.value == 0) else {
            return;
        };
        // a manifest leaves the number to its autoscaler
        let scaled = service.declared_replicas.is_none()
            && service.workload.as_ref().is_some_and(|workload| {
                workload.manifests.autoscaler_of(workload.facts()).is_some()
            });
        if scaled {
            return;
        }
        let found = Diagnostic::new(
            &OUT_OF_RANGE,
            replicas.span,
            format!(
                "`{}` is rolled with 0 replicas: nothing would carry its traffic or be judged",
                service.name.value
            ),
        )
        .here("must be at least 1")
        .also(roll, "rolled here")
        .help("write how many replicas it has at full size, in the manifest or as `replicas 3`");
        crate::model::push_once(&mut self.findings, found);
    }

    /// A gate that tolerates every look of a round never fails.
    pub(in crate::model) fn check_tolerance(&mut self, gate: &Gate) {
        let (Some(tolerate), Some(interval), Some(round)) =
            (gate.tolerate, gate.interval, gate.round)
        else {
            return;
        };
        let looks = round.value.millis().checked_div(interval.value.millis());
        let Some(looks) = looks.filter(|&looks| looks > 0 && tolerate.value >= looks) else {
            return;
        };
        let all = match looks {
            1 => "the one look".to_string(),
            _ => format!("all {looks} looks"),
        };
        let found = Diagnostic::new(
            &OUT_OF_RANGE,
            tolerate.span,
            format!(
                "gate `{}` never fails: it tolerates {all} of a round",
                gate.name.value
            ),
        )
        .also(
            interval.span.join(round.span),
            format!("a look every {} for {}: {all}", interval.value, round.value),
        )
        .help(match looks - 1 {
            0 => "leave `tolerate` out, or make the round longer".to_string(),
            most => format!("tolerate at most {most}, or make the round longer"),
        });
        crate::model::push_once(&mut self.findings, found);
    }

    /// The days and the time zone of a freeze.
    pub(in crate::model) fn check_freezes(&mut self, policy: &Policy) {
        for (from, to, zone) in &policy.freezes {
            if to.value < from.value {
                self.findings.push(
                    Diagnostic::new(
                        &OUT_OF_RANGE,
                        from.span.join(to.span),
                        format!(
                            "the freeze ends on {}, before it begins on {}",
                            to.value, from.value
                        ),
                    )
                    .help(format!(
                        "write `freeze {} .. {}` if the days are meant",
                        to.value, from.value
                    )),
                );
            }
            if !is_zone(&zone.value) {
                self.findings.push(unknown_zone(zone));
            }
        }
    }
}

fn unknown_zone(zone: &Spanned<String>) -> Diagnostic {
    let name = &zone.value;
    let found = Diagnostic::new(
        &OUT_OF_RANGE,
        zone.span,
        format!("`{name}` is no time zone"),
    );
    let gmt = matches!(name.as_str(), "Z" | "Etc");
    let meant = if gmt {
        Some("UTC".into())
    } else {
        nearest_zone(name)
    };
    match meant {
        Some(meant) => {
            let edit = Edit { span: zone.span, text: format!("\"{meant}\"") };
            found
                .here(format!("did you mean `{meant}`?"))
                .help(format!("write `\"{meant}\"`"))
                .fix(format!("write `\"{meant}\"`"), vec![edit])
        }
        // an offset or a short name like `CST` stands for several zones, and knows no summer time
        None => found.here("the time zone database has no such name").help(
            "write the name that the time zone database has for it, like `\"Asia/Seoul\"`, or `\"UTC\"`",
        ),
    }
}
