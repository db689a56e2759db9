//! Promise: never pay twice, also with many waits: under a reference a process's end is recorded by
//! any wait, in this program or in the next, after a notification or a poll.

use std::sync::Arc;

use idcloud_flows::http::Clock as _;
use idcloud_flows::journal::{MemoryJournal, Reference, State, StateKind};
use idcloud_flows::model::Scenario;
use idcloud_flows::{Flow, IdCloud, Pending, Submission, SubmitOptions};

use crate::waits::{DIVERGENCE, SCORE, WAITING, World, id, key, notice, request, seconds};

/// One program; it shares only the journal with the next. In memory, because a thread that writes
/// to a disk ignores virtual time.
fn program(world: &Arc<World>, journal: &Arc<MemoryJournal>) -> IdCloud {
    let journal = Arc::clone(journal);
    world.builder().journal(journal).build().unwrap()
}

fn reference(number: u32) -> Reference {
    format!("order-{number}").parse().unwrap()
}

async fn submit(idcloud: &IdCloud, number: u32) -> Submission {
    let options = SubmitOptions::default().with_reference(reference(number));
    let handle = idcloud.identity(key());
    handle.submit(request(), &options).await.unwrap()
}

async fn submit_pending(idcloud: &IdCloud, number: u32) -> Pending {
    match submit(idcloud, number).await {
        Submission::Pending(pending) => pending,
        finished @ Submission::Finished(_) => panic!("{finished:?}"),
    }
}

/// The recorded state, and the process.
async fn remembered(idcloud: &IdCloud, number: u32) -> (StateKind, String) {
    let remembered = idcloud.account_journal().unwrap();
    let reference = reference(number);
    let entry = remembered.entry(Flow::Identity, &reference);
    let entry = entry.await.unwrap().unwrap();
    if let State::Finished(finished) = entry.state() {
        assert_eq!(finished.verdict().scenario(), Scenario::ScoreHigh);
    }
    let process = entry.record().process_id().unwrap().as_str().to_owned();
    (entry.state().kind(), process)
}

#[tokio::test(start_paused = true)]
async fn a_crowd_is_written_down_by_hint_and_by_poll() {
    let journal = Arc::new(MemoryJournal::new());
    let world = World::new();
    let idcloud = program(&world, &journal);
    let mut waiter = idcloud.waiter();
    // A notification comes early for one; one is polled; one is not final in time.
    for (number, course) in [
        (1, [(0.0, WAITING), (1.5, SCORE)]),
        (2, [(0.0, WAITING), (20.0, SCORE)]),
        (3, [(0.0, WAITING), (1.0, DIVERGENCE)]),
    ] {
        world.creates(number);
        let _ = world.process(number, &course);
        let pending = submit_pending(&idcloud, number).await;
        assert_eq!(pending.process_id().as_str(), id(number));
        assert_eq!(
            remembered(&idcloud, number).await,
            (StateKind::Pending, id(number))
        );
        waiter.add(pending, &key(), seconds(100)).unwrap();
    }
    world.clock.sleep(seconds(2)).await;
    idcloud.hints().notify(&notice(1));
    let first = waiter.next().await.unwrap().unwrap();
    assert_eq!(first.process().id().as_str(), id(1));
    assert!(first.journal_error().is_none());
    // Recorded before it is returned.
    assert_eq!(remembered(&idcloud, 1).await, (StateKind::Finished, id(1)));
    assert_eq!(remembered(&idcloud, 2).await, (StateKind::Pending, id(2)));
    let second = waiter.next().await.unwrap().unwrap();
    assert_eq!(second.process().id().as_str(), id(2));
    assert_eq!(remembered(&idcloud, 2).await, (StateKind::Finished, id(2)));
    let third = waiter.next().await.unwrap().unwrap_err();
    assert_eq!(third.pending().process_id().as_str(), id(3));
    assert_eq!(remembered(&idcloud, 3).await, (StateKind::Pending, id(3)));

    // A new submission pays nothing, and sends IDCloud nothing.
    let departures = world.departures().len();
    for number in [1, 2] {
        let Submission::Finished(report) = submit(&idcloud, number).await else {
            panic!("it is finished");
        };
        assert!(report.recorded());
        assert_eq!(report.process().id().as_str(), id(number));
    }
    assert_eq!(world.departures().len(), departures);
}

/// Of the first program only the journal is left, and the processes that it stored.
#[tokio::test(start_paused = true)]
async fn another_program_waits_and_writes_it_down() {
    let journal = Arc::new(MemoryJournal::new());
    let world = World::new();
    let stored = {
        let idcloud = program(&world, &journal);
        let mut waiter = idcloud.waiter();
        for number in [1, 2] {
            world.creates(number);
            let _ = world.process(number, &[(0.0, WAITING), (30.0, SCORE)]);
            let pending = submit_pending(&idcloud, number).await;
            waiter.add(pending, &key(), seconds(600)).unwrap();
        }
        // It is dropped while it waits.
        tokio::select! {
            ended = waiter.next() => panic!("{ended:?}"),
            () = world.clock.sleep(seconds(5)) => {}
        }
        let left = waiter.into_pendings();
        // One was stored by the program itself; the other is known by its reference alone.
        serde_json::to_string(left.first().unwrap()).unwrap()
    };
    let idcloud = program(&world, &journal);
    let mut waiter = idcloud.waiter();
    let resumed: Pending = serde_json::from_str(&stored).unwrap();
    let creates = world.creates_seen();
    let known = submit_pending(&idcloud, 2).await;
    assert_eq!(world.creates_seen(), creates, "it was paid for");
    for pending in [resumed, known] {
        waiter.add(pending, &key(), seconds(600)).unwrap();
    }
    world.clock.sleep(seconds(30)).await;
    idcloud.hints().notify(&notice(2));
    for _ in 0..2 {
        let report = waiter.next().await.unwrap().unwrap();
        assert!(report.journal_error().is_none() && !report.recorded());
    }
    drop((idcloud, waiter));
    let third = program(&world, &journal);
    for number in [1, 2] {
        assert_eq!(
            remembered(&third, number).await,
            (StateKind::Finished, id(number))
        );
    }
}
