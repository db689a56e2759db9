//! Promise: a verdict cannot be misread. The edges of the table's rows, each as an answer, its
//! question and its row.
//!
//! Must repeat the table's text, written by hand: the oracle covers everything between these edges.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

use idcloud_model::{
    Asked, Capabilities, Decision, FinalProcess, Policy, Process, SelfieKind, decide,
};

fn row(members: &str, capabilities: &str, selfie: SelfieKind) -> &'static str {
    let capabilities: Capabilities = capabilities.parse().expect("a set");
    let asked = Asked::new(capabilities, selfie);
    match read(members) {
        Process::Pending(pending) => pending.scenario().id(),
        Process::Final(process) => decide(&process, &asked, &Policy::default()).scenario().id(),
    }
}

fn read(members: &str) -> Process {
    Process::from_json(format!(r#"{{"id":"a",{members}}}"#).as_bytes()).expect("a process")
}

fn finished(members: &str) -> FinalProcess {
    match read(members) {
        Process::Final(process) => process,
        Process::Pending(_) => panic!("{members} is not final"),
    }
}

/// The answer's members after the id, the capabilities asked for, and the row; the selfie is a
/// capture token if liveness is asked for.
#[rustfmt::skip]
const EDGES: &[(&str, &str, &str)] = &[
    // A document that was asked for, is present, and was not compared.
    (r#""status":3,"unicoId":{"result":"yes"},"document":{"cpfMatch":null}"#, "identity,document", "document-unread"),
    (r#""status":3,"unicoId":{"result":"yes"},"document":{"id":"q"}"#, "identity,document", "document-unread"),
    (r#""status":3,"authenticated":true,"document":{"id":"q"}"#, "face-match,document", "document-unread"),
    (r#""status":3,"document":{"faceMatch":true}"#, "document", "document-unread"),
    (r#""status":3,"idCloud":{"result":"approved"},"document":{"type":"x"}"#, "trust-decision,document", "document-unread"),
    (r#""status":3,"unicoId":{"result":"yes"},"document":{"id":"q"}"#, "identity,serpro,document", "document-unread"),
    (r#""status":3,"unicoId":{"result":"yes"},"document":{"id":"q"}"#, "identity", "identity-yes-without-liveness"),
    (r#""status":3,"document":{"id":"q"}"#, "", "unlisted"),
    (r#""status":3,"document":{"cpfMatch":true}"#, "document", "document-matched"),
    (r#""status":3,"document":{"cpfMatch":true,"faceMatch":null}"#, "document", "document-matched"),
    (r#""status":3,"document":{"cpfMatch":true}"#, "", "unlisted"),
    // Absent: null, an empty object, and a known member that is null.
    (r#""status":3,"unicoId":{"result":"yes"},"document":{}"#, "identity,document", "missing-evidence"),
    (r#""status":3,"unicoId":{"result":"yes"},"document":null"#, "identity,document", "missing-evidence"),
    (r#""status":3,"unicoId":{"result":null}"#, "identity", "missing-evidence"),
    (r#""status":3,"authenticated":null"#, "face-match", "missing-evidence"),
    (r#""status":3,"biometryToken":{}"#, "face-match", "missing-evidence"),
    (r#""status":3,"unicoId":{"result":"yes"},"government":{"serpro":null}"#, "identity,serpro", "missing-evidence"),
    // An object without a known member is not absent.
    (r#""status":3,"unicoId":{"result":"yes"},"document":{"foo":1}"#, "identity,document", "unknown-value"),
    (r#""status":3,"unicoId":{"result":"yes"},"document":{"foo":1}"#, "identity", "unknown-value"),
    (r#""status":3,"unicoId":{"result":"yes"},"government":{"foo":null}"#, "identity", "unknown-value"),
    (r#""status":3,"unicoId":{"result":"yes"},"idCloud":{"verdict":"approved"}"#, "identity", "unknown-value"),
    // A score below the policy's beside evidence for the person.
    (r#""status":3,"authenticated":true,"score":-100"#, "face-match", "contradiction"),
    (r#""status":3,"biometryToken":{"result":"true"},"score":0"#, "face-match", "contradiction"),
    (r#""status":3,"liveness":1,"score":-100"#, "liveness", "contradiction"),
    (r#""status":3,"liveness":1,"score":49,"riskLevel":{"result":"approved"}"#, "liveness,behavior-alert", "contradiction"),
    (r#""status":3,"document":{"cpfMatch":true},"score":-100"#, "document", "contradiction"),
    (r#""status":3,"idCloud":{"result":"approved"},"score":49"#, "trust-decision", "contradiction"),
    (r#""status":3,"unicoId":{"result":"yes"},"score":49"#, "identity", "contradiction"),
    (r#""status":3,"authenticated":true,"score":49"#, "", "contradiction"),
    (r#""status":3,"authenticated":true,"score":50"#, "face-match", "face-match-without-liveness"),
    (r#""status":3,"unicoId":{"result":"yes"},"score":50"#, "identity", "identity-yes-without-liveness"),
    (r#""status":3,"authenticated":true,"score":12.5"#, "face-match", "contradiction"),
    (r#""status":3,"authenticated":true,"score":101"#, "face-match", "contradiction"),
    (r#""status":3,"liveness":1,"score":-100"#, "", "unlisted"),
    // Never if identity is inconclusive: its score has rows of its own.
    (r#""status":3,"unicoId":{"result":"inconclusive"},"authenticated":true,"score":-1"#, "identity,face-match", "score-negative"),
    (r#""status":3,"unicoId":{"result":"inconclusive"},"idCloud":{"result":"approved"},"score":0"#, "identity", "score-zero"),
    (r#""status":3,"unicoId":{"result":"inconclusive"},"authenticated":true,"score":49"#, "identity,face-match", "score-low"),
    // An error beside evidence.
    (r#""status":3,"unicoId":{"result":"yes"},"error":{"code":"10201","description":"x"}"#, "identity", "contradiction"),
    (r#""status":3,"unicoId":{"result":"yes"},"Error":"server_error""#, "identity", "contradiction"),
    (r#""status":3,"unicoId":{"result":"yes"},"errors":[{"code":20507}]"#, "identity", "contradiction"),
    (r#""status":3,"unicoId":{"result":"yes","error":true}"#, "identity", "contradiction"),
    (r#""status":3,"document":{"cpfMatch":true,"error":"x"}"#, "document", "contradiction"),
    (r#""status":3,"unicoId":{"result":"yes"},"code":"50001""#, "identity", "contradiction"),
    (r#""status":3,"unicoId":{"result":"yes"},"code":"1.2.7""#, "identity", "contradiction"),
    (r#""authenticated":true,"error":{"code":"10201"}"#, "face-match", "contradiction"),
    (r#""authenticated":true,"code":"10201""#, "face-match", "contradiction"),
    (r#""authenticated":true,"error":null"#, "face-match", "face-match-without-liveness"),
    (r#""authenticated":true,"message":"x""#, "face-match", "unknown-status"),
    (r#""status":3,"unicoId":{"result":"yes"},"error":null"#, "identity", "identity-yes-without-liveness"),
    (r#""status":3,"unicoId":{"result":"yes"},"error":[],"errors":{}"#, "identity", "identity-yes-without-liveness"),
    (r#""status":3,"unicoId":{"result":"yes"},"message":"failed""#, "identity", "identity-yes-without-liveness"),
    (r#""status":3,"unicoId":{"result":"yes"},"code":"200""#, "identity", "identity-yes-without-liveness"),
    (r#""status":3,"unicoId":{"result":"no"},"error":"x""#, "identity", "identity-no"),
    (r#""status":3,"error":"x""#, "identity", "missing-evidence"),
    // The risk level is the alert's newest spelling.
    (r#""status":3,"unicoId":{"result":"yes"},"riskLevel":{"result":"approved"}"#, "identity,behavior-alert", "identity-yes-without-liveness"),
    (r#""status":3,"unicoId":{"result":"yes"},"riskLevel":{"result":null}"#, "identity,behavior-alert", "missing-evidence"),
    (r#""status":3,"riskLevel":{"result":"approved"}"#, "behavior-alert", "unlisted"),
    // Liveness, and the behavior alert beside it.
    (r#""status":3,"liveness":1,"identityFraudsters":{"result":"inconclusive"}"#, "liveness,behavior-alert", "live"),
    (r#""status":3,"liveness":1,"riskLevel":{"result":"approved"}"#, "liveness,behavior-alert", "live"),
    (r#""status":3,"liveness":1,"identityFraudsters":{"result":"yes"}"#, "liveness,behavior-alert", "alert"),
    (r#""status":3,"liveness":1"#, "liveness,behavior-alert", "missing-evidence"),
    (r#""status":3,"liveness":1,"riskLevel":{"result":"approved"},"idCloud":{"result":"approved"}"#, "liveness,trust-decision", "trust-approved"),
    // Case is ignored.
    (r#""status":3,"authenticated":"TRUE""#, "face-match", "face-match-without-liveness"),
    (r#""status":3,"biometryToken":{"result":"False"}"#, "face-match", "face-mismatch"),
    (r#""status":3,"unicoId":{"result":"YES"}"#, "identity", "identity-yes-without-liveness"),
    (r#""status":3,"document":{"cpfMatch":"True"}"#, "document", "document-matched"),
    // A notification is no answer, whatever else it holds.
    (r#""state":"PROCESS_STATE_FINISHED","status":3,"unicoId":{"result":"yes"}"#, "identity", "unknown-status"),
    (r#""processId":"a","status":3,"authenticated":true"#, "face-match", "unknown-status"),
    (r#""State":1,"authenticated":true"#, "face-match", "unknown-status"),
    (r#""state":null,"status":3,"authenticated":true"#, "face-match", "face-match-without-liveness"),
];

#[test]
fn every_edge_has_its_row() {
    for (members, capabilities, expected) in EDGES {
        let selfie = if capabilities.contains("liveness") {
            SelfieKind::CaptureToken
        } else {
            SelfieKind::Image
        };
        let found = row(members, capabilities, selfie);
        assert_eq!(found, *expected, "{members} to {capabilities}");
    }
}

/// A process that a person found and no program compared: every rejection stands, and nothing is
/// approved.
#[test]
fn what_a_person_found_approves_nothing() {
    for (members, capabilities, expected) in EDGES {
        if !members.contains(r#""status":3"#)
            || members.contains("state")
            || members.contains("processId")
        {
            continue;
        }
        let asked = Asked::new(
            capabilities.parse().expect("a set"),
            SelfieKind::CaptureToken,
        );
        let verdict = decide(
            &finished(members),
            &asked.with_settled_by_hand(true),
            &Policy::default(),
        );
        let rejects = ["identity-no", "face-mismatch", "score-negative"].contains(expected);
        let row = if rejects { expected } else { "settled-by-hand" };
        assert_eq!(verdict.scenario().id(), row, "{members}");
        assert_ne!(verdict.decision(), Decision::Approve);
    }
}
