//! The results of cargo-mutants: its `outcomes.json`, and `missed.txt` for the names of the
//! survivors.
//!
//! Must not count a mutant with an unknown outcome as noticed.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::Failure;

/// The head of the table whose lines `row` makes.
pub(super) const HEAD: &str = "area             mutants   caught  unviable  timed out  survivors";

/// The outcomes of an area's mutants.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    caught: usize,
    unviable: usize,
    timed_out: usize,
    /// File and change of each mutant that no test noticed.
    pub(super) survivors: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct File {
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    scenario: Scenario,
    summary: String,
}

#[derive(Deserialize)]
enum Scenario {
    Baseline,
    Mutant(IgnoredAny),
}

impl Outcomes {
    /// Parses both files.
    pub(super) fn read(outcomes: &str, missed: &str) -> Result<Self, Failure> {
        let file: File = serde_json::from_str(outcomes)?;
        let mut read = Self::default();
        let mut survived = 0;
        for Outcome { scenario, summary } in file.outcomes {
            match (scenario, summary.as_str()) {
                (Scenario::Baseline, _) => {}
                (Scenario::Mutant(_), "CaughtMutant") => read.caught += 1,
                (Scenario::Mutant(_), "Unviable") => read.unviable += 1,
                (Scenario::Mutant(_), "Timeout") => read.timed_out += 1,
                (Scenario::Mutant(_), "MissedMutant") => survived += 1,
                (Scenario::Mutant(_), other) => {
                    return Err(format!("cargo-mutants says {other} of a mutant").into());
                }
            }
        }
        read.survivors = missed.lines().filter_map(survivor).collect();
        if read.survivors.len() == survived {
            Ok(read)
        } else {
            Err(format!(
                "{survived} mutants survived, and {} are named",
                read.survivors.len()
            )
            .into())
        }
    }

    /// The number of mutants.
    fn mutants(&self) -> usize {
        self.caught + self.unviable + self.timed_out + self.survivors.len()
    }

    /// The line of the table.
    pub(super) fn row(&self, area: &str) -> String {
        format!(
            "{area:<15} {:>8} {:>8} {:>9} {:>10} {:>10}",
            self.mutants(),
            self.caught,
            self.unviable,
            self.timed_out,
            self.survivors.len()
        )
    }

    /// The numbers, by name.
    pub(super) fn summary(&self) -> Map<String, Value> {
        [
            ("mutants", self.mutants()),
            ("caught", self.caught),
            ("unviable", self.unviable),
            ("timedOut", self.timed_out),
            ("survivors", self.survivors.len()),
        ]
        .into_iter()
        .map(|(name, number)| (name.to_owned(), number.into()))
        .collect()
    }
}

/// File and change of a name such as `FILE:LINE:COLUMN: CHANGE`; without the position, which
/// changes with every line above it.
fn survivor(name: &str) -> Option<(String, String)> {
    let (place, change) = name.split_once(": ")?;
    let (file, _) = place.split_once(':')?;
    Some((file.to_owned(), change.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_counted_and_survivors_named_without_their_line() {
        let mutant = |summary: &str| {
            format!(r#"{{"scenario":{{"Mutant":{{"file":"a.rs"}}}},"summary":"{summary}"}}"#)
        };
        let file = |outcomes: &[String]| format!(r#"{{"outcomes":[{}]}}"#, outcomes.join(","));
        let baseline = r#"{"scenario":"Baseline","summary":"Success"}"#.to_owned();
        let text = file(&[
            baseline,
            mutant("CaughtMutant"),
            mutant("Timeout"),
            mutant("Unviable"),
            mutant("MissedMutant"),
        ]);
        let missed = "a.rs:3:7: replace f -> bool with true\n";
        let outcomes = Outcomes::read(&text, missed).unwrap();
        let survivor = ("a.rs".to_owned(), "replace f -> bool with true".to_owned());
        assert_eq!(outcomes.survivors, [survivor]);
        let row = outcomes.row("area");
        let numbers: Vec<&str> = row.split_whitespace().skip(1).collect();
        assert_eq!(numbers, ["4", "1", "1", "1", "1"]);
        assert_eq!(row.len(), HEAD.len());
        assert!(Outcomes::read(&text, "").is_err());
        assert!(Outcomes::read(&file(&[mutant("Enigma")]), "").is_err());
    }
}
