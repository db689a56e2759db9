//! A child process that submits rows, as a service does, and reports its progress.
//!
//! Must not break the journal's rules, or the journal would not be under test.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    Claim, Claimed, Conclusion, Finished, Journal as _, JournalKey, Owner, conformance,
};
use idcloud_flows::model::{Asked, Capabilities, Policy, Process, SelfieKind};
use idcloud_sqlite::SqliteJournal;

use crate::later;
use crate::wire::Wire;

/// The prefix of everything that a child prints about itself.
pub(crate) const SAID: &str = "child says ";
/// Printed after each step, on request. No test name and no other output of the harness contains
/// it.
pub(crate) const SIGN: u8 = b'#';

const LEASE: Duration = Duration::from_secs(60);

/// The last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Begin,
    Claimed,
    Dispatched,
    Sent,
    Concluded,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A child's task.
#[derive(Clone)]
pub(crate) struct Task {
    directory: PathBuf,
    rows: usize,
    workers: usize,
    time: u64,
    /// `quiet`, `tell`, `hold`, or the step after which it stops and waits to be killed.
    manner: String,
}

impl Task {
    /// The variable that holds a child's task.
    pub(crate) const VARIABLE: &str = "IDCLOUD_JOURNAL_TASK";

    pub(crate) fn new(directory: &Path, rows: usize, workers: usize, time: u64) -> Self {
        Self {
            directory: directory.to_owned(),
            rows,
            workers,
            time,
            manner: "quiet".to_owned(),
        }
    }

    pub(crate) fn stopping_at(mut self, step: Step) -> Self {
        self.manner = step.to_string();
        self
    }

    pub(crate) fn telling_each_step(mut self) -> Self {
        "tell".clone_into(&mut self.manner);
        self
    }

    /// Waits, with a request on the wire, until its input is closed.
    pub(crate) fn holding(mut self) -> Self {
        "hold".clone_into(&mut self.manner);
        self
    }

    /// The task of this process, if it is a child.
    pub(crate) fn given() -> Option<Self> {
        let text = std::env::var(Self::VARIABLE).ok()?;
        let mut words = text.splitn(5, ' ');
        let mut word = || words.next().unwrap();
        Some(Self {
            rows: word().parse().unwrap(),
            workers: word().parse().unwrap(),
            time: word().parse().unwrap(),
            manner: word().to_owned(),
            directory: word().into(),
        })
    }

    pub(crate) fn run(&self) {
        let journal = SqliteJournal::open(self.directory.join("journal.db")).unwrap();
        std::thread::scope(|scope| {
            for worker in 0..self.workers {
                let journal = &journal;
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .build()
                        .unwrap();
                    for row in (worker..self.rows).step_by(self.workers) {
                        runtime.block_on(self.submit(journal, &format!("row {row}")));
                    }
                });
            }
        });
    }

    async fn submit(&self, journal: &SqliteJournal, reference: &str) {
        let now = later(self.time);
        let key = JournalKey::from_parts(
            EnvironmentName::Local,
            "tenant",
            Flow::Identity,
            reference.parse().unwrap(),
        );
        let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
        let request = conformance::request(0);
        let claim =
            Claim::new(key, &request, asked, Policy::default(), Owner::random()).with_lease(LEASE);
        self.after(Step::Begin);
        let ticket = match journal.claim(claim, now).await.unwrap() {
            Claimed::Fresh(ticket) => ticket,
            Claimed::InFlight { .. } if self.manner == "hold" => return say("in flight"),
            _ => return,
        };
        self.after(Step::Claimed);
        journal.dispatch(&ticket, LEASE, now).await.unwrap();
        self.after(Step::Dispatched);
        Wire::of(&self.directory).send(reference);
        self.after(Step::Sent);
        if self.manner == "hold" {
            say("sent");
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        let answer = br#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3}"#;
        let Ok(Process::Final(process)) = Process::from_json(answer) else {
            return;
        };
        let finished = Finished::new(
            &process,
            asked,
            Policy::default(),
            EnvironmentName::Local,
            true,
        );
        let end = Conclusion::Finished(Box::new(finished));
        journal.conclude(&ticket, end, now).await.unwrap();
        self.after(Step::Concluded);
    }

    fn after(&self, step: Step) {
        if self.manner == step.to_string() {
            say(&self.manner);
            loop {
                std::thread::park();
            }
        }
        if self.manner == "tell" {
            let mut out = std::io::stdout().lock();
            out.write_all(&[SIGN, b'\n']).unwrap();
            out.flush().unwrap();
        }
    }
}

fn say(what: &str) {
    println!("{SAID}{what}");
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} {} {}",
            self.rows,
            self.workers,
            self.time,
            self.manner,
            self.directory.display()
        )
    }
}
