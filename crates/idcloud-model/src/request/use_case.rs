//! The purpose of an operation, in the caller's words.
//!
//! Must not be sent empty.

use std::fmt;
use std::str::FromStr;

use crate::unseen::is_unseen;

/// `useCase`: free text such as `Onboarding`. One page calls it required, all others optional.
///
/// Under a key for smart revalidation it selects the least friction (silent, passkey or face), says
/// the newest use-case page. So this client never fills it in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UseCase(Box<str>);

impl UseCase {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is empty, or holds control or other invisible characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a use case is a short text such as Onboarding, not empty, without control characters")]
pub struct UseCaseError;

impl FromStr for UseCase {
    type Err = UseCaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() || text.chars().any(|c| c.is_control() || is_unseen(c)) {
            return Err(UseCaseError);
        }
        Ok(Self(text.into()))
    }
}
