//! Promise: the tenant's budget is respected, and no waiter is forgotten. Which call may go, and
//! which waiter is woken, on both sides of each edge.

use std::time::Duration;

use super::*;
use crate::budget::sliding_window::WINDOW;
use crate::{Clock, SystemClock};

const CREATE: usize = 1;
const READ: usize = 2;
const RATE: usize = 2;

fn now() -> Instant {
    SystemClock::new().instant()
}

/// Admits `count` calls one after the other, as soon as the window has room; returns the time after
/// the last.
fn admit(queue: &mut LimiterState, count: usize, mut at: Instant) -> Instant {
    for _ in 0..count {
        at += WINDOW;
        assert!(queue.take_admission(READ, at, Spacing::AtOnce).is_ok());
    }
    at + WINDOW
}

/// Whether the waiter with this bell was woken.
fn is_woken(bell: &Arc<Notify>, wake: &Wake) -> bool {
    wake.0
        .iter()
        .flatten()
        .any(|woken| Arc::ptr_eq(woken, bell))
}

/// Admitted calls that are not sent keep others from being admitted: five seconds' worth, exactly.
/// A token exchange is admitted all the same, because they wait for it.
#[tokio::test(start_paused = true)]
async fn five_seconds_worth_of_turns_may_be_out() {
    let mut queue = LimiterState::new(RATE);
    let limit = RATE * SECONDS_UNSENT;
    let at = admit(&mut queue, limit - 1, now());
    assert_eq!(queue.unsent, limit - 1);
    let at = admit(&mut queue, 1, at);
    for lane in [CREATE, READ] {
        let refused = queue.take_admission(lane, at, Spacing::AtOnce);
        assert!(matches!(refused, Err(NotYet::Closed)), "lane {lane}");
    }
    assert!(queue.take_admission(TOKEN, at, Spacing::AtOnce).is_ok());
    assert_eq!(queue.unsent, limit + 1);
}

/// One second's worth of admitted calls may wait to be sent; while they do, no other call is
/// admitted.
#[tokio::test(start_paused = true)]
async fn no_call_is_admitted_while_a_seconds_worth_waits_to_be_sent() {
    let mut queue = LimiterState::new(RATE);
    let at = now();
    let mut places = Vec::new();
    for waiting in 0..RATE {
        assert_eq!(queue.no_call_waits_to_be_sent(), waiting == 0);
        let turn = queue.take_admission(
            READ,
            at + WINDOW * u32::try_from(waiting).unwrap(),
            Spacing::AtOnce,
        );
        assert!(turn.is_ok(), "{waiting} wait");
        places.push(queue.join(READY, false).0);
    }
    let at = at + WINDOW * 10;
    assert!(matches!(
        queue.take_admission(READ, at, Spacing::AtOnce),
        Err(NotYet::Closed)
    ));
    queue.leave(READY, places[0]).now();
    assert!(queue.take_admission(READ, at, Spacing::AtOnce).is_ok());
}

/// A send wakes the next waiter when it reopens admission, and none when admission was open or
/// stays closed.
#[tokio::test(start_paused = true)]
async fn a_departure_wakes_the_next_when_it_opens_the_way() {
    let limit = RATE * SECONDS_UNSENT;
    for (out, wakes) in [(limit - 1, false), (limit, true), (limit + 1, false)] {
        let mut queue = LimiterState::new(RATE);
        let at = admit(&mut queue, out.min(limit), now());
        if out > limit {
            assert!(queue.take_admission(TOKEN, at, Spacing::AtOnce).is_ok());
        }
        let (_, bell) = queue.join(READ, false);
        let Ok((_, wake)) = queue.take_send(at, Spacing::AtOnce) else {
            panic!("no request has left yet");
        };
        assert_eq!(is_woken(&bell, &wake), wakes, "{out} out");
        assert_eq!(queue.unsent, out - 1);
    }
}

/// A call that is not sent after all gives its admission back, and its send slot if it had one, and
/// wakes the next waiter of either queue.
#[tokio::test(start_paused = true)]
async fn what_is_given_back_is_there_for_the_next() {
    let at = now();
    for departed in [false, true] {
        let mut queue = LimiterState::new(1);
        let Ok(turn) = queue.take_admission(READ, at, Spacing::AtOnce) else {
            panic!("the ring is empty");
        };
        let departure = departed.then(|| {
            let taken = queue.take_send(at, Spacing::AtOnce);
            taken.expect("no request has left yet").0
        });
        assert_eq!(queue.unsent, usize::from(!departed));
        let (_, turning) = queue.join(CREATE, false);
        let (_, leaving) = queue.join(READY, false);
        let wake = queue.give_back(turn, departure);
        assert!(is_woken(&turning, &wake) && is_woken(&leaving, &wake));
        assert_eq!((queue.unsent, queue.sends.counted(at)), (0, 0));
        assert!(queue.take_send(at, Spacing::AtOnce).is_ok());
    }
}

/// A pause holds admissions and sends until its end, and not a moment longer.
#[tokio::test(start_paused = true)]
async fn a_pause_holds_turns_and_departures() {
    let at = now();
    let end = at + Duration::from_secs(3);
    let before = end - Duration::from_nanos(1);
    for lane in [TOKEN, CREATE, READ] {
        let mut queue = LimiterState::new(RATE);
        queue.paused_until = Some(end);
        let held = queue.take_admission(lane, before, Spacing::AtOnce);
        assert!(matches!(held, Err(NotYet::Until(until)) if until == end));
        assert_eq!(queue.take_send(before, Spacing::AtOnce).err(), Some(end));
        assert!(queue.take_admission(lane, end, Spacing::AtOnce).is_ok());
        assert!(queue.take_send(end, Spacing::AtOnce).is_ok());
        assert_eq!(queue.paused_until, None);
    }
}

/// Queues are FIFO. A waiter that joins at the front is next; one that leaves takes its own place
/// alone, and the next is woken.
#[tokio::test(start_paused = true)]
async fn lines_keep_their_order() {
    for line in [CREATE, READY] {
        let mut queue = LimiterState::new(RATE);
        let (first, _) = queue.join(line, false);
        let (second, bell_of_second) = queue.join(line, false);
        let (third, _) = queue.join(line, false);
        let is_next = |queue: &LimiterState, who: u64| {
            [first, second, third]
                .into_iter()
                .filter(|number| queue.is_next(line, *number))
                .eq([who])
        };
        assert!(is_next(&queue, first));
        let (ahead, _) = queue.join(line, true);
        assert!(queue.is_next(line, ahead) && !queue.is_next(line, first));
        queue.leave(line, ahead).now();
        queue.leave(line, third).now();
        assert!(is_next(&queue, first));
        assert_eq!(queue.lengths()[line], 2);
        let wake = queue.leave(line, first);
        assert!(is_woken(&bell_of_second, &wake));
        assert!(is_next(&queue, second));
    }
}

/// Each kind of request has a queue of its own, and all that wait for admission count towards the
/// bound; calls that wait to be sent do not.
#[tokio::test(start_paused = true)]
async fn who_waits_is_counted() {
    let mut queue = LimiterState::new(RATE);
    assert!(queue.no_call_waits_for_admission() && queue.no_call_waits_to_be_sent());
    let (_, leaving) = queue.join(READY, false);
    assert!(queue.no_call_waits_for_admission() && !queue.no_call_waits_to_be_sent());
    assert_eq!(queue.queued(), 0);
    for (line, count) in [(TOKEN, 1), (CREATE, 2), (READ, 3)] {
        for _ in 0..count {
            drop(queue.join(line, false));
        }
        assert!(!queue.no_call_waits_for_admission());
    }
    queue.without_body = 4;
    assert_eq!(queue.lengths(), [1, 2, 3, 1]);
    assert_eq!(queue.queued(), 10);
    // Of those who wait for a turn, the token exchange is next; of those who leave, the first.
    let (number, _) = queue.join(TOKEN, true);
    assert!(queue.is_next(TOKEN, number));
    let wake = queue.leave(READY, 7);
    assert!(is_woken(&leaving, &wake));
}
