//! The model's state: the journal's records, the holders of attempts, requests in flight, and the
//! truth.
//!
//! Must not leak to the journal: it knows more than the journal does.

use super::book::{Facts, RecordNumber};
use super::promise::Promise;
use super::word::{Attempt, End, Fate, Process, Word};

/// The whole state, for a number of references with a number of attempts each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State<const REFERENCES: usize, const ATTEMPTS: usize> {
    pub(crate) references: [Reference<ATTEMPTS>; REFERENCES],
    /// The promise that the last step broke.
    pub(crate) broken: Option<Promise>,
}

/// One reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Reference<const ATTEMPTS: usize> {
    pub(crate) record: RecordNumber,
    /// By number. An attempt that is not remembered any more is reset.
    pub(crate) attempts: [Going; ATTEMPTS],
}

/// The true state of one attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Going {
    pub(crate) holder: Holder,
    pub(crate) truth: Truth,
    /// The last command of its holder, which the journal has not applied yet.
    pub(crate) told: Option<Told>,
    /// Its dispatch is durable, and was not retracted.
    pub(crate) leaving: bool,
    /// Its process was recorded by a program that knew it.
    pub(crate) written: bool,
    /// Another attempt may follow: a person allowed it, or this one failed and was submitted again.
    pub(crate) given_up: bool,
}

/// The program that holds an attempt's ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// Ended, or without an answer to its claim.
    #[default]
    Gone,
    /// It may not send yet.
    Holds,
    /// Its dispatch is durable: it may send.
    MayLeave,
    /// It has sent the request, and has no answer.
    Waits,
    /// It has an answer, or the proof that nothing ran.
    Heard,
    /// It has a partial answer, with the id of its process.
    HeardPart,
}

/// What happened to an attempt's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Truth {
    /// It was never sent.
    #[default]
    Kept,
    OnItsWay,
    DidNotRun,
    /// Its process exists.
    Runs(Fate),
}

/// The last command of a program that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Told {
    Abandon,
    NotSent,
    Ambiguous,
    Pending,
    Named,
    Finished,
}

impl Going {
    /// A request of it was sent, and may have run.
    pub(crate) const fn left(self) -> bool {
        matches!(self.truth, Truth::OnItsWay | Truth::Runs(_))
    }

    /// It was sent, and no other attempt may follow.
    pub(crate) const fn is_open(self) -> bool {
        self.left() && !self.given_up
    }

    /// The ends that its living holder can truthfully record.
    pub(crate) fn ends(self, process: Process) -> Vec<End> {
        match (self.holder, self.truth) {
            (Holder::Gone, _) => vec![],
            (Holder::Waits, _) => vec![End::Ambiguous],
            (Holder::HeardPart, _) => vec![End::Named(process)],
            (Holder::Heard, Truth::Runs(fate)) => {
                vec![End::Pending(process), End::Finished(process, fate)]
            }
            _ => vec![End::NotSent],
        }
    }

    /// The last commands that its holder can truthfully send.
    pub(crate) fn last_words(self, process: Process) -> Vec<Told> {
        let ends = self.ends(process).into_iter().map(|end| match end {
            End::Pending(_) => Told::Pending,
            End::Named(_) => Told::Named,
            End::Finished(..) => Told::Finished,
            End::Ambiguous => Told::Ambiguous,
            End::NotSent => Told::NotSent,
        });
        std::iter::once(Told::Abandon).chain(ends).collect()
    }

    /// The last command, in the journal's form.
    pub(crate) fn told_as(self, attempt: Attempt, process: Process) -> Option<Word> {
        let fate = match self.truth {
            Truth::Runs(fate) => fate,
            _ => Fate::Result,
        };
        Some(match self.told? {
            Told::Abandon => Word::Abandon(attempt),
            Told::NotSent => Word::Conclude(attempt, End::NotSent),
            Told::Ambiguous => Word::Conclude(attempt, End::Ambiguous),
            Told::Pending => Word::Conclude(attempt, End::Pending(process)),
            Told::Named => Word::Conclude(attempt, End::Named(process)),
            Told::Finished => Word::Conclude(attempt, End::Finished(process, fate)),
        })
    }
}

impl<const ATTEMPTS: usize> Reference<ATTEMPTS> {
    pub(crate) fn at(&self, attempt: Attempt) -> Going {
        let found = self.attempts.get(usize::from(attempt));
        found.copied().unwrap_or_default()
    }

    pub(crate) fn change(&mut self, attempt: Attempt, change: impl FnOnce(&mut Going)) {
        if let Some(going) = self.attempts.get_mut(usize::from(attempt)) {
            change(going);
        }
    }

    /// Resets attempts and flags that make no difference any more.
    pub(crate) fn tidy(&mut self, facts: &Facts, held: impl Fn(Attempt) -> bool) {
        for (attempt, going) in (0..).zip(&mut self.attempts) {
            let remembered = facts.early.has(attempt) || facts.late.has(attempt);
            let silent = going.holder == Holder::Gone && going.told.is_none();
            if going.left() {
                going.leaving = false;
            }
            if silent && !remembered && !going.is_open() && !held(attempt) {
                *going = Going::default();
            }
        }
    }

    /// The promise about each moment that is broken here.
    pub(crate) fn breaks(&self, facts: &Facts) -> Option<Promise> {
        use idcloud_flows::journal::StateKind::{Ambiguous, Finished, Pending};
        let view = &facts.late;
        for (attempt, going) in (0..).zip(&self.attempts) {
            let is_last = view.last == Some(attempt);
            let known = matches!(view.kind, Some(Pending | Finished));
            let doubted = view.kind == Some(Ambiguous);
            if going.is_open() && !(is_last && (known || (doubted && !going.written))) {
                return Some(Promise::NeverForgotten);
            }
            if is_last && doubted && !going.leaving && !going.left() {
                return Some(Promise::NeverDoubted);
            }
        }
        None
    }
}
