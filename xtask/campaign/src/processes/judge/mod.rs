//! Checks the promises: the results of the runs against the ledger.
//!
//! Pure. Must not start or read anything.

use std::collections::BTreeSet;
use std::fmt;

/// A finished run of the program.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    /// The fault of the run, in a word.
    pub(super) what: &'static str,
    /// The allowed exit codes; `None` for a killed run.
    pub(super) codes: &'static [Option<i32>],
    /// The run must not send anything.
    pub(super) sends_nothing: bool,
    /// How many requests may have been cut off, so that their answers were lost.
    pub(super) cut_off: usize,
    /// The run's output is ignored.
    pub(super) unheard: bool,
    pub(super) code: Option<i32>,
    /// It ended by itself.
    pub(super) in_time: bool,
    /// The processes that were billed during the run.
    pub(super) billed: Vec<String>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The content of the output file afterwards.
    pub(super) output: String,
}

/// A row in the output of the last run.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) reference: String,
    pub(super) outcome: String,
    pub(super) process_id: Option<String>,
}

/// All results.
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

    /// Whether the output of any run contains this process.
    fn is_told(&self, id: &str) -> bool {
        self.ended.iter().filter(|one| !one.unheard).any(|one| {
            one.stdout.contains(id) || one.stderr.contains(id) || one.output.contains(id)
        })
    }
}

/// A broken promise, or a run with a wrong result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// This many people were billed more than once.
    PaidTwice(usize),
    /// This many processes were billed and answered, but are in no run's output.
    Lost(usize),
    /// This many references are ambiguous although no request of them arrived.
    NeedlessDoubt(usize),
    /// This many processes were billed whose references are neither done nor ambiguous.
    Forgotten(usize),
    /// The rows of the last run differ from the input, or are not final.
    Unfinished(String),
    /// A run ended with a wrong exit code.
    WrongEnd(&'static str, Option<i32>, String),
    /// A run that had to be refused sent something.
    SentAllTheSame(&'static str),
    /// A run did not end.
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

/// Every broken promise.
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
    // Double bills are reported above.
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

/// How many processes were billed and answered, but are in no run's output.
fn lost(evidence: &Evidence) -> usize {
    let (mut lost, mut earlier) = (0, 0);
    for ended in &evidence.ended {
        let untold = ended.billed.iter().filter(|id| !evidence.is_told(id));
        let untold = untold.count();
        lost += untold.saturating_sub(ended.cut_off + earlier);
        // A request that was cut off may be billed a moment later, during the next run.
        earlier = ended.cut_off.saturating_sub(untold);
    }
    lost
}

#[cfg(test)]
mod tests;
