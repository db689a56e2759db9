//! A created process: its findings, and its status at a given time.
//!
//! Must not change after its creation; only the time decides which part of it is visible.

pub(crate) mod document;
pub(crate) mod document_store;
pub(crate) mod evidence;
pub(crate) mod single_use;
pub(crate) mod store;

use std::time::{Duration, SystemTime};

use http::StatusCode;
use idcloud_model::{PersonName, SubjectCode, limits};

use crate::core::fault::reaction::ScheduledEvent;
use crate::core::process::document::Document;
use crate::core::process::evidence::Evidence;
use crate::core::wire::answer::Answer;
use crate::core::wire::render::Shown;
use crate::{Course, Dialect};

pub(crate) const PROCESSING: i64 = 1;
pub(crate) const DIVERGENCE: i64 = 2;
pub(crate) const COMPLETED: i64 = 3;
const CANCELED: i64 = 4;
const FAILED: i64 = 5;

/// The score from which IDCloud allows a kept document to be used again.
const REUSE_SCORE: i64 = 50;

/// A process in the simulator.
#[derive(Debug)]
pub(crate) struct Process {
    id: String,
    transaction_id: String,
    tenant: String,
    dialect: Dialect,
    begun: SystemTime,
    /// The first stage begins at the creation, the others later.
    first: i64,
    later: Vec<Stage>,
    finding: Finding,
    person: Person,
}

/// From `after` on, the process has `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stage {
    after: Duration,
    status: i64,
}

/// The person that the process is about. Both types redact themselves.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) code: Option<SubjectCode>,
    pub(crate) name: Option<PersonName>,
}

/// The finding of a process.
#[derive(Clone, Debug)]
pub(crate) enum Finding {
    /// About a face.
    Face(Evidence),
    /// About a document.
    Document(Document),
}

/// The inputs that decide about a process.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) id: String,
    pub(crate) transaction_id: String,
    pub(crate) tenant: String,
    pub(crate) dialect: Dialect,
    pub(crate) person: Person,
    pub(crate) finding: Finding,
    pub(crate) course: Course,
    /// Whether it ends after the create's answer, even if no part of it takes time.
    pub(crate) late: bool,
    /// How long each asynchronous step takes.
    pub(crate) latency: Duration,
}

/// How much a process proves about the holder of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Proof {
    /// Nothing: it is another person's, not completed, refused, or too old.
    None,
    /// The person was present.
    Presence,
    /// The person is the holder of the number.
    Holder,
}

impl Process {
    /// Creates the process at `now`.
    pub(crate) fn begin(beginning: Beginning, now: SystemTime) -> Self {
        let (takes_time, scored) = match &beginning.finding {
            Finding::Face(evidence) => (evidence.takes_time(), evidence.scored),
            Finding::Document(_) => (beginning.dialect.answers_later(), false),
        };
        let takes_time = takes_time || beginning.late;
        let (first, later) = stages(beginning.course, takes_time, scored, beginning.latency);
        Self {
            id: beginning.id,
            transaction_id: beginning.transaction_id,
            tenant: beginning.tenant,
            dialect: beginning.dialect,
            begun: now,
            first,
            later,
            finding: beginning.finding,
            person: beginning.person,
        }
    }

    /// Its id, in lower case.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The id of its selfie, which differs from its own.
    pub(crate) fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// The dialect of its answers.
    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The person that it is about.
    pub(crate) const fn person(&self) -> &Person {
        &self.person
    }

    /// Its finding.
    pub(crate) const fn finding(&self) -> &Finding {
        &self.finding
    }

    /// Whether the process belongs to `tenant`.
    pub(crate) fn belongs_to(&self, tenant: &str) -> bool {
        self.tenant == tenant
    }

    /// Whether it ends in status 4 or 5.
    pub(crate) fn fails(&self) -> bool {
        let last = self.later.last().map_or(self.first, |stage| stage.status);
        matches!(last, CANCELED | FAILED)
    }

    /// Whether a face can be compared with this process's.
    pub(crate) const fn has_face(&self) -> bool {
        matches!(self.finding, Finding::Face(_))
    }

    /// The answer to the create: always HTTP 200, also for a process that failed.
    pub(crate) fn created(&self) -> Answer {
        Answer::json(StatusCode::OK, &Shown::new(self, self.first, false))
            .with_events(self.events())
    }

    /// The answer to a lookup at `now`: HTTP 410 for a failed process. `details` asks for the
    /// second version.
    pub(crate) fn looked_up(&self, details: bool, now: SystemTime) -> Answer {
        let status = self.status_at(now);
        let http = if status == FAILED {
            StatusCode::GONE
        } else {
            StatusCode::OK
        };
        Answer::json(http, &Shown::new(self, status, details))
    }

    /// What it proves about `code` at `now`.
    pub(crate) fn proof(&self, code: &SubjectCode, now: SystemTime) -> Proof {
        let Finding::Face(evidence) = &self.finding else {
            return Proof::None;
        };
        let age = now.duration_since(self.last_change()).unwrap_or_default();
        let refused = evidence.identity == Some("no")
            || evidence.liveness == Some(2)
            || evidence.face_match == Some(false);
        if self.person.code.as_ref() != Some(code)
            || self.status_at(now) != COMPLETED
            || age > limits::AUTH_PROCESS_LIFE
            || refused
        {
            return Proof::None;
        }
        let held = evidence.identity == Some("yes")
            || evidence.score.is_some_and(|score| score >= REUSE_SCORE);
        if held { Proof::Holder } else { Proof::Presence }
    }

    /// When its last stage begins.
    pub(crate) fn last_change(&self) -> SystemTime {
        self.later
            .last()
            .and_then(|stage| self.begun.checked_add(stage.after))
            .unwrap_or(self.begun)
    }

    fn status_at(&self, now: SystemTime) -> i64 {
        let age = now.duration_since(self.begun).unwrap_or(Duration::ZERO);
        self.later
            .iter()
            .take_while(|stage| stage.after <= age)
            .last()
            .map_or(self.first, |stage| stage.status)
    }

    /// Its future changes, in order of time.
    pub(crate) fn events(&self) -> Vec<ScheduledEvent> {
        self.later
            .iter()
            .filter_map(|stage| {
                Some(ScheduledEvent {
                    // A latency beyond the largest `SystemTime` means never.
                    due: self.begun.checked_add(stage.after)?,
                    process_id: self.id.clone(),
                    status: stage.status,
                })
            })
            .collect()
    }
}

/// The first status and the later ones. `takes_time`: a part of the answer comes later; `scored`:
/// that part is a score.
fn stages(course: Course, takes_time: bool, scored: bool, latency: Duration) -> (i64, Vec<Stage>) {
    let at = |after, status| Stage { after, status };
    let after = |steps: u32, status| at(latency.saturating_mul(steps), status);
    match course {
        Course::Divergence if scored => {
            (PROCESSING, vec![after(1, DIVERGENCE), after(2, COMPLETED)])
        }
        Course::Straight | Course::Divergence | Course::FailureOnce if takes_time => {
            (PROCESSING, vec![after(1, COMPLETED)])
        }
        Course::Straight | Course::Divergence | Course::FailureOnce => (COMPLETED, Vec::new()),
        Course::Slow(span) => (PROCESSING, vec![at(span, COMPLETED)]),
        Course::Failure => (FAILED, Vec::new()),
        Course::LateFailure => (PROCESSING, vec![after(1, FAILED)]),
        Course::Cancellation => (PROCESSING, vec![after(1, CANCELED)]),
        Course::NeverFinal => (PROCESSING, Vec::new()),
        Course::UnlistedStatus(status) => (status, Vec::new()),
    }
}
