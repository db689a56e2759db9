//! The token cache: one exchange for a herd, refusals remembered, refreshers that leave.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{DONE, builder, client, id, key};
use async_trait::async_trait;
use idcloud_http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_http::{
    CallOptions, Client, Environment, ErrorKind, RetryAdvice, ServiceAccount, SignError, Signer,
    TransportErrorKind,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const HERD: usize = 1000;

fn done() -> Step {
    Step::json(200, DONE)
}

fn refused() -> Step {
    Step::json(
        401,
        r#"{"error":"server_error","error_description":"Authentication failed (1.2.6)"}"#,
    )
}

/// A client whose budget is no matter here.
fn unhurried(script: &Arc<ScriptedTransport>) -> Client {
    builder(script)
        .rate(100_000)
        .max_queued(100_000)
        .build()
        .unwrap()
}

/// Starts `count` lookups at once and collects how each ended.
async fn herd(client: &Client, count: usize) -> Vec<Result<(), ErrorKind>> {
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let client = client.clone();
        calls.spawn(async move {
            let options = CallOptions::default();
            let answer = client.process(&key(), &id(), &options).await;
            answer.map(|_| ()).map_err(|error| error.kind())
        });
    }
    calls.join_all().await
}

/// A cold herd of a thousand makes one exchange.
#[tokio::test(start_paused = true)]
async fn a_cold_herd_makes_one_exchange() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("one", 3600).after(Duration::from_millis(300)))
            .every_call(done()),
    );
    let ends = herd(&unhurried(&script), HERD).await;
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(script.exchanges(), 1);
    assert_eq!(script.calls().len(), HERD);
}

/// The herd shares a failure as it shares a token.
#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_by_the_herd() {
    let script =
        Arc::new(ScriptedTransport::new().every_token(refused().after(Duration::from_millis(300))));
    let ends = herd(&unhurried(&script), HERD).await;
    assert!(ends.iter().all(|end| *end == Err(ErrorKind::Credentials)));
    assert_eq!(script.exchanges(), 1);
    assert!(script.calls().is_empty());
}

/// Accounts get locked: ten thousand calls in a minute with a refused key make at most five
/// exchanges, and every one of them says when to come again.
#[tokio::test(start_paused = true)]
async fn a_refused_key_is_tried_rarely() {
    let script = Arc::new(ScriptedTransport::new().every_token(refused()));
    let client = unhurried(&script);
    for _ in 0..10_000 {
        let error = client
            .process(&key(), &id(), &CallOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(error.code().unwrap().as_str(), "1.2.6");
        assert!(error.help().is_some());
        sleep(Duration::from_millis(6)).await;
    }
    assert!(script.exchanges() <= 5, "{}", script.exchanges());
    let error = client
        .process(&key(), &id(), &CallOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(error.retry_advice(), RetryAdvice::After(wait) if !wait.is_zero()));
}

/// Near its end a token is refreshed by one caller, while everyone else goes on with it.
#[tokio::test(start_paused = true)]
async fn one_refreshes_early_while_the_others_go_on() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("old", 3600))
            .token(Step::token("new", 3600).after(Duration::from_secs(5)))
            .every_call(done()),
    );
    let client = unhurried(&script);
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    sleep(Duration::from_secs(3600 - 300)).await;
    let start = Instant::now();
    let calls = herd(&client, HERD).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(script.exchanges(), 2);
    let bearers = |name: &str| {
        script
            .calls()
            .iter()
            .skip(1)
            .filter(|call| call.header("authorization") == name)
            .map(|call| call.at - start)
            .collect::<Vec<_>>()
    };
    assert_eq!(bearers("Bearer old").len(), HERD - 1);
    assert!(bearers("Bearer old").iter().all(Duration::is_zero));
    assert_eq!(bearers("Bearer new"), [Duration::from_secs(5)]);
    // About ten minutes before the end, not earlier.
    sleep(Duration::from_secs(3600 - 700)).await;
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    assert_eq!(script.exchanges(), 2);
}

/// A failed early refresh, also one that hangs, keeps the token that is still valid.
#[tokio::test(start_paused = true)]
async fn a_failed_early_refresh_keeps_the_token() {
    for failure in [
        Step::json(500, ""),
        refused(),
        Step::Hang,
        Step::Fail(TransportErrorKind::Connect),
    ] {
        let script = Arc::new(
            ScriptedTransport::new()
                .token(Step::token("old", 3600))
                .every_token(failure)
                .every_call(done()),
        );
        let client = unhurried(&script);
        assert_eq!(herd(&client, 1).await, [Ok(())]);
        sleep(Duration::from_secs(3600 - 300)).await;
        for _ in 0..50 {
            assert_eq!(herd(&client, 10).await, vec![Ok(()); 10]);
            sleep(Duration::from_secs(1)).await;
        }
        assert!(
            (2..=4).contains(&script.exchanges()),
            "{}",
            script.exchanges()
        );
    }
}

/// A thousand callers whose token was rejected make one exchange.
#[tokio::test(start_paused = true)]
async fn a_storm_of_rejections_makes_one_refresh() {
    let script = Arc::new(ScriptedTransport::new().every_call(done()));
    let client = unhurried(&script);
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    for n in 0..HERD {
        let wait = Duration::from_millis(1 + u64::try_from(n % 50).unwrap());
        script.push_call(Step::json(401, "{}").after(wait));
    }
    script.push_token(Step::token("new", 3600).after(Duration::from_millis(20)));
    let ends = herd(&client, HERD).await;
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(script.exchanges(), 2);
    assert_eq!(script.calls().len(), 1 + 2 * HERD);
}

/// A refresher whose future is dropped, whenever that happens, blocks nobody.
#[tokio::test(start_paused = true)]
async fn a_cancelled_refresher_blocks_nobody() {
    // The exchange takes 100 ms; the caller who makes it leaves before, during and at its end.
    for leave in [0, 1, 50, 99, 100] {
        let script = Arc::new(
            ScriptedTransport::new()
                .token(Step::token("one", 3600).after(Duration::from_millis(100)))
                .token(Step::token("two", 3600).after(Duration::from_millis(100)))
                .every_call(done()),
        );
        let client = unhurried(&script);
        let leader = tokio::spawn({
            let client = client.clone();
            async move {
                let _ = client.access_token(&CallOptions::default()).await;
            }
        });
        tokio::task::yield_now().await;
        let followers = tokio::spawn({
            let client = client.clone();
            async move { herd(&client, 10).await }
        });
        sleep(Duration::from_millis(leave)).await;
        leader.abort();
        assert_eq!(
            followers.await.unwrap(),
            vec![Ok(()); 10],
            "left at {leave} ms"
        );
        assert!(script.exchanges() <= 2);
    }
}

/// A caller whose deadline ends its exchange does not end it for the others.
#[tokio::test(start_paused = true)]
async fn an_impatient_refresher_blocks_nobody() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::Hang)
            .every_call(done()),
    );
    let client = unhurried(&script);
    let hasty = tokio::spawn({
        let client = client.clone();
        let options = CallOptions::default().with_deadline(Duration::from_secs(1));
        async move { client.process(&key(), &id(), &options).await.unwrap_err() }
    });
    tokio::task::yield_now().await;
    assert_eq!(herd(&client, 10).await, vec![Ok(()); 10]);
    assert_eq!(hasty.await.unwrap().kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(script.exchanges(), 2);
}

/// A transport that panics within the exchange takes nobody with it.
#[tokio::test(start_paused = true)]
async fn a_panicking_refresher_blocks_nobody() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::Panic.after(Duration::from_millis(100)))
            .every_call(done()),
    );
    let client = unhurried(&script);
    let leader = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .access_token(&CallOptions::default())
                .await
                .map(|_| ())
        }
    });
    tokio::task::yield_now().await;
    assert_eq!(herd(&client, 10).await, vec![Ok(()); 10]);
    assert!(leader.await.unwrap_err().is_panic());
    assert_eq!(script.exchanges(), 2);
}

/// Assertions are single-use: one new one after 1.2.7, and no third.
#[tokio::test(start_paused = true)]
async fn a_used_assertion_is_replaced_once() {
    let used = || {
        Step::json(
            401,
            r#"{"error":"x","error_description":"Falha na autenticação 1.2.7"}"#,
        )
    };
    let script = Arc::new(
        ScriptedTransport::new()
            .token(used())
            .token(Step::token("good", 3600))
            .every_call(done()),
    );
    assert_eq!(herd(&client(&script), 1).await, [Ok(())]);
    let sent: Vec<_> = script
        .requests()
        .into_iter()
        .map(|request| request.body)
        .collect();
    assert_ne!(sent[0], sent[1]);

    let script = Arc::new(ScriptedTransport::new().every_token(used()));
    assert_eq!(
        herd(&client(&script), 1).await,
        [Err(ErrorKind::Credentials)]
    );
    assert_eq!(script.exchanges(), 2);
}

/// A token endpoint that fails is asked five times, each time with another assertion.
#[tokio::test(start_paused = true)]
async fn an_exchange_is_repeated_with_new_assertions() {
    for failure in [
        Step::json(503, ""),
        Step::json(200, "{}"),
        Step::json(200, r#"{"access_token":"a b","expires_in":3600}"#),
        Step::json(200, r#"{"access_token":"a","expires_in":0}"#),
        Step::Fail(TransportErrorKind::Interrupted),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_token(failure));
        assert!(herd(&client(&script), 1).await[0].is_err());
        let mut sent: Vec<_> = script
            .requests()
            .into_iter()
            .map(|request| request.body)
            .collect();
        assert_eq!(sent.len(), 5);
        sent.sort();
        sent.dedup();
        assert_eq!(sent.len(), 5);
    }
}

/// Signs after a while, and panics once if asked to.
struct SlowSigner(std::sync::atomic::AtomicBool);

#[async_trait]
impl Signer for SlowSigner {
    async fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignError> {
        sleep(Duration::from_millis(100)).await;
        let panics = self.0.swap(false, std::sync::atomic::Ordering::Relaxed);
        assert!(!panics, "the signer panics");
        Ok(vec![1])
    }
}

fn signing_slowly(script: &Arc<ScriptedTransport>, panics: bool) -> Client {
    let signer = Arc::new(SlowSigner(panics.into()));
    let account = ServiceAccount::with_signer("tests", "tenant", signer).unwrap();
    Client::builder(Environment::local(account))
        .transport(Arc::<ScriptedTransport>::clone(script))
        .clock(Arc::new(VirtualClock::new()))
        .jitter(Arc::new(|| 1.0))
        .build()
        .unwrap()
}

/// The refresher may leave at every point: while it waits for a turn, for the signature, for the
/// answer, or before another attempt. Someone else takes over, and the token comes.
#[tokio::test(start_paused = true)]
async fn a_refresher_may_leave_at_every_point() {
    // Turn at 0 or 1,025 ms, signature 100 ms, answer 100 ms, a pause of 1 s, and all of it again.
    for leave in (0..2500).step_by(50) {
        let script = Arc::new(
            ScriptedTransport::new()
                .token(Step::json(503, "").after(Duration::from_millis(100)))
                .every_token(Step::token("good", 3600).after(Duration::from_millis(100)))
                .every_call(done()),
        );
        let client = signing_slowly(&script, false);
        let leader = tokio::spawn({
            let client = client.clone();
            async move {
                client
                    .access_token(&CallOptions::default())
                    .await
                    .map(|_| ())
            }
        });
        tokio::task::yield_now().await;
        let followers = tokio::spawn({
            let client = client.clone();
            async move { herd(&client, 5).await }
        });
        sleep(Duration::from_millis(leave)).await;
        leader.abort();
        assert_eq!(
            followers.await.unwrap(),
            vec![Ok(()); 5],
            "left at {leave} ms"
        );
        assert!(script.exchanges() <= 3);
    }
}

/// A signer that panics takes nobody with it.
#[tokio::test(start_paused = true)]
async fn a_panicking_signer_blocks_nobody() {
    let script = Arc::new(ScriptedTransport::new().every_call(done()));
    let client = signing_slowly(&script, true);
    let leader = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .access_token(&CallOptions::default())
                .await
                .map(|_| ())
        }
    });
    tokio::task::yield_now().await;
    assert_eq!(herd(&client, 5).await, vec![Ok(()); 5]);
    assert!(leader.await.unwrap_err().is_panic());
}

/// Where every token is refused, the fault is elsewhere: few more are fetched, and one acceptance
/// ends the distrust.
#[tokio::test(start_paused = true)]
async fn tokens_are_not_fetched_in_vain() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(401, "{}")));
    let client = unhurried(&script);
    for _ in 0..600 {
        assert_eq!(herd(&client, 1).await, [Err(ErrorKind::Credentials)]);
        sleep(Duration::from_millis(100)).await;
    }
    assert!(script.exchanges() <= 6, "{}", script.exchanges());
    script.push_call(done());
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    let before = script.exchanges();
    script.push_call(Step::json(401, "{}"));
    script.push_call(done());
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    assert_eq!(script.exchanges(), before + 1);
}

/// Tenants in one process share the transport and nothing else.
#[tokio::test(start_paused = true)]
async fn tenants_share_nothing() {
    let script = Arc::new(ScriptedTransport::new().token(refused()).every_call(done()));
    let (one, other) = (client(&script), client(&script));
    assert_eq!(herd(&one, 1).await, [Err(ErrorKind::Credentials)]);
    assert_eq!(herd(&other, 9).await, vec![Ok(()); 9]);
    assert_eq!(herd(&one, 1).await, [Err(ErrorKind::Credentials)]);
    assert_eq!(other.limiter().departed, 10);
    assert_eq!(one.limiter().departed, 1);
}
