//! How one command changes the record of one reference: all rules of the journal.
//!
//! Must not do I/O, let two attempts of one reference run at once, or lose an attempt that may have
//! been paid for.

use std::time::{Duration, SystemTime};

use idcloud_model::ProcessId;

use super::record::{Attempt, Record, State};
use super::{
    Answer, Claim, Claimed, Command, Conclusion, Finished, JournalError, JournalErrorKind,
    JournalKey, Origin, Settlement, Ticket,
};
use crate::Pending;

/// The result of a command.
#[derive(Debug)]
#[must_use = "a transition that is not stored did not happen"]
pub struct Transition {
    /// The record to store; `None` if it stays unchanged.
    pub store: Option<Record>,
    /// The answer to give once the record is stored.
    pub answer: Result<Answer, JournalError>,
}

/// Applies `command` to `record` at `now`.
///
/// `fence` is a number that the store has never given before; it is used up if the answer is a
/// fresh claim.
pub fn transition(
    record: Option<Record>,
    command: Command,
    fence: u64,
    now: SystemTime,
) -> Transition {
    let outcome = match command {
        Command::Claim(claim) => claimed(record, &claim, false, fence, now),
        Command::BeginAgain(claim) => claimed(record, &claim, true, fence, now),
        Command::Dispatch { ticket, lease } => dispatched(record, &ticket, lease, now),
        Command::Conclude { ticket, conclusion } => concluded(record, &ticket, conclusion),
        Command::Retract(ticket) => retracted(record, &ticket),
        Command::Abandon(ticket) => abandoned(record, &ticket),
        Command::Finish { finished, .. } => finished_later(record, finished),
        Command::Doubt { process_id, .. } => doubted(record, &process_id),
        Command::Settle { key, settlement } => settled(record, &key, settlement, now),
        Command::Compare {
            process_id,
            is_theirs,
            ..
        } => compared(record, &process_id, is_theirs),
    };
    match outcome {
        Ok((store, answer)) => Transition {
            store: store.map(|mut record| {
                record.changed_at = now;
                record
            }),
            answer: Ok(answer),
        },
        Err(error) => Transition {
            store: None,
            answer: Err(error),
        },
    }
}

/// Refuses a purge of everything: all records changed before `before`, `newest` included. The clock
/// is ahead then, or the limit is wrong.
///
/// `newest` is when the most recently changed record changed; `None` for an empty store.
///
/// # Errors
/// [`JournalErrorKind::NothingNewer`].
pub fn refuse_purge(newest: Option<SystemTime>, before: SystemTime) -> Result<(), JournalError> {
    match newest {
        Some(newest) if newest < before => Err(JournalErrorKind::NothingNewer.into()),
        _ => Ok(()),
    }
}

/// Why `record` may not answer a claim for a custom environment at `asked`: it was submitted to
/// another origin, or to an unknown one. A record that was never sent was submitted nowhere.
pub(super) fn other_place(record: &Record, asked: Option<&Origin>) -> Option<JournalError> {
    if matches!(record.state(), State::NotSent(_)) {
        return None;
    }
    let asked = asked?;
    let (kind, known) = match record.origin() {
        Some(known) if known == asked => return None,
        Some(known) => (JournalErrorKind::OtherOrigin, known.as_str()),
        None => (JournalErrorKind::OriginUnknown, ""),
    };
    Some(JournalError::new(kind).with_between(known, asked.as_str()))
}

/// The record to store, if it changed, and the answer.
type Change = (Option<Record>, Answer);
type Outcome = Result<Change, JournalError>;

const UNCHANGED: Change = (None, Answer::Done);

fn changed(record: Record) -> Change {
    (Some(record), Answer::Done)
}

fn claimed(
    record: Option<Record>,
    claim: &Claim,
    again: bool,
    fence: u64,
    now: SystemTime,
) -> Outcome {
    let Some(record) = record else {
        return Ok(fresh(Vec::new(), claim, fence, now));
    };
    let record = record.at(now);
    if let Some(elsewhere) = other_place(&record, claim.origin.as_ref()) {
        return Err(elsewhere);
    }
    let lease_end = record.lease_end();
    let Record {
        mut earlier, last, ..
    } = record;
    let is_same = claim.is_of(last.fingerprint);
    let kind = last.state.kind();
    let answer = match &last.state {
        State::NotSent(_) => return Ok(fresh(earlier, claim, fence, now)),
        State::Resend => {
            earlier.push(last);
            return Ok(fresh(earlier, claim, fence, now));
        }
        State::Finished(finished) if finished.is_failed() => {
            if again {
                earlier.push(last);
                return Ok(fresh(earlier, claim, fence, now));
            }
            // A claim with another request learns of the failure too: to retry it is what
            // `begin_again` is for.
            return Ok((None, Answer::Claimed(Claimed::Finished(finished.clone()))));
        }
        State::Finished(finished) => Claimed::Finished(finished.clone()),
        State::Pending(pending) => Claimed::Pending(pending.clone()),
        State::Ambiguous => Claimed::Ambiguous {
            since: last.claimed_at,
        },
        State::Claimed { owner, until } | State::Dispatched { owner, until } => Claimed::InFlight {
            owner: owner.clone(),
            until: lease_end.unwrap_or(*until),
        },
    };
    if is_same {
        Ok((None, Answer::Claimed(answer)))
    } else {
        Err(JournalErrorKind::OtherRequest(kind).into())
    }
}

/// A new attempt, after the attempts in `earlier`.
fn fresh(earlier: Vec<Attempt>, claim: &Claim, fence: u64, now: SystemTime) -> Change {
    let last = Attempt {
        fence,
        fingerprint: claim.fingerprint,
        account: claim.account.clone(),
        claimed_at: now,
        asked: claim.asked,
        policy: claim.policy,
        state: State::Claimed {
            owner: claim.owner.clone(),
            until: later(now, claim.lease),
        },
        found: false,
        compared: false,
        doubted: None,
    };
    let record = Record::new(now, claim.origin.clone(), earlier, last);
    let ticket = Ticket {
        key: claim.key.clone(),
        attempt: record.attempts(),
        fence,
    };
    (Some(record), Answer::Claimed(Claimed::Fresh(ticket)))
}

/// The record, if its last attempt is the ticket's.
fn held(record: Option<Record>, ticket: &Ticket) -> Result<Record, JournalError> {
    record
        .filter(|record| record.last.fence == ticket.fence)
        .ok_or_else(|| JournalErrorKind::Stale.into())
}

fn dispatched(
    record: Option<Record>,
    ticket: &Ticket,
    lease: Duration,
    now: SystemTime,
) -> Outcome {
    let mut record = held(record, ticket)?;
    let (owner, until) = match &record.last.state {
        // A second dispatch of one attempt: the client repeats a request that provably did not run.
        State::Claimed { owner, until } | State::Dispatched { owner, until } => (owner, *until),
        State::Ambiguous => return Err(JournalErrorKind::LeaseExpired.into()),
        _ => return Err(JournalErrorKind::Stale.into()),
    };
    let before = record.lease_end().unwrap_or(until);
    if before <= now {
        return Err(JournalErrorKind::LeaseExpired.into());
    }
    let until = later(now, lease);
    record.last.state = State::Dispatched {
        owner: owner.clone(),
        // If the clock was ahead at the claim and is right now, the lease ends as if it had been
        // right then.
        until: if record.is_ahead_of(now) {
            until
        } else {
            until.max(before)
        },
    };
    Ok(changed(record))
}

/// Takes a dispatch back and keeps its lease: until the next dispatch the attempt is claimed, as
/// before the first.
fn retracted(record: Option<Record>, ticket: &Ticket) -> Outcome {
    let mut record = held(record, ticket)?;
    match &record.last.state {
        State::Dispatched { owner, until } => {
            let (owner, until) = (owner.clone(), *until);
            record.last.state = State::Claimed { owner, until };
            Ok(changed(record))
        }
        State::Claimed { .. } => Ok(UNCHANGED),
        // The attempt was given up, or has ended: then its conclusion has to say that it did not
        // run.
        _ => Err(JournalErrorKind::Stale.into()),
    }
}

fn concluded(record: Option<Record>, ticket: &Ticket, conclusion: Conclusion) -> Outcome {
    let mut record = held(record, ticket)?;
    let kind = record.last.state.kind();
    let is_open = matches!(
        record.last.state,
        // A late answer is better than none, even after the lease expired or a person settled.
        State::Dispatched { .. } | State::Ambiguous | State::Resend
    ) || record.may_be_settled();
    let known = record.process_id();
    match (&record.last.state, conclusion) {
        (State::Claimed { .. }, Conclusion::NotSent(refusal)) => record.last_did_not_run(refusal),
        (State::Claimed { .. }, _) => return Err(JournalErrorKind::NotAllowed(kind).into()),
        (State::Pending(_), Conclusion::Finished(finished))
            if known == Some(finished.process_id()) =>
        {
            record.last.state = State::Finished(finished);
        }
        // IDCloud's own answer confirms the process that a person found: from now on no person may
        // overrule it.
        (State::Pending(_), Conclusion::Pending(pending))
            if record.last.found && known == Some(pending.process_id()) =>
        {
            record.last.state = State::Pending(pending);
        }
        // A repetition, because the journal's first answer was lost.
        (_, said) if is_recorded(&record.last.state, &said) => return Ok(UNCHANGED),
        (_, _) if !is_open => return Err(JournalErrorKind::Stale.into()),
        // A caller without an answer knows less than the person who found the process.
        (State::Pending(_), Conclusion::Ambiguous) => return Ok(UNCHANGED),
        (_, Conclusion::Pending(pending)) => record.last.state = State::Pending(pending),
        (_, Conclusion::Finished(finished)) => record.last.state = State::Finished(finished),
        (_, Conclusion::Ambiguous) => record.last.state = State::Ambiguous,
        (_, Conclusion::NotSent(refusal)) => record.last_did_not_run(refusal),
    }
    record.last.found = false;
    record.last.compared = false;
    record.last.doubted = None;
    Ok(changed(record))
}

/// Whether the state already records this conclusion.
pub(super) fn is_recorded(state: &State, said: &Conclusion) -> bool {
    match (state, said) {
        (State::NotSent(_), Conclusion::NotSent(_))
        | (State::Ambiguous | State::Resend, Conclusion::Ambiguous) => true,
        (State::Pending(known), Conclusion::Pending(said)) => {
            known.process_id() == said.process_id()
        }
        (State::Finished(known), Conclusion::Finished(said)) => {
            known.process_id() == said.process_id()
        }
        _ => false,
    }
}

fn abandoned(record: Option<Record>, ticket: &Ticket) -> Outcome {
    let mut record = held(record, ticket)?;
    if record.owner_is_gone() {
        Ok(changed(record))
    } else {
        Ok(UNCHANGED)
    }
}

fn finished_later(record: Option<Record>, finished: Box<Finished>) -> Outcome {
    let mut record = record.ok_or_else(not_found)?;
    if record.process_id() != Some(finished.process_id()) {
        return Err(JournalErrorKind::NotAllowed(record.last.state.kind()).into());
    }
    match record.last.state {
        State::Pending(_) => record.last.state = State::Finished(finished),
        // Two waits may end with the same process.
        _ => return Ok(UNCHANGED),
    }
    Ok(changed(record))
}

/// Only an unconfirmed process may be doubted: one that a poll or a person confirmed stays.
fn doubted(record: Option<Record>, process_id: &ProcessId) -> Outcome {
    let mut record = record.ok_or_else(not_found)?;
    match &record.last.state {
        State::Pending(pending)
            if pending.is_unconfirmed() && pending.process_id() == process_id =>
        {
            record.last.state = State::Ambiguous;
            record.last.doubted = Some(process_id.clone());
            Ok(changed(record))
        }
        _ => Ok(UNCHANGED),
    }
}

fn settled(
    record: Option<Record>,
    key: &JournalKey,
    settlement: Settlement,
    now: SystemTime,
) -> Outcome {
    let mut record = record.ok_or_else(not_found)?.at(now);
    let kind = record.last.state.kind();
    let is_found = matches!(settlement, Settlement::Found(_));
    record.last.state = match settlement {
        // From now on the dead owner's ticket can only report an end: a claimed attempt can no
        // longer be dispatched.
        Settlement::OwnerIsDead if record.owner_is_gone() => return Ok(changed(record)),
        _ if !record.may_be_settled() => return Err(JournalErrorKind::NotAllowed(kind).into()),
        Settlement::OwnerIsDead => return Err(JournalErrorKind::NotAllowed(kind).into()),
        Settlement::Resend => State::Resend,
        Settlement::Found(process_id)
            if record.process_id() == Some(&process_id) && !is_unconfirmed(&record) =>
        {
            return Ok(UNCHANGED);
        }
        Settlement::Found(process_id)
            if record.holds(&process_id) && record.process_id() != Some(&process_id) =>
        {
            return Err(JournalErrorKind::ProcessTaken.into());
        }
        Settlement::Found(process_id) => State::Pending(Box::new(Pending::found(
            process_id,
            key,
            record.origin.clone(),
            record.last.asked,
            record.last.policy,
            record.last.claimed_at,
        ))),
    };
    record.last.found = is_found;
    record.last.compared = false;
    record.last.doubted = None;
    Ok(changed(record))
}

/// Records whether a process that a person found belongs to the person of the request. Only a
/// person named it for this reference, so it stays the reference's process only if the persons
/// match.
fn compared(record: Option<Record>, process_id: &ProcessId, is_theirs: bool) -> Outcome {
    let mut record = record.ok_or_else(not_found)?;
    let kind = record.last.state.kind();
    if !record.last.found || record.process_id() != Some(process_id) {
        return Err(JournalErrorKind::NotAllowed(kind).into());
    }
    if is_theirs {
        if record.last.compared {
            return Ok(UNCHANGED);
        }
        record.last.compared = true;
    } else {
        record.last.state = State::Ambiguous;
        record.last.found = false;
        record.last.compared = false;
    }
    Ok(changed(record))
}

fn is_unconfirmed(record: &Record) -> bool {
    matches!(&record.last.state, State::Pending(pending) if pending.is_unconfirmed())
}

fn not_found() -> JournalError {
    JournalErrorKind::NotFound.into()
}

/// The end of a lease that begins at `start`.
fn later(start: SystemTime, lease: Duration) -> SystemTime {
    let lease = lease.min(Claim::LONGEST_LEASE);
    start.checked_add(lease).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    /// No caller's duration blocks a reference for ever: the longest lease lasts a day.
    #[test]
    fn leases_end() {
        let minute = Duration::from_secs(60);
        assert_eq!(later(UNIX_EPOCH, minute), UNIX_EPOCH + minute);
        let day = Duration::from_secs(86_400);
        assert_eq!(later(UNIX_EPOCH, day), UNIX_EPOCH + day);
        assert_eq!(later(UNIX_EPOCH, Duration::MAX), UNIX_EPOCH + day);
    }
}
