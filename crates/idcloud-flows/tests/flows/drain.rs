//! Graceful shutdown: new submissions are refused, running ones are waited for and counted.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, VirtualClock};
use idcloud_flows::http::{Clock as _, Delivery};
use idcloud_flows::model::SelfieKind::Image;
use idcloud_flows::{Flow, SubmitErrorKind, SubmitOptions};

use crate::support::{Question, against, answer, pending};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;

/// Running submissions may end; others are refused and nothing is sent for them.
#[tokio::test(start_paused = true)]
async fn draining_waits_for_what_began_and_refuses_the_rest() {
    for (answered_after, deadline, left) in [(5, 10, 0), (20, 10, 1), (5, 0, 1)] {
        let slow = answer(YES).after(Duration::from_secs(answered_after));
        let script = Arc::new(ScriptedTransport::new().every_call(slow));
        let idcloud = against(&script);
        let question = Question::new(Flow::Identity, "", Image);
        let options = SubmitOptions::default();
        let began = {
            let (idcloud, options) = (idcloud.clone(), options.clone());
            tokio::spawn(async move { question.submit(&idcloud, &options).await.is_ok() })
        };
        let clock = VirtualClock::new();
        clock.sleep(Duration::from_secs(1)).await;

        let started = clock.instant();
        let still = idcloud.drain(Duration::from_secs(deadline)).await;
        assert_eq!(still, left);
        let expected = deadline.min(answered_after - 1);
        assert_eq!((clock.instant() - started).as_secs(), expected);

        let error = question.submit(&idcloud, &options).await.unwrap_err();
        assert_eq!(error.kind(), SubmitErrorKind::Draining);
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(began.await.unwrap());
        assert_eq!(script.calls().len(), 1);
    }
}

/// A drain does not wait for a submission whose future was dropped, and waits go on.
#[tokio::test(start_paused = true)]
async fn dropped_submissions_are_counted_out_and_waits_go_on() {
    let slow = answer(YES).after(Duration::from_secs(20));
    let script = Arc::new(
        ScriptedTransport::new()
            .call(answer(r#""status":1"#))
            .call(slow)
            .every_call(answer(YES)),
    );
    let idcloud = against(&script);
    let question = Question::new(Flow::Identity, "", Image);
    let options = SubmitOptions::default();
    let first = pending(question.submit(&idcloud, &options).await.unwrap());
    let clock = VirtualClock::new();
    tokio::select! {
        _ = question.submit(&idcloud, &options) => panic!("answered too early"),
        () = clock.sleep(Duration::from_secs(1)) => {}
    }
    assert_eq!(idcloud.drain(Duration::ZERO).await, 0);
    let identity = idcloud.identity(crate::support::key(""));
    let report = identity.wait(first, Duration::from_secs(60)).await.unwrap();
    assert_eq!(report.verdict().decision().as_str(), "approve");
}
