//! An outcome in the JSON of the rules.
//! Must not accept words other than the documented ones, and one that no document lists.

use std::time::Duration;

use idcloud_model::SubjectCode;
use serde::Deserialize;

use super::rules::{RulesError, span};
use crate::{Course, Outcome, Paper};

/// How long a slow process takes by default.
const SLOW: Duration = Duration::from_secs(60);

/// The people it is for, and their outcome.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Arranged {
    code: Option<String>,
    ends_with: Option<String>,
    identity: Option<Identity>,
    liveness: Option<i64>,
    alert: Option<Alert>,
    score: Option<i64>,
    serpro: Option<i64>,
    face_match: Option<bool>,
    trust: Option<Trust>,
    document: Option<Drawn>,
    course: Option<Way>,
    /// How long a slow process takes.
    after: Option<String>,
    status: Option<i64>,
}

/// The people an outcome is for.
pub(super) enum Whom {
    /// One person.
    Code(SubjectCode),
    /// Everyone whose code ends with this text; an empty text means everyone.
    Ending(String),
}

/// A word of the wire format, or one that no document lists.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Identity {
    Yes,
    No,
    Inconclusive,
    UnderReview,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Alert {
    /// The member is missing although the key has the capability.
    Absent,
    Yes,
    Suspicious,
    Inconclusive,
    UnderReview,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    Straight,
    Divergence,
    Slow,
    Failure,
    FailureOnce,
    LateFailure,
    Cancellation,
    NeverFinal,
}

/// IDCloud's own decision, in both documented vocabularies.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Trust {
    Approved,
    Inconclusive,
    Retry,
    Denied,
    Reproved,
    HighRisk,
    RiskHigh,
    CriticalRisk,
    RiskCritical,
    UnderReview,
}

impl Trust {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Inconclusive => "inconclusive",
            Self::Retry => "retry",
            Self::Denied => "denied",
            Self::Reproved => "reproved",
            Self::HighRisk => "high-risk",
            Self::RiskHigh => "risk-high",
            Self::CriticalRisk => "critical-risk",
            Self::RiskCritical => "risk-critical",
            Self::UnderReview => "under-review",
        }
    }
}

/// What a document proves to be.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Drawn {
    Own,
    OtherNumber,
    OtherFace,
    Unreadable,
}

impl Arranged {
    pub(super) fn parse(self) -> Result<(Whom, Outcome), RulesError> {
        let whom = match (self.code, self.ends_with) {
            (Some(code), None) => Whom::Code(code.parse().map_err(|_| RulesError::Code)?),
            (None, ending) => Whom::Ending(ending.unwrap_or_default()),
            (Some(_), Some(_)) => return Err(RulesError::Whom),
        };
        let mut outcome = match self.identity.unwrap_or(Identity::Inconclusive) {
            Identity::Yes => Outcome::YES,
            Identity::No => Outcome::NO,
            Identity::Inconclusive => Outcome::INCONCLUSIVE,
            Identity::UnderReview => Outcome::identity("under-review"),
        };
        if let Some(liveness) = self.liveness {
            outcome = outcome.with_liveness(liveness);
        }
        if let Some(alert) = self.alert {
            outcome = outcome.with_alert(match alert {
                Alert::Absent => None,
                Alert::Yes => Some("yes"),
                Alert::Suspicious => Some("suspicious"),
                Alert::Inconclusive => Some("inconclusive"),
                Alert::UnderReview => Some("under-review"),
            });
        }
        if let Some(score) = self.score {
            outcome = outcome.with_score(score);
        }
        if let Some(serpro) = self.serpro {
            outcome = outcome.with_serpro(serpro);
        }
        if let Some(face_match) = self.face_match {
            outcome = outcome.with_face_match(face_match);
        }
        if let Some(trust) = self.trust {
            outcome = outcome.with_trust(trust.as_str());
        }
        if let Some(document) = self.document {
            outcome = outcome.with_paper(match document {
                Drawn::Own => Paper::Own,
                Drawn::OtherNumber => Paper::OtherNumber,
                Drawn::OtherFace => Paper::OtherFace,
                Drawn::Unreadable => Paper::Unreadable,
            });
        }
        let after = span(self.after)?;
        let course = match (self.status, self.course) {
            (Some(status), _) => Course::UnlistedStatus(status),
            (None, None | Some(Way::Straight)) => Course::Straight,
            (None, Some(Way::Divergence)) => Course::Divergence,
            (None, Some(Way::Slow)) => Course::Slow(after.unwrap_or(SLOW)),
            (None, Some(Way::FailureOnce)) => Course::FailureOnce,
            (None, Some(Way::Failure)) => Course::Failure,
            (None, Some(Way::LateFailure)) => Course::LateFailure,
            (None, Some(Way::Cancellation)) => Course::Cancellation,
            (None, Some(Way::NeverFinal)) => Course::NeverFinal,
        };
        Ok((whom, outcome.with_course(course)))
    }
}
