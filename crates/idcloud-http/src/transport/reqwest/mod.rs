//! The transport over reqwest: rustls with aws-lc-rs, HTTP/1.1, and rules that callers cannot undo.
//!
//! Must not follow a redirect, repeat a request, or report "not sent" when a byte may have been
//! sent.

pub(crate) mod body_gate;
pub(crate) mod connections;
pub(crate) mod inflate;
pub(crate) mod proxy_setting;
pub(crate) mod url_cache;

use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::time::Instant;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};
use crate::environment::endpoints::is_loopback;
use crate::environment::pem_text::{self, PemFault};
use crate::obstacle::Obstacle;
use crate::operation::OperationKind;
use crate::time::clock::{Clock as _, SystemClock, later};
use crate::time::timeout::within;
use crate::transport::error::{TransportError, TransportErrorKind};
use crate::transport::reqwest::body_gate::BodyGate;
use crate::transport::reqwest::connections::{
    CONNECT_TIMEOUT, Connections, Distrust, IDLE_TIMEOUT, Times,
};
use crate::transport::reqwest::inflate::inflated;
use crate::transport::reqwest::url_cache::UrlCache;
use crate::transport::{CallContext, Transport};

/// How much earlier than its timeout an attempt ends, at most, so that it can still report that
/// nothing was sent.
const LAST_WORD: Duration = Duration::from_millis(20);

/// Carries requests with reqwest.
///
/// Whatever the caller's `ClientBuilder` sets, these rules hold: no redirects (reqwest would keep
/// `APIKEY` across hosts), no retries of reqwest's own, only https except to this machine, TLS 1.2
/// or newer with aws-lc-rs whatever the process default is, HTTP/1.1, no decompression but gzip's,
/// no `Referer`, no logging of what is sent. Certificates are checked by the platform's verifier
/// and never pinned: Unico replaces them routinely (IDCloud documentation, FAQ). The system's proxy
/// is used, but not for plain http to this machine. Certificates, client identities and
/// verification switches of the `ClientBuilder` have no effect; use
/// [`ReqwestTransportBuilder::root_certificates`].
#[derive(Clone)]
pub struct ReqwestTransport {
    /// Absent if only plain http to this machine is wanted.
    https: Option<Connections>,
    loopback: Connections,
    distrust: Arc<Distrust>,
    origins: Arc<UrlCache>,
}

impl ReqwestTransport {
    /// A transport with the usual settings.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// A transport over the caller's own builders, for a proxy, a resolver or fixed addresses. See
    /// [`client_builder`](ReqwestTransportBuilder::client_builder).
    pub fn from_builder(
        make: impl Fn() -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Result<Self, ConfigError> {
        Self::builder().client_builder(make).build()
    }

    /// Starts building a transport.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            make: None,
            roots: Vec::new(),
            this_machine_alone: false,
            times: Times {
                connect: CONNECT_TIMEOUT,
                idle: IDLE_TIMEOUT,
            },
        }
    }
}

type Make = Box<dyn Fn() -> reqwest::ClientBuilder + Send + Sync>;

/// Builds a [`ReqwestTransport`].
#[must_use]
pub struct ReqwestTransportBuilder {
    make: Option<Make>,
    roots: Vec<CertificateDer<'static>>,
    this_machine_alone: bool,
    times: Times,
}

impl ReqwestTransportBuilder {
    /// The caller's settings; the transport's own rules are applied after them. Creates and lookups
    /// have separate connections, so `make` is called several times, and must return the same
    /// settings each time.
    pub fn client_builder(
        mut self,
        make: impl Fn() -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.make = Some(Box::new(make));
        self
    }

    /// Trusts the certificates of a PEM file besides the platform's, for instance those of a
    /// company's proxy.
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, ConfigError> {
        const UNREADABLE: &str = "it holds no PEM certificate that can be read";
        let malformed = |rule| {
            ConfigError::new(
                ConfigErrorKind::Malformed,
                "root_certificates",
                rule,
                "give a file with `BEGIN CERTIFICATE` blocks",
            )
        };
        let before = self.roots.len();
        let pem = pem_text::tidy(pem).map_err(|fault| {
            malformed(match fault {
                PemFault::Absent | PemFault::Bare => {
                    "it holds no PEM certificate: there is no line -----BEGIN CERTIFICATE-----"
                }
                other => other.rule(),
            })
        })?;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            self.roots
                .push(certificate.map_err(|_| malformed(UNREADABLE))?);
        }
        if self.roots.len() == before {
            return Err(malformed(UNREADABLE));
        }
        Ok(self)
    }

    /// Why the proxy that the environment names cannot be used, if so; `variable` returns a
    /// variable's value. Without the caller's own builders, [`build`](Self::build) refuses such a
    /// proxy: requests would be sent without it.
    #[must_use]
    pub fn unusable_proxy(variable: &dyn Fn(&str) -> Option<String>) -> Option<ConfigError> {
        proxy_setting::unusable(variable)
    }

    /// Carries only plain http to this machine, which needs no certificates: small containers have
    /// none.
    pub const fn this_machine_alone(mut self, alone: bool) -> Self {
        self.this_machine_alone = alone;
        self
    }

    /// How long DNS, TCP, TLS and a proxy's `CONNECT` may take together: 5 seconds by default.
    ///
    /// An attempt with a shorter timeout ends connecting, too. Either way the failure is
    /// [`Connect`](TransportErrorKind::Connect): nothing was sent, and a create may be repeated.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.times.connect = timeout;
        self
    }

    /// How long a connection is kept for the next request: 30 seconds by default. If a proxy or
    /// server on the way closes it earlier, requests meet a closing connection.
    ///
    /// A create uses no connection that has been idle for 2 seconds: a create that meets the close
    /// is ambiguous. If a connection breaks under a create all the same, creates make connections
    /// of their own for ten minutes.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.times.idle = timeout;
        self
    }

    /// Builds the transport. Never panics, even if another crate changed rustls' process default.
    pub fn build(self) -> Result<ReqwestTransport, ConfigError> {
        let https = if self.this_machine_alone {
            None
        } else {
            // Clones share the TLS sessions to resume.
            let tls = verified_tls(self.roots)?;
            let make: Make = if let Some(make) = self.make {
                make
            } else {
                if let Some(unusable) = Self::unusable_proxy(&|name| std::env::var(name).ok()) {
                    return Err(unusable);
                }
                Box::new(reqwest::Client::builder)
            };
            let strict = || rules(make(), tls.clone()).https_only(true);
            Some(Connections::build(self.times, strict)?)
        };
        // Credentials in plain text must not pass through a proxy on their way to this machine.
        let tls = unused_tls()?;
        let plain = || rules(reqwest::Client::builder(), tls.clone()).no_proxy();
        Ok(ReqwestTransport {
            https,
            loopback: Connections::build(self.times, plain)?,
            distrust: Arc::new(Distrust::new()),
            origins: Arc::default(),
        })
    }
}

fn tls_failed(error: rustls::Error) -> ConfigError {
    ConfigError::new(
        ConfigErrorKind::Unsupported,
        "root_certificates",
        "the platform's certificates or the extra ones cannot be used",
        "install the system's CA certificates, and check the extra ones",
    )
    .with_source(error)
}

/// A client for plain http needs a TLS configuration too: without one reqwest asks for the process
/// default and panics. This one trusts no certificate.
fn unused_tls() -> Result<rustls::ClientConfig, ConfigError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(tls_failed)?;
    Ok(builder
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

fn verified_tls(roots: Vec<CertificateDer<'static>>) -> Result<rustls::ClientConfig, ConfigError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
            .map_err(tls_failed)?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(tls_failed)?
        // "Dangerous" is rustls' word for any custom verifier; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The rules, applied last. Features of reqwest that other crates enable are disabled here.
fn rules(builder: reqwest::ClientBuilder, tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    builder
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .referer(false)
        .connection_verbose(false)
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let connections = self.connections_to(request.uri())?;
        let client = connections.of(context.operation, &self.distrust);
        let (head, body) = request.into_parts();
        let mut request = reqwest::Request::new(head.method, self.origins.url(&head.uri)?);
        *request.headers_mut() = head.headers;
        let gate = (!body.is_empty()).then(|| {
            let (gate, body) = BodyGate::new(body, context.take_departure());
            *request.body_mut() = Some(reqwest::Body::wrap(body));
            gate
        });
        let by = last_word(context.timeout);
        let answer = in_time(client, request, gate.as_ref(), by).await;
        if context.operation.kind() == OperationKind::Create
            && matches!(&answer, Err(error) if error.kind() == TransportErrorKind::Interrupted)
        {
            self.distrust.begin();
        }
        read(answer?, context.max_answer_bytes, by).await
    }
}

impl ReqwestTransport {
    fn connections_to(&self, uri: &http::Uri) -> Result<&Connections, TransportError> {
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), _) => self
                .https
                .as_ref()
                .ok_or_else(|| invalid().with_source("this transport is for this machine alone")),
            (Some("http"), Some(host)) if is_loopback(host) => Ok(&self.loopback),
            _ => Err(invalid().with_source("plain http is for this machine alone")),
        }
    }
}

const fn invalid() -> TransportError {
    TransportError::new(TransportErrorKind::InvalidRequest)
}

/// A moment before an attempt's timeout. The system's clock, because sockets use no other.
fn last_word(timeout: Duration) -> Instant {
    let limit = timeout.saturating_sub(LAST_WORD.min(timeout / 20));
    later(SystemClock::new().instant(), limit)
}

/// Waits for the answer's head. An attempt whose timeout comes before its request was on any
/// connection is given up a moment early: afterwards it could not be distinguished from a sent one.
async fn in_time(
    client: &reqwest::Client,
    request: reqwest::Request,
    gate: Option<&BodyGate>,
    by: Instant,
) -> Result<reqwest::Response, TransportError> {
    let unsent = || gate.is_some_and(BodyGate::shut);
    let mut work = pin!(client.execute(request));
    let answer = match within(&SystemClock::new(), by, work.as_mut()).await {
        Some(answer) => answer,
        None if unsent() => {
            return Err(TransportError::new(TransportErrorKind::Connect)
                .with_source("the attempt's time ended before there was a connection"));
        }
        None => work.await,
    };
    answer.map_err(|error| failed(error.without_url(), unsent))
}

/// What a failure before the answer's head proves.
fn failed(error: reqwest::Error, held_back: impl FnOnce() -> bool) -> TransportError {
    let kind = if error.is_builder() {
        TransportErrorKind::InvalidRequest
    } else if error.is_connect() {
        TransportErrorKind::Connect
    } else if unsent(&error) || held_back() {
        TransportErrorKind::NotSent
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else {
        TransportErrorKind::Interrupted
    };
    let obstacle = obstacle(&error).filter(|_| kind == TransportErrorKind::Connect);
    TransportError::new(kind)
        .with_obstacle(obstacle)
        .with_source(error)
}

/// The obstacle that prevents a connection. rustls and hyper-util report it in words only: their
/// types are boxed on the way, and not all of them are public.
fn obstacle(error: &reqwest::Error) -> Option<Obstacle> {
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if words.contains("invalid peer certificate") {
            return Some(Obstacle::Certificate);
        }
        if words.contains("proxy authorization required") {
            return Some(Obstacle::ProxyAuthentication);
        }
        cause = error.source();
    }
    None
}

/// Whether hyper returned the request unwritten: its "canceled" occurs only for a request that
/// still waited when its connection was closed.
fn unsent(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_canceled)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The received part of an answer's body.
#[derive(Default)]
struct Arrived {
    first: Bytes,
    parts: BytesMut,
}

impl Arrived {
    /// Adds a part, up to `limit` bytes in all; returns false if some bytes were left out.
    fn add(&mut self, mut part: Bytes, announced: usize, limit: usize) -> bool {
        let room = limit.saturating_sub(self.first.len() + self.parts.len());
        let fits = part.len() <= room;
        part.truncate(room);
        // Most answers are one piece, which is passed on as it is.
        if self.first.is_empty() && self.parts.is_empty() {
            self.first = part;
        } else {
            if self.parts.is_empty() {
                self.parts
                    .reserve(announced.min(limit).max(self.first.len() + part.len()));
                self.parts
                    .extend_from_slice(&std::mem::take(&mut self.first));
            }
            self.parts.extend_from_slice(&part);
        }
        fits
    }

    fn into_body(self) -> Bytes {
        if self.parts.is_empty() {
            self.first
        } else {
            self.parts.freeze()
        }
    }
}

/// Reads the answer's body until `by`, and no more of it than the caller accepts. The received part
/// of an incomplete body is returned: it may name a process that is paid for.
async fn read(
    mut answer: reqwest::Response,
    limit: usize,
    by: Instant,
) -> Result<http::Response<Bytes>, TransportError> {
    let status = answer.status();
    let announced = usize::try_from(answer.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    let mut arrived = Arrived::default();
    let reading = async {
        loop {
            match answer.chunk().await {
                Ok(Some(part)) => {
                    if !arrived.add(part, announced, limit) {
                        return Some(TransportErrorKind::AnswerTooLarge.into());
                    }
                }
                Ok(None) => return None,
                Err(error) => {
                    let broken = TransportError::new(TransportErrorKind::TruncatedAnswer);
                    return Some(broken.with_source(error.without_url()));
                }
            }
        }
    };
    let broken = within(&SystemClock::new(), by, pin!(reading)).await;
    let broken = broken.unwrap_or_else(|| {
        let late = TransportError::new(TransportErrorKind::TruncatedAnswer);
        Some(late.with_source("the attempt's time ended within the answer"))
    });
    let (body, cut) = inflated(arrived.into_body(), limit);
    if let Some(error) = broken.or_else(|| cut.map(TransportError::new)) {
        let headers = std::mem::take(answer.headers_mut());
        return Err(error
            .with_status(status)
            .with_headers(headers)
            .with_part(body));
    }
    let mut whole = http::Response::new(body);
    *whole.status_mut() = status;
    *whole.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(whole)
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder")
            .field("root_certificates", &self.roots.len())
            .field("times", &self.times)
            .field("this_machine_alone", &self.this_machine_alone)
            .finish_non_exhaustive()
    }
}
