//! Recovers the attempts that a killed batch left in its journal.
//!
//! Must not release an attempt whose holder may be alive: only the batch that holds the journal's
//! lock may call this.

use idcloud_flows::journal::{
    Command, EntryFilter, Journal, JournalError, JournalErrorKind, Owner, Reference, Settlement,
    StateKind,
};
use idcloud_http::Clock;
use idcloud_model::ProcessId;

use crate::batch::run::submit_row::Job;

/// Entries per query.
const PAGE: usize = 500;

/// The owner name of a batch's attempts. All batches share it: the journal's lock allows only one
/// at a time.
pub(crate) fn owner() -> Owner {
    "idcloud-batch".parse().unwrap_or_else(|_| Owner::random())
}

/// Releases the attempts of an earlier batch. Returns how many of them may have been sent.
///
/// The lock beside the journal proves that the earlier batch is dead, so that no row waits for its
/// leases. Attempts of other programs are left to their leases.
///
/// # Errors
/// The journal cannot be read or written.
pub(crate) async fn let_go(
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<usize, JournalError> {
    let owner = owner();
    let mut ambiguous = 0;
    for state in [StateKind::Claimed, StateKind::Dispatched] {
        let filter = EntryFilter::new().with_state(state);
        let mut after = None;
        loop {
            let now = clock.now();
            let page = journal.entries(&filter, after.as_ref(), PAGE, now).await?;
            // Skips unreadable records: their holder is unknown.
            let entries = page.entries();
            for ticket in entries.iter().filter_map(|entry| entry.held_by(&owner)) {
                journal.apply(Command::Abandon(ticket), now).await?;
                ambiguous += usize::from(state == StateKind::Dispatched);
            }
            match entries.last() {
                Some(entry) if entries.len() == PAGE => after = Some(entry.key().clone()),
                _ => break,
            }
        }
    }
    Ok(ambiguous)
}

/// Adopts processes that an earlier run was answered with and could not record, as the command for
/// a found process does. The run of each row then checks that the process is the row's. Returns how
/// many.
///
/// # Errors
/// The journal cannot be read or written.
pub(crate) async fn take_up(
    job: &Job,
    named: &[(Reference, ProcessId)],
) -> Result<usize, JournalError> {
    let mut taken_up = 0;
    for (reference, process_id) in named {
        let key = job.key(reference.clone());
        let found = Settlement::Found(process_id.clone());
        match job.journal.settle(&key, found, job.clock.now()).await {
            Ok(()) => taken_up += 1,
            // The process is another row's, or the row has an end by now.
            Err(error)
                if matches!(
                    error.kind(),
                    JournalErrorKind::ProcessTaken
                        | JournalErrorKind::NotAllowed(_)
                        | JournalErrorKind::NotFound
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(taken_up)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use idcloud_flows::Flow;
    use idcloud_flows::journal::{Claim, Claimed, JournalKey, MemoryJournal};
    use idcloud_http::{EnvironmentName, SystemClock};
    use idcloud_model::request::{CreateRequest, IdentityRequest};
    use idcloud_model::{Asked, Image, Policy, SelfieKind, Subject};

    use super::*;

    async fn claim(
        journal: &dyn Journal,
        clock: &SystemClock,
        reference: &str,
        owner: Owner,
    ) -> Claimed {
        let cpf: idcloud_model::Cpf = "52998224725".parse().unwrap();
        let mut picture =
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xd0\0\0\x03\xc0\x08\x02\0\0\0".to_vec();
        picture.resize(2_000, 7);
        let selfie = Image::from_input(picture.into()).unwrap();
        let subject = Subject::new(cpf).with_name("Test Subject".parse().unwrap());
        let request: CreateRequest = IdentityRequest::new(subject, selfie).unwrap().into();
        let key = JournalKey::from_parts(
            EnvironmentName::Local,
            "tenant",
            Flow::Identity,
            reference.parse().unwrap(),
        );
        let asked = Asked::new("identity".parse().unwrap(), SelfieKind::Image);
        let claim = Claim::new(key, &request, asked, Policy::default(), owner);
        journal.claim(claim, clock.now()).await.unwrap()
    }

    /// A killed batch blocks nothing: a sent attempt becomes ambiguous, an unsent one is free, and
    /// attempts of other programs stay theirs.
    #[tokio::test]
    async fn only_what_was_dispatched_becomes_ambiguous() {
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
        let clock = SystemClock::new();
        let (mine, other) = (owner(), "someone-else".parse::<Owner>().unwrap());
        for (reference, owner, dispatched) in [
            ("claimed", &mine, false),
            ("dispatched", &mine, true),
            ("others", &other, true),
        ] {
            let Claimed::Fresh(ticket) = claim(&*journal, &clock, reference, owner.clone()).await
            else {
                panic!("not fresh");
            };
            if dispatched {
                journal
                    .dispatch(&ticket, Duration::from_secs(60), clock.now())
                    .await
                    .unwrap();
            }
        }
        assert_eq!(let_go(&*journal, &clock).await.unwrap(), 1);
        assert_eq!(let_go(&*journal, &clock).await.unwrap(), 0);
        assert!(matches!(
            claim(&*journal, &clock, "claimed", mine.clone()).await,
            Claimed::Fresh(_)
        ));
        assert!(matches!(
            claim(&*journal, &clock, "dispatched", mine.clone()).await,
            Claimed::Ambiguous { .. }
        ));
        assert!(matches!(
            claim(&*journal, &clock, "others", mine).await,
            Claimed::InFlight { .. }
        ));
    }
}
