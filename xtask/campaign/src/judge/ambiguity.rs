//! Which submissions may end ambiguous: those without a conclusive answer, and those without a
//! caller left to record one.
//!
//! Must not ask the client: the network decides, and an ambiguous end that nothing on the network
//! excuses is a failure.
//!
//! Under a reference the journal's last word counts, whatever the client returned meanwhile. Without
//! one a process is excused only where the client reported it, or the caller was gone.

use std::time::Duration;

use bytes::Bytes;
use idcloud_http::{TransportError, TransportErrorKind};
use idcloud_model::{Process, ProcessId};
use tokio::time::Instant;

/// How long a program may take to record what it has read.
const MOMENT: Duration = Duration::from_secs(1);

/// What an answer proves about a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing.
    Nothing,
    /// The create provably did not run.
    NothingRan,
    /// The complete process.
    Process,
    /// Only the id of its process, in lower case.
    Id(String),
}

impl Said {
    pub(crate) fn by(answer: &Result<http::Response<Bytes>, TransportError>) -> Self {
        match answer {
            Ok(answer) if answer.status().is_success() => {
                if Process::from_json(answer.body()).is_ok() {
                    Self::Process
                } else {
                    Self::part(answer.body())
                }
            }
            Ok(answer) if matches!(answer.status().as_u16(), 300..=407 | 409..=499) => {
                Self::NothingRan
            }
            Ok(_) => Self::Nothing,
            Err(error) => match error.kind() {
                TransportErrorKind::Connect | TransportErrorKind::NotSent => Self::NothingRan,
                _ if error.status().is_some_and(|status| status.is_success()) => {
                    Self::part(error.part())
                }
                _ => Self::Nothing,
            },
        }
    }

    /// What the first bytes of an answer prove: the simulator's begin with the id, if they have
    /// one.
    fn part(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let id = text
            .strip_prefix(r#"{"id":""#)
            .and_then(|rest| rest.split_once('"'))
            .and_then(|(id, _)| id.parse::<ProcessId>().ok());
        id.map_or(Self::Nothing, |id| {
            Self::Id(id.as_str().to_ascii_lowercase())
        })
    }
}

/// What is uncertain about one submission.
#[expect(clippy::struct_excessive_bools, reason = "each comes about by itself")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubt {
    /// Dispatched, but not on a connection yet.
    leaving: bool,
    /// On a connection, or back from it without a conclusive answer.
    out: bool,
    /// A conclusive answer has arrived, and its program has not read it.
    delivered: bool,
    /// When a program read the last conclusive answer.
    known_at: Option<Instant>,
    /// The process of which a program has only the id.
    named: Option<String>,
    /// The attempt of the last recorded end. An end of an older attempt does not count.
    attempt: u64,
    /// The journal did not record that end.
    unsaid: bool,
    /// No caller was left to record it.
    excused: bool,
}

impl Doubt {
    pub(crate) const fn dispatched(&mut self) {
        self.leaving = true;
    }

    /// A connection has taken its request.
    pub(crate) fn left(&mut self) {
        (self.leaving, self.out, self.delivered) = (false, true, false);
        (self.known_at, self.named) = (None, None);
    }

    /// An answer has arrived for a program that waits for it, and may be stopped.
    pub(crate) fn delivered(&mut self, said: &Said) {
        self.delivered = *said != Said::Nothing;
    }

    /// The program has read the result of its request.
    pub(crate) fn heard(&mut self, said: Said, now: Instant) {
        if said == Said::Nothing {
            return;
        }
        (self.leaving, self.out, self.delivered) = (false, false, false);
        self.known_at = Some(now);
        self.named = match said {
            Said::Id(id) => Some(id),
            _ => None,
        };
    }

    /// The caller has gone, and reads nothing any more.
    pub(crate) const fn dropped(&mut self) {
        self.delivered = false;
    }

    /// IDCloud has answered that the process does not exist.
    pub(crate) fn not_there(&mut self, id: &str) {
        self.excused |= self.named.as_deref() == Some(id);
    }

    /// The journal was given an end of an attempt: `taken` is whether it recorded it, or refused
    /// because of the campaign's faults. An end of an older attempt changes nothing.
    pub(crate) const fn said(&mut self, attempt: u64, taken: bool) {
        if attempt >= self.attempt {
            (self.attempt, self.unsaid) = (attempt, !taken);
        }
    }

    /// The program has ended.
    pub(crate) fn died(&mut self, now: Instant) {
        let just_heard = self
            .known_at
            .is_some_and(|at| now.duration_since(at) < MOMENT);
        self.excused |= self.leaving || self.out || just_heard;
    }

    /// Whether an ambiguous end is excused.
    pub(crate) const fn excuses(&self) -> bool {
        self.excused || self.unsaid || (self.out && !self.delivered)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do")]
mod tests {
    use super::*;

    const ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";

    fn answer(status: u16, body: &str) -> http::Response<Bytes> {
        let mut answer = http::Response::new(Bytes::from(body.to_owned()));
        *answer.status_mut() = status.try_into().unwrap();
        answer
    }

    fn cut_off(status: u16, body: &str) -> TransportError {
        TransportError::new(TransportErrorKind::TruncatedAnswer)
            .with_status(status.try_into().unwrap())
            .with_part(Bytes::from(body.to_owned()))
    }

    fn whole() -> String {
        format!(r#"{{"id":"{ID}","status":3}}"#)
    }

    fn half() -> String {
        format!(r#"{{"id":"{ID}","sta"#)
    }

    #[test]
    fn what_answers_say() {
        let id = || Said::Id(ID.to_owned());
        for (answer, said) in [
            (Ok(answer(200, &whole())), Said::Process),
            (Ok(answer(200, &half())), id()),
            (Ok(answer(200, "<title>OK</title>")), Said::Nothing),
            (Ok(answer(200, r#"{"status":3}"#)), Said::Nothing),
            (Err(cut_off(200, &half())), id()),
            (Err(cut_off(200, r#"{"id":"80371b2a"#)), Said::Nothing),
            (Err(cut_off(500, &half())), Said::Nothing),
            (Ok(answer(408, "")), Said::Nothing),
            (Ok(answer(429, "")), Said::NothingRan),
            (Ok(answer(500, &whole())), Said::Nothing),
            (Err(TransportErrorKind::Connect.into()), Said::NothingRan),
            (Err(TransportErrorKind::Interrupted.into()), Said::Nothing),
        ] {
            assert_eq!(Said::by(&answer), said, "{answer:?}");
        }
    }

    fn out() -> Doubt {
        let mut doubt = Doubt::default();
        doubt.dispatched();
        doubt.left();
        doubt
    }

    /// A sent request is uncertain until a conclusive answer, and no longer, except if its program
    /// ended before it could record the answer.
    #[test]
    fn what_was_heard_is_not_excused() {
        let heard = Instant::now();
        for (said, after, excused) in [
            (Said::NothingRan, 2, false),
            (Said::NothingRan, 0, true),
            (Said::Process, 2, false),
            (Said::Process, 0, true),
            (Said::Id(ID.to_owned()), 2, false),
            (Said::Nothing, 2, true),
        ] {
            let mut doubt = out();
            assert!(doubt.excuses());
            doubt.delivered(&said);
            assert_eq!(doubt.excuses(), said == Said::Nothing);
            doubt.heard(said.clone(), heard);
            doubt.died(heard + Duration::from_secs(after));
            assert_eq!(doubt.excuses(), excused, "{said:?}");
        }
    }

    /// A request that no connection took is uncertain only if its program has ended.
    #[test]
    fn who_goes_while_connecting_leaves_no_doubt() {
        let mut doubt = Doubt::default();
        doubt.dispatched();
        doubt.dropped();
        assert!(!doubt.excuses());
        doubt.died(Instant::now());
        assert!(doubt.excuses());
    }

    /// An answer that has arrived is read, unless its caller has gone.
    #[test]
    fn an_answer_that_has_come_is_read() {
        let mut doubt = out();
        doubt.delivered(&Said::Process);
        assert!(!doubt.excuses());
        doubt.dropped();
        assert!(doubt.excuses());
    }

    /// A failing journal excuses until it records a later end.
    #[test]
    fn a_journal_that_works_again_excuses_nothing() {
        let mut doubt = out();
        doubt.heard(Said::Process, Instant::now());
        doubt.said(2, false);
        assert!(doubt.excuses());
        doubt.said(1, true);
        assert!(doubt.excuses(), "said of one that was overtaken");
        doubt.said(2, true);
        assert!(!doubt.excuses());
    }

    /// A process known only by its id is uncertain once IDCloud does not know it.
    #[test]
    fn what_is_not_there_is_in_doubt() {
        let mut doubt = out();
        doubt.heard(Said::Id(ID.to_owned()), Instant::now());
        doubt.not_there("another");
        assert!(!doubt.excuses());
        doubt.not_there(ID);
        assert!(doubt.excuses());
    }
}
