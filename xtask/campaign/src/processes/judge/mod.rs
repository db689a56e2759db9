//! Whether the promises held: what the runs came to, against what the ledger says was billed.
//!
//! Pure: starts nothing and reads nothing.

use std::collections::BTreeSet;
use std::fmt;

/// One run of the program that has ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    /// What befell it, in a word.
    pub(super) what: &'static str,
    /// The exit codes that it may have; a run that was killed has none.
    pub(super) codes: &'static [Option<i32>],
    /// It must have sent nothing.
    pub(super) sends_nothing: bool,
    /// So many requests may have been cut off, whose answers nobody heard.
    pub(super) cut_off: usize,
    /// What it says is not heard.
    pub(super) unheard: bool,
    pub(super) code: Option<i32>,
    /// It came to its end by itself.
    pub(super) in_time: bool,
    /// The processes that were billed while it ran.
    pub(super) billed: Vec<String>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The output's file, as it stood afterwards.
    pub(super) output: String,
}

/// A row as the last run tells it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) reference: String,
    pub(super) outcome: String,
    pub(super) process_id: Option<String>,
}

/// All that is known in the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// The references of the input, in order.
    pub(super) expected: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// How many people were billed more than once.
    pub(super) doubles: usize,
    pub(super) ended: Vec<Ended>,
}

impl Evidence {
    /// The processes that the simulator billed.
    pub(super) fn billed(&self) -> impl Iterator<Item = &str> {
        self.ended
            .iter()
            .flat_map(|ended| &ended.billed)
            .map(String::as_str)
    }

    pub(super) fn ambiguous(&self) -> usize {
        self.count("ambiguous")
    }

    fn count(&self, outcome: &str) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == outcome)
            .count()
    }

    /// Whether any run told of a process, in any way.
    fn is_told(&self, id: &str) -> bool {
        self.ended.iter().filter(|one| !one.unheard).any(|one| {
            one.stdout.contains(id) || one.stderr.contains(id) || one.output.contains(id)
        })
    }
}

/// A promise that was broken, or a run that did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// So many people were billed more than once.
    PaidTwice(usize),
    /// So many processes were billed and answered, and no run told of them.
    Lost(usize),
    /// So many references are ambiguous of which no request arrived.
    NeedlessDoubt(usize),
    /// So many processes were billed whose references are neither done nor ambiguous.
    Forgotten(usize),
    /// The rows of the last run are not those of the input, or are not at their end.
    Unfinished(String),
    /// A run ended in a way in which it must not end.
    WrongEnd(&'static str, Option<i32>, String),
    /// A run that had to be refused sent something.
    SentAllTheSame(&'static str),
    /// A run did not come to its end.
    Hung(&'static str),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PaidTwice(people) => write!(f, "{people} people were billed more than once"),
            Self::Lost(ids) => write!(f, "{ids} processes were answered, and no run told of them"),
            Self::NeedlessDoubt(rows) => {
                write!(f, "{rows} rows are ambiguous of which no request arrived")
            }
            Self::Forgotten(rows) => {
                write!(
                    f,
                    "{rows} processes were billed for rows that are called neither done nor ambiguous"
                )
            }
            Self::Unfinished(why) => write!(f, "the last run: {why}"),
            Self::WrongEnd(what, Some(code), said) => {
                write!(f, "the run with \"{what}\" ended with {code}: {said}")
            }
            Self::WrongEnd(what, None, said) => {
                write!(f, "the run with \"{what}\" was killed by a signal: {said}")
            }
            Self::SentAllTheSame(what) => {
                write!(
                    f,
                    "the run with \"{what}\" had to be refused, and sent something"
                )
            }
            Self::Hung(what) => write!(f, "the run with \"{what}\" did not come to its end"),
        }
    }
}

/// Everything that is wrong.
pub(super) fn judge(evidence: &Evidence) -> Vec<Broken> {
    let mut broken = Vec::new();
    for ended in &evidence.ended {
        if !ended.in_time {
            broken.push(Broken::Hung(ended.what));
        } else if !ended.codes.contains(&ended.code) {
            let said = ended.stderr.lines().last().unwrap_or_default().to_owned();
            broken.push(Broken::WrongEnd(ended.what, ended.code, said));
        }
        if ended.sends_nothing && !ended.billed.is_empty() {
            broken.push(Broken::SentAllTheSame(ended.what));
        }
    }
    if evidence.doubles > 0 {
        broken.push(Broken::PaidTwice(evidence.doubles));
    }
    let lost = lost(evidence);
    if lost > 0 {
        broken.push(Broken::Lost(lost));
    }
    let cut_off: usize = evidence.ended.iter().map(|ended| ended.cut_off).sum();
    let known: BTreeSet<&str> = evidence
        .rows
        .iter()
        .filter_map(|row| row.process_id.as_deref())
        .collect();
    let unknown = evidence.billed().filter(|id| !known.contains(id)).count();
    let ambiguous = evidence.ambiguous();
    if ambiguous > unknown + cut_off {
        broken.push(Broken::NeedlessDoubt(ambiguous - unknown - cut_off));
    }
    // What was paid twice is told above.
    if unknown > ambiguous && evidence.doubles == 0 {
        broken.push(Broken::Forgotten(unknown - ambiguous));
    }
    let references = evidence.rows.iter().map(|row| &row.reference);
    if !references.eq(&evidence.expected) {
        let why = format!(
            "{} rows, and the input has {}",
            evidence.rows.len(),
            evidence.expected.len()
        );
        broken.push(Broken::Unfinished(why));
    }
    let open = evidence
        .rows
        .iter()
        .find(|row| row.outcome != "done" && row.outcome != "ambiguous");
    if let Some(row) = open {
        broken.push(Broken::Unfinished(format!(
            "{} is {}",
            row.reference, row.outcome
        )));
    }
    broken
}

/// How many processes were billed and answered that no run told of.
fn lost(evidence: &Evidence) -> usize {
    let (mut lost, mut earlier) = (0, 0);
    for ended in &evidence.ended {
        let untold = ended.billed.iter().filter(|id| !evidence.is_told(id));
        let untold = untold.count();
        lost += untold.saturating_sub(ended.cut_off + earlier);
        // What was cut off may be billed a moment later, while the next run is at work.
        earlier = ended.cut_off.saturating_sub(untold);
    }
    lost
}

#[cfg(test)]
mod tests;
