//! IDCloud's own decision and risk level.
//!
//! Must not approve by `riskLevel`: `approved` there means that no sign of fraud was found.

use crate::unknown::open_enum;

open_enum! {
    /// `idCloud.result`, in both published vocabularies.
    TrustDecision {
        /// A real person, validated.
        Approved = "approved",
        /// Not validated, liveness failed, or extreme risk (newest vocabulary).
        Denied = "denied",
        /// Refused (vocabulary of the Trust pages).
        Reproved = "reproved",
        /// High risk (newest vocabulary).
        HighRisk = "high-risk",
        /// High risk (vocabulary of the Trust pages).
        RiskHigh = "risk-high",
        /// Critical risk (newest vocabulary).
        CriticalRisk = "critical-risk",
        /// Critical risk (vocabulary of the Trust pages).
        RiskCritical = "risk-critical",
        /// A person has to decide.
        Inconclusive = "inconclusive",
        /// The capture is not sufficient.
        Retry = "retry",
    }
}

open_enum! {
    /// `riskLevel.result`; two of its five values are published.
    ///
    /// Source: fraud risk classification page of the newest contract.
    RiskLevel {
        /// No evidence of fraud.
        Approved = "approved",
        /// The strongest evidence of fraud.
        Reproved = "reproved",
    }
}
