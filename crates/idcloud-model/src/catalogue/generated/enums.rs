//! Made by `cargo xtask codegen` from `spec/`.
//!
//! Never edited by hand: change the spec and run it again.

/// Types and the words that they must know, in the newest spelling.
pub(crate) static ENUMS: &[(&str, &[&str])] = &[
    ("Status", &["1", "2", "3", "4", "5"]),
    ("IdentityResult", &["yes", "no", "inconclusive"]),
    ("LivenessResult", &["0", "1", "2"]),
    ("BehaviorAlert", &["yes", "suspicious", "inconclusive"]),
    (
        "TrustDecision",
        &[
            "approved",
            "denied",
            "reproved",
            "high-risk",
            "risk-high",
            "critical-risk",
            "risk-critical",
            "inconclusive",
            "retry",
        ],
    ),
    ("RiskLevel", &["approved", "reproved"]),
    (
        "DuiType",
        &[
            "DUI_TYPE_BR_CPF",
            "DUI_TYPE_MX_CURP",
            "DUI_TYPE_US_SSN",
            "DUI_TYPE_NG_NIN",
            "DUI_TYPE_AR_DNI",
            "DUI_TYPE_ID_NIK",
        ],
    ),
];
