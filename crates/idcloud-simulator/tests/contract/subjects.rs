//! Every test subject ends in the scenario that the list declares.

use idcloud_model::{
    Asked, Capabilities, Decision, Policy, Process, Scenario, SelfieKind, SubjectCode, decide,
};
use idcloud_simulator::{TestSubject, capture, subjects};

use super::bench::{Bench, at, image, onboarding, plain};

/// What an onboarding of `subject` comes to, judged by the client's own table: created, then asked at 3, 6 and 9 seconds.
fn onboard(subject: &TestSubject, capabilities: Capabilities, selfie: SelfieKind) -> Scenario {
    let mut bench = Bench::new(&capabilities.to_string());
    let text = match selfie {
        SelfieKind::CaptureToken => capture(&image(), at(0.0)),
        _ => plain(),
    };
    let (status, mut body) = bench.create(&onboarding(subject.code, &text), at(0.0));
    assert_eq!(status, 200, "{}", subject.code);
    let mut seen_pending = false;
    for seconds in [3.0, 6.0, 9.0] {
        match Process::from_json(body.to_string().as_bytes()).unwrap() {
            Process::Final(process) => {
                let asked = Asked::new(capabilities, selfie).with_seen_pending(seen_pending);
                return decide(&process, &asked, &Policy::default()).scenario();
            }
            Process::Pending(_) => seen_pending = true,
        }
        body = bench.look_up(&body["id"], at(seconds)).1;
    }
    match Process::from_json(body.to_string().as_bytes()).unwrap() {
        Process::Pending(process) => process.scenario(),
        Process::Final(_) => panic!("{} took longer than its polls", subject.code),
    }
}

#[test]
fn each_ends_as_declared() {
    for subject in subjects() {
        assert_eq!(
            onboard(subject, subject.capabilities, subject.selfie).id(),
            subject.scenario,
            "{}",
            subject.code
        );
    }
}

/// A key that can do more changes nothing, except that it asks for a score where there was none to ask for.
#[test]
fn a_richer_key_ends_alike() {
    let everything = "liveness,identity,behavior-alert,risk-score,serpro";
    for subject in subjects() {
        let expected = match subject.scenario {
            "identity-inconclusive" => "drop",
            scenario => scenario,
        };
        assert_eq!(
            onboard(subject, everything.parse().unwrap(), subject.selfie).id(),
            expected,
            "{}",
            subject.code
        );
    }
}

/// Whoever is not in the list is never approved, whatever the key can do.
#[test]
fn strangers_are_never_approved() {
    for code in ["12345678909", "73689290074", "XEXX010101MNEXXXA4"] {
        let _: SubjectCode = code.parse().unwrap();
        for bits in 0_u8..32 {
            let names = [
                "liveness",
                "identity",
                "behavior-alert",
                "risk-score",
                "serpro",
            ];
            let list: Vec<_> = (0..5)
                .filter(|bit| bits >> bit & 1 == 1)
                .map(|bit| names[bit])
                .collect();
            let Ok(capabilities) = list.join(",").parse() else {
                continue;
            };
            for selfie in [SelfieKind::Image, SelfieKind::CaptureToken] {
                if list == ["liveness"] && selfie == SelfieKind::Image {
                    continue; // refused: liveness alone takes captures
                }
                let mut stranger = subjects()[0];
                stranger.code = code;
                let scenario = onboard(&stranger, capabilities, selfie);
                assert_ne!(
                    scenario.decision(),
                    Some(Decision::Approve),
                    "{list:?} {selfie:?}: {scenario}"
                );
            }
        }
    }
}
