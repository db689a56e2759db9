//! What the caller demands beyond the table.
//!
//! A policy must only ever move verdicts within the table's rows; it adds none.

use serde::{Deserialize, Serialize};

/// The three settings of the table.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Policy {
    approve_from: i8,
    require_liveness: bool,
    min_serpro: Option<u8>,
}

impl Default for Policy {
    /// Approves scores from 50, does not demand liveness, ignores Serpro.
    ///
    /// 50 is this project's choice: IDCloud publishes one threshold only, +50 as the precondition for using a document again.
    fn default() -> Self {
        Self {
            approve_from: 50,
            require_liveness: false,
            min_serpro: None,
        }
    }
}

impl Policy {
    /// The lowest risk score that approves an inconclusive identity. Zero and less never approve, whatever is set here.
    #[must_use]
    pub const fn with_approve_from(mut self, score: i8) -> Self {
        self.approve_from = score;
        self
    }

    /// Whether a verdict without checked liveness goes to review.
    #[must_use]
    pub const fn with_require_liveness(mut self, required: bool) -> Self {
        self.require_liveness = required;
        self
    }

    /// The least similarity to the government's picture; -1, -2 and silence never satisfy it.
    #[must_use]
    pub const fn with_min_serpro(mut self, similarity: Option<u8>) -> Self {
        self.min_serpro = similarity;
        self
    }

    /// The lowest risk score that approves.
    #[must_use]
    pub const fn approve_from(&self) -> i8 {
        self.approve_from
    }

    /// Whether liveness must have been checked.
    #[must_use]
    pub const fn require_liveness(&self) -> bool {
        self.require_liveness
    }

    /// The least similarity to the government's picture.
    #[must_use]
    pub const fn min_serpro(&self) -> Option<u8> {
        self.min_serpro
    }
}
