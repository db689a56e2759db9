//! Behavior alert: is the face known from fraud?
//!
//! Must not be read as trust when it is silent: `inconclusive` means that no sign was found.

use crate::unknown::open_enum;

open_enum! {
    /// `identityFraudsters.result` (once IDTrust, fraudster profile detection).
    BehaviorAlert {
        /// The face was seen in fraudulent transactions.
        Yes = "yes",
        /// The face was seen with another identifier (capabilities page of an older generation).
        Suspicious = "suspicious",
        /// No sign of fraud was found. IDCloud never answers `no`.
        Inconclusive = "inconclusive",
    }
}
