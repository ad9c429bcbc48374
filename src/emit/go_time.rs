//! Times as Go reads them.

use crate::units::Duration;

/// A time as Argo and Kubernetes read it: one number and one unit.
pub fn go_time(time: Duration) -> String {
    let seconds = time.secs();
    match seconds {
        0 => "0s".into(),
        s if s.is_multiple_of(3600) => format!("{}h", s / 3600),
        s if s.is_multiple_of(60) => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}
