//! The language server: documents, the life of the process, and one handler for each request. What
//! is answered is computed in `switchback::ide` and `switchback::check`.
//!
//! ```text
//! stdin → guard → server ── documents (changed before the first await)
//!                   │  └─── handlers, each on a snapshot, beside one another
//!                   └────── worker: debounced check → diagnostics with versions → stdout
//! ```

mod convert;
mod documents;
mod formatting;
pub mod grammar;
mod guard;
mod handlers;
mod judge;
mod parent;
mod position;
mod publish;
mod server;
mod snapshot;
mod worker;

use std::process::ExitCode;

use tower_lsp::{LspService, Server};

pub use documents::apply;
pub use position::{Encoding, Lines};

/// Serves one client on standard input and output until it is told to exit, the input ends, or the
/// client is gone.
pub fn run() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the server cannot be started: {error}");
            return ExitCode::from(3);
        }
    };
    parent::watch();
    let handle = runtime.handle().clone();
    runtime.block_on(async move {
        let start = |client| server::Backend::start(client, handle);
        let (service, socket) = LspService::build(start)
            .custom_method("switchback/text", server::Backend::text)
            .finish();
        let guard = guard::Guard::new(service);
        let shut_down = guard.shut_down();
        Server::new(tokio::io::stdin(), tokio::io::stdout(), socket)
            .serve(guard)
            .await;
        // the input has ended without `exit`
        std::process::exit(guard::exit_code(&shut_down));
    })
}
