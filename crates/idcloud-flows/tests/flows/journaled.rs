//! Never pay twice: a submission under a reference is recorded before it is sent, and never sent a
//! second time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{
    BeforeDispatch, BoxError, CallContext, CallOptions, Clock as _, Delivery, Transport,
    TransportError, TransportErrorKind,
};
use idcloud_flows::journal::{
    Claim, Claimed, Conclusion, Journal as _, JournalErrorKind, Owner, Settlement, State,
};
use idcloud_flows::model::SelfieKind::{CaptureToken, Image};
use idcloud_flows::model::request::CreateRequest;
use idcloud_flows::model::{Asked, Policy};
use idcloud_flows::{
    Failure, Flow, IdCloud, Pending, Submission, SubmitError, SubmitErrorKind, SubmitOptions,
};

use crate::support::{
    CPF, ID, OTHER_ID, Question, answer, building, finished, image, key as api_key, pending,
    process_id, request,
};
use crate::watched_journal::{Trouble, WatchedJournal, key, reference};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;
const PROCESSING: &str = r#""status":1"#;
const FAILED: &str = r#""status":5"#;

fn identity() -> Question {
    Question::new(Flow::Identity, "", Image)
}

fn under_reference() -> SubmitOptions {
    SubmitOptions::default().with_reference(reference())
}

fn remembering(journal: &Arc<WatchedJournal>, transport: Arc<dyn Transport>) -> IdCloud {
    building(transport, "a")
        .journal(journal.clone())
        .build()
        .unwrap()
}

/// The result of a submission, in a word.
fn told(submission: &Result<Submission, SubmitError>) -> String {
    match submission {
        Ok(Submission::Finished(report)) if report.recorded() => "recorded report".to_owned(),
        Ok(Submission::Finished(_)) => "report".to_owned(),
        Ok(Submission::Pending(_)) => "pending".to_owned(),
        Err(error) => format!("{}, {}", error.kind(), error.delivery().as_str()),
    }
}

/// Every end of a create: what the caller gets, which commands the journal got, and what it holds.
#[tokio::test(start_paused = true)]
async fn every_end_of_a_create_is_written_down() {
    let refused = Step::json(400, r#"{"error":{"code":"20507"}}"#);
    let slow = Step::json(429, "").with_header("retry-after", "600");
    let unreadable = Step::json(200, "<html>");
    let interrupted = Step::Fail(TransportErrorKind::Interrupted);
    let unsent = Step::Fail(TransportErrorKind::Connect);
    let bad_key = Step::json(403, r#"{"error":{"code":"10201"}}"#);
    for (step, outcome, end, state) in [
        (answer(YES), "report", "conclude finished", "finished"),
        (
            answer(r#""status":4"#),
            "report",
            "conclude finished",
            "finished",
        ),
        (answer(PROCESSING), "pending", "conclude pending", "pending"),
        (
            answer(r#""status":7"#),
            "pending",
            "conclude pending",
            "pending",
        ),
        (refused, "call, answered", "conclude refused", "not-sent"),
        (bad_key, "call, answered", "conclude refused", "not-sent"),
        (slow, "call, answered", "conclude refused", "not-sent"),
        (unsent, "call, not-sent", "conclude not sent", "not-sent"),
        (
            interrupted,
            "call, unknown",
            "conclude ambiguous",
            "ambiguous",
        ),
        (
            unreadable,
            "call, unknown",
            "conclude ambiguous",
            "ambiguous",
        ),
        (
            Step::json(502, ""),
            "call, unknown",
            "conclude ambiguous",
            "ambiguous",
        ),
        (
            Step::Hang,
            "call, unknown",
            "conclude ambiguous",
            "ambiguous",
        ),
    ] {
        // After each of these the reference is free, and ends alike.
        for before in ["nothing", "not sent", "resend", "claimed long ago"] {
            let script = Arc::new(ScriptedTransport::new().every_call(step.clone()));
            let journal = WatchedJournal::new();
            let idcloud = remembering(&journal, script.clone());
            put(&journal, &idcloud, before, true).await;
            let submission = identity().submit(&idcloud, &under_reference()).await;
            assert_eq!(told(&submission), outcome, "{step:?} after {before}");
            let state = match (state, before) {
                // After an attempt that did not run, the one before it is current again.
                ("not-sent", "resend") => "resend",
                (state, _) => state,
            };
            let found = journal.state(&idcloud, Flow::Identity).await;
            assert_eq!(found, state, "{step:?} after {before}");
            let commands = journal.commands();
            assert_eq!(commands.first().unwrap(), "claim");
            assert_eq!(commands.last().unwrap(), end, "{step:?} after {before}");
            // Each attempt of the create was made durable before it was sent.
            let dispatched = commands.iter().filter(|command| *command == "dispatch");
            assert_eq!(dispatched.count(), script.calls().len(), "{step:?}");
            let entry = journal.entry_now(&idcloud, Flow::Identity).await.unwrap();
            if let State::NotSent(refusal) = entry.state() {
                assert_eq!(refusal.is_some(), end == "conclude refused");
            }
        }
    }
}

/// For each state of the journal: what the caller gets, how many creates are sent, and the state
/// afterwards.
#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_answered_without_a_request() {
    for (before, same, outcome, creates, after) in [
        ("nothing", true, "report", 1, "finished"),
        ("not sent", true, "report", 1, "finished"),
        ("not sent", false, "report", 1, "finished"),
        ("resend", true, "report", 1, "finished"),
        ("claimed", true, "in-flight, unknown", 0, "claimed"),
        ("claimed", false, "other-request, not-sent", 0, "claimed"),
        ("claimed long ago", true, "report", 1, "finished"),
        ("dispatched", true, "in-flight, unknown", 0, "dispatched"),
        (
            "dispatched long ago",
            true,
            "ambiguous, unknown",
            0,
            "ambiguous",
        ),
        ("ambiguous", true, "ambiguous, unknown", 0, "ambiguous"),
        (
            "ambiguous",
            false,
            "other-request, not-sent",
            0,
            "ambiguous",
        ),
        ("pending", true, "pending", 0, "pending"),
        ("pending", false, "other-request, not-sent", 0, "pending"),
        ("finished", true, "recorded report", 0, "finished"),
        ("finished", false, "other-request, not-sent", 0, "finished"),
        ("failed", true, "recorded report", 0, "finished"),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(answer(YES)));
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, script.clone());
        put(&journal, &idcloud, before, same).await;
        let submission = identity().submit(&idcloud, &under_reference()).await;
        assert_eq!(told(&submission), outcome, "{before}");
        assert_eq!(script.calls().len(), creates, "{before}");
        assert_eq!(
            journal.state(&idcloud, Flow::Identity).await,
            after,
            "{before}"
        );
        if let Err(error) = &submission {
            assert_eq!(
                error.in_flight_until().is_some(),
                outcome.starts_with("in-flight")
            );
            assert_eq!(
                error.ambiguous_since().is_some(),
                outcome.starts_with("ambiguous")
            );
            assert_eq!(
                error.journal_error().is_some(),
                outcome.starts_with("other")
            );
        }
    }
}

/// Puts the journal into a state, as another program would have, with the same request or another.
async fn put(journal: &WatchedJournal, idcloud: &IdCloud, state: &str, same: bool) {
    let clock = idcloud.client().clock();
    let inner = &journal.inner;
    let code = if same { CPF } else { "11144477735" };
    let create = CreateRequest::from(request(code, image()));
    let asked = Asked::new("identity".parse().unwrap(), Image);
    let owner: Owner = "other".parse().unwrap();
    let claim = Claim::new(
        key(Flow::Identity),
        &create,
        asked,
        Policy::default(),
        owner,
    );
    if state == "nothing" {
        return;
    }
    let Claimed::Fresh(ticket) = inner.claim(claim, clock.now()).await.unwrap() else {
        panic!("not fresh")
    };
    if state == "claimed long ago" {
        clock.sleep(Duration::from_secs(3600)).await;
    }
    if state.starts_with("claimed") {
        return;
    }
    let lease = Duration::from_secs(60);
    inner.dispatch(&ticket, lease, clock.now()).await.unwrap();
    let conclusion = match state {
        "dispatched" => return,
        "dispatched long ago" => return clock.sleep(Duration::from_secs(3600)).await,
        "not sent" => Conclusion::NotSent(None),
        "ambiguous" | "resend" => Conclusion::Ambiguous,
        _ => {
            // States that a handle itself records, by a submission with this answer.
            let members = match state {
                "pending" => PROCESSING,
                "finished" => YES,
                _ => FAILED,
            };
            let script = ScriptedTransport::new().every_call(answer(members));
            let other = building(Arc::new(script), "a")
                .new_attempts(0)
                .build()
                .unwrap();
            let submission = identity().submit(&other, &SubmitOptions::default()).await;
            match submission.unwrap() {
                Submission::Pending(pending) => Conclusion::Pending(Box::new(pending)),
                Submission::Finished(report) => {
                    Conclusion::Finished(Box::new(idcloud_flows::journal::Finished::new(
                        report.process(),
                        *report.asked(),
                        *report.policy(),
                        report.environment(),
                        report.simulated(),
                    )))
                }
            }
        }
    };
    inner
        .conclude(&ticket, conclusion, clock.now())
        .await
        .unwrap();
    if state == "resend" {
        let resend = Settlement::Resend;
        inner
            .settle(&key(Flow::Identity), resend, clock.now())
            .await
            .unwrap();
    }
}

/// A report from the journal equals the first one, and is marked as recorded.
#[tokio::test(start_paused = true)]
async fn a_recorded_report_judges_as_the_first_did() {
    let members = r#""status":3,"unicoId":{"result":"inconclusive"},"liveness":1,"score":73,"novelty":{"a":"Maria"}"#;
    let script = Arc::new(ScriptedTransport::new().call(answer(members)));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script.clone());
    let question = Question::new(Flow::Identity, "liveness,identity,risk-score", CaptureToken);
    let first = finished(question.submit(&idcloud, &under_reference()).await.unwrap());
    let again = finished(question.submit(&idcloud, &under_reference()).await.unwrap());
    assert!(again.recorded() && !first.recorded());
    assert_eq!(again.verdict(), first.verdict());
    assert_eq!(again.process().id(), first.process().id());
    assert_eq!(
        (again.asked(), again.policy()),
        (first.asked(), first.policy())
    );
    assert_eq!(again.environment(), first.environment());
    assert!(!format!("{again:?}").contains("Maria"));
    assert_eq!(script.calls().len(), 1);
}

/// A wait records the end, also in a program that resumed the process from storage.
#[tokio::test(start_paused = true)]
async fn a_wait_writes_the_end_down() {
    for stored in [false, true] {
        let script = Arc::new(
            ScriptedTransport::new()
                .call(answer(PROCESSING))
                .every_call(answer(YES)),
        );
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, script.clone());
        let submission = identity().submit(&idcloud, &under_reference()).await;
        let mut first = pending(submission.unwrap());
        assert_eq!(first.reference(), Some(&reference()));
        let other = remembering(&journal, script.clone());
        if stored {
            let text = serde_json::to_string(&first).unwrap();
            first = serde_json::from_str(&text).unwrap();
        }
        // The journal returns the same process.
        assert_eq!(
            pending(identity().submit(&other, &under_reference()).await.unwrap()),
            first
        );

        let handle = other.identity(api_key(""));
        let report = handle.wait(first, Duration::from_secs(60)).await.unwrap();
        assert!(report.journal_error().is_none());
        assert_eq!(journal.commands().last().unwrap(), "finish");
        assert_eq!(journal.state(&other, Flow::Identity).await, "finished");
        let again = finished(identity().submit(&other, &under_reference()).await.unwrap());
        assert!(again.recorded());
        assert_eq!(script.calls().len(), 2);
    }
}

/// The same reference in another flow is another submission.
#[tokio::test(start_paused = true)]
async fn flows_are_kept_apart() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(YES)));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script.clone());
    for (number, flow) in Flow::ALL.into_iter().enumerate() {
        assert_eq!(journal.state(&idcloud, flow).await, "-");
        let question = Question::new(flow, "", CaptureToken);
        for _ in 0..2 {
            let _ = question.submit(&idcloud, &under_reference()).await.unwrap();
        }
        assert_eq!(journal.state(&idcloud, flow).await, "finished");
        let creates = script
            .calls()
            .iter()
            .filter(|call| call.method == "POST")
            .count();
        assert_eq!(creates, number + 1);
    }
}

/// A reference without a journal is refused, because it would not be recorded.
#[tokio::test(start_paused = true)]
async fn a_reference_needs_a_journal() {
    let script = Arc::new(ScriptedTransport::new());
    let idcloud = building(script.clone(), "a").build().unwrap();
    let error = identity()
        .submit(&idcloud, &under_reference())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), SubmitErrorKind::NoJournal);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert!(script.requests().is_empty());
}

/// A script that records in the journal's own list when a create is sent.
struct Noting(ScriptedTransport, Arc<WatchedJournal>);

#[async_trait]
impl Transport for Noting {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let operation = context.operation.to_string();
        if operation != "token" {
            self.1.note(operation);
        }
        self.0.send(request, context).await
    }
}

/// Each retry is claimed and dispatched before it is sent, after the failed attempt was recorded.
#[tokio::test(start_paused = true)]
async fn new_attempts_are_journaled_before_they_leave() {
    let journal = WatchedJournal::new();
    let second = Step::json(200, format!(r#"{{"id":"{OTHER_ID}",{YES}}}"#));
    let script = ScriptedTransport::new().call(answer(FAILED)).call(second);
    let idcloud = remembering(&journal, Arc::new(Noting(script, journal.clone())));
    let report = finished(
        identity()
            .submit(&idcloud, &under_reference())
            .await
            .unwrap(),
    );
    assert_eq!(report.process().id(), &process_id(OTHER_ID));
    assert_eq!(
        journal.commands(),
        [
            "claim",
            "dispatch",
            "create_process",
            "conclude finished",
            "begin_again",
            "dispatch",
            "create_process",
            "conclude finished",
        ]
    );
    let entry = journal.entry_now(&idcloud, Flow::Identity).await.unwrap();
    assert_eq!(entry.record().attempts(), 2);
    assert_eq!(entry.record().process_id(), Some(&process_id(OTHER_ID)));
}

/// What follows a failed process, with the final state of the journal.
#[tokio::test(start_paused = true)]
async fn the_table_of_new_attempts() {
    let unsent = Step::Fail(TransportErrorKind::Connect);
    for (second, outcome, attempts, state) in [
        (answer(FAILED), "report", 4, "finished"),
        (answer(PROCESSING), "pending", 2, "pending"),
        (Step::json(502, ""), "call, unknown", 2, "ambiguous"),
        (
            Step::json(400, r#"{"error":{"code":"20507"}}"#),
            "report",
            1,
            "finished",
        ),
        (unsent, "report", 1, "finished"),
    ] {
        let script = ScriptedTransport::new()
            .call(answer(FAILED))
            .every_call(second);
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, Arc::new(script));
        let submission = identity().submit(&idcloud, &under_reference()).await;
        assert_eq!(told(&submission), outcome);
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, state);
        let entry = journal.entry_now(&idcloud, Flow::Identity).await.unwrap();
        assert_eq!(entry.record().attempts(), attempts, "{outcome}");
        if let Ok(Submission::Finished(report)) = submission {
            assert!(report.journal_error().is_none());
            let made = u32::try_from(attempts).unwrap();
            assert_eq!(
                report.failure(),
                Some(Failure::Processing { attempts: made })
            );
        }
    }
}

/// A failed process under a reference is retried only if the caller asks for it, and then also with
/// another selfie.
#[tokio::test(start_paused = true)]
async fn beginning_again_is_explicit() {
    let second = Step::json(200, format!(r#"{{"id":"{OTHER_ID}",{YES}}}"#));
    let script = ScriptedTransport::new().call(answer(FAILED)).call(second);
    let script = Arc::new(script);
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script.clone());
    let handle = idcloud.identity(api_key("")).with_new_attempts(0);
    let options = under_reference();
    let ask = |options: SubmitOptions, code: &'static str| {
        let handle = handle.clone();
        async move {
            finished(
                handle
                    .submit(request(code, image()), &options)
                    .await
                    .unwrap(),
            )
        }
    };
    assert_eq!(
        ask(options.clone(), CPF).await.verdict().scenario().id(),
        "processing-error"
    );
    let recorded = ask(options.clone(), CPF).await;
    assert!(recorded.recorded() && recorded.failure().is_some());
    assert_eq!(script.calls().len(), 1);

    let again = ask(options.with_begin_again(true), "11144477735").await;
    assert_eq!(again.process().id(), &process_id(OTHER_ID));
    assert_eq!(script.calls().len(), 2);
}

/// The process is recorded before a lookup for missing evidence, and its end afterwards.
#[tokio::test(start_paused = true)]
async fn a_look_is_made_after_the_process_is_on_record() {
    let journal = WatchedJournal::new();
    let alert =
        r#""status":3,"unicoId":{"result":"yes"},"identityFraudsters":{"result":"inconclusive"}"#;
    let script = ScriptedTransport::new()
        .call(answer(YES))
        .call(answer(alert));
    let idcloud = remembering(&journal, Arc::new(Noting(script, journal.clone())));
    let question = Question::new(Flow::Identity, "behavior-alert", Image);
    let report = finished(question.submit(&idcloud, &under_reference()).await.unwrap());
    assert_eq!(
        report.verdict().scenario().id(),
        "identity-yes-without-liveness"
    );
    let expected = [
        "claim",
        "dispatch",
        "create_process",
        "conclude pending",
        "process",
        "conclude finished",
    ];
    assert_eq!(journal.commands(), expected);
    let again = finished(question.submit(&idcloud, &under_reference()).await.unwrap());
    assert_eq!(again.verdict(), report.verdict());
}

/// Nothing is sent unrecorded; and an answer is not lost with the journal.
#[tokio::test(start_paused = true)]
async fn a_journal_that_fails() {
    for (at, answered, outcome, creates, state) in [
        ("claim", YES, "journal, not-sent", 0, "-"),
        ("dispatch", YES, "journal, not-sent", 0, "not-sent"),
        ("conclude finished", YES, "report", 1, "finished"),
        ("conclude pending", PROCESSING, "pending", 1, "pending"),
        // Without the journal no new attempt is made.
        ("conclude finished", FAILED, "report", 1, "finished"),
        ("begin_again", FAILED, "report", 1, "finished"),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(answer(answered)));
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, script.clone());
        journal.make(Some((at, Trouble::Fails)));
        let submission = identity().submit(&idcloud, &under_reference()).await;
        assert_eq!(told(&submission), outcome, "{at}");
        assert_eq!(script.calls().len(), creates, "{at}");
        let error = match &submission {
            Ok(Submission::Finished(report)) => report.journal_error(),
            Ok(Submission::Pending(pending)) => pending.journal_error(),
            Err(error) => error.journal_error(),
        };
        assert_eq!(error.unwrap().kind(), JournalErrorKind::Storage, "{at}");
        journal.make(None);
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, state, "{at}");
    }

    // An unreadable record may have been paid for.
    let script = Arc::new(ScriptedTransport::new().every_call(answer(YES)));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script.clone());
    journal.make(Some(("claim", Trouble::IsDamaged)));
    let submission = identity().submit(&idcloud, &under_reference()).await;
    assert_eq!(told(&submission), "journal, unknown");
    assert!(script.requests().is_empty());

    // A failed create is reported as it failed, together with why it could not be recorded.
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(502, "")));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script);
    journal.make(Some(("conclude ambiguous", Trouble::Fails)));
    let error = identity()
        .submit(&idcloud, &under_reference())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), SubmitErrorKind::Call);
    assert_eq!(error.delivery(), Delivery::Unknown);
    assert!(error.journal_error().is_some());
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "ambiguous");

    // A wait's report is not lost either.
    let script = ScriptedTransport::new()
        .call(answer(PROCESSING))
        .every_call(answer(YES));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, Arc::new(script));
    let first = pending(
        identity()
            .submit(&idcloud, &under_reference())
            .await
            .unwrap(),
    );
    journal.make(Some(("finish", Trouble::Fails)));
    let handle = idcloud.identity(api_key(""));
    let report = handle.wait(first, Duration::from_secs(60)).await.unwrap();
    assert_eq!(report.verdict().decision().as_str(), "approve");
    assert!(report.journal_error().is_some());
    assert_eq!(journal.commands().last().unwrap(), "tell finish");
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "finished");
}

/// A panic of the journal affects nothing else: the permit and the count are free, nothing is sent
/// twice, and the program lives.
#[tokio::test(start_paused = true)]
async fn a_journal_that_panics() {
    for (at, creates, state) in [
        ("claim", 0, "-"),
        ("dispatch", 0, "not-sent"),
        ("conclude finished", 1, "finished"),
    ] {
        for also_told in [false, true] {
            let script = Arc::new(ScriptedTransport::new().every_call(answer(YES)));
            let journal = WatchedJournal::new();
            let idcloud = building(script.clone(), "a")
                .journal(journal.clone())
                .max_in_flight(1)
                .build()
                .unwrap();
            if also_told {
                // Both calls panic: the second panic must not abort the program.
                journal.panic_when_told();
            }
            journal.make(Some((at, Trouble::Panics)));
            let ended = {
                let idcloud = idcloud.clone();
                tokio::spawn(async move {
                    identity()
                        .submit(&idcloud, &under_reference())
                        .await
                        .is_ok()
                })
            };
            assert!(ended.await.unwrap_err().is_panic(), "{at}");
            journal.make(None);
            assert_eq!(script.calls().len(), creates, "{at}");
            if !also_told {
                assert_eq!(journal.state(&idcloud, Flow::Identity).await, state, "{at}");
            }
            let others = SubmitOptions::default();
            assert!(identity().submit(&idcloud, &others).await.is_ok());
            assert_eq!(idcloud.drain(Duration::ZERO).await, 0);
        }
    }
}

async fn drop_after_five_seconds(idcloud: &IdCloud) {
    let options = under_reference();
    let clock = VirtualClock::new();
    tokio::select! {
        _ = identity().submit(idcloud, &options) => panic!("ended"),
        () = clock.sleep(Duration::from_secs(5)) => {}
    }
}

/// A dropped submission releases its reference at once: free before its dispatch, ambiguous
/// afterwards.
#[tokio::test(start_paused = true)]
async fn dropped_submissions() {
    for (hanging, creates, state) in [(Some("dispatch"), 0, "not-sent"), (None, 1, "ambiguous")] {
        let script = Arc::new(ScriptedTransport::new().every_call(Step::Hang));
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, script.clone());
        journal.make(hanging.map(|at| (at, Trouble::Hangs)));
        drop_after_five_seconds(&idcloud).await;
        assert_eq!(script.calls().len(), creates);
        let told = if creates == 0 {
            "tell conclude not sent"
        } else {
            "tell abandon"
        };
        assert_eq!(journal.commands().last().unwrap(), told);
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, state);
    }

    // A submission that had its answer already releases nothing.
    let script = Arc::new(ScriptedTransport::new().every_call(answer(FAILED)));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script);
    journal.make(Some(("begin_again", Trouble::Hangs)));
    drop_after_five_seconds(&idcloud).await;
    assert_eq!(journal.commands().last().unwrap(), "begin_again");
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "finished");
}

/// The journal's state while a create waits to be repeated: a crash then leaves a free reference,
/// and so does a dropped submission.
#[tokio::test(start_paused = true)]
async fn a_pause_is_not_a_dispatch() {
    let later = Step::json(429, "").with_header("retry-after", "20");
    for (steps, state) in [
        (vec![later.clone()], "claimed"),
        (vec![Step::json(401, ""), later.clone()], "claimed"),
        (
            vec![Step::Fail(TransportErrorKind::Connect), later.clone()],
            "claimed",
        ),
        (vec![later, Step::Hang], "dispatched"),
    ] {
        let script = steps
            .iter()
            .cloned()
            .fold(ScriptedTransport::new(), ScriptedTransport::call);
        let script = Arc::new(script.every_call(answer(YES)));
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, script.clone());
        let clock = VirtualClock::new();
        {
            let options = under_reference();
            let mut submission = Box::pin(identity().submit(&idcloud, &options));
            let asleep = if state == "claimed" { 15 } else { 30 };
            tokio::select! {
                _ = &mut submission => panic!("ended"),
                () = clock.sleep(Duration::from_secs(asleep)) => {}
            }
            assert_eq!(script.calls().len(), steps.len(), "{steps:?}");
            assert_eq!(journal.state(&idcloud, Flow::Identity).await, state);
        }
        // It was dropped: only a request with the transport is ambiguous.
        let left = if state == "claimed" {
            "not-sent"
        } else {
            "ambiguous"
        };
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, left);
    }
}

/// A request that provably did not run is not ambiguous while the journal records that, nor before
/// its repetition is sent.
#[tokio::test(start_paused = true)]
async fn dropped_while_a_dispatch_is_taken_back() {
    for (at, after) in [("retract", 0), ("dispatch", 1)] {
        let retried = Step::json(429, "").with_header("retry-after", "1");
        let script = Arc::new(ScriptedTransport::new().every_call(retried));
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, script.clone());
        journal.make_after(after, (at, Trouble::Hangs));
        drop_after_five_seconds(&idcloud).await;
        assert_eq!(script.calls().len(), 1, "{at}");
        assert_eq!(journal.commands().last().unwrap(), "tell conclude not sent");
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, "not-sent");
    }
}

/// That the previous attempt was sent does not count for a new one.
#[tokio::test(start_paused = true)]
async fn dropped_before_a_new_attempt_leaves() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(FAILED)));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script.clone());
    journal.make_after(1, ("dispatch", Trouble::Hangs));
    drop_after_five_seconds(&idcloud).await;
    assert_eq!(script.calls().len(), 1);
    assert_eq!(journal.commands().last().unwrap(), "tell conclude not sent");
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "finished");
}

/// A submission that is dropped between its dispatch and its send has sent nothing, and records
/// that.
#[tokio::test(start_paused = true)]
async fn dropped_before_the_departure() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(YES)));
    let journal = WatchedJournal::new();
    let idcloud = building(script.clone(), "a")
        .journal(journal.clone())
        .rate(1)
        .build()
        .unwrap();
    // Two seconds' admissions: the second create is dispatched, and then waits to be sent behind a
    // pause.
    let others = SubmitOptions::default();
    assert!(identity().submit(&idcloud, &others).await.is_ok());
    let slow: Arc<dyn BeforeDispatch> = Arc::new(Pausing(idcloud.clone(), script.clone()));
    let call = CallOptions::new().with_before_dispatch(slow);
    let options: SubmitOptions = call.into();
    let options = options.with_reference(reference());
    let clock = VirtualClock::new();
    tokio::select! {
        _ = identity().submit(&idcloud, &options) => panic!("ended"),
        () = clock.sleep(Duration::from_secs(8)) => {}
    }
    assert!(journal.commands().contains(&"dispatch".to_owned()));
    assert_eq!(script.calls().len(), 2, "its own request has not left");
    assert_eq!(journal.commands().last().unwrap(), "tell conclude not sent");
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "not-sent");
}

/// A hook during which IDCloud asks another call of the tenant to wait.
struct Pausing(IdCloud, Arc<ScriptedTransport>);

#[async_trait]
impl BeforeDispatch for Pausing {
    async fn before_dispatch(&self, _: u32) -> Result<(), BoxError> {
        let later = Step::json(429, "").with_header("retry-after", "20");
        self.1.push_call(later);
        let call = CallOptions::new().with_deadline(Duration::from_secs(10));
        let options: SubmitOptions = call.into();
        assert!(identity().submit(&self.0, &options).await.is_err());
        Ok(())
    }
}

/// A dispatch that cannot be retracted ends the call: a late retraction could be taken for one of
/// the next request.
#[tokio::test(start_paused = true)]
async fn a_dispatch_that_is_not_taken_back() {
    for (step, outcome) in [
        (Step::Fail(TransportErrorKind::Connect), "journal, not-sent"),
        (Step::json(429, ""), "call, answered"),
    ] {
        let script = Arc::new(ScriptedTransport::new().call(step).every_call(answer(YES)));
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, script.clone());
        journal.make(Some(("retract", Trouble::Fails)));
        let submission = identity().submit(&idcloud, &under_reference()).await;
        assert_eq!(told(&submission), outcome);
        let error = submission.unwrap_err();
        assert_eq!(
            error.journal_error().unwrap().kind(),
            JournalErrorKind::Storage,
            "why it was not repeated"
        );
        assert_eq!(script.calls().len(), 1);
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, "not-sent");
    }
}

/// Of two submissions of one reference at once, one sends and the other gets `InFlight`.
#[tokio::test(start_paused = true)]
async fn two_at_once() {
    let slow = answer(YES).after(Duration::from_secs(5));
    let script = Arc::new(ScriptedTransport::new().every_call(slow));
    let journal = WatchedJournal::new();
    let (one, two) = (
        remembering(&journal, script.clone()),
        remembering(&journal, script.clone()),
    );
    let options = under_reference();
    let (first, second) = tokio::join!(
        identity().submit(&one, &options),
        identity().submit(&two, &options)
    );
    assert_eq!(told(&first), "report");
    assert_eq!(told(&second), "in-flight, unknown");
    assert_eq!(script.calls().len(), 1);
}

/// A lease covers the queue, the call and a margin: a slow call of a living program is not taken
/// for a dead one's.
#[tokio::test(start_paused = true)]
async fn leases_outlast_calls() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::Hang));
    let journal = WatchedJournal::new();
    let idcloud = building(script, "a")
        .journal(journal.clone())
        .queue_timeout(Duration::from_secs(7))
        .build()
        .unwrap();
    let call = CallOptions::new().with_deadline(Duration::from_secs(50));
    let options = SubmitOptions::from(call)
        .with_reference(reference())
        .with_lease_margin(Duration::from_secs(11));
    let clock = idcloud.client().clock().clone();
    let began = clock.now();
    let mut until = Vec::new();
    journal.make(Some(("dispatch", Trouble::Hangs)));
    for at in ["claimed", "dispatched"] {
        let submission = identity().submit(&idcloud, &options);
        tokio::select! {
            _ = submission => panic!("ended"),
            () = async {
                while journal.state(&idcloud, Flow::Identity).await != at {
                    clock.sleep(Duration::from_millis(1)).await;
                }
                let entry = journal.entry_now(&idcloud, Flow::Identity).await.unwrap();
                until.push(entry.state().until().unwrap().duration_since(began).unwrap().as_secs());
            } => {}
        }
        journal.make(None);
    }
    assert_eq!(
        until,
        [7 + 50 + 11, 7 + 50 + 11],
        "the longer of both leases holds"
    );
}

/// However long a call may take, its lease has an end that can be stored.
#[tokio::test(start_paused = true)]
async fn leases_of_endless_calls() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(YES)));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script);
    let call = CallOptions::new().with_deadline(Duration::MAX);
    let options = SubmitOptions::from(call)
        .with_reference(reference())
        .with_lease_margin(Duration::MAX);
    let submission = identity().submit(&idcloud, &options).await;
    assert_eq!(told(&submission), "report");
}

/// The caller's own hook runs before each dispatch, and nothing is dispatched that it refuses.
#[tokio::test(start_paused = true)]
async fn the_callers_hook_comes_first() {
    struct Refusing;
    #[async_trait]
    impl BeforeDispatch for Refusing {
        async fn before_dispatch(&self, _: u32) -> Result<(), BoxError> {
            Err("no".into())
        }
    }
    let script = Arc::new(ScriptedTransport::new());
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script.clone());
    let call = CallOptions::new().with_before_dispatch(Arc::new(Refusing));
    let options = SubmitOptions::from(call).with_reference(reference());
    let error = identity().submit(&idcloud, &options).await.unwrap_err();
    assert_eq!(error.kind(), SubmitErrorKind::Call);
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert_eq!(journal.commands(), ["claim", "conclude not sent"]);
    assert!(script.calls().is_empty());
}

/// A stored pending process under a reference holds no person's data.
#[tokio::test(start_paused = true)]
async fn a_stored_pending_process_names_nobody() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(PROCESSING)));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, script);
    let first: Pending = pending(
        identity()
            .submit(&idcloud, &under_reference())
            .await
            .unwrap(),
    );
    let stored = serde_json::to_string(&first).unwrap();
    for marker in [CPF, "Test Subject", "a.b.c", "529"] {
        assert!(!stored.contains(marker), "{stored}");
    }
    assert!(stored.contains(ID));
    let unknown = stored.replace(r#""version":2"#, r#""version":3"#);
    assert!(serde_json::from_str::<Pending>(&unknown).is_err());
}

/// A refused retry whose end was not recorded the first time leaves the failed process as it was,
/// once and not twice.
#[tokio::test(start_paused = true)]
async fn a_refused_new_attempt_is_no_second_process() {
    for (step, at) in [
        (
            Step::json(400, r#"{"error":{"code":"20507"}}"#),
            "conclude refused",
        ),
        (Step::Fail(TransportErrorKind::Connect), "conclude not sent"),
    ] {
        let script = ScriptedTransport::new()
            .call(answer(FAILED))
            .every_call(step);
        let journal = WatchedJournal::new();
        let idcloud = remembering(&journal, Arc::new(script));
        journal.make(Some((at, Trouble::FailsOnce)));
        let submission = identity().submit(&idcloud, &under_reference()).await;
        assert_eq!(told(&submission), "report");
        let report = finished(submission.unwrap());
        assert!(report.journal_error().is_none(), "{at}");
        let entry = journal.entry_now(&idcloud, Flow::Identity).await.unwrap();
        assert_eq!(entry.state().kind().as_str(), "finished", "{at}");
        let processes: Vec<_> = entry.record().processes().collect();
        assert_eq!(processes, [&process_id(ID)], "{at}");
    }
}

/// No wait outlasts its limit because of the journal: the verdict is returned, with why it could
/// not be recorded.
#[tokio::test(start_paused = true)]
async fn a_wait_does_not_hang_with_its_journal() {
    let script = ScriptedTransport::new()
        .call(answer(PROCESSING))
        .every_call(answer(YES));
    let journal = WatchedJournal::new();
    let idcloud = remembering(&journal, Arc::new(script));
    let submission = identity().submit(&idcloud, &under_reference()).await;
    let first = pending(submission.unwrap());
    journal.make(Some(("finish", Trouble::Hangs)));
    let clock = VirtualClock::new();
    let began = clock.instant();
    let limit = Duration::from_secs(10);
    let handle = idcloud.identity(api_key(""));
    let report = tokio::select! {
        report = handle.wait(first, limit) => report.unwrap(),
        () = clock.sleep(Duration::from_secs(3600)) => panic!("it hangs"),
    };
    assert!(clock.instant() - began <= limit + Duration::from_secs(5));
    assert_eq!(report.verdict().decision().as_str(), "approve");
    let error = report.journal_error().unwrap();
    assert_eq!(error.kind(), JournalErrorKind::Storage);
}
