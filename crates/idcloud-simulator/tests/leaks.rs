//! No part of a request gets into a log or a `Debug` output.
//!
//! In a test binary of its own: tracing disables a log statement for good if another test's thread
//! reaches it first, without a subscriber.

#![expect(clippy::unwrap_used, reason = "a test's helper fails as the test does")]

#[cfg(test)]
#[path = "contract/bench.rs"]
#[expect(dead_code, reason = "the contract's tests use all of it")]
mod bench;

use std::io::Write;
use std::sync::{Arc, Mutex};

use idcloud_simulator::{SharedSimulator, SimulatorTransport, capture};

use bench::{Bench, YES, account, at, image, onboarding, plain};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn neither_logs_nor_debug_tell_anything() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let captured = capture(&image(), at(0.0));
    let mut run = Bench::new("liveness,identity");
    let mut shown = String::new();
    tracing::subscriber::with_default(subscriber, || {
        for selfie in [&plain(), &captured, &captured] {
            let (_, body) = run.create(&onboarding(YES, selfie), at(0.0));
            if body["id"].is_string() {
                run.get(
                    &format!("/processes/v2/{}", body["id"].as_str().unwrap()),
                    at(1.0),
                );
            }
        }
        let account = account(run.simulator.tenant_id());
        bench::log_in(&mut run.simulator, &account, at(2.0));
        shown = format!("{account:?}{:?}", run.simulator);
    });
    let shared = SharedSimulator::new(run.simulator);
    let clock = Arc::new(idcloud_http::SystemClock::new());
    let transport = SimulatorTransport::new(shared.clone(), clock);
    let shown = format!("{shown}{shared:?}{transport:?}");

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("operation=\"create\"") && logged.contains("10508"),
        "{logged}"
    );
    for text in [logged, shown] {
        for secret in [
            YES,
            "Test Subject",
            &run.token,
            &run.key,
            &captured,
            &plain(),
            "PRIVATE KEY",
        ] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
