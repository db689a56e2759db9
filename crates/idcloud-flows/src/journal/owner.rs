//! The name of an attempt's holder, for people who look for it.
//!
//! Must decide nothing: two tasks of one owner are kept apart as two owners are.

use std::fmt;
use std::str::FromStr;

use idcloud_model::PersonalNumber;
use serde::{Deserialize, Serialize};

/// The name of a replica or a process, such as a host's: 1 to 64 letters, digits, `.`, `-` and `_`,
/// and no CPF or CURP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Owner(Box<str>);

/// The text is not the name of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an owner is named by 1 to 64 letters, digits, dots, hyphens and underscores that hold no CPF or CURP"
)]
pub struct OwnerError;

impl Owner {
    /// Twelve random letters: for a program without a name.
    #[must_use]
    pub fn random() -> Self {
        Self((0..12).map(|_| fastrand::lowercase()).collect())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Owner {
    type Err = OwnerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if is_name && PersonalNumber::find_in(text).is_none() {
            Ok(Self(text.into()))
        } else {
            Err(OwnerError)
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Owner {
    type Error = OwnerError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.0.into()
    }
}
