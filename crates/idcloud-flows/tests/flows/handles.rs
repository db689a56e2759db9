//! Every handle against the answers of each documented API generation, and what each handle sends.

use std::sync::Arc;

use idcloud_flows::http::CallOptions;
use idcloud_flows::http::testing::{ScriptedTransport, Step};
use idcloud_flows::model::SelfieKind::{CaptureToken, Image, Unknown};
use idcloud_flows::model::request::{
    ComparisonRequest, DocumentRequest, LivenessRequest, Purpose, Reference,
};
use idcloud_flows::model::{
    Capability, DocumentType, Language, ReusableDocumentsQuery, Scenario, SubjectCode,
};
use idcloud_flows::{Flow, Mismatch, Submission, SubmitOptions};
use serde_json::Value;

use crate::support::{
    CPF, ID, OTHER_ID, Question, against, answer, columns, comparison, document, finished, image,
    key, process_id, request, sample, selfie, subject, token,
};

/// The handle with the key's capabilities and the selfie; the samples that are answered in turn;
/// the row.
///
/// Older generations return the alert and documents only in a lookup.
const GENERATIONS: &str = "
    liveness       |                                 | capture-token | liveness-live                                | live
    liveness       |                                 | capture-token | liveness-as-text                             | live
    liveness       |                                 | capture-token | liveness-not-live                            | liveness-failed
    identity       |                                 | image         | identity-yes                                 | identity-yes-without-liveness
    identity       | liveness                        | capture-token | identity-yes                                 | identity-yes
    identity       | liveness                        | capture-token | identity-yes-with-liveness                   | identity-yes
    identity       | liveness                        | image         | identity-yes-with-liveness                   | identity-yes-without-liveness
    identity       |                                 | image         | identity-old-capitals                        | identity-yes-without-liveness
    identity       |                                 | image         | identity-old-inconclusive                    | identity-inconclusive
    identity       |                                 | image         | identity-null-members                        | identity-yes-without-liveness
    identity       |                                 | image         | identity-no                                  | identity-no
    identity       |                                 | image         | identity-new-value                           | unknown-value
    identity       | liveness                        | capture-token | identity-inconclusive-not-live               | liveness-failed
    identity       |                                 | image         | canceled                                     | canceled
    identity       |                                 | image         | failed                                       | processing-error
    identity       |                                 | image         | failed-as-text                               | processing-error
    identity       |                                 | image         | status-absent                                | unknown-status
    identity       | behavior-alert                  | image         | identity-yes, behavior-alert-clear           | identity-yes-without-liveness
    identity       | behavior-alert                  | image         | identity-yes, behavior-alert-yes             | alert
    identity       | behavior-alert                  | image         | behavior-alert-suspicious                    | alert
    identity       | identity,serpro                 | image         | serpro-similar                               | identity-yes-without-liveness
    identity       | identity,serpro                 | image         | serpro-unavailable                           | identity-yes-without-liveness
    identity       | liveness,identity,behavior-alert,risk-score,serpro | capture-token | onboarding-processing, onboarding-score-high | score-high
    identity       | liveness,identity,behavior-alert,risk-score,serpro | capture-token | onboarding-divergence, onboarding-score-low  | score-low
    identity       | liveness,identity,behavior-alert,risk-score,serpro | capture-token | onboarding-processing, onboarding-drop       | drop
    identity       | liveness,identity,behavior-alert,risk-score,serpro | capture-token | onboarding-score-as-text                     | score-high
    identity       | liveness,identity,behavior-alert,risk-score,serpro | capture-token | onboarding-score-zero                        | score-zero
    behavior-alert |                                 | image         | behavior-alert-yes                           | alert
    behavior-alert | liveness                        | capture-token | risk-level-reproved                          | trust-denied
    comparison     |                                 | image         | comparison-old-alone                         | face-match-without-liveness
    comparison     | liveness                        | capture-token | comparison-old                               | face-match
    comparison     | liveness                        | capture-token | comparison-old-liveness-inconclusive         | liveness-inconclusive
    comparison     |                                 | image         | comparison-old-false                         | face-mismatch
    comparison     |                                 | image         | comparison-token                             | face-match-without-liveness
    comparison     |                                 | image         | comparison-token-false                       | face-mismatch
    comparison     |                                 | image         | comparison-forms-differ                      | contradiction
    comparison     | liveness,identity,behavior-alert| capture-token | comparison-with-identity                     | identity-yes
    document       |                                 | image         | document-rg                                  | document-matched
    document       |                                 | image         | document-processing, document-cnh            | document-matched
    document       |                                 | image         | document-old-cpf-differs                     | document-mismatch
    document       |                                 | image         | document-passport-unread                     | document-unread
";

/// A verdict cannot be misread: each documented form of an answer ends in its row, in every
/// generation.
#[tokio::test(start_paused = true)]
async fn every_documented_generation() {
    for row in GENERATIONS.trim().lines() {
        let [flow, capabilities, selfie, answers, row] = columns(row);
        let mut script = ScriptedTransport::new();
        for name in answers.split(", ") {
            script = script.call(sample(name));
        }
        let last = sample(answers.rsplit(", ").next().unwrap());
        let idcloud = against(&Arc::new(script.every_call(last)));
        let question = Question {
            selfie: selfie.parse().unwrap(),
            ..Question::new(flow.parse().unwrap(), capabilities, Image)
        };
        assert_eq!(question.row(&idcloud).await.id(), row, "{flow}: {answers}");
    }
}

/// The budget is respected: a verdict that came with the create costs no GET, through any handle.
#[tokio::test(start_paused = true)]
async fn a_verdict_with_the_create_costs_no_get() {
    for (flow, answer) in [
        (Flow::Identity, "identity-yes"),
        (Flow::BehaviorAlert, "behavior-alert-clear"),
        (Flow::Liveness, "liveness-live"),
        (Flow::Comparison, "comparison-token"),
        (Flow::Document, "document-rg"),
    ] {
        let script = Arc::new(ScriptedTransport::new().call(sample(answer)));
        let question = Question::new(flow, "", CaptureToken);
        question.row(&against(&script)).await;
        assert_eq!(script.calls().len(), 1, "{flow}");
    }
}

/// Each handle sends its own kind of request, with its key.
#[tokio::test(start_paused = true)]
async fn what_is_sent() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(r#""status":4"#)));
    let idcloud = against(&script);
    let options = SubmitOptions::default();
    let sent = |members: &[&str]| {
        let calls = script.calls();
        let last = calls.last().unwrap();
        assert_eq!(last.header("apikey"), "key");
        let body: Value = serde_json::from_slice(&last.body).unwrap();
        let names: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        let mut expected = members.to_vec();
        expected.sort_unstable();
        let mut found: Vec<_> = names.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
        body
    };

    let identity = idcloud.identity(key(""));
    let _ = identity
        .submit(request(CPF, image()), &options)
        .await
        .unwrap();
    sent(&["subject", "imageBase64"]);

    let alert = idcloud.behavior_alert(key(""));
    let _ = alert.submit(request(CPF, token()), &options).await.unwrap();
    assert_eq!(sent(&["subject", "imageBase64"])["imageBase64"], "a.b.c");

    let liveness = idcloud.liveness(key(""));
    let _ = liveness
        .submit(LivenessRequest::new(token()), &options)
        .await
        .unwrap();
    assert_eq!(sent(&["imageBase64"])["imageBase64"], "a.b.c");

    let compare = idcloud.comparison(key(""));
    let by_process = comparison(selfie(Image)).with_subject(subject(CPF));
    let _ = compare.submit(by_process, &options).await.unwrap();
    let body = sent(&["subject", "referenceProcessId", "imageBase64"]);
    assert_eq!(body["referenceProcessId"], OTHER_ID);
    let by_image = ComparisonRequest::new(Reference::Image(image()), token());
    let _ = compare.submit(by_image, &options).await.unwrap();
    let body = sent(&["references", "imageBase64"]);
    assert_eq!(
        body["references"][0]["referenceType"],
        "REFERENCE_TYPE_IMAGE_BASE64"
    );

    let documents = idcloud.documents(key(""));
    let _ = documents.submit(document(), &options).await.unwrap();
    assert!(sent(&["subject", "document"])["document"]["files"].is_array());
    let reuse = DocumentRequest::reuse(
        subject(CPF),
        Purpose::ONBOARDING,
        process_id(OTHER_ID),
        ID.parse().unwrap(),
    );
    let _ = documents.submit(reuse, &options).await.unwrap();
    assert_eq!(sent(&["subject", "document"])["document"]["documentId"], ID);
}

/// Reusable documents, in both forms of *none*.
#[tokio::test(start_paused = true)]
async fn reusable_documents() {
    for (answer, documents) in [
        ("reusable-found", 2),
        ("reusable-none", 0),
        ("reusable-none-as-empty-object", 0),
    ] {
        let body = std::fs::read_to_string(format!(
            "{}/../idcloud-model/tests/samples/{answer}.json",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap();
        let script = Arc::new(ScriptedTransport::new().call(Step::json(200, body)));
        let code: SubjectCode = CPF.parse().unwrap();
        let query = ReusableDocumentsQuery::new(code, DocumentType::RG);
        let found = against(&script)
            .documents(key(""))
            .reusable(&query, &CallOptions::default())
            .await
            .unwrap();
        assert_eq!(found.value().len(), documents, "{answer}");
    }
}

/// A process looked up by id is judged by the declared question; the liveness of an unknown selfie
/// does not count as checked.
#[tokio::test(start_paused = true)]
async fn processes_by_id() {
    let options = CallOptions::default();
    for (flow, kind, answer, row) in [
        (
            Flow::Identity,
            Unknown,
            "identity-yes",
            "identity-yes-without-liveness",
        ),
        (Flow::Identity, CaptureToken, "identity-yes", "identity-yes"),
        (Flow::Liveness, Unknown, "liveness-live", "unlisted"),
        (Flow::Liveness, CaptureToken, "liveness-live", "live"),
        (
            Flow::Comparison,
            Unknown,
            "comparison-token",
            "face-match-without-liveness",
        ),
        (Flow::Document, Unknown, "document-rg", "document-matched"),
        (Flow::Document, Unknown, "identity-yes", "missing-evidence"),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(sample(answer)));
        let liveness = if flow == Flow::Identity {
            "liveness"
        } else {
            ""
        };
        let processes = against(&script)
            .processes(key(liveness))
            .created_for(flow)
            .with_selfie_kind(kind);
        for details in [false, true] {
            let id = process_id(ID);
            let seen = if details {
                processes.details(&id, &options).await
            } else {
                processes.report(&id, &options).await
            };
            let report = finished(seen.unwrap());
            assert_eq!(
                report.verdict().scenario().id(),
                row,
                "{flow} {kind} {answer}"
            );
        }
        let versions: Vec<_> = script
            .calls()
            .iter()
            .map(|call| call.uri.path().to_owned())
            .collect();
        assert_eq!(
            versions,
            [format!("/processes/v1/{ID}"), format!("/processes/v2/{ID}")]
        );
    }
}

/// A failed process answers a lookup with 410, and is a report; a process that is gone is an error
/// and never a new create.
#[tokio::test(start_paused = true)]
async fn a_failed_process_is_a_report_and_a_gone_one_an_error() {
    let failed = Step::json(410, format!(r#"{{"id":"{ID}","status":5}}"#));
    let script = Arc::new(
        ScriptedTransport::new()
            .call(failed)
            .call(Step::json(410, "{}")),
    );
    let processes = against(&script).processes(key("identity"));
    let options = CallOptions::default();
    let report = finished(processes.report(&process_id(ID), &options).await.unwrap());
    assert_eq!(report.verdict().scenario(), Scenario::ProcessingError);
    let error = processes
        .report(&process_id(ID), &options)
        .await
        .unwrap_err();
    assert_eq!(error.kind().as_str(), "gone");
    assert_eq!(script.calls().len(), 2);
}

/// Declared capabilities and answers are compared, and each difference names its remedy.
#[tokio::test(start_paused = true)]
async fn mismatches_name_their_remedy() {
    let unanswered = sample("identity-yes");
    let undeclared = sample("behavior-alert-clear");
    for (capabilities, answer, expected) in [
        (
            "behavior-alert",
            unanswered,
            Mismatch::Unanswered(Capability::BehaviorAlert),
        ),
        (
            "",
            undeclared,
            Mismatch::Undeclared {
                capability: Capability::BehaviorAlert,
                declare: "identity,behavior-alert".parse().unwrap(),
            },
        ),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(answer));
        let question = Question::new(Flow::Identity, capabilities, Image);
        let submission = question
            .submit(&against(&script), &SubmitOptions::default())
            .await;
        let Submission::Finished(report) = submission.unwrap() else {
            panic!("not finished")
        };
        assert_eq!(report.mismatches().collect::<Vec<_>>(), [expected]);
        for language in Language::ALL {
            assert!(expected.remedy(*language).contains("behavior-alert"));
        }
    }
    // A process that ended early proves nothing about the key, nor does a score that was expected
    // and dropped.
    for (capabilities, answers) in [
        ("behavior-alert", ["canceled", "canceled"]),
        (
            "liveness,behavior-alert",
            [
                "identity-inconclusive-not-live",
                "identity-inconclusive-not-live",
            ],
        ),
        (
            "identity,risk-score,behavior-alert,serpro",
            ["onboarding-processing", "onboarding-drop"],
        ),
    ] {
        let script = answers
            .into_iter()
            .fold(ScriptedTransport::new(), |script, answer| {
                script.call(sample(answer))
            });
        let idcloud = against(&Arc::new(script));
        let question = Question::new(Flow::Identity, capabilities, CaptureToken);
        let submission = question.submit(&idcloud, &SubmitOptions::default()).await;
        let report = match submission.unwrap() {
            Submission::Finished(report) => report,
            Submission::Pending(pending) => {
                let handle = idcloud.processes(key(capabilities));
                let limit = std::time::Duration::from_secs(60);
                handle.wait(pending, limit).await.unwrap()
            }
        };
        assert_eq!(report.mismatches().count(), 0, "{answers:?}");
    }
}

/// A handle's own capability counts as declared, and the key's capabilities are added.
#[tokio::test(start_paused = true)]
async fn what_is_expected() {
    let idcloud = against(&Arc::new(ScriptedTransport::new()));
    let shown = |capabilities: idcloud_flows::model::Capabilities| capabilities.to_string();
    assert_eq!(shown(idcloud.liveness(key("")).capabilities()), "liveness");
    assert_eq!(
        shown(idcloud.identity(key("serpro,identity")).capabilities()),
        "identity,serpro"
    );
    assert_eq!(
        shown(idcloud.risk_score(key("liveness")).capabilities()),
        "liveness,identity,risk-score"
    );
    assert_eq!(
        shown(idcloud.behavior_alert(key("")).capabilities()),
        "behavior-alert"
    );
    assert_eq!(
        shown(idcloud.comparison(key("liveness")).capabilities()),
        "liveness,face-match"
    );
    assert_eq!(shown(idcloud.documents(key("")).capabilities()), "document");
    assert_eq!(
        shown(
            idcloud
                .processes(key(""))
                .created_for(Flow::Document)
                .capabilities()
        ),
        "document"
    );
}
