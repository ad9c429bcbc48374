//! Addresses of servers: a host and a port.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A host and a port; the host is a name of letters, digits, `-`, `_` and `.`, or an IP address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host, an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// Whether it has to be looked up.
    pub fn is_name(&self) -> bool {
        self.host.parse::<IpAddr>().is_err()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Reads `host:port`, `[::1]:port`, or a port alone, which stands for all addresses of the machine.
pub fn parse(text: &str) -> Option<Address> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port),
        None => ("0.0.0.0", text),
    };
    if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(inner) => inner.parse::<Ipv6Addr>().ok()?.to_string(),
        // without its brackets nobody can tell where an IPv6 address ends
        None if host.contains(':') => return None,
        None => host.to_string(),
    };
    let is_name = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let plain = host.parse::<IpAddr>().is_ok()
        || (host.len() <= 253 && host.trim_end_matches('.').split('.').all(is_name));
    plain.then_some(Address { host, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_with_ports_are_addresses() {
        for (text, shown) in [
            ("10.0.0.5:8080", "10.0.0.5:8080"),
            ("basket-31.shop.svc:80", "basket-31.shop.svc:80"),
            ("[::1]:443", "[::1]:443"),
            ("8080", "0.0.0.0:8080"),
        ] {
            assert_eq!(
                parse(text).map(|found| found.to_string()).as_deref(),
                Some(shown)
            );
        }
        for text in [
            "",
            ":",
            "a:",
            ":80",
            "a:0",
            "a:65536",
            "a:+1",
            "a b:80",
            "a;b:80",
            "a{:80",
            "$a:80",
            "::1:80",
            "unix:/run/x",
            "a:80 backup",
            "a\n:80",
            "-a:80",
            "a..b:80",
            "\"a\":80",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
