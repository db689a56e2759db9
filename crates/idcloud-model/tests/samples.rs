//! Promise: a verdict cannot be misread. Every form in any generation of the documents is read, and
//! judged as the table says.
//!
//! Must use every file of `samples/`: the ids and values there are made up, the forms are the
//! documented ones.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use idcloud_model::SelfieKind::{self, CaptureToken, Image, Unknown};
use idcloud_model::{
    Asked, Capabilities, DocumentKind, ErrorAnswer, ErrorCode, Evidence, LivenessReading,
    Notification, Policy, Process, ReusableDocument, decide,
};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(directory().join(name).with_extension("json"))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn process(name: &str) -> Process {
    Process::from_json(&sample(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn asked(capabilities: &str, selfie: SelfieKind) -> Asked {
    Asked::new(capabilities.parse().expect("a set"), selfie)
}

fn row(process: &Process, asked: Asked, policy: Policy) -> &'static str {
    match process {
        Process::Pending(process) => process.scenario().id(),
        Process::Final(process) => decide(process, &asked, &policy).scenario().id(),
    }
}

const FULL: &str = "liveness,identity,behavior-alert,risk-score,serpro";
const SCORED: &str = "liveness,identity,risk-score";

/// Sample, the key's capabilities, the selfie's kind, and the row.
#[rustfmt::skip]
const JUDGED: &[(&str, &str, SelfieKind, &str)] = &[
    ("liveness-live", "liveness", CaptureToken, "live"),
    ("liveness-live", "liveness", Image, "unlisted"),
    ("liveness-live", "liveness", Unknown, "unlisted"),
    ("liveness-live", "identity", CaptureToken, "missing-evidence"),
    ("liveness-live", "", CaptureToken, "unlisted"),
    ("liveness-not-live", "liveness", CaptureToken, "liveness-failed"),
    ("liveness-not-live", "", Image, "liveness-failed"),
    ("liveness-as-text", "liveness", CaptureToken, "live"),
    ("identity-yes", "liveness,identity", CaptureToken, "identity-yes"),
    ("identity-yes", "liveness,identity", Image, "identity-yes-without-liveness"),
    ("identity-yes", "identity", CaptureToken, "identity-yes-without-liveness"),
    ("identity-yes", SCORED, CaptureToken, "identity-yes"),
    ("identity-yes", "liveness", CaptureToken, "missing-evidence"),
    ("identity-yes", "identity,serpro", Image, "missing-evidence"),
    ("identity-yes", "identity,behavior-alert", Image, "missing-evidence"),
    ("identity-yes-with-liveness", "liveness,identity", CaptureToken, "identity-yes"),
    ("identity-yes-with-liveness", "identity", Image, "identity-yes-without-liveness"),
    ("identity-no", "liveness,identity", CaptureToken, "identity-no"),
    ("identity-no", "liveness", CaptureToken, "identity-no"),
    ("identity-no-with-score", SCORED, CaptureToken, "identity-no"),
    ("identity-inconclusive", "liveness,identity", CaptureToken, "identity-inconclusive"),
    ("identity-inconclusive", SCORED, CaptureToken, "drop"),
    ("identity-inconclusive-not-live", SCORED, CaptureToken, "liveness-failed"),
    ("identity-old-capitals", "identity", Image, "identity-yes-without-liveness"),
    ("identity-old-inconclusive", "liveness,identity", CaptureToken, "identity-inconclusive"),
    ("identity-new-value", "identity", Image, "unknown-value"),
    ("identity-null-members", "identity", Image, "identity-yes-without-liveness"),
    ("behavior-alert-clear", "liveness,identity,behavior-alert", CaptureToken, "identity-yes"),
    ("behavior-alert-clear", "behavior-alert", Image, "unlisted"),
    ("behavior-alert-yes", "liveness,identity,behavior-alert", CaptureToken, "alert"),
    ("behavior-alert-yes", "identity", CaptureToken, "alert"),
    ("behavior-alert-suspicious", "liveness,identity,behavior-alert", CaptureToken, "alert"),
    ("onboarding-processing", FULL, CaptureToken, "processing"),
    ("onboarding-divergence", SCORED, CaptureToken, "divergence"),
    ("onboarding-score-high", FULL, CaptureToken, "score-high"),
    ("onboarding-score-high", "liveness,identity", CaptureToken, "identity-inconclusive"),
    ("onboarding-score-as-text", FULL, CaptureToken, "score-high"),
    ("onboarding-score-fraction", FULL, CaptureToken, "contradiction"),
    ("onboarding-score-out-of-range", FULL, CaptureToken, "contradiction"),
    ("onboarding-score-low", FULL, CaptureToken, "score-low"),
    ("onboarding-score-zero", FULL, CaptureToken, "score-zero"),
    ("onboarding-score-negative", FULL, CaptureToken, "score-negative"),
    ("onboarding-drop", FULL, CaptureToken, "drop"),
    ("onboarding-alert-without-support", FULL, CaptureToken, "alert-without-support"),
    ("onboarding-alert-with-score", FULL, CaptureToken, "alert"),
    ("serpro-no-face", "identity,serpro", Image, "identity-yes-without-liveness"),
    ("serpro-unavailable", "identity,serpro", Image, "identity-yes-without-liveness"),
    ("serpro-similar", "identity,serpro", Image, "identity-yes-without-liveness"),
    ("comparison-old", "liveness,face-match", CaptureToken, "face-match"),
    ("comparison-old", "face-match", Image, "face-match-without-liveness"),
    ("comparison-old-alone", "face-match", Image, "face-match-without-liveness"),
    ("comparison-old-alone", "liveness,face-match", CaptureToken, "missing-evidence"),
    ("comparison-old-alone", "identity", Image, "missing-evidence"),
    ("comparison-old-false", "liveness,face-match", CaptureToken, "face-mismatch"),
    ("comparison-old-liveness-inconclusive", "liveness,face-match", CaptureToken, "liveness-inconclusive"),
    ("comparison-status", "face-match", Image, "face-match-without-liveness"),
    ("comparison-token", "face-match", Image, "face-match-without-liveness"),
    ("comparison-token-false", "liveness,face-match", CaptureToken, "face-mismatch"),
    ("comparison-token-new-value", "face-match", Image, "unknown-value"),
    ("comparison-forms-differ", "face-match", Image, "contradiction"),
    ("comparison-with-identity", "liveness,identity,behavior-alert,face-match", CaptureToken, "identity-yes"),
    ("trust-approved", "trust-decision", CaptureToken, "trust-approved"),
    ("trust-approved", "identity", CaptureToken, "missing-evidence"),
    ("trust-denied", "trust-decision", CaptureToken, "trust-denied"),
    ("trust-reproved", "trust-decision", CaptureToken, "trust-denied"),
    ("trust-critical-risk", "trust-decision", CaptureToken, "trust-denied"),
    ("trust-risk-critical", "trust-decision", CaptureToken, "trust-denied"),
    ("trust-high-risk", "trust-decision", CaptureToken, "trust-high-risk"),
    ("trust-risk-high", "trust-decision", CaptureToken, "trust-high-risk"),
    ("trust-inconclusive", "trust-decision", CaptureToken, "trust-inconclusive"),
    ("trust-retry", "trust-decision", CaptureToken, "trust-recapture"),
    ("risk-level-approved", "liveness", CaptureToken, "live"),
    ("risk-level-approved", "trust-decision", CaptureToken, "missing-evidence"),
    ("risk-level-reproved", "liveness", CaptureToken, "trust-denied"),
    ("risk-level-new-value", "liveness", CaptureToken, "unknown-value"),
    ("document-rg", "document", Unknown, "document-matched"),
    ("document-rg", "identity", Unknown, "missing-evidence"),
    ("document-cnh", "document", Unknown, "document-matched"),
    ("document-cin-face-differs", "document", Unknown, "document-mismatch"),
    ("document-passport-unread", "document", Unknown, "document-unread"),
    ("document-old-cpf-differs", "document", Unknown, "document-mismatch"),
    ("document-processing", "document", Unknown, "processing"),
    // The same body comes with 200 from a create and with 410 from a lookup.
    ("failed", FULL, CaptureToken, "processing-error"),
    ("failed-as-text", "", Unknown, "processing-error"),
    ("canceled", FULL, CaptureToken, "canceled"),
    ("status-new", "identity", CaptureToken, "unknown-status"),
    ("status-absent", "identity", CaptureToken, "unknown-status"),
    ("additional-info", "liveness,identity", CaptureToken, "identity-yes"),
    ("age", "liveness", CaptureToken, "live"),
];

/// Every process sample falls into its row.
#[test]
fn every_documented_answer_is_read_and_judged() {
    for (name, capabilities, selfie, expected) in JUDGED {
        let asked = asked(capabilities, *selfie);
        let found = row(&process(name), asked, Policy::default());
        assert_eq!(found, *expected, "{name} to {asked:?}");
    }
}

/// The policy's settings move samples between rows.
#[test]
fn policies() {
    let serpro = Policy::default().with_min_serpro(Some(70));
    let live = Policy::default().with_require_liveness(true);
    let bold = Policy::default().with_approve_from(30);
    let careful = Policy::default().with_approve_from(80);
    for (name, capabilities, selfie, policy, expected) in [
        (
            "serpro-similar",
            "identity,serpro",
            Image,
            serpro,
            "identity-yes-without-liveness",
        ),
        (
            "serpro-no-face",
            "identity,serpro",
            Image,
            serpro,
            "serpro-low",
        ),
        (
            "serpro-unavailable",
            "identity,serpro",
            Image,
            serpro,
            "serpro-low",
        ),
        ("identity-yes", "identity", Image, serpro, "serpro-low"),
        (
            "identity-yes",
            "liveness,identity",
            Image,
            live,
            "liveness-not-checked",
        ),
        (
            "identity-yes",
            "liveness,identity",
            Unknown,
            live,
            "liveness-not-checked",
        ),
        (
            "identity-yes",
            "liveness,identity",
            CaptureToken,
            live,
            "identity-yes",
        ),
        (
            "onboarding-score-low",
            FULL,
            CaptureToken,
            bold,
            "score-high",
        ),
        (
            "onboarding-score-high",
            FULL,
            CaptureToken,
            careful,
            "score-low",
        ),
    ] {
        let found = row(&process(name), asked(capabilities, selfie), policy);
        assert_eq!(found, expected, "{name} under {policy:?}");
    }
    // Seen pending, an inconclusive answer without a score was dropped, whatever the key is
    // declared with.
    let seen = asked("liveness,identity", CaptureToken).with_seen_pending(true);
    let found = row(&process("identity-inconclusive"), seen, Policy::default());
    assert_eq!(found, "drop");
}

/// A liveness of 1, or none after `yes`, means a check only if a capture token was sent with a key
/// that has the capability.
#[test]
fn liveness_is_read_in_the_light_of_the_question() {
    let both = "liveness,identity";
    for (name, capabilities, selfie, expected) in [
        ("liveness-live", "liveness", CaptureToken, Some("live")),
        ("liveness-live", "liveness", Image, Some("not-checked")),
        ("liveness-live", "liveness", Unknown, Some("unverified")),
        (
            "liveness-live",
            "identity",
            CaptureToken,
            Some("not-checked"),
        ),
        ("liveness-not-live", "identity", Image, Some("not-live")),
        ("identity-yes", both, CaptureToken, Some("implied")),
        ("identity-yes", both, Image, Some("not-checked")),
        ("identity-yes", both, Unknown, Some("unverified")),
        (
            "comparison-old-liveness-inconclusive",
            both,
            CaptureToken,
            Some("inconclusive"),
        ),
        ("comparison-old-alone", both, CaptureToken, None),
    ] {
        let reading = LivenessReading::of(process(name).evidence(), &asked(capabilities, selfie));
        assert_eq!(reading.to_json().as_str(), expected, "{name} {selfie:?}");
    }
}

fn unknown_names(evidence: &Evidence) -> Vec<&str> {
    evidence.unknown_members().map(|(name, _)| name).collect()
}

/// Documents are read in every spelling, and version 2's additional members are available.
#[test]
fn documents_and_additional_information() {
    let rg = process("document-rg");
    let document = rg.evidence().document().expect("a document");
    let fields = document.fields().expect("content");
    assert_eq!(document.kind(), DocumentKind::Rg);
    assert_eq!(fields.text("nome_civil"), Some("Pessoa Exemplo"));
    assert_eq!(fields.parents().count(), 2);
    assert_eq!(document.file_urls().count(), 2);
    assert!(unknown_names(rg.evidence()).is_empty());

    let cnh = process("document-cnh");
    let document = cnh.evidence().document().expect("a document");
    let fields = document.fields().expect("content");
    assert_eq!(document.kind(), DocumentKind::Cnh);
    assert_eq!(fields.text("dataExpiracao"), Some("2031-04-05T00:00:00Z"));
    assert_eq!(document.file_urls().count(), 1);

    for (name, kind) in [
        ("document-cin-face-differs", DocumentKind::Cin),
        ("document-passport-unread", DocumentKind::Passport),
        ("document-old-cpf-differs", DocumentKind::Cnh),
        ("document-processing", DocumentKind::Other),
    ] {
        let process = process(name);
        let document = process.evidence().document().expect("a document");
        assert_eq!(document.kind(), kind, "{name}");
        assert!(document.id().is_some(), "{name}");
    }

    let info = process("additional-info");
    let info = info
        .evidence()
        .additional_info()
        .expect("what version 2 adds");
    assert_eq!(info.person_name(), Some("Pessoa Exemplo"));
    assert_eq!(info.finished_at(), Some("2026-03-04T05:06:07.089101"));
    assert_eq!(
        unknown_names(process("age").evidence()),
        ["ageVerification"]
    );
}

const ERRORS: &[(&str, Option<&str>)] = &[
    ("error-envelope", Some("20507")),
    ("error-envelope-capital", Some("20009")),
    ("error-envelope-number", Some("50001")),
    ("error-flat", Some("10502")),
    ("error-flat-capital-number", Some("99999")),
    ("error-oauth-portuguese", Some("1.2.7")),
    ("error-oauth-english", Some("1.2.21")),
    ("error-free-form", None),
    ("error-new-code", Some("20999")),
];

/// No code is lost in any envelope, and none of them is a process.
#[test]
fn errors() {
    for (name, code) in ERRORS {
        let body = sample(name);
        let answer = ErrorAnswer::from_body(&body);
        assert_eq!(answer.code().map(ErrorCode::as_str), *code, "{name}");
        assert_eq!(answer.body(), body, "{name}");
        assert!(Process::from_json(&body).is_err(), "{name}");
        let explained = answer.code().is_some_and(|code| code.entry().is_some());
        assert_eq!(
            explained,
            code.is_some() && *name != "error-new-code",
            "{name}"
        );
    }
    // The body of a 410 for a failed process holds no code: it is a process.
    assert!(ErrorAnswer::from_body(&sample("failed")).code().is_none());
}

const WEBHOOKS: &[(&str, &str)] = &[
    ("webhook-published", "PROCESS_STATE_FINISHED"),
    ("webhook-expired", "PROCESS_STATE_FINISHED"),
    ("webhook-older", "finished"),
    ("webhook-new-state", "unknown"),
    ("webhook-id-only", "none"),
];

/// Any object with an id is a notification; no notification is final for a reader of processes.
#[test]
fn notifications() {
    for (name, state) in WEBHOOKS {
        let notification = Notification::from_json(&sample(name)).expect("a notification");
        let found = notification
            .state()
            .map_or("none", |state| state.as_str().unwrap_or("unknown"));
        assert_eq!(found, *state, "{name}");
        assert!(
            !matches!(Process::from_json(&sample(name)), Ok(Process::Final(_))),
            "{name}"
        );
    }
}

const REUSABLE: &[(&str, usize)] = &[
    ("reusable-found", 2),
    ("reusable-none", 0),
    ("reusable-none-as-empty-object", 0),
];

/// Both forms of an answer without a reusable document are none.
#[test]
fn reusable_documents() {
    for (name, count) in REUSABLE {
        let documents = ReusableDocument::list_from_json(&sample(name)).expect("a list");
        assert_eq!(documents.len(), *count, "{name}");
    }
}

/// Every sample is used, and none approves a question that was not asked.
#[test]
fn every_sample_is_used_and_approves_nothing_unasked() {
    let used: BTreeSet<&str> = JUDGED
        .iter()
        .map(|(name, ..)| *name)
        .chain(ERRORS.iter().map(|(name, _)| *name))
        .chain(WEBHOOKS.iter().map(|(name, _)| *name))
        .chain(REUSABLE.iter().map(|(name, _)| *name))
        .collect();
    for entry in std::fs::read_dir(directory()).expect("the samples") {
        let path = entry.expect("a sample").path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let name = name.expect("a name");
        assert!(used.contains(name), "{name} is not used");
        if let Ok(Process::Final(process)) = Process::from_json(&sample(name)) {
            for selfie in [CaptureToken, Image, Unknown] {
                let asked = Asked::new(Capabilities::NONE, selfie);
                let verdict = decide(&process, &asked, &Policy::default());
                assert_ne!(verdict.decision().as_str(), "approve", "{name}");
            }
        }
    }
}
