//! The outcome of a person, and the course of a process.
//!
//! Must not decide what a key shows of it: that depends on the key's capabilities and dialect.

use std::time::Duration;

/// The outcome of one simulated person.
///
/// Starts with an identity result and nothing suspicious; each `with_…` function changes one thing.
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
    /// Completed at once, unless a part of the answer comes later: a risk score (identity is
    /// inconclusive and the key has the capability), or what the key's dialect sends later. Then
    /// status 1 first, and 3 when that part is there.
    Straight,
    /// Like [`Straight`](Self::Straight), with status 2 between 1 and 3 if a score is computed.
    Divergence,
    /// Status 1 for this long, then 3.
    Slow(Duration),
    /// Status 5 at once: HTTP 200 for the create, HTTP 410 for a lookup.
    Failure,
    /// [`Failure`](Self::Failure) for the first process about this person,
    /// [`Straight`](Self::Straight) for all later ones.
    FailureOnce,
    /// Status 1 first, then 5: only lookups show it, with HTTP 410.
    LateFailure,
    /// Status 1 first, then 4.
    Cancellation,
    /// Status 1 for ever.
    NeverFinal,
    /// A status that no document lists, for ever.
    UnlistedStatus(i64),
}

/// What a captured document proves to be.
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
    /// Undecidable. If the key has a risk score, it is attempted without a result: a *drop*.
    pub const INCONCLUSIVE: Self = Self::identity("inconclusive").with_serpro(50);

    /// An identity result as a wire value, documented or not.
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

    /// The result of the liveness check: 1 live, 2 not live, 0 inconclusive. Used only if the key
    /// has liveness.
    #[must_use]
    pub const fn with_liveness(mut self, liveness: i64) -> Self {
        self.liveness = liveness;
        self
    }

    /// The behavior alert as a wire value; `None` simulates a key that lost the capability
    /// unnoticed.
    #[must_use]
    pub const fn with_alert(mut self, alert: Option<&'static str>) -> Self {
        self.alert = alert;
        self
    }

    /// The risk score, documented from -100 to 100. Used only if identity is inconclusive.
    #[must_use]
    pub const fn with_score(mut self, score: i64) -> Self {
        self.score = Some(score);
        self
    }

    /// The similarity to the government's picture: 0 to 100; -1 if there is no picture, -2 for an
    /// error there.
    #[must_use]
    pub const fn with_serpro(mut self, similarity: i64) -> Self {
        self.serpro = Some(similarity);
        self
    }

    /// Whether the face is that of the reference, 1:1; true by default.
    #[must_use]
    pub const fn with_face_match(mut self, face_match: bool) -> Self {
        self.face_match = face_match;
        self
    }

    /// IDCloud's own decision as a wire value. By default it follows from the rest.
    #[must_use]
    pub const fn with_trust(mut self, decision: &'static str) -> Self {
        self.trust = Some(decision);
        self
    }

    /// What the person's documents prove to be.
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
