//! Waits for one and for many processes, by polls and notifications, in virtual time over a
//! scripted IDCloud.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_flows::http::testing::VirtualClock;
use idcloud_flows::http::{
    ApiKey, CallContext, Clock, Environment, ErrorKind, Operation, ServiceAccount, SignError,
    Signer, Transport, TransportError,
};
use idcloud_flows::model::request::IdentityRequest;
use idcloud_flows::model::{Capabilities, IdentityExtras, Image, Notification, SubjectDraft};
use idcloud_flows::{
    IdCloud, IdCloudBuilder, Pending, Report, SubmitOptions, WaitError, WaitErrorKind,
};

const LATENCY: Duration = Duration::from_millis(200);

pub(crate) struct Signature;

#[async_trait]
impl Signer for Signature {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(b"signature".to_vec())
    }
}

/// The answers about one process, by seconds since the first: an answer is valid until the next.
type Course = Vec<(f64, u16, String)>;

/// IDCloud for lookups: every process has its course, and every request is recorded.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: VirtualClock,
    start: tokio::time::Instant,
    courses: Mutex<HashMap<String, Course>>,
    /// The process that the next create makes, if the test waits for it.
    next: Mutex<Option<u32>>,
    seen: Mutex<Vec<(Operation, String, f64)>>,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        let clock = VirtualClock::new();
        Arc::new(Self {
            start: clock.instant(),
            clock,
            courses: Mutex::default(),
            next: Mutex::default(),
            seen: Mutex::default(),
        })
    }

    fn seconds(&self) -> f64 {
        (self.clock.instant() - self.start).as_secs_f64()
    }

    pub(crate) fn process(&self, number: u32, course: &[(f64, &str)]) -> Pending {
        let answers = course
            .iter()
            .map(|(at, members)| (*at, 200, body(number, members)));
        self.answers(number, answers.collect())
    }

    fn answers(&self, number: u32, course: Course) -> Pending {
        self.courses.lock().unwrap().insert(id(number), course);
        pending(number, self.clock.now())
    }

    pub(crate) fn builder(self: &Arc<Self>) -> IdCloudBuilder {
        let tenant = "11111111-2222-3333-4444-555555555555";
        let account = ServiceAccount::with_signer("a", tenant, Arc::new(Signature)).unwrap();
        let transport: Arc<Self> = Arc::clone(self);
        IdCloud::builder(Environment::local(account))
            .transport(transport)
            .clock(Arc::new(self.clock.clone()))
    }

    fn idcloud(self: &Arc<Self>) -> IdCloud {
        self.builder().build().unwrap()
    }

    /// The next create makes this process, which is pending.
    pub(crate) fn creates(&self, number: u32) {
        *self.next.lock().unwrap() = Some(number);
    }

    pub(crate) fn creates_seen(&self) -> usize {
        let seen = self.seen.lock().unwrap();
        let creates = seen
            .iter()
            .filter(|(operation, ..)| *operation == Operation::CreateProcess);
        creates.count()
    }

    fn looks(&self) -> Vec<(String, f64)> {
        let seen = self.seen.lock().unwrap();
        let looks = seen
            .iter()
            .filter(|(operation, ..)| *operation == Operation::Process);
        looks.map(|(_, id, at)| (id.clone(), *at)).collect()
    }

    pub(crate) fn departures(&self) -> Vec<f64> {
        self.seen
            .lock()
            .unwrap()
            .iter()
            .map(|(.., at)| *at)
            .collect()
    }
}

#[async_trait]
impl Transport for World {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let id = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let now = self.seconds();
        self.seen
            .lock()
            .unwrap()
            .push((context.operation, id.clone(), now));
        let (status, body) = match context.operation {
            Operation::Token => (200, r#"{"access_token":"t","expires_in":36000}"#.to_owned()),
            Operation::CreateProcess => match self.next.lock().unwrap().take() {
                Some(number) => (200, body(number, WAITING)),
                None => (200, body(1_000_000, SCORE)),
            },
            _ => {
                let courses = self.courses.lock().unwrap();
                let course = courses.get(&id).unwrap();
                let (_, status, body) = course.iter().rev().find(|(at, ..)| *at <= now).unwrap();
                (*status, body.clone())
            }
        };
        self.clock.sleep(LATENCY).await;
        let answer = http::Response::builder()
            .status(status)
            .body(Bytes::from(body));
        Ok(answer.unwrap())
    }
}

pub(crate) fn id(number: u32) -> String {
    format!("80371b2a-3ac7-432e-866d-{number:012x}")
}

fn body(number: u32, members: &str) -> String {
    format!(r#"{{"id":"{}",{members}}}"#, id(number))
}

pub(crate) fn notice(number: u32) -> Notification {
    Notification::from_json(format!(r#"{{"processId":"{}"}}"#, id(number)).as_bytes()).unwrap()
}

pub(crate) fn key() -> ApiKey {
    let extras = IdentityExtras::NONE.with_risk_score();
    ApiKey::new("key", Capabilities::NONE.with_identity(extras)).unwrap()
}

/// A process that was created now, as another program would resume it.
pub(crate) fn pending(number: u32, now: std::time::SystemTime) -> Pending {
    let since_epoch = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    let stored = serde_json::json!({
        "version": 1,
        "processId": id(number),
        "flow": "identity",
        "status": "processing",
        "asked": { "capabilities": key().capabilities(), "selfie": "image", "seenPending": true },
        "policy": { "approveFrom": 50 },
        "environment": "local",
        "issuer": "a@11111111-2222-3333-4444-555555555555.iam.acesso.io",
        "submittedAtUnix": since_epoch.as_secs(),
        "simulated": false,
    });
    serde_json::from_value(stored).unwrap()
}

pub(crate) const WAITING: &str = r#""status":1"#;
pub(crate) const DIVERGENCE: &str = r#""status":2"#;
pub(crate) const SCORE: &str = r#""status":3,"unicoId":{"result":"inconclusive"},"score":90"#;

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Notifies at these moments while `work` runs.
async fn notified<T>(
    world: &World,
    idcloud: &IdCloud,
    notices: &[(f64, u32)],
    work: impl Future<Output = T>,
) -> T {
    let notify = async {
        for (at, number) in notices {
            world
                .clock
                .sleep_until(world.start + Duration::from_secs_f64(*at))
                .await;
            idcloud.hints().notify(&notice(*number));
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = work => done,
        () = notify => unreachable!(),
    }
}

/// The budget is respected: a score that a notification announces costs one GET, however late it
/// comes, and is known at once.
#[tokio::test(start_paused = true)]
async fn a_score_by_webhook_costs_one_get() {
    for score_at in [1.0, 2.5, 20.0, 45.0, 60.0] {
        let world = World::new();
        let idcloud = world
            .builder()
            .notifications_expected(true)
            .build()
            .unwrap();
        let first = world.process(1, &[(0.0, WAITING), (score_at, SCORE)]);
        let handle = idcloud.identity(key());
        let wait = handle.wait(first, seconds(300));
        let report = notified(&world, &idcloud, &[(score_at, 1)], wait)
            .await
            .unwrap();
        assert_eq!(report.verdict().scenario().id(), "score-high");
        assert_eq!(world.looks().len(), 1, "score after {score_at} s");
        assert!(world.seconds() < score_at + 1.0);
    }
}

/// Polls make up for a lost notification, also if notifications are expected.
#[tokio::test(start_paused = true)]
async fn polls_cover_lost_notifications() {
    let world = World::new();
    let idcloud = world
        .builder()
        .notifications_expected(true)
        .build()
        .unwrap();
    let first = world.process(1, &[(0.0, WAITING), (20.0, SCORE)]);
    let _ = idcloud
        .identity(key())
        .wait(first, seconds(300))
        .await
        .unwrap();
    assert!(world.seconds() < 72.0);
    assert_eq!(world.looks().len(), 1);
}

/// A notification for status 2 does not swallow the one for 3, however soon that comes.
#[tokio::test(start_paused = true)]
async fn a_notice_for_status_2_does_not_swallow_the_final_one() {
    for final_at in [0.55, 0.6, 0.8, 2.0] {
        let world = World::new();
        let idcloud = world
            .builder()
            .notifications_expected(true)
            .build()
            .unwrap();
        let course = [(0.0, WAITING), (0.5, DIVERGENCE), (final_at, SCORE)];
        let first = world.process(1, &course);
        let handle = idcloud.identity(key());
        let wait = handle.wait(first, seconds(300));
        let notices = [(0.5, 1), (final_at, 1)];
        let report = notified(&world, &idcloud, &notices, wait).await.unwrap();
        assert_eq!(report.verdict().scenario().id(), "score-high");
        assert!(world.looks().len() <= 2);
        assert!(
            world.seconds() < final_at + 1.5,
            "known at {}",
            world.seconds()
        );
    }
}

/// Forged notifications cost no GET, and are not kept.
#[tokio::test(start_paused = true)]
async fn forged_notifications_cost_no_get() {
    let world = World::new();
    let idcloud = world
        .builder()
        .notifications_expected(true)
        .build()
        .unwrap();
    let first = world.process(1, &[(0.0, WAITING)]);
    let handle = idcloud.identity(key());
    let wait = handle.wait(first, seconds(60));
    let forged: Vec<(f64, u32)> = (2..10_002).map(|number| (5.0, number)).collect();
    let ended = notified(&world, &idcloud, &forged, wait).await;
    assert_eq!(ended.unwrap_err().kind(), WaitErrorKind::DeadlineReached);
    // The poll at the end.
    assert_eq!(world.looks().len(), 1);
    let hints = idcloud.hints().snapshot();
    assert_eq!((hints.unknown, hints.taken, hints.waiting), (10_000, 0, 0));
}

/// A storm of notifications for one process costs a handful of GETs.
#[tokio::test(start_paused = true)]
async fn a_storm_costs_a_handful() {
    let world = World::new();
    let idcloud = world.idcloud();
    let first = world.process(1, &[(0.0, WAITING)]);
    let storm: Vec<(f64, u32)> = (0..6_000_u32)
        .map(|tick| (f64::from(tick) / 100.0, 1))
        .collect();
    let handle = idcloud.identity(key());
    let wait = handle.wait(first, seconds(60));
    let _ = notified(&world, &idcloud, &storm, wait).await.unwrap_err();
    let looks = world.looks().len();
    assert!(looks <= 8 + 7, "{looks} looks");
}

/// Polling alone: at most eight GETs for a score within a minute, known by T + 3 s or 1.5 T,
/// whichever is later.
#[tokio::test(start_paused = true)]
async fn polls_are_few_and_in_time() {
    for tenths in (1..=600).step_by(7) {
        let score_at = f64::from(tenths) / 10.0;
        let world = World::new();
        let idcloud = world.idcloud();
        let first = world.process(1, &[(0.0, WAITING), (score_at, SCORE)]);
        let _ = idcloud
            .identity(key())
            .wait(first, seconds(300))
            .await
            .unwrap();
        let (known, bound) = (world.seconds(), (score_at + 3.0).max(score_at * 1.5));
        // The answer takes time, and so did the token before the first poll.
        assert!(
            known <= bound + 0.6,
            "{score_at} s: known at {known}, not by {bound}"
        );
        assert!(world.looks().len() <= 8);
    }
}

/// No more than ten requests are sent in any second, whatever is due.
fn assert_budget(departures: &[f64]) {
    for (first, eleventh) in departures.iter().zip(departures.iter().skip(10)) {
        assert!(eleventh - first >= 1.0, "{first} to {eleventh}");
    }
}

/// A request with the head of a PNG, the only part that is read.
pub(crate) fn request() -> IdentityRequest {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xd0\0\0\x03\xc0".to_vec();
    png.resize(1000, 0);
    let draft = SubjectDraft {
        code: Some("52998224725".to_owned().into()),
        name: Some("Test Subject".to_owned().into()),
        ..SubjectDraft::default()
    };
    IdentityRequest::new(
        draft.parse().unwrap(),
        Image::parse(Bytes::from(png)).unwrap(),
    )
    .unwrap()
}

/// A thousand waits never exceed the budget, and a create is still admitted.
#[tokio::test(start_paused = true)]
async fn a_thousand_waits_stay_inside_the_budget() {
    for together in [false, true] {
        let world = World::new();
        let idcloud = world.idcloud();
        let mut waits = tokio::task::JoinSet::new();
        let mut waiter = idcloud.waiter();
        for number in 0..1_000 {
            let score_at = f64::from(number % 50);
            let one = world.process(number, &[(0.0, WAITING), (score_at, SCORE)]);
            if together {
                waiter.add(one, &key(), seconds(600)).unwrap();
            } else {
                let handle = idcloud.identity(key());
                waits.spawn(async move { handle.wait(one, seconds(600)).await.map(drop) });
            }
        }
        if together {
            waits.spawn(async move {
                while let Some(ended) = waiter.next().await {
                    ended.map(drop)?;
                }
                Ok(())
            });
        }
        // While all of them wait, creates hardly do.
        for _ in 0..20 {
            world.clock.sleep(seconds(1)).await;
            let began = world.seconds();
            let (handle, options) = (idcloud.identity(key()), SubmitOptions::default());
            let _ = handle.submit(request(), &options).await.unwrap();
            assert!(
                world.seconds() - began < 1.5,
                "a create took {}",
                world.seconds() - began
            );
            let limiter = idcloud.client().limiter();
            assert!(limiter.queued_reads <= 32, "{limiter:?}");
        }
        while let Some(ended) = waits.join_next().await {
            ended.unwrap().unwrap();
        }
        assert_budget(&world.departures());
        // One GET each would be possible; a few polls were too early.
        assert!(world.looks().len() <= 3_000, "{}", world.looks().len());
    }
}

/// A process that a machine with a faster clock created counts as just created.
#[tokio::test(start_paused = true)]
async fn a_create_in_the_future_is_one_of_a_moment_ago() {
    let unknown = r#"{"error":{"code":"50001"}}"#.to_owned();
    let world = World::new();
    let course = vec![(0.0, 404, unknown), (25.0, 200, body(1, SCORE))];
    world.courses.lock().unwrap().insert(id(1), course);
    let ahead = pending(1, world.clock.now() + seconds(30));
    let report = world
        .idcloud()
        .identity(key())
        .wait(ahead, seconds(120))
        .await;
    assert_eq!(report.unwrap().verdict().scenario().id(), "score-high");
}

/// Every failed wait hands the process back, and no temporary failure ends one early.
#[tokio::test(start_paused = true)]
async fn failures_hand_the_process_back() {
    type End = Result<&'static str, (WaitErrorKind, Option<ErrorKind>)>;
    let code = |code: &str| format!(r#"{{"error":{{"code":"{code}","description":"x"}}}}"#);
    let gone = r#"{"status":"gone"}"#.to_owned();
    let failed = body(1, r#""status":5"#);
    let score = body(1, SCORE);
    // (name, course, end, and the latest time of that end)
    let rows: Vec<(&str, Course, End)> = vec![
        (
            "unknown at first",
            vec![(0.0, 404, code("50001")), (25.0, 200, score.clone())],
            Ok("score-high"),
        ),
        (
            "unknown for too long",
            vec![(0.0, 404, code("50001"))],
            Err((WaitErrorKind::Refused, Some(ErrorKind::NotFound))),
        ),
        (
            "unknown with another code",
            vec![(0.0, 404, code("50009"))],
            Err((WaitErrorKind::Refused, Some(ErrorKind::NotFound))),
        ),
        (
            "failed, as 410",
            vec![(0.0, 410, failed)],
            Ok("processing-error"),
        ),
        (
            "gone",
            vec![(0.0, 410, gone)],
            Err((WaitErrorKind::Refused, Some(ErrorKind::Gone))),
        ),
        (
            "refused",
            vec![(0.0, 403, code("10201"))],
            Err((WaitErrorKind::Refused, Some(ErrorKind::Refused))),
        ),
        (
            "a server that fails for a while",
            vec![(0.0, 503, String::new()), (30.0, 200, score)],
            Ok("score-high"),
        ),
        (
            "a server that fails",
            vec![(0.0, 503, String::new())],
            Err((WaitErrorKind::DeadlineReached, Some(ErrorKind::Server))),
        ),
        (
            "never final",
            vec![(0.0, 200, body(1, WAITING))],
            Err((WaitErrorKind::DeadlineReached, None)),
        ),
    ];
    for (what, course, expected) in rows {
        let world = World::new();
        let idcloud = world.idcloud();
        let first = world.answers(1, course);
        let ended = idcloud.identity(key()).wait(first, seconds(120)).await;
        match (ended, expected) {
            (Ok(report), Ok(scenario)) => {
                assert_eq!(report.verdict().scenario().id(), scenario, "{what}");
            }
            (Err(error), Err((kind, source))) => {
                assert_eq!(error.kind(), kind, "{what}");
                assert_eq!(error.pending().process_id().as_str(), id(1), "{what}");
                // The error of the very last poll depends on when it was cut off.
                if kind == WaitErrorKind::Refused {
                    assert_eq!(
                        error.error().map(idcloud_flows::http::Error::kind),
                        source,
                        "{what}"
                    );
                }
            }
            (ended, _) => panic!("{what}: {ended:?}"),
        }
        assert!(world.seconds() <= 126.0, "{what} took {}", world.seconds());
        assert_eq!(idcloud.hints().snapshot().waiting, 0);
    }
}

fn ended(result: Option<Result<Report, WaitError>>) -> String {
    match result {
        Some(Ok(report)) => report.process().id().to_string(),
        Some(Err(error)) => error.into_pending().process_id().to_string(),
        None => panic!("nobody waits"),
    }
}

/// `next` can be dropped at any moment: no answer is lost, and no request that was sent is
/// repeated.
#[tokio::test(start_paused = true)]
async fn next_can_be_dropped_at_any_moment() {
    for tick in [1_u64, 30, 70, 150, 290, 1_000] {
        let world = World::new();
        let idcloud = world.idcloud();
        let mut waiter = idcloud.waiter();
        for number in 0..20 {
            let one = world.process(number, &[(0.0, WAITING), (1.0, SCORE)]);
            waiter.add(one, &key(), seconds(600)).unwrap();
        }
        let mut known = Vec::new();
        while !waiter.is_empty() {
            tokio::select! {
                biased;
                result = waiter.next() => known.push(ended(result)),
                () = world.clock.sleep(Duration::from_millis(tick)) => {}
            }
        }
        known.sort();
        let all: Vec<String> = (0..20).map(id).collect();
        assert_eq!(known, all, "tick {tick}");
        assert_eq!(world.looks().len(), 20, "tick {tick}");
        assert_eq!(world.departures().len(), 21, "one token, tick {tick}");
        assert_budget(&world.departures());
        assert!(waiter.next().await.is_none());
    }
}

/// A waiter that is not driven blocks no other call, in whatever state it was left.
#[tokio::test(start_paused = true)]
async fn a_waiter_left_alone_holds_nobody_up() {
    for left_after in [3_000_u64, 3_100, 3_300, 3_600, 4_000, 5_000] {
        let world = World::new();
        let idcloud = world.idcloud();
        // Every call waits up to a second for a running token exchange; here the token is cached.
        let warm = world.process(1_001, &[(0.0, SCORE)]);
        let _ = idcloud
            .identity(key())
            .wait(warm, Duration::ZERO)
            .await
            .unwrap();
        let mut waiter = idcloud.waiter();
        for number in 0..100 {
            let one = world.process(number, &[(0.0, WAITING)]);
            waiter.add(one, &key(), seconds(600)).unwrap();
        }
        tokio::select! {
            _ = waiter.next() => unreachable!(),
            () = world.clock.sleep(Duration::from_millis(left_after)) => {}
        }
        let snapshot = idcloud.client().limiter();
        let standing = snapshot.queued_reads + snapshot.queued_tokens + snapshot.leaving;
        assert_eq!(standing, 0, "{left_after}: {snapshot:?}");
        let other = world.process(1_000, &[(0.0, SCORE)]);
        let (clock, began) = (&world.clock, world.clock.instant());
        let _ = idcloud
            .identity(key())
            .wait(other, Duration::ZERO)
            .await
            .unwrap();
        assert!(clock.instant() - began < seconds(2), "{left_after}");
        assert_eq!(waiter.into_pendings().len(), 100);
        assert_eq!(idcloud.hints().snapshot().waiting, 0);
    }
}

/// One waiter holds processes of several keys and limits; each ends by its own.
#[tokio::test(start_paused = true)]
async fn every_limit_is_kept() {
    let world = World::new();
    let idcloud = world.idcloud();
    let mut waiter = idcloud.waiter();
    for number in 0..300 {
        let one = world.process(number, &[(0.0, WAITING)]);
        waiter
            .add(one, &key(), seconds(u64::from(number % 5) * 10))
            .unwrap();
    }
    let mut known = 0;
    while let Some(result) = waiter.next().await {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), WaitErrorKind::DeadlineReached);
        let number = u32::from_str_radix(&error.pending().process_id().as_str()[24..], 16).unwrap();
        let limit = f64::from(number % 5) * 10.0;
        // More polls are due than the budget allows; no wait takes longer because of that.
        assert!(world.seconds() >= limit && world.seconds() <= limit + 5.5);
        known += 1;
    }
    assert_eq!(known, 300);
    assert_budget(&world.departures());
}

/// Notifications do not wait behind a crowd of polls.
#[tokio::test(start_paused = true)]
async fn hints_go_before_polls() {
    let world = World::new();
    let idcloud = world.idcloud();
    let mut waiter = idcloud.waiter();
    for number in 0..2_000 {
        let score_at = if number == 1_999 { 20.0 } else { 1e9 };
        let one = world.process(number, &[(0.0, WAITING), (score_at, SCORE)]);
        waiter.add(one, &key(), seconds(600)).unwrap();
    }
    let result = notified(&world, &idcloud, &[(20.0, 1_999)], waiter.next()).await;
    assert_eq!(ended(result), id(1_999));
    assert!(world.seconds() < 25.0, "known at {}", world.seconds());
}

/// A panic of an observer loses no process, and leaves the account's waits unchanged.
#[tokio::test(start_paused = true)]
async fn a_panic_of_an_observer_holds_nothing() {
    let world = World::new();
    let idcloud = world.idcloud();
    let first = world.process(1, &[(0.0, SCORE)]);
    let handle = idcloud
        .identity(key())
        .with_observer(Arc::new(|_| panic!("of the observer")));
    let wait = tokio::spawn({
        let first = first.clone();
        async move { handle.wait(first, seconds(60)).await.map(drop) }
    });
    assert!(wait.await.unwrap_err().is_panic());
    assert_eq!(idcloud.hints().snapshot().waiting, 0);
    let _ = idcloud
        .identity(key())
        .wait(first, seconds(60))
        .await
        .unwrap();
}

/// A submission in the body of a waiting loop is not blocked by a token exchange that the waiter
/// was making.
#[tokio::test(start_paused = true)]
async fn a_submission_beside_a_waiter_gets_its_token() {
    let world = World::new();
    let idcloud = world.idcloud();
    let mut waiter = idcloud.waiter();
    let one = world.process(1, &[(0.0, WAITING)]);
    waiter.add(one, &key(), seconds(600)).unwrap();
    tokio::select! {
        _ = waiter.next() => unreachable!(),
        () = world.clock.sleep(Duration::from_millis(3_100)) => {}
    }
    let began = world.clock.instant();
    let submitted = idcloud
        .identity(key())
        .submit(request(), &SubmitOptions::default())
        .await;
    assert!(submitted.is_ok());
    assert!(world.clock.instant() - began < seconds(2));
}
