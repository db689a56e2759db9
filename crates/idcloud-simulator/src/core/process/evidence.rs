//! The evidence that a key shows of an outcome.
//!
//! Must not show evidence for which the key has no capability, nor read a clock.

use idcloud_model::Capability;

use crate::setup::capture::Face;
use crate::{Dialect, KeyProfile, Outcome};

const LIVE: i64 = 1;
const NOT_LIVE: i64 = 2;
const UNCLEAR: i64 = 0;

/// The members of an answer, independent of the dialect. A `None` does not appear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) identity: Option<&'static str>,
    pub(crate) alert: Option<&'static str>,
    /// Whether the alert appears only at the end of the process.
    pub(crate) alert_later: bool,
    pub(crate) risk_level: Option<&'static str>,
    pub(crate) score: Option<i64>,
    pub(crate) serpro: Option<i64>,
    pub(crate) liveness: Option<i64>,
    pub(crate) face_match: Option<bool>,
    pub(crate) trust: Option<&'static str>,
    /// Whether a risk score is computed, which takes time.
    pub(crate) scored: bool,
}

impl Evidence {
    /// The evidence that `key` shows of `outcome`. `face` is what the camera saw, `None` for a
    /// plain picture.
    ///
    /// - Liveness is checked by keys that have it, for any selfie: a capture shows what the camera
    ///   saw, and a plain picture the person's arranged liveness. Without the capability an answer
    ///   about identity has the value 1 all the same.
    /// - Without liveness the process ends: identity stays inconclusive, and nothing else is
    ///   evaluated.
    /// - `yes` and `no` include liveness, which most dialects then leave out.
    /// - A risk score is computed for a living face whose identity is inconclusive.
    /// - The 1:1 result is independent of the others.
    pub(crate) fn of(
        outcome: &Outcome,
        key: KeyProfile,
        dialect: Dialect,
        face: Option<Face>,
    ) -> Self {
        let liveness = match face {
            _ if !key.has(Capability::Liveness) => LIVE,
            None | Some(Face::Live) => outcome.liveness,
            Some(Face::Spoof) => NOT_LIVE,
            Some(Face::Unclear) => UNCLEAR,
        };
        let identity = if liveness == LIVE {
            outcome.identity
        } else {
            "inconclusive"
        };
        let stopped = liveness == NOT_LIVE;
        let scored =
            key.has(Capability::RiskScore) && identity == "inconclusive" && liveness == LIVE;
        let has_identity = key.has(Capability::Identity);
        let left_out = has_identity && matches!(identity, "yes" | "no") && dialect < Dialect::V2026;
        let alert = outcome
            .alert
            .filter(|_| key.has(Capability::BehaviorAlert) && !stopped);
        Self {
            identity: has_identity.then_some(identity),
            alert,
            alert_later: key.alerts_later(dialect) && !stopped,
            risk_level: risk_level(alert).filter(|_| dialect >= Dialect::V2026),
            score: outcome.score.filter(|_| scored),
            serpro: outcome
                .serpro
                .filter(|_| key.has(Capability::Serpro) && !stopped),
            liveness: (!left_out && (has_identity || key.has(Capability::Liveness)))
                .then_some(liveness),
            face_match: key.has(Capability::FaceMatch).then_some(outcome.face_match),
            trust: key
                .has(Capability::TrustDecision)
                .then(|| trust(outcome, liveness, dialect)),
            scored,
        }
    }

    /// Whether a part of the evidence is not in the create's answer.
    pub(crate) const fn takes_time(&self) -> bool {
        self.scored || self.alert_later
    }
}

/// Two of five values are published: no evidence of fraud, and the strongest. The values between
/// them are never used.
fn risk_level(alert: Option<&'static str>) -> Option<&'static str> {
    match alert {
        Some("inconclusive") => Some("approved"),
        _ => None,
    }
}

/// IDCloud's own decision: the arranged one, unless the face was not live; otherwise derived from
/// the rest.
///
/// The Mexican sandbox's subjects keep their published words in every dialect; only what follows
/// from other evidence takes the dialect's words.
fn trust(outcome: &Outcome, liveness: i64, dialect: Dialect) -> &'static str {
    let newest = dialect >= Dialect::V2026;
    let refused = if newest { "denied" } else { "reproved" };
    match (liveness, outcome.trust, outcome.identity, outcome.alert) {
        (NOT_LIVE, ..) | (LIVE, None, "no", _) => refused,
        (LIVE, Some(arranged), ..) => arranged,
        (LIVE, None, _, Some("yes")) => {
            if newest {
                "high-risk"
            } else {
                "risk-high"
            }
        }
        (LIVE, None, "yes", _) => "approved",
        _ => "inconclusive",
    }
}
