//! The errors of answers that are neither a plain success nor a plain refusal.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{DONE, FAILED, ID, builder, client, create, id, key};
use async_trait::async_trait;
use idcloud_http::testing::{ScriptedTransport, Step};
use idcloud_http::{
    BeforeDispatch, BoxError, CallOptions, ClientBuilder, ConfigErrorKind, Delivery, ErrorKind,
    RetryAdvice, TransportErrorKind,
};

/// A create's 410 is no success, but the process that it names is not lost.
#[tokio::test(start_paused = true)]
async fn the_process_of_a_creates_410_is_named() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(410, FAILED)));
    let error = client(&script)
        .create(&key(), &create(), &CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.process_id().unwrap().as_str(), ID);
    assert_eq!(script.calls().len(), 1);
}

/// Clocks differ: a create half a minute in the future counts as just created, a later one does
/// not.
#[tokio::test(start_paused = true)]
async fn created_in_the_future_is_just_created() {
    for (ahead, attempts) in [(1200, 2), (30_000, 2), (31_000, 1)] {
        let missing = Step::json(404, r#"{"error":{"code":"50001"}}"#);
        let script = Arc::new(
            ScriptedTransport::new()
                .call(missing)
                .every_call(Step::json(200, DONE)),
        );
        let client = client(&script);
        let created = client.clock().now() + Duration::from_millis(ahead);
        let options = CallOptions::default().with_created_at(created);
        let _ = client.process(&key(), &id(), &options).await;
        assert_eq!(script.calls().len(), attempts, "{ahead} ms");
    }
}

struct FailsLater;

#[async_trait]
impl BeforeDispatch for FailsLater {
    async fn before_dispatch(&self, attempt: u32) -> Result<(), BoxError> {
        if attempt == 1 {
            Ok(())
        } else {
            Err("full".into())
        }
    }
}

/// A hook that fails before a repetition does not undo the answer to the first attempt.
#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_later_claims_nothing_of_before() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(429, "{}")));
    let options = CallOptions::default().with_before_dispatch(Arc::new(FailsLater));
    let error = client(&script)
        .create(&key(), &create(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Hook);
    assert_eq!(error.delivery(), Delivery::Answered);
    assert!(!error.to_string().contains("nothing was sent"), "{error}");
}

/// IDCloud's `Retry-After` is kept when a repetition is not admitted.
#[tokio::test(start_paused = true)]
async fn retry_after_outlives_a_long_queue() {
    let limited = Step::json(429, "{}").with_header("retry-after", "12");
    let script = Arc::new(
        ScriptedTransport::new()
            .call(limited)
            .every_call(Step::json(200, DONE)),
    );
    let client = builder(&script).rate(1).build().unwrap();
    let _ = client.access_token(&CallOptions::default()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let crowd = client.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..10 {
            let client = crowd.clone();
            tokio::spawn(async move {
                let options = CallOptions::default();
                client.process(&key(), &id(), &options).await.map(|_| ())
            });
        }
    });
    let hasty = CallOptions::default().with_deadline(Duration::from_secs(15));
    let end = client.process(&key(), &id(), &hasty).await;
    let error = end.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(
        error.retry_advice(),
        RetryAdvice::After(Duration::from_secs(12))
    );
}

/// An unreachable network is not tried again at once.
#[tokio::test(start_paused = true)]
async fn an_unreachable_network_is_given_time() {
    let script =
        Arc::new(ScriptedTransport::new().every_call(Step::Fail(TransportErrorKind::Connect)));
    let end = client(&script)
        .process(&key(), &id(), &CallOptions::default())
        .await;
    let advice = end.unwrap_err().retry_advice();
    assert_eq!(advice, RetryAdvice::After(Duration::from_secs(10)));
}

/// No setting makes building or calling panic.
#[tokio::test(start_paused = true)]
async fn absurd_settings_do_not_panic() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::Fail(TransportErrorKind::Connect))
            .every_call(Step::json(200, DONE)),
    );
    for rate in [0, ClientBuilder::MAX_RATE + 1, usize::MAX] {
        let error = builder(&script).rate(rate).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::NotAllowed);
    }
    let client = builder(&script)
        .rate(ClientBuilder::MAX_RATE)
        .jitter(Arc::new(|| f64::NAN))
        .build()
        .unwrap();
    let end = client.process(&key(), &id(), &CallOptions::default()).await;
    assert_eq!(end.unwrap().attempts(), 2);
}
