//! Promise: the tenant's budget is respected for every mix of waiters, and a caller that cannot
//! wait is refused at once.

use std::future::Future;

use super::*;
use crate::operation::OperationKind::{Create, Read, Token};
use crate::testing::VirtualClock;

const LIMITS: QueueLimits = QueueLimits {
    max_queued: 2,
    timeout: Duration::from_secs(60),
};

fn limiter(rate: usize) -> Arc<Limiter> {
    Limiter::new(rate, LIMITS, Arc::new(VirtualClock::new()))
}

/// Polls once: the result if it is ready, or `None`.
async fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => Some(done),
        () = std::future::ready(()) => None,
    }
}

/// Starts a call that is sent when it may be, and reports when that was.
fn call(
    limiter: &Arc<Limiter>,
    kind: OperationKind,
) -> tokio::task::JoinHandle<Result<Instant, NoTurn>> {
    let limiter = Arc::clone(limiter);
    tokio::task::spawn_local(async move {
        let permit = limiter.acquire(kind).await?;
        limiter.await_departure(permit).await.depart();
        Ok(limiter.clock().instant())
    })
}

async fn let_others_run(limiter: &Limiter) {
    limiter.clock().sleep(Duration::from_millis(1)).await;
}

/// The queue holds `max_queued` callers and refuses the next at once. Token exchanges are never
/// refused.
#[tokio::test(start_paused = true)]
async fn the_queue_has_an_end_for_all_but_token_exchanges() {
    let calls = tokio::task::LocalSet::new();
    calls
        .run_until(async {
            let limiter = limiter(1);
            let bodies = Arc::new(Semaphore::new(1));
            assert!(call(&limiter, Read).await.unwrap().is_ok());
            let _waiting = [call(&limiter, Read), call(&limiter, Create)];
            let_others_run(&limiter).await;
            for kind in [Create, Read] {
                let refused = at_once(limiter.acquire(kind)).await.map(Result::err);
                assert_eq!(refused, Some(Some(NoTurn::Full)), "{kind:?}");
            }
            let refused = at_once(limiter.acquire_with_body(&bodies)).await;
            assert_eq!(refused.map(Result::err), Some(Some(NoTurn::Full)));
            let _room = bodies.acquire().await.unwrap();
            let refused = at_once(limiter.acquire_with_body(&bodies)).await;
            assert_eq!(refused.map(Result::err), Some(Some(NoTurn::Full)));
            assert!(at_once(limiter.acquire(Token)).await.is_none());
        })
        .await;
}

/// Creates that wait for a body's permit count towards the queue, are shown as queued creates, and
/// are not refused once they have it.
#[tokio::test(start_paused = true)]
async fn creates_without_room_wait_in_the_queue() {
    let limiter = limiter(1);
    let bodies = Arc::new(Semaphore::new(1));
    let room = Arc::clone(&bodies).acquire_owned().await.unwrap();
    limiter.acquire(Read).await.unwrap().depart();
    let mut first = Box::pin(limiter.acquire_with_body(&bodies));
    let mut second = Box::pin(limiter.acquire_with_body(&bodies));
    assert!(at_once(&mut first).await.is_none());
    assert!(at_once(&mut second).await.is_none());
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.queued_creates, snapshot.queued_reads), (2, 0));
    let refused = at_once(limiter.acquire(Read)).await.map(Result::err);
    assert_eq!(refused, Some(Some(NoTurn::Full)));
    drop(second);
    let reader = limiter.acquire(Read);
    let mut reader = Box::pin(reader);
    assert!(at_once(&mut reader).await.is_none());
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.queued_creates, snapshot.queued_reads), (1, 1));
    // The queue is full again, and the create that has waited joins it all the same.
    drop(room);
    assert!(at_once(&mut first).await.is_none());
    let snapshot = limiter.snapshot();
    assert_eq!((snapshot.queued_creates, snapshot.queued_reads), (1, 1));
    drop((first, reader));
    assert_eq!(limiter.snapshot().queued_creates, 0);
}

/// A pause lasts until the latest end that was requested, five minutes at most, and holds admitted
/// calls too.
#[tokio::test(start_paused = true)]
async fn pauses_do_not_shorten_each_other() {
    for (asked, lasts) in [
        (vec![2], 2),
        (vec![2, 1], 2),
        (vec![1, 3], 3),
        (vec![2, 2], 2),
        (vec![4000], 300),
    ] {
        let limiter = limiter(10);
        assert_eq!(limiter.snapshot().paused_for, Duration::ZERO);
        let permit = limiter.acquire(Read).await.unwrap();
        let began = limiter.clock().instant();
        for seconds in &asked {
            limiter.pause(Duration::from_secs(*seconds));
        }
        let lasts = Duration::from_secs(lasts);
        assert_eq!(limiter.snapshot().paused_for, lasts, "{asked:?}");
        limiter.await_departure(permit).await.depart();
        assert_eq!(limiter.clock().instant() - began, lasts, "{asked:?}");
    }
}

/// A second's budget is sent at once; then calls are sent one by one in order of arrival, and none
/// overtakes.
#[tokio::test(start_paused = true)]
async fn who_comes_later_does_not_overtake() {
    let calls = tokio::task::LocalSet::new();
    calls
        .run_until(async {
            let limiter = Limiter::new(
                4,
                QueueLimits {
                    max_queued: 100,
                    ..LIMITS
                },
                Arc::new(VirtualClock::new()),
            );
            let began = limiter.clock().instant();
            let early: Vec<_> = (0..8).map(|_| call(&limiter, Read)).collect();
            limiter.clock().sleep(Duration::from_millis(1030)).await;
            let late = call(&limiter, Read);
            let mut left = Vec::new();
            for call in early {
                left.push(call.await.unwrap().unwrap() - began);
            }
            assert!(left[..4].iter().all(Duration::is_zero), "{left:?}");
            assert!(left[4..].is_sorted_by(|one, next| one < next), "{left:?}");
            let late = late.await.unwrap().unwrap() - began;
            assert!(late > left[7], "{late:?} {left:?}");
        })
        .await;
}

/// Admitted calls are sent in order of arrival, except that a token exchange goes first: every call
/// waits for it.
#[tokio::test(start_paused = true)]
async fn a_token_exchange_leaves_first() {
    let calls = tokio::task::LocalSet::new();
    calls
        .run_until(async {
            let limiter = limiter(4);
            let mut permits = Vec::new();
            for kind in [Read, Create, Token] {
                permits.push((kind, limiter.acquire(kind).await.unwrap()));
            }
            limiter.pause(Duration::from_secs(2));
            let left = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
            for (kind, permit) in permits {
                let (leaving, left) = (Arc::clone(&limiter), std::rc::Rc::clone(&left));
                tokio::task::spawn_local(async move {
                    leaving.await_departure(permit).await.depart();
                    left.borrow_mut().push(kind);
                });
                let_others_run(&limiter).await;
            }
            limiter.clock().sleep(Duration::from_secs(5)).await;
            assert_eq!(*left.borrow(), [Token, Read, Create]);
            assert_eq!(limiter.snapshot().leaving, 0);
        })
        .await;
}

/// The limiter's `Debug` shows its state.
#[tokio::test(start_paused = true)]
async fn a_limiter_shows_how_it_stands() {
    let limiter = limiter(7);
    limiter.acquire(Read).await.unwrap().depart();
    let shown = format!("{limiter:?}");
    assert!(
        shown.starts_with("Limiter(LimiterSnapshot { rate: 7,"),
        "{shown}"
    );
    assert_eq!(limiter.queue_timeout(), LIMITS.timeout);
}
