//! The state that every handle of one tenant shares: client, policy, journal, running submissions
//! and waits.
//!
//! Must not be copied: two copies would wait and drain apart.

use std::sync::{Arc, Mutex, PoisonError};

use idcloud_http::Client;
use idcloud_model::Policy;
use tokio::sync::Semaphore;

use crate::Hints;
use crate::journal::handle::JournalHandle;
use crate::submit::drain::Gate;
use crate::tenant::Tenant;
use crate::wait::poll_plan::Trigger;
use crate::wait::polling::Polling;

/// Polls of each kind that may stand in the client's queue at once. A crowd of waits must not fill
/// the queue that creates need.
const POLLS_QUEUED: usize = 16;

/// The state that all handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) policy: Policy,
    pub(crate) new_attempts: u32,
    pub(crate) gate: Arc<Gate>,
    pub(crate) journal_handle: Option<JournalHandle>,
    pub(crate) waits: Waits,
    pub(crate) known_tenant: Mutex<Option<Arc<Tenant>>>,
}

impl Shared {
    /// The tenant that the client acts for now: credentials can be replaced while it runs. Pending
    /// processes of one tenant share one value.
    pub(crate) fn tenant(&self) -> Arc<Tenant> {
        let now = Tenant::of(&self.client.environment());
        let mut known = self
            .known_tenant
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(tenant) if **tenant == now => Arc::clone(tenant),
            _ => Arc::clone(known.insert(Arc::new(now))),
        }
    }
}

/// The state that all waits of one tenant share.
#[derive(Debug)]
pub(crate) struct Waits {
    pub(crate) hints: Hints,
    pub(crate) polling: Polling,
    rooms: Rooms,
}

/// Polls after hints have permits of their own, so that they do not wait behind a crowd of
/// scheduled polls.
#[derive(Debug)]
struct Rooms {
    hints: Semaphore,
    polls: Semaphore,
}

impl Waits {
    pub(crate) fn new(polling: Polling) -> Self {
        Self {
            hints: Hints::default(),
            polling,
            rooms: Rooms {
                hints: Semaphore::new(POLLS_QUEUED),
                polls: Semaphore::new(POLLS_QUEUED),
            },
        }
    }

    pub(crate) fn room(&self, why: Trigger) -> &Semaphore {
        match why {
            Trigger::Hint => &self.rooms.hints,
            Trigger::Poll => &self.rooms.polls,
        }
    }
}
