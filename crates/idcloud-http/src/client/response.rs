//! The value of an answer, and how it was obtained.
//!
//! Must not lose the mark that an answer was simulated.

use std::fmt;

/// A value that IDCloud answered.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Answer<T> {
    value: T,
    simulated: bool,
    attempts: u32,
}

impl<T> Answer<T> {
    pub(crate) const fn new(value: T, simulated: bool, attempts: u32) -> Self {
        Self {
            value,
            simulated,
            attempts,
        }
    }

    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The value, without the rest.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Whether a simulator answered (header `idcloud-simulated: true`). Such an answer says nothing
    /// about a person.
    pub const fn simulated(&self) -> bool {
        self.simulated
    }

    /// How many requests it took, token exchanges aside.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The same answer about another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        Answer {
            value: change(self.value),
            simulated: self.simulated,
            attempts: self.attempts,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("value", &self.value)
            .field("simulated", &self.simulated)
            .field("attempts", &self.attempts)
            .finish()
    }
}
