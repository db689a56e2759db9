//! The one object that a service keeps.
//!
//! Must stay cheap to clone, and must not start a task of its own.

pub(crate) mod builder;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idcloud_http::{Client, Environment};
use idcloud_model::Policy;

use crate::journal::handle::JournalHandle;
use crate::journal::{Journal, Owner};
use crate::observer::Observer;
use crate::shared::{Shared, Waits};
use crate::wait::poll::Poller;
use crate::wait::polling::Polling;
use crate::{AccountJournal, Hints, IdCloudBuilder, Waiter};

/// Retries after status 5 by default: IDCloud's own advice (parameter specification).
///
/// Whether failed processes are billed is not published.
pub const DEFAULT_NEW_ATTEMPTS: u32 = 3;

/// IDCloud, as one tenant in one environment.
///
/// Cheap to clone; all clones, and all handles that they make, share the token, the budget and the
/// journal. There is one handle for each kind of question, made with the API key for it:
/// [`liveness`](Self::liveness), [`identity`](Self::identity),
/// [`behavior_alert`](Self::behavior_alert), [`risk_score`](Self::risk_score),
/// [`comparison`](Self::comparison), [`documents`](Self::documents), and
/// [`processes`](Self::processes) for lookups.
#[derive(Debug, Clone)]
pub struct IdCloud {
    pub(crate) shared: Arc<Shared>,
}

impl IdCloud {
    /// Starts building for the account in `environment`.
    pub fn builder(environment: Environment) -> IdCloudBuilder {
        IdCloudBuilder::new(environment)
    }

    /// IDCloud through `client`, under the default policy and without a journal.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self::with(
            client,
            Policy::default(),
            DEFAULT_NEW_ATTEMPTS,
            None,
            Polling::default(),
        )
    }

    /// The same account and client, with submissions under a
    /// [`Reference`](crate::journal::Reference) recorded in `journal` as `owner`.
    ///
    /// For a caller that already has a client; [`IdCloud::builder`] takes a journal as well. The
    /// returned value has waiters, hints and draining of its own.
    #[must_use]
    pub fn remembering(self, journal: Arc<dyn Journal>, owner: Owner) -> Self {
        let Shared {
            client,
            policy,
            new_attempts,
            waits,
            ..
        } = &*self.shared;
        let journal_handle = Some(JournalHandle { journal, owner });
        Self::with(
            client.clone(),
            *policy,
            *new_attempts,
            journal_handle,
            waits.polling,
        )
    }

    pub(crate) fn with(
        client: Client,
        policy: Policy,
        new_attempts: u32,
        journal_handle: Option<JournalHandle>,
        polling: Polling,
    ) -> Self {
        let shared = Shared {
            client,
            policy,
            new_attempts,
            gate: Arc::default(),
            journal_handle,
            waits: Waits::new(polling),
            known_tenant: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Refuses new submissions, waits at most `deadline` for the running ones, and returns how many
    /// are still running.
    ///
    /// For a graceful shutdown: call it, then drop the rest. A refused submission ends with
    /// [`SubmitErrorKind::Draining`](crate::SubmitErrorKind::Draining), and nothing was sent for
    /// it. Waits go on: a wait can stop at any time and loses nothing. All clones and all their
    /// handles are drained, for good.
    pub async fn drain(&self, deadline: Duration) -> usize {
        let Shared { client, gate, .. } = &*self.shared;
        gate.close();
        gate.empty(client.clock().sleep(deadline)).await
    }

    /// The journal that records submissions under a reference.
    #[must_use]
    pub fn journal(&self) -> Option<&Arc<dyn Journal>> {
        self.shared
            .journal_handle
            .as_ref()
            .map(|journal_handle| &journal_handle.journal)
    }

    /// The journal's entries of this tenant: to read them, to settle ambiguous ones, and to purge
    /// old ones. `None` without a journal.
    #[must_use]
    pub fn account_journal(&self) -> Option<AccountJournal> {
        AccountJournal::of(&self.shared)
    }

    /// Passes notifications to the waits. Shared by all clones.
    #[must_use]
    pub fn hints(&self) -> &Hints {
        &self.shared.waits.hints
    }

    /// A waiter for many processes of this tenant.
    pub fn waiter(&self) -> Waiter {
        Waiter::new(Poller::new(Arc::clone(&self.shared), Observer::default()))
    }

    /// The client beneath.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.shared.client
    }
}
