//! The position of a number on an axis.
//!
//! Must not put a number outside of its axis.

/// The scale of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Linear, from zero.
    Linear,
    /// Logarithmic to base ten, from one.
    Logarithmic,
}

impl Scale {
    /// The position of a number, from 0 to 1, on an axis that ends at `most`.
    pub(crate) fn share(self, value: f64, most: f64) -> f64 {
        let share = match self {
            Self::Linear => value / most,
            // A value of one must be visible too, so the axis begins a little before it.
            Self::Logarithmic => (value.max(0.5) / 0.5).ln() / (most.max(1.0) / 0.5).ln(),
        };
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

impl Scale {
    /// The marks of an axis: powers of ten on a logarithmic one.
    pub(crate) fn marks(self, most: f64) -> Vec<f64> {
        let powers = std::iter::successors(Some(1.0), |power| Some(power * 10.0));
        match self {
            Self::Linear => Vec::new(),
            Self::Logarithmic => powers.take_while(|power| *power <= most).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_on_its_line() {
        for scale in [Scale::Linear, Scale::Logarithmic] {
            for (value, most) in [
                (0.0, 0.0),
                (-1.0, 2.0),
                (5.0, 2.0),
                (1.0, 1.0),
                (f64::NAN, 3.0),
            ] {
                let share = scale.share(value, most);
                assert!(
                    (0.0..=1.0).contains(&share),
                    "{scale:?} {value} {most}: {share}"
                );
            }
            assert!(scale.share(1.0, 100.0) < scale.share(10.0, 100.0));
        }
        assert_eq!(Scale::Logarithmic.marks(150.0), [1.0, 10.0, 100.0]);
        let log = |value| Scale::Logarithmic.share(value, 1000.0);
        assert!(((log(100.0) - log(10.0)) - (log(10.0) - log(1.0))).abs() < 1e-9);
    }
}
