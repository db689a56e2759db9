//! The cost of waiting: lookups, in virtual time over a script, and memory.
//!
//! Must not wait in real time: the paused clock jumps.

use std::sync::Arc;
use std::time::Duration;

use cap::Cap;
use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{ApiKey, Environment};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Capabilities, IdentityExtras, Notification};
use idcloud_flows::{IdCloud, Pending, Submission, SubmitOptions};
use serde_json::json;

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, gate, number, report};
use crate::sides::ours::account;
use crate::sides::sample;

const MANY: usize = 10_000;
const BYTES: f64 = 256.0;
const POLLS: f64 = 8.0;
const SCRIPTED: &str = "scripted, virtual time";
const FORGED: u32 = 10_000;

/// A score that was polled for.
#[derive(Clone, Copy, Debug)]
pub struct Polled {
    /// When it was available.
    pub after: Duration,
    /// How many lookups it took.
    pub gets: usize,
    /// When the client had it.
    pub known: Duration,
}

impl Polled {
    fn is_late(&self) -> bool {
        self.known > (self.after + Duration::from_secs(3)).max(self.after * 3 / 2)
    }
}

/// The gates of waiting.
///
/// # Errors
/// A call fails unexpectedly.
pub fn figures(polled: &[Polled]) -> Result<Vec<Figure>, Failure> {
    let most = polled.iter().map(|polled| polled.gets).max();
    let late = polled.iter().filter(|polled| polled.is_late()).count();
    Ok(vec![
        paused()?.block_on(with_the_create())?,
        paused()?.block_on(by_webhook())?,
        gate(
            "GETs by polling, a score within a minute, at most",
            most.map_or(f64::INFINITY, number),
            Unit::Count,
            Goal::AtMost(POLLS),
        )
        .beside(format!(
            "{} scores, after 0.1 to 60 s; {SCRIPTED}",
            polled.len()
        )),
        gate(
            "scores by polling that are known later than max(T + 3 s, 1.5 T)",
            number(late),
            Unit::Count,
            Goal::Exactly(0.0),
        )
        .beside(format!("of {}", polled.len())),
        paused()?.block_on(forged())?,
    ])
}

/// Memory of waiting submissions, beyond the pending processes, which a caller holds in any case.
///
/// # Errors
/// None, unless the stored form of a pending process changes.
pub fn memory<A>(allocator: &Cap<A>) -> Result<Figure, Failure> {
    paused()?.block_on(async {
        let idcloud = idcloud(&Arc::default(), false)?;
        let key = key()?;
        let before = allocator.allocated();
        let mut pendings = Vec::with_capacity(MANY);
        for number in 0..MANY {
            pendings.push(pending(number)?);
        }
        let data = allocator.allocated().saturating_sub(before);
        let mut waiter = idcloud.waiter();
        for pending in pendings {
            waiter.add(pending, &key, Duration::from_secs(600))?;
        }
        let waiting = allocator.allocated().saturating_sub(before);
        if waiter.len() != MANY {
            return Err("not all wait".into());
        }
        let each = waiting.saturating_sub(data).div_ceil(MANY);
        Ok(report(
            "memory a pending process, 10,000 in one waiter",
            number(each),
            Unit::Bytes,
            Goal::AtMost(BYTES),
        )
        .beside(format!(
            "beyond the process itself, which has {}",
            data.div_ceil(MANY)
        )))
    })
}

fn paused() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?)
}

fn idcloud(script: &Arc<ScriptedTransport>, notified: bool) -> Result<IdCloud, Failure> {
    let transport: Arc<ScriptedTransport> = Arc::clone(script);
    Ok(IdCloud::builder(Environment::local(account()?))
        .transport(transport)
        .clock(Arc::new(VirtualClock::new()))
        .notifications_expected(notified)
        .build()?)
}

fn key() -> Result<ApiKey, Failure> {
    let extras = IdentityExtras::NONE.with_risk_score();
    let capabilities = Capabilities::NONE
        .with_behavior_alert()
        .with_identity(extras);
    Ok(ApiKey::new(sample::API_KEY, capabilities)?)
}

fn pending(number: usize) -> Result<Pending, Failure> {
    let stored = json!({
        "version": 1,
        "processId": format!("2b034568-dfaf-463f-94fb-{number:012x}"),
        "flow": "identity",
        "status": "processing",
        "asked": { "capabilities": key()?.capabilities(), "selfie": "image", "seenPending": true },
        "policy": { "approveFrom": 50 },
        "environment": "local",
        "issuer": account()?.issuer(),
        "submittedAtUnix": 1_767_225_600,
        "simulated": false,
    });
    Ok(serde_json::from_value(stored)?)
}

fn waiting() -> Step {
    Step::json(
        200,
        format!(r#"{{"id":"{}","status":1}}"#, sample::PROCESS_ID),
    )
}

fn done() -> Step {
    Step::json(200, sample::ANSWER)
}

/// The result of a submission of the sample.
async fn submitted(idcloud: &IdCloud) -> Result<Submission, Failure> {
    let request: IdentityRequest = sample::identity_of(5000)?;
    let identity = idcloud.identity(key()?);
    Ok(identity.submit(request, &SubmitOptions::default()).await?)
}

fn gets(script: &ScriptedTransport) -> usize {
    script.calls().len().saturating_sub(1)
}

async fn with_the_create() -> Result<Figure, Failure> {
    let script = Arc::new(ScriptedTransport::new().every_call(done()));
    let finished = submitted(&idcloud(&script, false)?).await?;
    if !matches!(finished, Submission::Finished(_)) {
        return Err("a verdict that came with the create was not taken".into());
    }
    let name = "GETs, a verdict that came with the create";
    Ok(counted(name, gets(&script), Goal::Exactly(0.0)))
}

async fn by_webhook() -> Result<Figure, Failure> {
    let script = Arc::new(ScriptedTransport::new().call(waiting()).every_call(done()));
    let idcloud = idcloud(&script, true)?;
    let Submission::Pending(pending) = submitted(&idcloud).await? else {
        return Err("the sample is not pending".into());
    };
    let payload = format!(r#"{{"processId":"{}"}}"#, sample::PROCESS_ID);
    let notification = Notification::from_json(payload.as_bytes())?;
    let (identity, clock) = (idcloud.identity(key()?), idcloud.client().clock());
    let wait = identity.wait(pending, Duration::from_secs(300));
    let notify = async {
        clock.sleep(Duration::from_secs(45)).await;
        idcloud.hints().notify(&notification);
    };
    let (ended, ()) = tokio::join!(wait, notify);
    let _ = ended?;
    let name = "GETs, a score by webhook";
    Ok(counted(name, gets(&script), Goal::Exactly(1.0)))
}

/// Polls for scores that are available after every tenth of a second of a minute, each by itself.
///
/// # Errors
/// A call fails unexpectedly.
pub fn polled() -> Result<Vec<Polled>, Failure> {
    let tenths = 1..=600_u32;
    let scores =
        tenths.map(|tenths| paused()?.block_on(a_score(Duration::from_millis(100) * tenths)));
    scores.collect()
}

async fn a_score(after: Duration) -> Result<Polled, Failure> {
    let script = Arc::new(ScriptedTransport::new().every_call(waiting()));
    let idcloud = idcloud(&script, false)?;
    let Submission::Pending(pending) = submitted(&idcloud).await? else {
        return Err("the sample is not pending".into());
    };
    let (identity, clock) = (idcloud.identity(key()?), idcloud.client().clock());
    let began = clock.instant();
    let score = async {
        clock.sleep(after).await;
        script.push_call(done());
    };
    let (ended, ()) = tokio::join!(identity.wait(pending, Duration::from_secs(300)), score);
    let _ = ended?;
    Ok(Polled {
        after,
        gets: gets(&script),
        known: clock.instant() - began,
    })
}

async fn forged() -> Result<Figure, Failure> {
    let script = Arc::new(ScriptedTransport::new().every_call(waiting()));
    let idcloud = idcloud(&script, true)?;
    let key = key()?;
    let mut waiter = idcloud.waiter();
    for number in 0..1_000 {
        waiter.add(pending(number)?, &key, Duration::from_secs(60))?;
    }
    let forge = async {
        for number in 0..FORGED {
            let payload = format!(r#"{{"processId":"00000000-dfaf-463f-94fb-{number:012x}"}}"#);
            idcloud
                .hints()
                .notify(&Notification::from_json(payload.as_bytes())?);
        }
        idcloud
            .client()
            .clock()
            .sleep(Duration::from_secs(30))
            .await;
        Ok::<_, Failure>(())
    };
    tokio::select! {
        _ = waiter.next() => return Err("a wait ended before its time".into()),
        forged = forge => forged?,
    }
    let name = "GETs, 10,000 forged notifications";
    Ok(counted(name, script.calls().len(), Goal::Exactly(0.0)))
}

fn counted(name: &str, gets: usize, goal: Goal) -> Figure {
    gate(name, number(gets), Unit::Count, goal).beside(SCRIPTED)
}
