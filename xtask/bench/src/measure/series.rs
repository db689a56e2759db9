//! The same thing measured in several runs, of which the middle one is told.
//!
//! Must not be the mean: one run beside a noisy neighbour would show in it.

/// Runs of everything that varies, each with everything in it, so that a machine that slows down slows all alike.
pub const RUNS: usize = 5;

/// What the runs came to.
#[derive(Clone, Debug, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// One run more.
    pub fn push(&mut self, measured: f64) {
        self.0.push(measured);
    }

    /// The middle one; nothing where there are none.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// The least and the most, for whoever asks how much it varies.
    #[must_use]
    pub fn spread(&self) -> Option<(f64, f64)> {
        let least = self.0.iter().copied().min_by(f64::total_cmp)?;
        let most = self.0.iter().copied().max_by(f64::total_cmp)?;
        Some((least, most))
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(measured: I) -> Self {
        Self(measured.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One run that was disturbed does not move what is told.
    #[test]
    fn the_middle_one_is_told() {
        let series: Series = [3.0, 1.0, 900.0, 2.0, 4.0].into_iter().collect();
        assert_eq!(series.median(), Some(3.0));
        assert_eq!(series.spread(), Some((1.0, 900.0)));
        assert_eq!(Series::default().median(), None);
    }
}
