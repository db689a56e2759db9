//! The tenant's budget: never exceeded, little of it lost, and no lane starves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{DONE, builder, create, id, key};
use async_trait::async_trait;
use idcloud_http::testing::{ScriptedTransport, Step};
use idcloud_http::{BeforeDispatch, BoxError, CallOptions, Client, ErrorKind, Operation};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const RATE: usize = 10;

fn tenant(script: &Arc<ScriptedTransport>) -> Client {
    builder(script)
        .max_queued(10_000)
        .queue_timeout(Duration::from_secs(3600))
        .build()
        .unwrap()
}

fn departures(script: &ScriptedTransport, start: Instant) -> Vec<Duration> {
    script
        .requests()
        .iter()
        .map(|request| request.at - start)
        .collect()
}

/// How many requests a token bucket of `RATE` tokens, refilled evenly, would have refused.
fn refused_by_bucket(departures: &[Duration]) -> usize {
    let rate = 10.0_f64;
    let (mut tokens, mut last, mut refused) = (rate, Duration::ZERO, 0);
    for at in departures {
        tokens = rate.min(tokens + at.saturating_sub(last).as_secs_f64() * rate);
        last = *at;
        if tokens >= 1.0 - 1e-9 {
            tokens -= 1.0;
        } else {
            refused += 1;
        }
    }
    refused
}

/// How many requests fixed windows of a second, beginning at `phase`, would have refused.
fn refused_by_windows(departures: &[Duration], phase: Duration) -> usize {
    let mut counts = std::collections::HashMap::<u64, usize>::new();
    departures
        .iter()
        .filter(|at| {
            let count = counts.entry((**at + phase).as_secs()).or_default();
            *count += 1;
            *count > RATE
        })
        .count()
}

/// How many requests a sliding second would have refused.
fn refused_by_sliding_second(departures: &[Duration]) -> usize {
    departures
        .iter()
        .zip(departures.iter().skip(RATE))
        .filter(|(first, last)| last.saturating_sub(**first) < Duration::from_secs(1))
        .count()
}

fn assert_within_budget(departures: &[Duration]) {
    assert_eq!(refused_by_bucket(departures), 0, "token bucket");
    assert_eq!(refused_by_sliding_second(departures), 0, "sliding second");
    for phase in (0..1000).step_by(7) {
        let phase = Duration::from_millis(phase);
        assert_eq!(
            refused_by_windows(departures, phase),
            0,
            "windows at {phase:?}"
        );
    }
}

/// A thousand creates: no refusal by any way of counting, and at least 97 % of the budget used,
/// even if the token has to be fetched first and every answer takes its time.
#[tokio::test(start_paused = true)]
async fn a_thousand_creates_use_the_budget_and_no_more() {
    for exchange in [0, 300, 3000] {
        let script = Arc::new(
            ScriptedTransport::new()
                .token(Step::token("one", 36_000).after(Duration::from_millis(exchange)))
                .every_call(Step::json(200, DONE).after(Duration::from_millis(700))),
        );
        let client = tenant(&script);
        let start = Instant::now();
        let mut calls = JoinSet::new();
        let create = Arc::new(create());
        for _ in 0..1000 {
            let (client, create) = (client.clone(), Arc::clone(&create));
            calls.spawn(async move {
                client
                    .create(&key(), &create, &CallOptions::default())
                    .await
                    .map(|_| ())
            });
        }
        for end in calls.join_all().await {
            end.unwrap();
        }
        let departures = departures(&script, start);
        assert_eq!(departures.len(), 1001);
        assert_within_budget(&departures);
        // When an ideal client with the same exchange in between would send its last request.
        let ideal = 100.0 + f64::from(u32::try_from(exchange).unwrap()) / 1000.0;
        let share = ideal / departures.last().unwrap().as_secs_f64();
        assert!(share >= 0.97, "exchange {exchange} ms: {share}");
    }
}

/// A hook that takes between so many milliseconds and so many, and records when it ended.
struct Slow(u64, u64, Arc<Mutex<Vec<Instant>>>);

#[async_trait]
impl BeforeDispatch for Slow {
    async fn before_dispatch(&self, _attempt: u32) -> Result<(), BoxError> {
        sleep(Duration::from_millis(fastrand::u64(self.0..=self.1))).await;
        self.2.lock().unwrap().push(Instant::now());
        Ok(())
    }
}

/// A hook costs its call time and the budget next to nothing; whatever it does, eleven requests are
/// never closer than a second and the guard, and calls are sent in the order in which they were
/// ready.
#[tokio::test(start_paused = true)]
async fn a_slow_hook_costs_no_throughput() {
    let hooks = [
        (0, 0, 0.97),
        (0, 24, 0.95),
        (40, 40, 0.95),
        (200, 200, 0.95),
        (0, 400, 0.90),
        (1100, 1500, 0.90),
    ];
    for (least, most, share) in hooks {
        let script = Arc::new(ScriptedTransport::new().every_call(Step::json(200, DONE)));
        let client = tenant(&script);
        let start = Instant::now();
        let create = Arc::new(create());
        let ready = Arc::new(Mutex::new(Vec::new()));
        let mut calls = JoinSet::new();
        for _ in 0..500 {
            let (client, create) = (client.clone(), Arc::clone(&create));
            let hook = Slow(least, most, Arc::clone(&ready));
            calls.spawn(async move {
                let options = CallOptions::default().with_before_dispatch(Arc::new(hook));
                client.create(&key(), &create, &options).await.map(|_| ())
            });
        }
        for end in calls.join_all().await {
            end.unwrap();
        }
        let departures = departures(&script, start);
        assert_within_budget(&departures);
        for eleven in departures.windows(RATE + 1) {
            assert!(eleven[RATE].saturating_sub(eleven[0]) >= Duration::from_millis(1025));
        }
        let used = 50.0 / departures.last().unwrap().as_secs_f64();
        println!("a hook of {least} to {most} ms: {:.1} %", used * 100.0);
        assert!(used >= share, "a hook of {least} to {most} ms: {used}");
        // The first request is the token exchange.
        let mut waits: Vec<_> = ready
            .lock()
            .unwrap()
            .iter()
            .zip(&departures[1..])
            .map(|(ready, left)| left.saturating_sub(*ready - start))
            .collect();
        waits.sort();
        println!("  between hook and departure: {:?}", waits.last());
        assert!(waits[0] < Duration::from_millis(1));
        assert!(
            *waits.last().unwrap() <= Duration::from_millis(1500),
            "{waits:?}"
        );
    }
}

/// During a slow token exchange no crowd of admitted calls gathers, to be late together.
#[tokio::test(start_paused = true)]
async fn no_crowd_gathers_behind_a_slow_exchange() {
    let exchange = Step::token("one", 36_000).after(Duration::from_secs(25));
    let script = Arc::new(
        ScriptedTransport::new()
            .token(exchange)
            .every_call(Step::json(200, DONE)),
    );
    let client = tenant(&script);
    let mut calls = JoinSet::new();
    for _ in 0..500 {
        let client = client.clone();
        calls.spawn(async move {
            let options = CallOptions::default().with_deadline(Duration::from_secs(40));
            client.process(&key(), &id(), &options).await.map(|_| ())
        });
    }
    sleep(Duration::from_secs(24)).await;
    assert!(client.limiter().leaving <= 51, "{:?}", client.limiter());
    for end in calls.join_all().await {
        end.unwrap();
    }
    assert_eq!(client.limiter().leaving, 0);
}

/// A 429 holds admitted calls, too.
#[tokio::test(start_paused = true)]
async fn a_429_holds_back_who_has_a_turn() {
    let limited = Step::json(429, "").with_header("retry-after", "9");
    let script = Arc::new(
        ScriptedTransport::new()
            .call(limited)
            .every_call(Step::json(200, DONE)),
    );
    let client = tenant(&script);
    let _ = client.access_token(&CallOptions::default()).await.unwrap();
    let start = Instant::now();
    let hooked = tokio::spawn({
        let client = client.clone();
        let hook = Slow(500, 500, Arc::default());
        async move {
            let options = CallOptions::default().with_before_dispatch(Arc::new(hook));
            let end = client.create(&key(), &create(), &options).await;
            end.unwrap().attempts()
        }
    });
    sleep(Duration::from_millis(100)).await;
    let plain = CallOptions::default().with_deadline(Duration::from_secs(1));
    let error = client.process(&key(), &id(), &plain).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(client.limiter().leaving, 1);
    assert_eq!(hooked.await.unwrap(), 1);
    assert_eq!(start.elapsed().as_millis(), 9100);
}

/// A call that is dropped between admission and send gives both slots back.
#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_used_is_given_back() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(200, DONE)));
    let client = builder(&script).rate(1).build().unwrap();
    let _ = client.access_token(&CallOptions::default()).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let call = |slow| {
        let client = client.clone();
        tokio::spawn(async move {
            let hook = Slow(slow, slow, Arc::default());
            let options = CallOptions::default().with_before_dispatch(Arc::new(hook));
            client.create(&key(), &create(), &options).await.map(|_| ())
        })
    };
    let start = Instant::now();
    let (slow, quick) = (call(100_000), call(0));
    sleep(Duration::from_millis(300)).await;
    assert_eq!(client.limiter().leaving, 1);
    slow.abort();
    quick.await.unwrap().unwrap();
    assert_eq!(start.elapsed().as_millis(), 300);
    assert_eq!(client.limiter().leaving, 0);
}

/// Creates and lookups together: with a thousand lookups due, a create waits at most a second in 99
/// cases of 100, and the lookups advance.
#[tokio::test(start_paused = true)]
async fn creates_are_not_held_up_by_lookups() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("one", 36_000))
            .every_call(Step::json(200, DONE)),
    );
    let client = tenant(&script);
    let _ = client.access_token(&CallOptions::default()).await.unwrap();
    let mut lookups = JoinSet::new();
    for _ in 0..1000 {
        let client = client.clone();
        lookups.spawn(async move {
            let options = CallOptions::default();
            client.process(&key(), &id(), &options).await.map(|_| ())
        });
    }
    sleep(Duration::from_millis(1)).await;
    let mut creates = JoinSet::new();
    let create = Arc::new(create());
    let start = Instant::now();
    for _ in 0..200 {
        let (client, create) = (client.clone(), Arc::clone(&create));
        creates.spawn(async move {
            let asked = Instant::now();
            let options = CallOptions::default();
            client
                .create(&key(), &create, &options)
                .await
                .unwrap()
                .into_value();
            asked.elapsed()
        });
        sleep(Duration::from_millis(200)).await;
    }
    let mut waits = creates.join_all().await;
    waits.sort();
    assert!(
        waits[waits.len() * 99 / 100 - 1] <= Duration::from_secs(1),
        "{waits:?}"
    );
    let during = start.elapsed();
    let looked_up = script
        .requests()
        .iter()
        .filter(|request| request.context.operation == Operation::Process)
        .filter(|request| request.at - start < during)
        .count();
    assert!(looked_up >= 100, "{looked_up}");
    lookups.shutdown().await;
}

/// While both lanes are full, creates get at least three slots in five and lookups one.
#[tokio::test(start_paused = true)]
async fn both_lanes_advance_under_load() {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("one", 36_000))
            .every_call(Step::json(200, DONE)),
    );
    let client = tenant(&script);
    let _ = client.access_token(&CallOptions::default()).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let create = Arc::new(create());
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let client = client.clone();
        calls.spawn(async move {
            let options = CallOptions::default();
            client.process(&key(), &id(), &options).await.map(|_| ())
        });
    }
    for _ in 0..200 {
        let (client, create) = (client.clone(), Arc::clone(&create));
        calls.spawn(async move {
            let options = CallOptions::default();
            client.create(&key(), &create, &options).await.map(|_| ())
        });
    }
    sleep(Duration::from_secs(20)).await;
    calls.shutdown().await;
    let order: Vec<_> = script
        .calls()
        .iter()
        .map(|call| call.context.operation == Operation::CreateProcess)
        .collect();
    for five in order[RATE..].windows(5) {
        let creates = five.iter().filter(|create| **create).count();
        assert!((3..=4).contains(&creates), "{five:?}");
    }
}

/// A 429 holds every call, not only the one that met it.
#[tokio::test(start_paused = true)]
async fn a_429_pauses_all() {
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::json(429, "").with_header("retry-after", "9"))
            .every_call(Step::json(200, DONE)),
    );
    let client = tenant(&script);
    let options = CallOptions::default();
    let _ = client.access_token(&options).await.unwrap();
    let first = tokio::spawn({
        let client = client.clone();
        async move {
            let options = CallOptions::default();
            client
                .process(&key(), &id(), &options)
                .await
                .unwrap()
                .attempts()
        }
    });
    sleep(Duration::from_millis(10)).await;
    assert_eq!(client.limiter().paused_for.as_secs(), 8);
    let start = Instant::now();
    let _ = client.process(&key(), &id(), &options).await.unwrap();
    assert_eq!(start.elapsed().as_millis(), 8990);
    assert_eq!(first.await.unwrap(), 2);
}

/// A caller that is dropped in the queue, at any place, wakes the next; none of the budget is lost.
#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_wakes_the_next() {
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(200, DONE)));
    let client = builder(&script).rate(1).build().unwrap();
    let _ = client.access_token(&CallOptions::default()).await.unwrap();
    let start = Instant::now();
    let call = || {
        let client = client.clone();
        tokio::spawn(async move {
            let options = CallOptions::default();
            client
                .process(&key(), &id(), &options)
                .await
                .map(|_| start.elapsed())
        })
    };
    let calls = [call(), call(), call()];
    sleep(Duration::from_millis(500)).await;
    assert_eq!(client.limiter().queued_reads, 3);
    let [first, second, third] = calls;
    // The first sleeps for all; the second waits in the middle.
    first.abort();
    second.abort();
    assert_eq!(third.await.unwrap().unwrap().as_millis(), 1025);
    assert_eq!(client.limiter().queued_reads, 0);
}
