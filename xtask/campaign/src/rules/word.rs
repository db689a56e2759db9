//! The journal's commands about one reference, in numbers as small as the model's.
//!
//! Must not leave out a command that the rules have, nor decide anything.

/// The number of an attempt: its position among those of its reference.
pub(crate) type Attempt = u8;

/// A process, by number: each attempt can have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Process(pub(crate) u8);

/// The time as a program sees it: clocks differ, and a lease can end at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Clock {
    /// Every lease is valid.
    Early,
    /// Every lease has expired.
    Late,
}

impl Clock {
    pub(crate) const ALL: [Self; 2] = [Self::Early, Self::Late];
}

/// The request of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    /// The reference's own request.
    Same,
    /// Another request, by a caller's mistake.
    Other,
}

/// The end of an attempt, as its holder records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Pending(Process),
    /// Only a partial answer arrived, with the id of its process.
    Named(Process),
    /// With a result, or failed (status 5).
    Finished(Process, Fate),
    Ambiguous,
    NotSent,
}

/// The end of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fate {
    Result,
    Failed,
}

impl Fate {
    pub(crate) const ALL: [Self; 2] = [Self::Result, Self::Failed];
}

/// The person of a found process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    Theirs,
    Anothers,
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Word {
    /// A claim. If it is fresh, it creates this attempt.
    Claim {
        attempt: Attempt,
        request: Request,
        again: bool,
    },
    Dispatch(Attempt),
    Retract(Attempt),
    Conclude(Attempt, End),
    Abandon(Attempt),
    /// A wait for a process has ended.
    Finish(Process, Fate),
    /// A person found this process.
    Found(Process),
    /// A person allows a new attempt.
    Resend,
    /// A person reports that the holding program has ended.
    OwnerIsDead,
    /// A program looked up a process that is known only from a partial answer, and IDCloud does not
    /// know it.
    Doubt(Process),
    /// A program compared the person of a found process.
    Compare(Process, Whose),
}

/// What the journal answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reply {
    Fresh,
    /// The reference is known: claimed, pending, finished or ambiguous.
    Known,
    Done,
    /// An error: the command has no effect.
    Refused,
}
