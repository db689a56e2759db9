//! A series of measurements of the same thing; its figure is the median.
//!
//! Must not use the mean: it would include one run that another load on the machine disturbed.

/// Runs of every measurement that varies. Each run measures everything, so that a slow phase of the
/// machine affects all alike.
pub const RUNS: usize = 5;

/// The results of the runs.
#[derive(Clone, Debug, Default)]
pub struct Series(Vec<f64>);

impl Series {
    /// Adds the result of a run.
    pub fn push(&mut self, measured: f64) {
        self.0.push(measured);
    }

    /// The median; `None` without a run.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// The smallest and the largest value, which show the variation.
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

    /// One disturbed run does not move the median.
    #[test]
    fn the_middle_one_is_told() {
        let series: Series = [3.0, 1.0, 900.0, 2.0, 4.0].into_iter().collect();
        assert_eq!(series.median(), Some(3.0));
        assert_eq!(series.spread(), Some((1.0, 900.0)));
        assert_eq!(Series::default().median(), None);
    }
}
