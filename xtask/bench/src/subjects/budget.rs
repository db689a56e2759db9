//! How a client uses a tenant's budget, over a script and in virtual time.
//!
//! Must not wait in real time: the paused clock jumps.

use std::sync::Arc;
use std::time::Duration;

use idcloud_http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_http::{CallOptions, Client, ClientBuilder, Environment, Operation};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, gate, number};
use crate::sides::ours::{account, key};
use crate::sides::sample;

const HERD: usize = 1000;
const REFUSED_CALLS: u32 = 10_000;
const CREATES: u32 = 1000;
const RATE: usize = 10;
const SCRIPTED: &str = "scripted, virtual time";

/// The gates of the budget.
///
/// # Errors
/// A call fails unexpectedly.
pub fn figures() -> Result<Vec<Figure>, Failure> {
    let mut figures = vec![
        paused()?.block_on(cold_herd())?,
        paused()?.block_on(refused_key())?,
    ];
    figures.extend(paused()?.block_on(thousand_creates())?);
    Ok(figures)
}

fn paused() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?)
}

fn builder(script: &Arc<ScriptedTransport>) -> Result<ClientBuilder, Failure> {
    let transport: Arc<ScriptedTransport> = Arc::clone(script);
    Ok(Client::builder(Environment::local(account()?))
        .transport(transport)
        .clock(Arc::new(VirtualClock::new()))
        .max_queued(100_000))
}

async fn cold_herd() -> Result<Figure, Failure> {
    let script = Arc::new(
        ScriptedTransport::new()
            .token(Step::token("one", 3600).after(Duration::from_millis(300)))
            .every_call(Step::json(200, sample::ANSWER)),
    );
    let client = builder(&script)?.rate(100_000).build()?;
    let mut calls = JoinSet::new();
    for _ in 0..HERD {
        let (client, key, id) = (client.clone(), key()?, sample::process_id()?);
        calls.spawn(async move {
            let options = CallOptions::default();
            client.process(&key, &id, &options).await.map(drop)
        });
    }
    for end in calls.join_all().await {
        end?;
    }
    exchanges(
        "token exchanges, cold herd of 1,000",
        &script,
        Goal::Exactly(1.0),
    )
}

async fn refused_key() -> Result<Figure, Failure> {
    let refusal = r#"{"error":"server_error","error_description":"Authentication failed (1.2.6)"}"#;
    let script = Arc::new(ScriptedTransport::new().every_token(Step::json(401, refusal)));
    let client = builder(&script)?.rate(100_000).build()?;
    let (key, id, options) = (key()?, sample::process_id()?, CallOptions::default());
    for _ in 0..REFUSED_CALLS {
        if client.process(&key, &id, &options).await.is_ok() {
            return Err("a refused key was answered".into());
        }
        client
            .clock()
            .sleep(Duration::from_secs(60) / REFUSED_CALLS)
            .await;
    }
    let name = "token exchanges, 10,000 calls in a minute with a refused key";
    exchanges(name, &script, Goal::AtMost(5.0))
}

fn exchanges(name: &str, script: &ScriptedTransport, goal: Goal) -> Result<Figure, Failure> {
    let exchanges = script.exchanges();
    if exchanges == 0 {
        return Err("no token was asked for".into());
    }
    Ok(gate(name, number(exchanges), Unit::Count, goal).beside(SCRIPTED))
}

async fn thousand_creates() -> Result<[Figure; 2], Failure> {
    let answer = Step::json(200, sample::ANSWER).after(Duration::from_millis(700));
    let script = Arc::new(ScriptedTransport::new().every_call(answer));
    let client = builder(&script)?
        .rate(RATE)
        .queue_timeout(Duration::from_secs(3600))
        .build()?;
    let start = client.clock().instant();
    let create = Arc::new(sample::create_of(5000)?);
    let mut calls = JoinSet::new();
    for _ in 0..CREATES {
        let (client, create, key) = (client.clone(), Arc::clone(&create), key()?);
        calls.spawn(async move {
            let options = CallOptions::default();
            client.create(&key, &create, &options).await.map(drop)
        });
    }
    for end in calls.join_all().await {
        end?;
    }
    let departures: Vec<Instant> = script.requests().iter().map(|request| request.at).collect();
    let creates = script
        .requests()
        .iter()
        .filter(|request| request.context.operation == Operation::CreateProcess)
        .count();
    let last = departures.last().copied().unwrap_or(start) - start;
    let ideal = f64::from(CREATES) / f64::from(u32::try_from(RATE)?);
    let share = ideal / last.as_secs_f64();
    if creates != usize::try_from(CREATES)? {
        return Err(format!("{creates} creates left instead of {CREATES}").into());
    }
    Ok([
        gate(
            "budget used, 1,000 creates at 10 a second",
            share * 100.0,
            Unit::Percent,
            Goal::AtLeast(97.0),
        )
        .beside(SCRIPTED),
        gate(
            "refusals (429), 1,000 creates at 10 a second",
            number(refused(&departures)),
            Unit::Count,
            Goal::Exactly(0.0),
        )
        .beside(
            "a sliding second, the strictest way to count; a bucket and fixed windows refuse less",
        ),
    ])
}

/// How many sends a server refuses that allows the rate in any sliding second. A client that it
/// never refuses is not refused by a bucket of as many tokens either, nor by windows that begin at
/// full seconds.
fn refused(departures: &[Instant]) -> usize {
    departures
        .iter()
        .zip(departures.iter().skip(RATE))
        .filter(|(first, last)| **last - **first < Duration::from_secs(1))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use idcloud_http::Clock;

    /// Eleven sends within a second are one too many; a second apart they are not.
    #[tokio::test(start_paused = true)]
    async fn departures_that_are_too_close_are_refused() {
        let start = Clock::instant(&VirtualClock::new());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let close: Vec<Instant> = (0..11).map(|number| at(number * 99)).collect();
        assert_eq!(refused(&close), 1);
        let apart: Vec<Instant> = (0..11).map(|number| at(number * 100)).collect();
        assert_eq!(refused(&apart), 0);
    }
}
