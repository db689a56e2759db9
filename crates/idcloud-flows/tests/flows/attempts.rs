//! Status 5: retries by policy, for plain images only, and a typed failure when they are used up.

use std::sync::Arc;

use idcloud_flows::http::Delivery;
use idcloud_flows::http::testing::{ScriptedTransport, Step};
use idcloud_flows::model::SelfieKind::{CaptureToken, Image};
use idcloud_flows::model::{Language, Policy, Scenario};
use idcloud_flows::{Failure, Flow, SubmitErrorKind, SubmitOptions};

use crate::support::{
    ID, OTHER_ID, Question, against, answer, building, finished, key, process_id, request, selfie,
};

const FAILED: &str = r#""status":5"#;
const CPF: &str = crate::support::CPF;

/// Never pay twice: one create more than the policy's retries, and a single one with a capture
/// token.
#[tokio::test(start_paused = true)]
async fn as_many_creates_as_the_policy_says() {
    for (flow, kind, attempts, creates) in [
        (Flow::Identity, Image, 3, 4),
        (Flow::Identity, Image, 1, 2),
        (Flow::Identity, Image, 0, 1),
        (Flow::Identity, CaptureToken, 3, 1),
        (Flow::BehaviorAlert, Image, 3, 4),
        (Flow::BehaviorAlert, CaptureToken, 3, 1),
        (Flow::Comparison, Image, 3, 4),
        (Flow::Comparison, CaptureToken, 3, 1),
        (Flow::Liveness, CaptureToken, 3, 1),
        (Flow::Document, Image, 3, 4),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(answer(FAILED)));
        let idcloud = building(script.clone(), "a")
            .new_attempts(attempts)
            .build()
            .unwrap();
        let question = Question::new(flow, "", kind);
        let submission = question.submit(&idcloud, &SubmitOptions::default()).await;
        let report = finished(submission.unwrap());
        assert_eq!(script.calls().len(), creates, "{flow} {kind} {attempts}");
        assert_eq!(report.verdict().scenario(), Scenario::ProcessingError);
        let failure = report.failure().unwrap();
        let made = u32::try_from(creates).unwrap();
        assert_eq!(failure, Failure::Processing { attempts: made });
        assert!(failure.remedy(Language::English).contains("contingency"));
        assert!(
            failure
                .remedy(Language::Portuguese)
                .contains("contingência")
        );
    }
}

/// Only a failure in processing is retried, and the result of the retry is the submission's result.
#[tokio::test(start_paused = true)]
async fn the_table_of_what_follows_a_failure() {
    let yes = r#""status":3,"unicoId":{"result":"yes"}"#;
    let refused = || Step::json(400, r#"{"error":{"code":"20507"}}"#);
    let again = |id: &str, members: &str| Step::json(200, format!(r#"{{"id":"{id}",{members}}}"#));
    // The answers in turn; the number of creates; the report's process and row.
    for (steps, creates, id, row) in [
        (
            vec![answer(FAILED), again(OTHER_ID, yes)],
            2,
            OTHER_ID,
            "identity-yes-without-liveness",
        ),
        (
            vec![answer(FAILED), again(OTHER_ID, r#""status":4"#)],
            2,
            OTHER_ID,
            "canceled",
        ),
        (vec![answer(FAILED), refused()], 2, ID, "processing-error"),
        (vec![answer(r#""status":4"#)], 1, ID, "canceled"),
        (vec![answer(yes)], 1, ID, "identity-yes-without-liveness"),
    ] {
        let mut script = ScriptedTransport::new();
        for step in steps {
            script.push_call(step);
        }
        script = script.every_call(Step::Panic);
        let script = Arc::new(script);
        let question = Question::new(Flow::Identity, "", Image);
        let submission = question
            .submit(&against(&script), &SubmitOptions::default())
            .await;
        let report = finished(submission.unwrap());
        assert_eq!(script.calls().len(), creates);
        assert_eq!(report.process().id(), &process_id(id));
        assert_eq!(report.verdict().scenario().id(), row);
        assert_eq!(
            report.failure().is_some(),
            row == "canceled" || row == "processing-error"
        );
    }
}

/// A retry with an unknown end makes the submission ambiguous, and the error names the process that
/// failed before it.
#[tokio::test(start_paused = true)]
async fn an_ambiguous_new_attempt_is_ambiguous() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(FAILED))
            .call(Step::json(502, "")),
    );
    let question = Question::new(Flow::Identity, "", Image);
    let error = question
        .submit(&against(&script), &SubmitOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), SubmitErrorKind::Call);
    assert_eq!(error.delivery(), Delivery::Unknown);
    assert_eq!(error.failed_process(), Some(&process_id(ID)));
    assert_eq!(script.calls().len(), 2);
}

/// A process that fails later, during a wait, is never created again.
#[tokio::test(start_paused = true)]
async fn a_wait_creates_nothing() {
    let gone = Step::json(410, format!(r#"{{"id":"{ID}","status":5}}"#));
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(r#""status":1"#))
            .call(gone)
            .every_call(Step::Panic),
    );
    let idcloud = against(&script);
    let handle = idcloud
        .identity(key("identity"))
        .with_policy(Policy::default())
        .with_new_attempts(3);
    let submission = handle
        .submit(request(CPF, selfie(Image)), &SubmitOptions::default())
        .await
        .unwrap();
    let pending = crate::support::pending(submission);
    let report = handle
        .wait(pending, std::time::Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(report.failure(), Some(Failure::Processing { attempts: 1 }));
    assert_eq!(script.calls().len(), 2);
}
