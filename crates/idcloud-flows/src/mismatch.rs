//! Where what a key was declared to have and what it answered differ.
//!
//! Must never be left unsaid: either the key or its declaration is wrong.

use idcloud_model::{Asked, Capability, FinalProcess, Language, LivenessResult, Status, Verdict};

/// One difference between what a key was declared to have and what it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// Declared, and not answered.
    Unanswered(Capability),
    /// Answered, and not declared. Liveness is never listed: IDCloud answers it for keys that lack it.
    Undeclared(Capability),
}

impl Mismatch {
    /// The capability that is at odds.
    #[must_use]
    pub const fn capability(self) -> Capability {
        match self {
            Self::Unanswered(capability) | Self::Undeclared(capability) => capability,
        }
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn remedy(self, language: Language) -> String {
        let name = self.capability().as_str();
        match (self, language) {
            (Self::Unanswered(_), Language::Portuguese) => format!(
                "Declarado e não respondido: peça à Unico que habilite {name} nesta chave de API, ou retire-o das capacidades declaradas."
            ),
            (Self::Unanswered(_), _) => format!(
                "Declared and not answered: ask Unico to enable {name} for this API key, or leave it out of the declared capabilities."
            ),
            (Self::Undeclared(_), Language::Portuguese) => format!(
                "Respondido e não declarado: acrescente {name} às capacidades declaradas desta chave de API, para que conte no veredito."
            ),
            (Self::Undeclared(_), _) => format!(
                "Answered and not declared: add {name} to the capabilities that this API key is declared with, so that it counts for the verdict."
            ),
        }
    }
}

/// The differences that `process` shows. What ended early, because it failed or because nobody alive was there, shows what it got to and proves
/// nothing about the rest (Response scenarios page).
pub(crate) fn mismatches(
    process: &FinalProcess,
    asked: Asked,
    verdict: Verdict,
) -> impl Iterator<Item = Mismatch> {
    let evidence = process.evidence();
    let answered = [
        (Capability::Identity, evidence.identity().is_some()),
        (
            Capability::BehaviorAlert,
            evidence.behavior_alert().is_some(),
        ),
        (Capability::RiskScore, evidence.risk_score().is_some()),
        (Capability::Serpro, evidence.serpro().is_some()),
        (Capability::FaceMatch, evidence.face_match().is_some()),
        (Capability::Document, evidence.document().is_some()),
        (
            Capability::TrustDecision,
            evidence.trust_decision().is_some(),
        ),
    ];
    let ended_early = matches!(process.status(), Status::Failed | Status::Canceled)
        || evidence.liveness() == Some(&LivenessResult::NotLive);
    // A score that was waited for and never came was dropped: the key has it.
    let dropped =
        |capability: Capability| capability == Capability::RiskScore && asked.seen_pending();
    let missing: Vec<_> = verdict
        .missing()
        .filter(|capability| !ended_early && !dropped(*capability))
        .collect();
    let declared = asked.capabilities();
    let undeclared = answered
        .into_iter()
        .filter(move |(capability, answered)| *answered && !declared.contains(*capability))
        .map(|(capability, _)| Mismatch::Undeclared(capability));
    missing
        .into_iter()
        .map(Mismatch::Unanswered)
        .chain(undeclared)
}
