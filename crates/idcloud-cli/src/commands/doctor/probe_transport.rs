//! A transport that records what answers show about the network: whether they arrived, over TLS,
//! and the server's time.
//!
//! Must not change a request or an answer, nor keep any part of it but the `Date` header.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_http::{CallContext, Clock, Obstacle, Transport, TransportError, TransportErrorKind};
use idcloud_simulator::SIMULATED_HEADER;

use super::finding::Finding;
use crate::failure::exit::Exit;

/// A clock difference that no check of an assertion's times notices.
const TOLERATED_SECONDS: i64 = 30;

/// What the answers showed.
#[derive(Debug)]
pub(super) struct Watched {
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    answered: bool,
    simulated: bool,
    tls: bool,
    /// How many seconds the server's clock is ahead.
    skew: Option<i64>,
    trouble: Option<Trouble>,
}

/// Why no answer arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Certificate,
    /// A proxy asks for credentials.
    Proxy,
    Connection,
    Silence,
}

impl Watched {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            seen: Mutex::default(),
        }
    }

    /// Wraps the transport.
    pub(super) fn around(self: &Arc<Self>, inner: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(Around {
            watched: Arc::clone(self),
            inner,
        })
    }

    /// Whether a simulator answered.
    pub(super) fn simulated(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.simulated
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The findings. `accepted` is whether the identity server accepted an assertion, whose times
    /// it checks.
    pub(super) fn findings(&self, accepted: bool) -> Vec<Finding> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        vec![network(&seen), tls(&seen), clock(seen.skew, accepted)]
    }
}

fn network(seen: &Seen) -> Finding {
    const CHECK: &str = "network";
    match seen.trouble {
        _ if seen.answered => Finding::ok(CHECK, "IDCloud answers"),
        Some(Trouble::Certificate) => Finding::ok(CHECK, "a connection comes about"),
        Some(Trouble::Proxy) => Finding::wrong(
            CHECK,
            Obstacle::ProxyAuthentication.message(),
            Obstacle::ProxyAuthentication.help(),
            Exit::Unreachable,
        ),
        Some(Trouble::Connection) => Finding::wrong(
            CHECK,
            "no connection comes about",
            "check the addresses, DNS, the firewall and the proxy",
            Exit::Unreachable,
        ),
        Some(Trouble::Silence) => Finding::wrong(
            CHECK,
            "a connection comes about, and no answer",
            "check the proxy and the firewall between this machine and IDCloud",
            Exit::Unreachable,
        ),
        None => Finding::skipped(CHECK, "nothing was sent"),
    }
}

fn tls(seen: &Seen) -> Finding {
    const CHECK: &str = "tls";
    match seen.trouble {
        Some(Trouble::Certificate) => Finding::wrong(
            CHECK,
            "the server's certificate is not trusted",
            "if a proxy inspects TLS, name its root certificate with --ca-file; otherwise install the system's CA certificates, and \
             check this machine's clock",
            Exit::Unreachable,
        ),
        _ if seen.answered && seen.tls => Finding::ok(CHECK, "the server's certificate is trusted"),
        _ if seen.answered => Finding::ok(
            CHECK,
            "not used: plain http to this machine, or the simulator inside it",
        ),
        _ => Finding::skipped(CHECK, "no connection came about"),
    }
}

fn clock(skew: Option<i64>, accepted: bool) -> Finding {
    const CHECK: &str = "clock";
    let Some(skew) = skew else {
        return Finding::skipped(CHECK, "no answer told the time");
    };
    let off = skew.unsigned_abs();
    if skew.abs() <= TOLERATED_SECONDS {
        return Finding::ok(
            CHECK,
            format!("this machine's clock agrees, within {off} s"),
        );
    }
    let way = if skew > 0 { "behind" } else { "ahead of" };
    let message = format!("this machine's clock is {off} s {way} IDCloud's");
    let remedy = "set it by NTP: an assertion is good only between its two times";
    if accepted {
        Finding::warning(CHECK, message, remedy)
    } else {
        Finding::wrong(CHECK, message, remedy, Exit::Refused)
    }
}

struct Around {
    watched: Arc<Watched>,
    inner: Arc<dyn Transport>,
}

#[async_trait]
impl Transport for Around {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        // Answers of the embedded simulator pass no network: its addresses are under a domain that
        // never exists.
        let embedded = request
            .uri()
            .host()
            .is_some_and(|host| host.ends_with(".invalid"));
        let tls = !embedded && request.uri().scheme_str() == Some("https");
        let answer = self.inner.send(request, context).await;
        let now = self.watched.clock.now();
        self.watched.note(|seen| match &answer {
            Ok(answer) => {
                seen.answered = true;
                seen.simulated |= answer.headers().contains_key(SIMULATED_HEADER);
                seen.tls |= tls;
                seen.skew = seen.skew.or_else(|| skew(answer.headers(), now));
            }
            Err(error) => seen.trouble = Some(trouble(error)),
        });
        answer
    }
}

/// How many seconds the clock that wrote `Date` is ahead.
fn skew(headers: &http::HeaderMap, now: SystemTime) -> Option<i64> {
    let date = headers.get(http::header::DATE)?.to_str().ok()?;
    let there = httpdate::parse_http_date(date).ok()?;
    let seconds = |span: std::time::Duration| i64::try_from(span.as_secs()).ok();
    match there.duration_since(now) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => seconds(behind.duration()).map(|seconds| -seconds),
    }
}

fn trouble(error: &TransportError) -> Trouble {
    match error.kind() {
        TransportErrorKind::Connect if error.obstacle() == Some(Obstacle::Certificate) => {
            Trouble::Certificate
        }
        TransportErrorKind::Connect if error.obstacle() == Some(Obstacle::ProxyAuthentication) => {
            Trouble::Proxy
        }
        TransportErrorKind::Connect | TransportErrorKind::NotSent => Trouble::Connection,
        _ => Trouble::Silence,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::finding::Status;
    use super::*;

    #[test]
    fn the_clocks_are_compared_by_the_date_header() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let mut headers = http::HeaderMap::new();
        assert_eq!(skew(&headers, now), None);
        for (date, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", Some(-60)),
            ("yesterday", None),
        ] {
            headers.insert(http::header::DATE, date.parse().unwrap());
            assert_eq!(skew(&headers, now), expected, "{date}");
        }
    }

    #[test]
    fn a_wrong_clock_is_as_grave_as_what_it_does() {
        assert_eq!(clock(Some(-30), false).status, Status::Ok);
        assert_eq!(clock(Some(31), true).status, Status::Warning);
        let failed = clock(Some(4000), false);
        assert_eq!(failed.status, Status::Failed);
        assert!(failed.message.contains("4000 s behind"), "{failed:?}");
    }

    #[test]
    fn a_certificate_is_told_apart_from_a_closed_door() {
        let refused = TransportError::new(TransportErrorKind::Connect);
        assert_eq!(trouble(&refused), Trouble::Connection);
        let untrusted = TransportError::new(TransportErrorKind::Connect)
            .with_obstacle(Some(Obstacle::Certificate));
        assert_eq!(trouble(&untrusted), Trouble::Certificate);
        let asks = TransportError::new(TransportErrorKind::Connect)
            .with_obstacle(Some(Obstacle::ProxyAuthentication));
        assert_eq!(trouble(&asks), Trouble::Proxy);
        assert_eq!(
            trouble(&TransportErrorKind::Timeout.into()),
            Trouble::Silence
        );
    }
}
