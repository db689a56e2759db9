//! Never pay twice: a reference belongs to the tenant, not to one of its accounts; in a custom
//! environment it is valid at the origin where it was submitted.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{Endpoints, Environment, ServiceAccount};
use idcloud_flows::journal::{
    EntryFilter, Journal as _, JournalErrorKind, Origin, Settlement, State,
};
use idcloud_flows::model::SelfieKind::Image;
use idcloud_flows::{
    Flow, IdCloud, Pending, Submission, SubmitError, SubmitErrorKind, SubmitOptions,
};

use crate::support::{OTHER_ID, Question, Signature, answer, building, key as api_key, pending};
use crate::watched_journal::{WatchedJournal, reference};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;
const PROCESSING: &str = r#""status":1"#;
const TENANT: &str = "11111111-2222-3333-4444-abcdefabcdef";

fn identity() -> Question {
    Question::new(Flow::Identity, "", Image)
}

fn under_reference() -> SubmitOptions {
    SubmitOptions::default().with_reference(reference())
}

fn account(name: &str, tenant_id: &str) -> ServiceAccount {
    ServiceAccount::with_signer(name, tenant_id, Arc::new(Signature)).unwrap()
}

/// A program of this account with this journal.
fn program(
    environment: Environment,
    script: &Arc<ScriptedTransport>,
    journal: &Arc<WatchedJournal>,
) -> IdCloud {
    IdCloud::builder(environment)
        .transport(script.clone())
        .clock(Arc::new(VirtualClock::new()))
        .journal(journal.clone())
        .build()
        .unwrap()
}

fn local(name: &str, tenant_id: &str) -> Environment {
    Environment::local(account(name, tenant_id))
}

fn custom(api_url: &str) -> Environment {
    let endpoints = Endpoints::parse(api_url, "https://identity.example").unwrap();
    Environment::custom(endpoints, account("a", TENANT))
}

fn told(submission: Result<Submission, SubmitError>) -> &'static str {
    match submission {
        Ok(Submission::Finished(_)) => "finished",
        Ok(Submission::Pending(_)) => "pending",
        Err(error) => error.kind().as_str(),
    }
}

/// The recorded state of [`TENANT`]'s reference.
async fn state(journal: &WatchedJournal, idcloud: &IdCloud) -> &'static str {
    let remembered = idcloud.account_journal().unwrap();
    let key = remembered.key(Flow::Identity, &reference());
    let now = idcloud.client().clock().now();
    let entry = journal.inner.entry(&key, now).await.unwrap();
    entry.map_or("-", |entry| entry.state().kind().as_str())
}

/// Neither a new account nor the tenant's id in capitals pays again, in one program or in another.
#[tokio::test(start_paused = true)]
async fn rotation_pays_no_reference_twice() {
    let capitals = TENANT.to_ascii_uppercase();
    for (first, outcome) in [
        (answer(YES), "finished"),
        (answer(PROCESSING), "pending"),
        (Step::json(502, ""), "ambiguous"),
    ] {
        for (name, tenant_id) in [("b", TENANT), ("a", &*capitals), ("b", &*capitals)] {
            for restarts in [false, true] {
                let script = ScriptedTransport::new().call(first.clone());
                let script = Arc::new(script.every_call(answer(YES)));
                let journal = WatchedJournal::new();
                let mut idcloud = program(local("a", TENANT), &script, &journal);
                let _ = identity().submit(&idcloud, &under_reference()).await;
                let rotated = local(name, tenant_id);
                if restarts {
                    idcloud = program(rotated, &script, &journal);
                } else {
                    idcloud.client().replace_credentials(rotated).unwrap();
                }
                let again = identity().submit(&idcloud, &under_reference()).await;
                assert_eq!(told(again), outcome, "{name}@{tenant_id}");
                assert_eq!(script.calls().len(), 1, "{name}@{tenant_id}: {outcome}");
                let remembered = idcloud.account_journal().unwrap();
                let everything = EntryFilter::new();
                let page = remembered.entries(&everything, None, 10).await.unwrap();
                let [entry] = page.entries() else {
                    panic!("{page:?}");
                };
                let account = format!("a@{TENANT}.iam.acesso.io");
                assert_eq!(entry.record().account(), Some(&*account));
            }
        }
    }
}

/// Another account settles what the first one left ambiguous.
#[tokio::test(start_paused = true)]
async fn another_account_settles() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(502, "")));
    let journal = WatchedJournal::new();
    let first = program(local("a", TENANT), &script, &journal);
    let _ = identity().submit(&first, &under_reference()).await;
    let second = program(local("b", TENANT), &script, &journal);
    let remembered = second.account_journal().unwrap();
    let found = Settlement::Found("80371b2a-3ac7-432e-866d-57fe37896ac6".parse().unwrap());
    let entry = remembered.settle(Flow::Identity, &reference(), found).await;
    assert!(entry.unwrap().unwrap().pending().is_some());
}

/// A wait that runs when the account is replaced records its verdict, and so does one that begins
/// afterwards.
#[tokio::test(start_paused = true)]
async fn waits_outlast_a_rotation() {
    for begins_before in [true, false] {
        for crowd in [true, false] {
            let script = Arc::new(ScriptedTransport::new().every_call(answer(PROCESSING)));
            let journal = WatchedJournal::new();
            let idcloud = program(local("a", TENANT), &script, &journal);
            let submission = identity().submit(&idcloud, &under_reference()).await;
            let first: Pending = pending(submission.unwrap());
            let rotate = || {
                let rotated = idcloud.client().replace_credentials(local("b", TENANT));
                rotated.unwrap();
                script.push_call(answer(YES));
            };
            let (key, limit) = (api_key(""), Duration::from_secs(600));
            let handle = idcloud.identity(key.clone());
            let mut waiter = idcloud.waiter();
            if !begins_before {
                rotate();
            }
            let wait = async {
                if crowd {
                    waiter.add(first, &key, limit).unwrap();
                    waiter.next().await.unwrap()
                } else {
                    handle.wait(first, limit).await
                }
            };
            let rotation = async {
                idcloud
                    .client()
                    .clock()
                    .sleep(Duration::from_secs(20))
                    .await;
                if begins_before {
                    rotate();
                }
            };
            let (report, ()) = tokio::join!(wait, rotation);
            assert!(report.unwrap().journal_error().is_none());
            let state = state(&journal, &idcloud).await;
            assert_eq!(state, "finished", "before: {begins_before}, crowd: {crowd}");
        }
    }
}

/// Another tenant sees nothing of it, settles nothing, and may use the reference itself.
#[tokio::test(start_paused = true)]
async fn tenants_of_one_journal_are_kept_apart() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(502, "")));
    let journal = WatchedJournal::new();
    let one = program(local("a", TENANT), &script, &journal);
    let two = program(local("a", OTHER_ID), &script, &journal);
    let submission = identity().submit(&one, &under_reference()).await;
    assert_eq!(submission.unwrap_err().kind(), SubmitErrorKind::Call);
    let (flow, everything) = (Flow::Identity, EntryFilter::new());
    let other = two.account_journal().unwrap();
    let page = other.entries(&everything, None, 10).await.unwrap();
    assert!(page.entries().is_empty());
    assert!(other.entry(flow, &reference()).await.unwrap().is_none());
    let settled = other.settle(flow, &reference(), Settlement::Resend).await;
    assert_eq!(settled.unwrap_err().kind(), JournalErrorKind::NotFound);
    let own = one.account_journal().unwrap();
    let page = own.entries(&everything, None, 10).await.unwrap();
    assert_eq!(page.entries().len(), 1);
    let _ = identity().submit(&two, &under_reference()).await;
    assert_eq!(script.calls().len(), 2);
}

/// A result of one custom environment is never returned in another: the reference is refused there,
/// and both origins are named. An address on this machine is a place of its own.
#[tokio::test(start_paused = true)]
async fn a_custom_place_is_named() {
    let one = "https://gateway.example";
    for (api_url, outcome, calls) in [
        ("https://GATEWAY.example:443/base", "finished", 1),
        ("https://mock.example", "other-origin", 1),
        ("https://gateway.example:8443", "other-origin", 1),
        ("http://127.0.0.1:8080", "finished", 2),
    ] {
        for first in [answer(YES), answer(PROCESSING), Step::json(502, "")] {
            let script = ScriptedTransport::new().call(first.clone());
            let script = Arc::new(script.every_call(answer(YES)));
            let journal = WatchedJournal::new();
            let here = program(custom(one), &script, &journal);
            let before = told(identity().submit(&here, &under_reference()).await);
            let there = program(custom(api_url), &script, &journal);
            let again = identity().submit(&there, &under_reference()).await;
            assert_eq!(script.calls().len(), calls, "{api_url}");
            if let Err(error) = &again
                && error.kind() == SubmitErrorKind::OtherOrigin
            {
                assert_eq!(error.delivery().as_str(), "unknown");
                let origin: Origin = api_url.parse().unwrap();
                let between = error.journal_error().unwrap().between();
                assert_eq!(between, Some([one, origin.as_str()]));
                let shown = error.to_string();
                assert!(shown.contains(one) && shown.contains(origin.as_str()));
            }
            if outcome == "other-origin" || before == "finished" || calls == 2 {
                assert_eq!(told(again), outcome, "{api_url}");
            }
        }
    }
}

/// A process is waited for where it was created.
#[tokio::test(start_paused = true)]
async fn a_process_of_another_place() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(PROCESSING)));
    let journal = WatchedJournal::new();
    let here = program(custom("https://gateway.example"), &script, &journal);
    let submission = identity().submit(&here, &under_reference()).await;
    let stored = serde_json::to_string(&pending(submission.unwrap())).unwrap();
    let there = program(custom("https://mock.example"), &script, &journal);
    let mut waiter = there.waiter();
    let resumed: Pending = serde_json::from_str(&stored).unwrap();
    assert!(
        waiter
            .add(resumed, &api_key(""), Duration::from_secs(1))
            .is_err()
    );
    // An earlier version did not record the origin.
    let mut older: serde_json::Value = serde_json::from_str(&stored).unwrap();
    let members = older.as_object_mut().unwrap();
    members.remove("origin");
    members.remove("tenant");
    members.insert("version".to_owned(), 1.into());
    let issuer = format!("a@{}.iam.acesso.io", TENANT.to_ascii_uppercase());
    members.insert("issuer".to_owned(), issuer.into());
    let older: Pending = serde_json::from_value(older).unwrap();
    assert!(
        waiter
            .add(older, &api_key(""), Duration::from_secs(1))
            .is_ok()
    );
}

/// A submission of an account that is gone is recorded as that account's, and its successor's retry
/// as its own.
#[tokio::test(start_paused = true)]
async fn who_submitted_it_is_shown() {
    let script = Arc::new(ScriptedTransport::new().every_call(answer(r#""status":4"#)));
    let journal = WatchedJournal::new();
    let idcloud = building(script.clone(), "a")
        .journal(journal.clone())
        .build()
        .unwrap();
    let _ = identity().submit(&idcloud, &under_reference()).await;
    let rotated = local("b", OTHER_ID);
    idcloud.client().replace_credentials(rotated).unwrap();
    let again = under_reference().with_begin_again(true);
    let _ = identity().submit(&idcloud, &again).await;
    let entry = journal.entry_now(&idcloud, Flow::Identity).await.unwrap();
    let account = format!("b@{OTHER_ID}.iam.acesso.io");
    assert_eq!(entry.record().account(), Some(&*account));
    assert!(matches!(entry.state(), State::Finished(_)));
}
