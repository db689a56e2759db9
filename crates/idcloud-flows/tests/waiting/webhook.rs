//! The webhook's endpoint: which requests it accepts, how it responds, and what it never shows.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use idcloud_flows::Hints;
use idcloud_flows::http::BoxError;
use idcloud_flows::webhook::{Credentials, CredentialsError, Endpoint, VerifyBearer};

const NOTICE: &str =
    r#"{"processId":"80371b2a-3ac7-432e-866d-57fe37896ac6","state":"x","flow":"id"}"#;

async fn post(credentials: &Credentials, headers: &[(&str, &str)]) -> (Response<String>, Hints) {
    let hints = Hints::default();
    let endpoint = Endpoint::new(hints.clone(), credentials.clone());
    let mut request = Request::post("/webhook");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = endpoint
        .handle(request.body(NOTICE.to_owned()).unwrap())
        .await;
    assert!(answer.body().is_empty());
    (answer, hints)
}

/// Each form of registration accepts what was registered, and nothing else.
#[tokio::test]
async fn only_what_was_registered_is_let_in() {
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let basic = Credentials::basic("user", "pass:word").unwrap();
    let named = Credentials::api_key("X-Hook-Key: a:b c").unwrap();
    let raw = Credentials::api_key("lonely-value").unwrap();
    let colons = Credentials::authorization("x:y").unwrap();
    let rows: &[(&Credentials, Headers<'_>, u16)] = &[
        (
            &basic,
            &[("authorization", "Basic dXNlcjpwYXNzOndvcmQ=")],
            204,
        ),
        (
            &basic,
            &[("authorization", "basic  dXNlcjpwYXNzOndvcmQ=")],
            204,
        ),
        (
            &basic,
            &[("authorization", "Basic dXNlcjpwYXNzOndvcmR=")],
            401,
        ),
        (&basic, &[("authorization", "Basic dXNlcjpwYXNz")], 401),
        (&basic, &[("authorization", "Basic ")], 401),
        (&basic, &[("authorization", "dXNlcjpwYXNzOndvcmQ=")], 401),
        (
            &basic,
            &[("authorization", "Bearer dXNlcjpwYXNzOndvcmQ=")],
            401,
        ),
        (&basic, &[], 401),
        (&named, &[("x-hook-key", "a:b c")], 204),
        (
            &named,
            &[("x-hook-key", "a:b c"), ("authorization", "x")],
            204,
        ),
        (&named, &[("x-hook-key", "a:b C")], 401),
        (&named, &[("x-hook-key", "a")], 401),
        (
            &named,
            &[("x-hook-key", "a:b c"), ("x-hook-key", "other")],
            401,
        ),
        (&named, &[("authorization", "a:b c")], 401),
        (&raw, &[("authorization", "lonely-value")], 204),
        (&raw, &[("authorization", "Bearer lonely-value")], 401),
        (&colons, &[("authorization", "x:y")], 204),
        (&colons, &[("x", "y")], 401),
    ];
    for (credentials, headers, status) in rows {
        let (answer, hints) = post(credentials, headers).await;
        assert_eq!(answer.status(), *status, "{credentials:?} {headers:?}");
        assert_eq!(hints.snapshot().unknown, u64::from(*status == 204));
        assert_eq!(
            answer.headers().contains_key("www-authenticate"),
            *status == 401
        );
    }
    let (answer, _) = post(&Credentials::insecure_anyone(), &[]).await;
    assert_eq!(answer.status(), 204);
}

#[test]
fn credentials_that_could_never_match_are_refused() {
    use CredentialsError as E;
    let refused = |made: Result<Credentials, E>| made.unwrap_err();
    assert_eq!(refused(Credentials::basic("a:b", "c")), E::ColonInUser);
    for (user, password, error) in [
        ("", "", E::Empty("user")),
        ("", "secret", E::Empty("user")),
        (" ", "secret", E::Empty("user")),
        ("user", "", E::Empty("password")),
        ("user", " ", E::Empty("password")),
        ("user", "\t\n", E::Empty("password")),
        ("user", "\u{a0}", E::Empty("password")),
        ("user", "secret\n", E::Malformed("password")),
        ("us\0er", "secret", E::Malformed("user")),
    ] {
        assert_eq!(refused(Credentials::basic(user, password)), error);
    }
    assert_eq!(
        refused(Credentials::api_key("x-key:\u{a0}")),
        E::Empty("value")
    );
    assert_eq!(refused(Credentials::api_key("")), E::Empty("value"));
    assert_eq!(refused(Credentials::api_key("x-key: ")), E::Empty("value"));
    assert_eq!(refused(Credentials::api_key(":value")), E::Empty("header"));
    assert_eq!(
        refused(Credentials::api_key("x key:value")),
        E::Malformed("header")
    );
    assert_eq!(
        refused(Credentials::api_key("x-key:a\nb")),
        E::Malformed("value")
    );
    assert_eq!(refused(Credentials::authorization(" ")), E::Empty("value"));
}

/// Nothing personal leaks: no secret is shown in any form, nor in an error about it.
#[test]
fn secrets_do_not_show() {
    let verifier: Arc<dyn VerifyBearer> = Arc::new(Verifier::default());
    for credentials in [
        Credentials::basic("s3cret-user", "s3cret").unwrap(),
        Credentials::api_key("x-s3cret:s3cret").unwrap(),
        Credentials::authorization("s3cret").unwrap(),
        Credentials::bearer(verifier),
        Credentials::insecure_anyone(),
    ] {
        let endpoint = Endpoint::new(Hints::default(), credentials);
        assert!(!format!("{endpoint:?}{endpoint:#?}").contains("s3cret"));
    }
    let error = Credentials::api_key("x-key:s3cret\n").map(|_| ());
    assert!(!format!("{error:?}").contains("s3cret"));
}

/// Accepts `good` and refuses `bad`; otherwise fails as the caller's code may.
#[derive(Default)]
struct Verifier(AtomicUsize);

#[async_trait]
#[expect(clippy::panic, reason = "code of others may")]
impl VerifyBearer for Verifier {
    async fn verify(&self, token: &str) -> Result<bool, BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        match token {
            "good" => Ok(true),
            "slow" => {
                tokio::task::yield_now().await;
                Ok(true)
            }
            "panic" => panic!("s3cret"),
            "late-panic" => {
                tokio::task::yield_now().await;
                panic!("s3cret")
            }
            "error" => Err("s3cret".into()),
            _ => Ok(false),
        }
    }
}

/// A bearer's verifier decides; if it fails or panics the notification comes again later, and the
/// next one is judged as usual.
#[tokio::test]
async fn a_verifier_decides() {
    let verifier = Arc::new(Verifier::default());
    let shared: Arc<Verifier> = Arc::clone(&verifier);
    let credentials = Credentials::bearer(shared);
    for (header, status) in [
        ("Bearer good", 204),
        ("bearer slow", 204),
        ("Bearer bad", 401),
        ("Bearer panic", 500),
        ("Bearer late-panic", 500),
        ("Bearer error", 500),
        ("Bearer good", 204),
    ] {
        let (answer, hints) = post(&credentials, &[("authorization", header)]).await;
        assert_eq!(answer.status(), status, "{header}");
        assert_eq!(hints.snapshot().unknown, u64::from(status == 204));
        assert!(!format!("{answer:?}").contains("s3cret"));
    }
    let asked = verifier.0.load(Ordering::Relaxed);
    for header in ["Basic good", "Bearer", "Bearer ", "good"] {
        let (answer, _) = post(&credentials, &[("authorization", header)]).await;
        assert_eq!(answer.status(), 401, "{header}");
    }
    assert_eq!(verifier.0.load(Ordering::Relaxed), asked);
}

/// Payloads, and the response to each.
#[tokio::test]
async fn answers_by_payload() {
    let id = "80371b2a-3ac7-432e-866d-57fe37896ac6";
    let padded = |length: usize| {
        let head = format!(r#"{{"id":"{id}","x":""#);
        format!("{head}{}\"}}", "a".repeat(length - head.len() - 2))
    };
    let rows: Vec<(String, u16)> = vec![
        (NOTICE.to_owned(), 204),
        (format!(r#"{{"id":"{id}"}}"#), 204),
        (
            format!(r#"{{"processId":"{id}","state":"NEW_STATE","more":[1]}}"#),
            204,
        ),
        (
            format!(
                r#"{{"state":"PROCESS_STATE_FINISHED","processId":"{}"}}"#,
                id.to_uppercase()
            ),
            204,
        ),
        (padded(Endpoint::MAX_BYTES), 204),
        (padded(Endpoint::MAX_BYTES + 1), 413),
        (String::new(), 400),
        ("{}".to_owned(), 400),
        ("[]".to_owned(), 400),
        (format!("[\"{id}\"]"), 400),
        (r#"{"processId":"../../52998224725"}"#.to_owned(), 400),
        (r#"{"processId":7}"#.to_owned(), 400),
        ("{\"processId\":".to_owned(), 400),
        ("[".repeat(60_000), 400),
    ];
    for (payload, status) in rows {
        let hints = Hints::default();
        let endpoint = Endpoint::new(hints.clone(), Credentials::insecure_anyone());
        let body = Full::new(Bytes::from(payload.clone()));
        let answer = endpoint
            .handle(Request::post("/").body(body).unwrap())
            .await;
        assert_eq!(answer.status(), status, "{payload:.60}");
        assert!(answer.body().is_empty());
        assert_eq!(hints.snapshot().unknown, u64::from(status == 204));
    }
    let endpoint = Endpoint::new(Hints::default(), Credentials::insecure_anyone());
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let request = Request::builder().method(method).body(NOTICE.to_owned());
        let answer = endpoint.handle(request.unwrap()).await;
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], "POST");
    }
}

/// An endless body that counts how much of it is read.
struct Endless<'a>(&'a AtomicUsize, usize);

impl http_body::Body for Endless<'_> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        self.0.fetch_add(self.1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from(vec![
            b' ';
            self.1
        ])))))
    }
}

/// No more is read than a notification may have, whatever was announced; and nothing of a refused
/// request.
#[tokio::test]
async fn no_more_is_read_than_allowed() {
    let read = AtomicUsize::new(0);
    for piece in [1, 1000, 10_000] {
        read.store(0, Ordering::Relaxed);
        let endpoint = Endpoint::new(Hints::default(), Credentials::insecure_anyone());
        let request = Request::post("/").body(Endless(&read, piece)).unwrap();
        assert_eq!(endpoint.handle(request).await.status(), 413);
        assert!(read.load(Ordering::Relaxed) <= Endpoint::MAX_BYTES + piece);
    }
    read.store(0, Ordering::Relaxed);
    let endpoint = Endpoint::new(Hints::default(), Credentials::basic("u", "p").unwrap());
    let request = Request::post("/").body(Endless(&read, 10)).unwrap();
    assert_eq!(endpoint.handle(request).await.status(), 401);
    assert_eq!(read.load(Ordering::Relaxed), 0);
}

/// A body that breaks off is no notification, although the received part reads like one.
#[tokio::test]
async fn what_breaks_off_is_no_notification() {
    struct Cut(bool);
    impl http_body::Body for Cut {
        type Data = Bytes;
        type Error = &'static str;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, &'static str>>> {
            let first = std::mem::replace(&mut self.0, false);
            let frame = http_body::Frame::data(Bytes::from_static(NOTICE.as_bytes()));
            Poll::Ready(Some(if first { Ok(frame) } else { Err("s3cret") }))
        }
    }
    let hints = Hints::default();
    let endpoint = Endpoint::new(hints.clone(), Credentials::insecure_anyone());
    let answer = endpoint
        .handle(Request::post("/").body(Cut(true)).unwrap())
        .await;
    assert_eq!(answer.status(), 400);
    assert_eq!(hints.snapshot().unknown, 0);
}
