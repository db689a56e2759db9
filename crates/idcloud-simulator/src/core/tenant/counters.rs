//! Counts requests, so that tests can check how often a client sent one.
//!
//! Must not count by anything that belongs to a person.

use http::StatusCode;

use crate::core::wire::route::Route;

/// How many requests of each kind arrived, and their results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Requests to the token endpoint.
    pub token_requests: u64,
    /// Access tokens issued.
    pub tokens_issued: u64,
    /// Requests to create a process.
    pub create_requests: u64,
    /// Processes created: production would bill them.
    pub processes_created: u64,
    /// Lookups of a process, of either version.
    pub lookups: u64,
    /// Lookups of reusable documents.
    pub document_lookups: u64,
    /// Requests of any kind refused with HTTP 429.
    pub rate_limited: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, route: Route<'_>, status: StatusCode) {
        let done = u64::from(status.is_success());
        match route {
            Route::Token => {
                self.token_requests += 1;
                self.tokens_issued += done;
            }
            Route::Create => {
                self.create_requests += 1;
                self.processes_created += done;
            }
            Route::Process { .. } => self.lookups += 1,
            Route::Documents => self.document_lookups += 1,
            Route::Discovery | Route::KeySet | Route::WrongMethod(_) | Route::Nothing => {}
        }
        self.rate_limited += u64::from(status == StatusCode::TOO_MANY_REQUESTS);
    }
}
