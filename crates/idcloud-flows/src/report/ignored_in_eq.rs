//! A journal's error that is carried beside a process.
//!
//! Must not be stored with the process, nor make two equal processes unequal.

use std::sync::Arc;

use crate::journal::JournalError;

/// An error of the journal, or none.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnoredInEq(Option<Arc<JournalError>>);

impl IgnoredInEq {
    pub(crate) fn get(&self) -> Option<&JournalError> {
        self.0.as_deref()
    }
}

impl From<Option<JournalError>> for IgnoredInEq {
    fn from(error: Option<JournalError>) -> Self {
        Self(error.map(Arc::new))
    }
}

impl PartialEq for IgnoredInEq {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
