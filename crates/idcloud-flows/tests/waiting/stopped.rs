//! Promise: nothing paid for is lost because the program was suspended. It is stopped (ctrl-z, a
//! paused container) while it waits, and the clocks go on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use idcloud_flows::http::testing::VirtualClock;
use idcloud_flows::http::{
    CallContext, Clock, Environment, Operation, ServiceAccount, Sleep, Transport, TransportError,
};
use idcloud_flows::{IdCloud, Pending, WaitErrorKind};
use tokio::time::Instant;

use super::waits::{Signature, id, key, pending, seconds};

/// Shorter than any answer takes.
const MOMENT: Duration = Duration::from_millis(50);

/// A clock that jumps: it is ahead of tokio's paused time, which is the time in which the program
/// runs.
#[derive(Debug)]
struct Jumping {
    running: VirtualClock,
    ahead: Mutex<Duration>,
}

impl Jumping {
    fn ahead(&self) -> Duration {
        *self.ahead.lock().unwrap()
    }

    /// Suspends the program for `span`.
    fn stop(&self, span: Duration) {
        *self.ahead.lock().unwrap() += span;
    }
}

impl Clock for Jumping {
    fn now(&self) -> SystemTime {
        self.running.now() + self.ahead()
    }

    fn instant(&self) -> Instant {
        self.running.instant() + self.ahead()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        Box::pin(async move {
            while self.instant() < deadline {
                self.running.sleep(Duration::from_millis(10)).await;
            }
        })
    }
}

/// Answers lookups after so much running time: with status 1 while `unfinished` lasts, then with
/// the result. Or not at all.
#[derive(Debug)]
struct Answers {
    clock: Arc<Jumping>,
    after: Option<Duration>,
    unfinished: AtomicUsize,
    looks: AtomicUsize,
}

#[async_trait]
impl Transport for Answers {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        context: CallContext,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if context.operation == Operation::Token {
            let token = r#"{"access_token":"t","expires_in":36000}"#;
            return Ok(http::Response::new(Bytes::from(token)));
        }
        self.looks.fetch_add(1, Ordering::Relaxed);
        let Some(after) = self.after else {
            return std::future::pending().await;
        };
        self.clock.running.sleep(after).await;
        let less = |left: usize| left.checked_sub(1);
        let order = (Ordering::Relaxed, Ordering::Relaxed);
        let answer = match self.unfinished.fetch_update(order.0, order.1, less) {
            Ok(_) => r#""status":1"#,
            Err(_) => r#""status":3,"unicoId":{"result":"yes"}"#,
        };
        let id = request.uri().path().rsplit('/').next().unwrap();
        let body = format!(r#"{{"id":"{id}",{answer}}}"#);
        Ok(http::Response::new(Bytes::from(body)))
    }
}

/// So many processes, and a client of the server that answers so.
fn waiting(
    count: u32,
    after: Option<Duration>,
    unfinished: usize,
) -> (IdCloud, Arc<Answers>, Vec<Pending>) {
    let clock = Arc::new(Jumping {
        running: VirtualClock::new(),
        ahead: Mutex::default(),
    });
    let answers = Arc::new(Answers {
        clock: Arc::clone(&clock),
        after,
        unfinished: AtomicUsize::new(unfinished),
        looks: AtomicUsize::new(0),
    });
    let tenant = "11111111-2222-3333-4444-555555555555";
    let account = ServiceAccount::with_signer("a", tenant, Arc::new(Signature)).unwrap();
    let processes = (0..count).map(|number| pending(number, clock.now()));
    let processes = processes.collect();
    let transport: Arc<dyn Transport> = Arc::<Answers>::clone(&answers);
    let idcloud = IdCloud::builder(Environment::local(account))
        .transport(transport)
        .clock(clock)
        .build()
        .unwrap();
    (idcloud, answers, processes)
}

/// Suspends the program for a minute once so many polls run, and `then` has passed.
async fn stop_after(answers: &Answers, looks: usize, then: Duration) {
    while answers.looks.load(Ordering::Relaxed) < looks {
        answers.clock.running.sleep(Duration::from_millis(10)).await;
    }
    answers.clock.running.sleep(then).await;
    answers.clock.stop(seconds(60));
    std::future::pending::<()>().await;
}

/// A poll that runs during a suspension is received afterwards, although the wait's end has passed.
#[tokio::test(start_paused = true)]
async fn a_look_under_way_is_heard() {
    let (idcloud, answers, mut processes) = waiting(1, Some(Duration::from_millis(600)), 0);
    let handle = idcloud.identity(key());
    let report = tokio::select! {
        report = handle.wait(processes.remove(0), seconds(10)) => report,
        () = stop_after(&answers, 1, MOMENT) => unreachable!(),
    };
    assert_eq!(report.unwrap().process().id().as_str(), id(0));
    assert_eq!(answers.looks.load(Ordering::Relaxed), 1);
}

/// Waits that end while the program is suspended between two polls still get their last poll, one
/// or many.
#[tokio::test(start_paused = true)]
async fn the_last_look_is_made() {
    for count in [1, 40] {
        let first_looks = count as usize;
        let latency = Some(Duration::from_millis(100));
        let (idcloud, answers, processes) = waiting(count, latency, first_looks);
        let mut waiter = idcloud.waiter();
        for process in processes {
            // One that was just polled is not polled again for seconds.
            waiter.add(process, &key(), seconds(30)).unwrap();
        }
        let known = async {
            let mut known = 0;
            while let Some(ended) = waiter.next().await {
                assert!(ended.is_ok(), "{ended:?}");
                known += 1;
            }
            known
        };
        let known = tokio::select! {
            known = known => known,
            () = stop_after(&answers, first_looks, seconds(1)) => unreachable!(),
        };
        assert_eq!(known, count);
    }
}

/// A wait whose last poll is not answered ends all the same, a few seconds of running time later.
#[tokio::test(start_paused = true)]
async fn a_wait_ends_all_the_same() {
    let (idcloud, answers, mut processes) = waiting(1, None, 0);
    let handle = idcloud.identity(key());
    let began = answers.clock.running.instant();
    let ended = tokio::select! {
        ended = handle.wait(processes.remove(0), seconds(10)) => ended,
        () = stop_after(&answers, 1, MOMENT) => unreachable!(),
    };
    assert_eq!(ended.unwrap_err().kind(), WaitErrorKind::DeadlineReached);
    let ran = answers.clock.running.instant() - began;
    assert!(ran < seconds(15), "{ran:?}");
}
