//! The transport over reqwest: rustls with aws-lc-rs, HTTP/1.1, and rules that cannot be undone.
//! It must never follow a redirect, repeat a request, or say "not sent" when a byte may have left.

use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::body_gate::BodyGate;
use crate::clock::{Clock as _, SystemClock, later};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::endpoints::is_loopback;
use crate::origins::Origins;
use crate::timeout::within;
use crate::transport::{CallContext, Transport};
use crate::transport_error::{TransportError, TransportErrorKind};

/// The time given up at an attempt's end, at most, to say that nothing was sent while it still counts.
const LAST_WORD: Duration = Duration::from_millis(20);
/// DNS, TCP, TLS and a proxy's `CONNECT` together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection is closed before most proxies on the way would.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Carries requests with reqwest.
///
/// Whatever the `ClientBuilder` said before, these hold: no redirects (reqwest would keep `APIKEY`
/// across hosts), no retries of reqwest's own, https alone but for this machine, TLS 1.2 or newer
/// with aws-lc-rs whatever the process default is, HTTP/1.1, no decompression, no `Referer`, no
/// logging of what is sent. Certificates are checked by the platform's verifier and never pinned:
/// Unico replaces them routinely (IDCloud documentation, FAQ). The system's proxy is honoured, but
/// not for plain http to this machine. Certificates, client identities and verification switches
/// given to the `ClientBuilder` have no effect; use [`ReqwestTransportBuilder::root_certificates`].
#[derive(Clone)]
pub struct ReqwestTransport {
    /// Absent where plain http to this machine is all that is wanted.
    https: Option<reqwest::Client>,
    loopback: reqwest::Client,
    origins: Arc<Origins>,
}

impl ReqwestTransport {
    /// A transport with the usual settings.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// A transport over a builder of the caller's, for a proxy, a resolver or addresses of their own.
    pub fn from_builder(builder: reqwest::ClientBuilder) -> Result<Self, ConfigError> {
        Self::builder().client_builder(builder).build()
    }

    /// Starts building a transport.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            client: reqwest::Client::builder(),
            roots: Vec::new(),
            this_machine_alone: false,
            connect_timeout: CONNECT_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
        }
    }
}

/// Builds a [`ReqwestTransport`].
#[must_use]
pub struct ReqwestTransportBuilder {
    client: reqwest::ClientBuilder,
    roots: Vec<CertificateDer<'static>>,
    this_machine_alone: bool,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

impl ReqwestTransportBuilder {
    /// Settings of the caller's; the transport's own rules are applied after them.
    pub fn client_builder(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.client = builder;
        self
    }

    /// Trusts the certificates of a PEM file besides the platform's, for instance those of a
    /// company's proxy.
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, ConfigError> {
        let malformed = || {
            ConfigError::new(
                ConfigErrorKind::Malformed,
                "root_certificates",
                "it holds no PEM certificate that can be read",
                "give a file with `BEGIN CERTIFICATE` blocks",
            )
        };
        let before = self.roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            self.roots.push(certificate.map_err(|_| malformed())?);
        }
        if self.roots.len() == before {
            return Err(malformed());
        }
        Ok(self)
    }

    /// Carries plain http to this machine and nothing else, which needs no certificates: small containers have none.
    pub const fn this_machine_alone(mut self, alone: bool) -> Self {
        self.this_machine_alone = alone;
        self
    }

    /// How long DNS, TCP, TLS and a proxy's `CONNECT` may take together: 5 seconds unless changed.
    ///
    /// An attempt whose own time ends earlier ends connecting, too. Either way the failure is
    /// [`Connect`](TransportErrorKind::Connect): nothing was sent, and a create may be repeated.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a connection is kept for the next request: 30 seconds unless changed. A longer time
    /// than a proxy or server on the way allows makes requests meet a closing connection.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Builds the transport. Never panics, whatever other crates did to rustls' process default.
    pub fn build(self) -> Result<ReqwestTransport, ConfigError> {
        let (connect, idle) = (self.connect_timeout, self.idle_timeout);
        let timed = |builder: reqwest::ClientBuilder| {
            builder.connect_timeout(connect).pool_idle_timeout(idle)
        };
        let https = if self.this_machine_alone {
            None
        } else {
            let tls = verified_tls(self.roots)?;
            Some(build(timed(rules(self.client, tls)).https_only(true))?)
        };
        // Credentials in the clear must not pass through a proxy on their way to this machine.
        let loopback = timed(rules(reqwest::Client::builder(), unused_tls()?)).no_proxy();
        Ok(ReqwestTransport {
            https,
            loopback: build(loopback)?,
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

/// A client for plain http still wants to be told how TLS is done, or it asks the process and panics. This one trusts nobody.
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
        // "Dangerous" is rustls' word for any verifier of another crate; this one is the platform's.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The rules, applied last. Features of reqwest that other crates switch on are switched off here.
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

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, ConfigError> {
    builder.build().map_err(|error| {
        ConfigError::new(
            ConfigErrorKind::Unsupported,
            "transport",
            "reqwest cannot be built with these settings",
            "check the settings of the ClientBuilder, the proxy's above all",
        )
        .with_source(error.without_url())
    })
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let client = self.client_for(request.uri())?;
        let (head, body) = request.into_parts();
        let mut request = reqwest::Request::new(head.method, self.origins.url(&head.uri)?);
        *request.headers_mut() = head.headers;
        let gate = (!body.is_empty()).then(|| {
            let (gate, body) = BodyGate::new(body);
            *request.body_mut() = Some(reqwest::Body::wrap(body));
            gate
        });
        let answer = in_time(client, request, gate.as_ref(), context.timeout).await?;
        read(answer, context.max_answer_bytes).await
    }
}

impl ReqwestTransport {
    fn client_for(&self, uri: &http::Uri) -> Result<&reqwest::Client, TransportError> {
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

/// Waits for the answer's head. An attempt whose time ends before its request was on any connection
/// is given up a moment early: afterwards nobody could tell it from one that was sent.
async fn in_time(
    client: &reqwest::Client,
    request: reqwest::Request,
    gate: Option<&BodyGate>,
    timeout: Duration,
) -> Result<reqwest::Response, TransportError> {
    let unsent = || gate.is_some_and(BodyGate::shut);
    // Sockets know no other clock than the system's.
    let clock = SystemClock::new();
    let limit = timeout.saturating_sub(LAST_WORD.min(timeout / 20));
    let mut work = pin!(client.execute(request));
    let limit = later(clock.instant(), limit);
    let answer = match within(&clock, limit, work.as_mut()).await {
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
    TransportError::new(kind).with_source(error)
}

/// Whether hyper hands the request back unwritten: its "canceled" is given only for a request that
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

/// Reads the answer's body, and no more of it than is accepted.
async fn read(
    mut answer: reqwest::Response,
    limit: usize,
) -> Result<http::Response<Bytes>, TransportError> {
    let status = answer.status();
    let too_large = || TransportError::new(TransportErrorKind::AnswerTooLarge).with_status(status);
    let announced = answer.content_length().unwrap_or(0);
    let announced = usize::try_from(announced).map_err(|_| too_large())?;
    if announced > limit {
        return Err(too_large());
    }
    let mut body = Bytes::new();
    let mut parts = BytesMut::new();
    while let Some(part) = answer.chunk().await.map_err(|error| {
        TransportError::new(TransportErrorKind::TruncatedAnswer)
            .with_status(status)
            .with_source(error.without_url())
    })? {
        if body.len() + parts.len() + part.len() > limit {
            return Err(too_large());
        }
        // Most answers are one piece, which is handed on as it is.
        if body.is_empty() && parts.is_empty() {
            body = part;
        } else {
            if parts.is_empty() {
                parts.reserve(announced.max(body.len() + part.len()));
                parts.extend_from_slice(&std::mem::take(&mut body));
            }
            parts.extend_from_slice(&part);
        }
    }
    if !parts.is_empty() {
        body = parts.freeze();
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
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .finish_non_exhaustive()
    }
}
