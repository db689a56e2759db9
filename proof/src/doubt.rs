//! Which submissions may end ambiguous: those that were on their way when nobody was left to hear of it.
//!
//! Must be told by the wire, not by the client: an ambiguous end that nothing on the wire excuses is one too many.

use std::time::Duration;

use bytes::Bytes;
use idcloud_http::{TransportError, TransportErrorKind};
use tokio::time::Instant;

/// How long a program may take to write down what it has heard.
const MOMENT: Duration = Duration::from_secs(1);

/// What may be in doubt about one submission.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Doubt {
    /// Dispatched, and not with the transport yet.
    leaving: bool,
    /// With the transport, or back from it without a proof that nothing ran.
    out: bool,
    /// When the last request came back with such a proof.
    proven_at: Option<Instant>,
    /// Nobody was left to hear of it, or the journal did not take what it was told.
    excused: bool,
}

impl Doubt {
    pub(crate) const fn dispatched(&mut self) {
        self.leaving = true;
    }

    pub(crate) const fn left(&mut self) {
        (self.leaving, self.out, self.proven_at) = (false, true, None);
    }

    /// The program hears what came of its request.
    pub(crate) fn heard(
        &mut self,
        answer: &Result<http::Response<Bytes>, TransportError>,
        now: Instant,
    ) {
        if proves_that_nothing_ran(answer) {
            (self.out, self.proven_at) = (false, Some(now));
        }
    }

    /// The journal failed, by the campaign's own doing.
    pub(crate) const fn journal_failed(&mut self) {
        self.excused = true;
    }

    /// The program is gone.
    pub(crate) fn died(&mut self, now: Instant) {
        let just_heard = self
            .proven_at
            .is_some_and(|at| now.duration_since(at) < MOMENT);
        self.excused |= self.leaving || self.out || just_heard;
    }

    /// Whether an ambiguous end is as it must be.
    pub(crate) const fn excuses(self) -> bool {
        self.excused || self.leaving || self.out
    }
}

fn proves_that_nothing_ran(answer: &Result<http::Response<Bytes>, TransportError>) -> bool {
    match answer {
        Ok(answer) => matches!(answer.status().as_u16(), 300..=407 | 409..=499),
        Err(error) => matches!(
            error.kind(),
            TransportErrorKind::Connect | TransportErrorKind::NotSent
        ),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
mod tests {
    use super::*;

    fn answer(status: u16) -> http::Response<Bytes> {
        let mut answer = http::Response::new(Bytes::new());
        *answer.status_mut() = status.try_into().unwrap();
        answer
    }

    /// Only what was on its way is excused, and what a program had no time to write down.
    #[test]
    fn what_waits_for_its_repetition_is_not_excused() {
        let heard = Instant::now();
        for (answer, after, excused) in [
            (Ok(answer(429)), 2, false),
            (Ok(answer(429)), 0, true),
            (Ok(answer(401)), 2, false),
            (Err(TransportErrorKind::Connect.into()), 2, false),
            (Err(TransportErrorKind::Interrupted.into()), 2, true),
            (Ok(answer(408)), 2, true),
            (Ok(answer(500)), 2, true),
            (Ok(answer(200)), 2, true),
        ] {
            let mut doubt = Doubt::default();
            assert!(!doubt.excuses());
            doubt.dispatched();
            assert!(doubt.excuses());
            doubt.left();
            assert!(doubt.excuses());
            doubt.heard(&answer, heard);
            doubt.died(heard + Duration::from_secs(after));
            assert_eq!(doubt.excuses(), excused, "{answer:?}");
        }
    }

    #[test]
    fn a_journal_that_fails_excuses() {
        let mut doubt = Doubt::default();
        doubt.journal_failed();
        assert!(doubt.excuses());
    }
}
