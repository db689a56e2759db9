//! One row of a batch's output.
//!
//! Its keys, their order and their values are public interface. Must not hold content of a
//! document, and of unknown members only the names.

use idcloud_flows::{Pending, Report};
use serde::Serialize;
use serde_json::Value;

use crate::batch::run::outcome::Outcome;
use crate::failure::ErrorObject;
use crate::output::result_object::{Context, DocumentObject, MismatchObject, ResultObject};

/// The result of one row.
#[derive(Serialize)]
pub(crate) struct RowObject<'a> {
    pub(crate) reference: Option<&'a str>,
    pub(crate) outcome: Outcome,
    #[serde(flatten)]
    pub(crate) result: RowResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorObject<'a>>,
}

/// The result's keys; null where there is no result.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RowResult {
    environment: Option<&'static str>,
    simulated: Option<bool>,
    process_id: Option<String>,
    status: Option<&'static str>,
    decision: Option<&'static str>,
    scenario: Option<&'static str>,
    explanation: Option<String>,
    identity: Value,
    liveness: Value,
    behavior_alert: Value,
    risk_score: Value,
    serpro_similarity: Value,
    face_match: Option<bool>,
    trust_decision: Value,
    risk_level: Value,
    document: Option<DocumentObject>,
    additional_info: Value,
    mismatches: Option<Vec<MismatchObject>>,
    recorded: Option<bool>,
    pub(super) journal_error: Option<String>,
    unknown: Option<Vec<String>>,
}

/// The columns of CSV, equal to the keys of JSON.
pub(crate) const COLUMNS: [&str; 24] = [
    "reference",
    "outcome",
    "environment",
    "simulated",
    "processId",
    "status",
    "decision",
    "scenario",
    "explanation",
    "identity",
    "liveness",
    "behaviorAlert",
    "riskScore",
    "serproSimilarity",
    "faceMatch",
    "trustDecision",
    "riskLevel",
    "document",
    "additionalInfo",
    "mismatches",
    "recorded",
    "journalError",
    "unknown",
    "error",
];

/// Columns that earlier versions did not write, latest first. Each older header leaves out one more
/// entry of this list.
const ADDED: [&[&str]; 2] = [&["mismatches"], &["recorded", "journalError"]];

/// The headers of this version and of earlier versions.
fn headers() -> impl Iterator<Item = Vec<&'static str>> {
    (0..=ADDED.len()).map(|versions| {
        let missing = ADDED.iter().take(versions).copied().flatten();
        let is_there = |column: &&str| !missing.clone().any(|missing| missing == column);
        COLUMNS.into_iter().filter(is_there).collect()
    })
}

/// Whether this or an earlier version wrote results with this header.
pub(crate) fn is_header<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let names: Vec<_> = names.collect();
    headers().any(|header| header == names)
}

/// Whether this or an earlier version wrote rows with these keys. `error` is present only in rows
/// that have one.
pub(crate) fn are_keys<'a>(keys: impl Iterator<Item = &'a str>) -> bool {
    let mut keys: Vec<_> = keys.filter(|key| *key != "error").collect();
    keys.sort_unstable();
    headers().any(|mut header| {
        header.retain(|column| *column != "error");
        header.sort_unstable();
        header == keys
    })
}

impl From<ResultObject> for RowResult {
    fn from(result: ResultObject) -> Self {
        Self {
            environment: result.environment,
            simulated: result.simulated,
            process_id: Some(result.process_id),
            status: Some(result.status),
            decision: Some(result.decision),
            scenario: Some(result.scenario),
            explanation: Some(result.explanation),
            identity: result.identity,
            liveness: result.liveness,
            behavior_alert: result.behavior_alert,
            risk_score: result.risk_score,
            serpro_similarity: result.serpro_similarity,
            face_match: result.face_match,
            trust_decision: result.trust_decision,
            risk_level: result.risk_level,
            document: result.document.map(DocumentObject::without_content),
            additional_info: result.additional_info,
            mismatches: Some(result.mismatches),
            recorded: Some(result.recorded),
            journal_error: result.journal_error,
            unknown: Some(result.unknown.into_iter().map(|(name, _)| name).collect()),
        }
    }
}

impl RowResult {
    /// Whether a simulator answered.
    pub(crate) fn is_simulated(&self) -> bool {
        self.simulated == Some(true)
    }

    /// The result of a row that is ambiguous although an answer named a process.
    pub(crate) fn doubted(process_id: &str) -> Self {
        Self {
            process_id: Some(process_id.to_owned()),
            ..Self::default()
        }
    }

    /// The same result, marked as answered by this run: the journal only stored it until the
    /// results were written.
    pub(crate) const fn answered_now(mut self) -> Self {
        self.recorded = Some(false);
        self
    }

    /// The result of a final process.
    pub(crate) fn reported(environment: &'static str, report: &Report) -> Self {
        ResultObject::reported(environment, false, report).into()
    }

    /// The result of a process that is not final.
    pub(crate) fn waiting(environment: &'static str, pending: &Pending) -> Self {
        let context = Context {
            environment: Some(environment),
            simulated: Some(pending.simulated()),
            reveal: false,
        };
        ResultObject::remembered(context, pending).into()
    }
}

impl RowObject<'_> {
    /// The row as cells of CSV, in the order of [`COLUMNS`]: texts unchanged, lists and objects as
    /// JSON.
    pub(crate) fn cells(&self) -> Result<Vec<String>, serde_json::Error> {
        let mut object = serde_json::to_value(self)?;
        COLUMNS
            .iter()
            .map(
                |column| match (*column, object.get_mut(*column).map(Value::take)) {
                    (_, None | Some(Value::Null)) => Ok(String::new()),
                    (_, Some(Value::String(text))) => Ok(text),
                    // Serialized from the struct: a `Value` would lose the order of their keys.
                    ("mismatches", _) => serde_json::to_string(&self.result.mismatches),
                    ("document", _) => serde_json::to_string(&self.result.document),
                    ("error", _) => serde_json::to_string(&self.error),
                    (_, Some(other)) => Ok(other.to_string()),
                },
            )
            .collect()
    }
}
