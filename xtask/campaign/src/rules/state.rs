//! Where the model stands: what the journal has, who holds what, what is on its way, and what is true.
//!
//! Must know more than the journal does, and must never let the journal know it.

use super::book::{Facts, RecordNumber};
use super::promise::Promise;
use super::word::{Attempt, End, Fate, Process, Word};

/// All of it, for some references with some attempts each.
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
    /// By number. One that nobody remembers any more is as if it had never been.
    pub(crate) attempts: [Going; ATTEMPTS],
}

/// How one attempt goes, in truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Going {
    pub(crate) holder: Holder,
    pub(crate) truth: Truth,
    /// What its holder told the journal when it went, and the journal has not done yet.
    pub(crate) told: Option<Told>,
    /// Its dispatch is durable, and was not taken back.
    pub(crate) leaving: bool,
    /// Its process was written down by one who heard of it.
    pub(crate) written: bool,
    /// It may be followed by another: a person said so, or it failed and was begun again.
    pub(crate) given_up: bool,
}

/// The program that holds an attempt's ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// Gone, or never heard of its ticket.
    #[default]
    Gone,
    /// It may not send yet.
    Holds,
    /// Its dispatch is durable: it may send.
    MayLeave,
    /// It has sent, and has no answer.
    Waits,
    /// It has an answer, or the proof that nothing ran.
    Heard,
    /// It has a part of an answer, and from that the id of its process.
    HeardPart,
}

/// What became of an attempt's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Truth {
    /// It never left.
    #[default]
    Kept,
    OnItsWay,
    DidNotRun,
    /// Its process exists.
    Runs(Fate),
}

/// What a program tells the journal when it goes.
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
    /// A request of it left, and did not provably fail to run.
    pub(crate) const fn left(self) -> bool {
        matches!(self.truth, Truth::OnItsWay | Truth::Runs(_))
    }

    /// It left, and nothing says that another may follow.
    pub(crate) const fn is_open(self) -> bool {
        self.left() && !self.given_up
    }

    /// What its holder can truthfully say, as long as it lives.
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

    /// What its holder can truthfully tell when it goes.
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

    /// What was told, as the journal hears it.
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

    /// Forgets the attempts that can make no difference any more, and what makes none.
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

    /// What holds of each moment is broken here.
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
