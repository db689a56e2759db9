//! What a request's body is needed for, by its head alone.
//!
//! Must not let a request without good credentials have more kept than a token request needs.

use std::time::SystemTime;

use http::request::Parts;

use crate::core::fault::arrival::Arrival;
use crate::core::simulator::Simulator;
use crate::core::wire::access::Presented;
use crate::core::wire::route::Route;

/// Far above the 800 KB of a selfie, so that one too large gets its own code (20506).
const MOST: usize = 16 * 1024 * 1024;
/// Far above a token request, which is an assertion and a few words.
const MOST_OF_TOKEN: usize = 64 * 1024;

/// What a server does with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyUse {
    /// The answer does not depend on it: it is read and thrown away.
    Discard,
    /// It is kept for the answer.
    Keep,
    /// It is kept, and is small.
    KeepSmall,
}

impl BodyUse {
    /// The most bytes that are read. More is answered with 413.
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
    /// What the body is needed for of a request whose head has [arrived](Self::arrive) at `now`.
    ///
    /// The body of a create is looked at after its token and key, so without good ones nothing of it counts.
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
