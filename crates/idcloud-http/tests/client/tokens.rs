//! The token cache: one exchange for a crowd of callers, refusals that stand, leaders that are
//! dropped.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::common::{DONE, account, builder, client, id, key};
use async_trait::async_trait;
use base64::Engine as _;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use idcloud_http::testing::{Recorded, ScriptedTransport, Step, VirtualClock};
use idcloud_http::{
    ApiKey, CallContext, CallOptions, Client, Clock, Environment, ErrorKind, Obstacle, Operation,
    RetryAdvice, ServiceAccount, SignError, Signer, Sleep, Transport, TransportError,
    TransportErrorKind,
};
use idcloud_model::Capabilities;
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

/// A client with a budget that does not matter here.
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

/// A thousand callers without a token make one exchange.
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

/// The callers share a failure as they share a token.
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
/// exchanges, and each of them says when to try again.
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

/// Near its expiry a token is refreshed by one caller, while the others go on with it.
#[tokio::test(start_paused = true)]
async fn one_refreshes_early_while_the_others_go_on() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("old", 3600))
            .token(Step::token("new", 3600).after(Duration::from_secs(1)))
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
    assert_eq!(bearers("Bearer new"), [Duration::from_secs(1)]);
    // About ten minutes before the expiry, not earlier.
    sleep(Duration::from_secs(3600 - 700)).await;
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    assert_eq!(script.exchanges(), 2);
}

/// A failed early refresh, even one that hangs, keeps the token that is still valid.
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

/// A leader whose future is dropped, at any time, blocks no other caller.
#[tokio::test(start_paused = true)]
async fn a_cancelled_refresher_blocks_nobody() {
    // The exchange takes 100 ms; its caller is dropped before, during and at its end.
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

/// A transport that panics within the exchange affects no other caller.
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

/// A leader that is neither polled nor dropped blocks others for a moment only, and may still go
/// on.
#[tokio::test(start_paused = true)]
async fn a_refresher_that_is_set_aside_blocks_nobody() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("one", 3600).after(Duration::from_millis(300)))
            .every_token(Step::token("two", 3600))
            .every_call(done()),
    );
    let client = unhurried(&script);
    let (key, id, options) = (key(), id(), CallOptions::default());
    let mut aside = Box::pin(client.process(&key, &id, &options));
    tokio::select! {
        _ = &mut aside => panic!("it has no token yet"),
        () = sleep(Duration::from_millis(100)) => {}
    }
    let start = Instant::now();
    assert!(herd(&client, HERD).await.iter().all(Result::is_ok));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(script.exchanges(), 2);
    assert!(aside.await.is_ok());
    assert_eq!(script.exchanges(), 2);
}

/// A leader that waits for a slow answer is not stalled: no other exchange is made beside it.
#[tokio::test(start_paused = true)]
async fn a_slow_exchange_is_one_exchange() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::json(503, ""))
            .token(Step::token("one", 3600).after(Duration::from_secs(25)))
            .every_call(done()),
    );
    let ends = herd(&unhurried(&script), HERD).await;
    assert!(ends.iter().all(Result::is_ok));
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

/// A failing token endpoint is called five times, each time with another assertion.
#[tokio::test(start_paused = true)]
async fn an_exchange_is_repeated_with_new_assertions() {
    for failure in [
        Step::json(503, ""),
        Step::json(200, "{}"),
        Step::json(200, r#"{"access_token":"a b","expires_in":3600}"#),
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

/// Signs after a while, and panics once on request.
struct SlowSigner(std::sync::atomic::AtomicBool);

#[async_trait]
impl Signer for SlowSigner {
    async fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignError> {
        sleep(Duration::from_millis(100)).await;
        let panics = self.0.swap(false, Ordering::Relaxed);
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

/// The leader may be dropped at every point: while it waits for admission, for the signature, for
/// the answer, or before another attempt. Another caller takes over, and the token comes.
#[tokio::test(start_paused = true)]
async fn a_refresher_may_leave_at_every_point() {
    // Admission at 0 or 1,025 ms, signature 100 ms, answer 100 ms, a pause of 1 s, and all of it
    // again.
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

/// A signer that panics affects no other caller.
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

/// Only an identity server's answer is about the credentials; another refusal comes from an
/// obstacle, and says what to check.
#[tokio::test(start_paused = true)]
async fn who_refused_a_token() {
    let gateway = (ErrorKind::Refused, Some(Obstacle::NoOAuthError), None);
    let identity = |code| (ErrorKind::Credentials, None, code);
    for (status, body, expected) in [
        (403, r#"{"code":403}"#, gateway),
        (403, r#"{"errors":[{"code":1020}]}"#, gateway),
        (403, r#"{"errors":[{"code":10000}]}"#, gateway),
        (401, r#"{"message":"Unauthorized"}"#, gateway),
        (400, r#"{"code":"ACCESS_DENIED"}"#, gateway),
        (404, r#"{"message":"no Route matched"}"#, gateway),
        (401, "", identity(None)),
        (400, r#"{"error":"invalid_grant"}"#, identity(None)),
        (
            403,
            r#"{"error":{"code":"10201"}}"#,
            identity(Some("10201")),
        ),
        (
            401,
            r#"{"error":"server_error","error_description":"Falha na autenticação 1.2.6"}"#,
            identity(Some("1.2.6")),
        ),
        (
            429,
            r#"{"message":"Too Many Requests"}"#,
            (ErrorKind::RateLimited, None, None),
        ),
        (
            429,
            "<html>error 1015</html>",
            (ErrorKind::RateLimited, Some(Obstacle::Page), None),
        ),
    ] {
        let script = ScriptedTransport::new().every_token(Step::json(status, body));
        let client = unhurried(&Arc::new(script));
        let options = CallOptions::default();
        let answer = client.process(&key(), &id(), &options).await;
        let error = answer.unwrap_err();
        let code = error.code().map(idcloud_model::ErrorCode::as_str);
        assert_eq!((error.kind(), error.obstacle(), code), expected, "{body}");
        let help = error.help().unwrap_or_default();
        if error.kind() != ErrorKind::Credentials {
            assert!(help.contains("firewall"), "{body}: {help}");
            assert!(!error.to_string().contains("credentials"), "{error}");
        }
        let waits = error.kind() == ErrorKind::RateLimited;
        assert_eq!(help.starts_with("Wait"), waits, "{body}: {help}");
    }
}

/// If every token is refused, the fault is elsewhere: few more are fetched.
#[tokio::test(start_paused = true)]
async fn tokens_are_not_fetched_in_vain() {
    for refusal in ["{}", r#"{"error":{"code":"10502","description":"x"}}"#] {
        let script = Arc::new(ScriptedTransport::new().every_call(Step::json(401, refusal)));
        let client = unhurried(&script);
        for _ in 0..600 {
            assert_eq!(herd(&client, 1).await, [Err(ErrorKind::Credentials)]);
            sleep(Duration::from_millis(100)).await;
        }
        assert!(script.exchanges() <= 5, "{}", script.exchanges());
    }
}

/// Refuses the API key `bad` without a code, and delays every answer.
#[derive(Default)]
struct ByKey {
    exchanges: AtomicUsize,
    calls: AtomicUsize,
    revoked: Mutex<Option<(String, &'static str)>>,
}

impl ByKey {
    fn client(self: &Arc<Self>) -> Client {
        Client::builder(Environment::local(account()))
            .transport(Arc::<Self>::clone(self))
            .clock(Arc::new(VirtualClock::new()))
            .jitter(Arc::new(|| 1.0))
            .rate(100_000)
            .max_queued(100_000)
            .build()
            .unwrap()
    }

    fn exchanges(&self) -> usize {
        self.exchanges.load(Ordering::Relaxed)
    }

    /// Answers the newest token with this body and 401 from now on.
    fn revoke(&self, body: &'static str) {
        let newest = format!("Bearer t{}", self.exchanges());
        *self.revoked.lock().unwrap() = Some((newest, body));
    }
}

#[async_trait]
impl Transport for ByKey {
    async fn send(
        &self,
        request: Request<Bytes>,
        context: CallContext,
    ) -> Result<Response<Bytes>, TransportError> {
        sleep(Duration::from_millis(250)).await;
        if context.operation == Operation::Token {
            let number = self.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
            let body = format!(r#"{{"access_token":"t{number}","expires_in":3600}}"#);
            return Ok(Response::new(Bytes::from(body)));
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        let header = |name: &str| request.headers()[name].to_str().unwrap();
        let revoked = self.revoked.lock().unwrap();
        let refusal = match &*revoked {
            Some((token, body)) if token == header("authorization") => Some(*body),
            _ => (header("apikey") == "bad").then_some("{}"),
        };
        let mut answer = Response::new(Bytes::from_static(refusal.unwrap_or(DONE).as_bytes()));
        if refusal.is_some() {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
        Ok(answer)
    }
}

fn bad() -> ApiKey {
    ApiKey::new("bad", Capabilities::NONE).unwrap()
}

/// An API key that is refused without a code looks like a bad token. Ten thousand overlapping calls
/// in a minute, with that key alone or alternating with a good one, make at most five exchanges.
#[tokio::test(start_paused = true)]
async fn a_refused_api_key_costs_few_exchanges() {
    for keys in [vec![bad()], vec![bad(), key()]] {
        let server = Arc::new(ByKey::default());
        let client = server.client();
        let mut calls = JoinSet::new();
        let start = Instant::now();
        for key in keys.iter().cycle().take(10_000) {
            let (client, key) = (client.clone(), key.clone());
            calls.spawn(async move {
                let end = client.process(&key, &id(), &CallOptions::default()).await;
                end.map(|_| ()).map_err(|error| error.kind())
            });
            sleep(Duration::from_millis(5)).await;
        }
        let ends = calls.join_all().await;
        assert!(start.elapsed() < Duration::from_secs(62));
        let well = ends.iter().filter(|end| end.is_ok()).count();
        assert_eq!(well, 10_000 - 10_000 / keys.len());
        assert!(server.exchanges() <= 5, "{}", server.exchanges());
    }
}

/// The same one call at a time, and for an hour: one exchange every five minutes remains.
#[tokio::test(start_paused = true)]
async fn a_refused_api_key_stays_cheap() {
    let server = Arc::new(ByKey::default());
    let client = server.client();
    let options = CallOptions::default();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3000) {
        let refused = client.process(&bad(), &id(), &options).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Credentials);
        let _ = client.process(&key(), &id(), &options).await.unwrap();
    }
    assert!(server.exchanges() <= 17, "{}", server.exchanges());
}

/// A token that was accepted and is refused later may have been revoked: it is replaced once, even
/// without a code; and with a code even while a refused API key makes bare refusals doubtful.
#[tokio::test(start_paused = true)]
async fn a_revoked_token_is_replaced() {
    let options = CallOptions::default();
    for (body, beside_bad_key) in [
        ("{}", false),
        (r#"{"error":{"code":"10501"}}"#, false),
        (r#"{"error":{"code":"10501"}}"#, true),
    ] {
        let server = Arc::new(ByKey::default());
        let client = server.client();
        let _ = client.process(&key(), &id(), &options).await.unwrap();
        if beside_bad_key {
            for _ in 0..40 {
                client.process(&bad(), &id(), &options).await.unwrap_err();
            }
        }
        let before = server.exchanges();
        server.revoke(body);
        let _ = client.process(&key(), &id(), &options).await.unwrap();
        assert_eq!(server.exchanges(), before + 1);
    }
}

/// A token that replaced a rejected one is not rejected at once, whatever the code.
#[tokio::test(start_paused = true)]
async fn a_replacement_is_given_a_chance() {
    let server = Arc::new(ByKey::default());
    let client = server.client();
    let options = CallOptions::default();
    client.process(&bad(), &id(), &options).await.unwrap_err();
    assert_eq!(server.exchanges(), 2);
    server.revoke(r#"{"error":{"code":"10501"}}"#);
    for _ in 0..5 {
        client.process(&key(), &id(), &options).await.unwrap_err();
    }
    assert_eq!(server.exchanges(), 2);
    sleep(Duration::from_secs(5)).await;
    let _ = client.process(&key(), &id(), &options).await.unwrap();
    assert_eq!(server.exchanges(), 3);
}

/// An early refresh that hangs fails no call whose token is valid, however little time the call
/// has, and takes at most a quarter of it, and two seconds, from one caller in thirty seconds.
#[tokio::test(start_paused = true)]
async fn a_hanging_early_refresh_fails_nobody() {
    for deadline in [100, 1000, 8000, 60_000].map(Duration::from_millis) {
        let script = Arc::new(
            ScriptedTransport::new()
                .token(Step::token("old", 3600))
                .every_token(Step::Hang)
                .every_call(done()),
        );
        let client = client(&script);
        let options = CallOptions::default().with_deadline(deadline);
        let _ = client.process(&key(), &id(), &options).await.unwrap();
        sleep(Duration::from_secs(3600 - 500)).await;
        let mut held_up = Vec::new();
        for _ in 0..60 {
            let start = Instant::now();
            let _ = client.process(&key(), &id(), &options).await.unwrap();
            held_up.push(start.elapsed());
            sleep(Duration::from_secs(1)).await;
        }
        let longest = (deadline / 4).min(Duration::from_secs(2)) + Duration::from_millis(2);
        assert!(held_up.iter().all(|time| *time <= longest), "{held_up:?}");
        assert!(held_up.iter().filter(|time| !time.is_zero()).count() <= 3);
        assert!((2..=4).contains(&script.exchanges()));
    }
}

/// A caller that is dropped during an early refresh does not make the next one refresh at once.
#[tokio::test(start_paused = true)]
async fn an_abandoned_early_refresh_is_not_begun_again_at_once() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("old", 3600))
            .every_token(Step::Hang)
            .every_call(done()),
    );
    let client = unhurried(&script);
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    sleep(Duration::from_secs(3600 - 500)).await;
    for _ in 0..20 {
        let hasty = tokio::time::timeout(Duration::from_millis(100), herd(&client, 1));
        let _ = hasty.await;
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(script.exchanges(), 2);
}

/// A token that expires during its early refresh is not used: the caller fetches another.
#[tokio::test(start_paused = true)]
async fn a_token_that_dies_meanwhile_is_not_used() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("old", 3600))
            .token(Step::Hang)
            .token(Step::token("new", 3600))
            .every_call(done()),
    );
    let client = unhurried(&script);
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    // Ten seconds before its expiry a token is no longer used.
    sleep(Duration::from_secs(3600 - 11)).await;
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    let last = script.calls().pop().unwrap();
    assert_eq!(last.header("authorization"), "Bearer new");
}

/// A used assertion is replaced once in an early refresh too, and is no reason to distrust the
/// account.
#[tokio::test(start_paused = true)]
async fn a_used_assertion_is_replaced_in_an_early_refresh_too() {
    let used = r#"{"error":"server_error","error_description":"Falha 1.2.7"}"#;
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("old", 3600))
            .token(Step::json(401, used))
            .token(Step::token("new", 3600))
            .every_call(done()),
    );
    let client = unhurried(&script);
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    sleep(Duration::from_secs(3100)).await;
    assert_eq!(herd(&client, 1).await, [Ok(())]);
    let last = script.calls().pop().unwrap();
    assert_eq!(last.header("authorization"), "Bearer new");
    assert_eq!(script.exchanges(), 3);
    script.push_call(Step::json(401, "{}"));
    assert_eq!(herd(&client, 1).await, [Ok(())]);
}

/// This machine's clock, wrong by a changing number of seconds.
#[derive(Clone, Debug)]
struct Wrong {
    real: VirtualClock,
    off: Arc<AtomicI64>,
}

impl Clock for Wrong {
    fn now(&self) -> SystemTime {
        let off = self.off.load(Ordering::Relaxed);
        let span = Duration::from_secs(off.unsigned_abs());
        let now = self.real.now();
        if off < 0 { now - span } else { now + span }
    }
    fn instant(&self) -> Instant {
        self.real.instant()
    }
    fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        self.real.sleep_until(deadline)
    }
}

/// A token endpoint that verifies the assertion's times.
struct Strict {
    clock: VirtualClock,
    exchanges: AtomicUsize,
}

#[async_trait]
impl Transport for Strict {
    async fn send(
        &self,
        request: Request<Bytes>,
        context: CallContext,
    ) -> Result<Response<Bytes>, TransportError> {
        if context.operation != Operation::Token {
            return Ok(Response::new(Bytes::from_static(DONE.as_bytes())));
        }
        self.exchanges.fetch_add(1, Ordering::Relaxed);
        let form = String::from_utf8(request.into_body().to_vec()).unwrap();
        let payload = form.split('.').nth(1).unwrap();
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(payload)
            .unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        let now = self.clock.now();
        let seconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let claim = |name| {
            claims
                .get(name)
                .and_then(serde_json::Value::as_u64)
                .unwrap()
        };
        let code = if claim("exp") <= seconds {
            Some("1.2.4")
        } else if claim("iat") > seconds + 60 {
            Some("1.2.5")
        } else {
            None
        };
        let mut answer = Response::new(Bytes::from(match code {
            None => r#"{"access_token":"t","expires_in":3600}"#.to_owned(),
            Some(code) => format!(r#"{{"error":"x","error_description":"Falha {code}"}}"#),
        }));
        if code.is_some() {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
        let date = httpdate::fmt_http_date(now).parse().unwrap();
        answer.headers_mut().insert("date", date);
        Ok(answer)
    }
}

/// A correction for this machine's clock ends when the clock is set right, and follows it when it
/// becomes wrong in another way.
#[tokio::test(start_paused = true)]
async fn a_clock_correction_does_not_outlive_its_reason() {
    let real = VirtualClock::new();
    let off = Arc::new(AtomicI64::new(-7200));
    let server = Arc::new(Strict {
        clock: real.clone(),
        exchanges: AtomicUsize::new(0),
    });
    let clock = Wrong {
        real,
        off: Arc::clone(&off),
    };
    let client = Client::builder(Environment::local(account()))
        .transport(Arc::<Strict>::clone(&server))
        .clock(Arc::new(clock))
        .build()
        .unwrap();
    let options = CallOptions::default();
    // Behind by two hours; set right; behind by four; behind by two, corrected for four; right.
    for (now_off, exchanges) in [
        (-7200, 2),
        (0, 2),
        (-14_400, 2),
        (-7200, 2),
        (-7200, 1),
        (0, 2),
        (0, 1),
    ] {
        off.store(now_off, Ordering::Relaxed);
        let before = server.exchanges.load(Ordering::Relaxed);
        let _ = client.process(&key(), &id(), &options).await.unwrap();
        let after = server.exchanges.load(Ordering::Relaxed);
        assert_eq!(after - before, exchanges, "off by {now_off} s");
        sleep(Duration::from_secs(3700)).await;
    }
}

/// A `Date` corrects an assertion by at most a day: a server or a proxy with a wrong clock causes
/// no assertion that is valid for years. The difference is reported all the same.
#[tokio::test(start_paused = true)]
async fn a_date_corrects_by_at_most_a_day() {
    for (date, corrected) in [
        ("Thu, 01 Jan 2026 23:59:00 GMT", true),
        ("Fri, 02 Jan 2026 00:01:00 GMT", false),
        ("Wed, 31 Dec 2025 00:01:00 GMT", true),
        ("Tue, 30 Dec 2025 23:59:00 GMT", false),
        ("Fri, 31 Dec 9999 23:59:59 GMT", false),
        ("Sun, 06 Nov 1994 08:49:37 GMT", false),
    ] {
        let expired = Step::json(
            401,
            r#"{"error":"x","error_description":"Authentication failed (1.2.4)"}"#,
        );
        let script = ScriptedTransport::new().every_token(expired.with_header("date", date));
        let script = Arc::new(script);
        let client = client(&script);
        let options = CallOptions::default();
        let error = client.process(&key(), &id(), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials, "{date}");
        assert!(error.clock_skew_seconds().is_some(), "{date}");
        let today = 1_767_225_600_u64;
        let issued: Vec<u64> = script.requests().iter().map(issued_at).collect();
        assert_eq!(issued.len(), if corrected { 2 } else { 1 }, "{date}");
        for issued in issued {
            assert!(issued.abs_diff(today) <= 24 * 3600 + 60, "{date}: {issued}");
        }
    }
}

/// The issue time in an exchange's assertion.
fn issued_at(request: &Recorded) -> u64 {
    let body = String::from_utf8(request.body.clone()).unwrap();
    let assertion = body.split("assertion=").nth(1).unwrap();
    let claims = assertion.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims.get("iat").unwrap().as_u64().unwrap()
}

/// A token with an unreadable lifetime is still used.
#[tokio::test(start_paused = true)]
async fn an_unreadable_life_costs_one_exchange() {
    for life in [
        "0",
        "-1",
        r#""3600.0""#,
        r#""soon""#,
        "18446744073709551615",
    ] {
        let body = format!(r#"{{"access_token":"x","expires_in":{life}}}"#);
        let script = Arc::new(
            ScriptedTransport::new()
                .every_token(Step::json(200, body))
                .every_call(done()),
        );
        assert_eq!(herd(&unhurried(&script), 10).await, vec![Ok(()); 10]);
        assert_eq!(script.exchanges(), 1, "{life}");
    }
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
