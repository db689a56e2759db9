//! The one object that a service keeps.
//!
//! Must stay cheap to clone, and must never start a task of its own.

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
use crate::wait::poll_plan::Polling;
use crate::{AccountJournal, Hints, IdCloudBuilder, Waiter};

/// New attempts after status 5, unless the caller says otherwise: IDCloud's own advice (parameter specification).
///
/// Whether failed processes are billed is not published.
pub const DEFAULT_NEW_ATTEMPTS: u32 = 3;

/// IDCloud, as one tenant in one environment.
///
/// Cheap to clone; all clones, and all handles that they make, share the token, the budget and the journal.
/// Handles are made by what is asked, each with the API key that provides it: [`liveness`](Self::liveness),
/// [`identity`](Self::identity), [`behavior_alert`](Self::behavior_alert), [`risk_score`](Self::risk_score),
/// [`comparison`](Self::comparison), [`documents`](Self::documents), and [`processes`](Self::processes) for lookups.
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

    /// The same account and client, remembering what is submitted under a [`Reference`](crate::journal::Reference) in `journal`, as `owner`.
    ///
    /// For whoever has a client already; [`IdCloud::builder`] takes a journal as well. Waiters, hints and draining of the two are
    /// apart.
    #[must_use]
    pub fn remembering(self, journal: Arc<dyn Journal>, owner: Owner) -> Self {
        let Shared {
            client,
            policy,
            new_attempts,
            waits,
            ..
        } = &*self.shared;
        let books = Some(JournalHandle { journal, owner });
        Self::with(client.clone(), *policy, *new_attempts, books, waits.polling)
    }

    pub(crate) fn with(
        client: Client,
        policy: Policy,
        new_attempts: u32,
        books: Option<JournalHandle>,
        polling: Polling,
    ) -> Self {
        let shared = Shared {
            client,
            policy,
            new_attempts,
            gate: Arc::default(),
            books,
            waits: Waits::new(polling),
            known_tenant: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Lets no submission begin any more, waits at most for `deadline` until those that began have ended, and says how many have not.
    ///
    /// For a graceful shutdown: call it, and then drop what is left. A submission that is refused ends with
    /// [`SubmitErrorKind::Draining`](crate::SubmitErrorKind::Draining), and nothing was sent for it. Waiting goes on: whoever waits can stop at any
    /// time and lose nothing. All clones and all their handles are drained, for good.
    pub async fn drain(&self, deadline: Duration) -> usize {
        let Shared { client, gate, .. } = &*self.shared;
        gate.close();
        gate.empty(client.clock().sleep(deadline)).await
    }

    /// The journal that submissions with a reference are remembered in.
    #[must_use]
    pub fn journal(&self) -> Option<&Arc<dyn Journal>> {
        self.shared.books.as_ref().map(|books| &books.journal)
    }

    /// What the journal remembers of this tenant: to look at it, to settle what is ambiguous, and to forget what is over. Nothing without a
    /// journal.
    #[must_use]
    pub fn account_journal(&self) -> Option<AccountJournal> {
        AccountJournal::of(&self.shared)
    }

    /// Where notifications are told to whoever waits. Shared by all clones.
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
