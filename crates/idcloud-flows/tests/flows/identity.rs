//! Identity verification from end to end, against answers that IDCloud does not give on demand.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{Clock, Delivery, Error, Transport};
use idcloud_flows::model::{ErrorCode, Policy, Selfie};
use idcloud_flows::{IdentityVerification, Pending, Submission, SubmitOptions, WaitErrorKind};

use crate::support::{ID, OTHER_ID, answer, building, finished, image, key, pending, request};

/// A client over `script`, with a key declared with `capabilities`.
fn scripted(
    script: &Arc<ScriptedTransport>,
    account: &str,
    capabilities: &str,
) -> IdentityVerification {
    let transport = Arc::clone(script) as Arc<dyn Transport>;
    let idcloud = building(transport, account).build().unwrap();
    idcloud.identity(key(capabilities))
}

/// A stored process of another tenant.
fn resumed_by(stored: &str, tenant_id: &str) -> Pending {
    serde_json::from_str(&stored.replace(OTHER_ID, tenant_id)).unwrap()
}

async fn submit(identity: &IdentityVerification, selfie: impl Into<Selfie>) -> Submission {
    let request = request("52998224725", selfie);
    identity
        .submit(request, &SubmitOptions::default())
        .await
        .unwrap()
}

/// Never pay twice: an unreadable answer is ambiguous, and the create is not repeated.
#[tokio::test(start_paused = true)]
async fn an_unreadable_answer_is_not_repeated() {
    for step in [
        Step::json(200, "<html>"),
        Step::json(200, ""),
        Step::json(200, "{}"),
        Step::json(502, ""),
    ] {
        let script = Arc::new(ScriptedTransport::new().call(step));
        let identity = scripted(&script, "a", "identity");
        let error = identity
            .submit(request("52998224725", image()), &SubmitOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.delivery(), Delivery::Unknown);
        assert_eq!(script.calls().len(), 1);
    }
}

/// Missing evidence that was asked for is looked up once.
#[tokio::test(start_paused = true)]
async fn missing_evidence_is_looked_for_once() {
    let yes = r#""status":3,"unicoId":{"result":"yes"}"#;
    let alert =
        r#""status":3,"unicoId":{"result":"yes"},"identityFraudsters":{"result":"inconclusive"}"#;
    for (look, scenario) in [
        (answer(alert), "identity-yes-without-liveness"),
        (answer(yes), "missing-evidence"),
        (
            Step::json(404, r#"{"error":{"code":"50001"}}"#),
            "missing-evidence",
        ),
    ] {
        let script = Arc::new(ScriptedTransport::new().call(answer(yes)).every_call(look));
        let report =
            finished(submit(&scripted(&script, "a", "identity,behavior-alert"), image()).await);
        assert_eq!(report.verdict().scenario().id(), scenario);
    }
}

/// The budget is respected: a score after T costs at most eight polls within a minute, and is known
/// by T + 3 s or 1.5 T.
#[tokio::test(start_paused = true)]
async fn polls_are_few_and_the_result_is_known_in_time() {
    for result_after in [1_u64, 4, 10, 14, 31, 60] {
        let mut script = ScriptedTransport::new().call(answer(r#""status":1"#));
        // The schedule without jitter bounds how many polls can come before the result.
        let clock = VirtualClock::new();
        let ready = clock.instant() + Duration::from_secs(result_after);
        let waiting = answer(r#""status":1"#);
        let done = answer(r#""status":3,"unicoId":{"result":"inconclusive"},"score":90"#);
        script = script.every_call(waiting);
        let script = Arc::new(script);
        let identity = scripted(&script, "a", "identity,risk-score");
        let pending = pending(submit(&identity, image()).await);
        let started = clock.instant();
        let later = {
            let (script, clock) = (Arc::clone(&script), clock.clone());
            async move {
                clock.sleep_until(ready).await;
                for _ in 0..20 {
                    script.push_call(done.clone());
                }
                std::future::pending::<()>().await;
            }
        };
        let report = tokio::select! {
            report = identity.wait(pending, Duration::from_secs(200)) => report.unwrap(),
            () = later => unreachable!(),
        };
        let took = clock.instant() - started;
        let bound = Duration::from_secs(result_after + 3)
            .max(Duration::from_secs(result_after).mul_f64(1.5));
        assert!(
            took <= bound,
            "result after {result_after} s was known after {took:?}"
        );
        assert!(
            script.calls().len() <= 1 + 8,
            "{} polls",
            script.calls().len() - 1
        );
        assert_eq!(report.verdict().scenario().id(), "score-high");
    }
}

/// A process that was seen pending and ends without a score was dropped.
#[tokio::test(start_paused = true)]
async fn a_drop_is_told_from_silence() {
    let silent = r#""status":3,"unicoId":{"result":"inconclusive"},"liveness":1"#;
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(r#""status":2"#))
            .call(answer(silent)),
    );
    let identity = scripted(&script, "a", "identity");
    let pending = pending(submit(&identity, image()).await);
    let report = identity
        .wait(pending, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(report.verdict().scenario().id(), "drop");

    let script = Arc::new(ScriptedTransport::new().call(answer(silent)));
    let report = finished(submit(&scripted(&script, "a", "identity"), image()).await);
    assert_eq!(report.verdict().scenario().id(), "identity-inconclusive");
}

/// A failed poll is not a failed process, and every failed wait hands the process back.
#[tokio::test(start_paused = true)]
async fn waits_lose_nothing() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(r#""status":1"#))
            .call(Step::json(503, ""))
            .call(Step::json(200, "<html>"))
            .every_call(answer(r#""status":1"#)),
    );
    let identity = scripted(&script, "a", "identity");
    let first = pending(submit(&identity, image()).await);
    let error = identity
        .wait(first, Duration::from_secs(40))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WaitErrorKind::DeadlineReached);
    assert_eq!(error.pending().process_id().as_str(), ID);

    // Stored and resumed by another program of the same account.
    let stored = serde_json::to_string(&error.into_pending()).unwrap();
    let resumed: Pending = serde_json::from_str(&stored).unwrap();
    script.push_call(answer(r#""status":3,"unicoId":{"result":"no"}"#));
    let again = scripted(&script, "a", "identity");
    let report = again
        .wait(resumed.clone(), Duration::from_secs(40))
        .await
        .unwrap();
    assert_eq!(report.verdict().scenario().id(), "identity-no");

    // Another account of the tenant may wait for it; another tenant may not.
    script.push_call(answer(r#""status":3,"unicoId":{"result":"no"}"#));
    let colleague = scripted(&script, "b", "identity");
    let wait = colleague.wait(resumed.clone(), Duration::from_secs(40));
    assert_eq!(wait.await.unwrap().verdict().scenario().id(), "identity-no");
    let stranger = resumed_by(&stored, "22222222-2222-3333-4444-555555555555");
    let other = scripted(&script, "a", "identity");
    let before = script.calls().len();
    let error = other
        .wait(stranger, Duration::from_secs(40))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WaitErrorKind::OtherTenant);
    assert_eq!(script.calls().len(), before);
}

/// A refusal ends the wait at once, and a process stored by another version is refused.
#[tokio::test(start_paused = true)]
async fn refusals_end_a_wait() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(r#""status":1"#))
            .every_call(Step::json(403, r#"{"error":{"code":"10201"}}"#)),
    );
    let identity = scripted(&script, "a", "identity");
    let first = pending(submit(&identity, image()).await);
    let stored = serde_json::to_string(&first).unwrap();
    assert!(!stored.contains("5299"));
    let error = identity
        .wait(first, Duration::from_secs(60))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WaitErrorKind::Refused);
    assert_eq!(
        error.error().and_then(|e| e.code()).map(ErrorCode::as_str),
        Some("10201")
    );
    assert!(
        serde_json::from_str::<Pending>(&stored.replace(r#""version":2"#, r#""version":3"#))
            .is_err()
    );
}

/// A stored process keeps its policy.
#[tokio::test(start_paused = true)]
async fn the_policy_is_kept() {
    let script =
        Arc::new(ScriptedTransport::new().call(answer(r#""status":3,"unicoId":{"result":"yes"}"#)));
    let strict = Policy::default().with_require_liveness(true);
    let identity = scripted(&script, "a", "identity").with_policy(strict);
    let report = finished(submit(&identity, image()).await);
    assert_eq!(report.verdict().scenario().id(), "liveness-not-checked");
    assert_eq!(report.policy(), &strict);
}

/// An observer is called for each answer, in order, and nothing else changes.
#[tokio::test(start_paused = true)]
async fn an_observer_sees_every_answer() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(r#""status":1,"unicoId":{"result":"inconclusive"}"#))
            .call(answer(r#""status":2"#))
            .call(answer(
                r#""status":3,"unicoId":{"result":"inconclusive"},"score":90"#,
            )),
    );
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let identity = scripted(&script, "a", "identity,risk-score").with_observer(Arc::new(
        move |process: &idcloud_model::Process| {
            told.lock().unwrap().push(process.status().as_str());
        },
    ));
    let first = pending(submit(&identity, image()).await);
    let report = identity.wait(first, Duration::from_secs(60)).await.unwrap();
    assert_eq!(report.verdict().scenario().id(), "score-high");
    assert_eq!(
        *seen.lock().unwrap(),
        ["processing", "divergence", "completed"]
    );
}

/// A short wait polls once, at its end; no wait polls more often than its schedule.
#[tokio::test(start_paused = true)]
async fn a_short_wait_asks_at_its_end() {
    for (limit, polls) in [(0, 1), (2, 1), (5, 2), (10, 4)] {
        let script = Arc::new(ScriptedTransport::new().every_call(answer(r#""status":1"#)));
        let identity = scripted(&script, "a", "identity");
        let first = pending(submit(&identity, image()).await);
        let limit = Duration::from_secs(limit);
        let error = identity.wait(first, limit).await.unwrap_err();
        assert_eq!(error.kind(), WaitErrorKind::DeadlineReached);
        assert_eq!(script.calls().len(), 1 + polls, "{limit:?}");
    }
}

/// A verdict cannot be misread: another process's result never becomes this one's.
#[tokio::test(start_paused = true)]
async fn another_process_is_not_this_one() {
    let other =
        r#"{"id":"11111111-2222-3333-4444-555555555555","status":3,"unicoId":{"result":"yes"}}"#;
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(r#""status":1"#))
            .every_call(Step::json(200, other)),
    );
    let identity = scripted(&script, "a", "identity");
    let first = pending(submit(&identity, image()).await);
    let error = identity
        .wait(first, Duration::from_secs(30))
        .await
        .unwrap_err();
    assert_eq!(error.pending().process_id().as_str(), ID);
    assert_eq!(
        error.error().and_then(Error::detail),
        Some("the answer is about another process")
    );
}

/// A failed lookup is reported, has a short deadline, and runs no hook: it creates nothing.
#[tokio::test(start_paused = true)]
async fn a_failed_look_is_told() {
    let yes = r#""status":3,"unicoId":{"result":"yes"}"#;
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(yes))
            .every_call(answer(yes).after(Duration::from_secs(100))),
    );
    let identity = scripted(&script, "a", "identity,behavior-alert");
    let clock = VirtualClock::new();
    let started = clock.instant();
    let report = finished(submit(&identity, image()).await);
    assert_eq!(report.verdict().scenario().id(), "missing-evidence");
    assert!(report.look_error().is_some());
    assert!(clock.instant() - started < Duration::from_secs(15));
}

/// A verdict cannot be misread: one simulated answer makes the report simulated, whichever it is.
#[tokio::test(start_paused = true)]
async fn one_simulated_answer_is_enough() {
    let yes = answer(r#""status":3,"unicoId":{"result":"yes"}"#);
    let marked = |step: &Step| step.clone().with_header("idcloud-simulated", "true");
    for (create, look, simulated) in [
        (yes.clone(), yes.clone(), false),
        (marked(&yes), yes.clone(), true),
        (yes.clone(), marked(&yes), true),
    ] {
        let script = Arc::new(ScriptedTransport::new().call(create).call(look));
        let identity = scripted(&script, "a", "identity,behavior-alert");
        let report = finished(submit(&identity, image()).await);
        assert_eq!(script.calls().len(), 2);
        assert_eq!(report.simulated(), simulated);
        let explained = report.explanation(idcloud_flows::model::Language::English);
        assert_eq!(explained.contains("simulat"), simulated, "{explained}");
    }
}
