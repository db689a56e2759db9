//! The second answer under a reference: never better than the first, and never another
//! submission's.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, Step};
use idcloud_flows::journal::State;
use idcloud_flows::model::request::{DocumentRequest, Purpose};
use idcloud_flows::model::{Decision, Policy, Scenario, SelfieKind};
use idcloud_flows::{Failure, Flow, IdCloud, Pending, SubmitErrorKind, SubmitOptions};

use crate::support::{
    CPF, ID, OTHER_ID, Question, answer, building, finished, key, pending, process_id, subject,
};
use crate::watched_journal::{WatchedJournal, reference};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"},"liveness":1"#;

/// A client with a journal over these answers, the last of which is repeated.
fn remembering(first: Vec<Step>, last: Step) -> (IdCloud, Arc<ScriptedTransport>) {
    let script = first
        .into_iter()
        .fold(ScriptedTransport::new(), ScriptedTransport::call);
    let script = Arc::new(script.every_call(last));
    let idcloud = building(script.clone(), "a")
        .journal(WatchedJournal::new())
        .build()
        .unwrap();
    (idcloud, script)
}

fn under() -> SubmitOptions {
    SubmitOptions::default().with_reference(reference())
}

/// A verdict cannot be misread: a stricter handle never takes over a lenient one's approval under
/// the same reference.
#[tokio::test(start_paused = true)]
async fn a_recorded_approval_answers_no_harder_question() {
    let lenient = Question::new(Flow::Identity, "identity", SelfieKind::Image);
    let harder = Question::new(
        Flow::Identity,
        "identity,behavior-alert,serpro",
        SelfieKind::Image,
    );
    let mut strict = lenient;
    strict.policy = Policy::default().with_require_liveness(true);
    for second in [harder, strict] {
        let (idcloud, script) = remembering(Vec::new(), answer(YES));
        let first = finished(lenient.submit(&idcloud, &under()).await.unwrap());
        assert_eq!(first.verdict().decision(), Decision::Approve);
        let calls = script.calls().len();
        let again = finished(second.submit(&idcloud, &under()).await.unwrap());
        assert_eq!(script.calls().len(), calls, "recorded");
        let live = finished(
            second
                .submit(&idcloud, &SubmitOptions::default())
                .await
                .unwrap(),
        );
        assert_eq!(again.verdict().scenario(), live.verdict().scenario());
        // Judging the journal's record for the second handle gives the same.
        let remembered = idcloud.account_journal().unwrap();
        let entry = remembered.entry(Flow::Identity, &reference()).await;
        let entry = entry.unwrap().unwrap();
        let State::Finished(kept) = entry.state() else {
            panic!("not finished: {entry:?}");
        };
        let handle = idcloud.identity(key(second.capabilities));
        let judged = handle.with_policy(second.policy).judge((**kept).clone());
        assert_eq!(judged.verdict(), again.verdict());
        assert!(judged.recorded());
        assert_eq!(again.verdict().decision(), Decision::Review);
        // The first question is answered as before.
        let first = finished(lenient.submit(&idcloud, &under()).await.unwrap());
        assert_eq!(first.verdict().decision(), Decision::Approve);
    }
}

/// Nor the other way: an easier question gets no better answer than the one that was paid for.
#[tokio::test(start_paused = true)]
async fn a_recorded_review_stays_one() {
    let harder = Question::new(Flow::Identity, "identity,behavior-alert", SelfieKind::Image);
    let easier = Question::new(Flow::Identity, "identity", SelfieKind::Image);
    let (idcloud, _) = remembering(Vec::new(), answer(YES));
    for question in [harder, easier] {
        let report = finished(question.submit(&idcloud, &under()).await.unwrap());
        assert_eq!(report.verdict().scenario(), Scenario::MissingEvidence);
    }
    // Liveness declared later does not turn the first answer's liveness value into a check.
    let first = Question::new(Flow::Identity, "identity", SelfieKind::CaptureToken);
    let mut later = Question::new(
        Flow::Identity,
        "identity,liveness",
        SelfieKind::CaptureToken,
    );
    later.policy = Policy::default().with_require_liveness(true);
    let (idcloud, _) = remembering(Vec::new(), answer(YES));
    let _ = finished(first.submit(&idcloud, &under()).await.unwrap());
    let report = finished(later.submit(&idcloud, &under()).await.unwrap());
    assert_ne!(report.verdict().decision(), Decision::Approve);
}

/// A pending process is waited for with the harder question, too.
#[tokio::test(start_paused = true)]
async fn a_recorded_pending_process_takes_the_harder_question() {
    let lenient = Question::new(Flow::Identity, "identity", SelfieKind::Image);
    let harder = Question::new(Flow::Identity, "identity,behavior-alert", SelfieKind::Image);
    let (idcloud, _) = remembering(vec![answer(r#""status":1"#)], answer(YES));
    let _ = pending(lenient.submit(&idcloud, &under()).await.unwrap());
    let known = pending(harder.submit(&idcloud, &under()).await.unwrap());
    let report = idcloud
        .identity(key(harder.capabilities))
        .wait(known, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(report.verdict().scenario(), Scenario::MissingEvidence);
}

/// A question asked while the process is pending does not improve the evidence either, also for a
/// stored process; and the record does not depend on which submission waited.
#[tokio::test(start_paused = true)]
async fn a_recorded_pending_process_gives_no_better_answer() {
    let first = Question::new(Flow::Identity, "identity", SelfieKind::Image);
    let mut later = Question::new(Flow::Identity, "identity,risk-score", SelfieKind::Image);
    // A score that the first key is not declared with approves nothing for it.
    let scored = r#""status":3,"unicoId":{"result":"inconclusive"},"score":80"#;
    for strictest in [50, 90_i8] {
        later.policy = Policy::default().with_approve_from(strictest);
        let (idcloud, _) = remembering(vec![answer(r#""status":1"#)], answer(scored));
        let _ = pending(first.submit(&idcloud, &under()).await.unwrap());
        let resumed = pending(later.submit(&idcloud, &under()).await.unwrap());
        assert_eq!(resumed.policy(), &later.policy);
        let json = serde_json::to_string(&resumed).unwrap();
        let read_back: Pending = serde_json::from_str(&json).unwrap();
        assert_eq!(read_back, resumed);
        let handle = idcloud.identity(key(later.capabilities));
        let report = handle
            .wait(read_back, Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!(report.verdict().decision(), Decision::Review, "{strictest}");
        assert_eq!(report.policy(), &later.policy);

        // The first question, and a third one, are answered as if the first had waited.
        let known = finished(first.submit(&idcloud, &under()).await.unwrap());
        assert!(known.recorded());
        assert_eq!(
            (known.asked().capabilities(), known.verdict().scenario()),
            (
                first.capabilities.parse().unwrap(),
                Scenario::IdentityInconclusive
            )
        );
        later.policy = Policy::default();
        let third = finished(later.submit(&idcloud, &under()).await.unwrap());
        assert_eq!(third.verdict().decision(), Decision::Review, "{strictest}");
    }
    // The same answer approves a submission that asked for the score at first.
    let (idcloud, _) = remembering(vec![answer(r#""status":1"#)], answer(scored));
    let submitted = pending(later.submit(&idcloud, &under()).await.unwrap());
    let handle = idcloud.identity(key(later.capabilities));
    let report = handle.wait(submitted, Duration::from_secs(60)).await;
    assert_eq!(report.unwrap().verdict().decision(), Decision::Approve);
}

/// The number of attempts is part of the result, and of the record.
#[tokio::test(start_paused = true)]
async fn a_recorded_failure_counts_its_attempts() {
    let (idcloud, script) = remembering(Vec::new(), answer(r#""status":5"#));
    let question = Question::new(Flow::Identity, "", SelfieKind::Image);
    let first = finished(question.submit(&idcloud, &under()).await.unwrap());
    let calls = script.calls().len();
    let again = finished(question.submit(&idcloud, &under()).await.unwrap());
    assert!(again.recorded());
    assert_eq!(script.calls().len(), calls);
    assert_eq!(first.failure(), Some(Failure::Processing { attempts: 4 }));
    assert_eq!(again.failure(), first.failure());
}

/// A review because a lookup failed is not final: the reference stays pending, and the next
/// submission looks again.
#[tokio::test(start_paused = true)]
async fn a_failed_look_is_made_up_for_later() {
    let refused = Step::json(403, r#"{"error":{"code":"10201"}}"#);
    let complete =
        r#""status":3,"unicoId":{"result":"yes"},"identityFraudsters":{"result":"inconclusive"}"#;
    let (idcloud, script) = remembering(vec![answer(YES), refused], answer(complete));
    let question = Question::new(Flow::Identity, "identity,behavior-alert", SelfieKind::Image);
    let first = finished(question.submit(&idcloud, &under()).await.unwrap());
    assert_eq!(first.verdict().scenario(), Scenario::MissingEvidence);
    assert!(first.look_error().is_some());
    let calls = script.calls().len();
    let known = pending(question.submit(&idcloud, &under()).await.unwrap());
    assert_eq!(known.process_id(), &process_id(ID));
    assert_eq!(script.calls().len(), calls, "no second create");
    let handle = idcloud.identity(key(question.capabilities));
    let report = handle.wait(known, Duration::from_secs(60)).await.unwrap();
    assert_eq!(report.verdict().decision(), Decision::Approve);
    let last = finished(question.submit(&idcloud, &under()).await.unwrap());
    assert!(last.recorded());
    assert_eq!(last.verdict(), report.verdict());
}

/// A reused document is identified by its ids, and never answered with another's report.
#[tokio::test(start_paused = true)]
async fn another_document_under_the_reference_is_refused() {
    let matches = answer(r#""status":3,"document":{"cpfMatch":true,"faceMatch":true}"#);
    let (idcloud, script) = remembering(Vec::new(), matches);
    let handle = idcloud.documents(key("document"));
    let reuse = |process: &str, document: &str, purpose: Purpose| {
        DocumentRequest::reuse(
            subject(CPF),
            purpose,
            process_id(process),
            document.parse().unwrap(),
        )
    };
    let first = reuse(OTHER_ID, ID, Purpose::ONBOARDING);
    let _ = finished(handle.submit(first.clone(), &under()).await.unwrap());
    let calls = script.calls().len();
    for other in [
        reuse(ID, ID, Purpose::ONBOARDING),
        reuse(OTHER_ID, OTHER_ID, Purpose::ONBOARDING),
        reuse(OTHER_ID, ID, Purpose::FGTS),
    ] {
        let refused = handle.submit(other, &under()).await.unwrap_err();
        assert_eq!(refused.kind(), SubmitErrorKind::OtherRequest);
    }
    let again = finished(handle.submit(first, &under()).await.unwrap());
    assert!(again.recorded());
    assert_eq!(script.calls().len(), calls);
}

/// A lookup for a later submission counts for both questions: the record ends in the row of the
/// first.
#[tokio::test(start_paused = true)]
async fn what_is_seen_is_seen_for_both() {
    let first = Question::new(Flow::Identity, "identity", SelfieKind::Image);
    let later = Question::new(Flow::Identity, "identity,behavior-alert", SelfieKind::Image);
    let dropped = r#""status":3,"unicoId":{"result":"inconclusive"}"#;
    let steps = vec![answer(r#""status":7"#), answer(r#""status":2"#)];
    let (idcloud, _) = remembering(steps, answer(dropped));
    let _ = pending(first.submit(&idcloud, &under()).await.unwrap());
    let resumed = pending(later.submit(&idcloud, &under()).await.unwrap());
    let handle = idcloud.identity(key(later.capabilities));
    let waited = handle.wait(resumed, Duration::from_secs(60)).await.unwrap();
    assert_eq!(waited.verdict().scenario(), Scenario::Drop);
    let again = finished(first.submit(&idcloud, &under()).await.unwrap());
    assert_eq!(again.verdict().scenario(), Scenario::Drop);
}
