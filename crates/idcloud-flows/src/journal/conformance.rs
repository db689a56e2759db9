//! The tests that every journal must pass, as a function that runs them on one.
//!
//! Must use nothing of a journal but the trait, so that any store can be tested.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a broken promise stops whoever tries"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idcloud_http::EnvironmentName;
use idcloud_model::request::{CreateRequest, IdentityRequest};
use idcloud_model::{
    Asked, Capabilities, FinalProcess, IdentityExtras, Policy, Process, ProcessId, SelfieKind,
    Status, Subject, SubjectDraft,
};

use super::{
    Claim, Claimed, Conclusion, EntryFilter, Finished, Journal, JournalErrorKind, JournalKey,
    Origin, Owner, Record, Refusal, Settlement, State, StateKind, Ticket,
};
use crate::Flow;
use crate::report::pending::{Pending, Question};
use crate::tenant::Tenant;

/// Runs every test on this journal. Others may use it at the same time; the records stay in it.
///
/// # Panics
/// If the journal breaks a promise: the message says which.
pub async fn check(journal: &dyn Journal) {
    let trial = Trial::new(journal);
    trial.one_of_two().await;
    trial.leases().await;
    trial.stale_tickets().await;
    trial.nothing_leaves_late().await;
    trial.pending_then_finished().await;
    trial.ambiguous_until_settled().await;
    trial.whose_process().await;
    trial.named_in_part().await;
    trial.one_process_answers_one_reference().await;
    trial.a_person_may_be_mistaken().await;
    trial.ends_are_told_once().await;
    trial.a_late_answer().await;
    trial.what_did_not_run().await;
    trial.begin_again().await;
    trial.other_requests().await;
    trial.abandoned().await;
    trial.retracted().await;
    trial.keys_are_apart().await;
    trial.one_tenant_in_one_case().await;
    trial.custom_places().await;
    trial.an_owner_that_is_dead().await;
    trial.no_lease_is_endless().await;
    trial.clocks_that_are_ahead().await;
    trial.wrong_moves().await;
    trial.pages().await;
    trial.found_by_state().await;
    trial.purge().await;
}

/// When all tests begin, in seconds since 1970.
const START: u64 = 1_800_000_000;
const LEASE: Duration = Duration::from_secs(60);

/// `seconds` after the start of a test.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + seconds)
}

/// A request about a person who does not exist; each value of `picture` makes another request.
///
/// # Panics
/// Never: the model accepts the request.
#[must_use]
pub fn request(picture: u8) -> CreateRequest {
    // The smallest bytes that pass for a WebP picture of 800 by 600.
    let mut bytes = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
    bytes.resize(200, picture);
    let selfie = idcloud_model::Selfie::from_input(bytes.into(), at(0)).expect("a picture");
    let draft = SubjectDraft {
        code: Some("52998224725".to_owned().into()),
        name: Some("Nobody At All".to_owned().into()),
        ..SubjectDraft::default()
    };
    let subject: Subject = draft.parse().expect("a subject");
    IdentityRequest::new(subject, selfie)
        .expect("a request")
        .into()
}

fn asked() -> Asked {
    let identity = Capabilities::NONE.with_identity(IdentityExtras::NONE);
    Asked::new(identity, SelfieKind::Image)
}

/// A final process with this status.
fn process(id: &ProcessId, status: u8) -> FinalProcess {
    let json = format!(r#"{{"id":"{id}","status":{status},"unicoId":{{"result":"yes"}}}}"#);
    match Process::from_json(json.as_bytes()) {
        Ok(Process::Final(process)) => process,
        _ => panic!("status {status} is final"),
    }
}

fn finished(id: &ProcessId, status: u8) -> Finished {
    Finished::new(
        &process(id, status),
        asked(),
        Policy::default(),
        EnvironmentName::Local,
        true,
    )
}

fn id(number: u32) -> ProcessId {
    format!("00000000-0000-4000-8000-{number:012}")
        .parse()
        .expect("an id")
}

struct Trial<'a> {
    journal: &'a dyn Journal,
    /// Keeps the tests in one store apart.
    tenant: String,
    number: AtomicU32,
}

impl<'a> Trial<'a> {
    fn new(journal: &'a dyn Journal) -> Self {
        let tenant = format!("trial-{}", Owner::random());
        Self {
            journal,
            tenant,
            number: AtomicU32::new(0),
        }
    }

    fn key(&self, flow: Flow, reference: &str) -> JournalKey {
        let reference = reference.parse().expect("a reference");
        JournalKey::from_parts(EnvironmentName::Local, &self.tenant, flow, reference)
    }

    /// A key that no other test has.
    fn new_key(&self) -> JournalKey {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        self.key(Flow::Identity, &format!("trial {number}"))
    }

    fn claim_of(key: &JournalKey, owner: &str, picture: u8) -> Claim {
        let owner = owner.parse().expect("an owner");
        let request = request(picture);
        Claim::new(key.clone(), &request, asked(), Policy::default(), owner).with_lease(LEASE)
    }

    async fn claim(&self, key: &JournalKey, owner: &str, now: SystemTime) -> Claimed {
        self.journal
            .claim(Self::claim_of(key, owner, 0), now)
            .await
            .expect("a claim is answered")
    }

    async fn fresh(&self, key: &JournalKey, owner: &str, now: SystemTime) -> Ticket {
        match self.claim(key, owner, now).await {
            Claimed::Fresh(ticket) => ticket,
            other => panic!("fresh was expected, and {other:?} came"),
        }
    }

    /// A dispatched attempt.
    async fn on_its_way(&self, key: &JournalKey, now: SystemTime) -> Ticket {
        let ticket = self.fresh(key, "one", now).await;
        self.journal
            .dispatch(&ticket, LEASE, now)
            .await
            .expect("a fresh ticket dispatches");
        ticket
    }

    async fn conclude(&self, ticket: &Ticket, conclusion: Conclusion, now: SystemTime) {
        self.journal
            .conclude(ticket, conclusion, now)
            .await
            .expect("an attempt's holder concludes it");
    }

    /// A pending process, as a settlement makes one.
    async fn pending(&self, key: &JournalKey, number: u32) {
        let ticket = self.on_its_way(key, at(0)).await;
        self.conclude(&ticket, Conclusion::Ambiguous, at(1)).await;
        self.journal
            .settle(key, Settlement::Found(id(number)), at(2))
            .await
            .expect("what is ambiguous can be settled");
    }

    async fn state(&self, key: &JournalKey, now: SystemTime) -> StateKind {
        let entry = self
            .journal
            .entry(key, now)
            .await
            .expect("entries are read");
        entry.expect("it is remembered").state().kind()
    }

    /// Two owners with one reference: one submits, the other gets `InFlight`; so do two tasks of
    /// one owner.
    async fn one_of_two(&self) {
        let key = self.new_key();
        let ticket = self.fresh(&key, "one", at(0)).await;
        for owner in ["two", "one"] {
            let Claimed::InFlight { owner, until } = self.claim(&key, owner, at(1)).await else {
                panic!("a claimed reference is in flight");
            };
            assert_eq!((owner.as_str(), until), ("one", at(60)));
        }
        self.journal
            .dispatch(&ticket, LEASE, at(30))
            .await
            .expect("the holder dispatches");
        let Claimed::InFlight { until, .. } = self.claim(&key, "two", at(70)).await else {
            panic!("a dispatched reference is in flight");
        };
        assert_eq!(until, at(90), "a dispatch begins the lease anew");
    }

    /// An expired lease is fresh if it was only claimed, ambiguous if it was dispatched.
    async fn leases(&self) {
        let key = self.new_key();
        let first = self.fresh(&key, "one", at(0)).await;
        assert_eq!(self.state(&key, at(59)).await, StateKind::Claimed);
        assert_eq!(self.state(&key, at(60)).await, StateKind::NotSent);
        let second = self.fresh(&key, "two", at(60)).await;
        assert!(second.fence() > first.fence(), "fences only grow");
        assert_eq!(second.attempt(), 1, "what did not run is not counted");

        let key = self.new_key();
        let _ = self.on_its_way(&key, at(0)).await;
        assert_eq!(self.state(&key, at(59)).await, StateKind::Dispatched);
        assert_eq!(self.state(&key, at(60)).await, StateKind::Ambiguous);
        let Claimed::Ambiguous { since } = self.claim(&key, "two", at(60)).await else {
            panic!("nobody knows what became of it");
        };
        assert_eq!(since, at(0));
    }

    /// A ticket that no longer holds the attempt does nothing.
    async fn stale_tickets(&self) {
        let key = self.new_key();
        let old = self.fresh(&key, "one", at(0)).await;
        let new = self.fresh(&key, "two", at(61)).await;
        let kind = |error: super::JournalError| error.kind();
        let late = self.journal.dispatch(&old, LEASE, at(30)).await;
        assert_eq!(late.map_err(kind), Err(JournalErrorKind::Stale));
        let late = self
            .journal
            .conclude(&old, Conclusion::NotSent(None), at(62))
            .await;
        assert_eq!(late.map_err(kind), Err(JournalErrorKind::Stale));
        self.journal.abandon(old, at(62));
        self.journal
            .dispatch(&new, LEASE, at(63))
            .await
            .expect("the new holder is not disturbed");
    }

    /// A dispatch after the lease fails, whether or not another owner claimed meanwhile.
    async fn nothing_leaves_late(&self) {
        let key = self.new_key();
        let ticket = self.fresh(&key, "one", at(0)).await;
        let late = self.journal.dispatch(&ticket, LEASE, at(60)).await;
        assert_eq!(
            late.expect_err("late").kind(),
            JournalErrorKind::LeaseExpired
        );
        let key = self.new_key();
        let ticket = self.on_its_way(&key, at(0)).await;
        self.journal
            .dispatch(&ticket, LEASE, at(50))
            .await
            .expect("a repetition of what did not run");
        let late = self.journal.dispatch(&ticket, LEASE, at(110)).await;
        assert_eq!(
            late.expect_err("late").kind(),
            JournalErrorKind::LeaseExpired
        );
    }

    /// Claims return the pending process until it is finished, then the finished one.
    async fn pending_then_finished(&self) {
        let key = self.new_key();
        self.pending(&key, 1).await;
        let Claimed::Pending(pending) = self.claim(&key, "two", at(1000)).await else {
            panic!("a pending process is handed out");
        };
        assert_eq!(*pending.process_id(), id(1));
        assert_eq!(
            (pending.flow(), *pending.asked()),
            (Flow::Identity, asked().with_settled_by_hand(true))
        );
        let other = self.journal.finish(&key, finished(&id(2), 3), at(3)).await;
        assert_eq!(
            other.expect_err("another process").kind(),
            JournalErrorKind::NotAllowed(StateKind::Pending)
        );
        // Twice, because two waits may end.
        for _ in 0..2 {
            self.journal
                .finish(&key, finished(&id(1), 3), at(4))
                .await
                .expect("the waiter finishes it");
        }
        let Claimed::Finished(report) = self.claim(&key, "two", at(1000)).await else {
            panic!("a finished process is handed out");
        };
        // A person found it, and no program compared its person.
        let mut by_hand = finished(&id(1), 3);
        by_hand.set_settled_by_hand(true);
        assert_eq!(*report, by_hand);

        // The same end, recorded by the holder at once.
        let key = self.new_key();
        let ticket = self.on_its_way(&key, at(0)).await;
        let end = Conclusion::Finished(Box::new(finished(&id(3), 3)));
        // Twice, because an error may have hidden the first.
        for _ in 0..2 {
            self.conclude(&ticket, end.clone(), at(1)).await;
        }
        assert_eq!(self.state(&key, at(1000)).await, StateKind::Finished);
    }

    /// A process that a person found is compared: one of the same person is an ordinary process,
    /// one of another person answers no claim.
    async fn whose_process(&self) {
        for is_finished in [false, true] {
            let (theirs, others) = (self.new_key(), self.new_key());
            for (key, number) in [(&theirs, 130), (&others, 131)] {
                let number = number + 10 * u32::from(is_finished);
                self.pending(key, number).await;
                if is_finished {
                    let end = finished(&id(number), 3);
                    let written = self.journal.finish(key, end, at(4)).await;
                    written.expect("the waiter finishes it");
                }
                let is_theirs = *key == theirs;
                let wrong = self.journal.compare(key, &id(199), is_theirs, at(5)).await;
                assert!(matches!(
                    wrong.expect_err("another process").kind(),
                    JournalErrorKind::NotAllowed(_)
                ));
                let written = self
                    .journal
                    .compare(key, &id(number), is_theirs, at(5))
                    .await;
                written.expect("what was found is compared");
            }
            match self.claim(&theirs, "two", at(1000)).await {
                Claimed::Pending(pending) => assert!(!pending.asked().settled_by_hand()),
                Claimed::Finished(end) => assert!(!end.asked().settled_by_hand()),
                other => panic!("{other:?}"),
            }
            assert_eq!(self.state(&others, at(1000)).await, StateKind::Ambiguous);
            // The reference that it belongs to may be found later, and settled with it.
            let number = 131 + 10 * u32::from(is_finished);
            let owner = self.new_key();
            self.pending(&owner, number).await;
        }
        // A process of IDCloud's own answer needs no comparison.
        let key = self.new_key();
        let ticket = self.on_its_way(&key, at(0)).await;
        let end = Conclusion::Finished(Box::new(finished(&id(150), 3)));
        self.conclude(&ticket, end, at(1)).await;
        let refused = self.journal.compare(&key, &id(150), false, at(2)).await;
        assert_eq!(
            refused.expect_err("no person found it").kind(),
            JournalErrorKind::NotAllowed(StateKind::Finished)
        );
    }

    /// Ambiguous stays ambiguous until a person settles it, in one of two ways.
    async fn ambiguous_until_settled(&self) {
        let found = self.new_key();
        self.pending(&found, 4).await;
        assert_eq!(self.state(&found, at(1000)).await, StateKind::Pending);

        let again = self.new_key();
        let first = self.on_its_way(&again, at(0)).await;
        self.conclude(&first, Conclusion::Ambiguous, at(1)).await;
        let later = self.claim(&again, "one", at(100_000)).await;
        assert!(matches!(later, Claimed::Ambiguous { .. }));
        self.journal
            .settle(&again, Settlement::Resend, at(100_001))
            .await
            .expect("what is ambiguous can be settled");
        let second = self.fresh(&again, "one", at(100_002)).await;
        assert_eq!(second.attempt(), 2);
        let twice = self
            .journal
            .settle(&again, Settlement::Resend, at(100_003))
            .await;
        assert_eq!(
            twice.expect_err("it is being sent").kind(),
            JournalErrorKind::NotAllowed(StateKind::Claimed)
        );
    }

    /// A process that only an incomplete answer named is pending until IDCloud does not know it:
    /// then its reference is ambiguous. A process that IDCloud or a person confirmed cannot be
    /// doubted, nor can another process.
    async fn named_in_part(&self) {
        let named = async |number: u32| {
            let key = self.new_key();
            let ticket = self.on_its_way(&key, at(0)).await;
            let question = Question {
                flow: key.flow(),
                reference: Some(key.reference().clone()),
                asked: asked(),
                policy: Policy::default(),
            };
            let tenant = Arc::new(Tenant::of_key(&key, None));
            let pending = Pending::unconfirmed(id(number), question, tenant, at(1), true);
            let end = Conclusion::Pending(Box::new(pending));
            self.conclude(&ticket, end, at(1)).await;
            key
        };
        let doubt = async |key: &JournalKey, number: u32| {
            let doubted = self.journal.doubt(key, &id(number), at(40)).await;
            doubted.map_err(|error| error.kind())
        };
        let key = named(250).await;
        let Claimed::Pending(pending) = self.claim(&key, "two", at(40)).await else {
            panic!("a process that was named is pending");
        };
        assert!(pending.is_unconfirmed(), "no more than its id is known");
        assert_eq!(doubt(&key, 251).await, Ok(()));
        assert_eq!(self.state(&key, at(40)).await, StateKind::Pending);
        // Twice, because two polls may find out.
        for _ in 0..2 {
            assert_eq!(doubt(&key, 250).await, Ok(()));
            assert_eq!(self.state(&key, at(40)).await, StateKind::Ambiguous);
        }
        let doubted = async |key: &JournalKey| {
            let entry = self.journal.entry(key, at(40)).await;
            let entry = entry.expect("readable").expect("known");
            assert_eq!(entry.record().process_id(), None, "no process is known");
            entry.record().doubted().cloned()
        };
        assert_eq!(doubted(&key).await, Some(id(250)), "its id is kept");
        // It belongs to the reference again if a person settles so, and is gone if the person lets
        // the request be sent again.
        let settled = self.journal.settle(&key, Settlement::Resend, at(41)).await;
        settled.expect("what is ambiguous can be settled");
        assert_eq!(doubted(&key).await, None);
        // A person may settle it at any time, and later claims ask about that process.
        let (found, resent) = (named(252).await, named(253).await);
        for (key, settlement) in [
            (&found, Settlement::Found(id(252))),
            (&resent, Settlement::Resend),
        ] {
            let settled = self.journal.settle(key, settlement, at(2)).await;
            settled.expect("what only a part named can be settled");
        }
        assert_eq!(doubt(&found, 252).await, Ok(()));
        assert_eq!(self.state(&found, at(40)).await, StateKind::Pending);
        assert_eq!(self.state(&resent, at(40)).await, StateKind::Resend);
        // Its final answer confirms it.
        let ended = named(254).await;
        self.journal
            .finish(&ended, finished(&id(254), 3), at(2))
            .await
            .expect("the waiter finishes it");
        assert_eq!(doubt(&ended, 254).await, Ok(()));
        assert_eq!(self.state(&ended, at(40)).await, StateKind::Finished);
        // A complete answer leaves nothing to doubt.
        let whole = self.new_key();
        let ticket = self.on_its_way(&whole, at(0)).await;
        let mut pending = *pending;
        pending.update(&Status::Processing, true);
        let process_id = pending.process_id().clone();
        self.conclude(&ticket, Conclusion::Pending(Box::new(pending)), at(1))
            .await;
        let doubted = self.journal.doubt(&whole, &process_id, at(40)).await;
        doubted.expect("nothing is changed");
        assert_eq!(self.state(&whole, at(40)).await, StateKind::Pending);
        assert_eq!(
            doubt(&self.new_key(), 255).await,
            Err(JournalErrorKind::NotFound)
        );
    }

    /// A process that a person found belongs to one reference only, whatever became of that
    /// reference; in another tenant it is another process.
    async fn one_process_answers_one_reference(&self) {
        let ambiguous = async |key: &JournalKey| {
            let ticket = self.on_its_way(key, at(0)).await;
            self.conclude(&ticket, Conclusion::Ambiguous, at(1)).await;
        };
        let ended = async |key: &JournalKey, number: u32, status: u8| {
            let ticket = self.on_its_way(key, at(0)).await;
            let end = Conclusion::Finished(Box::new(finished(&id(number), status)));
            self.conclude(&ticket, end, at(1)).await;
        };
        self.pending(&self.new_key(), 20).await;
        ended(&self.new_key(), 21, 3).await;
        // A failed process, replaced by a running attempt.
        let replaced = self.new_key();
        ended(&replaced, 22, 5).await;
        let again = Self::claim_of(&replaced, "one", 0);
        let again = self.journal.begin_again(again, at(2)).await;
        let Ok(Claimed::Fresh(again)) = again else {
            panic!("a failed process may be begun again");
        };
        self.journal
            .dispatch(&again, LEASE, at(2))
            .await
            .expect("a fresh ticket dispatches");
        self.conclude(&again, Conclusion::Ambiguous, at(3)).await;
        let (other, other_flow) = (self.new_key(), self.key(Flow::Liveness, "one process"));
        ambiguous(&other).await;
        ambiguous(&other_flow).await;
        for key in [&other, &other_flow, &replaced] {
            for number in [20, 21, 22] {
                let taken = Settlement::Found(id(number));
                let taken = self.journal.settle(key, taken, at(4)).await;
                assert_eq!(
                    taken.expect_err("another's process").kind(),
                    JournalErrorKind::ProcessTaken
                );
                assert_eq!(self.state(key, at(4)).await, StateKind::Ambiguous);
            }
        }
        for (environment, tenant) in [
            (EnvironmentName::Uat, self.tenant.clone()),
            (EnvironmentName::Local, format!("{}.others", self.tenant)),
        ] {
            let reference = "one process".parse().expect("a reference");
            let key = JournalKey::from_parts(environment, &tenant, Flow::Identity, reference);
            ambiguous(&key).await;
            self.journal
                .settle(&key, Settlement::Found(id(20)), at(4))
                .await
                .expect("another tenant has processes of its own");
        }
    }

    /// A person who named the wrong process may correct that until a poll shows it final; the wrong
    /// process may then belong to another reference.
    async fn a_person_may_be_mistaken(&self) {
        let (key, other) = (self.new_key(), self.new_key());
        for key in [&key, &other] {
            let ticket = self.on_its_way(key, at(0)).await;
            self.conclude(&ticket, Conclusion::Ambiguous, at(1)).await;
        }
        let settle = async |key: &JournalKey, settlement| {
            let settled = self.journal.settle(key, settlement, at(2)).await;
            settled.map_err(|error| error.kind())
        };
        let found = |number| Settlement::Found(id(number));
        assert_eq!(settle(&key, found(30)).await, Ok(()));
        assert_eq!(settle(&key, found(30)).await, Ok(()), "said twice");
        let taken = Err(JournalErrorKind::ProcessTaken);
        assert_eq!(settle(&other, found(30)).await, taken);
        assert_eq!(settle(&key, found(31)).await, Ok(()));
        assert_eq!(settle(&other, found(31)).await, taken);
        assert_eq!(settle(&other, found(30)).await, Ok(()), "nobody's now");
        let Claimed::Pending(pending) = self.claim(&key, "one", at(3)).await else {
            panic!("a process was found");
        };
        assert_eq!(pending.process_id(), &id(31));
        assert_eq!(settle(&key, Settlement::Resend).await, Ok(()));
        let second = self.fresh(&key, "one", at(4)).await;
        assert_eq!(
            second.attempt(),
            2,
            "what was ambiguous may have been paid for"
        );
        // A person cannot overrule a process that was seen final.
        self.journal
            .finish(&other, finished(&id(30), 3), at(5))
            .await
            .expect("a final process");
        let late = Err(JournalErrorKind::NotAllowed(StateKind::Finished));
        assert_eq!(settle(&other, Settlement::Resend).await, late);
        // A late answer overrules a person; a late conclusion without an answer does not.
        let late = self.new_key();
        let ticket = self.on_its_way(&late, at(0)).await;
        self.conclude(&ticket, Conclusion::Ambiguous, at(1)).await;
        assert_eq!(settle(&late, found(34)).await, Ok(()));
        self.conclude(&ticket, Conclusion::Ambiguous, at(3)).await;
        assert_eq!(self.state(&late, at(3)).await, StateKind::Pending);
        let end = Conclusion::Finished(Box::new(finished(&id(35), 3)));
        self.conclude(&ticket, end, at(4)).await;
        assert_eq!(self.state(&late, at(4)).await, StateKind::Finished);
        // A process that a create's own answer named cannot be overruled at all.
        let own = self.new_key();
        let ticket = self.on_its_way(&own, at(0)).await;
        self.conclude(&ticket, Conclusion::Pending(pending), at(1))
            .await;
        let late = Err(JournalErrorKind::NotAllowed(StateKind::Pending));
        assert_eq!(settle(&own, found(33)).await, late);
    }

    /// An end may be recorded twice, and counts once; a different end is refused and changes
    /// nothing.
    async fn ends_are_told_once(&self) {
        let pending_of = async |number: u32| {
            let key = self.new_key();
            self.pending(&key, number).await;
            match self.claim(&key, "one", at(3)).await {
                Claimed::Pending(pending) => Conclusion::Pending(pending),
                other => panic!("a process was found: {other:?}"),
            }
        };
        let (pending, other_pending) = (&pending_of(50).await, &pending_of(51).await);
        let end = |number| Conclusion::Finished(Box::new(finished(&id(number), 3)));
        let (end, other_end) = (&end(50), &end(51));
        let (unknown, unsent) = (&Conclusion::Ambiguous, &Conclusion::NotSent(None));
        let (done, stale) = (Ok(()), Err(JournalErrorKind::Stale));
        for (stands, said, told, state) in [
            (pending, pending, done, StateKind::Pending),
            (pending, other_pending, stale, StateKind::Pending),
            (pending, end, done, StateKind::Finished),
            (pending, other_end, stale, StateKind::Pending),
            (pending, unknown, stale, StateKind::Pending),
            (pending, unsent, stale, StateKind::Pending),
            (end, end, done, StateKind::Finished),
            (end, other_end, stale, StateKind::Finished),
            (end, pending, stale, StateKind::Finished),
            (end, unknown, stale, StateKind::Finished),
            (end, unsent, stale, StateKind::Finished),
            (unsent, unsent, done, StateKind::NotSent),
            (unsent, unknown, stale, StateKind::NotSent),
            (unsent, end, stale, StateKind::NotSent),
            (unknown, unknown, done, StateKind::Ambiguous),
            (unknown, unsent, done, StateKind::NotSent),
            (unknown, pending, done, StateKind::Pending),
            (unknown, end, done, StateKind::Finished),
        ] {
            let key = self.new_key();
            let ticket = self.on_its_way(&key, at(0)).await;
            self.conclude(&ticket, stands.clone(), at(1)).await;
            let answer = self.journal.conclude(&ticket, said.clone(), at(2)).await;
            let answer = answer.map_err(|error| error.kind());
            assert_eq!(answer, told, "{stands:?}, then {said:?}");
            assert_eq!(self.state(&key, at(3)).await, state, "{stands:?}, {said:?}");
        }
        // An ambiguous request may not be sent again, and a late `Ambiguous` does not overrule a
        // person.
        let key = self.new_key();
        let ticket = self.on_its_way(&key, at(0)).await;
        self.conclude(&ticket, Conclusion::Ambiguous, at(1)).await;
        let again = self.journal.dispatch(&ticket, LEASE, at(2)).await;
        let again = again.map_err(|error| error.kind());
        assert_eq!(again, Err(JournalErrorKind::LeaseExpired));
        let settled = self.journal.settle(&key, Settlement::Resend, at(3)).await;
        settled.expect("settled");
        self.conclude(&ticket, Conclusion::Ambiguous, at(4)).await;
        assert_eq!(self.state(&key, at(5)).await, StateKind::Resend);
    }

    /// A late answer ends an ambiguous attempt.
    async fn a_late_answer(&self) {
        let key = self.new_key();
        let ticket = self.on_its_way(&key, at(0)).await;
        let before = self.claim(&key, "two", at(70)).await;
        assert!(matches!(before, Claimed::Ambiguous { .. }));
        let end = Conclusion::Finished(Box::new(finished(&id(5), 3)));
        self.conclude(&ticket, end, at(80)).await;
        let after = self.claim(&key, "two", at(90)).await;
        assert!(matches!(after, Claimed::Finished(_)));
    }

    /// After an attempt that provably did not run, the one before it is current again.
    async fn what_did_not_run(&self) {
        let key = self.new_key();
        let refusal = Refusal::new(Some(400), None);
        let ticket = self.on_its_way(&key, at(0)).await;
        let end = Conclusion::NotSent(Some(refusal.clone()));
        self.conclude(&ticket, end, at(1)).await;
        let entry = self.journal.entry(&key, at(2)).await.expect("read");
        let entry = entry.expect("a refusal is remembered");
        assert_eq!(*entry.state(), State::NotSent(Some(refusal)));
        let _ = self.on_its_way(&key, at(3)).await;

        let key = self.new_key();
        let first = self.on_its_way(&key, at(0)).await;
        let failed = Conclusion::Finished(Box::new(finished(&id(6), 5)));
        self.conclude(&first, failed, at(1)).await;
        let again = Self::claim_of(&key, "one", 0);
        let again = self.journal.begin_again(again, at(2)).await;
        let Ok(Claimed::Fresh(second)) = again else {
            panic!("a failed process may be begun again");
        };
        let refused = Conclusion::NotSent(None);
        self.conclude(&second, refused, at(3)).await;
        let Claimed::Finished(before) = self.claim(&key, "one", at(4)).await else {
            panic!("the failed process stands");
        };
        assert_eq!(*before.process_id(), id(6));
    }

    /// Only a process that ended with status 4 or 5 is retried, and only on request.
    async fn begin_again(&self) {
        for (status, expected) in [(3, false), (4, true), (5, true)] {
            let key = self.new_key();
            let ticket = self.on_its_way(&key, at(0)).await;
            let end = Conclusion::Finished(Box::new(finished(&id(7), status)));
            self.conclude(&ticket, end, at(1)).await;
            let plain = self.claim(&key, "one", at(2)).await;
            assert!(
                matches!(plain, Claimed::Finished(_)),
                "a claim alone begins nothing again"
            );
            let claim = Self::claim_of(&key, "two", u8::from(expected));
            let again = self.journal.begin_again(claim.clone(), at(3)).await;
            let is_fresh = matches!(again, Ok(Claimed::Fresh(_)));
            assert_eq!(is_fresh, expected, "status {status}");
            if expected {
                let other = self.journal.begin_again(claim, at(4)).await;
                assert!(matches!(other, Ok(Claimed::InFlight { .. })));
                let entry = self.journal.entry(&key, at(4)).await.expect("read");
                let entry = entry.expect("remembered");
                assert_eq!(entry.record().attempts(), 2);
                assert!(entry.record().earlier_processes().eq([&id(7)]));
            }
        }
        let key = self.new_key();
        self.pending(&key, 8).await;
        let claim = Self::claim_of(&key, "one", 0);
        let pending = self.journal.begin_again(claim, at(3)).await;
        assert!(matches!(pending, Ok(Claimed::Pending(_))));
    }

    /// One reference is one request, until that request provably had no result.
    async fn other_requests(&self) {
        let other = |key: &JournalKey| Self::claim_of(key, "one", 1);
        let refused = |state| JournalErrorKind::OtherRequest(state);
        let claimed = self.new_key();
        let _ = self.fresh(&claimed, "one", at(0)).await;
        let dispatched = self.new_key();
        let _ = self.on_its_way(&dispatched, at(0)).await;
        let pending = self.new_key();
        self.pending(&pending, 9).await;
        let ambiguous = self.new_key();
        let ticket = self.on_its_way(&ambiguous, at(0)).await;
        self.conclude(&ticket, Conclusion::Ambiguous, at(1)).await;
        let done = self.new_key();
        let ticket = self.on_its_way(&done, at(0)).await;
        let end = Conclusion::Finished(Box::new(finished(&id(10), 3)));
        self.conclude(&ticket, end, at(1)).await;
        for (key, state) in [
            (&claimed, StateKind::Claimed),
            (&dispatched, StateKind::Dispatched),
            (&pending, StateKind::Pending),
            (&ambiguous, StateKind::Ambiguous),
            (&done, StateKind::Finished),
        ] {
            let answer = self.journal.claim(other(key), at(5)).await;
            assert_eq!(answer.expect_err("another request").kind(), refused(state));
        }
        let free = self.new_key();
        let ticket = self.on_its_way(&free, at(0)).await;
        self.conclude(&ticket, Conclusion::NotSent(None), at(1))
            .await;
        self.journal
            .settle(&ambiguous, Settlement::Resend, at(6))
            .await
            .expect("settled");
        for key in [&free, &ambiguous] {
            let answer = self.journal.claim(other(key), at(7)).await;
            assert!(matches!(answer, Ok(Claimed::Fresh(_))));
        }
    }

    /// A dropped submission leaves a claimed reference free and a dispatched one ambiguous.
    async fn abandoned(&self) {
        let key = self.new_key();
        let ticket = self.fresh(&key, "one", at(0)).await;
        self.journal.abandon(ticket, at(1));
        let ticket = self.on_its_way(&key, at(2)).await;
        self.journal.abandon(ticket, at(3));
        let left = self.claim(&key, "two", at(4)).await;
        assert!(matches!(left, Claimed::Ambiguous { .. }));
    }

    /// A retracted dispatch leaves the attempt claimed, by the same holder; an attempt that has
    /// ended is not retracted.
    async fn retracted(&self) {
        let key = self.new_key();
        let ticket = self.on_its_way(&key, at(0)).await;
        for _ in 0..2 {
            let retracted = self.journal.retract(&ticket, at(1)).await;
            retracted.expect("taken back, and once more");
        }
        assert_eq!(self.state(&key, at(2)).await, StateKind::Claimed);
        let other = self.claim(&key, "two", at(3)).await;
        assert!(
            matches!(other, Claimed::InFlight { .. }),
            "still the holder's"
        );
        assert_eq!(self.state(&key, at(60)).await, StateKind::NotSent);
        self.journal
            .dispatch(&ticket, LEASE, at(4))
            .await
            .expect("the repetition");
        assert_eq!(self.state(&key, at(64)).await, StateKind::Ambiguous);
        self.conclude(&ticket, Conclusion::Ambiguous, at(5)).await;
        let late = self.journal.retract(&ticket, at(6)).await;
        assert_eq!(
            late.expect_err("has an end").kind(),
            JournalErrorKind::Stale
        );
        assert_eq!(self.state(&key, at(7)).await, StateKind::Ambiguous);
        // A ticket that was replaced retracts nothing.
        let key = self.new_key();
        let old = self.fresh(&key, "one", at(0)).await;
        let new = self.fresh(&key, "two", at(61)).await;
        self.journal
            .dispatch(&new, LEASE, at(62))
            .await
            .expect("dispatched");
        let stale = self.journal.retract(&old, at(63)).await;
        assert_eq!(
            stale.expect_err("another's").kind(),
            JournalErrorKind::Stale
        );
        assert_eq!(self.state(&key, at(64)).await, StateKind::Dispatched);
    }

    /// One reference is several submissions in several flows, tenants and environments.
    async fn keys_are_apart(&self) {
        let reference = || "shared".parse().expect("a reference");
        for key in [
            self.key(Flow::Identity, "shared"),
            self.key(Flow::Liveness, "shared"),
            JournalKey::from_parts(
                EnvironmentName::Uat,
                &self.tenant,
                Flow::Identity,
                reference(),
            ),
            JournalKey::from_parts(
                EnvironmentName::Local,
                &format!("{}.other", self.tenant),
                Flow::Identity,
                reference(),
            ),
        ] {
            let _ = self.fresh(&key, "one", at(0)).await;
        }
    }

    /// A reference belongs to the tenant: another of its accounts finds it, in any case of the
    /// tenant's id.
    async fn one_tenant_in_one_case(&self) {
        let key = self.new_key();
        let mut claim = Self::claim_of(&key, "one", 0);
        claim.account = Some("first@tenant.iam.acesso.io".into());
        let first = self.journal.claim(claim, at(0)).await;
        assert!(matches!(first, Ok(Claimed::Fresh(_))));
        let reference = key.reference().clone();
        let tenant = self.tenant.to_ascii_uppercase();
        let same = JournalKey::from_parts(key.environment(), &tenant, key.flow(), reference);
        let mut claim = Self::claim_of(&same, "two", 0);
        claim.account = Some("second@tenant.iam.acesso.io".into());
        let second = self.journal.claim(claim, at(1)).await;
        assert!(matches!(second, Ok(Claimed::InFlight { .. })));
        let entry = self.journal.entry(&same, at(1)).await.expect("read");
        let entry = entry.expect("it is remembered");
        let account = Some("first@tenant.iam.acesso.io");
        assert_eq!(entry.record().account(), account, "who submitted it");
    }

    /// In a custom environment a reference is valid at the origin that it was submitted to, and
    /// refused at another; an origin on this machine is a place of its own.
    async fn custom_places(&self) {
        let claim_at = |reference: &str, origin: &str| {
            let reference = reference.parse().expect("a reference");
            let origin: Option<Origin> = origin.parse().ok();
            let custom = EnvironmentName::Custom;
            let key = JournalKey::from_parts(custom, &self.tenant, Flow::Identity, reference);
            let mut claim = Self::claim_of(&key.at(origin.as_ref()), "one", 0);
            claim.origin = origin;
            claim
        };
        let (one, other) = ("https://one.example", "https://other.example:8443");
        let (here, there) = ("http://127.0.0.1:8080", "http://127.0.0.1:9090");
        let claim = async |reference: &str, origin: &str| {
            let claimed = self.journal.claim(claim_at(reference, origin), at(1)).await;
            claimed.map_err(|error| {
                (
                    error.kind(),
                    error.between().map(|two| two.map(String::from)),
                )
            })
        };
        let Ok(Claimed::Fresh(ticket)) = claim("place", one).await else {
            panic!("a new reference is fresh");
        };
        let elsewhere = Some([one.to_owned(), other.to_owned()]);
        let refused = Err((JournalErrorKind::OtherOrigin, elsewhere));
        assert_eq!(claim("place", other).await, refused);
        assert!(matches!(
            claim("place", one).await,
            Ok(Claimed::InFlight { .. })
        ));
        // A reference that was never sent was submitted nowhere.
        self.conclude(&ticket, Conclusion::NotSent(None), at(2))
            .await;
        assert!(matches!(claim("place", other).await, Ok(Claimed::Fresh(_))));
        for origin in [here, there] {
            assert!(
                matches!(claim("place", origin).await, Ok(Claimed::Fresh(_))),
                "{origin}"
            );
        }
        // A record that names no origin, as an earlier version left it.
        let unnamed = claim_at("unnamed", "");
        let first = self.journal.claim(unnamed, at(0)).await;
        assert!(matches!(first, Ok(Claimed::Fresh(_))));
        for origin in [one, here] {
            let refused = claim("unnamed", origin).await.map_err(|(kind, _)| kind);
            assert_eq!(refused, Err(JournalErrorKind::OriginUnknown), "{origin}");
        }
    }

    /// A person who knows that an owner is dead need not wait: a claimed attempt becomes not sent,
    /// a dispatched one ambiguous, never free; an owner that lives after all can send nothing.
    async fn an_owner_that_is_dead(&self) {
        let dead = async |key: &JournalKey| {
            let settled = self
                .journal
                .settle(key, Settlement::OwnerIsDead, at(2))
                .await;
            settled.map_err(|error| error.kind())
        };
        let claimed = self.new_key();
        let ticket = self.fresh(&claimed, "one", at(0)).await;
        assert_eq!(dead(&claimed).await, Ok(()));
        assert_eq!(self.state(&claimed, at(2)).await, StateKind::NotSent);
        let late = self.journal.dispatch(&ticket, LEASE, at(3)).await;
        let late = late.map_err(|error| error.kind());
        assert_eq!(late, Err(JournalErrorKind::Stale));
        let dispatched = self.new_key();
        let ticket = self.on_its_way(&dispatched, at(0)).await;
        assert_eq!(dead(&dispatched).await, Ok(()));
        let known = self.claim(&dispatched, "two", at(3)).await;
        assert!(matches!(known, Claimed::Ambiguous { .. }));
        let again = self.journal.dispatch(&ticket, LEASE, at(3)).await;
        let again = again.map_err(|error| error.kind());
        assert_eq!(again, Err(JournalErrorKind::LeaseExpired));
        let nobody = Err(JournalErrorKind::NotAllowed(StateKind::Ambiguous));
        assert_eq!(dead(&dispatched).await, nobody);
        // The owner lived after all, and its answer overrules the person.
        let end = Conclusion::Finished(Box::new(finished(&id(60), 3)));
        self.conclude(&ticket, end, at(4)).await;
        assert_eq!(self.state(&dispatched, at(4)).await, StateKind::Finished);
        let over = Err(JournalErrorKind::NotAllowed(StateKind::Finished));
        assert_eq!(dead(&dispatched).await, over);
    }

    /// No deadline holds a reference for longer than a day.
    async fn no_lease_is_endless(&self) {
        const DAY: u64 = 24 * 3600;
        let key = self.new_key();
        let endless = Self::claim_of(&key, "one", 0).with_lease(Duration::MAX);
        let claimed = self.journal.claim(endless, at(0)).await;
        let Ok(Claimed::Fresh(ticket)) = claimed else {
            panic!("a new reference is fresh");
        };
        assert_eq!(self.state(&key, at(DAY - 1)).await, StateKind::Claimed);
        assert_eq!(self.state(&key, at(DAY)).await, StateKind::NotSent);
        self.journal
            .dispatch(&ticket, Duration::MAX, at(10))
            .await
            .expect("a fresh ticket dispatches");
        assert_eq!(self.state(&key, at(DAY + 9)).await, StateKind::Dispatched);
        assert_eq!(self.state(&key, at(DAY + 10)).await, StateKind::Ambiguous);
    }

    /// A lease written by a clock that was ahead by more than minutes has expired: not sent if
    /// claimed, ambiguous if dispatched.
    async fn clocks_that_are_ahead(&self) {
        let ahead = Record::MOST_AHEAD.as_secs();
        let (key, sent) = (self.new_key(), self.new_key());
        let old = self.fresh(&key, "one", at(ahead)).await;
        let _ = self.on_its_way(&sent, at(ahead)).await;
        // Within the difference that clocks may have, the lease holds.
        assert_eq!(self.state(&key, at(0)).await, StateKind::Claimed);
        assert_eq!(self.state(&sent, at(0)).await, StateKind::Dispatched);
        let before = UNIX_EPOCH + Duration::from_secs(START - 1);
        assert_eq!(self.state(&sent, before).await, StateKind::Ambiguous);
        for (wanted, key) in [(StateKind::NotSent, &key), (StateKind::Ambiguous, &sent)] {
            let filter = EntryFilter::new().with_tenant(&self.tenant);
            let filter = filter.with_reference(key.reference().clone());
            let listed = filter.with_state(wanted);
            let page = self.journal.entries(&listed, None, 10, before).await;
            assert_eq!(page.expect("read").entries().len(), 1, "{wanted}");
        }
        let _ = self.fresh(&key, "two", before).await;
        let late = self.journal.dispatch(&old, LEASE, at(ahead)).await;
        let late = late.map_err(|error| error.kind());
        assert_eq!(late, Err(JournalErrorKind::Stale), "two never send one");
        let settled = self.journal.settle(&sent, Settlement::Resend, before).await;
        settled.expect("what is ambiguous can be settled");
        // A clock that is right again by the dispatch ends the lease as if it had been right at the
        // claim.
        let key = self.new_key();
        let ticket = self.fresh(&key, "one", at(10_000_000)).await;
        self.journal
            .dispatch(&ticket, LEASE, at(0))
            .await
            .expect("nobody else has it");
        assert_eq!(self.state(&key, at(59)).await, StateKind::Dispatched);
        assert_eq!(self.state(&key, at(60)).await, StateKind::Ambiguous);
    }

    /// A transition that the diagram does not show is refused, and changes nothing.
    async fn wrong_moves(&self) {
        let unknown = self.new_key();
        let nothing = self
            .journal
            .settle(&unknown, Settlement::Resend, at(0))
            .await;
        assert_eq!(
            nothing.expect_err("unknown").kind(),
            JournalErrorKind::NotFound
        );
        let nothing = self
            .journal
            .finish(&unknown, finished(&id(11), 3), at(0))
            .await;
        assert_eq!(
            nothing.expect_err("unknown").kind(),
            JournalErrorKind::NotFound
        );
        let entry = self.journal.entry(&unknown, at(0)).await;
        assert!(entry.expect("read").is_none());

        let ticket = self.fresh(&unknown, "one", at(0)).await;
        let unsent = self
            .journal
            .conclude(&ticket, Conclusion::Ambiguous, at(1))
            .await;
        assert_eq!(
            unsent.expect_err("it was not dispatched").kind(),
            JournalErrorKind::NotAllowed(StateKind::Claimed)
        );
        assert_eq!(self.state(&unknown, at(1)).await, StateKind::Claimed);
    }

    /// Entries come in the order of their keys, page by page, each once, filtered by their state at
    /// the time of the query.
    async fn pages(&self) {
        let tenant = format!("pages.{}", self.tenant);
        let key = |number: u32| {
            let reference = format!("row {number:03}").parse().expect("a reference");
            JournalKey::from_parts(EnvironmentName::Local, &tenant, Flow::Identity, reference)
        };
        for number in (0..25).rev() {
            let ticket = self.fresh(&key(number), "one", at(0)).await;
            if number % 2 == 0 {
                self.journal
                    .dispatch(&ticket, LEASE, at(0))
                    .await
                    .expect("dispatched");
            }
        }
        let all = EntryFilter::new().with_tenant(&tenant.to_ascii_uppercase());
        for (filter, now, expected) in [
            (all.clone(), at(1), 25),
            (all.clone().with_state(StateKind::Dispatched), at(1), 13),
            (all.clone().with_state(StateKind::Claimed), at(1), 12),
            (all.clone().with_state(StateKind::Ambiguous), at(1), 0),
            (all.clone().with_state(StateKind::Ambiguous), at(60), 13),
            (all.clone().with_state(StateKind::NotSent), at(60), 12),
            (all.clone().with_state(StateKind::Claimed), at(60), 0),
            (all.clone().with_flow(Flow::Document), at(1), 0),
            (all.clone().with_environment(EnvironmentName::Uat), at(1), 0),
            (
                all.clone().with_reference(key(7).reference().clone()),
                at(1),
                1,
            ),
        ] {
            let mut seen: Vec<JournalKey> = Vec::new();
            loop {
                let page = self.journal.entries(&filter, seen.last(), 10, now).await;
                let page = page.expect("entries are read");
                assert!(page.unreadable().is_empty(), "nothing is damaged");
                let page = page.entries();
                let is_last = page.len() < 10;
                assert!(page.iter().all(|entry| filter.matches(entry)));
                seen.extend(page.iter().map(|entry| entry.key().clone()));
                if is_last {
                    break;
                }
            }
            assert_eq!(seen.len(), expected, "{filter:?}");
            assert!(seen.is_sorted(), "entries come in order");
        }
    }

    /// An entry is found by its state at the time of the query, not by the state last written.
    async fn found_by_state(&self) {
        let tenant = format!("states.{}", self.tenant);
        let key = |reference: &str| {
            let reference = reference.parse().expect("a reference");
            JournalKey::from_parts(EnvironmentName::Local, &tenant, Flow::Identity, reference)
        };
        for (reference, number, status) in [("failed again", 40, 5), ("finished", 41, 3)] {
            let ticket = self.on_its_way(&key(reference), at(0)).await;
            let end = Conclusion::Finished(Box::new(finished(&id(number), status)));
            self.conclude(&ticket, end, at(1)).await;
        }
        let again = Self::claim_of(&key("failed again"), "one", 0);
        let again = self.journal.begin_again(again, at(2)).await;
        assert!(matches!(again, Ok(Claimed::Fresh(_))));
        for reference in ["resend", "resend claimed"] {
            let key = key(reference);
            let ticket = self.on_its_way(&key, at(0)).await;
            self.conclude(&ticket, Conclusion::Ambiguous, at(1)).await;
            let settled = self.journal.settle(&key, Settlement::Resend, at(1));
            settled.await.expect("settled");
        }
        let _ = self.fresh(&key("resend claimed"), "one", at(2)).await;
        let all = EntryFilter::new().with_tenant(&tenant);
        for (state, now, expected) in [
            (StateKind::Finished, at(3), &["finished"][..]),
            (StateKind::Finished, at(100), &["failed again", "finished"]),
            (
                StateKind::Claimed,
                at(3),
                &["failed again", "resend claimed"],
            ),
            (StateKind::Claimed, at(100), &[]),
            (StateKind::Resend, at(3), &["resend"]),
            (StateKind::Resend, at(100), &["resend", "resend claimed"]),
        ] {
            let filter = all.clone().with_state(state);
            let page = self.journal.entries(&filter, None, 10, now).await;
            let page = page.expect("entries are read");
            let found = page.entries().iter();
            let found: Vec<_> = found
                .map(|entry| entry.key().reference().as_str())
                .collect();
            assert_eq!(found, expected, "{state}");
        }
    }

    /// Only ended records are purged.
    async fn purge(&self) {
        let long_ago = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let later = |seconds| long_ago + Duration::from_secs(seconds);
        let claimed = self.new_key();
        let _ = self.fresh(&claimed, "one", later(0)).await;
        let dispatched = self.new_key();
        let _ = self.on_its_way(&dispatched, later(0)).await;
        let ambiguous = self.new_key();
        let ticket = self.on_its_way(&ambiguous, later(0)).await;
        self.conclude(&ticket, Conclusion::Ambiguous, later(1))
            .await;
        let done = self.new_key();
        let ticket = self.on_its_way(&done, later(0)).await;
        let end = Conclusion::Finished(Box::new(finished(&id(12), 3)));
        self.conclude(&ticket, end, later(1)).await;
        let unsent = self.new_key();
        let ticket = self.fresh(&unsent, "one", later(0)).await;
        self.conclude(&ticket, Conclusion::NotSent(None), later(1))
            .await;
        let recent = self.new_key();
        let ticket = self.fresh(&recent, "one", later(0)).await;
        self.conclude(&ticket, Conclusion::NotSent(None), later(100))
            .await;
        // A clock ahead of everything would purge everything.
        let far = UNIX_EPOCH + Duration::from_secs(100 * START);
        let refused = self.journal.purge(far).await.map_err(|error| error.kind());
        assert_eq!(refused, Err(JournalErrorKind::NothingNewer));
        let forgotten = self.journal.purge(later(100)).await.expect("purged");
        assert!(forgotten >= 3, "{forgotten} were forgotten");
        for (key, remembered) in [
            (&claimed, false),
            (&dispatched, true),
            (&ambiguous, true),
            (&done, false),
            (&unsent, false),
            (&recent, true),
        ] {
            let entry = self.journal.entry(key, later(100)).await.expect("read");
            assert_eq!(entry.is_some(), remembered, "{key:?}");
        }
        let old = ticket;
        let new = self.fresh(&claimed, "one", later(200)).await;
        assert!(new.fence() > old.fence(), "a fence is never given again");
    }
}
