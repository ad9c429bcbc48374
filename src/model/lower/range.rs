//! Values that are right by themselves and out of range beside others.

use super::*;

/// The areas of the time zone database; a zone is one of their places, or `UTC`.
const AREAS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
];

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

/// Whether it has the form of a time zone's name: `UTC`, `Asia/Seoul`, `America/Indiana/Knox`.
fn is_zone(name: &str) -> bool {
    let mut parts = name.split('/');
    let area = parts.next().unwrap_or_default();
    let is_place = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    let places: Vec<&str> = parts.collect();
    name == "UTC"
        || AREAS.contains(&area)
            && (1..=2).contains(&places.len())
            && places.into_iter().all(is_place)
}

fn unknown_zone(zone: &Spanned<String>) -> Diagnostic {
    let name = &zone.value;
    let found = Diagnostic::new(
        &OUT_OF_RANGE,
        zone.span,
        format!("`{name}` is no time zone"),
    )
    .here("an area and a place are needed here, or `UTC`");
    // an offset or a short name like `CST` stands for several zones, and knows no summer time
    let (area, rest) = name.split_once('/').unwrap_or((name, ""));
    let upper: String = area
        .chars()
        .enumerate()
        .map(|(at, c)| {
            if at == 0 {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let meant = crate::diagnostic::nearest(&upper, AREAS);
    let whole = meant.map(|area| format!("{area}/{rest}"));
    match whole.filter(|whole| is_zone(whole)) {
        Some(whole) => found.help(format!("write `\"{whole}\"`")),
        None if name.eq_ignore_ascii_case("utc") || matches!(name.as_str(), "GMT" | "Z") => {
            found.help("write `\"UTC\"`")
        }
        None => found.help(
            "write the name that the time zone database has for it, like `\"Asia/Seoul\"`, or `\"UTC\"`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_an_area_and_a_place() {
        for zone in [
            "UTC",
            "Asia/Seoul",
            "America/Argentina/Buenos_Aires",
            "America/Port-au-Prince",
            "Etc/GMT+9",
        ] {
            assert!(is_zone(zone), "{zone}");
        }
        for zone in [
            "",
            "KST",
            "+09:00",
            "Asia",
            "Asia/",
            "asia/seoul",
            "Mars/Base",
            "Asia/a b",
        ] {
            assert!(!is_zone(zone), "{zone}");
        }
    }
}
