//! One call from its admission to its answer, over a script and in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{
    DONE, FAILED, ID, account, builder, builder_with, capture, capture_with, client, create, id,
    key,
};
use async_trait::async_trait;
use bytes::Bytes;
use idcloud_http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_http::{
    BeforeDispatch, BoxError, CallContext, CallOptions, Client, Clock, Delivery, Environment,
    ErrorKind, Operation, RetryAdvice, ServiceAccount, SignError, Signer, Sleep, Transport,
    TransportError, TransportErrorKind,
};
use idcloud_model::{Process, Status};
use tokio::time::Instant;

/// All requests of one create: a token exchange and the create, with exactly the documented
/// headers.
#[tokio::test(start_paused = true)]
async fn a_create_sends_what_is_documented() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::json(200, DONE).with_header("idcloud-simulated", "true")),
    );
    let client = client(&script);
    let answer = client
        .create(&key(), &create(), &CallOptions::default())
        .await
        .unwrap();
    assert!(answer.simulated());
    assert_eq!(answer.attempts(), 1);
    assert_eq!(answer.value().id().as_str(), ID);

    let requests = script.requests();
    let [exchange, call] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert_eq!(
        exchange.uri,
        "https://identity.idcloud.invalid/oauth2/token"
    );
    assert_eq!(
        exchange.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    let form = String::from_utf8(exchange.body.clone()).unwrap();
    let (grant, assertion) = form.split_once("&assertion=").unwrap();
    assert_eq!(
        grant,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    );
    assert_eq!(assertion.split('.').count(), 3);

    assert_eq!(call.uri, "https://api.idcloud.invalid/processes/v1");
    assert_eq!(call.method, "POST");
    assert_eq!(call.header("authorization"), "Bearer token-0");
    assert_eq!(call.header("apikey"), "an-api-key");
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!(call.header("accept"), "application/json");
    assert_eq!(call.header("content-length"), call.body.len().to_string());
    for request in [exchange, call] {
        let own = concat!("idcloud-rs/", env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), own);
        assert_eq!(request.header("accept-encoding"), "identity");
    }
    assert_eq!(call.headers.len(), 7);
    assert!(call.headers["authorization"].is_sensitive());
    assert!(call.headers["apikey"].is_sensitive());
}

/// Records the order of the steps of a call.
#[derive(Default)]
struct Events(Mutex<Vec<String>>);

impl Events {
    fn add(&self, event: impl Into<String>) {
        self.0.lock().unwrap().push(event.into());
    }
}

struct Recording(Arc<Events>, ScriptedTransport);

#[async_trait]
impl Transport for Recording {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.0
            .add(format!("send {} {}", context.operation, context.attempt));
        self.1.send(request, context).await
    }
}

struct RecordingSigner(Arc<Events>);

#[async_trait]
impl Signer for RecordingSigner {
    async fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.0.add("sign");
        Ok(vec![1])
    }
}

struct RecordingHook(Arc<Events>);

#[async_trait]
impl BeforeDispatch for RecordingHook {
    async fn before_dispatch(&self, attempt: u32) -> Result<(), BoxError> {
        self.0.add(format!("hook {attempt}"));
        Ok(())
    }

    fn departing(&self, attempt: u32) {
        self.0.add(format!("departing {attempt}"));
    }

    async fn did_not_run(&self, attempt: u32) -> Result<(), BoxError> {
        self.0.add(format!("did not run {attempt}"));
        Ok(())
    }
}

/// The order: admission, authorization, hook, send; a repetition queues again and runs the hook
/// again, with the same token and body.
#[tokio::test(start_paused = true)]
async fn the_order_is_fixed() {
    let events = Arc::new(Events::default());
    let script = ScriptedTransport::new()
        .call(Step::Fail(TransportErrorKind::Connect))
        .call(Step::json(401, "{}"))
        .call(Step::json(200, DONE));
    let signer = Arc::new(RecordingSigner(Arc::clone(&events)));
    let account = ServiceAccount::with_signer("tests", "tenant", signer).unwrap();
    let client = Client::builder(Environment::local(account))
        .transport(Arc::new(Recording(Arc::clone(&events), script)))
        .clock(Arc::new(VirtualClock::new()))
        .build()
        .unwrap();
    let options =
        CallOptions::default().with_before_dispatch(Arc::new(RecordingHook(Arc::clone(&events))));
    let answer = client.create(&key(), &create(), &options).await.unwrap();
    assert_eq!(answer.attempts(), 3);
    assert_eq!(
        *events.0.lock().unwrap(),
        [
            "sign",
            "send token 1",
            "hook 1",
            "send create_process 1",
            "did not run 1",
            "hook 2",
            "send create_process 2",
            "departing 2",
            "did not run 2",
            "sign",
            "send token 1",
            "hook 3",
            "send create_process 3",
            "departing 3",
        ]
    );
}

/// The calls of a hook during a call with these answers.
async fn told(steps: Vec<Step>, options: CallOptions, creates: bool) -> Vec<String> {
    let events = Arc::new(Events::default());
    let script = steps
        .into_iter()
        .fold(ScriptedTransport::new(), ScriptedTransport::call);
    let client = client(&Arc::new(script));
    let options = options.with_before_dispatch(Arc::new(RecordingHook(Arc::clone(&events))));
    if creates {
        drop(client.create(&key(), &create(), &options).await);
    } else {
        drop(client.process(&key(), &id(), &options).await);
    }
    let events = events.0.lock().unwrap();
    events.clone()
}

/// Never pay twice: a hook hears that nothing ran only if that is proven for every attempt so far,
/// and only for creates.
#[tokio::test(start_paused = true)]
async fn a_hook_hears_only_what_is_proven() {
    let unsent = || Step::Fail(TransportErrorKind::Connect);
    let done = || Step::json(200, DONE);
    for (step, proven) in [
        (unsent(), true),
        (Step::json(429, ""), true),
        (Step::json(425, ""), true),
        (Step::json(401, ""), true),
        (Step::json(403, r#"{"error":{"code":"10502"}}"#), true),
        // These are repeated only because the caller would rather pay twice.
        (Step::json(500, ""), false),
        (Step::Fail(TransportErrorKind::Interrupted), false),
    ] {
        let options = CallOptions::default().with_accept_duplicates(true);
        let heard = told(vec![step.clone(), done()], options.clone(), true).await;
        let mut twice = ["hook 1", "departing 1", "hook 2", "departing 2"]
            .map(str::to_owned)
            .to_vec();
        if matches!(step, Step::Fail(TransportErrorKind::Connect)) {
            twice.remove(1);
        }
        let mut expected = twice.clone();
        if proven {
            expected.insert(expected.len() - 2, "did not run 1".to_owned());
        }
        assert_eq!(heard, expected, "{step:?}");
        // An attempt that may have run keeps the call ambiguous.
        let heard = told(vec![step.clone(), unsent(), done()], options.clone(), true).await;
        let second = heard.contains(&"did not run 2".to_owned());
        assert_eq!(second, proven, "{step:?}");
        // A lookup runs nothing.
        let heard = told(vec![step.clone(), done()], options, false).await;
        assert_eq!(heard, twice, "{step:?}");
    }
    // At the call's end the error says it.
    let heard = told(vec![Step::json(400, "")], CallOptions::default(), true).await;
    assert_eq!(heard, ["hook 1", "departing 1"]);
}

/// A transport that does not report when a request is sent.
struct Unknowing(Step);

#[async_trait]
impl Transport for Unknowing {
    #[expect(clippy::panic, reason = "a transport that panics is what is tried")]
    async fn send(
        &self,
        _request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        match (&self.0, context.operation) {
            (_, Operation::Token) => match Step::token("token", 60) {
                Step::Answer(answer) => Ok(answer),
                _ => unreachable!(),
            },
            (Step::Panic, _) => panic!("it may have sent the request"),
            _ => std::future::pending().await,
        }
    }
}

/// Never pay twice: whatever a transport does that reports nothing, its request counts as sent by
/// the time the caller can drop the call.
#[tokio::test(start_paused = true)]
async fn a_transport_that_does_not_know_has_sent() {
    for step in [Step::Hang, Step::Panic] {
        let events = Arc::new(Events::default());
        let client = Client::builder(Environment::local(account()))
            .transport(Arc::new(Unknowing(step.clone())))
            .clock(Arc::new(VirtualClock::new()))
            .build()
            .unwrap();
        let hook = RecordingHook(Arc::clone(&events));
        let call = tokio::spawn(async move {
            let options = CallOptions::default().with_before_dispatch(Arc::new(hook));
            drop(client.create(&key(), &create(), &options).await);
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        call.abort();
        drop(call.await);
        assert_eq!(
            *events.0.lock().unwrap(),
            ["hook 1", "departing 1"],
            "{step:?}"
        );
    }
}

/// A scripted connection that is never made takes no request.
#[tokio::test(start_paused = true)]
async fn what_never_connects_does_not_depart() {
    for (end, departs) in [
        (TransportErrorKind::Connect, false),
        (TransportErrorKind::NotSent, false),
        (TransportErrorKind::Interrupted, true),
        (TransportErrorKind::Timeout, true),
    ] {
        let slow = Step::Fail(end).after(Duration::from_secs(5));
        let script = Arc::new(ScriptedTransport::new().every_call(slow));
        let events = Arc::new(Events::default());
        let hook = RecordingHook(Arc::clone(&events));
        let options = CallOptions::default().with_before_dispatch(Arc::new(hook));
        let client = client(&script);
        let (key, request) = (key(), create());
        let call = client.create(&key, &request, &options);
        let left = tokio::time::timeout(Duration::from_secs(1), call).await;
        assert!(left.is_err());
        let heard = events.0.lock().unwrap().contains(&"departing 1".to_owned());
        assert_eq!(heard, departs, "{end:?}");
    }
}

/// What happens to the hook's `did_not_run`.
#[derive(Clone, Copy)]
enum Deafness {
    Fails,
    Hangs,
}

#[async_trait]
impl BeforeDispatch for Deafness {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        Ok(())
    }

    async fn did_not_run(&self, _attempt: u32) -> Result<(), BoxError> {
        match self {
            Self::Fails => Err("the disk is full".into()),
            Self::Hangs => std::future::pending().await,
        }
    }
}

/// A late report could be taken for one of the next attempt: so there is no next attempt, and the
/// call ends as its last attempt did.
#[tokio::test(start_paused = true)]
async fn nothing_follows_what_was_not_heard() {
    for deafness in [Deafness::Fails, Deafness::Hangs] {
        let script = Arc::new(
            ScriptedTransport::new()
                .call(Step::Fail(TransportErrorKind::Connect))
                .every_call(Step::json(200, DONE)),
        );
        let options = CallOptions::default().with_before_dispatch(Arc::new(deafness));
        let start = Instant::now();
        let error = client(&script)
            .create(&key(), &create(), &options)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert_eq!(script.calls().len(), 1);
        assert!(start.elapsed() <= CallOptions::DEADLINE);
    }
}

struct Refusing;

#[async_trait]
impl BeforeDispatch for Refusing {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        Err("the disk is full".into())
    }
}

/// A failing hook ends the call before anything is sent.
#[tokio::test(start_paused = true)]
async fn a_failed_hook_sends_nothing() {
    let script = Arc::new(ScriptedTransport::new());
    let options = CallOptions::default().with_before_dispatch(Arc::new(Refusing));
    let error = client(&script)
        .create(&key(), &create(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Hook);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_eq!(error.attempts(), 0);
    assert!(script.calls().is_empty());
}

/// Never pay twice: a create with an unknown end is sent once, whatever the cause.
#[tokio::test(start_paused = true)]
async fn an_ambiguous_create_is_sent_once() {
    for step in [
        Step::Fail(TransportErrorKind::Interrupted),
        Step::Fail(TransportErrorKind::TruncatedAnswer),
        Step::Hang,
        Step::json(408, ""),
        Step::json(500, r#"{"error":{"code":"99999"}}"#),
        Step::json(200, "{"),
        Step::json(200, "{}"),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(step.clone()));
        let error = client(&script)
            .create(&key(), &create(), &CallOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{step:?}");
        assert_eq!(error.delivery(), Delivery::Unknown);
        assert_eq!(error.retry_advice(), RetryAdvice::MayRepeatEffect);
        assert_eq!(error.operation(), Operation::CreateProcess);
        assert_eq!(script.calls().len(), 1);
    }
}

/// A lookup with the same outcome is sent five times.
#[tokio::test(start_paused = true)]
async fn a_lookup_is_repeated() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(503, "")));
    let start = Instant::now();
    let error = client(&script)
        .process(&key(), &id(), &CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.attempts(), 5);
    assert_eq!(script.calls().len(), 5);
    // 1, 2, 4 and 8 seconds, by the longest jitter.
    assert_eq!(start.elapsed().as_secs(), 15);
}

/// A create that was not sent is tried again, at most five times in all.
#[tokio::test(start_paused = true)]
async fn what_did_not_leave_is_tried_again() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::Fail(TransportErrorKind::Connect))
            .call(Step::Fail(TransportErrorKind::NotSent))
            .call(Step::json(200, DONE)),
    );
    let answer = client(&script)
        .create(&key(), &create(), &CallOptions::default())
        .await
        .unwrap();
    assert_eq!(answer.attempts(), 3);
    let bodies: Vec<_> = script.calls().into_iter().map(|call| call.body).collect();
    assert_eq!(bodies[0], bodies[2]);

    let script =
        Arc::new(ScriptedTransport::new().every_call(Step::Fail(TransportErrorKind::Connect)));
    let error = client(&script)
        .create(&key(), &create(), &CallOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_eq!(script.calls().len(), 5);
}

/// A failed process is an answer, with 200 on the create and with 410 on the lookup.
#[tokio::test(start_paused = true)]
async fn a_failed_process_is_an_answer() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::json(200, FAILED))
            .call(Step::json(410, FAILED))
            .call(Step::json(410, "{}")),
    );
    let client = client(&script);
    let options = CallOptions::default();
    for answer in [
        client.create(&key(), &create(), &options).await.unwrap(),
        client.process(&key(), &id(), &options).await.unwrap(),
    ] {
        assert!(matches!(answer.value(), Process::Final(_)));
        assert_eq!(*answer.value().status(), Status::Failed);
    }
    let gone = client.process(&key(), &id(), &options).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Gone);
    assert_eq!(gone.retry_advice(), RetryAdvice::Never);
}

/// `Retry-After` is a floor; one that passes the deadline ends the call at once.
#[tokio::test(start_paused = true)]
async fn retry_after_is_kept() {
    let limited = |seconds| Step::json(429, "").with_header("retry-after", seconds);
    let script = Arc::new(
        ScriptedTransport::new()
            .call(limited("12"))
            .call(Step::json(200, DONE))
            .call(limited("61")),
    );
    let client = client(&script);
    let options = CallOptions::default();
    let start = Instant::now();
    let answer = client.create(&key(), &create(), &options).await.unwrap();
    assert_eq!(answer.attempts(), 2);
    assert_eq!(start.elapsed().as_secs(), 12);

    let start = Instant::now();
    let error = client
        .create(&key(), &create(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(
        error.retry_advice(),
        RetryAdvice::After(Duration::from_secs(61))
    );
    assert!(start.elapsed() < Duration::from_secs(1));

    // Digits that do not fit count as the longest wait, and not as none: nothing is sent meanwhile.
    let script = Arc::new(ScriptedTransport::new().every_call(limited("18446744073709551616")));
    let client = self::client(&script);
    let error = client
        .create(&key(), &create(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(
        error.retry_advice(),
        RetryAdvice::After(Duration::from_secs(u64::MAX))
    );
    assert_eq!(script.calls().len(), 1);
}

/// A rejected token is replaced once; a second rejection is the credentials' fault.
#[tokio::test(start_paused = true)]
async fn the_token_is_refreshed_once() {
    for rejection in [
        Step::json(401, "{}"),
        Step::json(403, r#"{"error":{"code":"10502"}}"#),
    ] {
        let script = Arc::new(
            ScriptedTransport::new()
                .call(rejection.clone())
                .call(Step::json(200, DONE))
                .every_call(rejection),
        );
        let client = client(&script);
        let options = CallOptions::default();
        let _ = client.create(&key(), &create(), &options).await.unwrap();
        assert_eq!(script.exchanges(), 2);
        assert_eq!(script.calls()[1].header("authorization"), "Bearer token-1");

        // A replacement is kept for some seconds before it is replaced in turn.
        tokio::time::sleep(Duration::from_secs(6)).await;
        let error = client
            .create(&key(), &create(), &options)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(error.delivery(), Delivery::Answered);
        assert_eq!(error.attempts(), 2);
        assert_eq!(script.exchanges(), 3);
    }
}

/// A token that IDCloud failed to use (10700, a server error) is replaced before the next request.
/// A lookup is repeated; a create may have run.
#[tokio::test(start_paused = true)]
async fn a_token_that_idcloud_failed_to_use_is_dropped() {
    let failed = || Step::json(500, r#"{"Error":{"code":10700}}"#);
    let script = Arc::new(
        ScriptedTransport::new()
            .call(failed())
            .call(Step::json(200, DONE))
            .call(failed())
            .call(Step::json(200, DONE)),
    );
    let client = client(&script);
    let options = CallOptions::default();
    let error = client.create(&key(), &create(), &options).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Ambiguous, 1));
    assert_eq!(script.exchanges(), 1);
    let _ = client.create(&key(), &create(), &options).await.unwrap();
    assert_eq!(script.exchanges(), 2);
    assert_eq!(script.calls()[1].header("authorization"), "Bearer token-1");
    // A replacement is kept for some seconds before it is replaced in turn.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let looked = client.process(&key(), &id(), &options).await.unwrap();
    assert_eq!((looked.attempts(), script.exchanges()), (2, 3));
}

/// Never pay twice: an answer that names a process ends a create, whatever its status, and the
/// error has the id. An id alone is a trace id, and proves nothing.
#[tokio::test(start_paused = true)]
async fn an_answer_that_names_a_process_is_never_repeated() {
    let willing = CallOptions::default().with_accept_duplicates(true);
    for status in [303, 400, 401, 403, 409, 410, 422, 425, 429, 500, 503] {
        for body in [
            FAILED,
            DONE,
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","unicoId":{"result":"yes"}}"#,
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","status":1,"error":{"code":"10501"}}"#,
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","status":3,"tr"#,
        ] {
            let script = Arc::new(ScriptedTransport::new().every_call(Step::json(status, body)));
            let created = client(&script).create(&key(), &create(), &willing).await;
            let error = created.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Ambiguous, "{status} {body}");
            assert_eq!(error.delivery(), Delivery::Unknown);
            assert_eq!(error.process_id(), Some(&id()), "{status} {body}");
            assert_eq!(script.calls().len(), 1, "{status} {body}");
        }
        for body in [
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111"}"#,
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","status":400}"#,
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","error":{"code":"20507"}}"#,
            r#"{"type":"about:blank","title":"no","status":409,"id":"3f2b8a54"}"#,
        ] {
            let script = Arc::new(ScriptedTransport::new().every_call(Step::json(status, body)));
            let created = client(&script).create(&key(), &create(), &willing).await;
            assert_eq!(created.unwrap_err().process_id(), None, "{status} {body}");
        }
    }
}

/// Never pay for nothing: the id in an answer that cannot be read to its end is in the error.
#[tokio::test(start_paused = true)]
async fn an_id_that_arrived_is_kept() {
    for (body, named) in [
        (
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","status":3,"unico"#,
            true,
        ),
        (r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111""#, true),
        (
            r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111"} <html>"#,
            true,
        ),
        (
            r#"{"x":{"id":"1"},"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","#,
            true,
        ),
        (r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-11111111"#, false),
        (
            r#"{"x":{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111""#,
            false,
        ),
        (r#"{"status":3}"#, false),
        ("<html>", false),
        ("", false),
    ] {
        let options = CallOptions::default();
        let script = Arc::new(ScriptedTransport::new().every_call(Step::json(200, body)));
        let error = client(&script).create(&key(), &create(), &options).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{body}");
        assert_eq!(error.process_id(), named.then(id).as_ref(), "{body}");
        assert_eq!(script.calls().len(), 1, "{body}");
    }
}

/// 30017 has two meanings: another token is tried only if the current one is not fresh.
#[tokio::test(start_paused = true)]
async fn a_fresh_token_is_not_blamed_for_missing_permission() {
    let denied = Step::json(403, r#"{"error":{"code":"30017"}}"#);
    let script = Arc::new(ScriptedTransport::new().every_call(denied));
    let client = client(&script);
    let options = CallOptions::default();
    let error = client.process(&key(), &id(), &options).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Credentials, 1)
    );
    tokio::time::sleep(Duration::from_secs(90)).await;
    let error = client.process(&key(), &id(), &options).await.unwrap_err();
    assert_eq!(error.attempts(), 2);
    assert_eq!(script.exchanges(), 2);
}

/// A process that was created a moment ago may not be found yet.
#[tokio::test(start_paused = true)]
async fn not_found_is_not_yet_for_half_a_minute() {
    let missing = Step::json(404, r#"{"error":{"code":"50001"}}"#);
    let script = Arc::new(
        ScriptedTransport::new()
            .call(missing.clone())
            .call(Step::json(200, DONE))
            .every_call(missing),
    );
    let clock = Arc::new(VirtualClock::new());
    let client = builder_with(&script, clock.clone()).build().unwrap();
    let young = CallOptions::default().with_created_at(clock.now());
    let answer = client.process(&key(), &id(), &young).await.unwrap();
    assert_eq!(answer.attempts(), 2);
    let plain = CallOptions::default();
    let error = client.process(&key(), &id(), &plain).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 1));
}

/// The caller may accept a duplicate; a create that may have run stays ambiguous however the call
/// ends.
#[tokio::test(start_paused = true)]
async fn accepted_duplicates_are_sent_again() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::json(502, ""))
            .call(Step::json(200, DONE))
            .call(Step::json(502, ""))
            .call(Step::json(400, r#"{"error":{"code":"20507"}}"#)),
    );
    let client = client(&script);
    let willing = CallOptions::default().with_accept_duplicates(true);
    let answer = client.create(&key(), &create(), &willing).await.unwrap();
    assert_eq!(answer.attempts(), 2);
    let error = client
        .create(&key(), &create(), &willing)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.delivery(), Delivery::Unknown);
}

/// The deadline covers every step: here the token exchange never ends.
#[tokio::test(start_paused = true)]
async fn the_deadline_covers_the_authorization() {
    let script = Arc::new(ScriptedTransport::new().every_token(Step::Hang));
    let start = Instant::now();
    let options = CallOptions::default().with_deadline(Duration::from_secs(7));
    let error = client(&script)
        .create(&key(), &create(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

/// An attempt has its own timeout, and the last one no more than the deadline leaves.
#[tokio::test(start_paused = true)]
async fn attempts_share_the_deadline() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::Hang));
    let start = Instant::now();
    let options = CallOptions::default()
        .with_attempt_timeout(Duration::from_secs(4))
        .with_deadline(Duration::from_secs(12));
    let error = client(&script)
        .process(&key(), &id(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(start.elapsed(), Duration::from_secs(12));
    let given: Vec<_> = script
        .calls()
        .iter()
        .map(|call| call.context.timeout.as_secs())
        .collect();
    assert_eq!(given, [4, 4, 1]);
}

/// The queue holds its maximum; the next call is refused at once, and a call that is not admitted
/// in time ends.
#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(200, DONE)));
    let client = builder(&script)
        .rate(1)
        .max_queued(2)
        .queue_timeout(Duration::from_millis(1500))
        .build()
        .unwrap();
    let options = CallOptions::default();
    let _ = client.access_token(&options).await.unwrap();
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                client
                    .process(&key(), &id(), &CallOptions::default())
                    .await
                    .map(|_| ())
                    .map_err(|error| (error.kind(), error.delivery()))
            })
        })
        .collect();
    let mut ends = Vec::new();
    for call in calls {
        ends.push(call.await.unwrap());
    }
    assert_eq!(
        ends,
        [
            Ok(()),
            Err((ErrorKind::QueueTimeout, Delivery::NotSent)),
            Err((ErrorKind::QueueFull, Delivery::NotSent)),
        ]
    );
}

/// New credentials take effect at once, in the same environment and tenant only.
#[tokio::test(start_paused = true)]
async fn credentials_can_be_replaced() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(200, DONE)));
    let client = client(&script);
    let options = CallOptions::default();
    let _ = client.process(&key(), &id(), &options).await.unwrap();
    client
        .replace_credentials(Environment::local(account()))
        .unwrap();
    let _ = client.process(&key(), &id(), &options).await.unwrap();
    assert_eq!(script.exchanges(), 2);
    let elsewhere = Environment::production(account());
    assert!(client.replace_credentials(elsewhere).is_err());
}

/// The caller's clock is the only source of time.
#[derive(Debug)]
struct Counting(VirtualClock);

impl Clock for Counting {
    fn now(&self) -> std::time::SystemTime {
        self.0.now() - Duration::from_secs(7200)
    }
    fn instant(&self) -> Instant {
        self.0.instant()
    }
    fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        self.0.sleep_until(deadline)
    }
}

/// A clock that is two hours behind is detected by the answer's date, corrected once, and reported.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_measured() {
    let clock = VirtualClock::new();
    let date = "Thu, 01 Jan 2026 00:00:00 GMT";
    let expired = || {
        Step::json(
            401,
            r#"{"error":"server_error","error_description":"Authentication failed (1.2.4)"}"#,
        )
        .with_header("date", date)
    };
    let script = Arc::new(
        ScriptedTransport::new()
            .token(expired())
            .token(Step::token("good", 3600))
            .every_token(expired())
            .every_call(Step::json(200, DONE)),
    );
    let client = builder_with(&script, Arc::new(Counting(clock)))
        .build()
        .unwrap();
    let options = CallOptions::default();
    let _ = client.process(&key(), &id(), &options).await.unwrap();
    assert_eq!(script.exchanges(), 2);

    client
        .replace_credentials(Environment::local(account()))
        .unwrap();
    let error = client.process(&key(), &id(), &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert_eq!(error.clock_skew_seconds(), Some(7200));
    assert_eq!(
        error.help().unwrap(),
        "This machine's clock is 7200 s behind IDCloud's; set it by NTP."
    );
}

/// A waiting call needs little memory: ten thousand of them are some ten megabytes.
#[tokio::test(start_paused = true)]
async fn a_call_is_small() {
    let client = client(&Arc::new(ScriptedTransport::new()));
    let (key, create, options) = (key(), create(), CallOptions::default());
    let size = size_of_val(&client.create(&key, &create, &options));
    assert!(size <= 4096, "{size}");
}

/// A capture token is single-use: accepting duplicates does not cover it, and its own option allows
/// one more attempt.
#[tokio::test(start_paused = true)]
async fn a_capture_token_is_sent_again_once_and_only_when_asked() {
    for (options, sent) in [
        (CallOptions::default(), 1),
        (CallOptions::default().with_accept_duplicates(true), 1),
        (CallOptions::default().with_resend_capture_token(true), 2),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(Step::json(502, "")));
        let error = client(&script)
            .create(&key(), &capture(), &options)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        assert_eq!(script.calls().len(), sent);
    }
    // That the token counts as used does not prove how the first attempt ended.
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::Fail(TransportErrorKind::Interrupted))
            .call(Step::json(400, r#"{"error":{"code":"10508"}}"#)),
    );
    let options = CallOptions::default().with_resend_capture_token(true);
    let error = client(&script)
        .create(&key(), &capture(), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.code().unwrap().as_str(), "10508");
}

/// A capture token that expired on the way is not sent: IDCloud would refuse it.
#[tokio::test(start_paused = true)]
async fn a_capture_token_may_grow_too_old_in_the_queue() {
    let script = Arc::new(
        ScriptedTransport::new().call(Step::json(429, "").with_header("retry-after", "1200")),
    );
    let clock = VirtualClock::new();
    let issued = clock.now();
    let seconds = issued
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let request = capture_with(&format!(r#"{{"iat":{seconds}}}"#), issued);
    let client = builder_with(&script, Arc::new(clock)).build().unwrap();
    let patient = CallOptions::default().with_deadline(Duration::from_secs(3600));
    let error = client.create(&key(), &request, &patient).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.code().unwrap().as_str(), "10507");
    assert_eq!(script.calls().len(), 1);
}
