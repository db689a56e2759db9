//! One measurement, its unit and its goal.
//!
//! Must not make a time a gate: only counts are gates.

use std::fmt;

/// One measurement.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The measured value. `None` if it could not be measured, which misses every goal.
    pub value: Option<f64>,
    /// The unit of the value and the goal.
    pub unit: Unit,
    /// The expected value.
    pub goal: Goal,
    /// The effect of a miss.
    pub kind: Kind,
    /// The alternative that was measured for comparison, and its result.
    pub beside: String,
}

/// The effect of a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It fails the run.
    Gate,
    /// It is reported.
    Report,
}

/// The expected value of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// This or less.
    AtMost(f64),
    /// Less than this.
    Below(f64),
    /// This or more.
    AtLeast(f64),
    /// This.
    Exactly(f64),
    /// No goal: the value is only reported.
    Open,
}

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A ratio to the alternative.
    Times,
    /// A count.
    Count,
    /// A count per call, which can have a fraction.
    Average,
    /// Bytes.
    Bytes,
    /// Parts of a hundred.
    Percent,
    /// Nanoseconds.
    Nanoseconds,
    /// Per second.
    PerSecond,
}

impl Figure {
    /// Whether the goal is met.
    #[must_use]
    pub fn met(&self) -> bool {
        match (self.goal, self.value) {
            (Goal::Open, _) => true,
            (_, None) => false,
            (Goal::AtMost(goal), Some(value)) => value <= goal,
            (Goal::Below(goal), Some(value)) => value < goal,
            (Goal::AtLeast(goal), Some(value)) => value >= goal,
            (Goal::Exactly(goal), Some(value)) => (value - goal).abs() < f64::EPSILON,
        }
    }

    /// Whether this is a gate that is missed.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.kind == Kind::Gate && !self.met()
    }

    /// The value with its unit.
    #[must_use]
    pub fn measured(&self) -> String {
        self.value
            .map_or_else(|| "not measured".to_owned(), |value| self.unit.of(value))
    }

    /// The goal with its unit.
    #[must_use]
    pub fn goal(&self) -> String {
        let Some(goal) = self.goal.number() else {
            return "none".to_owned();
        };
        let goal = self.unit.round(goal);
        match self.goal.relation() {
            Some("<=") => format!("≤ {goal}"),
            Some(">=") => format!("≥ {goal}"),
            Some("<") => format!("< {goal}"),
            _ => goal,
        }
    }

    /// The relation to the goal, in a word.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        match (self.kind, self.goal, self.met()) {
            (_, Goal::Open, _) => "told",
            (Kind::Gate, _, true) => "held",
            (Kind::Gate, _, false) => "MISSED",
            (Kind::Report, _, true) => "reached",
            (Kind::Report, _, false) => "not reached",
        }
    }
}

impl Goal {
    /// The number in it.
    #[must_use]
    pub const fn number(self) -> Option<f64> {
        match self {
            Self::AtMost(goal) | Self::Below(goal) | Self::AtLeast(goal) | Self::Exactly(goal) => {
                Some(goal)
            }
            Self::Open => None,
        }
    }

    /// The required relation of the value to the number.
    #[must_use]
    pub const fn relation(self) -> Option<&'static str> {
        match self {
            Self::AtMost(_) => Some("<="),
            Self::Below(_) => Some("<"),
            Self::AtLeast(_) => Some(">="),
            Self::Exactly(_) => Some("=="),
            Self::Open => None,
        }
    }
}

impl Unit {
    /// The value with its unit, in the precision of the measurement.
    #[must_use]
    pub fn of(self, value: f64) -> String {
        let decimals = self.decimals();
        format!("{value:.decimals$}{}", self.behind())
    }

    /// The value with its unit, in as few digits as possible: 4 and not 4.000.
    #[must_use]
    pub fn round(self, value: f64) -> String {
        let decimals = self.decimals();
        let text = format!("{value:.decimals$}");
        let digits = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        };
        format!("{digits}{}", self.behind())
    }

    const fn decimals(self) -> usize {
        match self {
            Self::Times | Self::Average => 3,
            Self::Percent | Self::Nanoseconds => 1,
            Self::Count | Self::Bytes | Self::PerSecond => 0,
        }
    }

    const fn behind(self) -> &'static str {
        match self {
            Self::Times => " ×",
            Self::Count | Self::Average => "",
            Self::Bytes => " bytes",
            Self::Percent => " %",
            Self::Nanoseconds => " ns",
            Self::PerSecond => " a second",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Times => "times",
            Self::Count | Self::Average => "count",
            Self::Bytes => "bytes",
            Self::Percent => "percent",
            Self::Nanoseconds => "nanoseconds",
            Self::PerSecond => "per second",
        })
    }
}

/// A count that is a gate.
#[must_use]
pub fn gate(name: impl Into<String>, value: f64, unit: Unit, goal: Goal) -> Figure {
    Figure {
        name: name.into(),
        value: Some(value),
        unit,
        goal,
        kind: Kind::Gate,
        beside: String::new(),
    }
}

/// A value that is only reported, with a goal.
#[must_use]
pub fn report(name: impl Into<String>, value: f64, unit: Unit, goal: Goal) -> Figure {
    Figure {
        kind: Kind::Report,
        ..gate(name, value, unit, goal)
    }
}

impl Figure {
    /// Adds the alternative for comparison.
    #[must_use]
    pub fn beside(self, beside: impl Into<String>) -> Self {
        Self {
            beside: beside.into(),
            ..self
        }
    }
}

/// A count as a float. Counts here are far below the limit of exactness.
#[must_use]
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A missed time fails nothing; a missed count does.
    #[test]
    fn only_gates_fail() {
        let over = Goal::AtMost(1.0);
        assert!(gate("g", 2.0, Unit::Count, over).fails());
        assert!(!gate("g", 1.0, Unit::Count, over).fails());
        assert!(!report("r", 2.0, Unit::Count, over).fails());
    }

    #[test]
    fn a_goal_is_met_as_it_says() {
        for (goal, below, at, above) in [
            (Goal::AtMost(2.0), true, true, false),
            (Goal::Below(2.0), true, false, false),
            (Goal::AtLeast(2.0), false, true, true),
            (Goal::Exactly(2.0), false, true, false),
            (Goal::Open, true, true, true),
        ] {
            for (value, met) in [(1.0, below), (2.0, at), (3.0, above)] {
                let figure = gate("g", value, Unit::Count, goal);
                assert_eq!(figure.met(), met, "{goal:?} {value}");
            }
        }
    }

    /// A value that was not measured is a miss, never a pass.
    #[test]
    fn what_is_not_measured_is_missed() {
        let figure = Figure {
            value: None,
            ..gate("g", 0.0, Unit::Times, Goal::AtMost(1.1))
        };
        assert!(figure.fails());
        assert_eq!(
            (figure.measured(), figure.goal()),
            ("not measured".to_owned(), "≤ 1.1 ×".to_owned())
        );
    }
}
