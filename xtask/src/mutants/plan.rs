//! The areas of mutation testing, and the excused survivors. Pure.
//!
//! Must not excuse a survivor without a reason, nor keep a reason without a survivor.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Failure;

/// The file `xtask/campaign/mutants.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    area: Vec<Area>,
    #[serde(default)]
    survivor: Vec<Survivor>,
}

/// Some files, and the tests that have to notice changes in them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) what: String,
    pub(super) package: String,
    pub(super) files: Vec<String>,
    pub(super) tests: Vec<String>,
}

/// A mutant that no test can notice, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Survivor {
    file: String,
    /// The change, in cargo-mutants' words.
    mutant: String,
    /// How many survivors of that file have the same words.
    #[serde(default = "once")]
    times: usize,
    reason: String,
}

const fn once() -> usize {
    1
}

impl Plan {
    /// Parses a plan; each survivor must have a reason, and belong to an area.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let plan: Self = toml::from_str(text)?;
        for survivor in &plan.survivor {
            let told = || format!("{}: {}", survivor.file, survivor.mutant);
            if survivor.reason.trim().is_empty() {
                return Err(format!("{} has no reason", told()).into());
            }
            if !plan
                .area
                .iter()
                .any(|area| area.files.contains(&survivor.file))
            {
                return Err(format!("{} is in no area", told()).into());
            }
        }
        Ok(plan)
    }

    /// The area with this name, or all.
    pub(super) fn areas(&self, name: Option<&str>) -> Result<Vec<&Area>, Failure> {
        let wanted = |area: &&Area| name.is_none_or(|name| area.name == name);
        let areas: Vec<&Area> = self.area.iter().filter(wanted).collect();
        if areas.is_empty() {
            let names: Vec<&str> = self.area.iter().map(|area| area.name.as_str()).collect();
            return Err(format!("no such area; there are {}", names.join(", ")).into());
        }
        Ok(areas)
    }

    /// The differences between an area's survivors (file, change) and those that the plan excuses.
    pub(super) fn complaints(&self, area: &Area, survived: &[(String, String)]) -> Vec<String> {
        let mut counted: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
        for (file, mutant) in survived {
            counted.entry((file, mutant)).or_default().0 += 1;
        }
        for survivor in &self.survivor {
            if area.files.contains(&survivor.file) {
                counted
                    .entry((&survivor.file, &survivor.mutant))
                    .or_default()
                    .1 += survivor.times;
            }
        }
        counted
            .into_iter()
            .filter_map(|((file, mutant), (survived, excused))| {
                let told = format!("{file}: {mutant}");
                match survived.cmp(&excused) {
                    Ordering::Greater => {
                        Some(format!("survived {survived}, excused {excused}: {told}"))
                    }
                    Ordering::Less => Some(format!(
                        "excused {excused}, and only {survived} survived (strike it out): {told}"
                    )),
                    Ordering::Equal => None,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREAS: &str = "
[[area]]
name = 'one'
what = 'x'
package = 'p'
files = ['a.rs']
tests = ['--lib']
[[area]]
name = 'two'
what = 'x'
package = 'p'
files = ['b.rs']
tests = ['--lib']
";

    fn plan(survivors: &str) -> Result<Plan, Failure> {
        Plan::read(&format!("{AREAS}{survivors}"))
    }

    /// A survivor needs a reason, and a reason a survivor; each area covers its own files.
    #[test]
    fn survivors_and_reasons_are_held_against_each_other() {
        let plan = plan(
            "
[[survivor]]
file = 'a.rs'
mutant = 'replace < with <= in f'
times = 2
reason = 'both are right'
[[survivor]]
file = 'b.rs'
mutant = 'replace g with ()'
reason = 'only faster'
",
        )
        .unwrap();
        let survived =
            |times: usize| vec![("a.rs".to_owned(), "replace < with <= in f".to_owned()); times];
        let one = plan.areas(Some("one")).unwrap()[0];
        for (times, complaints) in [(0, 1), (1, 1), (2, 0), (3, 1)] {
            assert_eq!(
                plan.complaints(one, &survived(times)).len(),
                complaints,
                "{times}"
            );
        }
        let mut other = survived(2);
        other.push(("a.rs".to_owned(), "replace h with ()".to_owned()));
        assert_eq!(
            plan.complaints(one, &other),
            ["survived 1, excused 0: a.rs: replace h with ()"]
        );
        let two = plan.areas(Some("two")).unwrap()[0];
        assert_eq!(
            plan.complaints(two, &[]),
            ["excused 1, and only 0 survived (strike it out): b.rs: replace g with ()"]
        );
    }

    #[test]
    fn a_survivor_needs_a_reason_and_an_area() {
        for (file, reason) in [("a.rs", " "), ("c.rs", "equivalent")] {
            let text =
                format!("[[survivor]]\nfile = '{file}'\nmutant = 'm'\nreason = '{reason}'\n");
            assert!(plan(&text).is_err(), "{text}");
        }
        assert!(plan("").unwrap().areas(Some("three")).is_err());
        assert_eq!(plan("").unwrap().areas(None).unwrap().len(), 2);
    }
}
