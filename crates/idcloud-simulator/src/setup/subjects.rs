//! The test subjects: people who do not exist, each with a known outcome.
//! Must not use a real person's number: the codes follow a pattern with valid check digits, or are
//! the published ones of the Mexican Trust sandbox.

use std::time::Duration;

use idcloud_model::{Capabilities, IdentityExtras, SelfieKind, SubjectCode};

use crate::{Course, Outcome, Paper};

/// A person who does not exist, and the outcome of their verification.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TestSubject {
    /// The CPF (eleven digits) or CURP (eighteen characters), as it is sent.
    pub code: &'static str,
    /// A name to send with it. Any other name works as well.
    pub name: &'static str,
    /// The row of the decision table in which a verification ends, with the capabilities and the
    /// selfie given here: a 1:1 comparison or a document if these are the capabilities, otherwise
    /// an onboarding.
    pub scenario: &'static str,
    /// What happens, in one sentence.
    pub description: &'static str,
    /// The capabilities that the API key needs.
    pub capabilities: Capabilities,
    /// The kind of selfie to send.
    pub selfie: SelfieKind,
    pub(crate) outcome: Outcome,
}

/// All test subjects. The first one is approved.
///
/// A person who is not in the list, with a CPF or CURP whose check digits are valid, is like the
/// first one: the face is the holder's.
#[must_use]
pub fn subjects() -> &'static [TestSubject] {
    SUBJECTS
}

/// The outcome of a listed subject.
pub(crate) fn outcome_of(code: &SubjectCode) -> Option<Outcome> {
    SUBJECTS
        .iter()
        .find(|subject| subject.code == code.expose())
        .map(|subject| subject.outcome)
}

const IDENTITY: Capabilities = Capabilities::NONE.with_identity(IdentityExtras::NONE);
const LIVE_IDENTITY: Capabilities = IDENTITY.with_liveness();
const ALERT: Capabilities = IDENTITY.with_behavior_alert();
const SCORE: Capabilities =
    Capabilities::NONE.with_identity(IdentityExtras::NONE.with_risk_score());
const ALERT_SCORE: Capabilities = SCORE.with_behavior_alert();
const SERPRO: Capabilities = Capabilities::NONE.with_identity(IdentityExtras::NONE.with_serpro());

const TRUST: Capabilities = IDENTITY.with_trust_decision();
const FACE_MATCH: Capabilities = Capabilities::NONE.with_face_match();
const DOCUMENT: Capabilities = Capabilities::NONE.with_document();

const YES: Outcome = Outcome::YES;
const NO: Outcome = Outcome::NO;
const INCONCLUSIVE: Outcome = Outcome::INCONCLUSIVE;

const SUBJECTS: &[TestSubject] = &[
    image("52998224725", "identity-yes-without-liveness", IDENTITY, YES)
        .says("The face is the holder's; nobody checked whether a person was there."),
    capture("11122230109", "identity-yes", LIVE_IDENTITY, YES)
        .says("The face is the holder's, and alive."),
    image("11122230290", "identity-no", IDENTITY, NO)
        .says("The face is not the holder's."),
    image("11122230370", "score-high", SCORE, INCONCLUSIVE.with_score(90))
        .says("Identity is inconclusive; the risk score comes later and is 90."),
    image("11122230451", "score-low", SCORE, INCONCLUSIVE.with_score(28))
        .says("Identity is inconclusive; the risk score comes later and is 28."),
    image("11122230532", "score-zero", SCORE, INCONCLUSIVE.with_score(0))
        .says("Identity is inconclusive; the risk score comes later and is 0."),
    image("11122230613", "score-negative", SCORE, INCONCLUSIVE.with_score(-40))
        .says("Identity is inconclusive; the risk score comes later and is -40."),
    image("11122230702", "identity-inconclusive", IDENTITY, INCONCLUSIVE)
        .says("Identity is inconclusive, and the key has no risk score to ask for."),
    image("11122230885", "drop", SCORE, INCONCLUSIVE)
        .says("A risk score is attempted and never comes: a drop."),
    image(
        "11122230966",
        "score-high",
        SCORE,
        INCONCLUSIVE.with_score(75).with_course(Course::Divergence),
    )
    .says("The score engine reports a divergence (status 2) on the way to a score of 75."),
    capture("11122231008", "liveness-failed", LIVE_IDENTITY, YES.with_liveness(2))
        .says("The capture shows no living person."),
    capture(
        "11122231180",
        "liveness-inconclusive",
        LIVE_IDENTITY,
        INCONCLUSIVE.with_liveness(0),
    )
    .says("The capture does not show whether a living person was there."),
    image("11122231261", "processing-error", IDENTITY, YES.with_course(Course::Failure))
        .says("Processing fails at once (status 5, with HTTP 200)."),
    image("11122231342", "processing-error", IDENTITY, YES.with_course(Course::LateFailure))
        .says("Processing fails later: the lookup answers HTTP 410 with status 5."),
    image("11122231423", "canceled", IDENTITY, YES.with_course(Course::Cancellation))
        .says("The process is canceled while it is being worked on (status 4)."),
    image("11122231504", "alert", ALERT, YES.with_alert(Some("yes")))
        .says("The face is the holder's, and known from fraud."),
    image("11122231695", "alert", ALERT, YES.with_alert(Some("suspicious")))
        .says("The face is the holder's, and was seen under another number."),
    image(
        "11122231776",
        "alert-without-support",
        ALERT_SCORE,
        INCONCLUSIVE.with_alert(Some("yes")).with_score(0),
    )
    .says("The face is known from fraud, and the risk score is 0."),
    image("11122231857", "identity-yes-without-liveness", SERPRO, YES.with_serpro(-1))
        .says("The face is the holder's; the government has no picture of them (Serpro -1)."),
    image("11122231938", "identity-yes-without-liveness", SERPRO, YES.with_serpro(-2))
        .says("The face is the holder's; the government did not answer (Serpro -2)."),
    image("11122232071", "identity-yes-without-liveness", SERPRO, YES.with_serpro(12))
        .says("The face is the holder's and little like the government's picture (Serpro 12): `serpro-low` under a policy that demands more."),
    image("11122232152", "unknown-value", IDENTITY, Outcome::identity("under-review"))
        .says("Identity has a value that no document lists."),
    image("11122232233", "contradiction", SCORE, INCONCLUSIVE.with_score(140))
        .says("Identity is inconclusive; the risk score is 140, out of its range."),
    image("11122232314", "missing-evidence", ALERT, YES.with_alert(None))
        .says("The face is the holder's; the behavior alert that the key should answer is missing."),
    image("11122232403", "processing", IDENTITY, YES.with_course(Course::NeverFinal))
        .says("The process never ends (status 1)."),
    image("11122232586", "unknown-status", IDENTITY, YES.with_course(Course::UnlistedStatus(7)))
        .says("The process has a status that no document lists (7), and keeps it."),
    image(
        "11122232667",
        "identity-yes-without-liveness",
        IDENTITY,
        YES.with_course(Course::FailureOnce),
    )
    .says("The first process about this person fails (status 5); the next one finds that the face is the holder's."),
    image(
        "11122232748",
        "identity-yes-without-liveness",
        IDENTITY,
        YES.with_course(Course::Slow(Duration::from_secs(20))),
    )
    .says("It takes 20 seconds (status 1) to find that the face is the holder's."),
    image("11122232829", "face-mismatch", FACE_MATCH, YES.with_face_match(false))
        .says("The face is the holder's, and not that of any reference: a 1:1 comparison is false."),
    image("11122232900", "document-mismatch", DOCUMENT, YES.with_paper(Paper::OtherNumber))
        .says("Every document of this person bears another number."),
    image("11122233043", "document-unread", DOCUMENT, YES.with_paper(Paper::Unreadable))
        .says("No document of this person can be read."),
    image("HEWW580907HGRSHL05", "trust-denied", TRUST, INCONCLUSIVE.with_trust("reproved"))
        .says("Published subject of the Mexican Trust sandbox: IDCloud's own decision is reproved."),
    image("BAWB700219HNLTYR01", "trust-high-risk", TRUST, INCONCLUSIVE.with_trust("risk-high"))
        .says("Published subject of the Mexican Trust sandbox: IDCloud's own decision is risk-high."),
    image("IIFA830702HDFGNN06", "trust-denied", TRUST, INCONCLUSIVE.with_trust("risk-critical"))
        .says("Published subject of the Mexican Trust sandbox: IDCloud's own decision is risk-critical."),
    image("PASP901014HDFRPT03", "trust-inconclusive", TRUST, INCONCLUSIVE.with_trust("inconclusive"))
        .says("Published subject of the Mexican Trust sandbox: IDCloud's own decision is inconclusive."),
    image("XEXX010101HNEXXXA4", "identity-yes-without-liveness", IDENTITY, YES)
        .says("A CURP in place of a CPF: the face is the holder's; nobody checked whether a person was there."),
];

const fn image(
    code: &'static str,
    scenario: &'static str,
    capabilities: Capabilities,
    outcome: Outcome,
) -> TestSubject {
    TestSubject {
        code,
        name: "Test Subject",
        scenario,
        description: "",
        capabilities,
        selfie: SelfieKind::Image,
        outcome,
    }
}

const fn capture(
    code: &'static str,
    scenario: &'static str,
    capabilities: Capabilities,
    outcome: Outcome,
) -> TestSubject {
    TestSubject {
        selfie: SelfieKind::CaptureToken,
        ..image(code, scenario, capabilities, outcome)
    }
}

impl TestSubject {
    const fn says(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code has valid check digits, is listed once, and has a description.
    #[test]
    fn the_list_is_sound() {
        for (position, subject) in SUBJECTS.iter().enumerate() {
            let code: SubjectCode = subject.code.parse().unwrap();
            assert_eq!(code.expose(), subject.code);
            assert!(subject.description.ends_with('.'), "{}", subject.code);
            let earlier = SUBJECTS[..position].iter();
            assert!(earlier.clone().all(|other| other.code != subject.code));
        }
        assert_eq!(SUBJECTS[0].outcome, Outcome::YES);
    }
}
