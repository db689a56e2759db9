//! What can be said to the journal about one reference, in numbers as small as the model's.
//!
//! Must name every command that the rules know, and decide nothing.

/// The number of an attempt: its place among those of its reference.
pub(crate) type Attempt = u8;

/// A process, by number: each attempt can have one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Process(pub(crate) u8);

/// How far time is, as one who speaks sees it: clocks differ, and a lease ends at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Clock {
    /// Every lease runs.
    Early,
    /// Every lease is over.
    Late,
}

impl Clock {
    pub(crate) const ALL: [Self; 2] = [Self::Early, Self::Late];
}

/// What a claim is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    /// The request that the reference is used for.
    Same,
    /// Somebody's mistake.
    Other,
}

/// How an attempt ended, as its holder says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Pending(Process),
    /// Only a part of its answer came, and that names its process.
    Named(Process),
    /// With a result, or failed (status 5).
    Finished(Process, Fate),
    Ambiguous,
    NotSent,
}

/// What becomes of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fate {
    Result,
    Failed,
}

impl Fate {
    pub(crate) const ALL: [Self; 2] = [Self::Result, Self::Failed];
}

/// Whose a process is that a person found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    Theirs,
    Anothers,
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Word {
    /// A claim. Where it is fresh, it is this attempt.
    Claim {
        attempt: Attempt,
        request: Request,
        again: bool,
    },
    Dispatch(Attempt),
    Retract(Attempt),
    Conclude(Attempt, End),
    Abandon(Attempt),
    /// Somebody waited for a process.
    Finish(Process, Fate),
    /// A person found this process.
    Found(Process),
    /// A person says that it may be sent again.
    Resend,
    /// A person says that the program which holds it is gone.
    OwnerIsDead,
    /// A program looked for a process that only a part of an answer named, and IDCloud does not know it.
    Doubt(Process),
    /// A program compared whose the process is that a person found.
    Compare(Process, Whose),
}

/// What the journal answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reply {
    Fresh,
    /// What is known of the reference: it is somebody's, pending, finished or ambiguous.
    Known,
    Done,
    /// An error: what was asked is not done.
    Refused,
}
