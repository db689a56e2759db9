//! The rows of the spec's decision table.
//!
//! Must not sort them: their order is the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::catalogue::Text;
use super::words::words;
use crate::Failure;

/// The rows, and the sentences that a verdict may add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenarios {
    /// In the table's order.
    #[serde(rename = "scenario")]
    pub(crate) rows: Vec<Row>,
    #[serde(rename = "note")]
    pub(crate) notes: Vec<Note>,
}

/// One row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) decision: Decision,
    pub(crate) when: Text,
    pub(crate) text: Text,
}

/// A sentence beside the rows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) text: Text,
}

words! {
    /// The decision of a row.
    Decision {
        Approve = "approve",
        Review = "review",
        Recapture = "recapture",
        Reject = "reject",
        Wait = "wait",
    }
}

impl Scenarios {
    /// Reads the file of scenarios.
    pub(crate) fn read(spec: &Path) -> Result<Self, Failure> {
        let path = spec.join("scenarios.toml");
        let text = fs::read_to_string(&path)
            .map_err(|failure| format!("{}: {failure}", path.display()))?;
        Ok(Self::parse(&text).map_err(|failure| format!("scenarios.toml: {failure}"))?)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let scenarios: Self = toml::from_str(text)?;
        let mut seen = BTreeSet::new();
        for row in &scenarios.rows {
            if !seen.insert(&row.id) {
                return Err(format!("the scenario {} stands twice", row.id).into());
            }
        }
        Ok(scenarios)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "[[scenario]]\nid = 'one'\ndecision = 'review'\n\
        when = { en = 'a', pt = 'b' }\ntext = { en = 'a', pt = 'b' }\n";
    const NOTE: &str = "[[note]]\nid = 'one'\ntext = { en = 'a', pt = 'b' }\n";

    #[test]
    fn rows_keep_their_order_and_stand_once() {
        let other = ROW.replace("'one'", "'another'");
        let scenarios = Scenarios::parse(&format!("{ROW}{other}{NOTE}")).unwrap();
        assert_eq!(
            scenarios
                .rows
                .iter()
                .map(|row| row.id.as_str())
                .collect::<Vec<_>>(),
            ["one", "another"]
        );
        assert!(Scenarios::parse(&format!("{ROW}{ROW}{NOTE}")).is_err());
    }

    #[test]
    fn a_decision_outside_the_five_is_refused() {
        assert!(
            Scenarios::parse(&format!("{}{NOTE}", ROW.replace("'review'", "'maybe'"))).is_err()
        );
    }
}
