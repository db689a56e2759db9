//! Promise: never pay twice, even if the journal cannot be written: then nothing is sent, the error
//! says why, and once it can be written again it works on.
//!
//! A full disk is simulated by a limit on the size of files, which a child process sets for itself
//! (`RLIMIT_FSIZE`): a write beyond it fails as on a full disk. Write-protected folders and files
//! are tested by a child that is not root, because root ignores the protection.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use children::Child;
use idcloud_flows::http::{
    ApiKey, CallContext, Delivery, Environment, Operation, ServiceAccount, SignError, Signer,
    Transport, TransportError,
};
use idcloud_flows::journal::{EntryFilter, Journal as _, JournalErrorKind, StateKind};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Selfie, SubjectDraft};
use idcloud_flows::{IdCloud, Submission, SubmitError, SubmitErrorKind, SubmitOptions};
use idcloud_sqlite::{SqliteJournal, SqliteReader};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Names a child's task and its directory.
const TASK: &str = "IDCLOUD_JOURNAL_NO_ROOM";
/// The user id that owns nothing.
const NOBODY: u32 = 65534;

/// Not a test of its own: the entry point of the other tests' children.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let (name, directory) = task.split_once(' ').unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    match name {
        "full" => runtime.block_on(full(Path::new(directory))),
        _ => runtime.block_on(not_allowed(Path::new(directory))),
    }
}

/// Runs a task in a process of its own, whose success is required.
fn run(mut command: Command, name: &str, directory: &Path) {
    command.env(TASK, format!("{name} {}", directory.display()));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = Child::spawn(&mut command, Duration::from_secs(120)).unwrap();
    let output = child.finish().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("1 passed"), "{told}");
}

const ARGUMENTS: [&str; 4] = ["child", "--exact", "--nocapture", "--test-threads=1"];

#[test]
fn a_disk_without_room() {
    let directory = tempfile::tempdir().unwrap();
    // Beyond the limit a process is killed unless it ignores the signal; ignored signals are
    // inherited.
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(ARGUMENTS);
    run(shell, "full", directory.path());
}

#[test]
fn without_the_right_to_write() {
    let directory = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| set_permissions(path, Permissions::from_mode(mode)).unwrap();
    // Other users may have no access to this program's folder.
    let program = directory.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let work = directory.path().join("work");
    std::fs::create_dir(&work).unwrap();
    mode(directory.path(), 0o755);
    mode(&program, 0o755);
    let mut command = Command::new(&program);
    command.args(ARGUMENTS);
    mode(&work, 0o500);
    let is_root = std::fs::write(work.join("probe"), "").is_ok();
    mode(&work, 0o700);
    if is_root {
        std::fs::remove_file(work.join("probe")).unwrap();
        chown(&work, Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    run(command, "not-allowed", &work);
}

/// Limits the size of every file that this process extends; without a limit, removes it.
fn limit_files(bytes: Option<u64>) {
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    setrlimit(Resource::RLIMIT_FSIZE, bytes.unwrap_or(hard), hard).unwrap();
}

async fn full(directory: &Path) {
    let path = directory.join("journal.db");
    limit_files(Some(0));
    let error = SqliteJournal::open(&path).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Storage);
    limit_files(None);

    let (service, journal) = Service::open(&path);
    let _ = service.submit("order-1").await.unwrap();
    let log = directory.join("journal.db-wal");
    let room = std::fs::metadata(&log).unwrap().len();
    for reference in ["order-2", "order-3"] {
        limit_files(Some(room));
        let refused = service.submit(reference).await.unwrap_err();
        assert_eq!(refused.kind(), SubmitErrorKind::Journal);
        assert_eq!(refused.delivery(), Delivery::NotSent);
        let error = refused.journal_error().unwrap();
        assert_eq!(error.kind(), JournalErrorKind::Storage);
        assert!(error.to_string().contains("has room"), "{error}");
        assert_eq!(
            service.creates(),
            1,
            "nothing is sent that nothing remembers"
        );
        // Records can be read meanwhile.
        let page = service.finished(&journal).await;
        assert_eq!(page, 1);
    }
    limit_files(None);
    for reference in ["order-2", "order-3", "order-2", "order-1"] {
        let _ = service.submit(reference).await.unwrap();
    }
    assert_eq!(service.creates(), 3);
    assert_eq!(service.finished(&journal).await, 3);

    // The disk fills when the request has been claimed already, or is on its way: its result is
    // reported, and it is never sent again.
    for steps in 1..=3 {
        let reference = format!("late-{steps}");
        let room = std::fs::metadata(&log).unwrap().len();
        limit_files(Some(room + steps * 4096));
        let first = service.submit(&reference).await;
        limit_files(None);
        let sent = service.creates();
        match &first {
            Ok(Submission::Finished(report)) if report.journal_error().is_some() => {
                // IDCloud answered, and the answer could not be recorded: it is not sent again. The
                // answer is recorded if a repetition to the journal succeeded, and unknown
                // otherwise.
                match service.submit(&reference).await {
                    Ok(again) => assert!(
                        matches!(&again, Submission::Finished(report) if report.recorded()),
                        "{steps}: {again:?}"
                    ),
                    Err(again) => assert_ne!(again.delivery(), Delivery::NotSent, "{steps}"),
                }
                assert_eq!(service.creates(), sent);
            }
            Ok(_) => {}
            Err(error) => assert_eq!(error.delivery(), Delivery::NotSent, "{steps}"),
        }
    }
}

async fn not_allowed(directory: &Path) {
    let mode = |path: &Path, mode| set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let folder = directory.join("folder");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("journal.db");
    let refused = || {
        let error = SqliteJournal::open(&path).unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Storage);
    };

    // No file can be created in the folder.
    mode(&folder, 0o500);
    refused();
    assert!(!path.exists());
    // There is a file, and it is write-protected.
    mode(&folder, 0o700);
    let (service, journal) = Service::open(&path);
    let _ = service.submit("order-1").await.unwrap();
    drop((service, journal));
    for (file, folder_mode) in [(0o400, 0o700), (0o600, 0o500), (0o400, 0o500)] {
        mode(&path, file);
        mode(&folder, folder_mode);
        refused();
        let reader = SqliteReader::open(&path).unwrap();
        let page = reader
            .entries(&EntryFilter::new(), None, 10, UNIX_EPOCH)
            .unwrap();
        assert_eq!(page.entries().len(), 1, "{file:o} {folder_mode:o}");
        drop(reader);
        // Nothing is left beside it that a later writer could not write.
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }
    // A leftover log cannot be read without its index: its content is not left out in silence.
    mode(&folder, 0o700);
    mode(&path, 0o600);
    let log = folder.join("journal.db-wal");
    std::fs::write(&log, "a log").unwrap();
    mode(&log, 0o600);
    mode(&folder, 0o500);
    let error = SqliteReader::open(&path).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Storage);

    mode(&folder, 0o700);
    std::fs::remove_file(&log).unwrap();
    let (service, journal) = Service::open(&path);
    let _ = service.submit("order-1").await.unwrap();
    assert_eq!(service.creates(), 0, "it was remembered");
    let _ = service.submit("order-2").await.unwrap();
    assert_eq!(service.finished(&journal).await, 2);
}

/// A path through a file, which no user can write, not even root.
#[test]
fn a_path_through_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = SqliteJournal::open(file.join("journal.db")).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Storage);
    let error = SqliteReader::open(file.join("journal.db")).unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Storage);
}

/// A service with the journal, and a simulated IDCloud that counts what it was sent.
struct Service {
    idcloud: IdCloud,
    world: Arc<World>,
}

#[derive(Debug, Default)]
struct World {
    creates: AtomicUsize,
}

struct Signature;

#[async_trait]
impl Signer for Signature {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(b"signature".to_vec())
    }
}

#[async_trait]
impl Transport for World {
    async fn send(
        &self,
        _: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let body = if context.operation == Operation::Token {
            r#"{"access_token":"t","expires_in":36000}"#.to_owned()
        } else {
            let number = self.creates.fetch_add(1, Ordering::Relaxed);
            format!(
                r#"{{"id":"80371b2a-3ac7-432e-866d-{number:012x}","status":3,"unicoId":{{"result":"yes"}}}}"#
            )
        };
        Ok(http::Response::new(body.into()))
    }
}

impl Service {
    fn open(path: &Path) -> (Self, Arc<SqliteJournal>) {
        let journal = Arc::new(SqliteJournal::open(path).unwrap());
        let tenant = "11111111-2222-3333-4444-555555555555";
        let account = ServiceAccount::with_signer("a", tenant, Arc::new(Signature)).unwrap();
        let world = Arc::new(World::default());
        let idcloud = IdCloud::builder(Environment::local(account))
            .transport(Arc::clone(&world) as Arc<dyn Transport>)
            .journal(Arc::clone(&journal) as _)
            .build()
            .unwrap();
        (Self { idcloud, world }, journal)
    }

    async fn submit(&self, reference: &str) -> Result<Submission, SubmitError> {
        let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xd0\0\0\x03\xc0".to_vec();
        picture.resize(1000, 0);
        let draft = SubjectDraft {
            code: Some("52998224725".to_owned().into()),
            name: Some("Test Subject".to_owned().into()),
            ..SubjectDraft::default()
        };
        let selfie = Selfie::from_input(picture.into(), UNIX_EPOCH).unwrap();
        let request = IdentityRequest::new(draft.parse().unwrap(), selfie).unwrap();
        let options = SubmitOptions::default().with_reference(reference.parse().unwrap());
        let key = ApiKey::new("key", "identity".parse().unwrap()).unwrap();
        self.idcloud.identity(key).submit(request, &options).await
    }

    fn creates(&self) -> usize {
        self.world.creates.load(Ordering::Relaxed)
    }

    /// How many references are recorded as finished.
    async fn finished(&self, journal: &SqliteJournal) -> usize {
        let filter = EntryFilter::new().with_state(StateKind::Finished);
        let now = self.idcloud.client().clock().now();
        let page = journal.entries(&filter, None, 100, now).await.unwrap();
        assert!(page.unreadable().is_empty());
        page.entries().len()
    }
}
