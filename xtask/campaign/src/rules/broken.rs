//! Breaks one rule of the journal, to check that the model notices.
//!
//! Must not change the product: it alters the real rules' answer.

use idcloud_flows::journal::{
    Answer, Claimed, JournalErrorKind, Record, StateKind, Transition, transition,
};

use super::book::{Maker, fence, moment, view};
use super::word::{Clock, End, Process, Request, Whose, Word};
use crate::Failure;

/// The broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    PendingIsFree,
    FinishedIsFree,
    FailedIsFree,
    AmbiguousIsFree,
    ClaimedIsFree,
    DispatchedIsFree,
    FreeIsTaken,
    OtherRequestAnswered,
    FailedIsForgotten,
    ResendIsForgotten,
    DispatchOfOthers,
    ConclusionOfOthers,
    AbandonOfOthers,
    DispatchTooLate,
    RetractIgnored,
    NotSentIsAmbiguous,
    AmbiguousIsNotSent,
    LateAnswerRefused,
    LateDoubtTaken,
    RestoresNothing,
    AbandonedIsFree,
    AbandonedClaimIsAmbiguous,
    AbandonIgnored,
    AbandonedEndIsAmbiguous,
    FinishIgnored,
    FinishOfAnother,
    SettledTooEarly,
    KnownIsSettled,
    PersonsWordIsFinal,
    ProcessFoundTwice,
    DeadOwnerHolds,
    DeadOwnerIsFree,
    OwnerOfNothing,
    AnothersIsKept,
    AnothersIsFree,
    TheirsIsDoubted,
    UnfoundIsCompared,
    DoubtIgnored,
    DoubtIsFree,
    ConfirmedIsDoubted,
    PartIsFinal,
}

impl Broken {
    pub(crate) const ALL: [Self; 41] = [
        Self::PendingIsFree,
        Self::FinishedIsFree,
        Self::FailedIsFree,
        Self::AmbiguousIsFree,
        Self::ClaimedIsFree,
        Self::DispatchedIsFree,
        Self::FreeIsTaken,
        Self::OtherRequestAnswered,
        Self::FailedIsForgotten,
        Self::ResendIsForgotten,
        Self::DispatchOfOthers,
        Self::ConclusionOfOthers,
        Self::AbandonOfOthers,
        Self::DispatchTooLate,
        Self::RetractIgnored,
        Self::NotSentIsAmbiguous,
        Self::AmbiguousIsNotSent,
        Self::LateAnswerRefused,
        Self::LateDoubtTaken,
        Self::RestoresNothing,
        Self::AbandonedIsFree,
        Self::AbandonedClaimIsAmbiguous,
        Self::AbandonIgnored,
        Self::AbandonedEndIsAmbiguous,
        Self::FinishIgnored,
        Self::FinishOfAnother,
        Self::SettledTooEarly,
        Self::KnownIsSettled,
        Self::PersonsWordIsFinal,
        Self::ProcessFoundTwice,
        Self::DeadOwnerHolds,
        Self::DeadOwnerIsFree,
        Self::OwnerOfNothing,
        Self::AnothersIsKept,
        Self::AnothersIsFree,
        Self::TheirsIsDoubted,
        Self::UnfoundIsCompared,
        Self::DoubtIgnored,
        Self::DoubtIsFree,
        Self::ConfirmedIsDoubted,
        Self::PartIsFinal,
    ];

    /// The rule's name in the table.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::PendingIsFree => "a pending reference is not sent again",
            Self::FinishedIsFree => "a reference with a result is not sent again",
            Self::FailedIsFree => "a failed process is followed by a new attempt only on request",
            Self::AmbiguousIsFree => "an ambiguous reference is not sent again",
            Self::ClaimedIsFree => "a claim is refused while another program's claim holds",
            Self::DispatchedIsFree => "a claim is refused while another program is sending",
            Self::FreeIsTaken => "a reference that was not sent can be claimed",
            Self::OtherRequestAnswered => "a claim with another request is refused",
            Self::FailedIsForgotten => {
                "a failed process stays in the record beside its new attempt"
            }
            Self::ResendIsForgotten => {
                "an attempt that a person gave up stays in the record beside the new one"
            }
            Self::DispatchOfOthers => "an overtaken ticket cannot dispatch",
            Self::ConclusionOfOthers => "an overtaken ticket cannot conclude",
            Self::AbandonOfOthers => "an overtaken ticket cannot abandon",
            Self::DispatchTooLate => "a ticket whose lease is over cannot dispatch",
            Self::RetractIgnored => "a dispatch that did not run is taken back",
            Self::NotSentIsAmbiguous => {
                "an attempt that provably did not run leaves the reference free"
            }
            Self::AmbiguousIsNotSent => "an attempt whose end nobody knows is ambiguous",
            Self::LateAnswerRefused => "a late answer ends an ambiguous attempt",
            Self::LateDoubtTaken => {
                "a late *ambiguous* does not undo a process that a person found"
            }
            Self::RestoresNothing => {
                "an attempt that did not run leaves the attempt before it as it was"
            }
            Self::AbandonedIsFree => "a dispatched attempt that is abandoned is ambiguous",
            Self::AbandonedClaimIsAmbiguous => "a claimed attempt that is abandoned is free",
            Self::AbandonIgnored => "an abandoned attempt is let go at once",
            Self::AbandonedEndIsAmbiguous => "abandoning changes no end that is known",
            Self::FinishIgnored => "the end of a pending process is written down",
            Self::FinishOfAnother => "the end of another process is refused",
            Self::SettledTooEarly => "a person cannot settle what is on its way",
            Self::KnownIsSettled => "a person cannot settle what IDCloud answered",
            Self::PersonsWordIsFinal => {
                "a person may settle again until the process that was found is final"
            }
            Self::ProcessFoundTwice => "a process of an earlier attempt cannot be found again",
            Self::DeadOwnerHolds => "an owner that a person calls dead holds nothing any more",
            Self::DeadOwnerIsFree => "what a dead owner dispatched is ambiguous",
            Self::OwnerOfNothing => "only what is held has an owner that can be called dead",
            Self::AnothersIsKept => "a found process that is another person's is let go",
            Self::AnothersIsFree => "a reference whose found process was another's is ambiguous",
            Self::TheirsIsDoubted => "a found process that is the person's stays",
            Self::UnfoundIsCompared => "only a process that a person found is compared",
            Self::DoubtIgnored => {
                "a process that only a part of an answer named is doubted once IDCloud does not know it"
            }
            Self::DoubtIsFree => "a reference whose named process is not there is ambiguous",
            Self::ConfirmedIsDoubted => "a process that IDCloud answered with is not doubted",
            Self::PartIsFinal => {
                "a person may settle a process that only a part of an answer named"
            }
        }
    }

    /// The answer of the rules with this one broken.
    #[expect(clippy::too_many_lines, reason = "an arm for each rule, side by side")]
    pub(crate) fn transition(
        self,
        maker: &Maker,
        record: Option<Record>,
        word: Word,
        clock: Clock,
    ) -> Result<Transition, Failure> {
        let real = |record: Option<Record>, word: Word, clock: Clock| {
            let command = maker.command(word)?;
            let fence = match word {
                Word::Claim { attempt, .. } => fence(attempt),
                _ => 0,
            };
            Ok::<_, Failure>(transition(record, command, fence, moment(clock)))
        };
        let stored = |record: Record| Transition {
            store: Some(record),
            answer: Ok(Answer::Done),
        };
        let outcome = real(record.clone(), word, clock)?;
        let known = match &outcome.answer {
            Ok(Answer::Claimed(known)) => Some(known),
            _ => None,
        };
        let kind = record.as_ref().map(|record| record.state().kind());
        let view = record.as_ref().map(view).transpose()?.unwrap_or_default();
        let last = view.last;
        let is_stored = outcome.store.is_some();
        // The record as if this attempt were the first, after these commands.
        let alone = |words: &[Word]| maker.record(last.unwrap_or_default(), words).map(stored);
        let ambiguous = |attempt| [Word::Dispatch(attempt), Word::Abandon(attempt)];
        let forgets = match self {
            Self::PendingIsFree => matches!(known, Some(Claimed::Pending(_))),
            Self::FinishedIsFree => {
                matches!(known, Some(Claimed::Finished(finished)) if !finished.is_failed())
            }
            Self::AmbiguousIsFree => matches!(known, Some(Claimed::Ambiguous { .. })),
            Self::ClaimedIsFree | Self::DispatchedIsFree => {
                let wanted = match self {
                    Self::ClaimedIsFree => StateKind::Claimed,
                    _ => StateKind::Dispatched,
                };
                matches!(known, Some(Claimed::InFlight { .. })) && kind == Some(wanted)
            }
            Self::FailedIsForgotten | Self::ResendIsForgotten => {
                let wanted = match self {
                    Self::FailedIsForgotten => StateKind::Finished,
                    _ => StateKind::Resend,
                };
                matches!(known, Some(Claimed::Fresh(_))) && kind == Some(wanted)
            }
            _ => false,
        };
        if forgets {
            return real(None, word, clock);
        }
        match (self, word) {
            (
                Self::FailedIsFree,
                Word::Claim {
                    attempt, request, ..
                },
            ) => {
                let again = true;
                real(
                    record,
                    Word::Claim {
                        attempt,
                        request,
                        again,
                    },
                    clock,
                )
            }
            (Self::FreeIsTaken, Word::Claim { .. }) if kind == Some(StateKind::NotSent) => {
                Ok(refused(JournalErrorKind::Stale))
            }
            (Self::OtherRequestAnswered, Word::Claim { attempt, again, .. }) => {
                let request = Request::Same;
                real(
                    record,
                    Word::Claim {
                        attempt,
                        request,
                        again,
                    },
                    clock,
                )
            }
            (Self::DispatchOfOthers, Word::Dispatch(_)) => {
                real(record, Word::Dispatch(last.unwrap_or_default()), clock)
            }
            (Self::ConclusionOfOthers, Word::Conclude(_, end)) => {
                real(record, Word::Conclude(last.unwrap_or_default(), end), clock)
            }
            (Self::AbandonOfOthers, Word::Abandon(_)) => {
                real(record, Word::Abandon(last.unwrap_or_default()), clock)
            }
            (Self::DispatchTooLate, Word::Dispatch(_)) => real(record, word, Clock::Early),
            (Self::RetractIgnored, Word::Retract(_))
            | (Self::AbandonIgnored, Word::Abandon(_))
            | (Self::FinishIgnored, Word::Finish(..))
            | (Self::DeadOwnerHolds, Word::OwnerIsDead)
            | (Self::AnothersIsKept, Word::Compare(_, Whose::Anothers))
            | (Self::DoubtIgnored, Word::Doubt(_)) => Ok(done()),
            (Self::NotSentIsAmbiguous, Word::Conclude(attempt, End::NotSent))
                if kind == Some(StateKind::Dispatched) =>
            {
                real(record, Word::Abandon(attempt), clock)
            }
            (Self::AmbiguousIsNotSent, Word::Conclude(attempt, End::Ambiguous))
            | (Self::AbandonedIsFree, Word::Abandon(attempt)) => {
                real(record, Word::Conclude(attempt, End::NotSent), clock)
            }
            (Self::LateAnswerRefused, Word::Conclude(..))
                if matches!(kind, Some(StateKind::Ambiguous | StateKind::Resend)) =>
            {
                Ok(refused(JournalErrorKind::Stale))
            }
            (Self::LateDoubtTaken, Word::Conclude(attempt, End::Ambiguous))
            | (Self::AbandonedEndIsAmbiguous, Word::Abandon(attempt))
                if kind == Some(StateKind::Pending) && last == Some(attempt) =>
            {
                alone(&ambiguous(attempt))
            }
            (Self::RestoresNothing, Word::Conclude(_, End::NotSent) | Word::Abandon(_))
                if attempts(outcome.store.as_ref()) < attempts(record.as_ref()) =>
            {
                alone(&[Word::Abandon(last.unwrap_or_default())])
            }
            (Self::AbandonedClaimIsAmbiguous, Word::Abandon(attempt))
                if kind == Some(StateKind::Claimed) && last == Some(attempt) =>
            {
                alone(&ambiguous(attempt))
            }
            (Self::FinishOfAnother, Word::Finish(_, fate)) if kind == Some(StateKind::Pending) => {
                let process = view.process.unwrap_or(Process(0));
                real(record, Word::Finish(process, fate), clock)
            }
            (Self::SettledTooEarly, Word::Found(_) | Word::Resend) => {
                real(record, word, Clock::Late)
            }
            (Self::KnownIsSettled, Word::Resend) if kind == Some(StateKind::Pending) => {
                let attempt = last.unwrap_or_default();
                let [dispatch, abandon] = ambiguous(attempt);
                alone(&[dispatch, abandon, Word::Resend])
            }
            (Self::PersonsWordIsFinal, Word::Found(_) | Word::Resend)
                if kind == Some(StateKind::Pending) =>
            {
                Ok(refused(JournalErrorKind::Stale))
            }
            (Self::ProcessFoundTwice, Word::Found(_)) if matches!(&outcome.answer, Err(error) if error.kind() == JournalErrorKind::ProcessTaken) =>
            {
                let [dispatch, abandon] = ambiguous(last.unwrap_or_default());
                alone(&[dispatch, abandon, word])
            }
            (Self::DeadOwnerIsFree, Word::OwnerIsDead)
                if is_stored && kind == Some(StateKind::Dispatched) =>
            {
                let attempt = last.unwrap_or_default();
                real(record, Word::Conclude(attempt, End::NotSent), clock)
            }
            (Self::OwnerOfNothing, Word::OwnerIsDead)
            | (Self::UnfoundIsCompared, Word::Compare(..))
                if outcome.answer.is_err() =>
            {
                Ok(done())
            }
            (Self::AnothersIsFree, Word::Compare(_, Whose::Anothers)) if is_stored => {
                real(record, Word::Resend, clock)
            }
            (Self::TheirsIsDoubted, Word::Compare(_, Whose::Theirs)) if is_stored => {
                alone(&ambiguous(last.unwrap_or_default()))
            }
            (Self::DoubtIsFree, Word::Doubt(_)) if is_stored => real(record, Word::Resend, clock),
            (Self::ConfirmedIsDoubted, Word::Doubt(process))
                if kind == Some(StateKind::Pending) && view.process == Some(process) =>
            {
                alone(&ambiguous(last.unwrap_or_default()))
            }
            (Self::PartIsFinal, Word::Found(_) | Word::Resend) if view.unconfirmed => {
                Ok(refused(JournalErrorKind::Stale))
            }
            _ => Ok(outcome),
        }
    }
}

const fn done() -> Transition {
    Transition {
        store: None,
        answer: Ok(Answer::Done),
    }
}

fn refused(kind: JournalErrorKind) -> Transition {
    Transition {
        store: None,
        answer: Err(kind.into()),
    }
}

fn attempts(record: Option<&Record>) -> usize {
    record.map_or(usize::MAX, Record::attempts)
}
