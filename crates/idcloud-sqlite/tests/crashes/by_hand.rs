//! Promise: never pay twice, whichever process dies when.
//!
//! A child process submits several references at once through the journal to a wire that counts
//! what was sent, and is killed at any point.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use children::Child;
use idcloud_flows::journal::{EntryFilter, Journal as _, StateKind};
use idcloud_sqlite::SqliteJournal;

use crate::submitter::{self, Step, Task};
use crate::wire::Wire;
use crate::{kills, later};

const ROWS: usize = 24;
const WORKERS: usize = 4;
const KILLS: u64 = 25;

fn spawn(task: &Task) -> Child {
    crate::spawn(Task::VARIABLE, task)
}

/// Runs a task to its end.
fn run(task: &Task) {
    let output = spawn(task).finish().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The first line that a child prints about itself.
fn said(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    loop {
        let line = lines.next().unwrap().unwrap();
        if let Some((_, said)) = line.split_once(submitter::SAID) {
            return said.to_owned();
        }
    }
}

/// Checks the end of every reference: never sent twice, and known unless it was on the wire during
/// a kill.
async fn judge(directory: &Path, rows: usize, time: u64, most_ambiguous: usize, trial: &str) {
    let journal = SqliteJournal::open(directory.join("journal.db")).unwrap();
    let entries = journal
        .entries(&EntryFilter::new(), None, usize::MAX, later(time))
        .await
        .unwrap()
        .into_entries();
    assert_eq!(entries.len(), rows, "{trial}: a row is lost");
    let wire = Wire::of(directory);
    let mut ambiguous = 0;
    for entry in entries {
        let sent = wire.count(entry.key().reference().as_str());
        assert!(sent <= 1, "{trial}: {sent} submissions of one reference");
        match entry.state().kind() {
            StateKind::Finished => assert_eq!(sent, 1, "{trial}: a submission was lost"),
            StateKind::Ambiguous => ambiguous += 1,
            other => panic!("{trial}: {other} at the end"),
        }
    }
    assert!(
        ambiguous <= most_ambiguous,
        "{trial}: {ambiguous} are ambiguous"
    );
}

/// Killed between every pair of steps.
#[tokio::test]
async fn between_steps() {
    for (step, ambiguous, sent) in [
        (Step::Begin, 0, 1),
        (Step::Claimed, 0, 1),
        (Step::Dispatched, 1, 0),
        (Step::Sent, 1, 1),
        (Step::Concluded, 0, 1),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let task = Task::new(directory.path(), 1, 1, 0);
        let mut child = spawn(&task.stopping_at(step));
        assert_eq!(said(&mut child), step.to_string());
        child.kill().unwrap();
        child.wait().unwrap();
        // While the lease lasts no other process sends it.
        run(&Task::new(directory.path(), 1, 1, 1));
        let before = Wire::of(directory.path()).count("row 0");
        let is_open = !matches!(step, Step::Begin | Step::Concluded);
        if is_open {
            assert_eq!(before, usize::from(step == Step::Sent), "{step}");
        }
        run(&Task::new(directory.path(), 1, 1, 1000));
        judge(directory.path(), 1, 1000, ambiguous, &step.to_string()).await;
        assert_eq!(Wire::of(directory.path()).count("row 0"), sent, "{step}");
    }
}

/// Killed at moments that a seed chooses, twice in a row, with several requests on the wire.
#[tokio::test]
async fn at_random_moments() {
    for seed in 0..kills(KILLS) {
        let mut random = fastrand::Rng::with_seed(seed);
        let directory = tempfile::tempdir().unwrap();
        let times = [0, 1000];
        for time in times {
            let task = Task::new(directory.path(), ROWS, WORKERS, time);
            let mut child = spawn(&task.telling_each_step());
            // Each row prints five signs, one per step.
            let steps = random.usize(0..ROWS * 5);
            let mut signs = BufReader::new(child.stdout.take().unwrap()).bytes();
            let told = signs
                .by_ref()
                .filter(|byte| byte.as_ref().is_ok_and(|byte| *byte == submitter::SIGN))
                .take(steps)
                .count();
            assert!(told <= steps);
            child.kill().unwrap();
            child.wait().unwrap();
        }
        run(&Task::new(directory.path(), ROWS, WORKERS, 2000));
        let most = times.len() * WORKERS;
        judge(directory.path(), ROWS, 2000, most, &format!("seed {seed}")).await;
    }
}

/// Two processes with one reference: one submits, the other gets in flight.
#[tokio::test]
async fn two_processes() {
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let task = Task::new(directory.path(), 1, 1, 0).holding();
        let mut children = [spawn(&task), spawn(&task)];
        let mut answers = children.each_mut().map(said);
        answers.sort();
        assert_eq!(answers, ["in flight", "sent"]);
        for child in children {
            // Closes its input, which the submitter waits for.
            assert!(child.finish().unwrap().status.success());
        }
        assert_eq!(Wire::of(directory.path()).count("row 0"), 1);
        judge(directory.path(), 1, 1, 0, "two processes").await;
    }
}
