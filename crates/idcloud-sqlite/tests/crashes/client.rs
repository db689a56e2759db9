//! Promise: a crash leaves ambiguous what was on its way, and nothing else.
//!
//! A child process runs the whole client with a journal on disk against a scripted server, in
//! virtual time, and is killed at a chosen step.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Mutex;

use idcloud_flows::journal::{EntryFilter, StateKind};
use idcloud_sqlite::SqliteReader;

use crate::program::{self, Task};
use crate::trail::{self, Step, Trail};
use crate::{kills, later, server};

const ROWS: usize = 24;
const KILLS: u64 = 25;
/// Seconds after which every lease of an earlier run has expired.
const LONG: u64 = 1_000;

/// Runs a task until it ends, or until it stops at its step and is killed there. Returns whether it
/// was killed.
fn run(task: &Task) -> bool {
    let mut child = crate::spawn(Task::VARIABLE, task);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let stopped = lines.any(|line| line.unwrap().contains(trail::STOPPED));
    if stopped {
        child.kill().unwrap();
        child.wait().unwrap();
    } else {
        assert!(child.wait().unwrap().success());
    }
    stopped
}

/// Runs trials a few at a time: most of a trial waits for the disk. If one fails, the test fails
/// after the others.
fn side_by_side<T: Send>(trials: impl Iterator<Item = T> + Send, trial: impl Fn(T) + Sync) {
    const AT_ONCE: usize = 4;
    let trials = Mutex::new(trials);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = trials.lock().unwrap().next();
                    let Some(next) = next else { return };
                    trial(next);
                }
            });
        }
    });
}

/// The references whose end is unknown after a kill now.
fn in_doubt(directory: &Path, rows: usize) -> BTreeSet<String> {
    let trail = Trail::of(directory);
    let references = (0..rows).map(program::reference);
    references
        .filter(|reference| trail.last(reference).is_some_and(Step::is_in_doubt))
        .collect()
}

/// Checks the end of every reference after all programs have ended: exactly the `doubtful` ones are
/// ambiguous, and none was created twice.
fn judge(directory: &Path, rows: usize, doubtful: &BTreeSet<String>, trial: &str) {
    let journal = SqliteReader::open(directory.join("journal.db")).unwrap();
    let page = journal.entries(&EntryFilter::new(), None, usize::MAX, later(10 * LONG));
    let entries = page.unwrap().into_entries();
    assert_eq!(entries.len(), rows, "{trial}: a row is lost");
    let trail = Trail::of(directory);
    let mut ambiguous = BTreeSet::new();
    for entry in entries {
        let reference = entry.key().reference().as_str();
        let (ran, failed) = (
            trail.count(reference, Step::Ran),
            trail.count(reference, Step::Failed),
        );
        assert!(
            ran <= 1,
            "{trial}: {reference} was created {ran} times: {trail:?}"
        );
        match entry.state().kind() {
            StateKind::Finished => assert!(ran + failed >= 1, "{trial}: {reference}"),
            StateKind::Ambiguous => {
                ambiguous.insert(reference.to_owned());
            }
            // Refused more often than a call retries: free.
            StateKind::NotSent => assert_eq!(ran + failed, 0, "{trial}: {reference}"),
            other => panic!("{trial}: {reference} is {other} at the end"),
        }
    }
    assert_eq!(&ambiguous, doubtful, "{trial}: {trail:?}");
}

/// Killed after every single step of one submission, for every answer of the server.
#[test]
fn after_every_step() {
    let seen = Mutex::new(BTreeSet::new());
    side_by_side(0..server::KINDS, |row| {
        for stop in 1.. {
            let directory = tempfile::tempdir().unwrap();
            let directory = directory.path();
            let task = Task::new(directory).with_rows(row, row + 1);
            if !run(&task.clone().stopping_at(stop)) {
                assert!(stop > 5, "a submission has more steps");
                break;
            }
            let reference = program::reference(row);
            let trail = Trail::of(directory);
            let last = trail.last(&reference).unwrap();
            seen.lock().unwrap().insert(last);
            let doubtful: BTreeSet<_> = last
                .is_in_doubt()
                .then_some(reference.clone())
                .into_iter()
                .collect();
            let before = trail.count(&reference, Step::Ran);
            // While the lease lasts no other process sends it.
            run(&task.clone().at(1));
            let trail = Trail::of(directory);
            if last.is_held() {
                assert_eq!(trail.count(&reference, Step::Ran), before, "{row} {stop}");
            }
            run(&task.clone().at(LONG));
            judge(directory, 1, &doubtful, &format!("row {row}, step {stop}"));
        }
    });
    // Each kind of step was the last one before some kill.
    assert_eq!(seen.into_inner().unwrap(), Step::ALL.into_iter().collect());
}

/// Killed at steps that a seed chooses, twice in a row, with several submissions running.
#[test]
fn at_random_steps() {
    side_by_side(0..kills(KILLS), |seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let task = Task::new(directory).with_rows(0, ROWS);
        let mut doubtful = BTreeSet::new();
        for time in [0, LONG] {
            let stop = random.usize(1..ROWS * 8);
            if run(&task.clone().at(time).stopping_at(stop)) {
                let new = in_doubt(directory, ROWS);
                assert!(new.difference(&doubtful).count() <= program::WORKERS);
                doubtful.extend(new);
            }
        }
        run(&task.at(2 * LONG));
        judge(directory, ROWS, &doubtful, &format!("seed {seed}"));
    });
}
