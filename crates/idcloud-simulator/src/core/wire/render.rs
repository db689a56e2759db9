//! Renders a process in the form of its dialect.
//!
//! Must not show what the process's status does not make visible yet.

use std::borrow::Cow;

use idcloud_model::{PersonName, SubjectCode};
use serde::Serialize;
use serde_json::Value;

use crate::Dialect;
use crate::core::process::evidence::Evidence;
use crate::core::process::{COMPLETED, DIVERGENCE, Finding, PROCESSING, Process};
use crate::encoding::time_format::written_out;

/// The wire form, in the order of the documented samples.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown<'a> {
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    #[serde(rename = "idCloud", skip_serializing_if = "Option::is_none")]
    trust: Option<Member>,
    #[serde(rename = "unicoId", skip_serializing_if = "Option::is_none")]
    identity: Option<Member>,
    #[serde(rename = "identityFraudsters", skip_serializing_if = "Option::is_none")]
    alert: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk_level: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biometry_token: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    government: Option<Government>,
    #[serde(skip_serializing_if = "Option::is_none")]
    liveness: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Value>,
    #[serde(
        rename = "processAdditionalInfo",
        skip_serializing_if = "Option::is_none"
    )]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
struct Member {
    result: Cow<'static, str>,
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

impl<'a> Shown<'a> {
    /// `process` at `status`; with the person's data if `details` are requested and it is complete.
    pub(crate) fn new(process: &'a Process, status: i64, details: bool) -> Self {
        let dialect = process.dialect();
        let mut shown = Self {
            id: if dialect == Dialect::V2023 {
                process.id().to_ascii_uppercase().into()
            } else {
                process.id().into()
            },
            status: Some(status),
            ..Self::default()
        };
        if !matches!(status, PROCESSING | DIVERGENCE | COMPLETED) {
            return shown;
        }
        let complete = status == COMPLETED;
        match process.finding() {
            Finding::Face(evidence) => shown.face(evidence, dialect, complete),
            Finding::Document(document) => {
                shown.document = Some(document.shown(dialect, complete, process));
            }
        }
        if details && complete {
            shown.status = Some(status);
            shown.details = Some(Details::of(process));
        }
        shown
    }

    fn face(&mut self, evidence: &Evidence, dialect: Dialect, complete: bool) {
        let member = |result: &'static str| Member {
            result: if dialect == Dialect::V2023 {
                capitalised(result).into()
            } else {
                result.into()
            },
        };
        self.identity = evidence.identity.map(member);
        self.alert = evidence
            .alert
            .filter(|_| complete || !evidence.alert_later)
            .map(member);
        self.government = evidence.serpro.map(|serpro| Government { serpro });
        self.liveness = evidence.liveness;
        if !complete {
            return;
        }
        self.score = evidence.score;
        self.risk_level = evidence.risk_level.map(member);
        // Its words are those of the Trust pages in every generation.
        self.trust = evidence.trust.map(|result| Member {
            result: result.into(),
        });
        if dialect >= Dialect::V2025 {
            self.biometry_token = evidence.face_match.map(|same| Member {
                result: if same { "true" } else { "false" }.into(),
            });
        } else {
            self.authenticated = evidence.face_match;
        }
        let alone = Evidence {
            face_match: evidence.face_match,
            liveness: evidence.liveness,
            ..Evidence::default()
        };
        // The oldest 1:1 answer is the only one without a status.
        if dialect == Dialect::V2023 && evidence.face_match.is_some() && *evidence == alone {
            self.status = None;
        }
    }
}

impl<'a> Details<'a> {
    fn of(process: &'a Process) -> Self {
        Self {
            transaction_id: process.transaction_id(),
            person_name: process.person().name.as_ref().map(PersonName::expose),
            person_document: process.person().code.as_ref().map(SubjectCode::expose),
            person_image: format!(
                "https://images.idcloud.invalid/{}?signature=simulated",
                process.transaction_id()
            ),
            finished_at: written_out(process.last_change()),
        }
    }
}

/// `yes` in the spelling of the first generation: `Yes`.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}
