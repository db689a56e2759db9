//! Every test subject ends in the scenario that the list declares.

use idcloud_model::{Asked, Policy, Process, SelfieKind, SubjectCode, decide};
use idcloud_simulator::{TestSubject, capture, subjects};

use super::bench::{Bench, at, image, onboarding, plain};

/// What an onboarding of `subject` comes to, judged by the client's own table: created, then asked at 3, 6 and 9 seconds.
fn onboard(subject: &TestSubject, selfie: SelfieKind) -> &'static str {
    let mut bench = Bench::new(&subject.capabilities.to_string());
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
                let asked =
                    Asked::new(subject.capabilities, selfie).with_seen_pending(seen_pending);
                return decide(&process, &asked, &Policy::default()).scenario().id();
            }
            Process::Pending(_) => seen_pending = true,
        }
        body = bench.look_up(&body["id"], at(seconds)).1;
    }
    match Process::from_json(body.to_string().as_bytes()).unwrap() {
        Process::Pending(process) => process.scenario().id(),
        Process::Final(_) => panic!("{} took longer than its polls", subject.code),
    }
}

#[test]
fn each_ends_as_declared() {
    for subject in subjects() {
        assert_eq!(
            onboard(subject, subject.selfie),
            subject.scenario,
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
                stranger.capabilities = capabilities;
                let scenario = onboard(&stranger, selfie);
                let approving = [
                    "identity-yes",
                    "identity-yes-without-liveness",
                    "score-high",
                    "live",
                ];
                assert!(
                    !approving.contains(&scenario),
                    "{list:?} {selfie:?}: {scenario}"
                );
            }
        }
    }
}
