//! The limiter under random schedules: many callers of every kind, some dropped at a random moment.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::budget::limiter::{Limiter, NoTurn, QueueLimits};
use crate::operation::OperationKind;
use crate::testing::VirtualClock;
use crate::time::clock::Clock as _;

const KINDS: [OperationKind; 3] = [
    OperationKind::Token,
    OperationKind::Create,
    OperationKind::Read,
];

/// The callers of one run, and their results.
struct World {
    clock: VirtualClock,
    limiter: Arc<Limiter>,
    bodies: Arc<Semaphore>,
    departed: Mutex<Vec<(Instant, OperationKind)>>,
}

impl World {
    fn new(rate: usize, bodies: usize, queue: QueueLimits) -> Arc<Self> {
        let clock = VirtualClock::new();
        Arc::new(Self {
            limiter: Limiter::new(rate, queue, Arc::new(clock.clone())),
            clock,
            bodies: Arc::new(Semaphore::new(bodies)),
            departed: Mutex::default(),
        })
    }

    async fn sleep(&self, milliseconds: u64) {
        self.clock.sleep(Duration::from_millis(milliseconds)).await;
    }

    /// A call as the client makes it: admission, some work, the send, an answer with the body still
    /// held.
    async fn call(&self, kind: OperationKind, work: u64, answer: u64) -> Result<(), NoTurn> {
        let (permit, _room) = match kind {
            OperationKind::Create => {
                let (permit, room) = self.limiter.acquire_with_body(&self.bodies).await?;
                (permit, Some(room))
            }
            _ => (self.limiter.acquire(kind).await?, None),
        };
        self.sleep(work).await;
        let permit = self.limiter.await_departure(permit).await;
        permit.depart();
        self.departed
            .lock()
            .unwrap()
            .push((self.clock.instant(), kind));
        self.sleep(answer).await;
        Ok(())
    }

    /// Budget: no sliding second, nor its guard, holds more requests than the rate.
    fn assert_budget(&self, rate: usize, what: &str) {
        let departed = self.departed.lock().unwrap();
        for (first, next) in departed.iter().zip(departed.iter().skip(rate)) {
            let apart = next.0 - first.0;
            assert!(apart >= Duration::from_millis(1025), "{what}: {apart:?}");
        }
    }

    /// No call leaves state behind, and the next caller is served at once.
    async fn assert_idle(&self, bodies: usize, what: &str) {
        self.sleep(5_000).await;
        let snapshot = self.limiter.snapshot();
        let left = (
            snapshot.queued_tokens,
            snapshot.queued_creates,
            snapshot.queued_reads,
            snapshot.leaving,
            snapshot.departed,
        );
        assert_eq!(left, (0, 0, 0, 0, 0), "{what}");
        assert_eq!(self.bodies.available_permits(), bodies, "{what}");
        for kind in KINDS {
            let began = self.clock.instant();
            self.call(kind, 0, 0).await.unwrap();
            assert_eq!(self.clock.instant(), began, "{what}");
            self.sleep(1_100).await;
        }
    }
}

/// Polls `work` until it ends or `after` has passed, and drops it then.
async fn cut(world: &World, after: u64, work: impl Future<Output = Result<(), NoTurn>>) -> bool {
    let mut work: Pin<Box<dyn Future<Output = _>>> = Box::pin(work);
    tokio::select! {
        biased;
        ended = &mut work => ended.is_ok(),
        () = world.sleep(after) => false,
    }
}

/// Waits until every call has ended. Time is virtual: a lost wake-up would hang for ever.
async fn ended(world: &World, calls: tokio::task::LocalSet, limit: u64, what: &str) {
    tokio::select! {
        () = calls => {}
        () = world.sleep(limit) => panic!("{what}: a call is forgotten: {:?}", world.limiter),
    }
}

/// No wake-up is lost: a call that is cancelled in a queue, between admission and send, or before a
/// body's room, passes on what it held. No waiter is forgotten, and the budget is kept throughout.
#[tokio::test(start_paused = true)]
async fn random_schedules_lose_no_waiter() {
    for seed in 0..300_u64 {
        let mut random = fastrand::Rng::with_seed(seed);
        let rate = random.usize(1..12);
        let bodies = random.usize(1..6);
        let queue = QueueLimits {
            max_queued: 10_000,
            timeout: Duration::from_secs(100_000),
        };
        let world = World::new(rate, bodies, queue);
        let local = tokio::task::LocalSet::new();
        let mut patient = Vec::new();
        for _ in 0..random.usize(1..80) {
            let kind = KINDS[random.usize(..KINDS.len())];
            let (start, work, answer) = (random.u64(..4_000), random.u64(..600), random.u64(..900));
            let work = if random.bool() { 0 } else { work };
            let leaves = random.bool().then(|| random.u64(..3_000));
            let world = Arc::clone(&world);
            let task = local.spawn_local(async move {
                world.sleep(start).await;
                let call = world.call(kind, work, answer);
                match leaves {
                    Some(after) => cut(&world, after, call).await,
                    None => call.await.is_ok(),
                }
            });
            if leaves.is_none() {
                patient.push(task);
            }
        }
        for _ in 0..random.usize(..4) {
            let (at, held) = (random.u64(..5_000), random.u64(..3_000));
            let world = Arc::clone(&world);
            local.spawn_local(async move {
                world.sleep(at).await;
                world.limiter.pause(Duration::from_millis(held));
            });
        }
        // Generous: the time that all calls take at the rate, plus pauses and work.
        let limit = 20_000 + 80 * 1_500 / u64::try_from(rate).unwrap();
        let what = format!("seed {seed}, rate {rate}, bodies {bodies}");
        ended(&world, local, limit, &what).await;
        for task in patient {
            assert!(task.await.unwrap(), "{what}");
        }
        world.assert_budget(rate, &what);
        world.assert_idle(bodies, &what).await;
    }
}

/// Bounds hold under random schedules: the queue never exceeds `max_queued`, no caller waits past
/// `queue_timeout`, and a refused caller leaves no state.
#[tokio::test(start_paused = true)]
async fn random_crowds_keep_the_bounds() {
    for seed in 0..150_u64 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (rate, bodies) = (random.usize(1..10), random.usize(1..4));
        let queue = QueueLimits {
            max_queued: random.usize(1..20),
            timeout: Duration::from_millis(random.u64(1..3_000)),
        };
        let world = World::new(rate, bodies, queue);
        let what = format!("seed {seed}, rate {rate}, {queue:?}");
        let local = tokio::task::LocalSet::new();
        for _ in 0..120 {
            let kind = KINDS[random.usize(..KINDS.len())];
            let (start, work) = (random.u64(..2_000), random.u64(..300));
            let (world, what) = (Arc::clone(&world), what.clone());
            local.spawn_local(async move {
                world.sleep(start).await;
                let began = world.clock.instant();
                let turn = match kind {
                    OperationKind::Create => {
                        let turn = world.limiter.acquire_with_body(&world.bodies).await;
                        turn.map(|(permit, room)| (permit, Some(room)))
                    }
                    _ => world
                        .limiter
                        .acquire(kind)
                        .await
                        .map(|permit| (permit, None)),
                };
                let waited = world.clock.instant() - began;
                // tokio's timer counts in milliseconds.
                let most = queue.timeout + Duration::from_millis(1);
                assert!(waited <= most, "{what}: waited {waited:?}");
                let snapshot = world.limiter.snapshot();
                let queued = snapshot.queued_creates + snapshot.queued_reads;
                assert!(queued <= queue.max_queued, "{what}: {snapshot:?}");
                if let Ok((permit, _room)) = turn {
                    world.sleep(work).await;
                    world.limiter.await_departure(permit).await.depart();
                    world
                        .departed
                        .lock()
                        .unwrap()
                        .push((world.clock.instant(), kind));
                }
            });
        }
        ended(&world, local, 200_000, &what).await;
        world.assert_budget(rate, &what);
        world.assert_idle(bodies, &what).await;
    }
}

/// While creates and reads both wait, neither starves, whichever waiters are dropped meanwhile.
#[tokio::test(start_paused = true)]
async fn lanes_keep_their_shares_when_callers_leave() {
    for seed in 0..40_u64 {
        let mut random = fastrand::Rng::with_seed(seed);
        let queue = QueueLimits {
            max_queued: 100_000,
            timeout: Duration::from_secs(100_000),
        };
        let world = World::new(10, 1_000, queue);
        let local = tokio::task::LocalSet::new();
        for kind in [OperationKind::Create, OperationKind::Read] {
            for _ in 0..150 {
                let leaves = random.bool().then(|| random.u64(..20_000));
                let world = Arc::clone(&world);
                local.spawn_local(async move {
                    let call = world.call(kind, 0, 0);
                    match leaves {
                        Some(after) => cut(&world, after, call).await,
                        None => call.await.is_ok(),
                    }
                });
            }
        }
        ended(&world, local, 200_000, &format!("seed {seed}")).await;
        let departed = world.departed.lock().unwrap();
        let last_create = departed
            .iter()
            .rposition(|(_, kind)| *kind == OperationKind::Create);
        let last_read = departed
            .iter()
            .rposition(|(_, kind)| *kind == OperationKind::Read);
        // Only while both kinds still waited, which the last numbers show.
        let both = last_create.unwrap().min(last_read.unwrap());
        for ten in departed[10..both].windows(10) {
            let reads = ten
                .iter()
                .filter(|(_, kind)| *kind == OperationKind::Read)
                .count();
            assert!(
                (1..=4).contains(&reads),
                "seed {seed}: {reads} reads in ten"
            );
        }
    }
}
