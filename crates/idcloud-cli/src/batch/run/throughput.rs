//! The throughput of a batch, and the time that it still needs.
//!
//! Pure: the caller passes the time. Must not predict an end before anything was measured.

use std::collections::VecDeque;
use std::time::Duration;

/// The window of the rate: long enough to smooth, short enough to follow a pause.
const WINDOW: Duration = Duration::from_secs(30);

/// Samples of the time and the number of rows that had ended.
#[derive(Debug, Default)]
pub(crate) struct Throughput {
    samples: VecDeque<(Duration, usize)>,
}

impl Throughput {
    /// Records that at `now`, `ended` rows had ended in this run.
    pub(crate) fn sample(&mut self, now: Duration, ended: usize) {
        while self.samples.len() > 1
            && self
                .samples
                .get(1)
                .is_some_and(|(at, _)| *at + WINDOW <= now)
        {
            self.samples.pop_front();
        }
        self.samples.push_back((now, ended));
    }

    /// Rows a second within the window; `None` without two samples.
    pub(crate) fn rate(&self) -> Option<f64> {
        let ((since, before), (now, ended)) = (self.samples.front()?, self.samples.back()?);
        let seconds = now.saturating_sub(*since).as_secs_f64();
        let rows = u32::try_from(ended.saturating_sub(*before)).ok()?;
        (seconds > 0.0 && rows > 0).then(|| f64::from(rows) / seconds)
    }

    /// The time for `rows` more at this rate.
    pub(crate) fn eta(&self, rows: usize) -> Option<Duration> {
        let rows = f64::from(u32::try_from(rows).ok()?);
        Duration::try_from_secs_f64(rows / self.rate()?).ok()
    }
}

/// A span of time in two units at most: `45 s`, `12 min 30 s`, `5 h 20 min`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_half_minute() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.rate(), None);
        throughput.sample(Duration::ZERO, 0);
        assert_eq!(throughput.rate(), None);
        for second in 1..=60 {
            throughput.sample(
                Duration::from_secs(second),
                10 * usize::try_from(second).unwrap(),
            );
        }
        let ended = 600;
        for second in 61..=120_u64 {
            throughput.sample(
                Duration::from_secs(second),
                ended + usize::try_from(second - 60).unwrap(),
            );
        }
        let rate = throughput.rate().unwrap();
        assert!((rate - 1.0).abs() < 0.01, "{rate}");
        assert_eq!(throughput.eta(90).unwrap().as_secs(), 90);
        assert!(throughput.samples.len() < 35);
    }

    #[test]
    fn spans_read_like_speech() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3_600, "1 h"),
            (19_230, "5 h 20 min"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
