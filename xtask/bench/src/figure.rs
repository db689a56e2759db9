//! One measured thing, its unit and its goal.
//!
//! Must not let a time decide: only counts are gates.

use std::fmt;

/// One measured thing.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// What came out. Nothing where it could not be measured, which reaches no goal.
    pub value: Option<f64>,
    /// Of what the value and the goal are so many.
    pub unit: Unit,
    /// What it should be.
    pub goal: Goal,
    /// What a miss does.
    pub kind: Kind,
    /// What it was compared with, and how that did.
    pub beside: String,
}

/// What a miss does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It fails the run.
    Gate,
    /// It is told.
    Report,
}

/// What a figure should be.
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
    /// Whatever it is: it is only told.
    Open,
}

/// Of what a figure is so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Times what it is compared with.
    Times,
    /// Things.
    Count,
    /// Things, of which there may be a part on average.
    Average,
    /// Bytes.
    Bytes,
    /// Parts of a hundred.
    Percent,
    /// Nanoseconds.
    Nanoseconds,
    /// Things in a second.
    PerSecond,
}

impl Figure {
    /// Whether it is as it should be.
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

    /// Whether this is a gate that does not hold.
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

    /// In a word, how it stands to the goal.
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

    /// How the value has to stand to the number.
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
    /// So many of it, as exact as it was measured.
    #[must_use]
    pub fn of(self, value: f64) -> String {
        let decimals = self.decimals();
        format!("{value:.decimals$}{}", self.behind())
    }

    /// So many of it, in as few digits as it takes: a goal of 4 is not one of 4.000.
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

/// A count that is held.
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

/// Something that is told, and has a goal all the same.
#[must_use]
pub fn report(name: impl Into<String>, value: f64, unit: Unit, goal: Goal) -> Figure {
    Figure {
        kind: Kind::Report,
        ..gate(name, value, unit, goal)
    }
}

impl Figure {
    /// With what it was compared with.
    #[must_use]
    pub fn beside(self, beside: impl Into<String>) -> Self {
        Self {
            beside: beside.into(),
            ..self
        }
    }
}

/// A count as a number among others. What is counted here is far from where it would not be exact.
#[must_use]
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time that is not reached fails nothing; a count does.
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

    /// What was not measured is a miss, never a pass.
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
