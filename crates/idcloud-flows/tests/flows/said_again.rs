//! Never pay twice: a known end is recorded, or repeated when the submission is dropped;
//! *abandoned* is only for an unknown end.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{Clock as _, TransportErrorKind};
use idcloud_flows::model::SelfieKind::Image;
use idcloud_flows::{Flow, IdCloud, Submission, SubmitOptions};

use crate::support::{Question, answer, building, key as api_key, pending};
use crate::watched_journal::{Trouble, WatchedJournal, reference};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;
const PROCESSING: &str = r#""status":1"#;

fn remembering(journal: &Arc<WatchedJournal>, script: ScriptedTransport) -> IdCloud {
    building(Arc::new(script), "a")
        .journal(journal.clone())
        .build()
        .unwrap()
}

fn under_reference() -> SubmitOptions {
    SubmitOptions::default().with_reference(reference())
}

/// Each end of a create that the journal does not take the first time, or never acknowledges, is
/// recorded afterwards.
#[tokio::test(start_paused = true)]
async fn an_end_that_the_journal_did_not_take() {
    let unsent = Step::Fail(TransportErrorKind::Connect);
    let refused = Step::json(400, r#"{"error":{"code":"20507"}}"#);
    for (step, at, right) in [
        (unsent, "conclude not sent", "not-sent"),
        (refused, "conclude refused", "not-sent"),
        (answer(YES), "conclude finished", "finished"),
        (answer(PROCESSING), "conclude pending", "pending"),
        (Step::json(502, ""), "conclude ambiguous", "ambiguous"),
    ] {
        for trouble in [Trouble::FailsOnce, Trouble::Fails, Trouble::Hangs] {
            let journal = WatchedJournal::new();
            let script = ScriptedTransport::new().every_call(step.clone());
            let idcloud = remembering(&journal, script);
            journal.make(Some((at, trouble)));
            let question = Question::new(Flow::Identity, "", Image);
            let options = under_reference();
            let clock = VirtualClock::new();
            tokio::select! {
                ended = question.submit(&idcloud, &options) => drop(ended),
                // The caller drops the submission while the journal does not answer.
                () = clock.sleep(Duration::from_secs(3600)) => assert_eq!(trouble, Trouble::Hangs),
            }
            let state = journal.state(&idcloud, Flow::Identity).await;
            assert_eq!(state, right, "{at}: {trouble:?}");
            let said = format!("tell {at}");
            assert_eq!(journal.commands().last(), Some(&said), "{trouble:?}");
        }
    }
}

/// A process that is recorded before its lookup is in the journal, although the journal did not
/// take it at first and the submission is dropped meanwhile.
#[tokio::test(start_paused = true)]
async fn a_process_that_was_to_be_looked_at() {
    let journal = WatchedJournal::new();
    let script = ScriptedTransport::new()
        .call(answer(YES))
        .every_call(Step::Hang);
    let idcloud = remembering(&journal, script);
    journal.make(Some(("conclude pending", Trouble::FailsOnce)));
    let question = Question::new(Flow::Identity, "identity,behavior-alert", Image);
    let (options, clock) = (under_reference(), VirtualClock::new());
    tokio::select! {
        _ = question.submit(&idcloud, &options) => panic!("it looks"),
        () = clock.sleep(Duration::from_secs(1)) => {}
    }
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "pending");
}

/// A request whose dispatch was retracted was not sent, although the journal then failed: the
/// reference is free.
#[tokio::test(start_paused = true)]
async fn what_did_not_run() {
    let journal = WatchedJournal::new();
    let unsent = Step::Fail(TransportErrorKind::Connect);
    let script = ScriptedTransport::new().every_call(unsent);
    let idcloud = remembering(&journal, script);
    journal.make(Some(("retract", Trouble::Fails)));
    let question = Question::new(Flow::Identity, "", Image);
    assert!(question.submit(&idcloud, &under_reference()).await.is_err());
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "not-sent");
}

/// The end of a wait is repeated as well, for one wait and for many.
#[tokio::test(start_paused = true)]
async fn the_end_of_a_wait() {
    for trouble in [Trouble::FailsOnce, Trouble::Fails, Trouble::Hangs] {
        let journal = WatchedJournal::new();
        let script = ScriptedTransport::new()
            .call(answer(PROCESSING))
            .every_call(answer(YES));
        let idcloud = remembering(&journal, script);
        let question = Question::new(Flow::Identity, "", Image);
        let submission = question.submit(&idcloud, &under_reference()).await;
        let first = pending(submission.unwrap());
        journal.make(Some(("finish", trouble)));
        let mut waiter = idcloud.waiter();
        let limit = Duration::from_secs(60);
        waiter.add(first, &api_key(""), limit).unwrap();
        let report = waiter.next().await.unwrap().unwrap();
        assert!(report.journal_error().is_some(), "{trouble:?}");
        let state = journal.state(&idcloud, Flow::Identity).await;
        assert_eq!(state, "finished", "{trouble:?}");
        journal.make(None);
        let again = question.submit(&idcloud, &under_reference()).await;
        assert!(matches!(again, Ok(Submission::Finished(report)) if report.recorded()));
    }
}
