//! How one command changes what is remembered of one reference: the whole of the journal's rules.
//!
//! Pure. Must never let two attempts of one reference be under way, nor forget one that may have been paid for.

use std::time::{Duration, SystemTime};

use idcloud_model::ProcessId;

use super::record::{Attempt, Record, State};
use super::{
    Answer, Claim, Claimed, Command, Conclusion, Finished, JournalError, JournalErrorKind,
    JournalKey, Settlement, Ticket,
};
use crate::Pending;

/// What a command leads to.
#[derive(Debug)]
#[must_use = "a transition that is not stored did not happen"]
pub struct Transition {
    /// What to store instead of what was there; nothing where that stays as it is.
    pub store: Option<Record>,
    /// What to answer, once it is stored.
    pub answer: Result<Answer, JournalError>,
}

/// What `command` makes of `record` at `now`.
///
/// `fence` is a number that the store has never given before; it is used up if the answer is a fresh claim.
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
        Err(kind) => Transition {
            store: None,
            answer: Err(kind.into()),
        },
    }
}

/// What to store, if anything changed, and what to answer.
type Change = (Option<Record>, Answer);
type Outcome = Result<Change, JournalErrorKind>;

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
    let Record {
        mut earlier, last, ..
    } = record.at(now);
    let is_same = last.fingerprint == claim.fingerprint;
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
            // Whoever comes with another request learns of the failure as well: it is what `begin_again` is for.
            return Ok((None, Answer::Claimed(Claimed::Finished(finished.clone()))));
        }
        State::Finished(finished) => Claimed::Finished(finished.clone()),
        State::Pending(pending) => Claimed::Pending(pending.clone()),
        State::Ambiguous => Claimed::Ambiguous {
            since: last.claimed_at,
        },
        State::Claimed { owner, until } | State::Dispatched { owner, until } => Claimed::InFlight {
            owner: owner.clone(),
            until: *until,
        },
    };
    if is_same {
        Ok((None, Answer::Claimed(answer)))
    } else {
        Err(JournalErrorKind::OtherRequest(kind))
    }
}

/// A new attempt after those `earlier`.
fn fresh(earlier: Vec<Attempt>, claim: &Claim, fence: u64, now: SystemTime) -> Change {
    let last = Attempt {
        fence,
        fingerprint: claim.fingerprint,
        claimed_at: now,
        asked: claim.asked,
        policy: claim.policy,
        state: State::Claimed {
            owner: claim.owner.clone(),
            until: later(now, claim.lease),
        },
        found: false,
        compared: false,
    };
    let record = Record::new(now, earlier, last);
    let ticket = Ticket {
        key: claim.key.clone(),
        attempt: record.attempts(),
        fence,
    };
    (Some(record), Answer::Claimed(Claimed::Fresh(ticket)))
}

/// The record, if its last attempt is the ticket's.
fn held(record: Option<Record>, ticket: &Ticket) -> Result<Record, JournalErrorKind> {
    record
        .filter(|record| record.last.fence == ticket.fence)
        .ok_or(JournalErrorKind::Stale)
}

fn dispatched(
    record: Option<Record>,
    ticket: &Ticket,
    lease: Duration,
    now: SystemTime,
) -> Outcome {
    let mut record = held(record, ticket)?;
    let (owner, until) = match &record.last.state {
        // A second dispatch of one attempt is the client's repetition after one that provably did not run.
        State::Claimed { owner, until } | State::Dispatched { owner, until } => (owner, *until),
        State::Ambiguous => return Err(JournalErrorKind::LeaseExpired),
        _ => return Err(JournalErrorKind::Stale),
    };
    if until <= now {
        return Err(JournalErrorKind::LeaseExpired);
    }
    record.last.state = State::Dispatched {
        owner: owner.clone(),
        until: later(now, lease).max(until),
    };
    Ok(changed(record))
}

/// Takes a dispatch back, for its lease: until the next one the attempt is as free as before the first.
fn retracted(record: Option<Record>, ticket: &Ticket) -> Outcome {
    let mut record = held(record, ticket)?;
    match &record.last.state {
        State::Dispatched { owner, until } => {
            let (owner, until) = (owner.clone(), *until);
            record.last.state = State::Claimed { owner, until };
            Ok(changed(record))
        }
        State::Claimed { .. } => Ok(UNCHANGED),
        // Somebody has given up on it, or it has an end: that it did not run is then for its conclusion to say.
        _ => Err(JournalErrorKind::Stale),
    }
}

fn concluded(record: Option<Record>, ticket: &Ticket, conclusion: Conclusion) -> Outcome {
    let mut record = held(record, ticket)?;
    let kind = record.last.state.kind();
    let is_open = matches!(
        record.last.state,
        // A late answer is better than none, also when somebody has given up on it.
        State::Dispatched { .. } | State::Ambiguous | State::Resend
    ) || record.may_be_settled();
    let known = record.process_id();
    match (&record.last.state, conclusion) {
        (State::Claimed { .. }, Conclusion::NotSent(refusal)) => record.last_did_not_run(refusal),
        (State::Claimed { .. }, _) => return Err(JournalErrorKind::NotAllowed(kind)),
        (State::Pending(_), Conclusion::Finished(finished))
            if known == Some(finished.process_id()) =>
        {
            record.last.state = State::Finished(finished);
        }
        // Said twice, because nobody answered the first time.
        (_, said) if is_said_already(&record.last.state, &said) => return Ok(UNCHANGED),
        (_, _) if !is_open => return Err(JournalErrorKind::Stale),
        // Who has no answer knows less than the person who found the process.
        (State::Pending(_), Conclusion::Ambiguous) => return Ok(UNCHANGED),
        (_, Conclusion::Pending(pending)) => record.last.state = State::Pending(pending),
        (_, Conclusion::Finished(finished)) => record.last.state = State::Finished(finished),
        (_, Conclusion::Ambiguous) => record.last.state = State::Ambiguous,
        (_, Conclusion::NotSent(refusal)) => record.last_did_not_run(refusal),
    }
    record.last.found = false;
    record.last.compared = false;
    Ok(changed(record))
}

fn is_said_already(state: &State, said: &Conclusion) -> bool {
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
    match record.last.state {
        State::Claimed { .. } => record.last_did_not_run(None),
        State::Dispatched { .. } => record.last.state = State::Ambiguous,
        _ => return Ok(UNCHANGED),
    }
    Ok(changed(record))
}

fn finished_later(record: Option<Record>, finished: Box<Finished>) -> Outcome {
    let mut record = record.ok_or(JournalErrorKind::NotFound)?;
    if record.process_id() != Some(finished.process_id()) {
        return Err(JournalErrorKind::NotAllowed(record.last.state.kind()));
    }
    match record.last.state {
        State::Pending(_) => record.last.state = State::Finished(finished),
        // Two may wait for one process.
        _ => return Ok(UNCHANGED),
    }
    Ok(changed(record))
}

fn settled(
    record: Option<Record>,
    key: &JournalKey,
    settlement: Settlement,
    now: SystemTime,
) -> Outcome {
    let mut record = record.ok_or(JournalErrorKind::NotFound)?.at(now);
    if !record.may_be_settled() {
        return Err(JournalErrorKind::NotAllowed(record.last.state.kind()));
    }
    record.last.found = matches!(settlement, Settlement::Found(_));
    record.last.compared = false;
    record.last.state = match settlement {
        Settlement::Resend => State::Resend,
        Settlement::Found(process_id) if record.process_id() == Some(&process_id) => {
            return Ok(UNCHANGED);
        }
        Settlement::Found(process_id) if record.holds(&process_id) => {
            return Err(JournalErrorKind::ProcessTaken);
        }
        Settlement::Found(process_id) => State::Pending(Box::new(Pending::found(
            process_id,
            key,
            record.last.asked,
            record.last.policy,
            record.last.claimed_at,
        ))),
    };
    Ok(changed(record))
}

/// What a program found out about a process that a person found. Nobody but a person named it for this reference, so it
/// is the reference's only where the person is.
fn compared(record: Option<Record>, process_id: &ProcessId, is_theirs: bool) -> Outcome {
    let mut record = record.ok_or(JournalErrorKind::NotFound)?;
    let kind = record.last.state.kind();
    if !record.last.found || record.process_id() != Some(process_id) {
        return Err(JournalErrorKind::NotAllowed(kind));
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

/// `start + duration`, or about thirty years later where that is sooner.
fn later(start: SystemTime, duration: Duration) -> SystemTime {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    start.checked_add(duration.min(FAR)).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    /// No caller's duration overflows a time: the longest lease lasts thirty years.
    #[test]
    fn leases_end() {
        let minute = Duration::from_secs(60);
        assert_eq!(later(UNIX_EPOCH, minute), UNIX_EPOCH + minute);
        let years = Duration::from_secs(30 * 31_536_000);
        assert_eq!(later(UNIX_EPOCH, Duration::MAX), UNIX_EPOCH + years);
    }
}
