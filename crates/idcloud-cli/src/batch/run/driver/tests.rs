//! A run that is asked to end starts no more rows, and releases those that are not sent.
//!
//! Must not use a signal or a socket: the tests raise the request to end at an exact point.

use std::future::pending;
use std::hash::RandomState;
use std::io;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use idcloud_flows::IdCloud;
use idcloud_flows::journal::{EntryFilter, MemoryJournal, StateKind};
use idcloud_http::{CallContext, Clock as _, Operation, SystemClock, Transport, TransportError};

use super::*;
use crate::batch::run::recover;
use crate::batch::run::standing::Comparison;
use crate::config::Config;
use crate::config::connection;
use crate::config::target::Target;
use crate::output::Terminals;
use crate::verify::interrupts::{self, Counter};

/// Asks the program to end at one operation: while a token request never returns, or as a create is
/// answered. It counts as one request, as a closed terminal does.
struct Raising {
    inner: Arc<dyn Transport>,
    counter: Arc<Counter>,
    at: Option<Operation>,
}

#[async_trait]
impl Transport for Raising {
    async fn send(
        &self,
        request: Request<Bytes>,
        context: CallContext,
    ) -> Result<Response<Bytes>, TransportError> {
        let (at, operation) = (self.at, context.operation);
        let is_here = at == Some(operation);
        if is_here && operation == Operation::Token {
            self.counter.raise(interrupts::Request::HangUp);
            pending::<()>().await;
        }
        let answer = self.inner.send(request, context).await;
        if is_here {
            self.counter.raise(interrupts::Request::HangUp);
        }
        answer
    }
}

fn input(directory: &Path) -> std::path::PathBuf {
    let picture = idcloud_simulator::sample_png(720, 960, b"");
    std::fs::write(directory.join("a.png"), picture).unwrap();
    let rows: Vec<String> = (1..=8)
        .map(|number| format!("row-{number},529.982.247-25,Test Subject,a.png\n"))
        .collect();
    let path = directory.join("in.csv");
    std::fs::write(
        &path,
        "reference,cpf,name,selfie\n".to_owned() + &rows.concat(),
    )
    .unwrap();
    path
}

/// How many rows were started, how many of them ended, and the states in the journal.
async fn ran(at: Option<Operation>) -> (usize, usize, Vec<StateKind>) {
    let directory = tempfile::tempdir().unwrap();
    let path = input(directory.path());
    let (counter, interrupts) = interrupts::pair();
    let counter = Arc::new(counter);
    if at.is_none() {
        counter.raise(interrupts::Request::HangUp);
    }
    let clock: Arc<dyn idcloud_http::Clock> = Arc::new(SystemClock::new());
    let config = Config {
        target: Target::Local,
        capabilities: "identity".parse().unwrap(),
        rate: 1_000,
    };
    let connection = connection::local(&config, Arc::clone(&clock), &|inner| {
        let counter = Arc::clone(&counter);
        Arc::new(Raising { inner, counter, at })
    })
    .unwrap();
    let memory: Arc<dyn idcloud_flows::journal::Journal> = Arc::new(MemoryJournal::new());
    let idcloud =
        IdCloud::new(connection.client.clone()).remembering(Arc::clone(&memory), recover::owner());
    let comparison = Comparison {
        directory: directory.path().to_owned(),
        trust_references: false,
    };
    let job = Job {
        environment: connection.client.environment(),
        handle: idcloud.identity(connection.api_key.clone()),
        journal: Arc::clone(&memory),
        clock,
        comparison: Arc::new(comparison),
        begin_again: false,
        send_references: false,
    };
    let (mut stdout, mut stderr) = (io::sink(), io::sink());
    let mut output = Output::new(&mut stdout, &mut stderr, Terminals::default(), &|_| None);
    let driver = Driver {
        job: Arc::new(job),
        waiter: idcloud.waiter(),
        api_key: connection.api_key,
        rows: Rows::open(&path, &RandomState::new()).ok().unwrap(),
        concurrency: 2,
        wait: None,
        breaker: CircuitBreaker::new(2),
        progress: ProgressDisplay::new(8, &output),
        row_errors: RowErrors::default(),
    };
    let left = driver.run(&interrupts, &mut output).await;
    assert_eq!(left.end, End::Interrupted, "{at:?}");
    // The journal records a release in the background.
    let now = SystemClock::new().now();
    let page = memory.entries(&EntryFilter::new(), None, 100, now).await;
    let page = page.unwrap();
    let states = page.entries().iter().map(|entry| entry.state().kind());
    (left.begun, left.tally.total(), states.collect())
}

/// A run that was asked to end bills nothing more: it starts no row, a row that is not sent is
/// released, and a row that is sent runs to its end.
#[tokio::test]
async fn nothing_leaves_after_a_request_to_end() {
    assert_eq!(ran(None).await, (0, 0, Vec::new()));
    let (begun, ended, states) = ran(Some(Operation::Token)).await;
    assert_eq!((begun, ended), (2, 0));
    assert!(
        states.iter().all(|state| *state == StateKind::NotSent),
        "{states:?}"
    );
    let (begun, ended, states) = ran(Some(Operation::CreateProcess)).await;
    assert!(begun <= 2 && (1..=2).contains(&ended), "{begun} {ended}");
    let finished = states.iter().filter(|state| **state == StateKind::Finished);
    assert_eq!(finished.count(), ended, "{states:?}");
}
