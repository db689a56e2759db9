//! Promise: never pay twice after an upgrade. A file that kept the accounts of a tenant apart is
//! migrated to the newest version with all its content, by tenant; it is refused, and stays
//! unchanged, if two accounts hold one reference.
//!
//! `samples/version-3.db` was written by the version that had these keys. Its fingerprints must
//! match for ever, whatever is changed later in the requests.

#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    Claim, Claimed, EntryFilter, Fingerprint, Journal as _, JournalError, JournalErrorKind,
    JournalKey, Origin, StateKind,
};
use idcloud_flows::model::request::{
    ComparisonRequest, CreateRequest, DocumentRequest, IdentityRequest, LivenessRequest, Purpose,
};
use idcloud_flows::model::{
    Asked, Capabilities, CaptureToken, Policy, ProcessId, Selfie, SelfieKind, Subject, SubjectDraft,
};
use idcloud_sqlite::{SqliteJournal, SqliteReader};

const FIRST: &str = "service-a@Tenant-ONE.iam.acesso.io";
const SECOND: &str = "service-b@tenant-one.iam.acesso.io";

/// After every time in the file.
fn later() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_900_000_000)
}

fn key(environment: EnvironmentName, flow: Flow, reference: &str) -> JournalKey {
    JournalKey::from_parts(environment, "TENANT-one", flow, reference.parse().unwrap())
}

/// A copy of the file.
fn older_file(directory: &Path) -> PathBuf {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/version-3.db");
    let path = directory.join("journal.db");
    std::fs::copy(sample, &path).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    path
}

/// A copy, changed by hand.
fn changed(directory: &Path, change: &str) -> PathBuf {
    let path = older_file(directory);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(change).unwrap();
    path
}

/// Copies a row of the first account to the second.
fn twice(reference: &str, state: &str) -> String {
    format!(
        "INSERT INTO submission SELECT environment, '{SECOND}', flow, '{reference}', state, lease_until, changed_at + 1, record
         FROM submission WHERE environment = 'uat' AND issuer LIKE '%@tenant-one.%' AND reference = '{state}'"
    )
}

fn picture(filling: u8) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
    bytes.resize(300, filling);
    bytes
}

fn id(number: u32) -> ProcessId {
    format!("00000000-0000-4000-8000-{number:012}")
        .parse()
        .unwrap()
}

/// The requests that were submitted under these references.
fn requests() -> [(&'static str, Flow, CreateRequest); 6] {
    let text = |text: &str| Some(text.to_owned().into());
    let draft = SubjectDraft {
        code: text("52998224725"),
        name: text("Test Subject"),
        email: text("nobody@mail.example"),
        phone: text("+55 (11) 98765-4321"),
        ..SubjectDraft::default()
    };
    let subject = || -> Subject { draft.parse().unwrap() };
    let selfie = || Selfie::from_input(picture(7).into(), UNIX_EPOCH).unwrap();
    let token = || CaptureToken::parse("eyJhbGciOiJSUzI1NiJ9.e30.SAMPLESAMPLESAMPLE", UNIX_EPOCH);
    let identity = IdentityRequest::new(subject(), selfie()).unwrap();
    let by_token = IdentityRequest::new(subject(), token().unwrap()).unwrap();
    let branch = "11111111-2222-3333-4444-555555555555".parse().unwrap();
    let comparison = ComparisonRequest::new(id(90), selfie()).with_subject(subject());
    let pages = [picture(9).into()];
    let purpose = Purpose::ONBOARDING;
    let capture = DocumentRequest::capture(subject(), purpose.clone(), id(90), pages).unwrap();
    let document = "00000000-0000-4000-8000-000000000091".parse().unwrap();
    let reuse = DocumentRequest::reuse(subject(), purpose, id(90), document);
    [
        (
            "identity",
            Flow::Identity,
            identity.with_use_case("Onboarding".parse().unwrap()).into(),
        ),
        ("token", Flow::Identity, by_token.into()),
        (
            "liveness",
            Flow::Liveness,
            LivenessRequest::new(token().unwrap())
                .with_subsidiary_id(branch)
                .into(),
        ),
        ("comparison", Flow::Comparison, comparison.into()),
        ("capture", Flow::Document, capture.into()),
        ("reuse", Flow::Document, reuse.into()),
    ]
}

fn claim(key: JournalKey, request: &CreateRequest) -> Claim {
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let owner = "tests".parse().unwrap();
    Claim::new(key, request, asked, Policy::default(), owner)
}

fn opened(path: &Path) -> Result<SqliteJournal, JournalError> {
    SqliteJournal::open(path)
}

/// A program that submits the same requests again gets the recorded answers: by the newest version,
/// in the tenant's name.
#[tokio::test]
async fn fingerprints_go_on_matching() {
    let directory = tempfile::tempdir().unwrap();
    let journal = opened(&older_file(directory.path())).unwrap();
    for (reference, flow, request) in requests() {
        let key = key(EnvironmentName::Uat, flow, reference);
        let entry = journal.entry(&key, later()).await.unwrap().unwrap();
        let fingerprint = entry.record().fingerprint();
        // For a reused document the older versions stored a shorter fingerprint.
        let kept = Fingerprint::earlier_of(&request).unwrap_or_else(|| Fingerprint::of(&request));
        assert_eq!(fingerprint, kept, "{reference}");
        assert_eq!(entry.record().account(), Some(FIRST));
        let known = journal.claim(claim(key, &request), later()).await;
        assert!(matches!(known, Ok(Claimed::Finished(_))), "{reference}");
    }
}

/// Every record is there under the tenant, with the account that submitted it, also for a reader of
/// the old file.
#[tokio::test]
async fn everything_is_the_tenants() {
    let directory = tempfile::tempdir().unwrap();
    let path = older_file(directory.path());
    let everything = EntryFilter::new().with_environment(EnvironmentName::Uat);
    let tenant = everything.clone().with_tenant("tenant-ONE");
    let looked = SqliteReader::open(&path).unwrap();
    let before = looked.entries(&tenant, None, 100, later()).unwrap();
    let one = key(EnvironmentName::Uat, Flow::Identity, "pending");
    assert!(looked.entry(&one, later()).unwrap().is_some());
    drop(looked);
    let journal = opened(&path).unwrap();
    let after = journal.entries(&tenant, None, 100, later()).await.unwrap();
    assert_eq!(after, before);
    let of_second: Vec<_> = after
        .entries()
        .iter()
        .filter(|entry| entry.record().account() == Some(SECOND))
        .map(|entry| (entry.key().reference().as_str(), entry.state().kind()))
        .collect();
    assert_eq!(
        of_second,
        [
            ("ambiguous", StateKind::Ambiguous),
            ("claimed", StateKind::NotSent),
            ("dispatched", StateKind::Ambiguous),
            ("failed-before", StateKind::Ambiguous),
            ("pending", StateKind::Pending),
            ("refused", StateKind::NotSent),
            ("resend", StateKind::Resend),
        ]
    );
    let everybody = journal.entries(&everything, None, 100, later()).await;
    let everybody = everybody.unwrap().entries().len();
    assert_eq!(everybody, after.entries().len() + 1, "another tenant's");
    // A pending process belongs to the tenant too, so any of its waits records its end.
    let entry = journal.entry(&one, later()).await.unwrap().unwrap();
    let pending = entry.pending().unwrap();
    let stored = serde_json::to_value(pending).unwrap();
    assert_eq!(stored["tenant"], "tenant-one");
}

/// Two accounts that hold one reference are named, and nothing is changed: a person has to choose.
#[tokio::test]
async fn two_accounts_of_a_tenant() {
    for state in ["identity", "resend", "ambiguous", "claimed", "dispatched"] {
        let directory = tempfile::tempdir().unwrap();
        let reference = if state == "identity" { state } else { "token" };
        let path = changed(directory.path(), &twice(reference, state));
        let bytes = std::fs::read(&path).unwrap();
        for _ in 0..2 {
            let error = opened(&path).unwrap_err();
            assert_eq!(error.kind(), JournalErrorKind::TwoAccounts, "{state}");
            assert_eq!(error.between(), Some([FIRST, SECOND]));
            let shown = error.to_string();
            assert!(shown.contains(FIRST) && shown.contains(SECOND), "{shown}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{state}");
        // Both can be read, and once one is removed the journal opens.
        let looked = SqliteReader::open(&path).unwrap();
        let filter = EntryFilter::new().with_environment(EnvironmentName::Uat);
        let filter = filter.with_tenant("tenant-one");
        let filter = filter.with_reference(reference.parse().unwrap());
        let page = looked.entries(&filter, None, 10, later()).unwrap();
        assert_eq!(page.entries().len(), 2, "{state}");
        drop(looked);
        let connection = rusqlite::Connection::open(&path).unwrap();
        let gone = "DELETE FROM submission WHERE issuer = ?1 AND reference = ?2";
        connection.execute(gone, [SECOND, reference]).unwrap();
        drop(connection);
        opened(&path).unwrap();
    }
}

/// A submission of one account that was refused, or never sent, holds no reference: the other's
/// entry counts.
#[tokio::test]
async fn what_was_never_sent_holds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = changed(directory.path(), &twice("identity", "refused"));
    let journal = opened(&path).unwrap();
    let key = key(EnvironmentName::Uat, Flow::Identity, "identity");
    let entry = journal.entry(&key, later()).await.unwrap().unwrap();
    assert_eq!(entry.state().kind(), StateKind::Finished);
    assert_eq!(entry.record().account(), Some(FIRST));
}

/// An unreadable record counts as sent, also beside another account's.
#[tokio::test]
async fn a_damaged_record_holds_its_reference() {
    let directory = tempfile::tempdir().unwrap();
    let damage = format!(
        "{}; UPDATE submission SET record = '{{' WHERE issuer = '{SECOND}' AND reference = 'identity'",
        twice("identity", "refused")
    );
    let path = changed(directory.path(), &damage);
    let error = opened(&path).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::TwoAccounts);
}

/// A submission of an earlier version to a custom environment is refused at any address, until a
/// person names its origin.
#[tokio::test]
async fn custom_places_of_an_older_file() {
    let [(_, _, request), ..] = requests();
    let claim_at = |reference: &str, origin: &Origin| {
        let key = key(EnvironmentName::Custom, Flow::Identity, reference);
        let mut claim = claim(key.at(Some(origin)), &request);
        claim.origin = Some(origin.clone());
        claim
    };
    let gateway: Origin = "https://gateway.example".parse().unwrap();
    let here: Origin = "http://127.0.0.1:8080".parse().unwrap();
    for (named, other) in [(&gateway, &here), (&here, &gateway)] {
        let directory = tempfile::tempdir().unwrap();
        let journal = opened(&older_file(directory.path())).unwrap();
        for reference in ["finished", "pending"] {
            for origin in [&gateway, &here] {
                let refused = journal.claim(claim_at(reference, origin), later()).await;
                let kind = refused.unwrap_err().kind();
                assert_eq!(kind, JournalErrorKind::OriginUnknown, "{origin}");
            }
        }
        assert_eq!(journal.name_origin(named.clone()).await.unwrap(), 3);
        assert_eq!(journal.name_origin(other.clone()).await.unwrap(), 0);
        let known = journal.claim(claim_at("finished", named), later()).await;
        assert!(matches!(known, Ok(Claimed::Finished(_))), "{known:?}");
        let known = journal.claim(claim_at("pending", named), later()).await;
        let Ok(Claimed::Pending(pending)) = known else {
            panic!("{known:?}");
        };
        let key = claim_at("pending", named).key;
        let entry = journal.entry(&key, later()).await.unwrap().unwrap();
        assert_eq!(entry.record().origin(), Some(named));
        assert_eq!(entry.record().process_id(), Some(pending.process_id()));
        let stored = serde_json::to_value(&pending).unwrap();
        assert_eq!(stored["origin"], named.as_str());
        // Another origin is another place, and an origin on this machine is a place of its own.
        let elsewhere = journal.claim(claim_at("finished", other), later()).await;
        if named.is_on_this_machine() || other.is_on_this_machine() {
            assert!(matches!(elsewhere, Ok(Claimed::Fresh(_))), "{elsewhere:?}");
        }
    }
}
