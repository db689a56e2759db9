//! Webhook deliveries: what is sent, when, and how it ends. A state machine without I/O.
//!
//! Must not send anything itself, nor have more deliveries in flight than a webhook allows.

mod hook;
mod notice;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};

use crate::Webhook;
use crate::core::fault::Faults;
use crate::core::fault::reaction::ScheduledEvent;
use crate::core::wire::ids::Ids;
use hook::Hook;

/// One request to a tenant's webhook, or to the token endpoint for its bearer.
#[non_exhaustive]
#[must_use]
pub struct WebhookDelivery {
    /// Identifies the delivery in [`Simulator::delivered`](crate::Simulator::delivered).
    pub id: u64,
    /// The request to send, with an absolute URI.
    pub request: Request<Bytes>,
    /// How long to wait for an answer.
    pub timeout: Duration,
}

/// Hides the address and the credentials: both may be secrets.
impl fmt::Debug for WebhookDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookDelivery")
            .field("id", &self.id)
            .field("body", self.request.body())
            .finish_non_exhaustive()
    }
}

/// Counts of webhook deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookTally {
    /// Notices that are yet to be delivered.
    pub waiting: u64,
    /// Deliveries in flight.
    pub in_flight: u64,
    /// Notices that were answered with 2xx.
    pub delivered: u64,
    /// Attempts that were not answered with 2xx.
    pub failed_attempts: u64,
    /// Notices given up after the last attempt.
    pub given_up: u64,
    /// Notices lost by a fault.
    pub lost: u64,
}

/// The webhooks of every tenant.
#[derive(Default)]
pub(crate) struct Webhooks {
    hooks: BTreeMap<String, Hook>,
    /// The tenant of each delivery in flight.
    under_way: BTreeMap<u64, String>,
    next_id: u64,
}

impl Webhooks {
    /// Sets, replaces or removes the webhook of `tenant`. Notices for the old one are dropped.
    pub(crate) fn set(&mut self, tenant: &str, webhook: Option<Webhook>) {
        match webhook {
            Some(webhook) => {
                self.hooks.insert(tenant.to_owned(), Hook::new(webhook));
            }
            None => {
                self.hooks.remove(tenant);
            }
        }
    }

    /// Resets everything but the webhooks themselves.
    pub(crate) fn reset(&mut self) {
        self.under_way.clear();
        for hook in self.hooks.values_mut() {
            hook.reset();
        }
    }

    /// Schedules notices of the coming changes of a process of `tenant`.
    pub(crate) fn expect(&mut self, tenant: &str, events: &[ScheduledEvent]) {
        if let Some(hook) = self.hooks.get_mut(tenant) {
            for event in events {
                hook.expect(event, &mut self.next_id);
            }
        }
    }

    /// When the next request is due; a past time if it is late.
    pub(crate) fn next(&self) -> Option<SystemTime> {
        self.hooks.values().filter_map(Hook::next).min()
    }

    /// Every request that is due at `now`, in order.
    pub(crate) fn due(
        &mut self,
        faults: &mut Faults,
        ids: &mut Ids,
        now: SystemTime,
    ) -> Vec<WebhookDelivery> {
        let mut due = Vec::new();
        for (tenant, hook) in &mut self.hooks {
            let first = due.len();
            hook.due(faults, ids, &mut self.next_id, now, &mut due);
            for delivery in due.iter().skip(first) {
                self.under_way.insert(delivery.id, tenant.clone());
            }
        }
        due
    }

    /// Records the end of a delivery, with an answer or without one.
    pub(crate) fn delivered(&mut self, id: u64, answer: Option<&Response<Bytes>>, now: SystemTime) {
        let tenant = self.under_way.remove(&id);
        if let Some(hook) = tenant.and_then(|tenant| self.hooks.get_mut(&tenant)) {
            hook.delivered(id, answer, now);
        }
    }

    /// Counts over all webhooks.
    pub(crate) fn tally(&self) -> WebhookTally {
        let mut all = WebhookTally::default();
        for one in self.hooks.values().map(Hook::tally) {
            all.waiting += one.waiting;
            all.in_flight += one.in_flight;
            all.delivered += one.delivered;
            all.failed_attempts += one.failed_attempts;
            all.given_up += one.given_up;
            all.lost += one.lost;
        }
        all
    }
}
