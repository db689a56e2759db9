//! A child process that submits rows under references, as a service does, and waits for pending
//! ones.
//!
//! Must not do anything that a service would not: the client is under test.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use idcloud_flows::http::testing::VirtualClock;
use idcloud_flows::http::{ApiKey, Environment, ServiceAccount, SignError, Signer};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Image, SubjectDraft};
use idcloud_flows::{IdCloud, Submission, SubmitOptions};
use idcloud_sqlite::SqliteJournal;

use crate::later;
use crate::server::Server;
use crate::trail::Trail;
use crate::watched::Watched;

/// How many rows run at once.
pub(crate) const WORKERS: usize = 4;
/// The beginning of the name of each row's person.
pub(crate) const NAME: &str = "Row Number ";

pub(crate) fn reference(row: usize) -> String {
    format!("row {row}")
}

/// A child's task.
#[derive(Clone)]
pub(crate) struct Task {
    directory: PathBuf,
    first: usize,
    end: usize,
    time: u64,
    stop_at: Option<usize>,
}

impl Task {
    /// The variable that holds a child's task.
    pub(crate) const VARIABLE: &str = "IDCLOUD_JOURNAL_CLIENT_TASK";

    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            first: 0,
            end: 1,
            time: 0,
            stop_at: None,
        }
    }

    /// The rows from `first` to the one before `end`.
    pub(crate) fn with_rows(mut self, first: usize, end: usize) -> Self {
        (self.first, self.end) = (first, end);
        self
    }

    /// Begins so many seconds after the first run.
    pub(crate) fn at(mut self, time: u64) -> Self {
        self.time = time;
        self
    }

    /// Stops after so many steps, to be killed.
    pub(crate) fn stopping_at(mut self, step: usize) -> Self {
        self.stop_at = Some(step);
        self
    }

    /// The task of this process, if it is a child.
    pub(crate) fn given() -> Option<Self> {
        let text = std::env::var(Self::VARIABLE).ok()?;
        let mut words = text.splitn(5, ' ');
        let mut word = || words.next().unwrap();
        Some(Self {
            first: word().parse().unwrap(),
            end: word().parse().unwrap(),
            time: word().parse().unwrap(),
            stop_at: word().parse().ok(),
            directory: word().into(),
        })
    }

    pub(crate) fn run(&self) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(self.submit_all());
    }

    async fn submit_all(&self) {
        let trail = Arc::new(Trail::of(&self.directory).stopping_at(self.stop_at));
        let journal = SqliteJournal::open(self.directory.join("journal.db")).unwrap();
        let journal = Watched {
            journal,
            trail: Arc::clone(&trail),
        };
        let account = ServiceAccount::with_signer("tests", "tenant", Arc::new(Signature)).unwrap();
        let idcloud = IdCloud::builder(Environment::local(account))
            .transport(Arc::new(Server(trail)))
            .clock(Arc::new(VirtualClock::starting_at(later(self.time))))
            .journal(Arc::new(journal))
            .build()
            .unwrap();
        let mut workers = tokio::task::JoinSet::new();
        for worker in 0..WORKERS {
            let rows = (self.first + worker..self.end).step_by(WORKERS);
            let idcloud = idcloud.clone();
            workers.spawn(async move {
                for row in rows {
                    submit(&idcloud, row).await;
                }
            });
        }
        while let Some(ended) = workers.join_next().await {
            ended.unwrap();
        }
    }
}

async fn submit(idcloud: &IdCloud, row: usize) {
    let key = ApiKey::new("key", "identity".parse().unwrap()).unwrap();
    let identity = idcloud.identity(key);
    let options = SubmitOptions::default().with_reference(reference(row).parse().unwrap());
    // A reference in flight is left to a later run, an ambiguous one to a person.
    if let Ok(Submission::Pending(pending)) = identity.submit(request(row), &options).await {
        let report = identity.wait(pending, Duration::from_secs(120)).await;
        assert!(report.unwrap().journal_error().is_none());
    }
}

fn request(row: usize) -> IdentityRequest {
    // A PNG header of 720 x 960 pixels, the only part that is read.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xd0\0\0\x03\xc0".to_vec();
    png.resize(1000, 0);
    let draft = SubjectDraft {
        code: Some("52998224725".to_owned().into()),
        name: Some(format!("{NAME}{row}").into()),
        ..SubjectDraft::default()
    };
    let image = Image::parse(Bytes::from(png)).unwrap();
    IdentityRequest::new(draft.parse().unwrap(), image).unwrap()
}

struct Signature;

#[async_trait::async_trait]
impl Signer for Signature {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(b"signature".to_vec())
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stop_at = self.stop_at.map_or("-".to_owned(), |step| step.to_string());
        let Self {
            first, end, time, ..
        } = self;
        write!(
            f,
            "{first} {end} {time} {stop_at} {}",
            self.directory.display()
        )
    }
}
