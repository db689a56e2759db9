//! Figures as an aligned table, and as JSON.
//!
//! Must not give a fact about a figure in only one of the two forms.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::figure::{Figure, Kind};

/// An aligned table.
#[must_use]
pub fn table(figures: &[Figure]) -> String {
    let head = ["figure", "measured", "goal", "", "beside"].map(ToOwned::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head)
        .chain(figures.iter().map(cells))
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
            // Writing to a `String` cannot fail.
            let _ = write!(line, "{cell:<width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn cells(figure: &Figure) -> [String; 5] {
    [
        figure.name.clone(),
        figure.measured(),
        figure.goal(),
        figure.standing().to_owned(),
        figure.beside.clone(),
    ]
}

/// A list with an object for each figure: `figure`, `value`, `goal` and `met`, and how to read
/// them.
///
/// `value` is null if it could not be measured, `goal` if there is none.
#[must_use]
pub fn list(figures: &[Figure]) -> String {
    let list: Vec<Value> = figures.iter().map(object).collect();
    format!("{:#}", Value::from(list))
}

fn object(figure: &Figure) -> Value {
    json!({
        "figure": figure.name,
        "value": figure.value,
        "goal": figure.goal.number(),
        "met": figure.met(),
        "unit": figure.unit.to_string(),
        "relation": figure.goal.relation(),
        "gate": figure.kind == Kind::Gate,
        "beside": figure.beside,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Goal, Unit, gate, report};

    fn figures() -> Vec<Figure> {
        let missing = Figure {
            value: None,
            ..gate("c", 0.0, Unit::Times, Goal::AtMost(1.1))
        };
        vec![
            gate("a name", 1.0, Unit::Count, Goal::AtMost(2.0)),
            report("b", 93.25, Unit::Percent, Goal::AtLeast(97.0)),
            missing,
            report("d", 7.0, Unit::PerSecond, Goal::Open),
        ]
    }

    #[test]
    fn columns_are_aligned() {
        let table = table(&figures());
        let places: Vec<_> = table
            .lines()
            .map(|line| line.chars().position(|c| "≤≥".contains(c)))
            .collect();
        assert_eq!(
            places,
            [None, Some(22), Some(22), Some(22), None],
            "{table}"
        );
        assert!(table.contains("MISSED") && table.contains("not reached"));
    }

    /// A script gets numbers, and a value that was not measured is not met.
    #[test]
    fn json_has_numbers() {
        let list: Vec<Value> = serde_json::from_str(&list(&figures())).unwrap();
        let read: Vec<_> = list
            .iter()
            .map(|one| {
                let number = |key: &str| one.get(key).unwrap().as_f64();
                (
                    one["figure"].as_str().unwrap(),
                    number("value"),
                    number("goal"),
                    one["met"].as_bool().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            read,
            [
                ("a name", Some(1.0), Some(2.0), true),
                ("b", Some(93.25), Some(97.0), false),
                ("c", None, Some(1.1), false),
                ("d", Some(7.0), None, true),
            ]
        );
    }
}
