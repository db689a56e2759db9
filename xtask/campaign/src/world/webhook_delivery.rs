//! Delivers webhooks to the listening programs, and some false notices.
//!
//! Must not reach a program except through its webhook's endpoint.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use idcloud_flows::Hints;
use idcloud_flows::webhook::{Credentials, Endpoint};
use idcloud_http::Clock as _;
use tokio::time::Instant;

use crate::Failure;
use crate::plan::WEBHOOK_SECRET;
use crate::program::lifetime::Life;
use crate::run::Stage;
use crate::world::rng::{Chance, once_in};

/// The listeners: each program's latest life.
#[derive(Default)]
pub(crate) struct Listening(Mutex<Vec<Option<Listener>>>);

/// One program that listens while it runs and is not stopped.
#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) hints: Hints,
    pub(crate) life: Arc<Life>,
}

impl Listening {
    pub(crate) fn set(&self, replica: usize, listener: Option<Listener>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() <= replica {
            all.resize(replica + 1, None);
        }
        if let Some(one) = all.get_mut(replica) {
            *one = listener;
        }
    }

    fn one(&self, chance: &mut Chance, now: Instant) -> Option<Hints> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listener = all.get(chance.usize(..all.len().max(1)))?.as_ref()?;
        let runs = listener.life.stopped.until(now).is_none();
        runs.then(|| listener.hints.clone())
    }
}

/// Runs `work` while webhooks are delivered.
pub(crate) async fn with_webhooks(
    stage: &Stage,
    liar: bool,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    tokio::select! {
    biased;
           done = work => done,
           failed = deliver_webhooks(stage, liar) => failed,
       }
}

/// Delivers webhooks to a listener, and sends false notices if `liar` is set.
async fn deliver_webhooks(stage: &Stage, liar: bool) -> Result<(), Failure> {
    let world = &stage.world;
    let credentials = Credentials::api_key(WEBHOOK_SECRET)?;
    loop {
        world.clock.sleep(Duration::from_secs(1)).await;
        let due = world.simulator.lock().due_webhooks(world.clock.now());
        for delivery in due {
            world.noticed(delivery.request.body());
            let now = world.clock.instant();
            let answer = match world.with_chance(|chance| stage.listening.one(chance, now)) {
                Some(hints) => {
                    let endpoint = Endpoint::new(hints, credentials.clone());
                    let request = delivery.request.map(Full::new);
                    Some(endpoint.handle(request).await.map(|_| Bytes::new()))
                }
                None => None,
            };
            let now = world.clock.now();
            world
                .simulator
                .lock()
                .delivered(delivery.id, answer.as_ref(), now);
        }
        if liar && world.with_chance(|chance| once_in(chance, 8)) {
            lie(stage, &credentials).await?;
        }
    }
}

/// Sends a notice, with valid credentials, that a process has ended, whether it has or not.
async fn lie(stage: &Stage, credentials: &Credentials) -> Result<(), Failure> {
    let world = &stage.world;
    let ids: Vec<String> = {
        let simulator = world.simulator.lock();
        simulator
            .ledger()
            .entries()
            .map(|one| one.process_id.clone())
            .collect()
    };
    let drawn = world.with_chance(|chance| {
        let id = ids.get(chance.usize(..ids.len().max(1))).cloned();
        Some((id?, stage.listening.one(chance, world.clock.instant())?))
    });
    let Some((id, hints)) = drawn else {
        return Ok(());
    };
    world.count_fault();
    let body = format!(r#"{{"processId":"{id}","state":"PROCESS_STATE_FINISHED","result":"yes"}}"#);
    world.noticed(body.as_bytes());
    let (name, value) = WEBHOOK_SECRET.split_once(':').unwrap_or_default();
    let request = http::Request::post("/notices")
        .header(name, value)
        .body(Full::new(Bytes::from(body)))?;
    drop(
        Endpoint::new(hints, credentials.clone())
            .handle(request)
            .await,
    );
    Ok(())
}
