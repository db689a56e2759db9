//! Explores the journal's rules completely with a model checker: every command, in every order.
//!
//! Must not model the rules: it calls the real `transition` function, which stores run too.

mod book;
mod broken;
mod model;
mod promise;
mod state;
mod word;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use stateright::{Checker as _, Model as _};

use self::book::Book;
use self::broken::Broken;
use self::model::Rules;
use self::promise::Promise;
use crate::Failure;
use crate::campaign::on_threads;

/// The scope of an exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    /// One reference, with two attempts that are remembered at a time.
    One,
    /// Two references, with one such attempt each.
    Two,
    /// Two references, with two such attempts each.
    Both,
}

/// The depth limit for two references with two attempts each, whose state space is too large.
pub(crate) const STEPS: usize = 12;

/// The result of an exploration.
#[derive(Clone, Debug)]
pub(crate) struct Explored {
    around: Around,
    states: usize,
    /// Steps from one state to another.
    steps: usize,
    /// The depth limit, if there was one.
    at_most: Option<usize>,
    records: usize,
    /// Different inputs of the rules: a record, a command and a clock.
    questions: usize,
    /// The broken promise, and the steps that led to it.
    broken: Option<(Promise, Vec<String>)>,
}

/// Explores the rules as they are; two references with two attempts each up to `steps` steps.
pub(crate) fn explore(threads: usize, steps: usize) -> Result<Vec<Explored>, Failure> {
    Ok(vec![
        Explored::of::<1, 2>(Around::One, None, None, threads)?,
        Explored::of::<2, 1>(Around::Two, None, None, threads)?,
        Explored::of::<2, 2>(Around::Both, None, Some(steps), threads)?,
    ])
}

/// Whether every promise was kept.
pub(crate) fn hold(explored: &[Explored]) -> bool {
    explored.iter().all(|one| one.broken.is_none())
}

impl Explored {
    fn of<const REFERENCES: usize, const ATTEMPTS: usize>(
        around: Around,
        broken: Option<Broken>,
        at_most: Option<usize>,
        threads: usize,
    ) -> Result<Self, Failure> {
        let rules = Rules::<REFERENCES, ATTEMPTS>::new(Book::new(broken)?);
        let mut plan = rules.checker().threads(threads.max(1));
        if let Some(steps) = at_most {
            // The checker counts the first state as a step.
            plan = plan.target_max_depth(steps + 1);
        }
        let checked = plan.spawn_bfs().join();
        let found = checked.discoveries().into_values().next().map(|path| {
            let promise = path.last_state().broken.unwrap_or(Promise::Followed);
            let deeds = path.into_actions().into_iter().map(|deed| deed.to_string());
            (promise, deeds.collect())
        });
        let (records, questions) = checked.model().book.met();
        Ok(Self {
            around,
            states: checked.unique_state_count(),
            steps: checked.state_count(),
            at_most,
            records,
            questions,
            broken: found,
        })
    }

    /// A line, followed by the steps to a broken promise.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("rules, {self}\n");
        if let Some((promise, deeds)) = &self.broken {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "broken: {}, after:", promise.says());
            for deed in deeds {
                let _ = writeln!(text, "  {deed}");
            }
        }
        text
    }
}

impl std::fmt::Display for Explored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let around = match self.around {
            Around::One => "one reference with up to two attempts",
            Around::Two => "two references with one attempt each",
            Around::Both => "two references with up to two attempts each",
        };
        let at_most = match self.at_most {
            Some(steps) => format!(", not whole but up to {steps} steps"),
            None => String::new(),
        };
        let Self {
            states,
            steps,
            records,
            questions,
            ..
        } = self;
        write!(
            f,
            "{around}{at_most}: {states} states, {steps} steps between them, {records} records, {questions} questions to the rules"
        )
    }
}

/// For each broken rule, the promise that it breaks and the number of steps to it.
pub(crate) struct Noticed(Vec<(Broken, Option<(Promise, usize)>)>);

impl Noticed {
    /// Explores each until it is noticed, with one reference.
    pub(crate) fn of(threads: usize) -> Result<Self, Failure> {
        let next = AtomicUsize::new(0);
        let noticed = Mutex::new(Vec::new());
        let worker = || -> Result<(), Failure> {
            while let Some(one) = Broken::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                let explored = Explored::of::<1, 2>(Around::One, Some(*one), None, 1)?;
                let found = explored
                    .broken
                    .map(|(promise, deeds)| (promise, deeds.len()));
                let mut noticed = noticed.lock().unwrap_or_else(PoisonError::into_inner);
                noticed.push((*one, found));
            }
            Ok(())
        };
        on_threads(threads, worker)?;
        let mut noticed = noticed.into_inner().unwrap_or_else(PoisonError::into_inner);
        noticed.sort_by_key(|(broken, _)| Broken::ALL.iter().position(|one| one == broken));
        Ok(Self(noticed))
    }

    pub(crate) fn all(&self) -> bool {
        self.0.iter().all(|(_, found)| found.is_some())
    }

    /// A table, a row for each.
    pub(crate) fn table(&self) -> String {
        let mut text =
            "| rule that is broken | steps until noticed | promise that it breaks |\n|---|---:|---|\n"
                .to_owned();
        for (broken, found) in &self.0 {
            let (steps, promise) = match found {
                Some((promise, steps)) => (steps.to_string(), promise.says()),
                None => ("**not noticed**".to_owned(), ""),
            };
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "| {} | {steps} | {promise} |", broken.rule());
        }
        text
    }
}

/// The page's section.
pub(crate) fn section(explored: &[Explored], seconds: f64, noticed: &Noticed) -> String {
    let mut section = INTRODUCTION.to_owned();
    for one in explored {
        // Writing to a `String` cannot fail.
        let _ = writeln!(section, "- {one}");
    }
    let _ = write!(
        section,
        "\nEverything was explored in {seconds:.0} seconds; "
    );
    section.push_str(if hold(explored) {
        "no promise was broken"
    } else {
        "**a promise was broken**"
    });
    section.push_str(SABOTAGE);
    section.push_str(&noticed.table());
    section
}

const INTRODUCTION: &str = "\
## The journal's rules, explored whole

Seeds sample. What a command makes of a reference is one pure function, `transition`, and a model checker
([stateright](https://docs.rs/stateright)) explores it whole: two programs on one journal, every command at every point, answers of the journal that get
lost, programs that crash or go at any step, what they tell the journal arriving at any later time or never, requests that run or do not, purges, and
clocks by which a lease is over for one program and runs for the other. An attempt counts as long as the record, a program or a request knows of it, and
one reference has at most two of them at a time. Two references are alike, so that it does not matter which of them is the first. Times are left out but for that: a lease runs, or it is over. One thing is taken for granted: a request leaves within the lease of its dispatch, or not at all. Two references
with two attempts each have about as many states as one such reference has pairs of them, thousands of millions, so that they are followed for some steps alone.

";

const SABOTAGE: &str =
    ". Each rule is then broken in its turn, by altering what the real function answers:

";

#[cfg(test)]
mod tests {
    use super::*;

    /// No create is paid for twice, in any order of journal commands.
    #[test]
    fn the_rules_keep_every_promise() {
        for explored in explore(2, 7).unwrap() {
            eprintln!("{explored}");
            assert!(explored.broken.is_none(), "{}", explored.text());
        }
    }

    /// The model would find a broken rule.
    #[test]
    fn every_rule_that_is_broken_is_noticed() {
        let noticed = Noticed::of(2).unwrap();
        assert!(noticed.all(), "{}", noticed.table());
    }
}
