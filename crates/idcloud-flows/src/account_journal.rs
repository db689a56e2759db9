//! The journal's entries of one tenant, looked up by flow and reference.
//!
//! Must not read or settle entries of another tenant or environment.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::Flow;
use crate::journal::{
    Entry, EntryFilter, Journal, JournalError, JournalKey, Page, Reference, Settlement,
};
use crate::shared::Shared;

/// The journal's entries of the client's tenant, whichever of its accounts submitted them.
///
/// It makes keys from the client's environment and tenant, and takes the time from the client's
/// clock; the rest is the [`Journal`], which can also be used directly. Made by
/// [`IdCloud::account_journal`](crate::IdCloud::account_journal).
///
/// ```
/// # async fn example(idcloud: idcloud_flows::IdCloud) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use idcloud_flows::Flow;
/// use idcloud_flows::journal::{EntryFilter, Settlement, StateKind};
///
/// let journal = idcloud.account_journal().ok_or("there is no journal")?;
/// let ambiguous = EntryFilter::new().with_state(StateKind::Ambiguous);
/// for entry in journal.entries(&ambiguous, None, 100).await?.entries() {
///     println!("{}: ambiguous", entry.key().reference().as_str());
/// }
/// let (reference, found) = ("order-1041".parse()?, "80371b2a-3ac7-432e-866d-57fe37896ac6".parse()?);
/// journal.settle(Flow::Identity, &reference, Settlement::Found(found)).await?;
/// let purged = journal.purge(Duration::from_secs(90 * 24 * 3600)).await?;
/// println!("{purged} entries purged");
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
        let journal = Arc::clone(&shared.journal_handle.as_ref()?.journal);
        Some(Self {
            shared: Arc::clone(shared),
            journal,
        })
    }

    /// The journal key of a submission of `flow` under `reference`.
    #[must_use]
    pub fn key(&self, flow: Flow, reference: &Reference) -> JournalKey {
        JournalKey::new(&self.shared.client.environment(), flow, reference.clone())
    }

    /// The entry of `reference`; `None` if it was never submitted or has been purged.
    ///
    /// # Errors
    /// The journal, or its record of this reference, cannot be read.
    pub async fn entry(
        &self,
        flow: Flow,
        reference: &Reference,
    ) -> Result<Option<Entry>, JournalError> {
        let key = self.key(flow, reference);
        self.journal.entry(&key, self.now()).await
    }

    /// The entries of this tenant, as [`Journal::entries`] lists them. The filter's environment and
    /// tenant are replaced by the client's.
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

    /// Settles an ambiguous submission by a person's decision, and returns the entry afterwards.
    ///
    /// After [`Settlement::Found`] it is pending: [`Entry::pending`] can be waited for, and the
    /// next submission under the reference returns it. After [`Settlement::Resend`] the next
    /// submission under the reference is sent.
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

    /// Purges entries that have ended and have not changed for `age`, and returns how many. It
    /// purges the whole journal, entries of other tenants and environments included
    /// ([`Journal::purge`]).
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
