//! What the journal remembers of one tenant, asked for by flow and reference.
//!
//! Must not look at, or settle, what belongs to another tenant or environment.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::Flow;
use crate::journal::{
    Entry, EntryFilter, Journal, JournalError, JournalKey, Page, Reference, Settlement,
};
use crate::shared::Shared;

/// What the journal remembers of the tenant that the client acts for, whichever of its accounts submitted it. Made by [`IdCloud::account_journal`](crate::IdCloud::account_journal).
///
/// It makes keys from the client's environment and tenant, and takes the time from its clock; everything is the journal's
/// ([`Journal`]), which may be used beside it.
///
/// ```
/// # async fn example(idcloud: idcloud_flows::IdCloud) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use idcloud_flows::Flow;
/// use idcloud_flows::journal::{EntryFilter, Settlement, StateKind};
///
/// let remembered = idcloud.account_journal().ok_or("there is no journal")?;
/// let ambiguous = EntryFilter::new().with_state(StateKind::Ambiguous);
/// for entry in remembered.entries(&ambiguous, None, 100).await?.entries() {
///     println!("{}: nobody knows", entry.key().reference().as_str());
/// }
/// let (reference, found) = ("order-1041".parse()?, "80371b2a-3ac7-432e-866d-57fe37896ac6".parse()?);
/// remembered.settle(Flow::Identity, &reference, Settlement::Found(found)).await?;
/// let forgotten = remembered.purge(Duration::from_secs(90 * 24 * 3600)).await?;
/// println!("{forgotten} are forgotten");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AccountJournal {
    shared: Arc<Shared>,
    journal: Arc<dyn Journal>,
}

impl AccountJournal {
    pub(crate) fn of(shared: &Arc<Shared>) -> Option<Self> {
        let journal = Arc::clone(&shared.books.as_ref()?.journal);
        Some(Self {
            shared: Arc::clone(shared),
            journal,
        })
    }

    /// Under what a submission of `flow` with `reference` is remembered.
    #[must_use]
    pub fn key(&self, flow: Flow, reference: &Reference) -> JournalKey {
        JournalKey::new(&self.shared.client.environment(), flow, reference.clone())
    }

    /// What is remembered of `reference`; nothing where it was never submitted, or is forgotten.
    ///
    /// # Errors
    /// The journal cannot be read, or what it holds of this reference cannot.
    pub async fn entry(
        &self,
        flow: Flow,
        reference: &Reference,
    ) -> Result<Option<Entry>, JournalError> {
        let key = self.key(flow, reference);
        self.journal.entry(&key, self.now()).await
    }

    /// What is remembered of this tenant, as [`Journal::entries`] has it: the filter's environment and tenant are the
    /// client's.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
    ) -> Result<Page, JournalError> {
        let environment = self.shared.client.environment();
        let filter = filter.clone().with_tenant_of(&environment);
        self.journal
            .entries(&filter, after, limit, self.now())
            .await
    }

    /// Ends an ambiguous submission by a person's decision, and returns how it stands then.
    ///
    /// With [`Settlement::Found`] it is pending: [`Entry::pending`] can be waited for, and whoever submits under the reference is given the same.
    /// With [`Settlement::Resend`] it is sent when it is submitted again.
    ///
    /// # Errors
    /// As for [`Journal::settle`].
    pub async fn settle(
        &self,
        flow: Flow,
        reference: &Reference,
        settlement: Settlement,
    ) -> Result<Option<Entry>, JournalError> {
        let key = self.key(flow, reference);
        self.journal.settle(&key, settlement, self.now()).await?;
        self.journal.entry(&key, self.now()).await
    }

    /// Forgets what is over and has not changed for `age`, and returns how much that was: of the whole journal, also what other tenants
    /// and environments have in it ([`Journal::purge`]).
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn purge(&self, age: Duration) -> Result<u64, JournalError> {
        let before = self.now().checked_sub(age);
        self.journal
            .purge(before.unwrap_or(SystemTime::UNIX_EPOCH))
            .await
    }

    fn now(&self) -> SystemTime {
        self.shared.client.clock().now()
    }
}
