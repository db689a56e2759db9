//! Differences between a key's declared capabilities and its answers.
//!
//! Must not be hidden: either the key or its declaration is wrong.

use crate::{
    Asked, Capabilities, Capability, FinalProcess, Language, LivenessResult, Status, Verdict,
};

/// One difference between a key's declared capabilities and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// Declared, and not answered.
    Unanswered(Capability),
    /// Answered, and not declared. Liveness is never listed: IDCloud answers it for keys that lack
    /// it.
    Undeclared {
        /// What was answered.
        capability: Capability,
        /// The declaration under which everything in the answer counts.
        declare: Capabilities,
    },
}

impl Mismatch {
    /// The capability that differs.
    #[must_use]
    pub const fn capability(self) -> Capability {
        match self {
            Self::Unanswered(capability) | Self::Undeclared { capability, .. } => capability,
        }
    }

    /// The name of the difference: `not-answered` or `not-declared`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Unanswered(_) => "not-answered",
            Self::Undeclared { .. } => "not-declared",
        }
    }

    /// What to do about it, in one clause; for undeclared evidence with the command-line words that
    /// declare it.
    #[must_use]
    pub fn remedy(self, language: Language) -> String {
        let name = self.capability().as_str();
        let evidence = evidence_name(self.capability(), language);
        match (self, language) {
            (Self::Unanswered(_), Language::Portuguese) => format!(
                "a chave foi declarada com {name} e não respondeu: peça à Unico que habilite {name} nesta chave de API, ou retire-o das capacidades declaradas"
            ),
            (Self::Unanswered(_), _) => format!(
                "the key was declared with {name} and did not answer it: ask Unico to enable {name} for this API key, or leave it out of the declared capabilities"
            ),
            (Self::Undeclared { declare, .. }, Language::Portuguese) => {
                format!("a chave respondeu {evidence}; declare com `--capabilities {declare}`")
            }
            (Self::Undeclared { declare, .. }, _) => {
                format!("the key answered {evidence}; declare it with `--capabilities {declare}`")
            }
        }
    }
}

const fn evidence_name(capability: Capability, language: Language) -> &'static str {
    let (english, portuguese) = match capability {
        Capability::Liveness => ("liveness", "prova de vida"),
        Capability::Identity => ("an identity result", "um resultado de identidade"),
        Capability::BehaviorAlert => ("a behavior alert", "um alerta de comportamento"),
        Capability::RiskScore => ("a risk score", "um score de risco"),
        Capability::Serpro => ("a Serpro similarity", "uma similaridade do Serpro"),
        Capability::FaceMatch => ("a 1:1 result", "um resultado 1:1"),
        Capability::Document => ("a document", "um documento"),
        Capability::TrustDecision => ("a trust decision", "uma decisão de confiança"),
    };
    match language {
        Language::Portuguese => portuguese,
        Language::English => english,
    }
}

/// The differences between the `declared` capabilities of a key and `process`, which was asked
/// `asked` and led to `verdict`.
///
/// A process that ended early, because it failed or because no living person was there, shows what
/// it reached and proves nothing about the rest (Response scenarios page).
pub fn mismatches(
    process: &FinalProcess,
    asked: Asked,
    verdict: &Verdict,
    declared: Capabilities,
) -> impl Iterator<Item = Mismatch> + use<> {
    let evidence = process.evidence();
    let ended_early = matches!(process.status(), Status::Failed | Status::Canceled)
        || evidence.liveness() == Some(&LivenessResult::NotLive);
    let unanswered: Vec<_> = verdict
        .missing()
        // A score that was expected and never came was dropped: the key has the capability.
        .filter(|capability| *capability != Capability::RiskScore || !asked.seen_pending())
        .filter(|_| !ended_early)
        .collect();
    let declared = declared.union(asked.capabilities());
    let undeclared: Vec<_> = answered(process)
        .into_iter()
        .filter(|(capability, is_there)| *is_there && !declared.contains(*capability))
        .map(|(capability, _)| capability)
        .collect();
    let declare = declared_with(declared, &undeclared);
    unanswered
        .into_iter()
        .map(Mismatch::Unanswered)
        .chain(
            undeclared
                .into_iter()
                .map(move |capability| Mismatch::Undeclared {
                    capability,
                    declare,
                }),
        )
}

fn answered(process: &FinalProcess) -> [(Capability, bool); 7] {
    let evidence = process.evidence();
    let alert = evidence.behavior_alert().is_some() || evidence.risk_level().is_some();
    let trust = evidence.trust_decision().is_some();
    [
        (Capability::Identity, evidence.identity().is_some()),
        (Capability::BehaviorAlert, alert),
        (Capability::RiskScore, evidence.risk_score().is_some()),
        (Capability::Serpro, evidence.serpro().is_some()),
        (Capability::FaceMatch, evidence.face_match().is_some()),
        (Capability::Document, evidence.document().is_some()),
        (Capability::TrustDecision, trust),
    ]
}

/// The declaration with `more`, and with identity if something in it exists only beside identity.
fn declared_with(declared: Capabilities, more: &[Capability]) -> Capabilities {
    let all = || declared.iter().chain(more.iter().copied());
    Capabilities::try_from_iter(all())
        .or_else(|_| Capabilities::try_from_iter(all().chain([Capability::Identity])))
        .unwrap_or(declared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, Process, SelfieKind, decide};

    fn found(members: &str, declared: &str) -> Vec<String> {
        let json = format!(r#"{{"id":"a","status":3,{members}}}"#);
        let Ok(Process::Final(process)) = Process::from_json(json.as_bytes()) else {
            panic!("{json} is not final");
        };
        let declared: Capabilities = declared.parse().unwrap();
        let asked = Asked::new(declared, SelfieKind::Image);
        let verdict = decide(&process, &asked, &Policy::default());
        mismatches(&process, asked, &verdict, declared)
            .map(|one| format!("{}: {}", one.kind(), one.remedy(Language::English)))
            .collect()
    }

    /// Undeclared evidence comes with the words that declare it.
    #[test]
    fn the_words_declare_what_was_answered() {
        const OPEN: &str = r#""unicoId":{"result":"inconclusive"},"score":90"#;
        for (members, declared, expected) in [
            (
                OPEN,
                "identity",
                "not-declared: the key answered a risk score; declare it with `--capabilities identity,risk-score`",
            ),
            (
                OPEN,
                "liveness,identity,behavior-alert",
                "not-declared: the key answered a risk score; declare it with `--capabilities liveness,identity,behavior-alert,risk-score`",
            ),
            (
                r#""liveness":1,"government":{"serpro":90}"#,
                "liveness",
                "not-declared: the key answered a Serpro similarity; declare it with `--capabilities liveness,identity,serpro`",
            ),
            (
                r#""liveness":1,"riskLevel":{"result":"approved"}"#,
                "liveness",
                "not-declared: the key answered a behavior alert; declare it with `--capabilities liveness,behavior-alert`",
            ),
            (
                r#""unicoId":{"result":"yes"},"document":{"cpfMatch":true}"#,
                "identity",
                "not-declared: the key answered a document; declare it with `--capabilities identity,document`",
            ),
            (
                r#""unicoId":{"result":"yes"}"#,
                "identity,serpro",
                "not-answered: the key was declared with serpro and did not answer it: ask Unico to enable serpro for this API key, or leave it out of the declared capabilities",
            ),
        ] {
            let found = found(members, declared);
            assert!(found.iter().any(|one| one == expected), "{found:?}");
        }
        assert!(found(r#""unicoId":{"result":"yes"},"liveness":1"#, "identity").is_empty());
    }
}
