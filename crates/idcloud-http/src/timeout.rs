//! Waiting for something no longer than until a point in time.
//! It must never poll the work again once the time has passed.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use tokio::time::Instant;

use crate::Clock;

/// The output of `work`, or `None` once `clock` has reached `deadline`.
///
/// Work that is ready wins over a deadline that has passed.
///
/// The caller pins the work, so that futures do not grow by being handed down.
pub(crate) async fn within<F: Future + ?Sized>(
    clock: &dyn Clock,
    deadline: Instant,
    mut work: Pin<&mut F>,
) -> Option<F::Output> {
    let mut sleep = None;
    poll_fn(|cx| {
        if let Poll::Ready(output) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        // The timer is made only when the work has to wait.
        let sleep = sleep.get_or_insert_with(|| clock.sleep_until(deadline));
        sleep.as_mut().poll(cx).map(|()| None)
    })
    .await
}
