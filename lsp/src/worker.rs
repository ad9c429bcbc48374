//! Checks in the background, after the typing has stopped for a moment.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::publish::Publisher;
use crate::snapshot::Shared;

/// So long nothing must have changed before a check begins.
const QUIET: Duration = Duration::from_millis(90);

/// So long a check is put off at most while changes keep coming.
const LONGEST: Duration = Duration::from_millis(600);

/// Wakes the worker; it ends when this is dropped.
#[derive(Clone)]
pub struct Wake(Sender<()>);

impl Wake {
    /// Something has changed.
    pub fn changed(&self) {
        // a worker that is gone has nothing to check for
        let _ = self.0.send(());
    }
}

/// Starts the worker.
pub fn start(shared: Arc<Shared>, publisher: Publisher) -> Wake {
    let (wake, woken) = channel();
    std::thread::spawn(move || work(&shared, publisher, &woken));
    Wake(wake)
}

fn work(shared: &Arc<Shared>, mut publisher: Publisher, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        let first = Instant::now();
        let pause = shared.snapshot().can.pause.unwrap_or(QUIET);
        while first.elapsed() < LONGEST {
            match woken.recv_timeout(pause) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let snapshot = shared.snapshot();
        // a fault in a check costs its findings, not the server; the panic's hook has printed it
        let checked = std::panic::catch_unwind(AssertUnwindSafe(|| snapshot.checked_if_current()));
        if let Ok(Some(checked)) = checked {
            publisher.publish(shared, &snapshot, &checked);
        }
    }
}
