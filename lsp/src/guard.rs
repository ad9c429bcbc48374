//! The parts of the protocol's life that the library leaves out: `exit` ends the process even while
//! the input stays open, with the code that the protocol wants, and a panic in a handler costs one
//! answer, not the server.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use tower_lsp::jsonrpc::{Error, Request, Response};
use tower_service::Service;

/// How long the answers before `exit` have to reach the client. Without it the answer to a
/// `shutdown` in the same write is lost.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// A service between the transport and the server.
pub struct Guard<S> {
    inner: S,
    shut_down: Arc<AtomicBool>,
}

impl<S> Guard<S> {
    /// Guards `inner`.
    pub fn new(inner: S) -> Self {
        Guard {
            inner,
            shut_down: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Whether `shutdown` was asked for, to be read later.
    pub fn shut_down(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.shut_down)
    }
}

/// The exit code of the protocol: 0 behind a `shutdown`, else 1.
pub fn exit_code(shut_down: &AtomicBool) -> i32 {
    i32::from(!shut_down.load(Ordering::SeqCst))
}

type Answer<E> = Pin<Box<dyn Future<Output = Result<Option<Response>, E>> + Send>>;

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match request.method() {
            "shutdown" => self.shut_down.store(true, Ordering::SeqCst),
            "exit" => {
                let code = exit_code(&self.shut_down);
                return Box::pin(async move {
                    tokio::time::sleep(LAST_WORDS).await;
                    std::process::exit(code)
                });
            }
            _ => {}
        }
        let id = request.id().cloned();
        let method = request.method().to_string();
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            match answer.await {
                Ok(answer) => answer,
                Err(_) => {
                    // the panic itself has been printed by its hook
                    eprintln!(
                        "switchback-lsp: `{method}` was not answered; this is a fault in switchback-lsp, please report it with the text above"
                    );
                    Ok(id.map(|id| Response::from_error(id, Error::internal_error())))
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails at every request but `fine`.
    struct Fragile;

    impl Service<Request> for Fragile {
        type Response = Option<Response>;
        type Error = std::convert::Infallible;
        type Future = Answer<Self::Error>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request) -> Self::Future {
            Box::pin(async move {
                assert_eq!(request.method(), "fine", "a test of panics");
                Ok(request
                    .id()
                    .map(|id| Response::from_ok(id.clone(), "fine".into())))
            })
        }
    }

    #[test]
    fn a_panic_costs_one_answer() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let mut guard = Guard::new(Fragile);
        let mut ask = |method: &'static str, id: Option<i64>| {
            let request = Request::build(method);
            let request = match id {
                Some(id) => request.id(id).finish(),
                None => request.finish(),
            };
            let answer = runtime
                .as_ref()
                .map(|runtime| runtime.block_on(guard.call(request)).unwrap_or_default());
            answer.expect("a runtime")
        };
        let broken = ask("broken", Some(1)).expect("an answer");
        assert_eq!(broken.error().map(|error| error.code.code()), Some(-32603));
        assert!(
            ask("broken", None).is_none(),
            "a notification has no answer"
        );
        assert!(ask("fine", Some(2)).is_some_and(|answer| answer.is_ok()));
    }
}
