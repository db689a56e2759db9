//! One measured thing, its goal, and the table that all of them stand in.
//!
//! Must never let a time decide: only counts are gates.

use std::fmt::Write as _;

/// One measured thing.
#[derive(Debug)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// What came out, with its unit.
    pub measured: String,
    /// What it should be.
    pub goal: String,
    /// How it stands to the goal.
    pub standing: Standing,
    /// What it was compared with, and how that did.
    pub beside: String,
}

/// How a figure stands to its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A gate, and whether it holds.
    Gate(bool),
    /// Reported, and whether the goal is reached. Fails nothing.
    Report(bool),
}

impl Figure {
    /// Whether this is a gate that does not hold.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.standing == Standing::Gate(false)
    }

    fn cells(&self) -> [&str; 5] {
        let standing = match self.standing {
            Standing::Gate(true) => "held",
            Standing::Gate(false) => "MISSED",
            Standing::Report(true) => "reached",
            Standing::Report(false) => "not reached",
        };
        [
            &self.name,
            &self.measured,
            &self.goal,
            standing,
            &self.beside,
        ]
    }
}

/// The figures as one aligned table.
#[must_use]
pub fn table(figures: &[Figure]) -> String {
    let head = ["figure", "measured", "goal", "", "beside"];
    let rows: Vec<[&str; 5]> = std::iter::once(head)
        .chain(figures.iter().map(Figure::cells))
        .collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            // A String takes everything that is written.
            let _ = write!(line, "{cell:<width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(standing: Standing) -> Figure {
        Figure {
            name: "a name".to_owned(),
            measured: "1".to_owned(),
            goal: "<= 2".to_owned(),
            standing,
            beside: String::new(),
        }
    }

    /// A time that is not reached fails nothing; a count does.
    #[test]
    fn only_gates_can_be_missed() {
        assert!(figure(Standing::Gate(false)).is_missed());
        assert!(!figure(Standing::Gate(true)).is_missed());
        assert!(!figure(Standing::Report(false)).is_missed());
    }

    #[test]
    fn columns_are_aligned() {
        let table = table(&[
            figure(Standing::Gate(true)),
            figure(Standing::Report(false)),
        ]);
        let goals: Vec<_> = table.lines().map(|line| line.find("<= 2")).collect();
        assert_eq!(goals, [None, Some(18), Some(18)]);
    }
}
