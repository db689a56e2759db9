//! The promises of the rules, for any commands in any order.
//!
//! Must not ask the rules: it judges them by the purpose of the journal.

use idcloud_flows::journal::StateKind;

use super::book::{Facts, View};
use super::word::{Clock, End, Fate, Reply, Request, Whose, Word};

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Promise {
    OneAtATime,
    NeverForgotten,
    NeverDoubted,
    LeaseRuns,
    LeaseIsOver,
    OtherRequest,
    EarlierStays,
    RefusalsChangeNothing,
    FreeIsGiven,
    EndsAreTaken,
    KnownStays,
    LetGo,
    OwnProcess,
    PersonsWord,
    NotThere,
    /// The model itself: its commands are valid, and their answers can be parsed.
    Followed,
}

impl Promise {
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::OneAtATime => {
                "no attempt leaves while an earlier one may have created a process, unless that failed or a person gave it up"
            }
            Self::NeverForgotten => {
                "an attempt that left and has no end is ambiguous or pending; a process that was written down stays known"
            }
            Self::NeverDoubted => "an attempt that never left is never ambiguous",
            Self::LeaseRuns => "a claim is not given to a second program while its lease runs",
            Self::LeaseIsOver => "no dispatch succeeds after its lease is over",
            Self::OtherRequest => "a recorded answer is not given to another request",
            Self::EarlierStays => "an attempt that may have been paid for stays in its record",
            Self::RefusalsChangeNothing => "a command that is refused changes nothing",
            Self::FreeIsGiven => "a reference that is free is given to the next claim",
            Self::EndsAreTaken => "an end that its holder knows is written down, however late",
            Self::KnownStays => "a command without an answer changes no end that is known",
            Self::LetGo => "an abandoned attempt is no longer held",
            Self::OwnProcess => {
                "a reference is finished with its own process and that process's end"
            }
            Self::PersonsWord => "a person settles what is ambiguous, and nothing else",
            Self::NotThere => {
                "a process that only a part of an answer named is ambiguous once IDCloud does not know it"
            }
            Self::Followed => "the model can follow the rules",
        }
    }
}

/// A command, and the rules' reaction.
pub(crate) struct Step<'a> {
    pub(crate) before: &'a Facts,
    pub(crate) word: Word,
    pub(crate) clock: Clock,
    pub(crate) reply: Reply,
    pub(crate) after: &'a Facts,
    /// The stored record has changed.
    pub(crate) changed: bool,
}

use StateKind::{Ambiguous, Claimed, Dispatched, NotSent, Pending, Resend};

fn is(view: &View, kinds: &[StateKind]) -> bool {
    view.kind.is_some_and(|kind| kinds.contains(&kind))
}

impl Step<'_> {
    /// The promise that this step breaks.
    pub(crate) fn breaks(&self) -> Option<Promise> {
        let done = matches!(self.reply, Reply::Done | Reply::Fresh);
        if self.changed && !done {
            return Some(Promise::RefusalsChangeNothing);
        }
        if !self.keeps_earlier() {
            return Some(Promise::EarlierStays);
        }
        match self.word {
            Word::Claim { request, again, .. } => self.claim(request, again),
            Word::Dispatch(_) => {
                (done && self.clock == Clock::Late).then_some(Promise::LeaseIsOver)
            }
            Word::Retract(_) => None,
            Word::Conclude(attempt, end) => self.conclude(attempt, end),
            Word::Abandon(attempt) => self.abandon(attempt),
            Word::Finish(process, fate) => {
                let (before, after) = (&self.before.early, &self.after.early);
                let awaited = is(before, &[Pending]) && before.process == Some(process);
                let finished = is(after, &[StateKind::Finished])
                    && after.process == Some(process)
                    && after.failed == (fate == Fate::Failed);
                if self.changed && !(awaited && finished) {
                    Some(Promise::OwnProcess)
                } else {
                    (awaited && !(done && finished)).then_some(Promise::EndsAreTaken)
                }
            }
            Word::Found(process) => {
                let before = self.before.by(self.clock);
                let taken = before.holds(process) && before.process != Some(process);
                if taken {
                    done.then_some(Promise::OwnProcess)
                } else {
                    (done != before.settleable).then_some(Promise::PersonsWord)
                }
            }
            Word::Resend => {
                let before = self.before.by(self.clock);
                (done != before.settleable).then_some(Promise::PersonsWord)
            }
            Word::OwnerIsDead => {
                let held = |view: &View| is(view, &[Claimed, Dispatched]);
                if done && held(&self.after.early) {
                    return Some(Promise::LetGo);
                }
                (done != held(self.before.by(self.clock))).then_some(Promise::PersonsWord)
            }
            Word::Doubt(process) => {
                let (before, after) = (&self.before.early, &self.after.early);
                if !(before.unconfirmed && before.process == Some(process)) {
                    return self.changed.then_some(Promise::KnownStays);
                }
                (!(done && is(after, &[Ambiguous]))).then_some(Promise::NotThere)
            }
            Word::Compare(process, whose) => {
                let (before, after) = (&self.before.early, &self.after.early);
                let asked = before.found && before.process == Some(process);
                let doubted = is(after, &[Ambiguous]);
                let right = done == asked && (!done || doubted == (whose == Whose::Anothers));
                (!right).then_some(Promise::OwnProcess)
            }
        }
    }

    fn claim(&self, request: Request, again: bool) -> Option<Promise> {
        let before = self.before.by(self.clock);
        if self.reply == Reply::Fresh {
            return is(before, &[Claimed, Dispatched]).then_some(Promise::LeaseRuns);
        }
        let free =
            before.kind.is_none() || is(before, &[NotSent, Resend]) || (again && before.failed);
        if free {
            return Some(Promise::FreeIsGiven);
        }
        // The failure of an attempt may be shown to every request: a new attempt depends on it.
        let told = self.reply == Reply::Known && request == Request::Other && !before.failed;
        told.then_some(Promise::OtherRequest)
    }

    fn conclude(&self, attempt: u8, end: End) -> Option<Promise> {
        let (before, after) = (&self.before.early, &self.after.early);
        let is_last = before.last == Some(attempt);
        let is_open = is_last && is(before, &[Dispatched, Ambiguous, Resend]);
        match end {
            End::Pending(process) | End::Named(process) | End::Finished(process, _) => {
                let taken = self.reply == Reply::Done && after.process == Some(process);
                (is_open && !taken).then_some(Promise::EndsAreTaken)
            }
            End::Ambiguous => {
                let was_open = is_last && is(before, &[Claimed, Dispatched]);
                (self.changed && !was_open).then_some(Promise::KnownStays)
            }
            End::NotSent => {
                let may = is_open || (is_last && (is(before, &[Claimed]) || before.settleable));
                if self.changed && !may {
                    return Some(Promise::KnownStays);
                }
                (is_open && self.reply != Reply::Done).then_some(Promise::EndsAreTaken)
            }
        }
    }

    fn abandon(&self, attempt: u8) -> Option<Promise> {
        let (before, after) = (&self.before.early, &self.after.early);
        let held = |view: &View| view.last == Some(attempt) && is(view, &[Claimed, Dispatched]);
        if self.changed && !held(before) {
            return Some(Promise::KnownStays);
        }
        held(after).then_some(Promise::LetGo)
    }

    /// Whether every attempt is still recorded, except a last one that provably did not run.
    fn keeps_earlier(&self) -> bool {
        let (before, after) = (&self.before.early, &self.after.early);
        let did_not_run =
            is(before, &[Claimed, NotSent]) || matches!(self.word, Word::Conclude(_, End::NotSent));
        let last = before.last.filter(|_| !did_not_run);
        let mut earlier = (0..8).filter(|attempt| before.earlier & (1 << attempt) != 0);
        earlier.all(|attempt| after.has(attempt)) && last.is_none_or(|last| after.has(last))
    }
}
