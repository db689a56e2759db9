//! How long a definite refusal of the account stands.
//!
//! Must not do I/O, nor let a wrong key be tried often: too many attempts lock the account
//! (1.2.18).

use std::time::Duration;

use tokio::time::Instant;

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(300);

/// The last definite refusal, and when the next exchange may be tried.
#[derive(Debug)]
pub(crate) struct RefusalBackoff<E> {
    last: Option<Refusal<E>>,
}

#[derive(Clone, Debug)]
struct Refusal<E> {
    error: E,
    until: Instant,
    held: Duration,
}

impl<E: Clone> RefusalBackoff<E> {
    pub(crate) const fn new() -> Self {
        Self { last: None }
    }

    /// The refusal that still stands at `now`, and for how much longer.
    pub(crate) fn standing(&self, now: Instant) -> Option<(E, Duration)> {
        let last = self.last.as_ref().filter(|last| now < last.until)?;
        Some((last.error.clone(), last.until - now))
    }

    /// Records a refusal: it stands for 5 seconds, and each time twice as long, up to 5 minutes.
    pub(crate) fn remember(&mut self, error: E, now: Instant) {
        let held = self
            .last
            .as_ref()
            .map_or(FIRST, |last| (last.held * 2).min(LONGEST));
        self.last = Some(Refusal {
            error,
            until: now + held,
            held,
        });
    }

    /// Forgets a refusal so old that the next one is unrelated to it.
    pub(crate) fn forget_the_distant(&mut self, now: Instant) {
        self.last
            .take_if(|last| now.saturating_duration_since(last.until) >= LONGEST);
    }

    /// Forgets all refusals after a success: the next one counts as the first.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, SystemClock};

    #[tokio::test(start_paused = true)]
    async fn it_doubles_from_five_seconds_to_five_minutes() {
        let mut now = SystemClock::new().instant();
        let mut memory = RefusalBackoff::new();
        let mut held = Vec::new();
        for _ in 0..8 {
            assert_eq!(memory.standing(now), None);
            memory.remember("no", now);
            let (error, left) = memory.standing(now).unwrap();
            assert_eq!(error, "no");
            held.push(left.as_secs());
            now += left;
        }
        assert_eq!(held, [5, 10, 20, 40, 80, 160, 300, 300]);
        memory.forget();
        memory.remember("no", now);
        assert_eq!(memory.standing(now).unwrap().1, FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn the_distant_is_forgotten_and_nothing_else() {
        let now = SystemClock::new().instant();
        let mut memory = RefusalBackoff::new();
        memory.remember("no", now);
        for (quiet, held) in [(LONGEST / 2, 2 * FIRST), (LONGEST, FIRST)] {
            let mut memory = RefusalBackoff {
                last: memory.last.clone(),
            };
            let later = now + FIRST + quiet;
            memory.forget_the_distant(later);
            memory.remember("no", later);
            assert_eq!(memory.standing(later).unwrap().1, held);
        }
    }
}
