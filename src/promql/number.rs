//! Numbers and durations as PromQL writes them.

/// The longest duration in seconds that is taken: 100 years. Beyond it the parser would panic.
pub(super) const MAX_SECONDS: f64 = 100.0 * 365.0 * 86_400.0;

/// What was probably meant by a `word` that is no duration.
pub(super) fn duration_help(word: &str) -> String {
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    let unit = word.get(digits.len()..).unwrap_or("");
    let meant = match unit {
        "min" | "mins" | "minute" | "minutes" => "m",
        "sec" | "secs" | "second" | "seconds" => "s",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "week" | "weeks" => "w",
        "msec" | "millis" => "ms",
        _ => return "write a whole number with its unit: `90s`, `5m`, `1h30m`; units are `ms`, `s`, `m`, `h`, `d`, `w`, `y`, the largest first".into(),
    };
    format!("write `{digits}{meant}`")
}

/// The seconds of a duration such as `1h30m`; `None` when `word` is none. Units go from the largest
/// down, each once; a year has 365 days.
pub(super) fn duration(word: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 7] = [
        ("y", 365.0 * 86_400.0),
        ("w", 7.0 * 86_400.0),
        ("d", 86_400.0),
        ("h", 3_600.0),
        ("m", 60.0),
        ("s", 1.0),
        ("ms", 0.001),
    ];
    let mut rest = word;
    let mut next = 0;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(length);
        let place = UNITS.iter().position(|(name, _)| *name == unit)?;
        if place < next {
            return None;
        }
        seconds += number.parse::<f64>().ok()? * UNITS.get(place)?.1;
        next = place + 1;
        rest = after;
    }
    (next > 0 && seconds > 0.0).then_some(seconds)
}

/// The value of a number as PromQL writes it.
pub(super) fn value(word: &str) -> Option<f64> {
    if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok().map(|n| n as f64);
    }
    let plain = word
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if plain { word.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_go_from_large_to_small() {
        assert_eq!(duration("1h30m"), Some(5_400.0));
        assert_eq!(duration("1m500ms"), Some(60.5));
        assert_eq!(duration("1y"), Some(31_536_000.0));
        for other in ["", "5", "5min", "30m1h", "1m1m", "m", "0s", "1.5h", "5 m"] {
            assert_eq!(duration(other), None, "{other}");
        }
    }
}
