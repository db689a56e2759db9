//! Sends webhook requests when they are due.
//!
//! Must not lock the simulator while it sends.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Served;
use crate::serve::http_post;

/// Delivers while it is polled.
pub(super) async fn all(served: Arc<Served>) {
    let mut under_way = JoinSet::new();
    loop {
        // Read first: if the clock moves in between, the wait ends too early and not too late.
        let instant = served.clock.instant();
        let now = served.clock.now();
        let (due, next) = {
            let mut simulator = served.simulator.quietly();
            (simulator.due_webhooks(now), simulator.next_webhook())
        };
        for delivery in due {
            under_way.spawn(async move {
                let answer = http_post::send(delivery.request, delivery.timeout).await;
                (delivery.id, answer)
            });
        }
        served.settled.notify_waiters();
        // A wait that `Instant` cannot represent has no end: the next request ends it.
        let until = next.and_then(|next| {
            instant.checked_add(next.duration_since(now).unwrap_or(Duration::ZERO))
        });
        tokio::select! {
            Some(done) = under_way.join_next() => {
                if let Ok((id, answer)) = done {
                    let now = served.clock.now();
                    served.simulator.quietly().delivered(id, answer.as_ref(), now);
                }
            }
            () = served.simulator.touched() => {}
            () = served.clock.sleep_until(until.unwrap_or(instant)), if until.is_some() => {}
        }
    }
}
