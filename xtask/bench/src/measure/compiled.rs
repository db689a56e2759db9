//! How many crates each of our crates makes the compiler compile, as `cargo xtask` counts them.
//!
//! Must not count by itself: the count and its limit are xtask's, whose checks use the same ones.

use std::str::FromStr;

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, gate};

/// A count, as xtask hands it over: `idcloud-model=15/17`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    name: String,
    others: u32,
    limit: u32,
}

impl Compiled {
    /// The gate.
    #[must_use]
    pub fn figure(&self) -> Figure {
        gate(
            format!("crates compiled besides itself, {}", self.name),
            self.others.into(),
            Unit::Count,
            Goal::AtMost(self.limit.into()),
        )
        .beside("default features, counted by cargo tree")
    }
}

impl FromStr for Compiled {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let parts = text
            .split_once('=')
            .and_then(|(name, counts)| Some((name, counts.split_once('/')?)));
        let (name, (others, limit)) = parts.ok_or("a count is NAME=COUNT/LIMIT")?;
        Ok(Self {
            name: name.to_owned(),
            others: others.parse()?,
            limit: limit.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_over_its_limit_fails() {
        let figure = |text: &str| text.parse::<Compiled>().unwrap().figure();
        assert!(figure("idcloud-model=17/17").met());
        assert!(figure("idcloud-model=18/17").fails());
        for not in ["", "a", "a=1", "a=1/b"] {
            assert!(not.parse::<Compiled>().is_err(), "{not}");
        }
    }
}
