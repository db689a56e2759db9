//! One life of a program, from its start to its end or its crash.
//!
//! Must not let a dead program have an effect: neither a request nor a journal command.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use idcloud_http::Clock as _;
use idcloud_http::testing::VirtualClock;
use tokio::sync::Notify;

use crate::program::stopped::{Stop, Stopped, When};

/// The end of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    /// Before or after the journal applies its nth command: after it, the command is durable, but
    /// the program gets no answer.
    Journal { step: u32, after: bool },
    /// During the nth exchange.
    Exchange { number: u32, moment: Moment },
    /// At this time after its start.
    After(Duration),
    /// No crash: at this time after its start the program is asked to stop, and drains.
    Drain(Duration),
}

/// A moment of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before anything was sent.
    Before,
    /// After the request was sent.
    Left,
    /// After the answer has arrived, before the program reads it.
    Answered,
}

/// Whether a program still runs, and the plan of its end.
#[derive(Debug)]
pub(crate) struct Life {
    crash: Option<Crash>,
    stops: Vec<Stop>,
    pub(crate) stopped: Stopped,
    steps: AtomicU32,
    exchanges: AtomicU32,
    dead: AtomicBool,
    died: Notify,
}

impl Life {
    pub(crate) fn new(crash: Option<Crash>, stops: &[Stop]) -> Self {
        Self {
            crash,
            stops: stops.to_vec(),
            stopped: Stopped::default(),
            steps: AtomicU32::new(0),
            exchanges: AtomicU32::new(0),
            dead: AtomicBool::new(false),
            died: Notify::new(),
        }
    }

    pub(crate) const fn crash(&self) -> Option<Crash> {
        self.crash
    }

    pub(crate) fn is_over(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// Ends the program.
    pub(crate) fn end(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.died.notify_one();
    }

    /// Returns once the program has ended.
    pub(crate) async fn over(&self) {
        if !self.is_over() {
            self.died.notified().await;
        }
    }

    /// Stops the program at each planned time.
    pub(crate) async fn stop_in_time(&self, clock: &VirtualClock) {
        for stop in &self.stops {
            if let When::After(after) = stop.when {
                clock.sleep(after).await;
                self.stopped.stop(clock.instant(), stop.long);
            }
        }
    }

    /// Stops the program if a stop is planned after this request. Returns whether it did.
    pub(crate) fn stop_behind(&self, exchange: u32, clock: &VirtualClock) -> bool {
        let mut stops = self.stops.iter();
        let found = stops.find(|stop| matches!(stop.when, When::Left(one) if one == exchange));
        if let Some(stop) = found {
            self.stopped.stop(clock.instant(), stop.long);
        }
        found.is_some()
    }

    pub(crate) fn next_step(&self) -> u32 {
        self.steps.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn next_exchange(&self) -> u32 {
        self.exchanges.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns while the program lives and has no crash planned here; otherwise never.
    pub(crate) async fn go_on(&self, here: Crash) {
        if self.crash == Some(here) {
            self.end();
        }
        if self.is_over() {
            pending::<()>().await;
        }
    }
}
