//! A reference belongs to the tenant, whichever of its accounts is used, and to the address to
//! which it was submitted.

use std::path::Path;
use std::time::Duration;

use idcloud_flows::Flow;
use idcloud_flows::journal::{Claim, Claimed, Journal as _, JournalKey, Origin};
use idcloud_http::{Clock as _, EnvironmentName, SystemClock};
use idcloud_model::request::{CreateRequest, IdentityRequest};
use idcloud_model::{Asked, Image, Policy, SelfieKind, Subject};
use idcloud_sqlite::SqliteJournal;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::schemas::assert_valid;
use super::support::{CPF, Files, Idcloud, NAME, PROCESS_ID, Server, TENANT, custom, run};

const HEADER: &str = "reference,cpf,name,email,phone,selfie\n";

/// Writes two people under references of their own.
fn rows(files: &Files) {
    let rows = format!(
        "{HEADER}row-1,{CPF},{NAME},,,selfie.png\nrow-2,111.444.777-35,{NAME},,,selfie.png\n"
    );
    files.write("in.csv", rows.as_bytes());
}

fn batch(files: &Files, url: &str) -> Idcloud {
    custom(files, url, ["batch", "run"])
        .arg(files.path("in.csv"))
        .arg("--journal")
        .arg(files.path("batch.db"))
        .arg("--output")
        .arg(files.path("out.csv"))
}

fn onboard(files: &Files, url: &str) -> Idcloud {
    super::support::onboard(files, url)
        .args(["--reference", "row-1", "--selfie"])
        .arg(files.path("selfie.png"))
        .arg("--journal")
        .arg(files.path("batch.db"))
}

fn journal<const N: usize>(files: &Files, arguments: [&str; N]) -> Idcloud {
    Idcloud::new(arguments)
        .arg("--journal")
        .arg(files.path("batch.db"))
}

/// No second payment for a new account, nor for a tenant's id in capitals: in batches, in their dry
/// runs, and in single commands.
#[tokio::test(flavor = "multi_thread")]
async fn another_account_is_told_what_the_first_began() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}});
    let yes = ResponseTemplate::new(200).set_body_json(yes);
    server.on_creates([yes]).await;
    rows(&files);
    let first = run(batch(&files, &server.url())).await;
    assert_eq!((first.code, server.creates().await), (0, 2), "{first}");
    let capitals = TENANT.to_ascii_uppercase();
    assert_ne!(capitals, TENANT, "an id without letters proves nothing");
    for changed in [
        ("IDCLOUD_ACCOUNT", "another"),
        ("IDCLOUD_TENANT_ID", &capitals),
    ] {
        let changed = |command: Idcloud| command.env(changed.0, changed.1);
        let dry = changed(batch(&files, &server.url()).arg("--dry-run"));
        let dry = run(dry.args(["--format", "json"])).await;
        assert_eq!(dry.object()["creates"], 0, "{dry}");
        assert_eq!(dry.stderr, "", "{dry}");
        let again = run(changed(batch(&files, &server.url()))).await;
        assert_eq!((again.code, again.stderr.as_str()), (0, ""), "{again}");
        let known = run(changed(onboard(&files, &server.url()))).await;
        assert_eq!(known.object()["recorded"], true, "{known}");
        assert_eq!(server.creates().await, 2, "{again}");
    }
    let list = run(journal(&files, ["journal", "list", "--format", "json"])).await;
    assert_eq!(list.stdout.lines().count(), 2, "{list}");
    for line in list.stdout.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_valid("journal-entry", &entry);
        assert!(entry["account"].as_str().unwrap().contains('@'), "{entry}");
        assert_eq!(entry["origin"], server.url(), "{entry}");
    }
}

/// Leaves a reference claimed or dispatched, as a killed program does.
async fn left_in_hand(path: &Path, origin: Option<&Origin>, dispatched: bool) {
    let journal = SqliteJournal::open(path).unwrap();
    let mut picture =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xd0\0\0\x03\xc0\x08\x02\0\0\0".to_vec();
    picture.resize(2_000, 7);
    let selfie = Image::from_input(picture.into()).unwrap();
    let subject = Subject::new(CPF.parse::<idcloud_model::Cpf>().unwrap());
    let subject = subject.with_name(NAME.parse().unwrap());
    let request: CreateRequest = IdentityRequest::new(subject, selfie).unwrap().into();
    let asked = Asked::new("identity".parse().unwrap(), SelfieKind::Image);
    let custom = EnvironmentName::Custom;
    let key = JournalKey::from_parts(custom, TENANT, Flow::Identity, "row-1".parse().unwrap());
    let owner = "somebody".parse().unwrap();
    let mut claim = Claim::new(key.at(origin), &request, asked, Policy::default(), owner);
    claim.origin = origin.cloned();
    let now = SystemClock::new().now();
    let Claimed::Fresh(ticket) = journal.claim(claim, now).await.unwrap() else {
        panic!("a new reference is fresh");
    };
    if dispatched {
        let lease = Duration::from_secs(3600);
        journal.dispatch(&ticket, lease, now).await.unwrap();
    }
}

/// A row that was submitted to one custom address is refused at another, and both are named;
/// nothing is sent. The same holds for a record of an earlier version without an address, until a
/// person names it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_of_another_place_is_refused() {
    let one = "https://one.example";
    for (origin, kind) in [(Some(one), "other-origin"), (None, "origin-unknown")] {
        let files = Files::new();
        // A single row: no server listens at the other address, and another row would be retried
        // several times.
        files.write(
            "in.csv",
            format!("{HEADER}row-1,{CPF},{NAME},,,selfie.png\n").as_bytes(),
        );
        let origin: Option<Origin> = origin.map(|origin| origin.parse().unwrap());
        left_in_hand(&files.path("batch.db"), origin.as_ref(), true).await;
        let other = "https://other.example";
        let single = run(onboard(&files, other)).await;
        assert_eq!(single.code, 2, "{single}");
        let error = single.error();
        assert_eq!(error["kind"], kind, "{single}");
        assert_eq!(error["delivery"], "unknown", "{single}");
        assert!(single.stderr.contains(other), "{single}");
        let batch = run(batch(&files, other)).await;
        assert_eq!(batch.code, 2, "{batch}");
        assert!(batch.stderr.contains(other), "{batch}");
        if origin.is_some() {
            assert!(single.stderr.contains(one), "{single}");
            assert!(batch.stderr.contains(one), "{batch}");
            continue;
        }
        let name = [
            "journal",
            "name-origin",
            "https://ONE.example/base",
            "--format",
            "json",
        ];
        let named = run(journal(&files, name)).await;
        assert_valid("named-origin", &named.object());
        let expected = json!({"origin": one, "namedEntries": 1});
        assert_eq!(named.object(), expected, "{named}");
        let single = run(onboard(&files, other)).await;
        assert_eq!(single.error()["kind"], "other-origin", "{single}");
        let nonsense = run(journal(&files, ["journal", "name-origin", "one.example"])).await;
        assert_eq!(nonsense.code, 2, "{nonsense}");
    }
}

/// A person who knows that a program is dead releases its references: not sent if it was only
/// claimed, ambiguous if it may have been sent. A reference that no program holds has no owner.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_dead() {
    for (dispatched, state) in [(false, "not-sent"), (true, "ambiguous")] {
        let files = Files::new();
        left_in_hand(&files.path("batch.db"), None, dispatched).await;
        let settle = ["journal", "settle", "row-1", "--resend"];
        let refused = run(journal(&files, settle)).await;
        assert_eq!(refused.code, 3, "{refused}");
        assert!(refused.stderr.contains("--owner-is-dead"), "{refused}");
        let dead = ["journal", "settle", "row-1", "--owner-is-dead"];
        let json = |command: Idcloud| command.args(["--format", "json"]);
        let settled = run(json(journal(&files, dead))).await;
        assert_eq!(settled.object()["state"], state, "{settled}");
        let again = run(journal(&files, dead)).await;
        assert_eq!(again.code, 3, "{again}");
        assert!(again.stderr.contains("is not in flight"), "{again}");
        if dispatched {
            let resend = run(json(journal(&files, settle))).await;
            assert_eq!(resend.object()["state"], "resend", "{resend}");
        }
    }
}
