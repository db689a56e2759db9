//! Promise: a verdict cannot be misread. Its explanation names what was not checked and what is
//! missing, exactly when that is so.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use idcloud_model::{
    Asked, Capabilities, Capability, Language, Policy, Process, Scenario, SelfieKind, Verdict,
    decide, simulated_notice,
};
use serde_json::{Value, json};

const UNCHECKED: [&str; 2] = [
    "Liveness was not checked: a 1 in the answer is a constant and not a finding.",
    "A prova de vida não foi verificada: um 1 na resposta é uma constante e não um resultado.",
];
const UNVERIFIED: [&str; 2] = [
    "Whether liveness was checked cannot be told, because it is not known what kind of selfie was sent.",
    "Não se sabe se a prova de vida foi verificada, pois não se conhece o tipo de selfie enviada.",
];
const LACKS: [&str; 2] = [
    "The API key seems to lack: {}.",
    "A chave de API parece não ter: {}.",
];

/// The texts beside the row's own sentence.
#[derive(Clone, Copy)]
enum Beside {
    Nothing,
    Note([&'static str; 2]),
    Lacks(&'static str),
}

fn verdict(answer: Value, capabilities: &str, selfie: SelfieKind) -> Verdict {
    let mut answer = answer;
    answer["id"] = json!("80371b2a-3ac7-432e-866d-57fe37896ac6");
    answer["status"] = json!(3);
    let Process::Final(process) = Process::from_json(answer.to_string().as_bytes()).unwrap() else {
        panic!("status 3 is final");
    };
    let capabilities: Capabilities = capabilities.parse().unwrap();
    decide(
        &process,
        &Asked::new(capabilities, selfie),
        &Policy::default(),
    )
}

/// Each answer to one question, its row, and the other texts of its explanation.
#[test]
fn an_explanation_says_what_was_not_checked_and_what_did_not_come() {
    use Beside::{Lacks, Note, Nothing};
    use SelfieKind::{CaptureToken, Image, Unknown};
    let yes = || json!({"unicoId": {"result": "yes"}, "liveness": 1});
    let score = || json!({"unicoId": {"result": "inconclusive"}, "liveness": 1, "score": 90});
    let same = || json!({"authenticated": true, "liveness": 1});
    let both = "liveness,identity";
    let scored = "liveness,identity,risk-score";
    let alert = "identity,behavior-alert,serpro";
    let rows = [
        (yes(), both, CaptureToken, "identity-yes", Nothing),
        // The row's own sentence says it already.
        (yes(), both, Image, "identity-yes-without-liveness", Nothing),
        (
            yes(),
            both,
            Unknown,
            "identity-yes-without-liveness",
            Note(UNVERIFIED),
        ),
        (score(), scored, CaptureToken, "score-high", Nothing),
        (score(), scored, Image, "score-high", Note(UNCHECKED)),
        (score(), scored, Unknown, "score-high", Note(UNVERIFIED)),
        (
            same(),
            "face-match",
            Image,
            "face-match-without-liveness",
            Nothing,
        ),
        (
            same(),
            "face-match",
            Unknown,
            "face-match-without-liveness",
            Note(UNVERIFIED),
        ),
        // A verdict that approves nothing needs no warning.
        (
            json!({"unicoId": {"result": "no"}, "liveness": 1}),
            both,
            Image,
            "identity-no",
            Nothing,
        ),
        (
            yes(),
            alert,
            Image,
            "missing-evidence",
            Lacks("behavior-alert, serpro"),
        ),
        (
            json!({}),
            "liveness",
            CaptureToken,
            "missing-evidence",
            Lacks("liveness"),
        ),
    ];
    for (answer, capabilities, selfie, row, beside) in rows {
        let shown = format!("{answer} {capabilities} {selfie:?}");
        let verdict = verdict(answer, capabilities, selfie);
        let scenario: Scenario = row.parse().unwrap();
        assert_eq!(verdict.scenario(), scenario, "{shown}");
        for (at, language) in Language::ALL.iter().enumerate() {
            let own = scenario.explanation(*language);
            let expected = match beside {
                Nothing => own.to_owned(),
                Note(note) => format!("{own} {}", note[at]),
                Lacks(names) => format!("{own} {}", LACKS[at].replace("{}", names)),
            };
            assert_eq!(verdict.explanation(*language), expected, "{shown}");
        }
    }
}

/// A rejection names missing evidence too, although another row decided.
#[test]
fn what_is_missing_is_named_whatever_decided() {
    let verdict = verdict(
        json!({"unicoId": {"result": "no"}}),
        "identity,serpro",
        SelfieKind::Image,
    );
    assert_eq!(verdict.scenario(), Scenario::IdentityNo);
    assert_eq!(verdict.missing().collect::<Vec<_>>(), [Capability::Serpro]);
    assert_eq!(
        verdict.explanation(Language::English),
        Scenario::IdentityNo.explanation(Language::English)
    );
}

/// Liveness is checked if a capture token was sent with a key that has the capability, and never
/// otherwise.
#[test]
fn liveness_is_checked_only_by_a_key_that_has_it_with_a_capture() {
    for (capabilities, selfie, checked) in [
        ("liveness,identity", SelfieKind::CaptureToken, true),
        ("liveness,identity", SelfieKind::Image, false),
        ("liveness,identity", SelfieKind::Unknown, false),
        ("identity", SelfieKind::CaptureToken, false),
    ] {
        let verdict = verdict(
            json!({"unicoId": {"result": "yes"}, "liveness": 1}),
            capabilities,
            selfie,
        );
        assert_eq!(
            verdict.liveness_checked(),
            checked,
            "{capabilities} {selfie:?}"
        );
    }
}

/// A simulated verdict says so in these words, in every output.
#[test]
fn a_simulated_verdict_says_that_nobody_was_verified() {
    assert_eq!(
        simulated_notice(Language::English),
        "This verdict is simulated: no person was verified."
    );
    assert_eq!(
        simulated_notice(Language::Portuguese),
        "Este veredito é simulado: nenhuma pessoa foi verificada."
    );
}
