//! Every test subject ends in the scenario of the list.

use idcloud_model::{
    Asked, Capabilities, Capability, Policy, Process, SelfieKind, SubjectCode, decide,
};
use idcloud_simulator::{Dialect, KeyProfile, TestSubject, capture, subjects};
use serde_json::{Value, json};

use super::bench::{Bench, at, image, onboarding, plain};

/// The results of a verification of `subject`, judged by the client's own table: created, then
/// polled at 3, 6, 9 and 60 seconds.
fn verify(
    subject: &TestSubject,
    profile: KeyProfile,
    selfie: SelfieKind,
) -> (&'static str, &'static str) {
    let capabilities = profile.capabilities();
    let mut bench = Bench::new("identity");
    let mut body = if capabilities.contains(Capability::Document) {
        document(&mut bench, subject.code)
    } else {
        let text = match selfie {
            SelfieKind::CaptureToken => capture(&image(), at(0.0)),
            _ => plain(),
        };
        onboarding(subject.code, &text)
    };
    if capabilities.contains(Capability::FaceMatch) {
        body["references"] =
            json!([{"referenceType": "REFERENCE_TYPE_IMAGE_BASE64", "referenceContent": plain()}]);
    }
    bench.key = bench.simulator.issue_api_key(profile);
    let (status, mut answer) = bench.create(&body, at(0.0));
    assert_eq!(status, 200, "{} {answer}", subject.code);
    let mut first = "";
    let mut seen_pending = false;
    for seconds in [3.0, 6.0, 9.0, 60.0, 61.0] {
        match Process::from_json(answer.to_string().as_bytes()).unwrap() {
            Process::Final(process) => {
                let asked = Asked::new(capabilities, selfie).with_seen_pending(seen_pending);
                let scenario = decide(&process, &asked, &Policy::default()).scenario().id();
                if first.is_empty() && scenario == "processing-error" && answer["id"].is_string() {
                    // A retry gets a new process; only the first may fail and the next succeed.
                    first = scenario;
                    answer = bench.create(&body, at(seconds)).1;
                    continue;
                }
                return (if first.is_empty() { scenario } else { first }, scenario);
            }
            Process::Pending(_) => seen_pending = true,
        }
        answer = bench.look_up(&answer["id"], at(seconds)).1;
    }
    match Process::from_json(answer.to_string().as_bytes()).unwrap() {
        Process::Pending(process) => (process.scenario().id(), process.scenario().id()),
        Process::Final(_) => panic!("{} took longer than its polls", subject.code),
    }
}

/// A document of `code`, with an earlier process that proves its holder.
fn document(bench: &mut Bench, code: &str) -> Value {
    let (_, proof) = bench.create(&onboarding(code, &plain()), at(-1.0));
    json!({
        "subject": {"code": code, "duiType": "DUI_TYPE_BR_CPF"},
        "document": {"purpose": "onboarding", "authProcessId": proof["id"], "files": [{"data": plain()}]},
    })
}

#[test]
fn each_ends_as_declared_in_every_dialect() {
    for subject in subjects() {
        for dialect in Dialect::ALL {
            let profile = KeyProfile::new(subject.capabilities).with_dialect(dialect);
            for later in [true, false] {
                let (_, last) = verify(subject, profile.with_later_alert(later), subject.selfie);
                assert_eq!(last, subject.scenario, "{} {dialect}", subject.code);
            }
        }
    }
}

/// Only the subject that fails once has another outcome in a second attempt.
#[test]
fn a_failure_can_be_the_first_alone() {
    let changed: Vec<_> = subjects()
        .iter()
        .filter(|subject| {
            let (first, last) = verify(subject, subject.capabilities.into(), subject.selfie);
            first != last
        })
        .map(|subject| subject.code)
        .collect();
    assert_eq!(changed, ["11122232667"]);
}

/// Additional capabilities of the key change nothing, except that they may add a score.
#[test]
fn a_richer_key_ends_alike() {
    let everything = "liveness,identity,behavior-alert,risk-score,serpro";
    for subject in subjects() {
        let everything: Capabilities = everything.parse().unwrap();
        if everything.union(subject.capabilities) != everything {
            continue; // 1:1, documents and IDCloud's own decision have keys of their own
        }
        let expected = match subject.scenario {
            "identity-inconclusive" => "drop",
            scenario => scenario,
        };
        let (_, last) = verify(subject, everything.into(), subject.selfie);
        assert_eq!(last, expected, "{}", subject.code);
    }
}

/// Every key that can approve approves a person outside the list: any synthetic person can be used.
#[test]
fn strangers_are_the_holders() {
    for code in ["12345678909", "73689290074", "XEXX010101MNEXXXA4"] {
        let Ok(_) = code.parse::<SubjectCode>() else {
            panic!("{code}");
        };
        for (capabilities, expected) in [
            ("identity", "identity-yes-without-liveness"),
            (
                "identity,behavior-alert,risk-score,serpro",
                "identity-yes-without-liveness",
            ),
            ("identity,trust-decision", "identity-yes-without-liveness"),
            ("trust-decision", "trust-approved"),
            ("face-match", "face-match-without-liveness"),
            ("document", "document-matched"),
        ] {
            let mut stranger = subjects()[0];
            stranger.code = code;
            let capabilities: Capabilities = capabilities.parse().unwrap();
            let (_, last) = verify(&stranger, capabilities.into(), SelfieKind::Image);
            assert_eq!(last, expected, "{capabilities}");
        }
    }
}
