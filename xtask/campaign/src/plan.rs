//! The plan of one run: faults, crashes, clocks, webhooks, limits.
//!
//! Must not act: it only draws.

use std::num::NonZeroU32;
use std::time::Duration;

use idcloud_simulator::{
    CaptureMarking, Config, Counting, FaultRule, Latency, Notices, RateLimit, Webhook, WebhookAuth,
};

use crate::Failure;
use crate::program::case::Manner;
use crate::program::lifetime::{Crash, Moment};
use crate::program::stopped::{Stop, When};
use crate::world::rng::{Chance, once_in, pick};

/// The tenant's requests per second, as of IDCloud.
pub(crate) const BUDGET: usize = 10;
/// The credential of webhooks.
pub(crate) const WEBHOOK_SECRET: &str = "X-Hook:markerwebhooksecret";

/// The plan of one run.
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
pub(crate) struct Plan {
    /// Whether the journal stalls and fails, the network is slow, and transports panic.
    pub(crate) rough: bool,
    /// Whether the journal is an SQLite file.
    pub(crate) on_disk: bool,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) cases: usize,
    /// Many concurrent simple submissions, to load the budget.
    pub(crate) crowd: bool,
    pub(crate) webhook: Option<Webhook>,
    /// Whether a holder of the webhook's credentials sends false notices.
    pub(crate) liar: bool,
}

/// One program, over all its lives.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    /// The crash of each life; the life after the last one does not crash.
    pub(crate) crashes: Vec<Crash>,
    /// How many seconds its clock is ahead, and its jumps with their times.
    pub(crate) ahead: i64,
    pub(crate) jumps: Vec<(Duration, i64)>,
    /// The index of the tenant's account with which it starts.
    pub(crate) account: usize,
    /// When each of its lives switches to the other account, as times between the switches.
    pub(crate) rotations: Vec<Duration>,
    /// When each of its lives is stopped: a time after the previous stop, or after a request.
    pub(crate) stops: Vec<Stop>,
}

/// Where runs keep their journals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// In memory, and sometimes on the disk.
    AsDrawn,
    /// All on the disk, behind a slow writer.
    SlowDisk,
}

/// One run in this many has its journal on the disk.
pub(crate) const DISK_EVERY: u64 = 50;

impl Plan {
    pub(crate) fn draw(chance: &mut Chance, seed: u64) -> Self {
        let crowd = once_in(chance, 12);
        let replicas = if once_in(chance, 3) { 2 } else { 1 };
        let uri = http::Uri::from_static("http://program.invalid/notices");
        let notices = if chance.bool() {
            Notices::Finished
        } else {
            Notices::EveryChange
        };
        Self {
            rough: !once_in(chance, 3),
            on_disk: seed % DISK_EVERY == DISK_EVERY - 1,
            replicas: (0..replicas).map(|_| Replica::draw(chance)).collect(),
            cases: if crowd {
                chance.usize(24..40)
            } else {
                chance.usize(1..4)
            },
            crowd,
            webhook: (!once_in(chance, 4)).then(|| {
                Webhook::new(uri)
                    .with_auth(WebhookAuth::ApiKey(WEBHOOK_SECRET.to_owned()))
                    .with_notices(notices)
                    .with_attempts(4, Duration::from_secs(1), Duration::from_secs(10))
            }),
            liar: once_in(chance, 2),
        }
    }

    /// The behaviour of one case's caller.
    pub(crate) fn manner(&self, chance: &mut Chance) -> Manner {
        let replicas = self.replicas.len();
        let first = chance.usize(..replicas.max(1));
        let mut owners = vec![first];
        if replicas > 1 && chance.bool() {
            owners.push(1 - first.min(1));
        }
        let millis = |chance: &mut Chance, most: u64| Duration::from_millis(chance.u64(..most));
        Manner {
            owners,
            start: if self.crowd {
                Duration::ZERO
            } else {
                millis(chance, 20_000)
            },
            patience: if self.crowd { 1 } else { chance.u32(1..5) },
            begin_again: chance.u32(..3) / 2,
            drops_after: once_in(chance, 6).then(|| millis(chance, 4_000)),
            deadline: Duration::from_secs(pick(chance, &[10, 30, 60]).unwrap_or(60)),
            attempt_timeout: Duration::from_secs(pick(chance, &[5, 30]).unwrap_or(30)),
            new_attempts: chance.u32(..4),
            waits: (0..chance.usize(1..4))
                .map(|_| millis(chance, 90_000))
                .collect(),
        }
    }
}

impl Replica {
    fn draw(chance: &mut Chance) -> Self {
        let crashes = match chance.u32(..10) {
            0..=3 => 0,
            4..=6 => 1,
            7 | 8 => 2,
            _ => 3,
        };
        let jumps = if once_in(chance, 3) {
            chance.usize(1..4)
        } else {
            0
        };
        Self {
            crashes: (0..crashes).map(|_| crash(chance)).collect(),
            account: usize::from(once_in(chance, 3)),
            rotations: if once_in(chance, 3) {
                let rotation = |_| Duration::from_millis(chance.u64(..60_000));
                (0..3).map(rotation).collect()
            } else {
                Vec::new()
            },
            stops: if once_in(chance, 3) {
                (0..chance.usize(1..4)).map(|_| stop(chance)).collect()
            } else {
                Vec::new()
            },
            ahead: if once_in(chance, 2) { 0 } else { wrong(chance) },
            jumps: (0..jumps)
                .map(|_| (Duration::from_millis(chance.u64(..120_000)), wrong(chance)))
                .collect(),
        }
    }
}

fn crash(chance: &mut Chance) -> Crash {
    match chance.u32(..6) {
        0..=2 => Crash::Journal {
            step: chance.u32(..10),
            after: chance.bool(),
        },
        3 => Crash::Exchange {
            number: chance.u32(..10),
            moment: pick(chance, &[Moment::Before, Moment::Left, Moment::Answered])
                .unwrap_or(Moment::Left),
        },
        4 => Crash::Drain(Duration::from_millis(chance.u64(..60_000))),
        _ => Crash::After(Duration::from_millis(chance.u64(..60_000))),
    }
}

/// Draws a stop, from very short to longer than every timeout.
fn stop(chance: &mut Chance) -> Stop {
    let when = if once_in(chance, 3) {
        When::After(Duration::from_millis(chance.u64(..60_000)))
    } else {
        When::Left(chance.u32(..8))
    };
    let most = pick(chance, &[3_000, 40_000, 400_000]).unwrap_or(3_000);
    let long = Duration::from_millis(chance.u64(1..most));
    Stop { when, long }
}

/// Draws the seconds by which a clock is wrong.
fn wrong(chance: &mut Chance) -> i64 {
    match chance.u32(..4) {
        0 => chance.i64(-3..=3),
        1 => chance.i64(-200..=200),
        2 => chance.i64(-7_200..=7_200),
        _ => 0,
    }
}

/// Draws the simulator's configuration.
pub(crate) fn config(chance: &mut Chance, seed: u64) -> Result<Config, Failure> {
    let counting = [
        Counting::SlidingWindow,
        Counting::FixedWindow,
        Counting::TokenBucket,
    ];
    let budget = pick(chance, &[10, 10, 10, 4]).and_then(NonZeroU32::new);
    let limit = budget
        .zip(pick(chance, &counting))
        .map(|(budget, counting)| RateLimit::new(budget, counting));
    let latency = match chance.u32(..3) {
        0 => Latency::None,
        1 => Latency::Observed,
        _ => Latency::Fixed {
            create: Duration::from_millis(chance.u64(..6_000)),
            other: Duration::from_millis(chance.u64(..2_000)),
        },
    };
    let marking = [
        CaptureMarking::BeforeProcessing,
        CaptureMarking::WithProcess,
        CaptureMarking::AfterAnswer,
    ];
    let mut config = Config::new(seed)
        .with_score_latency(Duration::from_millis(chance.u64(..20_000)))
        .with_rate_limit(limit)
        .with_latency(latency)
        .with_captures_marked(pick(chance, &marking).unwrap_or_default())
        .with_unknown_references(true)
        .with_access_token_life(Duration::from_secs(
            pick(chance, &[3_600, 3_600, 120, 30]).unwrap_or(3_600),
        ));
    let often = pick(chance, &[0.0, 0.02, 0.1, 0.25]).unwrap_or(0.1);
    if often > 0.0 {
        for _ in 0..chance.usize(1..8) {
            config = config.with_fault(fault(chance, often)?);
        }
    }
    Ok(config)
}

/// Draws one rule. Storms are rarer than single faults, and last.
fn fault(chance: &mut Chance, often: f64) -> Result<FaultRule, Failure> {
    const SINGLE: [&str; 40] = [
        "create:P:reset-before-body",
        "create:P:reset-after-body",
        "create:P:reset-after-processing",
        "create:P:reset-in-answer=40",
        "create:P:reset-in-answer=60",
        "create:P:reset-in-answer=400",
        "create:P:hang",
        "create:P:hang-after-processing",
        "create:P:refuse",
        "create:P:408",
        "create:P:425=1s",
        "create:P:429=3s",
        "create:P:500",
        "create:P:500-after-processing",
        "create:P:502",
        "create:P:503=2s",
        "create:P:504-after-processing",
        "create:P:401",
        "create:P:revoke-token",
        "create:P:truncated-json",
        "create:P:malformed-json",
        "create:P:without-id",
        "create:P:latency=12s",
        "create:P:latency=40s",
        "get:P:500",
        "get:P:404",
        "get:P:429=5s",
        "get:P:revoke-token",
        "get:P:hang",
        "get:P:malformed-json",
        "get:P:reset-in-answer=10",
        "get:P:latency=9s",
        "token:P:500",
        "token:P:hang",
        "token:P:malformed-json",
        "token:P:clock-skew=400s",
        "webhook:P:lose",
        "webhook:P:duplicate",
        "webhook:P:reorder",
        "webhook:P:forge",
    ];
    const STORMS: [&str; 7] = [
        "all:P:401/8s",
        "all:P:500/20s",
        "all:P:429=2s/10s",
        "all:P:revoke-token/30s",
        "connection:P:refuse/15s",
        "connection:P:reset-before-body/5s",
        "connection:P:hang/4s",
    ];
    let (rule, often) = if once_in(chance, 4) {
        (crate::world::rng::pick_text(chance, &STORMS), often / 4.0)
    } else {
        (crate::world::rng::pick_text(chance, &SINGLE), often)
    };
    Ok(rule.replace('P', &often.to_string()).parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The simulator knows every fault that can be drawn.
    #[test]
    fn every_fault_is_known() {
        let mut chance = Chance::with_seed(1);
        for _ in 0..2_000 {
            fault(&mut chance, 0.1).unwrap();
        }
    }
}
