//! A created process: what was found, and which status it has at a given moment.
//! Never changes after its creation; time alone decides what of it can be seen.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use idcloud_model::{Capability, PersonName, SubjectCode};
use serde::Serialize;

use super::answer::Answer;
use super::numeric_date::written_out;
use super::reaction::ScheduledEvent;
use crate::capture::Face;
use crate::{Course, KeyProfile, Outcome};

const PROCESSING: i64 = 1;
const DIVERGENCE: i64 = 2;
const COMPLETED: i64 = 3;
const CANCELED: i64 = 4;
const FAILED: i64 = 5;

const LIVE: i64 = 1;
const NOT_LIVE: i64 = 2;
const UNCLEAR: i64 = 0;

/// A process as the simulator keeps it.
#[derive(Debug)]
pub(crate) struct Process {
    id: String,
    transaction_id: String,
    tenant: String,
    begun: SystemTime,
    /// The first stage begins at once, the others after it.
    first: i64,
    later: Vec<Stage>,
    evidence: Evidence,
    person: Person,
}

/// From `after` on, the process has `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stage {
    after: Duration,
    status: i64,
}

/// Whom the process is about, for the second version of the lookup. Both types redact themselves.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) code: Option<SubjectCode>,
    pub(crate) name: Option<PersonName>,
}

/// The circumstances of a create that decide about its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) outcome: Outcome,
    pub(crate) key: KeyProfile,
    /// What was in front of the camera; `None` for a plain picture.
    pub(crate) face: Option<Face>,
    /// How long each asynchronous step takes.
    pub(crate) latency: Duration,
}

/// What the key lets its owner see. Members that are `None` do not appear.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Evidence {
    identity: Option<&'static str>,
    alert: Option<&'static str>,
    score: Option<i64>,
    serpro: Option<i64>,
    liveness: Option<i64>,
}

impl Process {
    /// Judges a create at `now`.
    pub(crate) fn begin(
        id: String,
        transaction_id: String,
        tenant: String,
        person: Person,
        circumstances: Circumstances,
        now: SystemTime,
    ) -> Self {
        let (evidence, scored) = find(circumstances);
        let (first, later) = stages(circumstances.outcome.course, scored, circumstances.latency);
        Self {
            id,
            transaction_id,
            tenant,
            begun: now,
            first,
            later,
            evidence,
            person,
        }
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether the process is `tenant`'s.
    pub(crate) fn belongs_to(&self, tenant: &str) -> bool {
        self.tenant == tenant
    }

    /// Whether it ends in status 4 or 5.
    pub(crate) fn fails(&self) -> bool {
        let last = self.later.last().map_or(self.first, |stage| stage.status);
        matches!(last, CANCELED | FAILED)
    }

    /// The answer to the create: always HTTP 200, also for a process that failed.
    pub(crate) fn created(&self) -> Answer {
        Answer::json(StatusCode::OK, &self.shown(self.first, None)).with_events(self.events())
    }

    /// The answer to a lookup at `now`: HTTP 410 for a process that failed. `details` asks for the second version.
    pub(crate) fn looked_up(&self, details: bool, now: SystemTime) -> Answer {
        let status = self.status_at(now);
        let http = if status == FAILED {
            StatusCode::GONE
        } else {
            StatusCode::OK
        };
        let details = (details && status == COMPLETED).then(|| self.details());
        Answer::json(http, &self.shown(status, details))
    }

    fn status_at(&self, now: SystemTime) -> i64 {
        let age = now.duration_since(self.begun).unwrap_or(Duration::ZERO);
        self.later
            .iter()
            .take_while(|stage| stage.after <= age)
            .last()
            .map_or(self.first, |stage| stage.status)
    }

    /// What will happen to it, in order of time.
    pub(crate) fn events(&self) -> Vec<ScheduledEvent> {
        self.later
            .iter()
            .filter_map(|stage| {
                Some(ScheduledEvent {
                    // A latency beyond the end of time is a way to say never.
                    due: self.begun.checked_add(stage.after)?,
                    process_id: self.id.clone(),
                    status: stage.status,
                })
            })
            .collect()
    }

    fn shown<'a>(&'a self, status: i64, details: Option<Details<'a>>) -> Shown<'a> {
        let evidence =
            matches!(status, PROCESSING | DIVERGENCE | COMPLETED).then_some(&self.evidence);
        let member = |read: fn(&Evidence) -> Option<&'static str>| {
            evidence.and_then(read).map(|result| Member { result })
        };
        Shown {
            id: &self.id,
            status,
            identity: member(|evidence| evidence.identity),
            alert: member(|evidence| evidence.alert),
            score: evidence
                .and_then(|evidence| evidence.score)
                .filter(|_| status == COMPLETED),
            government: evidence
                .and_then(|evidence| evidence.serpro)
                .map(|serpro| Government { serpro }),
            liveness: evidence.and_then(|evidence| evidence.liveness),
            details,
        }
    }

    fn details(&self) -> Details<'_> {
        let finished = self
            .later
            .last()
            .and_then(|stage| self.begun.checked_add(stage.after))
            .unwrap_or(self.begun);
        Details {
            transaction_id: &self.transaction_id,
            person_name: self.person.name.as_ref().map(PersonName::expose),
            person_document: self.person.code.as_ref().map(SubjectCode::expose),
            person_image: format!(
                "https://images.idcloud.invalid/{}?signature=simulated",
                self.transaction_id
            ),
            finished_at: written_out(finished),
        }
    }
}

/// What the key shows of the outcome, and whether a risk score is computed.
///
/// - A liveness that is not there ends everything: identity stays inconclusive and nothing else is looked at.
/// - Liveness is checked for captures alone, by keys that have it. Without a check, an answer about identity says 1 all the same.
/// - `yes` and `no` include liveness and leave it out.
/// - A risk score is computed for a living face whose identity is inconclusive.
fn find(circumstances: Circumstances) -> (Evidence, bool) {
    let Circumstances {
        outcome, key, face, ..
    } = circumstances;
    let checked = face.filter(|_| key.has(Capability::Liveness));
    let liveness = match checked {
        None => LIVE,
        Some(Face::Live) => outcome.liveness,
        Some(Face::Spoof) => NOT_LIVE,
        Some(Face::Unclear) => UNCLEAR,
    };
    let has_identity = key.has(Capability::Identity);
    let identity = if liveness == LIVE {
        outcome.identity
    } else {
        "inconclusive"
    };
    let stopped = liveness == NOT_LIVE;
    let scored = key.has(Capability::RiskScore) && identity == "inconclusive" && liveness == LIVE;
    let included = has_identity && matches!(identity, "yes" | "no");
    let evidence = Evidence {
        identity: has_identity.then_some(identity),
        alert: outcome
            .alert
            .filter(|_| key.has(Capability::BehaviorAlert) && !stopped),
        score: outcome.score.filter(|_| scored),
        serpro: outcome
            .serpro
            .filter(|_| key.has(Capability::Serpro) && !stopped),
        liveness: (!included && (has_identity || key.has(Capability::Liveness)))
            .then_some(liveness),
    };
    (evidence, scored)
}

/// The first status and those that follow.
fn stages(course: Course, scored: bool, latency: Duration) -> (i64, Vec<Stage>) {
    let after = |steps: u32, status| Stage {
        after: latency.saturating_mul(steps),
        status,
    };
    match course {
        Course::Straight if scored => (PROCESSING, vec![after(1, COMPLETED)]),
        Course::Divergence if scored => {
            (PROCESSING, vec![after(1, DIVERGENCE), after(2, COMPLETED)])
        }
        Course::Straight | Course::Divergence => (COMPLETED, Vec::new()),
        Course::Failure => (FAILED, Vec::new()),
        Course::LateFailure => (PROCESSING, vec![after(1, FAILED)]),
        Course::Cancellation => (PROCESSING, vec![after(1, CANCELED)]),
        Course::NeverFinal => (PROCESSING, Vec::new()),
        Course::UnlistedStatus(status) => (status, Vec::new()),
    }
}

/// The wire form, in the order of the documented samples.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    status: i64,
    #[serde(rename = "unicoId", skip_serializing_if = "Option::is_none")]
    identity: Option<Member>,
    #[serde(rename = "identityFraudsters", skip_serializing_if = "Option::is_none")]
    alert: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    government: Option<Government>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness: Option<i64>,
    #[serde(
        rename = "processAdditionalInfo",
        skip_serializing_if = "Option::is_none"
    )]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
struct Member {
    result: &'static str,
}

#[derive(Serialize)]
struct Government {
    serpro: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    transaction_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_document: Option<&'a str>,
    person_image: String,
    finished_at: String,
}
