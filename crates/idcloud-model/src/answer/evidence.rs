//! The typed content of an answer, before it is judged.
//!
//! Must not lose anything: members that this version does not know are kept and can be listed.

use std::fmt;

use serde_json::Value;

use crate::answer::face_match::Match;
use crate::{
    AdditionalInfo, BehaviorAlert, Document, FaceMatch, IdentityResult, LivenessResult, RiskLevel,
    RiskScore, Serpro, TrustDecision,
};

/// The content of an answer. Results count only in a final process with status 3;
/// [`decide`](crate::decide) enforces that.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    pub(crate) identity: Option<IdentityResult>,
    pub(crate) liveness: Option<LivenessResult>,
    pub(crate) behavior_alert: Option<BehaviorAlert>,
    pub(crate) risk_score: Option<RiskScore>,
    pub(crate) serpro: Option<Serpro>,
    pub(crate) authenticated: Option<Match>,
    pub(crate) biometry_token: Option<Match>,
    pub(crate) trust_decision: Option<TrustDecision>,
    pub(crate) risk_level: Option<RiskLevel>,
    pub(crate) document: Option<Box<Document>>,
    pub(crate) additional_info: Option<Box<AdditionalInfo>>,
    /// A member came twice with different values.
    pub(crate) conflicting: bool,
    /// A member reports an error.
    pub(crate) error: bool,
    pub(crate) unknown: UnknownMembers,
}

impl Evidence {
    /// `unicoId.result`.
    #[must_use]
    pub const fn identity(&self) -> Option<&IdentityResult> {
        self.identity.as_ref()
    }

    /// `liveness` unchanged; [`LivenessReading`](crate::LivenessReading) interprets it.
    #[must_use]
    pub const fn liveness(&self) -> Option<&LivenessResult> {
        self.liveness.as_ref()
    }

    /// `identityFraudsters.result`.
    #[must_use]
    pub const fn behavior_alert(&self) -> Option<&BehaviorAlert> {
        self.behavior_alert.as_ref()
    }

    /// `score`.
    #[must_use]
    pub const fn risk_score(&self) -> Option<&RiskScore> {
        self.risk_score.as_ref()
    }

    /// `government.serpro`.
    #[must_use]
    pub const fn serpro(&self) -> Option<&Serpro> {
        self.serpro.as_ref()
    }

    /// The 1:1 result, from `authenticated` or `biometryToken.result`.
    #[must_use]
    pub fn face_match(&self) -> Option<FaceMatch<'_>> {
        FaceMatch::of(self.authenticated.as_ref(), self.biometry_token.as_ref())
    }

    /// `idCloud.result`.
    #[must_use]
    pub const fn trust_decision(&self) -> Option<&TrustDecision> {
        self.trust_decision.as_ref()
    }

    /// `riskLevel.result`.
    #[must_use]
    pub const fn risk_level(&self) -> Option<&RiskLevel> {
        self.risk_level.as_ref()
    }

    /// `document`.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.document.as_deref()
    }

    /// `processAdditionalInfo`, which only version 2 of the process endpoint returns.
    #[must_use]
    pub fn additional_info(&self) -> Option<&AdditionalInfo> {
        self.additional_info.as_deref()
    }

    /// Whether a member came twice with different values; such an answer is never an approval.
    #[must_use]
    pub const fn is_conflicting(&self) -> bool {
        self.conflicting
    }

    /// Whether the answer reports an error, at its top level or within an evidence object; beside
    /// evidence that is a contradiction.
    ///
    /// `error` and `errors` do, unless they are null, false, 0 or empty, and so does a top-level
    /// `code` in the form of IDCloud's or the identity server's codes. They are listed among the
    /// unknown members.
    #[must_use]
    pub const fn has_error(&self) -> bool {
        self.error
    }

    /// Whether there is any evidence, whatever its value.
    pub(crate) const fn is_there(&self) -> bool {
        self.identity.is_some()
            || self.liveness.is_some()
            || self.behavior_alert.is_some()
            || self.risk_score.is_some()
            || self.serpro.is_some()
            || self.authenticated.is_some()
            || self.biometry_token.is_some()
            || self.trust_decision.is_some()
            || self.risk_level.is_some()
            || self.document.is_some()
    }

    /// The members that this version does not know, in the order of the answer; nested ones as
    /// `outer.inner`.
    pub fn unknown_members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.unknown.iter()
    }
}

/// Members that this version does not know. `Debug` shows their names and not their values.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct UnknownMembers(Vec<(String, Value)>);

impl UnknownMembers {
    pub(crate) fn push(&mut self, name: String, value: Value) {
        self.0.push((name, value));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Debug for UnknownMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} redacted", self.0.len())
    }
}
