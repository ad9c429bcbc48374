//! What a provider answers to `/api/v1/query`.
//!
//! The answer comes from a network and is taken for nothing but data: its size is bounded, and
//! whatever is not exactly one number is a reason why there is none.

use serde::Deserialize;
use serde_json::Value;

/// The longest answer that is read, in bytes. A gate takes one number.
pub const MAX_ANSWER: u64 = 1024 * 1024;

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// One number, and the time that it is of, in seconds since 1970.
    Number {
        /// When.
        time: f64,
        /// The number; may be NaN or infinite.
        value: f64,
        /// What the provider warned of.
        warnings: Vec<String>,
    },
    /// The query was answered, and there is not exactly one number.
    Nothing(String),
    /// The provider did not answer the query.
    Refused(String),
}

#[derive(Deserialize)]
struct Body {
    status: String,
    #[serde(default)]
    data: Option<Data>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: Value,
}

/// Reads the body of an answer.
pub fn read_answer(body: &[u8]) -> Answer {
    let body: Body = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(_) => {
            return Answer::Refused(
                "what answers there does not speak the HTTP API of Prometheus".into(),
            );
        }
    };
    let Some(data) = body.data.filter(|_| body.status == "success") else {
        return Answer::Refused(one_line(&body.error));
    };
    let warnings: Vec<String> = body
        .warnings
        .iter()
        .take(5)
        .map(|text| one_line(text))
        .collect();
    let sample = match (data.kind.as_str(), &data.result) {
        ("scalar", sample) => Some(sample),
        ("vector", Value::Array(series)) => match series.as_slice() {
            [] => {
                return Answer::Nothing("the query gives nothing: no series matches".into());
            }
            [only] => only.get("value"),
            several => {
                return Answer::Nothing(format!(
                    "the query gives {} series, and a gate takes one value: add them up, as `sum(...)` does",
                    several.len()
                ));
            }
        },
        _ => None,
    };
    match sample.and_then(number) {
        Some((time, value)) => Answer::Number {
            time,
            value,
            warnings,
        },
        None => Answer::Nothing(format!(
            "the query gives a {}, and a gate takes one number",
            one_line(&data.kind)
        )),
    }
}

/// `[1435781451.781, "0.25"]`
fn number(sample: &Value) -> Option<(f64, f64)> {
    let time = sample.get(0)?.as_f64()?;
    let value = match sample.get(1)?.as_str()? {
        "NaN" => f64::NAN,
        "+Inf" | "Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().ok()?,
    };
    Some((time, value))
}

/// Text of a stranger as one short line of letters.
fn one_line(text: &str) -> String {
    let clean = text.chars().take(300);
    clean
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Answer {
        read_answer(text.as_bytes())
    }

    #[test]
    fn one_number_is_an_answer() {
        for (kind, result) in [
            ("scalar", "[7.5,\"0.25\"]"),
            ("vector", "[{\"metric\":{},\"value\":[7.5,\"0.25\"]}]"),
        ] {
            let text = format!(
                "{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":{result}}}}}"
            );
            let expected = Answer::Number {
                time: 7.5,
                value: 0.25,
                warnings: vec![],
            };
            assert_eq!(read(&text), expected);
        }
        let nan =
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"NaN\"]}}";
        assert!(matches!(read(nan), Answer::Number { value, .. } if value.is_nan()));
    }

    #[test]
    fn anything_else_is_a_reason() {
        let body = |result: &str| {
            format!(
                "{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":{result}}}}}"
            )
        };
        for (text, said) in [
            (body("[]"), "no series"),
            (
                body("[{\"value\":[1,\"2\"]},{\"value\":[1,\"3\"]}]"),
                "2 series",
            ),
            (body("[{\"value\":[1,\"two\"]}]"), "one number"),
            (body("{}"), "one number"),
        ] {
            match read(&text) {
                Answer::Nothing(why) => assert!(why.contains(said), "{why}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        for (text, said) in [
            ("<html>", "HTTP API"),
            (
                "{\"status\":\"error\",\"error\":\"parse\\u001b error\"}",
                "parse  error",
            ),
            ("{\"status\":\"success\"}", ""),
        ] {
            match read(text) {
                Answer::Refused(why) => assert!(why.contains(said), "{why}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
