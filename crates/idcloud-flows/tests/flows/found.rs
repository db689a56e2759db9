//! A verdict cannot be misread: a process that a person found gives a verdict only to the person
//! that it belongs to.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, Step};
use idcloud_flows::http::{Delivery, TransportErrorKind};
use idcloud_flows::journal::{Settlement, StateKind};
use idcloud_flows::model::Decision;
use idcloud_flows::model::SelfieKind::Image;
use idcloud_flows::{Flow, IdCloud, Report, Submission, SubmitErrorKind, SubmitOptions};

use crate::support::{CPF, ID, Question, answer, building, key, process_id};
use crate::watched_journal::{WatchedJournal, reference};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;

fn identity() -> Question {
    Question::new(Flow::Identity, "", Image)
}

fn under_reference() -> SubmitOptions {
    SubmitOptions::default().with_reference(reference())
}

/// Version 2's answer about the process, with this number.
fn named(number: &str) -> Step {
    answer(&format!(
        r#"{YES},"processAdditionalInfo":{{"personDocument":"{number}"}}"#
    ))
}

/// A reference whose create was cut off and whose process a person found; the lookups afterwards
/// are answered by `looks`, the last of them repeatedly.
async fn found(looks: &[Step]) -> (Arc<ScriptedTransport>, IdCloud) {
    let mut script = ScriptedTransport::new().call(Step::json(502, ""));
    for look in looks {
        script = script.call(look.clone()).every_call(look.clone());
    }
    let script = Arc::new(script);
    let idcloud = building(script.clone(), "a")
        .journal(WatchedJournal::new())
        .build()
        .unwrap();
    let broken = identity().submit(&idcloud, &under_reference()).await;
    assert_eq!(broken.unwrap_err().delivery(), Delivery::Unknown);
    let found = Settlement::Found(process_id(ID));
    let remembered = idcloud.account_journal().unwrap();
    remembered
        .settle(Flow::Identity, &reference(), found)
        .await
        .unwrap();
    (script, idcloud)
}

fn creates(script: &ScriptedTransport) -> usize {
    let calls = script.calls();
    calls.iter().filter(|call| call.method == "POST").count()
}

async fn state(idcloud: &IdCloud) -> StateKind {
    let remembered = idcloud.account_journal().unwrap();
    let entry = remembered.entry(Flow::Identity, &reference()).await;
    entry.unwrap().unwrap().state().kind()
}

/// Submits under the reference again, and waits.
async fn fetched(idcloud: &IdCloud) -> Report {
    match identity()
        .submit(idcloud, &under_reference())
        .await
        .unwrap()
    {
        Submission::Finished(report) => report,
        Submission::Pending(pending) => {
            let handle = idcloud.identity(key("identity"));
            handle.wait(pending, Duration::from_secs(60)).await.unwrap()
        }
    }
}

fn told(report: &Report) -> (Decision, &'static str) {
    (
        report.verdict().decision(),
        report.verdict().scenario().id(),
    )
}

const APPROVED: (Decision, &str) = (Decision::Approve, "identity-yes-without-liveness");
const BY_HAND: (Decision, &str) = (Decision::Review, "settled-by-hand");

/// The person's own process is judged as any other, and so is its record.
#[tokio::test(start_paused = true)]
async fn the_persons_own_process_is_judged() {
    let (script, idcloud) = found(&[named(CPF), answer(YES)]).await;
    assert_eq!(told(&fetched(&idcloud).await), APPROVED);
    let again = fetched(&idcloud).await;
    assert!(again.recorded());
    assert_eq!(told(&again), APPROVED);
    assert_eq!(creates(&script), 1);
}

/// Another person's process gives no verdict, makes the reference ambiguous again, and creates
/// nothing; even if its result was fetched before by a program without the person's data.
#[tokio::test(start_paused = true)]
async fn another_persons_process_gives_no_verdict() {
    for is_fetched in [false, true] {
        let other = named("11144477735");
        let looks = [answer(YES), other];
        let (script, idcloud) = found(if is_fetched { &looks } else { &looks[1..] }).await;
        if is_fetched {
            let remembered = idcloud.account_journal().unwrap();
            let entry = remembered.entry(Flow::Identity, &reference()).await;
            let pending = entry.unwrap().unwrap().pending().unwrap().clone();
            let handle = idcloud.identity(key("identity"));
            let report = handle.wait(pending, Duration::from_secs(60)).await.unwrap();
            assert_eq!(told(&report), BY_HAND);
            assert_eq!(state(&idcloud).await, StateKind::Finished);
        }
        let refused = identity().submit(&idcloud, &under_reference()).await;
        let refused = refused.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.delivery()),
            (SubmitErrorKind::OtherRequest, Delivery::Unknown)
        );
        assert_eq!(state(&idcloud).await, StateKind::Ambiguous);
        let again = identity().submit(&idcloud, &under_reference()).await;
        assert_eq!(again.unwrap_err().kind(), SubmitErrorKind::Ambiguous);
        assert_eq!(creates(&script), 1);
    }
}

/// A process that cannot be compared is reviewed by a person, until it can be compared.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_compared_is_settled_by_hand() {
    for untold in [
        answer(YES),
        named("***.982.247-**"),
        Step::json(404, r#"{"error":{"code":"50001"}}"#),
        Step::json(403, r#"{"error":{"code":"20002"}}"#),
        Step::Fail(TransportErrorKind::Connect),
    ] {
        let mut looks = vec![untold.clone(); 10];
        if !matches!(untold, Step::Fail(_)) {
            looks.truncate(1);
        }
        looks.push(answer(YES));
        let (_, idcloud) = found(&looks).await;
        let report = fetched(&idcloud).await;
        assert_eq!(told(&report), BY_HAND, "{untold:?}");
        // The record says the same.
        assert_eq!(told(&fetched(&idcloud).await), BY_HAND, "{untold:?}");
    }
    let (_, idcloud) = found(&[answer(YES), answer(YES), named(CPF)]).await;
    assert_eq!(told(&fetched(&idcloud).await), BY_HAND);
    assert_eq!(told(&fetched(&idcloud).await), APPROVED);
}
