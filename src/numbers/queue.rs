//! Waiting where requests queue for pods: Erlang's formulas for one queue and many servers.

use super::range::{Answer, OutOfRange, count, positive};

/// What a queue does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queue {
    /// The load in servers.
    pub offered: f64,
    /// The share of time that a server is busy.
    pub utilisation: f64,
    /// The probability that a request waits.
    pub waits: f64,
    /// How long a request waits on average, in seconds.
    pub mean_wait: f64,
}

/// Erlang C through the recursion of Erlang B: `arrivals` a second, `service` of one server a
/// second, 1 to 1,000,000 servers. A queue that grows for ever is refused.
pub fn erlang_c(arrivals: f64, service: f64, servers: u64) -> Answer<Queue> {
    let arrivals = positive("arrivals", arrivals)?;
    let service = positive("service rate", service)?;
    count("servers", servers, 1, 1_000_000, "from 1 to 1 million")?;
    let offered = arrivals / service;
    let utilisation = offered / servers as f64;
    if utilisation >= 1.0 {
        let (what, value, range) = ("utilisation", utilisation, "less than 1");
        return Err(OutOfRange { what, value, range });
    }
    let mut blocked = 1.0;
    for server in 1..=servers {
        blocked = offered * blocked / (server as f64 + offered * blocked);
    }
    let waits = blocked / (1.0 - utilisation * (1.0 - blocked));
    let mean_wait =
        super::range::not_negative("mean wait", waits / (servers as f64 * service - arrivals))?;
    Ok(Queue {
        offered,
        utilisation,
        waits,
        mean_wait,
    })
}
