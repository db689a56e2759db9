//! Promise: a verdict cannot be misread. An answer approves only the question that it answers.
//!
//! Must hold for every answer, so these are laws and not examples; the oracle knows the meaning of
//! each answer.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it did not expect"
)]

#[path = "oracle/answers.rs"]
mod answers;

use answers::{ID, answer, asked_of, capability_sets, policy, question, selfie, with_selfie};
use idcloud_model::{
    Asked, Capabilities, Capability, Decision, FinalProcess, Policy, Process, SelfieKind, Verdict,
    decide,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(raw: &Value) -> Process {
    Process::from_json(raw.to_string().as_bytes()).expect("an object with an id is a process")
}

fn finished(raw: &Value) -> Option<FinalProcess> {
    match read(raw) {
        Process::Final(process) => Some(process),
        Process::Pending(_) => None,
    }
}

/// The best answer of each capability, alone. A score comes with the inconclusive identity that it
/// belongs to.
fn best_answers() -> Vec<(&'static str, Value)> {
    vec![
        ("nothing", json!({})),
        ("liveness", json!({"liveness": 1})),
        ("identity", json!({"unicoId": {"result": "yes"}})),
        (
            "behavior-alert",
            json!({"identityFraudsters": {"result": "inconclusive"}}),
        ),
        ("risk-level", json!({"riskLevel": {"result": "approved"}})),
        (
            "risk-score",
            json!({"unicoId": {"result": "inconclusive"}, "score": 95}),
        ),
        ("score-alone", json!({"score": 95})),
        ("serpro", json!({"government": {"serpro": 100}})),
        ("face-match", json!({"authenticated": true})),
        ("face-match", json!({"biometryToken": {"result": "true"}})),
        (
            "document",
            json!({"document": {"cpfMatch": true, "faceMatch": true}}),
        ),
        ("document", json!({"document": {"cpfMatch": "true"}})),
        ("trust-decision", json!({"idCloud": {"result": "approved"}})),
    ]
}

/// Every one-capability answer under every one-capability question: nothing off the diagonal
/// approves.
#[test]
fn only_the_diagonal_approves() {
    let questions = [
        ("", ""),
        ("liveness", "liveness"),
        ("identity", "identity"),
        ("behavior-alert", "behavior-alert"),
        // These two exist beside identity only, so an identity `yes` answers half of the question.
        ("risk-score", "identity,risk-score"),
        ("serpro", "identity,serpro"),
        ("face-match", "face-match"),
        ("document", "document"),
        ("trust-decision", "trust-decision"),
    ];
    for (answered, members) in best_answers() {
        let mut raw = members;
        raw["id"] = json!(ID);
        raw["status"] = json!(3);
        let process = finished(&raw).expect("status 3 is final");
        for (asked_for, list) in questions {
            let capabilities: Capabilities = list.parse().expect("a set");
            for selfie in [
                SelfieKind::CaptureToken,
                SelfieKind::Image,
                SelfieKind::Unknown,
            ] {
                for seen_pending in [false, true] {
                    let asked = Asked::new(capabilities, selfie).with_seen_pending(seen_pending);
                    let verdict = decide(&process, &asked, &Policy::default());
                    let expected = match (answered, asked_for) {
                        // A constant 1 without a capture token is no liveness.
                        ("liveness", "liveness") => selfie == SelfieKind::CaptureToken,
                        // An inconclusive alert and a similarity approve nothing by themselves.
                        ("behavior-alert", "behavior-alert") | ("serpro", "serpro") => false,
                        // No score is due if identity is `yes`.
                        ("identity", "risk-score") => true,
                        (answered, asked_for) => answered == asked_for,
                    };
                    assert_eq!(
                        verdict.decision() == Decision::Approve,
                        expected,
                        "{raw} to {asked:?}: {}",
                        verdict.scenario()
                    );
                }
            }
        }
    }
}

/// The evidence of an approving row.
fn rests_on(verdict: Verdict) -> Capability {
    match verdict.scenario().id() {
        "score-high" => Capability::RiskScore,
        "identity-yes" | "identity-yes-without-liveness" => Capability::Identity,
        "trust-approved" => Capability::TrustDecision,
        "face-match" | "face-match-without-liveness" => Capability::FaceMatch,
        "live" => Capability::Liveness,
        "document-matched" => Capability::Document,
        other => panic!("{other} must not approve"),
    }
}

fn approves(verdict: Verdict) -> bool {
    verdict.decision() == Decision::Approve
}

/// How bad a decision is. Review and recapture are no worse than each other.
fn badness(verdict: Verdict) -> u8 {
    match verdict.decision() {
        Decision::Approve => 0,
        Decision::Review | Decision::Recapture => 1,
        Decision::Reject => 2,
    }
}

/// The members of an answer that carry a capability's evidence.
fn members_of(capability: Capability) -> &'static [&'static str] {
    match capability {
        Capability::Liveness => &["liveness"],
        Capability::Identity => &["unicoId"],
        Capability::BehaviorAlert => &["identityFraudsters", "riskLevel"],
        Capability::RiskScore => &["score"],
        Capability::Serpro => &["government"],
        Capability::FaceMatch => &["authenticated", "biometryToken"],
        Capability::Document => &["document"],
        Capability::TrustDecision => &["idCloud"],
        other => panic!("no member is known to carry {other}"),
    }
}

fn without(raw: &Value, members: &[&str]) -> Value {
    let kept = raw.as_object().expect("an object").iter();
    kept.filter(|(name, _)| {
        !members
            .iter()
            .any(|member| member.eq_ignore_ascii_case(name))
    })
    .map(|(name, value)| (name.clone(), value.clone()))
    .collect::<serde_json::Map<_, _>>()
    .into()
}

fn with_status(raw: &Value, status: Option<Value>) -> Value {
    let mut raw = without(raw, &["status"]);
    if let Some(status) = status {
        raw["status"] = status;
    }
    raw
}

/// The set without one capability, if a key can have it.
fn reduced(capabilities: Capabilities, capability: Capability) -> Option<Capabilities> {
    let others = capabilities.iter().filter(|other| *other != capability);
    Capabilities::try_from_iter(others).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// An approval rests on evidence that was asked for and that the answer holds, and nothing that
    /// was asked for is absent.
    #[test]
    fn an_approval_answers_the_question(raw in answer(), question in question(), policy in policy()) {
        let raw = with_status(&raw, Some(json!(3)));
        let process = finished(&raw).expect("status 3 is final");
        for capabilities in capability_sets() {
            let verdict = decide(&process, &asked_of(question, capabilities), &policy);
            if approves(verdict) {
                let capability = rests_on(verdict);
                prop_assert!(capabilities.contains(capability), "{capability} was not asked for\n{raw}");
                prop_assert!(verdict.missing().next().is_none(), "{:?} is absent", verdict.missing().collect::<Vec<_>>());
                let poorer = without(&raw, members_of(capability));
                let poorer = finished(&poorer).expect("the status is still there");
                let poorer = decide(&poorer, &asked_of(question, capabilities), &policy);
                prop_assert!(!approves(poorer), "{} approves without {capability}\n{raw}", poorer.scenario());
            }
        }
    }

    /// Nothing is approved beside a contradiction: no score below the policy's, no error, no 1:1
    /// result that contradicts itself.
    #[test]
    fn nothing_is_approved_beside_a_contradiction(raw in answer(), question in question(), policy in policy()) {
        let raw = with_status(&raw, Some(json!(3)));
        let process = finished(&raw).expect("status 3 is final");
        let score = raw.as_object().expect("an object").iter().find(|(name, _)| name.eq_ignore_ascii_case("score"));
        let number = score.and_then(|(_, value)| value.as_i64().or_else(|| value.as_str()?.parse().ok()));
        for capabilities in capability_sets() {
            let verdict = decide(&process, &asked_of(question, capabilities), &policy);
            if approves(verdict) {
                let from = i64::from(policy.approve_from());
                prop_assert!(score.is_none_or(|(_, value)| value.is_null()) || number.is_some_and(|score| (from..=100).contains(&score)), "{raw}");
                prop_assert!(!process.evidence().has_error(), "{raw}");
            }
        }
    }

    /// Evidence that was not asked for never makes a verdict better.
    #[test]
    fn evidence_that_was_not_asked_for_never_helps(raw in answer(), question in question(), policy in policy()) {
        let raw = with_status(&raw, Some(json!(3)));
        let richer = finished(&raw).expect("status 3 is final");
        for capability in Capability::ALL {
            let poorer = without(&raw, members_of(capability));
            let poorer = finished(&poorer).expect("status 3 is final");
            for capabilities in capability_sets().into_iter().filter(|set| !set.contains(capability)) {
                let asked = asked_of(question, capabilities);
                let (richer, poorer) = (decide(&richer, &asked, &policy), decide(&poorer, &asked, &policy));
                prop_assert!(
                    badness(richer) >= badness(poorer),
                    "{} with {capability}, {} without\n{raw}\n{asked:?}\n{policy:?}", richer.scenario(), poorer.scenario()
                );
            }
        }
    }

    /// Asking for less never approves what was not approved, except if the capability was missing,
    /// or if only liveness remains. Asking for more approves only because of the additional
    /// evidence.
    #[test]
    fn asking_for_less_approves_only_what_was_missing(raw in answer(), question in question(), policy in policy()) {
        let Some(process) = finished(&raw) else { return Ok(()) };
        for capabilities in capability_sets() {
            let more = asked_of(question, capabilities);
            let verdict = decide(&process, &more, &policy);
            for capability in capabilities.iter() {
                let Some(fewer) = reduced(capabilities, capability) else { continue };
                let relaxed = decide(&process, &asked_of(question, fewer), &policy);
                if !approves(verdict) && approves(relaxed) {
                    let was_missing = match verdict.scenario().id() {
                        "missing-evidence" => verdict.missing().eq([capability]),
                        "document-unread" => capability == Capability::Document,
                        _ => false,
                    };
                    prop_assert!(
                        was_missing || relaxed.scenario().id() == "live",
                        "{} for {more:?}, {} without {capability}\n{raw}\n{policy:?}", verdict.scenario(), relaxed.scenario()
                    );
                }
                if approves(verdict) && !approves(relaxed) {
                    // The policy may require liveness and a similarity, if they are asked for.
                    let demanded = match capability {
                        Capability::Liveness => policy.require_liveness(),
                        Capability::Serpro => policy.min_serpro().is_some(),
                        _ => false,
                    };
                    prop_assert!(
                        demanded || rests_on(verdict) == capability,
                        "{} for {more:?}, {} without {capability}\n{raw}", verdict.scenario(), relaxed.scenario()
                    );
                }
            }
        }
    }

    /// A stricter policy, or less knowledge of the selfie, never approves more.
    #[test]
    fn strictness_never_approves_more(raw in answer(), question in question(), policy in policy(), other in selfie(), raise in 0..=100_i8) {
        let Some(process) = finished(&raw) else { return Ok(()) };
        let stricter = [
            policy.with_require_liveness(true),
            policy.with_approve_from(policy.approve_from().saturating_add(raise)),
            policy.with_min_serpro(Some(policy.min_serpro().unwrap_or_default().saturating_add(raise.unsigned_abs()))),
        ];
        for capabilities in capability_sets() {
            let asked = asked_of(question, capabilities);
            let verdict = decide(&process, &asked, &policy);
            for stricter in stricter {
                let strict = decide(&process, &asked, &stricter);
                prop_assert!(
                    badness(strict) >= badness(verdict),
                    "{} under {policy:?}, {} under {stricter:?}\n{raw}", verdict.scenario(), strict.scenario()
                );
            }
            let with = |selfie| decide(&process, &asked_of(with_selfie(question, selfie), capabilities), &policy);
            prop_assert!(badness(with(SelfieKind::CaptureToken)) <= badness(with(other)));
            prop_assert_eq!(with(SelfieKind::Image).decision(), with(SelfieKind::Unknown).decision());
        }
    }

    /// Results count only at status 3: the same answer with any other status approves nothing.
    #[test]
    fn no_other_status_approves(raw in answer(), question in question(), policy in policy()) {
        let others = [json!(0), json!(1), json!(2), json!(4), json!(5), json!(6), json!(33), json!("1"), json!("5"), json!("done"),
            json!(3.0), json!("3.0"), json!(-3), json!(true), json!([3]), json!({"result": 3})];
        for status in others {
            let raw = with_status(&raw, Some(status));
            let Some(process) = finished(&raw) else { continue };
            for capabilities in capability_sets() {
                let verdict = decide(&process, &asked_of(question, capabilities), &policy);
                prop_assert_eq!(verdict.decision(), Decision::Recapture, "{}", raw);
            }
        }
        // Without a status only the old 1:1 answer is complete, and it has no other evidence.
        for status in [None, Some(Value::Null)] {
            let raw = with_status(&raw, status);
            if let Some(process) = finished(&raw) {
                let evidence = process.evidence();
                prop_assert!(evidence.face_match().is_some());
                prop_assert!(evidence.identity().is_none() && evidence.behavior_alert().is_none() && evidence.risk_score().is_none());
                prop_assert!(evidence.serpro().is_none() && evidence.trust_decision().is_none() && evidence.risk_level().is_none());
                prop_assert!(evidence.document().is_none());
            }
        }
    }
}
