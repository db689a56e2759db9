//! Ctrl-c, and what is known when it comes.
//!
//! Never calls a create harmless that may have left.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use idcloud_http::{BeforeDispatch, BoxError};

use crate::exit::Exit;
use crate::failure::{Delivery, Failure};

/// Remembers that a create was about to leave.
#[derive(Debug, Default)]
pub(crate) struct Dispatched(AtomicBool);

impl Dispatched {
    /// Whether it was.
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl BeforeDispatch for Dispatched {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        self.0.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// What the future comes to, or nothing when ctrl-c comes first.
pub(crate) async fn interruptible<T>(future: impl Future<Output = T>) -> Option<T> {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        value = future => Some(value),
        () = interrupted => None,
    }
}

/// An interruption before the create was answered.
pub(crate) fn of_create(dispatched: bool) -> Failure {
    let (delivery, message, help) = if dispatched {
        (
            Delivery::Unknown,
            "interrupted; IDCloud may have created and billed a process, and this run leaves no memory of it",
            Some("Do not repeat it unless a second bill is acceptable.".into()),
        )
    } else {
        (Delivery::NotSent, "interrupted; nothing was created", None)
    };
    Failure {
        exit: Exit::Interrupted,
        kind: "interrupted",
        delivery,
        help,
        ..Failure::fault(message)
    }
}

/// An interruption of the wait for a result.
pub(crate) fn of_wait(process_id: &str) -> Failure {
    Failure {
        exit: Exit::Interrupted,
        kind: "interrupted",
        delivery: Delivery::Answered,
        help: Some("The process goes on; ask for its result by its id.".into()),
        process_id: Some(process_id.into()),
        ..Failure::fault("interrupted while waiting for the result")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_create_is_harmless_only_before_it_left() {
        assert_eq!(of_create(false).delivery, Delivery::NotSent);
        assert_eq!(of_create(true).delivery, Delivery::Unknown);
        assert_eq!(of_create(true).exit, Exit::Interrupted);
    }
}
