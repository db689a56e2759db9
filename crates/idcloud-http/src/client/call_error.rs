//! The error of a call that failed: its kind, its delivery and its details.
//!
//! Must not say that nothing ran when an attempt may have.

use std::time::Duration;

use idcloud_model::ErrorCode;

use crate::auth::exchange::ExchangeFailure;
use crate::auth::token_cache::NoToken;
use crate::budget::limiter::NoTurn;
use crate::client::call::{Call, CallState, NotSent, PreviousAttempt, is_simulated};
use crate::error::{Delivery, Details, Error, ErrorKind};
use crate::operation::OperationKind;
use crate::retry::attempt::AttemptResult;
use crate::retry::policy::{Failure, Outcome};
use crate::transport::error::TransportErrorKind;

impl Call<'_> {
    pub(crate) fn no_turn(&self, no_turn: NoTurn) -> Error {
        let kind = match no_turn {
            NoTurn::Full => ErrorKind::QueueFull,
            NoTurn::TimedOut => ErrorKind::QueueTimeout,
        };
        Error::new(kind, Delivery::NotSent, self.operation, Details::default())
    }

    pub(crate) fn not_sent<T>(
        &self,
        not_sent: NotSent,
        earlier: Option<PreviousAttempt<T>>,
        state: &mut CallState,
    ) -> Error {
        // An attempt that was not sent is not counted.
        state.attempts -= 1;
        // A repetition that came too late has the cause of the attempt before it; except that a
        // token that was replaced in between is no longer the cause.
        if let (NotSent::TooLate, Some(earlier)) = (&not_sent, earlier)
            && earlier.failure != Failure::Credentials
        {
            let PreviousAttempt {
                failure,
                reading,
                wait,
            } = earlier;
            return self.failed(failure, reading, Some(wait), state);
        }
        let mut details = Details {
            attempts: state.attempts,
            ..Details::default()
        };
        let kind = match not_sent {
            NotSent::Deadline | NotSent::TooLate => ErrorKind::DeadlineExceeded,
            NotSent::CannotBeSent => ErrorKind::InvalidRequest,
            NotSent::CaptureTokenExpired => {
                // IDCloud would have answered with this code.
                details.code = ErrorCode::parse("10507");
                ErrorKind::InvalidRequest
            }
            NotSent::Hook(error) => {
                details.source = Some(error);
                ErrorKind::Hook
            }
            NotSent::NoToken(no_token) => no_token.into_details(&mut details),
        };
        self.conclude(kind, details, state)
    }

    pub(crate) fn failed<T>(
        &self,
        failure: Failure,
        reading: AttemptResult<T>,
        wait: Option<Duration>,
        state: &CallState,
    ) -> Error {
        let timed_out = matches!(reading.outcome(), Outcome::TimedOut);
        let late = self.client.clock.instant() >= state.deadline;
        let kind = match failure {
            Failure::Unreachable => ErrorKind::Unreachable,
            Failure::InvalidRequest => ErrorKind::InvalidRequest,
            Failure::Ambiguous => ErrorKind::Ambiguous,
            Failure::Interrupted if timed_out && late => ErrorKind::DeadlineExceeded,
            Failure::Interrupted => ErrorKind::Interrupted,
            Failure::Unreadable => ErrorKind::Unreadable,
            Failure::Server => ErrorKind::Server,
            Failure::RateLimited => ErrorKind::RateLimited,
            Failure::Credentials => ErrorKind::Credentials,
            Failure::Refused => ErrorKind::Refused,
            Failure::NotFound => ErrorKind::NotFound,
            Failure::Gone => ErrorKind::Gone,
        };
        let details = Details {
            attempts: state.attempts,
            status: reading.status,
            code: reading.code,
            process_id: reading.process_id,
            simulated: is_simulated(&reading.headers),
            retry_after: wait.filter(|_| kind == ErrorKind::RateLimited),
            clock_skew: None,
            detail: reading.detail,
            obstacle: reading.obstacle,
            source: reading.source,
        };
        self.conclude(kind, details, state)
    }

    /// Once an attempt may have run, no later failure can prove that nothing did.
    fn conclude(&self, kind: ErrorKind, details: Details, state: &CallState) -> Error {
        let (kind, delivery) = if state.ambiguous || kind == ErrorKind::Ambiguous {
            (ErrorKind::Ambiguous, Delivery::Unknown)
        } else {
            (kind, state.delivery)
        };
        Error::new(kind, delivery, self.operation, details)
    }
}

/// What is known about the call's delivery after one more attempt.
pub(crate) fn delivery(before: Delivery, kind: OperationKind, outcome: Outcome<'_>) -> Delivery {
    let this = match outcome {
        Outcome::Failed(
            TransportErrorKind::Connect
            | TransportErrorKind::NotSent
            | TransportErrorKind::InvalidRequest,
        ) => Delivery::NotSent,
        Outcome::Failed(
            TransportErrorKind::TruncatedAnswer | TransportErrorKind::AnswerTooLarge,
        ) if kind != OperationKind::Create => Delivery::Answered,
        Outcome::Failed(_) | Outcome::TimedOut => Delivery::Unknown,
        Outcome::Answered(_) => Delivery::Answered,
    };
    match (before, this) {
        (Delivery::Unknown, _) | (_, Delivery::Unknown) => Delivery::Unknown,
        (Delivery::Answered, _) | (_, Delivery::Answered) => Delivery::Answered,
        (Delivery::NotSent, Delivery::NotSent) => Delivery::NotSent,
    }
}

impl NoToken<ExchangeFailure> {
    /// Fills in a call's error with the exchange's failure, and returns its kind.
    pub(crate) fn into_details(self, details: &mut Details) -> ErrorKind {
        let failure = &self.error;
        let kind = failure.kind;
        details.status = failure.status;
        details.code.clone_from(&failure.code);
        details.clock_skew = failure.clock_skew;
        details.detail = failure.detail;
        details.obstacle = failure.obstacle;
        details.retry_after = self.remembered_for.or(failure.retry_after);
        details.source = Some(Box::new(self.error));
        kind
    }
}
