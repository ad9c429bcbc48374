//! Asking a provider: one query, and the questions of a look.

use std::io::Read as _;
use std::time::{Duration, Instant};

use switchback::judge::{Answer, Arm, MAX_ANSWER, Provider, Questions, Sample, read_answer};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::credentials::Credentials;

/// One request takes no longer than this.
const ONE_REQUEST: Duration = Duration::from_secs(20);
/// The first wait between two tries, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// A provider that can be asked.
pub struct Client {
    agent: ureq::Agent,
    address: String,
    credentials: Credentials,
    name: String,
}

/// What one look measured.
pub struct Measured {
    /// The sample.
    pub sample: Sample,
    /// The time that it is of, in seconds since 1970.
    pub at: Option<f64>,
    /// What the provider warned of.
    pub warnings: Vec<String>,
}

/// Why a query has no answer.
enum Failed {
    /// It may have one later.
    Away(String),
    /// It never will.
    Refused(String),
}

impl Client {
    /// A client for that provider.
    pub fn new(
        provider: &Provider,
        address: Option<&str>,
        credentials: Credentials,
        certificates: Option<&std::path::Path>,
    ) -> Result<Client, String> {
        let address = address.unwrap_or(&provider.address).trim_end_matches('/');
        let rest = address
            .strip_prefix("http://")
            .or_else(|| address.strip_prefix("https://"));
        let host = rest.map(|rest| rest.split('/').next().unwrap_or(""));
        match host {
            None | Some("") => {
                return Err(format!(
                    "`{}` is no address of a provider; write `https://prometheus.example.com`",
                    address.escape_default()
                ));
            }
            // printed nowhere: it may hold a password
            Some(host) if host.contains('@') => {
                return Err(format!(
                    "the address of provider `{}` holds credentials; leave them out, and name the token with `--token-env` or `--token-file`",
                    provider.name
                ));
            }
            Some(_) if address.contains(['?', '#']) => {
                return Err(format!(
                    "the address of provider `{}` ends where `/api/v1/query` begins, without `?` and `#`",
                    provider.name
                ));
            }
            Some(_) => {}
        }
        let mut config = ureq::Agent::config_builder()
            .timeout_global(Some(ONE_REQUEST))
            .http_status_as_error(false)
            // a token goes to whom it was meant for, and to nobody else
            .max_redirects(0)
            .user_agent(concat!("switchback-judge/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = certificates {
            let wrong = |why: &str| format!("`{}` {why}", path.display());
            let text =
                std::fs::read(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
            let found: Vec<Certificate<'static>> = ureq::tls::parse_pem(&text)
                .filter_map(|item| match item {
                    Ok(ureq::tls::PemItem::Certificate(found)) => Some(found),
                    _ => None,
                })
                .collect();
            if found.is_empty() {
                return Err(wrong("holds no certificate; it has to be in PEM"));
            }
            let roots = RootCerts::from(found);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Client {
            agent: config.build().new_agent(),
            address: address.to_string(),
            credentials,
            name: provider.name.clone(),
        })
    }

    /// Takes the sample of a look. A provider that is away is asked again until `until`; `time`
    /// (seconds since 1970) is given for looks that were missed.
    pub fn sample(
        &self,
        questions: &Questions,
        time: Option<f64>,
        until: Instant,
        say: &dyn Fn(&str),
    ) -> Measured {
        let mut wait = WAITS.0;
        loop {
            match self.once(questions, time) {
                Ok(measured) => return measured,
                Err(Failed::Refused(why)) => return nothing(why),
                Err(Failed::Away(why)) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return nothing(why);
                    }
                    say(&format!("{why}; asking again"));
                    std::thread::sleep(wait.min(left));
                    wait = (wait * 2).min(WAITS.1);
                }
            }
        }
    }

    fn once(&self, questions: &Questions, time: Option<f64>) -> Result<Measured, Failed> {
        let mut found = Measured {
            sample: Sample::Nothing(String::new()),
            at: None,
            warnings: Vec::new(),
        };
        found.sample = match questions {
            Questions::Value(query) => match self.number(query, time, &mut found)? {
                Ok(value) => Sample::Value(value),
                Err(why) => Sample::Nothing(why),
            },
            Questions::Arms { new, old, scales } => {
                let mut values = [0.0; 4];
                for (value, query) in values.iter_mut().zip(new.iter().chain(old)) {
                    // all four over the same window
                    let time = time.or(found.at);
                    match self.number(query, time, &mut found)? {
                        Ok(number) => *value = number,
                        Err(why) => {
                            found.sample = Sample::Nothing(why);
                            return Ok(found);
                        }
                    }
                }
                let arm = |events: f64, requests: f64| Arm {
                    events: events * scales[0],
                    requests: requests * scales[1],
                };
                Sample::Arms {
                    new: arm(values[0], values[1]),
                    old: arm(values[2], values[3]),
                }
            }
        };
        Ok(found)
    }

    fn number(
        &self,
        query: &str,
        time: Option<f64>,
        found: &mut Measured,
    ) -> Result<Result<f64, String>, Failed> {
        match self.query(query, time)? {
            Answer::Number {
                time,
                value,
                warnings,
            } => {
                found.at = Some(time);
                found.warnings.extend(warnings);
                Ok(Ok(value))
            }
            Answer::Nothing(why) => Ok(Err(why)),
            Answer::Refused(why) => Err(Failed::Refused(format!(
                "provider `{}` refuses the query: {why}",
                self.name
            ))),
        }
    }

    fn query(&self, query: &str, time: Option<f64>) -> Result<Answer, Failed> {
        let name = &self.name;
        let token = self.credentials.token().map_err(Failed::Away)?;
        let mut request = self.agent.post(format!("{}/api/v1/query", self.address));
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let time = time.map(|time| format!("{time:.3}"));
        let form = [("query", query)]
            .into_iter()
            .chain(time.as_deref().map(|time| ("time", time)));
        let away = |error: ureq::Error| Failed::Away(format!("provider `{name}` is away: {error}"));
        let mut response = request.send_form(form).map_err(away)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        let mut reader = response.body_mut().as_reader().take(MAX_ANSWER + 1);
        reader
            .read_to_end(&mut body)
            .map_err(|error| Failed::Away(format!("provider `{name}` broke off: {error}")))?;
        let refused = |why: String| Err(Failed::Refused(why));
        match status {
            200 if body.len() as u64 > MAX_ANSWER => refused(format!(
                "provider `{name}` answers with more than {MAX_ANSWER} bytes, and a gate takes one number"
            )),
            200 | 400 | 422 => Ok(read_answer(&body)),
            401 | 403 => refused(format!(
                "provider `{name}` refuses the credentials ({status}); name its token with `--token-env` or `--token-file`"
            )),
            404 | 405 => refused(format!(
                "provider `{name}` has no `/api/v1/query` at its address ({status})"
            )),
            300..=399 => refused(format!(
                "provider `{name}` sends elsewhere ({status}); write the address that answers"
            )),
            _ => Err(Failed::Away(format!("provider `{name}` answers {status}"))),
        }
    }
}

fn nothing(why: String) -> Measured {
    Measured {
        sample: Sample::Nothing(why),
        at: None,
        warnings: Vec::new(),
    }
}
