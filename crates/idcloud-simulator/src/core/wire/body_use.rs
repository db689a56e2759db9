//! Decides by a request's head whether its body is needed.
//!
//! Must not keep more of a request without valid credentials than a token request needs.

use std::time::SystemTime;

use http::request::Parts;

use crate::core::fault::arrival::Arrival;
use crate::core::simulator::Simulator;
use crate::core::wire::access::Presented;
use crate::core::wire::route::Route;

/// Limit in bytes: far above the 800 KB of a selfie, so that one that is too large gets its own
/// code (20506).
const MOST: usize = 16 * 1024 * 1024;
/// Limit in bytes: far above a token request, which is an assertion and a few words.
const MOST_OF_TOKEN: usize = 64 * 1024;

/// What a server does with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyUse {
    /// The answer does not depend on it: it is read and discarded.
    Discard,
    /// It is kept for the answer.
    Keep,
    /// It is kept, and must be small.
    KeepSmall,
}

impl BodyUse {
    /// The most bytes that are read. A longer body is answered with 413.
    pub(crate) const fn most(self) -> usize {
        match self {
            Self::Discard | Self::Keep => MOST,
            Self::KeepSmall => MOST_OF_TOKEN,
        }
    }

    pub(crate) const fn is_kept(self) -> bool {
        !matches!(self, Self::Discard)
    }
}

impl Simulator {
    /// The use of the body of a request whose head has [arrived](Self::arrive) at `now`.
    ///
    /// The body of a create is checked after its token and key, so it is discarded if they are not
    /// valid.
    pub(crate) fn body_use(&self, arrival: &Arrival, head: &Parts, now: SystemTime) -> BodyUse {
        match Route::of(&head.method, head.uri.path()) {
            Route::Token => BodyUse::KeepSmall,
            Route::Create if self.knows(head, arrival.clock(now)) => BodyUse::Keep,
            _ => BodyUse::Discard,
        }
    }

    fn knows(&self, head: &Parts, now: SystemTime) -> bool {
        Presented::read(&head.headers).is_ok_and(|presented| {
            presented
                .tenant(&self.tokens, now)
                .and_then(|tenant| presented.with_key(&self.tenants, tenant))
                .is_ok()
        })
    }
}
