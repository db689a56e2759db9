//! The caller's code may panic; the submission's resources are released, and the next one works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{Environment, ServiceAccount, SignError, Signer};
use idcloud_flows::model::Process;
use idcloud_flows::model::SelfieKind::Image;
use idcloud_flows::{Flow, IdCloud, IdentityVerification, SubmitOptions};

use crate::support::{CPF, OTHER_ID, Question, answer, building, key, request};
use crate::watched_journal::{WatchedJournal, reference};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;

/// Submits once in a task of its own, where it panics.
async fn panics(identity: IdentityVerification) {
    let ended = tokio::spawn(async move {
        let options = SubmitOptions::default();
        let _ = identity
            .submit(request(CPF, crate::support::image()), &options)
            .await;
    });
    assert!(ended.await.unwrap_err().is_panic());
}

/// After a panic one permit is free again, no submission counts as running, and the next one is
/// answered.
async fn works(idcloud: &IdCloud) {
    let question = Question::new(Flow::Identity, "", Image);
    assert!(
        question
            .submit(idcloud, &SubmitOptions::default())
            .await
            .is_ok()
    );
    assert_eq!(idcloud.drain(Duration::ZERO).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics() {
    let script = ScriptedTransport::new()
        .call(Step::Panic)
        .every_call(answer(YES));
    let idcloud = building(Arc::new(script), "a")
        .max_in_flight(1)
        .build()
        .unwrap();
    panics(idcloud.identity(key(""))).await;
    works(&idcloud).await;
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics() {
    let script = ScriptedTransport::new().every_call(answer(YES));
    let idcloud = building(Arc::new(script), "a")
        .max_in_flight(1)
        .build()
        .unwrap();
    let observe = Arc::new(|_: &Process| panic!("the observer panics"));
    panics(idcloud.identity(key("")).with_observer(observe)).await;
    works(&idcloud).await;
}

/// A paid process is recorded before the caller's code sees it.
#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_loses_no_process() {
    for (capabilities, answers, state) in [
        ("", vec![answer(YES)], "finished"),
        ("", vec![answer(r#""status":1"#)], "pending"),
        ("identity,behavior-alert", vec![answer(YES)], "pending"),
        ("", vec![answer(r#""status":5"#)], "finished"),
    ] {
        let script = answers
            .into_iter()
            .fold(ScriptedTransport::new(), ScriptedTransport::call);
        let journal = WatchedJournal::new();
        let idcloud = building(Arc::new(script), "a")
            .journal(journal.clone())
            .build()
            .unwrap();
        let observe = Arc::new(|_: &Process| panic!("the observer panics"));
        let identity = idcloud.identity(key(capabilities)).with_observer(observe);
        let ended = tokio::spawn(async move {
            let options = SubmitOptions::default().with_reference(reference());
            let _ = identity
                .submit(request(CPF, crate::support::image()), &options)
                .await;
        });
        assert!(ended.await.unwrap_err().is_panic());
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, state);
    }
}

/// Panics the first time.
#[derive(Debug, Default)]
struct Panicking(AtomicBool);

#[async_trait::async_trait]
impl Signer for Panicking {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        assert!(self.0.swap(true, Ordering::Relaxed), "the signer panics");
        Ok(b"signature".to_vec())
    }
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_panics() {
    let script = ScriptedTransport::new().every_call(answer(YES));
    let signer = Arc::new(Panicking::default());
    let account = ServiceAccount::with_signer("a", OTHER_ID, signer).unwrap();
    let idcloud = IdCloud::builder(Environment::local(account))
        .transport(Arc::new(script))
        .clock(Arc::new(VirtualClock::new()))
        .max_in_flight(1)
        .build()
        .unwrap();
    panics(idcloud.identity(key(""))).await;
    works(&idcloud).await;
}
