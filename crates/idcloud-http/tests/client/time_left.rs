//! A create that is cut off is ambiguous, so none is sent with too little time for its answer.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{DONE, builder, client, create, id, key};
use async_trait::async_trait;
use idcloud_http::testing::{ScriptedTransport, Step};
use idcloud_http::{
    BeforeDispatch, BoxError, CallOptions, Delivery, ErrorKind, RetryAdvice, TransportErrorKind,
};
use tokio::time::{Instant, sleep};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A repetition that would be sent with a second left is not: the call ends as its first attempt
/// did.
#[tokio::test(start_paused = true)]
async fn a_create_is_not_repeated_with_a_second_left() {
    for (asked, sent) in [("59", 1), ("31", 1), ("30", 2)] {
        let limited = Step::json(429, "{}").with_header("retry-after", asked);
        let script = Arc::new(
            ScriptedTransport::new()
                .call(limited)
                .every_call(Step::json(200, DONE).after(Duration::from_millis(1694))),
        );
        let start = Instant::now();
        let end = client(&script)
            .create(&key(), &create(), &CallOptions::default())
            .await;
        assert_eq!(script.calls().len(), sent, "after {asked} s");
        if let Err(error) = end {
            assert_eq!(error.kind(), ErrorKind::RateLimited);
            assert_eq!(error.delivery(), Delivery::Answered);
            assert_eq!(error.attempts(), 1);
            let advice = RetryAdvice::After(secs(asked.parse().unwrap()));
            assert_eq!(error.retry_advice(), advice);
            assert!(start.elapsed() < secs(1));
        }
    }
}

/// A lookup changes nothing, so it may use whatever time is left.
#[tokio::test(start_paused = true)]
async fn a_lookup_may_leave_late() {
    let limited = Step::json(429, "{}").with_header("retry-after", "59");
    let script = Arc::new(
        ScriptedTransport::new()
            .call(limited)
            .every_call(Step::json(200, DONE)),
    );
    let client = client(&script);
    let answer = client
        .process(&key(), &id(), &CallOptions::default())
        .await
        .unwrap();
    assert_eq!(answer.attempts(), 2);
}

/// A hook that takes its time.
struct Slow(Duration);

#[async_trait]
impl BeforeDispatch for Slow {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        sleep(self.0).await;
        Ok(())
    }
}

/// Neither a slow token exchange nor a slow hook makes a create be sent late.
#[tokio::test(start_paused = true)]
async fn what_is_slow_before_a_create_does_not_make_it_leave_late() {
    for (exchange, hook) in [(25, 0), (0, 25), (15, 15)] {
        let script = Arc::new(
            ScriptedTransport::new()
                .every_token(Step::token("one", 3600).after(secs(exchange)))
                .every_call(Step::json(200, DONE)),
        );
        let options = CallOptions::default()
            .with_deadline(secs(40))
            .with_before_dispatch(Arc::new(Slow(secs(hook))));
        let error = client(&script)
            .create(&key(), &create(), &options)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert_eq!(error.attempts(), 0);
        assert!(script.calls().is_empty());
    }
}

/// A repetition that is delayed ends as the attempt before it.
#[tokio::test(start_paused = true)]
async fn a_repetition_that_is_held_up_tells_the_earlier_failure() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::Fail(TransportErrorKind::Connect))
            .every_call(Step::json(200, DONE)),
    );
    let options = CallOptions::default().with_before_dispatch(Arc::new(Slow(secs(20))));
    let error = client(&script)
        .create(&key(), &create(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_eq!(error.attempts(), 1);
    assert_eq!(script.calls().len(), 1);
}

/// Creates that wait for a body's permit count as queued, wait no longer than the queue allows, and
/// are sent with all of their time or not at all.
#[tokio::test(start_paused = true)]
async fn room_for_a_body_is_part_of_the_queue() {
    let answer = Step::json(200, DONE).after(secs(25));
    let script = Arc::new(ScriptedTransport::new().every_call(answer));
    let client = builder(&script)
        .max_in_flight(1)
        .max_queued(5)
        .build()
        .unwrap();
    let mut calls = Vec::new();
    for number in 0..200 {
        let caller = client.clone();
        calls.push(tokio::spawn(async move {
            let (key, create, options) = (key(), create(), CallOptions::default());
            let end = caller.create(&key, &create, &options).await;
            end.map(|_| ()).map_err(|error| error.kind())
        }));
        sleep(Duration::from_millis(120)).await;
        assert_eq!(client.limiter().queued_creates, 5.min(number));
    }
    let (mut done, mut full, mut late) = (0, 0, 0);
    for call in calls {
        match call.await.unwrap() {
            Ok(()) => done += 1,
            Err(ErrorKind::QueueFull) => full += 1,
            Err(ErrorKind::QueueTimeout) => late += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((done, full, late), (3, 194, 3));
    let given = script.calls().into_iter().map(|call| call.context.timeout);
    assert!(given.into_iter().all(|given| given == secs(30)));
}

/// Creates that have no permit for their bodies cost the lookups nothing.
#[tokio::test(start_paused = true)]
async fn creates_without_room_take_no_departure() {
    let answer = Step::json(200, DONE).after(secs(25));
    let script = Arc::new(ScriptedTransport::new().every_call(answer));
    let client = builder(&script)
        .max_in_flight(1)
        .max_queued(5000)
        .build()
        .unwrap();
    let request = Arc::new(create());
    for _ in 0..1000 {
        let (client, request) = (client.clone(), Arc::clone(&request));
        tokio::spawn(async move {
            let options = CallOptions::default();
            client.create(&key(), &request, &options).await.map(|_| ())
        });
    }
    for _ in 0..1000 {
        let client = client.clone();
        tokio::spawn(async move {
            let options = CallOptions::default();
            client.process(&key(), &id(), &options).await.map(|_| ())
        });
    }
    sleep(secs(30)).await;
    assert!(script.calls().len() >= 290, "{}", script.calls().len());
}
