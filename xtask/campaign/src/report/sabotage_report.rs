//! Switches off every protection in turn, and counts the runs until it is noticed.
//!
//! Must not leave one out: a sabotage that was not noticed is reported, and fails the campaign.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bench::report::pages::Picture;
use bench::report::pages::bars::{Bar, Bars, Scale};

use crate::Failure;
use crate::campaign::{Campaign, on_threads};
use crate::run::Resources;
use crate::sabotage::Sabotage;

/// The result of each sabotage: after how many runs it was noticed, and by which violation.
pub(crate) struct Noticed {
    /// The most runs of each.
    runs: u64,
    found: Vec<(Sabotage, Option<(u64, String)>)>,
}

impl Noticed {
    /// Plays each until it is noticed, on the campaign's number of threads.
    pub(crate) fn of(campaign: &Campaign, resources: &Resources) -> Result<Self, Failure> {
        let next = AtomicUsize::new(0);
        let noticed = Mutex::new(Vec::new());
        let worker = || -> Result<(), Failure> {
            while let Some(one) = Sabotage::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                let found = campaign.until_noticed(*one, resources)?;
                let mut noticed = noticed.lock().unwrap_or_else(PoisonError::into_inner);
                noticed.push((*one, found));
            }
            Ok(())
        };
        on_threads(campaign.threads, worker)?;
        let mut found = noticed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let in_order = Sabotage::ALL.into_iter().map(|sabotage| {
            let place = found.iter().position(|(one, _)| *one == sabotage);
            let found = place.and_then(|place| found.swap_remove(place).1);
            (sabotage, found)
        });
        Ok(Self {
            runs: campaign.runs,
            found: in_order.collect(),
        })
    }

    /// Whether all were noticed.
    pub(crate) fn all(&self) -> bool {
        self.found.iter().all(|(_, found)| found.is_some())
    }

    /// A table, a row for each.
    pub(crate) fn table(&self) -> String {
        let mut text =
            "| protection switched off | runs until noticed | by what |\n|---|---:|---|\n"
                .to_owned();
        for (sabotage, found) in &self.found {
            let (runs, by) = match found {
                Some((runs, by)) => (runs.to_string(), by.as_str()),
                None => ("**not noticed**".to_owned(), ""),
            };
            let protection = sabotage.protection();
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "| {protection} (`{sabotage}`) | {runs} | {by} |");
        }
        text
    }

    /// The table's numbers, the fastest first.
    pub(crate) fn picture(&self) -> Picture {
        let of = |found: &Option<(u64, String)>| found.as_ref().map(|(runs, _)| *runs);
        let mut found: Vec<_> = self.found.iter().collect();
        found.sort_by_key(|(_, found)| of(found).unwrap_or(u64::MAX));
        let bars = found.iter().map(|(sabotage, found)| Bar {
            label: sabotage.to_string(),
            value: of(found).map_or(0.0, length),
            text: of(found).map_or_else(|| "not noticed".to_owned(), |runs| runs.to_string()),
            ours: true,
        });
        let slowest = self.found.iter().filter_map(|(_, found)| of(found)).max();
        let missing = self
            .found
            .iter()
            .filter(|(_, found)| found.is_none())
            .count();
        Picture {
            file: "reliability-noticed.svg",
            shows: format!(
                "Runs until each sabotage is noticed: {} at most, and {missing} of {} not noticed",
                slowest.unwrap_or_default(),
                self.found.len()
            ),
            svg: Bars {
                title: "Runs until a protection that is switched off is noticed".to_owned(),
                below: "each mark to the right is ten times as many; less is better".to_owned(),
                bars: bars.collect(),
                scale: Scale::Logarithmic,
                goal: Some((
                    length(self.runs),
                    format!("the {} runs that are played", self.runs),
                )),
            }
            .svg(),
        }
    }
}

/// The length of a bar. The runs here are far fewer than 2^32.
fn length(runs: u64) -> f64 {
    u32::try_from(runs).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sabotage that was not noticed is in the table and in the picture, and fails the campaign.
    #[test]
    fn what_is_not_noticed_is_told() {
        let [first, second, ..] = Sabotage::ALL;
        let noticed = Noticed {
            runs: 10_000,
            found: vec![(second, None), (first, Some((83, "a sentence".to_owned())))],
        };
        assert!(!noticed.all());
        let table = noticed.table();
        assert!(table.contains("| 83 | a sentence |"), "{table}");
        assert!(table.contains("**not noticed**"), "{table}");
        let picture = noticed.picture();
        assert!(picture.svg.contains(">83<") && picture.svg.contains(">not noticed<"));
        assert!(
            picture
                .shows
                .ends_with("83 at most, and 1 of 2 not noticed")
        );
    }
}
