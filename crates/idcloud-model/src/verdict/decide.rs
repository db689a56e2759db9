//! The decision table: turns an answer into a decision.
//!
//! Must not approve anything that it does not list; pure and total.

use crate::answer::face_match::Match;
use crate::catalogue::generated::scenarios::{
    NOTE_LIVENESS_NOT_CHECKED, NOTE_LIVENESS_UNVERIFIED, NOTE_MISSING_CAPABILITIES,
};
use crate::catalogue::language::Text;
use crate::{
    Asked, BehaviorAlert, Capabilities, Capability, Decision, Document, Evidence, FaceMatch,
    FinalProcess, IdentityResult, Language, LivenessReading, LivenessResult, Policy, RiskLevel,
    RiskScore, Scenario, Serpro, Status, TrustDecision,
};

/// Judges a final process against the question.
///
/// Rows are read top down and the first that matches wins; rejections come before doubts, and
/// doubts before approvals. Missing evidence that was asked for is never an approval; evidence that
/// was not asked for can only make a verdict worse.
///
/// ```
/// use idcloud_model::{Asked, Capabilities, Decision, IdentityExtras, Policy, Process, SelfieKind, decide};
///
/// let answer = br#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3,"unicoId":{"result":"yes"}}"#;
/// let Process::Final(process) = Process::from_json(answer)? else { panic!("status 3 is final") };
///
/// let identity = Capabilities::NONE.with_identity(IdentityExtras::NONE);
/// let verdict = decide(&process, &Asked::new(identity, SelfieKind::Image), &Policy::default());
/// assert_eq!(verdict.decision(), Decision::Approve);
/// assert_eq!(verdict.scenario().id(), "identity-yes-without-liveness");
///
/// // The same answer to another question approves nothing.
/// let liveness = Capabilities::NONE.with_liveness();
/// let verdict = decide(&process, &Asked::new(liveness, SelfieKind::CaptureToken), &Policy::default());
/// assert_eq!(verdict.decision(), Decision::Review);
/// # Ok::<(), idcloud_model::ReadError>(())
/// ```
pub fn decide(process: &FinalProcess, asked: &Asked, policy: &Policy) -> Verdict {
    let scenario = row(process, *asked, *policy);
    // Only pending rows have no decision, and a final process matches none of them.
    let decision = scenario.decision().unwrap_or(Decision::Review);
    let liveness = match LivenessReading::of(process.evidence(), asked) {
        LivenessReading::NotChecked => Unchecked::NotChecked,
        LivenessReading::Unverified => Unchecked::Unverified,
        _ => Unchecked::No,
    };
    Verdict {
        decision,
        scenario,
        missing: missing(process.evidence(), *asked),
        liveness,
        asked: *asked,
    }
}

/// Whether the answer's liveness value stands for no check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unchecked {
    No,
    NotChecked,
    Unverified,
}

/// A decision, the row that made it, and what was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "an unused verdict decides nothing"]
pub struct Verdict {
    decision: Decision,
    scenario: Scenario,
    missing: Missing,
    liveness: Unchecked,
    asked: Asked,
}

impl Verdict {
    /// The decision.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// The row of the table.
    #[must_use]
    pub const fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// Declared capabilities that did not answer: most likely the key lacks them.
    pub fn missing(&self) -> impl Iterator<Item = Capability> {
        self.missing.iter()
    }

    /// Whether the answer lacks evidence that was asked for (`missing-evidence`,
    /// `document-unread`): older API generations return some evidence only in a lookup.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        matches!(
            self.scenario,
            Scenario::MissingEvidence | Scenario::DocumentUnread
        )
    }

    /// What happened, what it does not prove, and what to do next; if so, also that liveness was
    /// not checked, and which capabilities the key seems to lack.
    #[must_use]
    pub fn explanation(&self, language: Language) -> String {
        let mut text = self.scenario.explanation(language).to_owned();
        if let Some(note) = self.liveness_note() {
            text.push(' ');
            text.push_str(note.in_language(language));
        }
        if self.scenario == Scenario::MissingEvidence {
            let names: Vec<_> = self.missing().map(Capability::as_str).collect();
            let note = NOTE_MISSING_CAPABILITIES.in_language(language);
            text.push(' ');
            text.push_str(&note.replace("{capabilities}", &names.join(", ")));
        }
        text
    }

    /// An approval must say if liveness has no part in it, unless its row already does.
    fn liveness_note(self) -> Option<&'static Text> {
        if self.decision != Decision::Approve {
            return None;
        }
        let said_by_row = matches!(
            self.scenario,
            Scenario::IdentityYesWithoutLiveness | Scenario::FaceMatchWithoutLiveness
        );
        match self.liveness {
            Unchecked::No => None,
            Unchecked::Unverified => Some(&NOTE_LIVENESS_UNVERIFIED),
            Unchecked::NotChecked if said_by_row => None,
            Unchecked::NotChecked => Some(&NOTE_LIVENESS_NOT_CHECKED),
        }
    }

    /// Whether liveness was checked at all.
    #[must_use]
    pub const fn liveness_checked(&self) -> bool {
        self.asked.liveness_checked()
    }
}

fn row(process: &FinalProcess, asked: Asked, policy: Policy) -> Scenario {
    match process.status() {
        Status::Failed => return Scenario::ProcessingError,
        Status::Canceled => return Scenario::Canceled,
        _ => {}
    }
    let evidence = process.evidence();
    rejection(evidence)
        .or_else(|| doubt(evidence, asked, policy))
        .or_else(|| approval(evidence, asked, policy))
        .unwrap_or(Scenario::Unlisted)
}

/// Rows that reject, whatever the question was.
fn rejection(evidence: &Evidence) -> Option<Scenario> {
    let score = evidence.risk_score().and_then(RiskScore::value);
    let inconclusive = evidence.identity() == Some(&IdentityResult::Inconclusive);
    if evidence.liveness() == Some(&LivenessResult::NotLive) {
        return Some(Scenario::LivenessFailed);
    }
    if evidence.identity() == Some(&IdentityResult::No) {
        return Some(Scenario::IdentityNo);
    }
    if evidence.face_match() == Some(FaceMatch::Different) {
        return Some(Scenario::FaceMismatch);
    }
    if is_trust_denied(evidence) {
        return Some(Scenario::TrustDenied);
    }
    if evidence.behavior_alert() == Some(&BehaviorAlert::Yes)
        && score.is_some_and(|score| score <= 0)
    {
        return Some(Scenario::AlertWithoutSupport);
    }
    if inconclusive && score.is_some_and(|score| score < 0) {
        return Some(Scenario::ScoreNegative);
    }
    if document_matches(evidence).contains(&Some(&Match::Different)) {
        return Some(Scenario::DocumentMismatch);
    }
    None
}

/// Rows that lead to review or recapture before anything may approve.
fn doubt(evidence: &Evidence, asked: Asked, policy: Policy) -> Option<Scenario> {
    let score = evidence.risk_score().and_then(RiskScore::value);
    let inconclusive = evidence.identity() == Some(&IdentityResult::Inconclusive);
    if asked.settled_by_hand() {
        return Some(Scenario::SettledByHand);
    }
    if is_contradictory(evidence, asked, policy) {
        return Some(Scenario::Contradiction);
    }
    if has_unknown_value(evidence) {
        return Some(Scenario::UnknownValue);
    }
    if !matches!(
        evidence.behavior_alert(),
        None | Some(BehaviorAlert::Inconclusive)
    ) {
        return Some(Scenario::Alert);
    }
    match evidence.trust_decision() {
        Some(TrustDecision::HighRisk | TrustDecision::RiskHigh) => {
            return Some(Scenario::TrustHighRisk);
        }
        Some(TrustDecision::Inconclusive) => return Some(Scenario::TrustInconclusive),
        Some(TrustDecision::Retry) => return Some(Scenario::TrustRecapture),
        _ => {}
    }
    if evidence.liveness() == Some(&LivenessResult::Inconclusive) {
        return Some(Scenario::LivenessInconclusive);
    }
    if inconclusive && score == Some(0) {
        return Some(Scenario::ScoreZero);
    }
    if inconclusive && score.is_none() && (asked.seen_pending() || asked.has(Capability::RiskScore))
    {
        return Some(Scenario::Drop);
    }
    if inconclusive && score.is_some_and(|score| score < policy.approve_from()) {
        return Some(Scenario::ScoreLow);
    }
    if policy
        .min_serpro()
        .is_some_and(|least| !is_similar_enough(evidence, asked, least))
    {
        return Some(Scenario::SerproLow);
    }
    // Also beside an identity `yes`: a `faceMatch` alone does not say whose document it is.
    if asked.has(Capability::Document)
        && evidence.document().is_some()
        && cpf_match(evidence).is_none()
    {
        return Some(Scenario::DocumentUnread);
    }
    if !missing(evidence, asked).is_empty() {
        return Some(Scenario::MissingEvidence);
    }
    if policy.require_liveness() && !asked.liveness_checked() {
        return Some(Scenario::LivenessNotChecked);
    }
    None
}

/// Rows that approve, each only if its evidence was asked for, and the reviews among them.
fn approval(evidence: &Evidence, asked: Asked, policy: Policy) -> Option<Scenario> {
    let score = evidence.risk_score().and_then(RiskScore::value);
    let checked = asked.liveness_checked();
    if evidence.identity() == Some(&IdentityResult::Inconclusive) {
        let supported = asked.has(Capability::RiskScore)
            && score.is_some_and(|score| score >= policy.approve_from());
        let live = matches!(evidence.liveness(), None | Some(LivenessResult::Live));
        return Some(if supported && live {
            Scenario::ScoreHigh
        } else {
            Scenario::IdentityInconclusive
        });
    }
    if evidence.identity() == Some(&IdentityResult::Yes) && asked.has(Capability::Identity) {
        return Some(if checked {
            Scenario::IdentityYes
        } else {
            Scenario::IdentityYesWithoutLiveness
        });
    }
    if evidence.trust_decision() == Some(&TrustDecision::Approved)
        && asked.has(Capability::TrustDecision)
    {
        return Some(Scenario::TrustApproved);
    }
    if evidence.face_match() == Some(FaceMatch::Same) && asked.has(Capability::FaceMatch) {
        return Some(if checked {
            Scenario::FaceMatch
        } else {
            Scenario::FaceMatchWithoutLiveness
        });
    }
    if is_live(evidence, asked) {
        return Some(Scenario::Live);
    }
    (asked.has(Capability::Document) && cpf_match(evidence) == Some(&Match::Same))
        .then_some(Scenario::DocumentMatched)
}

/// A living person, if only liveness was asked for, or also the behavior alert and there is no sign
/// of fraud.
fn is_live(evidence: &Evidence, asked: Asked) -> bool {
    let alone = Capabilities::NONE.with_liveness();
    let no_sign_of_fraud = matches!(
        (evidence.behavior_alert(), evidence.risk_level()),
        (
            Some(BehaviorAlert::Inconclusive),
            None | Some(RiskLevel::Approved)
        ) | (None, Some(RiskLevel::Approved))
    );
    evidence.liveness() == Some(&LivenessResult::Live)
        && asked.liveness_checked()
        && (asked.capabilities() == alone
            || (asked.capabilities() == alone.with_behavior_alert() && no_sign_of_fraud))
}

fn is_trust_denied(evidence: &Evidence) -> bool {
    matches!(
        evidence.trust_decision(),
        Some(
            TrustDecision::Denied
                | TrustDecision::Reproved
                | TrustDecision::CriticalRisk
                | TrustDecision::RiskCritical
        )
    ) || evidence.risk_level() == Some(&RiskLevel::Reproved)
}

fn is_contradictory(evidence: &Evidence, asked: Asked, policy: Policy) -> bool {
    let yes = evidence.identity() == Some(&IdentityResult::Yes);
    let not_a_score = evidence
        .risk_score()
        .is_some_and(|score| score.value().is_none());
    evidence.face_match() == Some(FaceMatch::Contradiction)
        || (yes && evidence.liveness() == Some(&LivenessResult::Inconclusive))
        || is_unsupported(evidence, asked, policy)
        || not_a_score
        || (evidence.has_error() && evidence.is_there())
}

/// A score below the policy's beside evidence for the person. The score of an inconclusive identity
/// has rows of its own.
fn is_unsupported(evidence: &Evidence, asked: Asked, policy: Policy) -> bool {
    let low = evidence
        .risk_score()
        .and_then(RiskScore::value)
        .is_some_and(|score| score < policy.approve_from());
    low && match evidence.identity() {
        Some(IdentityResult::Inconclusive) => false,
        Some(IdentityResult::Yes) => true,
        _ => {
            evidence.face_match() == Some(FaceMatch::Same)
                || evidence.trust_decision() == Some(&TrustDecision::Approved)
                || cpf_match(evidence) == Some(&Match::Same)
                || is_live(evidence, asked)
        }
    }
}

fn has_unknown_value(evidence: &Evidence) -> bool {
    evidence.is_conflicting()
        || matches!(evidence.identity(), Some(IdentityResult::Unknown(_)))
        || matches!(evidence.liveness(), Some(LivenessResult::Unknown(_)))
        || matches!(evidence.behavior_alert(), Some(BehaviorAlert::Unknown(_)))
        || matches!(evidence.serpro(), Some(Serpro::Unknown(_)))
        || matches!(evidence.face_match(), Some(FaceMatch::Unknown(_)))
        || matches!(evidence.trust_decision(), Some(TrustDecision::Unknown(_)))
        || matches!(evidence.risk_level(), Some(RiskLevel::Unknown(_)))
        || document_matches(evidence)
            .iter()
            .any(|found| matches!(found, Some(Match::Unknown(_))))
}

fn cpf_match(evidence: &Evidence) -> Option<&Match> {
    evidence.document().and_then(Document::cpf_match)
}

/// `cpfMatch` and `faceMatch` of the document.
fn document_matches(evidence: &Evidence) -> [Option<&Match>; 2] {
    evidence.document().map_or([None, None], |document| {
        [document.cpf_match(), document.face_match()]
    })
}

/// Whether a similarity that was asked for reaches `least`. One that was not asked for cannot
/// improve the verdict.
fn is_similar_enough(evidence: &Evidence, asked: Asked, least: u8) -> bool {
    let similarity = evidence.serpro().and_then(Serpro::similarity);
    asked.has(Capability::Serpro) && similarity.is_some_and(|similarity| similarity >= least)
}

/// The capabilities that were asked for and did not answer.
///
/// A score is due only if identity is inconclusive, and its absence then has a row of its own;
/// liveness is included in an identity `yes` or `no` that was itself asked for.
fn missing(evidence: &Evidence, asked: Asked) -> Missing {
    let identity = evidence.identity();
    let includes_liveness = asked.has(Capability::Identity)
        && matches!(identity, Some(IdentityResult::Yes | IdentityResult::No));
    let mut missing = Missing::default();
    for capability in asked.capabilities().iter() {
        let present = match capability {
            Capability::Liveness => evidence.liveness().is_some() || includes_liveness,
            Capability::Identity => identity.is_some(),
            // The newest spelling is the risk level.
            Capability::BehaviorAlert => {
                evidence.behavior_alert().is_some() || evidence.risk_level().is_some()
            }
            Capability::RiskScore => {
                evidence.risk_score().is_some() || identity != Some(&IdentityResult::Inconclusive)
            }
            Capability::Serpro => evidence.serpro().is_some(),
            Capability::FaceMatch => evidence.face_match().is_some(),
            Capability::Document => evidence.document().is_some(),
            Capability::TrustDecision => evidence.trust_decision().is_some(),
        };
        if !present {
            missing.add(capability);
        }
    }
    missing
}

/// Capabilities that did not answer: any of them, unlike the sets that a key can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Missing(u8);

impl Missing {
    const fn add(&mut self, capability: Capability) {
        self.0 |= capability.bit();
    }

    const fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .into_iter()
            .filter(move |capability| self.0 & capability.bit() != 0)
    }
}
