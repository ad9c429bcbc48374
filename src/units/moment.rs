//! Moments, and the days of time zones.
//!
//! The rules of the zones are those of the IANA database that the program was built with, never those
//! of the machine: the same plan gives the same answer everywhere.

use jiff::civil;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::Duration;

static PARSER: DateTimeParser = DateTimeParser::new();

/// A moment, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Timestamp);

impl Moment {
    /// Reads `2026-12-17T22:00+09:00`, `2026-12-17T13:00Z` or `2026-12-17T22:00[Asia/Seoul]`. `Err`
    /// says what is missing or wrong.
    pub fn parse(text: &str) -> Result<Moment, String> {
        const SHAPE: &str =
            "`2026-12-17T22:00+09:00`, `2026-12-17T13:00Z` or `2026-12-17T22:00[Asia/Seoul]`";
        let text = text.trim();
        if let Some((time, zone)) = text.split_once('[') {
            let name = zone.trim_end_matches(']');
            if time_zone(name).is_none() {
                let meant = nearest_zone(name);
                let meant =
                    meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                return Err(format!("`{name}` is no time zone{meant}"));
            }
            let zoned = PARSER.parse_zoned_with(&TimeZoneDatabase::bundled(), text);
            return match zoned {
                Ok(zoned) => Ok(Moment(zoned.timestamp())),
                Err(_) if PARSER.parse_datetime(time).is_ok() => Err(format!(
                    "`{text}` does not exist: `{name}` has another offset then"
                )),
                Err(_) => Err(format!("`{text}` is no time; write {SHAPE}")),
            };
        }
        if let Ok(timestamp) = PARSER.parse_timestamp(text) {
            return Ok(Moment(timestamp));
        }
        Err(
            match (PARSER.parse_datetime(text), PARSER.parse_date(text)) {
                (Ok(_), _) if text.len() <= 10 => {
                    format!(
                        "`{text}` is a whole day; write the time of day and its offset too: `{text}T09:00+09:00`"
                    )
                }
                (Ok(_), _) | (_, Ok(_)) => {
                    format!(
                        "`{text}` does not say where; write its offset or its zone: `{text}+09:00` or `{text}[Asia/Seoul]`"
                    )
                }
                _ => format!("`{text}` is no time; write {SHAPE}"),
            },
        )
    }

    /// The first moment of a day in a zone, or of the day behind it: where the clocks are put forward
    /// at midnight, a day begins at one. `None` for a zone that does not exist, and for days outside of
    /// the calendar.
    pub fn of_day((year, month, day): (u16, u8, u8), behind: bool, zone: &str) -> Option<Moment> {
        let year = i16::try_from(year).ok()?;
        let date =
            civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let date = if behind { date.tomorrow().ok()? } else { date };
        Some(Moment(date.to_zoned(time_zone(zone)?).ok()?.timestamp()))
    }

    /// That much later; the last moment of the calendar where there is none.
    #[must_use]
    pub fn plus(self, time: Duration) -> Moment {
        let time = SignedDuration::from_millis(i64::try_from(time.millis()).unwrap_or(i64::MAX));
        Moment(self.0.checked_add(time).unwrap_or(Timestamp::MAX))
    }

    /// That much earlier; the first moment of the calendar where there is none.
    #[must_use]
    pub fn minus(self, time: Duration) -> Moment {
        let time = SignedDuration::from_millis(i64::try_from(time.millis()).unwrap_or(i64::MAX));
        Moment(self.0.checked_sub(time).unwrap_or(Timestamp::MIN))
    }

    /// As the clocks of a zone show it: `2026-12-18T00:00+09:00`, which [`Moment::parse`] reads. Whole
    /// minutes carry no seconds.
    pub fn shown(self, zone: &str) -> String {
        let zoned = self.0.to_zoned(time_zone(zone).unwrap_or(TimeZone::UTC));
        let form = match zoned.second() {
            0 => "%Y-%m-%dT%H:%M%:z",
            _ => "%Y-%m-%dT%H:%M:%S%:z",
        };
        zoned.strftime(form).to_string()
    }
}

fn time_zone(name: &str) -> Option<TimeZone> {
    is_zone(name).then(|| TimeZoneDatabase::bundled().get(name).ok())?
}

/// Whether the database has a zone of that name, spelled like this.
pub fn is_zone(name: &str) -> bool {
    let known = TimeZoneDatabase::bundled();
    known.available().any(|known| known.as_str() == name)
}

/// The name of the zone that was probably meant: another spelling, or the place without its area.
pub fn nearest_zone(name: &str) -> Option<String> {
    let known = TimeZoneDatabase::bundled();
    let known: Vec<String> = known.available().map(|known| known.to_string()).collect();
    let place = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_lowercase();
    let folded = name.replace(' ', "_");
    // of the old short names, `KST` is as near to `EST` as to `HST`
    let with_place = known.iter().map(String::as_str);
    let with_place = with_place.filter(|zone| zone.contains('/') || *zone == "UTC");
    let close = crate::diagnostic::nearest(&folded, with_place);
    let by_place = || {
        let own = place(&folded);
        known
            .iter()
            .find(|zone| zone.contains('/') && place(zone) == own)
    };
    close.map(str::to_string).or_else(|| by_place().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: u16, month: u8, day: u8, behind: bool, zone: &str) -> Moment {
        Moment::of_day((year, month, day), behind, zone).expect("a day")
    }

    #[test]
    fn days_begin_when_the_clocks_of_the_zone_say_so() {
        let seoul = day(2026, 12, 18, false, "Asia/Seoul");
        assert_eq!(Moment::parse("2026-12-17T15:00Z"), Ok(seoul));
        assert_eq!(seoul.shown("Asia/Seoul"), "2026-12-18T00:00+09:00");
        assert_eq!(seoul.shown("UTC"), "2026-12-17T15:00+00:00");
        // the day on which the clocks are put forward has 23 hours, the one on which they are put back 25
        let length = |month, on| {
            let (first, next) = (
                day(2027, month, on, false, "Europe/Berlin"),
                day(2027, month, on, true, "Europe/Berlin"),
            );
            (1..=30).find(|&hours| first.plus(Duration::from_secs(hours * 3600)) == next)
        };
        assert_eq!(length(3, 28), Some(23));
        assert_eq!(length(10, 31), Some(25));
        assert_eq!(length(7, 1), Some(24));
        // in Chile the clocks are put forward at midnight: the day begins at one
        let gap = day(2026, 9, 6, false, "America/Santiago");
        assert_eq!(gap.shown("America/Santiago"), "2026-09-06T01:00-03:00");
    }

    #[test]
    fn moments_are_read_with_their_offset_or_their_zone() {
        let utc = Moment::parse("2026-07-01T12:00Z").expect("a moment");
        for text in [
            "2026-07-01T21:00+09:00",
            "2026-07-01T21:00+09:00[Asia/Seoul]",
            "2026-07-01T14:00[Europe/Berlin]",
            "2026-07-01T12:00:00Z",
        ] {
            assert_eq!(Moment::parse(text), Ok(utc), "{text}");
            let shown = utc.shown("Asia/Seoul");
            assert_eq!(Moment::parse(&shown), Ok(utc));
        }
        for (text, says) in [
            ("2026-07-01T12:00", "does not say where"),
            ("2026-07-01", "is a whole day"),
            ("tomorrow", "is no time"),
            ("", "is no time"),
            ("2026-07-01T12:00[Asia/Soul]", "did you mean `Asia/Seoul`?"),
            (
                "2026-07-01T12:00+01:00[Asia/Seoul]",
                "has another offset then",
            ),
            ("2026-13-01T12:00Z", "is no time"),
        ] {
            let why = Moment::parse(text).expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
    }

    #[test]
    fn times_end_with_the_calendar() {
        let now = Moment::parse("2026-07-01T12:00Z").expect("a moment");
        let long = Duration::from_millis(u64::MAX);
        assert!(now.plus(long) > now);
        assert!(now.minus(long) < now);
        assert_eq!(Moment::of_day((2026, 2, 30), false, "UTC"), None);
        assert_eq!(Moment::of_day((2026, 2, 3), false, "Mars/Base"), None);
        assert!(Moment::of_day((9999, 12, 31), true, "UTC").is_none());
    }

    #[test]
    fn zones_are_those_of_the_database() {
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
        for (name, meant) in [
            ("asia/seoul", "Asia/Seoul"),
            ("Asia/Soul", "Asia/Seoul"),
            ("Europe/New York", "America/New_York"),
            ("Berlin", "Europe/Berlin"),
            ("utc", "UTC"),
        ] {
            assert_eq!(nearest_zone(name).as_deref(), Some(meant), "{name}");
        }
        assert_eq!(nearest_zone("KST"), None);
        assert_eq!(nearest_zone("Mars/Olympus_Mons_Base_Camp"), None);
    }
}
