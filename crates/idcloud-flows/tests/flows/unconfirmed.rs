//! Never pay for nothing, and never pay twice: an id from a broken answer, or from a refusal, is
//! pending until a poll decides.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{Endpoints, Environment, ServiceAccount};
use idcloud_flows::journal::Settlement;
use idcloud_flows::model::{Decision, SelfieKind};
use idcloud_flows::{Flow, IdCloud, Pending, SubmitOptions, WaitErrorKind};

use crate::support::{
    ID, OTHER_ID, Question, Signature, answer, building, key, pending, process_id,
};
use crate::watched_journal::{WatchedJournal, reference};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;
const LIMIT: Duration = Duration::from_secs(120);

fn question() -> Question {
    Question::new(Flow::Identity, "identity", SelfieKind::Image)
}

fn under() -> SubmitOptions {
    SubmitOptions::default().with_reference(reference())
}

/// A create's answer that breaks off after its id.
fn cut_off() -> Step {
    Step::json(200, format!(r#"{{"id":"{ID}","status":3,"unico"#))
}

/// A refusal that names a process.
fn refused(status: u16) -> Step {
    Step::json(status, format!(r#"{{"id":"{ID}","status":5}}"#))
}

fn unknown() -> Step {
    Step::json(404, r#"{"error":{"code":"50001"}}"#)
}

/// A submission whose create is answered so, and every lookup so.
async fn submitted(
    create: Step,
    lookups: Step,
) -> (
    IdCloud,
    Arc<WatchedJournal>,
    Arc<ScriptedTransport>,
    Pending,
) {
    let script = Arc::new(ScriptedTransport::new().call(create).every_call(lookups));
    let journal = WatchedJournal::new();
    let idcloud = building(script.clone(), "a")
        .journal(journal.clone())
        .build()
        .unwrap();
    let submission = question().submit(&idcloud, &under()).await.unwrap();
    (idcloud, journal, script, pending(submission))
}

/// A poll confirms it: an existing process is judged as any other, and its reference is finished.
#[tokio::test(start_paused = true)]
async fn a_look_confirms_it() {
    for create in [cut_off(), refused(429), refused(409), refused(500)] {
        let (idcloud, journal, script, known) = submitted(create, answer(YES)).await;
        assert!(known.is_unconfirmed());
        assert_eq!(known.process_id(), &process_id(ID));
        assert_eq!(script.calls().len(), 1, "it is not sent again");
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, "pending");
        // It is stored as unconfirmed, and the next submission returns the same.
        let stored = serde_json::to_string(&known).unwrap();
        assert!(stored.contains(r#""unconfirmed":true"#), "{stored}");
        assert_eq!(serde_json::from_str::<Pending>(&stored).unwrap(), known);
        let again = question().submit(&idcloud, &under()).await.unwrap();
        assert!(pending(again).is_unconfirmed());
        let report = idcloud.identity(key("identity")).wait(known, LIMIT).await;
        assert_eq!(report.unwrap().verdict().decision(), Decision::Approve);
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, "finished");
        assert_eq!(script.calls().len(), 2);
    }
}

/// A verdict cannot be misread: a process from a simulator's broken answer is simulated from the
/// beginning, and stored so. In the local environment every answer is simulated, whatever a
/// transport omits.
#[tokio::test(start_paused = true)]
async fn a_simulators_mark_is_kept() {
    let marked = || cut_off().with_header("idcloud-simulated", "true");
    for (place, create, simulated) in [
        ("custom", cut_off(), false),
        ("custom", marked(), true),
        ("local", cut_off(), true),
    ] {
        let script = Arc::new(ScriptedTransport::new().every_call(create));
        let account = ServiceAccount::with_signer("a", OTHER_ID, Arc::new(Signature)).unwrap();
        let url = "https://idcloud.invalid";
        let environment = match place {
            "local" => Environment::local(account),
            _ => Environment::custom(Endpoints::parse(url, url).unwrap(), account),
        };
        let idcloud = IdCloud::builder(environment)
            .transport(script)
            .clock(Arc::new(VirtualClock::new()))
            .build()
            .unwrap();
        let options = SubmitOptions::default();
        let known = pending(question().submit(&idcloud, &options).await.unwrap());
        assert_eq!(known.simulated(), simulated, "{place}");
        let stored = serde_json::to_string(&known).unwrap();
        let read: Pending = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.simulated(), simulated, "{place}");
    }
}

/// An older form reads as confirmed: only confirmed processes were stored.
#[tokio::test(start_paused = true)]
async fn an_older_form_is_read() {
    let (_, _, _, known) = submitted(answer(r#""status":1"#), unknown()).await;
    let stored = serde_json::to_string(&known).unwrap();
    assert!(!stored.contains("unconfirmed"), "{stored}");
    assert!(
        !serde_json::from_str::<Pending>(&stored)
            .unwrap()
            .is_unconfirmed()
    );
}

/// A process that does not exist thirty seconds later, or a malformed id, makes the reference
/// ambiguous: never free, and never sent again.
#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_ambiguous() {
    let no_id = Step::json(400, r#"{"error":{"code":"20023"}}"#);
    for (lookup, after) in [(unknown(), 30), (no_id, 0)] {
        let (idcloud, journal, script, known) = submitted(cut_off(), lookup).await;
        let clock = Arc::clone(idcloud.client().clock());
        let began = clock.instant();
        let waited = idcloud.identity(key("identity")).wait(known, LIMIT).await;
        let error = waited.unwrap_err();
        assert_eq!(error.kind(), WaitErrorKind::Ambiguous);
        assert!(clock.instant() - began >= Duration::from_secs(after));
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, "ambiguous");
        let remembered = idcloud.account_journal().unwrap();
        let entry = remembered.entry(Flow::Identity, &reference()).await;
        let entry = entry.unwrap().unwrap();
        assert_eq!(
            entry.record().doubted(),
            Some(&process_id(ID)),
            "its id is kept"
        );
        let calls = script.calls().len();
        let again = question().submit(&idcloud, &under()).await;
        assert!(again.is_err());
        assert_eq!(script.calls().len(), calls, "nothing is sent");
    }
}

/// A process that IDCloud has returned is never doubted again, and another error decides nothing.
#[tokio::test(start_paused = true)]
async fn what_was_seen_is_not_doubted() {
    let (idcloud, journal, script, known) = submitted(answer(r#""status":1"#), unknown()).await;
    let waited = idcloud.identity(key("identity")).wait(known, LIMIT).await;
    assert_eq!(waited.unwrap_err().kind(), WaitErrorKind::Refused);
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "pending");
    drop(script);
    let (idcloud, journal, _, known) = submitted(cut_off(), Step::json(403, "")).await;
    let waited = idcloud.identity(key("identity")).wait(known, LIMIT).await;
    assert_eq!(waited.unwrap_err().kind(), WaitErrorKind::Refused);
    assert_eq!(journal.state(&idcloud, Flow::Identity).await, "pending");
}

/// A person may settle it at any time, also with the process that the answer named.
#[tokio::test(start_paused = true)]
async fn a_person_may_settle_it() {
    for (settlement, state, found) in [
        (
            Settlement::Found(process_id(OTHER_ID)),
            "pending",
            Some(OTHER_ID),
        ),
        (Settlement::Found(process_id(ID)), "pending", Some(ID)),
        (Settlement::Resend, "resend", None),
    ] {
        let (idcloud, journal, _, _) = submitted(cut_off(), unknown()).await;
        let remembered = idcloud.account_journal().unwrap();
        let settled = remembered
            .settle(Flow::Identity, &reference(), settlement)
            .await;
        let entry = settled.unwrap().unwrap();
        assert_eq!(journal.state(&idcloud, Flow::Identity).await, state);
        let held = entry.pending().map(|pending| {
            assert!(!pending.is_unconfirmed());
            pending.process_id().clone()
        });
        assert_eq!(held, found.map(process_id));
    }
}
