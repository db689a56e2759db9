//! The client: every operation of the API, for one account in one environment.
//!
//! Must not show a credential, nor give a clone a budget of its own.

pub(crate) mod builder;
pub(crate) mod call;
pub(crate) mod call_error;
pub(crate) mod options;
pub(crate) mod response;
pub(crate) mod shared;
pub(crate) mod span;

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri};
use idcloud_model::request::CreateRequest;
use idcloud_model::{Process, ProcessId, ReadError, ReusableDocument, ReusableDocumentsQuery};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::auth::access_token::AccessToken;
use crate::auth::active_account::ActiveAccount;
use crate::auth::exchange::{Exchange, ExchangeFailure};
use crate::auth::in_transit::InTransit;
use crate::auth::token_cache::NoToken;
use crate::budget::limiter::LimiterSnapshot;
use crate::client::builder::ClientBuilder;
use crate::client::call::{Call, Payload};
use crate::client::options::CallOptions;
use crate::client::response::Answer;
use crate::client::shared::Shared;
use crate::client::span::CallSpan;
use crate::error::{Delivery, Details, Error, ErrorKind};
use crate::operation::Operation;
use crate::time::clock::{Clock, later};
use crate::time::timeout::within;
use crate::{ApiKey, ConfigError, Environment};

/// Sends the API's operations for one account in one environment.
///
/// Cheap to clone; all clones share the budget, the access token and the buffers. Clients of other
/// tenants share nothing with it, except the transport if the caller gives both the same one.
///
/// Every operation waits for admission, then has a deadline, repeats what the retry policy allows,
/// and says in its [`Error`] whether the request may have run. Dropping a call's future does not
/// stop a request that was sent: a create whose future was dropped is ambiguous.
///
/// A call's future must be polled to its end or dropped. Nothing runs in the background, so a
/// future that is kept without being polled holds its place in the queue, and may block every call
/// behind it.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Shared>,
}

impl Client {
    /// Starts building a client for an account in an environment.
    pub fn builder(environment: Environment) -> ClientBuilder {
        ClientBuilder::new(environment)
    }

    /// Creates a process: billable, irreversible, and impossible to find without its id.
    ///
    /// `Ok` says that IDCloud created a process, not that a person was approved. An error whose
    /// [`delivery`](Error::delivery) is [`Unknown`](Delivery::Unknown) says that a process may
    /// exist.
    ///
    /// Source: IDCloud documentation, parameter specification, `POST /processes/v1`, and the error
    /// codes page.
    ///
    /// # Errors
    ///
    /// By [`kind`](Error::kind):
    /// - [`Ambiguous`](ErrorKind::Ambiguous): a process may exist and be billed. The only kind that
    ///   says so, and nothing was repeated unless the options allow it.
    /// - [`Refused`](ErrorKind::Refused), [`Credentials`](ErrorKind::Credentials): IDCloud answered
    ///   and ran nothing; [`code`](Error::code) and [`help`](Error::help) say what to change.
    /// - [`RateLimited`](ErrorKind::RateLimited): IDCloud asked to slow down for longer than the
    ///   call could wait.
    /// - [`Unreachable`](ErrorKind::Unreachable), [`QueueFull`](ErrorKind::QueueFull),
    ///   [`QueueTimeout`](ErrorKind::QueueTimeout), [`Signing`](ErrorKind::Signing),
    ///   [`InvalidRequest`](ErrorKind::InvalidRequest): nothing was sent.
    /// - [`DeadlineExceeded`](ErrorKind::DeadlineExceeded), [`Hook`](ErrorKind::Hook): this attempt
    ///   was not sent; [`delivery`](Error::delivery) covers those before it.
    /// - [`Interrupted`](ErrorKind::Interrupted), [`Unreadable`](ErrorKind::Unreadable),
    ///   [`Server`](ErrorKind::Server): the token exchange failed in this way, and no create was
    ///   sent.
    pub async fn create(
        &self,
        key: &ApiKey,
        request: &CreateRequest,
        options: &CallOptions,
    ) -> Result<Answer<Process>, Error> {
        let span = span::of(Operation::CreateProcess);
        let call = Call {
            client: &self.inner,
            operation: Operation::CreateProcess,
            key,
            target: &self.inner.targets.create,
            payload: Payload::Create(request),
            options,
            span: &span,
        };
        let work = pin!(async {
            let answer = call.run(read_process).await?;
            span.process_id(answer.value().id().as_str());
            Ok(answer)
        });
        self.traced(&span, work).await
    }

    /// Looks a process up. A failed process is an answer, not an error, although IDCloud sends it
    /// with status 410.
    ///
    /// Source: IDCloud documentation, parameter specification, `GET /processes/v1/{id}`, and the
    /// error codes page.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create), of which none is ambiguous here, and:
    /// - [`NotFound`](ErrorKind::NotFound): this tenant has no such process, or not yet
    ///   ([`with_created_at`](CallOptions::with_created_at)).
    /// - [`Gone`](ErrorKind::Gone): it ran, and its result is no longer kept. Never create it
    ///   again.
    /// - [`Interrupted`](ErrorKind::Interrupted), [`Unreadable`](ErrorKind::Unreadable),
    ///   [`Server`](ErrorKind::Server): no usable answer, after the repetitions that there was time
    ///   for.
    pub async fn process(
        &self,
        key: &ApiKey,
        id: &ProcessId,
        options: &CallOptions,
    ) -> Result<Answer<Process>, Error> {
        self.lookup(Operation::Process, "v1", key, id, options)
            .await
    }

    /// Looks a process up with additional information (name, document, a signed picture address).
    pub async fn process_details(
        &self,
        key: &ApiKey,
        id: &ProcessId,
        options: &CallOptions,
    ) -> Result<Answer<Process>, Error> {
        self.lookup(Operation::ProcessDetails, "v2", key, id, options)
            .await
    }

    async fn lookup(
        &self,
        operation: Operation,
        version: &str,
        key: &ApiKey,
        id: &ProcessId,
        options: &CallOptions,
    ) -> Result<Answer<Process>, Error> {
        let target = self.target(operation, format_args!("/processes/{version}/{id}"))?;
        let read = |status, body: &Bytes| read_looked_up(id, status, body);
        self.get(operation, target, Some(id), key, options, read)
            .await
    }

    /// One traced GET; `about` is the process that it looks up.
    async fn get<T>(
        &self,
        operation: Operation,
        target: Uri,
        about: Option<&ProcessId>,
        key: &ApiKey,
        options: &CallOptions,
        read: impl Fn(StatusCode, &Bytes) -> Result<T, &'static str>,
    ) -> Result<Answer<T>, Error> {
        let span = span::of(operation);
        let call = Call {
            client: &self.inner,
            operation,
            key,
            target: &target,
            payload: Payload::Get,
            options,
            span: &span,
        };
        if let Some(id) = about {
            span.process_id(id.as_str());
        }
        let work = pin!(call.run(read));
        self.traced(&span, work).await
    }

    /// Lists the reusable documents of a subject.
    ///
    /// The URL holds the subject's code, as the API requires; it appears in no error and no span,
    /// but proxies on the way may log it.
    pub async fn reusable_documents(
        &self,
        key: &ApiKey,
        query: &ReusableDocumentsQuery,
        options: &CallOptions,
    ) -> Result<Answer<Vec<ReusableDocument>>, Error> {
        let (code, kind) = (query.code().expose(), query.kind().as_str());
        let operation = Operation::ReusableDocuments;
        let path = format_args!("/documents/v1?code={code}&type={kind}");
        let target = self.target(operation, path)?;
        let read =
            |_, body: &Bytes| ReusableDocument::list_from_json(body).map_err(ReadError::message);
        self.get(operation, target, None, key, options, read).await
    }

    /// The current access token; fetched if there is none. For requests that this crate does not
    /// make.
    pub async fn access_token(&self, options: &CallOptions) -> Result<AccessToken, Error> {
        let span = span::of(Operation::Token);
        let work = pin!(self.token_before(options.deadline()));
        let end = self.traced(&span, work).await;
        if let Err(error) = &end {
            span.answered(error.status(), error.code(), false, error.delivery());
        }
        end
    }

    async fn token_before(&self, limit: Duration) -> Result<AccessToken, Error> {
        let credentials = self.inner.credentials();
        let deadline = later(self.inner.clock.instant(), limit);
        let token = pin!(self.inner.token(&credentials, deadline, None));
        match within(&*self.inner.clock, deadline, token).await {
            Some(Ok(token)) => Ok(token),
            Some(Err(no_token)) => {
                let delivery = no_token.error.delivery;
                let mut details = Details::default();
                let kind = no_token.into_details(&mut details);
                Err(Error::new(kind, delivery, Operation::Token, details))
            }
            None => Err(Error::new(
                ErrorKind::DeadlineExceeded,
                Delivery::Unknown,
                Operation::Token,
                Details::default(),
            )),
        }
    }

    /// Replaces the account, for instance after a key was changed. An attempt that has begun ends
    /// with the old one; every later attempt, also of a running call, uses the new one and a token
    /// of its own.
    ///
    /// `environment` must be the same environment and tenant as before.
    pub fn replace_credentials(&self, environment: Environment) -> Result<(), ConfigError> {
        let mut credentials = self
            .inner
            .credentials
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        credentials.environment.accepts(&environment)?;
        *credentials = Arc::new(ActiveAccount::new(environment));
        Ok(())
    }

    /// The environment, with the current account.
    #[must_use]
    pub fn environment(&self) -> Arc<Environment> {
        Arc::clone(&self.inner.credentials().environment)
    }

    /// The client's clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// How long a call waits for its admission at most.
    #[must_use]
    pub fn queue_timeout(&self) -> Duration {
        self.inner.limiter.queue_timeout()
    }

    /// The limiter's state: requests sent, calls waiting, and whether IDCloud asked for a pause.
    #[must_use]
    pub fn limiter(&self) -> LimiterSnapshot {
        self.inner.limiter.snapshot()
    }

    fn target(&self, operation: Operation, path: fmt::Arguments<'_>) -> Result<Uri, Error> {
        let credentials = self.inner.credentials();
        let api = credentials.environment.endpoints().api_url();
        Uri::try_from(format!("{api}{path}")).map_err(|_| {
            Error::new(
                ErrorKind::InvalidRequest,
                Delivery::NotSent,
                operation,
                Details::default(),
            )
        })
    }

    /// Polls `call` within its span.
    async fn traced<T>(
        &self,
        span: &CallSpan,
        call: Pin<&mut impl Future<Output = Result<T, Error>>>,
    ) -> Result<T, Error> {
        let began = self.inner.clock.instant();
        let result = call.instrument(span.inner()).await;
        if let Err(error) = &result {
            span.failed(error.kind(), error.delivery());
        }
        span.ended(self.inner.clock.instant() - began);
        result
    }
}

impl Shared {
    pub(crate) fn credentials(&self) -> Arc<ActiveAccount> {
        let credentials = self
            .credentials
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&credentials)
    }

    /// A valid access token, cached or fetched.
    pub(crate) async fn token(
        &self,
        credentials: &ActiveAccount,
        deadline: Instant,
        in_transit: Option<&InTransit>,
    ) -> Result<AccessToken, NoToken<ExchangeFailure>> {
        if let Some(token) = credentials.tokens.cached(self.clock.instant()) {
            return Ok(token);
        }
        // Rare and large, so it is kept out of every call's future.
        Box::pin(self.fetch_token(credentials, deadline, in_transit)).await
    }

    async fn fetch_token(
        &self,
        credentials: &ActiveAccount,
        deadline: Instant,
        in_transit: Option<&InTransit>,
    ) -> Result<AccessToken, NoToken<ExchangeFailure>> {
        let environment = &credentials.environment;
        let exchange = Exchange {
            account: environment.account(),
            audience: environment.endpoints().identity_url(),
            target: &self.targets.token,
            user_agent: &self.user_agent,
            transport: &*self.transport,
            clock: &*self.clock,
            limiter: &self.limiter,
            jitter: &*self.jitter,
            lives: &credentials.lives,
            skew: &credentials.skew,
            in_transit,
        };
        credentials
            .tokens
            .token(&*self.clock, deadline, |purpose| exchange.run(purpose))
            .await
    }
}

/// Reads a process. With status 410 only a failed process is one; any other body means gone.
fn read_process(status: StatusCode, body: &Bytes) -> Result<Process, &'static str> {
    let process = Process::from_json(body).map_err(ReadError::message)?;
    let failed = matches!(&process, Process::Final(last) if last.is_failed());
    if status == StatusCode::GONE && !failed {
        return Err("the answer says that the process is gone");
    }
    Ok(process)
}

/// Reads the answer about one process. Another process's result must never become this one's.
fn read_looked_up(
    id: &ProcessId,
    status: StatusCode,
    body: &Bytes,
) -> Result<Process, &'static str> {
    let process = read_process(status, body)?;
    if process.id() == id {
        Ok(process)
    } else {
        Err("the answer is about another process")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("environment", &self.inner.credentials().environment)
            .field("limiter", &self.inner.limiter)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(all(feature = "reqwest", feature = "test-util"))]
mod tests {
    //! Bodies are wiped and reused, however a create ends.

    use super::*;
    use crate::Transport;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use idcloud_model::request::IdentityRequest;
    use idcloud_model::{Capabilities, Selfie, SubjectDraft};
    use tokio::io::AsyncReadExt as _;

    use crate::testing::{ScriptedTransport, Step, VirtualClock};
    use crate::{
        CallContext, Endpoints, ReqwestTransport, ServiceAccount, SignError, Signer,
        TransportError, TransportErrorKind,
    };

    async fn pause(time: Duration) {
        crate::SystemClock::new().sleep(time).await;
    }

    struct NoSignature;

    #[async_trait]
    impl Signer for NoSignature {
        async fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignError> {
            Ok(vec![1])
        }
    }

    fn create() -> CreateRequest {
        let mut picture =
            b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
        picture.resize(600_000, 0xAB);
        let selfie = Selfie::from_input(Bytes::from(picture), std::time::SystemTime::UNIX_EPOCH);
        let draft = SubjectDraft {
            code: Some("52998224725".to_owned().into()),
            name: Some("Test Subject".to_owned().into()),
            ..SubjectDraft::default()
        };
        IdentityRequest::new(draft.parse().unwrap(), selfie.unwrap())
            .unwrap()
            .into()
    }

    fn key() -> ApiKey {
        ApiKey::new("key", Capabilities::NONE).unwrap()
    }

    fn account() -> ServiceAccount {
        ServiceAccount::with_signer("tests", "tenant", Arc::new(NoSignature)).unwrap()
    }

    /// Plays a script and keeps every body, as an HTTP library may after its future is dropped.
    struct Keeping(ScriptedTransport, Mutex<Vec<Bytes>>);

    #[async_trait]
    impl Transport for Keeping {
        async fn send(
            &self,
            request: http::Request<Bytes>,
            context: CallContext,
        ) -> Result<http::Response<Bytes>, TransportError> {
            if context.operation == Operation::CreateProcess {
                self.1.lock().unwrap().push(request.body().clone());
            }
            self.0.send(request, context).await
        }
    }

    const DONE: &str = r#"{"id":"3f2b8a54-1c1d-4e4b-9d7a-111111111111","status":3}"#;

    fn scripted(script: ScriptedTransport) -> (Client, Arc<Keeping>) {
        let transport = Arc::new(Keeping(script, Mutex::default()));
        let client = Client::builder(Environment::local(account()))
            .transport(Arc::<Keeping>::clone(&transport))
            .clock(Arc::new(VirtualClock::new()))
            .rate(100_000)
            .build()
            .unwrap();
        (client, transport)
    }

    /// After success, failure, timeout and cancellation the one buffer is returned, wiped, and not
    /// before the transport drops it.
    #[tokio::test(start_paused = true)]
    async fn a_body_is_wiped_however_the_create_ends() {
        for step in [
            Step::json(200, DONE),
            Step::json(400, "{}"),
            Step::Fail(TransportErrorKind::Interrupted),
            Step::Hang,
            Step::Panic,
        ] {
            let (client, transport) = scripted(ScriptedTransport::new().every_call(step));
            let call = tokio::spawn({
                let client = client.clone();
                async move {
                    let _ = client
                        .create(&key(), &create(), &CallOptions::default())
                        .await;
                }
            });
            let _ = call.await;
            let mut kept = std::mem::take(&mut *transport.1.lock().unwrap());
            let [body] = &mut kept[..] else {
                panic!("one attempt")
            };
            assert!(body.windows(8).any(|eight| eight == b"q6urq6ur"));
            let buffers = &client.inner.buffers;
            assert!(buffers.idle().is_empty(), "the transport still holds it");
            drop(kept);
            let idle = buffers.idle();
            assert_eq!(idle.len(), 1);
            assert!(idle.iter().flatten().all(|byte| *byte == 0));
            assert_eq!(client.inner.in_flight.available_permits(), 64);
        }
    }

    /// Answers every request and keeps only the addresses of the bodies.
    #[derive(Default)]
    struct Forgetful(Mutex<std::collections::HashSet<usize>>);

    #[async_trait]
    impl Transport for Forgetful {
        async fn send(
            &self,
            request: http::Request<Bytes>,
            context: CallContext,
        ) -> Result<http::Response<Bytes>, TransportError> {
            let answer = if context.operation == Operation::Token {
                r#"{"access_token":"t","expires_in":1000000}"#
            } else {
                self.0
                    .lock()
                    .unwrap()
                    .insert(request.body().as_ptr() as usize);
                DONE
            };
            Ok(http::Response::new(Bytes::from_static(answer.as_bytes())))
        }
    }

    /// Ten thousand creates one after the other use one buffer, and leave nothing behind.
    #[tokio::test(start_paused = true)]
    async fn creates_use_one_buffer() {
        let transport = Arc::new(Forgetful::default());
        let client = Client::builder(Environment::local(account()))
            .transport(Arc::<Forgetful>::clone(&transport))
            .clock(Arc::new(VirtualClock::new()))
            .rate(100_000)
            .build()
            .unwrap();
        let (key, create, options) = (key(), create(), CallOptions::default());
        for _ in 0..10_000 {
            let _ = client.create(&key, &create, &options).await.unwrap();
        }
        assert_eq!(transport.0.lock().unwrap().len(), 1);
        assert_eq!(client.inner.buffers.idle().len(), 1);
        assert_eq!(client.inner.limiter.snapshot().queued_creates, 0);
        assert_eq!(client.inner.in_flight.available_permits(), 64);
    }

    /// A create that is dropped during its upload is wiped too, once hyper drops the body.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_body_is_wiped_after_cancellation_in_mid_upload() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            // Reads a little of the upload and then closes, so that it can never be complete.
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut some = vec![0; 10_000];
            stream.read_exact(&mut some).await.unwrap();
            begun.send(()).await.unwrap();
            pause(Duration::from_millis(50)).await;
        });
        let endpoints = Endpoints::parse(&url, &url).unwrap();
        let tokens = Arc::new(TokensFrom(ReqwestTransport::new().unwrap()));
        let client = Client::builder(Environment::custom(endpoints, account()))
            .transport(tokens)
            .build()
            .unwrap();
        let call = tokio::spawn({
            let client = client.clone();
            async move {
                let _ = client
                    .create(&key(), &create(), &CallOptions::default())
                    .await;
            }
        });
        has_begun.recv().await.unwrap();
        call.abort();
        for _ in 0..200 {
            if !client.inner.buffers.idle().is_empty() {
                break;
            }
            pause(Duration::from_millis(10)).await;
        }
        let idle = client.inner.buffers.idle();
        assert_eq!(idle.len(), 1);
        assert!(idle.iter().flatten().all(|byte| *byte == 0));
    }

    /// Answers token exchanges by itself and passes everything else on.
    struct TokensFrom(ReqwestTransport);

    #[async_trait]
    impl Transport for TokensFrom {
        async fn send(
            &self,
            request: http::Request<Bytes>,
            context: CallContext,
        ) -> Result<http::Response<Bytes>, TransportError> {
            if context.operation == Operation::Token {
                return Ok(http::Response::new(Bytes::from_static(
                    br#"{"access_token":"t","expires_in":3600}"#,
                )));
            }
            self.0.send(request, context).await
        }
    }
}
