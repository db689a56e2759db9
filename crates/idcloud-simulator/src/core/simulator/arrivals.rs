//! Connections and requests as they arrive, when only their destination is known.
//!
//! Must not depend on the sender: a fault strikes every request alike.

use std::time::{Duration, SystemTime};

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};

use super::Simulator;
use crate::Latency;
use crate::core::fault::arrival::Arrival;
use crate::core::fault::reaction::Effect;
use crate::core::fault::{Fault, FaultPoint};
use crate::core::wire::create_body;
use crate::core::wire::route::Route;
use crate::setup::capture;

impl Simulator {
    /// The effect on a connection that is opened at `now`: accepted, refused, reset or ignored.
    ///
    /// A transport in the same process calls it for every request, a server for every connection.
    pub fn connect(&mut self, now: SystemTime) -> Effect {
        let struck = self.faults.draw(FaultPoint::Connection, now);
        match struck.fault {
            Fault::Refuse => Effect::Refuse {
                lasts: struck.lasts,
            },
            Fault::ResetBeforeBody => Effect::ResetBeforeBody,
            Fault::Hang { .. } => Effect::Hang,
            _ => Effect::Answer,
        }
    }

    /// The head of a request has arrived: draws its fault.
    ///
    /// For servers, which can reset a connection before the body is read; others call
    /// [`handle`](Self::handle).
    pub fn arrive(&mut self, method: &Method, path: &str, now: SystemTime) -> Arrival {
        let Some(point) = Route::of(method, path).fault_point() else {
            return Arrival {
                fault: Fault::None,
                delay: Duration::ZERO,
            };
        };
        let usual = self.usual_latency(point);
        let fault = self.faults.draw(point, now).fault;
        let more = match fault {
            Fault::Latency(latency) => latency,
            _ => Duration::ZERO,
        };
        Arrival {
            fault,
            delay: usual.saturating_add(more),
        }
    }

    fn usual_latency(&mut self, point: FaultPoint) -> Duration {
        let create = point == FaultPoint::Create;
        match self.config.latency {
            Latency::None => Duration::ZERO,
            Latency::Fixed {
                create: latency, ..
            } if create => latency,
            Latency::Fixed { other, .. } => other,
            Latency::Observed => {
                let (least, span) = if create { (1.6, 0.2) } else { (0.238, 0.046) };
                Duration::from_secs_f64(least + span * self.faults.chance())
            }
        }
    }

    pub(super) fn revoke(&mut self, headers: &HeaderMap) {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        if let Some(token) = token {
            self.tokens.revoke(token);
        }
    }

    /// Marks the capture in the body of a create that is not processed further.
    pub(super) fn mark_capture(&mut self, body: &[u8], now: SystemTime) {
        if let Some(capture) =
            create_body::selfie(body).and_then(|selfie| capture::read(&selfie, now).ok())
        {
            self.used_captures
                .mark(capture.signature, capture.expires, now);
        }
    }
}
