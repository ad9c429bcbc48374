//! Ends the process when the editor that started it is gone.

use std::path::PathBuf;
use std::time::Duration;

/// How often it is looked for.
const INTERVAL: Duration = Duration::from_secs(1);

/// Ends this process when its parent is gone.
pub fn watch() {
    let first = parent();
    if first.is_some() {
        end_when(move || parent() != first);
    }
}

/// Ends this process when the one of the client is gone, which need not be the parent.
pub fn watch_client(client: u32) {
    let folder = process_folder(client);
    // a client in another container has an id that means nothing here
    if folder.exists() {
        end_when(move || !folder.exists());
    }
}

fn end_when(gone: impl Fn() -> bool + Send + 'static) {
    std::thread::spawn(move || {
        while !gone() {
            std::thread::sleep(INTERVAL);
        }
        std::process::exit(1);
    });
}

/// Where the system shows a process, on systems that have such a folder.
fn process_folder(id: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{id}"))
}

#[cfg(unix)]
fn parent() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

#[cfg(not(unix))]
fn parent() -> Option<u32> {
    None
}
