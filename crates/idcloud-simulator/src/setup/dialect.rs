//! The generations of the documents: four forms of the same answers on one path.
//!
//! Must not change the outcome of a person, only its form.

use std::fmt;
use std::str::FromStr;

/// The generation whose form an API key's answers have.
///
/// Every key accepts the requests of all four. Their answers differ:
///
/// | | 2023 | 2024 | 2025 | 2026 |
/// |---|---|---|---|---|
/// | error envelope | `Error` | `error` | `error` | `error` |
/// | results | `Yes`, `No`, `Inconclusive` | `yes`, `no`, `inconclusive` | as 2024 | as 2024 |
/// | 1:1 | `authenticated`; alone without `status` | `authenticated` | `biometryToken` | `biometryToken` |
/// | `liveness` beside `yes` and `no` | left out | left out | left out | sent |
/// | behavior alert | later | later | at once | at once, with `riskLevel` |
/// | documents | later, without `faceMatch` | later, without `faceMatch` | at once | at once |
/// | no reusable document | `{"items":[{}]}` | `{"items":[{}]}` | `{"items":[{}]}` | `{"items":[]}` |
/// | refusing words of `idCloud` | `reproved`, `risk-high` | as 2023 | as 2023 | `denied`, `high-risk` |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The first generation: products named IDLive, IDUnico, IDToken.
    V2023,
    /// One page for each combination of capabilities.
    V2024,
    /// Onboarding, Transactional, Documents: the generation that this project's client writes.
    #[default]
    V2025,
    /// The newest contract.
    V2026,
}

/// The text is not the name of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a dialect is 2023, 2024, 2025 or 2026")]
pub struct DialectError;

impl Dialect {
    /// All dialects, oldest first.
    pub const ALL: [Self; 4] = [Self::V2023, Self::V2024, Self::V2025, Self::V2026];

    /// The year that stands for the generation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2023 => "2023",
            Self::V2024 => "2024",
            Self::V2025 => "2025",
            Self::V2026 => "2026",
        }
    }

    /// Whether behavior alert and documents come with a later lookup by default.
    pub(crate) fn answers_later(self) -> bool {
        self <= Self::V2024
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = DialectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == text.trim())
            .ok_or(DialectError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        assert_eq!("2022".parse::<Dialect>(), Err(DialectError));
        assert_eq!(Dialect::default(), Dialect::V2025);
    }
}
