//! What the simulator finds out about a person, and the course that a process takes.
//!
//! Must not say what a key shows of it: that depends on the key's capabilities and dialect.

use std::time::Duration;

/// What is true of one simulated person.
///
/// Begins with an identity result and with nothing suspicious beside it; the `with_…` functions change one thing each.
///
/// ```
/// use idcloud_simulator::{Course, Outcome};
///
/// let doubtful = Outcome::INCONCLUSIVE.with_score(28).with_course(Course::Divergence);
/// # let _ = doubtful;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub(crate) identity: &'static str,
    pub(crate) liveness: i64,
    pub(crate) alert: Option<&'static str>,
    pub(crate) score: Option<i64>,
    pub(crate) serpro: Option<i64>,
    pub(crate) face_match: bool,
    pub(crate) trust: Option<&'static str>,
    pub(crate) paper: Paper,
    pub(crate) course: Course,
}

/// How the status of a process develops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Course {
    /// Completed at once, unless something comes later: a risk score where identity is inconclusive and the key has it, or
    /// what the key's dialect tells later. Then status 1 first, and 3 when it is there.
    Straight,
    /// Like [`Straight`](Self::Straight), with status 2 between 1 and 3 where a score is computed.
    Divergence,
    /// Status 1 for this long, and 3 then.
    Slow(Duration),
    /// Status 5 at once: HTTP 200 for the create, HTTP 410 for a lookup.
    Failure,
    /// [`Failure`](Self::Failure) for the first process about this person, [`Straight`](Self::Straight) for all that follow.
    FailureOnce,
    /// Status 1 first, and 5 later: only lookups tell, with HTTP 410.
    LateFailure,
    /// Status 1 first, and 4 later.
    Cancellation,
    /// Status 1 for ever.
    NeverFinal,
    /// A status that no document lists, for ever.
    UnlistedStatus(i64),
}

/// What a captured document turns out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Paper {
    /// The person's own.
    #[default]
    Own,
    /// It bears another number: `cpfMatch` is false.
    OtherNumber,
    /// It bears another face: `faceMatch` is false, in the dialects that have it.
    OtherFace,
    /// Nothing can be read from it, and nothing is compared.
    Unreadable,
}

impl Outcome {
    /// The face is the holder's.
    pub const YES: Self = Self::identity("yes").with_serpro(95);
    /// The face is not the holder's.
    pub const NO: Self = Self::identity("no").with_serpro(3);
    /// Nobody can tell. A score is attempted where the key has one, and comes to nothing: a *drop*.
    pub const INCONCLUSIVE: Self = Self::identity("inconclusive").with_serpro(50);

    /// An identity result as it stands on the wire, documented or not.
    #[must_use]
    pub const fn identity(result: &'static str) -> Self {
        Self {
            identity: result,
            liveness: 1,
            alert: Some("inconclusive"),
            score: None,
            serpro: Some(50),
            face_match: true,
            trust: None,
            paper: Paper::Own,
            course: Course::Straight,
        }
    }

    /// What a check of liveness finds: 1 live, 2 not live, 0 inconclusive. Counts only where the key has liveness.
    #[must_use]
    pub const fn with_liveness(mut self, liveness: i64) -> Self {
        self.liveness = liveness;
        self
    }

    /// The behavior alert as it stands on the wire; `None` for a key that lost the capability unnoticed.
    #[must_use]
    pub const fn with_alert(mut self, alert: Option<&'static str>) -> Self {
        self.alert = alert;
        self
    }

    /// The risk score, documented from -100 to 100. Counts only where identity is inconclusive.
    #[must_use]
    pub const fn with_score(mut self, score: i64) -> Self {
        self.score = Some(score);
        self
    }

    /// The similarity to the government's picture: 0 to 100, -1 no picture there, -2 an error there.
    #[must_use]
    pub const fn with_serpro(mut self, similarity: i64) -> Self {
        self.serpro = Some(similarity);
        self
    }

    /// Whether the face is that of the reference, 1:1. It is, unless said otherwise.
    #[must_use]
    pub const fn with_face_match(mut self, face_match: bool) -> Self {
        self.face_match = face_match;
        self
    }

    /// IDCloud's own decision as it stands on the wire. Unless said otherwise it follows from the rest.
    #[must_use]
    pub const fn with_trust(mut self, decision: &'static str) -> Self {
        self.trust = Some(decision);
        self
    }

    /// What the person's documents turn out to be.
    #[must_use]
    pub const fn with_paper(mut self, paper: Paper) -> Self {
        self.paper = paper;
        self
    }

    /// How the status develops.
    #[must_use]
    pub const fn with_course(mut self, course: Course) -> Self {
        self.course = course;
        self
    }
}
